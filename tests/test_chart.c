/* test_chart.c - axes with nice numbers, lines where the data is.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/memory.h"
#include "draw/chart.h"

#include <string.h>

static void test_linear_axes_have_nice_ticks(void **state)
{
    (void)state;
    static const struct {
        double least, most;
        size_t wanted;
        double low, high, step;
    } cases[] = {
        {0, 10, 5, 0, 10, 2},           {0, 10, 10, 0, 10, 1},
        {3, 97, 5, 0, 100, 20},         {14000, 37000, 6, 10000, 40000, 5000},
        {-1.3, 0.4, 4, -1.5, 0.5, 0.5}, {0.001, 0.0042, 4, 0.001, 0.005, 0.001},
        {1e9, 2e9, 5, 1e9, 2e9, 2e8},   {5, 5, 5, 2, 8, 1},
        {0, 0, 4, -1, 1, 0.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_axis axis = mien_axis_choose(cases[i].least, cases[i].most, false, cases[i].wanted);
        assert_relative(axis.low, cases[i].low, 1e-9);
        assert_relative(axis.high, cases[i].high, 1e-9);
        for (size_t k = 1; k < axis.n_ticks; k++)
            assert_relative(axis.ticks[k] - axis.ticks[k - 1], cases[i].step, 1e-6);
        assert_near(mien_axis_place(&axis, axis.low), 0, 0);
        assert_near(mien_axis_place(&axis, axis.high), 1, 1e-12);
    }
}

/* Whatever the range: between 2 and 16 ticks, rising, that enclose the data. */
static void test_axes_enclose_any_range(void **state)
{
    (void)state;
    static const double ends[] = {-1e300, -3e7, -1, -1e-9,     -1e-300, 0,   1e-300, 1e-9,
                                  0.1,    0.35, 1,  1 + 1e-15, 99.9,    2e7, 1e300};
    const size_t count = sizeof ends / sizeof *ends;
    for (size_t a = 0; a < count; a++)
        for (size_t b = a; b < count; b++)
            for (size_t wanted = 2; wanted <= 12; wanted += 5)
                for (int logarithmic = 0; logarithmic <= (ends[a] > 0); logarithmic++) {
                    mien_axis axis = mien_axis_choose(ends[a], ends[b], logarithmic, wanted);
                    if (axis.n_ticks < 2 || axis.n_ticks > MIEN_AXIS_MAX_TICKS)
                        fail_msg("%zu ticks for %g .. %g", axis.n_ticks, ends[a], ends[b]);
                    for (size_t k = 1; k < axis.n_ticks; k++)
                        assert_true(axis.ticks[k] > axis.ticks[k - 1]);
                    double first = mien_axis_place(&axis, ends[a]);
                    double last = mien_axis_place(&axis, ends[b]);
                    if (!(first >= -1e-6 && last <= 1 + 1e-6 && first <= last))
                        fail_msg("%g .. %g lies at %g .. %g", ends[a], ends[b], first, last);
                    char label[32];
                    for (size_t k = 0; k < axis.n_ticks; k++) {
                        mien_axis_label(&axis, axis.ticks[k], label);
                        assert_in_range(strlen(label), 1, 31);
                    }
                }
}

static void test_logarithmic_axes(void **state)
{
    (void)state;
    mien_axis axis = mien_axis_choose(0.02, 300, true, 5);
    const double decades[] = {0.01, 0.1, 1, 10, 100, 1000};
    assert_int_equal(axis.n_ticks, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_relative(axis.ticks[i], decades[i], 1e-12);
        assert_near(mien_axis_place(&axis, decades[i]), (double)i / 5, 1e-12);
    }
    axis = mien_axis_choose(13000, 37000, true, 5);
    const double within[] = {10000, 20000, 50000};
    assert_int_equal(axis.n_ticks, 3);
    for (size_t i = 0; i < 3; i++)
        assert_relative(axis.ticks[i], within[i], 1e-12);
    axis = mien_axis_choose(20, 20, true, 5);
    assert_true(axis.low < 20 && axis.high > 20);
}

