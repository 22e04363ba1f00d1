/* test_nmf_large.c - the solvers that only large data reaches, nmf_large_n.c and nmf_minibatch.c,
 * made to work on small data: what fit.c and nmf.c do around them is done here.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/memory.h"
#include "base/rng.h"
#include "linalg/blas.h"
#include "methods/loss.h"
#include "methods/nmf/nmf_cost_model.h"
#include "methods/nmf/nmf_state.h"

/* ---------------------------------------------------------------- support */

enum { LEAST = 8 }; /* images of a sample, instead of MIEN_NMF_SAMPLE */

static mien_status tall(mien_nmf *nmf)
{
    return mien_nmf_kl_large_n(nmf);
}

static mien_status minibatch_kl(mien_nmf *nmf)
{
    return mien_nmf_minibatch(nmf, mien_nmf_kl_descend, LEAST);
}

static mien_status minibatch_tall(mien_nmf *nmf)
{
    return mien_nmf_minibatch(nmf, mien_nmf_kl_large_n, LEAST);
}

static mien_status minibatch_frobenius(mien_nmf *nmf)
{
    return mien_nmf_minibatch(nmf, mien_nmf_frobenius_fast, LEAST);
}

static const struct solver {
    const char *name;
    mien_nmf_descend_fn run, small; /* the solver that small data gets */
    bool kl, sampled;
} solvers[] = {
    {"tall", tall, mien_nmf_kl_descend, true, false},
    {"minibatch kl", minibatch_kl, mien_nmf_kl_descend, true, true},
    {"minibatch tall", minibatch_tall, mien_nmf_kl_descend, true, true},
    {"minibatch frobenius", minibatch_frobenius, mien_nmf_frobenius_fast, false, true},
};
enum { SOLVERS = sizeof solvers / sizeof *solvers };

struct work {
    mien_options options;
    mien_float_view view;
    mien_source X;
    mien_arena arena;
    mien_run run;
    mien_fit fit;
};

static void close_work(struct work *w)
{
    mien_pool_free(w->run.pool);
    mien_fit_free(&w->fit);
    mien_arena_free(&w->arena);
}

