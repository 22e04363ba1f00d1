/* test_stability.c - matching and whole studies: known truths, threads, interruption.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/memory.h"
#include "study/matching.h"
#include "study/stability/stability.h"

#include <pthread.h>

/* ---------------------------------------------------------------- support */

static mien_status try_study(const char *method, const float *X, size_t n, size_t p,
                             const mien_options *options, mien_stability *out, mien_error *err)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    return mien_stability_run(method_named(method), &source, options, out, err);
}

static mien_stability must_study(const char *method, const float *X, size_t n, size_t p,
                                 const mien_options *options)
{
    mien_stability study = {0};
    mien_error err = {0};
    if (try_study(method, X, n, p, options, &study, &err))
        fail_msg("%s: %s", method, err.message);
    return study;
}

static mien_options study_options(size_t r, size_t runs, size_t iterations)
{
    mien_options options = test_options(r, 3, iterations);
    options.restarts = runs;
    return options;
}

/* X = W H with a pixel of its own for every component and an image made of it alone: separable, so
 * the factorisation is unique (Donoho & Stodden 2003). */
static float *separable(size_t n, size_t p, size_t r)
{
    float *X = calloc(n * p, sizeof *X);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < r; k++) {
            double w = i < r ? i == k : mien_random_uniform(7, MIEN_STREAM_TEST, i * r + k);
            w = i >= r && w < 0.6 ? 0 : w;
            for (size_t j = 0; j < p; j++) {
                double h = mien_random_uniform(8, MIEN_STREAM_TEST, k * p + j);
                h = j < r ? 2.0 * (j == k) : h < 0.5 ? 0 : h;
                X[i * p + j] += (float)(w * h);
            }
        }
    return X;
}

/* ---------------------------------------------------------------- matching */

static void test_cosine_is_its_definition(void **state)
{
    (void)state;
    for (size_t p = 1; p < 40; p++) {
        float *a = noise(1, p, 0.2, p), *b = noise(1, p, 0.2, p + 100);
        double ab = 0, aa = 0, bb = 0;
        for (size_t j = 0; j < p; j++) {
            ab += (double)a[j] * b[j];
            aa += (double)a[j] * a[j];
            bb += (double)b[j] * b[j];
        }
        if (aa > 0 && bb > 0)
            assert_near(mien_matching_cosine(a, b, p), ab / sqrt(aa) / sqrt(bb), 1e-12);
        assert_true(mien_matching_cosine(a, a, p) == 1);
        free(a);
        free(b);
    }
    float zero[3] = {0}, some[3] = {0, 2, 1};
    assert_true(mien_matching_cosine(zero, zero, 3) == 1);
    assert_true(mien_matching_cosine(zero, some, 3) == 0);
}

static void test_find_undoes_order_scale_and_sign(void **state)
{
    (void)state;
    enum { R = 11, P = 37 };
    float *A = noise(R, P, 0.5, 4), B[R * P];
    for (size_t k = 0; k < R; k++)
        for (size_t j = 0; j < P; j++)
            B[(k * 4 + 5) % R * P + j] = A[k * P + j] * (float)(k + 1) * (k % 2 ? -1.0f : 1.0f);
    size_t twin[R];
    double similarity[R];
    assert_int_equal(mien_matching_find(A, B, R, P, true, twin, similarity), MIEN_OK);
    for (size_t k = 0; k < R; k++) {
        assert_int_equal(twin[k], (k * 4 + 5) % R);
        assert_near(similarity[k], 1, 1e-6);
    }
    B[3] = NAN;
    assert_int_equal(mien_matching_find(A, B, R, P, true, twin, similarity), MIEN_ERR_DOMAIN);
    free(A);
}

/* ---------------------------------------------------------------- verdicts */

static void test_separable_is_stable(void **state)
{
    (void)state;
    enum { N = 60, P = 40, R = 5 };
    float *X = separable(N, P, R);
    mien_options options = study_options(R, 8, 3000);
    options.tolerance = 0;
    mien_stability s = must_study("nmf", X, N, P, &options);
    assert_int_equal(s.runs, 8);
    assert_int_equal(s.verdicts[MIEN_VERDICT_STABLE], R);
    assert_true(s.mean_similarity > 0.99);
    assert_true(s.consensus.cophenetic > 0.95);
    assert_false(s.identical);
    assert_true(s.random_start);
    mien_stability_free(&s);
    free(X);
}

/* Data with parts, every pixel's values shuffled over the images: the parts are gone. (Not so where
 * r is small or images are many: NMF then finds the same pixels alone from every start.) */
