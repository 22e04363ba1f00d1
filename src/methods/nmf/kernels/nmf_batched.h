/* nmf_batched.h - coordinate descent on the weights of several images at once, the basis fixed
 * (Kullback-Leibler).
 * SPDX-License-Identifier: MIT
 *
 * The step along a coordinate is that of nmf_ccd.c. Here a vector holds one pixel of as many images
 * as it has lanes, and a component visits only the pixels where its basis image is not 0: parts are
 * zero in most pixels (four of five on faces), which a row of one image's pixels cannot skip. There
 * are no sums over lanes either, and each image's steps are its own: what stands beside it makes no
 * difference to its weights. */
#ifndef MIEN_NMF_BATCHED_H
#define MIEN_NMF_BATCHED_H

#include "base/memory.h"

#include <stdint.h>

/* A pixel of a basis image that is not 0: what is less than MIEN_ENTRY_LEAST of the largest is on
 * its way to underflow, makes no difference to any model, and counts as 0. */
#define MIEN_ENTRY_LEAST 1e-20f
typedef struct mien_entry {
    uint32_t pixel;
    float value;
} mien_entry;

/* The entries of a basis, component after component. */
typedef struct mien_entries {
    size_t p, r;
    size_t *first;     /* r + 1: where component k's entries begin; the last: how many there are */
    mien_entry *entry; /* room for r p */
    float *sum;        /* r: of the entries of a component */
} mien_entries;

/* Memory from the arena, which tells whether it failed. */
mien_entries mien_entries_prepare(size_t p, size_t r, mien_arena *arena);

/* Take those of a basis H, r x ldh. */
void mien_entries_take(mien_entries *entries, const float *H, size_t ldh);

enum { MIEN_BATCHED_MAX = 16 }; /* images, of any version */

/* Floats of scratch for mien_batched_descend(). */
size_t mien_batched_scratch(size_t p, size_t r);

/* So many sweeps over all coordinates of W (count x r), the weights of the images x (count x p).
 *   floor  models are kept at or above it; > 0
 *   product   count x r, or NULL: (x / m) H' at the start */
void mien_batched_descend(const mien_entries *H, const float *x, size_t count, float floor,
                          int sweeps, float *W, float *product, float *scratch);

#endif
