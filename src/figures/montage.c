/* montage.c - many small pictures in a grid.
 * SPDX-License-Identifier: MIT */
#include "figures/montage.h"

#include "base/memory.h"
#include "base/status.h"
#include "draw/lettering.h"
#include "draw/picture.h"

#include <math.h>

/* Sizes in pixels that make a montage pleasant on a page or a slide. */
enum {
    MONTAGE_SIDE = 1000, /* a montage is about so wide, */
    TILE_SIDE = 160,     /* but its tiles are not larger than this; */
    WEIGHTS_SIDE = 480,  /* a grid of weights is smaller: it has less to show, */
    WEIGHT_SIDE = 64,    /* with squares of at most this. */
    PAIR_SIDE = 120,     /* Tiles of the originals and reconstructions, */
    PAIR_GAP = 8,        /* the space between them, */
    PAIR_MARGIN = 24,    /* around all, */
    PAIR_CAPTION = 40,   /* and for a line of text, whose letters are */
    PAIR_LETTERS = 18,   /* this large. */
    PAIR_NAME = 16,      /* A line of names, */
    PAIR_NAME_LETTERS = 13,
    PAIR_NAME_ROOM = 84, /* from name to name, at least; */
    PAIR_WIDE = 4,       /* images so many times as wide as high are stacked. */
    REDUCED_SIDE = 8000, /* What would be too large is brought into a square of this. */
    STRIPE_HEIGHT = 24,  /* A table's row, at most, */
    STRIPE_LEAST = 4,    /* and at least where there is a choice. */
    EMPTY_LETTERS = 11,  /* The word for a component of zeros. */
    LEAST_CELL = 4       /* Cells smaller than this give up the lines between them. */
};

static const mien_rgb WHITE = {255, 255, 255}, LINE = {200, 200, 200}, TEXT = {64, 64, 64},
                      MARK = {140, 140, 140};

mien_style mien_style_default(void)
{
    return (mien_style){.palette = MIEN_PALETTE_ESL, .gap = 2};
}

bool mien_shape_is_stripe(mien_shape shape)
{
    return shape.height == 1 && shape.width > 1;
}

