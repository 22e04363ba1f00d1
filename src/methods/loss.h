/* loss.h - the losses that methods minimise, each in one place.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LOSS_H
#define MIEN_LOSS_H

#include <stddef.h>

typedef enum mien_loss {
    MIEN_LOSS_KL,           /* sum x log(x / y) - x + y, generalised Kullback-Leibler */
    MIEN_LOSS_HALF_SQUARES, /* 1/2 ||X - Y||_F^2 */
    MIEN_LOSS_SQUARES       /* ||X - Y||_F^2, the inertia of k-means */
} mien_loss;

/* "generalised KL divergence" and so on. */
const char *mien_loss_name(mien_loss loss);

/* The same words as a constant, from a text that may be anything; "loss" when it is none of them.
 */
const char *mien_loss_word(const char *name);

/* The same for a narrow place: "KL divergence". */
const char *mien_loss_short(const char *name);

/* The loss of c X and c Y is that of X and Y times c to this power. */
int mien_loss_power(mien_loss loss);

/* Descents keep the model's value above this where x > 0, so that their divergence stays finite. */
#define MIEN_KL_FLOOR 1e-30

/* Loss of count values x under the model's values y, in double. KL: 0 log 0 = 0, and infinite
 * where x > 0 = y. */
double mien_loss_sum(mien_loss loss, const float *x, const double *y, size_t count);

#endif
