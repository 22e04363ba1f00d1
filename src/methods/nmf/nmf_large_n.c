/* nmf_large_n.c - solver fast under the Kullback-Leibler divergence for very many images.
 * SPDX-License-Identifier: MIT
 *
 * Coordinate descent on the basis (nmf_strips.c) reads all weights for every pixel, which is fast
 * while they stand in a cache, and takes several times as long as all the rest when they do not.
 * With very many images the weights are therefore found by coordinate descent, tile by tile, and
 * most of the time the basis takes the multiplicative step of Lee & Seung 1999, whose sums fall out
 * of the same tile:
 *
 *   W_t <- coordinate descent from W_start at H_start:      f(W_t, H_start) <= f(W_start, H_start)
 *   H'  <- H_start .* (W_t' (X / W_t H_start)) ./ (W_t' 1)  f(W_t, H')      <= f(W_t, H_start)
 *
 * From such steps alone no pixel comes back that a component has lost, and they end in a worse
 * minimum. So now and then, and as long as that gains more for its time, H' is made by coordinate
 * descent from H_start instead. On 100,000 synthetic images of 32x32, r = 64, two threads, the loss
 * was 369,680 after 25 s so and 354,910 after 51 s; with multiplicative steps alone 396,770 after
 * 25 s, where it stayed; with coordinate descent throughout (nmf_ccd.c) 366,300 after 50 s. The end
 * is asked for only after a descent.
 *
 * z_t = (W_t, H_start) is the point whose loss f_t the pass knows. The next pass starts from
 * W_t + beta (W_t - W_{t-1}) and H'_t + beta (H'_t - H'_{t-1}). If its f is larger than f_t the
 * point is thrown away, and the pass is made again from (W_t, H'_t), where it cannot fail. So the
 * loss never increases. One pass over X an iteration, W twice, memory that is used in order. The
 * descent on the basis needs W once more, transposed: it stands where W_{t-1} was, and in the next
 * pass H alone is extrapolated. */
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/kernels/nmf_sweep.h"
#include "methods/nmf/nmf_cost_model.h"
#include "methods/nmf/nmf_extrapolation.h"
#include "methods/nmf/nmf_strips.h"

#include <math.h>
#include <string.h>

/* A descent on the basis is tried when there was none for so many iterations, and goes on while it
 * pays (nmf_cost_model.h). */
enum { CYCLE = 20 };

enum { BLOCK = 1024 }; /* images that are transposed at a time */

struct large_n {
    mien_nmf *nmf;
    mien_extrapolation momentum;
    bool descends;      /* H' comes from a descent, not a multiplicative step */
    size_t since;       /* iterations since one did */
    double gain[2];     /* by which the loss fell last after a step, and after a descent */
    mien_weights fixed; /* H_start of the pass */
    mien_strips strips; /* of W_t, in the place of W_{t-1} */
    float *W_new;       /* n x r: W_{t-1}, then the candidate */
    float *H_next;      /* r x p: H'_t, where the next pass starts from */
    float *H_before;    /* r x p: H'_{t-1} */
    mien_sums sums;     /* floats: W' (X / WH), in panels */
};

static void visit(void *context, const mien_tile *tile)
{
    struct large_n *t = context;
    mien_nmf *nmf = t->nmf;
    size_t r = nmf->r, count = tile->count;
    float *W = t->W_new + tile->first * r;
    double *sum = tile->doubles + MIEN_NMF_WEIGHTS;
    double beta = t->descends ? 0 : t->momentum.beta; /* where W_{t-1} was stands W_t, transposed */
    mien_extrapolate(W, nmf->W + tile->first * r, W, beta, count * r);
    mien_weights_descend(&t->fixed, tile, W);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < r; k++)
            sum[k] += W[i * r + k];
    tile->doubles[MIEN_NMF_LOSS] +=
        mien_panels_basis_product(&t->fixed.panels, tile->x, W, count, !tile->opens, true,
                                  tile->floats, t->fixed.ratio[tile->worker]);
}

/* What the logarithms of the lifted pixels lack. */
static double loss_of_levels(const struct large_n *t)
{
    const double LOG_2 = 0.69314718055994531;
    const mien_run *run = t->nmf->run;
    double loss = 0;
    for (size_t j = 0; t->fixed.levels.pixels && j < t->nmf->p; j++)
        loss += t->fixed.levels.pixels[j] * LOG_2 * run->mean[j] * (double)t->nmf->n;
    return loss;
}

/* Columns of W_t' (X / W_t H_start), r x columns; the sums are of pixels at their level: back to
 * that of H. */
static float *take_columns(const struct large_n *t, mien_columns columns, unsigned worker)
{
    const int *pixels = t->fixed.levels.pixels;
    float *total = t->fixed.ratio[worker];
    mien_panels_take(&t->fixed.panels, t->sums.floats, columns, total);
    for (size_t k = 0; pixels && k < t->nmf->r; k++)
        for (size_t j = 0; j < columns.count; j++)
            total[k * columns.count + j] =
                ldexpf(total[k * columns.count + j], pixels[columns.first + j]);
    return total;
}

/* Columns of H' <- those: what a descent starts from; or H_start .* those / weight_sum: a step. */
static void step_columns(void *context, size_t part, unsigned worker)
{
    struct large_n *t = context;
    mien_nmf *nmf = t->nmf;
    mien_columns columns = mien_panels_columns(&t->fixed.panels, part);
    const float *total = take_columns(t, columns, worker);
    for (size_t k = 0; k < nmf->r; k++, total += columns.count) {
        float *next = t->H_next + k * nmf->p + columns.first;
        const float *H = t->fixed.H + k * t->fixed.ldp + columns.first;
        memcpy(next, t->descends ? total : H, columns.count * sizeof *next);
        /* where no image uses the component a step is 0 / 0 */
        if (!t->descends && nmf->weight_sum[k] > 0)
            mien_scale_product(next, total, (float)(1 / nmf->weight_sum[k]), columns.count);
    }
}

