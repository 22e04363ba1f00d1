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

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double LINE_HEIGHT = 1.4;

static const mien_rgb PALE = {108, 108, 108}, FRAME = {200, 200, 200};

enum {
    MIN_CELL = 4,      /* smaller tiles show nothing: then only the first ones are drawn */
    MIN_NUMBERED = 30, /* a tile of this width has room for its number */
    MIN_WIDTH = 480,   /* of a figure whose letters can be read */
    MAX_WIDTH = 16000,
    ACROSS = 2 /* panels of a slide beside each other */
};

/* Sizes in pixels, of one of the layouts; the same names scaled. */
typedef union sizes {
    struct {
        size_t margin, panel_gap;
        size_t montage;                   /* side of the square of basis images */
        size_t side;                      /* of the weights' square, */
        size_t square;                    /* and of one weight at most */
        size_t photo_width, photo_height; /* the largest room of a photograph */
        size_t sign;                      /* smallest width of a sign's column */
        size_t gap;                       /* between what belongs together */
        size_t legend, bar;               /* width and height of a bar of colours */
        struct mien_figure_letters letters;
    };
    size_t all[16]; /* the same, for what holds for every size */
} sizes;
_Static_assert(sizeof(sizes) == 16 * sizeof(size_t), "`all` has to have every size");

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

static size_t scaled(size_t size, double scale)
{
    return (size_t)(scale * (double)size + 0.5);
}

static sizes scale_sizes(const sizes *s, double scale)
{
    sizes out = *s;
    for (size_t i = 0; i < sizeof out.all / sizeof *out.all; i++)
        out.all[i] = scaled(s->all[i], scale);
    return out;
}

/* ---------------------------------------------------------------- what colours mean */

/* A bar of colours, words under its ends and its middle, and what it holds for. */
typedef struct mien_key {
    mien_tone tone;
    bool colored; /* of colour images, by one channel for all three */
    const char *left, *middle, *right;
    char words[160];
} mien_key;

enum { MAX_KEYS = 6 };

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

static mien_key key_of(mien_palette palette, bool is_signed, bool colored, bool dark)
{
    mien_tone tone = {is_signed ? MIEN_TONE_SIGNED : MIEN_TONE_UNSIGNED, palette, dark,
                      is_signed ? -1 : 0, 1};
    return (mien_key){tone,
                      colored,
                      is_signed ? "negative" : "0",
                      is_signed ? "0" : NULL,
                      is_signed ? "positive" : "much",
                      ""};
}

/* Grey values and weights: one bar, or in the grey palette one for what is signed as well, whose
 * zero is another. */
static size_t palette_keys(const mien_figure *figure, mien_palette palette, const char *of,
                           mien_key *keys)
{
    bool both = any_signed(figure), gray = palette == MIEN_PALETTE_GRAY;
    char names[96];
    keys[0] = key_of(palette, both && !gray, false, false);
    keys[0].right = "much";
    snprintf(keys[0].words, sizeof keys[0].words, "%s%s = much%s", of, gray ? "light" : "dark",
             !both || gray                 ? ""
             : palette == MIEN_PALETTE_ESL ? ", red = negative"
                                           : ", blue = negative");
    if (!gray || !both)
        return 1;
    list_rows(figure, true, names, sizeof names);
    keys[1] = key_of(palette, true, false, false);
    snprintf(keys[1].words, sizeof keys[1].words, "%s of %s: 0 = mid-grey",
             *of ? "weights" : "basis and weights", names);
    return 2;
}

/* Colour images: what the palette says holds for the weights alone. */
static size_t color_keys(const mien_figure *figure, bool dark, mien_key *keys)
{
    char names[96];
    size_t count = 0;
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        list_rows(figure, is_signed, names, sizeof names);
        if (!*names)
            continue;
        keys[count] = key_of(MIEN_PALETTE_GRAY, is_signed, true, dark);
        snprintf(keys[count++].words, sizeof keys->words, "basis of %s: %s", names,
                 is_signed ? "differences on mid-grey"
                 : dark    ? "colours that are taken from white"
                           : "colours of light, added to black");
    }
    return count;
}

