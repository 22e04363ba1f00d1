/* masked_noise.h - how hidden entries lie about their model: does the variance grow with it?
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MASKED_NOISE_H
#define MIEN_MASKED_NOISE_H

#include <stddef.h>

/* How hidden entries x lie about their model y; NaN under another loss than MIEN_LOSS_KL, and when
 * none is counted. */
typedef struct mien_held_out_noise {
    double steep;  /* loss of a hidden entry, mean, for a variance of y + y^2 / m, m the mean of X:
                    * half the deviance of the negative binomial distribution of size m */
    double busy;   /* KL loss, mean over entries whose model is not next to nothing: above m / 64 */
    double growth; /* slope of log variance over log model, of models above m / 4. 0: constant
                    * errors, 1: Poisson counts, 2: errors of a share of the value. NaN: the model
                    * varies too little to tell */
} mien_held_out_noise;

/* Sums over hidden entries. */
enum { MIEN_NOISE_BINS = 12 };
typedef struct mien_noise_sums {
    double count[MIEN_NOISE_BINS]; /* by powers of two of the model over the mean of X */
    double model[MIEN_NOISE_BINS];
    double square[MIEN_NOISE_BINS]; /* of what the model leaves */
    double steep, busy, n_busy, n;
} mien_noise_sums;

/* One hidden entry more, x with model y > 0; mean of X above 0. */
void mien_noise_add(mien_noise_sums *sums, double mean, double x, double y);
mien_held_out_noise mien_noise_measure(const mien_noise_sums *sums);

#endif
