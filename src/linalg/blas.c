/* blas.c - the only door to BLAS and LAPACK.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "linalg/blas.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "mien_report.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>

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

/* OpenBLAS's own, too: one buffer out of its table, mapped when none is free; and back into it. */
extern void *blas_memory_alloc(int position) __attribute__((weak));
extern void blas_memory_free(void *buffer) __attribute__((weak));

/* Whether the system would map one more buffer: OpenBLAS's are 128 MB at most, and something has to
 * be left for the work itself. */
static bool is_room(void)
{
    enum { BUFFER = 128 << 20, REST = 64 << 20 };
    void *probe =
        mmap(NULL, BUFFER + REST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return probe != MAP_FAILED && munmap(probe, BUFFER + REST) == 0;
}

static mien_status refuse_threads(unsigned wanted, unsigned possible, mien_error *err)
{
    const char *reason = "out of memory: matrix products need 128 MB of address space a thread, "
                         "and the limit (ulimit -v, ulimit -d)";
    if (possible == 0)
        return mien_fail(err, MIEN_ERR_NOMEM, "%s has no room for one (raise it)", reason);
    return mien_fail(err, MIEN_ERR_NOMEM,
                     "%s has room for %u of %u (raise it, or give --threads %u)", reason, possible,
                     wanted, possible);
}

mien_status mien_blas_reserve(unsigned threads, mien_error *err)
{
    if (!blas_memory_alloc || !blas_memory_free)
        return MIEN_OK;
    if (threads == 0)
        threads = mien_processors();
    void **buffers = mien_alloc_array(threads, sizeof *buffers);
    if (!buffers)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    unsigned taken = 0;
    while (taken < threads && is_room())
        buffers[taken++] = blas_memory_alloc(0);
    for (unsigned i = 0; i < taken; i++)
        blas_memory_free(buffers[i]);
    mien_free(buffers);
    return taken == threads ? MIEN_OK : refuse_threads(threads, taken, err);
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
