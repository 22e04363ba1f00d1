/* test_pca.c - principal components: against LAPACK's full SVD, both ways of finding them.
 * SPDX-License-Identifier: MIT */
#include "support/linear.h"

#include "linalg/blas.h"
#include "methods/method.h"
#include "methods/pca/spectrum.h"

void dgesdd_(const char *job, const int *m, const int *n, double *A, const int *lda, double *s,
             double *U, const int *ldu, double *V, const int *ldv, double *work, const int *nwork,
             int *iwork, int *info);

/* Singular values of X - 1 mu' and its right singular vectors, rows of Vt (min(n,p) x p). */
static void full_svd(const float *X, size_t n, size_t p, bool centre, double *s, double *Vt)
{
    double *A = calloc(n * p, sizeof *A), *mean = calloc(p, sizeof *mean);
    for (size_t i = 0; i < n && centre; i++)
        for (size_t j = 0; j < p; j++)
            mean[j] += X[i * p + j] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++)
            A[i * p + j] = X[i * p + j] - mean[j];
    /* row-major n x p is column-major p x n, whose left singular vectors are the columns of V */
    int rows = (int)p, columns = (int)n, side = (int)(n < p ? n : p), info = 0, nwork = -1;
    int *iwork = calloc(8 * (size_t)side, sizeof *iwork);
    double *U = calloc((size_t)side * n, sizeof *U), size = 0;
    dgesdd_("S", &rows, &columns, A, &rows, s, Vt, &rows, U, &side, &size, &nwork, iwork, &info);
    nwork = (int)size;
    double *work = calloc((size_t)nwork, sizeof *work);
    dgesdd_("S", &rows, &columns, A, &rows, s, Vt, &rows, U, &side, work, &nwork, iwork, &info);
    assert_int_equal(info, 0);
    free(A);
    free(mean);
    free(iwork);
    free(U);
    free(work);
}

static double score_square(const mien_fit *fit, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < fit->n; i++)
        sum += (double)fit->W[i * fit->r + k] * fit->W[i * fit->r + k];
    return sum;
}

/* Rows of H orthonormal, the first `rank` alone with scores; returns the rank. The spectrum itself
 * leaves the others zero, which is `bare`. */
static size_t check_basis(const mien_fit *fit, bool bare)
{
    size_t p = fit->p, r = fit->r, rank = 0;
    while (rank < r && score_square(fit, rank) > 0)
        rank++;
    assert_finite(fit->H, r * p);
    assert_finite(fit->W, fit->n * r);
    for (size_t k = 0; k < r; k++)
        for (size_t l = 0; l <= k; l++) {
            double dot = 0;
            for (size_t j = 0; j < p; j++)
                dot += (double)fit->H[k * p + j] * fit->H[l * p + j];
            assert_near(dot, k == l && (!bare || k < rank) ? 1 : 0, 1e-5);
        }
    for (size_t k = 0; k < r; k++) {
        float most = 0;
        for (size_t j = 0; j < p; j++)
            most = fabsf(fit->H[k * p + j]) > fabsf(most) ? fit->H[k * p + j] : most;
        assert_true(k < rank || !bare ? most > 0 : most == 0);
        for (size_t i = 0; i < fit->n && k >= rank; i++)
            assert_true(fit->W[i * r + k] == 0);
    }
    return rank;
}

/* Spectrum, basis up to sign, and loss of a fit against the full SVD. */
static void check_against_svd(const mien_fit *fit, const float *X, bool centre)
{
    size_t n = fit->n, p = fit->p, side = n < p ? n : p;
    double *s = calloc(side, sizeof *s), *Vt = calloc(side * p, sizeof *Vt), rest = 0;
    full_svd(X, n, p, centre, s, Vt);
    for (size_t k = fit->r; k < side; k++)
        rest += s[k] * s[k] / 2;
    for (size_t k = 0; k < fit->r; k++) {
        assert_near(score_square(fit, k), s[k] * s[k], 1e-4 * s[k] * s[k] + 1e-11 * s[0] * s[0]);
        double gap = k + 1 < side ? s[k] - s[k + 1] : s[k], dot = 0;
        gap = k && s[k - 1] - s[k] < gap ? s[k - 1] - s[k] : gap;
        for (size_t j = 0; j < p; j++)
            dot += fit->H[k * p + j] * Vt[k * p + j];
        if (gap > 1e-3 * s[0])
            assert_near(fabs(dot), 1, 1e-5);
    }
    assert_near(fit->loss, rest, 1e-5 * rest + 1e-9 * s[0] * s[0]);
    assert_near(fit->trace[0].loss, fit->loss, 1e-5 * fit->loss + 1e-9 * s[0] * s[0]);
    assert_int_equal(fit->n_trace, 1);
    assert_int_equal(fit->stop, MIEN_STOP_CONVERGED);
    free(s);
    free(Vt);
}

