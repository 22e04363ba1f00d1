/* test_scale.c - the unit of X makes no difference, nor do columns in units far apart.
 * SPDX-License-Identifier: MIT
 *
 * Products of pixels leave float32 at 1e19, denormals count as zero in tasks: models of such data
 * were poor or zero, and "converged". */
#include "support/fits.h"
#include "support/problems.h"

#include "data/scale.h"
#include "study/rank/rank.h"

#include <float.h>

enum { N = 40, P = 12, R = 4 };

static const struct setting {
    const char *method;
    int power; /* of the scale that the loss grows with */
    const char *options[3][2];
} settings[] = {
    {"nmf", 1, {{0}}},
    {"nmf", 1, {{"solver", "mu"}}},
    {"nmf", 1, {{"solver", "minibatch"}}},
    {"nmf", 1, {{"init", "nndsvda"}}},
    {"nmf", 1, {{"init", "kmeans"}}},
    {"nmf", 1, {{"sparse-basis", "0.1"}}},
    {"nmf", 1, {{"sparse-weights", "0.1"}}},
    {"nmf", 1, {{"penalty", "local"}}},
    {"nmf", 2, {{"objective", "frobenius"}}},
    {"nmf", 2, {{"objective", "frobenius"}, {"solver", "mu"}}},
    {"nmf", 2, {{"objective", "frobenius"}, {"solver", "hals"}}},
    {"nmf", 2, {{"objective", "frobenius"}, {"sparse-basis", "0.1"}}},
    {"nmf", 2, {{"objective", "frobenius"}, {"penalty", "hoyer"}, {"sparse-basis", "0.6"}}},
    {"pca", 2, {{0}}},
    {"pca", 2, {{"center", "no"}}},
    {"kmeans", 2, {{0}}},
    {"ica", 2, {{0}}},
    {"ica", 2, {{"ica", "weights"}}},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* Powers of two, from denormals to nearly the largest float. */
static const int exponents[] = {-128, -100, -40, -16, 16, 40, 100, 124};
enum { EXPONENTS = sizeof exponents / sizeof *exponents };

static mien_options options_of(const struct setting *s)
{
    mien_options options = test_options(R, 3, 200);
    for (size_t k = 0; k < 3 && s->options[k][0]; k++)
        set_option(&options, s->options[k][0], s->options[k][1]);
    return options;
}

/* Values of ten bits below 4: times 2^-128 they are denormals that lose nothing. */
static float *values_of(size_t n, uint64_t seed)
{
    float *X = noise(n, P, 0.1, seed);
    for (size_t at = 0; at < n * P; at++)
        X[at] = rintf(256 * X[at]) / 256;
    return X;
}

static float *times(const float *X, size_t count, int exponent)
{
    float *Y = calloc(count, sizeof *Y);
    for (size_t at = 0; at < count; at++)
        Y[at] = ldexpf(X[at], exponent);
    return Y;
}

static void fail_setting(const struct setting *s, int exponent, const char *what, double got,
                         double wanted)
{
    fail_msg("%s %s %s %s %s, times 2^%d: %s %g, expected %g", s->method,
             s->options[0][0] ? s->options[0][0] : "", s->options[0][0] ? s->options[0][1] : "",
             s->options[1][0] ? s->options[1][0] : "", s->options[1][0] ? s->options[1][1] : "",
             exponent, what, got, wanted);
}

static void check_near(const struct setting *s, int exponent, const char *what, double got,
                       double wanted, double share)
{
    if (!(fabs(got - wanted) <= share * fabs(wanted)))
        fail_setting(s, exponent, what, got, wanted);
}

static void test_models_do_not_depend_on_the_unit(void **state)
{
    (void)state;
    float *X = values_of(N, 5);
    for (size_t c = 0; c < SETTINGS; c++) {
        const struct setting *s = &settings[c];
        mien_options options = options_of(s);
        mien_fit plain = must_fit(s->method, X, N, P, &options);
        for (size_t e = 0; e < EXPONENTS; e++) {
            int exponent = exponents[e];
            float *Y = times(X, N * P, exponent);
            mien_fit fit = must_fit(s->method, Y, N, P, &options);
            check_near(s, exponent, "relative error", fit.relative_error, plain.relative_error,
                       1e-3);
            check_near(s, exponent, "loss", ldexp(fit.loss, -exponent * s->power), plain.loss,
                       2e-3);
            check_near(s, exponent, "end of the trace", fit.trace[fit.n_trace - 1].loss,
                       fit.loss + fit.penalty, 1e-12);
            assert_int_equal(fit.stop, plain.stop);
            double residual = 0, squares = 0; /* of what was returned */
            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < P; j++) {
                    double x = Y[i * P + j], d = x - model_entry(&fit, i, j);
                    residual += ldexp(d, -exponent) * ldexp(d, -exponent);
                    squares += ldexp(x, -exponent) * ldexp(x, -exponent);
                }
            check_near(s, exponent, "relative error of its files", sqrt(residual / squares),
                       plain.relative_error, 1e-3);
            mien_fit_free(&fit);
            free(Y);
        }
        mien_fit_free(&plain);
    }
    free(X);
}

