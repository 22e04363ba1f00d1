/* test_canvas.c - pixels, shapes and limits.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/memory.h"
#include "draw/canvas.h"

#include <string.h>

static const mien_rgb WHITE = {255, 255, 255}, RED = {255, 0, 0}, BLUE = {0, 0, 255};

static void assert_color(const mien_canvas *canvas, size_t x, size_t y, mien_rgb expected)
{
    mien_rgb c = mien_canvas_get(canvas, x, y);
    if (memcmp(&c, &expected, sizeof c))
        fail_msg("pixel (%zu, %zu) is %d %d %d, expected %d %d %d", x, y, c.r, c.g, c.b, expected.r,
                 expected.g, expected.b);
}

static mien_canvas new_canvas(size_t width, size_t height)
{
    mien_canvas canvas;
    assert_int_equal(mien_canvas_init(width, height, WHITE, &canvas, NULL), MIEN_OK);
    return canvas;
}

static void test_init_refuses_empty_and_huge(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{0, 5},
                                      {5, 0},
                                      {MIEN_CANVAS_MAX_SIDE + 1, 1},
                                      {1, MIEN_CANVAS_MAX_SIDE + 1},
                                      {60000, 60000},
                                      {SIZE_MAX, SIZE_MAX},
                                      {SIZE_MAX / 2 + 1, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        mien_canvas canvas = {.width = 7, .height = 7};
        mien_error err = {0};
        assert_int_equal(mien_canvas_init(sizes[i][0], sizes[i][1], WHITE, &canvas, &err),
                         MIEN_ERR_ARG);
        assert_int_equal(canvas.width, 7); /* untouched */
        assert_int_equal(err.status, MIEN_ERR_ARG);
        assert_non_null(strstr(err.message, "pixels"));
    }
    mien_canvas_free(NULL);
}

static void test_init_without_memory(void **state)
{
    (void)state;
    mien_canvas canvas;
    mien_set_allocator(failing_malloc, failing_free);
    failing_countdown = 0;
    assert_int_equal(mien_canvas_init(3, 3, WHITE, &canvas, NULL), MIEN_ERR_NOMEM);
    failing_countdown = 1000;
    assert_int_equal(mien_canvas_init(3, 3, WHITE, &canvas, NULL), MIEN_OK);
    failing_countdown = 0;
    double x[] = {1, 2};
    assert_int_equal(mien_canvas_polyline(&canvas, x, x, 2, 1, RED, NULL), MIEN_ERR_NOMEM);
    mien_canvas_free(&canvas);
    assert_null(canvas.pixels);
    mien_set_allocator(NULL, NULL);
    assert_int_equal(failing_alive, 0);
}

/* Every pixel inside is the colour and every one outside is not, wherever the box lies. */
static void test_fill_covers_its_box_and_no_more(void **state)
{
    (void)state;
    static const mien_box boxes[] = {
        {0, 0, 5, 4}, {1, 2, 2, 1}, {3, 1, 100, 2},      {4, 3, 1, 1},        {5, 0, 2, 2},
        {0, 4, 2, 2}, {2, 2, 0, 3}, {1, 1, SIZE_MAX, 1}, {SIZE_MAX, 0, 3, 3}, {2, SIZE_MAX, 1, 1}};
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        mien_canvas canvas = new_canvas(5, 4);
        mien_canvas_fill(&canvas, boxes[i], RED);
        for (size_t y = 0; y < 4; y++)
            for (size_t x = 0; x < 5; x++) {
                bool inside = x >= boxes[i].x && x - boxes[i].x < boxes[i].width &&
                              y >= boxes[i].y && y - boxes[i].y < boxes[i].height;
                assert_color(&canvas, x, y, inside ? RED : WHITE);
            }
        mien_canvas_free(&canvas);
    }
}

static void test_frame_surrounds_its_box(void **state)
{
    (void)state;
    mien_canvas canvas = new_canvas(12, 10);
    mien_box box = {4, 3, 3, 2};
    mien_canvas_frame(&canvas, box, 2, RED);
    for (size_t y = 0; y < 10; y++)
        for (size_t x = 0; x < 12; x++) {
            bool outer = x >= 2 && x < 9 && y >= 1 && y < 7;
            bool inner = x >= 4 && x < 7 && y >= 3 && y < 5;
            assert_color(&canvas, x, y, outer && !inner ? RED : WHITE);
        }
    mien_canvas_frame(&canvas, (mien_box){0, 0, 12, 10}, 3, BLUE); /* all of it outside */
    assert_color(&canvas, 0, 0, WHITE);
    assert_color(&canvas, 11, 9, WHITE);
    mien_canvas_free(&canvas);
}

