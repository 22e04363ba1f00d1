/* figure.c - the comparison of methods: basis x weights = reconstruction, a row a method.
 * SPDX-License-Identifier: MIT
 *
 * Three columns of pictures with signs between them, titles to the left:
 *
 *   heading                                 name        as it is learned
 *                                           [untouched] [prepared]
 *           basis images      weights                  reconstruction
 *   NMF     [montage]    x    [grid]        =          [image]
 *   ...
 *   legend
 *
 * Every column is as wide as its widest picture, the space left over goes to the signs, and
 * pictures stand in the middle of their columns and rows. */
#include "image/figure.h"

#include "base/memory.h"
#include "base/status.h"
#include "image/lettering.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sizes in pixels. */
enum {
    MARGIN = 64,
    TITLES = 230,       /* column of the methods' names, */
    TITLES_GAP = 24,    /* and the space after it */
    BASIS_WIDTH = 440,  /* most room of a montage, */
    BASIS_HEIGHT = 500, /* of which portraits use more; */
    WEIGHTS_SIDE = 300, /* of a grid of weights, */
    WEIGHT_SIDE = 96,   /* of one of its squares, */
    PHOTO_WIDTH = 288,  /* and of a photograph */
    PHOTO_HEIGHT = 340,
    LEAST_COLUMN = 190, /* a column's heading needs so much */
    ROW_GAP = 44,
    HEADING_GAP = 14, /* between a column's heading and the first row */
    HEADER_GAP = 36,  /* between the heading and the columns */
    NOTE_GAP = 6,
    UNTOUCHED_GAP = 48, /* between the file and what is learned of it */
    LEGEND_GAP = 48,
    LEGEND_WIDTH = 240,
    LEGEND_BAR = 12,
    LEAST_CELL = 4, /* smaller tiles show nothing: then only the first ones are drawn */
    SUBTITLES = 4
};

/* Letter sizes. A line of text is 1.4 times as high. */
enum { HEADLINE = 46, TITLE = 44, HEADING = 24, SMALL = 21, SIGN = 72 };

static const double LINE_HEIGHT = 1.4;

static const mien_rgb WHITE = {255, 255, 255}, INK = {26, 26, 26}, PALE = {108, 108, 108},
                      FRAME = {200, 200, 200};

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

/* ---------------------------------------------------------------- what the legend says */

/* A bar of colours, words under its ends and its middle, and what it holds for. */
typedef struct key {
    mien_tone tone;
    bool colored; /* of colour images, by one channel for all three */
    const char *left, *middle, *right;
    char words[160];
} key;

enum { MOST_KEYS = 3 };

/* The titles of the rows that are signed, or of the others. */
static void list_rows(const mien_figure *figure, bool is_signed, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < figure->n_rows; i++)
        if (figure->rows[i].is_signed == is_signed && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     figure->rows[i].title);
}

static bool any_signed(const mien_figure *figure)
{
    for (size_t i = 0; i < figure->n_rows; i++)
        if (figure->rows[i].is_signed)
            return true;
    return false;
}

static mien_tone key_tone(mien_palette palette, bool is_signed, bool dark)
{
    return (mien_tone){is_signed ? MIEN_TONE_SIGNED : MIEN_TONE_UNSIGNED, palette, dark,
                       is_signed ? -1 : 0, 1};
}

/* Grey values and weights: one bar, or in the grey palette one for what is signed as well, whose
 * zero is another. */
static size_t palette_keys(const mien_figure *figure, mien_palette palette, const char *of,
                           key *keys)
{
    bool both = any_signed(figure);
    char names[96];
    if (palette == MIEN_PALETTE_GRAY) {
        list_rows(figure, true, names, sizeof names);
        keys[0] = (key){key_tone(palette, false, false), false, "0", NULL, "much", ""};
        snprintf(keys[0].words, sizeof keys[0].words, "%slight = much", of);
        keys[1] = (key){key_tone(palette, true, false), false, "negative", "0", "positive", ""};
        snprintf(keys[1].words, sizeof keys[1].words, "%s of %s: 0 = mid-grey",
                 *of ? "weights" : "basis and weights", names);
        return both ? 2 : 1;
    }
    keys[0] = (key){key_tone(palette, both, false),
                    false,
                    both ? "negative" : "0",
                    both ? "0" : NULL,
                    "much",
                    ""};
    snprintf(keys[0].words, sizeof keys[0].words, "%sdark = much%s", of,
             !both                         ? ""
             : palette == MIEN_PALETTE_ESL ? ", red = negative"
                                           : ", blue = negative");
    return 1;
}

