/* nmf_ccd.c - non-negative matrix factorization under the Kullback-Leibler divergence by
 * extrapolated coordinate descent: solver fast.
 * SPDX-License-Identifier: MIT
 *
 *   minimise f(W,H) = sum m - x log m,  m = WH,  W >= 0,  H >= 0
 *
 * Coordinate descent (Hsieh & Dhillon, KDD 2011; Hien & Gillis, J. Sci. Comput. 87 (2021)): with H
 * fixed every image is a convex problem of its own, and along one weight w = w_ik
 *
 *   f'(w + d) = t - s(d),   t = sum_j h_kj,   s(d) = sum_j x_j h_kj / (m_j + d h_kj)
 *
 * with gradient s = s(0) and curvature c = -s'(0) = sum_j x_j h_kj^2 / m_j^2. By Jensen's
 * inequality, 1 / (1 + d u) being convex in u, s(d) >= s / (1 + d c / s). Where that fraction meets
 * t, the weight
 *
 *   s > t   w <- w + s / c (s / t - 1)           grows, and never beyond the minimum. Newton would
 *                                                go (s - t) / c, less by the factor t / s: from a
 *                                                pixel the model had lost it would double its way.
 *   s < t   w <- w / (1 + (t - s) / (c w))       takes the minimum of a w' - b log w' with the
 *                                                gradient and curvature of f at w.
 *
 * m + d h >= m (w + d) / w for d < 0, so f'' at w + d is at most c (w / (w + d))^2, the curvature
 * of that function: it lies above f. It never reaches 0 but goes there quadratically.
 *
 * So no step increases f and none needs a line search. Columns of H are the same problem with W'
 * in the place of H. The divisions x / m of a coordinate are n p, and there are r coordinates: a
 * sweep has no GEMM to lean on. What makes it fast: the gradient of all coordinates at once is a
 * GEMM, and those which stand at 0 and would stay there (a third on faces) are left out; a second
 * sweep visits only those that gained most in the first; the loop runs near one division a cycle
 * and lane (kernels/nmf_sweep.inc); and sweeps are extrapolated (nmf_extrapolation.c), which takes
 * the place of hundreds of iterations.
 *
 * An iteration: weights, one tile of images after the other (nmf_descent.c); basis, one strip of
 * pixels after the other, with the images' weights transposed (nmf_strips.c). A strip ends with its
 * exact share of the loss. Needs W four times, and so H; nothing of size n x p. The loss never
 * increases. Where W is too large for a cache, nmf_large_n.c takes over. */
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_sweep.h"
#include "methods/nmf/nmf_cost_model.h"
#include "methods/nmf/nmf_extrapolation.h"
#include "methods/nmf/nmf_strips.h"

#include <string.h>

struct ccd {
    mien_nmf *nmf;
    mien_extrapolation momentum;
    bool measured;      /* the loss is so small that it is measured */
    mien_weights fixed; /* the extrapolated basis, and buffers of tiles and strips */
    mien_strips strips; /* of the candidate's weights */
    mien_sums sums;
    float *W_new; /* n x r: before the iteration W's predecessor, after it the candidate */
    float *H_new; /* r x p: predecessor, then candidate */
};

/* ---------------------------------------------------------------- weights */

static void descend_weights(void *context, const mien_tile *tile)
{
    struct ccd *c = context;
    mien_nmf *nmf = c->nmf;
    size_t r = nmf->r, count = tile->count;
    float *W = c->W_new + tile->first * r;
    double *sum = tile->doubles + MIEN_NMF_WEIGHTS;
    mien_extrapolate(W, nmf->W + tile->first * r, W, c->momentum.beta, count * r);
    for (size_t i = 0; i < count; i++)
        mien_levels_lift_weights(&c->fixed.levels, tile->first + i, false, W + i * r, r);
    mien_weights_descend(&c->fixed, tile, W);
    for (size_t i = 0; i < count; i++)
        mien_levels_lift_weights(&c->fixed.levels, tile->first + i, true, W + i * r, r);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < r; k++)
            sum[k] += W[i * r + k];
    mien_stranspose(count, r, W, r, c->strips.W_transposed + tile->first, c->strips.ldn);
}

/* ---------------------------------------------------------------- iteration */

static void extrapolate_basis(struct ccd *c)
{
    mien_nmf *nmf = c->nmf;
    for (size_t k = 0; k < nmf->r; k++)
        mien_extrapolate(c->fixed.H + k * c->fixed.ldp, nmf->H + k * nmf->p, c->H_new + k * nmf->p,
                         c->momentum.beta, nmf->p);
    mien_weights_hold(&c->fixed);
}

/* ---------------------------------------------------------------- loss of a good fit */

/* Below this share of sum x, what comes out of it by subtraction in float32 is noise. */
static const double SUBTRACTION_LIMIT = 1e-4;

/* The candidate's loss; once it is small, it and the last accepted one are measured. */
static double loss_of_good_candidate(struct ccd *c, double loss)
{
    mien_nmf *nmf = c->nmf;
    if (!(loss < SUBTRACTION_LIMIT * nmf->run->total))
        return loss;
    if (!c->measured)
        c->momentum.loss = mien_nmf_measure(nmf, MIEN_LOSS_KL, nmf->W, nmf->H, nmf->p);
    c->measured = true;
    return mien_nmf_measure(nmf, MIEN_LOSS_KL, c->W_new, c->H_new, nmf->p);
}