static const struct {
    size_t n, p, r;
} shapes[] = {{40, 30, 1}, {40, 30, 7}, {40, 30, 30}, {30, 40, 7},  {25, 600, 24},
              {9, 9, 9},   {2, 50, 2},  {50, 2, 2},   {700, 61, 9}, {130, 3000, 20}};

static void test_pca_matches_full_svd(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof shapes / sizeof *shapes; c++)
        for (int centre = 0; centre < 2; centre++) {
            size_t n = shapes[c].n, p = shapes[c].p;
            float *X = noise(n, p, 0.3, c);
            mien_options options = options_of(shapes[c].r, "center", centre ? "yes" : "no");
            mien_fit fit = fit_matrix("pca", X, n, p, &options);
            assert_true(centre ? fit.mu != NULL : fit.mu == NULL);
            check_basis(&fit, false);
            check_against_svd(&fit, X, centre);
            mien_fit_free(&fit);
            free(X);
        }
}

/* Small eigenvalues behind a large one: what a Gram matrix in float would lose. */
static void test_pca_small_eigenvalues(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        size_t n = wide ? 60 : 300, p = wide ? 300 : 60, r = 12;
        float *X = calloc(n * p, sizeof *X);
        for (size_t k = 0; k < 2 * r; k++)
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < p; j++)
                    X[i * p + j] += (float)(pow(2.2, -(double)k) *
                                            mien_random_normal(1, MIEN_STREAM_TEST, k * n + i) *
                                            mien_random_normal(2, MIEN_STREAM_TEST, k * p + j));
        mien_options options = options_of(r, NULL, NULL);
        mien_fit fit = fit_matrix("pca", X, n, p, &options);
        assert_int_equal(check_basis(&fit, false), r);
        double *s = calloc(n < p ? n : p, sizeof *s), *Vt = calloc(60 * p, sizeof *Vt);
        full_svd(X, n, p, true, s, Vt);
        for (size_t k = 0; k < r; k++)
            assert_relative(score_square(&fit, k), s[k] * s[k], 1e-4);
        assert_true(s[r - 1] * s[r - 1] < 1e-7 * s[0] * s[0]); /* the test tests something */
        mien_fit_free(&fit);
        free(X);
        free(s);
        free(Vt);
    }
}

static void test_pca_full_rank_is_exact(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{20, 20}, {15, 90}, {90, 15}, {1, 5}, {5, 1}, {1, 1}};
    for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++) {
        size_t n = sizes[c][0], p = sizes[c][1];
        float *X = noise(n, p, 0, 40 + c);
        for (int centre = 0; centre < 2; centre++) {
            mien_options options = options_of(n < p ? n : p, "center", centre ? "yes" : "no");
            mien_fit fit = fit_matrix("pca", X, n, p, &options);
            check_basis(&fit, false);
            assert_true(worst_entry(&fit, X) < 5e-6);
            mien_fit_free(&fit);
        }
        free(X);
    }
}

/* X with little in it: the basis is orthonormal all the same, and has no scores beyond the rank. */
static void test_pca_degenerate(void **state)
{
    (void)state;
    enum { N = 12, P = 20 };
    static const struct {
        const char *what;
        double zeros; /* share of zeros in the noise */
        size_t distinct;
        bool constant;  /* pixels of an image alike */
        size_t rank[2]; /* not centred, centred */
    } cases[] = {
        {"all zero", 1, 1, false, {0, 0}},
        {"one image, twelve times", 0, 1, false, {1, 0}},
        {"constant images", 0, 12, true, {1, 1}},
        {"three images, four times each", 0, 3, false, {3, 2}},
        {"all different", 0, 12, false, {12, 11}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int wide = 0; wide < 2; wide++)
            for (int centre = 0; centre < 2; centre++) {
                size_t n = N, p = wide ? P : N;
                float *X = calloc(n * p, sizeof *X), *values = noise(n, p, cases[c].zeros, c);
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < p; j++)
                        X[i * p + j] =
                            values[i % cases[c].distinct * p + (cases[c].constant ? 0 : j)];
                mien_options options = options_of(n, "center", centre ? "yes" : "no");
                mien_fit fit = fit_matrix("pca", X, n, p, &options);
                size_t rank = check_basis(&fit, false);
                if (rank != cases[c].rank[centre])
                    fail_msg("%s, p = %zu, centre %d: rank %zu, expected %zu", cases[c].what, p,
                             centre, rank, cases[c].rank[centre]);
                assert_true(worst_entry(&fit, X) < 5e-6);
                mien_fit_free(&fit);
                free(X);
                free(values);
            }
}

