/* figure.c - the comparison of methods: basis x weights = reconstruction, a panel a method.
 * SPDX-License-Identifier: MIT
 *
 * A panel, of which a page has one below the other and a slide two beside each other:
 *
 *   NMF  adds parts                                KL divergence 13,231, 81.9 % of variance
 *   +-------------+        face000.pgm      as it is learned     (in the first panel alone)
 *   | basis       |        [untouched]      [prepared]
 *   | images,     |        weights          reconstruction
 *   | numbered    |   x    [grid]       =   [image]
 *   +-------------+        largest 1.83     + mean image
 *
 * Sizes are those of a page 1600 or a slide 1920 pixels wide, times a scale. A montage fills its
 * square: tiles are enlarged by whole factors, what is left goes between them, and what is left of
 * the panel's width goes to the signs. */
#include "figures/figure.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "draw/pen.h"
#include "draw/png.h"
#include "figures/legend.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double LINE_HEIGHT = 1.4;

static const mien_rgb WHITE = {255, 255, 255}, INK = {26, 26, 26}, PALE = {108, 108, 108},
                      FRAME = {200, 200, 200};

enum {
    LEAST_CELL = 4,      /* smaller tiles show nothing: then only the first ones are drawn */
    LEAST_NUMBERED = 30, /* a tile of this width has room for its number */
    LEAST_WIDTH = 480,   /* of a figure whose letters can be read */
    MOST_WIDTH = 16000,
    ACROSS = 2 /* panels of a slide beside each other */
};

/* Sizes in pixels, of one of the layouts; the same names scaled. */
typedef struct sizes {
    size_t margin, panel_gap;
    size_t montage;                   /* side of the square of basis images */
    size_t side;                      /* of the weights' square, */
    size_t square;                    /* and the most for one weight */
    size_t photo_width, photo_height; /* most room of a photograph */
    size_t sign;                      /* least width of a sign's column */
    size_t gap;                       /* between what belongs together */
    size_t legend, bar;               /* width and height of a bar of colours */
    struct mien_figure_letters letters;
} sizes;

static const sizes PAGE = {.margin = 56,
                           .panel_gap = 64,
                           .montage = 744,
                           .side = 284,
                           .square = 96,
                           .photo_width = 284,
                           .photo_height = 300,
                           .sign = 60,
                           .gap = 8,
                           .legend = 240,
                           .bar = 12,
                           .letters = {44, 26, 21, 64, 13}};

static const sizes SLIDE = {.margin = 32,
                            .panel_gap = 36,
                            .montage = 426,
                            .side = 160,
                            .square = 60,
                            .photo_width = 168,
                            .photo_height = 168,
                            .sign = 46,
                            .gap = 4,
                            .legend = 240,
                            .bar = 12,
                            .letters = {36, 22, 20, 48, 12}};

