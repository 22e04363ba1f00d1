/* rows.c - few long rows and many short ones: inner products and combinations, in parallel.
 * SPDX-License-Identifier: MIT */
#include "linalg/rows.h"

#include "linalg/blas.h"
#include "linalg/lapack.h"

#include <math.h>
#include <string.h>

enum {
    BLOCKS = 16,   /* tasks, more than threads */
    CHUNK = 1024,  /* columns of one product in float: its rounding stays near 1e-7 */
    LEAST = 32,    /* columns that are worth a task */
    SUMS = 1 << 22 /* doubles in all partial sums of a product, 32 MB: else fewer tasks */
};

struct blocks {
    size_t p, width, count;
};

static struct blocks cut(size_t p, size_t most)
{
    size_t count = most < BLOCKS ? most + !most : BLOCKS;
    size_t width = (p + count - 1) / count;
    width = width < LEAST ? LEAST : (width + 15) / 16 * 16;
    return (struct blocks){p, width, (p + width - 1) / width};
}

struct inner {
    struct blocks blocks;
    const float *A, *B;
    size_t m, k;
    double *chunk; /* workers x (m + k) x CHUNK */
    double *sums;  /* blocks x m x k */
};

static void widen(const float *rows, size_t count, size_t ld, size_t width, double *out)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < width; j++)
            out[i * width + j] = rows[i * ld + j];
}

static void inner_task(void *context, size_t task, unsigned worker)
{
    const struct inner *s = context;
    size_t p = s->blocks.p, begin = task * s->blocks.width, end = begin + s->blocks.width;
    end = end < p ? end : p;
    double *a = s->chunk + worker * (s->m + s->k) * CHUNK, *b = a + s->m * CHUNK;
    double *sum = s->sums + task * s->m * s->k;
    for (size_t j = begin; j < end; j += CHUNK) {
        size_t width = end - j < CHUNK ? end - j : CHUNK;
        widen(s->A + j, s->m, p, width, a);
        widen(s->B + j, s->k, p, width, b);
        mien_dgemm(false, true, s->m, s->k, width, 1, a, width, b, width, 1, sum, s->k);
    }
}

mien_status mien_rows_inner(mien_pool *pool, const float *A, size_t m, const float *B, size_t k,
                            size_t p, double *out)
{
    mien_arena arena = {0};
    struct inner s = {.blocks = cut(p, SUMS / (m * k)), .A = A, .B = B, .m = m, .k = k};
    s.chunk = mien_arena_alloc(&arena, mien_pool_threads(pool) * (m + k) * CHUNK, sizeof(double));
    s.sums = mien_arena_alloc(&arena, s.blocks.count * m * k, sizeof(double));
    if (!arena.failed) {
        mien_pool_run(pool, s.blocks.count, inner_task, &s);
        memset(out, 0, m * k * sizeof *out);
        for (size_t b = 0; b < s.blocks.count; b++)
            for (size_t i = 0; i < m * k; i++)
                out[i] += s.sums[b * m * k + i];
    }
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(&arena);
    return st;
}

struct combine {
    struct blocks blocks;
    const float *M, *A;
    size_t m, k;
    float beta;
    float *out;
    float *copy; /* workers x k x chunk: the rows a product reads, since out may be A */
    size_t chunk;
};

static void combine_task(void *context, size_t task, unsigned worker)
{
    const struct combine *s = context;
    size_t p = s->blocks.p, begin = task * s->blocks.width, end = begin + s->blocks.width;
    end = end < p ? end : p;
    float *copy = s->copy + worker * s->k * s->chunk;
    for (size_t j = begin; j < end; j += s->chunk) {
        size_t width = end - j < s->chunk ? end - j : s->chunk;
        for (size_t i = 0; i < s->k; i++)
            memcpy(copy + i * width, s->A + i * p + j, width * sizeof *copy);
        mien_sgemm(false, false, s->m, width, s->k, 1, s->M, s->k, copy, width, s->beta, s->out + j,
                   p);
    }
}

