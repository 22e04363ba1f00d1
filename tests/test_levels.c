/* test_levels.c - fits of pictures that begin with smaller ones: the smaller pictures, the way
 * back, which levels there are, and what a fit over levels keeps.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/memory.h"
#include "data/coarse.h"
#include "methods/levels.h"
#include "methods/method.h"

/* ---------------------------------------------------------------- smaller pictures */

static const float *rows_of(const mien_source *X, float *buffer)
{
    return X->tile(X->data, 0, X->n, buffer);
}

/* Pictures reduced, as floats; freed by the caller. */
static float *reduced(const float *pictures, size_t n, mien_shape shape, size_t factor,
                      mien_shape *small)
{
    mien_float_view view = {pictures, n, mien_shape_size(shape)};
    mien_source X = mien_float_source(&view);
    mien_pool *pool;
    mien_coarse coarse;
    X.shape = shape;
    assert_int_equal(mien_pool_create(2, &pool), MIEN_OK);
    assert_int_equal(mien_coarse_make(pool, &X, factor, &coarse), MIEN_OK);
    mien_pool_free(pool);
    mien_source to = mien_coarse_source(&coarse);
    *small = coarse.shape;
    assert_int_equal(to.n, n);
    assert_int_equal(to.p, mien_shape_size(*small));
    assert_int_equal(to.shape.height, small->height);
    float *out = calloc(to.n * to.p, sizeof *out);
    const float *x = rows_of(&to, out);
    if (x != out)
        memcpy(out, x, to.n * to.p * sizeof *out);
    mien_coarse_free(&coarse);
    return out;
}

static void test_every_second_pixel_is_kept(void **state)
{
    (void)state;
    static const float grey[2][9] = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 0, 4, 0, 0, 3, -2, -4, 1}};
    static const float kept[2][4] = {{1, 3, 7, 9}, {0, 4, -2, 1}};
    mien_shape small;
    float *x = reduced(grey[0], 2, (mien_shape){3, 3, 1}, 2, &small);
    assert_true(small.height == 2 && small.width == 2 && small.channels == 1);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 4; j++)
            assert_near(x[i * 4 + j], kept[i][j], 1e-4);
    free(x);

    static const float colour[12] = {1, 10, 100, 3, 30, 300, 5, 50, 500, 7, 70, 700};
    x = reduced(colour, 1, (mien_shape){2, 2, 3}, 2, &small);
    assert_true(small.height == 1 && small.width == 1 && small.channels == 3);
    for (size_t c = 0; c < 3; c++)
        assert_near(x[c], 1 * (c == 0 ? 1 : c == 1 ? 10 : 100), 0.01);
    free(x);
}