/* a * b + c, or SIZE_MAX, which no canvas allows. */
static size_t product_plus(size_t a, size_t b, size_t c)
{
    size_t out;
    if (__builtin_mul_overflow(a, b, &out) || __builtin_add_overflow(out, c, &out))
        return SIZE_MAX;
    return out;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t divide_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

/* ---------------------------------------------------------------- geometry */

/* The longer side of `count` pictures in so many columns, without gaps. */
static double longer_side(size_t count, mien_shape shape, size_t columns)
{
    return fmax((double)columns * (double)shape.width,
                (double)divide_up(count, columns) * (double)shape.height);
}

/* Places that stay empty. */
static size_t left_over(size_t count, size_t columns)
{
    return columns * divide_up(count, columns) - count;
}

enum { AROUND = 3, CANDIDATES = 2 * (2 * AROUND + 1) };

/* Columns, or rows and what columns they need, near those of a grid without an end. */
static size_t list_columns(size_t count, mien_shape shape, size_t columns[CANDIDATES])
{
    static const double SLIMMEST = 20; /* slimmer ones are reduced anyway */
    double ratio = (double)shape.height / (double)shape.width;
    double across = sqrt((double)count * fmin(fmax(ratio, 1 / SLIMMEST), SLIMMEST));
    size_t listed = 0;
    for (int step = -AROUND; step <= AROUND; step++) {
        double wide = floor(across) + step, high = floor((double)count / across) + step;
        if (wide >= 1 && wide <= (double)count)
            columns[listed++] = (size_t)wide;
        if (high >= 1 && high <= (double)count)
            columns[listed++] = divide_up(count, (size_t)high);
    }
    return listed;
}

/* The columns that make the longer side least; of equals those that leave less empty, then the
 * more. */
static size_t best_columns(size_t count, mien_shape shape)
{
    static const double NEARLY = 1.1;
    size_t columns[CANDIDATES], listed = list_columns(count, shape, columns);
    size_t best = columns[0], full = 0; /* across times down is count: one is listed at least */
    for (size_t i = 1; i < listed; i++) {
        size_t c = columns[i], left = left_over(count, c), least = left_over(count, best);
        double side = longer_side(count, shape, c), now = longer_side(count, shape, best);
        if (side < now || (side <= now && (left < least || (left == least && c > best))))
            best = c;
    }
    for (size_t i = 0; i < listed; i++)
        if (left_over(count, columns[i]) == 0 &&
            longer_side(count, shape, columns[i]) <= NEARLY * longer_side(count, shape, best) &&
            (!full || longer_side(count, shape, columns[i]) < longer_side(count, shape, full)))
            full = columns[i];
    return left_over(count, best) && full ? full : best;
}

mien_status mien_grid_choose(size_t count, mien_shape shape, const mien_style *style,
                             mien_grid *out, mien_error *err)
{
    if (count == 0)
        return mien_fail(err, MIEN_ERR_ARG, "there is no picture to draw");
    if (count > PTRDIFF_MAX / sizeof(float))
        return mien_fail(err, MIEN_ERR_ARG, "%zu pictures are too many to draw", count);
    size_t columns = style->columns, rows = style->rows;
    if (columns == 0)
        columns = rows                          ? divide_up(count, rows)
                  : mien_shape_is_stripe(shape) ? 1
                                                : best_columns(count, shape);
    if (rows == 0)
        rows = divide_up(count, columns);
    if (product_plus(columns, rows, 0) < count)
        return mien_fail(err, MIEN_ERR_ARG,
                         "a grid of %zux%zu has %zu places, but there are %zu components (use a "
                         "larger --tile)",
                         columns, rows, columns * rows, count);
    *out = (mien_grid){.count = count, .columns = columns, .rows = rows, .gap = style->gap};
    return MIEN_OK;
}

size_t mien_grid_width(const mien_grid *grid)
{
    return product_plus(grid->columns, product_plus(1, grid->cell_width, grid->gap), grid->gap);
}

size_t mien_grid_height(const mien_grid *grid)
{
    return product_plus(grid->rows, product_plus(1, grid->cell_height, grid->gap), grid->gap);
}

mien_box mien_grid_cell(const mien_grid *grid, size_t x, size_t y, size_t k)
{
    size_t column = k % grid->columns, row = k / grid->columns;
    return (mien_box){x + grid->gap + column * (grid->cell_width + grid->gap),
                      y + grid->gap + row * (grid->cell_height + grid->gap), grid->cell_width,
                      grid->cell_height};
}

/* What is left of `room` for each of `count` cells, at least 1. */
static size_t share(size_t room, size_t count, size_t gap)
{
    size_t lines = product_plus(count, gap, gap);
    return lines < room ? larger((room - lines) / count, 1) : 1;
}

void mien_grid_fit(mien_grid *grid, mien_shape shape, size_t width, size_t height)
{
    grid->gap = smaller(grid->gap, smaller(width, height));
    while (grid->gap > 0 &&
           (product_plus(grid->columns, LEAST_CELL + grid->gap, grid->gap) > width ||
            product_plus(grid->rows, LEAST_CELL + grid->gap, grid->gap) > height))
        grid->gap--;
    size_t across = share(width, grid->columns, grid->gap);
    size_t down = share(height, grid->rows, grid->gap);
    if (mien_shape_is_stripe(shape)) {
        grid->cell_width = across < shape.width ? across : across / shape.width * shape.width;
        grid->cell_height = smaller(down, STRIPE_HEIGHT);
    } else if (across >= shape.width && down >= shape.height) {
        size_t zoom = smaller(across / shape.width, down / shape.height);
        grid->cell_width = zoom * shape.width;
        grid->cell_height = zoom * shape.height;
    } else {
        double reduction =
            fmin((double)across / (double)shape.width, (double)down / (double)shape.height);
        grid->cell_width = larger((size_t)((double)shape.width * reduction), 1);
        grid->cell_height = larger((size_t)((double)shape.height * reduction), 1);
    }
}

void mien_grid_fill(mien_grid *grid, mien_shape shape, size_t width, size_t height)
{
    enum { COARSE = 4 };
    static const double WORTH = 1.12; /* less is not worth what whole pixels look like */
    mien_grid whole = *grid;
    if (mien_shape_is_stripe(shape) || grid->cell_width < shape.width ||
        grid->cell_width >= COARSE * shape.width)
        return;
    size_t lines = (grid->columns + 1) * grid->gap, rows = (grid->rows + 1) * grid->gap;
    if (lines >= width || rows >= height)
        return;
    double factor = fmin((double)((width - lines) / grid->columns) / (double)shape.width,
                         (double)((height - rows) / grid->rows) / (double)shape.height);
    if (factor * (double)shape.width < WORTH * (double)whole.cell_width)
        return;
    grid->cell_width = larger((size_t)(factor * (double)shape.width), whole.cell_width);
    grid->cell_height = larger((size_t)(factor * (double)shape.height), whole.cell_height);
}

/* ---------------------------------------------------------------- drawing */

static mien_tone tone_of(const mien_coloring *coloring, const float *values, size_t count)
{
    if (coloring->natural)
        return mien_tone_natural(coloring->low, coloring->high);
    mien_tone tone = coloring->ranged
                         ? mien_tone_range(coloring->palette, coloring->low, coloring->high)
                         : mien_tone_fit(coloring->palette, coloring->is_signed, values, count);
    tone.dark = coloring->dark;
    return tone;
}

/* Pictures brought to the cells' size, so that the palette's range is that of what is seen.
 * NULL when memory is out. */
static float *reduce_all(const float *pictures, size_t count, mien_shape from, mien_shape to)
{
    size_t nbytes;
    if (!mien_product(count, mien_shape_size(to), sizeof(float), &nbytes))
        return NULL;
    float *reduced = mien_alloc_raw(nbytes, 1);
    for (size_t k = 0; reduced && k < count; k++)
        mien_picture_reduce(pictures + k * mien_shape_size(from), from, to.width, to.height,
                            reduced + k * mien_shape_size(to));
    return reduced;
}

static bool is_empty(const float *picture, size_t size)
{
    for (size_t j = 0; j < size; j++)
        if (picture[j] != 0)
            return false;
    return true;
}

/* A component of zeros explains nothing; where there is no room for the word, a stroke says it. */
static mien_status mark_empty(mien_canvas *canvas, mien_box cell, mien_rgb ground, mien_error *err)
{
    enum { LIGHT = 170 };
    mien_rgb mark = ground.g < LIGHT ? WHITE : MARK;
    mien_lettering letters = {.size = EMPTY_LETTERS, .color = mark, .align = MIEN_ALIGN_CENTER};
    double width;
    mien_status st = mien_lettering_width(&letters, "empty", &width, err);
    double x = (double)cell.x + (double)cell.width / 2;
    double y = (double)cell.y + (double)cell.height / 2;
    if (st)
        return st;
    if (width + 4 <= (double)cell.width && EMPTY_LETTERS + 2 <= cell.height)
        return mien_lettering_draw(canvas, x, round(y + mien_lettering_capital(&letters) / 2),
                                   &letters, "empty", err);
    size_t side = smaller(cell.width, cell.height) / 2;
    for (size_t i = 0; i < side; i++) {
        mien_box dot = {(size_t)x - side / 2 + i, (size_t)y + side / 2 - i, 1, 1};
        mien_canvas_fill(canvas, dot, mark);
    }
    return MIEN_OK;
}

/* The pixels of a side as they are painted: those of the picture, enlarged by a whole factor, or
 * those of the cell, each the mean of what it covers. */
static size_t seen_side(size_t picture, size_t cell)
{
    return cell % picture == 0 ? picture : cell;
}

mien_status mien_grid_draw(mien_canvas *canvas, size_t x, size_t y, const mien_grid *grid,
                           const float *pictures, mien_shape shape, const mien_coloring *coloring,
                           mien_error *err)
{
    mien_shape seen = {seen_side(shape.height, grid->cell_height),
                       seen_side(shape.width, grid->cell_width), shape.channels};
    bool reduce = seen.height != shape.height || seen.width != shape.width;
    float *reduced = reduce ? reduce_all(pictures, grid->count, shape, seen) : NULL;
    mien_rgb *colors = mien_alloc_array(seen.height * seen.width, sizeof *colors);
    mien_status st = MIEN_OK;
    if (!colors || (reduce && !reduced)) {
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
        goto done;
    }
    const float *drawn = reduce ? reduced : pictures;
    size_t size = mien_shape_size(seen);
    mien_tone tone = tone_of(coloring, drawn, grid->count * size);
    for (size_t k = 0; k < grid->count && !st; k++) {
        mien_box cell = mien_grid_cell(grid, x, y, k);
        bool framed = coloring->natural || coloring->ranged || coloring->framed;
        mien_canvas_frame(canvas, cell, framed ? smaller(grid->gap, 1) : grid->gap, LINE);
        if (!coloring->common_scale)
            tone = tone_of(coloring, drawn + k * size, size);
        mien_picture_color(drawn + k * size, seen, &tone, colors);
        mien_canvas_blit(canvas, cell.x, cell.y, colors, seen.width, seen.height,
                         cell.width / seen.width, cell.height / seen.height);
        if (coloring->mark_empty && is_empty(drawn + k * size, size))
            st = mark_empty(canvas, cell, colors[0], err);
    }
done:
    mien_free(colors);
    mien_free(reduced);
    return st;
}

/* ---------------------------------------------------------------- the files of a method */

static mien_status check_shape(mien_shape shape, mien_error *err)
{
    size_t p;
    if (!mien_product(shape.height, shape.width, shape.channels, &p) || p == 0)
        return mien_fail(err, MIEN_ERR_SHAPE, "an image of %zu x %zu x %zu values cannot be drawn",
                         shape.height, shape.width, shape.channels);
    return MIEN_OK;
}

/* Whether the cells alone, without their gaps, come near what a canvas may be. */
static bool is_huge(mien_grid grid)
{
    grid.gap = 0;
    size_t width = mien_grid_width(&grid), height = mien_grid_height(&grid);
    return width > MIEN_CANVAS_MAX_SIDE / 2 || height > MIEN_CANVAS_MAX_SIDE / 2 ||
           width > MIEN_CANVAS_MAX_PIXELS / 2 / larger(height, 1);
}

/* Cells enlarged by the style's zoom, or so that the picture is about `side` wide with tiles of at
 * most `tile` pixels. This is the place to see every pixel, so nothing is reduced but what would
 * be too large for a picture: rows of a hundred thousand values, fifty photographs of a camera. */
static void enlarge(mien_grid *grid, mien_shape shape, const mien_style *style, size_t side,
                    size_t tile)
{
    size_t zoom = style->zoom;
    if (zoom == 0 && mien_shape_is_stripe(shape))
        zoom = larger(side / product_plus(grid->columns, shape.width, 0), 1);
    else if (zoom == 0)
        zoom = larger(smaller(side / product_plus(grid->columns, shape.width, 0),
                              tile / larger(shape.width, shape.height)),
                      1);
    grid->cell_width = product_plus(shape.width, zoom, 0);
    grid->cell_height = product_plus(shape.height, zoom, 0);
    if (mien_shape_is_stripe(shape))
        grid->cell_height = larger(smaller(side / grid->rows, STRIPE_HEIGHT), STRIPE_LEAST);
    if (style->zoom == 0 && is_huge(*grid))
        mien_grid_fit(grid, shape, REDUCED_SIDE, REDUCED_SIDE);
}

static mien_status draw_alone(const float *pictures, const mien_grid *grid, mien_shape shape,
                              bool is_signed, bool is_basis, const mien_style *style,
                              mien_canvas *out, mien_error *err)
{
    mien_coloring coloring = {.palette = style->palette,
                              .is_signed = is_signed,
                              .dark = style->ink == MIEN_INK_DARK,
                              .common_scale = style->common_scale,
                              .mark_empty = is_basis};
    mien_canvas canvas = {0};
    mien_status st =
        mien_canvas_init(mien_grid_width(grid), mien_grid_height(grid), WHITE, &canvas, err);
    if (!st)
        st = mien_grid_draw(&canvas, 0, 0, grid, pictures, shape, &coloring, err);
    if (st)
        mien_canvas_free(&canvas);
    else
        *out = canvas;
    return st;
}

mien_status mien_style_check(const mien_style *style, size_t r, mien_shape shape, mien_error *err)
{
    mien_grid grid;
    mien_status st = check_shape(shape, err);
    if (!st)
        st = mien_grid_choose(r, shape, style, &grid, err);
    if (st)
        return st;
    enlarge(&grid, shape, style, MONTAGE_SIDE, TILE_SIDE);
    return mien_canvas_check(mien_grid_width(&grid), mien_grid_height(&grid), err);
}

mien_status mien_montage_draw(const float *images, size_t count, mien_shape shape, bool is_signed,
                              const mien_style *style, mien_canvas *out, mien_error *err)
{
    mien_grid grid;
    mien_status st = check_shape(shape, err);
    if (!st)
        st = mien_grid_choose(count, shape, style, &grid, err);
    if (st)
        return st;
    enlarge(&grid, shape, style, MONTAGE_SIDE, TILE_SIDE);
    return draw_alone(images, &grid, shape, is_signed, true, style, out, err);
}

/* Squares in the places of the montage. Their common scale makes them comparable, whatever the
 * style says about basis images. */
mien_status mien_montage_weights(const float *weights, size_t count, mien_shape shape,
                                 bool is_signed, const mien_style *style, mien_canvas *out,
                                 mien_error *err)
{
    mien_grid grid;
    mien_status st = check_shape(shape, err);
    if (!st)
        st = mien_grid_choose(count, shape, style, &grid, err);
    if (st)
        return st;
    mien_style squares = *style;
    squares.zoom = 0;
    squares.common_scale = true;
    enlarge(&grid, (mien_shape){1, 1, 1}, &squares, WEIGHTS_SIDE, WEIGHT_SIDE);
    return draw_alone(weights, &grid, (mien_shape){1, 1, 1}, is_signed, false, &squares, out, err);
}

/* Names below the pictures of a block; NULL where there are none. */
static mien_status draw_names(mien_canvas *canvas, const mien_grid *grid, size_t x, size_t y,
                              char *const *names, mien_error *err)
{
    mien_status st = MIEN_OK;
    mien_lettering letters = {.size = PAIR_NAME_LETTERS,
                              .color = TEXT,
                              .max_width = (double)(grid->cell_width + grid->gap - PAIR_GAP / 2)};
    for (size_t i = 0; names && i < grid->count && !st; i++) {
        mien_box cell = mien_grid_cell(grid, x, y, i);
        if (names[i])
            st = mien_lettering_draw_end(canvas, (double)cell.x,
                                         (double)(cell.y + cell.height + PAIR_NAME), &letters,
                                         names[i], err);
    }
    return st;
}

mien_status mien_montage_pairs(const float *originals, const float *reconstructions,
                               char *const *names, size_t count, mien_shape shape, double low,
                               double high, const mien_style *style, mien_canvas *out,
                               mien_error *err)
{
    const char *const captions[] = {mien_shape_is_stripe(shape) ? "original" : "original, prepared",
                                    "reconstruction"};
    const float *const pictures[] = {originals, reconstructions};
    bool stripes = mien_shape_is_stripe(shape);
    bool wide = shape.width > PAIR_WIDE * shape.height; /* side by side they would be a ribbon */
    mien_style row = {.columns = wide || stripes ? 1 : count,
                      .gap = wide && names && !stripes ? PAIR_NAME + PAIR_GAP : PAIR_GAP,
                      .zoom = style->zoom};
    mien_grid grid;
    mien_canvas canvas = {0};
    mien_status st = check_shape(shape, err);
    if (!st)
        st = mien_grid_choose(count, shape, &row, &grid, err);
    if (st)
        return st;
    enlarge(&grid, shape, &row, PAIR_SIDE * (wide || stripes ? 8 : count),
            PAIR_SIDE * (wide ? 8 : 1));
    if (names && grid.cell_width + grid.gap < PAIR_NAME_ROOM)
        grid.gap = PAIR_NAME_ROOM - grid.cell_width;
    size_t names_height = names && !stripes ? PAIR_NAME : 0;
    size_t block = product_plus(1, mien_grid_height(&grid), PAIR_CAPTION);
    st = mien_canvas_init(product_plus(1, mien_grid_width(&grid), 2 * PAIR_MARGIN),
                          product_plus(2, block, 2 * PAIR_MARGIN - PAIR_CAPTION / 2 + names_height),
                          WHITE, &canvas, err);
    if (st)
        return st;
    mien_coloring prepared = {.palette = style->palette,
                              .dark = style->ink == MIEN_INK_DARK,
                              .ranged = true,
                              .low = low,
                              .high = high};
    mien_lettering letters = {
        .size = PAIR_LETTERS, .color = TEXT, .max_width = (double)(canvas.width - 2 * PAIR_MARGIN)};
    for (size_t i = 0; i < 2 && !st; i++) {
        size_t y = PAIR_MARGIN - PAIR_CAPTION / 2 + i * (block + names_height);
        st = mien_lettering_draw(&canvas, PAIR_MARGIN + PAIR_GAP,
                                 (double)(y + PAIR_CAPTION - PAIR_GAP / 2), &letters, captions[i],
                                 err);
        if (!st)
            st = mien_grid_draw(&canvas, PAIR_MARGIN, y + PAIR_CAPTION, &grid, pictures[i], shape,
                                &prepared, err);
        if (!st && i == 0 && names_height)
            st = draw_names(&canvas, &grid, PAIR_MARGIN, y + PAIR_CAPTION, names, err);
    }
    if (st)
        mien_canvas_free(&canvas);
    else
        *out = canvas;
    return st;
}