mien_status mien_rows_combine(mien_pool *pool, const double *M, size_t m, size_t k, const float *A,
                              size_t p, float beta, float *out)
{
    mien_arena arena = {0};
    struct combine s = {
        .blocks = cut(p, BLOCKS), .A = A, .m = m, .k = k, .beta = beta, .out = out, .chunk = CHUNK};
    if (s.chunk > s.blocks.width)
        s.chunk = s.blocks.width;
    float *rounded = mien_arena_alloc(&arena, m * k, sizeof(float));
    s.copy = mien_arena_alloc(&arena, mien_pool_threads(pool) * k * s.chunk, sizeof(float));
    if (!arena.failed) {
        for (size_t i = 0; i < m * k; i++)
            rounded[i] = (float)M[i];
        s.M = rounded;
        mien_pool_run(pool, s.blocks.count, combine_task, &s);
    }
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(&arena);
    return st;
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

struct tall {
    struct blocks blocks;
    size_t r;
    const float *W;
    double *chunk; /* workers x TALL_CHUNK x r */
    double *sums;  /* blocks x r x r */
    const float *M;
    float *out, *copy; /* out n x r; copy workers x TALL_CHUNK x r */
};

enum { TALL_CHUNK = 256 }; /* rows in one product */

static void tall_inner_task(void *context, size_t task, unsigned worker)
{
    const struct tall *s = context;
    size_t r = s->r, n = s->blocks.p, begin = task * s->blocks.width;
    size_t end = begin + s->blocks.width < n ? begin + s->blocks.width : n;
    double *chunk = s->chunk + worker * TALL_CHUNK * r;
    for (size_t i = begin; i < end; i += TALL_CHUNK) {
        size_t count = end - i < TALL_CHUNK ? end - i : TALL_CHUNK;
        widen(s->W + i * r, count, r, r, chunk);
        mien_dsyrk(true, r, count, 1, chunk, r, 1, s->sums + task * r * r, r);
    }
}

mien_status mien_tall_inner(mien_pool *pool, const float *W, size_t n, size_t r, double *out)
{
    mien_arena arena = {0};
    struct tall s = {.blocks = cut(n, SUMS / (r * r)), .r = r, .W = W};
    s.chunk = mien_arena_alloc(&arena, mien_pool_threads(pool) * TALL_CHUNK * r, sizeof(double));
    s.sums = mien_arena_alloc(&arena, s.blocks.count * r * r, sizeof(double));
    if (!arena.failed) {
        mien_pool_run(pool, s.blocks.count, tall_inner_task, &s);
        memset(out, 0, r * r * sizeof *out);
        for (size_t b = 0; b < s.blocks.count; b++)
            for (size_t i = 0; i < r; i++)
                for (size_t k = i; k < r; k++)
                    out[k * r + i] = out[i * r + k] += s.sums[(b * r + i) * r + k];
    }
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(&arena);
    return st;
}

static void tall_multiply_task(void *context, size_t task, unsigned worker)
{
    const struct tall *s = context;
    size_t r = s->r, n = s->blocks.p, begin = task * s->blocks.width;
    size_t end = begin + s->blocks.width < n ? begin + s->blocks.width : n;
    float *copy = s->copy + worker * TALL_CHUNK * r;
    for (size_t i = begin; i < end; i += TALL_CHUNK) {
        size_t count = end - i < TALL_CHUNK ? end - i : TALL_CHUNK;
        memcpy(copy, s->out + i * r, count * r * sizeof *copy);
        mien_sgemm(false, false, count, r, r, 1, copy, r, s->M, r, 0, s->out + i * r, r);
    }
}

mien_status mien_tall_multiply(mien_pool *pool, float *W, size_t n, size_t r, const double *M)
{
    mien_arena arena = {0};
    struct tall s = {.blocks = cut(n, BLOCKS), .r = r, .out = W};
    float *rounded = mien_arena_alloc(&arena, r * r, sizeof(float));
    s.copy = mien_arena_alloc(&arena, mien_pool_threads(pool) * TALL_CHUNK * r, sizeof(float));
    if (!arena.failed) {
        for (size_t i = 0; i < r * r; i++)
            rounded[i] = (float)M[i];
        s.M = rounded;
        mien_pool_run(pool, s.blocks.count, tall_multiply_task, &s);
    }
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(&arena);
    return st;
}
