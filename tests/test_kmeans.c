/* test_kmeans.c - k-means against its definition, plain Lloyd, brute force and scikit-learn.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/faces.h"
#include "support/problems.h"

#include "methods/kmeans/kmeans.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- support */

static const mien_method *kmeans(void)
{
    const mien_method *method = mien_method_find("kmeans");
    assert_non_null(method);
    return method;
}

static mien_options options_of(size_t r, uint64_t seed)
{
    mien_options options = mien_options_default();
    options.restarts = 1;
    options.r = r;
    options.seed = seed;
    options.threads = 2;
    return options;
}

static mien_fit fit_of(const float *X, size_t n, size_t p, const mien_options *options)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_fit fit;
    mien_error err = {0};
    mien_status st = mien_fit_run(kmeans(), &source, options, &fit, &err);
    if (st)
        fail_msg("%zu x %zu, r = %zu: %s", n, p, options->r, err.message);
    return fit;
}

static mien_status status_of(const float *X, size_t n, size_t p, const mien_options *options,
                             mien_error *err)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_fit fit;
    mien_status st = mien_fit_run(kmeans(), &source, options, &fit, err);
    if (!st)
        mien_fit_free(&fit);
    return st;
}

static double squared_distance(const float *x, const double *c, size_t p)
{
    double square = 0;
    for (size_t j = 0; j < p; j++)
        square += (x[j] - c[j]) * (x[j] - c[j]);
    return square;
}

/* The cluster of image i; fails unless its weights are one-hot. */
static size_t label(const mien_fit *fit, size_t i)
{
    size_t found = fit->r;
    for (size_t k = 0; k < fit->r; k++) {
        float w = fit->W[i * fit->r + k];
        if (w == 1 && found == fit->r)
            found = k;
        else if (w != 0)
            fail_msg("image %zu, component %zu: weight %g", i, k, (double)w);
    }
    assert_true(found < fit->r);
    return found;
}

/* Exact means of the clusters in W, r x p; rows of empty clusters stay as in H. */
static double *means_of(const mien_fit *fit, const float *X, size_t *sizes)
{
    size_t p = fit->p;
    double *means = calloc(fit->r * p, sizeof *means);
    memset(sizes, 0, fit->r * sizeof *sizes);
    for (size_t i = 0; i < fit->n; i++) {
        size_t k = label(fit, i);
        sizes[k]++;
        for (size_t j = 0; j < p; j++)
            means[k * p + j] += X[i * p + j];
    }
    for (size_t k = 0; k < fit->r; k++)
        for (size_t j = 0; j < p; j++)
            means[k * p + j] = sizes[k] ? means[k * p + j] / (double)sizes[k] : fit->H[k * p + j];
    return means;
}

/* What holds for every result: centroids are means of their members, the loss is theirs, the
 * trace ends there and never rises, sizes fall, and, once converged, every image has its nearest
 * centroid. Returns the number of empty clusters. */
static size_t check_fit(const mien_fit *fit, const float *X)
{
    size_t n = fit->n, p = fit->p, r = fit->r, empty = 0;
    size_t *sizes = calloc(r, sizeof *sizes);
    double *means = means_of(fit, X, sizes);
    double inertia = 0, largest = 0, squares = 0;
    for (size_t at = 0; at < n * p; at++) {
        largest = fabs(X[at]) > largest ? fabs(X[at]) : largest;
        squares += (double)X[at] * X[at];
    }
    for (size_t k = 0; k < r; k++) {
        empty += sizes[k] == 0;
        if (k > 0)
            assert_true(sizes[k - 1] >= sizes[k]);
        for (size_t j = 0; j < p; j++)
            assert_near(fit->H[k * p + j], means[k * p + j], FLT_EPSILON * largest);
    }
    for (size_t i = 0; i < n; i++) {
        size_t own = label(fit, i);
        double mine = squared_distance(X + i * p, means + own * p, p);
        inertia += mine;
        for (size_t k = 0; k < r && fit->stop == MIEN_STOP_CONVERGED; k++) {
            double other = squared_distance(X + i * p, means + k * p, p);
            /* beyond rounding in double there is no excuse */
            if (sizes[k] && other < mine - 1e-11 * (mine + squares / (double)n))
                fail_msg("image %zu: %.17g to its own centroid %zu, %.17g to %zu", i, mine, own,
                         other, k);
        }
    }
    double rounding = 1e-6 * inertia + 1e-12 * squares; /* H is float32 */
    assert_near(fit->loss, inertia, rounding);
    assert_true(fit->n_trace >= 1);
    assert_near(fit->trace[fit->n_trace - 1].loss, inertia, rounding);
    for (size_t t = 1; t < fit->n_trace; t++)
        if (!(fit->trace[t].loss <= fit->trace[t - 1].loss + 1e-12 * squares))
            fail_msg("iteration %zu: inertia rises from %.17g to %.17g", t, fit->trace[t - 1].loss,
                     fit->trace[t].loss);
    for (size_t at = 0; at < r * p; at++)
        assert_true(isfinite(fit->H[at]));
    assert_string_equal(fit->loss_name, "inertia");
    assert_null(fit->mu);
    free(means);
    free(sizes);
    return empty;
}