static mien_status open_work(struct work *w, const float *X, size_t n, size_t p)
{
    size_t r = w->options.r;
    w->view = (mien_float_view){X, n, p};
    w->X = mien_float_source(&w->view);
    w->run = (mien_run){.X = &w->X,
                        .options = &w->options,
                        .seed = w->options.seed,
                        .arena = &w->arena,
                        .fit = &w->fit,
                        .method = mien_method_find("nmf"),
                        .starts = 1,
                        .tiling = mien_tiling_plan(n, p, r)};
    for (size_t at = 0; at < n * p; at++) {
        w->run.total += X[at];
        w->run.squares += (double)X[at] * X[at];
    }
    w->fit = (mien_fit){.n = n,
                        .p = p,
                        .r = r,
                        .W = mien_alloc_array(n * r, sizeof(float)),
                        .H = mien_alloc_array(r * p, sizeof(float))};
    mien_status st = mien_pool_create(w->options.threads, &w->run.pool);
    if (st || !w->fit.W || !w->fit.H)
        return MIEN_ERR_NOMEM;
    unsigned workers = mien_pool_threads(w->run.pool);
    float **buffers = mien_arena_alloc(&w->arena, workers, sizeof *buffers);
    for (unsigned i = 0; i < workers && buffers; i++)
        buffers[i] = mien_arena_alloc(&w->arena, w->run.tiling.rows * p, sizeof(float));
    w->run.buffers = buffers;
    return w->arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* Start as nmf.c does and descend with `solve`; to be closed in any case. */
static mien_status solve(struct work *w, mien_nmf_descend_fn solver, const float *X, size_t n,
                         size_t p)
{
    int blas = mien_blas_single();
    mien_nmf nmf;
    mien_status st = open_work(w, X, n, p);
    if (!st)
        st = mien_nmf_prepare(&w->run, &w->fit, &nmf);
    if (!st)
        st = mien_nmf_start(&nmf);
    if (!st)
        st = solver(&nmf);
    mien_blas_restore(blas);
    return st || w->run.out_of_memory ? MIEN_ERR_NOMEM : MIEN_OK;
}

static struct work must_solve(mien_nmf_descend_fn solver, const float *X, size_t n, size_t p,
                              mien_options options)
{
    struct work w = {.options = options};
    if (solve(&w, solver, X, n, p))
        fail_msg("out of memory");
    return w;
}

/* must_solve() hands out a struct whose inner pointers are those of its own frame: only what the
 * fit holds may be used. */
static double measured_loss(const struct work *w, const float *X, bool kl)
{
    double loss = 0;
    for (size_t i = 0; i < w->fit.n; i++)
        for (size_t j = 0; j < w->fit.p; j++) {
            double x = X[i * w->fit.p + j], y = model_entry(&w->fit, i, j);
            loss += kl ? kl_entry(x, y) : 0.5 * (x - y) * (x - y);
        }
    return loss;
}

static mien_options large_options(size_t r, size_t iterations)
{
    mien_options options = test_options(r, 5, iterations);
    options.tolerance = 0;
    return options;
}

static void check_valid(const struct work *w, const char *who)
{
    for (size_t at = 0; at < w->fit.n * w->fit.r; at++)
        if (!(w->fit.W[at] >= 0) || !isfinite(w->fit.W[at]))
            fail_msg("%s: weight %zu is %g", who, at, (double)w->fit.W[at]);
    for (size_t at = 0; at < w->fit.r * w->fit.p; at++)
        if (!(w->fit.H[at] >= 0) || !isfinite(w->fit.H[at]))
            fail_msg("%s: basis value %zu is %g", who, at, (double)w->fit.H[at]);
}

/* ---------------------------------------------------------------- descent */

/* Problems of which some are odd: images of zeros, pixels of zeros, all zeros. */
static float *make(size_t kind, size_t n, size_t p)
{
    float *X = kind == 0 ? planted(n, p, 4, 3) : noise(n, p, 0.3, 4);
    for (size_t at = 0; at < n * p; at++)
        if ((kind == 2 && at / p % 4 == 0) || (kind == 3 && at % p % 3 == 0) || kind == 4)
            X[at] = 0;
    return X;
}

static void check_descent(const struct solver *s, size_t kind, size_t n, size_t p)
{
    float *X = make(kind, n, p);
    double scale = 1e-30;
    for (size_t at = 0; at < n * p; at++)
        scale += s->kl ? 4.0 * X[at] : (double)X[at] * X[at];
    struct work w = must_solve(s->run, X, n, p, large_options(3, 25));
    check_valid(&w, s->name);
    assert_true(w.fit.n_trace > 1);
    assert_true(w.fit.iterations <= 25); /* fewer when nothing is left to gain */
    for (size_t t = 1; t < w.fit.n_trace; t++)
        if (!(w.fit.trace[t].loss <= w.fit.trace[t - 1].loss + 2e-6 * scale))
            fail_msg("%s, problem %zu: loss rises from %.12g to %.12g in row %zu", s->name, kind,
                     w.fit.trace[t - 1].loss, w.fit.trace[t].loss, t);
    double told = w.fit.trace[w.fit.n_trace - 1].loss, loss = measured_loss(&w, X, s->kl);
    if (!(fabs(told - loss) <= 2e-6 * scale))
        fail_msg("%s, problem %zu: loss %.12g in the trace, %.12g measured", s->name, kind, told,
                 loss);
    close_work(&w);
    free(X);
}

static void test_loss_never_increases(void **state)
{
    (void)state;
    for (size_t s = 0; s < SOLVERS; s++)
        for (size_t kind = 0; kind < 5; kind++) {
            check_descent(&solvers[s], kind, 1600, 12);
            check_descent(&solvers[s], kind, 130, 40);
        }
}

/* As good as what small data gets: within 2%, from the same start. */
static void test_as_low_as_the_solver_for_small_data(void **state)
{
    (void)state;
    enum { N = 1600, P = 15 };
    float *X = planted(N, P, 4, 3);
    for (size_t at = 0; at < N * P; at++)
        X[at] += 0.05f;
    for (size_t s = 0; s < SOLVERS; s++) {
        struct work ours = must_solve(solvers[s].run, X, N, P, large_options(4, 200));
        struct work small = must_solve(solvers[s].small, X, N, P, large_options(4, 200));
        double a = measured_loss(&ours, X, solvers[s].kl);
        double b = measured_loss(&small, X, solvers[s].kl);
        struct work start = must_solve(solvers[s].small, X, N, P, large_options(4, 1));
        double first = measured_loss(&start, X, solvers[s].kl);
        if (!(a - b <= 0.02 * (first - b)))
            fail_msg("%s: loss %g, the solver for small data %g, after an iteration %g",
                     solvers[s].name, a, b, first);
        close_work(&ours);
        close_work(&small);
        close_work(&start);
    }
    free(X);
}

static mien_status tall_without_a_pixel(mien_nmf *nmf)
{
    for (size_t k = 0; k < nmf->r; k++)
        nmf->H[k * nmf->p + 3] = 0;
    return mien_nmf_kl_large_n(nmf);
}

/* Multiplicative steps would leave it black for ever. */
static void test_a_pixel_that_all_components_lost_comes_back(void **state)
{
    (void)state;
    enum { N = 700, P = 12, R = 4 };
    float *X = planted(N, P, R, 3);
    double most = 0;
    for (size_t i = 0; i < N; i++)
        most = fmax(most, X[i * P + 3]);
    struct work w = must_solve(tall_without_a_pixel, X, N, P, large_options(R, 60));
    double model = 0;
    for (size_t i = 0; i < N; i++)
        model = fmax(model, model_entry(&w.fit, i, 3));
    assert_true(model > 0.3 * most);
    close_work(&w);
    free(X);
}

/* What the samples are for: five passes over many noisy images end no higher than twenty iterations
 * of the same solver on all of them, from the same start. */
static void test_five_passes_reach_what_twenty_do(void **state)
{
    (void)state;
    enum { N = 16000, P = 49, R = 12 };
    float *X = planted(N, P, R, 3);
    for (size_t at = 0; at < (size_t)N * P; at++)
        X[at] *= 0.8f + 0.4f * (float)mien_random_uniform(7, 0, at);
    for (size_t s = 0; s < SOLVERS; s++) {
        if (!solvers[s].sampled)
            continue;
        mien_nmf_descend_fn full =
            strcmp(solvers[s].name, "minibatch tall") == 0 ? tall : solvers[s].small;
        struct work few = must_solve(solvers[s].run, X, N, P, large_options(R, 5));
        struct work many = must_solve(full, X, N, P, large_options(R, 20));
        double five = measured_loss(&few, X, solvers[s].kl);
        double twenty = measured_loss(&many, X, solvers[s].kl);
        if (!(five <= twenty))
            fail_msg("%s: loss %.9g after five passes, %.9g after twenty iterations",
                     solvers[s].name, five, twenty);
        close_work(&few);
        close_work(&many);
    }
    free(X);
}

/* Do the samples have a part in it? Else the tests of them are empty. */
static void test_samples_are_drawn(void **state)
{
    (void)state;
    enum { N = 1600, P = 12 };
    float *X = planted(N, P, 4, 3);
    for (size_t s = 0; s < SOLVERS; s++) {
        struct work w = must_solve(solvers[s].run, X, N, P, large_options(3, 25));
        for (size_t iterations = 1; iterations < 8; iterations++) { /* never more than asked for */
            struct work few = must_solve(solvers[s].run, X, N, P, large_options(3, iterations));
            assert_int_equal(few.fit.iterations, iterations);
            close_work(&few);
        }
        bool sampled = w.fit.trace[0].iteration > 1; /* passes went before the first row */
        if (sampled != solvers[s].sampled)
            fail_msg("%s: the trace starts with iteration %zu", solvers[s].name,
                     w.fit.trace[0].iteration);
        close_work(&w);
    }
    free(X);
}

/* Eight images a component, or the sample is none: of a quarter of 1,600, fifty components. */
static void test_a_sample_has_eight_images_a_component(void **state)
{
    (void)state;
    enum { N = 1600, P = 12 };
    float *X = noise(N, P, 0.3, 4);
    for (size_t r = 50; r <= 51; r++) {
        struct work w = must_solve(minibatch_frobenius, X, N, P, large_options(r, 6));
        assert_int_equal(w.fit.trace[0].iteration > 1, r == 50);
        close_work(&w);
    }
    free(X);
}

/* Images so dark that each is lifted by itself, which only the passes over all of X do: places of a
 * sample are others. The samples are as good as if they were black. */
static void test_samples_lift_no_image(void **state)
{
    (void)state;
    enum { N = 12000, P = 40, R = 10, DARK = 699 };
    float *X = planted(N, P, R, 3);
    for (size_t at = 0; at < (size_t)N * P; at++)
        X[at] += 0.05f;
    double loss[2];
    for (size_t black = 0; black < 2; black++) {
        for (size_t at = 0; at < (size_t)DARK * P; at++) /* most of the places of a 16th */
            X[at] = black ? 0 : 1e-36f;
        mien_options options = large_options(R, 20);
        set_option(&options, "solver", "minibatch");
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        assert_true(fit.trace[0].iteration > 1); /* samples were drawn */
        loss[black] = fit.trace[0].loss;
        mien_fit_free(&fit);
    }
    if (!(loss[0] < 1.1 * loss[1]))
        fail_msg("loss %g after the samples, %g where dark images are black", loss[0], loss[1]);
    free(X);
}

/* ---------------------------------------------------------------- threads, interruption, memory */

static void test_any_number_of_threads_gives_the_same_bytes(void **state)
{
    (void)state;
    enum { N = 900, P = 33, R = 5 };
    static const unsigned threads[] = {2, 3, 8, 64};
    float *X = noise(N, P, 0.3, 9);
    for (size_t s = 0; s < SOLVERS; s++) {
        mien_options options = large_options(R, 26); /* the tall form descends on its basis, too */
        struct work one = must_solve(solvers[s].run, X, N, P, options);
        for (size_t t = 0; t < 4; t++) {
            options.threads = threads[t];
            struct work w = must_solve(solvers[s].run, X, N, P, options);
            if (memcmp(w.fit.W, one.fit.W, N * R * sizeof(float)) != 0 ||
                memcmp(w.fit.H, one.fit.H, R * P * sizeof(float)) != 0)
                fail_msg("%s: other bytes with %u threads", solvers[s].name, threads[t]);
            close_work(&w);
        }
        close_work(&one);
    }
    free(X);
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

static void test_interruption_gives_a_whole_result(void **state)
{
    (void)state;
    enum { N = 1600, P = 12, R = 3 };
    float *X = noise(N, P, 0.3, 9);
    for (size_t s = 0; s < SOLVERS; s++)
        for (size_t stop_at = 1; stop_at <= 6; stop_at++) {
            struct watcher watcher = {.stop_at = stop_at};
            mien_options options = large_options(R, 20);
            options.progress = watch;
            options.user = &watcher;
            struct work w = must_solve(solvers[s].run, X, N, P, options);
            assert_int_equal(watcher.calls, stop_at);
            assert_true(w.run.interrupted);
            assert_true(w.fit.iterations >= 1 && w.fit.iterations < 20);
            check_valid(&w, solvers[s].name);
            /* every image has weights that were found for it: near what its mean would give */
            double none = 0, loss = measured_loss(&w, X, solvers[s].kl);
            for (size_t i = 0; i < N; i++) { /* the model of an image: its mean */
                double mean = 0;
                for (size_t j = 0; j < P; j++)
                    mean += X[i * P + j] / P;
                for (size_t j = 0; j < P; j++)
                    none += solvers[s].kl ? kl_entry(X[i * P + j], mean)
                                          : 0.5 * pow(X[i * P + j] - mean, 2);
            }
            if (!(loss < 1.15 * none))
                fail_msg("%s, stopped at call %zu: loss %g, of grey images %g", solvers[s].name,
                         stop_at, loss, none);
            if (!solvers[s].sampled) {
                options.progress = NULL;
                options.iterations = w.fit.iterations;
                struct work same = must_solve(solvers[s].run, X, N, P, options);
                assert_memory_equal(same.fit.W, w.fit.W, N * R * sizeof(float));
                assert_memory_equal(same.fit.H, w.fit.H, R * P * sizeof(float));
                close_work(&same);
            }
            close_work(&w);
        }
    free(X);
}

/* A stage of few images is many iterations, and each of them can be the last. */
static void test_stages_tell_every_iteration(void **state)
{
    (void)state;
    enum { N = 1600, P = 12, R = 3, FIRST = 24 };
    float *X = noise(N, P, 0.3, 9);
    for (size_t s = 0; s < SOLVERS; s++) {
        if (!solvers[s].sampled)
            continue;
        struct watcher all = {0}, early = {.stop_at = FIRST / 2};
        mien_options options = large_options(R, 20);
        options.progress = watch;
        options.user = &all;
        struct work w = must_solve(solvers[s].run, X, N, P, options);
        if (all.calls < 20 + FIRST)
            fail_msg("%s: told %zu times", solvers[s].name, all.calls);
        close_work(&w);
        options.user = &early;
        w = must_solve(solvers[s].run, X, N, P, options);
        assert_int_equal(early.calls, FIRST / 2);
        assert_int_equal(w.fit.iterations,
                         2); /* half a stage of a 64th, and weights for the rest */
        close_work(&w);
    }
    free(X);
}

static void test_out_of_memory_at_every_site(void **state)
{
    (void)state;
    enum { N = 400, P = 6 };
    float *X = noise(N, P, 0.3, 8);
    mien_set_allocator(failing_malloc, failing_free);
    for (size_t s = 0; s < SOLVERS; s++)
        for (long k = 0;; k = failing_next(k)) {
            struct work w = {.options = large_options(3, 12)};
            w.options.threads = 2;
            failing_countdown = k;
            mien_status st = solve(&w, solvers[s].run, X, N, P);
            close_work(&w);
            if (failing_alive != 0)
                fail_msg("%s: %ld blocks leak when allocation %ld fails", solvers[s].name,
                         failing_alive, k);
            if (!st) {
                assert_true(failing_countdown >= 0); /* no failure was passed over */
                assert_true(k > (solvers[s].sampled ? 60 : 20));
                break;
            }
        }
    mien_set_allocator(NULL, NULL);
    free(X);
}

/* ---------------------------------------------------------------- the choice */

/* What --solver fast is on either side of the cost model's threshold: the bytes tell. */
static void test_large_n_is_chosen_where_weights_leave_the_cache(void **state)
{
    (void)state;
    enum { P = 12, R = 2048, SMALL = 1536, LARGE = 1537 };
    static const struct {
        size_t n;
        mien_nmf_descend_fn chosen, other;
    } sides[] = {{SMALL, mien_nmf_kl_ccd, mien_nmf_kl_large_n},
                 {LARGE, mien_nmf_kl_large_n, mien_nmf_kl_ccd}};
    float *X = noise(LARGE, P, 0, 3);
    for (size_t s = 0; s < 2; s++) {
        mien_options options = large_options(R, 4);
        size_t n = sides[s].n, bytes = R * P * sizeof(float);
        assert_int_equal(mien_cost_is_large_n(n, R), s == 1);
        struct work now = must_solve(mien_nmf_kl_descend, X, n, P, options);
        struct work chosen = must_solve(sides[s].chosen, X, n, P, options);
        struct work other = must_solve(sides[s].other, X, n, P, options);
        assert_memory_equal(now.fit.H, chosen.fit.H, bytes);
        assert_true(memcmp(now.fit.H, other.fit.H, bytes) != 0);
        close_work(&now);
        close_work(&chosen);
        close_work(&other);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss_never_increases),
        cmocka_unit_test(test_as_low_as_the_solver_for_small_data),
        cmocka_unit_test(test_large_n_is_chosen_where_weights_leave_the_cache),
        cmocka_unit_test(test_a_pixel_that_all_components_lost_comes_back),
        cmocka_unit_test(test_five_passes_reach_what_twenty_do),
        cmocka_unit_test(test_samples_are_drawn),
        cmocka_unit_test(test_a_sample_has_eight_images_a_component),
        cmocka_unit_test(test_samples_lift_no_image),
        cmocka_unit_test(test_any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(test_interruption_gives_a_whole_result),
        cmocka_unit_test(test_stages_tell_every_iteration),
        cmocka_unit_test(test_out_of_memory_at_every_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
