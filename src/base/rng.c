/* rng.c - counter-based random numbers, Philox4x32-10.
 * SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <math.h>

enum { ROUNDS = 10 };

/* Multipliers and Weyl constants of table 2 of the paper. */
static const uint32_t MULTIPLIER_0 = 0xD2511F53u, MULTIPLIER_1 = 0xCD9E8D57u;
static const uint32_t WEYL_0 = 0x9E3779B9u, WEYL_1 = 0xBB67AE85u;

void mien_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t product0 = (uint64_t)MULTIPLIER_0 * c0;
        uint64_t product1 = (uint64_t)MULTIPLIER_1 * c2;
        uint32_t next0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;
        uint32_t next2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)product1;
        c3 = (uint32_t)product0;
        c0 = next0;
        c2 = next2;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint64_t mien_random_bits(uint64_t seed, uint32_t stream, uint64_t index)
{
    uint32_t counter[4] = {(uint32_t)(index >> 1), (uint32_t)(index >> 33), stream, 0};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t out[4];
    mien_philox(counter, key, out);
    size_t half = index & 1 ? 2 : 0;
    return (uint64_t)out[half + 1] << 32 | out[half];
}

double mien_random_uniform(uint64_t seed, uint32_t stream, uint64_t index)
{
    /* 53 bits and a half: never 0, never 1 */
    return ((double)(mien_random_bits(seed, stream, index) >> 12) + 0.5) * 0x1p-52;
}

double mien_random_normal(uint64_t seed, uint32_t stream, uint64_t index)
{
    double radius = sqrt(-2.0 * log(mien_random_uniform(seed, stream, 2 * index)));
    double angle = 6.283185307179586 * mien_random_uniform(seed, stream, 2 * index + 1);
    return radius * cos(angle);
}
