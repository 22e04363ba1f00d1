/* coarse.h - the same pictures, smaller: a coarser source, and the way back for a basis.
 * SPDX-License-Identifier: MIT
 *
 * A picture's neighbours are alike, so that a basis of every second, fourth or eighth pixel is
 * nearly the basis of the pictures, for a few percent of the work. X as methods see it, normalised,
 * is sampled: pixels of every factor-th row and column are kept, from the first on, all channels
 * of them. So samples of samples are those of a larger factor. Samples of X are samples of W H: the
 * weights mean the same at every size. (Means of blocks have fewer zeros and less noise than the
 * pictures, and under dark ink fits that begin with them end in worse minima: docs/levels.md.) Only
 * this file and those who make sources know that there are pictures. */
#ifndef MIEN_COARSE_H
#define MIEN_COARSE_H

#include "base/parallel.h"
#include "mien.h"

typedef struct mien_coarse {
    size_t factor;
    mien_shape shape;   /* of its pictures */
    mien_pixels pixels; /* 16 bits each, owned */
} mien_coarse;

/* The shape of pictures reduced by a factor. */
mien_shape mien_coarse_shape(mien_shape whole, size_t factor);

/* X, which are pictures (X->shape), reduced; within 2^-16 of an image's range. MIEN_ERR_NOMEM. */
mien_status mien_coarse_make(mien_pool *pool, const mien_source *X, size_t factor,
                             mien_coarse *out);
void mien_coarse_free(mien_coarse *coarse);

/* The coarse pictures as a source. */
mien_source mien_coarse_source(const mien_coarse *coarse);

/* Enlarge r pictures of shape `from` (r x its size) to `to`, of which they have every factor-th row
 * and column: they come to where they were taken from, between them it is bilinear, beyond the last
 * ones constant. */
void mien_coarse_enlarge(const float *from, mien_shape from_shape, size_t factor, float *to,
                         mien_shape to_shape, size_t r);

/* The same for bytes, rounded. */
void mien_coarse_enlarge_bytes(const uint8_t *from, mien_shape from_shape, size_t factor,
                               uint8_t *to, mien_shape to_shape, size_t count);

#endif
