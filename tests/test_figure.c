/* test_figure.c - the comparison figure: nothing overlaps, everything is where the layout says.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/memory.h"
#include "figures/figure.h"
#include "figures/filmstrip.h"

#include <stdio.h>
#include <string.h>

enum { MAX_BOXES = 16 * MIEN_FIGURE_MAX_ROWS + 16 };

/* Boxes that are used, with the name of each for messages. */
typedef struct boxes {
    mien_box box[MAX_BOXES];
    const char *name[MAX_BOXES];
    size_t count;
} boxes;

static void add(boxes *b, mien_box box, const char *name)
{
    if (box.width == 0 && box.height == 0)
        return;
    b->box[b->count] = box;
    b->name[b->count++] = name;
}

static boxes boxes_of(const mien_figure_layout *layout, size_t n_rows)
{
    boxes b = {.count = 0};
    add(&b, layout->legend, "legend");
    for (size_t i = 0; i < n_rows; i++) {
        const struct mien_figure_places *row = &layout->rows[i];
        add(&b, row->title, "row title");
        add(&b, row->numbers, "numbers");
        add(&b, row->original_caption, "original caption");
        add(&b, row->original, "original");
        add(&b, row->untouched_caption, "caption of the file");
        add(&b, row->untouched, "the file");
        add(&b, row->weights_caption, "caption of the weights");
        add(&b, row->reconstruction_caption, "caption of the reconstruction");
        add(&b, row->scale_note, "scale of the weights");
        add(&b, row->basis, "basis");
        add(&b, row->times, "times");
        add(&b, row->weights, "weights");
        add(&b, row->equals, "equals");
        add(&b, row->reconstruction, "reconstruction");
        add(&b, row->shown_note, "note of components");
        add(&b, row->mean_note, "note of the mean");
    }
    return b;
}

static bool overlap(mien_box a, mien_box b)
{
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
           b.y < a.y + a.height;
}

static void assert_no_overlap(const mien_figure_layout *layout, size_t n_rows, const char *what)
{
    boxes b = boxes_of(layout, n_rows);
    for (size_t i = 0; i < b.count; i++) {
        if (b.box[i].width == 0 || b.box[i].height == 0 ||
            b.box[i].x + b.box[i].width > layout->width ||
            b.box[i].y + b.box[i].height > layout->height)
            fail_msg("%s: %s is empty or leaves the canvas", what, b.name[i]);
        for (size_t j = i + 1; j < b.count; j++)
            if (overlap(b.box[i], b.box[j]))
                fail_msg("%s: %s overlaps %s", what, b.name[i], b.name[j]);
    }
}

/* Panels are alike: the same places from each one's corner, and only centred methods add a mean. */
static void assert_rows_are_alike(const mien_figure_layout *layout, const mien_figure_row *rows,
                                  size_t n_rows)
{
    const struct mien_figure_places *first = &layout->rows[0];
    for (size_t i = 0; i < n_rows; i++) {
        const struct mien_figure_places *row = &layout->rows[i];
        size_t left = row->title.x - first->title.x;
        assert_int_equal(row->times.x, first->times.x + left);
        assert_int_equal(row->equals.x, first->equals.x + left);
        assert_int_equal(row->reconstruction.x, first->reconstruction.x + left);
        assert_int_equal(row->equals.width, row->times.width);
        assert_int_equal(row->times.y, row->equals.y);
        assert_int_equal(row->mean_note.width > 0, rows[i].centred);
    }
    if (first->original.width)
        assert_int_equal(first->original.x, first->reconstruction.x);
}

/* First and last line of pixels that a row uses. */
static mien_box extent_of_row(const mien_figure_layout *layout, size_t i)
{
    mien_figure_layout one = {.width = 0};
    one.rows[0] = layout->rows[i];
    boxes b = boxes_of(&one, 1);
    size_t top = SIZE_MAX, bottom = 0;
    for (size_t k = 0; k < b.count; k++) {
        top = b.box[k].y < top ? b.box[k].y : top;
        bottom = b.box[k].y + b.box[k].height > bottom ? b.box[k].y + b.box[k].height : bottom;
    }
    return (mien_box){0, top, 0, bottom - top};
}

static void assert_rows_are_apart(const mien_figure_layout *layout, size_t n_rows)
{
    for (size_t i = 1; i < n_rows; i++) {
        mien_box above = extent_of_row(layout, i - 1), below = extent_of_row(layout, i);
        assert_true(below.y >= above.y + above.height + layout->width / 50);
    }
}

