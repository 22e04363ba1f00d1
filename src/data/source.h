/* source.h - X as tiles of consecutive images, and passes over them.
 * SPDX-License-Identifier: MIT
 *
 * A method never sees all of X as floats: it makes passes. In a pass every tile is expanded into
 * a worker's buffer, which stays in its second-level cache, and handed to a function. Tiles are
 * gathered into groups, the unit of work of a thread: sums over images are kept per group and
 * added in the order of the groups, so that the result does not depend on the threads. */
#ifndef MIEN_SOURCE_H
#define MIEN_SOURCE_H

#include "base/parallel.h"
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
    size_t groups; /* how many groups of consecutive tiles; see MIEN_GROUPS */
} mien_tiling;

/* More groups than threads, so that a slow thread does not hold up a pass; not many more, since
 * each may carry sums of the basis' size. A number of the data: results must not depend on threads.
 * Twice as many when there are tiles in plenty: at the end of a pass half a group is waited for. */
enum { MIEN_GROUPS = 16, MIEN_GROUPS_MOST = 32 };

/* r is the number of rows of the p-sized sums that a group may carry. */
mien_tiling mien_tiling_plan(size_t n, size_t p, size_t r);

typedef struct mien_tile {
    const float *x;      /* count x p */
    size_t first, count; /* images first .. first + count - 1 */
    size_t group;
    bool opens; /* first of its group: sums start here */
    unsigned worker;
} mien_tile;

typedef void (*mien_tile_fn)(void *context, const mien_tile *tile);

/* Call `visit` for every tile, on all threads of the pool; tiles of a group come in order, to one
 * thread. buffers: mien_pool_threads() pointers to rows x p floats. */
void mien_pass(mien_pool *pool, const mien_source *X, const mien_tiling *tiling,
               float *const *buffers, mien_tile_fn visit, void *context);

#endif