static void test_shuffled_pixels_are_not_stable(void **state)
{
    (void)state;
    enum { N = 60, P = 120, R = 20, SEEDS = 3 };
    size_t stable = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        float *X = planted(N, P, R, seed);
        for (size_t j = 0; j < P; j++)
            for (size_t i = N - 1; i > 0; i--) { /* Fisher & Yates */
                double u = mien_random_uniform(50 + seed, MIEN_STREAM_TEST, i * P + j);
                size_t other = (size_t)(u * (double)(i + 1)) % (i + 1);
                float value = X[i * P + j];
                X[i * P + j] = X[other * P + j];
                X[other * P + j] = value;
            }
        mien_options options = study_options(R, 8, 300);
        mien_stability s = must_study("nmf", X, N, P, &options);
        stable += s.verdicts[MIEN_VERDICT_STABLE];
        mien_stability_free(&s);
        free(X);
    }
    assert_true(20 * stable <= SEEDS * R); /* one in twenty may be luck */
}

static void test_noise_is_not_stable(void **state)
{
    (void)state;
    enum { N = 60, P = 40, R = 10 };
    float *X = noise(N, P, 0, 9);
    mien_options options = study_options(R, 8, 300);
    mien_stability s = must_study("nmf", X, N, P, &options);
    assert_true(s.verdicts[MIEN_VERDICT_STABLE] < R / 2);
    assert_true(s.mean_similarity < 0.92);
    mien_stability_free(&s);
    free(X);
}

/* PCA has no start: every run is the same, counts as one, and the study says that it is so. */
static void test_identical_runs(void **state)
{
    (void)state;
    float *X = planted(30, 20, 6, 2);
    mien_options options = study_options(6, 4, 10);
    mien_stability s = must_study("pca", X, 30, 20, &options);
    assert_int_equal(s.judged, 1);
    assert_int_equal(s.repeated, 3);
    assert_int_equal(s.verdicts[MIEN_VERDICT_UNDEFINED], 6);
    assert_null(s.deviation);
    assert_true(s.identical);
    assert_false(s.random_start);
    mien_stability_free(&s);
    /* nor has NMF from the singular vectors of X */
    options = study_options(4, 6, 30);
    set_option(&options, "init", "nndsvda");
    s = must_study("nmf", X, 30, 20, &options);
    assert_int_equal(s.judged, 1);
    assert_int_equal(s.verdicts[MIEN_VERDICT_UNDEFINED], 4);
    mien_stability_free(&s);
    free(X);
}

/* Clusters that lie apart: k-means comes to the same bytes from starts that differ, and that is
 * agreement. */
static void test_same_bytes_from_other_starts_agree(void **state)
{
    (void)state;
    enum { N = 60, P = 6, R = 3 };
    float *X = noise(N, P, 0, 4);
    for (size_t i = 0; i < N; i++)
        X[i * P + i % R] += 3;
    mien_options options = study_options(R, 20, 50);
    mien_stability s = must_study("kmeans", X, N, P, &options);
    assert_true(s.judged >= MIEN_MIN_RUNS);
    assert_int_equal(s.verdicts[MIEN_VERDICT_STABLE], R);
    mien_stability_free(&s);
    free(X);
}

/* Starts are compared by loss and penalty, here as where the best start alone is kept; of three
 * starts none is ended early. */
static void test_penalty_counts_among_starts(void **state)
{
    (void)state;
    enum { N = 40, P = 30, R = 6, SEEDS = 16 };
    size_t differ = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        float *X = noise(N, P, 0.3, seed);
        mien_options options = study_options(R, 3, 60);
        set_option(&options, "sparse-basis", "0.5");
        mien_stability s = must_study("nmf", X, N, P, &options);
        mien_fit best = must_fit("nmf", X, N, P, &options);
        assert_true(same_fit(&best, &s.best));
        for (size_t run = 0; run < s.runs; run++) {
            assert_true(mien_fit_objective(&s.best) <= s.outcomes[run].objective);
            differ += s.outcomes[run].loss < s.best.loss;
        }
        mien_fit_free(&best);
        mien_stability_free(&s);
        free(X);
    }
    assert_true(differ > 0); /* else nothing was tested */
}