static mien_encoding must_encode(const mien_fit *model, const mien_options *options, const float *X,
                                 size_t n)
{
    mien_float_view view = {X, n, P};
    mien_source source = mien_float_source(&view);
    mien_encoding e = {0};
    mien_error err = {0};
    if (mien_fit_encode(model, options, &source, &e, &err))
        fail_msg("%s", err.message);
    return e;
}

static void test_new_images_do_not_depend_on_the_unit(void **state)
{
    (void)state;
    float *X = values_of(N, 5), *Y = values_of(N, 6);
    for (size_t c = 0; c < SETTINGS; c++) {
        const struct setting *s = &settings[c];
        mien_options options = options_of(s);
        mien_fit plain = must_fit(s->method, X, N, P, &options);
        mien_encoding before = must_encode(&plain, &options, Y, N);
        for (size_t e = 0; e < EXPONENTS; e += 2) {
            int exponent = exponents[e];
            float *Xs = times(X, N * P, exponent), *Ys = times(Y, N * P, exponent);
            mien_fit fit = must_fit(s->method, Xs, N, P, &options);
            mien_encoding now = must_encode(&fit, &options, Ys, N);
            check_near(s, exponent, "relative error", now.fit.relative_error,
                       before.fit.relative_error, 2e-3);
            check_near(s, exponent, "loss", ldexp(now.fit.loss, -exponent * s->power),
                       before.fit.loss, 4e-3);
            assert_memory_equal(now.fit.H, fit.H, R * P * sizeof *fit.H);
            mien_encoding_free(&now);
            mien_fit_free(&fit);
            free(Xs);
            free(Ys);
        }
        mien_encoding_free(&before);
        mien_fit_free(&plain);
    }
    free(X);
    free(Y);
}

/* Neither a wild pixel nor the company moves a byte of the others' weights. */
static void test_weights_of_an_image_are_its_own(void **state)
{
    (void)state;
    enum { FEW = 7 };
    static const float wild[] = {1e10f, 1e15f, 1e30f, 1e-30f};
    float *X = values_of(N, 5), *Y = values_of(N, 6);
    for (size_t c = 0; c < SETTINGS; c++) {
        mien_options options = options_of(&settings[c]);
        mien_fit fit = must_fit(settings[c].method, X, N, P, &options);
        mien_encoding all = must_encode(&fit, &options, Y, N);
        mien_encoding few = must_encode(&fit, &options, Y + FEW * P, FEW);
        assert_memory_equal(few.fit.W, all.fit.W + FEW * R, FEW * R * sizeof *few.fit.W);
        for (size_t w = 0; w < sizeof wild / sizeof *wild; w++) {
            float was = Y[3];
            Y[3] = wild[w];
            mien_encoding now = must_encode(&fit, &options, Y, N);
            if (memcmp(now.fit.W + R, all.fit.W + R, (N - 1) * R * sizeof *now.fit.W) != 0)
                fail_setting(&settings[c], 0, "weights moved by a pixel of", (double)wild[w], 0);
            mien_encoding_free(&now);
            Y[3] = was;
        }
        mien_encoding_free(&all);
        mien_encoding_free(&few);
        mien_fit_free(&fit);
    }
    free(X);
    free(Y);
}

