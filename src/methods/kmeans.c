/* kmeans.c - k-means, which as a factorisation is vector quantization.
 * SPDX-License-Identifier: MIT
 *
 *   minimise  sum_i |x_i - c_a(i)|^2         H: centroids c_k, W: row i is 1 at a(i), else 0
 *   a(i) <- the nearest centroid             Lloyd, IEEE Trans. Inf. Theory 28 (1982)
 *   c_k  <- mean of the images with a(i) = k
 *
 * Few images can change sides in a later iteration. So each keeps an upper bound on the distance
 * to its own centroid and lower bounds on those to the others; when centroids move, bounds give way
 * by as much, and an image is looked at only where a lower bound falls below the upper one (Elkan,
 * ICML 2003). On real faces bounds by centroid leave half as many images open as one bound for all
 * (Hamerly 2010); they cost no memory, since they live in W until the end.
 *
 * An open image's own distance is measured first, which closes half of the cases. When many
 * centroids are still open, the image joins a batch and one GEMM renews its lower bounds; what
 * stays open is measured. GEMM's distances, float32 and subject to cancellation, thus only ever
 * serve as bounds, lowered by their rounding error. What decides is measured by differences in
 * double: every image really has its nearest centroid, and the inertia never increases.
 *
 * Sums of members are double and follow the images that change sides; they are added afresh at the
 * end. A centroid without images takes the image that is farthest from its own. Cost: N p r for
 * the first iteration, then for the open images alone, and N r for the bounds. */
#include "methods/kmeans.h"

#include "base/clones.h"
#include "base/status.h"
#include "linalg/blas.h"
#include "methods/method.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bounds are rounded outwards: by more than two float operations can be wrong. */
static const float grow = 1 + 4 * FLT_EPSILON, shrink = 1 - 4 * FLT_EPSILON;

enum {
    /* A measured distance takes as long as this many of GEMM's (CBCL, AVX-512 and AVX2). */
    MEASURE_COST = 8,
    NOBODY = -1
};

/* Squared distances up to this share of the mean |x|^2 are rounding of a mean. */
static const double same_image = 1e-24;

/* Images that wait for a GEMM; one a worker. */
struct batch {
    size_t count, rows;
    float *x;        /* rows x p */
    float *products; /* rows x r, X (C - mu)' */
    size_t *image;   /* rows */
    double *own;     /* rows, measured |x - c_own|^2 */
};

struct kmeans {
    mien_run *run;
    size_t n, p, r, groups;
    double *means; /* r x p, centroids */
    double *sums;  /* r x p, of the members */
    size_t *sizes; /* r, members */
    double *gain;  /* r, sizes |c_k - mu|^2: what the centroid takes off the total */
    mien_centres centres;
    float *shift; /* r, how far the centroid just moved, rounded up */

    float *spread;     /* n, |x_i - mu| */
    double *distance;  /* n, a measured |x_i - .|^2 */
    double total;      /* sum |x_i - mu|^2 */
    float *upper;      /* n, >= distance to the own centroid */
    float *lower;      /* n x r, <= distance to each centroid; the place of W */
    int32_t *cluster;  /* n, a(i) */
    int32_t *previous; /* n, a(i) as contained in sums, or NOBODY */
    size_t *changes;   /* 2 n, images that joined or left a cluster, by cluster */
    size_t *first;     /* r + 1, cluster k's are changes[first[k]] .. changes[first[k + 1] - 1] */
    size_t *filled;    /* r */
    struct batch *batches; /* workers */
};

/* ---------------------------------------------------------------- distances */