static void test_one_run_is_undefined(void **state)
{
    (void)state;
    float *X = planted(30, 20, 4, 2);
    mien_options options = study_options(4, 1, 20);
    mien_stability s = must_study("nmf", X, 30, 20, &options);
    assert_int_equal(s.verdicts[MIEN_VERDICT_UNDEFINED], 4);
    assert_true(isnan(s.mean_similarity) && isnan(s.components[0].median));
    assert_true(isnan(s.consensus.cophenetic) && isnan(s.consensus.dispersion));
    assert_non_null(s.consensus.undefined);
    assert_null(s.deviation);
    assert_false(s.identical);
    mien_stability_free(&s);
    free(X);
}

/* ---------------------------------------------------------------- runs */

static void assert_same_study(const mien_stability *a, const mien_stability *b)
{
    size_t basis = a->runs * a->r * a->p, n = a->consensus.n;
    assert_int_equal(a->runs, b->runs);
    assert_int_equal(a->best_run, b->best_run);
    assert_true(same_fit(&a->best, &b->best));
    assert_memory_equal(a->basis, b->basis, basis * sizeof *a->basis);
    assert_memory_equal(a->similarity, b->similarity, a->runs * a->r * sizeof *a->similarity);
    assert_memory_equal(a->twins, b->twins, a->runs * a->r * sizeof *a->twins);
    assert_memory_equal(a->deviation, b->deviation, a->r * a->p * sizeof *a->deviation);
    assert_memory_equal(a->consensus.counts, b->consensus.counts,
                        n * n * a->consensus.count_nbytes);
    assert_memory_equal(a->consensus.order, b->consensus.order, n * sizeof(size_t));
    assert_true(a->consensus.cophenetic == b->consensus.cophenetic);
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    static const char *const methods[] = {"nmf", "kmeans", "ica"};
    float *X = planted(50, 30, 6, 5);
    for (size_t m = 0; m < 3; m++) {
        mien_options options = study_options(5, 5, 40);
        mien_stability one = must_study(methods[m], X, 50, 30, &options);
        for (unsigned threads = 2; threads <= 8; threads *= 2) {
            options.threads = threads;
            mien_stability more = must_study(methods[m], X, 50, 30, &options);
            assert_same_study(&one, &more);
            mien_stability_free(&more);
        }
        mien_stability_free(&one);
    }
    free(X);
}

/* Run a of a study is the fit of seed + a; the best one is what --restarts keeps. */
static void test_runs_are_fits(void **state)
{
    (void)state;
    enum { N = 40, P = 25, R = 4, RUNS = 5 };
    float *X = planted(N, P, R + 2, 6);
    mien_options options = study_options(R, RUNS, 30);
    options.threads = 2;
    mien_stability s = must_study("nmf", X, N, P, &options);
    mien_fit best = must_fit("nmf", X, N, P, &options);
    assert_true(same_fit(&best, &s.best));
    mien_fit_free(&best);
    for (size_t run = 0; run < RUNS; run++) {
        options.restarts = 1;
        options.seed = 3 + run;
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        assert_memory_equal(fit.H, s.basis + run * R * P, R * P * sizeof *fit.H);
        assert_true(fit.loss == s.outcomes[run].loss);
        assert_true(fit.seed == s.outcomes[run].seed);
        assert_true(s.best.loss <= fit.loss);
        mien_fit_free(&fit);
    }
    mien_stability_free(&s);
    free(X);
}

struct counting {
    size_t calls, most, stop_at;
    pthread_t thread;
    bool elsewhere;
};

static bool count_calls(void *user, const mien_progress *now)
{
    struct counting *c = user;
    c->elsewhere |= !pthread_equal(c->thread, pthread_self());
    c->calls++;
    c->most = now->done > c->most ? now->done : c->most;
    assert_true(now->done <= now->total);
    return now->done < c->stop_at;
}

static void test_progress_comes_from_the_caller(void **state)
{
    (void)state;
    float *X = planted(50, 30, 6, 5);
    struct counting c = {.stop_at = SIZE_MAX, .thread = pthread_self()};
    mien_options options = study_options(5, 6, 40);
    options.threads = 3;
    options.progress = count_calls;
    options.user = &c;
    mien_stability s = must_study("nmf", X, 50, 30, &options);
    assert_true(c.calls >= 1);
    assert_false(c.elsewhere);
    assert_int_equal(c.most, 6 * 40);
    mien_stability_free(&s);
    free(X);
}

