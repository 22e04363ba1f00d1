/* kmeans_held_out.c - errors of k-means' images by centroids that have not seen them.
 * SPDX-License-Identifier: MIT
 *
 * Without image x the mean of its cluster is c - (x - c) / (m - 1), of m members, which is farther
 * from x by m / (m - 1); the image may then be nearer to another centroid, and is if it was alone.
 * Other images' sides are left as they are. Distances are measured by differences in double. */
#include "methods/held_out.h"
#include "methods/kmeans/kmeans.h"
#include "methods/spread.h"

#include <math.h>

struct job {
    const mien_run *run;
    const mien_fit *fit;
    size_t *sizes;  /* r, members */
    double *means;  /* r x p */
    double *errors; /* mien_held_out_count(n) */
};

static size_t cluster_of(const mien_fit *fit, size_t i)
{
    size_t k = 0;
    while (k + 1 < fit->r && fit->W[i * fit->r + k] == 0)
        k++;
    return k;
}

/* |x - c|^2 for the nearest centroid that x has no part in. */
static double nearest_square(const struct job *job, size_t own, const float *x)
{
    size_t p = job->fit->p;
    double least = INFINITY, members = (double)job->sizes[own];
    for (size_t k = 0; k < job->fit->r; k++) {
        if (job->sizes[k] == (k == own)) /* no other image is in it */
            continue;
        double farther = k == own ? members / (members - 1) : 1;
        double square = farther * farther * mien_kmeans_distance(x, job->means + k * p, p);
        least = square < least ? square : least;
    }
    return least;
}

static void measure_image(void *context, size_t at, unsigned worker)
{
    const struct job *job = context;
    const mien_source *X = job->run->X;
    size_t i = mien_held_out_place(at, X->n);
    const float *x = X->tile(X->data, i, 1, job->run->buffers[worker]);
    double own = 0, square = nearest_square(job, cluster_of(job->fit, i), x);
    for (size_t j = 0; j < X->p; j++)
        own += (double)x[j] * x[j];
    job->errors[at] = own > 0 ? sqrt(square / own) : square > 0 ? INFINITY : 0;
}

mien_status mien_kmeans_held_out(mien_run *run, mien_fit *fit)
{
    mien_arena arena = {0};
    size_t r = fit->r, p = fit->p, n = mien_held_out_count(fit->n);
    if (fit->n < 2)
        return MIEN_OK;
    struct job job = {.run = run,
                      .fit = fit,
                      .sizes = mien_arena_alloc(&arena, r, sizeof *job.sizes),
                      .means = mien_arena_alloc(&arena, r * p, sizeof *job.means),
                      .errors = mien_arena_alloc(&arena, n, sizeof *job.errors)};
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    for (size_t i = 0; i < fit->n && !st; i++)
        job.sizes[cluster_of(fit, i)]++;
    for (size_t at = 0; at < r * p && !st; at++)
        job.means[at] = fit->H[at];
    if (!st) {
        mien_pool_run(run->pool, n, measure_image, &job);
        st = mien_quantiles_measure(job.errors, n, &fit->held_out);
    }
    mien_arena_free(&arena);
    return st;
}
