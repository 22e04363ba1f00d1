/* test_starts.c - a method from several starts: in turn or side by side, the same best fit.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/jobs.h"
#include "base/memory.h"
#include "methods/halving.h"
#include "mien_study.h"

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

/* ---------------------------------------------------------------- which go on */

enum { LONG = 100, MANY = 9, COMPARED = 6 };

/* Of whole pictures. */
static double loss_at(const mien_fit *fit, size_t iteration)
{
    size_t before = 0; /* iterations on smaller ones */
    for (size_t t = 0; t < fit->n_trace; t++)
        if (fit->trace[t].level > 1)
            before = fit->trace[t].iteration;
        else if (fit->trace[t].iteration - before >= iteration)
            return fit->trace[t].loss;
    return fit->trace[fit->n_trace - 1].loss;
}

struct pictures {
    size_t n, height, width, r, starts, iterations, levels;
};

/* By the rule, from all starts' whole traces: those that are in the better half of the ones that
 * went before and came as far. Returns how many are ended. */
static size_t end_by_the_rule(const mien_fit *alone, const struct pictures *of, size_t first,
                              bool *ended)
{
    size_t count = 0;
    bool came[COMPARED][MANY] = {{false}};
    for (size_t i = 0; i < of->starts; i++) {
        ended[i] = false;
        for (size_t c = 0; c < COMPARED && first << c <= of->iterations && !ended[i]; c++) {
            size_t better = 0, others = 0, at = first << c;
            for (size_t j = 0; j < i; j++)
                if (came[c][j]) {
                    others++;
                    better += loss_at(&alone[j], at) <= loss_at(&alone[i], at);
                }
            came[c][i] = true;
            ended[i] = alone[i].iterations >= at && 2 * better > others; /* else it had ended */
        }
        count += ended[i];
    }
    return count;
}

static mien_fit fit_pictures(const struct pictures *of, const float *X, size_t starts,
                             uint64_t seed, unsigned threads)
{
    size_t p = of->height * of->width;
    mien_options options = options_with(starts, seed, threads);
    mien_float_view view = {X, of->n, p};
    mien_source source = mien_float_source(&view);
    mien_fit fit = {0};
    mien_error err = {0};
    options.r = of->r;
    options.iterations = of->iterations;
    options.tolerance = 0;
    options.levels = of->levels;
    source.shape = (mien_shape){of->height, of->width, 1};
    if (mien_fit_run(method_named("nmf"), &source, &options, &fit, &err))
        fail_msg("%s", err.message);
    return fit;
}

/* `first`: the iteration at which starts are compared for the first time. */
static void check_starts_behind(const struct pictures *of, size_t first, uint64_t seed)
{
    size_t n = of->n, p = of->height * of->width, r = of->r, best = 0;
    float *X = noise(n, p, 0.2, 7);
    mien_fit alone[MANY];
    bool ended[MANY];
    for (size_t i = 0; i < of->starts; i++) {
        alone[i] = fit_pictures(of, X, 1, seed + i, 2);
        assert_string_equal(alone[i].note, "");
    }
    size_t count = end_by_the_rule(alone, of, first, ended);
    assert_false(ended[0]);
    assert_in_range(count, 2, of->starts - 2);
    for (size_t i = 0; i < of->starts; i++)
        if (!ended[i] && alone[i].loss < alone[best].loss)
            best = i;
    char said[32];
    snprintf(said, sizeof said, "%zu of %zu starts ended", count, of->starts);
    for (unsigned threads = 1; threads <= 4; threads++) {
        mien_fit fit = fit_pictures(of, X, of->starts, seed, threads);
        assert_memory_equal(fit.W, alone[best].W, n * r * sizeof *fit.W); /* as alone */
        assert_memory_equal(fit.H, alone[best].H, r * p * sizeof *fit.H);
        assert_int_equal(fit.seed, alone[best].seed);
        assert_non_null(strstr(fit.note, said));
        mien_fit_free(&fit);
    }
    for (size_t i = 0; i < of->starts; i++)
        mien_fit_free(&alone[i]);
    free(X);
}

static void test_starts_behind_are_ended(void **state)
{
    (void)state;
    check_starts_behind(&(struct pictures){N, 6, P / 6, R, MANY, LONG, 1}, 40, 5);
}

/* On levels that somebody asked for, whatever they are worth, no earlier. */
static void test_starts_on_levels_that_are_asked_for(void **state)
{
    (void)state;
    check_starts_behind(&(struct pictures){N, 6, P / 6, R, MANY, LONG, 2}, 40, 5);
}

