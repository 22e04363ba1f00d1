/* kmeans.c - k-means, which as a factorisation is vector quantization.
 * SPDX-License-Identifier: MIT
 *
 *   minimise  sum_i |x_i - c_a(i)|^2         H: centroids c_k, W: row i is 1 at a(i), else 0
 *   a(i) <- the nearest centroid             Lloyd, IEEE Trans. Inf. Theory 28 (1982)
 *   c_k  <- mean of the images with a(i) = k
 *
 * The first step is kmeans_bounds.c, the start kmeans_start.c. Sums of members are double and
 * follow the images that change sides; they are added afresh at the end. A centroid without images
 * takes the image that is farthest from its own. Cost: N p r for the first iteration, then for the
 * images that bounds leave open alone, and N r for the bounds. */
#include "methods/kmeans/kmeans.h"

#include "base/cpu.h"
#include "base/status.h"
#include "base/team.h"
#include "methods/keep.h"
#include "methods/method.h"
#include "methods/snapshots.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Squared distances up to this share of the mean |x|^2 are rounding of a mean. */
static const double same_image = 1e-24;

/* ---------------------------------------------------------------- update */

/* sums <- sums + sign x */
MIEN_LOOP(static, kmeans_add,
          (double *restrict sums, const float *restrict x, double sign, size_t p),
          (sums, x, sign, p))
{
    for (size_t j = 0; j < p; j++)
        sums[j] += sign * x[j];
}

/* Number of images that changed sides; keeps the sizes. */
static size_t count_changes(mien_kmeans *km)
{
    size_t changes = 0;
    for (size_t i = 0; i < km->n; i++)
        if (km->cluster[i] != km->previous[i]) {
            km->sizes[km->cluster[i]]++;
            if (km->previous[i] != MIEN_KMEANS_NOBODY)
                km->sizes[km->previous[i]]--;
            changes++;
        }
    return changes;
}

/* Sort the changes by cluster, each cluster's by image. */
static void list_changes(mien_kmeans *km)
{
    memset(km->first, 0, (km->r + 1) * sizeof *km->first);
    for (size_t i = 0; i < km->n; i++)
        if (km->cluster[i] != km->previous[i]) {
            km->first[km->cluster[i] + 1]++;
            if (km->previous[i] != MIEN_KMEANS_NOBODY)
                km->first[km->previous[i] + 1]++;
        }
    for (size_t k = 0; k < km->r; k++) {
        km->filled[k] = km->first[k];
        km->first[k + 1] += km->first[k];
    }
    for (size_t i = 0; i < km->n; i++)
        if (km->cluster[i] != km->previous[i]) {
            km->changes[km->filled[km->cluster[i]]++] = i;
            if (km->previous[i] != MIEN_KMEANS_NOBODY)
                km->changes[km->filled[km->previous[i]]++] = i;
        }
}

static bool has_changes(const mien_kmeans *km, size_t k)
{
    return km->first[k] < km->first[k + 1];
}

/* Adds to cluster k's sums what changed among this rank's images. */
static void add_changes(const mien_kmeans *km, size_t k, unsigned worker)
{
    const mien_source *X = km->run->X;
    for (size_t at = km->first[k]; at < km->first[k + 1]; at++) {
        size_t i = km->changes[at];
        if (i < km->own[0] || i >= km->own[1])
            continue;
        const float *x = X->tile(X->data, i, 1, km->run->buffers[worker]);
        kmeans_add(km->sums + k * km->p, x, km->cluster[i] == (int32_t)k ? 1 : -1, km->p);
    }
}

static void move_centroid(mien_kmeans *km, size_t k)
{
    size_t p = km->p;
    double *sums = km->sums + k * p, *mean = km->means + k * p;
    km->shift[k] = 0;
    if (!has_changes(km, k))
        return;
    km->gain[k] = 0;
    if (km->sizes[k] == 0) /* keeps its place: no image to take */
        return;
    double shift = 0, gain = 0;
    for (size_t j = 0; j < p; j++) {
        double c = sums[j] / (double)km->sizes[k];
        shift += (c - mean[j]) * (c - mean[j]);
        gain += (c - km->run->mean[j]) * (c - km->run->mean[j]);
        mean[j] = c;
    }
    km->gain[k] = (double)km->sizes[k] * gain;
    km->shift[k] = mien_kmeans_rounded_up(sqrt(shift));
    mien_centres_set(&km->centres, k, mean);
}

