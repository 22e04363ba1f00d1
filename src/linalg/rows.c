/* rows.c - few long rows and many short ones: inner products and combinations, in parallel.
 * SPDX-License-Identifier: MIT */
#include "linalg/rows.h"

#include "linalg/blas.h"
#include "linalg/lapack.h"

#include <math.h>
#include <string.h>

enum {
    BLOCKS = 16,      /* tasks, more than threads */
    CHUNK = 1024,     /* columns of one product in float: its rounding stays near 1e-7 */
    TALL_CHUNK = 256, /* rows of one product */
    LEAST = 32,       /* of the long side that are worth a task */
    SUMS = 1 << 22    /* doubles in all partial sums of a product, 32 MB: else fewer tasks */
};

/* A product over blocks of the long side, a task each. */
struct product {
    size_t length, width, count; /* of the long side, of a block; blocks */
    const float *A, *B;
    size_t m, k;
    double *chunk; /* a worker each: what a block reads, widened */
    double *sums;  /* blocks x size */
    const float *M;
    float beta;
    float *out;
    float *copy; /* a worker each: the rows a product reads, since out may be A */
};

static struct product cut(size_t length, size_t most)
{
    size_t count = most < BLOCKS ? most + !most : BLOCKS;
    size_t width = (length + count - 1) / count;
    width = width < LEAST ? LEAST : (width + 15) / 16 * 16;
    return (struct product){
        .length = length, .width = width, .count = (length + width - 1) / width};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t end_of(const struct product *s, size_t task)
{
    return smaller((task + 1) * s->width, s->length);
}

/* out (size) <- the sums of all blocks, added in order. chunk: doubles that a worker needs. */
static mien_status add_blocks(mien_pool *pool, struct product *s, mien_task_fn task, size_t chunk,
                              size_t size, double *out)
{
    mien_arena arena = {0};
    s->chunk = mien_arena_alloc(&arena, mien_pool_threads(pool) * chunk, sizeof(double));
    s->sums = mien_arena_alloc(&arena, s->count * size, sizeof(double));
    if (!arena.failed) {
        mien_pool_run(pool, s->count, task, s);
        memset(out, 0, size * sizeof *out);
        for (size_t b = 0; b < s->count; b++)
            for (size_t i = 0; i < size; i++)
                out[i] += s->sums[b * size + i];
    }
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(&arena);
    return st;
}

/* Products with M (size) rounded to float. copy: floats that a worker needs. */
static mien_status multiply_blocks(mien_pool *pool, struct product *s, mien_task_fn task,
                                   const double *M, size_t size, size_t copy)
{
    mien_arena arena = {0};
    float *rounded = mien_arena_alloc(&arena, size, sizeof(float));
    s->copy = mien_arena_alloc(&arena, mien_pool_threads(pool) * copy, sizeof(float));
    if (!arena.failed) {
        for (size_t i = 0; i < size; i++)
            rounded[i] = (float)M[i];
        s->M = rounded;
        mien_pool_run(pool, s->count, task, s);
    }
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(&arena);
    return st;
}

/* ---------------------------------------------------------------- few long rows */

static void widen(const float *rows, size_t count, size_t ld, size_t width, double *out)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < width; j++)
            out[i * width + j] = rows[i * ld + j];
}

static void inner_task(void *context, size_t task, unsigned worker)
{
    const struct product *s = context;
    size_t p = s->length, end = end_of(s, task);
    double *a = s->chunk + worker * (s->m + s->k) * CHUNK, *b = a + s->m * CHUNK;
    double *sum = s->sums + task * s->m * s->k;
    for (size_t j = task * s->width; j < end; j += CHUNK) {
        size_t width = smaller(end - j, CHUNK);
        widen(s->A + j, s->m, p, width, a);
        widen(s->B + j, s->k, p, width, b);
        mien_dgemm(false, true, s->m, s->k, width, 1, a, width, b, width, 1, sum, s->k);
    }
}

mien_status mien_rows_inner(mien_pool *pool, const float *A, size_t m, const float *B, size_t k,
                            size_t p, double *out)
{
    struct product s = cut(p, SUMS / (m * k));
    s.A = A;
    s.B = B;
    s.m = m;
    s.k = k;
    return add_blocks(pool, &s, inner_task, (m + k) * CHUNK, m * k, out);
}

