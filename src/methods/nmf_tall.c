/* nmf_tall.c - --solver fast under the Kullback-Leibler divergence for very many images.
 * SPDX-License-Identifier: MIT
 *
 * Coordinate descent on the basis (nmf_ccd.c) reads all weights for every pixel, which is fast
 * while they stand in a cache and a hundred times too slow when they do not. With very many images
 * the weights are therefore found by coordinate descent, tile by tile, and the basis takes the
 * multiplicative step of Lee & Seung 1999, whose sums fall out of the same tile:
 *
 *   W_t  <- coordinate descent from W_start at H_start, so that f(W_t, H_start) <= f(W_start,
 * H_start) H'   <- H_start .* (W_t' (X / W_t H_start)) ./ (W_t' 1)       f(W_t, H') <= f(W_t,
 * H_start)
 *
 * z_t = (W_t, H_start) is the point whose loss f_t the pass knows. The next pass starts from
 * W_t + beta (W_t - W_{t-1}) and H'_t + beta (H'_t - H'_{t-1}). If its f is larger than f_t the
 * point is thrown away, and the pass is made again from (W_t, H'_t), where it cannot fail. So the
 * loss never increases. One pass over X an iteration, W twice, memory that is used in order. */
#include "methods/nmf_descent.h"

#include "methods/nmf_kernels.h"

#include <string.h>

struct tall {
    mien_nmf *nmf;
    mien_extrapolation pace;
    mien_weights held; /* H_start of the pass */
    float *W_new;      /* n x r: W_{t-1}, then the candidate */
    float *H_next;     /* r x p: H'_t, where the next pass starts from */
    float *H_before;   /* r x p: H'_{t-1} */
    float *sums;       /* groups: shares of W' (X / WH), in panels */
};

static void visit(void *context, const mien_tile *tile)
{
    struct tall *t = context;
    mien_nmf *nmf = t->nmf;
    size_t r = nmf->r, count = tile->count;
    float *W = t->W_new + tile->first * r;
    double *sum = nmf->weight_sum + tile->group * r;
    if (tile->opens) {
        memset(sum, 0, r * sizeof *sum);
        nmf->losses[tile->group] = 0;
    }
    mien_extrapolate(W, nmf->W + tile->first * r, W, t->pace.beta, count * r);
    mien_weights_descend(&t->held, tile, W);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < r; k++)
            sum[k] += W[i * r + k];
    nmf->losses[tile->group] += mien_panels_push(
        &t->held.panels, tile->x, W, count, !tile->opens, true,
        t->sums + tile->group * r * t->held.panels.ld, t->held.ratio[tile->worker]);
}

/* Columns of H' = H_start .* sums / weight_sum. */
static void step_columns(void *context, size_t part, unsigned worker)
{
    struct tall *t = context;
    mien_nmf *nmf = t->nmf;
    const mien_panels *panels = &t->held.panels;
    mien_columns columns = mien_panels_columns(panels, part);
    float *total = t->held.ratio[worker];
    mien_panels_sum(panels, t->sums, nmf->groups, columns, total);
    for (size_t k = 0; k < nmf->r; k++, total += columns.count) {
        float *next = t->H_next + k * nmf->p + columns.first;
        memcpy(next, t->held.H + k * t->held.ldp + columns.first, columns.count * sizeof *next);
        if (nmf->weight_sum[k] > 0) /* else nobody uses the component: its step is 0 / 0 */
            mien_scale_product(next, total, (float)(1 / nmf->weight_sum[k]), columns.count);
    }
}

static void swap(float **a, float **b)
{
    float *c = *a;
    *a = *b;
    *b = c;
}

static double iterate(void *solver)
{
    struct tall *t = solver;
    mien_nmf *nmf = t->nmf;
    size_t p = nmf->p, r = nmf->r;
    for (size_t k = 0; k < r; k++)
        mien_extrapolate(t->held.H + k * t->held.ldp, t->H_next + k * p, t->H_before + k * p,
                         t->pace.beta, p);
    mien_weights_hold(&t->held);
    mien_panels_hold_all(&t->held.panels, t->held.H, t->held.ldp);
    mien_run_pass(nmf->run, visit, t);
    mien_nmf_combine(nmf->weight_sum, nmf->groups, r);
    mien_nmf_combine(nmf->losses, nmf->groups, 1);
    double loss = nmf->losses[0] - nmf->run->total;
    for (size_t k = 0; k < r; k++) {
        double sum = 0;
        for (size_t j = 0; j < p; j++)
            sum += t->held.H[k * t->held.ldp + j];
        loss += sum * nmf->weight_sum[k];
    }
    /* after a refusal beta is 0, and what stands in the predecessors has no weight */
    if (mien_extrapolation_accept(&t->pace, loss)) {
        swap(&nmf->W, &t->W_new);
        for (size_t k = 0; k < r; k++)
            memcpy(nmf->H + k * p, t->held.H + k * t->held.ldp, p * sizeof *nmf->H);
        swap(&t->H_next, &t->H_before);
        mien_pool_run(nmf->run->pool, mien_panels_parts(&t->held.panels), step_columns, t);
    }
    nmf->stalled = t->pace.stalled;
    return t->pace.loss;
}

mien_status mien_nmf_kl_tall(mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    size_t n = nmf->n, p = nmf->p, r = nmf->r;
    struct tall t = {.nmf = nmf,
                     .pace = mien_extrapolation_start(),
                     .W_new = mien_arena_alloc(arena, n * r, sizeof(float)),
                     .H_next = mien_arena_alloc(arena, r * p, sizeof(float)),
                     .H_before = mien_arena_alloc(arena, r * p, sizeof(float))};
    mien_status st = mien_weights_prepare(nmf, 0, 0, &t.held);
    if (st)
        return st;
    t.sums = mien_arena_alloc(arena, nmf->groups * r * t.held.panels.ld, sizeof(float));
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    memcpy(t.H_next, nmf->H, r * p * sizeof *t.H_next); /* of H_before the first pass takes 0 */
    float *W = nmf->W;
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &t);
    if (nmf->W != W) /* the fit owns W; the last point may stand in the workspace */
        memcpy(W, nmf->W, n * r * sizeof *W);
    nmf->W = W;
    return MIEN_OK;
}
