/* filmstrip.c - rows of pictures that follow each other, named above and at the left.
 * SPDX-License-Identifier: MIT */
#include "figures/filmstrip.h"

#include "base/status.h"
#include "draw/lettering.h"

#include <math.h>

/* Sizes in pixels. */
enum {
    WIDTH = 1900,
    MARGIN = 24,
    LABELS = 216, /* column at the left */
    GAP = 6,
    APART = 30,
    CELL_MOST = 230,   /* a few columns do not become posters */
    HEIGHT_MOST = 260, /* of a portrait */
    TITLE = 32,
    SMALL = 21
};

static const mien_rgb WHITE = {255, 255, 255}, INK = {26, 26, 26}, PALE = {108, 108, 108},
                      FRAME = {200, 200, 200};

static size_t line_height(size_t size)
{
    return size * 7 / 5;
}

/* How high a strip is: flat pictures leave room for the words beside them. */
static size_t strip_height(const mien_strip *strip, const mien_grid *grid)
{
    size_t words =
        (strip->title ? line_height(TITLE) : 0) + (strip->label ? line_height(SMALL) : 0);
    size_t height = mien_grid_height(grid);
    return height > words ? height : words;
}

/* A cell's grid: one picture as large as its place allows. */
static mien_grid cell_of(const mien_filmstrip *film)
{
    mien_grid grid = {.count = 1, .columns = 1, .rows = 1};
    size_t room = (WIDTH - 2 * MARGIN - LABELS) / film->columns - GAP;
    room = room < CELL_MOST ? room : CELL_MOST;
    mien_grid_fit(&grid, film->shape, room, HEIGHT_MOST);
    mien_grid_fill(&grid, film->shape, room, HEIGHT_MOST);
    return grid;
}

static mien_status write_line(mien_canvas *canvas, double x, double y, size_t size, bool bold,
                              mien_rgb color, mien_align align, double width, const char *text,
                              mien_error *err)
{
    mien_lettering letters = {
        .size = (double)size, .bold = bold, .color = color, .align = align, .max_width = width};
    return text ? mien_lettering_draw(canvas, x, round(y + mien_lettering_capital(&letters) / 2),
                                      &letters, text, err)
                : MIEN_OK;
}

static mien_status draw_strip(mien_canvas *canvas, const mien_filmstrip *film,
                              const mien_strip *strip, const mien_grid *grid, size_t column_width,
                              size_t y, mien_error *err)
{
    size_t height = strip_height(strip, grid), p = mien_shape_size(film->shape);
    double middle = (double)y + (double)height / 2, half = (double)line_height(TITLE) / 2;
    mien_status st =
        write_line(canvas, MARGIN,
                   middle - (strip->title ? half / 2 : 0) - (strip->title && strip->label ? 2 : 0),
                   TITLE, true, INK, MIEN_ALIGN_LEFT, LABELS, strip->title, err);
    if (!st)
        st = write_line(canvas, MARGIN, middle + (strip->title ? half : 0), SMALL, false, PALE,
                        MIEN_ALIGN_LEFT, LABELS, strip->label, err);
    for (size_t c = 0; c < film->columns && !st; c++) {
        size_t x = MARGIN + LABELS + c * column_width;
        x += (column_width - GAP - mien_grid_width(grid)) / 2;
        size_t down = y + (height - mien_grid_height(grid)) / 2;
        st = mien_grid_draw(canvas, x, down, grid, strip->pictures + c * p, film->shape,
                            &strip->coloring, err);
        mien_canvas_frame(canvas, mien_grid_cell(grid, x, down, 0), 1, FRAME);
    }
    return st;
}

mien_status mien_filmstrip_draw(const mien_filmstrip *film, mien_canvas *out, mien_error *err)
{
    if (film->columns == 0 || film->n_strips == 0)
        return mien_fail(err, MIEN_ERR_ARG, "there is no picture to draw");
    mien_grid grid = cell_of(film);
    size_t wide = mien_grid_width(&grid) + GAP, words = line_height(SMALL) * 5;
    size_t column_width = wide > words && film->columns > 1 ? wide : wide > words ? wide : words;
    if (column_width * film->columns > WIDTH - 2 * MARGIN - LABELS)
        column_width = wide;
    size_t width = 2 * MARGIN + LABELS + film->columns * column_width;
    size_t height = MARGIN + line_height(SMALL) + GAP;
    for (size_t i = 0; i < film->n_strips; i++)
        height += strip_height(&film->strips[i], &grid) + GAP + (film->strips[i].apart ? APART : 0);
    size_t caption = height + GAP;
    height = caption + (film->caption ? line_height(SMALL) : 0) + MARGIN;
    mien_canvas canvas;
    mien_status st = mien_canvas_init(width, height, WHITE, &canvas, err);
    if (st)
        return st;
    for (size_t c = 0; c < film->columns && !st; c++)
        st = write_line(&canvas,
                        (double)(MARGIN + LABELS + c * column_width) +
                            (double)(column_width - GAP) / 2,
                        MARGIN + (double)line_height(SMALL) / 2, SMALL, false, INK,
                        MIEN_ALIGN_CENTER, (double)column_width - 2, film->headings[c], err);
    size_t y = MARGIN + line_height(SMALL) + GAP;
    for (size_t i = 0; i < film->n_strips && !st; i++) {
        y += film->strips[i].apart ? APART : 0;
        st = draw_strip(&canvas, film, &film->strips[i], &grid, column_width, y, err);
        y += strip_height(&film->strips[i], &grid) + GAP;
    }
    if (!st)
        st = write_line(&canvas, MARGIN + LABELS, (double)caption + (double)line_height(SMALL) / 2,
                        SMALL, false, PALE, MIEN_ALIGN_LEFT, (double)(width - 2 * MARGIN - LABELS),
                        film->caption, err);
    if (st)
        mien_canvas_free(&canvas);
    else
        *out = canvas;
    return st;
}