static void combine_task(void *context, size_t task, unsigned worker)
{
    const struct product *s = context;
    size_t p = s->length, end = end_of(s, task), chunk = smaller(s->width, CHUNK);
    float *copy = s->copy + worker * s->k * chunk;
    for (size_t j = task * s->width; j < end; j += chunk) {
        size_t width = smaller(end - j, chunk);
        for (size_t i = 0; i < s->k; i++)
            memcpy(copy + i * width, s->A + i * p + j, width * sizeof *copy);
        mien_sgemm(false, false, s->m, width, s->k, 1, s->M, s->k, copy, width, s->beta, s->out + j,
                   p);
    }
}

mien_status mien_rows_combine(mien_pool *pool, const double *M, size_t m, size_t k, const float *A,
                              size_t p, float beta, float *out)
{
    struct product s = cut(p, BLOCKS);
    s.A = A;
    s.m = m;
    s.k = k;
    s.beta = beta;
    s.out = out;
    return multiply_blocks(pool, &s, combine_task, M, m * k, k * smaller(s.width, CHUNK));
}

static bool is_identity(const double *G, size_t m, double tolerance)
{
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < m; k++)
            if (!(fabs(G[i * m + k] - (i == k)) <= tolerance)) /* also for NaN */
                return false;
    return true;
}

mien_status mien_rows_orthonormalise(mien_pool *pool, float *A, size_t m, size_t p)
{
    enum { ROUNDS = 4 };        /* each takes the distance from e to e^2 or to rounding */
    const double enough = 2e-7; /* what rounding of float rows leaves */
    const double ratio = 1e-9;  /* below it rows are dependent */
    double *G = mien_alloc_array(m * m, sizeof *G);
    mien_status st = G ? MIEN_OK : MIEN_ERR_NOMEM;
    for (int round = 0; !st && round < ROUNDS; round++) {
        st = mien_rows_inner(pool, A, m, A, m, p, G);
        if (st || is_identity(G, m, enough))
            break;
        st = mien_cholesky_inverse(G, m, ratio);
        if (st == MIEN_ERR_DOMAIN)
            st = MIEN_ERR_NUMERIC;
        if (!st)
            st = mien_rows_combine(pool, G, m, m, A, p, 0, A);
    }
    mien_free(G);
    return st;
}

/* ---------------------------------------------------------------- many short rows */

static void tall_inner_task(void *context, size_t task, unsigned worker)
{
    const struct product *s = context;
    size_t r = s->k, end = end_of(s, task);
    double *chunk = s->chunk + worker * TALL_CHUNK * r;
    for (size_t i = task * s->width; i < end; i += TALL_CHUNK) {
        size_t count = smaller(end - i, TALL_CHUNK);
        widen(s->A + i * r, count, r, r, chunk);
        mien_dsyrk(true, r, count, 1, chunk, r, 1, s->sums + task * r * r, r);
    }
}

mien_status mien_tall_inner(mien_pool *pool, const float *W, size_t n, size_t r, double *out)
{
    struct product s = cut(n, SUMS / (r * r));
    s.A = W;
    s.k = r;
    mien_status st = add_blocks(pool, &s, tall_inner_task, TALL_CHUNK * r, r * r, out);
    for (size_t i = 0; !st && i < r; i++) /* only the upper triangle is there */
        for (size_t k = i; k < r; k++)
            out[k * r + i] = out[i * r + k];
    return st;
}

static void tall_multiply_task(void *context, size_t task, unsigned worker)
{
    const struct product *s = context;
    size_t r = s->k, end = end_of(s, task);
    float *copy = s->copy + worker * TALL_CHUNK * r;
    for (size_t i = task * s->width; i < end; i += TALL_CHUNK) {
        size_t count = smaller(end - i, TALL_CHUNK);
        memcpy(copy, s->out + i * r, count * r * sizeof *copy);
        mien_sgemm(false, false, count, r, r, 1, copy, r, s->M, r, 0, s->out + i * r, r);
    }
}

mien_status mien_tall_multiply(mien_pool *pool, float *W, size_t n, size_t r, const double *M)
{
    struct product s = cut(n, BLOCKS);
    s.k = r;
    s.out = W;
    return multiply_blocks(pool, &s, tall_multiply_task, M, r * r, TALL_CHUNK * r);
}
