/* kmeans_start.c - first centroids of k-means: greedy k-means++.
 * SPDX-License-Identifier: MIT
 *
 *   c_1     an image drawn uniformly
 *   c_k     of 2 + log r images, drawn in proportion to D_i^2, the one that leaves the least
 *           potential  sum_i D_i^2,   D_i the distance of image i to its nearest centroid so far
 *
 * Arthur & Vassilvitskii, SODA 2007; the greedy variant is that of their section 5 and of
 * scikit-learn. Word by word it costs a pass over X for each centroid, with a GEMM too thin to pay
 * for the pass. So candidates for about three centroids are drawn at once and their distances
 * computed in one pass. A candidate that was drawn when its D^2 was d and comes up when that has
 * fallen to d' is kept with probability d'/d, which makes it a draw in proportion to D'^2:
 * rejection sampling, exact. D falls slowly, nearly all are kept.
 *
 * Distances are float32: they only weigh a lottery. What float32 cannot tell from zero counts as
 * zero, so that a second copy of an image is not drawn while there are other images. */
#include "methods/kmeans/kmeans.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "linalg/blas.h"

#include <math.h>
#include <string.h>

enum {
    CENTROIDS_A_PASS = 3, /* more, and early draws are rejected too often to gain */
    GEMM_COLUMNS = 8,     /* OpenBLAS has kernels that do not pack for products so thin */
    LONG_START = 1 << 27  /* n p r from which a start takes a second or so: the user is asked */
};

struct lottery {
    mien_run *run;
    const float *spread; /* n, |x_i - mu| */
    float *closest;      /* n, D_i^2 */
    size_t leaves;       /* runs of images, for sums in a fixed tree */
    double *potential;   /* leaves, sum of closest */
    uint64_t randoms;    /* random numbers used */

    size_t count;            /* candidates that are drawn; arrays have room for `most` */
    size_t next;             /* first that has not come up yet */
    size_t *image;           /* most, which image the candidate is */
    float *weight;           /* most, its D^2 when it was drawn */
    float *square;           /* most x n, |x_i - candidate|^2 */
    mien_centres candidates; /* most */
    double *pixels;          /* p */

    size_t trials;   /* candidates 0 .. trials - 1 compete for the next centroid */
    double *outcome; /* most x leaves, potential if the candidate won */
};

/* square <- |x - c|^2, where square holds x'(c - mu). */
MIEN_LOOP(static, kmeans_squares,
          (float *restrict square, const float *restrict spread, size_t count, float offset,
           float radius, float slack, float error),
          (square, spread, count, offset, radius, slack, error))
{
    for (size_t i = 0; i < count; i++) {
        float s = spread[i], reach = s + radius;
        float v = s * s - 2 * square[i] + offset;
        square[i] = v > error * reach * reach + slack ? v : 0;
    }
}

