/* test_cone.c - where NMF's two basis vectors may lie in two dimensions, and where they do.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/fits.h"
#include "support/problems.h"
#include "support/xml.h"

#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/memory.h"
#include "study/cone.h"

static const double HALF_PI = 1.57079632679489661923;

/* atan2 of float points is exact to rounding; a loss of 1e-8 of the sum leaves that much room. */
static const double ANGLE = 1e-12, BESIDE = 0.02;

static mien_status try_cone(const float *X, size_t n, size_t p, const mien_cone_options *options,
                            mien_cone *out, mien_error *err)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_cone_options plain = {.threads = 1};
    return mien_cone_measure(&source, options ? options : &plain, out, err);
}

static mien_cone must_cone(const float *X, size_t n, size_t p, const mien_cone_options *options)
{
    mien_cone cone = {0};
    mien_error err = {0};
    if (try_cone(X, n, p, options, &cone, &err))
        fail_msg("%s", err.message);
    return cone;
}

/* ---------------------------------------------------------------- the cone of the data */

/* The outermost rays by comparing every pair: a ray is outermost when no point is on one side. */
static void test_rays_by_brute_force(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        float *X = noise(30, 2, 0.1, seed);
        double rays[2];
        size_t n_zero, zeros = 0;
        assert_int_equal(mien_cone_rays(X, 30, rays, &n_zero, NULL), MIEN_OK);
        for (size_t i = 0; i < 30; i++) {
            double x = X[2 * i], y = X[2 * i + 1];
            zeros += x == 0 && y == 0;
            if (x == 0 && y == 0)
                continue;
            bool lowest = true, highest = true;
            for (size_t k = 0; k < 30; k++) {
                double cross = x * X[2 * k + 1] - y * X[2 * k];
                lowest = lowest && cross >= 0;
                highest = highest && cross <= 0;
            }
            if (lowest)
                assert_near(rays[0], atan2(y, x), ANGLE);
            if (highest)
                assert_near(rays[1], atan2(y, x), ANGLE);
            assert_true(rays[0] <= atan2(y, x) && atan2(y, x) <= rays[1]);
        }
        assert_int_equal(n_zero, zeros);
        free(X);
    }
}

static void test_rays_of_odd_points(void **state)
{
    (void)state;
    static const struct {
        float points[6];
        double low, high;
        size_t n_zero;
    } cases[] = {
        {{1, 1, 2, 2, 3, 3}, HALF_PI / 2, HALF_PI / 2, 0},
        {{0, 5, 1, 0, 0, 0}, 0, HALF_PI, 1},
        {{0, 0, 0, 0, 0, 7}, HALF_PI, HALF_PI, 2},
        {{1e-30f, 1e-30f, 3, 0, 0, 0}, 0, HALF_PI / 2, 1},
        {{1, -1, 2, 0, 1, 1}, -HALF_PI / 2, HALF_PI / 2, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double rays[2];
        size_t n_zero;
        assert_int_equal(mien_cone_rays(cases[i].points, 3, rays, &n_zero, NULL), MIEN_OK);
        assert_near(rays[0], cases[i].low, ANGLE);
        assert_near(rays[1], cases[i].high, ANGLE);
        assert_int_equal(n_zero, cases[i].n_zero);
    }
}

/* ---------------------------------------------------------------- pixels */

static void test_pixels_are_chosen_by_variance(void **state)
{
    (void)state;
    enum { N = 40, P = 70 };
    float *X = noise(N, P, 0, 3);
    for (size_t i = 0; i < N; i++) {
        X[i * P + 66] *= 3;                              /* the largest variance */
        X[i * P + 5] = 2.9f * X[i * P + 66] / 3 + 0.01f; /* the next, but collinear */
        X[i * P + 20] *= 2;
    }
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    size_t pixels[2];
    assert_int_equal(mien_cone_choose(&source, pixels, NULL), MIEN_OK);
    assert_int_equal(pixels[0], 20);
    assert_int_equal(pixels[1], 66);
    mien_cone cone = must_cone(X, N, P, NULL);
    for (size_t i = 0; i < N; i++) {
        assert_near(cone.points[2 * i], X[i * P + 20], 0);
        assert_near(cone.points[2 * i + 1], X[i * P + 66], 0);
    }
    mien_cone_free(&cone);

    const float alike[] = {1, 2, 3, 6, 2, 4}; /* all are collinear: the pair that is there */
    view = (mien_float_view){alike, 3, 2};
    source = mien_float_source(&view);
    assert_int_equal(mien_cone_choose(&source, pixels, NULL), MIEN_OK);
    assert_true(pixels[0] == 0 && pixels[1] == 1);
    free(X);
}

/* ---------------------------------------------------------------- starts */

/* loss 0 if and only if the two are where they may be: computed anew from the points. */
static void check_starts(const mien_cone *cone)
{
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++) {
        const struct mien_cone_start *s = &cone->starts[k];
        assert_true(s->basis[0] <= s->basis[1] && s->loss >= 0);
        assert_true(s->basis[0] >= -1e-6 && s->basis[1] <= HALF_PI + 1e-6);
        if (s->loss > MIEN_CONE_ZERO * cone->total)
            continue;
        for (size_t i = 0; i < cone->n; i++) {
            double x = cone->points[2 * i], y = cone->points[2 * i + 1];
            if (x == 0 && y == 0)
                continue;
            double at = atan2(y, x);
            if (at < s->basis[0] - BESIDE || at > s->basis[1] + BESIDE)
                fail_msg("loss %g, but a point at %g is outside of %g .. %g", s->loss, at,
                         s->basis[0], s->basis[1]);
        }
        assert_true(mien_cone_outside(cone, k) <= BESIDE);
    }
}

