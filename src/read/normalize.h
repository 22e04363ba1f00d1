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

/* What stands for white: pixels->white, or when that is 0 the largest value of the stored type, of
 * floats the largest of all values. */
double mien_white(const mien_pixels *pixels);

/* Set gain, center, offset, lower and upper; the stored values stay. `how` is not AUTO. With dark
 * ink v is the image's white minus what is stored, 0 for floats above white. MIEN_ERR_NOMEM: pixels
 * are of no more use. */
mien_status mien_normalize_set(mien_pixels *pixels, mien_normalize how, mien_ink_kind ink,
                               mien_pool *pool);

/* ---------------------------------------------------------------- ink
 *
 * What is white on black (digits, garments, objects, stick figures) has a black border; a
 * photograph of a face has not. The rule: the ink is light when at least half of the border pixels
 * of all images together are within 4 % of black, 100 % being the greatest value there is. The
 * share is 0 to 0.24 on eleven sets of faces and 0.76 to 1 on digits, garments, objects and
 * swimmers. Colours are light: they add. What is not normalised is taken as stored: light. */

/* Share of the outermost rows and columns of all images that is at most 4 % of the greatest value.
 */
double mien_ink_black_border(const mien_pixels *pixels, mien_shape shape);

/* The ink of a data set whose pixels are read and whose normalisation is decided: what is asked
 * for, or by the rule above. MIEN_INK_NONE for tables and for values below zero. Sets dataset->ink
 * and dataset->black_border. */
void mien_ink_decide(mien_dataset *dataset, mien_ink_kind asked);

#endif