/* Colour images: what the palette says holds for the weights alone. */
static size_t color_keys(const mien_figure *figure, bool dark, key *keys)
{
    char names[96];
    size_t count = 0;
    list_rows(figure, false, names, sizeof names);
    if (*names) {
        keys[count] = (key){key_tone(MIEN_PALETTE_GRAY, false, dark), true, "0", NULL, "much", ""};
        snprintf(keys[count++].words, sizeof keys->words, "basis of %s: colours %s", names,
                 dark ? "that are taken from white" : "of light, added to black");
    }
    list_rows(figure, true, names, sizeof names);
    if (*names) {
        keys[count] =
            (key){key_tone(MIEN_PALETTE_GRAY, true, dark), true, "negative", "0", "positive", ""};
        snprintf(keys[count++].words, sizeof keys->words, "basis of %s: differences on mid-grey",
                 names);
    }
    return count;
}

static size_t legend_keys(const mien_figure *figure, const mien_style *style,
                          key keys[2 * MOST_KEYS])
{
    if (figure->shape.channels != 3)
        return palette_keys(figure, style->palette, "", keys);
    size_t count = color_keys(figure, style->ink == MIEN_INK_DARK, keys);
    return count + palette_keys(figure, style->palette, "weights: ", keys + count);
}

static size_t key_height(void)
{
    return LEGEND_BAR + NOTE_GAP + line_height(SMALL);
}

/* ---------------------------------------------------------------- layout */

static mien_status check_figure(const mien_figure *figure, mien_error *err)
{
    if (figure->n_rows == 0)
        return mien_fail(err, MIEN_ERR_ARG, "there is no method to draw");
    if (figure->n_rows > MIEN_FIGURE_MAX_ROWS)
        return mien_fail(err, MIEN_ERR_ARG, "a figure of %zu methods is too long; the limit is %d",
                         figure->n_rows, MIEN_FIGURE_MAX_ROWS);
    mien_shape s = figure->shape;
    if (s.height == 0 || s.width == 0 || s.channels == 0)
        return mien_fail(err, MIEN_ERR_SHAPE, "an image of %zu x %zu x %zu values cannot be drawn",
                         s.height, s.width, s.channels);
    return MIEN_OK;
}

/* The montage's grid. Where tiles would be too small to see, it holds as many of the first
 * components as have room; a grid the user chose is kept until tiles vanish. */
static mien_status choose_grid(size_t r, mien_shape shape, const mien_style *style, mien_grid *out,
                               mien_error *err)
{
    mien_grid grid;
    mien_status st = mien_grid_choose(r, shape, style, &grid, err);
    if (st)
        return st;
    size_t least = style->columns == 0 && style->rows == 0 ? LEAST_CELL : 1;
    grid.columns = smaller(grid.columns, WEIGHTS_SIDE / least);
    grid.rows = smaller(grid.rows, WEIGHTS_SIDE / least);
    grid.count = smaller(grid.count, grid.columns * grid.rows);
    *out = grid;
    return MIEN_OK;
}

/* Grids of a row: the montage, and squares in the same places. Beside a table's stripes they are
 * as high as these. */
static mien_status fit_grids(const mien_figure_row *row, mien_shape shape, const mien_style *style,
                             struct mien_figure_places *places, mien_error *err)
{
    mien_status st = choose_grid(row->r, shape, style, &places->basis_grid, err);
    if (st)
        return st;
    mien_grid *squares = &places->weights_grid;
    places->shown = places->basis_grid.count;
    *squares = places->basis_grid;
    mien_grid_fit(&places->basis_grid, shape, BASIS_WIDTH, BASIS_HEIGHT);
    mien_grid_fit(squares, (mien_shape){1, 1, 1}, WEIGHTS_SIDE,
                  mien_shape_is_stripe(shape) ? mien_grid_height(&places->basis_grid)
                                              : WEIGHTS_SIDE);
    squares->cell_width = smaller(squares->cell_width, WEIGHT_SIDE);
    squares->cell_height = smaller(squares->cell_height, WEIGHT_SIDE);
    return MIEN_OK;
}