/* n images around `centres` planted ones, image i near centre i % centres. */
static float *blobs(size_t n, size_t p, size_t centres, double spread, uint64_t seed)
{
    float *X = calloc(n * p, sizeof *X);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++) {
            uint64_t centre = (i % centres) * p + j, own = (uint64_t)centres * p + i * p + j;
            X[i * p + j] =
                (float)(mien_random_uniform(seed, MIEN_STREAM_TEST + 2, centre) +
                        spread * (mien_random_uniform(seed, MIEN_STREAM_TEST + 2, own) - 0.5));
        }
    return X;
}

/* ---------------------------------------------------------------- what k-means is */

static void test_kmeans_is_a_fixed_point(void **state)
{
    (void)state;
    static const struct {
        size_t n, p, r;
    } shapes[] = {{40, 1, 3},    {40, 3, 40},  {200, 17, 2},   {333, 16, 7},
                  {500, 50, 33}, {700, 5, 60}, {1000, 130, 20}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            size_t n = shapes[s].n, p = shapes[s].p;
            float *problems[] = {noise(n, p, 0, seed), planted(n, p, 5, seed),
                                 blobs(n, p, 9, 0.5, seed)};
            for (size_t q = 0; q < 3; q++) {
                mien_options options = options_of(shapes[s].r, seed);
                mien_fit fit = fit_of(problems[q], n, p, &options);
                assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
                assert_int_equal(fit.n_trace, fit.iterations);
                size_t empty = check_fit(&fit, problems[q]);
                assert_int_equal(empty > 0, fit.note[0] != 0);
                if (q == 0) /* all different */
                    assert_int_equal(empty, 0);
                mien_fit_free(&fit);
                free(problems[q]);
            }
        }
}

/* Lloyd's iteration word by word. Returns the iterations until nothing changes. */
static size_t plain_lloyd(const float *X, size_t n, size_t p, size_t r, double *means,
                          size_t *labels, double *trace)
{
    size_t *sizes = calloc(r, sizeof *sizes);
    for (size_t i = 0; i < n; i++)
        labels[i] = r;
    for (size_t iteration = 1;; iteration++) {
        size_t changes = 0;
        for (size_t i = 0; i < n; i++) {
            size_t best = 0;
            double least = INFINITY;
            for (size_t k = 0; k < r; k++) {
                double square = squared_distance(X + i * p, means + k * p, p);
                if (square < least) {
                    least = square;
                    best = k;
                }
            }
            changes += labels[i] != best;
            labels[i] = best;
        }
        memset(means, 0, r * p * sizeof *means);
        memset(sizes, 0, r * sizeof *sizes);
        for (size_t i = 0; i < n; i++) {
            sizes[labels[i]]++;
            for (size_t j = 0; j < p; j++)
                means[labels[i] * p + j] += X[i * p + j];
        }
        for (size_t k = 0; k < r; k++) {
            assert_true(sizes[k] > 0);
            for (size_t j = 0; j < p; j++)
                means[k * p + j] /= (double)sizes[k];
        }
        trace[iteration - 1] = 0;
        for (size_t i = 0; i < n; i++)
            trace[iteration - 1] += squared_distance(X + i * p, means + labels[i] * p, p);
        if (changes == 0) {
            free(sizes);
            return iteration;
        }
    }
}

