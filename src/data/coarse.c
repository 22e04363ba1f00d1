/* coarse.c - the same pictures, smaller: a coarser source, and the way back for a basis.
 * SPDX-License-Identifier: MIT */
#include "data/coarse.h"

#include "base/memory.h"
#include "base/team.h"
#include "data/pixels.h"

#include <float.h>
#include <math.h>
#include <string.h>

static size_t ratio_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

mien_shape mien_coarse_shape(mien_shape whole, size_t factor)
{
    return (mien_shape){ratio_up(whole.height, factor), ratio_up(whole.width, factor),
                        whole.channels};
}

/* ---------------------------------------------------------------- samples */

enum { FLOATS_A_TASK = 1 << 16 }; /* of images that a thread takes in a row */

struct reduction {
    const mien_source *X;
    mien_coarse *out;
    size_t each;   /* images a task */
    float **image; /* p a worker: an image of X */
    float **small; /* the same, reduced */
    unsigned ranks;
    size_t first; /* task of this rank */
};

static size_t tasks_before(const struct reduction *r, unsigned rank)
{
    return mien_team_first(ratio_up(r->X->n, r->each), rank, r->ranks);
}

static size_t first_image(const void *context, unsigned rank)
{
    const struct reduction *r = context;
    size_t image = tasks_before(r, rank) * r->each;
    return image < r->X->n ? image : r->X->n;
}

static void reduce_image(const float *x, mien_shape whole, size_t factor, float *small)
{
    size_t channels = whole.channels;
    for (size_t y = 0; y < whole.height; y += factor)
        for (size_t left = 0; left < whole.width; left += factor, small += channels)
            memcpy(small, x + (y * whole.width + left) * channels, channels * sizeof *small);
}

/* To 16 bits between the image's own least and largest value: 0 stays 0 where nothing is below. */
static void store_image(const float *small, mien_pixels *pixels, size_t i)
{
    uint16_t *to = (uint16_t *)pixels->values + i * pixels->p;
    float least = 0, most = 0;
    for (size_t j = 0; j < pixels->p; j++) {
        least = fminf(least, small[j]);
        most = fmaxf(most, small[j]);
    }
    float step = (most - least) / UINT16_MAX, steps = step > 0 ? 1 / step : 0;
    for (size_t j = 0; j < pixels->p; j++)
        to[j] = (uint16_t)((small[j] - least) * steps + 0.5f);
    pixels->gain[i] = step;
    pixels->center[i] = 0;
    pixels->offset[i] = least;
}

static void reduce_some(void *context, size_t task, unsigned worker)
{
    const struct reduction *r = context;
    size_t first = (r->first + task) * r->each, end = first + r->each;
    if (r->X->expect)
        r->X->expect(r->X->data, first, (end < r->X->n ? end : r->X->n) - first);
    for (size_t i = first; i < end && i < r->X->n; i++) {
        const float *x = r->X->tile(r->X->data, i, 1, r->image[worker]);
        reduce_image(x, r->X->shape, r->out->factor, r->small[worker]);
        store_image(r->small[worker], &r->out->pixels, i);
    }
}

/* Every rank its own images; what they become comes to all. */
static void reduce_all(mien_pool *pool, struct reduction *r)
{
    const mien_team *team = mien_pool_team(pool);
    unsigned rank = mien_team_rank(team);
    mien_pixels *pixels = &r->out->pixels;
    r->ranks = mien_team_size(team);
    r->first = tasks_before(r, rank);
    mien_pool_run(pool, tasks_before(r, rank + 1) - r->first, reduce_some, r);
    mien_team_gather(team, pixels->values, pixels->p * sizeof(uint16_t), first_image, r);
    mien_team_gather(team, pixels->gain, sizeof *pixels->gain, first_image, r);
    mien_team_gather(team, pixels->center, sizeof *pixels->center, first_image, r);
    mien_team_gather(team, pixels->offset, sizeof *pixels->offset, first_image, r);
}

