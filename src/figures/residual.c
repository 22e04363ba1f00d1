/* residual.c - what a model cannot say: originals, reconstructions and their differences.
 * SPDX-License-Identifier: MIT */
#include "figures/residual.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "draw/lettering.h"
#include "draw/picture.h"
#include "figures/montage.h"

#include <stdio.h>
#include <string.h>

enum {
    MARGIN = 32,
    CAPTION = 156,      /* left of a band: what its rows are */
    CELL = 160,         /* a picture is at most so wide and so high */
    COLUMN_LEAST = 112, /* room for a name */
    GAP = 12,           /* between pictures */
    HEADING = 84,       /* title and rule */
    LABEL = 52,         /* two lines under a column */
    LEGEND = 44,        /* below all */
    WIDTH_LEAST = 1024  /* room for the heading and the legend */
};
enum { LEGEND_STEP = 400, ROWS = 3, TITLE_LETTERS = 28, LETTERS = 16, SMALL_LETTERS = 14 };

static const mien_rgb WHITE = {255, 255, 255}, TEXT = {40, 40, 40}, FAINT = {110, 110, 110},
                      LINE = {200, 200, 200}, FLAG = {196, 30, 30};

/* Where things stand. */
struct layout {
    size_t columns, bands, width, height;
    mien_shape seen; /* pictures as drawn, before they are enlarged */
    size_t cell_width, cell_height;
    size_t step; /* from column to column */
    size_t band_height;
};