static const mien_shape SHAPES[] = {{19, 19, 1},  {112, 92, 1},   {48, 48, 3},  {1, 1, 1},
                                    {1, 40, 1},   {1, 5000, 1},   {1, 2, 1},    {3, 200, 1},
                                    {200, 3, 1},  {700, 1000, 1}, {5000, 1, 1}, {30, 20, 2},
                                    {20, 600, 1}, {289, 289, 1}};
static const size_t RANKS[] = {1, 2, 5, 49, 100, 400, 2429, 100000};

static void test_layout_never_overlaps(void **state)
{
    (void)state;
    static const mien_style styles[] = {{.gap = 2},
                                        {.gap = 0},
                                        {.gap = 60},
                                        {.gap = SIZE_MAX},
                                        {.width = 480},
                                        {.layout = MIEN_LAYOUT_SLIDE, .gap = 2},
                                        {.layout = MIEN_LAYOUT_SLIDE, .gap = 2, .width = 4000}};
    char what[200];
    for (size_t s = 0; s < sizeof SHAPES / sizeof *SHAPES; s++)
        for (size_t k = 0; k < sizeof RANKS / sizeof *RANKS; k++)
            for (size_t n_rows = 1; n_rows <= 5; n_rows++)
                for (size_t y = 0; y < sizeof styles / sizeof *styles; y++) {
                    mien_figure_row rows[5];
                    for (size_t i = 0; i < n_rows; i++)
                        rows[i] = (mien_figure_row){.title = "NMF",
                                                    .motto = i % 2 ? "adds parts" : NULL,
                                                    .loss = i % 2 ? "loss 1" : NULL,
                                                    .r = i == 3 ? 1 : RANKS[k],
                                                    .centred = i % 2};
                    static const float image[1];
                    static const uint8_t file[1];
                    mien_figure figure = {.original = n_rows % 2 ? image : NULL,
                                          .untouched = n_rows > 2 ? file : NULL,
                                          .rows = rows,
                                          .n_rows = n_rows,
                                          .shape = SHAPES[s]};
                    mien_figure_layout layout;
                    snprintf(what, sizeof what, "%zu rows, r = %zu, %zux%zux%zu, gap %zu", n_rows,
                             RANKS[k], SHAPES[s].height, SHAPES[s].width, SHAPES[s].channels,
                             styles[y].gap);
                    assert_int_equal(mien_figure_arrange(&figure, &styles[y], &layout, NULL),
                                     MIEN_OK);
                    bool slide = styles[y].layout == MIEN_LAYOUT_SLIDE;
                    assert_int_equal(layout.width, styles[y].width ? styles[y].width
                                                   : slide         ? MIEN_FIGURE_SLIDE_WIDTH
                                                                   : MIEN_FIGURE_PAGE_WIDTH);
                    assert_no_overlap(&layout, n_rows, what);
                    assert_rows_are_alike(&layout, rows, n_rows);
                    if (!slide)
                        assert_rows_are_apart(&layout, n_rows);
                }
}

static void test_layout_with_the_users_grid(void **state)
{
    (void)state;
    static const struct {
        size_t r, columns, rows;
        mien_status expected;
    } cases[] = {{49, 7, 7, MIEN_OK},          {49, 49, 1, MIEN_OK},    {49, 1, 49, MIEN_OK},
                 {49, 10, 0, MIEN_OK},         {49, 0, 2, MIEN_OK},     {400, 1, 0, MIEN_OK},
                 {100000, 100000, 0, MIEN_OK}, {49, 100, 100, MIEN_OK}, {49, 6, 8, MIEN_ERR_ARG},
                 {0, 0, 0, MIEN_ERR_ARG}};
    char what[100];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t s = 0; s < sizeof SHAPES / sizeof *SHAPES; s++) {
            mien_style style = {.columns = cases[i].columns, .rows = cases[i].rows, .gap = 2};
            mien_figure_row row = {.title = "PCA", .r = cases[i].r, .centred = true};
            mien_figure_row rows[] = {row, row};
            mien_figure figure = {.rows = rows, .n_rows = 2, .shape = SHAPES[s]};
            mien_figure_layout layout;
            mien_error err = {0};
            snprintf(what, sizeof what, "grid %zux%zu, shape %zu", style.columns, style.rows, s);
            assert_int_equal(mien_figure_arrange(&figure, &style, &layout, &err),
                             cases[i].expected);
            if (cases[i].expected)
                assert_true(err.message[0] != '\0');
            if (!cases[i].expected) {
                assert_no_overlap(&layout, 2, what);
                assert_rows_are_apart(&layout, 2);
            }
        }
}

