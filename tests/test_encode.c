/* test_encode.c - new images on a learned basis: the optimum, the training's weights, outliers.
 * SPDX-License-Identifier: MIT */
#include "support/fits.h"
#include "support/problems.h"

#include "methods/spread.h"
#include "mien_study.h"

enum { N = 60, P = 40, R = 5 };

/* What a method is asked for, so that every kind of encoding is met. */
struct kind {
    const char *method, *key, *value;
};
static const struct kind kinds[] = {
    {"nmf", "objective", "kl"}, {"nmf", "objective", "frobenius"}, {"kmeans", NULL, NULL},
    {"pca", "center", "yes"},   {"pca", "center", "no"},           {"ica", "ica", "images"},
    {"ica", "ica", "weights"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static mien_options options_for(const struct kind *kind, size_t r, size_t iterations)
{
    mien_options options = test_options(r, 3, iterations);
    options.tolerance = 0;
    if (kind->key)
        set_option(&options, kind->key, kind->value);
    return options;
}

static mien_status try_encode(const mien_fit *model, const mien_options *options, const float *X,
                              size_t n, size_t p, mien_encoding *out, mien_error *err)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    return mien_fit_encode(model, options, &source, out, err);
}

static mien_encoding must_encode(const mien_fit *model, const mien_options *options, const float *X,
                                 size_t n)
{
    mien_encoding e = {0};
    mien_error err = {0};
    if (try_encode(model, options, X, n, model->p, &e, &err))
        fail_msg("%s: %s", mien_method_describe(model->method)->name, err.message);
    return e;
}

/* Planted parts under noise: no method fits it exactly. */
static float *noisy(size_t n, size_t p, size_t r, uint64_t seed)
{
    float *X = planted(n, p, r, seed), *E = noise(n, p, 0.2, seed);
    for (size_t at = 0; at < n * p; at++)
        X[at] += 0.1f * E[at];
    free(E);
    return X;
}

/* |a - b| at most, as a share of the largest |b|. */
static double distance(const float *a, const float *b, size_t count)
{
    double most = 0, scale = 0;
    for (size_t at = 0; at < count; at++) {
        most = fmax(most, fabs((double)a[at] - (double)b[at]));
        scale = fmax(scale, fabs((double)b[at]));
    }
    return most / scale;
}

/* ---------------------------------------------------------------- the training images */

static void test_training_images_come_back(void **state)
{
    (void)state;
    static const double accuracy[KINDS] = {1e-3, 1e-3, 0, 1e-5, 1e-5, 1e-5, 1e-5};
    float *X = noisy(N, P, R, 2);
    for (size_t k = 0; k < KINDS; k++) {
        mien_options options = options_for(&kinds[k], R, 4000);
        mien_fit fit = must_fit(kinds[k].method, X, N, P, &options);
        mien_encoding e = must_encode(&fit, &options, X, N);
        double off = distance(e.fit.W, fit.W, N * R);
        if (!(off <= accuracy[k]))
            fail_msg("%s %s: weights of training images are off by %g", kinds[k].method,
                     kinds[k].value ? kinds[k].value : "", off);
        assert_relative(e.fit.loss, fit.loss, 1e-5);
        assert_relative(e.fit.image_errors.median, fit.image_errors.median, 1e-3);
        assert_int_equal(e.fit.stop, MIEN_STOP_CONVERGED);
        assert_memory_equal(e.fit.H, fit.H, R * P * sizeof(float));
        mien_encoding_free(&e);
        mien_fit_free(&fit);
    }
    free(X);
}

/* ---------------------------------------------------------------- penalties */

/* Every penalty, with what it is set by: pairs of key and value. */
static const char *const penalties[][8] = {
    {"sparse-basis", "0.3"},
    {"sparse-basis", "1"},
    {"sparse-weights", "0.3"},
    {"sparse-basis", "0.2", "sparse-weights", "0.2"},
    {"penalty", "local"},
    {"objective", "frobenius", "sparse-basis", "0.1"},
    {"objective", "frobenius", "sparse-weights", "0.1"},
    {"objective", "frobenius", "sparse-basis", "0.05", "sparse-weights", "0.05"},
    {"objective", "frobenius", "penalty", "hoyer", "sparse-basis", "0.4"},
};
enum { PENALTIES = sizeof penalties / sizeof *penalties };

static mien_options penalised(const char *const *words, size_t iterations)
{
    mien_options options = test_options(R, 3, iterations);
    options.restarts = 1;
    for (size_t at = 0; at < 8 && words[at]; at += 2)
        set_option(&options, words[at], words[at + 1]);
    return options;
}

/* However early training ends: its weights are the minimum for the basis it leaves. */
static void test_weights_under_penalties_come_back(void **state)
{
    (void)state;
    static const size_t iterations[] = {3, 400};
    float *X = noisy(N, P, R, 2);
    for (size_t k = 0; k < 2 * PENALTIES; k++) {
        const char *const *words = penalties[k / 2];
        mien_options options = penalised(words, iterations[k % 2]);
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        mien_encoding e = must_encode(&fit, &options, X, N);
        double off = distance(e.fit.W, fit.W, N * R);
        if (!(off <= 1e-3))
            fail_msg("%s %s, %zu iterations: weights of training images are off by %g", words[0],
                     words[1], iterations[k % 2], off);
        assert_relative(e.fit.loss, fit.loss, 1e-4);
        assert_relative(e.fit.image_errors.median, fit.image_errors.median, 1e-3);
        assert_relative(e.fit.image_errors.p95, fit.image_errors.p95, 1e-3);
        assert_int_equal(e.fit.stop, MIEN_STOP_CONVERGED);
        assert_int_equal(strlen(e.fit.note), 0);
        assert_relative(fit.trace[fit.n_trace - 1].loss, fit.loss + fit.penalty, 1e-9);
        mien_encoding one = must_encode(&fit, &options, X + 7 * P, 1);
        assert_true(distance(one.fit.W, e.fit.W + 7 * R, R) <= 1e-3);
        mien_encoding_free(&one);
        mien_encoding_free(&e);
        mien_fit_free(&fit);
    }
    free(X);
}

/* Hoyer's constraint on weights is one on all images at once. */
static void test_weights_under_a_constraint_of_their_own(void **state)
{
    (void)state;
    static const char *const words[8] = {"objective", "frobenius",      "penalty",
                                         "hoyer",     "sparse-weights", "0.6"};
    float *X = noisy(N, P, R, 2);
    mien_options options = penalised(words, 100);
    mien_fit fit = must_fit("nmf", X, N, P, &options);
    mien_encoding e = must_encode(&fit, &options, X, N);
    assert_true(distance(e.fit.W, fit.W, N * R) > 1e-3);
    assert_true(e.fit.loss < fit.loss);
    assert_non_null(strstr(e.fit.note, "without it"));
    /* so the fence is that of encodings, too */
    assert_memory_equal(&e.fit.image_errors, &fit.image_errors, sizeof(mien_quantiles));
    mien_encoding_free(&e);
    mien_fit_free(&fit);
    free(X);
}

static void test_a_penalty_on_norms_needs_the_weights(void **state)
{
    (void)state;
    float *X = noisy(N, P, R, 2);
    mien_options options = penalised(penalties[0], 3);
    mien_fit fit = must_fit("nmf", X, N, P, &options);
    float *W = fit.W;
    mien_encoding e;
    mien_error err = {0};
    fit.W = NULL;
    assert_int_equal(try_encode(&fit, &options, X, N, P, &e, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "has to come with its weights"));
    fit.W = W;
    mien_fit_free(&fit);
    free(X);
}

/* The objective of one image, by plain loops, is no smaller in any direction. */
static double priced(const mien_fit *fit, const mien_options *options, const float *x,
                     const double *w, double mean)
{
    const mien_option *option = mien_method_describe(fit->method)->options;
    double b = 0, v = 0, cost = 0, scale = 0;
    bool kl = strcmp(fit->loss_name, "generalised KL divergence") == 0, local = false;
    for (; option->key; option++) {
        double value = mien_options_get(options, option);
        b = strcmp(option->key, "sparse-basis") == 0 ? value : b;
        v = strcmp(option->key, "sparse-weights") == 0 ? value : v;
        local = local || (strcmp(option->key, "penalty") == 0 && value > 1);
    }
    for (size_t k = 0; k < R; k++) {
        double sum = 0, square = 0, norm = 0;
        for (size_t j = 0; j < P; j++) {
            sum += fit->H[k * P + j];
            square += (double)fit->H[k * P + j] * fit->H[k * P + j];
        }
        for (size_t i = 0; i < N; i++)
            norm += (double)fit->W[i * R + k] * fit->W[i * R + k];
        double parabola = sqrt(N) * sum * w[k] * w[k] / (2 * sqrt(norm));
        double line = sqrt(P * square) * w[k];
        if (local)
            scale += sum * sum * w[k] * w[k] / 2;
        else if (kl)
            cost += b * (parabola - sum * w[k]) + v * (line - sum * w[k]) + sum * w[k];
        else
            cost += mean * (b * parabola + v * line);
    }
    for (size_t j = 0; j < P; j++) {
        double m = 0;
        for (size_t k = 0; k < R; k++)
            m += w[k] * fit->H[k * P + j];
        cost += kl ? (x[j] > 0 ? -x[j] * log(m) : 0) : (x[j] - m) * (x[j] - m) / 2;
    }
    return cost + scale;
}

static void test_new_images_pay_the_price(void **state)
{
    (void)state;
    float *X = noisy(N, P, R, 2), *Y = noisy(N, P, R, 77);
    double mean = 0;
    for (size_t at = 0; at < N * P; at++)
        mean += X[at] / (double)(N * P);
    for (size_t k = 0; k < PENALTIES - 1; k++) {
        mien_options options = penalised(penalties[k], 50);
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        mien_encoding e = must_encode(&fit, &options, Y, N);
        for (size_t i = 0; i < N; i += 7) {
            double w[R], total = 0, square = 0;
            for (size_t c = 0; c < R; c++) {
                double sum = 0;
                for (size_t j = 0; j < P; j++)
                    sum += fit.H[c * P + j];
                w[c] = e.fit.W[i * R + c];
                total += w[c] * sum;
                square += w[c] * w[c] * sum * sum;
            }
            for (size_t c = 0; c < R && strcmp(penalties[k][1], "local") == 0; c++)
                w[c] *= sqrt(total / square); /* the scale that the parabola has */
            double here = priced(&fit, &options, Y + i * P, w, mean), size = 0;
            for (size_t c = 0; c < R; c++)
                size = fmax(size, w[c]);
            for (size_t c = 0; c < 2 * R; c++) {
                double keep = w[c / 2], step = (c % 2 ? 0.01 : -0.01) * size;
                w[c / 2] = fmax(0, keep + step);
                double there = priced(&fit, &options, Y + i * P, w, mean);
                if (!(there >= here - 1e-7 * fabs(here)))
                    fail_msg("%s %s, image %zu, weight %zu: %.9g falls to %.9g", penalties[k][0],
                             penalties[k][1], i, c / 2, here, there);
                w[c / 2] = keep;
            }
        }
        mien_encoding_free(&e);
        mien_fit_free(&fit);
    }
    free(X);
    free(Y);
}

/* ---------------------------------------------------------------- NMF: the conditions of Karush,
 * Kuhn and Tucker, by plain loops */

/* A basis nobody learned, with its traps: a part of zeros, two equal parts, a pixel that no part
 * reaches; and images with theirs: a black one, one that shows the lost pixel alone. */
static mien_fit wild_model(float **X)
{
    mien_fit model = {.method = method_named("nmf"), .n = 1, .p = P, .r = R + 2};
    model.H = noise(R + 2, P, 0.5, 9);
    for (size_t j = 0; j < P; j++) {
        model.H[3 * P + j] = 0;
        model.H[5 * P + j] = model.H[4 * P + j];
    }
    for (size_t k = 0; k < R + 2; k++)
        model.H[k * P + 7] = 0;
    *X = noise(N, P, 0.4, 10);
    for (size_t j = 0; j < P; j++) {
        (*X)[5 * P + j] = 0;
        (*X)[6 * P + j] = j == 7 ? 0.5f : 0;
    }
    return model;
}

/* The slope of the loss along weight k of image i, as a share of what pulls and pushes at it. */
static double slope(const mien_encoding *e, const float *x, size_t i, size_t k, bool kl)
{
    double down = 0, up = 0;
    for (size_t j = 0; j < P; j++) {
        double h = e->fit.H[k * P + j], m = model_entry(&e->fit, i, j);
        if (!(h > 0))
            continue;
        down += kl ? h : m * h;
        up += kl ? (x[j] > 0 ? x[j] * h / fmax(m, 1e-30) : 0) : x[j] * h;
    }
    return (down - up) / fmax(down, fmax(up, 1e-30));
}

static void test_nmf_meets_the_conditions_of_a_minimum(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < 2; kind++) {
        float *X;
        mien_fit model = wild_model(&X);
        mien_options options = options_for(&kinds[kind], model.r, 1);
        mien_encoding e = must_encode(&model, &options, X, N);
        assert_int_equal(e.fit.stop, MIEN_STOP_CONVERGED);
        for (size_t i = 0; i < N; i++) {
            const float *w = e.fit.W + i * model.r;
            double most = 0, eps = kind ? 1e-5 : 1e-4;
            for (size_t k = 0; k < model.r; k++)
                most = fmax(most, w[k]);
            for (size_t k = 0; k < model.r; k++) {
                double s = slope(&e, X + i * P, i, k, kind == 0);
                if (w[k] < 0 || s < -eps || (w[k] > 1e-2 * most && s > 10 * eps))
                    fail_msg("%s, image %zu, weight %zu = %g of %g: slope %g", kinds[kind].value, i,
                             k, (double)w[k], most, s);
            }
            assert_true(w[3] == 0);
            if (i == 5 || i == 6)
                assert_true(most == 0);
        }
        mien_encoding_free(&e);
        free(model.H);
        free(X);
    }
}

