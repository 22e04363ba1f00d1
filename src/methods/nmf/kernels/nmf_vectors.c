/* nmf_vectors.c - the choice among the kernels' levels.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/kernels/nmf_vectors.h"

#include "base/cpu.h"
#include "methods/nmf/kernels/nmf_sweep.h"

const mien_nmf_vectors *mien_nmf_vectors_now(void)
{
#if MIEN_CPU_X86
    mien_cpu level = mien_cpu_level();
    if (level == MIEN_CPU_AVX512)
        return &mien_nmf_avx512;
    if (level == MIEN_CPU_AVX2)
        return &mien_nmf_avx2;
#endif
    return &mien_nmf_portable;
}

void mien_kl_sweep(mien_sweep_row *rows, size_t n, size_t ld, float floor, const float *H,
                   const float *sum)
{
    mien_nmf_vectors_now()->sweep(rows, n, ld, floor, H, sum);
}

void mien_kl_curvature(const float *x, float *m, size_t ld, float floor, const float *last,
                       float step, const float *h, float sums[2])
{
    mien_nmf_vectors_now()->curvature(x, m, ld, floor, last, step, h, sums);
}

void mien_hals_sweep(const float *G, const float *target, float *U, size_t r, size_t ld)
{
    mien_nmf_vectors_now()->hals_sweep(G, target, U, r, ld);
}
