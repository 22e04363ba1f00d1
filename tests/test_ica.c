/* test_ica.c - FastICA: planted sources, whiteness, PCA's reconstruction, real faces.
 * SPDX-License-Identifier: MIT */
#include "support/linear.h"

static const char *const contrasts[] = {"logcosh", "exp", "kurtosis"};
static const char *const ways[] = {"images", "weights"};

static mien_options ica_options(size_t r, const char *way, const char *contrast)
{
    mien_options options = options_of(r, "ica", way);
    assert_int_equal(mien_options_set(&options, "contrast", contrast, NULL), MIEN_OK);
    return options;
}

/* Values far from normal: uniform, Laplace, or two peaks, by turns; mean 0, variance near 1. */
static double non_gaussian(size_t k, uint64_t seed, uint64_t at)
{
    double u = mien_random_uniform(seed, MIEN_STREAM_TEST, at);
    switch (k % 3) {
    case 0:
        return (u - 0.5) * sqrt(12);
    case 1:
        return (u < 0.5 ? log(2 * u) : -log(2 - 2 * u)) / sqrt(2);
    default:
        return (u < 0.5 ? -1 : 1) + 0.3 * mien_random_normal(seed, MIEN_STREAM_TEST + 1, at);
    }
}

enum { R = 6 };

struct planted_sources {
    size_t n, p;
    float *X;        /* n x p */
    double *sources; /* R x m, m = p for images, n for weights */
};

/* X = offset + A S (images: S are pictures, A normal), or S' A (weights). */
static struct planted_sources plant(bool images, size_t samples, size_t others)
{
    struct planted_sources s = {.n = images ? others : samples, .p = images ? samples : others};
    s.X = calloc(s.n * s.p, sizeof *s.X);
    s.sources = calloc(R * samples, sizeof *s.sources);
    for (size_t k = 0; k < R; k++)
        for (size_t j = 0; j < samples; j++)
            s.sources[k * samples + j] = non_gaussian(k, 11, k * samples + j);
    for (size_t i = 0; i < s.n; i++)
        for (size_t j = 0; j < s.p; j++) {
            double sum = 5 + 0.01 * (double)(j % 7); /* a mean image */
            for (size_t k = 0; k < R; k++) {
                size_t mixed = images ? i : j, sample = images ? j : i;
                sum += s.sources[k * samples + sample] *
                       mien_random_normal(12, MIEN_STREAM_TEST, k * others + mixed);
            }
            s.X[i * s.p + j] = (float)sum;
        }
    return s;
}

/* |correlation| of source k with component l over m samples. */
static double correlation(const double *a, const float *b, size_t m, size_t step)
{
    double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    for (size_t j = 0; j < m; j++) {
        ma += a[j] / (double)m;
        mb += b[j * step] / (double)m;
    }
    for (size_t j = 0; j < m; j++) {
        double u = a[j] - ma, v = b[j * step] - mb;
        aa += u * u;
        bb += v * v;
        ab += u * v;
    }
    return fabs(ab) / sqrt(aa * bb);
}

static void test_ica_finds_planted_sources(void **state)
{
    (void)state;
    for (size_t w = 0; w < 2; w++)
        for (size_t c = 0; c < 3; c++) {
            bool images = w == 0;
            struct planted_sources s = plant(images, 3000, 40);
            mien_options options = ica_options(R, ways[w], contrasts[c]);
            mien_fit fit = fit_matrix("ica", s.X, s.n, s.p, &options);
            assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
            bool taken[R] = {false};
            for (size_t k = 0; k < R; k++) {
                size_t best = 0;
                double most = 0;
                for (size_t l = 0; l < R; l++) {
                    double now = images
                                     ? correlation(s.sources + k * 3000, fit.H + l * s.p, 3000, 1)
                                     : correlation(s.sources + k * 3000, fit.W + l, 3000, R);
                    if (now > most) {
                        most = now;
                        best = l;
                    }
                }
                if (!(most > 0.99) || taken[best])
                    fail_msg("%s, %s: source %zu, correlation %.4f", ways[w], contrasts[c], k,
                             most);
                taken[best] = true;
            }
            assert_true(worst_entry(&fit, s.X) < 1e-4); /* rank R and noise-free */
            mien_fit_free(&fit);
            free(s.X);
            free(s.sources);
        }
}

/* Samples of the independent side: variance 1, uncorrelated, skewness not negative, by decreasing
 * distance from the normal. `count` components of m samples, `step` apart. */