static void test_labels(void **state)
{
    (void)state;
    static const struct {
        double least, most;
        bool logarithmic;
        double tick;
        const char *expected;
    } cases[] = {
        {0, 40000, false, 12500, "12,500"},
        {0, 1, false, 0.2, "0.2"},
        {0, 2000000, false, 1e6, "1,000,000"},
        {-1, 1, false, -0.5, "\u22120.5"},
        {-1, 1, false, 0, "0.0"},
        {0, 0.05, false, 0.01, "0.01"},
        {0, 900, false, 200, "200"},
        {0, 7, false, 0, "0"},
        {0.01, 100, true, 0.01, "0.01"},
        {0.01, 100, true, 10, "10"},
        {1e-5, 1e3, true, 1e-5, "10\u207b\u2075"},
        {1, 1e12, true, 1e12, "10\u00b9\u00b2"},
        {1000, 40000, true, 20000, "20,000"},
        {2e-9, 3e-9, true, 5e-9, "5×10\u207b\u2079"},
        {0, 1e15, false, 2e14, "2e+14"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_axis axis = mien_axis_choose(cases[i].least, cases[i].most, cases[i].logarithmic, 5);
        char label[32];
        mien_axis_label(&axis, cases[i].tick, label);
        assert_string_equal(label, cases[i].expected);
    }
}

/* Pixels of this colour, or nearly, and where they are. */
typedef struct found {
    size_t count, left, right, top, bottom;
} found;

static found find_color(const mien_canvas *canvas, mien_rgb color, size_t from_y)
{
    found f = {0, SIZE_MAX, 0, SIZE_MAX, 0};
    for (size_t y = from_y; y < canvas->height; y++)
        for (size_t x = 0; x < canvas->width; x++) {
            mien_rgb c = mien_canvas_get(canvas, x, y);
            if (abs(c.r - color.r) > 60 || abs(c.g - color.g) > 60 || abs(c.b - color.b) > 60)
                continue;
            f.count++;
            f.left = x < f.left ? x : f.left;
            f.right = x > f.right ? x : f.right;
            f.top = y < f.top ? y : f.top;
            f.bottom = y;
        }
    return f;
}

static const mien_rgb FIRST = {0, 114, 178}, SECOND = {213, 94, 0};

static mien_canvas drawn(const mien_chart *chart)
{
    mien_canvas canvas = {0};
    mien_error err = {0};
    if (mien_chart_draw(chart, &canvas, &err))
        fail_msg("%s", err.message);
    return canvas;
}

static void test_lines_are_where_the_data_is(void **state)
{
    (void)state;
    const double x[] = {0, 10}, rising[] = {0, 100}, flat[] = {50, 50};
    mien_series series[] = {{.name = NULL, .x = x, .y = rising, .count = 2},
                            {.name = NULL, .x = x, .y = flat, .count = 2}};
    mien_chart chart = {.series = series, .n_series = 2, .width = 600, .height = 400};
    mien_canvas canvas = drawn(&chart);
    assert_int_equal(canvas.width, 600);
    assert_int_equal(canvas.height, 400);
    found diagonal = find_color(&canvas, FIRST, 0), level = find_color(&canvas, SECOND, 0);
    assert_true(diagonal.count > 300 && level.count > 300);
    assert_in_range(level.bottom - level.top, 0, 3);
    assert_near((double)(level.bottom + level.top) / 2,
                (double)(diagonal.bottom + diagonal.top) / 2, 2);
    assert_near(level.left, diagonal.left, 3);
    assert_near(level.right, diagonal.right, 3);
    assert_in_range(diagonal.right, 600 - 40, 600 - 33); /* the axis ends at the margin */
    mien_canvas_free(&canvas);
}

/* A point that cannot be drawn breaks the line and does not bend the axes. */
static void test_gaps_stay_gaps(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5};
    static const double broken[][5] = {
        {1, 1, NAN, 1, 1}, {1, 1, -INFINITY, 1, 1}, {1, 1, 1e305, 1, 1}, {1, 1, 0, 1, 1}};
    for (size_t i = 0; i < 4; i++) {
        mien_series series = {.x = x, .y = broken[i], .count = 5};
        mien_chart chart = {.series = &series, .n_series = 1, .log_y = i == 3};
        mien_canvas canvas = drawn(&chart);
        found line = find_color(&canvas, FIRST, 0);
        assert_true(line.count > 100);
        size_t middle = (line.left + line.right) / 2, inked = 0;
        for (size_t y = 0; y < canvas.height; y++) {
            mien_rgb c = mien_canvas_get(&canvas, middle, y);
            inked += memcmp(&c, &FIRST, sizeof c) == 0;
        }
        assert_int_equal(inked, 0);
        assert_in_range(line.bottom - line.top, 0, 3);
        mien_canvas_free(&canvas);
    }
}

static void test_lonely_points_are_dots(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {1, NAN, 1};
    mien_series series = {.x = x, .y = y, .count = 3};
    mien_chart chart = {.series = &series, .n_series = 1};
    mien_canvas canvas = drawn(&chart);
    found dots = find_color(&canvas, FIRST, 0);
    assert_in_range(dots.count, 120, 180); /* two discs of radius 5 */
    assert_in_range(dots.bottom - dots.top, 8, 10);
    mien_canvas_free(&canvas);
}

