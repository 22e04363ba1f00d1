/* permuted.h - X with every pixel's values dealt out to the images anew.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PERMUTED_H
#define MIEN_PERMUTED_H

#include "base/parallel.h"
#include "mien.h"

/* A view: entry (i,j) is entry (pi_j(i), j) of the other source, pi_j a permutation of the images
 * that depends on (seed, j) alone. Each pixel keeps its values; what pixels have in common is gone.
 * Nothing is copied: every access computes its places. */
typedef struct mien_permuted {
    const mien_source *from; /* does *not* own this memory; no selection */
    uint64_t seed;
} mien_permuted;

mien_source mien_permuted_source(const mien_permuted *permuted);

/* The view written out: n x p floats, where large blocks go, and mapped from there if need be. For
 * an X that does not fit into memory (mien_pixels_stream()), of which each entry of the view would
 * be a read of the disk: this goes through all images once, pixel by pixel (data/turned.h), and has
 * them twice while it is made. go_on: asked between pixels, and between runs of images, by the
 * calling thread alone; false: end now. NULL: go on. MIEN_ERR_NOMEM when there is no room,
 * MIEN_ERR_STOPPED; nothing is left of it then. */
mien_status mien_permuted_write(const mien_permuted *permuted, mien_pool *pool,
                                bool (*go_on)(void *user), void *user, mien_pixels *out);

/* pi_j(i), 0 <= i < n. */
size_t mien_permuted_place(uint64_t seed, size_t j, size_t n, size_t i);

#endif
