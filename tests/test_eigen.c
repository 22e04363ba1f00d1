/* test_eigen.c - eigenpairs, and products of long rows.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/problems.h"

#include "base/memory.h"
#include "linalg/lapack.h"
#include "linalg/polar.h"
#include "linalg/rows.h"

#include <string.h>

/* A symmetric matrix with eigenvalues `values` (n), by reflections of a diagonal one. */
static double *with_eigenvalues(const double *values, size_t n, uint64_t seed)
{
    double *A = calloc(n * n, sizeof *A), *v = calloc(n, sizeof *v), *w = calloc(n, sizeof *w);
    for (size_t i = 0; i < n; i++)
        A[i * n + i] = values[i];
    for (uint64_t turn = 0; turn < 3; turn++) { /* A <- Q A Q, Q = I - 2 v v' */
        double length2 = 0, dot = 0;
        for (size_t i = 0; i < n; i++) {
            v[i] = mien_random_normal(seed, MIEN_STREAM_TEST, turn * n + i);
            length2 += v[i] * v[i];
        }
        for (size_t i = 0; i < n; i++)
            v[i] /= sqrt(length2);
        for (size_t i = 0; i < n; i++) {
            w[i] = 0;
            for (size_t j = 0; j < n; j++)
                w[i] += A[i * n + j] * v[j];
            dot += v[i] * w[i];
        }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                A[i * n + j] += 4 * dot * v[i] * v[j] - 2 * v[i] * w[j] - 2 * w[i] * v[j];
    }
    free(v);
    free(w);
    return A;
}

static void check_pairs(const mien_eigen *e, const double *A, const double *expected)
{
    size_t n = e->n;
    for (size_t k = 0; k < e->r; k++) {
        const double *v = e->vectors + k * n;
        assert_near(e->values[k], expected[k], 1e-13 * fabs(expected[0]));
        for (size_t l = 0; l <= k; l++) {
            double dot = 0;
            for (size_t j = 0; j < n; j++)
                dot += v[j] * e->vectors[l * n + j];
            assert_near(dot, k == l, 1e-12);
        }
        for (size_t i = 0; i < n; i++) {
            double product = 0;
            for (size_t j = 0; j < n; j++)
                product += A[i * n + j] * v[j];
            assert_near(product, e->values[k] * v[i], 1e-12 * fabs(expected[0]));
        }
    }
}

static void test_eigen_leading_pairs(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 1},  {2, 1},   {2, 2},   {7, 3},
                                      {32, 8}, {33, 33}, {40, 40}, {90, 11}};
    for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++) {
        size_t n = sizes[c][0], r = sizes[c][1];
        double values[90];
        for (size_t i = 0; i < n; i++)
            values[i] = 10 / (1.0 + (double)(i / 2)) - 0.3; /* pairs, some below zero */
        double *A = with_eigenvalues(values, n, c);
        double *copy = calloc(n * n, sizeof *copy);
        mien_arena arena = {0};
        mien_eigen eigen;
        assert_int_equal(mien_eigen_alloc(&eigen, n, r, &arena), MIEN_OK);
        for (int again = 0; again < 2; again++) { /* a solver can be used again */
            memcpy(copy, A, n * n * sizeof *copy);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < i; j++)
                    copy[i * n + j] = NAN; /* the lower triangle is not read */
            assert_int_equal(mien_eigen_solve(&eigen, copy), MIEN_OK);
            check_pairs(&eigen, A, values);
        }
        mien_arena_free(&arena);
        free(A);
        free(copy);
    }
}

/* The second difference: eigenvalues 2 + 2 cos(k pi / (n + 1)), vectors of sines; at any scale. */
static void test_second_difference(void **state)
{
    (void)state;
    enum { N = 150, R = 60 };
    static const double scales[] = {1, 1e-130, 1e130};
    double *A = calloc((size_t)N * N, sizeof *A);
    mien_arena arena = {0};
    mien_eigen eigen;
    assert_int_equal(mien_eigen_alloc(&eigen, N, R, &arena), MIEN_OK);
    for (size_t c = 0; c < sizeof scales / sizeof *scales; c++) {
        memset(A, 0, (size_t)N * N * sizeof *A);
        for (size_t i = 0; i < N; i++) {
            A[i * N + i] = 2 * scales[c];
            if (i + 1 < N)
                A[i * N + i + 1] = -scales[c];
        }
        assert_int_equal(mien_eigen_solve(&eigen, A), MIEN_OK);
        for (size_t k = 0; k < R; k++) {
            const double *v = eigen.vectors + k * N;
            assert_near(eigen.values[k] / scales[c],
                        2 + 2 * cos((double)(k + 1) * acos(-1) / (N + 1)), 2e-14);
            double sign = v[0] < 0 ? -1 : 1;
            for (size_t i = 0; i < N; i++) { /* alternating */
                double sine = sqrt(2.0 / (N + 1)) *
                              sin((double)((k + 1) * (i + 1)) * acos(-1) / (N + 1)) *
                              (i % 2 ? -1 : 1);
                assert_near(sign * v[i], sine, 1e-11);
            }
        }
    }
    mien_arena_free(&arena);
    free(A);
}

