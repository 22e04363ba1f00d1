/* eigen.c - leading eigenpairs of symmetric matrices, and orthonormalisation, by LAPACK.
 * SPDX-License-Identifier: MIT
 *
 * Reflections bring A into tridiagonal form (reflect.h, or dsytrd), bisection and inverse iteration
 * find the leading pairs of that (tridiagonal.h), dormtr turns them back. Where eigenvalues are too
 * close for that, dstemr (multiple relatively robust representations), as in dsyevr, does the
 * second step; of values without vectors, dsterf (QL without square roots). A row-major upper
 * triangle is a column-major lower one, and LAPACK's columns are our rows: nothing is transposed.
 */
#include "linalg/eigen.h"

#include "base/cpu.h"
#include "linalg/reflect.h"

#include <math.h>
#include <string.h>

/* OpenBLAS exports LAPACK's Fortran symbols; there is no C header for them on Debian. Each string
 * of Fortran's has its length at the end of the arguments, which the C names do not show. */
void dsytrd_(const char *uplo, const int *n, double *A, const int *lda, double *diagonal,
             double *beside, double *reflectors, double *work, const int *nwork, int *info,
             size_t length);
void dstemr_(const char *job, const char *range, const int *n, double *diagonal, double *beside,
             const double *least, const double *most, const int *first, const int *last, int *found,
             double *values, double *vectors, const int *ldz, const int *room, int *support,
             int *relative, double *work, const int *nwork, int *iwork, const int *niwork,
             int *info, size_t job_length, size_t range_length);
void dsterf_(const int *n, double *diagonal, double *beside, int *info);
void dormtr_(const char *side, const char *uplo, const char *transpose, const int *m, const int *n,
             const double *A, const int *lda, const double *reflectors, double *C, const int *ldc,
             double *work, const int *nwork, int *info, size_t side_length, size_t uplo_length,
             size_t transpose_length);
void dpotrf_(const char *uplo, const int *n, double *A, const int *lda, int *info, size_t length);
void dtrtri_(const char *uplo, const char *diagonal, const int *n, double *A, const int *lda,
             int *info, size_t uplo_length, size_t diagonal_length);

static void reverse(mien_eigen *eigen)
{
    size_t n = eigen->n, r = eigen->r;
    for (size_t k = 0; k < r / 2; k++) {
        double *a = eigen->vectors + k * n, *b = eigen->vectors + (r - 1 - k) * n;
        for (size_t j = 0; j < n; j++) {
            double swap = a[j];
            a[j] = b[j];
            b[j] = swap;
        }
        double swap = eigen->values[k];
        eigen->values[k] = eigen->values[r - 1 - k];
        eigen->values[r - 1 - k] = swap;
    }
}

/* The second step by LAPACK, which counts from the smallest: the leading r are first .. n. */
static bool call_dstemr(mien_eigen *e)
{
    int n = (int)e->n, r = (int)e->r, first = n - r + 1, found = 0, relative = 0, info = 0;
    double unused = 0;
    dstemr_("V", "I", &n, e->diagonal, e->beside, &unused, &unused, &first, &n, &found, e->values,
            e->vectors, &n, &r, e->support, &relative, e->work, &e->nwork, e->iwork, &e->niwork,
            &info, 1, 1);
    reverse(e);
    return info == 0 && found == r;
}

/* The first step, by whoever is faster. */
static bool make_tridiagonal(mien_eigen *e, double *A)
{
    int n = (int)e->n, info = 0;
    if (e->scratch && mien_reflect(A, e->n, e->diagonal, e->beside, e->reflectors, e->scratch))
        return true;
    dsytrd_("L", &n, A, &n, e->diagonal, e->beside, e->reflectors, e->work, &e->nwork, &info, 1);
    return info == 0;
}

static bool find_pairs(mien_eigen *e, double *A)
{
    int n = (int)e->n, r = (int)e->r, info = 0;
    if (!make_tridiagonal(e, A))
        return false;
    if (!mien_tridiagonal_solve(&e->tridiagonal, e->diagonal, e->beside, e->values, e->vectors) &&
        !call_dstemr(e))
        return false;
    if (e->scratch) { /* as dormtr, which would copy all into pages of its own first */
        mien_reflect_back(A, e->n, e->reflectors, e->vectors, e->r);
        return true;
    }
    dormtr_("L", "L", "N", &n, &r, A, &n, e->reflectors, e->vectors, &n, e->work, &e->nwork, &info,
            1, 1, 1);
    return info == 0;
}

