/* nmf_avx2.c - the kernels for AVX2 with FMA: 16 registers of 8 floats.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/kernels/nmf_vectors.h"

#include "base/cpu.h"

#if MIEN_CPU_X86

#include "linalg/vecmath.h"
#include "methods/nmf/kernels/nmf_batched.h"
#include "methods/nmf/kernels/nmf_panels.h"
#include "methods/nmf/kernels/nmf_sweep.h"

#include <immintrin.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#define TARGET MIEN_FOR_AVX2
#define LANES  8
#define ROWS   4
enum { TEAM = 4, CHUNK = 16, TILE = 160 };
#include "methods/nmf/kernels/nmf_lanes.inc"

INLINE lanes larger(lanes a, lanes b)
{
    return _mm256_max_ps(a, b);
}

INLINE lanes quotient(lanes x, lanes m)
{
    return x / m;
}

INLINE float total(lanes v)
{
    __m128 four = _mm256_castps256_ps128(v) + _mm256_extractf128_ps(v, 1);
    __m128 two = four + _mm_movehl_ps(four, four);
    return _mm_cvtss_f32(two + _mm_shuffle_ps(two, two, 1));
}

/* each[i] <- sum of s[i]'s lanes. */
INLINE void sum_each(const lanes s[ROWS], float each[ROWS])
{
    lanes sums = _mm256_hadd_ps(_mm256_hadd_ps(s[0], s[1]), _mm256_hadd_ps(s[2], s[3]));
    __m128 four = _mm256_castps256_ps128(sums) + _mm256_extractf128_ps(sums, 1);
    _mm_storeu_ps(each, four);
}

#include "methods/nmf/kernels/nmf_batched.inc"
#include "methods/nmf/kernels/nmf_panels.inc"
#include "methods/nmf/kernels/nmf_sweep.inc"

const mien_nmf_vectors mien_nmf_avx2 = {.sweep = sweep,
                                        .curvature = curvature,
                                        .hals_sweep = hals_sweep,
                                        .images = LANES,
                                        .descend = descend,
                                        .panels = &PANELS};

#endif
