/* order.h - a random order of n things that is stored nowhere.
 * SPDX-License-Identifier: MIT
 *
 * A bijection of 0 .. n - 1 on itself, computed: where thing `at` of the order stands. A balanced
 * Feistel network whose rounds are Philox is a bijection of the numbers below the next power of
 * four; what falls outside of 0 .. n - 1 goes through it again until it falls inside (cycle
 * walking; Black & Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002): four times at
 * most, on the average. The first m of the order are a sample without replacement. */
#ifndef MIEN_ORDER_H
#define MIEN_ORDER_H

#include "base/rng.h"

typedef struct mien_order {
    uint64_t n;
    uint64_t seed;
    uint32_t stream;
    unsigned bits; /* of a half */
} mien_order;

/* n from 1 to 2^62. */
mien_order mien_order_of(uint64_t n, uint64_t seed, uint32_t stream);

/* at < n. */
uint64_t mien_order_place(const mien_order *order, uint64_t at);

#endif
