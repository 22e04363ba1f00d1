/* nmf_l1_frobenius.c - L1 penalties under the squared distance: penalty l1 for objective
 * frobenius. The penalties and their scale: nmf_l1_kl.c.
 * SPDX-License-Identifier: MIT
 *
 *   minimise J = 1/2 ||X - WH||_F^2 + m sum_k b sqrt(N) ||w_k|| |h_k| + v sqrt(p) ||h_k|| |w_k|
 *
 * m the mean of X: a pixel of a basis image whose weights have mean square 1 is cut by b m. HALS
 * (nmf_hals.c) with a threshold. With H fixed, each norm is bounded by a parabola that touches it,
 * ||w_k|| <= (||w_k||^2 / c + c) / 2 with c its value before the sweeps, and for the bound the
 * exact minimum over one column is
 *
 *   w_k <- max(0, w_k + (X h_k' - W (H h_k') - s_k w_k - t_k) / (h_k h_k' + s_k))
 *   s_k = m b sqrt(N) |h_k| / c,    t_k = m v sqrt(p) ||h_k||
 *
 * so a sweep of HALS with s on the diagonal of the Gram matrix and t taken off the target does it,
 * and J never increases. The same for H with the sides exchanged. (Eggert & Koerner 2004 give
 * multiplicative updates for b = 0; without the norms inside J these thresholds are those of
 * Cichocki & Phan 2009.) A component that costs more than it explains fades to zero and stays.
 *
 * One pass over X an iteration, two GEMMs of n p r; J falls out as in nmf_hals.c. */
#include "methods/nmf/nmf_hals.h"

#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/nmf_weight_cost.h"

#include <math.h>
#include <string.h>

struct l1 {
    mien_nmf *nmf;
    mien_hals hals;        /* s stands on the diagonals of its Gram matrices */
    double basis, weights; /* m b sqrt(N), m v sqrt(p) */
    float *H;              /* r x ldp */
    double *weight_square; /* r: squares of W's columns, in the sums */
    double *basis_square;  /* r: squares of H's rows */
    double *curvature;     /* r: s of the step at hand */
    float *threshold;      /* r: t of the step at hand */
};

/* Of a component that is fading away the parabola would leave float32. */
static const double CURVATURE_MAX = 1e25;

/* s and t of every component: `on_norm` weighs the norm of the side that moves (squares `own`)
 * with the sum of the other, `on_sum` its sum with the other's norm. A component whose moving side
 * is all zero has no parabola: it is left out of the sweep where the norm has a cost. */
static void bound(const struct l1 *c, double on_norm, double on_sum, const double *own,
                  const double *other_sum, const double *other_square, float *gram)
{
    size_t r = c->nmf->r;
    for (size_t k = 0; k < r; k++) {
        double norm = sqrt(own[k]);
        c->curvature[k] = norm > 0 ? fmin(on_norm * other_sum[k] / norm, CURVATURE_MAX) : 0;
        c->threshold[k] = (float)(on_sum * sqrt(other_square[k]));
        gram[k * r + k] = norm > 0 || !(on_norm > 0) ? gram[k * r + k] + (float)c->curvature[k] : 0;
    }
}

/* ---------------------------------------------------------------- weights */

static void visit(void *context, const mien_tile *tile)
{
    struct l1 *c = context;
    size_t r = c->nmf->r;
    float *W = c->nmf->W + tile->first * r;
    double *sum = tile->doubles + MIEN_NMF_WEIGHTS, *square = sum + r;
    mien_hals_descend_tile(&c->hals, tile, c->H, c->threshold, W);
    for (size_t i = 0; i < tile->count; i++)
        for (size_t k = 0; k < r; k++) {
            float w = W[i * r + k];
            sum[k] += w;
            square[k] += (double)w * w;
        }
    mien_hals_gather(&c->hals, tile, W);
}

/* J after the step of the weights. */
static double descend_weights(struct l1 *c)
{
    mien_nmf *nmf = c->nmf;
    mien_hals_hold(&c->hals, c->H);
    bound(c, c->basis, c->weights, c->weight_square, nmf->basis_sum, c->basis_square,
          c->hals.H_gram);
    mien_run_pass(nmf->run, visit, c, &c->hals.sums);
    mien_nmf_gather(nmf);
    /* with the parabolas for norms */
    double J = 0.5 * nmf->run->squares + mien_nmf_take_sums(nmf, &c->hals.sums);
    for (size_t k = 0; k < nmf->r; k++)
        J += c->basis * nmf->basis_sum[k] * sqrt(c->weight_square[k]) -
             0.5 * c->curvature[k] * c->weight_square[k];
    return J;
}

/* ---------------------------------------------------------------- basis */

