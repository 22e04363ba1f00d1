/* kmeans_encode.c - k-means on new images: each is given to its nearest centroid.
 * SPDX-License-Identifier: MIT
 *
 * Distances are measured by differences in double, as training decides by. Of centroids that are
 * exactly as near the first, which has the most members, takes the image. */
#include "methods/kmeans/kmeans.h"

#include <math.h>

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

mien_status mien_kmeans_encode(mien_run *run, mien_fit *fit)
{
    struct encode e = {fit, mien_arena_alloc(run->arena, fit->r * fit->p, sizeof *e.means)};
    if (!e.means)
        return MIEN_ERR_NOMEM;
    for (size_t at = 0; at < fit->r * fit->p; at++)
        e.means[at] = fit->H[at];
    mien_run_pass(run, find_nearest, &e, NULL);
    fit->iterations = 1;
    return MIEN_OK;
}