static void test_layout_shows_all_components_that_can_be_seen(void **state)
{
    (void)state;
    mien_style style = mien_style_default();
    for (size_t r = 1; r < 12000; r = r * 3 / 2 + 1) {
        mien_figure_row row = {.title = "NMF", .r = r};
        mien_figure figure = {.rows = &row, .n_rows = 1, .shape = {19, 19, 1}};
        mien_figure_layout layout;
        assert_int_equal(mien_figure_arrange(&figure, &style, &layout, NULL), MIEN_OK);
        size_t shown = layout.rows[0].shown;
        assert_true(r <= 5000 ? shown == r : shown >= 5000);
        assert_int_equal(shown, layout.rows[0].basis_grid.count);
        assert_int_equal(shown, layout.rows[0].weights_grid.count);
        assert_true((layout.rows[0].shown_note.width > 0) == (shown < r));
    }
}

/* Whatever its legend has to say: two keys in the grey palette, three of colour images. */
static void test_slide_is_16_to_9(void **state)
{
    (void)state;
    static const mien_palette palettes[] = {MIEN_PALETTE_ESL, MIEN_PALETTE_GRAY,
                                            MIEN_PALETTE_DIVERGING};
    static const mien_shape shapes[] = {{19, 19, 1}, {112, 92, 1}, {48, 48, 3}, {112, 92, 3}};
    static const float image[1];
    static const uint8_t file[1];
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t k = 0; k < sizeof palettes / sizeof *palettes; k++)
            for (size_t n_rows = 2; n_rows <= 4; n_rows++) {
                mien_style style = {.layout = MIEN_LAYOUT_SLIDE, .palette = palettes[k], .gap = 2};
                mien_figure_row rows[4];
                for (size_t i = 0; i < n_rows; i++)
                    rows[i] = (mien_figure_row){
                        .title = "NMF", .r = 49, .is_signed = i > 1, .centred = i > 1};
                mien_figure figure = {.rows = rows,
                                      .n_rows = n_rows,
                                      .shape = shapes[s],
                                      .original = image,
                                      .untouched = file};
                mien_figure_layout layout;
                assert_int_equal(mien_figure_arrange(&figure, &style, &layout, NULL), MIEN_OK);
                assert_int_equal(layout.width, MIEN_FIGURE_SLIDE_WIDTH);
                assert_int_equal(layout.height, MIEN_FIGURE_SLIDE_WIDTH * 9 / 16);
            }
}

/* Flat pictures leave room for what stands beside them: words of two strips do not overlap. */
static void test_filmstrip_leaves_room_for_words(void **state)
{
    (void)state;
    enum { COLUMNS = 8, WORDS = 29 }; /* a line of them is so high */
    static const float pictures[COLUMNS * 20 * 400];
    char headings[COLUMNS][32] = {"1 part"};
    size_t before = 0;
    for (size_t n = 1; n <= 6; n++) {
        mien_strip strips[6];
        for (size_t i = 0; i < n; i++)
            strips[i] = (mien_strip){.label = "part 1", .pictures = pictures};
        mien_filmstrip film = {.strips = strips,
                               .n_strips = n,
                               .headings = headings,
                               .columns = COLUMNS,
                               .shape = {20, 400, 1}};
        mien_canvas canvas;
        assert_int_equal(mien_filmstrip_draw(&film, &canvas, NULL), MIEN_OK);
        assert_true(canvas.height >= before + WORDS);
        before = canvas.height;
        mien_canvas_free(&canvas);
    }
}

/* In the tables' figure a weight stands beside its stripe; on a slide a few of them fill it. */
static void test_layout_aligns_weights_with_stripes(void **state)
{
    (void)state;
    for (size_t r = 1; r <= 120; r += 7) {
        mien_style style = mien_style_default();
        style.layout = r % 2 ? MIEN_LAYOUT_PAGE : MIEN_LAYOUT_SLIDE;
        mien_figure_row row = {.title = "NMF", .r = r};
        mien_figure figure = {.rows = &row, .n_rows = 1, .shape = {1, 40, 1}};
        mien_figure_layout layout;
        assert_int_equal(mien_figure_arrange(&figure, &style, &layout, NULL), MIEN_OK);
        const struct mien_figure_places *places = &layout.rows[0];
        for (size_t k = 0; k < r && r < 60; k++) {
            mien_box stripe =
                mien_grid_cell(&places->basis_grid, places->basis.x, places->basis.y, k);
            mien_box weight =
                mien_grid_cell(&places->weights_grid, places->weights.x, places->weights.y, k);
            assert_int_equal(stripe.y, weight.y);
            assert_int_equal(stripe.height, weight.height);
        }
    }
}

