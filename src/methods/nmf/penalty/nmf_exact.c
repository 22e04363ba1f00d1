/* nmf_exact.c - coordinate descent on one side under a cost, down to zeros that are zeros
 * (Kullback-Leibler).
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/penalty/nmf_exact.h"

#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/kernels/nmf_sweep.h"
#include "methods/nmf/nmf_descent.h"

#include <string.h>

enum { SWEEPS = 3, PIXELS = 8 };

static void descend_images(void *context, const mien_tile *tile)
{
    mien_exact *e = context;
    const mien_nmf *nmf = e->nmf;
    size_t p = nmf->p, r = nmf->r;
    float *model = e->model[tile->worker], *x = e->x[tile->worker], *m = e->m[tile->worker];
    float *W = nmf->W + tile->first * r;
    mien_sgemm(false, false, tile->count, p, r, 1, W, r, e->H, e->ldp, 0, model, p);
    for (size_t i = 0; i < tile->count; i++) {
        memcpy(x, tile->x + i * p, p * sizeof *x);
        memcpy(m, model + i * p, p * sizeof *m);
        mien_kl_raise(m, e->floor, p);
        mien_descend_pad(x, m, p, e->ldp);
        mien_weight_cost_descend(&e->cost, x, m, e->ldp, e->floor, e->H, e->sum, W + i * r, SWEEPS);
    }
}

static void descend_pixels(void *context, size_t strip, unsigned worker)
{
    mien_exact *e = context;
    const mien_nmf *nmf = e->nmf;
    const mien_source *X = nmf->run->X;
    size_t n = nmf->n, p = nmf->p, r = nmf->r, first = strip * PIXELS;
    size_t count = p - first < PIXELS ? p - first : PIXELS;
    float *m = e->m[worker], *h = e->columns[worker];
    X->strip(X->data, NULL, n, first, count, e->x[worker], e->ldn);
    for (size_t j = 0; j < count; j++) {
        float *x = e->x[worker] + j * e->ldn;
        for (size_t k = 0; k < r; k++)
            h[k] = nmf->H[k * p + first + j];
        mien_sgemm(false, false, 1, n, r, 1, h, r, e->W_transposed, e->ldn, 0, m, e->ldn);
        mien_kl_raise(m, e->floor, n);
        mien_descend_pad(x, m, n, e->ldn);
        mien_weight_cost_descend(&e->cost, x, m, e->ldn, e->floor, e->W_transposed, e->sum, h,
                                 SWEEPS);
        for (size_t k = 0; k < r; k++)
            nmf->H[k * p + first + j] = h[k];
    }
}

size_t mien_exact_rounds(const mien_fit *fit)
{
    enum { MOST = 12, SHARE = 8 };
    size_t share = fit->iterations / SHARE;
    return fit->stop != MIEN_STOP_ITERATIONS || share > MOST ? MOST : share;
}

mien_status mien_exact_prepare(mien_nmf *nmf, mien_exact *out)
{
    mien_arena *arena = nmf->run->arena;
    size_t r = nmf->r;
    mien_exact e = {.nmf = nmf,
                    .cost = {.r = r},
                    .floor = mien_weights_floor(mien_nmf_mean(nmf)),
                    .ldp = mien_sweep_padded(nmf->p),
                    .ldn = mien_sweep_padded(nmf->n)};
    size_t longer = e.ldp > e.ldn ? e.ldp : e.ldn;
    e.cost.linear = mien_arena_alloc(arena, r, sizeof(double));
    e.cost.curvature = mien_arena_alloc(arena, r, sizeof(double));
    e.sum = mien_arena_alloc(arena, r, sizeof(float));
    e.H = mien_arena_alloc(arena, r * e.ldp, sizeof(float));
    e.W_transposed = mien_arena_alloc(arena, r * e.ldn, sizeof(float));
    e.x = mien_nmf_buffers(nmf, longer * PIXELS);
    e.m = mien_nmf_buffers(nmf, longer);
    e.model = mien_nmf_buffers(nmf, nmf->rows * nmf->p);
    e.columns = mien_nmf_buffers(nmf, r);
    *out = e;
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

void mien_exact_weights(mien_exact *e)
{
    const mien_nmf *nmf = e->nmf;
    for (size_t k = 0; k < nmf->r; k++)
        memcpy(e->H + k * e->ldp, nmf->H + k * nmf->p, nmf->p * sizeof *e->H);
    mien_run_pass(nmf->run, descend_images, e, NULL);
    mien_nmf_gather(e->nmf);
}

void mien_exact_basis(mien_exact *e)
{
    const mien_nmf *nmf = e->nmf;
    mien_stranspose(nmf->n, nmf->r, nmf->W, nmf->r, e->W_transposed, e->ldn);
    mien_pool_run(nmf->run->pool, (nmf->p + PIXELS - 1) / PIXELS, descend_pixels, e);
}
