/* montage.c - many small pictures in a grid.
 * SPDX-License-Identifier: MIT */
#include "figures/montage.h"

#include "base/memory.h"
#include "base/status.h"
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
    PAIR_IDS = 112,      /* left of a table's rows, their ids; */
    PAIR_WIDE = 4,       /* images so many times as wide as high are stacked. */
    REDUCED_SIDE = 8000, /* What would be too large is brought into a square of this. */
    STRIPE_HEIGHT = 24,  /* A table's row, at most, */
    STRIPE_MIN = 4,      /* and at least where there is a choice. */
    EMPTY_LETTERS = 11,  /* The word for a component of zeros. */
    MIN_CELL = 4         /* Cells smaller than this give up the lines between them. */
};

static const mien_rgb LINE = {200, 200, 200}, TEXT = {64, 64, 64}, MARK = {140, 140, 140};

mien_style mien_style_default(void)
{
    return (mien_style){
        .palette = MIEN_PALETTE_ESL, .gap = 2, .page_images = MIEN_PAGE_IMAGES_AS_BEFORE};
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

/* The columns that make the longer side shortest; of equals those that leave less empty, then the
 * more. */
static size_t best_columns(size_t count, mien_shape shape)
{
    static const double NEARLY = 1.1;
    size_t columns[CANDIDATES], listed = list_columns(count, shape, columns);
    size_t best = columns[0], full = 0; /* across times down is count: one is listed at least */
    for (size_t i = 1; i < listed; i++) {
        size_t c = columns[i], left = left_over(count, c), now_left = left_over(count, best);
        double side = longer_side(count, shape, c), now = longer_side(count, shape, best);
        if (side < now || (side <= now && (left < now_left || (left == now_left && c > best))))
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
    return lines < room ? mien_max((room - lines) / count, 1) : 1;
}

void mien_grid_fit(mien_grid *grid, mien_shape shape, size_t width, size_t height)
{
    grid->gap = mien_min(grid->gap, mien_min(width, height));
    while (grid->gap > 0 && (product_plus(grid->columns, MIN_CELL + grid->gap, grid->gap) > width ||
                             product_plus(grid->rows, MIN_CELL + grid->gap, grid->gap) > height))
        grid->gap--;
    size_t across = share(width, grid->columns, grid->gap);
    size_t down = share(height, grid->rows, grid->gap);
    if (mien_shape_is_stripe(shape)) {
        grid->cell_width = across < shape.width ? across : across / shape.width * shape.width;
        grid->cell_height = mien_min(down, STRIPE_HEIGHT);
    } else if (across >= shape.width && down >= shape.height) {
        size_t zoom = mien_min(across / shape.width, down / shape.height);
        grid->cell_width = zoom * shape.width;
        grid->cell_height = zoom * shape.height;
    } else {
        double reduction =
            fmin((double)across / (double)shape.width, (double)down / (double)shape.height);
        grid->cell_width = mien_max((size_t)((double)shape.width * reduction), 1);
        grid->cell_height = mien_max((size_t)((double)shape.height * reduction), 1);
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
    grid->cell_width = mien_max((size_t)(factor * (double)shape.width), whole.cell_width);
    grid->cell_height = mien_max((size_t)(factor * (double)shape.height), whole.cell_height);
}

/* ---------------------------------------------------------------- drawing */

mien_coloring mien_coloring_basis(const mien_style *style, bool is_signed)
{
    return (mien_coloring){
        .palette = style->palette, .is_signed = is_signed, .dark = style->ink == MIEN_INK_DARK};
}

mien_coloring mien_coloring_images(const mien_style *style, double low, double high)
{
    mien_coloring images = mien_coloring_basis(style, false);
    images.ranged = true;
    images.low = low;
    images.high = high;
    return images;
}

static mien_tone tone_of(const mien_coloring *coloring, const float *values, size_t count)
{
    if (coloring->natural)
        return mien_tone_natural(coloring->low, coloring->high);
    const float end = (float)coloring->high;
    mien_tone tone =
        !coloring->ranged     ? mien_tone_fit(coloring->palette, coloring->is_signed, values, count)
        : coloring->is_signed ? mien_tone_fit(coloring->palette, true, &end, 1)
                              : mien_tone_range(coloring->palette, coloring->low, coloring->high);
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
static void mark_empty(mien_pen *pen, mien_box cell, mien_rgb ground)
{
    enum { LIGHT = 170 };
    mien_rgb mark = ground.g < LIGHT ? mien_paper : MARK;
    mien_lettering letters = {.size = EMPTY_LETTERS, .color = mark, .align = MIEN_ALIGN_CENTER};
    double x = (double)cell.x + (double)cell.width / 2;
    double y = (double)cell.y + (double)cell.height / 2;
    size_t side = mien_min(cell.width, cell.height) / 2;
    if (mien_pen_width(pen, letters, "empty") + 4 <= (double)cell.width &&
        EMPTY_LETTERS + 2 <= cell.height) {
        mien_pen_text_middle(pen, x, y, letters, "empty");
        return;
    }
    for (size_t i = 0; i < side; i++)
        mien_pen_fill(pen, (mien_box){(size_t)x - side / 2 + i, (size_t)y + side / 2 - i, 1, 1},
                      mark);
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
    mien_pen pen = {.canvas = canvas, .err = err};
    for (size_t k = 0; k < grid->count; k++) {
        mien_box cell = mien_grid_cell(grid, x, y, k);
        bool framed = coloring->natural || coloring->ranged || coloring->framed;
        mien_canvas_frame(canvas, cell, framed ? mien_min(grid->gap, 1) : grid->gap, LINE);
        if (!coloring->common_scale)
            tone = tone_of(coloring, drawn + k * size, size);
        mien_picture_color(drawn + k * size, seen, &tone, colors);
        mien_canvas_blit(canvas, cell.x, cell.y, colors, seen.width, seen.height,
                         cell.width / seen.width, cell.height / seen.height);
        if (coloring->mark_empty && is_empty(drawn + k * size, size))
            mark_empty(&pen, cell, colors[0]);
    }
    st = pen.status;
done:
    mien_free(colors);
    mien_free(reduced);
    return st;
}

void mien_pen_grid(mien_pen *pen, size_t x, size_t y, const mien_grid *grid, const float *pictures,
                   mien_shape shape, mien_coloring coloring)
{
    mien_canvas part; /* with a pixel around it for frames */
    if (pen->status)
        return;
    if (pen->canvas) {
        pen->status = mien_grid_draw(pen->canvas, x, y, grid, pictures, shape, &coloring, pen->err);
        return;
    }
    pen->status = mien_canvas_init(mien_grid_width(grid) + 2, mien_grid_height(grid) + 2,
                                   mien_paper, &part, pen->err);
    if (pen->status)
        return;
    pen->status = mien_grid_draw(&part, 1, 1, grid, pictures, shape, &coloring, pen->err);
    mien_pen_picture(pen, x - 1, y - 1, &part);
}

mien_grid mien_grid_one(mien_shape shape, size_t width, size_t height)
{
    mien_grid grid = {.count = 1, .columns = 1, .rows = 1};
    mien_grid_fit(&grid, shape, width, height);
    return grid;
}

/* ---------------------------------------------------------------- the files of a method */

mien_status mien_shape_check(mien_shape shape, mien_error *err)
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
           width > MIEN_CANVAS_MAX_PIXELS / 2 / mien_max(height, 1);
}

/* Cells enlarged by the style's zoom, or so that the picture is about `side` wide with tiles of at
 * most `tile` pixels. This is the place to see every pixel, so nothing is reduced but what would
 * be too large for a picture: rows of a hundred thousand values, fifty photographs of a camera. */
static void enlarge(mien_grid *grid, mien_shape shape, const mien_style *style, size_t side,
                    size_t tile)
{
    size_t zoom = style->zoom;
    if (zoom == 0 && mien_shape_is_stripe(shape))
        zoom = mien_max(side / product_plus(grid->columns, shape.width, 0), 1);
    else if (zoom == 0)
        zoom = mien_max(mien_min(side / product_plus(grid->columns, shape.width, 0),
                                 tile / mien_max(shape.width, shape.height)),
                        1);
    grid->cell_width = product_plus(shape.width, zoom, 0);
    grid->cell_height = product_plus(shape.height, zoom, 0);
    if (mien_shape_is_stripe(shape))
        grid->cell_height = mien_max(mien_min(side / grid->rows, STRIPE_HEIGHT), STRIPE_MIN);
    if (style->zoom == 0 && is_huge(*grid))
        mien_grid_fit(grid, shape, REDUCED_SIDE, REDUCED_SIDE);
}

/* The grid of `count` pictures of `shape` whose cells show what is of the shape `cell`. */
static mien_status plan(size_t count, mien_shape shape, mien_shape cell, const mien_style *style,
                        size_t side, size_t tile, mien_grid *out, mien_error *err)
{
    mien_status st = mien_shape_check(shape, err);
    if (!st)
        st = mien_grid_choose(count, shape, style, out, err);
    if (!st)
        enlarge(out, cell, style, side, tile);
    return st;
}

static mien_status plan_montage(size_t count, mien_shape shape, const mien_style *style,
                                mien_grid *out, mien_error *err)
{
    return plan(count, shape, shape, style, MONTAGE_SIDE, TILE_SIDE, out, err);
}

/* A grid that is a picture of its own. */
typedef struct lone_grid {
    const mien_grid *grid;
    const float *pictures;
    mien_shape shape;
    mien_coloring coloring;
} lone_grid;

static void paint_alone(mien_pen *pen, const void *what)
{
    const lone_grid *a = what;
    mien_pen_grid(pen, 0, 0, a->grid, a->pictures, a->shape, a->coloring);
}

static mien_status draw_alone(const lone_grid *a, mien_canvas *out, mien_error *err)
{
    mien_drawing drawing = {mien_grid_width(a->grid), mien_grid_height(a->grid), NULL, paint_alone,
                            a};
    return mien_drawing_canvas(&drawing, out, err);
}

mien_status mien_style_check(const mien_style *style, size_t r, mien_shape shape, mien_error *err)
{
    mien_grid grid;
    mien_status st = plan_montage(r, shape, style, &grid, err);
    return st ? st : mien_canvas_check(mien_grid_width(&grid), mien_grid_height(&grid), err);
}

mien_status mien_montage_draw(const float *images, size_t count, mien_shape shape, bool is_signed,
                              const mien_style *style, mien_canvas *out, mien_error *err)
{
    mien_grid grid;
    mien_coloring coloring = mien_coloring_basis(style, is_signed);
    coloring.common_scale = style->common_scale;
    coloring.mark_empty = true;
    mien_status st = plan_montage(count, shape, style, &grid, err);
    return st ? st : draw_alone(&(lone_grid){&grid, images, shape, coloring}, out, err);
}

/* Squares in the places of the montage. Their common scale makes them comparable, whatever the
 * style says about basis images. */
mien_status mien_montage_weights(const float *weights, size_t count, mien_shape shape,
                                 bool is_signed, const mien_style *style, mien_canvas *out,
                                 mien_error *err)
{
    const mien_shape square = {1, 1, 1};
    mien_grid grid;
    mien_style squares = *style;
    squares.zoom = 0;
    mien_coloring coloring = {
        .palette = style->palette, .is_signed = is_signed, .common_scale = true};
    mien_status st = plan(count, shape, square, &squares, WEIGHTS_SIDE, WEIGHT_SIDE, &grid, err);
    return st ? st : draw_alone(&(lone_grid){&grid, weights, square, coloring}, out, err);
}

/* Originals above their reconstructions. */
typedef struct pairs {
    mien_grid grid;
    size_t block, names_height; /* from the first row of pictures to the second; of names below */
    size_t left;                /* of the pictures */
    const float *pictures[2];
    char *const *names;
    mien_shape shape;
    mien_coloring coloring;
    size_t width;
} pairs;

/* Names below pictures, or left of a table's rows. */
static void draw_names(mien_pen *pen, const pairs *p, size_t y)
{
    bool ids = mien_shape_is_stripe(p->shape);
    size_t room = ids ? PAIR_IDS : p->grid.cell_width + p->grid.gap;
    mien_lettering letters = {PAIR_NAME_LETTERS, false, TEXT,
                              ids ? MIEN_ALIGN_RIGHT : MIEN_ALIGN_LEFT,
                              (double)(room - PAIR_GAP / 2)};
    for (size_t i = 0; i < p->grid.count; i++) {
        mien_box cell = mien_grid_cell(&p->grid, p->left, y, i);
        size_t below = ids ? cell.height / 2 + PAIR_NAME_LETTERS / 3 : cell.height + PAIR_NAME;
        if (p->names[i])
            mien_pen_text_end(pen, (double)(ids ? p->left - PAIR_GAP / 2 : cell.x),
                              (double)(cell.y + below), letters, p->names[i]);
    }
}

static void paint_pairs(mien_pen *pen, const void *what)
{
    const pairs *p = what;
    const char *const captions[] = {
        mien_shape_is_stripe(p->shape) ? "original" : "original, prepared", "reconstruction"};
    mien_lettering letters = {
        .size = PAIR_LETTERS, .color = TEXT, .max_width = (double)(p->width - 2 * PAIR_MARGIN)};
    for (size_t i = 0; i < 2; i++) {
        size_t y = PAIR_MARGIN + PAIR_CAPTION / 2 + i * (p->block + p->names_height);
        mien_pen_text(pen, (double)(p->left + PAIR_GAP), (double)(y - PAIR_GAP / 2), letters,
                      captions[i]);
        mien_pen_grid(pen, p->left, y, &p->grid, p->pictures[i], p->shape, p->coloring);
        if (p->names && (i == 0 || mien_shape_is_stripe(p->shape)))
            draw_names(pen, p, y);
    }
}

mien_status mien_montage_pairs(const float *originals, const float *reconstructions,
                               char *const *names, size_t count, mien_shape shape, double low,
                               double high, const mien_style *style, mien_canvas *out,
                               mien_error *err)
{
    bool stripes = mien_shape_is_stripe(shape);
    bool wide = shape.width > PAIR_WIDE * shape.height; /* side by side they would be a ribbon */
    mien_style row = {.columns = wide || stripes ? 1 : count,
                      .gap = wide && names && !stripes ? PAIR_NAME + PAIR_GAP : PAIR_GAP,
                      .zoom = style->zoom};
    pairs p = {.pictures = {originals, reconstructions},
               .names = names,
               .names_height = names && !stripes ? PAIR_NAME : 0,
               .left = PAIR_MARGIN + (names && stripes ? PAIR_IDS : 0),
               .shape = shape,
               .coloring = mien_coloring_images(style, low, high)};
    mien_status st = plan(count, shape, shape, &row, PAIR_SIDE * (wide || stripes ? 8 : count),
                          PAIR_SIDE * (wide ? 8 : 1), &p.grid, err);
    if (st)
        return st;
    if (names && !stripes && p.grid.cell_width + p.grid.gap < PAIR_NAME_ROOM)
        p.grid.gap = PAIR_NAME_ROOM - p.grid.cell_width;
    p.block = product_plus(1, mien_grid_height(&p.grid), PAIR_CAPTION);
    p.width = product_plus(1, mien_grid_width(&p.grid), p.left + PAIR_MARGIN);
    size_t around = 2 * PAIR_MARGIN - PAIR_CAPTION / 2 + p.names_height;
    mien_drawing drawing = {p.width, product_plus(2, p.block, around), NULL, paint_pairs, &p};
    return mien_drawing_canvas(&drawing, out, err);
}