/* Bounds and GEMM skip work, they do not change a single decision. */
static void test_kmeans_equals_plain_lloyd(void **state)
{
    (void)state;
    enum { N = 600, P = 37, TRACE = 500 };
    static const size_t ranks[] = {2, 5, 16, 50};
    for (size_t q = 0; q < sizeof ranks / sizeof *ranks; q++)
        for (int shifted = 0; shifted < 2; shifted++) {
            size_t r = ranks[q];
            float *X = noise(N, P, 0.2, 7 + q);
            for (size_t at = 0; shifted && at < N * P; at++)
                X[at] += 50000; /* float32 products have no digit left of the distances */
            double *means = calloc(r * P, sizeof *means), *trace = calloc(TRACE, sizeof *trace);
            size_t *labels = calloc(N, sizeof *labels);
            float *W = calloc(N * r, sizeof *W);
            for (size_t at = 0; at < r * P; at++)
                means[at] = X[at];
            size_t iterations = plain_lloyd(X, N, P, r, means, labels, trace);
            assert_true(iterations > 5 && iterations < TRACE);
            mien_options options = options_of(r, 0);
            options.start_H = X;
            options.start_W = W;
            mien_fit fit = fit_of(X, N, P, &options);
            assert_int_equal(fit.iterations, iterations);
            /* the end is the loss of the centroids as they are returned, in float32 */
            assert_relative(fit.loss, trace[iterations - 1], shifted ? 1e-4 : 1e-9);
            assert_true(fit.trace[iterations - 1].loss == fit.loss);
            for (size_t t = 0; t < iterations - 1; t++)
                assert_relative(fit.trace[t].loss, fmax(trace[t], fit.loss), 1e-9);
            size_t *place = calloc(r, sizeof *place);
            for (size_t i = 0; i < N; i++)
                place[labels[i]] = label(&fit, i);
            for (size_t i = 0; i < N; i++)
                assert_int_equal(place[labels[i]], label(&fit, i));
            for (size_t k = 0; k < r; k++)
                for (size_t j = 0; j < P; j++)
                    assert_relative(fit.H[place[k] * P + j], means[k * P + j], 1e-6);
            check_fit(&fit, X);
            mien_fit_free(&fit);
            free(place);
            free(W);
            free(labels);
            free(trace);
            free(means);
            free(X);
        }
}

static void test_kmeans_recovers_planted_clusters(void **state)
{
    (void)state;
    enum { N = 640, P = 30, R = 16 };
    for (uint64_t seed = 0; seed < 10; seed++) {
        float *X = blobs(N, P, R, 0.2, seed);
        mien_options options = options_of(R, seed);
        options.restarts = 5;
        mien_fit fit = fit_of(X, N, P, &options);
        for (size_t i = 0; i < N; i++)
            for (size_t other = 0; other < R; other++)
                assert_int_equal(label(&fit, i) == label(&fit, other), i % R == other);
        check_fit(&fit, X);
        mien_fit_free(&fit);
        free(X);
    }
}

/* Least inertia over all 2^7 ways to part eight images in two. */
static double best_of_two(const float *X, size_t p)
{
    double best = INFINITY;
    for (unsigned mask = 0; mask < 128; mask++) {
        double *means = calloc(2 * p, sizeof *means), size[2] = {0}, inertia = 0;
        for (size_t i = 0; i < 8; i++) {
            size_t k = mask >> i & 1;
            size[k]++;
            for (size_t j = 0; j < p; j++)
                means[k * p + j] += X[i * p + j];
        }
        for (size_t at = 0; at < 2 * p; at++)
            means[at] /= size[at / p] > 0 ? size[at / p] : 1;
        for (size_t i = 0; i < 8; i++)
            inertia += squared_distance(X + i * p, means + (mask >> i & 1) * p, p);
        best = inertia < best ? inertia : best;
        free(means);
    }
    return best;
}

/* Some optima lie in no image pair's reach, so not every one is found; nothing may beat them. */
static void test_kmeans_reaches_the_optimum_of_eight_images(void **state)
{
    (void)state;
    size_t problems = 0, reached = 0;
    for (uint64_t seed = 0; seed < 50; seed++)
        for (size_t p = 1; p < 5; p++) {
            float *X = noise(8, p, 0, seed);
            mien_options options = options_of(2, seed);
            options.restarts = 30;
            options.threads = 1;
            mien_fit fit = fit_of(X, 8, p, &options);
            double best = best_of_two(X, p);
            assert_true(fit.loss > best * (1 - 1e-6));
            problems++;
            reached += fit.loss < best * (1 + 1e-6);
            mien_fit_free(&fit);
            free(X);
        }
    if (reached * 100 < problems * 95)
        fail_msg("%zu of %zu optima", reached, problems);
}