static void test_the_example_is_a_lesson(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        mien_pixels pixels;
        assert_int_equal(mien_cone_example(seed, &pixels, NULL), MIEN_OK);
        mien_cone_options options = {.seed = seed, .threads = 2};
        mien_source source = mien_pixels_source(&pixels);
        mien_cone cone, again;
        assert_int_equal(mien_cone_measure(&source, &options, &cone, NULL), MIEN_OK);
        check_starts(&cone);
        assert_true(cone.exact);
        assert_true(cone.rays[0] > 0.3 && cone.rays[1] < 1.3);
        for (size_t a = 0; a < MIEN_CONE_STARTS; a++)
            for (size_t b = 0; b < a; b++) {
                double da = cone.starts[a].basis[0] - cone.starts[b].basis[0];
                double db = cone.starts[a].basis[1] - cone.starts[b].basis[1];
                assert_true(fabs(da) > 0.02 && fabs(db) > 0.02); /* visibly, on both sides */
                assert_near(cone.starts[a].loss, cone.starts[b].loss, 1e-6 * cone.total);
            }
        options.threads = 1;
        assert_int_equal(mien_cone_measure(&source, &options, &again, NULL), MIEN_OK);
        assert_memory_equal(cone.starts, again.starts, sizeof cone.starts);
        mien_cone_free(&cone);
        mien_cone_free(&again);
        mien_pixels_free(&pixels);
    }
}

/* Every start is one that mien_fit_run() gives, with its seed and loss. */
static void test_starts_are_real_fits(void **state)
{
    (void)state;
    mien_pixels pixels;
    assert_int_equal(mien_cone_example(0, &pixels, NULL), MIEN_OK);
    mien_source source = mien_pixels_source(&pixels);
    mien_cone_options options = {.seed = 7, .threads = 1};
    mien_cone cone;
    assert_int_equal(mien_cone_measure(&source, &options, &cone, NULL), MIEN_OK);
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++) {
        mien_options fit_options = test_options(2, cone.starts[k].seed, 3000);
        fit_options.tolerance = 0;
        mien_fit fit = must_fit("nmf", pixels.values, pixels.n, 2, &fit_options);
        double a = atan2(fit.H[1], fit.H[0]), b = atan2(fit.H[3], fit.H[2]);
        assert_near(cone.starts[k].basis[0], fmin(a, b), ANGLE);
        assert_near(cone.starts[k].basis[1], fmax(a, b), ANGLE);
        assert_near(cone.starts[k].loss, fit.loss, 0);
        test_scores scores = measure_scores(&fit, pixels.values);
        assert_near(fit.loss, scores.loss, 1e-6 * scores.scale);
        assert_in_range(cone.starts[k].seed, 7, 7 + cone.n_tried - 1);
        mien_fit_free(&fit);
    }
    mien_cone_free(&cone);
    mien_pixels_free(&pixels);
}