/* Columns, or rows, in a unit 2^-k of the others': their own divergence is what it is at 2^-20. */
static void test_units_far_apart(void **state)
{
    (void)state;
    enum { ROWS = 60, COLUMNS = 20, SMALL = 5, PARTS = 3 };
    static const int units[] = {-20, -34, -40, -60, -90};
    for (int rows = 0; rows < 2; rows++) {
        size_t n = rows ? COLUMNS : ROWS, p = rows ? ROWS : COLUMNS;
        float *X = planted(n, p, PARTS, 9);
        double first[2] = {0};
        for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
            float *Y = calloc(n * p, sizeof *Y);
            for (size_t at = 0; at < n * p; at++)
                Y[at] = ldexpf(X[at], (rows ? at / p : at % p) < SMALL ? units[u] : 0);
            mien_options options = test_options(PARTS, 1, 300);
            mien_fit fit = must_fit("nmf", Y, n, p, &options);
            mien_float_view view = {Y, n, p};
            mien_source source = mien_float_source(&view);
            mien_encoding new = {0};
            assert_int_equal(mien_fit_encode(&fit, &options, &source, &new, NULL), MIEN_OK);
            for (int again = 0; again < 2; again++) { /* as new images, too */
                double kl = 0, total = 0;
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < p; j++)
                        if ((rows ? i : j) < SMALL) {
                            double m = model_entry(again ? &new.fit : &fit, i, j);
                            kl += kl_entry(X[i * p + j], ldexp(m, -units[u]));
                            total += X[i * p + j];
                        }
                if (u == 0)
                    first[again] = kl;
                if (!(kl <= 1.01 * first[again] + 1e-4 * total))
                    fail_msg("%s at 2^%d: divergence %g, at 2^%d %g", rows ? "rows" : "columns",
                             units[u], kl, units[0], first[again]);
            }
            mien_encoding_free(&new);
            mien_fit_free(&fit);
            free(Y);
        }
        free(X);
    }
}