static void test_nmf_finds_the_weights_that_made_an_image(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < 2; kind++) {
        mien_fit model = {.method = method_named("nmf"), .n = 1, .p = P, .r = R};
        model.H = noise(R, P, 0.5, 21);
        float *W = noise(N, R, 0.3, 22), *X = calloc(N * P, sizeof *X);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < P; j++)
                for (size_t k = 0; k < R; k++)
                    X[i * P + j] += W[i * R + k] * model.H[k * P + j];
        mien_options options = options_for(&kinds[kind], R, 1);
        mien_encoding e = must_encode(&model, &options, X, N);
        assert_near(distance(e.fit.W, W, N * R), 0, kind ? 1e-5 : 5e-3);
        assert_true(e.fit.image_errors.max < 2e-3);
        mien_encoding_free(&e);
        free(model.H);
        free(W);
        free(X);
    }
}

/* ---------------------------------------------------------------- the other methods */

static void test_vq_takes_the_nearest_and_the_first_of_equals(void **state)
{
    (void)state;
    enum { SMALL = 4 };
    mien_fit model = {.method = method_named("kmeans"), .n = 1, .p = P, .r = SMALL};
    model.H = noise(SMALL, P, 0, 31);
    memcpy(model.H + 2 * P, model.H + P, P * sizeof(float)); /* centroids 1 and 2 are equal */
    float *X = noise(N, P, 0, 32);
    memcpy(X, model.H + P, P * sizeof *X);
    mien_options options = test_options(SMALL, 0, 1);
    mien_encoding e = must_encode(&model, &options, X, N);
    for (size_t i = 0; i < N; i++) {
        size_t nearest = 0;
        double least = INFINITY;
        for (size_t k = 0; k < SMALL; k++) {
            double square = 0;
            for (size_t j = 0; j < P; j++) {
                double d = (double)X[i * P + j] - (double)model.H[k * P + j];
                square += d * d;
            }
            if (square < least * (1 - 1e-12)) {
                least = square;
                nearest = k;
            }
        }
        for (size_t k = 0; k < SMALL; k++)
            assert_true(e.fit.W[i * SMALL + k] == (k == nearest ? 1.0f : 0.0f));
        assert_near(e.losses[i], least, 1e-9);
    }
    assert_true(e.fit.W[1] == 1 && e.errors[0] == 0);
    mien_encoding_free(&e);
    free(model.H);
    free(X);
}