static void measure_basis(struct l1 *c)
{
    for (size_t k = 0; k < c->nmf->r; k++) {
        double sum = 0, square = 0;
        for (size_t j = 0; j < c->nmf->p; j++) {
            double h = c->H[k * c->hals.ldp + j];
            sum += h;
            square += h * h;
        }
        c->nmf->basis_sum[k] = sum;
        c->basis_square[k] = square;
    }
}

/* What the norms of the basis cost beyond the parabolas that stand for them. */
static double beyond_parabolas(const struct l1 *c)
{
    double sum = 0;
    for (size_t k = 0; k < c->nmf->r; k++)
        sum += c->weights * c->nmf->weight_sum[k] * sqrt(c->basis_square[k]) -
               0.5 * c->curvature[k] * c->basis_square[k];
    return sum;
}

/* How the step of the basis changes J. */
static double descend_basis(struct l1 *c)
{
    bound(c, c->weights, c->basis, c->basis_square, c->nmf->weight_sum, c->weight_square,
          c->hals.W_gram);
    double before = beyond_parabolas(c);
    double change = mien_hals_descend_basis(&c->hals, c->threshold, c->H);
    measure_basis(c);
    return change + (beyond_parabolas(c) - before);
}

/* ---------------------------------------------------------------- iteration */

static double iterate(void *solver)
{
    struct l1 *c = solver;
    double J = descend_weights(c);
    return J + descend_basis(c);
}

static mien_status prepare(struct l1 *c, mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    size_t r = nmf->r;
    double mean = mien_nmf_mean(nmf);
    *c = (struct l1){.nmf = nmf,
                     .basis = mean * nmf->strength.basis * sqrt((double)nmf->n),
                     .weights = mean * nmf->strength.weights * sqrt((double)nmf->p),
                     .basis_square = mien_arena_alloc(arena, r, sizeof(double)),
                     .curvature = mien_arena_alloc(arena, r, sizeof(double)),
                     .threshold = mien_arena_alloc(arena, r, sizeof(float))};
    mien_status st = mien_hals_prepare(nmf, r, &c->hals);
    c->H = mien_arena_alloc(arena, r * c->hals.ldp, sizeof(float));
    if (st || arena->failed)
        return MIEN_ERR_NOMEM;
    c->weight_square = c->hals.sums.doubles + MIEN_NMF_WEIGHTS + r;
    return MIEN_OK;
}

static mien_status descend(mien_nmf *nmf)
{
    struct l1 c;
    mien_status st = prepare(&c, nmf);
    if (st)
        return st;
    for (size_t k = 0; k < nmf->r; k++) {
        double w[2], h[2];
        mien_nmf_sides(nmf, k, w, h);
        nmf->weight_sum[k] = w[0];
        c.weight_square[k] = w[1];
        nmf->basis_sum[k] = h[0];
        c.basis_square[k] = h[1];
    }
    mien_nmf_keep_basis(nmf, &c.H, c.hals.ldp);
    mien_nmf_keep(nmf);
    mien_keep_bytes(nmf->run, "squares of W", c.weight_square, nmf->r, sizeof(double));
    mien_keep_bytes(nmf->run, "squares of H", c.basis_square, nmf->r, sizeof(double));
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &c);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- the penalty */

static double measure_penalty(const mien_nmf *nmf)
{
    double penalty = 0, mean = mien_nmf_mean(nmf);
    for (size_t k = 0; k < nmf->r; k++) {
        double w[2], h[2];
        mien_nmf_sides(nmf, k, w, h);
        penalty += mean * (nmf->strength.basis * h[0] * sqrt((double)nmf->n * w[1]) +
                           nmf->strength.weights * w[0] * sqrt((double)nmf->p * h[1]));
    }
    return penalty;
}

/* As in nmf_l1_kl.c. */
static mien_status cost_weights(const mien_nmf *nmf, size_t n, double mean, mien_weight_cost *out)
{
    mien_sparsity s = nmf->strength;
    if (!mien_weight_cost_alloc(nmf->r, s.basis > 0, nmf->run->arena, out))
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < nmf->r; k++) {
        double h[2];
        mien_nmf_sides(nmf, k, NULL, h);
        out->linear[k] = mean * s.weights * sqrt((double)nmf->p * h[1]);
        if (out->norm)
            out->norm[k] = mean * s.basis * sqrt((double)n) * h[0];
    }
    return MIEN_OK;
}

const mien_nmf_solver mien_nmf_solver_frobenius_l1 = {.solver = "fast",
                                                      .objective = &mien_nmf_frobenius,
                                                      .penalty = "l1",
                                                      .descend = descend,
                                                      .refits = true,
                                                      .has_strength = true,
                                                      .words = "L1 penalty",
                                                      .value = measure_penalty,
                                                      .weight_cost = cost_weights,
                                                      .follows_weights = true};