/* ---------------------------------------------------------------- the randomised way */

struct spectrum_case {
    mien_arena arena;
    mien_run run;
    mien_fit fit;
    mien_spectrum spectrum;
};

/* mien_spectrum_find() with a threshold of its own: what fit.c and pca.c do around it. */
static mien_status find_spectrum(struct spectrum_case *s, const mien_source *X, size_t r,
                                 unsigned threads, bool centre, size_t exact, mien_options *options)
{
    *options = options_of(r, NULL, NULL);
    int blas = mien_blas_single();
    double *mean = calloc(X->p, sizeof *mean);
    s->run = (mien_run){.X = X,
                        .options = options,
                        .arena = &s->arena,
                        .mean = mean,
                        .method = mien_method_find("pca"),
                        .tiling = mien_tiling_plan(X->n, X->p, r)};
    for (size_t i = 0; i < X->n; i++) {
        const float *x = X->tile(X->data, i, 1, NULL);
        for (size_t j = 0; j < X->p; j++) {
            mean[j] += x[j] / (double)X->n;
            s->run.squares += (double)x[j] * x[j];
        }
    }
    mien_status st = mien_pool_create(threads, &s->run.pool);
    s->fit = (mien_fit){.n = X->n,
                        .p = X->p,
                        .r = r,
                        .W = mien_alloc_array(X->n * r, sizeof(float)),
                        .H = mien_alloc_array(r * X->p, sizeof(float))};
    if (!st && !(s->fit.W && s->fit.H))
        st = MIEN_ERR_NOMEM;
    if (!st)
        st = mien_spectrum_find(&s->run, centre, exact, &s->fit, &s->spectrum);
    mien_blas_restore(blas);
    free(mean);
    return st;
}

static void free_spectrum(struct spectrum_case *s)
{
    mien_pool_free(s->run.pool);
    mien_fit_free(&s->fit);
    mien_arena_free(&s->arena);
}

/* n x p with a spectrum that falls as a power of k, beside a mean, as that of faces does. */
static float *facelike(size_t n, size_t p, size_t terms, double power, uint64_t seed)
{
    float *X = calloc(n * p, sizeof *X);
    for (size_t k = 0; k < terms; k++) {
        double scale = pow(1 + (double)k, -power);
        float *w = calloc(n, sizeof *w), *h = calloc(p, sizeof *h);
        for (size_t i = 0; i < n; i++)
            w[i] = (float)(scale * mien_random_normal(seed, MIEN_STREAM_TEST, k * n + i));
        for (size_t j = 0; j < p; j++)
            h[j] = (float)mien_random_normal(seed + 1, MIEN_STREAM_TEST, k * p + j);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < p; j++)
                X[i * p + j] += w[i] * h[j];
        free(w);
        free(h);
    }
    for (size_t at = 0; at < n * p; at++)
        X[at] += 3;
    return X;
}

static void test_randomised_matches_exact(void **state)
{
    (void)state;
    static const struct {
        size_t n, p, r;
        double power;
    } cases[] = {{300, 200, 10, 0.8}, {200, 300, 10, 0.8}, {450, 410, 50, 0.6},
                 {130, 700, 1, 0.5},  {300, 220, 20, 0.0}, {200, 210, 8, 1.5}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int centre = 0; centre < 2; centre++) {
            size_t n = cases[c].n, p = cases[c].p, r = cases[c].r;
            float *X = facelike(n, p, 80, cases[c].power, c);
            mien_float_view view = {X, n, p};
            mien_source source = mien_float_source(&view);
            mien_options options;
            struct spectrum_case found = {0};
            assert_int_equal(find_spectrum(&found, &source, r, 2, centre, 0, &options), MIEN_OK);
            assert_non_null(strstr(found.spectrum.how, "randomised"));
            assert_null(strstr(found.spectrum.how, "not converged"));
            check_basis(&found.fit, true);
            double *s = calloc(n < p ? n : p, sizeof *s);
            double *Vt = calloc((n < p ? n : p) * p, sizeof *Vt), rest = 0, mine = 0;
            full_svd(X, n, p, centre, s, Vt);
            for (size_t k = 0; k < r; k++) {
                assert_relative(found.spectrum.values[k], s[k] * s[k], 1e-4);
                assert_relative(score_square(&found.fit, k), s[k] * s[k], 1e-4);
                mine += found.spectrum.values[k];
                rest += s[k] * s[k];
            }
            assert_relative(mine, rest, 1e-5); /* what is explained in all */
            free_spectrum(&found);
            free(X);
            free(s);
            free(Vt);
        }
}