/* A box of the grid's size in the middle of a column's width and a row's height. */
static mien_box centred_box(const mien_grid *grid, size_t x, size_t y, size_t width, size_t height)
{
    mien_box box = {0, 0, mien_grid_width(grid), mien_grid_height(grid)};
    box.x = x + (width - box.width) / 2;
    box.y = y + (height - box.height) / 2;
    return box;
}

/* Columns of the figure, alike in every row. */
typedef struct columns {
    size_t basis, basis_width, times, weights, weights_width, equals, photo, photo_width;
    size_t sign_width;
} columns;

static columns arrange_columns(const mien_figure *figure, const mien_figure_layout *layout)
{
    columns c = {.basis = MARGIN + TITLES + TITLES_GAP,
                 .basis_width = LEAST_COLUMN,
                 .weights_width = LEAST_COLUMN,
                 .photo_width = larger(mien_grid_width(&layout->photograph), LEAST_COLUMN)};
    for (size_t i = 0; i < figure->n_rows; i++) {
        c.basis_width = larger(c.basis_width, mien_grid_width(&layout->rows[i].basis_grid));
        c.weights_width = larger(c.weights_width, mien_grid_width(&layout->rows[i].weights_grid));
    }
    size_t taken = c.basis + c.basis_width + c.weights_width + c.photo_width + MARGIN;
    c.sign_width = (layout->width - taken) / 2;
    c.times = c.basis + c.basis_width;
    c.weights = c.times + c.sign_width;
    c.equals = c.weights + c.weights_width;
    c.photo = layout->width - MARGIN - c.photo_width;
    return c;
}

static size_t count_lines(const char *text)
{
    size_t lines = 1;
    for (; *text; text++)
        lines += *text == '\n';
    return smaller(lines, SUBTITLES);
}

/* Title and subtitles as one block in the middle of the row. */
static void place_titles(const mien_figure_row *row, struct mien_figure_places *places, size_t y,
                         size_t height)
{
    size_t lines = row->subtitle ? count_lines(row->subtitle) : 0;
    size_t block = line_height(TITLE) + lines * line_height(SMALL);
    y += (height - block) / 2;
    places->title = (mien_box){MARGIN, y, TITLES, line_height(TITLE)};
    y += line_height(TITLE);
    for (size_t i = 0; i < lines; i++, y += line_height(SMALL))
        places->subtitles[i] = (mien_box){MARGIN, y, TITLES, line_height(SMALL)};
}

static size_t titles_height(const mien_figure_row *row)
{
    return line_height(TITLE) +
           (row->subtitle ? count_lines(row->subtitle) : 0) * line_height(SMALL);
}

/* A note of one line below a picture. */
static mien_box note_below(mien_box picture, size_t x, size_t width)
{
    return (mien_box){x, picture.y + picture.height + NOTE_GAP, width, line_height(SMALL)};
}

/* Fill row i from y on; returns its height. */
static size_t arrange_row(const mien_figure_row *row, const columns *c, const mien_grid *photograph,
                          size_t y, struct mien_figure_places *places)
{
    const size_t note = NOTE_GAP + line_height(SMALL);
    size_t height = larger(mien_grid_height(&places->basis_grid), SIGN);
    height = larger(height, mien_grid_height(&places->weights_grid));
    height = larger(height, mien_grid_height(photograph) + (row->centred ? 2 * note : 0));
    height = larger(height, titles_height(row));

    place_titles(row, places, y, height);
    places->basis = centred_box(&places->basis_grid, c->basis, y, c->basis_width, height);
    places->weights = centred_box(&places->weights_grid, c->weights, y, c->weights_width, height);
    places->reconstruction = centred_box(photograph, c->photo, y, c->photo_width, height);
    places->times = (mien_box){c->times, y + (height - SIGN) / 2, c->sign_width, SIGN};
    places->equals = (mien_box){c->equals, y + (height - SIGN) / 2, c->photo - c->equals, SIGN};
    if (row->centred)
        places->mean_note = note_below(places->reconstruction, c->photo, c->photo_width);
    if (places->shown < row->r) {
        places->shown_note = note_below(places->basis, c->basis, c->basis_width);
        size_t end = places->shown_note.y + places->shown_note.height;
        height = larger(height, end - y);
    }
    return height;
}