MIEN_CLONES
double mien_kmeans_distance(const float *x, const double *c, size_t p)
{
    enum { LANES = 16 };
    double lanes[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= p; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double d = x[j + l] - c[j + l];
            lanes[l] += d * d;
        }
    for (; j < p; j++) {
        double d = x[j] - c[j];
        lanes[0] += d * d;
    }
    for (size_t l = 0; l < LANES / 2; l++)
        lanes[l] += lanes[l + LANES / 2];
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
           ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

mien_centres mien_centres_alloc(size_t count, const mien_run *run)
{
    size_t p = run->X->p;
    mien_centres centres = {.count = count,
                            .p = p,
                            .mu = run->mean,
                            .C = mien_arena_alloc(run->arena, count * p, sizeof(float)),
                            .offset = mien_arena_alloc(run->arena, count, sizeof(float)),
                            .radius = mien_arena_alloc(run->arena, count, sizeof(float)),
                            .slack = mien_arena_alloc(run->arena, count, sizeof(float))};
    double square = 0;
    for (size_t j = 0; j < p; j++)
        square += run->mean[j] * run->mean[j];
    centres.mu_norm = sqrt(square);
    /* An inner product of p terms is wrong by at most p u |x| |c|, u half of FLT_EPSILON; errors of
     * either sign make that sqrt(p), with a factor of 8 beyond any doubt (Higham & Mary, SIAM J.
     * Sci. Comput. 41 (2019)). Another 8 for the rounding of c, s and offset. */
    centres.error = (float)(0.5 * FLT_EPSILON * (8 * sqrt((double)p) + 8));
    return centres;
}

void mien_centres_set(mien_centres *centres, size_t k, const double *c)
{
    size_t p = centres->p;
    double square = 0, cross = 0;
    for (size_t j = 0; j < p; j++) {
        double d = c[j] - centres->mu[j];
        centres->C[k * p + j] = (float)d;
        square += d * d;
        cross += d * centres->mu[j];
    }
    double radius = sqrt(square);
    centres->offset[k] = (float)(square + 2 * cross);
    centres->radius[k] = (float)radius * grow;
    /* |x| <= s + |mu|; products below FLT_MIN are lost */
    centres->slack[k] =
        (float)(4 * centres->error * centres->mu_norm * radius + 4 * (double)p * FLT_MIN);
}

/* ---------------------------------------------------------------- bounds */

/* Let the lower bounds give way to the shifts and count those that are below `upper`. */
MIEN_CLONES
static uint32_t kmeans_lower(float *restrict lower, const float *restrict shift, uint32_t r,
                             float upper)
{
    uint32_t open = 0;
    for (uint32_t k = 0; k < r; k++) {
        lower[k] = lower[k] * shrink - shift[k];
        open += lower[k] < upper;
    }
    return open;
}

MIEN_CLONES
static uint32_t kmeans_count(const float *lower, uint32_t r, float upper)
{
    uint32_t open = 0;
    for (uint32_t k = 0; k < r; k++)
        open += lower[k] < upper;
    return open;
}

/* Raise the lower bounds to what the products say about an image with |x - mu| = s. */
MIEN_CLONES
static void kmeans_renew(float *restrict lower, const float *restrict product, size_t r, float s,
                         const float *restrict offset, const float *restrict radius,
                         const float *restrict slack, float error)
{
    for (size_t k = 0; k < r; k++) {
        float reach = s + radius[k];
        float square = s * s - 2 * product[k] + offset[k] - error * reach * reach - slack[k];
        square = square > 0 && square <= FLT_MAX ? square : 0; /* overflow says nothing */
        float bound = sqrtf(square) * shrink;
        lower[k] = lower[k] > bound ? lower[k] : bound;
    }
}

/* ---------------------------------------------------------------- assignment */

/* The nearest centroid that was found so far. */
struct nearest {
    size_t k;
    double square;
    float upper;
};

static float rounded_up(double v)
{
    return (float)v * grow;
}

/* Measure the distance of image i, whose pixels are x, to centroid k. */
static void measure(struct kmeans *km, size_t i, const float *x, size_t k, struct nearest *now)
{
    double square = mien_kmeans_distance(x, km->means + k * km->p, km->p);
    double distance = sqrt(square);
    km->lower[i * km->r + k] = (float)distance * shrink;
    if (square < now->square)
        *now = (struct nearest){k, square, rounded_up(distance)};
}

/* Measure every centroid that may be nearer, and give image i to the nearest. */
static void settle(struct kmeans *km, size_t i, const float *x, struct nearest now)
{
    const float *lower = km->lower + i * km->r;
    for (size_t k = 0; k < km->r; k++)
        if (lower[k] < now.upper && k != now.k)
            measure(km, i, x, k, &now);
    km->cluster[i] = (int32_t)now.k;
    km->upper[i] = now.upper;
}

static size_t least_other(const float *lower, size_t r, size_t own)
{
    size_t least = own == 0 ? 1 : 0;
    for (size_t k = least + 1; k < r; k++)
        if (lower[k] < lower[least] && k != own)
            least = k;
    return least;
}

/* Renew the bounds of the images that wait, and settle them. */
static void flush(struct kmeans *km, struct batch *batch)
{
    size_t p = km->p, r = km->r;
    const mien_centres *c = &km->centres;
    if (batch->count == 0)
        return;
    mien_sgemm(false, true, batch->count, r, p, 1, batch->x, p, c->C, p, 0, batch->products, r);
    for (size_t b = 0; b < batch->count; b++) {
        size_t i = batch->image[b], own = (size_t)km->cluster[i];
        float *lower = km->lower + i * r;
        const float *x = batch->x + b * p;
        struct nearest now = {own, batch->own[b], rounded_up(sqrt(batch->own[b]))};
        kmeans_renew(lower, batch->products + b * r, r, km->spread[i], c->offset, c->radius,
                     c->slack, c->error);
        measure(km, i, x, least_other(lower, r, own), &now); /* it closes most of the others */
        settle(km, i, x, now);
    }
    batch->count = 0;
}

/* The bounds of image i do not decide. */
static void look_at(struct kmeans *km, struct batch *batch, size_t i)
{
    const mien_source *X = km->run->X;
    size_t p = km->p, r = km->r, own = (size_t)km->cluster[i];
    float *slot = batch->x + batch->count * p;
    const float *x = X->tile(X->data, i, 1, slot);
    struct nearest now = {.square = INFINITY};
    measure(km, i, x, own, &now);
    size_t open = kmeans_count(km->lower + i * r, (uint32_t)r, now.upper);
    if (open * MEASURE_COST <= r) {
        settle(km, i, x, now);
        return;
    }
    if (x != slot)
        memcpy(slot, x, p * sizeof *slot);
    batch->image[batch->count] = i;
    batch->own[batch->count++] = now.square;
    if (batch->count == batch->rows)
        flush(km, batch);
}

static void assign_group(void *context, size_t group, unsigned worker)
{
    struct kmeans *km = context;
    struct batch *batch = &km->batches[worker];
    size_t r = km->r, end = (group + 1) * km->n / km->groups;
    for (size_t i = group * km->n / km->groups; i < end; i++) {
        size_t own = (size_t)km->cluster[i];
        float *lower = km->lower + i * r;
        km->upper[i] = km->upper[i] * grow + km->shift[own];
        size_t open = kmeans_lower(lower, km->shift, (uint32_t)r, km->upper[i]);
        if (open > (lower[own] < km->upper[i]))
            look_at(km, batch, i);
    }
    flush(km, batch);
}

/* ---------------------------------------------------------------- update */

/* sums <- sums + sign x */
MIEN_CLONES
static void kmeans_add(double *restrict sums, const float *restrict x, double sign, size_t p)
{
    for (size_t j = 0; j < p; j++)
        sums[j] += sign * x[j];
}

/* Number of images that changed sides; keeps the sizes. */
static size_t count_changes(struct kmeans *km)
{
    size_t changes = 0;
    for (size_t i = 0; i < km->n; i++)
        if (km->cluster[i] != km->previous[i]) {
            km->sizes[km->cluster[i]]++;
            if (km->previous[i] != NOBODY)
                km->sizes[km->previous[i]]--;
            changes++;
        }
    return changes;
}

/* Sort the changes by cluster, each cluster's by image. */
static void list_changes(struct kmeans *km)
{
    memset(km->first, 0, (km->r + 1) * sizeof *km->first);
    for (size_t i = 0; i < km->n; i++)
        if (km->cluster[i] != km->previous[i]) {
            km->first[km->cluster[i] + 1]++;
            if (km->previous[i] != NOBODY)
                km->first[km->previous[i] + 1]++;
        }
    for (size_t k = 0; k < km->r; k++) {
        km->filled[k] = km->first[k];
        km->first[k + 1] += km->first[k];
    }
    for (size_t i = 0; i < km->n; i++)
        if (km->cluster[i] != km->previous[i]) {
            km->changes[km->filled[km->cluster[i]]++] = i;
            if (km->previous[i] != NOBODY)
                km->changes[km->filled[km->previous[i]]++] = i;
        }
}

static void update_centroid(void *context, size_t k, unsigned worker)
{
    struct kmeans *km = context;
    const mien_source *X = km->run->X;
    size_t p = km->p;
    double *sums = km->sums + k * p, *mean = km->means + k * p;
    km->shift[k] = 0;
    if (km->first[k] == km->first[k + 1])
        return;
    for (size_t at = km->first[k]; at < km->first[k + 1]; at++) {
        size_t i = km->changes[at];
        const float *x = X->tile(X->data, i, 1, km->run->buffers[worker]);
        kmeans_add(sums, x, km->cluster[i] == (int32_t)k ? 1 : -1, p);
    }
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
    km->shift[k] = rounded_up(sqrt(shift));
    mien_centres_set(&km->centres, k, mean);
}

/* Centroids become means of their members. */
static void update(struct kmeans *km)
{
    list_changes(km);
    mien_pool_run(km->run->pool, km->r, update_centroid, km);
    memcpy(km->previous, km->cluster, km->n * sizeof *km->previous);
}

/* The same, from nothing: what rounding left in the sums is gone. */
static void update_afresh(struct kmeans *km)
{
    memset(km->sums, 0, km->r * km->p * sizeof *km->sums);
    for (size_t i = 0; i < km->n; i++)
        km->previous[i] = NOBODY;
    update(km);
}

/* sum |x - c|^2 = sum |x - mu|^2 - sum_k size |c_k - mu|^2, for centroids that are means. */
static double inertia(const struct kmeans *km)
{
    double rest = km->total;
    for (size_t k = 0; k < km->r; k++)
        rest -= km->gain[k];
    return rest > 0 ? rest : 0;
}

static double shift_squares(const struct kmeans *km)
{
    double squares = 0;
    for (size_t k = 0; k < km->r; k++)
        squares += (double)km->shift[k] * km->shift[k];
    return squares;
}

/* ---------------------------------------------------------------- centroids without images */

static void measure_own_group(void *context, size_t group, unsigned worker)
{
    struct kmeans *km = context;
    const mien_source *X = km->run->X;
    size_t p = km->p, end = (group + 1) * km->n / km->groups;
    for (size_t i = group * km->n / km->groups; i < end; i++) {
        const float *x = X->tile(X->data, i, 1, km->run->buffers[worker]);
        km->distance[i] = mien_kmeans_distance(x, km->means + (size_t)km->cluster[i] * p, p);
    }
}

/* The image farthest from a centroid that it shares with others, or n when none is off it. */
static size_t farthest_image(const struct kmeans *km)
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

static size_t count_empty(const struct kmeans *km)
{
    size_t empty = 0;
    for (size_t k = 0; k < km->r; k++)
        empty += km->sizes[k] == 0;
    return empty;
}

/* Give every empty centroid the farthest image. That image's distance becomes 0, so the inertia
 * falls. Returns how many centroids were filled. */
static size_t fill_empty(struct kmeans *km)
{
    if (count_empty(km) == 0)
        return 0;
    mien_pool_run(km->run->pool, km->groups, measure_own_group, km);
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
    struct kmeans *km = context;
    for (size_t b = 0; b < tile->count; b++) {
        size_t i = tile->first + b;
        km->distance[i] = mien_kmeans_distance(tile->x + b * km->p, km->run->mean, km->p);
        km->spread[i] = rounded_up(sqrt(km->distance[i]));
    }
}

static mien_status start_from_basis(struct kmeans *km, const float *H)
{
    for (size_t at = 0; at < km->r * km->p; at++) {
        if (!isfinite(H[at]))
            return mien_fail(km->run->err, MIEN_ERR_DOMAIN,
                             "the start's basis image %zu, pixel %zu is not a finite number",
                             at / km->p, at % km->p);
        km->means[at] = H[at];
    }
    return MIEN_OK;
}

static mien_status start(struct kmeans *km)
{
    const mien_options *options = km->run->options;
    mien_run_pass(km->run, visit_spread, km);
    for (size_t i = 0; i < km->n; i++)
        km->total += km->distance[i];
    mien_status st = options->start_H ? start_from_basis(km, options->start_H)
                                      : mien_kmeans_start(km->run, km->spread, km->means);
    if (st)
        return st;
    for (size_t k = 0; k < km->r; k++)
        mien_centres_set(&km->centres, k, km->means + k * km->p);
    for (size_t i = 0; i < km->n; i++) { /* nothing is known: lower bounds 0, every image open */
        km->upper[i] = INFINITY;
        km->previous[i] = NOBODY;
    }
    return MIEN_OK;
}

static mien_status alloc_kmeans(struct kmeans *km, mien_run *run, mien_fit *fit)
{
    size_t n = fit->n, p = fit->p, r = fit->r, rows = run->tiling.rows;
    unsigned workers = mien_pool_threads(run->pool);
    mien_arena *arena = run->arena;
    *km = (struct kmeans){.run = run,
                          .n = n,
                          .p = p,
                          .r = r,
                          .groups = n < MIEN_GROUPS ? n : MIEN_GROUPS,
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
                          .batches = mien_arena_alloc(arena, workers, sizeof(struct batch))};
    for (unsigned w = 0; w < workers && km->batches; w++)
        km->batches[w] =
            (struct batch){.rows = rows,
                           .x = mien_arena_alloc(arena, rows * p, sizeof(float)),
                           .products = mien_arena_alloc(arena, rows * r, sizeof(float)),
                           .image = mien_arena_alloc(arena, rows, sizeof(size_t)),
                           .own = mien_arena_alloc(arena, rows, sizeof(double))};
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* W and H, the largest cluster first. */
static mien_status finish(struct kmeans *km, mien_fit *fit)
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
    size_t empty = count_empty(km);
    if (empty)
        snprintf(fit->note, sizeof fit->note,
                 "%zu of %zu clusters are empty: there are no more different images", empty, r);
    return MIEN_OK;
}

static mien_status fit_kmeans(mien_run *run, mien_fit *fit)
{
    struct kmeans km;
    if (fit->r > fit->n)
        return mien_fail(run->err, MIEN_ERR_ARG,
                         "VQ needs at least as many images as components: there are %zu images for "
                         "%zu components",
                         fit->n, fit->r);
    mien_status st = alloc_kmeans(&km, run, fit);
    if (!st)
        st = start(&km);
    if (st)
        return st;
    /* scikit-learn's measure: squared shifts against the mean variance of a pixel */
    double still = run->tolerance * km.total / (double)(km.n * km.p);
    bool go_on = true;
    fit->stop = MIEN_STOP_ITERATIONS;
    while (go_on && fit->iterations < run->options->iterations) {
        mien_pool_run(run->pool, km.groups, assign_group, &km);
        size_t changes = count_changes(&km) + fill_empty(&km);
        update(&km);
        go_on = mien_run_step(run, ++fit->iterations, inertia(&km));
        if (changes == 0 || shift_squares(&km) <= still) {
            fit->stop = MIEN_STOP_CONVERGED;
            go_on = false;
        }
    }
    update_afresh(&km);
    return finish(&km, fit);
}

static mien_loss kmeans_loss(const mien_options *options)
{
    (void)options;
    return MIEN_LOSS_SQUARES;
}

static const mien_param params[] = {{.key = NULL}};

const mien_method mien_method_kmeans = {
    .info = {.name = "kmeans",
             .title = "VQ",
             .long_title = "Vector quantization (k-means)",
             .citation = "Lloyd 1982; bounds of Elkan, ICML 2003; start of Arthur & Vassilvitskii, "
                         "SODA 2007",
             .traits = MIEN_MONOTONE | MIEN_MEMBERSHIPS | MIEN_USES_START,
             .tolerance = 0, /* until no image changes sides: the bounds make that cheap */
             .params = params},
    .loss = kmeans_loss,
    .random_start = true,
    .fit = fit_kmeans,
    .encode = mien_kmeans_encode,
};
