/* test_contract.c - what mien.h promises of every method, over the registry and small problems.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "mien_study.h"

#include <float.h>
#include <stddef.h>

/* ---------------------------------------------------------------- problems */

typedef struct problem {
    const char *name;
    size_t n, p, r;
    float *(*make)(const struct problem *self);
    double scale;
} problem;

static float *make_planted(const problem *self)
{
    return planted(self->n, self->p, self->r, 3);
}

static float *make_noise(const problem *self)
{
    float *X = noise(self->n, self->p, 0.3, 5);
    for (size_t at = 0; at < self->n * self->p; at++)
        X[at] *= (float)self->scale;
    return X;
}

static float *make_flat(const problem *self)
{
    return calloc(self->n * self->p, sizeof(float));
}

/* Every image has one grey, each its own. */
static float *make_constant_images(const problem *self)
{
    float *X = make_flat(self);
    for (size_t at = 0; at < self->n * self->p; at++)
        X[at] = 0.1f + 0.05f * (float)(at / self->p);
    return X;
}

/* One grey everywhere. */
static float *make_alike(const problem *self)
{
    float *X = make_flat(self);
    for (size_t at = 0; at < self->n * self->p; at++)
        X[at] = 0.25f;
    return X;
}

/* Three different images, again and again. */
static float *make_duplicates(const problem *self)
{
    float *X = make_noise(self);
    for (size_t i = 3; i < self->n; i++)
        memcpy(X + i * self->p, X + i % 3 * self->p, self->p * sizeof *X);
    return X;
}

static float *make_zero_rows(const problem *self)
{
    float *X = make_noise(self);
    for (size_t i = 0; i < self->n; i += 4)
        memset(X + i * self->p, 0, self->p * sizeof *X);
    return X;
}

static float *make_zero_columns(const problem *self)
{
    float *X = make_noise(self);
    for (size_t at = 0; at < self->n * self->p; at++)
        X[at] = at % self->p % 5 == 0 ? 0 : X[at];
    return X;
}

static float *make_one_pixel(const problem *self)
{
    float *X = make_flat(self);
    X[2 * self->p + 3] = 0.7f;
    return X;
}

static const problem problems[] = {
    {"planted", 30, 20, 3, make_planted, 1},
    {"noise with zeros", 23, 17, 4, make_noise, 1},
    {"tall", 70, 5, 4, make_noise, 1},
    {"wide", 5, 70, 4, make_noise, 1},
    {"one image", 1, 12, 1, make_noise, 1},
    {"one pixel an image", 12, 1, 1, make_noise, 1},
    {"one number", 1, 1, 1, make_noise, 1},
    {"all zero", 9, 7, 2, make_flat, 1},
    {"constant images", 9, 7, 3, make_constant_images, 1},
    {"images alike", 9, 7, 3, make_alike, 1},
    {"duplicate images", 12, 10, 4, make_duplicates, 1},
    {"zero images", 14, 9, 3, make_zero_rows, 1},
    {"zero pixels", 14, 11, 3, make_zero_columns, 1},
    {"one pixel that is not zero", 8, 6, 3, make_one_pixel, 1},
    {"large values", 23, 17, 4, make_noise, 1e6},
    {"small values", 23, 17, 4, make_noise, 1e-6},
};
enum { PROBLEM_COUNT = sizeof problems / sizeof *problems };

/* All that the registry has, or the one that the environment's MIEN_METHOD names. */
static const mien_method *const *every_method(void)
{
    enum { MAX = 16 };
    static const mien_method *methods[MAX];
    const char *only = getenv("MIEN_METHOD");
    size_t count = 0;
    for (size_t m = 0; m < mien_method_count(); m++)
        if (!only || strcmp(mien_method_describe(mien_method_at(m))->name, only) == 0)
            methods[count++] = mien_method_at(m);
    assert_true(count > 0 && count < MAX);
    methods[count] = NULL;
    return methods;
}

/* Call visit for every method, every combination of its options and every problem. */
struct round {
    const mien_method *method;
    const mien_method_info *info;
    const problem *problem;
    const float *X;
    mien_options options; /* its own set; r, iterations, tolerance for all */
    const char *who;      /* for fail_msg */
};

static void run_round(const struct round *plain, const test_choices *choices,
                      void (*visit)(const struct round *))
{
    char who[256];
    struct round round = *plain;
    float *X = round.problem->make(round.problem);
    round.X = X;
    round.options = test_options(round.problem->r, 1, 25);
    choices_apply(choices, round.method, &round.options, who, sizeof who);
    size_t used = strlen(who);
    snprintf(who + used, sizeof who - used, " on '%s'", round.problem->name);
    round.who = who;
    visit(&round);
    free(X);
}

static void for_each_round(void (*visit)(const struct round *))
{
    for (const mien_method *const *m = every_method(); *m; m++) {
        struct round round = {.method = *m};
        round.info = mien_method_describe(round.method);
        test_choices choices = {0};
        do
            for (round.problem = problems; round.problem < problems + PROBLEM_COUNT;
                 round.problem++)
                run_round(&round, &choices, visit);
        while (choices_next(&choices, round.method));
    }
}

/* A fit that has to succeed unless the options do not go together; false when they do not. */
static bool fit_round(const struct round *round, const mien_options *options, mien_fit *fit)
{
    mien_error err = {0};
    mien_status wanted = mien_options_check(options, round->method, NULL);
    const problem *p = round->problem;
    mien_status st = try_fit(round->method, round->X, p->n, p->p, options, fit, &err);
    if (st != wanted || (st && st != MIEN_ERR_ARG))
        fail_msg("%s: status %d, expected %d: %s", round->who, (int)st, (int)wanted, err.message);
    return !st;
}

/* ---------------------------------------------------------------- what every fit is */