/* A by diagonals: entries i, i and i, i + 1. */
static void fill_hard(const char *name, size_t n, double *diagonal, double *off_diagonal)
{
    for (size_t i = 0; i < n; i++) {
        bool wilkinson = strcmp(name, "Wilkinson, glued") == 0;
        diagonal[i] = wilkinson ? fabs((double)(i % 21) - 10) : strcmp(name, "identity") == 0;
        off_diagonal[i] = wilkinson ? (i % 21 == 20 ? 1e-9 : 1) : 0;
        if (strcmp(name, "graded") == 0) {
            diagonal[i] = pow(10, -0.2 * (double)i);
            off_diagonal[i] = 0.1 * diagonal[i];
        }
        if (strcmp(name, "split") == 0)
            diagonal[i] = (double)(i % 5);
    }
}

/* Values without vectors, by a solver that has no room for any. */
static void test_eigen_values(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 70; n += 23) {
        double values[70];
        for (size_t i = 0; i < n; i++)
            values[i] = 10 / (1.0 + (double)(i / 2)) - 0.3;
        double *A = with_eigenvalues(values, n, n);
        mien_arena arena = {0};
        mien_eigen eigen;
        assert_int_equal(mien_eigen_alloc(&eigen, n, 0, &arena), MIEN_OK);
        assert_int_equal(mien_eigen_values(&eigen, A), MIEN_OK);
        for (size_t k = 0; k < n; k++)
            assert_near(eigen.values[k], values[k], 1e-12);
        mien_arena_free(&arena);
        free(A);
    }
}

/* All pairs where eigenvalues are equal, or all but equal, or of many sizes. */
static void test_eigen_hard(void **state)
{
    (void)state;
    static const char *const cases[] = {"zero", "identity", "split", "graded", "Wilkinson, glued"};
    enum { N = 84 };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double diagonal[N], off_diagonal[N], trace = 0;
        double *A = calloc((size_t)N * N, sizeof *A), *copy = calloc((size_t)N * N, sizeof *copy);
        fill_hard(cases[c], N, diagonal, off_diagonal);
        for (size_t i = 0; i < N; i++) {
            A[i * N + i] = diagonal[i];
            if (i + 1 < N)
                A[i * N + i + 1] = A[(i + 1) * N + i] = off_diagonal[i];
            trace += diagonal[i];
        }
        memcpy(copy, A, N * N * sizeof *A);
        mien_arena arena = {0};
        mien_eigen eigen;
        assert_int_equal(mien_eigen_alloc(&eigen, N, N, &arena), MIEN_OK);
        assert_int_equal(mien_eigen_solve(&eigen, copy), MIEN_OK);
        check_pairs(&eigen, A, eigen.values);
        double found[N];
        memcpy(found, eigen.values, sizeof found);
        memcpy(copy, A, N * N * sizeof *A);
        assert_int_equal(mien_eigen_values(&eigen, copy), MIEN_OK);
        for (size_t k = 0; k < N; k++)
            assert_near(eigen.values[k], found[k], 1e-14 * N);
        for (size_t k = 0; k < N; k++) {
            assert_true(k == 0 || eigen.values[k] <= eigen.values[k - 1] + 1e-13);
            trace -= eigen.values[k];
        }
        assert_near(trace, 0, 1e-12 * N);
        mien_arena_free(&arena);
        free(A);
        free(copy);
    }
}

static void test_eigen_refuses_what_is_not_finite(void **state)
{
    (void)state;
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    mien_arena arena = {0};
    mien_eigen eigen;
    assert_int_equal(mien_eigen_alloc(&eigen, 3, 2, &arena), MIEN_OK);
    for (size_t c = 0; c < 3; c++)
        for (size_t at = 0; at < 9; at++) {
            double A[9] = {2, 1, 0, 1, 2, 1, 0, 1, 2};
            A[at] = bad[c];
            bool upper = at / 3 <= at % 3;
            assert_int_equal(mien_eigen_solve(&eigen, A), upper ? MIEN_ERR_NUMERIC : MIEN_OK);
            double B[9] = {2, 1, 0, 1, 2, 1, 0, 1, 2};
            B[at] = bad[c];
            assert_int_equal(mien_eigen_values(&eigen, B), upper ? MIEN_ERR_NUMERIC : MIEN_OK);
        }
    mien_arena_free(&arena);
}