/* From smaller pictures that carry r they are compared almost at once. */
static void test_starts_on_levels_are_compared_early(void **state)
{
    (void)state;
    check_starts_behind(&(struct pictures){450, 50, 50, 5, 6, 7, 0}, 2, 12);
}

/* Three starts are few, and those that nobody asked for stand for themselves: all are run to their
 * end. */
static void test_starts_that_all_go_on(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.2, 7);
    for (size_t starts = 0; starts <= 3; starts += 3)
        for (uint64_t seed = 5; seed < 10; seed++) {
            mien_options options = options_with(starts, seed, 2);
            options.iterations = LONG;
            options.tolerance = 0;
            mien_fit fit = must_fit("nmf", X, N, P, &options);
            assert_string_equal(fit.note, "");
            mien_fit_free(&fit);
        }
    free(X);
}

/* A study of stability wants every run, to its end, and each as it is alone. */
static void test_stability_ends_no_start(void **state)
{
    (void)state;
    float *X = noise(N, P, 0.2, 7);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    for (unsigned threads = 1; threads <= 3; threads++) {
        mien_options options = options_with(MANY, 5, threads);
        mien_stability study;
        options.iterations = LONG;
        options.tolerance = 0;
        assert_int_equal(mien_stability_run(method_named("nmf"), &source, &options, &study, NULL),
                         MIEN_OK);
        assert_int_equal(study.runs, MANY);
        for (size_t i = 0; i < MANY; i++) {
            mien_options own = options;
            own.restarts = 1;
            own.seed += i;
            mien_fit alone = must_fit("nmf", X, N, P, &own);
            assert_true(study.outcomes[i].loss == alone.loss);
            assert_int_equal(study.outcomes[i].iterations, alone.iterations);
            assert_memory_equal(study.basis + i * R * P, alone.H, R * P * sizeof *alone.H);
            mien_fit_free(&alone);
        }
        mien_stability_free(&study);
    }
    free(X);
}

static void test_halving_compares_with_those_before(void **state)
{
    (void)state;
    mien_halving *h;
    assert_int_equal(mien_halving_create(6, 40, &h), MIEN_OK);
    assert_true(mien_halving_goes_on(h, 0, 39, 50)); /* not yet */
    assert_true(mien_halving_goes_on(h, 0, 40, 10)); /* nobody before it */
    assert_true(mien_halving_goes_on(h, 0, 80, 9));
    mien_halving_end(h, 0, 8);
    assert_false(mien_halving_goes_on(h, 1, 40, 10)); /* the same is not better */
    mien_halving_end(h, 1, NAN);
    assert_true(mien_halving_goes_on(h, 2, 41, 9.5)); /* past it counts as at it */
    assert_true(mien_halving_goes_on(h, 2, 79, 99));
    assert_false(mien_halving_goes_on(h, 2, 80, 9.1));
    mien_halving_end(h, 2, NAN);
    assert_false(mien_halving_goes_on(h, 3, 40, 10.1)); /* worse than 10, 10, 9.5 */
    mien_halving_end(h, 3, NAN);
    assert_true(mien_halving_goes_on(h, 4, 40, 9.6)); /* but for one of 10, 10, 9.5, 10.1 */
    mien_halving_end(h, 4, 7); /* settled before the next one: that is its loss there */
    assert_true(mien_halving_goes_on(h, 5, 40, 9.7));
    assert_false(mien_halving_goes_on(h, 5, 80, 9.05)); /* of 9, 9.1, 7 */
    mien_halving_end(h, 5, NAN);
    assert_int_equal(mien_halving_behind(h), 4);
    mien_halving_free(h);
    mien_halving_free(NULL);
    mien_halving_end(NULL, 0, 0);
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
    mien_options options = options_with(4, 0, 3); /* as many as compare */
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
        cmocka_unit_test(test_starts_behind_are_ended),
        cmocka_unit_test(test_starts_on_levels_that_are_asked_for),
        cmocka_unit_test(test_starts_on_levels_are_compared_early),
        cmocka_unit_test(test_starts_that_all_go_on),
        cmocka_unit_test(test_stability_ends_no_start),
        cmocka_unit_test(test_halving_compares_with_those_before),
        cmocka_unit_test(test_starts_side_by_side_only_on_small_data),
        cmocka_unit_test(test_starts_progress),
        cmocka_unit_test(test_starts_interrupted_are_whole),
        cmocka_unit_test(test_starts_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