static void test_blit_repeats_pixels_exactly(void **state)
{
    (void)state;
    mien_rgb colors[6];
    for (uint8_t i = 0; i < 6; i++)
        colors[i] = (mien_rgb){i, (uint8_t)(40 * i), (uint8_t)(250 - i)};
    mien_canvas canvas = new_canvas(20, 20);
    mien_canvas_blit(&canvas, 2, 1, colors, 3, 2, 4, 5);
    for (size_t y = 0; y < 20; y++)
        for (size_t x = 0; x < 20; x++) {
            bool inside = x >= 2 && x < 14 && y >= 1 && y < 11;
            assert_color(&canvas, x, y, inside ? colors[(y - 1) / 5 * 3 + (x - 2) / 4] : WHITE);
        }
    mien_canvas_blit(&canvas, 19, 19, colors, 3, 2, 4, 5); /* clipped */
    assert_color(&canvas, 19, 19, colors[0]);
    mien_canvas_blit(&canvas, 20, 20, colors, 3, 2, 4, 5); /* off the canvas */
    mien_canvas_free(&canvas);
}

static void test_blend_mixes_by_coverage(void **state)
{
    (void)state;
    for (unsigned coverage = 0; coverage <= 255; coverage++) {
        mien_canvas canvas = new_canvas(2, 1);
        mien_canvas_blend(&canvas, 1, 0, (mien_rgb){0, 100, 255}, coverage);
        double share = coverage / 255.0;
        mien_rgb c = mien_canvas_get(&canvas, 1, 0);
        assert_near(c.r, 255 * (1 - share), 0.5001);
        assert_near(c.g, 255 - share * 155, 0.5001);
        assert_int_equal(c.b, 255);
        assert_color(&canvas, 0, 0, WHITE);
        mien_canvas_blend(&canvas, -1, 0, RED, 255);
        mien_canvas_blend(&canvas, 0, 1, RED, 255);
        mien_canvas_blend(&canvas, 2, 0, RED, 255);
        assert_color(&canvas, 0, 0, WHITE);
        mien_canvas_free(&canvas);
    }
}

/* Ink on a canvas: how much of it is black, in pixels. */
static double ink(const mien_canvas *canvas)
{
    double sum = 0;
    for (size_t i = 0; i < canvas->width * canvas->height; i++)
        sum += 1 - canvas->pixels[3 * i] / 255.0;
    return sum;
}

static void test_lines_have_their_area(void **state)
{
    (void)state;
    const mien_rgb black = {0, 0, 0};
    for (double angle = 0; angle < 6.3; angle += 0.37)
        for (double thickness = 1; thickness < 8; thickness += 1.7) {
            mien_canvas canvas = new_canvas(120, 120);
            mien_canvas_line(&canvas, 60, 60, 60 + 45 * cos(angle), 60 + 45 * sin(angle), thickness,
                             black);
            double area = 45 * thickness + acos(-1) * thickness * thickness / 4;
            assert_near(ink(&canvas), area, 0.05 * area);
            mien_canvas_free(&canvas);
        }
    mien_canvas canvas = new_canvas(60, 60);
    mien_canvas_disc(&canvas, 30, 30, 12, black);
    assert_near(ink(&canvas), acos(-1) * 144, 5);
    assert_color(&canvas, 30, 30, black);
    mien_canvas_free(&canvas);
}

static void test_lines_are_clipped(void **state)
{
    (void)state;
    mien_canvas canvas = new_canvas(10, 10);
    mien_canvas_line(&canvas, NAN, 0, 5, 5, 2, RED);
    mien_canvas_line(&canvas, 0, 0, INFINITY, 5, 2, RED);
    mien_canvas_line(&canvas, 1, 1, 5, 5, 0, RED);
    mien_canvas_line(&canvas, -50, -50, -20, -10, 3, RED);
    for (size_t i = 0; i < 100; i++)
        assert_color(&canvas, i % 10, i / 10, WHITE);
    mien_canvas_line(&canvas, -1e9, 5, 1e9, 5, 2, RED);
    for (size_t x = 0; x < 10; x++) {
        assert_color(&canvas, x, 4, RED);
        assert_color(&canvas, x, 5, RED);
        assert_color(&canvas, x, 2, WHITE);
    }
    mien_canvas_free(&canvas);
}

