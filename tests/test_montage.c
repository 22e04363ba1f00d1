/* test_montage.c - grids of pictures: geometry, exact enlargement, scales, odd input.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/memory.h"
#include "figures/montage.h"

#include <string.h>

static const mien_shape WIDE = {20, 400, 1}, TALL = {400, 20, 1}, PORTRAIT = {112, 92, 1};
static const mien_shape FACE = {19, 19, 1}, TABLE = {1, 40, 1}, COLOR = {5, 4, 3};

static bool same(mien_rgb a, mien_rgb b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b;
}

/* Values from -1 to 1, other ones for every seed. */
static float *noise(size_t count, unsigned seed, bool is_signed)
{
    float *values = test_malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        double v = seed / 4294967296.0;
        values[i] = (float)(is_signed ? 2 * v - 1 : v);
    }
    return values;
}

static void test_grid_choose(void **state)
{
    (void)state;
    static const struct {
        size_t count, columns, rows;
        const mien_shape *shape;
        size_t expected_columns, expected_rows;
    } cases[] = {
        {1, 0, 0, &FACE, 1, 1},      {49, 0, 0, &FACE, 7, 7},    {50, 0, 0, &FACE, 8, 7},
        {2, 0, 0, &FACE, 2, 1},      {400, 0, 0, &FACE, 20, 20}, {401, 0, 0, &FACE, 21, 20},
        {49, 10, 0, &FACE, 10, 5},   {49, 0, 3, &FACE, 17, 3},   {49, 7, 9, &FACE, 7, 9},
        {8, 0, 0, &TABLE, 1, 8},     {8, 4, 0, &TABLE, 4, 2},    {3, 100, 0, &FACE, 100, 1},
        {5, 0, 0, &WIDE, 1, 5},      {49, 0, 0, &WIDE, 2, 25},   {100, 0, 0, &WIDE, 2, 50},
        {5, 0, 0, &TALL, 5, 1},      {49, 0, 0, &TALL, 25, 2},   {16, 0, 0, &PORTRAIT, 4, 4},
        {49, 0, 0, &PORTRAIT, 7, 7}, {3, 0, 0, &FACE, 2, 2},     {17, 0, 0, &FACE, 5, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_style style = {.columns = cases[i].columns, .rows = cases[i].rows, .gap = 3};
        mien_grid grid;
        assert_int_equal(mien_grid_choose(cases[i].count, *cases[i].shape, &style, &grid, NULL),
                         MIEN_OK);
        assert_int_equal(grid.columns, cases[i].expected_columns);
        assert_int_equal(grid.rows, cases[i].expected_rows);
        assert_int_equal(grid.count, cases[i].count);
        assert_int_equal(grid.gap, 3);
    }
}

/* Whatever the shape and the number, no grid is much nearer to a square. */
static void test_montages_are_nearly_square(void **state)
{
    (void)state;
    static const mien_shape shapes[] = {{19, 19, 1},  {112, 92, 1}, {20, 400, 1},
                                        {400, 20, 1}, {30, 40, 3},  {100, 50, 1},
                                        {50, 100, 1}, {48, 64, 1},  {7, 100, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t count = 1; count < 150; count++) {
            mien_style style = {0};
            mien_grid grid;
            mien_shape shape = shapes[s];
            assert_int_equal(mien_grid_choose(count, shape, &style, &grid, NULL), MIEN_OK);
            assert_true(grid.columns * grid.rows >= count);
            assert_true((grid.rows - 1) * grid.columns < count);
            double side =
                fmax((double)(grid.columns * shape.width), (double)(grid.rows * shape.height));
            for (size_t c = 1; c <= count; c++) {
                double other =
                    fmax((double)(c * shape.width), (double)((count + c - 1) / c * shape.height));
                if (side > 1.1 * other)
                    fail_msg("%zu pictures of %zux%zu in %zu columns, %zu would do better", count,
                             shape.width, shape.height, grid.columns, c);
            }
        }
}

/* A component of zeros says so in any size; a weight of zero does not. */
static void test_empty_components_say_so(void **state)
{
    (void)state;
    static const float images[2 * 361] = {1};
    for (size_t zoom = 1; zoom <= 5; zoom++) {
        mien_style style = mien_style_default();
        style.zoom = zoom;
        mien_canvas canvas;
        assert_int_equal(mien_montage_draw(images, 2, FACE, false, &style, &canvas, NULL), MIEN_OK);
        size_t marked = 0, first = style.gap + 19 * zoom + style.gap;
        for (size_t y = style.gap; y < style.gap + 19 * zoom; y++)
            for (size_t x = 0; x < 19 * zoom; x++) {
                marked += mien_canvas_get(&canvas, first + x, y).r < 250;
                if (x >= zoom || y >= style.gap + zoom)
                    assert_int_equal(mien_canvas_get(&canvas, style.gap + x, y).r, 255);
            }
        assert_in_range(marked, 5, 19 * zoom * 19 * zoom / 4);
        mien_canvas_free(&canvas);
    }
    mien_style style = mien_style_default();
    mien_canvas canvas;
    assert_int_equal(mien_montage_weights(images, 2, FACE, false, &style, &canvas, NULL), MIEN_OK);
    for (size_t x = canvas.width / 2 + 8; x < canvas.width - 8; x++)
        assert_int_equal(mien_canvas_get(&canvas, x, canvas.height / 2).r, 255);
    mien_canvas_free(&canvas);
}

static void test_too_small_a_grid_is_refused_with_numbers(void **state)
{
    (void)state;
    mien_style style = {.columns = 6, .rows = 8};
    mien_grid grid;
    mien_error err = {0};
    assert_int_equal(mien_grid_choose(49, FACE, &style, &grid, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "6x8"));
    assert_non_null(strstr(err.message, "48 places"));
    assert_non_null(strstr(err.message, "49 components"));
    assert_non_null(strstr(err.message, "--tile"));
    assert_int_equal(mien_grid_choose(0, FACE, &style, &grid, &err), MIEN_ERR_ARG);
}

/* Cells lie in the grid, one gap apart, and do not overlap; whatever is asked for. */
static void test_grid_fit_stays_within_its_room(void **state)
{
    (void)state;
    static const mien_shape shapes[] = {{19, 19, 1},  {112, 92, 1}, {1, 40, 1},  {1, 5000, 1},
                                        {1, 1, 1},    {3, 200, 1},  {200, 3, 1}, {900, 1300, 3},
                                        {5000, 1, 1}, {1, 2, 1}};
    static const size_t counts[] = {1, 2, 7, 49, 100, 400, 2429};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
            for (size_t gap = 0; gap < 100; gap = 4 * gap + 1) {
                mien_style style = {.gap = gap};
                mien_grid grid;
                mien_shape shape = shapes[s];
                assert_int_equal(mien_grid_choose(counts[c], shape, &style, &grid, NULL), MIEN_OK);
                mien_grid_fit(&grid, shape, 440, 500);
                assert_true(grid.cell_width >= 1 && grid.cell_height >= 1);
                assert_true(mien_grid_width(&grid) <= 440);
                assert_true(mien_grid_height(&grid) <= 500 || grid.rows > 500);
                if (grid.cell_width >= shape.width && grid.cell_height >= shape.height) {
                    assert_int_equal(grid.cell_width % shape.width, 0);
                    assert_int_equal(grid.cell_height % shape.height, 0);
                }
                mien_box last = mien_grid_cell(&grid, 5, 6, grid.columns * grid.rows - 1);
                assert_int_equal(last.x + last.width + grid.gap, 5 + mien_grid_width(&grid));
                assert_int_equal(last.y + last.height + grid.gap, 6 + mien_grid_height(&grid));
            }
}

/* A montage of 7 x 7 faces shows every pixel as a square of equal pixels with its own colour. */
static void test_montage_enlarges_by_repetition(void **state)
{
    (void)state;
    float *images = noise(49 * 361, 1, true);
    for (size_t zoom = 0; zoom <= 5; zoom++) {
        mien_style style = mien_style_default();
        style.zoom = zoom;
        mien_canvas canvas;
        assert_int_equal(mien_montage_draw(images, 49, FACE, true, &style, &canvas, NULL), MIEN_OK);
        size_t z = (canvas.width - 8 * style.gap) / (7 * 19);
        assert_true(zoom == 0 ? z == 7 : z == zoom);
        assert_int_equal(canvas.width, 7 * 19 * z + 8 * style.gap);
        assert_int_equal(canvas.height, canvas.width);
        for (size_t k = 0; k < 49; k++) {
            mien_tone tone = mien_tone_fit(style.palette, true, images + k * 361, 361);
            size_t x0 = style.gap + k % 7 * (19 * z + style.gap);
            size_t y0 = style.gap + k / 7 * (19 * z + style.gap);
            for (size_t i = 0; i < 361 * z * z; i++) {
                size_t x = i % (19 * z), y = i / (19 * z);
                mien_rgb expected = mien_tone_color(&tone, images[k * 361 + y / z * 19 + x / z]);
                assert_true(same(mien_canvas_get(&canvas, x0 + x, y0 + y), expected));
            }
        }
        mien_canvas_free(&canvas);
    }
    test_free(images);
}

static void test_montage_width_suits_a_slide(void **state)
{
    (void)state;
    mien_style style = mien_style_default();
    mien_canvas canvas;
    float *images = noise(25 * 92 * 112, 2, false);
    assert_int_equal(mien_montage_draw(images, 49, FACE, false, &style, &canvas, NULL), MIEN_OK);
    assert_in_range(canvas.width, 900, 1000);
    mien_canvas_free(&canvas);
    assert_int_equal(
        mien_montage_draw(images, 25, (mien_shape){112, 92, 1}, false, &style, &canvas, NULL),
        MIEN_OK);
    assert_int_equal(canvas.width, 5 * 92 + 6 * style.gap); /* large images: as they are */
    mien_canvas_free(&canvas);
    test_free(images);
}

/* One component ten times as strong: alone it looks the same, on a common scale it does not. */
static void test_scale_per_component_or_common(void **state)
{
    (void)state;
    const float images[] = {0.1f, 0, 1, 0};
    mien_style style = {.zoom = 1};
    mien_canvas canvas;
    mien_shape shape = {2, 1, 1};
    assert_int_equal(mien_montage_draw(images, 2, shape, false, &style, &canvas, NULL), MIEN_OK);
    assert_int_equal(canvas.width, 2); /* no gap: cells touch */
    assert_int_equal(mien_canvas_get(&canvas, 0, 0).r, 0);
    assert_int_equal(mien_canvas_get(&canvas, 1, 0).r, 0);
    mien_canvas_free(&canvas);
    style.common_scale = true;
    assert_int_equal(mien_montage_draw(images, 2, shape, false, &style, &canvas, NULL), MIEN_OK);
    assert_near(mien_canvas_get(&canvas, 0, 0).r, 229.5, 1);
    assert_int_equal(mien_canvas_get(&canvas, 1, 0).r, 0);
    mien_canvas_free(&canvas);
}

static void test_weights_are_flat_comparable_squares(void **state)
{
    (void)state;
    const float weights[] = {1, -2, 0, 0.5f, 2};
    mien_style style = mien_style_default();
    mien_canvas canvas;
    assert_int_equal(mien_montage_weights(weights, 5, FACE, true, &style, &canvas, NULL), MIEN_OK);
    size_t side = (canvas.width - 4 * style.gap) / 3;
    mien_tone tone = {MIEN_TONE_SIGNED, style.palette, false, -2, 2};
    for (size_t k = 0; k < 5; k++)
        for (size_t i = 0; i < side * side; i++) {
            size_t x = style.gap + k % 3 * (side + style.gap) + i % side;
            size_t y = style.gap + k / 3 * (side + style.gap) + i / side;
            assert_true(same(mien_canvas_get(&canvas, x, y), mien_tone_color(&tone, weights[k])));
        }
    /* a frame between the cells, nothing where there is no component */
    assert_true(mien_canvas_get(&canvas, style.gap + side, side / 2).r < 230);
    assert_int_equal(mien_canvas_get(&canvas, canvas.width - 1, canvas.height - 1).r, 255);
    mien_canvas_free(&canvas);
}

static void test_pairs_show_both_in_one_mapping(void **state)
{
    (void)state;
    float *originals = noise(8 * 361, 3, false), *rebuilt = noise(8 * 361, 4, false);
    mien_style style = mien_style_default();
    style.zoom = 3;
    mien_canvas canvas;
    assert_int_equal(
        mien_montage_pairs(originals, rebuilt, NULL, 8, FACE, 0, 1, &style, &canvas, NULL),
        MIEN_OK);
    mien_tone tone = mien_tone_range(style.palette, 0, 1);
    size_t found = 0; /* rows of the canvas at which the first image of either kind begins */
    for (size_t y = 0; y + 3 * 19 <= canvas.height; y++)
        for (int kind = 0; kind < 2; kind++) {
            const float *image = kind ? rebuilt : originals;
            size_t x0 = 32, matches = 0;
            for (size_t i = 0; i < 361 * 9; i++)
                matches += same(mien_canvas_get(&canvas, x0 + i % 57, y + i / 57),
                                mien_tone_color(&tone, image[i / 57 / 3 * 19 + i % 57 / 3]));
            if (matches == 361 * 9)
                found |= kind ? (found & 1) << 1 : 1; /* originals come first */
        }
    assert_int_equal(found, 3);
    for (size_t y = 0; y < canvas.height; y++) /* hairlines around them, and white between */
        for (size_t x = 32 + 58; x < 32 + 57 + 7; x++)
            assert_true(y < 50 || mien_canvas_get(&canvas, x, y).r == 255 || y > 80);
    mien_canvas_free(&canvas);
    test_free(originals);
    test_free(rebuilt);
}

/* Rows of a table have their ids at the left, in both blocks; of images nothing stands there. */
static void test_rows_of_a_table_are_named(void **state)
{
    (void)state;
    const mien_shape row = {1, 20, 1};
    const float rows[40] = {0};
    char first[] = "sub-001", second[] = "sub-002", *names[] = {first, second};
    mien_style style = mien_style_default();
    mien_canvas plain, named;
    assert_int_equal(mien_montage_pairs(rows, rows, NULL, 2, row, 0, 1, &style, &plain, NULL),
                     MIEN_OK);
    assert_int_equal(mien_montage_pairs(rows, rows, names, 2, row, 0, 1, &style, &named, NULL),
                     MIEN_OK);
    assert_int_equal(named.height, plain.height);
    assert_true(named.width > plain.width);
    size_t lines = 0; /* of letters, left of where the captions and rows begin */
    bool before = false;
    for (size_t y = 0; y < named.height; y++) {
        bool dark = false;
        for (size_t x = 0; x < named.width - plain.width + 16; x++)
            dark = dark || mien_canvas_get(&named, x, y).r < 160;
        lines += dark && !before;
        before = dark;
    }
    assert_int_equal(lines, 4);
    mien_canvas_free(&plain);
    mien_canvas_free(&named);
}

static void test_odd_input_is_drawn(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        mien_shape shape;
    } cases[] = {{1, {1, 1, 1}},   {400, {1, 1, 1}}, {3, {1, 5000, 1}}, {400, {1, 7, 1}},
                 {5, {300, 1, 1}}, {4, {5, 4, 3}},   {4, {5, 4, 2}},    {2, {600, 700, 1}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t p = mien_shape_size(cases[i].shape);
        float *images = noise(cases[i].count * p, 5, true);
        images[0] = NAN;
        for (mien_palette palette = MIEN_PALETTE_ESL; palette <= MIEN_PALETTE_DIVERGING; palette++)
            for (int is_signed = 0; is_signed < 2; is_signed++) {
                mien_style style = {.palette = palette, .gap = 1};
                mien_canvas canvas;
                assert_int_equal(mien_montage_draw(images, cases[i].count, cases[i].shape,
                                                   is_signed, &style, &canvas, NULL),
                                 MIEN_OK);
                mien_canvas_free(&canvas);
                assert_int_equal(mien_montage_weights(images, cases[i].count, cases[i].shape,
                                                      is_signed, &style, &canvas, NULL),
                                 MIEN_OK);
                mien_canvas_free(&canvas);
            }
        mien_style style = mien_style_default();
        mien_canvas canvas;
        size_t pairs = cases[i].count < 8 ? cases[i].count : 8;
        assert_int_equal(mien_montage_pairs(images, images, NULL, pairs, cases[i].shape, 0, 1,
                                            &style, &canvas, NULL),
                         MIEN_OK);
        mien_canvas_free(&canvas);
        test_free(images);
    }
}

static void test_impossible_montages_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        mien_shape shape;
        mien_style style;
        mien_status expected;
    } cases[] = {
        {0, {19, 19, 1}, {.gap = 1}, MIEN_ERR_ARG},
        {1, {0, 19, 1}, {.gap = 1}, MIEN_ERR_SHAPE},
        {1, {SIZE_MAX, 2, 1}, {.gap = 1}, MIEN_ERR_SHAPE},
        {4, {19, 19, 1}, {.zoom = 100000}, MIEN_ERR_ARG},
        {4, {19, 19, 1}, {.zoom = SIZE_MAX}, MIEN_ERR_ARG},
        {4, {19, 19, 1}, {.gap = SIZE_MAX}, MIEN_ERR_ARG},
        {4, {19, 19, 1}, {.gap = SIZE_MAX / 4}, MIEN_ERR_ARG},
        {4, {19, 19, 1}, {.columns = SIZE_MAX}, MIEN_ERR_ARG},
        {4, {19, 19, 1}, {.rows = SIZE_MAX}, MIEN_ERR_ARG},
        {4, {19, 19, 1}, {.columns = 1, .rows = 3}, MIEN_ERR_ARG},
    };
    static const float images[4 * 361];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_canvas canvas = {0};
        mien_error err = {0};
        mien_status st = mien_montage_draw(images, cases[i].count, cases[i].shape, false,
                                           &cases[i].style, &canvas, &err);
        if (st != cases[i].expected)
            fail_msg("case %zu: status %d, %s", i, st, err.message);
        assert_true(err.message[0] != '\0');
        assert_null(canvas.pixels);
    }
}