mien_status mien_coarse_make(mien_pool *pool, const mien_source *X, size_t factor, mien_coarse *out)
{
    mien_coarse coarse = {.factor = factor, .shape = mien_coarse_shape(X->shape, factor)};
    mien_arena arena = {0};
    size_t p = mien_shape_size(coarse.shape);
    unsigned workers = mien_pool_threads(pool);
    struct reduction r = {.X = X,
                          .out = &coarse,
                          .each = ratio_up(FLOATS_A_TASK, X->p),
                          .image = mien_arena_alloc_each(&arena, workers, X->p, sizeof(float)),
                          .small = mien_arena_alloc_each(&arena, workers, p, sizeof(float))};
    mien_status st =
        arena.failed ? MIEN_ERR_NOMEM : mien_pixels_alloc(X->n, p, MIEN_U16, &coarse.pixels);
    if (!st) {
        coarse.pixels.lower = -FLT_MAX;
        coarse.pixels.upper = FLT_MAX;
        coarse.pixels.gain = mien_alloc_raw(X->n, sizeof(float));
        coarse.pixels.center = mien_alloc_raw(X->n, sizeof(float));
        coarse.pixels.offset = mien_alloc_raw(X->n, sizeof(float));
        if (!coarse.pixels.gain || !coarse.pixels.center || !coarse.pixels.offset)
            st = MIEN_ERR_NOMEM;
    }
    if (!st)
        reduce_all(pool, &r);
    mien_arena_free(&arena);
    if (st)
        mien_coarse_free(&coarse);
    else
        *out = coarse;
    return st;
}

void mien_coarse_free(mien_coarse *coarse)
{
    if (coarse)
        mien_pixels_free(&coarse->pixels);
}

mien_source mien_coarse_source(const mien_coarse *coarse)
{
    mien_source X = mien_pixels_source(&coarse->pixels);
    X.shape = coarse->shape;
    return X;
}

/* ---------------------------------------------------------------- the way back */

/* Between which two of `count` samples a line's pixel `at` lies, and how near the second. */
struct between {
    size_t first, second;
    float share;
};

static struct between place(size_t at, size_t factor, size_t count)
{
    size_t first = at / factor, second = first + 1 < count ? first + 1 : first;
    return (struct between){first, second, (float)(at % factor) / (float)factor};
}

/* Value c of a picture's pixel between four others. */
#define BETWEEN_FOUR(from)                                                                         \
    ((1 - rows.share) * ((1 - columns.share) * (float)(from)[upper + left] +                       \
                         columns.share * (float)(from)[upper + right]) +                           \
     rows.share * ((1 - columns.share) * (float)(from)[lower + left] +                             \
                   columns.share * (float)(from)[lower + right]))

/* One picture, of floats or of bytes: the other is NULL. */
static void enlarge(const float *floats, const uint8_t *bytes, mien_shape f, size_t factor,
                    float *to_floats, uint8_t *to_bytes, mien_shape t)
{
    size_t line = f.width * f.channels;
    for (size_t y = 0; y < t.height; y++) {
        struct between rows = place(y, factor, f.height);
        size_t upper = rows.first * line, lower = rows.second * line;
        for (size_t x = 0; x < t.width; x++) {
            struct between columns = place(x, factor, f.width);
            size_t left = columns.first * f.channels, right = columns.second * f.channels;
            for (size_t c = 0; c < t.channels; c++, left++, right++)
                if (floats)
                    *to_floats++ = BETWEEN_FOUR(floats);
                else
                    *to_bytes++ = (uint8_t)(BETWEEN_FOUR(bytes) + 0.5f);
        }
    }
}

void mien_coarse_enlarge(const float *from, mien_shape from_shape, size_t factor, float *to,
                         mien_shape to_shape, size_t r)
{
    for (size_t k = 0; k < r; k++)
        enlarge(from + k * mien_shape_size(from_shape), NULL, from_shape, factor,
                to + k * mien_shape_size(to_shape), NULL, to_shape);
}

void mien_coarse_enlarge_bytes(const uint8_t *from, mien_shape from_shape, size_t factor,
                               uint8_t *to, mien_shape to_shape, size_t count)
{
    for (size_t k = 0; k < count; k++)
        enlarge(NULL, from + k * mien_shape_size(from_shape), from_shape, factor, NULL,
                to + k * mien_shape_size(to_shape), to_shape);
}
