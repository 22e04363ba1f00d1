/* nmf.c - non-negative matrix factorization: the method, over all its solvers.
 * SPDX-License-Identifier: MIT
 *
 *   X ~ W H,   W >= 0 (n x r),   H >= 0 (r x p)
 *
 *   objective kl         maximise sum x log(WH) - WH, the log-likelihood of Poisson counts
 *                        (ESL 14.73); reported as the generalised Kullback-Leibler divergence
 *                        D(X | WH) = sum x log(x / wh) - x + wh, which differs by a constant
 *   objective frobenius  minimise 1/2 ||X - WH||_F^2
 *
 * Lee & Seung, Nature 401 (1999) 788-791; NIPS 13 (2000). This file is the frame: start, descent,
 * the last step of the weights, canonical form. How to descend is data: a record for each solver,
 * objective and penalty that go together, in the file of its descent, which says what it
 * guarantees. A new one is its file and a row below.
 *
 * (W, H) and (W D, D^-1 H) are the same model for any positive diagonal D. Canonical form: the
 * maximum of each basis image is 1, the scale stands in the weights, and components are ordered
 * by their share of the reconstruction, sum_i W[i,k] sum_j H[k,j]. */
#include "base/status.h"
#include "methods/nmf/nmf_weight_cost.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- solvers */

/* Add a solver here. */
#define SOLVERS(ROW)                                                                               \
    ROW(kl_fast)                                                                                   \
    ROW(kl_mu)                                                                                     \
    ROW(kl_minibatch)                                                                              \
    ROW(frobenius_fast)                                                                            \
    ROW(frobenius_mu)                                                                              \
    ROW(frobenius_hals)                                                                            \
    ROW(frobenius_minibatch)                                                                       \
    ROW(kl_l1)                                                                                     \
    ROW(kl_local)                                                                                  \
    ROW(frobenius_l1)                                                                              \
    ROW(frobenius_hoyer)

#define DECLARE(id) extern const mien_nmf_solver mien_nmf_solver_##id;
#define POINTER(id) &mien_nmf_solver_##id,
SOLVERS(DECLARE)
static const mien_nmf_solver *const solvers[] = {SOLVERS(POINTER)};
enum { SOLVER_COUNT = sizeof solvers / sizeof *solvers };

enum { OPTION_OBJECTIVE, OPTION_SOLVER, OPTION_INIT, OPTION_PENALTY, OPTION_BASIS, OPTION_WEIGHTS };
static const mien_option own_options[] = {
    [OPTION_OBJECTIVE] = {"objective", "kl|frobenius", 0, 0, 0,
                          "what NMF minimises: Kullback-Leibler divergence or squared distance"},
    [OPTION_SOLVER] =
        {"solver", "fast|mu|hals|minibatch", 0, 0, 0,
         "how: extrapolated coordinate descent, the textbook's multiplicative "
         "updates, plain HALS, or growing samples for N in the hundreds of thousands"},
    [OPTION_INIT] = {"init", MIEN_NMF_INIT_CHOICES, 0, 0, 0, "where NMF starts"},
    [OPTION_PENALTY] = {"penalty", "l1|hoyer|local", 0, 0, 0,
                        "sparser parts: L1 penalties, Hoyer's constraint (frobenius) or local NMF "
                        "(kl)"},
    [OPTION_BASIS] = {"sparse-basis", NULL, 0, 0, 1,
                      "l1: strength of the penalty on the basis; hoyer: its sparseness"},
    [OPTION_WEIGHTS] = {"sparse-weights", NULL, 0, 0, 1, "the same for the weights"},
    {0},
};

static bool has_word(const mien_options *options, int option, const char *word)
{
    char now[MIEN_OPTION_WORD];
    return strcmp(mien_option_word(options, &own_options[option], now), word) == 0;
}

static mien_sparsity strength_of(const mien_options *options)
{
    return (mien_sparsity){mien_options_get(options, &own_options[OPTION_BASIS]),
                           mien_options_get(options, &own_options[OPTION_WEIGHTS])};
}

