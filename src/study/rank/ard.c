/* ard.c - non-negative matrix factorization with automatic relevance determination.
 * SPDX-License-Identifier: MIT
 *
 * Tan & Fevotte, "Automatic relevance determination in nonnegative matrix factorization with the
 * beta-divergence", IEEE PAMI 35 (2013) 1592; l1-ARD: entries of component k are exponential with
 * mean lambda_k, which is inverse Gamma (a, b):
 *
 *   minimise D(X | WH) / phi + sum_k (|w_k|_1 + |h_k|_1 + b) / lambda_k + c log lambda_k
 *   c = n + p + a + 1,  b = sqrt((a - 1)(a - 2) mean(X) / r)   (method of moments, their (37))
 *
 *   W <- W .* (X./Y^(2-beta) H') ./ (Y^(beta-1) H' + phi / lambda)   and the same for H,
 *   lambda_k <- (|w_k|_1 + |h_k|_1 + b) / c                          (their algorithm 1)
 *
 * beta = 1: Kullback-Leibler, beta = 2: half the squares. The objective never increases. A
 * component that is not needed ends at lambda = B = b / c. One iteration is one pass over X.
 *
 * Steps are extrapolated: without, counts had not settled after 1500 iterations where components
 * overlap (400 x 150, r = 20 planted, 24 to begin with: 24 after 1500, 20 and 21 after 6000). */
#include "study/rank/ard.h"

#include "base/rng.h"
#include "base/status.h"
#include "data/source.h"
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/kernels/nmf_panels.h"
#include "methods/nmf/nmf_extrapolation.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    WARM_UP = 10, /* steps before extrapolation begins */
    PACE = 50,    /* iterations over which it is measured how fast relevances move */
    STEADY = 2    /* measurements in a row after which they stand where they will stay */
};

typedef struct ard {
    const mien_ard_options *options;
    const mien_source *X;
    mien_pool *pool;
    mien_arena arena;
    mien_tiling tiling;
    size_t n, p, r;
    float *W, *H;         /* the fit's: where the next step begins */
    float *last, *before; /* W and H after the last step that counts, and the one before */
    mien_extrapolation extrapolation;
    double *relevance;
    double *earlier; /* r: relevance PACE iterations ago */
    double b, c, mean, squares, total;
    float *penalty;                                  /* r: phi / lambda */
    float *inverse;                                  /* r: 1 / (sum of H's row + penalty) */
    float **buffers, **encoded, **shrink, **scratch; /* a worker each */
    mien_panels panels;                              /* of H, under KL */
    mien_sums sums;                                  /* SUMS below; floats: see a step's visit */
    float *H_gram;                                   /* r x r */
    float *growth;                                   /* r x p */
    double *weight_sum, *basis_sum;                  /* r */
} ard;

/* Doubles of a pass: of a step the loss and the sums of W's columns, else those of X. */
enum { SUM_LOSS, SUM_WEIGHTS, SUM_X = 0, SUM_SQUARES };

static void visit_moments(void *context, const mien_tile *tile)
{
    const ard *a = context;
    for (size_t at = 0; at < tile->count * a->p; at++) {
        double x = tile->x[at];
        tile->doubles[SUM_X] += x;
        tile->doubles[SUM_SQUARES] += x * x;
    }
}

static mien_status measure(ard *a, mien_error *err)
{
    mien_pass(a->pool, a->X, &a->tiling, a->buffers, visit_moments, a, &a->sums);
    a->total = a->sums.doubles[SUM_X];
    a->squares = a->sums.doubles[SUM_SQUARES];
    a->mean = a->total / ((double)a->n * (double)a->p);
    return a->mean > 0 ? MIEN_OK : mien_fail(err, MIEN_ERR_DATA, "X is zero everywhere");
}

static void sum_factors(ard *a)
{
    memset(a->weight_sum, 0, a->r * sizeof *a->weight_sum);
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < a->r; k++)
            a->weight_sum[k] += a->W[i * a->r + k];
    for (size_t k = 0; k < a->r; k++) {
        a->basis_sum[k] = 0;
        for (size_t j = 0; j < a->p; j++)
            a->basis_sum[k] += a->H[k * a->p + j];
    }
}