static void check_sources(const float *S, size_t count, size_t m, size_t row, size_t step)
{
    double previous = INFINITY;
    double *centred = calloc(count * m, sizeof *centred);
    for (size_t k = 0; k < count; k++) {
        double mean = 0, value = 0, cube = 0;
        for (size_t j = 0; j < m; j++)
            mean += S[k * row + j * step] / (double)m;
        for (size_t j = 0; j < m; j++) {
            double u = centred[k * m + j] = S[k * row + j * step] - mean;
            value += log(cosh(u)) / (double)m;
            cube += u * u * u;
        }
        for (size_t l = 0; l <= k; l++) {
            double dot = 0;
            for (size_t j = 0; j < m; j++)
                dot += centred[k * m + j] * centred[l * m + j] / (double)m;
            assert_near(dot, k == l, 1e-4);
        }
        assert_true(cube >= -1e-3);
        double distance = (value - 0.374567207491438) * (value - 0.374567207491438);
        assert_true(distance <= previous + 1e-6);
        previous = distance;
    }
    free(centred);
}

/* Both fits rebuild the same images. */
static void assert_same_images(const mien_fit *a, const mien_fit *b, double tolerance)
{
    float *x = calloc(a->p, sizeof *x), *y = calloc(a->p, sizeof *y);
    for (size_t i = 0; i < a->n; i++) {
        mien_fit_reconstruct(a, i, x);
        mien_fit_reconstruct(b, i, y);
        for (size_t j = 0; j < a->p; j++)
            assert_near(x[j], y[j], tolerance);
    }
    free(x);
    free(y);
}

static const struct {
    size_t n, p, r;
} shapes[] = {{60, 40, 1}, {60, 40, 8}, {60, 40, 40}, {40, 60, 8}, {30, 90, 29}, {30, 90, 30},
              {2, 9, 2},   {9, 2, 2},   {1, 5, 1},    {5, 1, 1},   {1, 1, 1}};

static void test_ica_turns_within_pca(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof shapes / sizeof *shapes; c++)
        for (size_t w = 0; w < 2; w++) {
            size_t n = shapes[c].n, p = shapes[c].p, r = shapes[c].r;
            float *X = noise(n, p, 0.3, 20 + c);
            mien_options options = ica_options(r, ways[w], "logcosh");
            mien_fit fit = fit_matrix("ica", X, n, p, &options);
            mien_options plain = options_of(r, NULL, NULL);
            mien_fit pca = fit_matrix("pca", X, n, p, &plain);
            assert_finite(fit.W, n * r);
            assert_finite(fit.H, r * p);
            assert_same_images(&fit, &pca, 2e-5);
            assert_near(fit.loss, pca.loss, 1e-5 * pca.loss + 1e-8);
            for (size_t t = 0; t < fit.n_trace; t++)
                assert_near(fit.trace[t].loss, fit.loss, 1e-5 * fit.loss + 1e-8);
            assert_int_equal(fit.n_trace, fit.iterations);
            /* what is independent: all components of PCA, less the constant image's */
            size_t rank = r < n ? r : n - 1, q = w == 0 && rank == p ? p - 1 : rank;
            if (w == 0)
                check_sources(fit.H, q, p, p, 1);
            else
                check_sources(fit.W, q, n, 1, r);
            if (q < rank)
                for (size_t j = 0; j < p; j++)
                    assert_near(fit.H[q * p + j], 1, 1e-4);
            mien_fit_free(&fit);
            mien_fit_free(&pca);
            free(X);
        }
}

static void test_ica_degenerate(void **state)
{
    (void)state;
    enum { N = 12, P = 20 };
    for (int kind = 0; kind < 5; kind++)
        for (size_t w = 0; w < 2; w++)
            for (size_t c = 0; c < 3; c++) {
                float *values = noise(N, P, 0, 7), X[N * P];
                for (size_t i = 0; i < N; i++)
                    for (size_t j = 0; j < P; j++) {
                        float v = values[i * P + j];
                        X[i * P + j] = kind == 0   ? 0                        /* nothing */
                                       : kind == 1 ? values[j]                /* one image */
                                       : kind == 2 ? values[i]                /* constant images */
                                       : kind == 3 ? values[i % 3 * P + j]    /* duplicates */
                                                   : (float)(i == j) + 0 * v; /* a permutation */
                    }
                mien_options options = ica_options(N, ways[w], contrasts[c]);
                mien_fit fit = fit_matrix("ica", X, N, P, &options);
                assert_finite(fit.W, N * N);
                assert_finite(fit.H, N * P);
                assert_true(worst_entry(&fit, X) < 1e-5);
                mien_fit_free(&fit);
                free(values);
            }
}

/* ---------------------------------------------------------------- promises of the library */

static void test_ica_same_bytes_for_any_threads(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 3, 4, 8};
    for (size_t w = 0; w < 2; w++)
        for (size_t c = 0; c < 3; c++) {
            float *X = noise(300, 217, 0.4, 31);
            mien_options options = ica_options(9, ways[w], contrasts[c]);
            mien_fit first = {0};
            for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
                options.threads = threads[t];
                mien_fit fit = fit_matrix("ica", X, 300, 217, &options);
                if (t == 0) {
                    first = fit;
                    continue;
                }
                assert_same_bytes(&fit, &first);
                mien_fit_free(&fit);
            }
            options.seed = 1; /* another start is another path */
            mien_fit other = fit_matrix("ica", X, 300, 217, &options);
            assert_true(other.iterations != first.iterations ||
                        memcmp(other.H, first.H, 9 * 217 * sizeof *first.H) != 0);
            mien_fit_free(&other);
            mien_fit_free(&first);
            free(X);
        }
}