mien_status mien_eigen_alloc(mien_eigen *eigen, size_t n, size_t r, mien_arena *arena)
{
    enum { PANEL = 64 }; /* columns that dsytrd and dormtr take together, with room for them */
    size_t nwork = (n > r ? n : r) * PANEL + PANEL * PANEL;
    size_t niwork = 10 * n; /* of dstemr, whose 18 n numbers are less than the above */
    *eigen = (mien_eigen){.n = n, .r = r, .nwork = (int)nwork, .niwork = (int)niwork};
    eigen->values = mien_arena_alloc(arena, n, sizeof(double));
    eigen->vectors = mien_arena_alloc(arena, r * n, sizeof(double));
    eigen->diagonal = mien_arena_alloc(arena, n, sizeof(double));
    eigen->beside = mien_arena_alloc(arena, n, sizeof(double));
    eigen->reflectors = mien_arena_alloc(arena, n, sizeof(double));
    eigen->work = mien_arena_alloc(arena, nwork, sizeof(double));
    eigen->iwork = mien_arena_alloc(arena, niwork, sizeof(int));
    size_t scratch = mien_reflect_scratch(n);
    if (scratch)
        eigen->scratch = mien_arena_alloc(arena, scratch, sizeof(double));
    eigen->support = mien_arena_alloc(arena, 2 * n, sizeof(int));
    return mien_tridiagonal_alloc(&eigen->tridiagonal, n, r, arena);
}

static bool is_finite(const double *A, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            sum += 0 * A[i * n + j]; /* 0, or NaN for NaN and infinity */
    return sum == 0;
}

mien_status mien_eigen_solve(mien_eigen *eigen, double *A)
{
    if (!is_finite(A, eigen->n))
        return MIEN_ERR_NUMERIC;
    return find_pairs(eigen, A) ? MIEN_OK : MIEN_ERR_NUMERIC;
}

mien_status mien_eigen_values(mien_eigen *e, double *A)
{
    int n = (int)e->n, info = 0;
    if (!is_finite(A, e->n) || !make_tridiagonal(e, A))
        return MIEN_ERR_NUMERIC;
    dsterf_(&n, e->diagonal, e->beside, &info);
    for (size_t k = 0; k < e->n; k++) /* it sorts upwards */
        e->values[k] = e->diagonal[e->n - 1 - k];
    return info ? MIEN_ERR_NUMERIC : MIEN_OK;
}

/* A <- L^(-1), where A = L L'; false when a square of L's diagonal is not above `least`. */
MIEN_LOOP_OF(static, bool, eigen_invert_small, (double *A, size_t n, double least), (A, n, least))
{
    for (size_t i = 0; i < n; i++) { /* L' above */
        double *row = A + i * n, root = sqrt(row[i]), share = 1 / root;
        if (!(row[i] > least))
            return false;
        for (size_t j = i; j < n; j++)
            row[j] *= share;
        for (size_t k = i + 1; k < n; k++) {
            double factor = row[k], *below = A + k * n;
            for (size_t j = k; j < n; j++)
                below[j] -= factor * row[j];
        }
    }
    for (size_t i = 0; i < n; i++) { /* the inverse below */
        double *row = A + i * n, share = 1 / row[i];
        memset(row, 0, i * sizeof *row);
        row[i] = 1;
        for (size_t k = 0; k < i; k++) {
            double *above = A + k * n, factor = above[i];
            for (size_t j = 0; j <= k; j++)
                row[j] -= factor * above[j];
        }
        for (size_t j = 0; j <= i; j++)
            row[j] *= share;
    }
    for (size_t i = 0; i < n; i++)
        memset(A + i * n + i + 1, 0, (n - i - 1) * sizeof *A);
    return true;
}

mien_status mien_cholesky_inverse(double *A, size_t n, double ratio)
{
    enum { SMALL = 64 }; /* LAPACK's first call touches buffers, which costs more than that */
    if (!is_finite(A, n))
        return MIEN_ERR_NUMERIC;
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, A[i * n + i]);
    if (n <= SMALL)
        return eigen_invert_small(A, n, ratio * most) ? MIEN_OK : MIEN_ERR_DOMAIN;
    int size = (int)n, info = 0;
    dpotrf_("L", &size, A, &size, &info, 1);
    for (size_t i = 0; i < n && info == 0; i++)
        if (!(A[i * n + i] * A[i * n + i] > ratio * most))
            info = 1;
    if (info == 0)
        dtrtri_("L", "N", &size, A, &size, &info, 1, 1);
    if (info)
        return MIEN_ERR_DOMAIN;
    for (size_t i = 0; i < n; i++) /* LAPACK's columns are our rows */
        for (size_t j = i + 1; j < n; j++) {
            A[j * n + i] = A[i * n + j];
            A[i * n + j] = 0;
        }
    return MIEN_OK;
}