/* What is left of an image is orthogonal to every basis image. */
static void test_projections_leave_what_is_orthogonal(void **state)
{
    (void)state;
    float *X = noisy(N, P, R, 2), *Y = noise(N, P, 0.1, 41);
    for (size_t kind = 3; kind < KINDS; kind++) {
        mien_options options = options_for(&kinds[kind], R, 60);
        mien_fit fit = must_fit(kinds[kind].method, X, N, P, &options);
        mien_encoding e = must_encode(&fit, &options, Y, N);
        for (size_t i = 0; i < N; i++)
            for (size_t k = 0; k < R; k++) {
                double inner = 0, x2 = 0, h2 = 0;
                for (size_t j = 0; j < P; j++) {
                    double x = Y[i * P + j], h = fit.H[k * P + j];
                    inner += (x - model_entry(&e.fit, i, j)) * h;
                    x2 += x * x;
                    h2 += h * h;
                }
                if (!(fabs(inner) <= 2e-6 * sqrt(x2 * h2)))
                    fail_msg("%s %s, image %zu, component %zu: %g of %g", kinds[kind].method,
                             kinds[kind].value, i, k, inner, sqrt(x2 * h2));
            }
        mien_encoding_free(&e);
        mien_fit_free(&fit);
    }
    free(X);
    free(Y);
}

