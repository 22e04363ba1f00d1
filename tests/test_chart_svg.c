/* test_chart_svg.c - a chart as SVG: well-formed, the same things in the same places as in the PNG.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/xml.h"

#include "base/memory.h"
#include "draw/chart.h"

static mien_status write_svg(const mien_chart *chart, mien_text *svg, mien_error *err)
{
    mien_drawing drawing;
    mien_status st = mien_chart_drawing(chart, &drawing, err);
    return st ? st : mien_drawing_svg(&drawing, svg, err);
}

static char *written(const mien_chart *chart)
{
    mien_text svg = {0};
    mien_error err = {0};
    if (write_svg(chart, &svg, &err))
        fail_msg("%s", err.message);
    assert_int_equal(strlen(svg.bytes), svg.length);
    return svg.bytes;
}

static void assert_well_formed(const char *svg)
{
    const char *wrong = xml_read(svg, NULL, NULL);
    if (wrong)
        fail_msg("%s in\n%s", wrong, svg);
}

static void test_the_parser_itself_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "<a>",
                                      "<a></b>",
                                      "<a/><b/>",
                                      "<a b=c/>",
                                      "<a b=\"1\" b=\"2\"/>",
                                      "<a>&</a>",
                                      "<a>&nbsp;</a>",
                                      "<a b=\"<\"/>",
                                      "<a>\x01</a>",
                                      "<a>\xff</a>",
                                      "x<a/>",
                                      "<a/>x",
                                      "<a b=\"1\"c=\"2\"/>",
                                      "<a",
                                      "<a>\xef\xbf\xbf</a>"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!xml_read(bad[i], NULL, NULL))
            fail_msg("taken for well-formed: %s", bad[i]);
    assert_null(xml_read("<a b=\"1 &amp; 2\"><c/>text &lt;<d>\xc3\xa9</d></a>\n", NULL, NULL));
}

/* What an element's coordinates are: inside of the picture, or it fails. */
typedef struct seen {
    double width, height;
    size_t circles, lines, dashes, paths, texts, polygons;
    double circle_x[16], circle_y[16];
} seen;

static void assert_inside(const seen *s, double x, double y)
{
    if (!(x >= 0 && x <= s->width && y >= 0 && y <= s->height))
        fail_msg("(%g, %g) is outside of %g x %g", x, y, s->width, s->height);
}

static void assert_list_inside(const seen *s, const char *attributes, const char *key)
{
    const char *at = strstr(attributes, key) + strlen(key);
    while (*at != '"') {
        char *end;
        double x = strtod(at, &end);
        if (*end == '"') /* the short step of a single point */
            break;
        assert_true(*end == ',');
        double y = strtod(end + 1, &end);
        assert_inside(s, x, y);
        at = end + strspn(end, " h");
    }
}

static void look(void *user, const char *name, const char *attributes)
{
    seen *s = user;
    if (strcmp(name, "svg") == 0) {
        s->width = xml_number(attributes, "width");
        s->height = xml_number(attributes, "height");
    } else if (strcmp(name, "circle") == 0) {
        double x = xml_number(attributes, "cx"), y = xml_number(attributes, "cy");
        assert_inside(s, x, y);
        if (s->circles < 16) {
            s->circle_x[s->circles] = x;
            s->circle_y[s->circles] = y;
        }
        s->circles++;
    } else if (strcmp(name, "line") == 0) {
        assert_inside(s, xml_number(attributes, "x1"), xml_number(attributes, "y1"));
        assert_inside(s, xml_number(attributes, "x2"), xml_number(attributes, "y2"));
        s->lines++;
        s->dashes += strstr(attributes, "stroke-dasharray") != NULL;
    } else if (strcmp(name, "path") == 0) {
        assert_list_inside(s, attributes, " d=\"M");
        s->paths++;
    } else if (strcmp(name, "polygon") == 0) {
        assert_list_inside(s, attributes, " points=\"");
        s->polygons++;
    } else if (strcmp(name, "text") == 0) {
        assert_inside(s, xml_number(attributes, "x"), xml_number(attributes, "y"));
        s->texts++;
    }
    assert_null(strstr(attributes, "href")); /* self-contained */
    assert_null(strstr(attributes, "nan"));
}

static seen read_svg(const char *svg)
{
    seen s = {0};
    const char *wrong = xml_read(svg, look, &s);
    if (wrong)
        fail_msg("%s in\n%s", wrong, svg);
    return s;
}

