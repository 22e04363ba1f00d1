/* portable_dgemm.c - products of matrices in double, without BLAS; and what else blas.h wants.
 * SPDX-License-Identifier: MIT */
#include "linalg/blas.h"

#include <limits.h>
#include <string.h>

#define REAL double
#include "linalg/portable_gemm.inc"

void mien_dgemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, double alpha,
                const double *A, size_t lda, const double *B, size_t ldb, double beta, double *C,
                size_t ldc)
{
    gemm(factor_of(transpose_a, A, lda), factor_of(transpose_b, B, ldb), m, n, k, alpha, beta, C,
         ldc);
}

/* By bands of rows, from the diagonal on. */
void mien_dsyrk(bool transpose_a, size_t n, size_t k, double alpha, const double *A, size_t lda,
                double beta, double *C, size_t ldc)
{
    struct factor left = factor_of(transpose_a, A, lda);
    for (size_t i = 0; i < n; i += HEIGHT) {
        struct factor band = {left.at + i * left.down, left.down, left.right};
        struct factor rest = {band.at, left.right, left.down};
        gemm(band, rest, smaller(n - i, HEIGHT), n - i, k, alpha, beta, C + i * (ldc + 1), ldc);
    }
}

bool mien_blas_fits(size_t dimension)
{
    return dimension <= INT_MAX; /* as in every build */
}

/* ---------------------------------------------------------------- threads: there are none */

int mien_blas_single(void)
{
    return 1;
}

void mien_blas_restore(int threads)
{
    (void)threads;
}

void mien_blas_alone(void)
{
}

mien_status mien_blas_reserve(unsigned threads, mien_error *err)
{
    (void)threads;
    (void)err;
    return MIEN_OK;
}