static void update_centroid(void *context, size_t k, unsigned worker)
{
    mien_kmeans *km = context;
    add_changes(km, k, worker);
    move_centroid(km, k);
}

/* Some centroids of which a rank adds what is its own. */
struct some {
    mien_kmeans *km;
    size_t first;
};

static void add_some(void *context, size_t task, unsigned worker)
{
    const struct some *some = context;
    add_changes(some->km, some->first + task, worker);
}

static void move_one(void *context, size_t k, unsigned worker)
{
    (void)worker;
    move_centroid(context, k);
}

/* The sums go from rank to rank, each adding its images: in the order of all images, as one process
 * adds them. Some centroids at a time, so that all ranks are at work at once. The last has the
 * totals, which come to all. */
static void pass_sums_on(mien_kmeans *km, const mien_team *team)
{
    enum { BLOCKS = 8 };
    size_t p = km->p, each = (km->r + BLOCKS - 1) / BLOCKS;
    struct some some = {.km = km};
    for (some.first = 0; some.first < km->r; some.first += each) {
        size_t count = km->r - some.first < each ? km->r - some.first : each;
        if (km->first[some.first] == km->first[some.first + count])
            continue; /* as every rank knows */
        double *sums = km->sums + some.first * p;
        size_t bytes = count * p * sizeof *sums;
        if (team->rank)
            team->exchange(team->transport, MIEN_NO_RANK, NULL, 0, (int)team->rank - 1, sums,
                           bytes);
        mien_pool_run(km->run->pool, count, add_some, &some);
        if (team->rank + 1 < team->size)
            team->exchange(team->transport, (int)team->rank + 1, sums, bytes, MIEN_NO_RANK, NULL,
                           0);
    }
    mien_team_broadcast(team, team->size - 1, km->sums, km->r * p * sizeof *km->sums);
}

/* Centroids become means of their members. */
static void update(mien_kmeans *km)
{
    const mien_team *team = mien_pool_team(km->run->pool);
    list_changes(km);
    if (team)
        pass_sums_on(km, team);
    mien_pool_run(km->run->pool, km->r, team ? move_one : update_centroid, km);
    memcpy(km->previous, km->cluster, km->n * sizeof *km->previous);
}

/* The same, from nothing: what rounding left in the sums is gone. */
static void update_afresh(mien_kmeans *km)
{
    memset(km->sums, 0, km->r * km->p * sizeof *km->sums);
    for (size_t i = 0; i < km->n; i++)
        km->previous[i] = MIEN_KMEANS_NOBODY;
    update(km);
}

/* sum |x - c|^2 = sum |x - mu|^2 - sum_k size |c_k - mu|^2, for centroids that are means. */
static double inertia(const mien_kmeans *km)
{
    double rest = km->total;
    for (size_t k = 0; k < km->r; k++)
        rest -= km->gain[k];
    return rest > 0 ? rest : 0;
}

static double shift_squares(const mien_kmeans *km)
{
    double squares = 0;
    for (size_t k = 0; k < km->r; k++)
        squares += (double)km->shift[k] * km->shift[k];
    return squares;
}

/* ---------------------------------------------------------------- centroids without images */

static void measure_own_group(void *context, size_t task, unsigned worker)
{
    mien_kmeans *km = context;
    size_t group = mien_kmeans_first_group(km, 0) + task;
    const mien_source *X = km->run->X;
    size_t p = km->p, end = (group + 1) * km->n / km->groups;
    for (size_t i = group * km->n / km->groups; i < end; i++) {
        const float *x = X->tile(X->data, i, 1, km->run->buffers[worker]);
        km->distance[i] = mien_kmeans_distance(x, km->means + (size_t)km->cluster[i] * p, p);
    }
}

/* The image farthest from a centroid that it shares with others, or n when none is off it. */
static size_t farthest_image(const mien_kmeans *km)
{
    double most = same_image * km->run->squares / (double)km->n;
    size_t farthest = km->n;
    for (size_t i = 0; i < km->n; i++)
        if (km->distance[i] > most && km->sizes[km->cluster[i]] > 1) {
            most = km->distance[i];
            farthest = i;
        }
    return farthest;
}

