/* nmf_l1_kl.c - non-negative matrix factorization with L1 penalties: penalty l1; the
 * descent for objective kl (nmf_l1_frobenius.c: frobenius).
 * SPDX-License-Identifier: MIT
 *
 * Notation: w_k column k of W, h_k row k of H, |.| the sum of entries, ||.|| the Euclidean norm.
 *
 * A sum of entries alone is no penalty on H: W may grow while H shrinks, and the model is the same
 * (Hoyer 2002; Eggert & Koerner 2004). So the sum is taken of components in a fixed scale:
 *
 *   L1 of the basis,   weights of mean square 1:       B = sum_k sqrt(N) ||w_k|| |h_k|
 *   L1 of the weights, basis images of mean square 1:  V = sum_k sqrt(p) ||h_k|| |w_k|
 *
 * written so that they hold in any scale: B and V do not change under (W D, D^-1 H). This is the
 * normalisation inside the objective of Le Roux, Weninger & Hershey (MERL TR2015-023), not one
 * after each step, which would spoil the descent. B and V double when every image, or every pixel,
 * is there twice, as the loss does: a strength means the same for any N and p.
 *
 *   frobenius:  minimise 1/2 ||X - WH||_F^2 + mean(X) (b B + v V)
 *
 * Under the Kullback-Leibler divergence the total of the model is free, and a penalty shrinks all
 * of it at once, which makes nothing sparse. With Y = sum of WH <= B, V and lambda = b / (1 - b):
 * D(X | WH) + lambda B at WH / (1 + lambda) is D(X | WH) + b (B - Y) and a constant. So mien
 * minimises the latter, which is the same factorisation without the common shrinkage:
 *
 *   kl:         minimise D(X | WH) + b (B - Y) + v (V - Y),     0 <= b, v <= 1
 *
 * B - Y is 0 when every image uses a component alike: parts that all images need are cheap.
 * At b = 1 the step of the weights is the square root of local NMF (nmf_local.c).
 *
 * The step is that of Lee & Seung, with two more terms. With a_ik = w_ik sum_j h_kj x_ij / y_ij,
 * D is at most sum -a_ik log w_ik + w_ik |h_k| and a constant; ||w_k|| is at most
 * (||w_k||^2 / c + c) / 2 with c its present value; all three touch at the present W. The sum of
 * the bounds falls apart into single w, each with a positive root of a quadratic:
 *
 *   w_ik <- 2 a / (q + sqrt(q^2 + 4 a s)),  q = |h_k| (1 - b) + v (sqrt(p) ||h_k|| - |h_k|),
 *                                           s = b sqrt(N) |h_k| / ||w_k||
 *
 * and the same for H with the sides exchanged. So the penalised objective never increases
 * (majorisation, Hunter & Lange 2004). With b = v = 0 it is ESL (14.74). Between steps W and H are
 * extrapolated, and the objective of the points that steps start from never increases
 * (nmf_extrapolation.c): half the iterations, and an objective that is lower by a hundredth (ORL,
 * CBCL). One pass over X an iteration, as in nmf_mu.c. */
#include "base/cpu.h"
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/nmf_extrapolation.h"
#include "methods/nmf/penalty/nmf_exact.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct l1 {
    mien_nmf *nmf;
    mien_momentum momentum;
    float **model;             /* T x p a worker: WH of a tile, then the ratio */
    float **encoded;           /* T x r a worker: the ratio times H' */
    mien_sums sums;            /* doubles: squares of W's columns, too; floats: W' (ratio), r x p */
    double *weight_square;     /* r: squares of W's columns, in the sums */
    double *basis_square;      /* r: squares of H's rows */
    float *linear, *curvature; /* r: q and s of the step of the weights */
};

/* ---------------------------------------------------------------- the penalty */

/* What the balance costs: sqrt(count) ||u|| - |u| >= 0 of a vector with this sum and square. */
static double excess(double sum, double square, size_t count)
{
    double more = sqrt((double)count * square) - sum;
    return more > 0 ? more : 0;
}

