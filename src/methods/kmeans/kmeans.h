/* kmeans.h - what the files of k-means share: state, bounds, distances exact and by GEMM.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_KMEANS_H
#define MIEN_KMEANS_H

#include "methods/run.h"

#include <float.h>

/* |x - c|^2 in double, by differences: nothing cancels. */
double mien_kmeans_distance(const float *x, const double *c, size_t p);

/* Centroids as the GEMM takes them, relative to the mean image mu. With s = |x - mu|,
 *   |x - c|^2 = s^2 - 2 x'(c - mu) + offset,    offset = |c - mu|^2 + 2 mu'(c - mu),
 * of which only x'(c - mu) costs time. In float32 this is wrong by at most
 *   error (s + radius)^2 + slack,               radius = |c - mu|. */
typedef struct mien_centres {
    size_t count, p;
    const double *mu; /* p, does *not* own this memory */
    double mu_norm;   /* |mu| */
    float error;
    float *C;      /* count x p, c_k - mu */
    float *offset; /* count */
    float *radius; /* count */
    float *slack;  /* count */
} mien_centres;

/* From the arena, whose flag says whether memory sufficed. */
mien_centres mien_centres_alloc(size_t count, const mien_run *run);
void mien_centres_set(mien_centres *centres, size_t k, const double *c);

/* Images that wait for a GEMM; one a worker. */
typedef struct mien_kmeans_batch {
    size_t count, rows;
    float *x;        /* rows x p */
    float *products; /* rows x r, X (C - mu)' */
    size_t *image;   /* rows */
    double *own;     /* rows, measured |x - c_own|^2 */
} mien_kmeans_batch;

enum { MIEN_KMEANS_NOBODY = -1 }; /* an image that no cluster's sum contains */

/* A run of k-means. Memory belongs to the run's arena. */
typedef struct mien_kmeans {
    mien_run *run;
    size_t n, p, r;
    size_t groups; /* of images, tasks */
    size_t own[2]; /* images own[0] .. own[1] - 1 are this rank's */
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
    int32_t *previous; /* n, a(i) as contained in sums, or MIEN_KMEANS_NOBODY */
    size_t *changes;   /* 2 n, images that joined or left a cluster, by cluster */
    size_t *first;     /* r + 1, cluster k's are changes[first[k]] .. changes[first[k + 1] - 1] */
    size_t *filled;    /* r */
    mien_kmeans_batch **batches; /* a worker each */
} mien_kmeans;

/* Bounds are rounded outwards: by more than two float operations can be wrong. */
static inline float mien_kmeans_rounded_up(double v)
{
    return (float)v * (1 + 4 * FLT_EPSILON);
}

/* The first group of images that is this rank's; of rank + beyond. */
size_t mien_kmeans_first_group(const mien_kmeans *km, unsigned beyond);

/* The first image of rank `rank` of a mien_kmeans (a mien_team_share_fn). */
size_t mien_kmeans_first_image(const void *km, unsigned rank);

/* Rows of `size` bytes, one an image, which each rank wrote for its groups: all come to all. */
void mien_kmeans_gather(const mien_kmeans *km, void *rows, size_t size);

/* Give every image its nearest centroid: bounds give way to the shifts, and what they leave open is
 * measured. Reads means, centres, shift; writes cluster, and of this rank's images upper and lower.
 */
void mien_kmeans_assign(mien_kmeans *km);

/* First centroids by greedy k-means++ with the run's seed: means, r x p, become r images.
 * spread: n, |x_i - mu|. MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_kmeans_start(mien_run *run, const float *spread, double *means);

/* fit->held_out (kmeans_held_out.c). MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_kmeans_held_out(mien_run *run, mien_fit *fit);

#endif
