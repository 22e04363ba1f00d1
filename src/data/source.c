/* source.c - X as tiles of consecutive images, and passes over them.
 * SPDX-License-Identifier: MIT */
#include "data/source.h"

#include "base/memory.h"
#include "base/team.h"
#include "mien.h"

#include <string.h>

enum {
    /* A tile and its model WH stand together in a second-level cache of half a megabyte. */
    TILE_FLOATS = 56 * 1024,
    TILE_MOST = 256,   /* beyond it GEMM gains nothing, measured at p = 361 */
    TILE_LEAST = 16,   /* below it GEMM starves; large images then overflow the cache */
    LEAF_IMAGES = 128, /* adding the sums of smaller leaves would cost what more threads gain */
    LEAVES_SOON = 256, /* so many leaves there are of that size; more are larger, for ranks */
    LEAF_IMAGES_LATER = 1024,
    LEAVES = 16,      /* though few images are cut into so many, if each has a tile */
    LEAVES_LEAST = 4, /* however large the sums: for the processors of a small machine */
    SUM_BYTES = 64 * 1024 * 1024
};

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
                         .data = selection,
                         .shape = selection->from->shape};
}

/* ---------------------------------------------------------------- tiles */

static size_t ratio_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

mien_tiling mien_tiling_with_rows(const mien_tiling *plan, size_t rows)
{
    mien_tiling t = *plan;
    rows = rows < TILE_LEAST ? TILE_LEAST : rows;
    size_t share = ratio_up(t.n, t.leaves), each = ratio_up(share, rows); /* images, tiles a leaf */
    t.rows = ratio_up(ratio_up(share, each), 8) * 8;
    if (ratio_up(t.n, t.rows) < t.leaves && t.rows > TILE_LEAST) /* few images: a tile a leaf */
        t.rows -= 8;
    t.rows = t.rows < TILE_LEAST ? TILE_LEAST : t.rows;
    t.tiles = ratio_up(t.n, t.rows);
    return t;
}

mien_tiling mien_tiling_plan(size_t n, size_t p, size_t r)
{
    size_t bytes = sizeof(float) * (r ? r : 1) * (p + r),
           quarter = n * p; /* sizeof(float) n p / 4 */
    size_t few = ratio_up(n, TILE_LEAST), most = n / LEAF_IMAGES;
    few = few < LEAVES ? few : LEAVES;
    if (most > LEAVES_SOON)
        most = n / LEAF_IMAGES_LATER > LEAVES_SOON ? n / LEAF_IMAGES_LATER : LEAVES_SOON;
    most = most > few ? most : few;
    mien_tiling t = {.n = n, .p = p, .wanted = mien_leaves(most, 0, SIZE_MAX)};
    t.leaves = mien_leaves(most, bytes, quarter > SUM_BYTES ? quarter : SUM_BYTES);
    if (t.leaves < LEAVES_LEAST)
        t.leaves = t.wanted < LEAVES_LEAST ? t.wanted : LEAVES_LEAST;
    size_t rows = TILE_FLOATS / (p ? p : 1) / 8 * 8;
    return mien_tiling_with_rows(&t, rows < TILE_MOST ? rows : TILE_MOST);
}

size_t mien_pass_threads(size_t n, size_t p, size_t r, size_t *wanted)
{
    mien_tiling t = mien_tiling_plan(n, p, r);
    *wanted = t.wanted;
    return t.leaves;
}

struct pass {
    const mien_source *X;
    const mien_tiling *tiling;
    float *const *buffers;
    mien_tile_fn visit;
    void *context;
};

static void visit_leaf(void *context, size_t leaf, unsigned worker, double *doubles, float *floats)
{
    const struct pass *pass = context;
    const mien_tiling *t = pass->tiling;
    size_t begin = leaf * t->tiles / t->leaves, end = (leaf + 1) * t->tiles / t->leaves;
    size_t from = begin * t->rows, until = end * t->rows < t->n ? end * t->rows : t->n;
    if (pass->X->expect && from < until)
        pass->X->expect(pass->X->data, from, until - from);
    for (size_t tile = begin; tile < end; tile++) {
        size_t first = tile * t->rows;
        size_t count = t->n - first < t->rows ? t->n - first : t->rows;
        const float *x = pass->X->tile(pass->X->data, first, count, pass->buffers[worker]);
        mien_tile now = {.x = x,
                         .first = first,
                         .count = count,
                         .opens = tile == begin,
                         .doubles = doubles,
                         .floats = floats,
                         .worker = worker};
        pass->visit(pass->context, &now);
        mien_memory_tick();
    }
}

/* A pass that sums nothing. */
struct leaves_alone {
    struct pass *pass;
    size_t first; /* leaf of this rank */
};

static void visit_leaf_alone(void *context, size_t task, unsigned worker)
{
    const struct leaves_alone *alone = context;
    visit_leaf(alone->pass, alone->first + task, worker, NULL, NULL);
}

void mien_pass(mien_pool *pool, const mien_source *X, const mien_tiling *tiling,
               float *const *buffers, mien_tile_fn visit, void *context, mien_sums *sums)
{
    struct pass pass = {X, tiling, buffers, visit, context};
    if (sums) {
        mien_reduce(pool, sums, visit_leaf, &pass);
        return;
    }
    const mien_team *team = mien_pool_team(pool);
    unsigned rank = mien_team_rank(team), size = mien_team_size(team);
    struct leaves_alone alone = {&pass, mien_leaves_first(tiling->leaves, rank, size)};
    mien_pool_run(pool, mien_leaves_first(tiling->leaves, rank + 1, size) - alone.first,
                  visit_leaf_alone, &alone);
}

/* ---------------------------------------------------------------- ranks */

size_t mien_pass_first(const mien_tiling *t, unsigned rank, unsigned size)
{
    size_t tile = mien_leaves_first(t->leaves, rank, size) * t->tiles / t->leaves;
    return tile < t->tiles ? tile * t->rows : t->n;
}

struct share {
    const mien_tiling *tiling;
    unsigned size;
};

static size_t first_image(const void *context, unsigned rank)
{
    const struct share *s = context;
    return mien_pass_first(s->tiling, rank, s->size);
}

void mien_pass_gather(const mien_pool *pool, const mien_tiling *tiling, void *rows, size_t size)
{
    const mien_team *team = mien_pool_team(pool);
    struct share share = {tiling, mien_team_size(team)};
    mien_team_gather(team, rows, size, first_image, &share);
}

void mien_pass_move(const mien_pool *pool, const mien_tiling *from, const mien_tiling *to,
                    void *rows, size_t size)
{
    const mien_team *team = mien_pool_team(pool);
    struct share stood = {from, mien_team_size(team)}, stand = {to, mien_team_size(team)};
    mien_team_move(team, rows, size, (mien_team_shares){first_image, &stood},
                   (mien_team_shares){first_image, &stand});
}

size_t mien_pass_own(const mien_pool *pool, const mien_tiling *tiling, size_t *end)
{
    const mien_team *team = mien_pool_team(pool);
    struct share share = {tiling, mien_team_size(team)};
    *end = first_image(&share, mien_team_rank(team) + 1);
    return first_image(&share, mien_team_rank(team));
}