/* Fewer components than asked for, and eigenvalues that are all equal. */
static void test_randomised_degenerate(void **state)
{
    (void)state;
    enum { N = 400, P = 300, R = 30 };
    for (size_t kind = 0; kind < 4; kind++) {
        float *X = kind == 0 ? calloc((size_t)N * P, sizeof *X) : planted(N, P, 5, kind);
        for (size_t i = 0; i < N && kind >= 2; i++)
            for (size_t j = 0; j < P; j++)
                X[i * P + j] = kind == 2 ? 7 : i == j;
        mien_float_view view = {X, N, P};
        mien_source source = mien_float_source(&view);
        mien_options options;
        static const size_t ranks[] = {0, 5, 1, R};
        struct spectrum_case found = {0};
        assert_int_equal(find_spectrum(&found, &source, R, 2, false, 0, &options), MIEN_OK);
        assert_non_null(strstr(found.spectrum.how, "randomised"));
        assert_int_equal(check_basis(&found.fit, true), ranks[kind]);
        assert_int_equal(found.spectrum.rank, ranks[kind]);
        if (kind < 3)
            assert_true(worst_entry(&found.fit, X) < 2e-5);
        else
            for (size_t k = 0; k < R; k++)
                assert_near(found.spectrum.values[k], 1, 1e-5);
        free_spectrum(&found);
        free(X);
    }
}

/* ---------------------------------------------------------------- promises of the library */

static void test_pca_same_bytes_for_any_threads(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{900, 130}, {130, 900}};
    static const unsigned threads[] = {1, 2, 3, 4, 8};
    for (size_t c = 0; c < 2; c++) {
        size_t n = sizes[c][0], p = sizes[c][1];
        float *X = noise(n, p, 0.2, 60 + c);
        mien_float_view view = {X, n, p};
        mien_source source = mien_float_source(&view);
        mien_options options = options_of(12, NULL, NULL);
        options.threads = 1;
        mien_fit first = fit_matrix("pca", X, n, p, &options);
        struct spectrum_case alone = {0};
        assert_int_equal(find_spectrum(&alone, &source, 12, 1, true, 0, &options), MIEN_OK);
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            options.threads = threads[t];
            mien_fit fit = fit_matrix("pca", X, n, p, &options);
            assert_same_bytes(&fit, &first);
            mien_fit_free(&fit);
            struct spectrum_case found = {0};
            assert_int_equal(find_spectrum(&found, &source, 12, threads[t], true, 0, &options),
                             MIEN_OK);
            assert_same_bytes(&found.fit, &alone.fit);
            free_spectrum(&found);
        }
        free_spectrum(&alone);
        mien_fit_free(&first);
        free(X);
    }
}

static void test_pca_out_of_memory(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) { /* p <= n, n < p, randomised */
        size_t n = way == 1 ? 20 : 90, p = way == 1 ? 50 : way ? 80 : 30, r = 3;
        float *X = way < 2 ? noise(n, p, 0, 80) : planted(n, p, 2, 80); /* two passes or so */
        mien_float_view view = {X, n, p};
        mien_source source = mien_float_source(&view);
        bool done = false;
        for (long k = 0; !done; k = failing_next(k)) {
            assert_true(k < 10000);
            mien_set_allocator(failing_malloc, failing_free);
            failing_countdown = k;
            failing_alive = 0;
            mien_status st;
            if (way < 2) {
                mien_options options = options_of(r, NULL, NULL);
                mien_fit fit = {0};
                st = mien_fit_run(mien_method_find("pca"), &source, &options, &fit, NULL);
                mien_fit_free(&fit);
            } else {
                mien_options options;
                struct spectrum_case found = {0};
                st = find_spectrum(&found, &source, r, 2, true, 0, &options);
                free_spectrum(&found);
            }
            mien_set_allocator(NULL, NULL);
            assert_int_equal(failing_alive, 0);
            if (st)
                assert_int_equal(st, MIEN_ERR_NOMEM);
            done = st == MIEN_OK;
            if (done)
                assert_true(k > 10);
        }
        free(X);
    }
}

