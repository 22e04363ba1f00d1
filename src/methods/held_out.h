/* held_out.h - errors of training images as unseen ones: what new images are measured by.
 * SPDX-License-Identifier: MIT
 *
 * A basis fits the images it was made from better than others of their kind; with a few hundred
 * images and r = 49 PCA's errors are a quarter smaller for them. Images must therefore be measured
 * by a basis that has not seen them. PCA, ICA and k-means have closed forms for that, other methods
 * are fitted again without some of the images (folds.c). */
#ifndef MIEN_HELD_OUT_H
#define MIEN_HELD_OUT_H

#include "methods/run.h"

/* So many images are enough for quartiles and the 95th percentile: the share of images of the same
 * kind that lie above it is then 5 % with a standard error of 1.1 %. */
enum { MIEN_HELD_OUT = 400 };

/* Of n images, so many are measured ... */
static inline size_t mien_held_out_count(size_t n)
{
    return n < MIEN_HELD_OUT ? n : MIEN_HELD_OUT;
}

/* ... which are spread evenly over X: the place in X of image `at` of them. */
static inline size_t mien_held_out_place(size_t at, size_t n)
{
    size_t count = mien_held_out_count(n);
    return at * (n / count) + at * (n % count) / count;
}

/* fit->held_out <- by fits that do not see the images, each with the seed of `fit` and a share of
 * its iterations: all of them together cost about as much as one more fit.
 *   starts   how many starts `fit` was the best of
 * Leaves it as it is, MIEN_OK, where that cannot be: fewer than two images, r too large for fewer
 * images, an interruption. Other errors as of mien_fit_run(). */
mien_status mien_fold_errors(mien_fit *fit, size_t starts, const mien_options *options,
                             const mien_source *X, mien_error *err);

#endif
