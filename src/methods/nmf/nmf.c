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
 * that grow, nmf_minibatch.c; with --penalty nmf_l1_kl.c, nmf_l1_frobenius.c, nmf_hoyer.c and
 * nmf_local.c; each says what it guarantees.
 *
 * (W, H) and (W D, D^-1 H) are the same model for any positive diagonal D. Canonical form: the
 * maximum of each basis image is 1, the scale stands in the weights, and components are ordered
 * by their share of the reconstruction, sum_i W[i,k] sum_j H[k,j]. */
#include "methods/nmf/nmf.h"

#include "base/status.h"
#include "methods/nmf/penalty/nmf_penalty.h"
#include "methods/snapshots.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { OBJECTIVE_KL, OBJECTIVE_FROBENIUS };
enum { SOLVER_FAST, SOLVER_MU, SOLVER_HALS, SOLVER_MINIBATCH };

/* Iterations over which the relative decrease is compared with the tolerance. */
enum { WINDOW = 10 };

enum { PENALTY_L1, PENALTY_HOYER, PENALTY_LOCAL };

enum { PARAM_OBJECTIVE, PARAM_SOLVER, PARAM_INIT, PARAM_PENALTY, PARAM_BASIS, PARAM_WEIGHTS };
static const mien_option params[] = {
    [PARAM_OBJECTIVE] = {"objective", "kl|frobenius", OBJECTIVE_KL, 0, 0,
                         "what NMF minimises: Kullback-Leibler divergence or squared distance"},
    [PARAM_SOLVER] = {"solver", "fast|mu|hals|minibatch", SOLVER_FAST, 0, 0,
                      "how: extrapolated coordinate descent, the textbook's multiplicative "
                      "updates, plain HALS, or growing samples for N in the hundreds of thousands"},
    [PARAM_INIT] = {"init", MIEN_NMF_INIT_CHOICES, 0, 0, 0, "where NMF starts"},
    [PARAM_PENALTY] = {"penalty", "l1|hoyer|local", PENALTY_L1, 0, 0,
                       "sparser parts: L1 penalties, Hoyer's constraint (frobenius) or local NMF "
                       "(kl)"},
    [PARAM_BASIS] = {"sparse-basis", NULL, 0, 0, 1,
                     "l1: strength of the penalty on the basis; hoyer: its sparseness"},
    [PARAM_WEIGHTS] = {"sparse-weights", NULL, 0, 0, 1, "the same for the weights"},
    {0},
};

extern const mien_method mien_method_nmf;

/* ---------------------------------------------------------------- shared by the solvers */

static bool is_kl(const mien_options *options)
{
    return mien_options_get(options, &params[PARAM_OBJECTIVE]) == OBJECTIVE_KL;
}

mien_sums mien_nmf_sums(mien_nmf *nmf, size_t more, size_t floats)
{
    return mien_sums_alloc(nmf->run->arena, nmf->run->pool, nmf->run->tiling.leaves,
                           MIEN_NMF_WEIGHTS + nmf->r + more, floats);
}

double mien_nmf_take_sums(mien_nmf *nmf, const mien_sums *sums)
{
    memcpy(nmf->weight_sum, sums->doubles + MIEN_NMF_WEIGHTS, nmf->r * sizeof *nmf->weight_sum);
    return sums->doubles[MIEN_NMF_LOSS];
}