static void check_finite(const struct round *round, const float *values, size_t count,
                         const char *what)
{
    for (size_t at = 0; at < count; at++) {
        if (!isfinite(values[at]))
            fail_msg("%s: %s[%zu] is %g", round->who, what, at, (double)values[at]);
        if (!(round->info->traits & MIEN_SIGNED) && values[at] < 0)
            fail_msg("%s: %s[%zu] is negative, %g", round->who, what, at, (double)values[at]);
    }
}

static void check_scores(const struct round *round, const mien_fit *fit)
{
    test_scores s = measure_scores(fit, round->X);
    /* the same sums of the same doubles in another order */
    double rounding = 1e-9 * s.loss + 1e-13 * s.scale;
    if (!(fabs(fit->loss - s.loss) <= rounding))
        fail_msg("%s: loss %.17g, recomputed %.17g", round->who, fit->loss, s.loss);
    if (!(fabs(fit->relative_error - s.relative_error) <= 1e-9))
        fail_msg("%s: relative error %.17g, recomputed %.17g", round->who, fit->relative_error,
                 s.relative_error);
    if (!(fabs(fit->explained_variance - s.explained_variance) <=
          1e-8 * (1 + fabs(s.explained_variance))))
        fail_msg("%s: explained variance %.17g, recomputed %.17g", round->who,
                 fit->explained_variance, s.explained_variance);
    if (!(fit->sparseness >= -1e-6 && fit->sparseness <= 1 + 1e-6) ||
        !(fit->weights_sparseness >= -1e-6 && fit->weights_sparseness <= 1 + 1e-6))
        fail_msg("%s: sparseness %g and %g", round->who, fit->sparseness, fit->weights_sparseness);
}

/* Losses in the trace are sums of float32 products: right to this share of the scale. */
static const double TRACE_ROUNDING = 2e-6;

static void check_trace(const struct round *round, const mien_fit *fit)
{
    double rounding = TRACE_ROUNDING * measure_scores(fit, round->X).scale;
    if (fit->n_trace < 1 || fit->iterations < 1)
        fail_msg("%s: %zu rows of trace, %zu iterations", round->who, fit->n_trace,
                 fit->iterations);
    const mien_trace *last = &fit->trace[fit->n_trace - 1];
    if (last->iteration != fit->iterations)
        fail_msg("%s: the trace ends with iteration %zu of %zu", round->who, last->iteration,
                 fit->iterations);
    if (!(fit->penalty >= 0) || !(fabs(last->loss - fit->loss - fit->penalty) <= rounding))
        fail_msg("%s: the trace ends with loss %.17g, the fit has %.17g and penalty %.17g",
                 round->who, last->loss, fit->loss, fit->penalty);
    for (size_t t = 1; t < fit->n_trace; t++) {
        const mien_trace *now = &fit->trace[t], *before = now - 1;
        /* where one descent hands over to another, the loss between them is not known */
        if (now->iteration <= before->iteration || now->iteration > before->iteration + 2 ||
            now->seconds < before->seconds)
            fail_msg("%s: row %zu of the trace is out of order", round->who, t);
        if (round->info->traits & MIEN_MONOTONE && !(now->loss <= before->loss + rounding))
            fail_msg("%s: loss rises from %.17g to %.17g in iteration %zu", round->who,
                     before->loss, now->loss, now->iteration);
    }
}

static void check_round(const struct round *round)
{
    mien_fit fit;
    if (!fit_round(round, &round->options, &fit))
        return;
    const problem *p = round->problem;
    if (fit.method != round->method || fit.n != p->n || fit.p != p->p || fit.r != p->r || !fit.W ||
        !fit.H || !fit.loss_name || fit.seconds < 0)
        fail_msg("%s: a field of the fit is wrong", round->who);
    assert_int_equal(fit.seed, round->options.seed);
    check_finite(round, fit.W, fit.n * fit.r, "W");
    check_finite(round, fit.H, fit.r * fit.p, "H");
    if (fit.mu)
        check_finite(round, fit.mu, fit.p, "mu");
    check_scores(round, &fit);
    check_trace(round, &fit);
    float *row = calloc(fit.p, sizeof *row);
    for (size_t i = 0; i < fit.n; i++) {
        mien_fit_reconstruct(&fit, i, row);
        for (size_t j = 0; j < fit.p; j++) {
            double size = FLT_MIN + (fit.mu ? fabs(fit.mu[j]) : 0);
            for (size_t k = 0; k < fit.r; k++)
                size += fabs((double)fit.W[i * fit.r + k] * fit.H[k * fit.p + j]);
            if (!(fabs(row[j] - model_entry(&fit, i, j)) <= 1e-6 * size))
                fail_msg("%s: reconstruction of image %zu is wrong", round->who, i);
        }
    }
    free(row);
    mien_fit_free(&fit);
    assert_null(fit.W);
    mien_fit_free(&fit);
}

static void test_every_fit_keeps_the_contract(void **state)
{
    (void)state;
    for_each_round(check_round);
}

/* The losses of 1, 2, 3 ... iterations, each measured in double at what comes back. The trace of
 * a method could flatter; this cannot. (A penalty is taken from the fit; test_nmf_sparse.c sees to
 * it.) */
static void check_monotone(const struct round *round)
{
    if (!(round->info->traits & MIEN_MONOTONE))
        return;
    mien_options options = round->options;
    options.tolerance = 0;
    double before = INFINITY;
    for (options.iterations = 1; options.iterations <= 14; options.iterations++) {
        mien_fit fit;
        if (!fit_round(round, &options, &fit))
            return;
        test_scores s = measure_scores(&fit, round->X);
        double now = s.loss + fit.penalty;
        /* a penalised fit ends with a step of its own, for which the next fit is no match: what it
         * must not lose is what its own descent had reached */
        if (strstr(fit.note, "minimised"))
            before = fit.n_trace > 1 ? fit.trace[fit.n_trace - 2].loss : INFINITY;
        if (!(now <= before + 1e-6 * s.scale))
            fail_msg("%s: loss rises from %.17g to %.17g in iteration %zu", round->who, before, now,
                     options.iterations);
        before = now;
        mien_fit_free(&fit);
    }
}

