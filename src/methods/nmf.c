/* nmf.c - non-negative matrix factorization.
 * SPDX-License-Identifier: MIT
 *
 *   X ~ W H,   W >= 0 (n x r),   H >= 0 (r x p)
 *
 *   --objective kl         maximise sum x log(WH) - WH, the log-likelihood of Poisson counts
 *                          (ESL 14.73); reported as the generalised Kullback-Leibler divergence
 *                          D(X | WH) = sum x log(x / wh) - x + wh, which differs by a constant
 *   --objective frobenius  minimise 1/2 ||X - WH||_F^2
 *
 * Lee & Seung, Nature 401 (1999) 788-791; NIPS 13 (2000). This file is the frame: start, descent,
 * canonical form. The descents are nmf_ccd.c, nmf_mu.c, nmf_hals.c and, on samples
 * that grow, nmf_minibatch.c; each says what it
 * guarantees.
 *
 * (W, H) and (W D, D^-1 H) are the same model for any positive diagonal D. Canonical form: the
 * maximum of each basis image is 1, the scale stands in the weights, and components are ordered
 * by their share of the reconstruction, sum_i W[i,k] sum_j H[k,j]. */
#include "methods/nmf.h"

#include "base/status.h"

#include <stdio.h>
#include <string.h>

enum { OBJECTIVE_KL, OBJECTIVE_FROBENIUS };
enum { SOLVER_FAST, SOLVER_MU, SOLVER_HALS, SOLVER_MINIBATCH };

/* Iterations over which the relative decrease is compared with the tolerance. */
enum { WINDOW = 10 };

enum { PARAM_OBJECTIVE, PARAM_SOLVER };
static const mien_param params[] = {
    [PARAM_OBJECTIVE] = {"objective", "kl|frobenius", OBJECTIVE_KL, 0, 0,
                         "what NMF minimises: Kullback-Leibler divergence or squared distance"},
    [PARAM_SOLVER] = {"solver", "fast|mu|hals|minibatch", SOLVER_FAST, 0, 0,
                      "how: extrapolated coordinate descent, the textbook's multiplicative "
                      "updates, plain HALS, or growing samples for N in the hundreds of thousands"},
    {"init", MIEN_NMF_INIT_CHOICES, 0, 0, 0, "where NMF starts"},
    {0},
};

/* ---------------------------------------------------------------- shared by the solvers */

void mien_nmf_combine(double *partial, size_t groups, size_t count)
{
    for (size_t g = 1; g < groups; g++)
        for (size_t k = 0; k < count; k++)
            partial[k] += partial[g * count + k];
}

float **mien_nmf_buffers(mien_nmf *nmf, size_t count)
{
    mien_arena *arena = nmf->run->arena;
    float **buffers = mien_arena_alloc(arena, nmf->workers, sizeof *buffers);
    for (unsigned i = 0; i < nmf->workers && !arena->failed; i++)
        buffers[i] = mien_arena_alloc(arena, count, sizeof **buffers);
    return buffers;
}

void mien_nmf_sum_start(mien_nmf *nmf)
{
    for (size_t k = 0; k < nmf->r; k++) {
        nmf->basis_sum[k] = nmf->weight_sum[k] = 0;
        for (size_t j = 0; j < nmf->p; j++)
            nmf->basis_sum[k] += nmf->H[k * nmf->p + j];
    }
    for (size_t i = 0; i < nmf->n; i++)
        for (size_t k = 0; k < nmf->r; k++)
            nmf->weight_sum[k] += nmf->W[i * nmf->r + k];
}

void mien_nmf_iterate(mien_nmf *nmf, mien_nmf_iteration iteration, mien_nmf_when when, void *solver)
{
    mien_run *run = nmf->run;
    mien_fit *fit = run->fit;
    fit->stop = MIEN_STOP_ITERATIONS;
    size_t end = run->options->iterations;
    end = end > nmf->passes ? end : nmf->passes + 1;
    end = nmf->pause && nmf->pause < end ? nmf->pause : end;
    for (size_t t = nmf->passes; t < end; t++) {
        double loss = iteration(solver);
        fit->iterations = t + 1;
        if (!mien_run_step(run, when == MIEN_NMF_LOSS_AFTER ? t + 1 : t, loss))
            return;
        if (nmf->stalled || (!nmf->pause && mien_run_settled(run, WINDOW))) {
            fit->stop = MIEN_STOP_CONVERGED;
            return;
        }
    }
}

/* ---------------------------------------------------------------- canonical form */

static void scale_to_unit_maximum(mien_nmf *nmf)
{
    for (size_t k = 0; k < nmf->r; k++) {
        float *h = nmf->H + k * nmf->p, most = 0;
        for (size_t j = 0; j < nmf->p; j++)
            most = h[j] > most ? h[j] : most;
        if (!(most > 0))
            continue;
        for (size_t j = 0; j < nmf->p; j++)
            h[j] /= most;
        for (size_t i = 0; i < nmf->n; i++)
            nmf->W[i * nmf->r + k] *= most;
    }
}

