/* palette.c - values to colours.
 * SPDX-License-Identifier: MIT */
#include "draw/palette.h"
#include "mien_report.h"

#include <math.h>

typedef struct stop {
    double at;
    mien_rgb color;
} stop;

/* Colours between stops are mixed in sRGB. The red arm loses blue first: a mixture of white and
 * pure red is, to those who do not tell red from green, as grey as a grey (test_palette.c). */
static const stop ESL[] = {{-1, {170, 0, 0}},
                           {-0.7, {225, 40, 10}},
                           {-0.35, {255, 145, 105}},
                           {0, {255, 255, 255}},
                           {1, {0, 0, 0}}};

/* Blue and orange, which every common kind of colour blindness keeps apart. Both arms fall evenly
 * in CIE lightness, L* about 100, 72, 29, so equal strength looks equally strong on either side
 * and the sign survives in the hue alone. */
static const stop DIVERGING[] = {{-1, {18, 66, 130}},
                                 {-0.5, {126, 180, 224}},
                                 {0, {255, 255, 255}},
                                 {0.5, {246, 160, 84}},
                                 {1, {128, 48, 0}}};

static const stop GRAY[] = {{-1, {0, 0, 0}}, {1, {255, 255, 255}}};

static uint8_t between(uint8_t a, uint8_t b, double t)
{
    return (uint8_t)lround(a + t * (b - a));
}

static mien_rgb look_up(const stop *stops, size_t count, double at)
{
    size_t i = 1;
    while (i + 1 < count && at > stops[i].at)
        i++;
    const stop *a = &stops[i - 1], *b = &stops[i];
    double t = fmin(fmax((at - a->at) / (b->at - a->at), 0), 1);
    return (mien_rgb){between(a->color.r, b->color.r, t), between(a->color.g, b->color.g, t),
                      between(a->color.b, b->color.b, t)};
}

#define LOOK_UP(stops, at) look_up((stops), sizeof(stops) / sizeof *(stops), (at))

mien_tone mien_tone_natural(double low, double high)
{
    return (mien_tone){MIEN_TONE_NATURAL, MIEN_PALETTE_GRAY, false, low, high};
}

mien_tone mien_tone_range(mien_palette palette, double low, double high)
{
    if (low >= 0)
        return (mien_tone){MIEN_TONE_UNSIGNED, palette, false, low, high};
    double reach = fmax(-low, high);
    return (mien_tone){MIEN_TONE_SIGNED, palette, false, -reach, reach};
}

mien_tone mien_tone_fit(mien_palette palette, bool is_signed, const float *values, size_t count)
{
    double min = INFINITY, max = -INFINITY;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) {
            min = fmin(min, values[i]);
            max = fmax(max, values[i]);
        }
    if (min > max)
        min = max = 0;
    if (is_signed) {
        double reach = fmax(fabs(min), fabs(max));
        return (mien_tone){MIEN_TONE_SIGNED, palette, false, -reach, reach};
    }
    return (mien_tone){MIEN_TONE_UNSIGNED, palette, false, 0, fmax(max, 0)};
}

/* Where a value stands: -1 to 1 where there are colours for what is negative, else 0 to 1. A tone
 * without width is all zero. */
static double position(const mien_tone *tone, double value)
{
    if (isnan(value) || !(tone->high > tone->low))
        return 0;
    bool both = tone->kind == MIEN_TONE_UNSIGNED && tone->palette != MIEN_PALETTE_GRAY &&
                tone->low == 0; /* what a method that subtracts makes of the data */
    if (tone->kind == MIEN_TONE_SIGNED || both)
        return fmin(fmax(value / tone->high, -1), 1);
    return fmin(fmax((value - tone->low) / (tone->high - tone->low), 0), 1);
}

mien_rgb mien_tone_color(const mien_tone *tone, double value)
{
    double at = position(tone, value);
    bool light = tone->kind == MIEN_TONE_NATURAL || tone->palette == MIEN_PALETTE_GRAY;
    if (light)
        return LOOK_UP(GRAY, tone->kind == MIEN_TONE_SIGNED ? at : 2 * at - 1);
    return tone->palette == MIEN_PALETTE_ESL ? LOOK_UP(ESL, at) : LOOK_UP(DIVERGING, at);
}

mien_rgb mien_tone_color3(const mien_tone *tone, const float values[3])
{
    mien_tone grey = *tone;
    grey.palette = MIEN_PALETTE_GRAY;
    mien_rgb c = {mien_tone_color(&grey, values[0]).r, mien_tone_color(&grey, values[1]).r,
                  mien_tone_color(&grey, values[2]).r};
    if (tone->dark && tone->kind != MIEN_TONE_NATURAL)
        c = (mien_rgb){UINT8_MAX - c.r, UINT8_MAX - c.g, UINT8_MAX - c.b};
    return c;
}
