/* nmf_panels.h - X / WH and its products with both factors, tile by tile.
 * SPDX-License-Identifier: MIT
 *
 * What a multiplicative step for the Kullback-Leibler divergence needs of a tile: (X / WH) H' for
 * the weights, W' (X / WH) for the basis. BLAS would pack H anew for every tile and write WH to
 * memory for another loop to divide by. Here H is laid out once an iteration in panels, strips of a
 * few vectors of pixels with all components,
 *
 *   panel s, at s * strip * r:   r x (pixels of the strip, padded with 0 to whole vectors)
 *
 * and a block of WH is divided while it stands in registers; the ratio goes into a first-level
 * cache, and on into its product. That is AVX-512 and AVX2 (nmf_panels.inc); the portable version
 * is BLAS, whose only panel is H itself. */
#ifndef MIEN_NMF_PANELS_H
#define MIEN_NMF_PANELS_H

#include "base/memory.h"

#include <stdbool.h>

typedef struct mien_panels {
    const struct mien_panels_kernel *kernel; /* nmf_vectors.h */
    size_t p, r, strip;
    size_t rows; /* images a tile, at most, that the version likes; 0: any */
    size_t part; /* columns of a part */
    size_t ld;   /* p, padded: a panel matrix has r x ld floats */
    float *H;    /* r x ld, in panels */
    float floor; /* WH is kept above it: MIEN_KL_FLOOR, or what the owner wants */
    /* An x below 0 is hidden: its ratio is 1. The loss is then sum x log(x / WH) - x + WH over
     * those that are not: WH of the others has no sum that is known. */
    bool masked;
} mien_panels;

/* The version of mien_cpu_level(), from then on; memory from the arena, which tells whether it
 * failed. */
mien_panels mien_panels_prepare(size_t p, size_t r, mien_arena *arena);

/* Floats of scratch that a worker needs for tiles of at most `rows` images. */
size_t mien_panels_scratch(const mien_panels *panels, size_t rows);

/* H is updated in parts, tasks for a pool: columns first .. first + count - 1. */
typedef struct mien_columns {
    size_t first, count;
} mien_columns;

size_t mien_panels_parts(const mien_panels *panels);
mien_columns mien_panels_columns(const mien_panels *panels, size_t part);

/* Take these columns of a basis, r x ldh: they hold until the next ones. */
void mien_panels_hold(mien_panels *panels, mien_columns columns, const float *H, size_t ldh);
void mien_panels_hold_all(mien_panels *panels, const float *H, size_t ldh);

/* total (r x count) <- these columns of the sums of mien_panels_basis_product(). */
void mien_panels_take(const mien_panels *panels, const float *sums, mien_columns columns,
                      float *total);

/* product <- (x / WH) H' for `count` images x (count x p) and their weights W (count x r). WH is
 * kept above the floor. Without a model (NULL) returns sum x log(x / WH), summed in float32 over
 * runs of at most 512 entries, then in double; else model <- max(WH, floor), count x ldm, of which
 * p columns are set, and returns 0. product has room for a multiple of 8 images. WH shall stay
 * below 2^126, as that of finite data does by far: beyond, levels differ. AVX-512 divides by an
 * approximate reciprocal, which is 0 there, and for an infinite model gives NaN. */
double mien_panels_weights_product(const mien_panels *panels, const float *x, const float *W,
                                   size_t count, float *product, float *model, size_t ldm,
                                   float *scratch);

/* sums <- sums + W' (x / WH), or without `keep` W' (x / WH); r x ld, in panels. Returns the loss as
 * mien_panels_weights_product() does, or without `with_loss` 0. */
double mien_panels_basis_product(const mien_panels *panels, const float *x, const float *W,
                                 size_t count, bool keep, bool with_loss, float *sums,
                                 float *scratch);

#endif
