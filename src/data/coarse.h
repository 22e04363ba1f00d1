/* coarse.h - the same pictures, smaller: a coarser source, and the way back for a basis.
 * SPDX-License-Identifier: MIT
 *
 * A picture's neighbours are alike, so that a basis of pictures reduced by 2, 4 or 8 is nearly the
 * basis of the pictures, for a few percent of the work. A coarse pixel is the mean of a block of
 * factor x factor pixels of X as methods see it, normalised; at the right and lower border blocks
 * are cut, channels stay apart. Means of X are means of W H: the weights mean the same at every
 * size. Only this file and those who make sources know that there are pictures. */
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

/* X, which are pictures (X->shape), reduced. MIEN_ERR_NOMEM. */
mien_status mien_coarse_make(mien_pool *pool, const mien_source *X, size_t factor,
                             mien_coarse *out);
void mien_coarse_free(mien_coarse *coarse);

/* The coarse pictures as a source. */
mien_source mien_coarse_source(const mien_coarse *coarse);

/* Enlarge r pictures of shape `from` (r x its size) to `to`, which is `factor` times as large, or a
 * little less: bilinear between the middles of blocks, constant beyond the outermost ones. */
void mien_coarse_enlarge(const float *from, mien_shape from_shape, size_t factor, float *to,
                         mien_shape to_shape, size_t r);

/* The same for bytes, rounded. */
void mien_coarse_enlarge_bytes(const uint8_t *from, mien_shape from_shape, size_t factor,
                               uint8_t *to, mien_shape to_shape, size_t count);

#endif