static size_t count_empty(const mien_kmeans *km)
{
    size_t empty = 0;
    for (size_t k = 0; k < km->r; k++)
        empty += km->sizes[k] == 0;
    return empty;
}

/* Give every empty centroid the farthest image. That image's distance becomes 0, so the inertia
 * falls. Returns how many centroids were filled. */
static size_t fill_empty(mien_kmeans *km)
{
    if (count_empty(km) == 0)
        return 0;
    size_t first = mien_kmeans_first_group(km, 0), end = mien_kmeans_first_group(km, 1);
    mien_pool_run(km->run->pool, end - first, measure_own_group, km);
    mien_kmeans_gather(km, km->distance, sizeof *km->distance);
    size_t filled = 0;
    for (size_t k = 0; k < km->r; k++) {
        if (km->sizes[k] > 0)
            continue;
        size_t i = farthest_image(km);
        if (i == km->n) /* no more images than centroids, apart from copies */
            break;
        km->sizes[km->cluster[i]]--;
        km->sizes[k] = 1;
        km->cluster[i] = (int32_t)k;
        km->distance[i] = 0;
        km->upper[i] = INFINITY; /* to be measured */
        filled++;
    }
    return filled;
}

/* ---------------------------------------------------------------- start and end */

static void visit_spread(void *context, const mien_tile *tile)
{
    mien_kmeans *km = context;
    for (size_t b = 0; b < tile->count; b++) {
        size_t i = tile->first + b;
        km->distance[i] = mien_kmeans_distance(tile->x + b * km->p, km->run->mean, km->p);
        km->spread[i] = mien_kmeans_rounded_up(sqrt(km->distance[i]));
    }
}

static mien_status start_from_basis(mien_kmeans *km, const float *H)
{
    for (size_t at = 0; at < km->r * km->p; at++) {
        if (!isfinite(H[at]))
            return mien_fail(km->run->err, MIEN_ERR_DOMAIN,
                             "the start's basis image %zu, pixel %zu is not a finite number",
                             at / km->p + 1, at % km->p + 1);
        km->means[at] = ldexp((double)H[at], km->run->exponent);
    }
    return MIEN_OK;
}

/* What the next iteration depends on; `centres` follow from the means. */
static void name_state(mien_kmeans *km)
{
    mien_run *run = km->run;
    size_t n = km->n, p = km->p, r = km->r;
    mien_keep_bytes(run, "means", km->means, r, p * sizeof *km->means);
    mien_keep_bytes(run, "sums", km->sums, r, p * sizeof *km->sums);
    mien_keep_bytes(run, "sizes", km->sizes, r, sizeof *km->sizes);
    mien_keep_bytes(run, "gain", km->gain, r, sizeof *km->gain);
    mien_keep_bytes(run, "shift", km->shift, r, sizeof *km->shift);
    mien_keep_rows(run, "upper", km->upper, n, sizeof *km->upper, mien_kmeans_first_image, km);
    mien_keep_rows(run, "lower", km->lower, n, r * sizeof *km->lower, mien_kmeans_first_image, km);
    mien_keep_bytes(run, "cluster", km->cluster, n, sizeof *km->cluster);
    mien_keep_bytes(run, "previous", km->previous, n, sizeof *km->previous);
    for (size_t i = 0; i < n; i++)
        if (km->cluster[i] < 0 || (size_t)km->cluster[i] >= r ||
            km->previous[i] < MIEN_KMEANS_NOBODY || km->previous[i] >= (int64_t)r) {
            km->cluster[i] = 0;
            km->previous[i] = MIEN_KMEANS_NOBODY;
            mien_keep_refuse(run);
        }
}

/* What was found in smaller pictures, enlarged. Their memberships stand where bounds will. */
static void start_from_smaller(mien_kmeans *km)
{
    memset(km->lower, 0, km->n * km->r * sizeof *km->lower);
    for (size_t at = 0; at < km->r * km->p; at++)
        km->means[at] = km->run->fit->H[at];
}