static bool stop_at_third(void *user, const mien_progress *now)
{
    assert_string_equal(now->stage, "ica");
    return ++*(int *)user < 3;
}

static void test_ica_stops(void **state)
{
    (void)state;
    float *X = noise(80, 50, 0.5, 5);
    mien_options options = ica_options(10, "images", "logcosh");
    options.tolerance = 0; /* never met */
    options.iterations = 7;
    mien_fit fit = fit_matrix("ica", X, 80, 50, &options);
    assert_int_equal(fit.stop, MIEN_STOP_ITERATIONS);
    assert_int_equal(fit.iterations, 7);
    check_sources(fit.H, 10, 50, 50, 1); /* a whole result all the same */
    mien_fit_free(&fit);

    int calls = 0;
    options.progress = stop_at_third;
    options.user = &calls;
    fit = fit_matrix("ica", X, 80, 50, &options);
    assert_int_equal(fit.stop, MIEN_STOP_INTERRUPTED);
    assert_int_equal(fit.iterations, 3);
    check_sources(fit.H, 10, 50, 50, 1);
    mien_fit_free(&fit);
    free(X);
}

static void test_ica_out_of_memory(void **state)
{
    (void)state;
    float *X = noise(40, 30, 0.2, 80);
    mien_float_view view = {X, 40, 30};
    mien_source source = mien_float_source(&view);
    for (size_t w = 0; w < 2; w++) {
        mien_options options = ica_options(4, ways[w], "logcosh");
        options.iterations = 12; /* the trace grows meanwhile */
        bool done = false;
        for (long k = 0; !done; k = failing_next(k)) {
            assert_true(k < 10000);
            mien_set_allocator(failing_malloc, failing_free);
            failing_countdown = k;
            failing_alive = 0;
            mien_fit fit = {0};
            mien_status st = mien_fit_run(mien_method_find("ica"), &source, &options, &fit, NULL);
            mien_fit_free(&fit);
            mien_set_allocator(NULL, NULL);
            assert_int_equal(failing_alive, 0);
            if (st)
                assert_int_equal(st, MIEN_ERR_NOMEM);
            done = st == MIEN_OK;
            if (done)
                assert_true(k > 30);
        }
    }
    free(X);
}

/* scikit-learn 1.2.1's FastICA on the same 49 components of CBCL (logcosh, tolerance 1e-4, seeds
 * 0 1 2) ends at a summed negentropy of 1.0448 to 1.0477 over the basis images after 52 to 74
 * iterations, and of 0.1084 to 0.1109 over the weights after 77 to 123. */
static void test_ica_faces(void **state)
{
    (void)state;
    size_t n = 0;
    float *X = cbcl_faces(&n);
    if (!X)
        skip();
    for (size_t w = 0; w < 2; w++) {
        mien_options options = ica_options(49, ways[w], "logcosh");
        mien_fit fit = fit_matrix("ica", X, n, 361, &options);
        size_t m = w == 0 ? 361 : n, row = w == 0 ? 361 : 1, step = w == 0 ? 1 : 49;
        const float *S = w == 0 ? fit.H : fit.W;
        check_sources(S, 49, m, row, step);
        double sum = 0;
        for (size_t k = 0; k < 49; k++) {
            double mean = 0, value = 0;
            for (size_t j = 0; j < m; j++)
                mean += S[k * row + j * step] / (double)m;
            for (size_t j = 0; j < m; j++)
                value += log(cosh(S[k * row + j * step] - mean)) / (double)m;
            sum += (value - 0.374567207491438) * (value - 0.374567207491438);
        }
        print_message("%s: %zu iterations, negentropy %.4f\n", ways[w], fit.iterations, sum);
        assert_int_equal(fit.stop, MIEN_STOP_CONVERGED);
        assert_true(fit.iterations < 200);
        assert_true(w == 0 ? sum > 1.03 && sum < 1.06 : sum > 0.106 && sum < 0.114);
        assert_relative(fit.loss, 1444.846051, 1e-6); /* of PCA, numpy in float64 */
        mien_options plain = options_of(49, NULL, NULL);
        mien_fit pca = fit_matrix("pca", X, n, 361, &plain);
        assert_same_images(&fit, &pca, 2e-5);
        mien_fit_free(&pca);
        mien_fit_free(&fit);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ica_finds_planted_sources),
        cmocka_unit_test(test_ica_turns_within_pca),
        cmocka_unit_test(test_ica_degenerate),
        cmocka_unit_test(test_ica_same_bytes_for_any_threads),
        cmocka_unit_test(test_ica_stops),
        cmocka_unit_test(test_ica_out_of_memory),
        cmocka_unit_test(test_ica_faces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