static void test_monotone_methods_never_lose(void **state)
{
    (void)state;
    for_each_round(check_monotone);
}

/* ---------------------------------------------------------------- same seed, same bytes */

static void check_threads(const struct round *round, const float *X, size_t n, size_t p)
{
    static const unsigned counts[] = {1, 2, 3, 4, 8, 2};
    mien_options options = round->options;
    mien_fit first = {0};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        mien_fit fit;
        options.threads = counts[c];
        if (try_fit(round->method, X, n, p, &options, &fit, NULL))
            return; /* options that do not go together */
        if (c == 0) {
            first = fit;
            continue;
        }
        if (!same_fit(&fit, &first))
            fail_msg("%s: other bytes with %u threads than with 1", round->who, counts[c]);
        mien_fit_free(&fit);
    }
    mien_fit_free(&first);
}

static void test_same_seed_same_bytes_with_any_threads(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{211, 45}, {37, 300}, {4, 3}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s][0], p = sizes[s][1];
        float *X = noise(n, p, 0.2, 9);
        for (const mien_method *const *m = every_method(); *m; m++) {
            struct round round = {.method = *m};
            test_choices choices = {0};
            do {
                char who[256];
                round.options = test_options(p < 10 ? 2 : 6, 4, 12);
                round.options.restarts = 2;
                choices_apply(&choices, round.method, &round.options, who, sizeof who);
                round.who = who;
                check_threads(&round, X, n, p);
            } while (choices_next(&choices, round.method));
        }
        free(X);
    }
}

/* Does another seed give another answer where the start is random? Else the test above is empty. */
static void test_another_seed_is_another_start(void **state)
{
    (void)state;
    float *X = noise(40, 20, 0.2, 9);
    static const char *const random[] = {"nmf", "kmeans", "ica"};
    for (size_t m = 0; m < sizeof random / sizeof *random; m++) {
        mien_options options = test_options(5, 1, 2);
        mien_fit a = must_fit(random[m], X, 40, 20, &options);
        options.seed = UINT64_MAX;
        mien_fit b = must_fit(random[m], X, 40, 20, &options);
        if (memcmp(a.H, b.H, 5 * 20 * sizeof *a.H) == 0)
            fail_msg("%s: seeds 1 and 2^64 - 1 give the same basis", random[m]);
        mien_fit_free(&a);
        mien_fit_free(&b);
    }
    free(X);
}

/* Bytes in the small store and the same numbers as floats are the same data. */
static void test_small_store_gives_the_same_bytes(void **state)
{
    (void)state;
    enum { N = 60, P = 37 };
    unsigned char values[N * P];
    float *X = noise(N, P, 0.2, 2);
    for (size_t at = 0; at < N * P; at++) {
        values[at] = (unsigned char)lrint(255 * (double)X[at]);
        X[at] = values[at];
    }
    mien_pixels pixels = {
        .n = N, .p = P, .type = MIEN_U8, .values = values, .lower = -INFINITY, .upper = INFINITY};
    mien_source source = mien_pixels_source(&pixels);
    for (const mien_method *const *m = every_method(); *m; m++) {
        const mien_method *method = *m;
        const char *name = mien_method_describe(method)->name;
        mien_options options = test_options(5, 3, 15);
        mien_fit a = must_fit(name, X, N, P, &options), b;
        assert_int_equal(mien_fit_run(method, &source, &options, &b, NULL), MIEN_OK);
        if (!same_fit(&a, &b))
            fail_msg("%s: bytes and floats give different results", name);
        mien_fit_free(&a);
        mien_fit_free(&b);
    }
    free(X);
}

/* ---------------------------------------------------------------- refusals */

static void assert_says(const mien_error *err, const char *words, const char *who)
{
    if (!strstr(err->message, words))
        fail_msg("%s: the message should say '%s': %s", who, words, err->message);
}

static void test_number_of_components(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{6, 4}, {4, 6}};
    for (size_t s = 0; s < 2; s++) {
        size_t n = sizes[s][0], p = sizes[s][1];
        float *X = noise(n, p, 0, 1);
        for (const mien_method *const *m = every_method(); *m; m++) {
            const mien_method_info *info = mien_method_describe(*m);
            static const size_t wrong[] = {0, 7, 1000, SIZE_MAX / 2};
            mien_error err;
            for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
                mien_options options = test_options(wrong[w], 0, 5);
                mien_status st = refusal(*m, X, n, p, &options, &err);
                if (wrong[w] > 1000) { /* too large for BLAS, too: either is true */
                    assert_true(st == MIEN_ERR_ARG || st == MIEN_ERR_SHAPE);
                    continue;
                }
                if (st != MIEN_ERR_ARG)
                    fail_msg("%s: r = %zu gives status %d", info->name, wrong[w], (int)st);
                assert_says(&err, "r may be anything from 1 to max(N, p)", info->name);
            }
            for (size_t r = 1; r <= 6; r++) {
                mien_options options = test_options(r, 0, 5);
                mien_status st = refusal(*m, X, n, p, &options, &err);
                /* centroids beyond the number of images would be empty */
                bool bound = info->traits & MIEN_RANK_BOUND    ? r > 4
                             : info->traits & MIEN_IMAGE_BOUND ? r > n
                                                               : false;
                if (st != (bound ? MIEN_ERR_ARG : MIEN_OK))
                    fail_msg("%s: %zu x %zu, r = %zu gives status %d", info->name, n, p, r,
                             (int)st);
                if (bound && info->traits & MIEN_RANK_BOUND)
                    assert_says(&err, "min(N, p) = 4", info->name);
            }
        }
        free(X);
    }
}