/* On a slide of 1920 x 1080, four methods on faces of 19 x 19 with 49 components: what a class can
 * see; and on a page the montage is what is seen first. */
static void test_sizes_for_a_class(void **state)
{
    (void)state;
    static const float image[361];
    static const uint8_t file[361];
    mien_figure_row row = {
        .title = "NMF", .loss = "loss 1", .explained = "half", .r = 49, .centred = true};
    mien_figure_row rows[] = {row, row, row, row};
    mien_figure figure = {.rows = rows,
                          .n_rows = 4,
                          .original = image,
                          .untouched = file,
                          .name = "a.pgm",
                          .shape = {19, 19, 1},
                          .high = 1};
    mien_style style = mien_style_default();
    mien_figure_layout layout;
    style.layout = MIEN_LAYOUT_SLIDE;
    assert_int_equal(mien_figure_arrange(&figure, &style, &layout, NULL), MIEN_OK);
    assert_int_equal(layout.width, 1920);
    assert_int_equal(layout.height, 1080);
    for (size_t i = 0; i < 4; i++)
        assert_true(layout.rows[i].basis_grid.cell_width >= 44);
    assert_true(layout.letters.small >= 20 && layout.letters.motto >= 20);
    assert_true(layout.letters.title >= 20 && layout.letters.number >= 11);
    assert_true(layout.rows[1].title.x > 960 && layout.rows[2].title.y > 480);
    static const mien_shape shapes[] = {
        {19, 19, 1}, {112, 92, 1}, {48, 48, 1}, {24, 24, 1}, {64, 64, 1}};
    style.layout = MIEN_LAYOUT_PAGE;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        figure.shape = shapes[s];
        assert_int_equal(mien_figure_arrange(&figure, &style, &layout, NULL), MIEN_OK);
        size_t longer = layout.rows[0].basis.width > layout.rows[0].basis.height
                            ? layout.rows[0].basis.width
                            : layout.rows[0].basis.height;
        assert_true(longer * 100 >= layout.width * 45);
    }
}

static void test_bad_figures_are_refused(void **state)
{
    (void)state;
    mien_style style = mien_style_default();
    mien_figure_row rows[MIEN_FIGURE_MAX_ROWS + 1];
    for (size_t i = 0; i < MIEN_FIGURE_MAX_ROWS + 1; i++)
        rows[i] = (mien_figure_row){.title = "x", .r = 4};
    mien_figure_layout layout;
    mien_figure figure = {.rows = rows, .n_rows = 0, .shape = {4, 4, 1}};
    assert_int_equal(mien_figure_arrange(&figure, &style, &layout, NULL), MIEN_ERR_ARG);
    figure.n_rows = MIEN_FIGURE_MAX_ROWS + 1;
    assert_int_equal(mien_figure_arrange(&figure, &style, &layout, NULL), MIEN_ERR_ARG);
    figure.n_rows = MIEN_FIGURE_MAX_ROWS;
    assert_int_equal(mien_figure_arrange(&figure, &style, &layout, NULL), MIEN_OK);
    assert_no_overlap(&layout, MIEN_FIGURE_MAX_ROWS, "most rows");
    figure.shape.width = 0;
    assert_int_equal(mien_figure_arrange(&figure, &style, &layout, NULL), MIEN_ERR_SHAPE);
}

/* A figure with values that can be found again. */
typedef struct scene {
    float *basis, *weights, *image;
    uint8_t *untouched;
    mien_figure_row rows[2];
    mien_figure figure;
} scene;

