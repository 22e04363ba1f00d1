/* residual.c - what a model cannot say: originals, reconstructions and their differences.
 * SPDX-License-Identifier: MIT */
#include "figures/residual.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "draw/picture.h"
#include "figures/montage.h"

#include <stdio.h>

enum {
    MARGIN = 32,
    CAPTION = 156,    /* left of a band: what its rows are */
    CELL = 160,       /* a picture is at most so wide and so high */
    MIN_COLUMN = 112, /* room for a name */
    GAP = 12,         /* between pictures */
    HEADING = 84,     /* title and rule */
    LABEL = 52,       /* two lines under a column */
    LEGEND = 44,      /* below all */
    MIN_WIDTH = 1024  /* room for the heading and the legend */
};
enum { LEGEND_STEP = 400, ROWS = 3, TITLE_LETTERS = 28, LETTERS = 16, SMALL_LETTERS = 14 };

static const mien_rgb TEXT = {40, 40, 40}, FAINT = {110, 110, 110}, LINE = {200, 200, 200},
                      FLAG = {196, 30, 30};

struct sheet {
    const mien_residual *of;
    size_t columns, width, height;
    mien_grid cell;           /* of one picture */
    mien_shape seen;          /* pictures as drawn, before they are enlarged */
    size_t step, pitch, band; /* from column to column, row to row, band to band */
    float *pictures; /* ROWS x count x seen: reduced originals, reconstructions, differences */
    mien_coloring photograph, difference;
    mien_tone tone; /* of the differences */
};

static struct sheet arrange(const mien_residual *of)
{
    struct sheet s = {.of = of, .cell = mien_grid_one(of->shape, CELL, CELL)};
    s.columns = mien_min(of->count, MIEN_RESIDUAL_COLUMNS);
    s.seen = (mien_shape){mien_min(of->shape.height, s.cell.cell_height),
                          mien_min(of->shape.width, s.cell.cell_width), of->shape.channels};
    s.step = mien_max(s.cell.cell_width, MIN_COLUMN) + GAP;
    s.pitch = s.cell.cell_height + GAP;
    s.band = ROWS * s.pitch + LABEL + GAP;
    s.width = mien_max(2 * MARGIN + CAPTION + s.columns * s.step, MIN_WIDTH);
    s.height = 2 * MARGIN + HEADING + (of->count + s.columns - 1) / s.columns * s.band + LEGEND;
    return s;
}

/* Reduce before the difference is taken: what is seen is the difference of what is seen. */
static void fill_pictures(struct sheet *s)
{
    size_t size = mien_shape_size(s->seen), n = s->of->count;
    for (size_t i = 0; i < n; i++) {
        const mien_residual_image *image = &s->of->images[i];
        float *x = s->pictures + i * size, *y = x + n * size, *gap = y + n * size;
        mien_picture_reduce(image->original, s->of->shape, s->seen.width, s->seen.height, x);
        mien_picture_reduce(image->reconstruction, s->of->shape, s->seen.width, s->seen.height, y);
        for (size_t j = 0; j < size; j++)
            gap[j] = x[j] - y[j];
    }
    s->photograph = mien_coloring_images(s->of->style, s->of->low, s->of->high);
    s->tone = mien_tone_fit(s->of->style->palette, true, s->pictures + 2 * n * size, n * size);
    s->tone.dark = s->photograph.dark;
    s->difference = s->photograph;
    s->difference.is_signed = true;
    s->difference.high = s->tone.high;
}

