/* masked.c - non-negative matrix factorization of X with hidden entries.
 * SPDX-License-Identifier: MIT
 *
 *   minimise f(W,H) = sum over kept (i,j) of d(x_ij | y_ij),  Y = W H,  W >= 0,  H >= 0
 *
 * Hidden entries are filled in with the model before every step (Dempster, Laird & Rubin 1977; for
 * NMF Zhang, Wang, Ford & Makedon 2006): the loss of the completed data is above f for every
 * W, H and equal at the present ones, so what lowers it lowers f. On the completed data stand
 *
 *   KL         the multiplicative updates of nmf_mu.c; a hidden entry's ratio x / y is 1
 *   Frobenius  four sweeps of HALS over W, then over H (nmf_hals.c)
 *
 * with extrapolation from step to step (Ang & Gillis 2019, nmf_extrapolation.c). A step's loss is
 * learned when the next one passes over X; a point that turns out worse than the last is thrown
 * away and the step before it is taken without extrapolation, which cannot be worse. So f never
 * increases. Cost an iteration: four GEMMs of n p r (KL), three and the sweeps (Frobenius); nothing
 * of size n x p is kept. */
#include "study/rank/masked_state.h"

#include "base/rng.h"
#include "base/status.h"
#include "linalg/blas.h"
#include "methods/nmf/nmf_state.h"

#include <math.h>
#include <string.h>

enum {
    WINDOW = 10, /* iterations over which the decrease is compared with the tolerance */
    SHORT = 15,  /* iterations of a start that has to prove itself */
    GENTLE = 10, /* steps without extrapolation: components that fall behind at once never return */
    CHUNK = MIEN_HALS_CHUNK
};

/* ---------------------------------------------------------------- start */

static void start_random(mien_masked *m, uint64_t seed)
{
    mien_start_scale scale = mien_nmf_start_scale(m->mean, m->r);
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < m->r; k++) {
            size_t at = i * m->r + k;
            double u = mien_random_uniform(seed, MIEN_STREAM_WEIGHTS, at);
            m->last.W[at] = m->image_seen[i] ? (float)(scale.weights * u) : 0;
        }
    for (size_t k = 0; k < m->r; k++)
        for (size_t j = 0; j < m->p; j++) {
            double u = mien_random_uniform(seed, MIEN_STREAM_BASIS, k * m->p + j);
            m->last.H[k * m->ldp + j] = m->pixel_seen[j] ? (float)(scale.basis * u) : 0;
        }
    m->pace = mien_extrapolation_start();
    m->taken = 0;
}

/* ---------------------------------------------------------------- iterations */

/* One step from the extrapolated point. Returns the loss of the last accepted one. */
static double iterate(mien_masked *m)
{
    double loss = mien_masked_step(m);
    if (mien_extrapolation_accept(&m->pace, loss)) {
        mien_masked_point old = m->before;
        m->before = m->last;
        m->last = m->next;
        m->next = old;
    }
    if (m->taken++ < GENTLE)
        m->pace.beta = 0;
    return m->pace.loss / (double)m->kept;
}

/* Whether the user still wants the fit. */
static bool go_on(const mien_masked *m, mien_masked_fit *fit)
{
    const mien_masked_options *o = m->options;
    if (!fit->interrupted && o->go_on)
        fit->interrupted = !o->go_on(o->user);
    return !fit->interrupted;
}

static void descend(mien_masked *m, size_t iterations, mien_masked_fit *fit)
{
    double tolerance = m->options->tolerance;
    fit->converged = false;
    while (fit->iterations < iterations && !fit->converged && go_on(m, fit)) {
        double loss = iterate(m);
        size_t t = fit->iterations++;
        fit->trace[t] = loss;
        fit->converged = m->pace.stalled || (tolerance > 0 && t >= WINDOW &&
                                             fit->trace[t - WINDOW] - loss <=
                                                 tolerance * fabs(fit->trace[t - WINDOW]));
    }
}

