#include "methods/nmf_panels.h"
#include "linalg/vecmath.h"
#include "methods/loss.h"
#include <immintrin.h>
#include <string.h>
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#define IN_REGISTER(v) __asm__("" : "+v"(v))
#define UNROLL _Pragma("GCC unroll 24")
#define LANES 16
#define ROWS 8
#define WIDE 3
#define KERNEL mien_panels_avx512
typedef __m512 lanes;
TARGET static inline lanes splat(float v)
{
    return _mm512_set1_ps(v);
}
TARGET static inline lanes quotient(lanes x, lanes m)
{
    m = _mm512_max_ps(m, _mm512_set1_ps((float)MIEN_KL_FLOOR));
    lanes u = _mm512_rcp14_ps(m);
    u += u * (1 - m * u);
    return x * u;
}
TARGET static inline lanes logarithm(lanes x)
{
    const __m512i root_half = _mm512_set1_epi32(0x3f3504f3);
    __m512i bits = _mm512_castps_si512(x);
    __m512i exponent = _mm512_srai_epi32(_mm512_sub_epi32(bits, root_half), 23);
    lanes f = _mm512_castsi512_ps(_mm512_sub_epi32(bits, _mm512_slli_epi32(exponent, 23))) - 1;
    lanes n = _mm512_cvtepi32_ps(exponent);
    lanes q = (lanes){0} -0.0763449302f;
    q = q * f + 0.127615756f;
    q = q * f - 0.131601831f;
    q = q * f + 0.142017582f;
    q = q * f - 0.166233573f;
    q = q * f + 0.200012269f;
    q = q * f - 0.25000821f;
    q = q * f + 0.333333317f;
    lanes square = f * f;
    lanes small = n * 0x1.7f7d1cp-20f + (square * f * q - 0.5f * square);
    return n * 0x1.62e4p-1f + (f + small);
}
TARGET static inline void sum_each(const lanes s[8], float each[8])
{
    lanes a[4], b[2];
    for (int i = 0; i < 4; i++)
        a[i] = _mm512_shuffle_f32x4(s[2*i], s[2*i+1], 0x44) + _mm512_shuffle_f32x4(s[2*i], s[2*i+1], 0xee);
    for (int i = 0; i < 2; i++)
        b[i] = _mm512_shuffle_f32x4(a[2*i], a[2*i+1], 0x88) + _mm512_shuffle_f32x4(a[2*i], a[2*i+1], 0xdd);
    /* b[0]: 128-bit lanes are s0 s1 s2 s3; b[1]: s4..s7 */
    lanes c = _mm512_shuffle_ps(b[0], b[1], 0x88) + _mm512_shuffle_ps(b[0], b[1], 0xdd);
    /* c: lane g: s_g, s_g, s_{4+g}, s_{4+g} */
    lanes d = c + _mm512_permute_ps(c, 0xb1);
    float all[16];
    memcpy(all, &d, 64);
    for (int g = 0; g < 4; g++) {
        each[g] = all[4*g];
        each[4 + g] = all[4*g + 2];
    }
}
#include "methods/nmf_panels.inc"