/* The keys that are true for this figure; returns how many. */
static size_t legend_keys(const mien_figure *figure, const mien_style *style,
                          mien_key keys[MAX_KEYS])
{
    if (figure->shape.channels != 3) {
        size_t count = palette_keys(figure, style->palette, "", keys);
        size_t used = strlen(keys[0].words);
        if (figure->low > 0) /* from zero on, nothing would be seen of them */
            mien_format(keys[0].words + used, sizeof keys[0].words - used,
                        "; images: from %.3g to %.3g", figure->low, figure->high);
        return count;
    }
    size_t count = color_keys(figure, style->ink == MIEN_INK_DARK, keys);
    return count + palette_keys(figure, style->palette, "weights: ", keys + count);
}

/* The colour of a bar at t, from 0 its left end to 1. */
static mien_rgb key_color(const mien_key *key, double t)
{
    double value = key->tone.kind == MIEN_TONE_SIGNED ? 2 * t - 1 : t;
    float three[3] = {(float)value, (float)value, (float)value};
    return key->colored ? mien_tone_color3(&key->tone, three) : mien_tone_color(&key->tone, value);
}

/* ---------------------------------------------------------------- layout */

static mien_status check_figure(const mien_figure *figure, const mien_style *style, mien_error *err)
{
    if (figure->n_rows == 0)
        return mien_fail(err, MIEN_ERR_ARG, "there is no method to draw");
    if (figure->n_rows > MIEN_FIGURE_MAX_ROWS)
        return mien_fail(err, MIEN_ERR_ARG, "a figure of %zu methods is too long; the limit is %d",
                         figure->n_rows, MIEN_FIGURE_MAX_ROWS);
    if (style->width && (style->width < MIN_WIDTH || style->width > MAX_WIDTH))
        return mien_fail(err, MIEN_ERR_ARG,
                         "a figure %zu pixels wide: its width may be from %d to %d", style->width,
                         MIN_WIDTH, MAX_WIDTH);
    return mien_shape_check(figure->shape, err);
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
    size_t cell = style->columns == 0 && style->rows == 0 ? MIN_CELL : 1;
    grid.columns = mien_min(grid.columns, room / cell);
    grid.rows = mien_min(grid.rows, room / cell);
    grid.count = mien_min(grid.count, grid.columns * grid.rows);
    *out = grid;
    return MIEN_OK;
}

