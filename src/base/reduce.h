/* reduce.h - sums over many parts, added in a fixed binary tree.
 * SPDX-License-Identifier: MIT
 *
 * What is summed comes in numbered leaves, a power of two of them. Leaves 2 i and 2 i + 1 are
 * added, then their sums 2 i and 2 i + 1, and so on up to the root:
 *
 *   ((l0 + l1) + (l2 + l3)) + ((l4 + l5) + (l6 + l7))
 *
 * Whoever adds, these additions are made and no others: the total has the same bits for any number
 * of threads, and would have them if others brought the sums of whole subtrees. A task of the pool
 * is a subtree: it goes from leaf to leaf and adds as soon as two neighbours stand, so that it
 * holds one sum a level. The sums of the tasks are added after that, columns of them in parallel.
 */
#ifndef MIEN_REDUCE_H
#define MIEN_REDUCE_H

#include "base/memory.h"
#include "base/parallel.h"

enum { MIEN_LEAVES_MOST = 256 };

/* The largest power of two that is at most `most` and MIEN_LEAVES_MOST, and of whose sums, `bytes`
 * each, all fit into `limit` bytes; at least 1. As many are held at once when there is a thread for
 * every leaf, and fewer with fewer threads. */
size_t mien_leaves(size_t most, size_t bytes, size_t limit);

/* A sum of so many doubles and so many floats, and the room to make it in. */
typedef struct mien_sums {
    double *doubles; /* n_doubles: the total, after mien_reduce() */
    float *floats;   /* n_floats: the same */
    size_t n_doubles, n_floats;
    size_t leaves;
    size_t tasks; /* subtrees of leaves / tasks leaves; a power of two */
    size_t depth; /* log2(leaves / tasks): sums a worker holds below a task's own */
    size_t stride_doubles, stride_floats; /* from one sum to the next: whole lines of a cache */
} mien_sums;

/* Room for tasks + workers x depth sums: at most 1 + log2(leaves / threads) a thread, for a number
 * of threads that is a power of two, or two more where all of them are small. Memory from the
 * arena, which tells whether it failed. */
mien_sums mien_sums_alloc(mien_arena *arena, const mien_pool *pool, size_t leaves, size_t n_doubles,
                          size_t n_floats);

/* Put the sum of a leaf into doubles, which are zero, and floats, which are not. */
typedef void (*mien_leaf_fn)(void *context, size_t leaf, unsigned worker, double *doubles,
                             float *floats);

/* The same tree over one number a leaf, where these are at hand. */
double mien_reduce_values(const double *values, size_t leaves);

/* The total of all leaves, on all threads of the pool. Totals stand until the next call. */
void mien_reduce(mien_pool *pool, mien_sums *sums, mien_leaf_fn leaf, void *context);

#endif
