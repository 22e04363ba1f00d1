/* test_held_out.c - errors of training images as unseen ones: against fits that leave each image
 * out, one by one; and the folds of methods that have no closed form.
 * SPDX-License-Identifier: MIT */
#include "support/fits.h"
#include "support/problems.h"

#include "methods/held_out.h"
#include "methods/spread.h"

static float *noisy(size_t n, size_t p, size_t r, uint64_t seed)
{
    float *X = planted(n, p, r, seed), *E = noise(n, p, 0.2, seed);
    for (size_t at = 0; at < n * p; at++)
        X[at] += 0.1f * E[at];
    free(E);
    return X;
}

static void assert_same_spread(mien_quantiles a, mien_quantiles b, double share, const char *what)
{
    const double x[] = {a.min, a.lower_quartile, a.median, a.upper_quartile, a.p95, a.max};
    const double y[] = {b.min, b.lower_quartile, b.median, b.upper_quartile, b.p95, b.max};
    if (a.n != b.n)
        fail_msg("%s: %zu images, expected %zu", what, a.n, b.n);
    for (size_t at = 0; at < sizeof x / sizeof *x; at++)
        if (!(fabs(x[at] - y[at]) <= share * fabs(y[at]) + 5e-7))
            fail_msg("%s: number %zu is %.9g, expected %.9g", what, at, x[at], y[at]);
}

/* The spread of errors that images have by fits without them. */
static mien_quantiles leave_each_out(const char *method, const float *X, size_t n, size_t p,
                                     const mien_options *options)
{
    size_t count = mien_held_out_count(n);
    double *errors = malloc(count * sizeof *errors);
    float *others = malloc((n - 1) * p * sizeof *others);
    for (size_t at = 0; at < count; at++) {
        size_t i = mien_held_out_place(at, n);
        memcpy(others, X, i * p * sizeof *X);
        memcpy(others + i * p, X + (i + 1) * p, (n - 1 - i) * p * sizeof *X);
        mien_options fewer = *options;
        /* centred images span one dimension less; what PCA adds to that is anybody's guess */
        size_t rank = options->values[0].value > 0 ? n - 1 : n - 2;
        size_t most = rank < p ? rank : p;
        fewer.r = fewer.r < most ? fewer.r : most;
        mien_fit fit = must_fit(method, others, n - 1, p, &fewer);
        mien_float_view view = {X + i * p, 1, p};
        mien_source one = mien_float_source(&view);
        mien_encoding e;
        assert_int_equal(mien_fit_encode(&fit, &fewer, &one, &e, NULL), MIEN_OK);
        errors[at] = e.errors[0];
        mien_encoding_free(&e);
        mien_fit_free(&fit);
    }
    mien_quantiles spread;
    assert_int_equal(mien_quantiles_measure(errors, count, &spread), MIEN_OK);
    free(others);
    free(errors);
    return spread;
}

static void test_places_are_spread_evenly(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 399, 400, 401, 799, 800, 2429, 100003};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s], count = mien_held_out_count(n), before = 0;
        assert_int_equal(count, n < 400 ? n : 400);
        assert_int_equal(mien_held_out_place(0, n), 0);
        for (size_t at = 1; at < count; at++) {
            size_t place = mien_held_out_place(at, n);
            assert_true(place > before && place - before <= n / count + 1 && place < n);
            before = place;
        }
    }
}

