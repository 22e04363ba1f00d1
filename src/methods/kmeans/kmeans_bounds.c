/* kmeans_bounds.c - which centroid is nearest, mostly without measuring.
 * SPDX-License-Identifier: MIT
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
 * double: every image really has its nearest centroid, and the inertia never increases. */
#include "methods/kmeans/kmeans.h"

#include "base/cpu.h"
#include "base/team.h"
#include "linalg/blas.h"

#include <math.h>
#include <string.h>

/* Bounds are rounded outwards: by more than two float operations can be wrong. */
static const float round_up = 1 + 4 * FLT_EPSILON, round_down = 1 - 4 * FLT_EPSILON;

/* A measured distance takes as long as this many of GEMM's (CBCL, AVX-512 and AVX2). */
enum { MEASURE_COST = 8 };

/* ---------------------------------------------------------------- distances */

MIEN_LOOP_OF(extern, double, mien_kmeans_distance, (const float *x, const double *c, size_t p),
             (x, c, p))
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
    centres->radius[k] = (float)radius * round_up;
    /* |x| <= s + |mu|; products below FLT_MIN are lost */
    centres->slack[k] =
        (float)(4 * centres->error * centres->mu_norm * radius + 4 * (double)p * FLT_MIN);
}

/* ---------------------------------------------------------------- bounds */

/* Let the lower bounds give way to the shifts and count those that are below `upper`. */
MIEN_LOOP_OF(static, uint32_t, kmeans_lower,
             (float *restrict lower, const float *restrict shift, uint32_t r, float upper),
             (lower, shift, r, upper))
{
    uint32_t open = 0;
    for (uint32_t k = 0; k < r; k++) {
        lower[k] = lower[k] * round_down - shift[k];
        open += lower[k] < upper;
    }
    return open;
}

MIEN_LOOP_OF(static, uint32_t, kmeans_count, (const float *lower, uint32_t r, float upper),
             (lower, r, upper))
{
    uint32_t open = 0;
    for (uint32_t k = 0; k < r; k++)
        open += lower[k] < upper;
    return open;
}

/* Raise the lower bounds to what the products say about an image with |x - mu| = s. */
MIEN_LOOP(static, kmeans_renew,
          (float *restrict lower, const float *restrict product, size_t r, float s,
           const float *restrict offset, const float *restrict radius, const float *restrict slack,
           float error),
          (lower, product, r, s, offset, radius, slack, error))
{
    for (size_t k = 0; k < r; k++) {
        float reach = s + radius[k];
        float square = s * s - 2 * product[k] + offset[k] - error * reach * reach - slack[k];
        square = square > 0 && square <= FLT_MAX ? square : 0; /* overflow says nothing */
        float bound = sqrtf(square) * round_down;
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

/* Measure the distance of image i, whose pixels are x, to centroid k. */
static void measure(mien_kmeans *km, size_t i, const float *x, size_t k, struct nearest *now)
{
    double square = mien_kmeans_distance(x, km->means + k * km->p, km->p);
    double distance = sqrt(square);
    km->lower[i * km->r + k] = (float)distance * round_down;
    if (square < now->square)
        *now = (struct nearest){k, square, mien_kmeans_rounded_up(distance)};
}

/* Measure every centroid that may be nearer, and give image i to the nearest. */
static void settle(mien_kmeans *km, size_t i, const float *x, struct nearest now)
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
static void flush(mien_kmeans *km, mien_kmeans_batch *batch)
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
        struct nearest now = {own, batch->own[b], mien_kmeans_rounded_up(sqrt(batch->own[b]))};
        kmeans_renew(lower, batch->products + b * r, r, km->spread[i], c->offset, c->radius,
                     c->slack, c->error);
        measure(km, i, x, least_other(lower, r, own), &now); /* it closes most of the others */
        settle(km, i, x, now);
    }
    batch->count = 0;
}

/* The bounds of image i do not decide. */
static void look_at(mien_kmeans *km, mien_kmeans_batch *batch, size_t i)
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

static void assign_group(void *context, size_t task, unsigned worker)
{
    mien_kmeans *km = context;
    size_t group = mien_kmeans_first_group(km, 0) + task;
    mien_kmeans_batch *batch = km->batches[worker];
    size_t r = km->r, end = (group + 1) * km->n / km->groups;
    for (size_t i = group * km->n / km->groups; i < end; i++) {
        size_t own = (size_t)km->cluster[i];
        float *lower = km->lower + i * r;
        km->upper[i] = km->upper[i] * round_up + km->shift[own];
        size_t open = kmeans_lower(lower, km->shift, (uint32_t)r, km->upper[i]);
        if (open > (lower[own] < km->upper[i]))
            look_at(km, batch, i);
    }
    flush(km, batch);
}

void mien_kmeans_assign(mien_kmeans *km)
{
    size_t first = mien_kmeans_first_group(km, 0), end = mien_kmeans_first_group(km, 1);
    mien_pool_run(km->run->pool, end - first, assign_group, km);
    mien_kmeans_gather(km, km->cluster, sizeof *km->cluster);
}

size_t mien_kmeans_first_group(const mien_kmeans *km, unsigned beyond)
{
    const mien_team *team = mien_pool_team(km->run->pool);
    return mien_leaves_first(km->groups, mien_team_rank(team) + beyond, mien_team_size(team));
}

size_t mien_kmeans_first_image(const void *context, unsigned rank)
{
    const mien_kmeans *km = context;
    unsigned ranks = mien_team_size(mien_pool_team(km->run->pool));
    return mien_leaves_first(km->groups, rank, ranks) * km->n / km->groups;
}

void mien_kmeans_gather(const mien_kmeans *km, void *rows, size_t size)
{
    mien_team_gather(mien_pool_team(km->run->pool), rows, size, mien_kmeans_first_image, km);
}