/* r above the rank of X: what no image has gets weights of zero, of PCA but for rounding. */
static void test_projection_on_components_of_zeros(void **state)
{
    (void)state;
    float *X = planted(N, P, 2, 4);
    for (size_t kind = 3; kind < KINDS; kind++) {
        mien_options options = options_for(&kinds[kind], R, 20);
        mien_fit fit = must_fit(kinds[kind].method, X, N, P, &options);
        mien_encoding e = must_encode(&fit, &options, X, N);
        for (size_t i = 0; i < N; i++)
            assert_near(e.fit.W[i * R + R - 1], 0,
                        strcmp(kinds[kind].method, "pca") == 0 ? 1e-5 : 0);
        assert_near(distance(e.fit.W, fit.W, N * R), 0, 1e-4);
        mien_encoding_free(&e);
        mien_fit_free(&fit);
    }
    free(X);
}

/* ---------------------------------------------------------------- for every method */

static void test_errors_are_those_of_each_image(void **state)
{
    (void)state;
    float *X = noisy(N, P, R, 2), *Y = noise(N, P, 0.4, 51);
    for (size_t j = 0; j < P; j++)
        Y[3 * P + j] = 0;
    for (size_t kind = 0; kind < KINDS; kind++) {
        mien_options options = options_for(&kinds[kind], R, 30);
        mien_fit fit = must_fit(kinds[kind].method, X, N, P, &options);
        mien_encoding e = must_encode(&fit, &options, Y, N);
        double total = 0;
        for (size_t i = 0; i < N; i++) {
            double residual = 0, square = 0;
            for (size_t j = 0; j < P; j++) {
                double x = Y[i * P + j], y = model_entry(&e.fit, i, j);
                residual += (x - y) * (x - y);
                square += x * x;
            }
            if (square > 0)
                assert_near(e.errors[i], sqrt(residual / square), 1e-9);
            else
                assert_true(e.errors[i] == (residual > 0 ? INFINITY : 0));
            total += e.losses[i];
        }
        assert_relative(e.fit.loss, total, 1e-12);
        test_scores s = measure_scores(&e.fit, Y);
        assert_near(e.fit.loss, s.loss, 1e-9 * s.scale);
        assert_near(e.fit.relative_error, s.relative_error, 1e-9);
        mien_encoding_free(&e);
        mien_fit_free(&fit);
    }
    free(X);
    free(Y);
}

