/* test_refit.c - the last step of plain NMF: training images come back with the weights they had.
 * SPDX-License-Identifier: MIT */
#include "support/faces.h"
#include "support/fits.h"
#include "support/problems.h"

static const struct solver {
    const char *objective, *name;
} solvers[] = {
    {"kl", "fast"},        {"frobenius", "fast"}, {"kl", "minibatch"}, {"frobenius", "minibatch"},
    {"frobenius", "hals"},
};
enum { SOLVERS = sizeof solvers / sizeof *solvers };

static mien_options options_for(const struct solver *solver, size_t r, size_t iterations)
{
    mien_options options = test_options(r, 3, iterations);
    set_option(&options, "objective", solver->objective);
    set_option(&options, "solver", solver->name);
    return options;
}

static mien_fit must_learn(const mien_source *X, const mien_options *options)
{
    mien_fit fit;
    mien_error err = {0};
    if (mien_fit_run(method_named("nmf"), X, options, &fit, &err))
        fail_msg("%s", err.message);
    return fit;
}

/* By how much weights of training images differ when they come back, as a share of the largest. */
static double distance_of_encodings(const mien_source *X, const mien_fit *fit,
                                    const mien_options *options)
{
    mien_encoding e;
    mien_error err = {0};
    if (mien_fit_encode(fit, options, X, &e, &err))
        fail_msg("%s", err.message);
    double most = 0, scale = 0;
    for (size_t at = 0; at < fit->n * fit->r; at++) {
        most = fmax(most, fabs((double)e.fit.W[at] - (double)fit->W[at]));
        scale = fmax(scale, fit->W[at]);
    }
    mien_encoding_free(&e);
    return most / scale;
}

/* ---------------------------------------------------------------- faces */

static void check_faces(const char *folder, size_t r, size_t count)
{
    mien_load_options load = {.normalize = MIEN_NORMALIZE_LEE_SEUNG, .threads = 2};
    mien_dataset dataset;
    mien_error err = {0};
    if (mien_dataset_load(folder, &load, &dataset, &err)) {
        fprintf(stderr, "test_refit: SKIPPED for %s: %s\n", folder, err.message);
        skip();
    }
    mien_source X = mien_pixels_source(&dataset.pixels);
    for (size_t s = 0; s < count; s++) {
        mien_options options = options_for(&solvers[s], r, 500);
        options.threads = 2;
        mien_fit fit = must_learn(&X, &options);
        double off = distance_of_encodings(&X, &fit, &options);
        assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
        if (!(off <= 1e-3))
            fail_msg("%s, %s %s: weights of training images are off by %g", folder,
                     solvers[s].objective, solvers[s].name, off);
        mien_fit_free(&fit);
    }
    mien_dataset_free(&dataset);
}

static void test_bundled_faces_come_back(void **state)
{
    (void)state;
    check_faces(MIEN_SOURCE_DIR "/assets/faces", 25, SOLVERS);
}

static void test_photographs_come_back(void **state)
{
    (void)state;
    check_faces(faces_path("orl/orl_faces"), 49, 2);
}

/* ---------------------------------------------------------------- what it keeps to */

enum { N = 90, P = 60, R = 8 };

/* Parts under noise: nothing fits it exactly, and descents go on for long. */
static float *noisy(void)
{
    float *X = planted(N, P, R, 2), *E = noise(N, P, 0.2, 2);
    for (size_t at = 0; at < (size_t)N * P; at++)
        X[at] += 0.2f * E[at];
    free(E);
    return X;
}

struct watcher {
    size_t calls, stop_at;
};

static bool watch(void *user, const mien_progress *now)
{
    struct watcher *w = user;
    (void)now;
    return ++w->calls != w->stop_at;
}

