/* reduce.h - sums over many parts, added in a fixed binary tree.
 * SPDX-License-Identifier: MIT
 *
 * What is summed comes in numbered leaves, a power of two of them. Leaves 2 i and 2 i + 1 are
 * added, then their sums 2 i and 2 i + 1, and so on up to the root:
 *
 *   ((l0 + l1) + (l2 + l3)) + ((l4 + l5) + (l6 + l7))
 *
 * Whoever adds, these additions are made and no others: the total has the same bits for any number
 * of threads and of ranks (team.h). A task of the pool is a subtree: it goes from leaf to leaf and
 * adds as soon as two neighbours stand, so that it holds one sum a level. The sums of the tasks are
 * added after that, columns of them in parallel. A rank sums the subtrees that its leaves fill, at
 * most two a level; of two halves that stand in different ranks the right one is sent to where the
 * left one is, or, where sums are large, every rank is sent its columns of them all. The total
 * then comes to every rank.
 */
#ifndef MIEN_REDUCE_H
#define MIEN_REDUCE_H

#include "base/memory.h"
#include "base/parallel.h"

enum { MIEN_LEAVES_MOST = 4096 };

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
    size_t tasks;  /* subtrees that this rank visits; alone: a power of two, leaves / tasks each */
    size_t depth;  /* log2 of the leaves of the largest: sums a worker holds below a task's own */
    size_t stride; /* bytes from one sum to the next: doubles, then floats, in whole lines of a
                    * cache */
    size_t apart;  /* bytes from a sum's doubles to its floats */
    struct mien_subtree *subtrees;  /* tasks */
    struct mien_sums_merge *merges; /* n_merges, in this order: of sums that stand in this rank */
    size_t n_merges;
    struct mien_sums_team *team; /* what goes between ranks; NULL: alone */
} mien_sums;

/* Room for tasks + workers x depth sums: at most 1 + log2(leaves / threads) a thread, for a number
 * of threads that is a power of two, or two more where all of them are small. Memory from the
 * arena, which tells whether it failed. */
mien_sums mien_sums_alloc(mien_arena *arena, const mien_pool *pool, size_t leaves, size_t n_doubles,
                          size_t n_floats);

/* Leaves of rank `rank` of a team begin here; rank = size: leaves. */
size_t mien_leaves_first(size_t leaves, unsigned rank, unsigned size);

/* The same for mien_reduce_in_turn(): one sum a level, of whatever number of threads. */
mien_sums mien_sums_in_turn(mien_arena *arena, const mien_pool *pool, size_t leaves,
                            size_t n_doubles, size_t n_floats);

/* Put the sum of a leaf into doubles, which are zero, and floats, which are not. */
typedef void (*mien_leaf_fn)(void *context, size_t leaf, unsigned worker, double *doubles,
                             float *floats);

/* The same tree over one number a leaf, where these are at hand. */
double mien_reduce_values(const double *values, size_t leaves);

/* The total of all leaves, on all threads of the pool and all ranks of its team, each of which
 * visits its own leaves. Totals stand until the next call. */
void mien_reduce(mien_pool *pool, mien_sums *sums, mien_leaf_fn leaf, void *context);

/* The same, one leaf after the other: `leaf` is called by the calling thread, and may run tasks on
 * the pool. For sums so large that no thread is to hold one of its own. */
void mien_reduce_in_turn(mien_pool *pool, mien_sums *sums, mien_leaf_fn leaf, void *context);

#endif
