/* exemplars.c - a page of components, each with the images that use it most.
 * SPDX-License-Identifier: MIT
 *
 *   heading
 *   1    [basis]  [1][2][3][4][5][6][7][8]      26   [basis]  [1][2] ...
 *   3 %
 *   2    [basis]  ...
 *
 * Rows go down a column first. Stripes of a table stand below each other instead. */
#include "figures/exemplars.h"

#include "base/status.h"

#include <stdio.h>
#include <string.h>

/* Sizes in pixels. */
enum {
    MIN_WIDTH = 1240, /* of the page: its heading needs so much */
    MARGIN = 64,
    GUTTER = 64,        /* between columns of rows */
    NUMBERS = 76,       /* a row's title and subtitle */
    BASIS_GAP = 18,     /* between a basis image and its photographs */
    PHOTO_GAP = 4,      /* between photographs */
    NAME_LINE = 14,     /* below them, for their names */
    ROW_GAP = 20,       /* between rows */
    MIN_ROW = 56,       /* a row's title and subtitle need so much */
    STRIPES = 110,      /* height of a row's stripes, all together, */
    WIDE_STRIPES = 260, /* of images that are stacked like them, */
    WIDE = 6,           /* being so many times as wide as high; */
    NAMES = 96,         /* room for the names beside them */
    NAME_ROOM = 44,     /* or, where they stand below, from one to the next */
    STRIPE_PAGE = 1472, /* and width of all columns of them */
    HEADER_GAP = 36
};

/* How many columns for so many rows, and the most room for a picture in them. Portraits may be
 * higher than wide. */
static const struct {
    size_t rows, columns, width, height;
} plans[] = {{6, 1, 140, 180}, {60, 2, 68, 88}, {SIZE_MAX, 3, 42, 54}};

/* Letter sizes. A line of text is 1.4 times as high. */
enum { HEADLINE = 40, HEADING = 22, TITLE = 24, SMALL = 17, NAME = 11 };

static const mien_rgb PALE = {108, 108, 108};

static size_t line_height(size_t size)
{
    return size + size * 2 / 5;
}

/* Where everything stands. Pictures of a row share their cells' size. */
struct layout {
    const mien_exemplar_page *page;
    const mien_style *style;
    size_t columns, rows; /* of rows */
    size_t block;         /* width of a column */
    mien_grid basis, photographs;
    size_t top, pitch; /* of the first row, from row to row */
    size_t width, height;
    bool stacked;
};

/* Pictures side by side: cells as large as the plan allows, the column as wide as they need. */
static void fit_photographs(const mien_exemplar_page *page, size_t width, size_t height,
                            struct layout *layout)
{
    if (page->shape.height > WIDE * page->shape.width)
        height = WIDE_STRIPES;
    layout->basis = mien_grid_one(page->shape, width, height);
    layout->basis.gap = 1;
    layout->photographs = layout->basis;
    layout->photographs.gap = PHOTO_GAP;
    if (page->rows[0].names && layout->photographs.cell_width + PHOTO_GAP < NAME_ROOM)
        layout->photographs.gap = NAME_ROOM - layout->photographs.cell_width;
    layout->photographs.columns = page->photographs;
    layout->block = NUMBERS + mien_grid_width(&layout->basis) + BASIS_GAP - PHOTO_GAP +
                    mien_grid_width(&layout->photographs);
}

static void fit_stripes(const mien_exemplar_page *page, struct layout *layout)
{
    bool stripe = mien_shape_is_stripe(page->shape);
    size_t beside = NUMBERS + (page->rows[0].names ? NAMES : 0);
    layout->block = (STRIPE_PAGE - (layout->columns - 1) * GUTTER) / layout->columns;
    layout->photographs = (mien_grid){.columns = 1, .rows = page->photographs, .gap = 1};
    mien_grid_fit(&layout->photographs, page->shape, layout->block - beside,
                  stripe ? STRIPES : WIDE_STRIPES);
    layout->basis = layout->photographs;
    layout->basis.count = layout->basis.rows = 1;
    if (stripe)
        layout->basis.cell_height *= 2;
}

static struct layout arrange(const mien_exemplar_page *page, const mien_style *style)
{
    struct layout layout = {.page = page,
                            .style = style,
                            .stacked = mien_shape_is_stripe(page->shape) ||
                                       page->shape.width > WIDE * page->shape.height,
                            .top = MARGIN};
    size_t plan = 0;
    while (page->n_rows > plans[plan].rows)
        plan++;
    layout.columns = plans[plan].columns;
    layout.rows = (page->n_rows + layout.columns - 1) / layout.columns;
    if (layout.stacked)
        fit_stripes(page, &layout);
    else
        fit_photographs(page, plans[plan].width, plans[plan].height, &layout);
    layout.width = 2 * MARGIN + layout.columns * (layout.block + GUTTER) - GUTTER;
    layout.width = mien_max(layout.width, MIN_WIDTH);
    size_t pictures = mien_grid_height(&layout.photographs);
    if (layout.stacked)
        pictures += mien_grid_height(&layout.basis) + PHOTO_GAP;
    else if (page->rows[0].names)
        pictures += NAME_LINE;
    layout.pitch = mien_max(pictures, MIN_ROW) + ROW_GAP;
    layout.top += page->title ? line_height(HEADLINE) : 0;
    layout.top += page->subtitle ? line_height(HEADING) : 0;
    layout.top += page->title || page->subtitle ? HEADER_GAP : 0;
    layout.height = layout.top + layout.rows * layout.pitch - ROW_GAP + MARGIN;
    layout.height += page->note ? ROW_GAP + line_height(HEADING) : 0;
    return layout;
}