/* Sixteen bits: within half a step of an image's range, and a 0 of X stays 0. */
static void test_reduced_pictures_are_exact_to_sixteen_bits(void **state)
{
    (void)state;
    const mien_shape shapes[] = {{19, 19, 1}, {7, 5, 3}, {2, 31, 1}, {64, 48, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t factor = 2; factor <= 4; factor *= 2) {
            mien_shape whole = shapes[s], small;
            size_t p = mien_shape_size(whole), n = 21, channels = whole.channels;
            float *X = noise(n, p, 0.5, 7 + s);
            memset(X, 0, p * sizeof *X);
            float *x = reduced(X, n, whole, factor, &small);
            for (size_t at = 0; at < n * mien_shape_size(small); at++) {
                size_t c = at % channels, column = at / channels % small.width;
                size_t row = at / channels / small.width % small.height;
                size_t i = at / mien_shape_size(small);
                size_t pixel = row * factor * whole.width + column * factor;
                assert_near(x[at], X[i * p + pixel * channels + c], i ? 1.0 / 65535 : 0);
            }
            free(x);
            free(X);
        }
}

/* ---------------------------------------------------------------- the way back */

/* Samples come to where they were taken from, at any size, and a plane is a plane between them; by
 * two steps or by one. */
static void test_enlarged_then_reduced_is_the_same(void **state)
{
    (void)state;
    for (size_t factor = 2; factor <= 8; factor *= 2)
        for (size_t cut = 0; cut < factor; cut++) { /* off the blocks at the border */
            mien_shape small = {7, 9, 1}, whole = {7 * factor - cut, 9 * factor - cut, 1}, again;
            mien_shape half = mien_coarse_shape(whole, 2);
            size_t p = mien_shape_size(whole);
            float plane[7 * 9], *large = calloc(p, sizeof *large),
                                *twice = calloc(p, sizeof *twice);
            float *middle = calloc(mien_shape_size(half), sizeof *middle);
            for (size_t j = 0; j < 63; j++)
                plane[j] = 0.25f + 0.01f * (float)(j % 9) + 0.03f * (float)(j / 9);
            mien_coarse_enlarge(plane, small, factor, large, whole, 1);
            mien_coarse_enlarge(plane, small, factor / 2, middle, half, 1);
            mien_coarse_enlarge(middle, half, 2, twice, whole, 1);
            float *back = reduced(large, 1, whole, factor, &again);
            for (size_t j = 0; j < 63; j++)
                assert_near(back[j], plane[j], 2e-5);
            for (size_t y = 0; y <= 6 * factor && y < whole.height; y++)
                for (size_t x = 0; x <= 8 * factor && x < whole.width; x++) {
                    double row = (double)y / (double)factor, column = (double)x / (double)factor;
                    double value = 0.25 + 0.01 * column + 0.03 * row;
                    assert_near(large[y * whole.width + x], value, 2e-5);
                    assert_near(twice[y * whole.width + x], value, 2e-5);
                }
            free(back);
            free(middle);
            free(twice);
            free(large);
        }
}

/* Any size and channels: between the values there are, a constant stays one, bytes as floats. */
static void test_enlarged_pictures_stay_between_their_values(void **state)
{
    (void)state;
    const mien_shape shapes[] = {{19, 19, 1}, {7, 5, 3}, {2, 31, 1}, {3, 2, 3}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        mien_shape whole = shapes[s], small = mien_coarse_shape(whole, 2);
        size_t p = mien_shape_size(whole), q = mien_shape_size(small), c = whole.channels;
        uint8_t bytes[1024], large_bytes[2048];
        float floats[1024], large[2048], least[3] = {2, 2, 2}, most[3] = {0};
        assert_true(2 * q <= 1024 && 2 * p <= 2048);
        for (size_t j = 0; j < q; j++) {
            bytes[j] = (uint8_t)(j * 37 % 251);
            bytes[q + j] = 9;
            floats[j] = bytes[j];
            floats[q + j] = 9;
            least[j % c] = j < c ? floats[j] : fminf(least[j % c], floats[j]);
            most[j % c] = fmaxf(most[j % c], floats[j]);
        }
        mien_coarse_enlarge(floats, small, 2, large, whole, 2);
        mien_coarse_enlarge_bytes(bytes, small, 2, large_bytes, whole, 2);
        for (size_t j = 0; j < p; j++) {
            assert_true(large[j] >= least[j % c] - 1e-3 && large[j] <= most[j % c] + 1e-3);
            assert_near(large[p + j], 9, 1e-5);
            assert_near(large_bytes[j], large[j], 0.51);
            assert_int_equal(large_bytes[p + j], 9);
        }
    }
}

/* ---------------------------------------------------------------- which levels */

static const float *no_tile(const void *data, size_t first, size_t count, float *buffer)
{
    (void)data;
    (void)first;
    (void)count;
    return buffer;
}

static size_t levels_of(size_t n, mien_shape shape, size_t p, const mien_options *options,
                        const char *method)
{
    mien_source X = {.n = n, .p = p, .tile = no_tile, .shape = shape};
    mien_error err = {0};
    size_t count = 99;
    if (mien_levels_count(method_named(method), &X, options, &count, &err)) {
        assert_true(*err.message);
        return 0; /* refused */
    }
    return count;
}

static void test_levels_are_those_that_carry_r(void **state)
{
    (void)state;
    static const struct {
        size_t n, height, width, channels, r, levels;
    } cases[] = {
        {400, 112, 92, 1, 49, 3},    /* ORL: 23x28 pixels carry 49 parts of 400 images, 12x14 not */
        {13233, 64, 64, 1, 49, 3},   /* 16x16 do, 8x8 not */
        {3308, 64, 64, 1, 49, 2},    /* of a quarter of the images 16x16 do not */
        {2429, 19, 19, 1, 49, 1},    /* CBCL: 10x10 does not */
        {400, 112, 92, 1, 200, 1},   /* as many parts as half the images */
        {400, 48, 48, 1, 49, 1},     /* the bundled faces: 24x24 does not */
        {256, 32, 32, 1, 16, 1},     /* the swimmer is small work */
        {10000, 256, 256, 1, 49, 5}, /* large pictures have more */
        {10000, 128, 128, 3, 49, 4}, /* colours are three numbers: 16x16 do, 8x8 do not */
        {10000, 128, 128, 3, 30, 5}, /* of fewer parts they do */
        {100000, 1, 4096, 1, 49, 1}, /* a line has no halves */
        {100000, 0, 0, 0, 49, 1},    /* a table */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_shape shape = {cases[i].height, cases[i].width, cases[i].channels};
        size_t p = shape.height ? mien_shape_size(shape) : 4096;
        mien_options options = test_options(cases[i].r, 0, 100);
        size_t levels = levels_of(cases[i].n, shape, p, &options, "nmf");
        if (levels != cases[i].levels)
            fail_msg("%zu images of %zux%zu, r %zu: %zu levels, not %zu", cases[i].n, shape.width,
                     shape.height, cases[i].r, levels, cases[i].levels);
    }
}

static void test_levels_that_are_asked_for(void **state)
{
    (void)state;
    const mien_shape orl = {112, 92, 1}, table = {0};
    static const float start[1] = {1};
    mien_options options = test_options(49, 0, 100);
    for (size_t asked = 1; asked <= 6; asked++) {
        options.levels = asked;
        assert_int_equal(levels_of(400, orl, 10304, &options, "nmf"), asked);
        assert_int_equal(levels_of(400, orl, 10304, &options, "kmeans"), asked);
    }
    options.levels = 7; /* 92 pixels are one then */
    assert_int_equal(levels_of(400, orl, 10304, &options, "nmf"), 0);
    options.levels = 2;
    assert_int_equal(levels_of(400, table, 10304, &options, "nmf"), 0);
    assert_int_equal(levels_of(400, table, 10304, &options, "pca"), 1); /* is not asked */
    options.start_W = options.start_H = start;
    assert_int_equal(levels_of(400, orl, 10304, &options, "nmf"), 0);
    options.levels = 0;
    assert_int_equal(levels_of(400, orl, 10304, &options, "nmf"), 1);
    assert_int_equal(levels_of(400, orl, 10304, &options, "kmeans"), 1);
    options.start_W = options.start_H = NULL;
    assert_int_equal(levels_of(400, orl, 10304, &options, "kmeans"), 3);
}

/* The textbook's stays the textbook's, and so does what was not seen to gain. */
static void test_levels_are_not_for_every_solver(void **state)
{
    (void)state;
    static const char *const plain[][2] = {
        {"mu", "kl"}, {"mu", "frobenius"}, {"minibatch", "kl"}, {"hals", "frobenius"}};
    static const char *const objectives[] = {"kl", "frobenius"};
    const mien_shape orl = {112, 92, 1};
    for (size_t i = 0; i < 2; i++) {
        mien_options options = test_options(49, 0, 100);
        set_option(&options, "objective", objectives[i]);
        assert_int_equal(levels_of(400, orl, 10304, &options, "nmf"), 3);
        set_option(&options, "penalty", "l1");
        set_option(&options, "sparse-basis", "0.1");
        assert_int_equal(levels_of(400, orl, 10304, &options, "nmf"), 1);
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        mien_options options = test_options(49, 0, 100);
        set_option(&options, "solver", plain[i][0]);
        set_option(&options, "objective", plain[i][1]);
        assert_int_equal(levels_of(400, orl, 10304, &options, "nmf"), 1);
        options.levels = 3;
        assert_int_equal(levels_of(400, orl, 10304, &options, "nmf"), 3);
    }
}

/* ---------------------------------------------------------------- a fit over levels */

enum { N = 60, HEIGHT = 13, WIDTH = 18, P = HEIGHT * WIDTH, R = 5, LEVELS = 3, ITERATIONS = 25 };

/* Sums of soft blobs, each image with its own weights, and noise. */
static float *blobs(void)
{
    float *X = noise(N, P, 0, 9), *weights = noise(N, R, 0.5, 5);
    for (size_t j = 0; j < N * P; j++)
        X[j] = 0.02f + 0.05f * X[j];
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < R; k++)
            for (size_t j = 0; j < P; j++) {
                double y = (double)(j / WIDTH) - 2 - 2.2 * (double)k;
                double x = (double)(j % WIDTH) - 3 * (double)((k * 3) % 6);
                X[i * P + j] += weights[i * R + k] * (float)exp(-(x * x + y * y) / 9);
            }
    free(weights);
    return X;
}