/* What whole factors leave of the room goes between the tiles. */
static void widen_gaps(mien_grid *grid, size_t room)
{
    size_t across = grid->columns * grid->cell_width, down = grid->rows * grid->cell_height;
    if (across >= room || down >= room)
        return;
    size_t gap = mien_min((room - across) / (grid->columns + 1), (room - down) / (grid->rows + 1));
    grid->gap = mien_max(grid->gap, gap);
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
            mien_max(places->basis_grid.cell_height,
                     mien_min(s->montage * 3 / 4 / places->basis_grid.rows, s->square));
    mien_grid_fit(squares, (mien_shape){1, 1, 1}, s->side,
                  stripes ? mien_grid_height(&places->basis_grid) : s->side);
    squares->cell_width = mien_min(squares->cell_width, s->square);
    squares->cell_height = mien_min(squares->cell_height, s->square);
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
                 .photo_width = mien_max(mien_grid_width(&layout->photograph), s->photo_width),
                 .width = width};
    for (size_t i = 0; i < figure->n_rows; i++)
        c.basis_width = mien_max(c.basis_width, mien_grid_width(&layout->rows[i].basis_grid));
    size_t taken = c.basis_width + c.weights_width + c.photo_width;
    c.sign_width = mien_max(s->sign, (width - taken) / 2);
    /* a narrow montage leaves much: no sign needs all of it */
    c.sign_width = mien_min(c.sign_width, 3 * s->sign);
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
    size_t block = above + line + (stripes ? photo : mien_max(weights, photo));
    size_t shown = places->shown < row->r ? note : 0, captions = stripes ? line : 0;
    size_t height = mien_max(captions + montage + mien_max(shown, stripes ? note : 0), block);
    height = mien_max(height, s->letters.sign);

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
    middle = mien_min(mien_max(middle, y + sign / 2), y + height - sign / 2);
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
        highest = mien_max(highest, arrange_panel(figure, layout, i, &c, s, x, y));
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
    layout.photograph = mien_grid_one(figure->shape, s.photo_width, s.photo_height);
    mien_grid_fill(&layout.photograph, figure->shape, s.photo_width, s.photo_height);
    if (mien_shape_is_stripe(figure->shape) && style->layout == MIEN_LAYOUT_SLIDE)
        layout.photograph.cell_height = mien_max(layout.photograph.cell_height, s.square);
    for (size_t i = 0; i < figure->n_rows; i++) {
        st = fit_grids(&figure->rows[i], figure->shape, style, &s, &layout.rows[i], err);
        if (st)
            return st;
    }
    size_t y = arrange_panels(figure, style, &s, &layout) + 3 * s.gap;
    mien_key keys[MAX_KEYS];
    size_t n_keys = legend_keys(figure, style, keys);
    bool slide = style->layout == MIEN_LAYOUT_SLIDE;
    size_t high = slide ? key_height(&s) : n_keys * (key_height(&s) + s.gap) - s.gap;
    size_t whole = scaled(layout.width, 9.0 / 16);
    if (slide && y + high + s.margin / 2 < whole)
        y = whole - high - s.margin / 2;
    layout.legend = (mien_box){s.margin, y, layout.width - 2 * s.margin, high};
    layout.height = mien_max(y + high + (slide ? s.margin / 2 : s.margin), slide ? whole : 0);
    *out = layout;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- drawing */

/* What every step draws with. */
typedef struct easel {
    mien_pen *pen;
    const mien_figure *figure;
    const mien_style *style;
    const mien_figure_layout *layout;
} easel;

/* One line of text in its box. */
static void write_line(const easel *e, mien_box box, const char *text, size_t size, mien_rgb color,
                       mien_align align)
{
    mien_pen_text_in(e->pen, box,
                     (mien_lettering){.size = (double)size, .color = color, .align = align}, text);
}

static void write_small(const easel *e, mien_box box, const char *text)
{
    write_line(e, box, text, e->layout->letters.small, PALE, MIEN_ALIGN_CENTER);
}

static double baseline_of(mien_box box, const mien_lettering *letters)
{
    return round((double)box.y + ((double)box.height + mien_lettering_capital(letters)) / 2);
}

/* A file's name, of which the end is kept. */
static void write_name(const easel *e, mien_box box, const char *name)
{
    mien_lettering letters = {(double)e->layout->letters.small, false, mien_ink, MIEN_ALIGN_CENTER,
                              (double)box.width};
    mien_pen_text_end(e->pen, (double)box.x + (double)box.width / 2, baseline_of(box, &letters),
                      letters, name);
}

/* An image as the methods see it, or as one made it. */
static void draw_prepared(const easel *e, mien_box box, const float *image)
{
    mien_pen_grid(e->pen, box.x, box.y, &e->layout->photograph, image, e->figure->shape,
                  mien_coloring_images(e->style, e->figure->low, e->figure->high));
    mien_pen_frame(e->pen, box, 1, FRAME);
}