static bool has_strength(const mien_options *options)
{
    mien_sparsity s = strength_of(options);
    return s.basis > 0 || s.weights > 0;
}

/* Whether the options ask for a solver's penalty. L1 of strength 0, the default, is none. */
static bool asks_for_penalty(const mien_options *options, const mien_nmf_solver *s)
{
    bool none = has_word(options, OPTION_PENALTY, "l1") && !has_strength(options);
    return none ? !s->penalty : s->penalty && has_word(options, OPTION_PENALTY, s->penalty);
}

/* The solver that the options ask for; NULL: there is none. */
static const mien_nmf_solver *find_solver(const mien_options *options)
{
    for (size_t i = 0; i < SOLVER_COUNT; i++)
        if (has_word(options, OPTION_SOLVER, solvers[i]->solver) &&
            has_word(options, OPTION_OBJECTIVE, solvers[i]->objective->name) &&
            asks_for_penalty(options, solvers[i]))
            return solvers[i];
    return NULL;
}

/* Says what there is in the place of a solver that there is not. */
static mien_status refuse_solver(const mien_options *options, mien_error *err)
{
    char there[256] = "", solver[MIEN_OPTION_WORD], objective[MIEN_OPTION_WORD];
    const mien_nmf_solver *last = NULL;
    size_t at = 0;
    for (size_t i = 0; i < SOLVER_COUNT; i++) {
        const mien_nmf_solver *s = solvers[i];
        if (!asks_for_penalty(options, s) || at >= sizeof there)
            continue;
        bool more = last && last->objective == s->objective;
        at += (size_t)snprintf(there + at, sizeof there - at, "%s%s%s %s", last && !more ? ";" : "",
                               more ? "," : " for ", more ? "" : s->objective->name, s->solver);
        last = s;
    }
    return mien_fail(err, MIEN_ERR_ARG, "NMF has no solver %s for objective %s%s%s; there is%s",
                     mien_option_word(options, &own_options[OPTION_SOLVER], solver),
                     mien_option_word(options, &own_options[OPTION_OBJECTIVE], objective),
                     last && last->penalty ? " under penalty " : "",
                     last && last->penalty ? last->penalty : "", there);
}

static mien_status check(const mien_options *options, mien_error *err)
{
    const mien_nmf_solver *s = find_solver(options);
    if (!s)
        return refuse_solver(options, err);
    if (s->has_strength && !has_strength(options))
        return mien_fail(err, MIEN_ERR_ARG,
                         "penalty %s needs a strength: give sparse-basis or sparse-weights above 0",
                         s->penalty);
    if (!s->has_strength && has_strength(options))
        return mien_fail(err, MIEN_ERR_ARG,
                         "penalty %s has no strength: leave out sparse-basis and sparse-weights",
                         s->penalty);
    return MIEN_OK;
}

/* Whether the weights of all images are bound together, see binds_weights. */
static bool weights_are_bound(const mien_options *options)
{
    return find_solver(options)->binds_weights && strength_of(options).weights > 0;
}

/* ---------------------------------------------------------------- canonical form */

static void scale_to_unit_maximum(mien_nmf *nmf)
{
    size_t end, first = mien_nmf_own(nmf, &end);
    for (size_t k = 0; k < nmf->r; k++) {
        float *h = nmf->H + k * nmf->p, most = 0;
        for (size_t j = 0; j < nmf->p; j++)
            most = h[j] > most ? h[j] : most;
        if (!(most > 0))
            continue;
        for (size_t j = 0; j < nmf->p; j++)
            h[j] /= most;
        for (size_t i = first; i < end; i++)
            nmf->W[i * nmf->r + k] *= most;
    }
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

/* Order, by the sums that stand in nmf. */
static mien_status make_canonical(mien_nmf *nmf, mien_fit *fit)
{
    mien_arena *arena = nmf->run->arena;
    double *share = mien_arena_alloc(arena, nmf->r, sizeof *share);
    size_t *order = mien_arena_alloc(arena, nmf->r, sizeof *order);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < nmf->r; k++) /* of component k, over all images and pixels */
        share[k] = nmf->weight_sum[k] * nmf->basis_sum[k];
    mien_order_descending(share, nmf->r, order);
    note_dead(nmf, share, order, fit->note, sizeof fit->note);
    return mien_fit_reorder(nmf->run, fit, order);
}

