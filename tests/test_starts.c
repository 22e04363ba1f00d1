/* test_starts.c - a method from several starts: in turn or side by side, the same best fit.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/jobs.h"
#include "base/memory.h"

#include <pthread.h>

enum { N = 150, P = 24, R = 5, STARTS = 7, ITERATIONS = 12 };

/* ICA has one start: its loss is PCA's from every one. */
static const char *const methods[] = {"nmf", "kmeans"};
enum { METHODS = sizeof methods / sizeof *methods };

static mien_options options_with(size_t starts, uint64_t seed, unsigned threads)
{
    mien_options options = test_options(R, seed, ITERATIONS);
    options.restarts = starts;
    options.threads = threads;
    return options;
}

static void assert_same_fit(const mien_fit *a, const mien_fit *b)
{
    assert_memory_equal(a->W, b->W, N * R * sizeof *a->W);
    assert_memory_equal(a->H, b->H, R * P * sizeof *a->H);
    assert_true(a->loss == b->loss);
    assert_true(a->seed == b->seed);
    assert_int_equal(a->iterations, b->iterations);
    assert_int_equal(a->stop, b->stop);
    assert_int_equal(a->n_trace, b->n_trace);
    for (size_t i = 0; i < a->n_trace; i++)
        assert_true(a->trace[i].loss == b->trace[i].loss);
}

/* ---------------------------------------------------------------- which is kept */

static void test_starts_keep_the_best(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.2, 3);
    for (size_t m = 0; m < METHODS; m++) {
        mien_fit best = {0};
        double worst = 0;
        for (size_t i = 0; i < STARTS; i++) { /* each start by itself */
            mien_options options = options_with(1, 11 + i, 1);
            mien_fit fit = must_fit(methods[m], X, N, P, &options);
            worst = fmax(worst, fit.loss);
            if (i == 0 || fit.loss < best.loss) {
                mien_fit_free(&best);
                best = fit;
            } else {
                mien_fit_free(&fit);
            }
        }
        assert_true(best.loss < worst);
        for (unsigned threads = 1; threads <= 8; threads++) {
            mien_options options = options_with(STARTS, 11, threads);
            mien_fit fit = must_fit(methods[m], X, N, P, &options);
            assert_same_fit(&fit, &best);
            mien_fit_free(&fit);
        }
        mien_fit_free(&best);
    }
    free(X);
}

static void test_starts_side_by_side_only_on_small_data(void **state)
{
    (void)state;
    static const struct {
        size_t n, p, fits;
        unsigned threads, side_by_side;
    } cases[] = {
        {100, 100, 10, 4, 4},    {100, 100, 3, 4, 3},         {100, 100, 1, 4, 1},
        {100, 100, 0, 4, 1},     {100, 100, 10, 1, 1},        {64000, 1000, 10, 4, 1},
        {16000, 1000, 10, 4, 4}, {16001, 1000, 10, 4, 3},     {32000, 1000, 10, 4, 2},
        {64001, 1000, 10, 4, 1}, {SIZE_MAX / 2, 3, 10, 4, 1}, /* a product that does not fit */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            mien_jobs_side_by_side(cases[i].threads, cases[i].fits, cases[i].n, cases[i].p),
            cases[i].side_by_side);
    }
}

/* ---------------------------------------------------------------- progress */

struct listener {
    pthread_t caller;
    size_t calls, last, total;
    double lowest;
    size_t stop_at; /* the call that asks for an end; 0: none */
};

static bool listen_to(void *user, const mien_progress *now)
{
    struct listener *l = user;
    assert_true(pthread_equal(pthread_self(), l->caller));
    assert_true(now->done >= l->last);
    assert_true(now->done <= now->total);
    l->last = now->done;
    l->total = now->total;
    if (!isnan(now->loss))
        l->lowest = now->loss;
    return ++l->calls != l->stop_at;
}

/* Side by side, too, the caller alone is told, and the last it hears is that all is done. */
static void test_starts_progress(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.2, 4);
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        struct listener l = {.caller = pthread_self()};
        mien_options options = options_with(STARTS, 0, threads);
        options.tolerance = 0;
        options.progress = listen_to;
        options.user = &l;
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        assert_true(l.calls > 0);
        assert_int_equal(l.total, STARTS * ITERATIONS);
        assert_int_equal(l.last, l.total);
        assert_true(l.lowest > 0);
        assert_int_equal(fit.stop, MIEN_STOP_ITERATIONS);
        mien_fit_free(&fit);
    }
    free(X);
}

/* Whoever asks for an end at once gets a whole fit all the same, and is told that it was cut. */
static void test_starts_interrupted_are_whole(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.2, 5);
    for (size_t m = 0; m < METHODS; m++) {
        struct listener l = {.caller = pthread_self(), .stop_at = 1};
        mien_options options = options_with(100000, 0, 3);
        options.progress = listen_to;
        options.user = &l;
        mien_fit fit = must_fit(methods[m], X, N, P, &options);
        assert_int_equal(fit.stop, MIEN_STOP_INTERRUPTED);
        test_scores scores = measure_scores(&fit, X);
        assert_true(fabs(fit.loss - scores.loss) <= 1e-5 * scores.scale);
        mien_fit_free(&fit);
    }
    free(X);
}

/* ---------------------------------------------------------------- failures */

static void test_starts_out_of_memory(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.2, 6);
    mien_options options = options_with(3, 0, 3);
    size_t refused = 0;
    mien_set_allocator(failing_malloc, failing_free);
    for (long k = 0;; k = failing_next(k)) {
        failing_countdown = k;
        mien_fit fit;
        mien_error err = {0};
        mien_status st = try_fit(method_named("nmf"), X, N, P, &options, &fit, &err);
        if (!st) {
            mien_fit_free(&fit);
            assert_int_equal(failing_alive, 0);
            assert_true(failing_countdown >= 0); /* nothing failed, and is passed over */
            break;
        }
        assert_int_equal(failing_alive, 0);
        assert_int_equal(st, MIEN_ERR_NOMEM);
        assert_int_equal(err.status, MIEN_ERR_NOMEM);
        refused++;
    }
    mien_set_allocator(NULL, NULL);
    assert_true(refused > 20);
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_keep_the_best),
        cmocka_unit_test(test_starts_side_by_side_only_on_small_data),
        cmocka_unit_test(test_starts_progress),
        cmocka_unit_test(test_starts_interrupted_are_whole),
        cmocka_unit_test(test_starts_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
