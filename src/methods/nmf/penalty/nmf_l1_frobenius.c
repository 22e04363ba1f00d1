/* nmf_l1_frobenius.c - L1 penalties under the squared distance: penalty l1 for objective
 * frobenius. The penalties and their scale: nmf_l1_kl.c.
 * SPDX-License-Identifier: MIT
 *
 *   minimise J = 1/2 ||X - WH||_F^2 + m sum_k b sqrt(N) ||w_k|| |h_k| + v sqrt(p) ||h_k|| |w_k|
 *
 * m the mean of X: a pixel of a basis image whose weights have mean square 1 is cut by b m. HALS
 * (nmf_hals.c) with a threshold. Held H, each norm is bounded by a parabola that touches it,
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

enum { CHUNK = MIEN_HALS_CHUNK };

struct shrink {
    mien_nmf *nmf;
    double basis, weights; /* m b sqrt(N), m v sqrt(p) */
    size_t ldp, ldt;       /* pixels, images of a tile; padded with zeros */
    float *H;              /* r x ldp */
    float *H_gram;         /* r x r: H H' with s on the diagonal */
    float *W_gram;         /* groups x r x r: shares of W' W; the first: the sum, s on it */
    float *target;         /* groups x r x ldp: shares of W' X; the first holds the sum */
    float **encoded;       /* r x ldt: H X' of a tile, a worker */
    float **turned;        /* r x ldt: W' of a tile, a worker */
    double *weight_square; /* groups x r: squares of W's columns; the first r hold the total */
    double *basis_square;  /* r: squares of H's rows */
    double *change;        /* chunks of pixels: how the basis step changed its bound */
    double *curve;         /* r: s of the step at hand */
    float *threshold;      /* r: t of the step at hand */
};

/* Of a component that is fading away the parabola would leave float32. */
static const double CURVE_MOST = 1e25;

/* s and t of every component: `on_norm` weighs the norm of the side that moves (squares `own`)
 * with the sum of the other, `on_sum` its sum with the other's norm. A component whose moving side
 * is all zero has no parabola: it is left out of the sweep where the norm has a cost. */
static void bound(const struct shrink *c, double on_norm, double on_sum, const double *own,
                  const double *other_sum, const double *other_square, float *gram)
{
    size_t r = c->nmf->r;
    for (size_t k = 0; k < r; k++) {
        double norm = sqrt(own[k]);
        c->curve[k] = norm > 0 ? fmin(on_norm * other_sum[k] / norm, CURVE_MOST) : 0;
        c->threshold[k] = (float)(on_sum * sqrt(other_square[k]));
        gram[k * r + k] = norm > 0 || !(on_norm > 0) ? gram[k * r + k] + (float)c->curve[k] : 0;
    }
}

/* ---------------------------------------------------------------- weights */

static void visit(void *context, const mien_tile *tile)
{
    struct shrink *c = context;
    mien_nmf *nmf = c->nmf;
    size_t p = nmf->p, r = nmf->r, count = tile->count, ldt = c->ldt;
    float *W = nmf->W + tile->first * r;
    float *target = c->encoded[tile->worker], *U = c->turned[tile->worker];
    double *sum = nmf->weight_sum + tile->group * r, *square = c->weight_square + tile->group * r;
    if (tile->opens) {
        memset(sum, 0, r * sizeof *sum);
        memset(square, 0, r * sizeof *square);
        nmf->losses[tile->group] = 0;
    }
    mien_sgemm(false, true, r, count, p, 1, c->H, c->ldp, tile->x, p, 0, target, ldt);
    for (size_t k = 0; k < r; k++)
        for (size_t i = 0; i < count; i++)
            target[k * ldt + i] -= c->threshold[k];
    nmf->losses[tile->group] +=
        mien_hals_descend_weights(c->H_gram, target, W, count, r, ldt, true, U);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < r; k++) {
            float w = W[i * r + k];
            sum[k] += w;
            square[k] += (double)w * w;
        }
    float keep = tile->opens ? 0 : 1;
    mien_sgemm(true, false, r, p, count, 1, W, r, tile->x, p, keep,
               c->target + tile->group * r * c->ldp, c->ldp);
    mien_sgemm(true, false, r, r, count, 1, W, r, W, r, keep, c->W_gram + tile->group * r * r, r);
}

/* J after the step of the weights. */
static double descend_weights(struct shrink *c)
{
    mien_nmf *nmf = c->nmf;
    size_t r = nmf->r, ldp = c->ldp;
    mien_sgemm(false, true, r, r, ldp, 1, c->H, ldp, c->H, ldp, 0, c->H_gram, r);
    bound(c, c->basis, c->weights, c->weight_square, nmf->basis_sum, c->basis_square, c->H_gram);
    mien_run_pass(nmf->run, visit, c);
    mien_nmf_combine(nmf->losses, nmf->groups, 1);
    mien_nmf_combine(nmf->weight_sum, nmf->groups, r);
    mien_nmf_combine(c->weight_square, nmf->groups, r);
    for (size_t g = 1; g < nmf->groups; g++)
        mien_nmf_add(c->W_gram, c->W_gram + g * r * r, r * r);
    double J = 0.5 * nmf->run->squares + nmf->losses[0]; /* with the parabolas for norms */
    for (size_t k = 0; k < r; k++)
        J += c->basis * nmf->basis_sum[k] * sqrt(c->weight_square[k]) -
             0.5 * c->curve[k] * c->weight_square[k];
    return J;
}