/* All eigenpairs are at hand: exact, also where components are zero or an image's alone. */
static void test_pca_leaves_one_out_exactly(void **state)
{
    (void)state;
    static const struct {
        size_t n, p, r, rank;
        const char *center;
    } cases[] = {
        {30, 20, 1, 9, "yes"},  {30, 20, 8, 9, "yes"},  {30, 20, 20, 9, "yes"},
        {30, 20, 6, 9, "no"},   {20, 30, 1, 9, "yes"},  {20, 30, 7, 9, "yes"},
        {20, 30, 19, 9, "yes"}, {20, 30, 20, 9, "yes"}, {20, 30, 5, 9, "no"},
        {20, 30, 20, 9, "no"},  {3, 20, 2, 9, "yes"},   {450, 12, 3, 9, "yes"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t n = cases[c].n, p = cases[c].p;
        char what[64];
        float *X = noisy(n, p, cases[c].rank, 5 + c);
        mien_options options = test_options(cases[c].r, 0, 10);
        set_option(&options, "center", cases[c].center);
        mien_fit fit = must_fit("pca", X, n, p, &options);
        snprintf(what, sizeof what, "%zu x %zu, r = %zu, %s", n, p, cases[c].r, cases[c].center);
        assert_same_spread(fit.held_out, leave_each_out("pca", X, n, p, &options), 1e-4, what);
        assert_true(fit.held_out.median >=
                    fit.image_errors.median - 1e-6); /* both may be rounding */
        mien_fit_free(&fit);
        free(X);
    }
}

/* All that is left is the other image. */
static void test_pca_of_two_images(void **state)
{
    (void)state;
    static const float X[] = {3, 0, 4, 0, 0, 2};
    mien_options options = test_options(1, 0, 10);
    mien_fit fit = must_fit("pca", X, 2, 3, &options);
    assert_int_equal(fit.held_out.n, 2);
    assert_near(fit.held_out.min, sqrt(13) / 5, 1e-6);
    assert_near(fit.held_out.max, sqrt(13) / 2, 1e-6);
    mien_fit_free(&fit);
}

/* More eigenpairs than are at hand: what is beyond them is one direction. */
static void test_pca_leaves_one_out_of_many_pixels(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{90, 120}, {120, 90}};
    for (size_t s = 0; s < 2; s++) {
        size_t n = sizes[s][0], p = sizes[s][1];
        float *X = noisy(n, p, 40, 7);
        mien_options options = test_options(8, 0, 10);
        mien_fit fit = must_fit("pca", X, n, p, &options);
        assert_same_spread(fit.held_out, leave_each_out("pca", X, n, p, &options), 4e-3, "many");
        assert_true(fit.held_out.median > 1.02 * fit.image_errors.median);
        mien_fit_free(&fit);
        free(X);
    }
}

/* Images that are the only ones of their kind: what their component explains, others leave. */
static void test_a_lone_image_has_no_component(void **state)
{
    (void)state;
    enum { N = 40, P = 30, R = 6 };
    float *X = planted(N, P, R - 1, 3);
    for (size_t j = 0; j < P; j++)
        X[11 * P + j] = j == 4 || j == 17 ? 9.f : 0;
    static const char *const methods[] = {"pca", "ica", "kmeans", "nmf"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        mien_options options = test_options(R, 1, 300);
        mien_fit fit = must_fit(methods[m], X, N, P, &options);
        mien_float_view view = {X, N, P};
        mien_source source = mien_float_source(&view);
        assert_int_equal(mien_fit_calibrate(&fit, &options, &source, NULL), MIEN_OK);
        assert_int_equal(fit.held_out.n, N);
        if (!(fit.held_out.max > 0.7))
            fail_msg("%s: the lone image has an error of %g", methods[m], fit.held_out.max);
        if (strcmp(methods[m], "kmeans") != 0)
            assert_true(fit.image_errors.max < 0.3);
        mien_fit_free(&fit);
    }
    free(X);
}

static void test_ica_is_measured_as_pca(void **state)
{
    (void)state;
    float *X = noisy(50, 30, 6, 2);
    mien_options options = test_options(4, 0, 100);
    mien_fit pca = must_fit("pca", X, 50, 30, &options), ica = must_fit("ica", X, 50, 30, &options);
    assert_memory_equal(&pca.held_out, &ica.held_out, sizeof(mien_quantiles));
    mien_fit_free(&pca);
    mien_fit_free(&ica);
    free(X);
}