static void draw_column(mien_pen *pen, const struct sheet *s, size_t i, size_t x, size_t y)
{
    const mien_residual_image *image = &s->of->images[i];
    mien_lettering letters = {.size = SMALL_LETTERS,
                              .color = image->flagged ? FLAG : TEXT,
                              .max_width = (double)(s->step - GAP)};
    for (size_t row = 0; row < ROWS; row++, y += s->pitch) {
        mien_box box = {x, y, s->cell.cell_width, s->cell.cell_height};
        bool flag = row == 0 && image->flagged;
        mien_pen_grid(pen, x, y, &s->cell,
                      s->pictures + (row * s->of->count + i) * mien_shape_size(s->seen), s->seen,
                      row == 2 ? s->difference : s->photograph);
        mien_pen_frame(pen, box, flag ? 4 : 1, flag ? FLAG : LINE);
    }
    mien_pen_text_end(pen, (double)x, (double)y + 12, letters, image->name);
    letters.size = LETTERS;
    mien_pen_text(pen, (double)x, (double)y + 32, letters, image->number);
}

static void draw_captions(mien_pen *pen, const struct sheet *s, size_t y)
{
    static const char *const captions[ROWS] = {"original", "reconstruction", "difference"};
    mien_lettering letters = {.size = LETTERS, .color = FAINT, .max_width = CAPTION - GAP};
    for (size_t row = 0; row < ROWS; row++)
        mien_pen_text(pen, MARGIN, (double)(y + row * s->pitch + s->cell.cell_height / 2 + 6),
                      letters, captions[row]);
}

/* The two ends of the scale, in their colours. */
static void draw_legend(mien_pen *pen, const struct sheet *s)
{
    enum { SWATCH = 18 };
    size_t x = MARGIN + CAPTION, y = s->height - MARGIN - SWATCH;
    for (int sign = 1; sign >= -1; sign -= 2) {
        char text[96];
        double end = sign * s->tone.high;
        float color[3] = {(float)end, (float)end, (float)end};
        mien_box box = {x, y, SWATCH, SWATCH};
        mien_pen_fill(pen, box,
                      s->of->shape.channels == 3 ? mien_tone_color3(&s->tone, color)
                                                 : mien_tone_color(&s->tone, end));
        mien_pen_frame(pen, box, 1, LINE);
        mien_format(text, sizeof text, "original %s reconstruction by %.2g",
                    sign > 0 ? "above" : "below", s->tone.high);
        mien_pen_text(pen, (double)(x + SWATCH + 8), (double)(y + SWATCH - 4),
                      (mien_lettering){.size = SMALL_LETTERS, .color = FAINT}, text);
        x += LEGEND_STEP;
    }
}

static void paint(mien_pen *pen, const void *what)
{
    const struct sheet *s = what;
    double room = (double)(s->width - 2 * MARGIN);
    mien_lettering title = {TITLE_LETTERS, true, TEXT, MIEN_ALIGN_LEFT, room};
    mien_lettering subtitle = {LETTERS, false, FAINT, MIEN_ALIGN_LEFT, room};
    mien_pen_text(pen, MARGIN, MARGIN + 24, title, s->of->title);
    mien_pen_text(pen, MARGIN, MARGIN + 52, subtitle, s->of->subtitle);
    for (size_t i = 0; i < s->of->count; i++) {
        size_t column = i % s->columns, y = MARGIN + HEADING + i / s->columns * s->band;
        if (column == 0)
            draw_captions(pen, s, y);
        draw_column(pen, s, i, MARGIN + CAPTION + column * s->step, y);
    }
    draw_legend(pen, s);
}

mien_status mien_residual_draw(const mien_residual *sheet, mien_canvas *out, mien_error *err)
{
    if (sheet->count == 0 || sheet->count > MIEN_RESIDUAL_MAX)
        return mien_fail(err, MIEN_ERR_ARG, "1 to %d images can be drawn with their differences",
                         MIEN_RESIDUAL_MAX);
    struct sheet s = arrange(sheet);
    s.pictures = mien_alloc_array(ROWS * sheet->count * mien_shape_size(s.seen), sizeof(float));
    if (!s.pictures)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    fill_pictures(&s);
    mien_status st =
        mien_drawing_canvas(&(mien_drawing){s.width, s.height, NULL, paint, &s}, out, err);
    mien_free(s.pictures);
    return st;
}
