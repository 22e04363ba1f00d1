/* source.h - X as tiles of consecutive images, and passes over them.
 * SPDX-License-Identifier: MIT
 *
 * A method never sees all of X as floats: it makes passes. In a pass every tile is expanded into
 * a worker's buffer, which stays in its second-level cache, and handed to a function. Runs of tiles
 * are leaves: what a pass sums over images is summed per leaf, tile by tile, and the sums of leaves
 * are added in a fixed tree (base/reduce.h), so that the result does not depend on the threads. */
#ifndef MIEN_SOURCE_H
#define MIEN_SOURCE_H

#include "base/reduce.h"
#include "mien.h"

/* Some images of another source, in any order. Neither memory is owned. */
typedef struct mien_selection {
    const mien_source *from;
    const size_t *rows; /* n places in `from` */
    size_t n;
} mien_selection;

mien_source mien_selection_source(const mien_selection *selection);

typedef struct mien_tiling {
    size_t n, p;
    size_t rows;   /* images a tile, the last may have fewer */
    size_t tiles;  /* how many tiles */
    size_t leaves; /* runs of tiles, a power of two of them: so many threads can share a pass */
    size_t wanted; /* leaves there would be if their sums had all the memory they asked for */
} mien_tiling;

/* Depends on nothing but the numbers: results must not depend on threads. r is the number of rows
 * of the p-sized sums that a leaf has. All their sums together stay below 64 MB or a quarter of X
 * as floats, whichever is more; only where four of them are more than that there are four. */
mien_tiling mien_tiling_plan(size_t n, size_t p, size_t r);

/* The same leaves, cut into tiles of at most about `rows` images, at least 16, all nearly alike. */
mien_tiling mien_tiling_with_rows(const mien_tiling *plan, size_t rows);

typedef struct mien_tile {
    const float *x;      /* count x p */
    size_t first, count; /* images first .. first + count - 1 */
    bool opens;          /* first of its leaf: sums start here */
    double *doubles;     /* of the pass' sums, so far: 0 where the leaf begins */
    float *floats;       /* the same, not cleared: what `opens` writes, others add to */
    unsigned worker;
} mien_tile;

typedef void (*mien_tile_fn)(void *context, const mien_tile *tile);

/* Call `visit` for every tile, on all threads of the pool; tiles of a leaf come in order, to one
 * thread. Of ranks each visits its own: what the pass sums comes to all, what it writes a row an
 * image stands where it was written until mien_pass_gather().
 *   buffers  mien_pool_threads() pointers to rows x p floats
 *   sums     of as many leaves as the tiling has; NULL: the pass sums nothing */
void mien_pass(mien_pool *pool, const mien_source *X, const mien_tiling *tiling,
               float *const *buffers, mien_tile_fn visit, void *context, mien_sums *sums);

/* Rows of `size` bytes, one an image, which a pass with this tiling wrote: all of them in all
 * ranks. */
void mien_pass_gather(const mien_pool *pool, const mien_tiling *tiling, void *rows, size_t size);

/* Such rows of one tiling come to where they are wanted in another: every rank then has those of
 * its images in that. */
void mien_pass_move(const mien_pool *pool, const mien_tiling *from, const mien_tiling *to,
                    void *rows, size_t size);

/* The first image of rank `rank` of so many. */
size_t mien_pass_first(const mien_tiling *tiling, unsigned rank, unsigned size);

/* The images of this rank: the first, and *end <- the one behind the last. Alone: all of them. */
size_t mien_pass_own(const mien_pool *pool, const mien_tiling *tiling, size_t *end);

#endif