/* sum of min(a, b) */
MIEN_LOOP_OF(static, double, kmeans_sum_min, (const float *a, const float *b, size_t count),
             (a, b, count))
{
    enum { LANES = 8 };
    double lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += a[i + l] < b[i + l] ? a[i + l] : b[i + l];
    for (; i < count; i++)
        lanes[0] += a[i] < b[i] ? a[i] : b[i];
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
           ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

static double uniform(struct lottery *lot)
{
    return mien_random_uniform(lot->run->seed, MIEN_STREAM_CENTROIDS, lot->randoms++);
}

/* An image in proportion to D^2; any image, when nothing is left of that. */
static size_t draw(struct lottery *lot)
{
    size_t n = lot->run->X->n, leaf = 0;
    double u = uniform(lot), rest = u * mien_reduce_values(lot->potential, lot->leaves);
    if (!(rest > 0)) {
        size_t i = (size_t)(u * (double)n);
        return i < n ? i : n - 1;
    }
    while (leaf + 1 < lot->leaves && rest >= lot->potential[leaf])
        rest -= lot->potential[leaf++];
    size_t chosen = leaf * n / lot->leaves, end = (leaf + 1) * n / lot->leaves;
    for (size_t i = chosen; i < end && rest >= 0; i++)
        if (lot->closest[i] > 0) {
            chosen = i;
            rest -= lot->closest[i];
        }
    return chosen;
}

static void read_pixels(const struct lottery *lot, size_t i, double *pixels)
{
    const mien_source *X = lot->run->X;
    const float *x = X->tile(X->data, i, 1, lot->run->buffers[0]);
    for (size_t j = 0; j < X->p; j++)
        pixels[j] = x[j];
}

static void visit_candidates(void *context, const mien_tile *tile)
{
    struct lottery *lot = context;
    const mien_centres *c = &lot->candidates;
    size_t n = lot->run->X->n, p = c->p;
    for (size_t t = lot->next; t < lot->count; t += GEMM_COLUMNS) {
        size_t columns = lot->count - t < GEMM_COLUMNS ? lot->count - t : GEMM_COLUMNS;
        mien_sgemm(false, true, columns, tile->count, p, 1, c->C + t * p, p, tile->x, p, 0,
                   lot->square + t * n + tile->first, n);
    }
    for (size_t t = lot->next; t < lot->count; t++)
        kmeans_squares(lot->square + t * n + tile->first, lot->spread + tile->first, tile->count,
                       c->offset[t], c->radius[t], c->slack[t], c->error);
}

/* Draw candidates `from` .. `to` - 1 and measure them against all images. */
static void draw_candidates(struct lottery *lot, size_t from, size_t to)
{
    for (size_t t = from; t < to; t++) {
        lot->image[t] = draw(lot);
        lot->weight[t] = lot->closest[lot->image[t]];
        read_pixels(lot, lot->image[t], lot->pixels);
        mien_centres_set(&lot->candidates, t, lot->pixels);
    }
    lot->next = from;
    lot->count = to;
    mien_run_pass(lot->run, visit_candidates, lot, NULL);
    for (size_t t = from; t < to; t++)
        mien_run_gather(lot->run, lot->square + t * lot->run->X->n, sizeof *lot->square);
}

/* Bring `trials` candidates that are draws in proportion to D^2 to the front. */
static void pick_trials(struct lottery *lot, size_t trials, size_t capacity)
{
    size_t n = lot->run->X->n;
    lot->trials = 0;
    while (lot->trials < trials) {
        if (lot->next == lot->count)
            draw_candidates(lot, lot->trials, capacity);
        size_t t = lot->next++, to = lot->trials;
        if (uniform(lot) * lot->weight[t] > lot->closest[lot->image[t]])
            continue; /* never a new one */
        if (t != to) {
            lot->image[to] = lot->image[t];
            memcpy(lot->square + to * n, lot->square + t * n, n * sizeof *lot->square);
        }
        lot->trials++;
    }
}

static void measure_outcomes(void *context, size_t leaf, unsigned worker)
{
    struct lottery *lot = context;
    size_t n = lot->run->X->n, first = leaf * n / lot->leaves;
    size_t count = (leaf + 1) * n / lot->leaves - first;
    (void)worker;
    for (size_t t = 0; t < lot->trials; t++)
        lot->outcome[t * lot->leaves + leaf] =
            kmeans_sum_min(lot->closest + first, lot->square + t * n + first, count);
}

/* The candidate that leaves the least potential becomes a centroid. */
static void take_best(struct lottery *lot, double *mean)
{
    size_t n = lot->run->X->n, leaves = lot->leaves, best = 0;
    mien_pool_run(lot->run->pool, leaves, measure_outcomes, lot);
    for (size_t t = 1; t < lot->trials; t++)
        if (mien_reduce_values(lot->outcome + t * leaves, leaves) <
            mien_reduce_values(lot->outcome + best * leaves, leaves))
            best = t;
    const float *square = lot->square + best * n;
    for (size_t i = 0; i < n; i++)
        lot->closest[i] = square[i] < lot->closest[i] ? square[i] : lot->closest[i];
    memcpy(lot->potential, lot->outcome + best * leaves, leaves * sizeof *lot->potential);
    read_pixels(lot, lot->image[best], mean);
}

/* Whether the user lets a start go on that takes long. */
static bool may_go_on(mien_run *run)
{
    double work = (double)run->X->n * (double)run->X->p * (double)run->options->r;
    return work < LONG_START || mien_run_tell(run, 0, NAN);
}

/* An end was asked for: any images are the centroids that are missing, without a pass over X. */
static void take_any(struct lottery *lot, size_t first, double *means)
{
    size_t n = lot->run->X->n, p = lot->run->X->p, r = lot->run->options->r;
    for (size_t k = first; k < r; k++)
        read_pixels(lot, k * n / r, means + k * p);
}

mien_status mien_kmeans_start(mien_run *run, const float *spread, double *means)
{
    size_t n = run->X->n, p = run->X->p, r = run->options->r;
    size_t leaves = run->tiling.leaves, trials = 2 + (size_t)log((double)r);
    size_t most = (CENTROIDS_A_PASS * trials + GEMM_COLUMNS - 1) / GEMM_COLUMNS * GEMM_COLUMNS;
    struct lottery lot = {.run = run,
                          .spread = spread,
                          .closest = mien_arena_alloc(run->arena, n, sizeof(float)),
                          .leaves = leaves,
                          .potential = mien_arena_alloc(run->arena, leaves, sizeof(double)),
                          .image = mien_arena_alloc(run->arena, most, sizeof(size_t)),
                          .weight = mien_arena_alloc(run->arena, most, sizeof(float)),
                          .square = mien_arena_alloc(run->arena, most * n, sizeof(float)),
                          .candidates = mien_centres_alloc(most, run),
                          .pixels = mien_arena_alloc(run->arena, p, sizeof(double)),
                          .outcome = mien_arena_alloc(run->arena, most * leaves, sizeof(double))};
    if (run->arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        lot.closest[i] = INFINITY;
    pick_trials(&lot, 1, 1);
    take_best(&lot, means);
    for (size_t k = 1; k < r; k++) {
        if (!may_go_on(run)) {
            take_any(&lot, k, means);
            break;
        }
        pick_trials(&lot, trials, most);
        take_best(&lot, means + k * p);
    }
    return MIEN_OK;
}
