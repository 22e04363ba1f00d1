/* stb_font.h - the one door to stb_truetype.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STB_FONT_H
#define MIEN_STB_FONT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mien_font mien_font;

/* A glyph as coverage, 0 to 255. */
typedef struct mien_glyph {
    int left, top; /* of the first pixel, from the pen on the baseline; down is positive */
    size_t width, height;
    unsigned char *coverage; /* height x width; goes back through mien_free; NULL for a blank */
} mien_glyph;

/* Read a baked font. NULL when memory is out or the file is no font. */
mien_font *mien_font_open(const unsigned char *file);
void mien_font_close(mien_font *font);

/* Place of a character in the font; 0 is the box for what it does not have. */
int mien_font_glyph(const mien_font *font, int character);

/* How far the pen moves after `glyph` when `next` follows (0: nothing), at `size` pixels an em. */
double mien_font_advance(const mien_font *font, int glyph, int next, double size);

/* Draw a glyph with the pen `shift` of a pixel, 0 to 1, right of a pixel's edge. False when memory
 * is out. */
bool mien_font_draw(mien_font *font, int glyph, double size, double shift, mien_glyph *out);

#endif
