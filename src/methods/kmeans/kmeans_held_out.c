/* kmeans_held_out.c - errors of k-means' images by centroids that have not seen them.
 * SPDX-License-Identifier: MIT
 *
 * Without image x the mean of its cluster is c - (x - c) / (m - 1), of m members, which is farther
 * from x by m / (m - 1); the image may then be nearer to another centroid, and is if it was alone.
 * Other images' sides are left as they are. The nearest of the others is sought by products in
 * float relative to the mean image, and measured by differences in double. */
#include "linalg/blas.h"
#include "methods/held_out.h"
#include "methods/kmeans/kmeans.h"
#include "methods/spread.h"

#include <math.h>

enum { CHUNK = 16 };

struct job {
    const mien_run *run;
    const mien_fit *fit;
    size_t *sizes;    /* r, members */
    double *means;    /* r x p */
    float *mean;      /* p, the mean image */
    float *C;         /* r x p, centroids less the mean image */
    double *offset;   /* r, their squares */
    float **x;        /* CHUNK x p, one a worker */
    float **products; /* CHUNK x r */
    size_t n;
    double *errors; /* n */
};

static size_t cluster_of(const mien_fit *fit, size_t i)
{
    size_t k = 0;
    while (k + 1 < fit->r && fit->W[i * fit->r + k] == 0)
        k++;
    return k;
}

/* |x - c|^2 for the nearest centroid that x has no part in. */
static double nearest_square(const struct job *job, size_t own, const float *x,
                             const float *products)
{
    size_t p = job->fit->p, r = job->fit->r, other = r;
    double least = INFINITY, members = (double)job->sizes[own];
    for (size_t k = 0; k < r; k++) {
        double square = job->offset[k] - 2 * (double)products[k]; /* and |x|^2 in common */
        if (k != own && job->sizes[k] > 0 && square < least) {
            least = square;
            other = k;
        }
    }
    double square = other < r ? mien_kmeans_distance(x, job->means + other * p, p) : INFINITY;
    if (members > 1) {
        double factor = members / (members - 1);
        double same = factor * factor * mien_kmeans_distance(x, job->means + own * p, p);
        square = same < square ? same : square;
    }
    return square;
}

static void chunk_task(void *context, size_t task, unsigned worker)
{
    const struct job *job = context;
    const mien_source *X = job->run->X;
    size_t p = job->fit->p, r = job->fit->r, first = task * CHUNK;
    size_t count = job->n - first < CHUNK ? job->n - first : CHUNK;
    float *centred = job->x[worker], *products = job->products[worker];
    double own[CHUNK] = {0};
    for (size_t at = 0; at < count; at++) {
        size_t i = mien_held_out_place(first + at, X->n);
        const float *x = X->tile(X->data, i, 1, job->run->buffers[worker]);
        for (size_t j = 0; j < p; j++) {
            own[at] += (double)x[j] * x[j];
            centred[at * p + j] = x[j] - job->mean[j];
        }
    }
    mien_sgemm(false, true, count, r, p, 1, centred, p, job->C, p, 0, products, r);
    for (size_t at = 0; at < count; at++) {
        size_t i = mien_held_out_place(first + at, X->n);
        const float *x = X->tile(X->data, i, 1, job->run->buffers[worker]);
        double square = nearest_square(job, cluster_of(job->fit, i), x, products + at * r);
        job->errors[first + at] = own[at] > 0 ? sqrt(square / own[at]) : square > 0 ? INFINITY : 0;
    }
}

static bool prepare(struct job *job, mien_arena *arena)
{
    const mien_fit *fit = job->fit;
    size_t p = fit->p, r = fit->r;
    unsigned workers = mien_pool_threads(job->run->pool);
    job->sizes = mien_arena_alloc(arena, r, sizeof *job->sizes);
    job->means = mien_arena_alloc(arena, r * p, sizeof *job->means);
    job->mean = mien_arena_alloc(arena, p, sizeof *job->mean);
    job->C = mien_arena_alloc(arena, r * p, sizeof *job->C);
    job->offset = mien_arena_alloc(arena, r, sizeof *job->offset);
    job->x = mien_arena_alloc_each(arena, workers, CHUNK * p, sizeof(float));
    job->products = mien_arena_alloc_each(arena, workers, CHUNK * r, sizeof(float));
    job->errors = mien_arena_alloc(arena, job->n, sizeof *job->errors);
    if (arena->failed)
        return false;
    for (size_t i = 0; i < fit->n; i++)
        job->sizes[cluster_of(fit, i)]++;
    for (size_t j = 0; j < p; j++)
        job->mean[j] = (float)job->run->mean[j];
    for (size_t at = 0; at < r * p; at++) {
        job->means[at] = fit->H[at];
        job->C[at] = fit->H[at] - job->mean[at % p];
        job->offset[at / p] += (double)job->C[at] * job->C[at];
    }
    return true;
}

mien_status mien_kmeans_held_out(mien_run *run, mien_fit *fit)
{
    mien_arena arena = {0};
    struct job job = {.run = run, .fit = fit, .n = mien_held_out_count(fit->n)};
    if (fit->n < 2)
        return MIEN_OK;
    mien_status st = prepare(&job, &arena) ? MIEN_OK : MIEN_ERR_NOMEM;
    if (!st) {
        mien_pool_run(run->pool, (job.n + CHUNK - 1) / CHUNK, chunk_task, &job);
        st = mien_quantiles_measure(job.errors, job.n, &fit->held_out);
    }
    mien_arena_free(&arena);
    return st;
}
