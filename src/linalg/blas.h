/* blas.h - the only door to BLAS.
 * SPDX-License-Identifier: MIT
 *
 * Two sides, of which CMake's MIEN_BLAS chooses one: blas.c, which is OpenBLAS, and portable_*.c
 * for where there is none (WebAssembly). lapack.h has the same two.
 *
 * Matrices are row-major. Sizes are size_t here and int beyond the door: mien_blas_fits() says
 * whether they may pass, and is asked once, before a method runs. */
#ifndef MIEN_BLAS_H
#define MIEN_BLAS_H

#include "mien.h"

/* true when a dimension can be handed to BLAS, whose integers have 32 bits. */
bool mien_blas_fits(size_t dimension);

/* OpenBLAS inside our own threads: each call then runs in its caller alone. Returns the number of
 * threads to give back to mien_blas_restore(). Pairs of the two may overlap, from any thread: the
 * number comes back when the last of them ends. */
int mien_blas_single(void);
void mien_blas_restore(int threads);

/* C <- alpha op(A) op(B) + beta C,  op(A) m x k, op(B) k x n, C m x n. */
void mien_sgemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha,
                const float *A, size_t lda, const float *B, size_t ldb, float beta, float *C,
                size_t ldc);
void mien_dgemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, double alpha,
                const double *A, size_t lda, const double *B, size_t ldb, double beta, double *C,
                size_t ldc);

/* Upper triangle of C <- alpha op(A) op(A)' + beta C, C n x n, op(A) n x k. What stands below the
 * diagonal may change. */
void mien_dsyrk(bool transpose_a, size_t n, size_t k, double alpha, const double *A, size_t lda,
                double beta, double *C, size_t ldc);

/* B <- A',  A m x n. */
void mien_stranspose(size_t m, size_t n, const float *A, size_t lda, float *B, size_t ldb);

#endif