static double iterate(void *solver)
{
    struct ccd *c = solver;
    mien_nmf *nmf = c->nmf;
    extrapolate_basis(c);
    mien_pass(nmf->run->pool, c->fixed.levels.X, &nmf->run->tiling, nmf->run->buffers,
              descend_weights, c, &c->sums);
    mien_nmf_take_sums(nmf, &c->sums);
    if (mien_pool_team(nmf->run->pool)) { /* strips want the weights of all images */
        mien_run_gather(nmf->run, c->W_new, nmf->r * sizeof *c->W_new);
        mien_stranspose(nmf->n, nmf->r, c->W_new, nmf->r, c->strips.W_transposed, c->strips.ldn);
    }
    for (size_t k = 0; k < nmf->r; k++)
        c->strips.weight_sum[k] = (float)nmf->weight_sum[k];
    double logs = mien_strips_descend(&c->strips, c->H_new);
    double loss = mien_nmf_add_model(nmf, c->H_new, nmf->p, logs - nmf->run->total);
    /* after a refusal beta is 0, and what stands in the predecessors has no weight */
    loss = loss_of_good_candidate(c, loss);
    if (mien_extrapolation_accept(&c->momentum, loss)) {
        mien_nmf_swap(&nmf->W, &c->W_new);
        mien_nmf_swap(&nmf->H, &c->H_new);
    }
    nmf->stalled = c->momentum.stalled;
    return c->momentum.loss;
}

/* ---------------------------------------------------------------- workspace */

static mien_status prepare(struct ccd *c, mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    size_t n = nmf->n, p = nmf->p, r = nmf->r;
    *c = (struct ccd){.nmf = nmf,
                      .momentum = mien_extrapolation_start(),
                      .strips = mien_strips_prepare(nmf),
                      .sums = mien_nmf_sums(nmf, 0, 0),
                      .W_new = mien_arena_alloc(arena, n * r, sizeof(float)),
                      .H_new = mien_arena_alloc(arena, r * p, sizeof(float))};
    return mien_strips_hold(&c->strips, &c->fixed);
}

mien_status mien_nmf_kl_ccd(mien_nmf *nmf)
{
    struct ccd c;
    mien_status st = prepare(&c, nmf);
    if (st)
        return st;
    const mien_fit *fit = nmf->run->fit;
    if (fit->n_trace) /* a warm-up went before: nothing worse than the last loss it measured */
        c.momentum.loss = fit->trace[fit->n_trace - 1].loss;
    mien_nmf_keep(nmf);
    mien_nmf_keep_rows(nmf, "W before", &c.W_new);
    mien_keep_floats(nmf->run, "H before", &c.H_new, nmf->r, nmf->p);
    mien_keep_struct(nmf->run, "momentum", &c.momentum);
    mien_keep_struct(nmf->run, "measured", &c.measured);
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &c);
    return MIEN_OK;
}

mien_status mien_nmf_kl_descend(mien_nmf *nmf)
{
    return mien_cost_is_large_n(nmf->n, nmf->r) ? mien_nmf_kl_large_n(nmf) : mien_nmf_kl_ccd(nmf);
}

/* The first steps decide which minimum is found. Coordinate descent from random numbers gives all
 * of what several components could explain to whichever comes first; multiplicative steps share it
 * out. On the Swimmer, where sharing out the torso is right, limbs are found at cosine 0.95 by 2 of
 * 10 seeds without them, by 4 after 10 of them, and by all after 15 or more. */
enum { WARM_UP_ITERATIONS = 5, WARM_UP_STEPS = 4 };

static mien_status descend(mien_nmf *nmf)
{
    if (mien_cost_is_large_n(nmf->n, nmf->r))
        return mien_nmf_kl_large_n(nmf);
    if (nmf->run->started) /* shared out on the coarsest level */
        return mien_nmf_kl_ccd(nmf);
    mien_arena *arena = nmf->run->arena, own = {0}; /* what the descent does not need goes first */
    nmf->run->arena = &own;
    nmf->pause = WARM_UP_ITERATIONS;
    mien_status st = mien_keep_is_at(nmf->run, MIEN_NMF_DESCENT)
                         ? MIEN_OK
                         : mien_nmf_kl_warm_up(nmf, WARM_UP_STEPS);
    nmf->pause = 0;
    nmf->run->arena = arena;
    mien_arena_free(&own);
    nmf->passes = WARM_UP_ITERATIONS;
    if (st || nmf->run->interrupted || nmf->run->behind ||
        nmf->run->options->iterations <= WARM_UP_ITERATIONS)
        return st;
    return mien_nmf_kl_ccd(nmf);
}

const mien_nmf_solver mien_nmf_solver_kl_fast = {.solver = "fast",
                                                 .objective = &mien_nmf_kl,
                                                 .descend = descend,
                                                 .refits = true,
                                                 .apart = true,
                                                 .levels = true};