float **mien_nmf_buffers(mien_nmf *nmf, size_t count)
{
    return mien_arena_alloc_each(nmf->run->arena, nmf->workers, count, sizeof(float));
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

/* Whether a descent that no step takes on had come to its end: its loss is nothing, or the last
 * step that lowered it did so by hardly anything. */
static bool has_arrived(const mien_run *run)
{
    static const double NOTHING = 1e-9; /* of the loss of a model of zeros, or so */
    const mien_fit *fit = run->fit;
    double whole = is_kl(run->options) ? run->total : run->squares / 2;
    double tolerance = run->tolerance > 0 ? run->tolerance : mien_method_nmf.info.tolerance;
    size_t last = fit->n_trace - 1, before = last; /* refused steps repeat the loss */
    while (before > 0 && fit->trace[before].loss <= fit->trace[last].loss)
        before--;
    double now = fit->trace[last].loss, fall = fit->trace[before].loss - now;
    return now <= NOTHING * whole || fall <= tolerance / WINDOW * fabs(now);
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
        mien_snapshot_offer(run, t + 1, nmf->own_H ? *nmf->own_H : nmf->H,
                            nmf->own_H ? nmf->own_ld : nmf->p);
        bool go_on = mien_run_step(run, when == MIEN_NMF_LOSS_AFTER ? t + 1 : t, loss);
        bool asks = !nmf->pause && !nmf->unsettled;
        bool settled = asks && mien_run_settled(run, WINDOW);
        if (nmf->stalled || settled) {
            fit->stop = settled || has_arrived(run) ? MIEN_STOP_CONVERGED : MIEN_STOP_STALLED;
            return;
        }
        if (!go_on)
            return;
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
                      .workers = mien_pool_threads(run->pool)};
    nmf->weight_sum = mien_arena_alloc(run->arena, fit->r, sizeof(double));
    nmf->basis_sum = mien_arena_alloc(run->arena, fit->r, sizeof(double));
    return run->arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* ---------------------------------------------------------------- sparser parts */

static mien_sparsity sparsity(const mien_options *options)
{
    return (mien_sparsity){mien_options_get(options, &params[PARAM_BASIS]),
                           mien_options_get(options, &params[PARAM_WEIGHTS])};
}

/* Whether a penalty is in force: L1 of strength 0 is none. */
static bool is_sparse(const mien_options *options)
{
    mien_sparsity s = sparsity(options);
    return mien_options_get(options, &params[PARAM_PENALTY]) != PENALTY_L1 || s.basis > 0 ||
           s.weights > 0;
}

/* Under kl, penalties make random components alike before anything tells them apart: on ORL local
 * NMF then stands still for twenty iterations, which looks like the end. Some steps without a
 * penalty belong to the start, unless it is the user's. Of 0, 20 and 60 steps more make the
 * penalised objective of L1 smaller (by 2% and 3%, ORL, strength 0.3) and parts less local. */
enum { STEPS_APART = 20 };

static mien_status descend_sparse(mien_nmf *nmf)
{
    const mien_options *options = nmf->run->options;
    if (is_kl(options) && !options->start_W) {
        mien_status st = mien_nmf_tell_apart(nmf, STEPS_APART);
        if (st)
            return st;
    }
    switch ((int)mien_options_get(options, &params[PARAM_PENALTY])) {
    case PENALTY_HOYER:
        return mien_nmf_hoyer(nmf, sparsity(options));
    case PENALTY_LOCAL:
        return mien_nmf_local(nmf);
    default:
        return is_kl(options) ? mien_nmf_sparse_kl(nmf, sparsity(options))
                              : mien_nmf_sparse_frobenius(nmf, sparsity(options));
    }
}

/* Of the fit in canonical form: fit->penalty, and words about it in front of the note. */
static void measure_penalty(mien_nmf *nmf, mien_fit *fit)
{
    const mien_options *options = nmf->run->options;
    mien_sparsity s = sparsity(options);
    char words[160], note[sizeof fit->note];
    switch ((int)mien_options_get(options, &params[PARAM_PENALTY])) {
    case PENALTY_HOYER:
        snprintf(words, sizeof words, "minimised under constraints of sparseness:%s%s%s",
                 s.basis > 0 ? " basis images" : "", s.basis > 0 && s.weights > 0 ? "," : "",
                 s.weights > 0 ? " weights of a component" : "");
        break;
    case PENALTY_LOCAL:
        fit->penalty = mien_nmf_local_penalty(nmf);
        snprintf(words, sizeof words,
                 "minimised, and in the history: loss + local NMF's %.6g (the loss is without it)",
                 fit->penalty * nmf->run->unit);
        break;
    default:
        fit->penalty = mien_nmf_sparse_penalty(nmf, s, is_kl(options));
        snprintf(words, sizeof words,
                 "minimised, and in the history: loss + L1 penalty %.6g (the loss is without it)",
                 fit->penalty * nmf->run->unit);
    }
    memcpy(note, fit->note, sizeof note);
    snprintf(fit->note, sizeof fit->note, "%s%s%.90s", words, *note ? "; " : "", note);
}

/* The price of weights on the basis `nmf` holds, without c where that follows from weights; *priced
 * false: there is none.
 *   n, mean   of the training images */
static mien_status make_price(const mien_nmf *nmf, size_t n, double mean, mien_price *out,
                              bool *priced)
{
    const mien_options *options = nmf->run->options;
    mien_arena *arena = nmf->run->arena;
    int penalty = (int)mien_options_get(options, &params[PARAM_PENALTY]);
    *priced = is_sparse(options) && penalty != PENALTY_HOYER;
    if (!*priced)
        return MIEN_OK;
    if (penalty == PENALTY_LOCAL)
        return mien_price_local(nmf->H, nmf->p, nmf->r, arena, out);
    return mien_price_sparse(sparsity(options), is_kl(options), mean, nmf->H, n, nmf->p, nmf->r,
                             arena, out);
}

/* Whether the weights of a component are held to a sparseness: a constraint on all images at once,
 * under which the weights of a single one mean nothing. */
static bool weights_are_bound(const mien_options *options)
{
    return mien_options_get(options, &params[PARAM_PENALTY]) == PENALTY_HOYER &&
           sparsity(options).weights > 0;
}

/* How far the last step may go that makes the weights a minimum for the basis, in rounds of the
 * refit (nmf_encode.c); 0: none is to be. A descent that came to its end gets all it needs, a few
 * hundredths of what it took. One that was cut short by the number of iterations gets such a share
 * of them, and what a few iterations of the textbook give is the textbook's. */
enum { REFIT_MOST = 100, REFIT_SHARE = 20 };

static bool has_basis(const mien_nmf *nmf)
{
    for (size_t at = 0; at < nmf->r * nmf->p; at++)
        if (nmf->H[at] > 0)
            return true;
    return false;
}

static size_t refit_rounds(const mien_nmf *nmf)
{
    const mien_run *run = nmf->run;
    const mien_options *options = run->options;
    if (is_sparse(options))
        return weights_are_bound(options) ? 0 : REFIT_MOST;
    if (run->interrupted || mien_options_get(options, &params[PARAM_SOLVER]) == SOLVER_MU)
        return 0;
    if (nmf->stalled || !has_basis(nmf)) /* only rounding, or nothing, is left to be moved */
        return 0;
    if (run->fit->stop == MIEN_STOP_CONVERGED)
        return REFIT_MOST;
    size_t share = run->fit->iterations / REFIT_SHARE;
    return share < REFIT_MOST ? share : REFIT_MOST;
}

static mien_status refit_weights(mien_nmf *nmf)
{
    mien_run *run = nmf->run;
    mien_price price;
    bool priced;
    size_t rounds = refit_rounds(nmf);
    if (rounds == 0)
        return MIEN_OK;
    double mean = run->total / ((double)nmf->n * (double)nmf->p);
    mien_status st = make_price(nmf, nmf->n, mean, &price, &priced);
    if (st)
        return st;
    run->refitted = true;
    if (is_kl(run->options))
        return mien_nmf_kl_refit(nmf, priced ? &price : NULL, rounds);
    return mien_nmf_frobenius_refit(nmf, priced ? &price : NULL, rounds);
}

static mien_status check_sparse(const mien_options *options, mien_error *err)
{
    int penalty = (int)mien_options_get(options, &params[PARAM_PENALTY]);
    mien_sparsity s = sparsity(options);
    bool some = s.basis > 0 || s.weights > 0;
    if (mien_options_get(options, &params[PARAM_SOLVER]) != SOLVER_FAST)
        return mien_fail(err, MIEN_ERR_ARG,
                         "sparser parts have a descent of their own: leave --solver out");
    if (penalty == PENALTY_HOYER && is_kl(options))
        return mien_fail(err, MIEN_ERR_ARG,
                         "--penalty hoyer minimises the squared distance: "
                         "use it with --objective frobenius");
    if (penalty == PENALTY_HOYER && !some)
        return mien_fail(err, MIEN_ERR_ARG,
                         "--penalty hoyer needs a sparseness above 0 to hold: give "
                         "--sparse-basis or --sparse-weights");
    if (penalty == PENALTY_LOCAL && !is_kl(options))
        return mien_fail(err, MIEN_ERR_ARG,
                         "--penalty local minimises the Kullback-Leibler divergence: "
                         "use it with --objective kl");
    if (penalty == PENALTY_LOCAL && some)
        return mien_fail(err, MIEN_ERR_ARG,
                         "--penalty local has no strength: leave out --sparse-basis and "
                         "--sparse-weights");
    return MIEN_OK;
}

/* ---------------------------------------------------------------- descent and checks */

static mien_status descend(mien_nmf *nmf)
{
    if (is_sparse(nmf->run->options))
        return descend_sparse(nmf);
    bool kl = mien_run_setting(nmf->run, "objective") == OBJECTIVE_KL;
    switch ((int)mien_run_setting(nmf->run, "solver")) {
    case SOLVER_MU:
        return kl ? mien_nmf_kl_mu(nmf) : mien_nmf_frobenius_mu(nmf);
    case SOLVER_HALS:
        return mien_nmf_hals(nmf);
    case SOLVER_MINIBATCH:
        return mien_nmf_minibatch(nmf, kl ? mien_nmf_kl_descend : mien_nmf_frobenius_fast,
                                  MIEN_NMF_SAMPLE);
    default:
        return kl ? mien_nmf_kl_fast(nmf) : mien_nmf_frobenius_fast(nmf);
    }
}

/* With a workspace of its own, given back before the refit takes what it needs. */
static mien_status descend_apart(mien_nmf *nmf)
{
    mien_arena *whole = nmf->run->arena, own = {0};
    nmf->run->arena = &own;
    mien_status st = descend(nmf);
    nmf->run->arena = whole;
    mien_arena_free(&own);
    return st;
}

static mien_status check(const mien_options *options, mien_error *err)
{
    if (is_sparse(options))
        return check_sparse(options, err);
    if (is_kl(options) && mien_options_get(options, &params[PARAM_SOLVER]) == SOLVER_HALS)
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
        st = descend_apart(&nmf);
    if (st)
        return st;
    scale_to_unit_maximum(&nmf);
    st = refit_weights(&nmf);
    if (!st)
        st = make_canonical(&nmf, fit);
    if (!st && is_sparse(run->options)) {
        nmf.H = fit->H; /* in order, in another place */
        mien_nmf_sum_start(&nmf);
        measure_penalty(&nmf, fit);
    }
    return st;
}

/* The training's mean pixel, from what its L1 penalty under frobenius came to. */
static double mean_of_training(const mien_fit *model, mien_sparsity strength)
{
    mien_run run = {.total = (double)model->n * (double)model->p}; /* of mean 1 */
    mien_nmf nmf = {
        .run = &run, .n = model->n, .p = model->p, .r = model->r, .W = model->W, .H = model->H};
    double unit = mien_nmf_sparse_penalty(&nmf, strength, false);
    return unit > 0 ? model->penalty / unit : 0;
}

static mien_status encode_nmf(mien_run *run, mien_fit *fit)
{
    const mien_fit *model = run->model;
    mien_nmf nmf;
    mien_price price;
    bool priced, kl = is_kl(run->options);
    mien_status st = mien_nmf_prepare(run, fit, &nmf);
    if (st)
        return st;
    bool follows = mien_options_get(run->options, &params[PARAM_PENALTY]) == PENALTY_L1 &&
                   is_sparse(run->options);
    if (follows && !model->W)
        return mien_fail(run->err, MIEN_ERR_ARG,
                         "a penalty on norms of weights: the model has to come with its weights");
    double mean = follows && !kl ? mean_of_training(model, sparsity(run->options)) : 0;
    mean = ldexp(mean, run->exponent);
    st = make_price(&nmf, model->n, mean, &price, &priced);
    if (!st && priced)
        mien_price_follow(&price, model->W, model->n);
    if (st)
        return st;
    for (size_t k = 0; priced && k < nmf.r; k++) /* the norms were of weights in the model's unit */
        price.curve[k] = ldexp(price.curve[k], -run->exponent);
    if (weights_are_bound(run->options))
        snprintf(fit->note, sizeof fit->note,
                 "--penalty hoyer held the weights of all training images together to a "
                 "sparseness: those of single images are found without it, and so are the "
                 "errors that outliers are told by");
    return kl ? mien_nmf_kl_encode(&nmf, priced ? &price : NULL)
              : mien_nmf_frobenius_encode(&nmf, priced ? &price : NULL);
}

/* Norms of training's weights, which L1 penalties hold to, do not grow with an image. */
static bool encodes_in_proportion(const mien_options *options, const mien_fit *model)
{
    (void)model;
    return !is_sparse(options) || mien_options_get(options, &params[PARAM_PENALTY]) != PENALTY_L1;
}

static mien_loss loss(const mien_options *options)
{
    return is_kl(options) ? MIEN_LOSS_KL : MIEN_LOSS_HALF_SQUARES;
}

const mien_method mien_method_nmf = {
    .info = {.name = "nmf",
             .title = "NMF",
             .motto = "adds parts",
             .long_title = "Non-negative matrix factorization",
             .citation = "Lee & Seung, Nature 401 (1999) 788",
             .traits = MIEN_IN_STEPS | MIEN_NEEDS_NONNEG | MIEN_MONOTONE | MIEN_USES_START |
                       MIEN_MEMBERSHIPS,
             .tolerance = 5e-4,
             .options = params},
    .loss = loss,
    .check = check,
    .random_start = true,
    .fit = fit_nmf,
    .encode = encode_nmf,
    .encodes_in_proportion = encodes_in_proportion,
    .encodes_otherwise = weights_are_bound,
};