static void test_markers_errors_and_words(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {5, 6, 4}, error[] = {1, NAN, 2};
    mien_series series = {.x = x, .y = y, .count = 3};
    mien_chart chart = {.series = &series, .n_series = 1};
    mien_canvas plain = drawn(&chart);
    size_t before = find_color(&plain, FIRST, 0).count;
    mien_canvas_free(&plain);
    series.markers = true;
    mien_canvas dotted = drawn(&chart);
    size_t with_dots = find_color(&dotted, FIRST, 0).count;
    assert_true(with_dots > before + 100);
    mien_canvas_free(&dotted);
    series.error = error;
    mien_canvas bars = drawn(&chart);
    found f = find_color(&bars, FIRST, 0);
    assert_true(f.bottom - f.top > 560); /* from 2 to 6 on an axis of 2 to 6, all of the plot */
    mien_canvas_free(&bars);

    const double larger[] = {9, 0,
                             1e308}; /* a bar that would reach below zero stops at its point */
    series.error = larger;
    chart.log_y = true;
    series.markers = false;
    bars = drawn(&chart);
    f = find_color(&bars, FIRST, 0);
    assert_in_range(f.bottom - f.top, 300, 400); /* from 4 to 14 on an axis of 2 to 20 */
    mien_canvas_free(&bars);
    chart.log_y = false;

    chart.title = "A title";
    chart.x_label = "iterations";
    chart.y_label =
        "loss, a label far too long for the chart, so long that it has to be cut off at "
        "the right end of the plot, where everything ends";
    series.name = "a name that is much too long for the legend, and then some more words, to be "
                  "sure that there is no room left for it whatsoever";
    mien_canvas words = drawn(&chart);
    for (size_t row = 0; row < words.height; row++) /* nothing runs over the margin */
        assert_int_equal(mien_canvas_get(&words, words.width - 12, row).r, 255);
    mien_canvas_free(&words);
}

static void test_odd_data(void **state)
{
    (void)state;
    const double one[] = {3}, huge[] = {-1e300, 1e300, 5}, tiny[] = {1e-300, 2e-300, 3e-300};
    const double *const values[] = {one, huge, tiny};
    const size_t counts[] = {1, 3, 3};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            for (int logs = 0; logs < 4; logs++) {
                mien_series series = {.name = "x",
                                      .x = values[i],
                                      .y = values[k],
                                      .count = counts[i] < counts[k] ? counts[i] : counts[k]};
                mien_chart chart = {.series = &series,
                                    .n_series = 1,
                                    .log_x = logs & 1,
                                    .log_y = logs & 2,
                                    .width = 320,
                                    .height = 240};
                mien_canvas canvas = {0};
                mien_status st = mien_chart_draw(&chart, &canvas, NULL);
                assert_true(st == MIEN_OK || st == MIEN_ERR_DATA);
                if (!st)
                    assert_true(find_color(&canvas, FIRST, 80).count > 0);
                mien_canvas_free(&canvas);
            }
}

static void test_bad_charts_are_refused(void **state)
{
    (void)state;
    const double nothing[] = {NAN, INFINITY}, x[] = {1, 2};
    mien_series series[MIEN_CHART_MAX_SERIES + 1] = {{.x = x, .y = nothing, .count = 2}};
    mien_canvas canvas = {0};
    mien_error err = {0};
    mien_chart chart = {.series = series, .n_series = 1};
    assert_int_equal(mien_chart_draw(&chart, &canvas, &err), MIEN_ERR_DATA);
    series[0].count = 0;
    assert_int_equal(mien_chart_draw(&chart, &canvas, &err), MIEN_ERR_DATA);
    series[0] = (mien_series){.x = x, .y = x, .count = 2};
    chart.n_series = 0;
    assert_int_equal(mien_chart_draw(&chart, &canvas, &err), MIEN_ERR_ARG);
    chart.n_series = MIEN_CHART_MAX_SERIES + 1;
    assert_int_equal(mien_chart_draw(&chart, &canvas, &err), MIEN_ERR_ARG);
    chart.n_series = 1;
    chart.width = 100;
    assert_int_equal(mien_chart_draw(&chart, &canvas, &err), MIEN_ERR_ARG);
    chart.width = MIEN_CANVAS_MAX_SIDE + 1;
    assert_int_equal(mien_chart_draw(&chart, &canvas, &err), MIEN_ERR_ARG);
    assert_null(canvas.pixels);
}

static void test_chart_without_memory(void **state)
{
    (void)state;
    const double x[] = {0, 1, 2}, y[] = {3, 1, 2};
    mien_series series = {.name = "A", .x = x, .y = y, .count = 3, .markers = true};
    mien_chart chart = {
        .series = &series, .n_series = 1, .title = "T", .width = 320, .height = 240};
    mien_set_allocator(failing_malloc, failing_free);
    failing_alive = 0;
    mien_status st = MIEN_ERR_NOMEM;
    long k = 0;
    for (; st; k++) {
        mien_canvas canvas = {0};
        mien_error err = {0};
        failing_countdown = k;
        st = mien_chart_draw(&chart, &canvas, &err);
        assert_int_equal(err.status, st);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
        mien_canvas_free(&canvas);
        assert_int_equal(failing_alive, 0);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(k > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_axes_have_nice_ticks),
        cmocka_unit_test(test_axes_enclose_any_range),
        cmocka_unit_test(test_logarithmic_axes),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_lines_are_where_the_data_is),
        cmocka_unit_test(test_gaps_stay_gaps),
        cmocka_unit_test(test_lonely_points_are_dots),
        cmocka_unit_test(test_markers_errors_and_words),
        cmocka_unit_test(test_odd_data),
        cmocka_unit_test(test_bad_charts_are_refused),
        cmocka_unit_test(test_chart_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