/* The mean of a cluster without one of its images, and the other centroids, by plain loops. */
static mien_quantiles centroids_without_each(const mien_fit *fit, const float *X)
{
    size_t n = fit->n, p = fit->p, r = fit->r;
    double *errors = malloc(n * sizeof *errors), *sums = calloc(r * p, sizeof *sums);
    size_t *sizes = calloc(r, sizeof *sizes);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < r; k++)
            if (fit->W[i * r + k] == 1) {
                sizes[k]++;
                for (size_t j = 0; j < p; j++)
                    sums[k * p + j] += X[i * p + j];
            }
    for (size_t i = 0; i < n; i++) {
        double least = INFINITY, square = 0;
        for (size_t j = 0; j < p; j++)
            square += (double)X[i * p + j] * X[i * p + j];
        for (size_t k = 0; k < r; k++) {
            bool own = fit->W[i * r + k] == 1;
            double members = (double)sizes[k] - own, distance = 0;
            for (size_t j = 0; j < p; j++) {
                double x = X[i * p + j], c = (sums[k * p + j] - (own ? x : 0)) / members;
                distance += (x - c) * (x - c);
            }
            least = members > 0 && distance < least ? distance : least;
        }
        errors[i] = sqrt(least / square);
    }
    mien_quantiles spread;
    assert_int_equal(mien_quantiles_measure(errors, n, &spread), MIEN_OK);
    free(errors);
    free(sums);
    free(sizes);
    return spread;
}

static void test_kmeans_without_each_image(void **state)
{
    (void)state;
    static const size_t clusters[] = {1, 2, 5, 20, 39, 40}; /* with lone images, and nothing else */
    float *X = noisy(40, 30, 6, 4);
    for (size_t c = 0; c < sizeof clusters / sizeof *clusters; c++) {
        mien_options options = test_options(clusters[c], 3, 100);
        mien_fit fit = must_fit("kmeans", X, 40, 30, &options);
        char what[32];
        snprintf(what, sizeof what, "%zu clusters", clusters[c]);
        assert_same_spread(fit.held_out, centroids_without_each(&fit, X), 1e-5, what);
        mien_fit_free(&fit);
    }
    free(X);
}

/* Fits work on X times a power of two where X is far from 1; models are in X's own unit. */
static void test_the_scale_of_x_makes_no_difference(void **state)
{
    (void)state;
    enum { N = 40, P = 30 };
    static const char *const methods[] = {"pca", "ica", "kmeans"};
    static const int exponents[] = {-100, -30, 60, 100};
    float *X = noisy(N, P, 6, 4), scaled[N * P];
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        mien_options options = test_options(5, 3, 100);
        mien_fit fit = must_fit(methods[m], X, N, P, &options);
        for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++) {
            for (size_t at = 0; at < N * P; at++)
                scaled[at] = ldexpf(X[at], exponents[e]);
            mien_fit other = must_fit(methods[m], scaled, N, P, &options);
            assert_same_spread(other.held_out, fit.held_out, 1e-4, methods[m]);
            assert_near(ldexp(other.H[7], -exponents[e] * (m == 2)), fit.H[7], 1e-4);
            mien_fit_free(&other);
        }
        mien_fit_free(&fit);
    }
    free(X);
}

/* ---------------------------------------------------------------- folds */

static mien_quantiles calibrated(mien_fit *fit, const float *X, const mien_options *options)
{
    mien_float_view view = {X, fit->n, fit->p};
    mien_source source = mien_float_source(&view);
    mien_error err = {0};
    fit->held_out = (mien_quantiles){0};
    if (mien_fit_calibrate(fit, options, &source, &err))
        fail_msg("%s", err.message);
    return fit->held_out;
}

