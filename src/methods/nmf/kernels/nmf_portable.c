/* nmf_portable.c - the kernels in plain C and BLAS: what every other level is held against.
 * SPDX-License-Identifier: MIT
 *
 * Vectors of 4 floats are what every 64-bit processor has (SSE2, NEON); compilers take wider ones
 * apart, gcc into single floats where it compares. */
#include "methods/nmf/kernels/nmf_vectors.h"

#include "base/cpu.h"
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_batched.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/kernels/nmf_panels.h"
#include "methods/nmf/kernels/nmf_sweep.h"

#if MIEN_CPU_X86
#include <immintrin.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif
#include <limits.h>
#include <stdint.h>
#include <string.h>

#define TARGET
#define LANES 4
#include "methods/nmf/kernels/nmf_lanes.inc"

INLINE lanes larger(lanes a, lanes b)
{
#if MIEN_CPU_X86 /* one instruction, which gcc 12 does not find */
    return _mm_max_ps(a, b);
#elif defined(__wasm_simd128__) /* so is this in the end; clang 14 writes four */
    return (lanes)wasm_f32x4_pmax((v128_t)b, (v128_t)a);
#else
    return choose((masks)(a > b), a, b);
#endif
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

static double blas_weights_product(const mien_panels *q, const float *x, const float *W,
                                   size_t count, float *product, float *model, size_t ldm,
                                   float *ratio)
{
    size_t p = q->p, r = q->r;
    double loss = 0;
    float *WH = model ? model : ratio;
    mien_sgemm(false, false, count, p, r, 1, W, r, q->H, p, 0, WH, model ? ldm : p);
    for (size_t i = 0; model && i < count; i++) {
        mien_kl_raise(model + i * ldm, q->floor, p);
        memcpy(ratio + i * p, model + i * ldm, p * sizeof *ratio);
    }
    if (!model)
        mien_kl_raise(ratio, q->floor, count * p);
    if (q->masked)
        loss = mien_kl_masked_ratio(x, ratio, count * p);
    else if (model)
        mien_kl_ratio(x, ratio, count * p);
    else
        loss = mien_kl_ratio_and_loss(x, ratio, count * p);
    mien_sgemm(false, true, count, r, p, 1, ratio, p, q->H, p, 0, product, r);
    return model ? 0 : loss;
}

static double blas_basis_product(const mien_panels *q, const float *x, const float *W, size_t count,
                                 bool keep, bool with_loss, float *sums, float *ratio)
{
    size_t p = q->p, r = q->r;
    double loss = 0;
    mien_sgemm(false, false, count, p, r, 1, W, r, q->H, p, 0, ratio, p);
    mien_kl_raise(ratio, q->floor, count * p);
    if (q->masked)
        loss = mien_kl_masked_ratio(x, ratio, count * p);
    else if (with_loss)
        loss = mien_kl_ratio_and_loss(x, ratio, count * p);
    else
        mien_kl_ratio(x, ratio, count * p);
    mien_sgemm(true, false, r, p, count, 1, W, r, ratio, p, keep, sums, p);
    return with_loss ? loss : 0;
}

const mien_panels_kernel mien_panels_by_blas = {.lanes = 1,
                                                .scratch = blas_scratch,
                                                .weights_product = blas_weights_product,
                                                .basis_product = blas_basis_product};

const mien_nmf_vectors mien_nmf_portable = {.sweep = sweep,
                                            .curvature = curvature,
                                            .hals_sweep = hals_sweep,
                                            .images = LANES,
                                            .descend = descend,
                                            .panels = &mien_panels_by_blas};