static void test_everything_is_there_and_inside(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4}, y[] = {5, 6, 4, NAN}, error[] = {1, 0.5, 2, 1};
    mien_series series[] = {
        {.name = "held out", .x = x, .y = y, .error = error, .count = 4, .markers = true},
        {.name = "in sample", .x = x, .y = x, .count = 4}};
    mien_mark marks[] = {{2, "cophenetic"}, {2, "held out"}, {2.1, "Minka"}, {6, NULL}};
    mien_chart chart = {.title = "Which r?",
                        .x_label = "r",
                        .y_label = "loss",
                        .series = series,
                        .n_series = 2,
                        .marks = marks,
                        .n_marks = 4};
    char *svg = written(&chart);
    seen s = read_svg(svg);
    assert_near(s.width, 1200, 0);
    assert_near(s.height, 720, 0);
    assert_int_equal(s.circles, 4); /* three points and the legend's */
    assert_int_equal(s.paths, 2);
    assert_int_equal(s.dashes, 4);
    assert_int_equal(s.polygons, 3);
    static const char *const words[] = {
        ">Which r?</text>",  ">r</text>",     ">loss</text>",       ">held out</text>",
        ">in sample</text>", ">Minka</text>", ">cophenetic</text>", "<title>Which r?</title>",
        "DejaVu Sans"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(svg, words[i]))
            fail_msg("%s is missing", words[i]);
    mien_free(svg);
}

/* Every circle of the SVG stands where the PNG has the colour of the line. */
static void test_points_are_where_the_png_has_them(void **state)
{
    (void)state;
    const double x[] = {1, 10, 100, 1000}, y[] = {3, 7, 2, 5};
    mien_series series = {.x = x, .y = y, .count = 4, .markers = true};
    mien_mark mark = {30, "here"};
    mien_chart chart = {.series = &series,
                        .n_series = 1,
                        .marks = &mark,
                        .n_marks = 1,
                        .log_x = true,
                        .width = 640,
                        .height = 480};
    char *svg = written(&chart);
    seen s = read_svg(svg);
    mien_free(svg);
    mien_canvas canvas;
    assert_int_equal(mien_chart_draw(&chart, &canvas, NULL), MIEN_OK);
    assert_near(s.width, canvas.width, 0);
    assert_near(s.height, canvas.height, 0);
    assert_int_equal(s.circles, 4);
    for (size_t i = 0; i < 4; i++) {
        mien_rgb c = mien_canvas_get(&canvas, (size_t)s.circle_x[i], (size_t)s.circle_y[i]);
        assert_true(c.r == 0 && c.g == 114 && c.b == 178);
    }
    assert_near(s.circle_x[1] - s.circle_x[0], s.circle_x[3] - s.circle_x[2], 0.05);
    mien_canvas_free(&canvas);
}

static void test_words_are_escaped(void **state)
{
    (void)state;
    const double x[] = {1, 2};
    mien_series series = {.name = "a < b & c > \"d\" 'e'", .x = x, .y = x, .count = 2};
    mien_mark mark = {1.5, "</text><script>"};
    mien_chart chart = {.title = "T & <T>\x01\xff\xef\xbf\xbf",
                        .x_label = "]]>",
                        .y_label = "&amp;",
                        .series = &series,
                        .n_series = 1,
                        .marks = &mark,
                        .n_marks = 1};
    char *svg = written(&chart);
    assert_well_formed(svg);
    assert_non_null(strstr(svg, "a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39;"));
    assert_non_null(strstr(svg, ">&amp;amp;<"));
    assert_null(strstr(svg, "<script"));
    mien_free(svg);
}

/* Words that are too long are cut where the PNG cuts them; a cut never splits a character. */
static void test_long_words_are_shortened(void **state)
{
    (void)state;
    const double x[] = {1, 2};
    char name[512] = "";
    for (int i = 0; i < 100; i++)
        strcat(name, "\xc3\xa9&");
    mien_series series = {.name = name, .x = x, .y = x, .count = 2};
    mien_chart chart = {.series = &series, .n_series = 1, .width = 400, .height = 300};
    char *svg = written(&chart);
    assert_well_formed(svg);
    assert_null(strstr(svg, name));
    assert_non_null(strstr(svg, "\u2026</text>"));
    mien_free(svg);
}

