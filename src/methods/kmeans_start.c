/* kmeans_start.c - first centroids of k-means: greedy k-means++.
 * SPDX-License-Identifier: MIT
 *
 *   c_1     an image drawn uniformly
 *   c_k     of 2 + log r images, drawn in proportion to D_i^2, the one that leaves the least
 *           potential  sum_i D_i^2,   D_i the distance of image i to its nearest centroid so far
 *
 * Arthur & Vassilvitskii, SODA 2007; the greedy variant is the one of their section 5 and of
 * scikit-learn. Cost r passes over X, each a GEMM of a tile with the few candidates. Distances are
 * float32: they only weigh a lottery. What float32 cannot tell from zero counts as zero, so that
 * a second copy of an image is not drawn while there are other images. */
#include "methods/kmeans.h"

#include "base/clones.h"
#include "base/rng.h"
#include "linalg/blas.h"

#include <math.h>
#include <string.h>

struct lottery {
    mien_run *run;
    size_t trials;
    mien_centres candidates; /* trials */
    double *image;           /* trials x p, the candidates' images */
    const float *spread;     /* n, |x_i - mu| */
    float *closest;          /* n, D_i^2 */
    float *trial;            /* trials x n, D_i^2 if the candidate were taken */
    double *potential;       /* groups, sum of closest */
    double *outcome;         /* trials x groups, sum of trial */
    size_t *begin;           /* groups + 1, first image of each group */
};

/* trial <- min(closest, |x - c|^2), where trial holds x'(c - mu). */
MIEN_CLONES
static void kmeans_min_distance(float *restrict trial, const float *restrict closest,
                                const float *restrict spread, size_t count, float offset,
                                float radius, float slack, float error)
{
    for (size_t i = 0; i < count; i++) {
        float s = spread[i], reach = s + radius;
        float square = s * s - 2 * trial[i] + offset;
        square = square > error * reach * reach + slack ? square : 0;
        trial[i] = square < closest[i] ? square : closest[i];
    }
}

static double sum(const float *v, size_t count)
{
    double lanes[4] = {0};
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (size_t l = 0; l < 4; l++)
            lanes[l] += v[i + l];
    for (; i < count; i++)
        lanes[0] += v[i];
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

static void visit_candidates(void *context, const mien_tile *tile)
{
    struct lottery *lot = context;
    const mien_centres *c = &lot->candidates;
    size_t n = lot->run->X->n, p = c->p, groups = lot->run->tiling.groups;
    float *trial = lot->trial + tile->first;
    if (lot->begin[tile->group] > tile->first)
        lot->begin[tile->group] = tile->first;
    mien_sgemm(false, true, lot->trials, tile->count, p, 1, c->C, p, tile->x, p, 0, trial, n);
    for (size_t t = 0; t < lot->trials; t++, trial += n) {
        kmeans_min_distance(trial, lot->closest + tile->first, lot->spread + tile->first,
                            tile->count, c->offset[t], c->radius[t], c->slack[t], c->error);
        lot->outcome[t * groups + tile->group] += sum(trial, tile->count);
    }
}

static double total(const double *potential, size_t groups)
{
    double sum_of_groups = 0;
    for (size_t g = 0; g < groups; g++)
        sum_of_groups += potential[g];
    return sum_of_groups;
}

/* The image at share u of the potential; of the images, when nothing is left of it. */
static size_t draw(const struct lottery *lot, double u)
{
    size_t n = lot->run->X->n, groups = lot->run->tiling.groups, group = 0;
    double rest = u * total(lot->potential, groups);
    if (!(rest > 0)) {
        size_t i = (size_t)(u * (double)n);
        return i < n ? i : n - 1;
    }
    while (group + 1 < groups && rest >= lot->potential[group])
        rest -= lot->potential[group++];
    size_t chosen = lot->begin[group];
    for (size_t i = chosen; i < lot->begin[group + 1]; i++) {
        if (!(lot->closest[i] > 0))
            continue;
        chosen = i;
        rest -= lot->closest[i];
        if (rest < 0)
            break;
    }
    return chosen;
}

static void take_candidate(struct lottery *lot, size_t t, size_t i)
{
    const mien_source *X = lot->run->X;
    const float *x = X->tile(X->data, i, 1, lot->run->buffers[0]);
    double *image = lot->image + t * X->p;
    for (size_t j = 0; j < X->p; j++)
        image[j] = x[j];
    mien_centres_set(&lot->candidates, t, image);
}

/* Distances of all images to the candidates; returns the candidate that leaves the least. */
static size_t try_candidates(struct lottery *lot)
{
    size_t groups = lot->run->tiling.groups, best = 0;
    memset(lot->outcome, 0, lot->trials * groups * sizeof *lot->outcome);
    mien_run_pass(lot->run, visit_candidates, lot);
    double least = total(lot->outcome, groups);
    for (size_t t = 1; t < lot->trials; t++) {
        double left = total(lot->outcome + t * groups, groups);
        if (left < least) {
            least = left;
            best = t;
        }
    }
    return best;
}

static void take_centroid(struct lottery *lot, size_t t, double *mean)
{
    size_t n = lot->run->X->n, p = lot->run->X->p, groups = lot->run->tiling.groups;
    memcpy(mean, lot->image + t * p, p * sizeof *mean);
    memcpy(lot->closest, lot->trial + t * n, n * sizeof *lot->closest);
    memcpy(lot->potential, lot->outcome + t * groups, groups * sizeof *lot->potential);
}

mien_status mien_kmeans_start(mien_run *run, const float *spread, double *means)
{
    size_t n = run->X->n, p = run->X->p, r = run->options->r, groups = run->tiling.groups;
    size_t trials = 2 + (size_t)log((double)r);
    struct lottery lot = {.run = run,
                          .trials = trials,
                          .candidates = mien_centres_alloc(trials, run),
                          .image = mien_arena_alloc(run->arena, trials * p, sizeof(double)),
                          .spread = spread,
                          .closest = mien_arena_alloc(run->arena, n, sizeof(float)),
                          .trial = mien_arena_alloc(run->arena, trials * n, sizeof(float)),
                          .potential = mien_arena_alloc(run->arena, groups, sizeof(double)),
                          .outcome = mien_arena_alloc(run->arena, trials * groups, sizeof(double)),
                          .begin = mien_arena_alloc(run->arena, groups + 1, sizeof(size_t))};
    if (run->arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        lot.closest[i] = INFINITY;
    for (size_t g = 0; g <= groups; g++)
        lot.begin[g] = n;

    uint64_t drawn = 0;
    for (size_t k = 0; k < r; k++) {
        lot.trials = k == 0 ? 1 : trials;
        for (size_t t = 0; t < lot.trials; t++)
            take_candidate(
                &lot, t,
                draw(&lot, mien_random_uniform(run->seed, MIEN_STREAM_CENTROIDS, drawn++)));
        take_centroid(&lot, try_candidates(&lot), means + k * p);
    }
    return MIEN_OK;
}