static bool stop_at_once(void *user, const mien_progress *now)
{
    (void)user;
    assert_string_equal(now->stage, "pca");
    return false;
}

static void test_pca_refusals_and_interrupt(void **state)
{
    (void)state;
    float *X = noise(10, 6, 0, 1);
    mien_float_view view = {X, 10, 6};
    mien_source source = mien_float_source(&view);
    const mien_method *pca = mien_method_find("pca");
    mien_options options = options_of(7, NULL, NULL);
    mien_fit fit = {0};
    mien_error err;
    assert_int_equal(mien_fit_run(pca, &source, &options, &fit, &err), MIEN_ERR_ARG);
    options.r = 3;
    assert_int_equal(mien_options_set(&options, "center", "perhaps", &err), MIEN_ERR_ARG);
    X[13] = NAN;
    assert_int_equal(mien_fit_run(pca, &source, &options, &fit, &err), MIEN_ERR_DOMAIN);
    X[13] = -1; /* negative is fine */
    options.progress = stop_at_once;
    assert_int_equal(mien_fit_run(pca, &source, &options, &fit, &err), MIEN_OK);
    assert_int_equal(fit.stop, MIEN_STOP_INTERRUPTED);
    assert_int_equal(check_basis(&fit, false), 3);
    mien_fit_free(&fit);
    free(X);
}

/* Squared singular values of CBCL, from numpy 1.24.2 in float64 (tools/reference has the script
 * for the whole comparison), equal to scikit-learn 1.2.1's PCA. */
static void test_pca_faces(void **state)
{
    (void)state;
    static const struct {
        size_t k;
        double centred, plain;
    } expected[] = {{0, 4406.973305, 79469.91187},  {1, 3629.777643, 4371.122136},
                    {2, 1738.535452, 3564.770909},  {9, 503.5844751, 542.037376},
                    {24, 177.597669, 192.2651031},  {48, 63.48127214, 64.99296348},
                    {99, 18.1609827, 18.19018335},  {199, 4.02247113, 4.056248467},
                    {299, 1.081501731, 1.082297292}};
    size_t n = 0;
    float *X = cbcl_faces(&n);
    if (!X)
        skip();
    assert_int_equal(n, 2429);
    for (int centre = 0; centre < 2; centre++) {
        mien_options options = options_of(300, "center", centre ? "yes" : "no");
        mien_fit fit = fit_matrix("pca", X, n, 361, &options);
        for (size_t e = 0; e < sizeof expected / sizeof *expected; e++)
            assert_relative(score_square(&fit, expected[e].k),
                            centre ? expected[e].centred : expected[e].plain, 1e-5);
        mien_fit_free(&fit);
        options.r = 49;
        fit = fit_matrix("pca", X, n, 361, &options);
        assert_relative(fit.loss, centre ? 1444.846051 : 1464.920607, 1e-6);
        if (centre)
            assert_near(fit.explained_variance, 0.8868694350, 1e-6);
        mien_fit_free(&fit);

        mien_float_view view = {X, n, 361}; /* 8 r <= p: the randomised way on real faces */
        mien_source source = mien_float_source(&view);
        struct spectrum_case found = {0};
        assert_int_equal(find_spectrum(&found, &source, 40, 2, centre, 0, &options), MIEN_OK);
        assert_non_null(strstr(found.spectrum.how, "randomised"));
        for (size_t e = 0; expected[e].k < 40; e++)
            assert_relative(found.spectrum.values[expected[e].k],
                            centre ? expected[e].centred : expected[e].plain, 1e-5);
        free_spectrum(&found);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pca_matches_full_svd),
        cmocka_unit_test(test_pca_small_eigenvalues),
        cmocka_unit_test(test_pca_full_rank_is_exact),
        cmocka_unit_test(test_pca_degenerate),
        cmocka_unit_test(test_randomised_matches_exact),
        cmocka_unit_test(test_randomised_degenerate),
        cmocka_unit_test(test_pca_same_bytes_for_any_threads),
        cmocka_unit_test(test_pca_out_of_memory),
        cmocka_unit_test(test_pca_refusals_and_interrupt),
        cmocka_unit_test(test_pca_faces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