static void test_an_image_is_encoded_as_if_alone(void **state)
{
    (void)state;
    float *X = noisy(N, P, R, 2), *Y = noisy(N, P, R, 61);
    for (size_t kind = 0; kind < KINDS; kind++) {
        mien_options options = options_for(&kinds[kind], R, 60);
        mien_fit fit = must_fit(kinds[kind].method, X, N, P, &options);
        mien_encoding all = must_encode(&fit, &options, Y, N);
        for (size_t i = 0; i < N; i += 13) {
            mien_encoding one = must_encode(&fit, &options, Y + i * P, 1);
            double off = distance(one.fit.W, all.fit.W + i * R, R);
            if (!(off <= (kind == 0 ? 1e-3 : 1e-5)))
                fail_msg("%s %s: image %zu alone is off by %g", kinds[kind].method,
                         kinds[kind].value ? kinds[kind].value : "", i, off);
            mien_encoding_free(&one);
        }
        mien_encoding_free(&all);
        mien_fit_free(&fit);
    }
    free(X);
    free(Y);
}

static void test_same_bytes_with_any_threads(void **state)
{
    (void)state;
    enum { MANY = 300 };
    static const unsigned counts[] = {1, 2, 3, 4, 8};
    float *X = noisy(MANY, P, R, 2), *Y = noise(MANY, P, 0.3, 71);
    for (size_t kind = 0; kind < KINDS; kind++) {
        mien_options options = options_for(&kinds[kind], R, 20);
        mien_fit fit = must_fit(kinds[kind].method, X, MANY, P, &options);
        mien_encoding first = must_encode(&fit, &options, Y, MANY);
        for (size_t c = 1; c < sizeof counts / sizeof *counts; c++) {
            options.threads = counts[c];
            mien_encoding e = must_encode(&fit, &options, Y, MANY);
            if (!same_fit(&e.fit, &first.fit) ||
                memcmp(e.losses, first.losses, MANY * sizeof *e.losses) != 0 ||
                memcmp(e.errors, first.errors, MANY * sizeof *e.errors) != 0)
                fail_msg("%s: other bytes with %u threads", kinds[kind].method, counts[c]);
            mien_encoding_free(&e);
        }
        mien_encoding_free(&first);
        mien_fit_free(&fit);
    }
    free(X);
    free(Y);
}