mien_status mien_nmf_finish(mien_nmf *nmf, mien_fit *fit, const double *weight_sums)
{
    mien_nmf_sum_start(nmf); /* those sums belong to the basis before it is scaled */
    for (size_t k = 0; k < nmf->r; k++)
        nmf->weight_sum[k] = weight_sums[k];
    scale_to_unit_maximum(nmf);
    *fit->note = '\0'; /* of the sample */
    return make_canonical(nmf, fit);
}

/* ---------------------------------------------------------------- penalties */

/* Of the fit in canonical form: fit->penalty, and words about it in front of the note. */
static void measure_penalty(mien_nmf *nmf, const mien_nmf_solver *solver, mien_fit *fit)
{
    mien_sparsity s = nmf->strength;
    char words[160], note[sizeof fit->note];
    if (solver->value) {
        fit->penalty = solver->value(nmf);
        snprintf(words, sizeof words,
                 "minimised, and in the history: loss + %s %.6g (the loss is without it)",
                 solver->words, fit->penalty * nmf->run->unit);
    } else {
        snprintf(words, sizeof words, "minimised under %s:%s%s%s", solver->words,
                 s.basis > 0 ? " basis images" : "", s.basis > 0 && s.weights > 0 ? "," : "",
                 s.weights > 0 ? " weights of a component" : "");
    }
    memcpy(note, fit->note, sizeof note);
    snprintf(fit->note, sizeof fit->note, "%s%s%.90s", words, *note ? "; " : "", note);
}

/* ---------------------------------------------------------------- the last step of the weights */

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

static size_t refit_rounds(const mien_nmf *nmf, const mien_nmf_solver *solver)
{
    const mien_run *run = nmf->run;
    if (!solver->refits || weights_are_bound(run->options))
        return 0;
    if (run->interrupted || run->behind || run->level > 1)
        return 0;
    if (solver->penalty)
        return REFIT_MOST;
    if (nmf->stalled || !has_basis(nmf)) /* only rounding, or nothing, is left */
        return 0;
    if (run->fit->stop == MIEN_STOP_CONVERGED)
        return REFIT_MOST;
    size_t share = run->fit->iterations / REFIT_SHARE;
    return share < REFIT_MOST ? share : REFIT_MOST;
}

static mien_status refit_weights(mien_nmf *nmf, const mien_nmf_solver *solver)
{
    mien_weight_cost cost, *in_force = solver->weight_cost ? &cost : NULL;
    size_t rounds = refit_rounds(nmf, solver);
    if (rounds == 0)
        return MIEN_OK;
    mien_status st =
        in_force ? solver->weight_cost(nmf, nmf->n, mien_nmf_mean(nmf), &cost) : MIEN_OK;
    if (st)
        return st;
    nmf->run->refitted = true;
    return solver->objective->refit(nmf, in_force, rounds);
}

/* ---------------------------------------------------------------- the method */

/* With a workspace of its own, given back before the refit takes what it needs. */
static mien_status descend_apart(mien_nmf *nmf, const mien_nmf_solver *solver)
{
    mien_arena *whole = nmf->run->arena, own = {0};
    nmf->run->arena = &own;
    mien_status st = solver->descend(nmf);
    nmf->run->arena = whole;
    mien_arena_free(&own);
    return st;
}

