/* nmf_sweep.c - coordinate descent on one image's weights for the Kullback-Leibler divergence.
 * SPDX-License-Identifier: MIT
 *
 * The loop of nmf_sweep.inc runs n p r times an iteration and decides how fast mien is. Compilers
 * vectorise its sums only when told the width, so it is written with vectors, once, and built for
 * a width of 16 floats (AVX-512) and of 8 (AVX2; on a baseline processor two registers of 4). */
#include "methods/nmf_sweep.h"

#include <stdint.h>
#include <string.h>

#define LANES 8
#define SWEEP sweep_baseline
#define TARGET
#include "methods/nmf_sweep.inc"

#if defined(__x86_64__) && defined(__GNUC__)

#define LANES  8
#define SWEEP  sweep_avx2
#define TARGET __attribute__((target("avx2,fma")))
#include "methods/nmf_sweep.inc"

#define LANES  16
#define SWEEP  sweep_avx512
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#include "methods/nmf_sweep.inc"

size_t mien_kl_sweep(const float *x, float *m, size_t ld, float floor, const float *H,
                     const float *sum, float *w, unsigned *active, size_t count)
{
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return sweep_avx512(x, m, ld, floor, H, sum, w, active, count);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return sweep_avx2(x, m, ld, floor, H, sum, w, active, count);
    return sweep_baseline(x, m, ld, floor, H, sum, w, active, count);
}

#else

size_t mien_kl_sweep(const float *x, float *m, size_t ld, float floor, const float *H,
                     const float *sum, float *w, unsigned *active, size_t count)
{
    return sweep_baseline(x, m, ld, floor, H, sum, w, active, count);
}

#endif