/* The relevances of the present factors; returns the largest relative change. */
static double update_relevance(ard *a)
{
    double max = 0;
    sum_factors(a);
    for (size_t k = 0; k < a->r; k++) {
        double now = (a->weight_sum[k] + a->basis_sum[k] + a->b) / a->c;
        max = fmax(max, fabs(now - a->relevance[k]) / a->relevance[k]);
        a->relevance[k] = now;
        a->penalty[k] = (float)(a->options->dispersion / now);
    }
    return max;
}

/* last <- W and H. */
static void keep_point(ard *a)
{
    memcpy(a->last, a->W, a->n * a->r * sizeof *a->W);
    memcpy(a->last + a->n * a->r, a->H, a->r * a->p * sizeof *a->H);
}

static void start(ard *a)
{
    uint64_t seed = a->options->seed;
    double shape = a->options->shape;
    mien_start_scale scale = mien_nmf_start_scale(a->mean, a->r);
    for (size_t at = 0; at < a->n * a->r; at++)
        a->W[at] = (float)(scale.weights * mien_random_uniform(seed, MIEN_STREAM_WEIGHTS, at));
    for (size_t at = 0; at < a->r * a->p; at++)
        a->H[at] = (float)(scale.basis * mien_random_uniform(seed, MIEN_STREAM_BASIS, at));
    a->b = sqrt((shape - 1) * (shape - 2) * a->mean / (double)a->r);
    a->c = (double)a->n + (double)a->p + shape + 1;
    for (size_t k = 0; k < a->r; k++)
        a->relevance[k] = 1;
    update_relevance(a);
    memcpy(a->earlier, a->relevance, a->r * sizeof *a->earlier);
    a->extrapolation = mien_extrapolation_start();
    keep_point(a);
}

/* What the priors add to the objective, times phi. */
static double prior_terms(const ard *a)
{
    double sum = 0;
    for (size_t k = 0; k < a->r; k++)
        sum += (a->weight_sum[k] + a->basis_sum[k] + a->b) / a->relevance[k] +
               a->c * log(a->relevance[k]);
    return sum * a->options->dispersion;
}

/* ---------------------------------------------------------------- Kullback-Leibler */

static void visit_kl(void *context, const mien_tile *tile)
{
    ard *a = context;
    size_t r = a->r, count = tile->count;
    float *W = a->W + tile->first * r;
    float *encoded = a->encoded[tile->worker], *scratch = a->scratch[tile->worker];
    tile->doubles[SUM_LOSS] +=
        mien_panels_weights_product(&a->panels, tile->x, W, count, encoded, NULL, 0, scratch);
    mien_kl_scale_weights(W, encoded, a->inverse, count, r, tile->doubles + SUM_WEIGHTS);
    mien_panels_basis_product(&a->panels, tile->x, W, count, !tile->opens, false, tile->floats,
                              scratch);
}

static void scale_part(void *context, size_t part, unsigned worker)
{
    ard *a = context;
    mien_columns columns = mien_panels_columns(&a->panels, part);
    float *total = a->scratch[worker], *h = a->H + columns.first;
    mien_panels_take(&a->panels, a->sums.floats, columns, total);
    for (size_t k = 0; k < a->r; k++, h += a->p, total += columns.count) {
        float scale = (float)(1 / (a->weight_sum[k] + a->penalty[k]));
        mien_scale_product(h, total, scale, columns.count);
    }
}

static double step_kl(ard *a)
{
    double model_sum = 0;
    for (size_t k = 0; k < a->r; k++) {
        model_sum += a->weight_sum[k] * a->basis_sum[k];
        a->inverse[k] = (float)(1 / (a->basis_sum[k] + a->penalty[k]));
    }
    mien_panels_hold_all(&a->panels, a->H, a->p);
    mien_pass(a->pool, a->X, &a->tiling, a->buffers, visit_kl, a, &a->sums);
    memcpy(a->weight_sum, a->sums.doubles + SUM_WEIGHTS, a->r * sizeof *a->weight_sum);
    mien_pool_run(a->pool, mien_panels_parts(&a->panels), scale_part, a);
    return a->sums.doubles[SUM_LOSS] - a->total + model_sum;
}

/* ---------------------------------------------------------------- half the squares */