/* ---------------------------------------------------------------- basis */

static void visit_chunk(void *context, size_t chunk, unsigned worker)
{
    (void)worker;
    struct shrink *c = context;
    mien_nmf *nmf = c->nmf;
    size_t r = nmf->r, ldp = c->ldp, at = chunk * CHUNK;
    size_t count = nmf->p - at < CHUNK ? nmf->p - at : CHUNK;
    for (size_t k = 0; k < r; k++) {
        float *target = c->target + k * ldp + at;
        for (size_t g = 1; g < nmf->groups; g++)
            mien_nmf_add(target, c->target + (g * r + k) * ldp + at, CHUNK);
        for (size_t j = 0; j < count; j++)
            target[j] -= c->threshold[k];
    }
    double before = mien_hals_quadratic(c->W_gram, c->target + at, c->H + at, r, ldp);
    for (int s = 0; s < MIEN_HALS_SWEEPS; s++)
        mien_hals_sweep(c->W_gram, c->target + at, c->H + at, r, ldp);
    c->change[chunk] = mien_hals_quadratic(c->W_gram, c->target + at, c->H + at, r, ldp) - before;
}

static void measure_basis(struct shrink *c)
{
    for (size_t k = 0; k < c->nmf->r; k++) {
        double sum = 0, square = 0;
        for (size_t j = 0; j < c->nmf->p; j++) {
            double h = c->H[k * c->ldp + j];
            sum += h;
            square += h * h;
        }
        c->nmf->basis_sum[k] = sum;
        c->basis_square[k] = square;
    }
}

/* How the step of the basis changes J. */
static double descend_basis(struct shrink *c)
{
    mien_nmf *nmf = c->nmf;
    size_t r = nmf->r, chunks = c->ldp / CHUNK;
    bound(c, c->weights, c->basis, c->basis_square, nmf->weight_sum, c->weight_square, c->W_gram);
    double change = 0;
    for (int after = 0; after < 2; after++) {
        for (size_t k = 0; k < r; k++) {
            double norm = c->weights * nmf->weight_sum[k] * sqrt(c->basis_square[k]);
            double parabola = 0.5 * c->curve[k] * c->basis_square[k];
            change += after ? norm - parabola : parabola - norm;
        }
        if (after)
            break;
        mien_pool_run(nmf->run->pool, chunks, visit_chunk, c);
        measure_basis(c);
    }
    for (size_t at = 0; at < chunks; at++)
        change += c->change[at];
    return change;
}

/* ---------------------------------------------------------------- iteration */

static double iterate(void *solver)
{
    struct shrink *c = solver;
    double J = descend_weights(c);
    return J + descend_basis(c);
}

static mien_status prepare(struct shrink *c, mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    size_t r = nmf->r;
    double mean = mien_nmf_mean(nmf);
    *c = (struct shrink){.nmf = nmf,
                         .basis = mean * nmf->strength.basis * sqrt((double)nmf->n),
                         .weights = mean * nmf->strength.weights * sqrt((double)nmf->p),
                         .ldp = mien_hals_padded(nmf->p),
                         .ldt = mien_hals_padded(nmf->rows)};
    c->H = mien_arena_alloc(arena, r * c->ldp, sizeof(float));
    c->H_gram = mien_arena_alloc(arena, r * r, sizeof(float));
    c->W_gram = mien_arena_alloc(arena, nmf->groups * r * r, sizeof(float));
    c->target = mien_arena_alloc(arena, nmf->groups * r * c->ldp, sizeof(float));
    c->encoded = mien_nmf_buffers(nmf, r * c->ldt);
    c->turned = mien_nmf_buffers(nmf, r * c->ldt);
    c->weight_square = mien_arena_alloc(arena, nmf->groups * r, sizeof(double));
    c->basis_square = mien_arena_alloc(arena, r, sizeof(double));
    c->change = mien_arena_alloc(arena, c->ldp / CHUNK, sizeof(double));
    c->curve = mien_arena_alloc(arena, r, sizeof(double));
    c->threshold = mien_arena_alloc(arena, r, sizeof(float));
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

static mien_status descend(mien_nmf *nmf)
{
    struct shrink c;
    mien_status st = prepare(&c, nmf);
    if (st)
        return st;
    mien_nmf_sum_start(nmf);
    for (size_t i = 0; i < nmf->n; i++)
        for (size_t k = 0; k < nmf->r; k++)
            c.weight_square[k] += (double)nmf->W[i * nmf->r + k] * nmf->W[i * nmf->r + k];
    for (size_t k = 0; k < nmf->r; k++)
        memcpy(c.H + k * c.ldp, nmf->H + k * nmf->p, nmf->p * sizeof *c.H);
    measure_basis(&c);
    nmf->own_H = &c.H;
    nmf->own_ld = c.ldp;
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &c);
    nmf->own_H = NULL;
    for (size_t k = 0; k < nmf->r; k++)
        memcpy(nmf->H + k * nmf->p, c.H + k * c.ldp, nmf->p * sizeof *c.H);
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