static void test_values_outside_the_domain(void **state)
{
    (void)state;
    enum { N = 20, P = 9 };
    static const struct {
        float value;
        bool always; /* or only by methods that need non-negative data */
        const char *words;
    } cases[] = {
        {NAN, true, "image 8, pixel 5 is not a finite number"},
        {INFINITY, true, "image 8, pixel 5 is not a finite number"},
        {-INFINITY, true, "image 8, pixel 5 is not a finite number"},
        {-1e-30f, false, "image 8, pixel 5 is negative"},
        {-3, false, "image 8, pixel 5 is negative"},
    };
    for (const mien_method *const *m = every_method(); *m; m++) {
        const mien_method_info *info = mien_method_describe(*m);
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
            float *X = noise(N, P, 0.2, 1);
            X[7 * P + 4] = X[11 * P + 2] = cases[c].value;
            mien_error err;
            mien_options options = test_options(3, 0, 5);
            mien_status st = refusal(*m, X, N, P, &options, &err);
            bool refused = cases[c].always || info->traits & MIEN_NEEDS_NONNEG;
            if (st != (refused ? MIEN_ERR_DOMAIN : MIEN_OK))
                fail_msg("%s: %g in X gives status %d", info->name, (double)cases[c].value,
                         (int)st);
            if (refused)
                assert_says(&err, cases[c].words, info->name);
            free(X);
        }
    }
}

static void test_options_out_of_range(void **state)
{
    (void)state;
    float *X = noise(6, 4, 0, 1), start[6 * 4] = {0};
    for (const mien_method *const *m = every_method(); *m; m++) {
        const char *name = mien_method_describe(*m)->name;
        mien_options good = test_options(2, 0, 5), options;
        mien_error err;
        options = good;
        options.iterations = 0;
        if (refusal(*m, X, 6, 4, &options, &err) != MIEN_ERR_ARG)
            fail_msg("%s: no iterations", name);
        options = good;
        options.start_W = start;
        if (refusal(*m, X, 6, 4, &options, &err) != MIEN_ERR_ARG)
            fail_msg("%s: half a start", name);
        options = good;
        options.start_H = start;
        if (refusal(*m, X, 6, 4, &options, &err) != MIEN_ERR_ARG)
            fail_msg("%s: the other half of a start", name);
        if (refusal(*m, X, 0, 4, &good, &err) != MIEN_ERR_SHAPE ||
            refusal(*m, X, 6, 0, &good, &err) != MIEN_ERR_SHAPE)
            fail_msg("%s: no data", name);
    }
    free(X);
}

static void test_options_by_their_words(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
    } bad[] = {
        {"objective", "nope"},
        {"objective", ""},
        {"objective", "kl|frobenius"},
        {"objective", "k"},
        {"objective", "kl "},
        {"objective", "KL"},
        {"objective", "|"},
        {"objective", "0"},
        {"solver", "fas"},
        {"solver", "fastmu"},
        {"center", "true"},
        {"contrast", "gauss"},
        {"ica", "both"},
        {"init", "file"},
        {"nothing", "kl"},
        {"", "kl"},
        {"Objective", "kl"},
        {"objective=kl", "kl"},
    };
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
        mien_options options = mien_options_default(), before = options;
        mien_error err = {0};
        mien_status st = mien_options_set(&options, bad[b].key, bad[b].value, &err);
        if (st != MIEN_ERR_ARG || err.status != MIEN_ERR_ARG)
            fail_msg("--%s %s gives status %d", bad[b].key, bad[b].value, (int)st);
        assert_says(&err, bad[b].key, bad[b].value);
        assert_int_equal(mien_options_set(&options, bad[b].key, bad[b].value, NULL), MIEN_ERR_ARG);
        assert_memory_equal(&options, &before, sizeof options);
    }
    mien_options options = mien_options_default();
    set_option(&options, "objective", "frobenius");
    set_option(&options, "solver", "hals");
    set_option(&options, "objective", "kl");
    assert_int_equal(options.n_values, 2);
    options.n_values = MIEN_OPTION_VALUES;
    for (size_t at = 2; at < MIEN_OPTION_VALUES; at++)
        options.values[at].key = "of another program";
    assert_int_equal(mien_options_set(&options, "center", "no", NULL), MIEN_ERR_ARG);
    assert_int_equal(mien_options_set(&options, "solver", "mu", NULL), MIEN_OK);
}

static void test_options_are_made_by_default_alone(void **state)
{
    (void)state;
    static const float values[] = {1, 2, 3, 4, 5, 6};
    mien_float_view view = {values, 3, 2};
    mien_source X = mien_float_source(&view);
    mien_options good = mien_options_default(), bad = {.r = 2, .iterations = 5};
    good.r = 2;
    for (size_t i = 0; i < mien_method_count(); i++) {
        mien_fit fit;
        mien_error err;
        assert_int_equal(mien_fit_run(mien_method_at(i), &X, &bad, &fit, &err), MIEN_ERR_ARG);
        assert_non_null(strstr(err.message, "mien_options_default"));
        assert_int_equal(mien_fit_run(mien_method_at(i), &X, &good, &fit, &err), MIEN_OK);
        mien_fit_free(&fit);
    }
    assert_int_equal(mien_options_set(&bad, "solver", "mu", NULL), MIEN_ERR_ARG);
}