static void test_kmeans_restarts_keep_the_best(void **state)
{
    (void)state;
    enum { N = 300, P = 20, R = 12, STARTS = 8 };
    float *X = noise(N, P, 0.3, 3);
    double least = INFINITY, most = 0;
    uint64_t best = 0;
    for (uint64_t seed = 5; seed < 5 + STARTS; seed++) {
        mien_options options = options_of(R, seed);
        mien_fit fit = fit_of(X, N, P, &options);
        if (fit.loss < least) {
            least = fit.loss;
            best = seed;
        }
        most = fit.loss > most ? fit.loss : most;
        mien_fit_free(&fit);
    }
    assert_true(most > least); /* starts differ, so the choice matters */
    mien_options options = options_of(R, 5);
    options.restarts = STARTS;
    mien_fit fit = fit_of(X, N, P, &options);
    assert_true(fit.loss == least);
    assert_int_equal(fit.seed, best);
    mien_fit_free(&fit);
    free(X);
}

/* k-means++ spreads its centroids: on many tight clusters the start alone nearly finds them all,
 * which r images drawn uniformly would not do in a lifetime. */
static void test_kmeans_start_is_spread(void **state)
{
    (void)state;
    enum { N = 900, P = 12, R = 30 };
    for (uint64_t seed = 0; seed < 10; seed++) {
        float *X = blobs(N, P, R, 0.01, 40 + seed);
        mien_options options = options_of(R, seed);
        options.iterations = 1;
        mien_fit fit = fit_of(X, N, P, &options);
        for (size_t i = R; i < N; i++)
            assert_int_equal(label(&fit, i), label(&fit, i % R));
        mien_fit_free(&fit);
        free(X);
    }
}

/* Greedy k-means++ word by word, one draw after the other; chosen: r images. */
static void plain_start(const float *X, size_t n, size_t p, size_t r, uint64_t seed, size_t *chosen)
{
    size_t trials = 2 + (size_t)log((double)r);
    double *closest = calloc(n, sizeof *closest);
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++)
        closest[i] = 1;
    for (size_t k = 0; k < r; k++) {
        double least = INFINITY, potential = 0;
        for (size_t i = 0; i < n; i++)
            potential += closest[i];
        for (size_t t = 0; t < (k ? trials : 1); t++) {
            double rest = potential * mien_random_uniform(seed, MIEN_STREAM_TEST + 3, at++);
            double left = 0;
            size_t c = 0;
            while (c + 1 < n && (rest -= closest[c]) >= 0)
                c++;
            for (size_t i = 0; i < n; i++) {
                double square = 0;
                for (size_t j = 0; j < p; j++)
                    square += pow((double)X[i * p + j] - X[c * p + j], 2);
                left += k == 0 || square < closest[i] ? square : closest[i];
            }
            if (left < least) {
                least = left;
                chosen[k] = c;
            }
        }
        for (size_t i = 0; i < n; i++) {
            double square = 0;
            for (size_t j = 0; j < p; j++)
                square += pow((double)X[i * p + j] - X[chosen[k] * p + j], 2);
            closest[i] = k == 0 || square < closest[i] ? square : closest[i];
        }
    }
    free(closest);
}

/* Candidates drawn ahead and kept by rejection have the very distribution of the plain lottery:
 * compare how often each ordered choice of three of six images comes out. */