static void visit_squares(void *context, const mien_tile *tile)
{
    ard *a = context;
    size_t p = a->p, r = a->r, count = tile->count;
    float *W = a->W + tile->first * r, keep = tile->opens ? 0 : 1;
    float *encoded = a->encoded[tile->worker], *shrink = a->shrink[tile->worker];
    mien_sgemm(false, true, count, r, p, 1, tile->x, p, a->H, p, 0, encoded, r);
    mien_sgemm(false, false, count, r, r, 1, W, r, a->H_gram, r, 0, shrink, r);
    for (size_t at = 0; at < count * r; at++)
        tile->doubles[SUM_LOSS] += W[at] * (0.5 * shrink[at] - encoded[at]);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < r; k++)
            shrink[i * r + k] += a->penalty[k];
    mien_mu_step(W, encoded, shrink, count * r);
    mien_sgemm(true, false, r, p, count, 1, W, r, tile->x, p, keep, tile->floats, p);
    mien_sgemm(true, false, r, r, count, 1, W, r, W, r, keep, tile->floats + r * p, r);
}

static void grow_row(void *context, size_t k, unsigned worker)
{
    (void)worker;
    ard *a = context;
    size_t p = a->p, r = a->r;
    float *growth = a->growth + k * p, *W_gram = a->sums.floats + r * p;
    mien_sgemm(false, false, 1, p, r, 1, W_gram + k * r, r, a->H, p, 0, growth, p);
    for (size_t j = 0; j < p; j++)
        growth[j] += a->penalty[k];
}

static double step_squares(ard *a)
{
    size_t p = a->p, r = a->r;
    mien_sgemm(false, true, r, r, p, 1, a->H, p, a->H, p, 0, a->H_gram, r);
    mien_pass(a->pool, a->X, &a->tiling, a->buffers, visit_squares, a, &a->sums);
    mien_pool_run(a->pool, r, grow_row, a);
    mien_mu_step(a->H, a->sums.floats, a->growth, r * p);
    return 0.5 * a->squares + a->sums.doubles[SUM_LOSS];
}

/* ---------------------------------------------------------------- the run */

static double margin(const ard *a)
{
    return a->b / a->c * (1 + MIEN_ARD_MARGIN);
}

/* Whether the count is what it will be: at the pace of the last iterations no relevance would cross
 * the margin in as many as may be made in all. Those that will go do so within tens or hundreds of
 * iterations, the others settle for thousands, in which they decide nothing: CBCL, 60 to begin with
 * under half the squares, has its 50 after 480 iterations, and they still moved by 3e-4 an
 * iteration after 1500. */
static bool count_stays(const ard *a)
{
    bool stays = true;
    for (size_t k = 0; k < a->r; k++) {
        double way = margin(a) - a->relevance[k], pace = (a->relevance[k] - a->earlier[k]) / PACE;
        stays = stays && !(way * pace > 0 && way / pace < (double)a->options->iterations);
        a->earlier[k] = a->relevance[k];
    }
    return stays;
}

static void return_to_last(ard *a)
{
    memcpy(a->W, a->last, a->n * a->r * sizeof *a->W);
    memcpy(a->H, a->last + a->n * a->r, a->r * a->p * sizeof *a->H);
}

/* W and H have made a step from a point with this objective. When that point was no worse than the
 * one before, go on beyond them in the direction of the last two (Ang & Gillis 2019,
 * nmf_extrapolation.c); else the step before it is taken again without. */
static void extrapolate(ard *a, double objective, bool warm_up)
{
    size_t nW = a->n * a->r;
    if (!mien_extrapolation_accept(&a->extrapolation, objective)) {
        return_to_last(a);
        return;
    }
    float *old = a->before;
    a->before = a->last;
    a->last = old;
    keep_point(a);
    if (warm_up)
        a->extrapolation.beta = 0;
    if (a->extrapolation.beta > 0) {
        float beta = (float)a->extrapolation.beta;
        mien_mu_extrapolate(a->W, a->last, a->before, beta, nW);
        mien_mu_extrapolate(a->H, a->last + nW, a->before + nW, beta, a->r * a->p);
    }
}

static void descend(ard *a, mien_ard_fit *fit)
{
    const mien_ard_options *o = a->options;
    size_t steady = 0;
    while (fit->iterations < o->iterations && !fit->converged && !fit->interrupted) {
        fit->interrupted = o->go_on && !o->go_on(o->user);
        if (fit->interrupted)
            break;
        double extra = prior_terms(a);
        double loss = o->loss == MIEN_LOSS_KL ? step_kl(a) : step_squares(a);
        extrapolate(a, loss + extra, fit->iterations < WARM_UP);
        fit->trace[fit->iterations++] = a->extrapolation.loss;
        double change = update_relevance(a);
        if (fit->iterations % PACE == 0)
            steady = count_stays(a) ? steady + 1 : 0;
        fit->converged = a->extrapolation.stalled ||
                         (o->tolerance > 0 && (change < o->tolerance || steady == STEADY));
    }
    return_to_last(a); /* not an extrapolated point: it may be worse */
    update_relevance(a);
    fit->objective = fit->iterations ? fit->trace[fit->iterations - 1] : INFINITY;
    fit->bound = a->b / a->c;
    for (size_t k = 0; k < a->r; k++)
        fit->count += fit->relevance[k] > margin(a);
}