static void test_interrupt_keeps_finished_runs(void **state)
{
    (void)state;
    float *X = planted(50, 30, 6, 5);
    mien_options options = study_options(5, 1000000, 400);
    options.tolerance = 0;
    options.threads = 2;
    set_option(&options, "solver", "mu"); /* goes on for ever */
    for (size_t stop_at = 0; stop_at <= 4000; stop_at += 4000) {
        struct counting c = {.stop_at = stop_at, .thread = pthread_self()};
        options.restarts = stop_at ? 3000 : 2;
        options.iterations = stop_at ? 400 : 100000000;
        options.progress = count_calls;
        options.user = &c;
        mien_stability s = must_study("nmf", X, 50, 30, &options);
        assert_true(s.interrupted);
        assert_true(s.runs >= 1 && s.runs < s.asked);
        for (size_t run = 0; run < s.runs; run++) {
            assert_true(s.best.loss <= s.outcomes[run].loss);
            if (stop_at)
                assert_int_not_equal(s.outcomes[run].stop, MIEN_STOP_INTERRUPTED);
        }
        if (!stop_at) { /* none was finished: the best of those at work */
            assert_int_equal(s.runs, 1);
            assert_int_equal(s.best.stop, MIEN_STOP_INTERRUPTED);
            assert_true(isnan(s.mean_similarity));
        }
        assert_memory_equal(s.best.H, s.basis + s.best_run * 5 * 30, 5 * 30 * sizeof(float));
        mien_stability_free(&s);
    }
    free(X);
}

static bool go_on(void *user, const mien_progress *now)
{
    (void)user;
    (void)now;
    return true;
}

static void test_bad_input_is_refused(void **state)
{
    (void)state;
    float *X = planted(10, 8, 3, 1), start[80] = {0};
    mien_stability s;
    mien_error err;
    mien_options options = study_options(11, 3, 5);
    assert_int_equal(try_study("nmf", X, 10, 8, &options, &s, &err), MIEN_ERR_ARG);
    options = study_options(3, 3, 0);
    assert_int_equal(try_study("nmf", X, 10, 8, &options, &s, &err), MIEN_ERR_ARG);
    options = study_options(3, 3, 5);
    options.start_W = options.start_H = start;
    assert_int_equal(try_study("nmf", X, 10, 8, &options, &s, &err), MIEN_ERR_ARG);
    options = study_options(3, 3, 0); /* with somebody to tell how far the runs are */
    options.progress = go_on;
    assert_int_equal(try_study("nmf", X, 10, 8, &options, &s, &err), MIEN_ERR_ARG);
    options = (mien_options){.r = 3, .progress = go_on};
    assert_int_equal(try_study("nmf", X, 10, 8, &options, &s, &err), MIEN_ERR_ARG);
    options = study_options(3, 3, 5);
    X[13] = -1;
    assert_int_equal(try_study("nmf", X, 10, 8, &options, &s, &err), MIEN_ERR_DOMAIN);
    assert_int_equal(err.status, MIEN_ERR_DOMAIN);
    assert_non_null(strstr(err.message, "image 2, pixel 6"));
    free(X);
}

static void test_allocation_failures(void **state)
{
    (void)state;
    float *X = planted(10, 8, 3, 1);
    mien_options options = study_options(3, 3, 2);
    options.threads = 2;
    size_t refused = 0;
    mien_set_allocator(failing_malloc, failing_free);
    for (long k = 0;; k = failing_next(k)) {
        mien_stability s;
        mien_error err = {0};
        failing_countdown = k;
        mien_status st = try_study("nmf", X, 10, 8, &options, &s, &err);
        if (!st) {
            mien_stability_free(&s);
            assert_int_equal(failing_alive, 0);
            break;
        }
        assert_int_equal(failing_alive, 0);
        assert_int_equal(st, MIEN_ERR_NOMEM);
        assert_int_equal(err.status, MIEN_ERR_NOMEM);
        refused++;
    }
    mien_set_allocator(NULL, NULL);
    assert_true(refused > 50);
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cosine_is_its_definition),
        cmocka_unit_test(test_find_undoes_order_scale_and_sign),
        cmocka_unit_test(test_separable_is_stable),
        cmocka_unit_test(test_shuffled_pixels_are_not_stable),
        cmocka_unit_test(test_noise_is_not_stable),
        cmocka_unit_test(test_identical_runs),
        cmocka_unit_test(test_same_bytes_from_other_starts_agree),
        cmocka_unit_test(test_penalty_counts_among_starts),
        cmocka_unit_test(test_one_run_is_undefined),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_runs_are_fits),
        cmocka_unit_test(test_progress_comes_from_the_caller),
        cmocka_unit_test(test_interrupt_keeps_finished_runs),
        cmocka_unit_test(test_bad_input_is_refused),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