/* A stroke in many pieces looks as if it were in one: nothing is covered twice. */
static void test_polyline_in_pieces_equals_one_line(void **state)
{
    (void)state;
    enum { PIECES = 200 };
    double x[PIECES + 1], y[PIECES + 1];
    for (int i = 0; i <= PIECES; i++) {
        x[i] = 10 + 80.0 * i / PIECES;
        y[i] = 20.3 + 31.0 * i / PIECES;
    }
    mien_canvas whole = new_canvas(100, 80), pieces = new_canvas(100, 80);
    mien_canvas_line(&whole, x[0], y[0], x[PIECES], y[PIECES], 3, RED);
    assert_int_equal(mien_canvas_polyline(&pieces, x, y, PIECES + 1, 3, RED, NULL), MIEN_OK);
    for (size_t i = 0; i < 3 * 100 * 80; i++)
        assert_in_range((unsigned)(whole.pixels[i] - pieces.pixels[i] + 1), 0, 2);
    mien_canvas_free(&pieces);
    pieces = new_canvas(100, 80);
    assert_int_equal(mien_canvas_polyline(&pieces, x, y, 0, 3, RED, NULL), MIEN_OK);
    assert_color(&pieces, 10, 20, WHITE);
    assert_int_equal(mien_canvas_polyline(&pieces, x, y, 1, 4, RED, NULL), MIEN_OK);
    assert_color(&pieces, 10, 20, RED);
    mien_canvas_free(&pieces);
    mien_canvas_free(&whole);
}

/* How much of the paper is covered, in pixels. */
static double covered(const mien_canvas *canvas)
{
    double sum = 0;
    for (size_t i = 0; i < canvas->width * canvas->height; i++)
        sum += (255 - canvas->pixels[3 * i + 1]) / 255.0;
    return sum;
}

/* The ink of a convex area is its area times its opacity, wherever its corners lie. */
static void test_convex_areas_cover_what_they_are(void **state)
{
    (void)state;
    static const struct {
        double x[5], y[5];
        size_t count;
        double opacity, expected;
    } cases[] = {
        {{10, 30, 30, 10}, {5, 5, 15, 15}, 4, 1, 200},
        {{10, 10, 30, 30}, {5, 15, 15, 5}, 4, 1, 200}, /* the other way round */
        {{10.5, 30.25, 30.25, 10.5}, {5.25, 5.25, 15, 15}, 4, 1, 19.75 * 9.75},
        {{10, 60, 10}, {10, 10, 70}, 3, 1, 1500},
        {{10, 60, 10}, {10, 10, 70}, 3, 0.4, 600},
        {{50, 90, 70, 30, 10}, {5, 30, 75, 75, 30}, 5, 1, 3700},
        {{-50, 50, 50, -50}, {-50, -50, 40, 40}, 4, 1, 2000}, /* clipped */
        {{200, 300, 200}, {10, 10, 70}, 3, 1, 0},
        {{10, 60, 10}, {10, 10, NAN}, 3, 1, 0},
        {{10, 60}, {10, 40}, 2, 1, 0},
        {{0}, {0}, 0, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_canvas canvas = new_canvas(100, 80);
        mien_canvas_convex(&canvas, cases[i].x, cases[i].y, cases[i].count, RED, cases[i].opacity);
        assert_near(covered(&canvas), cases[i].expected, 0.005 * cases[i].expected + 1);
        mien_canvas_free(&canvas);
    }
    const double x[] = {10, 30, 30, 10}, y[] = {5, 5, 15, 15};
    mien_canvas canvas = new_canvas(100, 80);
    mien_canvas_convex(&canvas, x, y, 4, RED, 1);
    assert_color(&canvas, 10, 5, RED);
    assert_color(&canvas, 29, 14, RED);
    assert_color(&canvas, 9, 5, WHITE);
    assert_color(&canvas, 30, 14, WHITE);
    mien_canvas_free(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_refuses_empty_and_huge),
        cmocka_unit_test(test_init_without_memory),
        cmocka_unit_test(test_fill_covers_its_box_and_no_more),
        cmocka_unit_test(test_frame_surrounds_its_box),
        cmocka_unit_test(test_blit_repeats_pixels_exactly),
        cmocka_unit_test(test_blend_mixes_by_coverage),
        cmocka_unit_test(test_lines_have_their_area),
        cmocka_unit_test(test_lines_are_clipped),
        cmocka_unit_test(test_polyline_in_pieces_equals_one_line),
        cmocka_unit_test(test_convex_areas_cover_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
