/* source.c - X as tiles of consecutive images, and passes over them.
 * SPDX-License-Identifier: MIT */
#include "data/source.h"

#include <string.h>

enum {
    /* A tile and its model WH stand together in a second-level cache of half a megabyte. */
    TILE_FLOATS = 48 * 1024,
    TILE_MOST = 256, /* beyond it GEMM gains nothing, measured at p = 361 */
    TILE_LEAST = 16, /* below it GEMM starves; large images then overflow the cache */
    /* Sums of a group, r x p floats, for all groups together. */
    SUM_BYTES = 32 * 1024 * 1024,
    GROUPS_LEAST = 4,
    PLENTY = 8 /* tiles a group */
};

static size_t clamp(size_t value, size_t least, size_t most)
{
    return value < least ? least : value > most ? most : value;
}

static const float *float_tile(const void *data, size_t first, size_t count, float *buffer)
{
    const mien_float_view *view = data;
    (void)count;
    (void)buffer;
    return view->values + first * view->p;
}

static void float_strip(const void *data, const size_t *rows, size_t n, size_t first, size_t count,
                        float *strip, size_t stride)
{
    const mien_float_view *view = data;
    for (size_t i = 0; i < n; i++) {
        const float *x = view->values + (rows ? rows[i] : i) * view->p + first;
        for (size_t c = 0; c < count; c++)
            strip[c * stride + i] = x[c];
    }
}

mien_source mien_float_source(const mien_float_view *view)
{
    return (mien_source){
        .n = view->n, .p = view->p, .tile = float_tile, .strip = float_strip, .data = view};
}

/* ---------------------------------------------------------------- a choice of images */

static const float *chosen_tile(const void *data, size_t first, size_t count, float *buffer)
{
    const mien_selection *s = data;
    for (size_t i = 0; i < count; i++) {
        float *to = buffer + i * s->from->p;
        const float *x = s->from->tile(s->from->data, s->rows[first + i], 1, to);
        if (x != to)
            memcpy(to, x, s->from->p * sizeof *to);
    }
    return buffer;
}

static void chosen_strip(const void *data, const size_t *rows, size_t n, size_t first, size_t count,
                         float *strip, size_t stride)
{
    enum { SOME = 256 };
    const mien_selection *s = data;
    size_t places[SOME];
    if (!rows) {
        s->from->strip(s->from->data, s->rows, n, first, count, strip, stride);
        return;
    }
    for (size_t i = 0; i < n; i += SOME) { /* a choice of a choice */
        size_t some = n - i < SOME ? n - i : SOME;
        for (size_t k = 0; k < some; k++)
            places[k] = s->rows[rows[i + k]];
        s->from->strip(s->from->data, places, some, first, count, strip + i, stride);
    }
}

mien_source mien_selection_source(const mien_selection *selection)
{
    return (mien_source){.n = selection->n,
                         .p = selection->from->p,
                         .tile = chosen_tile,
                         .strip = chosen_strip,
                         .data = selection};
}

/* ---------------------------------------------------------------- tiles */

mien_tiling mien_tiling_plan(size_t n, size_t p, size_t r)
{
    size_t rows = clamp(TILE_FLOATS / (p ? p : 1) / 8 * 8, TILE_LEAST, TILE_MOST);
    /* few images: tiles small enough to give every group one, while they stay worth a GEMM */
    size_t share = (n + MIEN_GROUPS - 1) / MIEN_GROUPS;
    if (rows > share)
        rows = share < TILE_LEAST ? TILE_LEAST : (share + 7) / 8 * 8;
    size_t tiles = (n + rows - 1) / rows;
    size_t bytes = sizeof(float) * (r ? r : 1) * (p ? p : 1);
    size_t most = tiles < MIEN_GROUPS_MOST * PLENTY ? MIEN_GROUPS : MIEN_GROUPS_MOST;
    size_t groups = clamp(SUM_BYTES / bytes, GROUPS_LEAST, most);
    return (mien_tiling){
        .n = n, .p = p, .rows = rows, .tiles = tiles, .groups = tiles < groups ? tiles : groups};
}

struct pass {
    const mien_source *X;
    const mien_tiling *tiling;
    float *const *buffers;
    mien_tile_fn visit;
    void *context;
};

static void visit_group(void *context, size_t group, unsigned worker)
{
    const struct pass *pass = context;
    const mien_tiling *t = pass->tiling;
    size_t begin = group * t->tiles / t->groups, end = (group + 1) * t->tiles / t->groups;
    for (size_t tile = begin; tile < end; tile++) {
        size_t first = tile * t->rows;
        size_t count = t->n - first < t->rows ? t->n - first : t->rows;
        const float *x = pass->X->tile(pass->X->data, first, count, pass->buffers[worker]);
        mien_tile now = {.x = x,
                         .first = first,
                         .count = count,
                         .group = group,
                         .opens = tile == begin,
                         .worker = worker};
        pass->visit(pass->context, &now);
    }
}

void mien_pass(mien_pool *pool, const mien_source *X, const mien_tiling *tiling,
               float *const *buffers, mien_tile_fn visit, void *context)
{
    struct pass pass = {X, tiling, buffers, visit, context};
    mien_pool_run(pool, tiling->groups, visit_group, &pass);
}