static mien_status start(mien_kmeans *km)
{
    const mien_options *options = km->run->options;
    mien_run_pass(km->run, visit_spread, km, NULL);
    mien_run_gather(km->run, km->distance, sizeof *km->distance);
    mien_run_gather(km->run, km->spread, sizeof *km->spread);
    for (size_t i = 0; i < km->n; i++)
        km->total += km->distance[i];
    mien_status st = MIEN_OK;
    if (km->run->started)
        start_from_smaller(km);
    else if (!mien_keep_is_at(km->run, NULL))
        st = options->start_H ? start_from_basis(km, options->start_H)
                              : mien_kmeans_start(km->run, km->spread, km->means);
    if (st)
        return st;
    for (size_t i = 0; i < km->n; i++) { /* nothing is known: lower bounds 0, every image open */
        km->upper[i] = INFINITY;
        km->previous[i] = MIEN_KMEANS_NOBODY;
    }
    name_state(km);
    for (size_t k = 0; k < km->r; k++)
        mien_centres_set(&km->centres, k, km->means + k * km->p);
    return MIEN_OK;
}

static mien_status alloc_kmeans(mien_kmeans *km, mien_run *run, mien_fit *fit)
{
    size_t n = fit->n, p = fit->p, r = fit->r, rows = run->tiling.rows;
    unsigned workers = mien_pool_threads(run->pool);
    mien_arena *arena = run->arena;
    *km = (mien_kmeans){.run = run,
                        .n = n,
                        .p = p,
                        .r = r,
                        .groups = run->tiling.leaves,
                        .means = mien_arena_alloc(arena, r * p, sizeof(double)),
                        .sums = mien_arena_alloc(arena, r * p, sizeof(double)),
                        .sizes = mien_arena_alloc(arena, r, sizeof(size_t)),
                        .gain = mien_arena_alloc(arena, r, sizeof(double)),
                        .centres = mien_centres_alloc(r, run),
                        .shift = mien_arena_alloc(arena, r, sizeof(float)),
                        .spread = mien_arena_alloc(arena, n, sizeof(float)),
                        .distance = mien_arena_alloc(arena, n, sizeof(double)),
                        .upper = mien_arena_alloc(arena, n, sizeof(float)),
                        .lower = fit->W,
                        .cluster = mien_arena_alloc(arena, n, sizeof(int32_t)),
                        .previous = mien_arena_alloc(arena, n, sizeof(int32_t)),
                        .changes = mien_arena_alloc(arena, 2 * n, sizeof(size_t)),
                        .first = mien_arena_alloc(arena, r + 1, sizeof(size_t)),
                        .filled = mien_arena_alloc(arena, r, sizeof(size_t)),
                        .batches =
                            mien_arena_alloc_each(arena, workers, 1, sizeof(mien_kmeans_batch))};
    float **x = mien_arena_alloc_each(arena, workers, rows * p, sizeof **x);
    float **products = mien_arena_alloc_each(arena, workers, rows * r, sizeof **products);
    size_t **image = mien_arena_alloc_each(arena, workers, rows, sizeof **image);
    double **own = mien_arena_alloc_each(arena, workers, rows, sizeof **own);
    for (unsigned w = 0; w < workers && !arena->failed; w++)
        *km->batches[w] = (mien_kmeans_batch){
            .rows = rows, .x = x[w], .products = products[w], .image = image[w], .own = own[w]};
    km->own[0] = mien_kmeans_first_group(km, 0) * n / km->groups;
    km->own[1] = mien_kmeans_first_group(km, 1) * n / km->groups;
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* W and H, the largest cluster first. */
static mien_status finish(mien_kmeans *km, mien_fit *fit)
{
    size_t n = km->n, p = km->p, r = km->r;
    double *size = mien_arena_alloc(km->run->arena, r, sizeof *size);
    size_t *order = mien_arena_alloc(km->run->arena, r, sizeof *order);
    size_t *place = mien_arena_alloc(km->run->arena, r, sizeof *place);
    if (km->run->arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < r; k++)
        size[k] = (double)km->sizes[k];
    mien_order_descending(size, r, order);
    for (size_t k = 0; k < r; k++) {
        place[order[k]] = k;
        for (size_t j = 0; j < p; j++)
            fit->H[k * p + j] = (float)km->means[order[k] * p + j];
    }
    memset(fit->W, 0, n * r * sizeof *fit->W);
    for (size_t i = 0; i < n; i++)
        fit->W[i * r + place[km->cluster[i]]] = 1;
    if (mien_snapshots_reorder(fit, order, NULL))
        return MIEN_ERR_NOMEM;
    size_t empty = count_empty(km);
    if (empty)
        snprintf(fit->note, sizeof fit->note,
                 "%zu of %zu clusters are empty: there are no more different images", empty, r);
    return MIEN_OK;
}

/* H is free until the end: the means of this iteration stand in it for a moment. */
static void offer_snapshot(const mien_kmeans *km, mien_fit *fit)
{
    if (!mien_snapshot_due(km->run, fit->iterations))
        return;
    for (size_t j = 0; j < km->r * km->p; j++)
        fit->H[j] = (float)km->means[j];
    mien_snapshot_offer(km->run, fit->iterations, fit->H, km->p, NULL);
}

static mien_status fit_kmeans(mien_run *run, mien_fit *fit)
{
    mien_kmeans km;
    mien_status st = alloc_kmeans(&km, run, fit);
    if (!st)
        st = start(&km);
    if (st)
        return st;
    /* scikit-learn's measure: squared shifts against the mean variance of a pixel */
    double still = run->tolerance * km.total / (double)(km.n * km.p);
    bool go_on = true;
    fit->stop = MIEN_STOP_ITERATIONS;
    size_t first = mien_keep_begin(run, "lloyd", 0);
    for (size_t t = first; go_on && t < run->options->iterations; t++) {
        mien_keep_state(run, t);
        mien_kmeans_assign(&km);
        size_t changes = count_changes(&km) + fill_empty(&km);
        update(&km);
        go_on = mien_run_step(run, ++fit->iterations, inertia(&km));
        offer_snapshot(&km, fit);
        if (changes == 0 || shift_squares(&km) <= still) {
            fit->stop = MIEN_STOP_CONVERGED;
            go_on = false;
        }
    }
    mien_keep_end(run);
    update_afresh(&km);
    return finish(&km, fit);
}

/* ---------------------------------------------------------------- new images */

/* Each is given to its nearest centroid. Distances are measured by differences in double, as
 * training decides by. Of centroids that are exactly as near the first, which has the most members,
 * takes the image. */
struct encode {
    mien_fit *fit;
    double *means; /* r x p */
};

static void find_nearest(void *context, const mien_tile *tile)
{
    const struct encode *e = context;
    size_t p = e->fit->p, r = e->fit->r;
    for (size_t i = 0; i < tile->count; i++) {
        size_t nearest = 0;
        double least = INFINITY;
        for (size_t k = 0; k < r; k++) {
            double square = mien_kmeans_distance(tile->x + i * p, e->means + k * p, p);
            if (square < least) {
                least = square;
                nearest = k;
            }
        }
        e->fit->W[(tile->first + i) * r + nearest] = 1;
    }
}

static mien_status encode_kmeans(mien_run *run, mien_fit *fit)
{
    struct encode e = {fit, mien_arena_alloc(run->arena, fit->r * fit->p, sizeof *e.means)};
    if (!e.means)
        return MIEN_ERR_NOMEM;
    for (size_t at = 0; at < fit->r * fit->p; at++)
        e.means[at] = fit->H[at];
    mien_run_pass(run, find_nearest, &e, NULL);
    mien_run_gather(run, fit->W, fit->r * sizeof *fit->W);
    fit->iterations = 1;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- the method */

static mien_loss kmeans_loss(const mien_options *options)
{
    (void)options;
    return MIEN_LOSS_SQUARES;
}

static bool basis_has_unit(const mien_options *options)
{
    (void)options;
    return true;
}

static bool levels_pay(const mien_options *options)
{
    (void)options;
    return true;
}

static const mien_option own_options[] = {{.key = NULL}};

const mien_method mien_method_kmeans = {
    .info = {.name = "kmeans",
             .title = "VQ",
             .motto = "picks one whole",
             .long_title = "Vector quantization (k-means)",
             .citation = "Lloyd 1982; bounds of Elkan, ICML 2003; start of Arthur & Vassilvitskii, "
                         "SODA 2007",
             .traits = MIEN_MONOTONE | MIEN_MEMBERSHIPS | MIEN_USES_START | MIEN_IMAGE_BOUND |
                       MIEN_CLUSTERS,
             .tolerance = 0, /* until no image changes sides: the bounds make that cheap */
             .options = own_options},
    .loss = kmeans_loss,
    .random_start = true,
    .cheap_start = true,
    .fit = fit_kmeans,
    .encode = encode_kmeans,
    .levels_pay = levels_pay,
    .held_out = mien_kmeans_held_out,
    .basis_has_unit = basis_has_unit,
};
