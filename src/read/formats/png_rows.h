/* png_rows.h - the filtered rows of a PNG file to pixels.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PNG_ROWS_H
#define MIEN_PNG_ROWS_H

#include "read/formats/png_check.h"

/* Pixels from what the stream holds: a filter byte and the bytes of each row (PNG, 3rd edition,
 * section 9), in seven passes when the image is interlaced. Samples of 1, 2 and 4 bits are spread
 * to 0 .. 255, also those that are indices of a palette; 16 bits come in the machine's order. raw
 * as mien_png_check() returns it; changed in place. MIEN_ERR_FORMAT for a filter that does not
 * exist, MIEN_ERR_NOMEM. */
mien_status mien_png_rows_to(const mien_png *png, unsigned char *raw, void *pixels,
                             mien_error *err);

/* The same into a picture of its own. */
mien_status mien_png_rows(const mien_png *png, unsigned char *raw, mien_picture *out,
                          mien_error *err);

#endif