static void test_montages_without_memory(void **state)
{
    (void)state;
    float *images = noise(9 * 60, 6, true);
    mien_style style = {.gap = 1, .zoom = 1};
    mien_set_allocator(failing_malloc, failing_free);
    failing_alive = 0;
    for (int kind = 0; kind < 4; kind++) {
        mien_status st = MIEN_ERR_NOMEM;
        long k = 0;
        for (; st; k++) {
            mien_canvas canvas = {0};
            mien_grid grid = {9, 3, 3, 2, 2, 1};
            mien_coloring coloring = {.palette = MIEN_PALETTE_ESL};
            failing_countdown = k;
            if (kind == 0)
                st = mien_montage_draw(images, 9, COLOR, true, &style, &canvas, NULL);
            else if (kind == 1)
                st = mien_montage_weights(images, 9, COLOR, true, &style, &canvas, NULL);
            else if (kind == 2)
                st =
                    mien_montage_pairs(images, images, NULL, 4, COLOR, 0, 1, &style, &canvas, NULL);
            else if (!(st = mien_canvas_init(9, 9, (mien_rgb){0, 0, 0}, &canvas, NULL)))
                st = mien_grid_draw(&canvas, 0, 0, &grid, images, COLOR, &coloring, NULL);
            assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
            mien_canvas_free(&canvas);
            assert_int_equal(failing_alive, 0);
        }
        assert_true(k > 1);
    }
    mien_set_allocator(NULL, NULL);
    test_free(images);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid_choose),
        cmocka_unit_test(test_montages_are_nearly_square),
        cmocka_unit_test(test_empty_components_say_so),
        cmocka_unit_test(test_too_small_a_grid_is_refused_with_numbers),
        cmocka_unit_test(test_grid_fit_stays_within_its_room),
        cmocka_unit_test(test_montage_enlarges_by_repetition),
        cmocka_unit_test(test_montage_width_suits_a_slide),
        cmocka_unit_test(test_scale_per_component_or_common),
        cmocka_unit_test(test_weights_are_flat_comparable_squares),
        cmocka_unit_test(test_pairs_show_both_in_one_mapping),
        cmocka_unit_test(test_rows_of_a_table_are_named),
        cmocka_unit_test(test_odd_input_is_drawn),
        cmocka_unit_test(test_impossible_montages_are_refused),
        cmocka_unit_test(test_montages_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