/* Labels of marks never meet, whatever their places; each stands between head and plot. */
static void test_mark_labels_do_not_meet(void **state)
{
    (void)state;
    static const double places[][6] = {{1, 2, 3, 4, 5, 6},    {3, 3, 3, 3, 3, 3},
                                       {10, 10, 10, 9, 9, 9}, {1, 1.1, 1.2, 9.8, 9.9, 10},
                                       {5, 4, 3, 2, 1, 0.5},  {NAN, INFINITY, 5, 5.01, 1e305, 2}};
    static const char *const labels[] = {"held out",
                                         "a longer label, of many words",
                                         "cophenetic correlation",
                                         "x",
                                         "Gavish & Donoho",
                                         "y"};
    const double x[] = {1, 10}, y[] = {1, 2};
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        for (size_t width = 320; width <= 1280; width += 240) {
            mien_mark marks[6];
            for (size_t i = 0; i < 6; i++)
                marks[i] = (mien_mark){places[k][i], labels[i]};
            mien_series series = {.x = x, .y = y, .count = 2};
            mien_chart chart = {.series = &series, .n_series = 1, .marks = marks, .n_marks = 6};
            mien_plot plot = {.chart = &chart, .left = 60, .right = (double)width - 36, .top = 300};
            mien_text paper = {0};
            mien_pen pen = {.svg = &paper};
            plot.pen = &pen;
            plot.x = mien_axis_choose(0.5, 10, false, 5);
            size_t rows = mien_marks_place(&plot, 16), shown = 0;
            for (size_t i = 0; i < 6; i++) {
                const mien_mark_place *a = &plot.marks[i];
                shown += a->labelled;
                assert_true(!a->labelled || (a->row < rows && a->right <= plot.right + 1e-9));
                for (size_t j = 0; j < i; j++) {
                    const mien_mark_place *b = &plot.marks[j];
                    if (a->labelled && b->labelled && a->row == b->row)
                        assert_true(a->right < b->left || b->right < a->left);
                }
            }
            assert_int_equal(shown, k == 5 ? 3 : 6);
            assert_true(mien_marks_place(&plot, 1) == 1); /* no more rows than are allowed */
        }
}

static void test_bad_charts_are_refused(void **state)
{
    (void)state;
    const double nothing[] = {NAN, INFINITY}, x[] = {1, 2};
    mien_series good = {.x = x, .y = x, .count = 2}, empty = {.x = x, .y = nothing, .count = 2};
    mien_mark mark = {1, "m"};
    const struct {
        mien_chart chart;
        mien_status expected;
    } cases[] = {
        {{.series = &empty, .n_series = 1}, MIEN_ERR_DATA},
        {{.series = &empty, .n_series = 1, .marks = &mark, .n_marks = 1}, MIEN_ERR_DATA},
        {{.series = &good, .n_series = 0}, MIEN_ERR_ARG},
        {{.series = &good, .n_series = MIEN_CHART_MAX_SERIES + 1}, MIEN_ERR_ARG},
        {{.series = &good, .n_series = 1, .n_marks = MIEN_CHART_MAX_MARKS + 1}, MIEN_ERR_ARG},
        {{.series = &good, .n_series = 1, .width = 100}, MIEN_ERR_ARG},
        {{.series = &good, .n_series = 1, .height = 100}, MIEN_ERR_ARG},
        {{.series = &good, .n_series = 1, .width = MIEN_CANVAS_MAX_SIDE + 1}, MIEN_ERR_ARG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_text svg = {0};
        mien_canvas canvas;
        mien_error err = {0}, same = {0};
        assert_int_equal(write_svg(&cases[i].chart, &svg, &err), cases[i].expected);
        assert_int_equal(mien_chart_draw(&cases[i].chart, &canvas, &same), cases[i].expected);
        assert_string_equal(err.message, same.message);
        assert_null(svg.bytes);
    }
}

static void test_svg_without_memory(void **state)
{
    (void)state;
    const double x[] = {0, 1, 2}, y[] = {3, 1, 2};
    mien_series series = {.name = "A", .x = x, .y = y, .count = 3, .markers = true};
    mien_mark mark = {1, "m"};
    mien_chart chart = {.series = &series,
                        .n_series = 1,
                        .title = "T",
                        .marks = &mark,
                        .n_marks = 1,
                        .width = 320,
                        .height = 240};
    mien_set_allocator(failing_malloc, failing_free);
    failing_alive = 0;
    mien_status st = MIEN_ERR_NOMEM;
    long k = 0;
    for (; st; k++) {
        mien_text svg = {0};
        mien_error err = {0};
        failing_countdown = k;
        st = write_svg(&chart, &svg, &err);
        assert_int_equal(err.status, st);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
        mien_text_free(&svg);
        assert_int_equal(failing_alive, 0);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(k > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_parser_itself_refuses),
        cmocka_unit_test(test_everything_is_there_and_inside),
        cmocka_unit_test(test_points_are_where_the_png_has_them),
        cmocka_unit_test(test_words_are_escaped),
        cmocka_unit_test(test_long_words_are_shortened),
        cmocka_unit_test(test_mark_labels_do_not_meet),
        cmocka_unit_test(test_bad_charts_are_refused),
        cmocka_unit_test(test_svg_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