static void test_degenerate_data(void **state)
{
    (void)state;
    static const float ray[] = {1, 1, 2, 2, 0.5f, 0.5f, 3, 3}, axes[] = {1, 0, 0, 2, 3, 1, 0, 1},
                       axis[] = {1, 0, 2, 0, 3, 0, 0.5f, 0}, few[] = {3, 1, 1, 3},
                       zeros[] = {0, 0, 2, 1, 0, 0, 1, 2};
    const struct {
        const float *X;
        size_t n;
        double low, high;
        size_t n_zero;
    } cases[] = {
        {ray, 4, HALF_PI / 2, HALF_PI / 2, 0},
        {axes, 4, 0, HALF_PI, 0},
        {axis, 4, 0, 0, 0},
        {few, 2, atan2(1, 3), atan2(3, 1), 0},
        {zeros, 4, atan2(1, 2), atan2(2, 1), 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_cone cone = must_cone(cases[i].X, cases[i].n, 2, NULL);
        assert_near(cone.rays[0], cases[i].low, 1e-7);
        assert_near(cone.rays[1], cases[i].high, 1e-7);
        assert_int_equal(cone.n_zero, cases[i].n_zero);
        check_starts(&cone);
        assert_true(cone.exact);
        if (cases[i].X == axes) /* no room: unique */
            for (size_t k = 0; k < MIEN_CONE_STARTS; k++) {
                assert_near(cone.starts[k].basis[0], 0, BESIDE);
                assert_near(cone.starts[k].basis[1], HALF_PI, BESIDE);
            }
        mien_cone_free(&cone);
    }
}

/* ---------------------------------------------------------------- the plane */

/* X of rank two: the plane holds all of it, both cones nest, and NMF's projections lie between. */
static void test_plane_of_exact_data(void **state)
{
    (void)state;
    enum { N = 50, P = 12 };
    float *X = planted(N, P, 2, 4);
    mien_cone_options options = {.plane = true, .threads = 1};
    mien_cone cone = must_cone(X, N, P, &options);
    assert_near(cone.explained, 1, 1e-5);
    double sum = 0, squares = 0, inside = 0;
    for (size_t i = 0; i < N * P; i++) {
        sum += X[i];
        squares += (double)X[i] * X[i];
    }
    for (size_t i = 0; i < 2 * N; i++)
        inside += (double)cone.points[i] * cone.points[i];
    assert_relative(cone.total, sum, 1e-9);
    assert_relative(inside, squares, 1e-5);
    assert_true(cone.edges[0] <= cone.rays[0] + 1e-4 && cone.rays[1] <= cone.edges[1] + 1e-4);
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++)
        if (cone.starts[k].loss < 1e-5 * sum)
            assert_true(mien_cone_outside(&cone, k) < 0.05);
    mien_cone_free(&cone);
    free(X);
}

/* In two dimensions the plane is the quadrant itself, turned: the room stays the same. */
static void test_plane_of_two_pixels_is_the_quadrant(void **state)
{
    (void)state;
    mien_pixels pixels;
    assert_int_equal(mien_cone_example(1, &pixels, NULL), MIEN_OK);
    mien_cone_options options = {.plane = true, .threads = 1};
    mien_cone turned = must_cone(pixels.values, pixels.n, 2, &options);
    mien_cone cone = must_cone(pixels.values, pixels.n, 2, NULL);
    double low = cone.rays[0], high = HALF_PI - cone.rays[1];
    double one = turned.rays[0] - turned.edges[0], other = turned.edges[1] - turned.rays[1];
    assert_near(fmin(one, other), fmin(low, high), 1e-5);
    assert_near(fmax(one, other), fmax(low, high), 1e-5);
    assert_near(turned.edges[1] - turned.edges[0], HALF_PI, 1e-5);
    mien_cone_free(&cone);
    mien_cone_free(&turned);
    mien_pixels_free(&pixels);
}

/* ---------------------------------------------------------------- refusals */

static bool stop_at_once(void *user, const mien_progress *now)
{
    (void)user;
    (void)now;
    return false;
}