/* Penalty of one component from the sums and squares of its two sides. */
static double penalty_of(const mien_nmf *nmf, const double w[2], const double h[2])
{
    return nmf->strength.basis * h[0] * excess(w[0], w[1], nmf->n) +
           nmf->strength.weights * w[0] * excess(h[0], h[1], nmf->p);
}

static double measure_penalty(const mien_nmf *nmf)
{
    double penalty = 0;
    for (size_t k = 0; k < nmf->r; k++) {
        double w[2], h[2];
        mien_nmf_sides(nmf, k, w, h);
        penalty += penalty_of(nmf, w, h);
    }
    return penalty;
}

/* A norm ||w_k|| has the gradient w_ik / ||w_k|| along w_ik, and so has the parabola
 * w_ik^2 / (2 ||w_k||): where an image's weights are the minimum with the norms of training, they
 * are training's. */
static mien_status cost_weights(const mien_nmf *nmf, size_t n, double mean, mien_weight_cost *out)
{
    (void)mean;
    mien_sparsity s = nmf->strength;
    if (!mien_weight_cost_alloc(nmf->r, s.basis > 0, nmf->run->arena, out))
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < nmf->r; k++) {
        double h[2];
        mien_nmf_sides(nmf, k, NULL, h);
        out->linear[k] = (1 - s.basis) * h[0] + s.weights * excess(h[0], h[1], nmf->p);
        if (out->norm)
            out->norm[k] = s.basis * sqrt((double)n) * h[0];
    }
    return MIEN_OK;
}

/* ---------------------------------------------------------------- the step */

/* The positive root; what is positive does not become 0 by underflow. */
static inline float root(float v, float product, float q, float s)
{
    float a = v * product;
    float down = q + sqrtf(q * q + 4 * a * s); /* 0 for a = 0 under full strength */
    float next = down > 0 ? 2 * a / down : 0;
    return next < FLT_MIN && v > 0 && product > 0 ? FLT_MIN : next;
}

MIEN_LOOP(static, step_weights,
          (float *restrict W, const float *restrict product, const float *restrict linear,
           const float *restrict curvature, size_t rows, size_t r, double *restrict sum,
           double *restrict square),
          (W, product, linear, curvature, rows, r, sum, square))
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < r; k++) {
            float w = root(W[i * r + k], product[i * r + k], linear[k], curvature[k]);
            W[i * r + k] = w;
            sum[k] += w;
            square[k] += (double)w * w;
        }
}

MIEN_LOOP(static, step_basis,
          (float *restrict h, const float *restrict product, float linear, float curvature,
           size_t count),
          (h, product, linear, curvature, count))
{
    for (size_t j = 0; j < count; j++)
        h[j] = root(h[j], product[j], linear, curvature);
}

/* q and s of one side's step (`own`: sums and squares of the side that moves; `other`: of the side
 * that is fixed). `on_own` penalises the sum of the moving side, `on_other` that of the other. */
static void coefficients(const double own[2], const double other[2], size_t n_own, size_t n_other,
                         double on_own, double on_other, float *q, float *s)
{
    /* of a component that is fading away the curvature would leave float32 */
    static const double CURVATURE_MAX = 1e25;
    double linear = other[0] * (1 - on_other) + on_own * excess(other[0], other[1], n_other);
    double curvature = own[1] > 0 ? on_other * sqrt((double)n_own / own[1]) * other[0] : 0;
    *q = (float)linear;
    *s = (float)fmin(curvature, CURVATURE_MAX);
    if (!(*q > 0) && !(*s > 0))
        *q = 1; /* the component is zero: it stays so */
}

