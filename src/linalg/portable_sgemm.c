/* portable_sgemm.c - products of matrices in float32, without BLAS.
 * SPDX-License-Identifier: MIT */
#include "linalg/blas.h"

#include <string.h>

#define REAL float
#include "linalg/portable_gemm.inc"

void mien_sgemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha,
                const float *A, size_t lda, const float *B, size_t ldb, float beta, float *C,
                size_t ldc)
{
    gemm(factor_of(transpose_a, A, lda), factor_of(transpose_b, B, ldb), m, n, k, alpha, beta, C,
         ldc);
}

void mien_stranspose(size_t m, size_t n, const float *A, size_t lda, float *B, size_t ldb)
{
    enum { SIDE = 16 }; /* of squares that a first-level cache has of both */
    for (size_t top = 0; top < m; top += SIDE)
        for (size_t left = 0; left < n; left += SIDE)
            for (size_t i = top; i < smaller(top + SIDE, m); i++)
                for (size_t j = left; j < smaller(left + SIDE, n); j++)
                    B[j * ldb + i] = A[i * lda + j];
}
