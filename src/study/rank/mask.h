/* mask.h - which entries of X are hidden: speckled masks from counter-based random numbers.
 * SPDX-License-Identifier: MIT
 *
 * Whether entry (i,j) is hidden is a function of (seed, mask, i p + j) alone. So no mask need be
 * stored: what looks at a tile of X computes its share anew, in whatever order. Every entry has
 * a 16-bit number; mask m hides those in the m-th interval of length `share`, so that up to
 * 1 / share masks are disjoint, like the folds of cross-validation; further ones use new numbers.
 */
#ifndef MIEN_MASK_H
#define MIEN_MASK_H

#include "mien.h"

typedef struct mien_mask {
    uint64_t seed;
    uint32_t round;  /* which numbers */
    uint16_t offset; /* where the interval begins, */
    uint16_t length; /* and how long it is; 0: nothing is hidden */
} mien_mask;

/* The index-th mask that hides `share` of the entries, 0 <= share <= 1/2, to 1 in 65,536,
 * downwards. */
mien_mask mien_mask_make(uint64_t seed, size_t index, double share);

/* hidden[k] <- 1 where entry first + k of X, counted row by row, is hidden, else 0. */
void mien_mask_fill(const mien_mask *mask, uint64_t first, size_t count, uint8_t *hidden);

#endif