static void test_bad_input_is_refused(void **state)
{
    (void)state;
    static const float nothing[6] = {0}, good[6] = {1, 2, 3, 4, 5, 7};
    static const size_t beyond[] = {0, 2}, twice[] = {1, 1};
    const struct {
        const float *X;
        size_t n, p;
        mien_cone_options options;
        mien_status expected;
    } cases[] = {
        {nothing, 3, 2, {.threads = 1}, MIEN_ERR_DATA},
        {nothing, 3, 2, {.threads = 1, .plane = true}, MIEN_ERR_DATA},
        {good, 6, 1, {.threads = 1}, MIEN_ERR_DATA},
        {good, 6, 1, {.threads = 1, .plane = true}, MIEN_ERR_DATA},
        {good, 1, 6, {.threads = 1, .plane = true}, MIEN_ERR_DATA},
        {good, 3, 2, {.threads = 1, .pixels = beyond}, MIEN_ERR_ARG},
        {good, 3, 2, {.threads = 1, .pixels = twice}, MIEN_ERR_ARG},
        {good, 3, 2, {.threads = 1, .progress = stop_at_once}, MIEN_ERR_STOPPED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_cone cone = {0};
        mien_error err = {0};
        mien_status st =
            try_cone(cases[i].X, cases[i].n, cases[i].p, &cases[i].options, &cone, &err);
        if (st != cases[i].expected)
            fail_msg("case %zu: status %d, %s", i, st, err.message);
        assert_int_equal(err.status, st);
        assert_null(cone.points);
    }
}

/* ---------------------------------------------------------------- pictures */

static void check_circle(void *user, const char *name, const char *attributes)
{
    size_t *circles = user;
    if (strcmp(name, "circle") != 0)
        return;
    double x = xml_number(attributes, "cx"), y = xml_number(attributes, "cy");
    assert_true(x >= 0 && x <= 1200 && y >= 0 && y <= 860);
    ++*circles;
}

static void test_pictures_and_words(void **state)
{
    (void)state;
    char folder[] = "/tmp/mien-test-cone-XXXXXX", path[64], path_svg[128];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out", folder);
    mien_pixels pixels;
    assert_int_equal(mien_cone_example(2, &pixels, NULL), MIEN_OK);
    mien_cone_options planes[] = {{.threads = 1}, {.threads = 1, .plane = true}};
    for (size_t i = 0; i < 2; i++) {
        mien_cone cone = must_cone(pixels.values, pixels.n, 2, &planes[i]);
        mien_outdir *dir;
        char *text, *svg;
        size_t nbytes, circles = 0;
        assert_int_equal(mien_outdir_begin(path, true, &dir, NULL), MIEN_OK);
        assert_int_equal(mien_cone_write(dir, &cone, "mien demo cone", i ? "a<b" : NULL,
                                         (mien_shape){1, 2, 1}, &text, NULL),
                         MIEN_OK);
        assert_int_equal(mien_outdir_commit(dir, NULL), MIEN_OK);
        snprintf(path_svg, sizeof path_svg, "%s/cone.svg", path);
        assert_int_equal(mien_file_read(path_svg, 1 << 24, &svg, &nbytes, NULL), MIEN_OK);
        assert_null(xml_read(svg, check_circle, &circles));
        assert_int_equal(circles, cone.n + 4 * 3 + 2 * 3); /* badges are two discs each */
        assert_non_null(strstr(text, i ? "singular" : "NMF is not unique"));
        for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
            assert_true(end - line <= 110);
        mien_string_free(text);
        mien_free(svg);
        mien_cone_free(&cone);
    }
    mien_pixels_free(&pixels);
    static const char *const names[] = {"out/cone.svg", "out/cone.png", "out/summary.json",
                                        "out/report.html", "out"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path_svg, sizeof path_svg, "%s/%s", folder, names[i]);
        assert_int_equal(remove(path_svg), 0);
    }
    assert_int_equal(remove(folder), 0);
}

static void test_writing_without_memory(void **state)
{
    (void)state;
    char folder[] = "/tmp/mien-test-cone-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out", folder);
    static const float X[] = {3, 1, 1, 3, 2, 2, 1, 2};
    mien_cone cone = must_cone(X, 4, 2, NULL);
    mien_outdir *dir;
    assert_int_equal(mien_outdir_begin(path, false, &dir, NULL), MIEN_OK);
    mien_set_allocator(failing_malloc, failing_free);
    mien_status st = MIEN_ERR_NOMEM;
    long tried = 0;
    for (long k = 0; st; k = failing_next(k), tried++) {
        char *text = NULL;
        mien_error err = {0};
        failing_alive = 0;
        failing_countdown = k;
        st =
            mien_cone_write(dir, &cone, "mien demo cone", NULL, (mien_shape){1, 2, 1}, &text, &err);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
        assert_int_equal(err.status, st);
        assert_true(!st == (text != NULL));
        mien_string_free(text);
        assert_int_equal(failing_alive, 0);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(tried > 20);
    mien_outdir_abandon(dir);
    mien_cone_free(&cone);
    assert_int_equal(remove(folder), 0);
}

static void test_cone_without_memory(void **state)
{
    (void)state;
    static const float X[] = {3, 1, 1, 3, 2, 2, 1, 2};
    mien_set_allocator(failing_malloc, failing_free);
    failing_alive = 0;
    mien_status st = MIEN_ERR_NOMEM;
    long tried = 0;
    for (long k = 0; st; k = failing_next(k), tried++) {
        mien_cone cone = {0};
        mien_error err = {0};
        failing_countdown = k;
        st = try_cone(X, 4, 2, NULL, &cone, &err);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
        assert_int_equal(err.status, st);
        mien_cone_free(&cone);
        assert_int_equal(failing_alive, 0);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(tried > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rays_by_brute_force),
        cmocka_unit_test(test_rays_of_odd_points),
        cmocka_unit_test(test_pixels_are_chosen_by_variance),
        cmocka_unit_test(test_the_example_is_a_lesson),
        cmocka_unit_test(test_starts_are_real_fits),
        cmocka_unit_test(test_degenerate_data),
        cmocka_unit_test(test_plane_of_exact_data),
        cmocka_unit_test(test_plane_of_two_pixels_is_the_quadrant),
        cmocka_unit_test(test_bad_input_is_refused),
        cmocka_unit_test(test_pictures_and_words),
        cmocka_unit_test(test_writing_without_memory),
        cmocka_unit_test(test_cone_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