static void test_exponents(void **state)
{
    (void)state;
    static const struct {
        float largest;
        int exponent, to_one;
    } cases[] = {
        {0, 0, 0},
        {1, 0, 0},
        {0.75f, 0, 0},
        {255, 0, -8},
        {65535, 0, -16},
        {0x1p+17f, 0, -17},
        {0x1.8p+17f, -18, -18},
        {0x1p-16f, 0, 16},
        {0x1.8p-17f, 16, 16},
        {FLT_MAX, -128, -128},
        {FLT_MIN, 126, 126},
        {0x1p-149f, 149, 149},
        {0x1.8p-148f, 147, 147},
        {INFINITY, 0, 0},
        {NAN, 0, 0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        assert_int_equal(mien_scale_exponent(cases[c].largest), cases[c].exponent);
        assert_int_equal(mien_scale_to_one(cases[c].largest), cases[c].to_one);
    }
    static const float values[] = {0, -3, 2, 0x1p-149f};
    assert_true(mien_scale_largest(values, 4) == 3);
    float back[4];
    mien_scale_floats(values, back, 4, 149);
    assert_true(back[3] == 1 && isinf(back[1]));
    mien_scale_floats(values, back, 3, -100);
    assert_true(back[1] == -0x1.8p-99f && back[2] == 0x1p-99f);
}

/* The choice of r sees no unit, and reports losses in the caller's. */
static void test_rank_does_not_depend_on_the_unit(void **state)
{
    (void)state;
    float *X = planted(30, 14, 3, 2);
    mien_rank_options options = mien_rank_options_default();
    options.low = 2;
    options.high = 5;
    options.starts = 0;
    options.iterations = 40;
    options.threads = 1;
    mien_rank plain = {0};
    for (int round = 0; round < 3; round++) {
        int exponent = round == 0 ? 0 : round == 1 ? -125 : 110;
        float *Y = times(X, 30 * 14, exponent);
        mien_float_view view = {Y, 30, 14};
        mien_source source = mien_float_source(&view);
        mien_rank rank = {0};
        assert_int_equal(mien_rank_study(&source, &options, NULL, &rank, NULL), MIEN_OK);
        for (size_t i = 0; i < rank.n_points && round; i++)
            for (int loss = 0; loss < 2; loss++) {
                double back = ldexp(rank.points[i].held_out[loss], -exponent * (loss + 1));
                assert_near(back, plain.points[i].held_out[loss],
                            2e-3 * plain.points[i].held_out[loss]);
            }
        if (round) {
            assert_int_equal(rank.recommended, plain.recommended);
            mien_rank_free(&rank);
        } else {
            plain = rank;
        }
        free(Y);
    }
    mien_rank_free(&plain);
    free(X);
}

/* PCA of a small spread on a large mean: right, or refused with the figures. */
static void test_spread_on_an_offset(void **state)
{
    (void)state;
    enum { MANY = 200 };
    static const struct {
        float offset;
        bool refused;
    } cases[] = {{1e3f, false}, {1e5f, false}, {1e6f, false}, {1e8f, true}};
    float *Z = noise(MANY, P, 0, 3);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        float *X = calloc(MANY * P, sizeof *X);
        for (size_t at = 0; at < MANY * P; at++)
            X[at] = 10 * Z[at] + cases[c].offset;
        mien_options options = test_options(R, 0, 50);
        mien_error err;
        if (cases[c].refused) {
            assert_int_equal(refusal(method_named("pca"), X, MANY, P, &options, &err),
                             MIEN_ERR_DOMAIN);
            assert_non_null(strstr(err.message, "1e+08"));
            assert_non_null(strstr(err.message, "subtract a constant"));
        } else {
            mien_fit fit = must_fit("pca", X, MANY, P, &options);
            assert_near(fit.explained_variance, measure_scores(&fit, X).explained_variance, 1e-6);
            assert_true(fit.explained_variance > 0.4);
            mien_fit_free(&fit);
        }
        mien_fit means = must_fit("kmeans", X, MANY, P, &options);
        double residual = 0, variance = 0;
        for (size_t j = 0; j < P; j++) {
            double mean = 0;
            for (size_t i = 0; i < MANY; i++)
                mean += X[i * P + j] / (double)MANY;
            for (size_t i = 0; i < MANY; i++) {
                double d = X[i * P + j] - model_entry(&means, i, j), v = X[i * P + j] - mean;
                residual += d * d;
                variance += v * v;
            }
        }
        assert_near(means.explained_variance, 1 - residual / variance, 1e-6);
        mien_fit_free(&means);
        free(X);
    }
    free(Z);
}

/* A loss that is a small difference of large sums: `fast` stopped half above mu. */
static void test_fast_on_an_offset(void **state)
{
    (void)state;
    enum { MANY = 120, PIXELS = 16 };
    static const char *const objectives[] = {"kl", "frobenius"};
    float *X = planted(MANY, PIXELS, 3, 4);
    for (size_t at = 0; at < MANY * PIXELS; at++)
        X[at] += 1000;
    for (size_t o = 0; o < 2; o++) {
        mien_options options = test_options(3, 0, 800);
        options.tolerance = 0;
        set_option(&options, "objective", objectives[o]);
        mien_fit fast = must_fit("nmf", X, MANY, PIXELS, &options);
        set_option(&options, "solver", "mu");
        mien_fit mu = must_fit("nmf", X, MANY, PIXELS, &options);
        if (!(fast.loss <= 1.02 * mu.loss || fast.stop == MIEN_STOP_STALLED))
            fail_msg("%s: loss %g, stop %d; mu %g", objectives[o], fast.loss, (int)fast.stop,
                     mu.loss);
        mien_fit_free(&fast);
        mien_fit_free(&mu);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_do_not_depend_on_the_unit),
        cmocka_unit_test(test_new_images_do_not_depend_on_the_unit),
        cmocka_unit_test(test_weights_of_an_image_are_its_own),
        cmocka_unit_test(test_units_far_apart),
        cmocka_unit_test(test_exponents),
        cmocka_unit_test(test_rank_does_not_depend_on_the_unit),
        cmocka_unit_test(test_spread_on_an_offset),
        cmocka_unit_test(test_fast_on_an_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