static void transpose_block(void *context, size_t block, unsigned worker)
{
    (void)worker;
    struct large_n *t = context;
    const mien_nmf *nmf = t->nmf;
    size_t first = block * BLOCK, r = nmf->r, ldn = t->strips.ldn;
    size_t count = nmf->n - first < BLOCK ? nmf->n - first : BLOCK;
    mien_stranspose(count, r, nmf->W + first * r, r, t->strips.W_transposed + first, ldn);
}

static void descend_basis(struct large_n *t)
{
    mien_nmf *nmf = t->nmf;
    mien_strips *strips = &t->strips;
    mien_nmf_gather(nmf); /* a pixel is descended with the weights of all images */
    if (t->W_new !=
        strips->W_transposed) { /* the fit's W has no room for padding: they change places */
        memcpy(t->W_new, nmf->W, nmf->n * nmf->r * sizeof *nmf->W);
        mien_nmf_swap(&nmf->W, &t->W_new);
    }
    mien_pool_run(nmf->run->pool, (nmf->n + BLOCK - 1) / BLOCK, transpose_block, t);
    for (size_t k = 0; k < nmf->r; k++) {
        memset(strips->W_transposed + k * strips->ldn + nmf->n, 0,
               (strips->ldn - nmf->n) * sizeof *strips->W_transposed);
        strips->weight_sum[k] = (float)nmf->weight_sum[k];
    }
    mien_pool_run(nmf->run->pool, mien_panels_parts(&t->fixed.panels), step_columns, t);
    mien_strips_descend_along(strips, t->H_next);
}

/* H' of the point that has just been accepted. */
static void step_basis(struct large_n *t, double gain)
{
    t->nmf->unsettled = !t->descends; /* what the loss tells of is the step before */
    t->gain[t->descends] = gain;
    t->descends = ++t->since >= CYCLE || mien_cost_prefers_descent(t->gain[true], t->gain[false]);
    if (t->descends) {
        t->since = 0;
        descend_basis(t);
    } else {
        mien_pool_run(t->nmf->run->pool, mien_panels_parts(&t->fixed.panels), step_columns, t);
    }
}

static double iterate(void *solver)
{
    struct large_n *t = solver;
    mien_nmf *nmf = t->nmf;
    size_t p = nmf->p, r = nmf->r;
    for (size_t k = 0; k < r; k++)
        mien_extrapolate(t->fixed.H + k * t->fixed.ldp, t->H_next + k * p, t->H_before + k * p,
                         t->momentum.beta, p);
    mien_weights_hold(&t->fixed);
    mien_panels_hold_all(&t->fixed.panels, t->fixed.lifted, t->fixed.ldp);
    mien_run_pass(nmf->run, visit, t, &t->sums);
    double loss = mien_nmf_take_sums(nmf, &t->sums) - nmf->run->total + loss_of_levels(t);
    loss = mien_nmf_add_model(nmf, t->fixed.H, t->fixed.ldp, loss);
    /* after a refusal beta is 0, and what stands in the predecessors has no weight */
    double before = t->momentum.loss;
    if (mien_extrapolation_accept(&t->momentum, loss)) {
        mien_nmf_swap(&nmf->W, &t->W_new);
        for (size_t k = 0; k < r; k++)
            memcpy(nmf->H + k * p, t->fixed.H + k * t->fixed.ldp, p * sizeof *nmf->H);
        mien_nmf_swap(&t->H_next, &t->H_before);
        step_basis(t, before - loss);
    }
    nmf->stalled = t->momentum.stalled;
    return t->momentum.loss;
}

mien_status mien_nmf_kl_large_n(mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    size_t n = nmf->n, p = nmf->p, r = nmf->r, padded = mien_sweep_padded(n);
    struct large_n t = {.nmf = nmf,
                        .momentum = mien_extrapolation_start(),
                        .W_new = mien_arena_alloc(arena, padded * r, sizeof(float)),
                        .H_next = mien_arena_alloc(arena, r * p, sizeof(float)),
                        .H_before = mien_arena_alloc(arena, r * p, sizeof(float))};
    t.strips = mien_strips_prepare_along(nmf, t.W_new);
    mien_status st = mien_strips_hold(&t.strips, &t.fixed);
    if (st)
        return st;
    t.fixed.levels.images = NULL; /* steps of the basis take images as they are */
    t.sums = mien_nmf_sums(nmf, 0, r * t.fixed.panels.ld);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    memcpy(t.H_next, nmf->H, r * p * sizeof *t.H_next); /* of H_before the first pass takes 0 */
    mien_nmf_keep(nmf);
    mien_nmf_keep_rows(nmf, "W before", &t.W_new);
    mien_keep_floats(nmf->run, "H next", &t.H_next, r, p);
    mien_keep_floats(nmf->run, "H before", &t.H_before, r, p);
    mien_keep_struct(nmf->run, "momentum", &t.momentum);
    mien_keep_struct(nmf->run, "descends", &t.descends);
    mien_keep_struct(nmf->run, "since", &t.since);
    mien_keep_struct(nmf->run, "gain", &t.gain);
    mien_keep_struct(nmf->run, "unsettled", &nmf->unsettled);
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &t);
    return MIEN_OK;
}