static scene new_scene(mien_shape shape, size_t r)
{
    size_t p = mien_shape_size(shape);
    scene s = {.basis = test_malloc(r * p * sizeof(float)),
               .weights = test_malloc(r * sizeof(float)),
               .image = test_malloc(p * sizeof(float)),
               .untouched = test_malloc(p)};
    for (size_t i = 0; i < r * p; i++)
        s.basis[i] = (float)((i * 7919) % 1009) / 1009 - 0.5f;
    for (size_t i = 0; i < r; i++)
        s.weights[i] = (float)i - (float)r / 3;
    for (size_t i = 0; i < p; i++)
        s.image[i] = (float)((i * 104729) % 997) / 997;
    for (size_t i = 0; i < p; i++)
        s.untouched[i] = (uint8_t)(i * 89);
    s.rows[0] = (mien_figure_row){.title = "NMF",
                                  .motto = "adds parts",
                                  .loss = "loss 1",
                                  .explained = "half",
                                  .basis = s.basis,
                                  .weights = s.weights,
                                  .reconstruction = s.image,
                                  .r = r,
                                  .is_signed = true,
                                  .centred = true};
    s.rows[1] = s.rows[0];
    s.rows[1].is_signed = false;
    s.figure = (mien_figure){.n_rows = 2,
                             .original = s.image,
                             .untouched = s.untouched,
                             .name = "a/long/name/of/a/file/that/does/not/fit/its/place.png",
                             .shape = shape,
                             .low = 0,
                             .high = 1};
    return s;
}

static void free_scene(scene *s)
{
    test_free(s->basis);
    test_free(s->weights);
    test_free(s->image);
    test_free(s->untouched);
}

/* The box of a picture holds its values, enlarged by repetition, in its colours; `number` is the
 * room in a tile's corner for its number. */
static void assert_picture(const mien_canvas *canvas, mien_box cell, const float *values,
                           mien_shape shape, const mien_tone *tone, size_t number)
{
    size_t zoom = cell.width / shape.width;
    assert_int_equal(cell.width, zoom * shape.width);
    for (size_t y = 0; y < cell.height; y++)
        for (size_t x = 0; x < cell.width; x++) {
            if (x < 2 * number && y < number)
                continue;
            mien_rgb expected = mien_tone_color(tone, values[y / zoom * shape.width + x / zoom]);
            mien_rgb got = mien_canvas_get(canvas, cell.x + x, cell.y + y);
            assert_memory_equal(&got, &expected, sizeof got);
        }
}

static void test_figure_shows_the_values(void **state)
{
    (void)state;
    mien_shape shape = {19, 19, 1};
    scene s = new_scene(shape, 49);
    s.figure.rows = s.rows;
    mien_style style = mien_style_default();
    mien_figure_layout layout;
    mien_canvas canvas;
    assert_int_equal(mien_figure_arrange(&s.figure, &style, &layout, NULL), MIEN_OK);
    assert_int_equal(mien_figure_draw(&s.figure, &style, &canvas, NULL, NULL), MIEN_OK);
    assert_int_equal(canvas.width, 1600);
    assert_int_equal(canvas.height, layout.height);
    mien_tone photo = mien_tone_range(style.palette, 0, 1), file = mien_tone_natural(0, 255);
    float stored[361];
    for (size_t j = 0; j < 361; j++)
        stored[j] = s.untouched[j];
    assert_picture(&canvas, layout.rows[0].untouched, stored, shape, &file, 0);
    assert_picture(&canvas, layout.rows[0].original, s.image, shape, &photo, 0);
    for (size_t i = 0; i < 2; i++) {
        const struct mien_figure_places *row = &layout.rows[i];
        assert_picture(&canvas, row->reconstruction, s.image, shape, &photo, 0);
        for (size_t k = 0; k < 49; k++) {
            const float *basis = s.basis + k * 361;
            mien_tone tone = mien_tone_fit(style.palette, i == 0, basis, 361);
            mien_box cell = mien_grid_cell(&row->basis_grid, row->basis.x, row->basis.y, k);
            assert_picture(&canvas, cell, basis, shape, &tone, 18);
            tone = mien_tone_fit(style.palette, i == 0, s.weights, 49);
            cell = mien_grid_cell(&row->weights_grid, row->weights.x, row->weights.y, k);
            assert_picture(&canvas, cell, &s.weights[k], (mien_shape){1, 1, 1}, &tone, 0);
        }
    }
    mien_canvas_free(&canvas);
    free_scene(&s);
}

/* Ink lies only where the layout has a box, give or take frames and a letter's tail; and every box
 * has some. */
