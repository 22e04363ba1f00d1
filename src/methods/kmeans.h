/* kmeans.h - what the two files of k-means share: distances, exact and by GEMM.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_KMEANS_H
#define MIEN_KMEANS_H

#include "methods/run.h"

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

/* First centroids by greedy k-means++ with the run's seed: means, r x p, become r images.
 * spread: n, |x_i - mu|. MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_kmeans_start(mien_run *run, const float *spread, double *means);

/* New images: each to its nearest centroid (kmeans_encode.c). MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_kmeans_encode(mien_run *run, mien_fit *fit);

#endif