/* The heading, to the left of the original, and the names of the columns. Returns where rows begin.
 */
static size_t arrange_header(const mien_figure *figure, const columns *c,
                             mien_figure_layout *layout)
{
    size_t beside = figure->untouched ? c->photo_width + UNTOUCHED_GAP : 0, y = MARGIN;
    size_t room = c->photo - beside - c->sign_width / 2 - MARGIN;
    layout->original_caption = (mien_box){c->photo, MARGIN, c->photo_width, line_height(HEADING)};
    layout->original =
        centred_box(&layout->photograph, c->photo, MARGIN + line_height(HEADING) + NOTE_GAP,
                    c->photo_width, mien_grid_height(&layout->photograph));
    if (figure->untouched) {
        layout->untouched = layout->original;
        layout->untouched_caption = layout->original_caption;
        layout->untouched.x -= beside;
        layout->untouched_caption.x -= beside;
    }
    if (figure->title) {
        layout->title = (mien_box){MARGIN, y, room, line_height(HEADLINE)};
        y += line_height(HEADLINE);
    }
    if (figure->subtitle) {
        layout->subtitle = (mien_box){MARGIN, y, room, line_height(HEADING)};
        y += line_height(HEADING);
    }
    y = larger(y, layout->original.y + layout->original.height) + HEADER_GAP;
    const size_t xs[] = {c->basis, c->weights, c->photo};
    const size_t widths[] = {c->basis_width, c->weights_width, c->photo_width};
    for (size_t i = 0; i < 3; i++)
        layout->headings[i] = (mien_box){xs[i], y, widths[i], line_height(HEADING)};
    return y + line_height(HEADING) + HEADING_GAP;
}