/* Another method's options are refused by name; without them the same options are taken. */
static void test_options_of_another_method(void **state)
{
    (void)state;
    float *X = noise(9, 8, 0.2, 1);
    size_t foreign = 0;
    for (const mien_method *const *m = every_method(); *m; m++)
        for (size_t other = 0; other < mien_method_count(); other++) {
            const mien_option *o = mien_method_describe(mien_method_at(other))->options;
            for (; o->key; o++) {
                mien_options options = test_options(2, 0, 3);
                char value[64];
                choice_value(o, 0, value, sizeof value);
                set_option(&options, o->key, value);
                mien_options own = mien_options_for(&options, *m);
                if (own.n_values == options.n_values)
                    continue;
                mien_error err = {0};
                mien_fit fit;
                assert_int_equal(try_fit(*m, X, 9, 8, &options, &fit, &err), MIEN_ERR_ARG);
                assert_says(&err, o->key, mien_method_describe(*m)->title);
                assert_int_equal(try_fit(*m, X, 9, 8, &own, &fit, &err), MIEN_OK);
                mien_fit_free(&fit);
                foreign++;
            }
        }
    assert_true(foreign > 0);
    free(X);
}

/* Options may be changed field by field: what no word gives is refused, not followed. */
static void test_option_values_are_checked(void **state)
{
    (void)state;
    for (const mien_method *const *m = every_method(); *m; m++)
        for (const mien_option *o = mien_method_describe(*m)->options; o->key; o++) {
            double beyond = o->choices ? (double)choice_count(o) : 2 * fabs(o->max) + 1;
            const double bad[] = {beyond, o->choices ? -1 : o->min - 1 - fabs(o->min), (double)NAN,
                                  o->choices ? 0.5 : (double)INFINITY, -(double)INFINITY};
            for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
                mien_options options = test_options(2, 0, 3);
                mien_error err = {0};
                options.values[options.n_values++] = (struct mien_option_value){o->key, bad[b]};
                if (mien_options_check(&options, *m, &err) != MIEN_ERR_ARG)
                    fail_msg("%s %g is taken", o->key, bad[b]);
                assert_says(&err, o->key, "values");
            }
        }
    mien_options many = mien_options_default(), nameless = many;
    many.n_values = MIEN_OPTION_VALUES + 1;
    nameless.n_values = 1;
    assert_int_equal(mien_options_check(&many, mien_method_at(0), NULL), MIEN_ERR_ARG);
    assert_int_equal(mien_options_set(&many, "center", "no", NULL), MIEN_ERR_ARG);
    assert_int_equal(mien_options_check(&nameless, mien_method_at(0), NULL), MIEN_ERR_ARG);
}

/* What public functions are called with; one of them each time is NULL. */
struct arguments {
    const mien_method *method;
    mien_source X;
    mien_options options;
    mien_cone_options cone;
    mien_rank_options rank;
    mien_dataset dataset;
    mien_fit model;
    size_t missing;
    mien_error err;
};
enum { OUT_BYTES = 16384 };
static max_align_t out_bytes[OUT_BYTES / sizeof(max_align_t)]; /* for any `out` */

static void *given(const struct arguments *a, size_t place, const void *pointer)
{
    return place == a->missing ? NULL : (void *)(uintptr_t)pointer;
}

static mien_status call_options_set(struct arguments *a)
{
    return mien_options_set(given(a, 0, &a->options), given(a, 1, "solver"), given(a, 2, "mu"),
                            &a->err);
}

static mien_status call_options_check(struct arguments *a)
{
    return mien_options_check(given(a, 0, &a->options), given(a, 1, a->method), &a->err);
}

static mien_status call_fit_check(struct arguments *a)
{
    return mien_fit_check(given(a, 0, a->method), a->X.n, a->X.p, given(a, 1, &a->options),
                          &a->err);
}

static mien_status call_fit_run(struct arguments *a)
{
    return mien_fit_run(given(a, 0, a->method), given(a, 1, &a->X), given(a, 2, &a->options),
                        given(a, 3, out_bytes), &a->err);
}

static mien_status call_fit_calibrate(struct arguments *a)
{
    return mien_fit_calibrate(given(a, 0, &a->model), given(a, 1, &a->options), given(a, 2, &a->X),
                              &a->err);
}

static mien_status call_fit_encode(struct arguments *a)
{
    return mien_fit_encode(given(a, 0, &a->model), given(a, 1, &a->options), given(a, 2, &a->X),
                           given(a, 3, out_bytes), &a->err);
}

static mien_status call_stability_run(struct arguments *a)
{
    return mien_stability_run(given(a, 0, a->method), given(a, 1, &a->X), given(a, 2, &a->options),
                              given(a, 3, out_bytes), &a->err);
}

static mien_status call_cone_measure(struct arguments *a)
{
    return mien_cone_measure(given(a, 0, &a->X), given(a, 1, &a->cone), given(a, 2, out_bytes),
                             &a->err);
}

static mien_status call_rank_run(struct arguments *a)
{
    return mien_rank_run(given(a, 0, &a->dataset), given(a, 1, &a->rank), NULL,
                         given(a, 2, out_bytes), &a->err);
}

static void test_what_is_missing_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t pointers;
        mien_status (*call)(struct arguments *a);
    } functions[] = {{"mien_options_set", 3, call_options_set},
                     {"mien_options_check", 2, call_options_check},
                     {"mien_fit_check", 2, call_fit_check},
                     {"mien_fit_run", 4, call_fit_run},
                     {"mien_fit_calibrate", 3, call_fit_calibrate},
                     {"mien_fit_encode", 4, call_fit_encode},
                     {"mien_stability_run", 4, call_stability_run},
                     {"mien_cone_measure", 3, call_cone_measure},
                     {"mien_rank_run", 3, call_rank_run}};
    float *values = noise(6, 5, 0.2, 1);
    const mien_float_view view = {values, 6, 5};
    struct arguments a = {.method = mien_method_find("nmf"),
                          .X = mien_float_source(&view),
                          .options = test_options(2, 0, 5),
                          .rank = mien_rank_options_default()};
    a.model = must_fit("nmf", values, 6, 5, &a.options);
    assert_true(sizeof out_bytes >= sizeof(mien_stability) &&
                sizeof out_bytes >= sizeof(mien_rank));
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
        for (a.missing = 0; a.missing < functions[f].pointers; a.missing++) {
            a.err = (mien_error){0};
            if (functions[f].call(&a) != MIEN_ERR_ARG || !strstr(a.err.message, "is NULL"))
                fail_msg("%s without its pointer %zu: '%s'", functions[f].name, a.missing,
                         a.err.message);
        }
    mien_fit_free(&a.model);
    free(values);
}

