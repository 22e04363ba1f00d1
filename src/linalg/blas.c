/* blas.c - the only door to BLAS and LAPACK.
 * SPDX-License-Identifier: MIT */
#include "linalg/blas.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <pthread.h>

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

/* OpenBLAS has one number of threads for the whole process, and fits may run at the same time: the
 * first of them saves it and sets 1, the last one gives it back. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;
static int saved_threads;

int mien_blas_single(void)
{
    pthread_mutex_lock(&guard);
    if (users++ == 0) {
        saved_threads = openblas_get_num_threads();
        if (saved_threads != 1)
            openblas_set_num_threads(1);
    }
    int before = saved_threads;
    pthread_mutex_unlock(&guard);
    return before;
}

void mien_blas_restore(int threads)
{
    pthread_mutex_lock(&guard);
    if (users)
        users--;
    if (users == 0 && threads != openblas_get_num_threads())
        openblas_set_num_threads(threads);
    pthread_mutex_unlock(&guard);
}

/* OpenBLAS's own, for the time around a fork: ends its threads until somebody asks for several.
 * Absent where BLAS has none. */
extern int blas_thread_shutdown_(void) __attribute__((weak));

void mien_blas_alone(void)
{
    openblas_set_num_threads(1);
    if (blas_thread_shutdown_)
        blas_thread_shutdown_();
}

/* OpenBLAS 0.3.21's limit for products on processors with AVX-512; others copy always. */
enum { SMALL_PRODUCT = 1000000 };

bool mien_blas_small(size_t m, size_t n, size_t k)
{
    return m <= SMALL_PRODUCT && n <= SMALL_PRODUCT && k <= SMALL_PRODUCT &&
           (double)m * (double)n * (double)k <= SMALL_PRODUCT;
}

size_t mien_blas_rows(size_t m, size_t n, size_t k)
{
    enum { LEAST = 16, STEP = 8 };
    size_t rows = mien_blas_small(1, n, k) ? SMALL_PRODUCT / (n * k) / STEP * STEP : 0;
    return rows < LEAST || rows > m ? m : rows;
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
    if (transpose_a && mien_blas_small(n, n, k)) { /* dsyrk copies however small they are */
        mien_dgemm(true, false, n, n, k, alpha, A, lda, A, lda, beta, C, ldc);
        return;
    }
    cblas_dsyrk(CblasRowMajor, CblasUpper, transposed(transpose_a), narrow(n), narrow(k), alpha, A,
                narrow(lda), beta, C, narrow(ldc));
}

void mien_stranspose(size_t m, size_t n, const float *A, size_t lda, float *B, size_t ldb)
{
    cblas_somatcopy(CblasRowMajor, CblasTrans, narrow(m), narrow(n), 1, A, narrow(lda), B,
                    narrow(ldb));
}
