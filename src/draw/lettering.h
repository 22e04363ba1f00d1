/* lettering.h - text on a canvas, in DejaVu Sans.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LETTERING_H
#define MIEN_LETTERING_H

#include "draw/canvas.h"

typedef enum mien_align { MIEN_ALIGN_LEFT, MIEN_ALIGN_CENTER, MIEN_ALIGN_RIGHT } mien_align;

typedef struct mien_lettering {
    double size; /* pixels an em, 4 to 512 */
    bool bold;
    mien_rgb color;
    mien_align align;
    double max_width; /* longer text ends in an ellipsis; 0: any width */
} mien_lettering;

/* Width of a line of UTF-8 text in pixels, kerned, after shortening. MIEN_ERR_NOMEM. */
mien_status mien_lettering_width(const mien_lettering *style, const char *text, double *out,
                                 mien_error *err);

/* How many bytes of the text are drawn when it has to be shortened; *whole: all of them, without an
 * ellipsis. MIEN_ERR_NOMEM. */
mien_status mien_lettering_kept(const mien_lettering *style, const char *text, size_t *nbytes,
                                bool *whole, mien_error *err);

/* Draw a line of text with its baseline at y and its left end, middle or right end at x. Bytes that
 * are no UTF-8 are drawn as U+FFFD. The text is drawn whole or not at all: MIEN_ERR_NOMEM. */
mien_status mien_lettering_draw(mien_canvas *canvas, double x, double y,
                                const mien_lettering *style, const char *text, mien_error *err);

/* Height of capitals above the baseline: what to centre by. */
double mien_lettering_capital(const mien_lettering *style);

#endif