static mien_status fit_blobs_by(const char *method, const float *X, const mien_options *options,
                                mien_fit *fit, mien_error *err)
{
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    source.shape = (mien_shape){HEIGHT, WIDTH, 1};
    return mien_fit_run(method_named(method), &source, options, fit, err);
}

static mien_status fit_blobs(const float *X, const mien_options *options, mien_fit *fit,
                             mien_error *err)
{
    return fit_blobs_by("nmf", X, options, fit, err);
}

static mien_options levels_options(const char *objective, const char *solver, unsigned threads)
{
    mien_options options = test_options(R, 3, ITERATIONS);
    set_option(&options, "objective", objective);
    set_option(&options, "solver", solver);
    options.levels = LEVELS;
    options.threads = threads;
    options.snapshots = true;
    return options;
}

static const char *const kinds[][2] = {
    {"kl", "fast"}, {"kl", "mu"}, {"frobenius", "fast"}, {"frobenius", "hals"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static mien_fit must_fit_blobs(const float *X, const mien_options *options)
{
    mien_fit fit = {0};
    mien_error err = {0};
    if (fit_blobs(X, options, &fit, &err))
        fail_msg("%s", err.message);
    return fit;
}

/* Levels 3, 2, 1; iterations count on, those of level 1 are the fit's; the loss never rises within
 * a level, and the last is that of X. */
static void check_trace(const mien_fit *fit, const float *X)
{
    size_t level = LEVELS, own = 0, first = 0;
    for (size_t t = 0; t < fit->n_trace; t++) {
        const mien_trace *row = &fit->trace[t];
        assert_true(row->level == level || row->level == level - 1);
        if (row->level != level)
            first = t;
        level = row->level;
        assert_true(t == 0 || row->iteration >= row[-1].iteration);
        assert_true(t == 0 || row->seconds >= row[-1].seconds);
        if (t > first && row->loss > row[-1].loss * (1 + 1e-6))
            fail_msg("level %zu, row %zu: %.9g after %.9g", level, t, row->loss, row[-1].loss);
        own += level == 1;
    }
    assert_int_equal(level, 1);
    assert_true(own >= fit->iterations && fit->iterations >= 1);
    assert_near(fit->loss, measure_scores(fit, X).loss, 1e-5 * fit->loss + 1e-9);
    assert_true(fit->trace[fit->n_trace - 1].loss == fit->loss);
}

static void check_snapshots(const mien_fit *fit)
{
    const mien_snapshots *s = &fit->snapshots;
    size_t last = fit->trace[fit->n_trace - 1].iteration;
    assert_true(s->count > 5);
    assert_int_equal(s->iteration[0], 1);
    assert_int_equal(s->iteration[s->count - 1], last);
    for (size_t at = 1; at < s->count; at++)
        assert_true(s->iteration[at] > s->iteration[at - 1]);
    for (size_t k = 0; k < R; k++) /* components of all moments are in the fit's order */
        for (size_t at = s->count - 2; at < s->count; at++) {
            double along = 0, a = 0, b = 0;
            for (size_t j = 0; j < P; j++) {
                double u = s->values[(at * R + k) * P + j], v = fit->H[k * P + j];
                along += u * v;
                a += u * u;
                b += v * v;
            }
            assert_true(along > 0.9 * sqrt(a * b));
        }
}

static void test_a_fit_goes_through_its_levels(void **state)
{
    (void)state;
    float *X = blobs();
    for (size_t i = 0; i < KINDS; i++) {
        mien_options options = levels_options(kinds[i][0], kinds[i][1], 1);
        mien_fit fit = must_fit_blobs(X, &options);
        check_trace(&fit, X);
        check_snapshots(&fit);
        assert_true(fit.iterations <= ITERATIONS);
        mien_fit_free(&fit);
    }
    free(X);
}

static void test_levels_give_the_same_bytes_for_any_threads(void **state)
{
    (void)state;
    float *X = blobs();
    for (size_t i = 0; i < KINDS; i++) {
        mien_options options = levels_options(kinds[i][0], kinds[i][1], 1);
        mien_fit one = must_fit_blobs(X, &options);
        for (unsigned threads = 2; threads <= 3; threads++) {
            options.threads = threads;
            mien_fit fit = must_fit_blobs(X, &options);
            assert_memory_equal(fit.W, one.W, N * R * sizeof *one.W);
            assert_memory_equal(fit.H, one.H, R * P * sizeof *one.H);
            assert_true(fit.loss == one.loss && fit.n_trace == one.n_trace);
            for (size_t t = 0; t < one.n_trace; t++)
                assert_true(fit.trace[t].loss == one.trace[t].loss);
            mien_fit_free(&fit);
        }
        mien_fit_free(&one);
    }
    free(X);
}

/* One level is the fit that knows of no pictures, byte for byte. */
static void test_one_level_is_the_plain_fit(void **state)
{
    (void)state;
    float *X = blobs();
    mien_options options = levels_options("kl", "fast", 1);
    options.levels = 1;
    mien_fit plain = must_fit("nmf", X, N, P, &options), fit = must_fit_blobs(X, &options);
    assert_memory_equal(fit.H, plain.H, R * P * sizeof *plain.H);
    assert_int_equal(fit.trace[0].level, 1);
    mien_fit_free(&fit);
    mien_fit_free(&plain);
    free(X);
}

/* Without the first steps of the plain start, at the second iteration it is far ahead. */
static void test_level_one_starts_ahead(void **state)
{
    (void)state;
    float *X = blobs();
    mien_options options = levels_options("kl", "fast", 1);
    mien_fit fit = must_fit_blobs(X, &options);
    options.levels = 1;
    mien_fit plain = must_fit_blobs(X, &options);
    size_t t = 0;
    while (fit.trace[t].level > 1)
        t++;
    assert_true(fit.trace[t].loss < 0.5 * plain.trace[0].loss);
    mien_fit_free(&fit);
    mien_fit_free(&plain);
    free(X);
}

/* Every image is with its nearest centroid. */
static void check_nearest(const mien_fit *fit, const float *X)
{
    for (size_t i = 0; i < N; i++) {
        double own = 0, least = INFINITY;
        for (size_t k = 0; k < R; k++) {
            double square = 0;
            for (size_t j = 0; j < P; j++)
                square += pow((double)X[i * P + j] - fit->H[k * P + j], 2);
            least = fmin(least, square);
            own = fit->W[i * R + k] > 0 ? square : own;
        }
        assert_true(own <= least * (1 + 1e-5));
    }
}

/* Of signed pictures, too, and of faint ones, whose distances are all below 1. */
static void test_kmeans_begins_with_smaller_pictures(void **state)
{
    (void)state;
    static const float scales[] = {1, 0x1p-8f};
    for (size_t s = 0; s < 2; s++) {
        float *X = blobs();
        mien_options options = test_options(R, 3, 100);
        mien_fit plain = {0}, one = {0};
        mien_error err = {0};
        for (size_t j = 0; j < N * P; j++)
            X[j] = scales[s] * (X[j] - 2);
        options.restarts = 1;
        options.snapshots = true;
        options.levels = 1;
        assert_int_equal(fit_blobs_by("kmeans", X, &options, &plain, &err), MIEN_OK);
        options.levels = LEVELS;
        for (unsigned threads = 1; threads <= 3; threads++) {
            mien_fit fit = {0};
            options.threads = threads;
            assert_int_equal(fit_blobs_by("kmeans", X, &options, &fit, &err), MIEN_OK);
            check_trace(&fit, X);
            check_nearest(&fit, X);
            size_t t = 0;
            while (fit.trace[t].level > 1)
                t++;
            assert_true(t > 1 && fit.trace[t].loss < plain.trace[0].loss);
            assert_true(fit.trace[t].loss < 1.05 * fit.loss && fit.loss < 1.05 * plain.loss);
            assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
            if (threads == 1) {
                one = fit;
                continue;
            }
            assert_memory_equal(fit.W, one.W, N * R * sizeof *one.W);
            assert_memory_equal(fit.H, one.H, R * P * sizeof *one.H);
            mien_fit_free(&fit);
        }
        mien_fit_free(&one);
        mien_fit_free(&plain);
        free(X);
    }
}

/* An image of which smaller ones see nothing gets its weights all the same, by every solver. */
static void test_an_image_of_unseen_pixels_is_learned(void **state)
{
    (void)state;
    float *X = blobs();
    for (size_t j = 0; j < P; j++)
        X[j] = j / WIDTH % 2 ? X[j] : 0; /* every second row, the first among them */
    for (size_t i = 0; i < KINDS; i++) {
        mien_options options = levels_options(kinds[i][0], kinds[i][1], 1);
        mien_fit fit = must_fit_blobs(X, &options);
        double sum = 0;
        for (size_t k = 0; k < R; k++)
            sum += fit.W[k];
        assert_true(sum > 0.01);
        mien_fit_free(&fit);
    }
    free(X);
}

/* Of few iterations every level has no more. */
static void test_iterations_bound_every_level(void **state)
{
    (void)state;
    float *X = blobs();
    mien_options options = levels_options("kl", "fast", 1);
    size_t rows[LEVELS + 1] = {0};
    options.iterations = 4;
    options.tolerance = 0;
    mien_fit fit = must_fit_blobs(X, &options);
    assert_int_equal(fit.iterations, 4);
    assert_int_equal(fit.stop, MIEN_STOP_ITERATIONS);
    for (size_t t = 0; t < fit.n_trace; t++)
        rows[fit.trace[t].level]++;
    for (size_t level = 2; level <= LEVELS; level++)
        assert_true(rows[level] <= 5 && rows[level] >= 4);
    mien_fit_free(&fit);
    free(X);
}

/* ---------------------------------------------------------------- ends before the end */

static bool count_down(void *user, const mien_progress *now)
{
    size_t *left = user;
    assert_true(now->done <= now->total);
    return *left ? (*left)--, true : false;
}

/* However early the user says so: a whole result, of X. */
static void test_an_interrupt_leaves_a_whole_result(void **state)
{
    (void)state;
    float *X = blobs();
    for (size_t calls = 0; calls < 60; calls += 7) {
        size_t left = calls;
        mien_options options = levels_options("kl", "fast", 2);
        options.tolerance = 0;
        options.progress = count_down;
        options.user = &left;
        mien_fit fit = must_fit_blobs(X, &options);
        assert_int_equal(fit.stop, MIEN_STOP_INTERRUPTED);
        assert_near(fit.loss, measure_scores(&fit, X).loss, 1e-5 * fit.loss);
        assert_int_equal(fit.trace[fit.n_trace - 1].level, 1);
        assert_true(fit.p == P && fit.iterations <= ITERATIONS);
        mien_fit_free(&fit);
    }
    free(X);
}

static void test_levels_survive_failing_allocations(void **state)
{
    (void)state;
    float *X = blobs();
    mien_options options = levels_options("kl", "fast", 1);
    options.iterations = 3;
    mien_status st = MIEN_ERR_NOMEM;
    mien_set_allocator(failing_malloc, failing_free);
    for (long k = 0; st; k = failing_next(k)) {
        mien_fit fit = {0};
        mien_error err = {0};
        failing_countdown = k;
        st = fit_blobs(X, &options, &fit, &err);
        if (st)
            assert_int_equal(st, MIEN_ERR_NOMEM);
        mien_fit_free(&fit);
        assert_int_equal(failing_alive, 0);
    }
    mien_set_allocator(NULL, NULL);
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_second_pixel_is_kept),
        cmocka_unit_test(test_reduced_pictures_are_exact_to_sixteen_bits),
        cmocka_unit_test(test_enlarged_then_reduced_is_the_same),
        cmocka_unit_test(test_enlarged_pictures_stay_between_their_values),
        cmocka_unit_test(test_levels_are_those_that_carry_r),
        cmocka_unit_test(test_levels_that_are_asked_for),
        cmocka_unit_test(test_levels_are_not_for_every_solver),
        cmocka_unit_test(test_a_fit_goes_through_its_levels),
        cmocka_unit_test(test_levels_give_the_same_bytes_for_any_threads),
        cmocka_unit_test(test_one_level_is_the_plain_fit),
        cmocka_unit_test(test_level_one_starts_ahead),
        cmocka_unit_test(test_kmeans_begins_with_smaller_pictures),
        cmocka_unit_test(test_an_image_of_unseen_pixels_is_learned),
        cmocka_unit_test(test_iterations_bound_every_level),
        cmocka_unit_test(test_an_interrupt_leaves_a_whole_result),
        cmocka_unit_test(test_levels_survive_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