static void test_options_of_the_registry(void **state)
{
    (void)state;
    for (const mien_method *const *m = every_method(); *m; m++) {
        const mien_method_info *info = mien_method_describe(*m);
        assert_ptr_equal(mien_method_find(info->name), *m);
        for (const mien_option *option = info->options; option->key; option++) {
            mien_options options = mien_options_default();
            assert_true(mien_options_get(&options, option) == option->initial);
            for (size_t c = 0; c < choice_count(option); c++) {
                char value[64];
                choice_value(option, c, value, sizeof value);
                set_option(&options, option->key, value);
                double expected = option->choices ? (double)c : strtod(value, NULL);
                if (mien_options_get(&options, option) != expected)
                    fail_msg("--%s %s is %g", option->key, value,
                             mien_options_get(&options, option));
            }
            static const char *const no_numbers[] = {"", "abc", "1x", "nan", "inf", "1e999", "--1"};
            for (size_t w = 0; !option->choices && w < sizeof no_numbers / sizeof *no_numbers; w++)
                if (!mien_options_set(&options, option->key, no_numbers[w], NULL))
                    fail_msg("--%s %s is taken", option->key, no_numbers[w]);
        }
    }
    assert_null(mien_method_find("svd"));
    assert_null(mien_method_find(""));
    assert_null(mien_method_at(mien_method_count()));
}

/* ---------------------------------------------------------------- canonical form */

static double column_sum(const mien_fit *fit, size_t k, int power)
{
    double sum = 0;
    for (size_t i = 0; i < fit->n; i++)
        sum += pow(fit->W[i * fit->r + k], power);
    return sum;
}

static double row_sum(const mien_fit *fit, size_t k)
{
    double sum = 0;
    for (size_t j = 0; j < fit->p; j++)
        sum += fit->H[k * fit->p + j];
    return sum;
}

static double share(const mien_fit *fit, size_t k)
{
    return column_sum(fit, k, 1) * row_sum(fit, k);
}

static double cluster_size(const mien_fit *fit, size_t k)
{
    return column_sum(fit, k, 1);
}

static double variance(const mien_fit *fit, size_t k)
{
    return column_sum(fit, k, 2);
}

/* (E log cosh s - E log cosh of a normal)^2 of a basis image, standardised. */
static double non_gaussianity(const mien_fit *fit, size_t k)
{
    const float *h = fit->H + k * fit->p;
    double mean = row_sum(fit, k) / (double)fit->p, square = 0, contrast = 0;
    for (size_t j = 0; j < fit->p; j++)
        square += (h[j] - mean) * (h[j] - mean) / (double)fit->p;
    for (size_t j = 0; j < fit->p; j++)
        contrast += log(cosh((h[j] - mean) / sqrt(square))) / (double)fit->p;
    contrast -= 0.374567207491438; /* integral of log cosh against the normal density */
    return contrast * contrast;
}

static void check_unit_maximum(const mien_fit *fit)
{
    for (size_t k = 0; k < fit->r; k++) {
        float most = 0;
        for (size_t j = 0; j < fit->p; j++)
            most = fmaxf(most, fit->H[k * fit->p + j]);
        assert_true(most == 1);
    }
}

static void check_one_hot(const mien_fit *fit)
{
    for (size_t i = 0; i < fit->n; i++) {
        size_t ones = 0;
        for (size_t k = 0; k < fit->r; k++) {
            assert_true(fit->W[i * fit->r + k] == 0 || fit->W[i * fit->r + k] == 1);
            ones += fit->W[i * fit->r + k] == 1;
        }
        assert_int_equal(ones, 1);
    }
}

static void check_orthonormal(const mien_fit *fit)
{
    size_t p = fit->p;
    for (size_t k = 0; k < fit->r; k++) {
        const float *h = fit->H + k * p;
        float most = 0;
        for (size_t j = 0; j < p; j++)
            most = fabsf(h[j]) > fabsf(most) ? h[j] : most;
        assert_true(most > 0);
        for (size_t l = 0; l <= k; l++) {
            double inner = 0;
            for (size_t j = 0; j < p; j++)
                inner += (double)h[j] * fit->H[l * p + j];
            assert_near(inner, k == l ? 1 : 0, 1e-5);
        }
    }
}

static void check_positive_skewness(const mien_fit *fit)
{
    for (size_t k = 0; k < fit->r; k++) {
        const float *h = fit->H + k * fit->p;
        double mean = row_sum(fit, k) / (double)fit->p, square = 0, cube = 0;
        for (size_t j = 0; j < fit->p; j++) {
            square += pow(h[j] - mean, 2) / (double)fit->p;
            cube += pow(h[j] - mean, 3);
        }
        assert_near(square, 1, 1e-4);
        assert_true(cube > 0);
    }
}