/* A line of text whose top is at y. */
static void write_line(mien_pen *pen, size_t x, size_t y, size_t width, const char *text,
                       size_t size, bool bold, mien_rgb color)
{
    mien_lettering letters = {.size = (double)size, .bold = bold, .color = color};
    mien_pen_text_in(pen, (mien_box){x, y, width, line_height(size)}, letters, text);
}

/* The photographs' names, below or beside them, without what follows the last dot: it is the same
 * everywhere, as a rule. */
static void draw_names(mien_pen *pen, const mien_grid *grid, bool beside, size_t x, size_t y,
                       char *const *names)
{
    mien_lettering letters = {.size = NAME, .color = PALE};
    letters.max_width = beside ? NAMES - PHOTO_GAP : (double)(grid->cell_width + grid->gap - 2);
    for (size_t i = 0; names && i < grid->count; i++) {
        char name[512];
        const char *dot = names[i] ? strrchr(names[i], '.') : NULL;
        mien_box cell = mien_grid_cell(grid, x, y, i);
        if (!names[i])
            continue;
        size_t length =
            dot > names[i] && !strchr(dot, '/') ? (size_t)(dot - names[i]) : strlen(names[i]);
        size_t skip = length < sizeof name ? 0 : length - sizeof name + 1;
        snprintf(name, sizeof name, "%.*s", (int)(length - skip), names[i] + skip);
        size_t right = cell.x + (beside ? cell.width + PHOTO_GAP : 0);
        size_t below =
            cell.y + (beside ? cell.height / 2 + PHOTO_GAP : cell.height + NAME_LINE - 3);
        mien_pen_text_end(pen, (double)right, (double)below, letters, name);
    }
}

static void draw_row(mien_pen *pen, const struct layout *layout, size_t row)
{
    const mien_exemplar_page *page = layout->page;
    const mien_exemplar_row *one = &page->rows[row];
    size_t x = MARGIN + row / layout->rows * (layout->block + GUTTER);
    size_t y = layout->top + row % layout->rows * layout->pitch;
    size_t pictures = layout->pitch - ROW_GAP;
    size_t words = line_height(TITLE) + (one->subtitle ? line_height(SMALL) : 0);
    size_t above = (pictures - words) / 2; /* pitch leaves MIN_ROW */
    write_line(pen, x, y + above, NUMBERS, one->title, TITLE, true, mien_ink);
    write_line(pen, x, y + above + line_height(TITLE), NUMBERS, one->subtitle, SMALL, false, PALE);
    mien_coloring basis = mien_coloring_basis(layout->style, page->is_signed);
    basis.mark_empty = true;
    mien_grid grid = layout->photographs;
    grid.count = one->count;
    x += NUMBERS;
    if (!layout->stacked) /* pictures lower than the words stand in their middle */
        y += (pictures - mien_grid_height(&grid)) / 2;
    size_t down = grid.gap > layout->basis.gap ? grid.gap - layout->basis.gap : 0;
    mien_pen_grid(pen, x, layout->stacked ? y : y + down, &layout->basis, one->basis, page->shape,
                  basis);
    if (layout->stacked)
        y += mien_grid_height(&layout->basis) + PHOTO_GAP;
    else
        x += mien_grid_width(&layout->basis) + BASIS_GAP - PHOTO_GAP;
    if (one->count)
        mien_pen_grid(pen, x, y, &grid, one->photographs, page->shape,
                      mien_coloring_images(layout->style, page->low, page->high));
    if (grid.cell_height >= (layout->stacked ? NAME : 1))
        draw_names(pen, &grid, layout->stacked, x, y, one->names);
}

static void paint(mien_pen *pen, const void *what)
{
    const struct layout *layout = what;
    const mien_exemplar_page *page = layout->page;
    const size_t width = layout->width - 2 * MARGIN;
    write_line(pen, MARGIN, MARGIN, width, page->title, HEADLINE, true, mien_ink);
    write_line(pen, MARGIN, MARGIN + (page->title ? line_height(HEADLINE) : 0), width,
               page->subtitle, HEADING, false, PALE);
    for (size_t row = 0; row < page->n_rows; row++)
        draw_row(pen, layout, row);
    write_line(pen, MARGIN, layout->height - MARGIN - line_height(HEADING), width, page->note,
               HEADING, false, PALE);
}

mien_status mien_exemplars_draw(const mien_exemplar_page *page, const mien_style *style,
                                mien_canvas *out, mien_error *err)
{
    if (page->n_rows == 0 || page->n_rows > MIEN_EXEMPLARS_MAX_ROWS || page->photographs == 0)
        return mien_fail(err, MIEN_ERR_ARG, "a page holds 1 to %d components, not %zu",
                         MIEN_EXEMPLARS_MAX_ROWS, page->n_rows);
    mien_status st = mien_shape_check(page->shape, err);
    if (st)
        return st;
    struct layout layout = arrange(page, style);
    mien_drawing drawing = {layout.width, layout.height, NULL, paint, &layout};
    return mien_drawing_canvas(&drawing, out, err);
}
