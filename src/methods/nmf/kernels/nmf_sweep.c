/* nmf_sweep.c - coordinate descent on one image's weights for the Kullback-Leibler divergence.
 * SPDX-License-Identifier: MIT
 *
 * The loop of nmf_sweep.inc runs n p r times an iteration and decides how fast mien is. Compilers
 * vectorise its sums only when told the width, so it is written with vectors, once, and built for
 * a width of 16 floats (AVX-512) and of 8 (AVX2; on a baseline processor two registers of 4). */
#include "methods/nmf/kernels/nmf_sweep.h"

#include "base/processor.h"

#include <stdint.h>
#include <string.h>

typedef int32_t eight_masks __attribute__((vector_size(8 * sizeof(float))));

/* Sums of lanes in halves: one lane after the other would take as long as a short row. */

#define LANES 8
#define SWEEP sweep_baseline
#define TARGET
#define LARGER(a, b)                                                                               \
    (((eight_masks)(a) & ~(eight_masks)((a) < (b))) | ((eight_masks)(b) & (eight_masks)((a) < (b))))
#define TOTAL(v) (((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])))
#include "methods/nmf/kernels/nmf_sweep.inc"

#if MIEN_FOR_X86

#include <immintrin.h>

MIEN_FOR_AVX2 static inline float total_avx2(__m256 v)
{
    __m128 four = _mm256_castps256_ps128(v) + _mm256_extractf128_ps(v, 1);
    __m128 two = four + _mm_movehl_ps(four, four);
    return _mm_cvtss_f32(two + _mm_shuffle_ps(two, two, 1));
}

#define LANES        8
#define SWEEP        sweep_avx2
#define TARGET       MIEN_FOR_AVX2
#define LARGER(a, b) _mm256_max_ps((__m256)(a), (__m256)(b))
#define TOTAL(v)     total_avx2((__m256)(v))
#include "methods/nmf/kernels/nmf_sweep.inc"

#define LANES        16
#define SWEEP        sweep_avx512
#define TARGET       MIEN_FOR_AVX512
#define LARGER(a, b) _mm512_max_ps((__m512)(a), (__m512)(b))
#define TOTAL(v)     _mm512_reduce_add_ps((__m512)(v))
#include "methods/nmf/kernels/nmf_sweep.inc"

#else

#define sweep_avx512 sweep_baseline
#define sweep_avx2   sweep_baseline

#endif

const mien_sweep_version mien_sweep_versions[MIEN_SWEEP_VERSIONS] = {
    {"avx512", mien_can_avx512, sweep_avx512},
    {"avx2", mien_can_avx2, sweep_avx2},
    {"baseline", mien_can_baseline, sweep_baseline},
};

size_t mien_kl_sweep(const float *x, float *m, size_t ld, float floor, const float *H,
                     const float *sum, float *w, unsigned *active, size_t count)
{
    if (mien_can_avx512())
        return sweep_avx512(x, m, ld, floor, H, sum, w, active, count);
    if (mien_can_avx2())
        return sweep_avx2(x, m, ld, floor, H, sum, w, active, count);
    return sweep_baseline(x, m, ld, floor, H, sum, w, active, count);
}