static void test_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        double (*key)(const mien_fit *, size_t);
        void (*check)(const mien_fit *);
        double rounding; /* of the key, relative to the first */
    } cases[] = {
        {"nmf", share, check_unit_maximum, 1e-6},
        {"kmeans", cluster_size, check_one_hot, 0},
        {"pca", variance, check_orthonormal, 1e-6},
        {"ica", non_gaussianity, check_positive_skewness, 1e-5},
    };
    enum { N = 80, P = 60, R = 7, CASES = sizeof cases / sizeof *cases };
    float *X = planted(N, P, R + 3, 8);
    for (size_t c = 0; c < CASES; c++)
        for (uint64_t seed = 0; seed < 4; seed++) {
            mien_options options = test_options(R, seed, 60);
            mien_fit fit = must_fit(cases[c].method, X, N, P, &options);
            double first = cases[c].key(&fit, 0);
            for (size_t k = 1; k < R; k++) {
                double before = cases[c].key(&fit, k - 1), now = cases[c].key(&fit, k);
                if (!(now <= before + cases[c].rounding * first))
                    fail_msg("%s, seed %d: component %zu has key %.17g, the one before %.17g",
                             cases[c].method, (int)seed, k, now, before);
            }
            cases[c].check(&fit);
            mien_fit_free(&fit);
        }
    free(X);
}

/* ---------------------------------------------------------------- stopping */

struct watcher {
    size_t calls, stop_at;
    size_t done, total;
    const char *stage;
    bool in_order;
};

static bool watch(void *user, const mien_progress *now)
{
    struct watcher *w = user;
    w->in_order = w->in_order && (w->calls == 0 || now->done >= w->done) &&
                  now->done <= now->total && (w->calls == 0 || now->total == w->total);
    w->done = now->done;
    w->total = now->total;
    w->stage = now->stage;
    return ++w->calls != w->stop_at;
}

/* Under a penalty an end at the user's wish is without the last step of the weights, which lowers
 * what is minimised but for rounding. */
static bool lacks_last_step(const struct round *round, const mien_fit *fit, const mien_fit *plain)
{
    if (!strstr(round->who, "penalty=") || strstr(round->who, "penalty=none"))
        return false;
    test_scores scores = measure_scores(fit, round->X);
    double now = fit->loss + fit->penalty, then = plain->loss + plain->penalty;
    return then <= now + 1e-6 * (scores.scale + fit->penalty);
}

/* A fit that the user ends is the fit of as many iterations, marked. */
static void check_interruption(const struct round *round)
{
    const problem *p = round->problem;
    for (size_t stop_at = 1; stop_at <= 4; stop_at += 1) {
        struct watcher w = {.stop_at = stop_at, .in_order = true};
        mien_options options = round->options;
        options.tolerance = 0;
        options.progress = watch;
        options.user = &w;
        mien_fit fit, plain;
        if (!fit_round(round, &options, &fit))
            return;
        if (w.calls == 0)
            fail_msg("%s: the user is told nothing", round->who);
        if (!w.in_order || strcmp(w.stage, round->info->name) != 0)
            fail_msg("%s: progress is not told as promised", round->who);
        if (w.calls >= stop_at && fit.stop != MIEN_STOP_INTERRUPTED)
            fail_msg("%s: ended at call %zu, stop is %d", round->who, stop_at, (int)fit.stop);
        if (w.calls < stop_at && fit.stop == MIEN_STOP_INTERRUPTED)
            fail_msg("%s: interrupted by nobody", round->who);
        if (w.calls > stop_at)
            fail_msg("%s: %zu calls, the answer at call %zu was to stop", round->who, w.calls,
                     stop_at);
        check_scores(round, &fit);
        check_trace(round, &fit);
        options.progress = NULL;
        options.iterations = fit.iterations;
        assert_int_equal(try_fit(round->method, round->X, p->n, p->p, &options, &plain, NULL),
                         MIEN_OK);
        if (!same_fit(&fit, &plain) && !lacks_last_step(round, &fit, &plain))
            fail_msg("%s: interrupted after %zu iterations is not the same as %zu iterations",
                     round->who, fit.iterations, fit.iterations);
        mien_fit_free(&fit);
        mien_fit_free(&plain);
    }
}

static void test_interruption_gives_a_whole_result(void **state)
{
    (void)state;
    for_each_round(check_interruption);
}

static void test_interruption_between_starts_keeps_the_best(void **state)
{
    (void)state;
    enum { N = 30, P = 20 };
    float *X = noise(N, P, 0.2, 3);
    for (const mien_method *const *m = every_method(); *m; m++) {
        const char *name = mien_method_describe(*m)->name;
        mien_options options = test_options(4, 0, 6);
        mien_fit first = must_fit(name, X, N, P, &options);
        struct watcher w = {.stop_at = first.iterations + 2, .in_order = true};
        options.restarts = 5;
        options.progress = watch;
        options.user = &w;
        mien_fit fit = must_fit(name, X, N, P, &options);
        assert_true(w.in_order);
        if (w.calls == w.stop_at && fit.stop != MIEN_STOP_INTERRUPTED)
            fail_msg("%s: stop is %d", name, (int)fit.stop);
        if (!(fit.loss <= first.loss))
            fail_msg("%s: an interrupted second start replaced a better first", name);
        mien_fit_free(&first);
        mien_fit_free(&fit);
    }
    free(X);
}

