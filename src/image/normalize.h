/* normalize.h - grey levels as the methods shall see them: gain, centre, offset and clip.
 * SPDX-License-Identifier: MIT
 *
 * The stored values stay as they are; see mien_pixels in mien.h for the formula. Statistics are of
 * one image over all its values, colours included: exact integers for stored integers, double for
 * floats. What becomes of the special cases:
 *   lee-seung   constant image, or image of one pixel: 0.25 everywhere
 *   unit        floats have no largest value of their type: see mien_white()
 *   max         an image that is zero everywhere stays zero */
#ifndef MIEN_NORMALIZE_H
#define MIEN_NORMALIZE_H

#include "base/parallel.h"
#include "mien.h"

/* What stands for white: pixels->white; when that is 0 the largest value of the stored type, or for
 * floats the largest of all values. */
double mien_white(const mien_pixels *pixels);

/* Replace v by white - v, of images whose white differs each by its own; floats above white become
 * 0. */
void mien_invert(mien_pixels *pixels, mien_pool *pool);

/* Set gain, center, offset, lower and upper. `how` is not AUTO. MIEN_ERR_NOMEM. */
mien_status mien_normalize_set(mien_pixels *pixels, mien_normalize how, mien_pool *pool);

#endif