/* As far as folds on fewer images can: PCA, which knows better, and its folds. */
static void test_folds_agree_with_the_closed_form(void **state)
{
    (void)state;
    enum { N = 200, P = 40 };
    float *X = noisy(N, P, 8, 6);
    mien_options options = test_options(5, 0, 100);
    mien_fit fit = must_fit("pca", X, N, P, &options);
    mien_quantiles exact = fit.held_out;
    mien_quantiles folds = calibrated(&fit, X, &options); /* a model of before knows neither */
    assert_int_equal(folds.n, exact.n);
    assert_relative(folds.median, exact.median, 0.1);
    assert_relative(folds.p95, exact.p95, 0.1);
    mien_fit_free(&fit);
    free(X);
}

static void test_folds_are_the_same_with_any_threads_and_scale(void **state)
{
    (void)state;
    enum { N = 60, P = 30 };
    float *X = noisy(N, P, 6, 6);
    static const char *const solvers[] = {"fast", "mu", "minibatch"};
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++) {
        mien_options options = test_options(4, 2, 40);
        set_option(&options, "solver", solvers[s]);
        mien_fit fit = must_fit("nmf", X, N, P, &options);
        assert_int_equal(fit.held_out.n, 0); /* not without being asked */
        mien_quantiles one = calibrated(&fit, X, &options);
        options.threads = 3;
        mien_quantiles three = calibrated(&fit, X, &options);
        assert_memory_equal(&one, &three, sizeof one);
        assert_true(one.n == N && one.median > 0 && one.max < 2);
        for (size_t at = 0; at < N * P; at++)
            X[at] *= 1024;
        assert_same_spread(calibrated(&fit, X, &options), one, 1e-3, solvers[s]);
        for (size_t at = 0; at < N * P; at++)
            X[at] /= 1024;
        mien_fit_free(&fit);
    }
    free(X);
}

static bool end_at_once(void *user, const mien_progress *now)
{
    (void)user;
    (void)now;
    return false;
}

static void test_what_cannot_be_measured_stays_unknown(void **state)
{
    (void)state;
    enum { N = 12, P = 9 };
    float *X = noisy(N, P, 3, 6);
    mien_error err;
    mien_options options = test_options(3, 2, 40);
    mien_fit fit = must_fit("nmf", X, N, P, &options);
    mien_float_view view = {X, N - 1, P};
    mien_source fewer = mien_float_source(&view);
    assert_int_equal(mien_fit_calibrate(&fit, &options, &fewer, &err), MIEN_ERR_SHAPE);
    assert_non_null(strstr(err.message, "11 images of 9 pixels, the model was made from 12 of 9"));
    options.progress = end_at_once;
    assert_int_equal(calibrated(&fit, X, &options).n, 0);
    mien_fit_free(&fit);
    options = test_options(N, 2, 40); /* a component an image: too many for fewer images */
    fit = must_fit("nmf", X, N, P, &options);
    assert_int_equal(calibrated(&fit, X, &options).n, 0);
    mien_fit_free(&fit);
    static const char *const methods[] = {"nmf", "pca", "kmeans", "ica"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) { /* one image alone */
        options = test_options(1, 2, 40);
        fit = must_fit(methods[m], X, 1, P, &options);
        assert_int_equal(fit.held_out.n, 0);
        assert_int_equal(calibrated(&fit, X, &options).n, 0);
        mien_fit_free(&fit);
    }
    free(X);
}

