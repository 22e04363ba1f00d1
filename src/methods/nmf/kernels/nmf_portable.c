/* nmf_portable.c - the kernels in plain C and BLAS: what every other level is held against.
 * SPDX-License-Identifier: MIT
 *
 * Vectors of 4 floats are what every 64-bit processor has (SSE2, NEON); compilers take wider ones
 * apart, gcc into single floats where it compares. */
#include "methods/nmf/kernels/nmf_vectors.h"

#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"

#include <stdint.h>
#include <string.h>

#define TARGET
#define LANES 4
#include "methods/nmf/kernels/nmf_lanes.inc"

INLINE lanes larger(lanes a, lanes b)
{
    return choose((masks)(a > b), a, b);
}

INLINE float total(lanes v)
{
    return (v[0] + v[2]) + (v[1] + v[3]);
}

#include "methods/nmf/kernels/nmf_batched.inc"
#include "methods/nmf/kernels/nmf_sweep.inc"

/* ---------------------------------------------------------------- products, by BLAS */

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
    mien_kl_raise(ratio, q->floor, count * p);
    double loss = mien_kl_ratio_and_loss(x, ratio, count * p);
    mien_sgemm(false, true, count, r, p, 1, ratio, p, q->H, p, 0, pull, r);
    return loss;
}

static void blas_pull_and_model(const mien_panels *q, const float *x, const float *W, size_t count,
                                float *pull, float *model, size_t ldm, float *ratio)
{
    size_t p = q->p, r = q->r;
    mien_sgemm(false, false, count, p, r, 1, W, r, q->H, p, 0, model, ldm);
    for (size_t i = 0; i < count; i++)
        mien_kl_raise_and_ratio(x + i * p, model + i * ldm, ratio + i * p, q->floor, p);
    mien_sgemm(false, true, count, r, p, 1, ratio, p, q->H, p, 0, pull, r);
}

static double blas_push(const mien_panels *q, const float *x, const float *W, size_t count,
                        bool keep, bool with_loss, float *sums, float *ratio)
{
    size_t p = q->p, r = q->r;
    double loss = 0;
    mien_sgemm(false, false, count, p, r, 1, W, r, q->H, p, 0, ratio, p);
    mien_kl_raise(ratio, q->floor, count * p);
    if (with_loss)
        loss = mien_kl_ratio_and_loss(x, ratio, count * p);
    else
        mien_kl_ratio(x, ratio, count * p);
    mien_sgemm(true, false, r, p, count, 1, W, r, ratio, p, keep, sums, p);
    return loss;
}

const mien_nmf_vectors mien_nmf_portable = {.sweep = sweep,
                                            .curvature = curvature,
                                            .hals_sweep = hals_sweep,
                                            .images = LANES,
                                            .descend = descend,
                                            .panels = {.lanes = 1,
                                                       .scratch = blas_scratch,
                                                       .pull = blas_pull,
                                                       .pull_and_model = blas_pull_and_model,
                                                       .push = blas_push}};
