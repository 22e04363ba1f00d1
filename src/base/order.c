/* order.c - a random order of n things that is stored nowhere.
 * SPDX-License-Identifier: MIT */
#include "base/order.h"

enum { ROUNDS = 6 };

mien_order mien_order_of(uint64_t n, uint64_t seed, uint32_t stream)
{
    mien_order order = {.n = n, .seed = seed, .stream = stream, .bits = 1};
    while ((uint64_t)1 << 2 * order.bits < n)
        order.bits++;
    return order;
}

static uint64_t permute(const mien_order *order, uint64_t value)
{
    uint64_t mask = ((uint64_t)1 << order->bits) - 1, left = value >> order->bits,
             right = value & mask;
    const uint32_t key[2] = {(uint32_t)order->seed, (uint32_t)(order->seed >> 32)};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const uint32_t counter[4] = {(uint32_t)right, order->bits << 8 | round, order->stream, 1};
        uint32_t out[4];
        mien_philox(counter, key, out);
        uint64_t next = left ^ (out[0] & mask); /* halves have at most 31 bits */
        left = right;
        right = next;
    }
    return left << order->bits | right;
}

uint64_t mien_order_place(const mien_order *order, uint64_t at)
{
    do
        at = permute(order, at);
    while (at >= order->n);
    return at;
}