/* X = root(A) Q for a known orthogonal Q: Q comes back. */
static void test_polar(void **state)
{
    (void)state;
    enum { N = 20 };
    double values[N], X[N * N], work[2 * N * N];
    for (size_t i = 0; i < N; i++)
        values[i] = pow(0.63, (double)i); /* down to 1.5e-4 */
    double *root = with_eigenvalues(values, N, 3);
    for (size_t i = 0; i < N; i++)
        values[i] = i % 3 ? 1 : -1;
    double *Q = with_eigenvalues(values, N, 4);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            X[i * N + j] = 0;
            for (size_t k = 0; k < N; k++)
                X[i * N + j] += 1e3 * root[i * N + k] * Q[k * N + j];
        }
    assert_int_equal(mien_polar(X, N, work), MIEN_OK);
    for (size_t at = 0; at < N * N; at++)
        assert_near(X[at], Q[at], 1e-11);
    memset(X, 0, sizeof X);
    assert_int_equal(mien_polar(X, N, work), MIEN_ERR_DOMAIN);
    for (size_t i = 0; i < N; i++) /* of rank one */
        for (size_t j = 0; j < N; j++)
            X[i * N + j] = Q[i] * Q[N + j];
    assert_int_equal(mien_polar(X, N, work), MIEN_ERR_DOMAIN);
    X[7] = NAN;
    assert_int_equal(mien_polar(X, N, work), MIEN_ERR_NUMERIC);
    X[7] = INFINITY;
    assert_int_equal(mien_polar(X, N, work), MIEN_ERR_NUMERIC);
    double lost[] = {1e200, 1e200, 0, 1e200, -1e200, 0, 0, 0, 1}; /* NaN, then a finite row */
    assert_int_equal(mien_polar(lost, 3, work), MIEN_ERR_NUMERIC);
    free(root);
    free(Q);
}

static void test_cholesky_inverse(void **state)
{
    (void)state;
    enum { N = 20 };
    double values[N], half[N * N];
    for (size_t i = 0; i < N; i++)
        values[i] = pow(0.5, (double)i);
    double *A = with_eigenvalues(values, N, 3), inverse[N * N];
    memcpy(inverse, A, sizeof inverse);
    assert_int_equal(mien_cholesky_inverse(inverse, N, 1e-10), MIEN_OK);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            if (j > i)
                assert_true(inverse[i * N + j] == 0);
            half[i * N + j] = 0;
            for (size_t k = 0; k < N; k++)
                half[i * N + j] += inverse[i * N + k] * A[k * N + j];
        }
    for (size_t i = 0; i < N; i++) /* L^-1 A L^-T = I */
        for (size_t j = 0; j < N; j++) {
            double product = 0;
            for (size_t k = 0; k < N; k++)
                product += half[i * N + k] * inverse[j * N + k];
            assert_near(product, i == j, 1e-9);
        }
    memcpy(inverse, A, sizeof inverse);
    assert_int_equal(mien_cholesky_inverse(inverse, N, 0.1), MIEN_ERR_DOMAIN);
    memset(inverse, 0, sizeof inverse);
    assert_int_equal(mien_cholesky_inverse(inverse, N, 1e-10), MIEN_ERR_DOMAIN);
    memcpy(inverse, A, sizeof inverse);
    inverse[3] = NAN;
    assert_int_equal(mien_cholesky_inverse(inverse, N, 1e-10), MIEN_ERR_NUMERIC);
    free(A);
}

/* ---------------------------------------------------------------- rows */

static const size_t row_sizes[][3] = {{1, 1, 1}, {3, 5, 31}, {5, 3, 700}, {17, 2, 9001}};

static float *normal(size_t count, uint64_t seed)
{
    float *x = calloc(count, sizeof *x);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)mien_random_normal(seed, MIEN_STREAM_TEST, i);
    return x;
}