static void test_a_choice_of_a_choice(void **state)
{
    (void)state;
    enum { N = 900, SOME = 700, FEW = 600, P = 3 };
    static float X[N * P], strip[P * (FEW + 1)], tile[FEW * P];
    static size_t some[SOME], few[FEW];
    for (size_t at = 0; at < N * P; at++)
        X[at] = (float)at;
    for (size_t at = 0; at < SOME; at++)
        some[at] = (at * 7) % N;
    for (size_t at = 0; at < FEW; at++)
        few[at] = (at * 11) % SOME;
    mien_float_view view = {X, N, P};
    mien_source all = mien_float_source(&view);
    mien_selection first = {.from = &all, .rows = some, .n = SOME};
    mien_source one = mien_selection_source(&first);
    mien_selection second = {.from = &one, .rows = few, .n = FEW};
    mien_source two = mien_selection_source(&second);
    two.strip(two.data, NULL, FEW, 1, 2, strip, FEW + 1);
    const float *got = two.tile(two.data, 0, FEW, tile);
    for (size_t k = 0; k < FEW; k++)
        for (size_t j = 0; j < P; j++) {
            float wanted = X[some[few[k]] * P + j];
            assert_true(got[k * P + j] == wanted);
            assert_true(j == 0 || strip[(j - 1) * (FEW + 1) + k] == wanted);
        }
}

static void test_out_of_memory_in_folds(void **state)
{
    (void)state;
    enum { N = 12, P = 9 };
    float *X = noisy(N, P, 3, 6);
    mien_options options = test_options(3, 2, 3);
    mien_fit fit = must_fit("nmf", X, N, P, &options);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_set_allocator(failing_malloc, failing_free);
    mien_status st = MIEN_ERR_NOMEM;
    long k = 0;
    for (; st; k += k < 40 ? 1 : 13) {
        mien_error err = {0};
        failing_countdown = k;
        failing_alive = 0;
        st = mien_fit_calibrate(&fit, &options, &source, &err);
        if (failing_alive || (st && (st != MIEN_ERR_NOMEM || err.status != st)))
            fail_msg("allocation %ld: status %d, %ld blocks leak", k, (int)st, failing_alive);
        assert_true(!st == (fit.held_out.n == N));
    }
    mien_set_allocator(NULL, NULL);
    assert_true(k > 40);
    mien_fit_free(&fit);
    free(X);
}

/* Only a rank that is too large for fewer images leaves a fit unmeasured without an error. */
static void test_bad_options_are_refused(void **state)
{
    (void)state;
    enum { N = 20, P = 10 };
    float *X = noisy(N, P, 3, 6);
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    static const char *const methods[] = {"nmf", "pca"};
    for (size_t m = 0; m < 2; m++) {
        mien_options good = test_options(3, 0, 20), foreign = good, still = good;
        mien_fit fit = must_fit(methods[m], X, N, P, &good);
        const mien_options unmade = {.r = 3};
        set_option(&foreign, m ? "objective" : "center", m ? "kl" : "no");
        still.iterations = 0;
        const mien_options *const bad[] = {&foreign, &unmade, &still};
        for (size_t b = 0; b < 3; b++) {
            fit.held_out = (mien_quantiles){0};
            mien_error err = {0};
            assert_int_equal(mien_fit_calibrate(&fit, bad[b], &source, &err), MIEN_ERR_ARG);
            assert_true(*err.message);
        }
        assert_int_equal(mien_fit_calibrate(&fit, &good, &source, NULL), MIEN_OK);
        assert_int_equal(fit.held_out.n, N);
        mien_fit_free(&fit);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_are_spread_evenly),
        cmocka_unit_test(test_pca_leaves_one_out_exactly),
        cmocka_unit_test(test_pca_of_two_images),
        cmocka_unit_test(test_pca_leaves_one_out_of_many_pixels),
        cmocka_unit_test(test_a_lone_image_has_no_component),
        cmocka_unit_test(test_ica_is_measured_as_pca),
        cmocka_unit_test(test_kmeans_without_each_image),
        cmocka_unit_test(test_the_scale_of_x_makes_no_difference),
        cmocka_unit_test(test_folds_agree_with_the_closed_form),
        cmocka_unit_test(test_folds_are_the_same_with_any_threads_and_scale),
        cmocka_unit_test(test_what_cannot_be_measured_stays_unknown),
        cmocka_unit_test(test_bad_options_are_refused),
        cmocka_unit_test(test_a_choice_of_a_choice),
        cmocka_unit_test(test_out_of_memory_in_folds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
