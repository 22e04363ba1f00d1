/* mask.c - which entries of X are hidden: speckled masks from counter-based random numbers.
 * SPDX-License-Identifier: MIT
 *
 * A block of Philox4x32-10 holds the 16-bit numbers of eight entries. Blocks are computed side by
 * side, as base/rng.c computes one: a test compares the two. */
#include "study/rank/mask.h"

#include "base/cpu.h"
#include "base/rng.h"

#include <string.h>

enum {
    PER_BLOCK = 8, /* entries */
    BLOCKS = 32,   /* computed side by side */
    ROUNDS = 10
};

mien_mask mien_mask_make(uint64_t seed, size_t index, double share)
{
    size_t length = (size_t)(share * 65536); /* downwards: ten masks of a tenth are disjoint */
    if (length == 0)
        return (mien_mask){.seed = seed};
    size_t disjoint = 65536 / length;
    return (mien_mask){.seed = seed,
                       .round = (uint32_t)(index / disjoint),
                       .offset = (uint16_t)(index % disjoint * length),
                       .length = (uint16_t)length};
}

/* hidden[k] of the entries of blocks first .. first + BLOCKS - 1. */
MIEN_LOOP(static, mask_blocks, (uint64_t first, const mien_mask *mask, uint8_t *restrict hidden),
          (first, mask, hidden))
{
    uint32_t c[4][BLOCKS];
    for (size_t l = 0; l < BLOCKS; l++) {
        c[0][l] = (uint32_t)(first + l);
        c[1][l] = (uint32_t)((first + l) >> 32);
        c[2][l] = MIEN_STREAM_MASK;
        c[3][l] = mask->round;
    }
    uint32_t k0 = (uint32_t)mask->seed, k1 = (uint32_t)(mask->seed >> 32);
    for (int i = 0; i < ROUNDS; i++) {
        for (size_t l = 0; l < BLOCKS; l++) {
            uint64_t product0 = (uint64_t)0xD2511F53u * c[0][l];
            uint64_t product1 = (uint64_t)0xCD9E8D57u * c[2][l];
            c[0][l] = (uint32_t)(product1 >> 32) ^ c[1][l] ^ k0;
            c[2][l] = (uint32_t)(product0 >> 32) ^ c[3][l] ^ k1;
            c[1][l] = (uint32_t)product1;
            c[3][l] = (uint32_t)product0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (size_t w = 0; w < 4; w++)
        for (size_t l = 0; l < BLOCKS; l++) {
            uint16_t low = (uint16_t)c[w][l], high = (uint16_t)(c[w][l] >> 16);
            hidden[l * PER_BLOCK + 2 * w] = (uint16_t)(low - mask->offset) < mask->length;
            hidden[l * PER_BLOCK + 2 * w + 1] = (uint16_t)(high - mask->offset) < mask->length;
        }
}

void mien_mask_fill(const mien_mask *mask, uint64_t first, size_t count, uint8_t *hidden)
{
    uint8_t some[BLOCKS * PER_BLOCK];
    if (!mask->length) {
        memset(hidden, 0, count);
        return;
    }
    for (size_t k = 0; k < count;) {
        size_t skip = (size_t)((first + k) % PER_BLOCK), ready = sizeof some - skip;
        ready = ready < count - k ? ready : count - k;
        mask_blocks((first + k) / PER_BLOCK, mask, some);
        memcpy(hidden + k, some + skip, ready);
        k += ready;
    }
}
