/* test_heatmap.c - a matrix as colours: what is where, in which colour.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "figures/heatmap.h"

#include <string.h>

static bool same(mien_rgb a, mien_rgb b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b;
}

static size_t count_color(const mien_canvas *canvas, mien_rgb color)
{
    size_t count = 0;
    for (size_t y = 0; y < canvas->height; y++)
        for (size_t x = 0; x < canvas->width; x++)
            count += same(mien_canvas_get(canvas, x, y), color);
    return count;
}

static mien_canvas draw(const mien_heatmap *map, mien_palette palette)
{
    mien_canvas canvas;
    mien_error err;
    if (mien_heatmap_draw(map, palette, &canvas, &err))
        fail_msg("%s", err.message);
    return canvas;
}

static const mien_rgb BLACK = {0, 0, 0}, BLUE = {0, 114, 178}, ORANGE = {230, 159, 0};

/* A page of two rows and two columns: the diagonal is black, the rest is paper. */
static void test_much_is_black(void **state)
{
    (void)state;
    static const float diagonal[] = {1, 0, 0, 1}, zeros[] = {0, 0, 0, 0};
    mien_heatmap map = {.rows = 2, .columns = 2, .values = diagonal};
    mien_canvas canvas = draw(&map, MIEN_PALETTE_ESL);
    size_t black = count_color(&canvas, BLACK);
    mien_canvas_free(&canvas);
    map.values = zeros;
    canvas = draw(&map, MIEN_PALETTE_ESL);
    size_t none = count_color(&canvas, BLACK);
    mien_canvas_free(&canvas);
    /* two cells of 110 x 26 without their gaps */
    assert_in_range(black - none, 2 * 100 * 20, 2 * 110 * 26);
}

/* Values of another size: with a scale of its own every column has a black cell. */
static void test_columns_may_have_their_own_scale(void **state)
{
    (void)state;
    static const float values[] = {1000, 0, 0, 1};
    mien_heatmap map = {.rows = 2, .columns = 2, .values = values};
    mien_canvas canvas = draw(&map, MIEN_PALETTE_ESL);
    size_t common = count_color(&canvas, BLACK);
    mien_canvas_free(&canvas);
    map.apart = true;
    canvas = draw(&map, MIEN_PALETTE_ESL);
    size_t apart = count_color(&canvas, BLACK);
    mien_canvas_free(&canvas);
    assert_in_range(apart - common, 100 * 20, 110 * 26);
}

static void test_labels_have_a_stripe_and_a_legend(void **state)
{
    (void)state;
    static const float values[] = {1, 1, 0};
    static const size_t labels[] = {0, 0, 1}, order[] = {1, 0}, counts[] = {2, 0, 1, 0};
    static const char *const names[] = {"control", "patient"};
    mien_heatmap map = {.rows = 3,
                        .columns = 1,
                        .values = values,
                        .labels = labels,
                        .n_labels = 2,
                        .label_names = names,
                        .order = order,
                        .counts = counts,
                        .counts_title = "label"};
    mien_canvas canvas = draw(&map, MIEN_PALETTE_ESL);
    /* the stripe of two rows and one, 22 x 26 each, and a swatch of 18 x 18 each */
    assert_int_equal(count_color(&canvas, BLUE), 2 * 22 * 26 + 18 * 18);
    assert_int_equal(count_color(&canvas, ORANGE), 22 * 26 + 18 * 18);
    mien_canvas_free(&canvas);
    map.labels = NULL;
    canvas = draw(&map, MIEN_PALETTE_ESL);
    assert_int_equal(count_color(&canvas, BLUE) + count_color(&canvas, ORANGE), 0);
    mien_canvas_free(&canvas);
}

/* Names make rows high, and only while there are not too many of them. */
static void test_names_and_many_rows(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static float values[MANY];
    static const char *names[MANY];
    for (size_t i = 0; i < MANY; i++) {
        values[i] = i % 2 ? 1 : 0.5f;
        names[i] = "a name of some length";
    }
    mien_heatmap map = {
        .rows = 80, .columns = 1, .values = values, .names = names, .max_names = 80};
    mien_canvas canvas = draw(&map, MIEN_PALETTE_ESL);
    size_t named = canvas.height;
    mien_canvas_free(&canvas);
    map.rows = MANY; /* more than pixels: neighbours as their mean, in two lines of 1100 */
    canvas = draw(&map, MIEN_PALETTE_ESL);
    assert_in_range(canvas.height, 1100, 1500);
    assert_true(named > 1100);
    assert_int_equal(count_color(&canvas, BLACK) > 110 * 1000, false);
    mien_canvas_free(&canvas);
    mien_error err;
    map.rows = 0;
    assert_int_equal(mien_heatmap_draw(&map, MIEN_PALETTE_ESL, &canvas, &err), MIEN_ERR_ARG);
    map.rows = 1;
    map.columns = 100000; /* wider than any picture */
    assert_int_equal(mien_heatmap_draw(&map, MIEN_PALETTE_ESL, &canvas, &err), MIEN_ERR_ARG);
}

static void test_every_palette_and_sign(void **state)
{
    (void)state;
    static const float values[] = {-1, 0.5f, 1, -0.25f};
    for (int palette = MIEN_PALETTE_ESL; palette <= MIEN_PALETTE_DIVERGING; palette++) {
        mien_heatmap map = {.title = "PCA",
                            .subtitle = "s",
                            .note = "n",
                            .rows = 2,
                            .columns = 2,
                            .values = values,
                            .is_signed = true,
                            .low_word = "negative",
                            .high_word = "positive"};
        mien_canvas canvas = draw(&map, (mien_palette)palette);
        assert_true(canvas.width >= 1000);
        mien_canvas_free(&canvas);
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static const float values[] = {1, 0, 0, 1};
    static const char *const names[] = {"a", "b"};
    mien_heatmap map = {
        .title = "t", .rows = 2, .columns = 2, .values = values, .names = names, .max_names = 9};
    for (long k = 0;; k = failing_next(k)) {
        mien_canvas canvas;
        failing_countdown = k;
        mien_set_allocator(failing_malloc, failing_free);
        mien_status st = mien_heatmap_draw(&map, MIEN_PALETTE_ESL, &canvas, NULL);
        if (!st)
            mien_canvas_free(&canvas);
        mien_set_allocator(NULL, NULL);
        assert_int_equal(failing_alive, 0);
        if (!st)
            break;
        assert_int_equal(st, MIEN_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_much_is_black),
        cmocka_unit_test(test_columns_may_have_their_own_scale),
        cmocka_unit_test(test_labels_have_a_stripe_and_a_legend),
        cmocka_unit_test(test_names_and_many_rows),
        cmocka_unit_test(test_every_palette_and_sign),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