/* Keep the better of several starts after a few iterations, then go on from it. */
static mien_status choose_start(mien_masked *m, mien_masked_fit *fit, mien_error *err)
{
    size_t starts = m->options->starts, nW = m->n * m->r, nH = m->r * m->ldp;
    if (starts <= 1) {
        start_random(m, m->options->seed);
        return MIEN_OK;
    }
    float *best = mien_arena_alloc(&m->arena, nW + nH, sizeof *best);
    if (!best)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    double least = INFINITY;
    size_t few = m->options->iterations < SHORT ? m->options->iterations : SHORT;
    for (size_t s = 0; s < starts; s++) {
        start_random(m, m->options->seed + s);
        fit->iterations = 0;
        descend(m, few, fit);
        double loss = fit->iterations ? fit->trace[fit->iterations - 1] : INFINITY;
        if (!(loss < least) && s > 0)
            continue;
        least = loss;
        memcpy(best, m->last.W, nW * sizeof *best);
        memcpy(best + nW, m->last.H, nH * sizeof *best);
    }
    memcpy(m->last.W, best, nW * sizeof *best);
    memcpy(m->last.H, best + nW, nH * sizeof *best);
    m->pace = mien_extrapolation_start();
    fit->iterations = 0;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- memory */

static void *a_worker_each(mien_masked *m, size_t count, size_t size)
{
    return mien_arena_alloc_each(&m->arena, mien_pool_threads(m->pool), count, size);
}

static mien_status prepare(mien_masked *m)
{
    size_t n = m->n, p = m->p, r = m->r;
    m->tiling = mien_tiling_plan(n, p, r);
    size_t tile = m->tiling.rows * p;
    m->ldp = (p + CHUNK - 1) / CHUNK * CHUNK;
    m->ldt = (m->tiling.rows + CHUNK - 1) / CHUNK * CHUNK;
    mien_masked_point *points[] = {&m->last, &m->before, &m->next};
    for (size_t i = 0; i < 3; i++) {
        points[i]->W = mien_arena_alloc(&m->arena, n * r, sizeof(float));
        points[i]->H = mien_arena_alloc(&m->arena, r * m->ldp, sizeof(float));
    }
    m->buffers = a_worker_each(m, tile, sizeof(float));
    m->model = a_worker_each(m, tile, sizeof(float));
    m->target = a_worker_each(m, r * m->ldt, sizeof(float));
    m->turned = a_worker_each(m, r * m->ldt, sizeof(float));
    m->hidden = a_worker_each(m, tile, 1);
    m->W_double = a_worker_each(m, m->tiling.rows * r, sizeof(double));
    m->Y_double = a_worker_each(m, tile, sizeof(double));
    m->H_double = mien_arena_alloc(&m->arena, r * p, sizeof(double));
    m->sums = mien_sums_alloc(&m->arena, m->pool, m->tiling.leaves, 1 + r, r * m->ldp + r * r);
    m->H_gram = mien_arena_alloc(&m->arena, r * r, sizeof(float));
    m->basis_sum = mien_arena_alloc(&m->arena, r, sizeof(double));
    m->inverse = mien_arena_alloc(&m->arena, r, sizeof(float));
    m->bad = mien_arena_alloc(&m->arena, mien_pool_threads(m->pool), sizeof(size_t));
    m->image_seen = mien_arena_alloc(&m->arena, n, 1);
    m->pixel_seen = mien_arena_alloc(&m->arena, p, sizeof *m->pixel_seen);
    return m->arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

static mien_status check(const mien_source *X, const mien_masked_options *o, mien_error *err)
{
    if (o->loss != MIEN_LOSS_KL && o->loss != MIEN_LOSS_HALF_SQUARES)
        return mien_fail(err, MIEN_ERR_ARG,
                         "masked NMF minimises the KL divergence or half the "
                         "squares");
    if (X->n == 0 || X->p == 0 || !mien_blas_fits(X->n) || !mien_blas_fits(X->p))
        return mien_fail(err, MIEN_ERR_SHAPE, "X is %zu x %zu", X->n, X->p);
    size_t most = X->n > X->p ? X->n : X->p;
    if (o->r == 0 || o->r > most)
        return mien_fail(err, MIEN_ERR_ARG, "%zu components: give 1 to %zu", o->r, most);
    if (o->iterations == 0)
        return mien_fail(err, MIEN_ERR_ARG, "masked NMF needs at least one iteration");
    return MIEN_OK;
}

static mien_status hand_over(mien_masked *m, mien_masked_fit *fit, mien_error *err)
{
    fit->W = mien_alloc_raw(m->n * m->r, sizeof *fit->W);
    fit->H = mien_alloc_raw(m->r * m->p, sizeof *fit->H);
    if (!fit->W || !fit->H)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    memcpy(fit->W, m->last.W, m->n * m->r * sizeof *fit->W);
    for (size_t k = 0; k < m->r; k++)
        memcpy(fit->H + k * m->p, m->last.H + k * m->ldp, m->p * sizeof *fit->H);
    return MIEN_OK;
}

mien_status mien_masked_fit_run(mien_pool *pool, const mien_source *X,
                                const mien_masked_options *options, mien_masked_fit *out,
                                mien_error *err)
{
    mien_status st = check(X, options, err);
    if (st)
        return st;
    mien_masked m = {
        .options = options, .X = X, .pool = pool, .n = X->n, .p = X->p, .r = options->r};
    mien_masked_fit fit = {.n = X->n, .p = X->p, .r = options->r};
    fit.trace = mien_alloc_array(options->iterations, sizeof *fit.trace);
    int blas = mien_blas_single();
    st = fit.trace ? prepare(&m) : MIEN_ERR_NOMEM;
    if (st)
        mien_fail_plain(err, st);
    if (!st)
        st = mien_masked_count(&m, err);
    if (!st)
        st = choose_start(&m, &fit, err);
    if (!st) {
        descend(&m, options->iterations, &fit);
        fit.kept = fit.held = NAN;
        fit.spread = (mien_held_spread){NAN, NAN, NAN};
        if (!fit.interrupted && mien_masked_score(&m, &fit))
            st = mien_fail_plain(err, MIEN_ERR_NOMEM);
        if (!st)
            st = hand_over(&m, &fit, err);
    }
    mien_blas_restore(blas);
    mien_arena_free(&m.arena);
    if (st)
        mien_masked_fit_free(&fit);
    else
        *out = fit;
    return st;
}

void mien_masked_fit_free(mien_masked_fit *fit)
{
    if (!fit)
        return;
    mien_free(fit->W);
    mien_free(fit->H);
    mien_free(fit->trace);
    *fit = (mien_masked_fit){0};
}