static mien_status fit_nmf(mien_run *run, mien_fit *fit)
{
    const mien_nmf_solver *solver = find_solver(run->options);
    mien_nmf nmf;
    mien_status st = mien_nmf_prepare(run, fit, &nmf);
    nmf.strength = strength_of(run->options);
    if (!st)
        st = mien_nmf_start(&nmf);
    if (!st)
        st = descend_apart(&nmf, solver);
    if (st)
        return st;
    scale_to_unit_maximum(&nmf);
    st = refit_weights(&nmf, solver);
    if (!st) {
        mien_nmf_sum_start(&nmf);
        st = make_canonical(&nmf, fit);
    }
    if (!st && solver->penalty) {
        nmf.H = fit->H; /* in order, in another place */
        mien_nmf_sum_start(&nmf);
        measure_penalty(&nmf, solver, fit);
    }
    return st;
}

/* The training's mean pixel, from what its penalty came to: that of L1 under frobenius grows with
 * the mean, and for others it does not count. */
static double mean_of_training(const mien_fit *model, const mien_nmf_solver *solver,
                               mien_sparsity strength)
{
    mien_run run = {.total = (double)model->n * (double)model->p}; /* of mean 1 */
    mien_nmf nmf = {.run = &run,
                    .n = model->n,
                    .p = model->p,
                    .r = model->r,
                    .W = model->W,
                    .H = model->H,
                    .strength = strength};
    double unit = solver->value(&nmf);
    return unit > 0 ? model->penalty / unit : 0;
}

/* The cost of weights as it was at the end of training, in the run's unit. */
static mien_status cost_of_training(mien_nmf *nmf, const mien_nmf_solver *solver,
                                    mien_weight_cost *out)
{
    const mien_run *run = nmf->run;
    const mien_fit *model = run->model;
    double mean = 0;
    if (solver->follows_weights && !model->W)
        return mien_fail(run->err, MIEN_ERR_ARG,
                         "a penalty on norms of weights: the model has to come with its weights");
    if (solver->follows_weights)
        mean = ldexp(mean_of_training(model, solver, nmf->strength), run->exponent);
    mien_status st = solver->weight_cost(nmf, model->n, mean, out);
    if (st)
        return st;
    mien_weight_cost_follow(out, model->W, model->n);
    for (size_t k = 0; k < nmf->r; k++) /* the norms were of weights in the model's unit */
        out->curvature[k] = ldexp(out->curvature[k], -run->exponent);
    return MIEN_OK;
}

static mien_status encode_nmf(mien_run *run, mien_fit *fit)
{
    const mien_nmf_solver *solver = find_solver(run->options);
    mien_nmf nmf;
    mien_weight_cost cost, *in_force = solver->weight_cost ? &cost : NULL;
    mien_status st = mien_nmf_prepare(run, fit, &nmf);
    nmf.strength = strength_of(run->options);
    if (!st && in_force)
        st = cost_of_training(&nmf, solver, &cost);
    if (st)
        return st;
    if (weights_are_bound(run->options))
        snprintf(fit->note, sizeof fit->note,
                 "penalty %s held the weights of all training images together to a sparseness: "
                 "those of single images are found without it, and so are the errors that outliers "
                 "are told by",
                 solver->penalty);
    return solver->objective->encode(&nmf, in_force);
}

/* Norms of training's weights do not grow with an image. */
static bool encodes_in_proportion(const mien_options *options, const mien_fit *model)
{
    (void)model;
    return !find_solver(options)->follows_weights;
}

static bool levels_pay(const mien_options *options)
{
    return find_solver(options)->levels;
}

static bool weights_apart(const mien_options *options)
{
    return find_solver(options)->apart;
}

static const mien_streaming *streaming(const mien_options *options)
{
    return find_solver(options)->streaming;
}

static mien_loss loss(const mien_options *options)
{
    return has_word(options, OPTION_OBJECTIVE, mien_nmf_kl.name) ? mien_nmf_kl.loss
                                                                 : mien_nmf_frobenius.loss;
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
             .options = own_options},
    .loss = loss,
    .check = check,
    .random_start = true,
    .fit = fit_nmf,
    .encode = encode_nmf,
    .levels_pay = levels_pay,
    .streaming = streaming,
    .encodes_in_proportion = encodes_in_proportion,
    .weights_apart = weights_apart,
    .encodes_otherwise = weights_are_bound,
};