static void visit(void *context, const mien_tile *tile)
{
    struct l1 *c = context;
    mien_nmf *nmf = c->nmf;
    size_t p = nmf->p, r = nmf->r, count = tile->count;
    float *W = nmf->W + tile->first * r;
    float *model = c->model[tile->worker], *encoded = c->encoded[tile->worker];
    double *sum = tile->doubles + MIEN_NMF_WEIGHTS, *square = sum + r;
    mien_sgemm(false, false, count, p, r, 1, W, r, nmf->H, p, 0, model, p);
    tile->doubles[MIEN_NMF_LOSS] += mien_kl_ratio_and_loss(tile->x, model, count * p);
    mien_sgemm(false, true, count, r, p, 1, model, p, nmf->H, p, 0, encoded, r);
    step_weights(W, encoded, c->linear, c->curvature, count, r, sum, square);

    mien_sgemm(false, false, count, p, r, 1, W, r, nmf->H, p, 0, model, p);
    mien_kl_ratio(tile->x, model, count * p);
    mien_sgemm(true, false, r, p, count, 1, W, r, model, p, tile->opens ? 0 : 1, tile->floats, p);
}

/* Sums and squares of both sides of component k, or of the basis alone. */
static void measure(struct l1 *c, size_t k, bool both)
{
    double w[2], h[2];
    mien_nmf_sides(c->nmf, k, both ? w : NULL, h);
    c->nmf->basis_sum[k] = h[0];
    c->basis_square[k] = h[1];
    if (both) {
        c->nmf->weight_sum[k] = w[0];
        c->weight_square[k] = w[1];
    }
}

static void measure_all(struct l1 *c)
{
    for (size_t k = 0; k < c->nmf->r; k++)
        measure(c, k, true);
}

static void update_basis_row(void *context, size_t k, unsigned worker)
{
    (void)worker;
    struct l1 *c = context;
    mien_nmf *nmf = c->nmf;
    size_t p = nmf->p;
    double w[2] = {nmf->weight_sum[k], c->weight_square[k]};
    double h[2] = {nmf->basis_sum[k], c->basis_square[k]};
    if (!(w[0] > 0))
        return; /* no image uses the component: its update is 0 / 0 */
    float q, s, *product = c->sums.floats + k * p;
    coefficients(h, w, p, nmf->n, nmf->strength.basis, nmf->strength.weights, &q, &s);
    step_basis(nmf->H + k * p, product, q, s, p);
    measure(c, k, false);
}

/* One step of both sides; returns the objective before it. */
static double step(struct l1 *c)
{
    mien_nmf *nmf = c->nmf;
    double rest = -nmf->run->total; /* of the objective: what needs no pass */
    for (size_t k = 0; k < nmf->r; k++) {
        double w[2] = {nmf->weight_sum[k], c->weight_square[k]};
        double h[2] = {nmf->basis_sum[k], c->basis_square[k]};
        rest += w[0] * h[0] + penalty_of(nmf, w, h);
        coefficients(w, h, nmf->n, nmf->p, nmf->strength.weights, nmf->strength.basis,
                     &c->linear[k], &c->curvature[k]);
    }
    mien_run_pass(nmf->run, visit, c, &c->sums);
    mien_nmf_gather(nmf);
    double loss = mien_nmf_take_sums(nmf, &c->sums) + rest;
    mien_pool_run(nmf->run->pool, nmf->r, update_basis_row, c);
    return loss;
}

static double iterate(void *solver)
{
    struct l1 *c = solver;
    mien_momentum_begin(&c->momentum);
    measure_all(c);
    return mien_momentum_judge(&c->momentum, step(c));
}

/* ---------------------------------------------------------------- exact zeros */

/* The cost of one side's entries, with the same bounds of the norms as a step's, and the sums of
 * the other. */
