/* nmf_measure.c - the loss of W and H, measured in double.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/nmf.h"

#include "linalg/blas.h"

#include <math.h>

struct measure {
    mien_nmf *nmf;
    mien_loss loss;
    const float *W;
    double *H;                  /* r x p */
    double **W_double, **model; /* T x r, T x p a worker */
};

static void measure_tile(void *context, const mien_tile *tile)
{
    struct measure *m = context;
    size_t p = m->nmf->p, r = m->nmf->r, count = tile->count;
    double *W = m->W_double[tile->worker], *model = m->model[tile->worker];
    for (size_t at = 0; at < count * r; at++)
        W[at] = m->W[tile->first * r + at];
    mien_dgemm(false, false, count, p, r, 1, W, r, m->H, p, 0, model, p);
    for (size_t at = 0; at < count * p && m->loss == MIEN_LOSS_KL; at++) /* as descents see it */
        model[at] = model[at] > MIEN_KL_FLOOR ? model[at] : MIEN_KL_FLOOR;
    tile->doubles[MIEN_NMF_LOSS] += mien_loss_sum(m->loss, tile->x, model, count * p);
}

double mien_nmf_measure(mien_nmf *nmf, mien_loss loss, const float *W, const float *H, size_t ldh)
{
    mien_arena arena = {0};
    size_t p = nmf->p, r = nmf->r;
    struct measure m = {
        .nmf = nmf,
        .loss = loss,
        .W = W,
        .H = mien_arena_alloc(&arena, r * p, sizeof(double)),
        .W_double = mien_arena_alloc_each(&arena, nmf->workers, nmf->rows * r, sizeof(double)),
        .model = mien_arena_alloc_each(&arena, nmf->workers, nmf->rows * p, sizeof(double))};
    mien_sums sums = mien_sums_alloc(&arena, nmf->run->pool, nmf->run->tiling.leaves, 1, 0);
    double sum = NAN;
    if (arena.failed) {
        nmf->run->out_of_memory = true;
    } else {
        for (size_t k = 0; k < r; k++)
            for (size_t j = 0; j < p; j++)
                m.H[k * p + j] = H[k * ldh + j];
        mien_run_pass(nmf->run, measure_tile, &m, &sums);
        sum = sums.doubles[MIEN_NMF_LOSS];
    }
    mien_arena_free(&arena);
    return sum;
}