static void test_bad_input_is_refused(void **state)
{
    (void)state;
    static const struct {
        size_t n, p;
        float value; /* of entry (2, 3) */
        mien_status nonneg, others;
        const char *words;
    } cases[] = {
        {N, P - 1, 0, MIEN_ERR_SHAPE, MIEN_ERR_SHAPE, "images of 39 pixels, the model wants 40"},
        {0, P, 0, MIEN_ERR_SHAPE, MIEN_ERR_SHAPE, "no images"},
        {N, P, -1, MIEN_ERR_DOMAIN, MIEN_OK, "image 3, pixel 4 is negative"},
        {N, P, NAN, MIEN_ERR_DOMAIN, MIEN_ERR_DOMAIN, "image 3, pixel 4 is not a finite number"},
        {N, P, INFINITY, MIEN_ERR_DOMAIN, MIEN_ERR_DOMAIN, "image 3, pixel 4 is not"},
    };
    float *X = noisy(N, P, R, 2), *Y = noise(N, P, 0.3, 81);
    float before = Y[2 * P + 3];
    for (size_t kind = 0; kind < KINDS; kind++) {
        mien_options options = options_for(&kinds[kind], R, 5);
        mien_fit fit = must_fit(kinds[kind].method, X, N, P, &options);
        bool nonneg = mien_method_describe(fit.method)->traits & MIEN_NEEDS_NONNEG;
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
            mien_encoding e;
            mien_error err = {0};
            Y[2 * P + 3] = cases[c].value;
            mien_status wanted = nonneg ? cases[c].nonneg : cases[c].others;
            mien_status st = try_encode(&fit, &options, Y, cases[c].n, cases[c].p, &e, &err);
            if (st != wanted)
                fail_msg("%s, case %zu: status %d", kinds[kind].method, c, (int)st);
            if (!st)
                mien_encoding_free(&e);
            else if (err.status != st || !strstr(err.message, cases[c].words))
                fail_msg("%s, case %zu: %s", kinds[kind].method, c, err.message);
        }
        mien_fit_free(&fit);
    }
    Y[2 * P + 3] = before;
    free(X);
    free(Y);
}

static bool stop_at_once(void *user, const mien_progress *now)
{
    size_t *calls = user;
    assert_string_equal(now->stage, "nmf");
    ++*calls;
    return false;
}

static void test_interruption_gives_a_whole_result(void **state)
{
    (void)state;
    float *X = noisy(N, P, R, 2);
    for (size_t kind = 0; kind < 2; kind++) {
        size_t calls = 0;
        mien_options options = options_for(&kinds[kind], R, 30);
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        options.progress = stop_at_once;
        options.user = &calls;
        mien_encoding e = must_encode(&fit, &options, X, N);
        assert_int_equal(calls, 1);
        assert_int_equal(e.fit.stop, MIEN_STOP_INTERRUPTED);
        assert_true(isfinite(e.fit.loss));
        mien_encoding_free(&e);
        mien_fit_free(&fit);
    }
    free(X);
}

/* ---------------------------------------------------------------- outliers */

