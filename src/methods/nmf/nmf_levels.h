/* nmf_levels.h - pixels and images in units that are far apart (Kullback-Leibler).
 * SPDX-License-Identifier: MIT
 *
 * Coordinate descent keeps the model WH above a floor (nmf_descent.c). Where a column of a table is
 * in a unit of which a billion make one of another's, all of its model would lie below. But slopes
 * sum_j x_j h_j / m_j do not change when a pixel of H, and so of WH, is multiplied by a power of
 * two, while the sums of H's rows are those of H itself; nor does anything but W when an image and
 * its weights are. So such pixels and images are lifted to the level of the others for the descent.
 * Images of a camera never are: then there is nothing here, and nothing is done. */
#ifndef MIEN_NMF_LEVELS_H
#define MIEN_NMF_LEVELS_H

#include "data/scale.h"
#include "methods/nmf/nmf_state.h"

typedef struct mien_levels {
    const int *pixels;    /* p exponents of two, or NULL: all are 0 */
    const int *images;    /* n, or NULL */
    const mien_source *X; /* the run's, with images at their level */
} mien_levels;

/* From X, or for new images from the model alone. Memory from the run's arena: MIEN_ERR_NOMEM.
 *   images  whether images are to be lifted, too */
mien_status mien_levels_find(const mien_nmf *nmf, bool images, mien_levels *out);

/* to (r x ld) <- from, pixels at their level. */
void mien_levels_lift(const mien_levels *levels, const float *from, size_t r, size_t p, size_t ld,
                      float *to);

/* Weights of an image (r) to its level, or back. */
void mien_levels_lift_weights(const mien_levels *levels, size_t image, float *w, size_t r);
void mien_levels_lower_weights(const mien_levels *levels, size_t image, float *w, size_t r);

#endif