static void test_kmeans_start_has_the_distribution(void **state)
{
    (void)state;
    enum { N = 6, P = 2, R = 3, SEEDS = 20000 };
    static const float X[N * P] = {0, 0, 1, 0, 0, 1.5f, 4, 4, 5, 4, 9, 0};
    static int plain[N][N][N], ours[N][N][N];
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_options options = options_of(R, 0);
    double mean[P] = {0}, means[R * P];
    float buffer[N * P], spread[N], *buffers[1] = {buffer};
    for (size_t at = 0; at < N * P; at++)
        mean[at % P] += X[at] / (double)N;
    for (size_t i = 0; i < N; i++)
        spread[i] = (float)sqrt(squared_distance(X + i * P, mean, P));
    mien_run run = {.X = &source,
                    .options = &options,
                    .tiling = {.n = N, .p = P, .rows = N, .tiles = 1, .leaves = 1},
                    .buffers = buffers,
                    .mean = mean};
    assert_int_equal(mien_pool_create(1, &run.pool), MIEN_OK);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t chosen[R] = {0};
        plain_start(X, N, P, R, seed, chosen);
        plain[chosen[0]][chosen[1]][chosen[2]]++;
        mien_arena arena = {0};
        run.arena = &arena;
        run.seed = seed;
        assert_int_equal(mien_kmeans_start(&run, spread, means), MIEN_OK);
        for (size_t k = 0; k < R; k++)
            while (squared_distance(X + chosen[k] * P, means + k * P, P) > 0)
                chosen[k] = (chosen[k] + 1) % N;
        ours[chosen[0]][chosen[1]][chosen[2]]++;
        mien_arena_free(&arena);
    }
    mien_pool_free(run.pool);
    size_t seen = 0;
    for (size_t a = 0; a < N; a++)
        for (size_t b = 0; b < N; b++)
            for (size_t c = 0; c < N; c++) {
                int one = plain[a][b][c], two = ours[a][b][c];
                seen += one > 0;
                if (abs(one - two) > 5 * sqrt(one + two) + 3)
                    fail_msg("%zu %zu %zu: %d times, expected about %d", a, b, c, two, one);
            }
    assert_true(seen > 20);
}

/* ---------------------------------------------------------------- an end asked for early */

struct patience {
    size_t calls, left;
    bool no_loss; /* no loss was told: the start was not over */
};

static bool be_patient(void *user, const mien_progress *now)
{
    struct patience *p = user;
    p->calls++;
    p->no_loss = now->loss != now->loss;
    return p->left-- > 1;
}

/* Large data: the first centroids take long enough for somebody to want an end. */
static void test_kmeans_start_can_be_interrupted(void **state)
{
    (void)state;
    enum { N = 4500, P = 800, R = 40 };
    float *X = noise(N, P, 0.3, 5);
    for (size_t calls = 1; calls <= 4; calls += 3) {
        struct patience patience = {.left = calls};
        mien_options options = options_of(R, 4);
        options.restarts = 3;
        options.threads = 1; /* starts in turn: each asks for itself */
        options.progress = be_patient;
        options.user = &patience;
        mien_fit fit = fit_of(X, N, P, &options);
        assert_int_equal(patience.calls, calls); /* not asked again */
        assert_true(patience.no_loss);
        assert_int_equal(fit.stop, MIEN_STOP_INTERRUPTED);
        assert_int_equal(fit.iterations, 1);
        for (size_t i = 0; i < N; i++) {
            double sum = 0;
            for (size_t k = 0; k < R; k++)
                sum += fit.W[i * R + k];
            assert_true(sum == 1);
        }
        mien_fit_free(&fit);
    }
    free(X);
}

/* ---------------------------------------------------------------- repeatable */

static void test_kmeans_same_bytes_at_any_thread_count(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 3, 4, 8};
    static const struct {
        size_t n, p, r;
    } shapes[] = {{1500, 90, 24}, {37, 400, 6}, {5, 3, 5}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t n = shapes[s].n, p = shapes[s].p, r = shapes[s].r;
        float *X = noise(n, p, 0.3, 11);
        mien_options options = options_of(r, 4);
        options.restarts = 2;
        options.threads = 1;
        mien_fit one = fit_of(X, n, p, &options);
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            options.threads = threads[t];
            mien_fit fit = fit_of(X, n, p, &options);
            assert_memory_equal(fit.W, one.W, n * r * sizeof *one.W);
            assert_memory_equal(fit.H, one.H, r * p * sizeof *one.H);
            assert_int_equal(fit.n_trace, one.n_trace);
            for (size_t row = 0; row < one.n_trace; row++)
                assert_true(fit.trace[row].loss == one.trace[row].loss);
            assert_true(fit.loss == one.loss);
            mien_fit_free(&fit);
        }
        mien_fit_free(&one);
        free(X);
    }
}

/* ---------------------------------------------------------------- hard cases */