static void draw_untouched(const easel *e, mien_box box, const uint8_t *stored)
{
    size_t p = mien_shape_size(e->figure->shape);
    float *image = mien_alloc_array(p, sizeof *image);
    if (!image && !e->pen->status)
        e->pen->status = mien_fail_plain(e->pen->err, MIEN_ERR_NOMEM);
    for (size_t j = 0; j < p && image; j++)
        image[j] = stored[j];
    mien_pen_grid(e->pen, box.x, box.y, &e->layout->photograph, image, e->figure->shape,
                  (mien_coloring){.natural = true, .low = 0, .high = UINT8_MAX});
    mien_free(image);
    mien_pen_frame(e->pen, box, 1, FRAME);
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
static void number_tiles(const easel *e, const struct mien_figure_places *places, bool stripes)
{
    const mien_grid *grid = &places->basis_grid;
    double size = (double)e->layout->letters.number;
    if (grid->cell_width < MIN_NUMBERED || (double)grid->cell_height < (stripes ? 1 : 2) * size)
        return;
    mien_lettering letters = {
        .size = size, .color = PALE, .align = stripes ? MIEN_ALIGN_RIGHT : MIEN_ALIGN_LEFT};
    for (size_t k = 0; k < grid->count; k++) {
        char text[32];
        snprintf(text, sizeof text, "%zu", k + 1);
        mien_box cell = mien_grid_cell(grid, places->basis.x, places->basis.y, k);
        double x = (double)cell.x, y = (double)cell.y;
        if (stripes) { /* beside its row */
            mien_pen_text(e->pen, x - 6, baseline_of(cell, &letters), letters, text);
            continue;
        }
        double right = x + mien_pen_width(e->pen, letters, text) + 4;
        double bottom = y + mien_lettering_capital(&letters) + 5;
        const double xs[] = {x, right, right, x}, ys[] = {y, y, bottom, bottom};
        mien_pen_area(e->pen, xs, ys, 4, mien_paper, 0.8);
        mien_pen_text(e->pen, x + 2, bottom - 2, letters, text);
    }
}

/* "largest 1.83": what the strongest square stands for. */
static void write_scale(const easel *e, const mien_figure_row *row,
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
static void write_titles(const easel *e, const mien_figure_row *row,
                         const struct mien_figure_places *places)
{
    const struct mien_figure_letters *letters = &e->layout->letters;
    const bool slide = e->style->layout == MIEN_LAYOUT_SLIDE;
    mien_box box = places->title;
    mien_lettering title = {.size = (double)letters->title,
                            .bold = true,
                            .color = mien_ink,
                            .max_width = (double)box.width};
    double left = (double)box.x, baseline = baseline_of(box, &title);
    mien_pen_text(e->pen, left, baseline, title, row->title);
    double taken = mien_pen_width(e->pen, title, row->title) + (double)letters->motto / 2;
    mien_lettering motto = {
        .size = (double)letters->motto, .color = PALE, .max_width = (double)box.width - taken};
    if (motto.max_width > motto.size)
        mien_pen_text(e->pen, left + taken, baseline, motto, row->motto);
    char numbers[160];
    snprintf(numbers, sizeof numbers, "%s%s%s", row->loss && !slide ? row->loss : "",
             row->loss && row->explained && !slide ? ", " : "",
             row->explained ? row->explained : "");
    write_line(e, places->numbers, numbers, letters->small, PALE, MIEN_ALIGN_RIGHT);
}

static void draw_panel(const easel *e, const mien_figure_row *row,
                       const struct mien_figure_places *places)
{
    const struct mien_figure_letters *letters = &e->layout->letters;
    bool stripes = mien_shape_is_stripe(e->figure->shape);
    char line[96], shown[32], all[32];
    mien_coloring basis = mien_coloring_basis(e->style, row->is_signed), weights = basis;
    basis.common_scale = e->style->common_scale;
    basis.mark_empty = true;
    basis.framed = !stripes;
    weights.common_scale = true; /* a weight alone would always be black */
    write_titles(e, row, places);
    mien_pen_grid(e->pen, places->basis.x, places->basis.y, &places->basis_grid, row->basis,
                  e->figure->shape, basis);
    number_tiles(e, places, stripes);
    write_line(e, places->times, "\u00d7", letters->sign, mien_ink, MIEN_ALIGN_CENTER);
    write_small(e, places->weights_caption, "weights");
    mien_pen_grid(e->pen, places->weights.x, places->weights.y, &places->weights_grid, row->weights,
                  (mien_shape){1, 1, 1}, weights);
    write_scale(e, row, places);
    write_line(e, places->equals, "=", letters->sign, mien_ink, MIEN_ALIGN_CENTER);
    write_small(e, places->reconstruction_caption, "reconstruction");
    draw_prepared(e, places->reconstruction, row->reconstruction);
    write_small(e, places->mean_note, stripes ? "+ mean" : "+ mean image");
    snprintf(line, sizeof line, "the first %s of %s", with_commas(places->shown, shown),
             with_commas(row->r, all));
    write_small(e, places->shown_note, line);
}

/* What was given, named, and what the methods see of it. */
static void draw_originals(const easel *e)
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
static void write_words(const easel *e, mien_box box, size_t height, const char *words)
{
    size_t small = e->layout->letters.small;
    mien_lettering letters = {.size = (double)small};
    const char *colon = strstr(words, ": ");
    char first[sizeof((mien_key *)NULL)->words];
    if (!colon || mien_pen_width(e->pen, letters, words) <= (double)box.width) {
        write_line(e, box, words, small, PALE, MIEN_ALIGN_LEFT);
        return;
    }
    size_t pitch = small * 6 / 5;
    snprintf(first, sizeof first, "%.*s", (int)(colon + 1 - words), words);
    box.y = box.y + height / 2 > pitch ? box.y + height / 2 - pitch : 0;
    box.height = pitch;
    write_line(e, box, first, small, PALE, MIEN_ALIGN_LEFT);
    box.y += pitch;
    write_line(e, box, colon + 2, small, PALE, MIEN_ALIGN_LEFT);
}

static void draw_key(const easel *e, mien_box box, const mien_key *key, const sizes *s)
{
    mien_box place = {box.x, box.y, s->legend, s->bar};
    mien_canvas bar;
    if (e->pen->status)
        return;
    e->pen->status = mien_canvas_init(s->legend, s->bar, mien_paper, &bar, e->pen->err);
    if (e->pen->status)
        return;
    for (size_t x = 0; x < bar.width; x++)
        mien_canvas_fill(&bar, (mien_box){x, 0, 1, bar.height},
                         key_color(key, (double)x / (double)(bar.width - 1)));
    mien_pen_picture(e->pen, box.x, box.y, &bar);
    mien_pen_frame(e->pen, place, 1, FRAME);
    size_t small = s->letters.small;
    mien_box words = {box.x, place.y + place.height + s->gap / 2, place.width, line_height(small)};
    write_line(e, words, key->left, small, PALE, MIEN_ALIGN_LEFT);
    write_line(e, words, key->middle, small, PALE, MIEN_ALIGN_CENTER);
    write_line(e, words, key->right, small, PALE, MIEN_ALIGN_RIGHT);
    words.x += place.width + 2 * small;
    words.y = box.y;
    words.width = box.width > place.width + 2 * small ? box.width - place.width - 2 * small : 0;
    write_words(e, words, key_height(s), key->words);
}

static void paint(mien_pen *pen, const void *what)
{
    easel easel_with_pen = *(const easel *)what, *e = &easel_with_pen;
    mien_key keys[MAX_KEYS];
    size_t count = legend_keys(e->figure, e->style, keys), width;
    sizes s = choose_sizes(e->figure, e->style, &width);
    mien_box box = e->layout->legend;
    e->pen = pen;
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

mien_status mien_figure_draw(const mien_figure *figure, const mien_style *style,
                             mien_canvas *canvas, mien_text *svg, mien_error *err)
{
    mien_figure_layout layout;
    mien_canvas pixels = {0};
    mien_status st = mien_figure_arrange(figure, style, &layout, err);
    easel e = {.figure = figure, .style = style, .layout = &layout};
    mien_drawing drawing = {layout.width, layout.height,
                            "Basis images times weights equals reconstruction, a panel a method",
                            paint, &e};
    if (!st && canvas)
        st = mien_drawing_canvas(&drawing, &pixels, err);
    if (!st && svg)
        st = mien_drawing_svg(&drawing, svg, err);
    if (st)
        mien_canvas_free(&pixels);
    else if (canvas)
        *canvas = pixels;
    return st;
}