static void test_quartiles(void **state)
{
    (void)state;
    static const struct {
        double values[8];
        size_t n;
        mien_quantiles wanted;
    } cases[] = {
        {{7}, 1, {1, 7, 7, 7, 7, 7, 7, 0}},
        {{2, 1}, 2, {2, 1, 1.25, 1.5, 1.75, 2, 1.95, 0.5}},
        {{5, 1, 4, 2, 3}, 5, {5, 1, 2, 3, 4, 5, 4.8, 1}},
        {{10, 1, 2, 4}, 4, {4, 1, 1.75, 3, 5.5, 10, 9.1, 1.5}}, /* numpy.percentile */
        {{1, INFINITY, 1, 1, 1}, 5, {5, 1, 1, 1, 1, INFINITY, INFINITY, 0}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_quantiles s;
        assert_int_equal(mien_quantiles_measure(cases[c].values, cases[c].n, &s), MIEN_OK);
        assert_int_equal(s.n, cases[c].wanted.n);
        assert_true(s.min == cases[c].wanted.min);
        assert_near(s.lower_quartile, cases[c].wanted.lower_quartile, 1e-12);
        assert_near(s.median, cases[c].wanted.median, 1e-12);
        assert_near(s.upper_quartile, cases[c].wanted.upper_quartile, 1e-12);
        assert_true(s.max == cases[c].wanted.max);
        assert_true(s.p95 == cases[c].wanted.p95 || fabs(s.p95 - cases[c].wanted.p95) < 1e-12);
        assert_near(s.mad, cases[c].wanted.mad, 1e-12);
    }
}

static void test_outliers_lie_beyond_the_fence(void **state)
{
    (void)state;
    double errors[] = {0.1, 0.9, 0.5, 0.50001, INFINITY, 0.9};
    enum { COUNT = sizeof errors / sizeof *errors };
    mien_encoding e = {.fit = {.n = COUNT}, .errors = errors};
    mien_quantiles held_out = {.n = 9, .lower_quartile = 0.1, .upper_quartile = 0.2};
    mien_outliers found;
    assert_int_equal(mien_outliers_find(&held_out, &e, &found, NULL), MIEN_OK);
    assert_true(found.known);
    assert_near(found.fence, 0.5, 1e-12);
    static const size_t wanted[] = {4, 1, 5, 3};
    assert_int_equal(found.count, 4);
    assert_memory_equal(found.index, wanted, sizeof wanted);
    assert_non_null(strstr(found.rule, "above 0.5, upper quartile + 3"));
    assert_non_null(strstr(found.rule, "training images when they are unseen"));
    mien_outliers_free(&found);

    /* a model that explains its images exactly: rounding is no error */
    mien_quantiles exact = {.n = 9, .upper_quartile = 1e-8};
    errors[0] = 1e-6;
    assert_int_equal(mien_outliers_find(&exact, &e, &found, NULL), MIEN_OK);
    assert_int_equal(found.count, 5);
    mien_outliers_free(&found);

    /* a model that does not tell: no image is judged, whatever its error */
    assert_int_equal(mien_outliers_find(&(mien_quantiles){0}, &e, &found, NULL), MIEN_OK);
    assert_false(found.known || found.apart);
    assert_int_equal(found.count, 0);
    assert_true(isnan(found.fence) && isnan(found.p95));
    assert_true(!*found.rule && !*found.whole);
    mien_outliers_free(&found);
}

/* Against probabilities summed by hand: P(5 of 5) = 0.1^5, P(4 or more of 5) = 0.00046. */
static void test_a_folder_as_a_whole(void **state)
{
    (void)state;
    double errors[] = {0.31, 0.32, 0.33, 0.34, 0.35};
    mien_encoding e = {.fit = {.n = 5}, .errors = errors};
    mien_quantiles held_out = {.n = 400, .lower_quartile = 0.1, .upper_quartile = 0.2, .p95 = 0.3};
    mien_outliers found;
    assert_int_equal(mien_outliers_find(&held_out, &e, &found, NULL), MIEN_OK);
    assert_int_equal(found.count, 0); /* none of them lies far out, all together do */
    assert_int_equal(found.beyond, 5);
    assert_near(found.allowed, 0.1, 1e-12);
    assert_near(found.chance, 1e-5, 1e-12);
    assert_true(found.apart);
    assert_non_null(strstr(found.whole, "100% of the images have an error above 0.3"));
    assert_non_null(strstr(found.whole, "are of another kind than the training images"));
    mien_outliers_free(&found);
    errors[2] = 0.3; /* not above */
    assert_int_equal(mien_outliers_find(&held_out, &e, &found, NULL), MIEN_OK);
    assert_near(found.chance, 0.00046, 1e-9);
    assert_true(found.apart);
    mien_outliers_free(&found);
    errors[1] = 0.3;
    assert_int_equal(mien_outliers_find(&held_out, &e, &found, NULL), MIEN_OK);
    assert_near(found.chance, 0.00856, 1e-9);
    assert_false(found.apart);
    assert_non_null(strstr(found.whole, "60% of the images"));
    assert_non_null(strstr(found.whole, "do not stand apart"));
    mien_outliers_free(&found);
    held_out.p95 = NAN; /* unknown */
    assert_int_equal(mien_outliers_find(&held_out, &e, &found, NULL), MIEN_OK);
    assert_true(isnan(found.p95) && !found.apart && !*found.whole && found.known);
    mien_outliers_free(&found);
}

/* A percentile of few images may lie anywhere: more must be above it to say something. The bounds
 * are roots of (p - 0.05) / sqrt(p (1 - p) / n) = 3.0902, found by SciPy's brentq. */
static void test_a_percentile_of_few_images_allows_more(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        double allowed;
    } cases[] = {{20, 0.3866}, {50, 0.2354}, {200, 0.1214}, {400, 0.1}, {100000, 0.1}};
    double errors[] = {1};
    mien_encoding e = {.fit = {.n = 1}, .errors = errors};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_quantiles held_out = {.n = cases[c].n, .p95 = 0.5};
        mien_outliers found;
        assert_int_equal(mien_outliers_find(&held_out, &e, &found, NULL), MIEN_OK);
        assert_near(found.allowed, cases[c].allowed, 2e-4);
        assert_near(found.chance, found.allowed, 1e-9);
        mien_outliers_free(&found);
    }
}

static mien_fit must_calibrate(const char *method, const float *X, size_t n, size_t p,
                               const mien_options *options)
{
    mien_fit fit = must_fit(method, X, n, p, options);
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_error err;
    if (mien_fit_calibrate(&fit, options, &source, &err))
        fail_msg("%s: %s", method, err.message);
    return fit;
}

/* Unseen images of the kind a model has learned pass, others stand out; also of few images, which a
 * model follows so closely that by its own errors it would take all others for strangers. */