static void test_kmeans_fills_empty_clusters(void **state)
{
    (void)state;
    enum { N = 250, P = 14, R = 10 };
    static const float places[] = {1e4f, -30, 1e15f, 0.5f}; /* the last: all at one place */
    float *X = noise(N, P, 0.1, 21), *H = calloc(R * P, sizeof *H), *W = calloc(N * R, sizeof *W);
    for (size_t q = 0; q < sizeof places / sizeof *places; q++) {
        for (size_t at = 0; at < (size_t)R * P; at++)
            H[at] = at < P ? 0.5f : places[q];
        mien_options options = options_of(R, 0);
        options.start_H = H;
        options.start_W = W;
        mien_fit fit = fit_of(X, N, P, &options);
        assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
        assert_int_equal(check_fit(&fit, X), 0);
        assert_string_equal(fit.note, "");
        mien_fit_free(&fit);
    }
    free(W);
    free(H);
    free(X);
}

static void test_kmeans_copies_and_constant_images(void **state)
{
    (void)state;
    enum { N = 120, P = 9 };
    for (size_t different = 1; different < 6; different++)
        for (int exact = 0; exact < 2; exact++) {
            float *X = blobs(N, P, different, 0, 5);
            for (size_t at = 0; exact && at < (size_t)N * P; at++)
                X[at] = (float)(at / P % different); /* constant images, the first one black */
            for (size_t r = 1; r <= 7; r++) {
                mien_options options = options_of(r, 2);
                mien_fit fit = fit_of(X, N, P, &options);
                assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
                size_t surplus = r > different ? r - different : 0;
                assert_int_equal(check_fit(&fit, X), surplus);
                char said[64] = "";
                if (surplus)
                    snprintf(said, sizeof said, "%zu of %zu clusters are empty", surplus, r);
                assert_memory_equal(fit.note, said, strlen(said) + !surplus);
                if (r >= different)
                    assert_near(fit.loss, 0, 1e-10);
                mien_fit_free(&fit);
            }
            free(X);
        }
}

/* Images that differ by less than float32 distances can tell are still told apart. */
static void test_kmeans_tells_close_images_apart(void **state)
{
    (void)state;
    enum { N = 60, P = 10 };
    float *X = calloc(N * P, sizeof *X);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < P; j++)
            X[i * P + j] = 1000 + (i % 3 == 0 && j == 0 ? 0.001f : 0) + (i % 3 == 1 ? 50.0f : 0);
    mien_options options = options_of(3, 0);
    mien_fit fit = fit_of(X, N, P, &options);
    assert_int_equal(check_fit(&fit, X), 0);
    for (size_t i = 3; i < N; i++)
        assert_int_equal(label(&fit, i), label(&fit, i % 3));
    mien_fit_free(&fit);
    free(X);
}

static void test_kmeans_extreme_scales(void **state)
{
    (void)state;
    enum { N = 150, P = 11, R = 6 };
    static const float scales[] = {1e-30f, 1e-12f, 1e12f, 3e19f, 1e25f};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        float *X = noise(N, P, 0.2, 9);
        for (size_t at = 0; at < (size_t)N * P; at++)
            X[at] *= scales[s];
        mien_options options = options_of(R, 1);
        mien_fit fit = fit_of(X, N, P, &options);
        assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
        assert_int_equal(check_fit(&fit, X), 0);
        mien_fit_free(&fit);
        free(X);
    }
}

static void test_kmeans_one_cluster_is_the_mean(void **state)
{
    (void)state;
    enum { N = 77, P = 13 };
    float *X = noise(N, P, 0.5, 2);
    mien_options options = options_of(1, 0);
    mien_fit fit = fit_of(X, N, P, &options);
    for (size_t j = 0; j < P; j++) {
        double mean = 0;
        for (size_t i = 0; i < N; i++)
            mean += X[i * P + j] / (double)N;
        assert_near(fit.H[j], mean, 1e-7);
    }
    check_fit(&fit, X);
    assert_near(fit.explained_variance, 0, 1e-6);
    mien_fit_free(&fit);
    free(X);
}

static void test_kmeans_as_many_clusters_as_images(void **state)
{
    (void)state;
    for (size_t n = 1; n < 40; n += 7) {
        float *X = noise(n, 6, 0, n);
        mien_options options = options_of(n, 0);
        mien_fit fit = fit_of(X, n, 6, &options);
        assert_int_equal(check_fit(&fit, X), 0);
        assert_true(fit.loss == 0);
        assert_string_equal(fit.note, "");
        mien_fit_free(&fit);
        free(X);
    }
}

