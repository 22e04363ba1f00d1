/* unique.h - what the files of the certificate of uniqueness share (unique.c says what it is).
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_UNIQUE_H
#define MIEN_UNIQUE_H

#include "mien.h"

/* The lines of one factor, a pixel's (an image's) values of all r parts each. Part k of line i is
 * values[i * step + k * stride]. */
typedef struct mien_lines {
    const float *values; /* does *not* own this memory */
    size_t count, r, step, stride;
} mien_lines;

static inline mien_lines mien_lines_of_basis(const mien_fit *fit)
{
    return (mien_lines){fit->H, fit->p, fit->r, 1, fit->p};
}

static inline mien_lines mien_lines_of_weights(const mien_fit *fit)
{
    return (mien_lines){fit->W, fit->n, fit->r, fit->r, 1};
}

static inline double mien_lines_at(const mien_lines *lines, size_t i, size_t k)
{
    return (double)lines->values[i * lines->step + k * lines->stride];
}

/* A positive entry up to this share of its part's, or its weights', largest is below what a float
 * of that size resolves: whether it is a zero is open, and no claim hangs on its image or pixel. */
#define MIEN_UNIQUE_TINY 1e-7

/* parts[i] <- how many parts line i has; 0 where it tells nothing: with an entry that may be a zero
 * or not, without a zero, or with nothing else. `largest` is r zeros, the largest of every part
 * afterwards. unique_signs.c */
void mien_lines_count_parts(const mien_lines *lines, double *largest, size_t *parts);

/* Asked now and then; false: end, and leave open what is. */
typedef bool (*mien_go_on_fn)(void *user);

/* unique_signs.c: of every factorisation of W H near this one, (W A^-1, A H), let D = A - I to
 * first order. up, down   r x r, written: up[k * r + l] where D_kl >= 0 for all of them, down where
 * D_kl <= 0 MIEN_OK, also when it was ended, or MIEN_ERR_NOMEM. */
mien_status mien_unique_signs(const mien_fit *fit, mien_go_on_fn go_on, void *user, bool *up,
                              bool *down);

/* More entries of D than these, left open by their signs, are not tried. */
enum { MIEN_UNIQUE_MAX = 1500 };

/* unique_program.c: try to prove the parts that are open.
 *   up, down  r x r, what is known of the signs of D
 *   open      r: parts to prove; false afterwards where a direction of change was found
 *   *reason   why parts are neither, a constant; untouched otherwise
 *   *proven   whether all that are still open are proven
 * MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_unique_prove(const mien_fit *fit, const bool *up, const bool *down,
                              mien_go_on_fn go_on, void *user, bool *open, bool *proven,
                              const char **reason);

#endif