/* share[k] = sum of component k over all images and pixels. */
static void measure_shares(mien_nmf *nmf, double *share)
{
    mien_nmf_sum_start(nmf);
    for (size_t k = 0; k < nmf->r; k++)
        share[k] = nmf->weight_sum[k] * nmf->basis_sum[k];
}

/* Name the components that explain nothing; they stand last. */
static void note_dead(const mien_nmf *nmf, const double *share, const size_t *order, char *note,
                      size_t size)
{
    size_t alive = 0;
    while (alive < nmf->r && share[order[alive]] > 0)
        alive++;
    if (alive == nmf->r)
        return;
    if (alive + 1 == nmf->r)
        snprintf(note, size, "component %zu died: it explains nothing", nmf->r);
    else
        snprintf(note, size, "components %zu to %zu died: they explain nothing", alive + 1, nmf->r);
}

static mien_status make_canonical(mien_nmf *nmf, mien_fit *fit)
{
    mien_arena *arena = nmf->run->arena;
    double *share = mien_arena_alloc(arena, nmf->r, sizeof *share);
    size_t *order = mien_arena_alloc(arena, nmf->r, sizeof *order);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    scale_to_unit_maximum(nmf);
    measure_shares(nmf, share);
    mien_order_descending(share, nmf->r, order);
    note_dead(nmf, share, order, fit->note, sizeof fit->note);
    return mien_fit_reorder(fit, order, arena);
}

/* ---------------------------------------------------------------- the method */

mien_status mien_nmf_prepare(mien_run *run, mien_fit *fit, mien_nmf *nmf)
{
    *nmf = (mien_nmf){.run = run,
                      .n = fit->n,
                      .p = fit->p,
                      .r = fit->r,
                      .W = fit->W,
                      .H = fit->H,
                      .rows = run->tiling.rows,
                      .groups = run->tiling.groups,
                      .workers = mien_pool_threads(run->pool)};
    nmf->weight_sum = mien_arena_alloc(run->arena, nmf->groups * fit->r, sizeof(double));
    nmf->basis_sum = mien_arena_alloc(run->arena, fit->r, sizeof(double));
    nmf->losses = mien_arena_alloc(run->arena, nmf->groups, sizeof(double));
    return run->arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

static mien_status descend(mien_nmf *nmf)
{
    bool kl = mien_run_setting(nmf->run, "objective") == OBJECTIVE_KL;
    switch ((int)mien_run_setting(nmf->run, "solver")) {
    case SOLVER_MU:
        return kl ? mien_nmf_kl_mu(nmf) : mien_nmf_frobenius_mu(nmf);
    case SOLVER_HALS:
        return mien_nmf_hals(nmf);
    case SOLVER_MINIBATCH:
        return mien_nmf_minibatch(nmf, kl ? mien_nmf_kl_descend : mien_nmf_frobenius_fast);
    default:
        return kl ? mien_nmf_kl_fast(nmf) : mien_nmf_frobenius_fast(nmf);
    }
}

static mien_status check(const mien_options *options, mien_error *err)
{
    if (mien_options_get(options, &params[PARAM_OBJECTIVE]) == OBJECTIVE_KL &&
        mien_options_get(options, &params[PARAM_SOLVER]) == SOLVER_HALS)
        return mien_fail(err, MIEN_ERR_ARG,
                         "--solver hals minimises the squared distance: "
                         "use it with --objective frobenius");
    return MIEN_OK;
}

static mien_status fit_nmf(mien_run *run, mien_fit *fit)
{
    mien_nmf nmf;
    mien_status st = mien_nmf_prepare(run, fit, &nmf);
    if (!st)
        st = mien_nmf_start(&nmf);
    if (!st)
        st = descend(&nmf);
    return st ? st : make_canonical(&nmf, fit);
}

static mien_status encode_nmf(mien_run *run, mien_fit *fit)
{
    mien_nmf nmf;
    mien_status st = mien_nmf_prepare(run, fit, &nmf);
    if (st)
        return st;
    bool kl = mien_run_setting(run, "objective") == OBJECTIVE_KL;
    return kl ? mien_nmf_kl_encode(&nmf) : mien_nmf_frobenius_encode(&nmf);
}

static mien_loss loss(const mien_options *options)
{
    return mien_options_get(options, &params[PARAM_OBJECTIVE]) == OBJECTIVE_KL
               ? MIEN_LOSS_KL
               : MIEN_LOSS_HALF_SQUARES;
}

const mien_method mien_method_nmf = {
    .info = {.name = "nmf",
             .title = "NMF",
             .long_title = "Non-negative matrix factorization",
             .citation = "Lee & Seung, Nature 401 (1999) 788",
             .traits = MIEN_NEEDS_NONNEG | MIEN_MONOTONE | MIEN_USES_START | MIEN_MEMBERSHIPS,
             .tolerance = 5e-4,
             .params = params},
    .loss = loss,
    .check = check,
    .random_start = true,
    .fit = fit_nmf,
    .encode = encode_nmf,
};