/* ---------------------------------------------------------------- ends and refusals */

static void test_kmeans_refuses(void **state)
{
    (void)state;
    mien_error err;
    float *X = noise(4, 20, 0, 1);
    mien_options options = options_of(5, 0);
    assert_int_equal(status_of(X, 4, 20, &options, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "VQ needs at least as many images as components: there "
                                        "are 4 images for 5 components"));
    float H[2 * 20] = {0}, W[4 * 2] = {0};
    H[27] = NAN;
    options.r = 2;
    options.start_H = H;
    options.start_W = W;
    assert_int_equal(status_of(X, 4, 20, &options, &err), MIEN_ERR_DOMAIN);
    assert_non_null(strstr(err.message, "basis image 2, pixel 8"));
    free(X);
}

static void test_kmeans_stops_where_it_is_told(void **state)
{
    (void)state;
    enum { N = 800, P = 20, R = 15 };
    float *X = noise(N, P, 0.3, 8);
    mien_options options = options_of(R, 0);
    mien_fit full = fit_of(X, N, P, &options);
    assert_true(full.iterations > 8);

    options.iterations = 3;
    mien_fit fit = fit_of(X, N, P, &options);
    assert_int_equal(fit.stop, MIEN_STOP_ITERATIONS);
    assert_int_equal(fit.iterations, 3);
    assert_true(fit.trace[1].loss == full.trace[1].loss);
    assert_relative(fit.trace[2].loss, full.trace[2].loss, 1e-9);
    check_fit(&fit, X);
    mien_fit_free(&fit);

    options = options_of(R, 0);
    options.tolerance = 0.1;
    fit = fit_of(X, N, P, &options);
    assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
    assert_true(fit.iterations < full.iterations);
    assert_true(fit.loss >= full.loss && fit.loss < 1.05 * full.loss);
    mien_fit_free(&fit);
    mien_fit_free(&full);
    free(X);
}

static bool stop_at_third(void *user, const mien_progress *now)
{
    size_t *calls = user;
    assert_string_equal(now->stage, "kmeans");
    assert_true(now->loss > 0);
    return ++*calls < 3;
}

static void test_kmeans_interrupted_is_whole(void **state)
{
    (void)state;
    enum { N = 800, P = 20, R = 15 };
    float *X = noise(N, P, 0.3, 8);
    size_t calls = 0;
    mien_options options = options_of(R, 0);
    options.restarts = 5;
    options.threads = 1; /* in turn; test_starts.c has them side by side */
    options.progress = stop_at_third;
    options.user = &calls;
    mien_fit fit = fit_of(X, N, P, &options);
    assert_int_equal(calls, 3);
    assert_int_equal(fit.stop, MIEN_STOP_INTERRUPTED);
    assert_int_equal(fit.iterations, 3);
    check_fit(&fit, X);
    mien_fit_free(&fit);
    free(X);
}

static void test_kmeans_out_of_memory(void **state)
{
    (void)state;
    enum { N = 60, P = 8, R = 5 };
    float *X = noise(N, P, 0.3, 8);
    mien_options options = options_of(R, 0);
    size_t refused = 0;
    mien_set_allocator(failing_malloc, failing_free);
    for (long k = 0;; k = failing_next(k)) {
        failing_countdown = k;
        mien_error err = {0};
        mien_status st = status_of(X, N, P, &options, &err);
        assert_int_equal(failing_alive, 0);
        if (!st)
            break;
        assert_int_equal(st, MIEN_ERR_NOMEM);
        assert_int_equal(err.status, MIEN_ERR_NOMEM);
        refused++;
    }
    mien_set_allocator(NULL, NULL);
    assert_true(refused > 20);
    free(X);
}

/* ---------------------------------------------------------------- real faces */

enum { CBCL_N = 2429, CBCL_P = 361 };

