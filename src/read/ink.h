/* ink.h - what x measures, darkness or brightness, decided from the pixels alone.
 * SPDX-License-Identifier: MIT
 *
 * What is white on black (digits, garments, objects, stick figures) has a black border; a
 * photograph of a face has not. The rule: the ink is light when at least half of the border pixels
 * of all images together are within 4 % of black, 100 % being the greatest value there is. The
 * share is 0 to 0.24 on eleven sets of faces and 0.76 to 1 on digits, garments, objects and
 * swimmers. Colours are light: they add. What is not normalised is taken as stored: light. */
#ifndef MIEN_INK_H
#define MIEN_INK_H

#include "mien.h"

/* Share of the outermost rows and columns of all images that is at most 4 % of the greatest value.
 */
double mien_ink_black_border(const mien_pixels *pixels, mien_shape shape);

/* The ink of a data set whose pixels are read and whose normalisation is decided: what is asked
 * for, or by the rule above. MIEN_INK_NONE for tables and for values below zero. Sets dataset->ink
 * and dataset->black_border. */
void mien_ink_decide(mien_dataset *dataset, mien_ink_kind asked);

#endif
