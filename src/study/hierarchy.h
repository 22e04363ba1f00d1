/* hierarchy.h - average-linkage clustering of things with pairwise distances.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_HIERARCHY_H
#define MIEN_HIERARCHY_H

#include "mien.h"

/* Two clusters become one. Things are clusters 0 .. n - 1; merge m makes cluster n + m. */
typedef struct mien_merge {
    size_t left, right; /* left < right */
    double height;      /* mean distance between members of the two; never falls with m */
    size_t size;        /* members of the new cluster */
} mien_merge;

/* Place of the distance of i and j, i < j, among n (n - 1) / 2. */
static inline size_t mien_pair_index(size_t n, size_t i, size_t j)
{
    return n * i - i * (i + 1) / 2 + (j - i - 1);
}

/* Cluster n things.
 *   distances  n (n - 1) / 2 finite numbers, see above; used up
 *   merges     n - 1, written
 * Deterministic; n >= 1. O(n^2). MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_hierarchy_average(double *distances, size_t n, mien_merge *merges);

/* An order of the things in which every cluster is a run of neighbours.
 *   order   n, written
 *   starts  n - 1, written: where in `order` the cluster of merge m begins; its left part first
 * MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_hierarchy_leaves(const mien_merge *merges, size_t n, size_t *order,
                                  size_t *starts);

#endif