static void *a_worker_each(ard *a, size_t count)
{
    return mien_arena_alloc_each(&a->arena, mien_pool_threads(a->pool), count, sizeof(float));
}

static mien_status prepare(ard *a)
{
    size_t p = a->p, r = a->r;
    a->tiling = mien_tiling_plan(a->n, p, r);
    a->panels = mien_panels_prepare(p, r, &a->arena);
    if (a->panels.rows && a->options->loss == MIEN_LOSS_KL)
        a->tiling = mien_tiling_with_rows(&a->tiling, a->panels.rows);
    size_t rows = a->tiling.rows, part = a->panels.part * r;
    size_t scratch = mien_panels_scratch(&a->panels, rows);
    a->buffers = a_worker_each(a, rows * p);
    a->scratch = a_worker_each(a, scratch > part ? scratch : part);
    a->encoded = a_worker_each(a, (rows + 7) / 8 * 8 * r);
    a->shrink = a_worker_each(a, rows * r);
    a->sums = mien_sums_alloc(&a->arena, a->pool, a->tiling.leaves, SUM_WEIGHTS + r + 1,
                              r * (a->panels.ld > p ? a->panels.ld : p) + r * r);
    a->H_gram = mien_arena_alloc(&a->arena, r * r, sizeof(float));
    a->growth = mien_arena_alloc(&a->arena, r * p, sizeof(float));
    a->penalty = mien_arena_alloc(&a->arena, r, sizeof(float));
    a->inverse = mien_arena_alloc(&a->arena, r, sizeof(float));
    a->last = mien_arena_alloc(&a->arena, (a->n + p) * r, sizeof(float));
    a->before = mien_arena_alloc(&a->arena, (a->n + p) * r, sizeof(float));
    a->earlier = mien_arena_alloc(&a->arena, r, sizeof(double));
    a->weight_sum = mien_arena_alloc(&a->arena, r, sizeof(double));
    a->basis_sum = mien_arena_alloc(&a->arena, r, sizeof(double));
    return a->arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

mien_status mien_ard_run(mien_pool *pool, const mien_source *X, const mien_ard_options *options,
                         mien_ard_fit *out, mien_error *err)
{
    assert(options->loss == MIEN_LOSS_KL || options->loss == MIEN_LOSS_HALF_SQUARES);
    assert(options->r > 0 && options->iterations > 0);
    assert(options->shape > 2 && options->dispersion > 0);
    size_t r = options->r;
    mien_ard_fit fit = {.r = r};
    fit.W = mien_arena_alloc(&fit.arena, X->n * r, sizeof *fit.W);
    fit.H = mien_arena_alloc(&fit.arena, r * X->p, sizeof *fit.H);
    fit.relevance = mien_arena_alloc(&fit.arena, r, sizeof *fit.relevance);
    fit.trace = mien_arena_alloc(&fit.arena, options->iterations, sizeof *fit.trace);
    ard a = {.options = options,
             .X = X,
             .pool = pool,
             .n = X->n,
             .p = X->p,
             .r = r,
             .W = fit.W,
             .H = fit.H,
             .relevance = fit.relevance};
    int blas = mien_blas_single();
    mien_status st = fit.arena.failed ? MIEN_ERR_NOMEM : prepare(&a);
    if (st)
        mien_fail_plain(err, st);
    if (!st)
        st = measure(&a, err);
    if (!st) {
        start(&a);
        descend(&a, &fit);
        *out = fit;
    }
    mien_blas_restore(blas);
    mien_arena_free(&a.arena);
    if (st)
        mien_ard_fit_free(&fit);
    return st;
}

void mien_ard_fit_free(mien_ard_fit *fit)
{
    if (!fit)
        return;
    mien_arena_free(&fit->arena);
    *fit = (mien_ard_fit){0};
}