static void take_cost(struct l1 *c, mien_exact *e, bool of_weights)
{
    mien_nmf *nmf = c->nmf;
    measure_all(c);
    for (size_t k = 0; k < nmf->r; k++) {
        double w[2] = {nmf->weight_sum[k], c->weight_square[k]};
        double h[2] = {nmf->basis_sum[k], c->basis_square[k]};
        float q, s;
        if (of_weights)
            coefficients(w, h, nmf->n, nmf->p, nmf->strength.weights, nmf->strength.basis, &q, &s);
        else
            coefficients(h, w, nmf->p, nmf->n, nmf->strength.basis, nmf->strength.weights, &q, &s);
        e->cost.linear[k] = q;
        e->cost.curvature[k] = w[0] > 0 && h[0] > 0 ? s : INFINITY; /* a zero stays */
        e->sum[k] = (float)(of_weights ? h[0] : w[0]);
    }
}

static mien_status reach_zeros(struct l1 *c)
{
    mien_exact e;
    mien_status st = mien_exact_prepare(c->nmf, &e);
    size_t rounds = mien_exact_rounds(c->nmf->run->fit);
    for (size_t round = 0; !st && round < rounds; round++) {
        take_cost(c, &e, true);
        mien_exact_weights(&e);
        take_cost(c, &e, false);
        mien_exact_basis(&e);
    }
    return st;
}

/* ---------------------------------------------------------------- the whole */

static mien_status prepare(struct l1 *c, mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    *c = (struct l1){.nmf = nmf,
                     .model = mien_nmf_buffers(nmf, nmf->rows * nmf->p),
                     .encoded = mien_nmf_buffers(nmf, nmf->rows * nmf->r)};
    c->sums = mien_nmf_sums(nmf, nmf->r, nmf->r * nmf->p);
    c->basis_square = mien_arena_alloc(arena, nmf->r, sizeof(double));
    c->linear = mien_arena_alloc(arena, nmf->r, sizeof(float));
    c->curvature = mien_arena_alloc(arena, nmf->r, sizeof(float));
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    c->weight_square = c->sums.doubles + MIEN_NMF_WEIGHTS + nmf->r;
    measure_all(c);
    return MIEN_OK;
}

/* Penalties make random components alike before anything tells them apart: on ORL local NMF then
 * stands still for twenty iterations, which looks like the end. Some steps without a penalty belong
 * to the start, unless it is the user's. Of 0, 20 and 60 steps more make the penalised objective of
 * L1 smaller (by 2% and 3%, ORL, strength 0.3) and parts less local. */
enum { STEPS_APART = 20 };

mien_status mien_nmf_break_symmetry(mien_nmf *nmf)
{
    struct l1 c;
    mien_arena arena = {0}, *whole = nmf->run->arena;
    mien_sparsity strength = nmf->strength;
    if (nmf->run->options->start_W || mien_keep_is_at(nmf->run, NULL))
        return MIEN_OK;
    nmf->strength = (mien_sparsity){0, 0};
    nmf->run->arena = &arena; /* given back before the descent takes its own */
    mien_status st = prepare(&c, nmf);
    for (int at = 0; at < STEPS_APART && !st; at++)
        step(&c);
    nmf->strength = strength;
    nmf->run->arena = whole;
    mien_arena_free(&arena);
    return st;
}

static mien_status descend(mien_nmf *nmf)
{
    struct l1 c;
    mien_status st = mien_nmf_break_symmetry(nmf);
    if (!st)
        st = prepare(&c, nmf);
    if (!st)
        st = mien_momentum_prepare(nmf, &c.momentum);
    if (st)
        return st;
    mien_momentum_keep(&c.momentum);
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_BEFORE, &c);
    mien_momentum_end(&c.momentum);
    return reach_zeros(&c);
}

const mien_nmf_solver mien_nmf_solver_kl_l1 = {.solver = "fast",
                                               .objective = &mien_nmf_kl,
                                               .penalty = "l1",
                                               .descend = descend,
                                               .refits = true,
                                               .has_strength = true,
                                               .words = "L1 penalty",
                                               .value = measure_penalty,
                                               .weight_cost = cost_weights,
                                               .follows_weights = true};
