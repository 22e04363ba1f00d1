/* nmf_avx512.c - the kernels for AVX-512: 32 registers of 16 floats.
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

#define TARGET MIEN_FOR_AVX512
#define LANES  16
#define ROWS   8
enum { TEAM = 2, CHUNK = 8, TILE = 160 };
#include "methods/nmf/kernels/nmf_lanes.inc"

INLINE lanes larger(lanes a, lanes b)
{
    return _mm512_max_ps(a, b);
}

/* x / m, to two units in the last place, while products run: a division of the processor would keep
 * its multipliers waiting. 0 from 2^126 on, no number for an infinite m. */
INLINE lanes quotient(lanes x, lanes m)
{
    lanes u = _mm512_rcp14_ps(m);
    return x * (u + u * (1 - m * u));
}

INLINE float total(lanes v)
{
    return _mm512_reduce_add_ps(v);
}

/* each[i] <- sum of s[i]'s lanes. Two vectors become one in each step. */
INLINE void sum_each(const lanes s[ROWS], float each[ROWS])
{
    lanes a[4], b[2];
    for (int i = 0; i < 4; i++) /* 128-bit parts: two of s[2 i], two of s[2 i + 1] */
        a[i] = _mm512_shuffle_f32x4(s[2 * i], s[2 * i + 1], 0x44) +
               _mm512_shuffle_f32x4(s[2 * i], s[2 * i + 1], 0xee);
    for (int i = 0; i < 2; i++) /* one of each of four */
        b[i] = _mm512_shuffle_f32x4(a[2 * i], a[2 * i + 1], 0x88) +
               _mm512_shuffle_f32x4(a[2 * i], a[2 * i + 1], 0xdd);
    /* part g: s[g] twice, s[4 + g] twice */
    lanes c = _mm512_shuffle_ps(b[0], b[1], 0x88) + _mm512_shuffle_ps(b[0], b[1], 0xdd);
    c += _mm512_permute_ps(c, 0xb1);
    float all[LANES];
    store(all, c);
    for (int g = 0; g < 4; g++) {
        each[g] = all[4 * g];
        each[4 + g] = all[4 * g + 2];
    }
}

#include "methods/nmf/kernels/nmf_batched.inc"
#include "methods/nmf/kernels/nmf_panels.inc"
#include "methods/nmf/kernels/nmf_sweep.inc"

const mien_nmf_vectors mien_nmf_avx512 = {.sweep = sweep,
                                          .curvature = curvature,
                                          .hals_sweep = hals_sweep,
                                          .images = LANES,
                                          .descend = descend,
                                          .panels = &PANELS};

#endif
