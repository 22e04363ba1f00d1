/* filmstrip.c - rows of pictures that follow each other, named above and at the left.
 * SPDX-License-Identifier: MIT */
#include "figures/filmstrip.h"

#include "base/status.h"

/* Sizes in pixels. */
enum {
    WIDTH = 1900,
    MARGIN = 24,
    LABELS = 216, /* column at the left */
    ROOM = WIDTH - 2 * MARGIN - LABELS,
    GAP = 6,
    APART = 30,
    MAX_CELL = 230,   /* a few columns do not become posters */
    MAX_HEIGHT = 260, /* of a portrait */
    TITLE = 32,       /* letters, and the height of their lines */
    TITLE_LINE = 44,
    SMALL = 21,
    SMALL_LINE = 29
};

static const mien_rgb PALE = {108, 108, 108}, FRAME = {200, 200, 200};

struct layout {
    const mien_filmstrip *film;
    mien_grid cell; /* one picture as large as its place allows */
    size_t column, width, height;
};

/* How high a strip is: flat pictures leave room for the words beside them. */
static size_t strip_height(const mien_strip *strip, const mien_grid *cell)
{
    size_t words =
        (strip->title ? (size_t)TITLE_LINE : 0) + (strip->label ? (size_t)SMALL_LINE : 0);
    return mien_max(mien_grid_height(cell), words);
}

static struct layout arrange(const mien_filmstrip *film)
{
    size_t room = mien_min(ROOM / film->columns - GAP, MAX_CELL), words = 5 * SMALL_LINE;
    struct layout l = {.film = film, .cell = mien_grid_one(film->shape, room, MAX_HEIGHT)};
    mien_grid_fill(&l.cell, film->shape, room, MAX_HEIGHT);
    size_t wide = mien_grid_width(&l.cell) + GAP;
    l.column = mien_max(wide, words);
    if (l.column * film->columns > ROOM)
        l.column = wide;
    l.width = 2 * MARGIN + LABELS + film->columns * l.column;
    l.height = 2 * MARGIN + SMALL_LINE + 2 * GAP + (film->caption ? SMALL_LINE : 0);
    for (size_t i = 0; i < film->n_strips; i++)
        l.height +=
            strip_height(&film->strips[i], &l.cell) + GAP + (film->strips[i].apart ? APART : 0);
    return l;
}

static void draw_strip(mien_pen *pen, const struct layout *l, const mien_strip *strip, size_t y)
{
    const mien_filmstrip *film = l->film;
    size_t height = strip_height(strip, &l->cell), p = mien_shape_size(film->shape);
    double middle = (double)y + (double)height / 2, half = TITLE_LINE / 2.0;
    double up = (strip->title ? half / 2 : 0) + (strip->title && strip->label ? 2 : 0);
    mien_pen_text_middle(pen, MARGIN, middle - up,
                         (mien_lettering){TITLE, true, mien_ink, MIEN_ALIGN_LEFT, LABELS},
                         strip->title);
    mien_pen_text_middle(pen, MARGIN, middle + (strip->title ? half : 0),
                         (mien_lettering){SMALL, false, PALE, MIEN_ALIGN_LEFT, LABELS},
                         strip->label);
    for (size_t c = 0; c < film->columns; c++) {
        size_t x = MARGIN + LABELS + c * l->column;
        x += (l->column - GAP - mien_grid_width(&l->cell)) / 2;
        size_t down = y + (height - mien_grid_height(&l->cell)) / 2;
        mien_pen_grid(pen, x, down, &l->cell, strip->pictures + c * p, film->shape,
                      strip->coloring);
        mien_pen_frame(pen, mien_grid_cell(&l->cell, x, down, 0), 1, FRAME);
    }
}

static void paint(mien_pen *pen, const void *what)
{
    const struct layout *l = what;
    const mien_filmstrip *film = l->film;
    mien_lettering heading = {SMALL, false, mien_ink, MIEN_ALIGN_CENTER, (double)l->column - 2};
    for (size_t c = 0; c < film->columns; c++)
        mien_pen_text_middle(
            pen, (double)(MARGIN + LABELS + c * l->column) + (double)(l->column - GAP) / 2,
            MARGIN + SMALL_LINE / 2.0, heading, film->headings[c]);
    size_t y = MARGIN + SMALL_LINE + GAP;
    for (size_t i = 0; i < film->n_strips; i++) {
        y += film->strips[i].apart ? APART : 0;
        draw_strip(pen, l, &film->strips[i], y);
        y += strip_height(&film->strips[i], &l->cell) + GAP;
    }
    mien_box below = {MARGIN + LABELS, y + GAP, l->width - 2 * MARGIN - LABELS, SMALL_LINE};
    mien_pen_text_in(pen, below, (mien_lettering){.size = SMALL, .color = PALE}, film->caption);
}

mien_status mien_filmstrip_draw(const mien_filmstrip *film, mien_canvas *out, mien_error *err)
{
    if (film->columns == 0 || film->n_strips == 0)
        return mien_fail(err, MIEN_ERR_ARG, "there is no picture to draw");
    struct layout l = arrange(film);
    return mien_drawing_canvas(&(mien_drawing){l.width, l.height, NULL, paint, &l}, out, err);
}
