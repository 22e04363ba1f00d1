/* vecmath.h - exp, tanh and log as straight lines of arithmetic, for loops to be vectorised.
 * SPDX-License-Identifier: MIT
 *
 * No branch, no table, no call: a compiler turns a loop over them into vector code for whatever
 * registers there are (MIEN_LOOP, base/cpu.h). The polynomials are minimax fits made for mien, in
 * relative error, by iteratively reweighted least squares on Chebyshev nodes. Relative errors
 * against libm, over a million arguments of all sizes (tests/test_vecmath.c asserts them): exp and
 * log below 1e-7, tanh below 1.8e-7, where a unit in the last place is up to 1.2e-7; the log of a
 * double below 2.2e-16, a unit in its last place. */
#ifndef MIEN_VECMATH_H
#define MIEN_VECMATH_H

#include <stdint.h>
#include <string.h>

static inline float mien_float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t mien_bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* x = n log 2 + f with |f| <= log(2) / 2; *scale <- 2^n; returns exp(f) - 1. |x| <= 87. */
static inline float mien_exp_parts(float x, float *scale)
{
    const float round = 0x1.8p23f; /* adding it leaves a whole number in the last bits */
    const float shifted = x * 0x1.715476p+0f + round;
    const float n = shifted - round;
    const float f = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f; /* log 2 in two parts */
    *scale = mien_float_of_bits((mien_bits_of_float(shifted) + 127u) << 23);
    float q = 0.00138825226f;
    q = q * f + 0.00836651395f;
    q = q * f + 0.0416671996f;
    q = q * f + 0.166665437f;
    q = q * f + 0.499999982f;
    return f + f * f * q;
}

/* exp(x); x is clamped to -87 .. 87. */
static inline float mien_exp_fast(float x)
{
    x = x < -87.0f ? -87.0f : x;
    x = x > 87.0f ? 87.0f : x;
    float scale, e = mien_exp_parts(x, &scale);
    return scale + scale * e;
}

/* tanh(x) = m / (m + 2), m = exp(2x) - 1, which keeps its digits near 0. */
static inline float mien_tanh_fast(float x)
{
    x = x < -10.0f ? -10.0f : x; /* tanh(10) rounds to 1 */
    x = x > 10.0f ? 10.0f : x;
    float scale, e = mien_exp_parts(2 * x, &scale);
    float m = scale * e + (scale - 1);
    return m / (m + 2);
}

/* log(x) for positive normal x. 0 and denormals give finite numbers near -88. */
static inline float mien_log_fast(float x)
{
    const uint32_t root_half = 0x3f3504f3u; /* sqrt(1/2), so that the mantissa is around 1 */
    uint32_t bits = mien_bits_of_float(x);
    int32_t exponent = (int32_t)(bits - root_half) >> 23;
    float f = mien_float_of_bits(bits - ((uint32_t)exponent << 23)) - 1;
    float n = (float)exponent;
    float q = -0.0763449302f;
    q = q * f + 0.127615756f;
    q = q * f - 0.131601831f;
    q = q * f + 0.142017582f;
    q = q * f - 0.166233573f;
    q = q * f + 0.200012269f;
    q = q * f - 0.25000821f;
    q = q * f + 0.333333317f;
    float square = f * f;
    float small = n * 0x1.7f7d1cp-20f + (square * f * q - 0.5f * square);
    return n * 0x1.62e4p-1f + (f + small);
}

/* log(x) for positive normal x, in double. x = 2^n (1 + f) with 1 + f around 1; of s = f / (2 + f)
 * log(1 + f) = 2 s + s R(s^2) = f - (f^2 / 2 - s (f^2 / 2 + R)), which keeps the digits of small f.
 * 0, denormals, infinity and NaN give numbers of no meaning. No conversion between integers and
 * doubles, which AVX2 does not have. */
static inline double mien_log_double(double x)
{
    const uint64_t root_half = 0x3fe6a09e667f3bcdu; /* sqrt(1/2) */
    const uint64_t whole = 0x4330000000000000u;     /* 2^52: a small integer is in its last bits */
    uint64_t bits, shifted, exponent;
    double mantissa, n;
    memcpy(&bits, &x, sizeof bits);
    shifted = bits - root_half + (UINT64_C(1023) << 52);
    exponent = shifted >> 52 | whole;
    memcpy(&n, &exponent, sizeof n);
    n -= 0x1p52 + 1023;
    bits = (shifted & 0x000fffffffffffffu) + root_half;
    memcpy(&mantissa, &bits, sizeof mantissa);
    double f = mantissa - 1, s = f / (2 + f), z = s * s, half = 0.5 * f * f;
    double q = 0.14795628503511787;
    q = q * z + 0.15314084327709981;
    q = q * z + 0.18183562939146197;
    q = q * z + 0.22222198601167478;
    q = q * z + 0.2857142874210252;
    q = q * z + 0.39999999999416014;
    q = q * z + 0.6666666666666734;
    double small = s * (half + z * q) + n * 0x1.ef35793c7673p-45; /* log 2 in two parts */
    return n * 0x1.62e42fefa38p-1 + (f - (half - small));
}

#endif
