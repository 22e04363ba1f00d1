/* ink.c - what x measures, darkness or brightness, decided from the pixels alone.
 * SPDX-License-Identifier: MIT */
#include "read/ink.h"

#include "data/pixels.h"

#include <math.h>

static const double BLACK = 0.04, MOSTLY = 0.5;

/* How many of `count` values from `at` on, `step` apart, are at most `black`. */
static size_t count_black(const mien_pixels *pixels, const void *row, size_t at, size_t step,
                          size_t count, double black)
{
    size_t found = 0;
    for (size_t k = 0; k < count; k++, at += step)
        found += mien_value_at(row, pixels->type, at) <= black;
    return found;
}

double mien_ink_black_border(const mien_pixels *pixels, mien_shape shape)
{
    size_t line = shape.width * shape.channels, h = shape.height, c = shape.channels;
    /* of what the folder has, not of what its type could hold: 12 bits may come in 16 */
    double common =
        BLACK * mien_values_greatest(pixels->values, pixels->type, pixels->n * pixels->p);
    size_t found = 0, border = 0;
    for (size_t i = 0; i < pixels->n; i++) {
        const void *row = mien_pixels_row(pixels, i);
        double black = pixels->whites ? BLACK * mien_pixels_white(pixels, i) : common;
        found += count_black(pixels, row, 0, 1, line, black);
        border += line;
        if (h > 1) {
            found += count_black(pixels, row, (h - 1) * line, 1, line, black);
            border += line;
        }
        for (size_t k = 0; h > 2 && k < c; k++) { /* the sides, without the corners */
            found += count_black(pixels, row, line + k, line, h - 2, black);
            border += h - 2;
            if (shape.width == 1)
                continue;
            found += count_black(pixels, row, 2 * line - c + k, line, h - 2, black);
            border += h - 2;
        }
    }
    return border ? (double)found / (double)border : (double)NAN;
}

static bool has_negative(const mien_pixels *pixels)
{
    const float *v = pixels->values;
    for (size_t k = 0; pixels->type == MIEN_F32 && k < pixels->n * pixels->p; k++)
        if (v[k] < 0)
            return true;
    return false;
}

void mien_ink_decide(mien_dataset *dataset, mien_ink_kind asked)
{
    dataset->ink = asked;
    dataset->black_border = (double)NAN;
    if (asked != MIEN_INK_AUTO)
        return;
    dataset->ink = MIEN_INK_NONE;
    if (dataset->is_table || has_negative(&dataset->pixels))
        return;
    dataset->ink = MIEN_INK_LIGHT;
    if (dataset->shape.channels == 3 || dataset->normalize == MIEN_NORMALIZE_NONE)
        return;
    dataset->black_border = mien_ink_black_border(&dataset->pixels, dataset->shape);
    if (dataset->black_border < MOSTLY)
        dataset->ink = MIEN_INK_DARK;
}
