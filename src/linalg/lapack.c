/* lapack.c - the only door to LAPACK: eigenpairs of symmetric matrices, inverse Cholesky factors.
 * SPDX-License-Identifier: MIT
 *
 * dsytrd brings A into tridiagonal form, dstemr (multiple relatively robust representations) finds
 * the leading pairs of that, dormtr turns them back. dsyevr is the same three where all pairs are
 * wanted, but takes bisection and inverse iteration (dstein) for some of them, which lose
 * orthogonality where eigenvalues are close. Values without vectors are found by dsterf (QL without
 * square roots). A row-major upper triangle is a column-major lower one, and LAPACK's columns are
 * our rows: nothing is transposed. */
#include "linalg/lapack.h"

#include <math.h>

/* OpenBLAS exports LAPACK's Fortran symbols; there is no C header for them on Debian. Each string
 * of Fortran's has its length at the end of the arguments, which the C names do not show. */
void dsytrd_(const char *uplo, const int *n, double *A, const int *lda, double *diagonal,
             double *off_diagonal, double *tau, double *work, const int *nwork, int *info,
             size_t length);
void dstemr_(const char *job, const char *range, const int *n, double *diagonal,
             double *off_diagonal, const double *min, const double *max, const int *first,
             const int *last, int *found, double *values, double *vectors, const int *ldz,
             const int *columns, int *isuppz, int *relative, double *work, const int *nwork,
             int *iwork, const int *niwork, int *info, size_t job_length, size_t range_length);
void dsterf_(const int *n, double *diagonal, double *off_diagonal, int *info);
void dormtr_(const char *side, const char *uplo, const char *transpose, const int *m, const int *n,
             const double *A, const int *lda, const double *tau, double *C, const int *ldc,
             double *work, const int *nwork, int *info, size_t side_length, size_t uplo_length,
             size_t transpose_length);
void dpotrf_(const char *uplo, const int *n, double *A, const int *lda, int *info, size_t length);
void dtrtri_(const char *uplo, const char *diagonal, const int *n, double *A, const int *lda,
             int *info, size_t uplo_length, size_t diagonal_length);

static bool make_tridiagonal(mien_eigen *e, double *A)
{
    int n = (int)e->n, info = 0;
    dsytrd_("L", &n, A, &n, e->diagonal, e->off_diagonal, e->tau, e->work, &e->nwork, &info, 1);
    return info == 0;
}

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

/* LAPACK counts from the smallest: the leading r are first .. n. */
static bool find_leading(mien_eigen *e)
{
    int n = (int)e->n, r = (int)e->r, first = n - r + 1, found = 0, relative = 0, info = 0;
    double unused = 0;
    dstemr_("V", "I", &n, e->diagonal, e->off_diagonal, &unused, &unused, &first, &n, &found,
            e->values, e->vectors, &n, &r, e->isuppz, &relative, e->work, &e->nwork, e->iwork,
            &e->niwork, &info, 1, 1);
    reverse(e);
    return info == 0 && found == r;
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
    eigen->off_diagonal = mien_arena_alloc(arena, n, sizeof(double));
    eigen->tau = mien_arena_alloc(arena, n, sizeof(double));
    eigen->work = mien_arena_alloc(arena, nwork, sizeof(double));
    eigen->iwork = mien_arena_alloc(arena, niwork, sizeof(int));
    eigen->isuppz = mien_arena_alloc(arena, 2 * n, sizeof(int));
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
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
    int n = (int)eigen->n, r = (int)eigen->r, info = 0;
    if (!is_finite(A, eigen->n) || !make_tridiagonal(eigen, A) || !find_leading(eigen))
        return MIEN_ERR_NUMERIC;
    dormtr_("L", "L", "N", &n, &r, A, &n, eigen->tau, eigen->vectors, &n, eigen->work,
            &eigen->nwork, &info, 1, 1, 1);
    return info ? MIEN_ERR_NUMERIC : MIEN_OK;
}

mien_status mien_eigen_values(mien_eigen *e, double *A)
{
    int n = (int)e->n, info = 0;
    if (!is_finite(A, e->n) || !make_tridiagonal(e, A))
        return MIEN_ERR_NUMERIC;
    dsterf_(&n, e->diagonal, e->off_diagonal, &info);
    for (size_t k = 0; k < e->n; k++) /* it sorts upwards */
        e->values[k] = e->diagonal[e->n - 1 - k];
    return info ? MIEN_ERR_NUMERIC : MIEN_OK;
}

mien_status mien_cholesky_inverse(double *A, size_t n, double ratio)
{
    if (!is_finite(A, n))
        return MIEN_ERR_NUMERIC;
    double max = 0;
    for (size_t i = 0; i < n; i++)
        max = fmax(max, A[i * n + i]);
    int size = (int)n, info = 0;
    dpotrf_("L", &size, A, &size, &info, 1);
    for (size_t i = 0; i < n && info == 0; i++)
        if (!(A[i * n + i] * A[i * n + i] > ratio * max))
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
