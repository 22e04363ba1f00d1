/* nmf_panels.c - X / WH and its products with both factors: choice of a version, and that of BLAS.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf_panels.h"

#include "linalg/blas.h"
#include "methods/nmf_kernels.h"

#include <string.h>

/* ---------------------------------------------------------------- by BLAS */

static size_t blas_scratch(size_t rows, size_t p, size_t r)
{
    (void)r;
    return rows * p;
}

static double blas_pull(const mien_panels *q, const float *x, const float *W, size_t count,
                        float *pull, float *ratio)
{
    size_t p = q->p, r = q->r;
    mien_sgemm(false, false, count, p, r, 1, W, r, q->H, p, 0, ratio, p);
    double loss = mien_kl_ratio_and_loss(x, ratio, count * p);
    mien_sgemm(false, true, count, r, p, 1, ratio, p, q->H, p, 0, pull, r);
    return loss;
}

static void blas_push(const mien_panels *q, const float *x, const float *W, size_t count, bool keep,
                      float *sums, float *ratio)
{
    size_t p = q->p, r = q->r;
    mien_sgemm(false, false, count, p, r, 1, W, r, q->H, p, 0, ratio, p);
    mien_kl_ratio(x, ratio, count * p);
    mien_sgemm(true, false, r, p, count, 1, W, r, ratio, p, keep, sums, p);
}

static const mien_panels_kernel by_blas = {
    .lanes = 1, .scratch = blas_scratch, .pull = blas_pull, .push = blas_push};

/* ---------------------------------------------------------------- choice */

static const mien_panels_kernel *best(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (mien_panels_avx512.pull && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw"))
        return &mien_panels_avx512;
    if (mien_panels_avx2.pull && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &mien_panels_avx2;
#endif
    return &by_blas;
}

mien_panels mien_panels_prepare(size_t p, size_t r, mien_arena *arena)
{
    const mien_panels_kernel *kernel = best();
    mien_panels q = {.kernel = kernel,
                     .p = p,
                     .r = r,
                     .strip = kernel->strip ? kernel->strip : p,
                     .ld = (p + kernel->lanes - 1) / kernel->lanes * kernel->lanes};
    q.H = mien_arena_alloc(arena, r * q.ld, sizeof *q.H);
    return q;
}

/* ---------------------------------------------------------------- panels */

/* Pixels of the strip that begins at `first`, padded. */
static size_t panel_ld(const mien_panels *q, size_t first)
{
    return q->ld - first < q->strip ? q->ld - first : q->strip;
}

static size_t panel_width(const mien_panels *q, size_t first)
{
    return q->p - first < q->strip ? q->p - first : q->strip;
}

void mien_panels_hold(mien_panels *q, size_t k, const float *row)
{
    for (size_t first = 0; first < q->p; first += q->strip)
        memcpy(q->H + first * q->r + k * panel_ld(q, first), row + first,
               panel_width(q, first) * sizeof *row); /* the padding was zero from the start */
}

void mien_panels_row(const mien_panels *q, const float *sums, size_t groups, size_t k, float *row)
{
    for (size_t first = 0; first < q->p; first += q->strip) {
        size_t ld = panel_ld(q, first), width = panel_width(q, first);
        const float *from = sums + first * q->r + k * ld;
        memcpy(row + first, from, width * sizeof *row);
        for (size_t g = 1; g < groups; g++)
            mien_nmf_add(row + first, from + g * q->r * q->ld, width);
    }
}

/* ---------------------------------------------------------------- products */

size_t mien_panels_scratch(const mien_panels *q, size_t rows)
{
    return q->kernel->scratch(rows, q->p, q->r);
}

double mien_panels_pull(const mien_panels *q, const float *x, const float *W, size_t count,
                        float *pull, float *scratch)
{
    return q->kernel->pull(q, x, W, count, pull, scratch);
}

void mien_panels_push(const mien_panels *q, const float *x, const float *W, size_t count, bool keep,
                      float *sums, float *scratch)
{
    q->kernel->push(q, x, W, count, keep, sums, scratch);
}
