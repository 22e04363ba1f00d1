/* permuted.h - X with every pixel's values dealt out to the images anew.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PERMUTED_H
#define MIEN_PERMUTED_H

#include "mien.h"

/* A view: entry (i,j) is entry (pi_j(i), j) of the other source, pi_j a permutation of the images
 * that depends on (seed, j) alone. Each pixel keeps its values; what pixels have in common is gone.
 * Nothing is copied: every access computes its places. */
typedef struct mien_permuted {
    const mien_source *from; /* does *not* own this memory; no selection */
    uint64_t seed;
} mien_permuted;

mien_source mien_permuted_source(const mien_permuted *permuted);

/* pi_j(i), 0 <= i < n. */
size_t mien_permuted_place(uint64_t seed, size_t j, size_t n, size_t i);

#endif