/* The trace falls to the end, and the end is the loss of what is handed out. */
static void check_trace(const mien_fit *fit, const float *X, const struct solver *solver)
{
    for (size_t t = 1; t < fit->n_trace; t++)
        if (!(fit->trace[t].loss <= fit->trace[t - 1].loss * (1 + 1e-6)) ||
            fit->trace[t].iteration <= fit->trace[t - 1].iteration)
            fail_msg("%s %s: row %zu of the trace: %.9g after %.9g", solver->objective,
                     solver->name, t, fit->trace[t].loss, fit->trace[t - 1].loss);
    test_scores scores = measure_scores(fit, X);
    assert_near(fit->loss, scores.loss, 1e-8 * scores.scale);
    assert_near(fit->trace[fit->n_trace - 1].loss, fit->loss, 1e-6 * scores.scale);
    assert_int_equal(fit->trace[fit->n_trace - 1].iteration, fit->iterations);
}

/* An end at the user's wish after any call, in the refit too. */
static void test_interruption_gives_a_whole_result(void **state)
{
    (void)state;
    float *X = noisy();
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    size_t in_refit = 0;
    for (size_t s = 0; s < SOLVERS; s++) {
        struct watcher all = {0};
        mien_options options = options_for(&solvers[s], R, 300);
        options.progress = watch;
        options.user = &all;
        mien_fit whole = must_learn(&source, &options);
        check_trace(&whole, X, &solvers[s]);
        for (size_t back = 0; back < 4 && back < all.calls; back++) {
            struct watcher w = {.stop_at = all.calls - back};
            options.user = &w;
            mien_fit fit = must_learn(&source, &options);
            assert_int_equal(w.calls, w.stop_at);
            assert_int_equal(fit.stop, MIEN_STOP_INTERRUPTED);
            check_trace(&fit, X, &solvers[s]);
            in_refit += fit.iterations == whole.iterations && back + 1 < all.calls;
            assert_true(fit.loss >= whole.loss * (1 - 1e-6));
            mien_fit_free(&fit);
        }
        mien_fit_free(&whole);
    }
    assert_true(in_refit > SOLVERS); /* not the last iteration alone */
    free(X);
}

/* One round for twenty iterations, where their number cuts the descent short; each is told. */
static void test_rounds_are_a_share_of_the_iterations(void **state)
{
    (void)state;
    float *X = noisy();
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    static const size_t iterations[] = {19, 20};
    for (size_t c = 0; c < 2; c++) {
        struct watcher all = {0};
        mien_options options = options_for(&solvers[0], R, iterations[c]);
        options.tolerance = 0;
        options.progress = watch;
        options.user = &all;
        mien_fit fit = must_learn(&source, &options);
        assert_int_equal(fit.stop, MIEN_STOP_ITERATIONS);
        assert_int_equal(all.calls - iterations[c], iterations[c] / 20);
        mien_fit_free(&fit);
    }
    free(X);
}

/* What the number of iterations cuts short gets no more than a share of them. */
static void test_few_iterations_are_what_was_asked_for(void **state)
{
    (void)state;
    float *X = noisy();
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    for (size_t s = 0; s < SOLVERS; s++) {
        static const size_t iterations[] = {12, 100};
        double off[2];
        for (size_t c = 0; c < 2; c++) {
            mien_options options = options_for(&solvers[s], R, iterations[c]);
            options.tolerance = 0;
            mien_fit fit = must_learn(&source, &options);
            check_trace(&fit, X, &solvers[s]);
            off[c] = distance_of_encodings(&source, &fit, &options);
            mien_fit_free(&fit);
        }
        if (!(off[0] > 1e-3 && off[1] < off[0]))
            fail_msg("%s %s: off by %g and %g", solvers[s].objective, solvers[s].name, off[0],
                     off[1]);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bundled_faces_come_back),
        cmocka_unit_test(test_photographs_come_back),
        cmocka_unit_test(test_interruption_gives_a_whole_result),
        cmocka_unit_test(test_rounds_are_a_share_of_the_iterations),
        cmocka_unit_test(test_few_iterations_are_what_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
