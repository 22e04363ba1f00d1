/* tree_sums.h - leaves whose sum tells which additions were made, and what it has to be.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TEST_TREE_SUMS_H
#define MIEN_TEST_TREE_SUMS_H

#include "base/reduce.h"

#include <math.h>
#include <stdint.h>

/* A number of a leaf that no other order of additions sums to the same bits: 1e-8 to 1e8. */
static inline double tree_value(size_t leaf, size_t at)
{
    uint64_t h = (leaf * 1000003 + at + 1) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
    double sign = h & 1 ? -1 : 1;
    return sign * pow(10, (double)(h >> 8 & 0xffff) / 4096 - 8) * (1 + (double)(h >> 32) / 1e11);
}

/* The definition: a node is the sum of its halves. */
static inline float tree_float(size_t first, size_t count, size_t at)
{
    if (count == 1)
        return (float)tree_value(first, at);
    return tree_float(first, count / 2, at) + tree_float(first + count / 2, count / 2, at);
}

static inline double tree_double(size_t first, size_t count, size_t at)
{
    if (count == 1)
        return tree_value(first, at);
    return tree_double(first, count / 2, at) + tree_double(first + count / 2, count / 2, at);
}

/* context: the mien_sums. Doubles are to be 0 when a leaf begins: what is not counts as a mistake,
 * and stays there. */
static inline void tree_fill(void *context, size_t leaf, unsigned worker, double *doubles,
                             float *floats)
{
    const mien_sums *s = context;
    (void)worker;
    for (size_t at = 0; at < s->n_doubles; at++)
        doubles[at] += tree_value(leaf, at);
    for (size_t at = 0; at < s->n_floats; at++)
        floats[at] = (float)tree_value(leaf, at);
}

/* Whether the totals are those of the tree, to the bit; of floats only every so many are looked at.
 */
static inline bool tree_is_right(const mien_sums *s)
{
    for (size_t at = 0; at < s->n_doubles; at++)
        if (s->doubles[at] != tree_double(0, s->leaves, at))
            return false;
    for (size_t at = 0; at < s->n_floats; at += 1 + at / 16)
        if (s->floats[at] != tree_float(0, s->leaves, at))
            return false;
    return true;
}

#endif
