/* blas.c - the only door to BLAS and LAPACK.
 * SPDX-License-Identifier: MIT */
#include "linalg/blas.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>

bool mien_blas_fits(size_t dimension)
{
    return dimension <= INT_MAX;
}

static int narrow(size_t dimension)
{
    assert(mien_blas_fits(dimension));
    return (int)dimension;
}

static CBLAS_TRANSPOSE transposed(bool transpose)
{
    return transpose ? CblasTrans : CblasNoTrans;
}

int mien_blas_single(void)
{
    int before = openblas_get_num_threads();
    if (before != 1)
        openblas_set_num_threads(1);
    return before;
}

void mien_blas_restore(int threads)
{
    if (threads != openblas_get_num_threads())
        openblas_set_num_threads(threads);
}

void mien_sgemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha,
                const float *A, size_t lda, const float *B, size_t ldb, float beta, float *C,
                size_t ldc)
{
    cblas_sgemm(CblasRowMajor, transposed(transpose_a), transposed(transpose_b), narrow(m),
                narrow(n), narrow(k), alpha, A, narrow(lda), B, narrow(ldb), beta, C, narrow(ldc));
}

void mien_dgemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, double alpha,
                const double *A, size_t lda, const double *B, size_t ldb, double beta, double *C,
                size_t ldc)
{
    cblas_dgemm(CblasRowMajor, transposed(transpose_a), transposed(transpose_b), narrow(m),
                narrow(n), narrow(k), alpha, A, narrow(lda), B, narrow(ldb), beta, C, narrow(ldc));
}

void mien_dsyrk(bool transpose_a, size_t n, size_t k, double alpha, const double *A, size_t lda,
                double beta, double *C, size_t ldc)
{
    cblas_dsyrk(CblasRowMajor, CblasUpper, transposed(transpose_a), narrow(n), narrow(k), alpha, A,
                narrow(lda), beta, C, narrow(ldc));
}