mien_status mien_figure_arrange(const mien_figure *figure, const mien_style *style,
                                mien_figure_layout *out, mien_error *err)
{
    mien_figure_layout layout = {.width = MIEN_FIGURE_WIDTH};
    mien_status st = check_figure(figure, err);
    if (st)
        return st;
    layout.photograph = (mien_grid){.count = 1, .columns = 1, .rows = 1};
    mien_grid_fit(&layout.photograph, figure->shape, PHOTO_WIDTH, PHOTO_HEIGHT);
    for (size_t i = 0; i < figure->n_rows; i++) {
        st = fit_grids(&figure->rows[i], figure->shape, style, &layout.rows[i], err);
        if (st)
            return st;
    }
    columns c = arrange_columns(figure, &layout);
    size_t y = arrange_header(figure, &c, &layout);
    for (size_t i = 0; i < figure->n_rows; i++)
        y += arrange_row(&figure->rows[i], &c, &layout.photograph, y, &layout.rows[i]) + ROW_GAP;
    y += LEGEND_GAP - ROW_GAP;
    key keys[2 * MOST_KEYS];
    size_t n_keys = legend_keys(figure, style, keys);
    layout.legend = (mien_box){c.basis, y, layout.width - MARGIN - c.basis,
                               n_keys * (key_height() + LEGEND_BAR) - LEGEND_BAR};
    layout.height = y + layout.legend.height + MARGIN;
    *out = layout;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- drawing */

/* What every step draws with. After a failure nothing more is drawn. */
typedef struct easel {
    mien_canvas canvas;
    const mien_figure *figure;
    const mien_style *style;
    const mien_figure_layout *layout;
    mien_status status;
    mien_error *err;
} easel;

/* One line of text in its box. */
static void write_line(easel *e, mien_box box, const char *text, size_t size, bool bold,
                       mien_rgb color, mien_align align)
{
    if (e->status || box.width == 0 || !text)
        return;
    mien_lettering letters = {.size = (double)size,
                              .bold = bold,
                              .color = color,
                              .align = align,
                              .max_width = (double)box.width};
    double share = align == MIEN_ALIGN_LEFT ? 0 : align == MIEN_ALIGN_CENTER ? 0.5 : 1;
    double baseline = (double)box.y + ((double)box.height + mien_lettering_capital(&letters)) / 2;
    e->status = mien_lettering_draw(&e->canvas, (double)box.x + share * (double)box.width,
                                    round(baseline), &letters, text, e->err);
}

/* A file's name, of which the end is kept. */
static void write_name(easel *e, mien_box box, const char *name)
{
    mien_lettering letters = {
        .size = HEADING, .color = INK, .align = MIEN_ALIGN_CENTER, .max_width = (double)box.width};
    double baseline = (double)box.y + ((double)box.height + mien_lettering_capital(&letters)) / 2;
    if (!e->status)
        e->status = mien_lettering_draw_end(&e->canvas, (double)box.x + (double)box.width / 2,
                                            round(baseline), &letters, name, e->err);
}

static void draw_pictures(easel *e, mien_box box, const mien_grid *grid, const float *pictures,
                          mien_shape shape, mien_coloring coloring)
{
    if (!e->status)
        e->status =
            mien_grid_draw(&e->canvas, box.x, box.y, grid, pictures, shape, &coloring, e->err);
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
    mien_canvas_frame(&e->canvas, box, 1, FRAME);
}

static void draw_untouched(easel *e, mien_box box, const uint8_t *stored)
{
    size_t p = mien_shape_size(e->figure->shape);
    float *image = e->status ? NULL : mien_alloc_array(p, sizeof *image);
    if (!image) {
        e->status = e->status ? e->status : mien_fail_plain(e->err, MIEN_ERR_NOMEM);
        return;
    }
    for (size_t j = 0; j < p; j++)
        image[j] = stored[j];
    draw_pictures(e, box, &e->layout->photograph, image, e->figure->shape,
                  (mien_coloring){.natural = true, .low = 0, .high = UINT8_MAX});
    mien_free(image);
    mien_canvas_frame(&e->canvas, box, 1, FRAME);
}

/* Line i of text split by '\n', in `line`. */
static void copy_line(const char *text, size_t i, char *line, size_t capacity)
{
    for (; i > 0; i--)
        text = strchr(text, '\n') + 1;
    snprintf(line, capacity, "%.*s", (int)strcspn(text, "\n"), text);
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

static void draw_row(easel *e, const mien_figure_row *row, const struct mien_figure_places *places)
{
    char line[256], shown[32], all[32];
    mien_coloring basis = {.palette = e->style->palette,
                           .is_signed = row->is_signed,
                           .dark = e->style->ink == MIEN_INK_DARK,
                           .common_scale = e->style->common_scale};
    mien_coloring weights = basis;
    weights.common_scale = true; /* a weight alone would always be black */
    write_line(e, places->title, row->title, TITLE, true, INK, MIEN_ALIGN_LEFT);
    for (size_t i = 0; i < SUBTITLES && places->subtitles[i].width; i++) {
        copy_line(row->subtitle, i, line, sizeof line);
        write_line(e, places->subtitles[i], line, SMALL, false, PALE, MIEN_ALIGN_LEFT);
    }
    draw_pictures(e, places->basis, &places->basis_grid, row->basis, e->figure->shape, basis);
    draw_pictures(e, places->weights, &places->weights_grid, row->weights, (mien_shape){1, 1, 1},
                  weights);
    draw_prepared(e, places->reconstruction, row->reconstruction);
    write_line(e, places->times, "\u00d7", SIGN, false, INK, MIEN_ALIGN_CENTER);
    write_line(e, places->equals, "=", SIGN, false, INK, MIEN_ALIGN_CENTER);
    write_line(e, places->mean_note,
               mien_shape_is_stripe(e->figure->shape) ? "+ mean" : "+ mean image", SMALL, false,
               PALE, MIEN_ALIGN_CENTER);
    snprintf(line, sizeof line, "the first %s of %s", with_commas(places->shown, shown),
             with_commas(row->r, all));
    write_line(e, places->shown_note, line, SMALL, false, PALE, MIEN_ALIGN_CENTER);
}

static void draw_key(easel *e, mien_box box, const key *k)
{
    mien_box bar = {box.x, box.y, LEGEND_WIDTH, LEGEND_BAR};
    for (size_t x = 0; x < bar.width; x++) {
        double t = (double)x / (double)(bar.width - 1);
        double value = k->tone.kind == MIEN_TONE_SIGNED ? 2 * t - 1 : t;
        float three[3] = {(float)value, (float)value, (float)value};
        mien_canvas_fill(&e->canvas, (mien_box){bar.x + x, bar.y, 1, bar.height},
                         k->colored ? mien_tone_color3(&k->tone, three)
                                    : mien_tone_color(&k->tone, value));
    }
    mien_canvas_frame(&e->canvas, bar, 1, FRAME);
    mien_box words = {box.x, bar.y + LEGEND_BAR + NOTE_GAP, bar.width, line_height(SMALL)};
    write_line(e, words, k->left, SMALL, false, PALE, MIEN_ALIGN_LEFT);
    write_line(e, words, k->middle, SMALL, false, PALE, MIEN_ALIGN_CENTER);
    write_line(e, words, k->right, SMALL, false, PALE, MIEN_ALIGN_RIGHT);
    words.x += bar.width + LEGEND_BAR;
    words.y = box.y;
    words.width = box.width - bar.width - LEGEND_BAR;
    write_line(e, words, k->words, SMALL, false, PALE, MIEN_ALIGN_LEFT);
}

static void draw_legend(easel *e)
{
    key keys[2 * MOST_KEYS];
    mien_box box = e->layout->legend;
    size_t count = legend_keys(e->figure, e->style, keys);
    for (size_t i = 0; i < count; i++, box.y += key_height() + LEGEND_BAR)
        draw_key(e, box, &keys[i]);
}

/* What was given, named, and what the methods see of it. */
static void draw_original(easel *e)
{
    const mien_figure_layout *layout = e->layout;
    const mien_figure *figure = e->figure;
    const char *name = figure->name ? figure->name : "Original";
    if (figure->untouched) {
        write_name(e, layout->untouched_caption, name);
        draw_untouched(e, layout->untouched, figure->untouched);
        name = "as it is learned";
    }
    if (figure->original) {
        write_name(e, layout->original_caption, name);
        draw_prepared(e, layout->original, figure->original);
    }
}

static void draw_header(easel *e)
{
    const mien_figure_layout *layout = e->layout;
    const char *const headings[] = {mien_shape_is_stripe(e->figure->shape) ? "Basis"
                                                                           : "Basis images",
                                    "Weights", "Reconstruction"};
    write_line(e, layout->title, e->figure->title, HEADLINE, true, INK, MIEN_ALIGN_LEFT);
    write_line(e, layout->subtitle, e->figure->subtitle, HEADING, false, PALE, MIEN_ALIGN_LEFT);
    draw_original(e);
    for (size_t i = 0; i < 3; i++)
        write_line(e, layout->headings[i], headings[i], HEADING, false, INK, MIEN_ALIGN_CENTER);
}

mien_status mien_figure_draw(const mien_figure *figure, const mien_style *style, mien_canvas *out,
                             mien_error *err)
{
    mien_figure_layout layout;
    mien_status st = mien_figure_arrange(figure, style, &layout, err);
    if (st)
        return st;
    easel e = {.figure = figure, .style = style, .layout = &layout, .err = err};
    st = mien_canvas_init(layout.width, layout.height, WHITE, &e.canvas, err);
    if (st)
        return st;
    draw_header(&e);
    for (size_t i = 0; i < figure->n_rows; i++)
        draw_row(&e, &figure->rows[i], &layout.rows[i]);
    draw_legend(&e);
    if (e.status)
        mien_canvas_free(&e.canvas);
    else
        *out = e.canvas;
    return e.status;
}
