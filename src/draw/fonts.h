/* fonts.h - DejaVu Sans, baked into the program.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_FONTS_H
#define MIEN_FONTS_H

/* Whole TrueType files. */
extern const unsigned char mien_font_sans[];
extern const unsigned char mien_font_sans_bold[];

#endif