static void test_rows_products_match_loops(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof row_sizes / sizeof *row_sizes; c++) {
        size_t m = row_sizes[c][0], k = row_sizes[c][1], p = row_sizes[c][2];
        float *A = normal(m * p, 1), *B = normal(k * p, 2), *out = normal(m * p, 3);
        float *before = calloc(m * p, sizeof *before);
        memcpy(before, out, m * p * sizeof *out);
        double *product = calloc(m * k, sizeof *product);
        mien_pool *pool;
        assert_int_equal(mien_pool_create(3, &pool), MIEN_OK);
        assert_int_equal(mien_rows_inner(pool, A, m, B, k, p, product), MIEN_OK);
        assert_int_equal(mien_rows_combine(pool, product, m, k, B, p, 1, out), MIEN_OK);
        for (size_t i = 0; i < m; i++)
            for (size_t l = 0; l < k; l++) {
                double sum = 0;
                for (size_t j = 0; j < p; j++)
                    sum += (double)A[i * p + j] * B[l * p + j];
                assert_near(product[i * k + l], sum, 1e-11 * (double)p);
            }
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < p; j++) {
                double sum = before[i * p + j], size = fabs(sum);
                for (size_t l = 0; l < k; l++) {
                    sum += product[i * k + l] * B[l * p + j];
                    size += fabs(product[i * k + l] * B[l * p + j]);
                }
                assert_near(out[i * p + j], sum, 1e-6 * size);
            }
        mien_pool_free(pool);
        free(A);
        free(B);
        free(out);
        free(before);
        free(product);
    }
}

static void test_tall_products_match_loops(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof row_sizes / sizeof *row_sizes; c++) {
        size_t r = row_sizes[c][0], n = row_sizes[c][2];
        float *W = normal(n * r, 4), *turned = normal(n * r, 4);
        double *G = calloc(r * r, sizeof *G);
        mien_pool *pool;
        assert_int_equal(mien_pool_create(2, &pool), MIEN_OK);
        assert_int_equal(mien_tall_inner(pool, W, n, r, G), MIEN_OK);
        assert_int_equal(mien_tall_multiply(pool, turned, n, r, G), MIEN_OK);
        for (size_t k = 0; k < r; k++)
            for (size_t l = 0; l < r; l++) {
                double sum = 0;
                for (size_t i = 0; i < n; i++)
                    sum += (double)W[i * r + k] * W[i * r + l];
                assert_near(G[k * r + l], sum, 1e-11 * (double)n);
            }
        for (size_t i = 0; i < n; i++)
            for (size_t l = 0; l < r; l++) {
                double sum = 0, size = 0;
                for (size_t k = 0; k < r; k++) {
                    sum += W[i * r + k] * G[k * r + l];
                    size += fabs(W[i * r + k] * G[k * r + l]);
                }
                assert_near(turned[i * r + l], sum, 1e-6 * size);
            }
        mien_pool_free(pool);
        free(W);
        free(turned);
        free(G);
    }
}

static void test_orthonormalise(void **state)
{
    (void)state;
    enum { M = 12, P = 500 };
    float *A = calloc(M * P, sizeof *A);
    for (size_t k = 0; k < M; k++)
        for (size_t j = 0; j < P; j++)
            A[k * P + j] =
                (float)(0.01 * mien_random_normal(5, MIEN_STREAM_TEST, k * P + j) + (j == 7 * k));
    mien_pool *pool;
    assert_int_equal(mien_pool_create(2, &pool), MIEN_OK);
    assert_int_equal(mien_rows_orthonormalise(pool, A, M, P), MIEN_OK);
    double G[M * M];
    assert_int_equal(mien_rows_inner(pool, A, M, A, M, P, G), MIEN_OK);
    for (size_t k = 0; k < M; k++) {
        assert_true(A[k * P + 7 * k] > 0.9); /* still the row it was */
        for (size_t l = 0; l < M; l++)
            assert_near(G[k * M + l], k == l, 1e-6);
    }
    memcpy(A, A + P, P * sizeof *A); /* two equal rows cannot be made orthonormal */
    assert_int_equal(mien_rows_orthonormalise(pool, A, M, P), MIEN_ERR_NUMERIC);
    A[5] = NAN;
    assert_int_equal(mien_rows_orthonormalise(pool, A, M, P), MIEN_ERR_NUMERIC);
    mien_pool_free(pool);
    free(A);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eigen_leading_pairs),
        cmocka_unit_test(test_second_difference),
        cmocka_unit_test(test_eigen_values),
        cmocka_unit_test(test_eigen_hard),
        cmocka_unit_test(test_eigen_refuses_what_is_not_finite),
        cmocka_unit_test(test_polar),
        cmocka_unit_test(test_cholesky_inverse),
        cmocka_unit_test(test_rows_products_match_loops),
        cmocka_unit_test(test_tall_products_match_loops),
        cmocka_unit_test(test_orthonormalise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