static size_t line_height(size_t size)
{
    return (size_t)ceil(LINE_HEIGHT * (double)size);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t scaled(size_t size, double scale)
{
    return (size_t)(scale * (double)size + 0.5);
}

static sizes scale_sizes(const sizes *s, double scale)
{
    return (sizes){.margin = scaled(s->margin, scale),
                   .panel_gap = scaled(s->panel_gap, scale),
                   .montage = scaled(s->montage, scale),
                   .side = scaled(s->side, scale),
                   .square = scaled(s->square, scale),
                   .photo_width = scaled(s->photo_width, scale),
                   .photo_height = scaled(s->photo_height, scale),
                   .sign = scaled(s->sign, scale),
                   .gap = scaled(s->gap, scale),
                   .legend = scaled(s->legend, scale),
                   .bar = scaled(s->bar, scale),
                   .letters = {scaled(s->letters.title, scale), scaled(s->letters.motto, scale),
                               scaled(s->letters.small, scale), scaled(s->letters.sign, scale),
                               scaled(s->letters.number, scale)}};
}

/* ---------------------------------------------------------------- layout */

static mien_status check_figure(const mien_figure *figure, const mien_style *style, mien_error *err)
{
    if (figure->n_rows == 0)
        return mien_fail(err, MIEN_ERR_ARG, "there is no method to draw");
    if (figure->n_rows > MIEN_FIGURE_MAX_ROWS)
        return mien_fail(err, MIEN_ERR_ARG, "a figure of %zu methods is too long; the limit is %d",
                         figure->n_rows, MIEN_FIGURE_MAX_ROWS);
    if (style->width && (style->width < LEAST_WIDTH || style->width > MOST_WIDTH))
        return mien_fail(err, MIEN_ERR_ARG,
                         "a figure %zu pixels wide: its width may be from %d to %d", style->width,
                         LEAST_WIDTH, MOST_WIDTH);
    mien_shape s = figure->shape;
    if (s.height == 0 || s.width == 0 || s.channels == 0)
        return mien_fail(err, MIEN_ERR_SHAPE, "an image of %zu x %zu x %zu values cannot be drawn",
                         s.height, s.width, s.channels);
    return MIEN_OK;
}

/* The montage's grid. Where tiles would be too small to see, it holds as many of the first
 * components as have room; a grid the user chose is kept until tiles vanish. */
static mien_status choose_grid(size_t r, mien_shape shape, const mien_style *style, size_t room,
                               mien_grid *out, mien_error *err)
{
    mien_grid grid;
    mien_status st = mien_grid_choose(r, shape, style, &grid, err);
    if (st)
        return st;
    size_t least = style->columns == 0 && style->rows == 0 ? LEAST_CELL : 1;
    grid.columns = smaller(grid.columns, room / least);
    grid.rows = smaller(grid.rows, room / least);
    grid.count = smaller(grid.count, grid.columns * grid.rows);
    *out = grid;
    return MIEN_OK;
}

/* What whole factors leave of the room goes between the tiles. */
static void widen_gaps(mien_grid *grid, size_t room)
{
    size_t across = grid->columns * grid->cell_width, down = grid->rows * grid->cell_height;
    if (across >= room || down >= room)
        return;
    size_t gap = smaller((room - across) / (grid->columns + 1), (room - down) / (grid->rows + 1));
    grid->gap = larger(grid->gap, gap);
}

/* Grids of a row: the montage, and squares in the same places. Beside a table's stripes they are
 * as high as these. */
static mien_status fit_grids(const mien_figure_row *row, mien_shape shape, const mien_style *style,
                             const sizes *s, struct mien_figure_places *places, mien_error *err)
{
    bool stripes = mien_shape_is_stripe(shape);
    mien_status st = choose_grid(row->r, shape, style, s->side, &places->basis_grid, err);
    if (st)
        return st;
    mien_grid *squares = &places->weights_grid;
    places->shown = places->basis_grid.count;
    *squares = places->basis_grid;
    mien_grid_fit(&places->basis_grid, shape, s->montage, s->montage);
    mien_grid_fill(&places->basis_grid, shape, s->montage, s->montage);
    if (!stripes)
        widen_gaps(&places->basis_grid, s->montage);
    else if (style->layout == MIEN_LAYOUT_SLIDE) /* a few components do not leave it empty */
        places->basis_grid.cell_height =
            larger(places->basis_grid.cell_height,
                   smaller(s->montage * 3 / 4 / places->basis_grid.rows, s->square));
    mien_grid_fit(squares, (mien_shape){1, 1, 1}, s->side,
                  stripes ? mien_grid_height(&places->basis_grid) : s->side);
    squares->cell_width = smaller(squares->cell_width, s->square);
    squares->cell_height = smaller(squares->cell_height, s->square);
    return MIEN_OK;
}

/* Columns of a panel, from its left edge, alike in all panels. */
typedef struct columns {
    size_t basis_width, times, sign_width, weights, weights_width, equals, photo, photo_width;
    size_t width; /* of the panel */
} columns;

static columns arrange_columns(const mien_figure *figure, const mien_figure_layout *layout,
                               const sizes *s, size_t width)
{
    columns c = {.weights_width = s->side,
                 .photo_width = larger(mien_grid_width(&layout->photograph), s->photo_width),
                 .width = width};
    for (size_t i = 0; i < figure->n_rows; i++)
        c.basis_width = larger(c.basis_width, mien_grid_width(&layout->rows[i].basis_grid));
    size_t taken = c.basis_width + c.weights_width + c.photo_width;
    c.sign_width = larger(s->sign, (width - taken) / 2);
    /* a narrow montage leaves much: no sign needs all of it */
    c.sign_width = smaller(c.sign_width, 3 * s->sign);
    c.times = c.basis_width;
    c.weights = c.times + c.sign_width;
    c.equals = c.weights + c.weights_width;
    c.photo = c.equals + c.sign_width;
    return c;
}

/* A box of the grid's size in the middle of a column. */
static mien_box centred_box(const mien_grid *grid, size_t x, size_t y, size_t width)
{
    mien_box box = {x, y, mien_grid_width(grid), mien_grid_height(grid)};
    box.x += width > box.width ? (width - box.width) / 2 : 0;
    return box;
}

/* A line of text below a box. */
static mien_box line_below(mien_box above, size_t x, size_t width, const sizes *s)
{
    return (mien_box){x, above.y + above.height + s->gap / 2, width, line_height(s->letters.small)};
}

/* How high the originals of the first panel are, with the space below them. */
static size_t originals_height(const mien_figure *figure, const mien_figure_layout *layout,
                               const sizes *s)
{
    if (!figure->original && !figure->untouched)
        return 0;
    return line_height(s->letters.small) + mien_grid_height(&layout->photograph) + 2 * s->gap;
}

/* What was given stands above the weights, what is learned of it above the reconstruction. */
static void place_originals(const mien_figure *figure, mien_figure_layout *layout, const columns *c,
                            const sizes *s, size_t x, size_t y)
{
    struct mien_figure_places *places = &layout->rows[0];
    size_t line = line_height(s->letters.small);
    if (figure->untouched && !mien_shape_is_stripe(figure->shape)) { /* weights stand there then */
        places->untouched_caption = (mien_box){x + c->weights, y, c->weights_width, line};
        places->untouched =
            centred_box(&layout->photograph, x + c->weights, y + line, c->weights_width);
    }
    if (figure->original) {
        places->original_caption = (mien_box){x + c->photo, y, c->photo_width, line};
        places->original = centred_box(&layout->photograph, x + c->photo, y + line, c->photo_width);
    }
}

static void place_titles(const mien_figure_row *row, struct mien_figure_places *places,
                         const columns *c, const sizes *s, size_t x, size_t y)
{
    size_t high = line_height(s->letters.title), small = line_height(s->letters.small);
    places->title = (mien_box){x, y, c->weights - s->gap, high};
    if (row->loss || row->explained) /* on the title's baseline, or nearly so */
        places->numbers = (mien_box){x + c->weights, y + (high - small) * 3 / 4,
                                     c->photo + c->photo_width - c->weights, small};
}

/* Fill the panel of row i with its top left corner at (x, y); returns its height. */
static size_t arrange_panel(const mien_figure *figure, mien_figure_layout *layout, size_t i,
                            const columns *c, const sizes *s, size_t x, size_t y)
{
    const mien_figure_row *row = &figure->rows[i];
    struct mien_figure_places *places = &layout->rows[i];
    const mien_grid *photograph = &layout->photograph;
    const size_t line = line_height(s->letters.small), note = s->gap / 2 + line;
    const bool stripes = mien_shape_is_stripe(figure->shape);

    place_titles(row, places, c, s, x, y);
    y += line_height(s->letters.title) + s->gap;
    size_t above = i == 0 ? originals_height(figure, layout, s) : 0;
    size_t montage = mien_grid_height(&places->basis_grid);
    size_t weights = mien_grid_height(&places->weights_grid) + note;
    size_t photo = mien_grid_height(photograph) + (row->centred ? note : 0);
    size_t block = above + line + (stripes ? photo : larger(weights, photo));
    size_t shown = places->shown < row->r ? note : 0, captions = stripes ? line : 0;
    size_t height = larger(captions + montage + larger(shown, stripes ? note : 0), block);
    height = larger(height, s->letters.sign);

    size_t spare = height - captions - montage - shown; /* stripes and their weights begin above */
    places->basis =
        centred_box(&places->basis_grid, x, y + (stripes ? captions : spare / 2), c->basis_width);
    if (shown)
        places->shown_note = line_below(places->basis, x, c->basis_width, s);
    size_t top = y + (height - block) / 2;
    if (above)
        place_originals(figure, layout, c, s, x, top);
    top += above;
    places->reconstruction_caption = (mien_box){x + c->photo, top, c->photo_width, line};
    places->reconstruction = centred_box(photograph, x + c->photo, top + line, c->photo_width);
    if (row->centred)
        places->mean_note = line_below(places->reconstruction, x + c->photo, c->photo_width, s);
    top = stripes ? y : top;
    places->weights_caption = (mien_box){x + c->weights, top, c->weights_width, line};
    places->weights =
        centred_box(&places->weights_grid, x + c->weights, top + line, c->weights_width);
    places->scale_note = line_below(places->weights, x + c->weights, c->weights_width, s);

    size_t sign = s->letters.sign;
    size_t middle = places->reconstruction.y + places->reconstruction.height / 2;
    middle = smaller(larger(middle, y + sign / 2), y + height - sign / 2);
    places->times = (mien_box){x + c->times, middle - sign / 2, c->sign_width, sign};
    places->equals = (mien_box){x + c->equals, middle - sign / 2, c->sign_width, sign};
    return height + line_height(s->letters.title) + s->gap;
}

static size_t key_height(const sizes *s)
{
    return s->bar + s->gap / 2 + line_height(s->letters.small);
}

/* The sizes in force: of a page by its width; of a slide by its width too, and its panels are drawn
 * larger when there are fewer of them than four. */
static sizes choose_sizes(const mien_figure *figure, const mien_style *style, size_t *width)
{
    bool slide = style->layout == MIEN_LAYOUT_SLIDE;
    *width = style->width ? style->width : slide ? MIEN_FIGURE_SLIDE_WIDTH : MIEN_FIGURE_PAGE_WIDTH;
    double scale = (double)*width / (slide ? MIEN_FIGURE_SLIDE_WIDTH : MIEN_FIGURE_PAGE_WIDTH);
    sizes s = scale_sizes(slide ? &SLIDE : &PAGE, scale);
    if (!slide)
        return s;
    size_t rows = (figure->n_rows + ACROSS - 1) / ACROSS;
    double grow = figure->n_rows == 1 ? 1.95 : rows > 2 ? 2.0 / (double)rows : 1;
    sizes panel = scale_sizes(&SLIDE, scale * grow);
    panel.margin = s.margin; /* margins and the legend stay */
    panel.legend = s.legend;
    panel.bar = s.bar;
    if (grow > 1)
        panel.letters.small = s.letters.small * 3 / 2;
    return panel;
}

/* Every panel; returns where the last one ends. */
static size_t arrange_panels(const mien_figure *figure, const mien_style *style, const sizes *s,
                             mien_figure_layout *layout)
{
    bool slide = style->layout == MIEN_LAYOUT_SLIDE;
    size_t across = slide && figure->n_rows > 1 ? ACROSS : 1, end = s->margin, highest = 0;
    size_t width = (layout->width - 2 * s->margin - (across - 1) * s->panel_gap) / across;
    columns c = arrange_columns(figure, layout, s, width);
    for (size_t i = 0; i < figure->n_rows; i++) {
        size_t column = i % across, y = end;
        if (column == 0)
            highest = 0;
        size_t x = s->margin + column * (width + s->panel_gap);
        highest = larger(highest, arrange_panel(figure, layout, i, &c, s, x, y));
        if (column + 1 == across || i + 1 == figure->n_rows)
            end += highest + (slide ? s->gap * 4 : s->panel_gap);
    }
    return end - (slide ? s->gap * 4 : s->panel_gap);
}

mien_status mien_figure_arrange(const mien_figure *figure, const mien_style *style,
                                mien_figure_layout *out, mien_error *err)
{
    mien_figure_layout layout = {.width = 0};
    mien_status st = check_figure(figure, style, err);
    if (st)
        return st;
    sizes s = choose_sizes(figure, style, &layout.width);
    layout.letters = s.letters;
    layout.photograph = (mien_grid){.count = 1, .columns = 1, .rows = 1};
    mien_grid_fit(&layout.photograph, figure->shape, s.photo_width, s.photo_height);
    mien_grid_fill(&layout.photograph, figure->shape, s.photo_width, s.photo_height);
    if (mien_shape_is_stripe(figure->shape) && style->layout == MIEN_LAYOUT_SLIDE)
        layout.photograph.cell_height = larger(layout.photograph.cell_height, s.square);
    for (size_t i = 0; i < figure->n_rows; i++) {
        st = fit_grids(&figure->rows[i], figure->shape, style, &s, &layout.rows[i], err);
        if (st)
            return st;
    }
    size_t y = arrange_panels(figure, style, &s, &layout) + 3 * s.gap;
    mien_key keys[MIEN_MOST_KEYS];
    size_t n_keys = mien_legend_keys(figure, style, keys);
    bool slide = style->layout == MIEN_LAYOUT_SLIDE;
    size_t high = slide ? key_height(&s) : n_keys * (key_height(&s) + s.gap) - s.gap;
    size_t whole = scaled(layout.width, 9.0 / 16);
    if (slide && y + high + s.margin / 2 < whole)
        y = whole - high - s.margin / 2;
    layout.legend = (mien_box){s.margin, y, layout.width - 2 * s.margin, high};
    layout.height = larger(y + high + (slide ? s.margin / 2 : s.margin), slide ? whole : 0);
    *out = layout;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- drawing */

/* What every step draws with. After a failure nothing more is drawn. */
typedef struct easel {
    mien_pen pen;
    const mien_figure *figure;
    const mien_style *style;
    const mien_figure_layout *layout;
} easel;

static double baseline_of(mien_box box, const mien_lettering *letters)
{
    return round((double)box.y + ((double)box.height + mien_lettering_capital(letters)) / 2);
}

/* One line of text in its box. */
static void write_line(easel *e, mien_box box, const char *text, size_t size, bool bold,
                       mien_rgb color, mien_align align)
{
    if (box.width == 0 || !text)
        return;
    mien_lettering letters = {.size = (double)size,
                              .bold = bold,
                              .color = color,
                              .align = align,
                              .max_width = (double)box.width};
    double share = align == MIEN_ALIGN_LEFT ? 0 : align == MIEN_ALIGN_CENTER ? 0.5 : 1;
    mien_pen_text(&e->pen, (double)box.x + share * (double)box.width, baseline_of(box, &letters),
                  &letters, text);
}

static void write_small(easel *e, mien_box box, const char *text)
{
    write_line(e, box, text, e->layout->letters.small, false, PALE, MIEN_ALIGN_CENTER);
}

/* A file's name, of which the end is kept. */
static void write_name(easel *e, mien_box box, const char *name)
{
    mien_lettering letters = {.size = (double)e->layout->letters.small,
                              .color = INK,
                              .align = MIEN_ALIGN_CENTER,
                              .max_width = (double)box.width};
    mien_pen_text_end(&e->pen, (double)box.x + (double)box.width / 2, baseline_of(box, &letters),
                      &letters, name);
}

/* Pictures of a grid: painted where they stand, or as one embedded picture. */
static void draw_pictures(easel *e, mien_box box, const mien_grid *grid, const float *pictures,
                          mien_shape shape, mien_coloring coloring)
{
    mien_pen *pen = &e->pen;
    if (pen->status)
        return;
    if (pen->canvas) {
        pen->status =
            mien_grid_draw(pen->canvas, box.x, box.y, grid, pictures, shape, &coloring, pen->err);
        return;
    }
    mien_canvas part;
    pen->status = mien_canvas_init(box.width + 2, box.height + 2, WHITE, &part, pen->err);
    if (pen->status)
        return;
    pen->status = mien_grid_draw(&part, 1, 1, grid, pictures, shape, &coloring, pen->err);
    mien_pen_picture(pen, (double)box.x - 1, (double)box.y - 1, &part);
    mien_canvas_free(&part);
}

/* An image as the methods see it, or as one made it. */
static void draw_prepared(easel *e, mien_box box, const float *image)
{
    draw_pictures(e, box, &e->layout->photograph, image, e->figure->shape,
                  (mien_coloring){.palette = e->style->palette,
                                  .dark = e->style->ink == MIEN_INK_DARK,
                                  .ranged = true,
                                  .low = e->figure->low,
                                  .high = e->figure->high});
    mien_pen_frame(&e->pen, box, FRAME);
}

static void draw_untouched(easel *e, mien_box box, const uint8_t *stored)
{
    size_t p = mien_shape_size(e->figure->shape);
    float *image = e->pen.status ? NULL : mien_alloc_array(p, sizeof *image);
    if (!image) {
        e->pen.status = e->pen.status ? e->pen.status : mien_fail_plain(e->pen.err, MIEN_ERR_NOMEM);
        return;
    }
    for (size_t j = 0; j < p; j++)
        image[j] = stored[j];
    draw_pictures(e, box, &e->layout->photograph, image, e->figure->shape,
                  (mien_coloring){.natural = true, .low = 0, .high = UINT8_MAX});
    mien_free(image);
    mien_pen_frame(&e->pen, box, FRAME);
}

/* A count with commas between thousands. */
static const char *with_commas(size_t value, char text[32])
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%zu", value), used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

/* "17" in a corner of its tile, so that people can say which part they mean. */
static void number_tiles(easel *e, const struct mien_figure_places *places, bool stripes)
{
    const mien_grid *grid = &places->basis_grid;
    double size = (double)e->layout->letters.number;
    if (grid->cell_width < LEAST_NUMBERED || (double)grid->cell_height < (stripes ? 1 : 2) * size)
        return;
    mien_lettering letters = {
        .size = size, .color = PALE, .align = stripes ? MIEN_ALIGN_RIGHT : MIEN_ALIGN_LEFT};
    for (size_t k = 0; k < grid->count; k++) {
        char text[32];
        snprintf(text, sizeof text, "%zu", k + 1);
        mien_box cell = mien_grid_cell(grid, places->basis.x, places->basis.y, k);
        double x = (double)cell.x, y = (double)cell.y;
        if (stripes) { /* beside its row */
            mien_pen_text(&e->pen, x - 6, baseline_of(cell, &letters), &letters, text);
            continue;
        }
        double right = x + mien_pen_width(&e->pen, &letters, text) + 4;
        double bottom = y + mien_lettering_capital(&letters) + 5;
        const double xs[] = {x, right, right, x}, ys[] = {y, y, bottom, bottom};
        mien_pen_area(&e->pen, xs, ys, 4, WHITE, 0.8);
        mien_pen_text(&e->pen, x + 2, bottom - 2, &letters, text);
    }
}

/* "largest 1.83": what the strongest square stands for. */
static void write_scale(easel *e, const mien_figure_row *row,
                        const struct mien_figure_places *places)
{
    double largest = 0;
    char text[64];
    for (size_t k = 0; k < places->shown; k++)
        if (isfinite(row->weights[k]) && fabs((double)row->weights[k]) > fabs(largest))
            largest = row->weights[k];
    mien_format(text, sizeof text, "largest %.3g", largest);
    write_small(e, places->scale_note, text);
}

/* Title and motto on one baseline, numbers to the right. */
static void write_titles(easel *e, const mien_figure_row *row,
                         const struct mien_figure_places *places)
{
    const struct mien_figure_letters *letters = &e->layout->letters;
    const bool slide = e->style->layout == MIEN_LAYOUT_SLIDE;
    mien_box box = places->title;
    mien_lettering title = {
        .size = (double)letters->title, .bold = true, .color = INK, .max_width = (double)box.width};
    double left = (double)box.x, baseline = baseline_of(box, &title);
    mien_pen_text(&e->pen, left, baseline, &title, row->title);
    double taken = mien_pen_width(&e->pen, &title, row->title) + (double)letters->motto / 2;
    mien_lettering motto = {
        .size = (double)letters->motto, .color = PALE, .max_width = (double)box.width - taken};
    if (motto.max_width > motto.size)
        mien_pen_text(&e->pen, left + taken, baseline, &motto, row->motto);
    char numbers[160];
    snprintf(numbers, sizeof numbers, "%s%s%s", row->loss && !slide ? row->loss : "",
             row->loss && row->explained && !slide ? ", " : "",
             row->explained ? row->explained : "");
    write_line(e, places->numbers, numbers, letters->small, false, PALE, MIEN_ALIGN_RIGHT);
}

static void draw_panel(easel *e, const mien_figure_row *row,
                       const struct mien_figure_places *places)
{
    const struct mien_figure_letters *letters = &e->layout->letters;
    bool stripes = mien_shape_is_stripe(e->figure->shape);
    char line[96], shown[32], all[32];
    mien_coloring basis = {.palette = e->style->palette,
                           .is_signed = row->is_signed,
                           .dark = e->style->ink == MIEN_INK_DARK,
                           .common_scale = e->style->common_scale,
                           .mark_empty = true,
                           .framed = !stripes};
    mien_coloring weights = basis;
    weights.mark_empty = weights.framed = false;
    weights.common_scale = true; /* a weight alone would always be black */
    write_titles(e, row, places);
    draw_pictures(e, places->basis, &places->basis_grid, row->basis, e->figure->shape, basis);
    number_tiles(e, places, stripes);
    write_line(e, places->times, "\u00d7", letters->sign, false, INK, MIEN_ALIGN_CENTER);
    write_small(e, places->weights_caption, "weights");
    draw_pictures(e, places->weights, &places->weights_grid, row->weights, (mien_shape){1, 1, 1},
                  weights);
    write_scale(e, row, places);
    write_line(e, places->equals, "=", letters->sign, false, INK, MIEN_ALIGN_CENTER);
    write_small(e, places->reconstruction_caption, "reconstruction");
    draw_prepared(e, places->reconstruction, row->reconstruction);
    write_small(e, places->mean_note, stripes ? "+ mean" : "+ mean image");
    snprintf(line, sizeof line, "the first %s of %s", with_commas(places->shown, shown),
             with_commas(row->r, all));
    write_small(e, places->shown_note, line);
}

/* What was given, named, and what the methods see of it. */
static void draw_originals(easel *e)
{
    const mien_figure *figure = e->figure;
    const struct mien_figure_places *places = &e->layout->rows[0];
    const char *name = figure->name ? figure->name : "original";
    if (places->untouched.width) {
        write_name(e, places->untouched_caption, name);
        draw_untouched(e, places->untouched, figure->untouched);
        name = "as it is learned";
    }
    if (figure->original) {
        write_name(e, places->original_caption, name);
        draw_prepared(e, places->original, figure->original);
    }
}

/* What a key says, in one line; in two where it says it of something and has no room. */
static void write_words(easel *e, mien_box box, size_t height, const char *words)
{
    size_t small = e->layout->letters.small;
    mien_lettering letters = {.size = (double)small};
    const char *colon = strstr(words, ": ");
    char first[sizeof((mien_key *)NULL)->words];
    if (!colon || mien_pen_width(&e->pen, &letters, words) <= (double)box.width) {
        write_line(e, box, words, small, false, PALE, MIEN_ALIGN_LEFT);
        return;
    }
    size_t pitch = small * 6 / 5;
    snprintf(first, sizeof first, "%.*s", (int)(colon + 1 - words), words);
    box.y = box.y + height / 2 > pitch ? box.y + height / 2 - pitch : 0;
    box.height = pitch;
    write_line(e, box, first, small, false, PALE, MIEN_ALIGN_LEFT);
    box.y += pitch;
    write_line(e, box, colon + 2, small, false, PALE, MIEN_ALIGN_LEFT);
}

static void draw_key(easel *e, mien_box box, const mien_key *key, const sizes *s)
{
    mien_canvas bar;
    if (e->pen.status)
        return;
    e->pen.status = mien_canvas_init(s->legend, s->bar, WHITE, &bar, e->pen.err);
    if (e->pen.status)
        return;
    for (size_t x = 0; x < bar.width; x++)
        mien_canvas_fill(&bar, (mien_box){x, 0, 1, bar.height},
                         mien_key_color(key, (double)x / (double)(bar.width - 1)));
    mien_pen_picture(&e->pen, (double)box.x, (double)box.y, &bar);
    mien_box place = {box.x, box.y, bar.width, bar.height};
    mien_canvas_free(&bar);
    mien_pen_frame(&e->pen, place, FRAME);
    size_t small = s->letters.small;
    mien_box words = {box.x, place.y + place.height + s->gap / 2, place.width, line_height(small)};
    write_line(e, words, key->left, small, false, PALE, MIEN_ALIGN_LEFT);
    write_line(e, words, key->middle, small, false, PALE, MIEN_ALIGN_CENTER);
    write_line(e, words, key->right, small, false, PALE, MIEN_ALIGN_RIGHT);
    words.x += place.width + 2 * small;
    words.y = box.y;
    words.width = box.width > place.width + 2 * small ? box.width - place.width - 2 * small : 0;
    write_words(e, words, key_height(s), key->words);
}

static void draw_all(easel *e)
{
    mien_key keys[MIEN_MOST_KEYS];
    size_t count = mien_legend_keys(e->figure, e->style, keys), width;
    sizes s = choose_sizes(e->figure, e->style, &width);
    mien_box box = e->layout->legend;
    draw_originals(e);
    for (size_t i = 0; i < e->figure->n_rows; i++)
        draw_panel(e, &e->figure->rows[i], &e->layout->rows[i]);
    const bool slide = e->style->layout == MIEN_LAYOUT_SLIDE; /* its keys stand beside each other */
    box.width /= slide ? count : 1;
    for (size_t i = 0; i < count; i++) {
        draw_key(e, box, &keys[i], &s);
        box.x += slide ? box.width : 0;
        box.y += slide ? 0 : key_height(&s) + s.gap;
    }
}

static mien_status draw_canvas(easel *e, mien_canvas *out, mien_error *err)
{
    mien_canvas canvas;
    mien_status st = mien_canvas_init(e->layout->width, e->layout->height, WHITE, &canvas, err);
    if (st)
        return st;
    e->pen = (mien_pen){.canvas = &canvas, .err = err};
    draw_all(e);
    if (e->pen.status)
        mien_canvas_free(&canvas);
    else
        *out = canvas;
    return e->pen.status;
}

static mien_status draw_svg(easel *e, mien_svg *out, mien_error *err)
{
    mien_svg svg = {0};
    e->pen = (mien_pen){.svg = &svg, .err = err};
    mien_svg_begin(&svg, e->layout->width, e->layout->height,
                   "Basis images times weights equals reconstruction, a panel a method");
    draw_all(e);
    mien_svg_end(&svg);
    if (!e->pen.status && svg.text.failed)
        e->pen.status = mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (e->pen.status)
        mien_text_free(&svg.text);
    else
        *out = svg;
    return e->pen.status;
}

mien_status mien_figure_draw(const mien_figure *figure, const mien_style *style,
                             mien_canvas *canvas, mien_svg *svg, mien_error *err)
{
    mien_figure_layout layout;
    mien_canvas pixels = {0};
    mien_status st = mien_figure_arrange(figure, style, &layout, err);
    easel e = {.figure = figure, .style = style, .layout = &layout};
    if (!st && canvas)
        st = draw_canvas(&e, &pixels, err);
    if (!st && svg)
        st = draw_svg(&e, svg, err);
    if (st)
        mien_canvas_free(&pixels);
    else if (canvas)
        *canvas = pixels;
    return st;
}