static void test_reasons_to_stop(void **state)
{
    (void)state;
    enum { N = 60, P = 30 };
    float *X = noise(N, P, 0.2, 4);
    static const struct {
        const char *method;
        size_t iterations;
        double tolerance;
        mien_stop stop;
        size_t least, most; /* iterations made */
    } cases[] = {
        {"nmf", 1, -1, MIEN_STOP_ITERATIONS, 1, 1},
        {"nmf", 40, 0, MIEN_STOP_ITERATIONS, 40, 40}, /* tolerance 0: never */
        {"nmf", 100, 1, MIEN_STOP_CONVERGED, 10, 12}, /* as soon as ten iterations are to compare */
        {"kmeans", 1, -1, MIEN_STOP_ITERATIONS, 1, 1},
        {"kmeans", 100, 0, MIEN_STOP_CONVERGED, 2, 60},
        {"kmeans", 100, 1e9, MIEN_STOP_CONVERGED, 1, 1},
        {"ica", 1, -1, MIEN_STOP_ITERATIONS, 1, 1},
        {"ica", 7, 0, MIEN_STOP_ITERATIONS, 7, 7},
        {"ica", 100, 2, MIEN_STOP_CONVERGED, 1, 1},
        {"pca", 1, -1, MIEN_STOP_CONVERGED, 1, 1}, /* direct */
        {"pca", 9, 0, MIEN_STOP_CONVERGED, 1, 1},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_options options = test_options(5, 2, cases[c].iterations);
        options.tolerance = cases[c].tolerance;
        mien_fit fit = must_fit(cases[c].method, X, N, P, &options);
        if (fit.stop != cases[c].stop || fit.iterations < cases[c].least ||
            fit.iterations > cases[c].most)
            fail_msg("%s, %zu iterations, tolerance %g: stop %d after %zu", cases[c].method,
                     cases[c].iterations, cases[c].tolerance, (int)fit.stop, fit.iterations);
        mien_fit_free(&fit);
    }
    free(X);
}

static void test_restarts_keep_the_best(void **state)
{
    (void)state;
    enum { N = 40, P = 25, STARTS = 5 };
    float *X = noise(N, P, 0.3, 12);
    for (const mien_method *const *m = every_method(); *m; m++) {
        const mien_method_info *info = mien_method_describe(*m);
        mien_options options = test_options(6, 70, 15);
        options.restarts = STARTS;
        mien_fit best = must_fit(info->name, X, N, P, &options);
        bool found = false;
        options.restarts = 1;
        for (; options.seed < 70 + STARTS; options.seed++) {
            mien_fit single = must_fit(info->name, X, N, P, &options);
            /* methods whose every start ends at the same loss differ by rounding alone */
            if (!(best.loss <= single.loss * (1 + 1e-12)))
                fail_msg("%s: seed %d has loss %.17g, the best of all %.17g", info->name,
                         (int)options.seed, single.loss, best.loss);
            found = found || same_fit(&best, &single);
            mien_fit_free(&single);
        }
        if (!found)
            fail_msg("%s: the best of all starts is none of them", info->name);
        mien_fit_free(&best);
    }
    free(X);
}

/* ---------------------------------------------------------------- memory */

static size_t count_refusals(const mien_method *method, const float *X, size_t n, size_t p,
                             const mien_options *options, const char *who)
{
    for (long k = 0;; k = failing_next(k)) {
        mien_fit fit, untouched;
        memset(&fit, 0xa5, sizeof fit);
        memset(&untouched, 0xa5, sizeof untouched);
        mien_error err = {0};
        failing_countdown = k;
        mien_status st = try_fit(method, X, n, p, options, &fit, &err);
        if (!st)
            mien_fit_free(&fit);
        if (failing_alive != 0)
            fail_msg("%s: %ld blocks leak when allocation %ld fails", who, failing_alive, k);
        if (!st || st == MIEN_ERR_ARG) /* done, or options that do not go together */
            return (size_t)k;
        if (st != MIEN_ERR_NOMEM || err.status != st || !*err.message)
            fail_msg("%s: status %d when allocation %ld fails", who, (int)st, k);
        if (memcmp(&fit, &untouched, sizeof fit) != 0)
            fail_msg("%s: output written when allocation %ld fails", who, k);
    }
}

static void test_out_of_memory_at_every_site(void **state)
{
    (void)state;
    enum { N = 40, P = 6 };
    float *X = noise(N, P, 0.3, 8);
    mien_set_allocator(failing_malloc, failing_free);
    for (const mien_method *const *m = every_method(); *m; m++) {
        test_choices choices = {0};
        size_t most = 0;
        do {
            char who[256];
            mien_options options = test_options(3, 1, 12);
            choices_apply(&choices, *m, &options, who, sizeof who);
            size_t refusals = count_refusals(*m, X, N, P, &options, who);
            most = refusals > most ? refusals : most;
        } while (choices_next(&choices, *m));
        mien_options options = test_options(3, 1, 12);
        options.threads = 2;
        options.restarts = 2;
        count_refusals(*m, X, N, P, &options, mien_method_describe(*m)->name);
        if (most < 20)
            fail_msg("%s: only %zu allocations failed", mien_method_describe(*m)->name, most);
    }
    mien_set_allocator(NULL, NULL);
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fit_keeps_the_contract),
        cmocka_unit_test(test_monotone_methods_never_lose),
        cmocka_unit_test(test_same_seed_same_bytes_with_any_threads),
        cmocka_unit_test(test_another_seed_is_another_start),
        cmocka_unit_test(test_small_store_gives_the_same_bytes),
        cmocka_unit_test(test_number_of_components),
        cmocka_unit_test(test_values_outside_the_domain),
        cmocka_unit_test(test_options_out_of_range),
        cmocka_unit_test(test_options_by_their_words),
        cmocka_unit_test(test_options_are_made_by_default_alone),
        cmocka_unit_test(test_options_of_another_method),
        cmocka_unit_test(test_option_values_are_checked),
        cmocka_unit_test(test_what_is_missing_is_refused),
        cmocka_unit_test(test_options_of_the_registry),
        cmocka_unit_test(test_canonical_form),
        cmocka_unit_test(test_interruption_gives_a_whole_result),
        cmocka_unit_test(test_interruption_between_starts_keeps_the_best),
        cmocka_unit_test(test_reasons_to_stop),
        cmocka_unit_test(test_restarts_keep_the_best),
        cmocka_unit_test(test_out_of_memory_at_every_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