/* The faces of CBCL, normalised as Lee & Seung did; NULL when they are not there. */
static float *cbcl(void)
{
    float *X = calloc((size_t)CBCL_N * CBCL_P, sizeof *X);
    for (size_t i = 0; i < CBCL_N; i++) {
        char name[64];
        unsigned char file[13 + CBCL_P];
        snprintf(name, sizeof name, "cbcl/face/face%05zu.pgm", i + 1);
        FILE *stream = fopen(faces_path(name), "rb");
        size_t got = stream ? fread(file, 1, sizeof file, stream) : 0;
        if (stream)
            fclose(stream);
        if (got != sizeof file) {
            free(X);
            return NULL;
        }
        const unsigned char *v = file + 13;
        double mean = 0, square = 0;
        for (size_t j = 0; j < CBCL_P; j++)
            mean += v[j] / (double)CBCL_P;
        for (size_t j = 0; j < CBCL_P; j++)
            square += (v[j] - mean) * (v[j] - mean);
        double sd = sqrt(square / (CBCL_P - 1));
        for (size_t j = 0; j < CBCL_P; j++) {
            double x = 0.25 + 0.25 * (v[j] - mean) / sd;
            X[i * CBCL_P + j] = (float)(x < 0 ? 0 : x > 1 ? 1 : x);
        }
    }
    return X;
}

static float *cbcl_or_skip(const char *test)
{
    float *X = cbcl();
    if (!X) {
        fprintf(stderr, "%s: SKIPPED, no faces at %s\n", test, faces_path("cbcl/face"));
        skip();
    }
    return X;
}

/* scikit-learn 1.2.1 with numpy 1.24.2, in float64, on these X:
 *   KMeans(49, n_init=10, random_state=0, tol=0, max_iter=500).inertia_ */
static void test_kmeans_cbcl_best_of_ten(void **state)
{
    (void)state;
    static const double sklearn_best = 12923.044604019979;
    float *X = cbcl_or_skip("test_kmeans_cbcl_best_of_ten");
    mien_options options = options_of(49, 0);
    options.restarts = 10;
    mien_fit fit = fit_of(X, CBCL_N, CBCL_P, &options);
    assert_true(fit.loss < 1.01 * sklearn_best);
    assert_true(fit.loss > 0.97 * sklearn_best); /* nobody has seen so good a one */
    check_fit(&fit, X);
    mien_fit_free(&fit);
    free(X);
}

/* The same from a given start, where there is one answer:
 *   k = KMeans(49, init=X[:49], n_init=1, tol=0, max_iter=500, algorithm='lloyd')
 *   k.inertia_, k.n_iter_ */
static void test_kmeans_cbcl_from_a_start(void **state)
{
    (void)state;
    static const double sklearn_inertia = 13581.724785909097;
    static const size_t sklearn_iterations = 21;
    float *X = cbcl_or_skip("test_kmeans_cbcl_from_a_start");
    float *W = calloc((size_t)CBCL_N * 49, sizeof *W);
    mien_options options = options_of(49, 0);
    options.start_H = X;
    options.start_W = W;
    mien_fit fit = fit_of(X, CBCL_N, CBCL_P, &options);
    assert_relative(fit.loss, sklearn_inertia, 1e-7);
    assert_int_equal(fit.iterations, sklearn_iterations);
    mien_fit_free(&fit);
    free(W);
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kmeans_is_a_fixed_point),
        cmocka_unit_test(test_kmeans_equals_plain_lloyd),
        cmocka_unit_test(test_kmeans_recovers_planted_clusters),
        cmocka_unit_test(test_kmeans_reaches_the_optimum_of_eight_images),
        cmocka_unit_test(test_kmeans_restarts_keep_the_best),
        cmocka_unit_test(test_kmeans_start_is_spread),
        cmocka_unit_test(test_kmeans_start_has_the_distribution),
        cmocka_unit_test(test_kmeans_start_can_be_interrupted),
        cmocka_unit_test(test_kmeans_same_bytes_at_any_thread_count),
        cmocka_unit_test(test_kmeans_fills_empty_clusters),
        cmocka_unit_test(test_kmeans_copies_and_constant_images),
        cmocka_unit_test(test_kmeans_tells_close_images_apart),
        cmocka_unit_test(test_kmeans_extreme_scales),
        cmocka_unit_test(test_kmeans_one_cluster_is_the_mean),
        cmocka_unit_test(test_kmeans_as_many_clusters_as_images),
        cmocka_unit_test(test_kmeans_refuses),
        cmocka_unit_test(test_kmeans_stops_where_it_is_told),
        cmocka_unit_test(test_kmeans_interrupted_is_whole),
        cmocka_unit_test(test_kmeans_out_of_memory),
        cmocka_unit_test(test_kmeans_cbcl_best_of_ten),
        cmocka_unit_test(test_kmeans_cbcl_from_a_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