struct drawing {
    const mien_residual *sheet;
    struct layout at;
    mien_canvas *canvas;
    float *pictures; /* ROWS x count x seen: reduced originals, reconstructions, differences */
    mien_rgb *colors;
    mien_tone photograph, difference;
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static struct layout arrange(const mien_residual *sheet)
{
    struct layout at = {.columns = smaller(sheet->count, MIEN_RESIDUAL_COLUMNS)};
    at.bands = (sheet->count + at.columns - 1) / at.columns;
    mien_grid cell = {.count = 1, .columns = 1, .rows = 1};
    mien_grid_fit(&cell, sheet->shape, CELL, CELL);
    at.cell_width = cell.cell_width;
    at.cell_height = cell.cell_height;
    at.seen = (mien_shape){smaller(sheet->shape.height, at.cell_height),
                           smaller(sheet->shape.width, at.cell_width), sheet->shape.channels};
    at.step = larger(at.cell_width, COLUMN_LEAST) + GAP;
    at.band_height = ROWS * (at.cell_height + GAP) + LABEL;
    at.width = larger(2 * MARGIN + CAPTION + at.columns * at.step, WIDTH_LEAST);
    at.height = 2 * MARGIN + HEADING + at.bands * (at.band_height + GAP) + LEGEND;
    return at;
}

/* Reduce before the difference is taken: what is seen is the difference of what is seen. */
static void fill_pictures(struct drawing *d)
{
    const mien_residual *sheet = d->sheet;
    size_t size = mien_shape_size(d->at.seen), n = sheet->count;
    for (size_t i = 0; i < n; i++) {
        float *x = d->pictures + i * size, *y = d->pictures + (n + i) * size;
        float *gap = d->pictures + (2 * n + i) * size;
        mien_picture_reduce(sheet->images[i].original, sheet->shape, d->at.seen.width,
                            d->at.seen.height, x);
        mien_picture_reduce(sheet->images[i].reconstruction, sheet->shape, d->at.seen.width,
                            d->at.seen.height, y);
        for (size_t j = 0; j < size; j++)
            gap[j] = x[j] - y[j];
    }
    d->photograph = mien_tone_range(sheet->palette, sheet->low, sheet->high);
    d->difference = mien_tone_fit(sheet->palette, true, d->pictures + 2 * n * size, n * size);
    d->photograph.dark = d->difference.dark = sheet->dark;
}

static mien_status write_text(struct drawing *d, double x, double y, double size, mien_rgb color,
                              double max_width, const char *text, mien_error *err)
{
    mien_lettering letters = {.size = size, .color = color, .max_width = max_width};
    return mien_lettering_draw(d->canvas, x, y, &letters, text, err);
}

static mien_status draw_column(struct drawing *d, size_t i, size_t x, size_t y, mien_error *err)
{
    const struct layout *at = &d->at;
    const mien_residual_image *image = &d->sheet->images[i];
    size_t size = mien_shape_size(at->seen);
    mien_rgb color = image->flagged ? FLAG : TEXT;
    for (size_t row = 0; row < ROWS; row++) {
        const float *picture = d->pictures + (row * d->sheet->count + i) * size;
        size_t top = y + row * (at->cell_height + GAP);
        mien_picture_color(picture, at->seen, row == 2 ? &d->difference : &d->photograph,
                           d->colors);
        mien_canvas_blit(d->canvas, x, top, d->colors, at->seen.width, at->seen.height,
                         at->cell_width / at->seen.width, at->cell_height / at->seen.height);
        mien_box box = {x, top, at->cell_width, at->cell_height};
        if (row == 0 && image->flagged)
            mien_canvas_frame(d->canvas, box, 4, FLAG);
        else
            mien_canvas_frame(d->canvas, box, 1, LINE);
    }
    double below = (double)(y + ROWS * (at->cell_height + GAP));
    mien_lettering name = {
        .size = SMALL_LETTERS, .color = color, .max_width = (double)(at->step - GAP)};
    mien_status st =
        mien_lettering_draw_end(d->canvas, (double)x, below + 12, &name, image->name, err);
    return st ? st
              : write_text(d, (double)x, below + 32, LETTERS, color, (double)(at->step - GAP),
                           image->number, err);
}

static mien_status draw_band(struct drawing *d, size_t band, mien_error *err)
{
    static const char *const captions[ROWS] = {"original", "reconstruction", "difference"};
    const struct layout *at = &d->at;
    size_t y = MARGIN + HEADING + band * (at->band_height + GAP);
    mien_status st = MIEN_OK;
    for (size_t row = 0; row < ROWS && !st; row++)
        st = write_text(d, MARGIN,
                        (double)(y + row * (at->cell_height + GAP) + at->cell_height / 2 + 6),
                        LETTERS, FAINT, CAPTION - GAP, captions[row], err);
    for (size_t c = 0; c < at->columns && band * at->columns + c < d->sheet->count && !st; c++)
        st = draw_column(d, band * at->columns + c, MARGIN + CAPTION + c * at->step, y, err);
    return st;
}

/* The two ends of the scale, in their colours. */
static mien_status draw_legend(struct drawing *d, mien_error *err)
{
    enum { SWATCH = 18 };
    size_t x = MARGIN + CAPTION, y = d->at.height - MARGIN - SWATCH;
    mien_status st = MIEN_OK;
    for (int sign = 1; sign >= -1 && !st; sign -= 2) {
        char text[96];
        double end = sign * d->difference.high;
        float colour[3] = {(float)end, (float)end, (float)end};
        mien_rgb rgb = d->sheet->shape.channels == 3 ? mien_tone_color3(&d->difference, colour)
                                                     : mien_tone_color(&d->difference, end);
        mien_box box = {x, y, SWATCH, SWATCH};
        mien_canvas_fill(d->canvas, box, rgb);
        mien_canvas_frame(d->canvas, box, 1, LINE);
        mien_format(text, sizeof text, "original %s reconstruction by %.2g",
                    sign > 0 ? "above" : "below", d->difference.high);
        st = write_text(d, (double)(x + SWATCH + 8), (double)(y + SWATCH - 4), SMALL_LETTERS, FAINT,
                        0, text, err);
        x += LEGEND_STEP;
    }
    return st;
}

static mien_status draw(struct drawing *d, mien_error *err)
{
    double room = (double)(d->at.width - 2 * MARGIN);
    mien_lettering title = {.size = TITLE_LETTERS, .bold = true, .color = TEXT, .max_width = room};
    mien_status st =
        mien_lettering_draw(d->canvas, MARGIN, MARGIN + 24, &title, d->sheet->title, err);
    if (!st)
        st = write_text(d, MARGIN, MARGIN + 52, LETTERS, FAINT, room, d->sheet->subtitle, err);
    for (size_t band = 0; band < d->at.bands && !st; band++)
        st = draw_band(d, band, err);
    return st ? st : draw_legend(d, err);
}

mien_status mien_residual_draw(const mien_residual *sheet, mien_canvas *out, mien_error *err)
{
    if (sheet->count == 0 || sheet->count > MIEN_RESIDUAL_MOST)
        return mien_fail(err, MIEN_ERR_ARG, "1 to %d images can be drawn with their differences",
                         MIEN_RESIDUAL_MOST);
    struct drawing d = {.sheet = sheet, .at = arrange(sheet)};
    mien_canvas canvas = {0};
    size_t size = mien_shape_size(d.at.seen);
    d.pictures = mien_alloc_array(ROWS * sheet->count * size, sizeof *d.pictures);
    d.colors = mien_alloc_array(size, sizeof *d.colors);
    mien_status st = d.pictures && d.colors ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st)
        st = mien_canvas_init(d.at.width, d.at.height, WHITE, &canvas, err);
    if (!st) {
        d.canvas = &canvas;
        fill_pictures(&d);
        st = draw(&d, err);
    }
    if (st)
        mien_canvas_free(&canvas);
    else
        *out = canvas;
    mien_free(d.pictures);
    mien_free(d.colors);
    return st;
}