static void test_strangers_stand_out(void **state)
{
    (void)state;
    enum { ALL = 400, HALF = ALL / 2 };
    float *X = noisy(ALL, P, R, 2), *strange = noise(HALF, P, 0.3, 91);
    for (size_t run = 0; run < 2 * KINDS; run++) {
        size_t kind = run / 2, n = run % 2 ? HALF : 3 * R;
        mien_options options = options_for(&kinds[kind], R, 100);
        mien_fit fit = must_calibrate(kinds[kind].method, X, n, P, &options);
        mien_encoding unseen = must_encode(&fit, &options, X + HALF * P, HALF);
        mien_encoding others = must_encode(&fit, &options, strange, HALF);
        mien_outliers false_alarms, found;
        assert_int_equal(fit.held_out.n, n);
        assert_true(fit.held_out.median > fit.image_errors.median);
        assert_int_equal(mien_outliers_find(&fit.held_out, &unseen, &false_alarms, NULL), 0);
        assert_int_equal(mien_outliers_find(&fit.held_out, &others, &found, NULL), 0);
        bool mean_alone = strcmp(kinds[kind].method, "kmeans") == 0; /* five prototypes, no sums */
        if (false_alarms.apart || (!mean_alone && n == HALF && !found.apart))
            fail_msg("%s %s, %zu: its kind: %s; strangers: %s", kinds[kind].method,
                     kinds[kind].value ? kinds[kind].value : "", n, false_alarms.whole,
                     found.whole);
        if (false_alarms.count > HALF / 50 ||
            (!mean_alone && n == HALF && found.count < HALF * 9 / 10))
            fail_msg("%s %s, %zu: %zu of %d of its kind and %zu of %d strangers lie far out",
                     kinds[kind].method, kinds[kind].value ? kinds[kind].value : "", n,
                     false_alarms.count, HALF, found.count, HALF);
        mien_outliers_free(&false_alarms);
        mien_outliers_free(&found);
        mien_encoding_free(&unseen);
        mien_encoding_free(&others);
        mien_fit_free(&fit);
    }
    free(X);
    free(strange);
}

/* ---------------------------------------------------------------- memory */

static void test_out_of_memory_at_every_site(void **state)
{
    (void)state;
    float *X = noisy(N, P, R, 2);
    for (size_t kind = 0; kind < KINDS; kind++) {
        mien_options options = options_for(&kinds[kind], R, 5);
        mien_fit fit = must_fit(kinds[kind].method, X, N, P, &options);
        mien_set_allocator(failing_malloc, failing_free);
        mien_status st = MIEN_ERR_NOMEM;
        long k = 0;
        for (; st; k++) {
            mien_encoding e, untouched;
            memset(&e, 0xa5, sizeof e);
            memset(&untouched, 0xa5, sizeof untouched);
            mien_error err = {0};
            failing_countdown = k;
            failing_alive = 0;
            st = try_encode(&fit, &options, X, N, P, &e, &err);
            mien_outliers found;
            if (!st) {
                failing_countdown = k % 3;
                mien_status second =
                    mien_outliers_find(&(mien_quantiles){.n = 9}, &e, &found, &err);
                if (!second)
                    mien_outliers_free(&found);
                mien_encoding_free(&e);
            } else if (st != MIEN_ERR_NOMEM || err.status != st || !*err.message ||
                       memcmp(&e, &untouched, sizeof e) != 0) {
                fail_msg("%s: status %d when allocation %ld fails", kinds[kind].method, (int)st, k);
            }
            if (failing_alive != 0)
                fail_msg("%s: %ld blocks leak when allocation %ld fails", kinds[kind].method,
                         failing_alive, k);
        }
        mien_set_allocator(NULL, NULL);
        assert_true(k > 15);
        mien_fit_free(&fit);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_training_images_come_back),
        cmocka_unit_test(test_weights_under_penalties_come_back),
        cmocka_unit_test(test_weights_under_a_constraint_of_their_own),
        cmocka_unit_test(test_a_penalty_on_norms_needs_the_weights),
        cmocka_unit_test(test_new_images_pay_the_price),
        cmocka_unit_test(test_nmf_meets_the_conditions_of_a_minimum),
        cmocka_unit_test(test_nmf_finds_the_weights_that_made_an_image),
        cmocka_unit_test(test_vq_takes_the_nearest_and_the_first_of_equals),
        cmocka_unit_test(test_projections_leave_what_is_orthogonal),
        cmocka_unit_test(test_projection_on_components_of_zeros),
        cmocka_unit_test(test_errors_are_those_of_each_image),
        cmocka_unit_test(test_an_image_is_encoded_as_if_alone),
        cmocka_unit_test(test_same_bytes_with_any_threads),
        cmocka_unit_test(test_bad_input_is_refused),
        cmocka_unit_test(test_interruption_gives_a_whole_result),
        cmocka_unit_test(test_quartiles),
        cmocka_unit_test(test_outliers_lie_beyond_the_fence),
        cmocka_unit_test(test_a_folder_as_a_whole),
        cmocka_unit_test(test_a_percentile_of_few_images_allows_more),
        cmocka_unit_test(test_strangers_stand_out),
        cmocka_unit_test(test_out_of_memory_at_every_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
