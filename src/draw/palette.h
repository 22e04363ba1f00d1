/* palette.h - values to colours.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PALETTE_H
#define MIEN_PALETTE_H

#include "draw/canvas.h"
#include "mien_report.h"

/* How the values of one picture become colours. Made by the functions below. Basis images and the
 * images that they make share one mapping: zero is white (gray: black), and what is more is darker
 * (gray: lighter), so that a part lies on a face as it looks. */
typedef struct mien_tone {
    enum { MIEN_TONE_NATURAL, MIEN_TONE_UNSIGNED, MIEN_TONE_SIGNED } kind;
    mien_palette palette;
    bool dark;        /* colour images: values are darkness, taken from white */
    double low, high; /* natural and unsigned: the ends; signed: low = -high */
} mien_tone;

/* An untouched file: low is black, high is white, whatever the palette. */
mien_tone mien_tone_natural(double low, double high);

/* The tone for values from low to high; signed, symmetric about zero, when low is negative. Of the
 * palettes that have a colour for them, values below a low of zero take it. */
mien_tone mien_tone_range(mien_palette palette, double low, double high);

/* The tone that uses a palette's whole range for `count` values: zero to the largest value, or
 * symmetric about zero when is_signed. Values that are not finite do not
 * count. */
mien_tone mien_tone_fit(mien_palette palette, bool is_signed, const float *values, size_t count);

/* Colour of a value; outside the range it is drawn as the nearest end, NaN as zero. */
mien_rgb mien_tone_color(const mien_tone *tone, double value);

/* Colour of a pixel of a colour image, from its three values. Here the palettes have no say: what
 * is not negative adds light to black, as the model does, so that a red part is red (dark: takes
 * light from white); signed values are added to mid-grey (dark: taken from it). */
mien_rgb mien_tone_color3(const mien_tone *tone, const float values[3]);

#endif
