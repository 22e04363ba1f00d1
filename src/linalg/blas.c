/* blas.c - the only door to BLAS.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "linalg/blas.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "mien.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
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

void mien_blas_alone(void)
{
    openblas_set_num_threads(1);
}

/* ---------------------------------------------------------------- limited memory */

/* Whether the system would map buffers for so many threads: OpenBLAS's are 128 MB at most, and
 * something has to be left for the work itself. */
static bool is_room(unsigned threads)
{
    const size_t buffer = (size_t)128 << 20, rest = (size_t)64 << 20;
    size_t nbytes = threads * buffer + rest;
    void *probe = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return probe != MAP_FAILED && munmap(probe, nbytes) == 0;
}

/* Address space of this process in pages, 0 where it is not known. */
static size_t address_space(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%zu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages;
}

enum { WARM_UP = 320 }; /* of a side: some milliseconds, beyond any product that needs no buffer */

struct warm_up {
    unsigned threads;
    atomic_uint arrived;
    double *matrix; /* WARM_UP x WARM_UP of zeros */
    double **products;
};

/* All begin at once, so that each needs a buffer of its own. */
static void warm_up_task(void *context, size_t task, unsigned worker)
{
    struct warm_up *w = context;
    (void)task;
    atomic_fetch_add(&w->arrived, 1);
    while (atomic_load(&w->arrived) < w->threads)
        sched_yield();
    mien_dgemm(false, false, WARM_UP, WARM_UP, WARM_UP, 1, w->matrix, WARM_UP, w->matrix, WARM_UP,
               0, w->products[worker], WARM_UP);
}

/* Let the threads of a pool multiply at the same time until OpenBLAS maps nothing more for it. */
static mien_status warm_up(unsigned threads)
{
    enum { ROUNDS_MOST = 20 };
    mien_arena arena = {0};
    mien_pool *pool = NULL;
    struct warm_up w = {.matrix = mien_arena_alloc(&arena, WARM_UP * WARM_UP, sizeof(double))};
    w.products = mien_arena_alloc_each(&arena, threads, WARM_UP * WARM_UP, sizeof(double));
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : mien_pool_create(threads, &pool);
    size_t before = 0, after = 1;
    for (int round = 0; !st && round < ROUNDS_MOST && after != before; round++) {
        w.threads = mien_pool_threads(pool); /* a task each */
        atomic_store(&w.arrived, 0);
        before = address_space();
        mien_pool_run(pool, w.threads, warm_up_task, &w);
        after = address_space();
    }
    mien_pool_free(pool);
    mien_arena_free(&arena);
    return st;
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
    unsigned possible = 0;
    if (threads == 0)
        threads = mien_processors();
    while (possible < threads && is_room(possible + 1))
        possible++;
    if (possible < threads)
        return refuse_threads(threads, possible, err);
    int before = mien_blas_single();
    mien_status st = warm_up(threads);
    mien_blas_restore(before);
    return st ? mien_fail_plain(err, st) : MIEN_OK;
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

void mien_stranspose(size_t m, size_t n, const float *A, size_t lda, float *B, size_t ldb)
{
    cblas_somatcopy(CblasRowMajor, CblasTrans, narrow(m), narrow(n), 1, A, narrow(lda), B,
                    narrow(ldb));
}