static void test_figure_draws_in_its_boxes_only(void **state)
{
    (void)state;
    scene s = new_scene((mien_shape){112, 92, 1}, 10);
    s.figure.rows = s.rows;
    s.rows[0].motto = "Xxxxx, words much too long for one line of the panel, so they must be cut "
                      "before they reach what stands on the other side";
    mien_style style = mien_style_default();
    mien_figure_layout layout;
    mien_canvas canvas;
    assert_int_equal(mien_figure_arrange(&s.figure, &style, &layout, NULL), MIEN_OK);
    assert_int_equal(mien_figure_draw(&s.figure, &style, &canvas, NULL, NULL), MIEN_OK);
    boxes b = boxes_of(&layout, 2);
    for (size_t i = 0; i < b.count; i++) {
        size_t inked = 0;
        for (size_t y = b.box[i].y; y < b.box[i].y + b.box[i].height; y++)
            for (size_t x = b.box[i].x; x < b.box[i].x + b.box[i].width; x++)
                inked += mien_canvas_get(&canvas, x, y).g < 200;
        if (inked < 20)
            fail_msg("nothing in the box of the %s", b.name[i]);
        b.box[i].x -= 2;
        b.box[i].y -= 2;
        b.box[i].width += 4;
        b.box[i].height += 4;
        mien_canvas_fill(&canvas, b.box[i], (mien_rgb){255, 255, 255});
    }
    for (size_t i = 0; i < canvas.width * canvas.height; i++)
        if (canvas.pixels[3 * i + 1] < 255)
            fail_msg("ink outside of all boxes at (%zu, %zu)", i % canvas.width, i / canvas.width);
    mien_canvas_free(&canvas);
    free_scene(&s);
}

static void test_odd_figures_are_drawn(void **state)
{
    (void)state;
    static const struct {
        mien_shape shape;
        size_t r;
    } cases[] = {{{1, 1, 1}, 1},   {{1, 1, 1}, 400},   {{1, 5000, 1}, 3}, {{1, 5, 1}, 400},
                 {{30, 40, 3}, 7}, {{600, 800, 1}, 2}, {{20, 20, 2}, 5},  {{4, 4, 1}, 6000},
                 {{300, 2, 1}, 9}, {{2, 300, 1}, 9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (mien_palette palette = MIEN_PALETTE_ESL; palette <= MIEN_PALETTE_DIVERGING;
             palette++) {
            scene s = new_scene(cases[i].shape, cases[i].r);
            s.figure.rows = s.rows;
            s.basis[0] = NAN;
            s.weights[0] = INFINITY;
            s.image[0] = NAN;
            mien_style style = {.palette = palette, .gap = 2, .common_scale = i % 2};
            mien_canvas canvas;
            assert_int_equal(mien_figure_draw(&s.figure, &style, &canvas, NULL, NULL), MIEN_OK);
            mien_canvas_free(&canvas);
            free_scene(&s);
        }
}

/* Allocation k fails for many k, at least once in every function that allocates; the letters are
 * tried one by one in test_lettering.c. */
static void test_figure_without_memory(void **state)
{
    (void)state;
    scene s = new_scene((mien_shape){4, 900, 1}, 3);
    s.figure.rows = s.rows;
    s.figure.n_rows = 1;
    mien_style style = mien_style_default();
    mien_set_allocator(failing_malloc, failing_free);
    failing_alive = 0;
    mien_status st = MIEN_ERR_NOMEM;
    long k = 0;
    for (; st; k += k < 8 ? 1 : 11) {
        mien_canvas canvas = {0};
        mien_text svg = {0};
        mien_error err = {0};
        failing_countdown = k;
        st = mien_figure_draw(&s.figure, &style, &canvas, &svg, &err);
        assert_int_equal(err.status, st);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
        if (st) {
            assert_null(canvas.pixels);
            assert_null(svg.bytes);
        }
        mien_canvas_free(&canvas);
        mien_text_free(&svg);
        assert_int_equal(failing_alive, 0);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(k > 100);
    free_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout_never_overlaps),
        cmocka_unit_test(test_layout_with_the_users_grid),
        cmocka_unit_test(test_layout_shows_all_components_that_can_be_seen),
        cmocka_unit_test(test_layout_aligns_weights_with_stripes),
        cmocka_unit_test(test_slide_is_16_to_9),
        cmocka_unit_test(test_filmstrip_leaves_room_for_words),
        cmocka_unit_test(test_sizes_for_a_class),
        cmocka_unit_test(test_bad_figures_are_refused),
        cmocka_unit_test(test_figure_shows_the_values),
        cmocka_unit_test(test_figure_draws_in_its_boxes_only),
        cmocka_unit_test(test_odd_figures_are_drawn),
        cmocka_unit_test(test_figure_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
