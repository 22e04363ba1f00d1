/* nmf_local.c - local non-negative matrix factorization: penalty local.
 * SPDX-License-Identifier: MIT
 *
 * Li, Hou, Zhang & Cheng, CVPR 2001, equations 10 to 12, here with images as rows:
 *
 *   w_ik <- sqrt(a_ik),       a_ik = w_ik sum_j h_kj x_ij / y_ij,  Y = W H
 *   h_kj <- h_kj sum_i w_ik x_ij / y_ij / sum_i w_ik,   then each row of H to the sum 1
 *
 * The paper starts from D(X | WH) + alpha sum (H H')_kl - beta sum (W'W)_kk, but on the way drops
 * both weights, and no alpha and beta are left in the updates. What the updates as printed do
 * minimise can be said exactly. With rows of H of sum 1, sum_ij -x log y is at most
 * sum -a_ik log w_ik + a constant, touching it at the present W (Lee & Seung 2000). So sqrt(a) is
 * the minimum of the bound of sum -x log y + 1/2 ||W||^2, and the second step is the minimum of
 * the bound over rows of sum 1: this objective never increases. It prefers no scale of an image's
 * weights but for the square, and neither step depends on that scale: a_ik is the same for w_i and
 * c w_i. So it is taken out: every w_i is scaled so that its model has the image's total S_i, the
 * best scale for D, and what never increases becomes
 *
 *   J = D(X | WH) + sum_i S_i / 2 log(r ||w_i||^2 / S_i^2),    S_i = sum_j x_ij = sum_k w_ik
 *
 * The second sum is 0 when an image uses all components alike and S_i / 2 log r when it uses one:
 * local NMF asks each image to use all components, which only parts can serve. It takes no
 * strength. A step of H is the paper's; one of W is the paper's with each image at the right scale.
 * Between steps both are extrapolated, and J of the points that steps start from never increases
 * (nmf_extrapolation.c): a third of the iterations, and a J that is lower by half a hundredth (ORL,
 * CBCL).
 *
 * One pass over X an iteration, as in nmf_mu.c. The scale of X makes no difference. */
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/nmf_extrapolation.h"
#include "methods/nmf/penalty/nmf_exact.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct local {
    mien_nmf *nmf;
    mien_momentum momentum;
    float **model;   /* T x p a worker: WH of a tile, then the ratio */
    float **encoded; /* T x r a worker: the ratio times H' */
    mien_sums sums;  /* floats: W' (ratio), r x p */
};

/* S / 2 log(r ||w||^2 / S^2) of weights of sum S. */
static double imbalance(double sum, double square, size_t r)
{
    double log_ratio = sum > 0 ? log((double)r * square / (sum * sum)) : 0;
    return log_ratio > 0 ? sum / 2 * log_ratio : 0;
}

static double measure_penalty(const mien_nmf *nmf)
{
    double penalty = 0;
    for (size_t i = 0; i < nmf->n; i++) {
        double sum = 0, square = 0;
        for (size_t k = 0; k < nmf->r; k++) { /* weights of basis images of sum 1 */
            double w = nmf->W[i * nmf->r + k] * nmf->basis_sum[k];
            sum += w;
            square += w * w;
        }
        penalty += imbalance(sum, square, nmf->r);
    }
    return penalty;
}

/* w <- w S / sum w, S the total of x. */
static void scale_to_total(const float *x, size_t p, float *w, size_t r)
{
    double total = 0, sum = 0;
    for (size_t j = 0; j < p; j++)
        total += x[j];
    for (size_t k = 0; k < r; k++)
        sum += w[k];
    float scale = sum > 0 ? (float)(total / sum) : 0;
    for (size_t k = 0; k < r; k++) {
        float v = w[k] * scale;
        w[k] = v < FLT_MIN && w[k] > 0 && scale > 0 ? FLT_MIN : v;
    }
}

/* sqrt(w product), taken apart against overflow and underflow. */
static void step_weights(float *w, const float *product, size_t r)
{
    for (size_t k = 0; k < r; k++)
        w[k] = sqrtf(w[k]) * sqrtf(product[k]);
}

/* The penalty of an image, and its weights added to their sums. */
static double measure(const float *w, size_t r, double *weight_sum)
{
    double sum = 0, square = 0;
    for (size_t k = 0; k < r; k++) {
        sum += w[k];
        square += (double)w[k] * w[k];
        if (weight_sum)
            weight_sum[k] += w[k];
    }
    return imbalance(sum, square, r);
}

static void visit(void *context, const mien_tile *tile)
{
    struct local *c = context;
    mien_nmf *nmf = c->nmf;
    size_t p = nmf->p, r = nmf->r, count = tile->count;
    float *W = nmf->W + tile->first * r;
    float *model = c->model[tile->worker], *encoded = c->encoded[tile->worker];
    double *weight_sum = tile->doubles + MIEN_NMF_WEIGHTS, penalty = 0;
    for (size_t i = 0; i < count; i++) { /* the start may have any scale, later ones have theirs */
        scale_to_total(tile->x + i * p, p, W + i * r, r);
        penalty += measure(W + i * r, r, NULL);
    }
    mien_sgemm(false, false, count, p, r, 1, W, r, nmf->H, p, 0, model, p);
    tile->doubles[MIEN_NMF_LOSS] += penalty + mien_kl_ratio_and_loss(tile->x, model, count * p);
    mien_sgemm(false, true, count, r, p, 1, model, p, nmf->H, p, 0, encoded, r);
    for (size_t i = 0; i < count; i++) {
        step_weights(W + i * r, encoded + i * r, r);
        scale_to_total(tile->x + i * p, p, W + i * r, r);
        measure(W + i * r, r, weight_sum);
    }
    mien_sgemm(false, false, count, p, r, 1, W, r, nmf->H, p, 0, model, p);
    mien_kl_ratio(tile->x, model, count * p);
    mien_sgemm(true, false, r, p, count, 1, W, r, model, p, tile->opens ? 0 : 1, tile->floats, p);
}

/* Row k of H to the sum 1; a row of zeros stays. */
static void scale_row(mien_nmf *nmf, size_t k)
{
    float *h = nmf->H + k * nmf->p;
    double sum = 0;
    for (size_t j = 0; j < nmf->p; j++)
        sum += h[j];
    nmf->basis_sum[k] = sum > 0 ? 1 : 0;
    if (sum > 0)
        for (size_t j = 0; j < nmf->p; j++)
            h[j] = (float)(h[j] / sum);
}

static void update_basis_row(void *context, size_t k, unsigned worker)
{
    (void)worker;
    struct local *c = context;
    mien_nmf *nmf = c->nmf;
    size_t p = nmf->p;
    if (!(nmf->weight_sum[k] > 0))
        return; /* no image uses the component: its update is 0 / 0 */
    mien_scale_product(nmf->H + k * p, c->sums.floats + k * p, (float)(1 / nmf->weight_sum[k]), p);
    scale_row(nmf, k);
}

/* Of both sides; returns J before it. */
static double step(struct local *c)
{
    mien_nmf *nmf = c->nmf;
    mien_run_pass(nmf->run, visit, c, &c->sums);
    mien_nmf_gather(nmf);
    double loss = mien_nmf_take_sums(nmf, &c->sums); /* totals of X and model are the same */
    mien_pool_run(nmf->run->pool, nmf->r, update_basis_row, c);
    return loss;
}

static double iterate(void *solver)
{
    struct local *c = solver;
    mien_momentum_begin(&c->momentum);
    for (size_t k = 0; k < c->nmf->r; k++)
        scale_row(c->nmf, k);
    return mien_momentum_judge(&c->momentum, step(c));
}

/* The step of the basis once more, coordinate by coordinate (nmf_exact.h): the cost of a basis
 * value is the multiplier of "sum 1", which for the basis `before` a step is its row of sum_j h_kj
 * product_kj. */
static void take_cost(const struct local *c, const float *before, mien_exact *e)
{
    const mien_nmf *nmf = c->nmf;
    for (size_t k = 0; k < nmf->r; k++) {
        double cost = 0;
        for (size_t j = 0; j < nmf->p; j++)
            cost += (double)before[k * nmf->p + j] * c->sums.floats[k * nmf->p + j];
        e->cost.linear[k] = cost;
        e->cost.curvature[k] = cost > 0 ? 0 : INFINITY; /* a component of zeros stays */
        e->sum[k] = (float)nmf->weight_sum[k];
    }
}

/* W and H, and where a step led from, to go back to. */
struct point {
    float *W, *H;
};

static struct point point_alloc(const mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    return (struct point){mien_arena_alloc(arena, nmf->n * nmf->r, sizeof(float)),
                          mien_arena_alloc(arena, nmf->r * nmf->p, sizeof(float))};
}

static void point_copy(const mien_nmf *nmf, struct point from, struct point to)
{
    memcpy(to.W, from.W, nmf->n * nmf->r * sizeof *to.W);
    memcpy(to.H, from.H, nmf->r * nmf->p * sizeof *to.H);
}

/* Rounds until zeros are zeros; one that makes J larger is taken back, and is the last. */
static mien_status reach_zeros(struct local *c)
{
    mien_nmf *nmf = c->nmf;
    mien_run *run = nmf->run;
    struct point now = {nmf->W, nmf->H}, here = point_alloc(nmf), good = point_alloc(nmf);
    mien_exact e;
    mien_status st = mien_exact_prepare(nmf, &e);
    if (st)
        return st;
    double least = INFINITY;
    for (size_t round = 0, rounds = mien_exact_rounds(run->fit); rounds; round++) {
        for (size_t k = 0; k < nmf->r; k++)
            scale_row(nmf, k);
        point_copy(nmf, now, here);
        double J = step(c); /* of `here` */
        if (!(J <= least)) {
            point_copy(nmf, good, now);
            break;
        }
        least = J;
        point_copy(nmf, here, good);
        if (round == rounds)
            break;
        take_cost(c, here.H, &e);
        mien_exact_basis(&e);
    }
    return MIEN_OK;
}

static mien_status descend(mien_nmf *nmf)
{
    mien_status st = mien_nmf_break_symmetry(nmf);
    if (st)
        return st;
    struct local c = {.nmf = nmf,
                      .model = mien_nmf_buffers(nmf, nmf->rows * nmf->p),
                      .encoded = mien_nmf_buffers(nmf, nmf->rows * nmf->r),
                      .sums = mien_nmf_sums(nmf, 0, nmf->r * nmf->p)};
    if (nmf->run->arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < nmf->r; k++) {
        scale_row(nmf, k);
        for (size_t i = 0; i < nmf->n && nmf->basis_sum[k] == 0; i++)
            nmf->W[i * nmf->r + k] = 0; /* a basis image of zeros carries nothing */
    }
    st = mien_momentum_prepare(nmf, &c.momentum);
    if (st)
        return st;
    mien_momentum_keep(&c.momentum);
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_BEFORE, &c);
    mien_momentum_end(&c.momentum);
    return reach_zeros(&c);
}

/* -x log m + 1/2 ||w||^2 for basis images of sum 1. */
static mien_status cost_weights(const mien_nmf *nmf, size_t n, double mean, mien_weight_cost *out)
{
    (void)n;
    (void)mean;
    if (!mien_weight_cost_alloc(nmf->r, false, nmf->run->arena, out))
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < nmf->r; k++) {
        double h[2];
        mien_nmf_sides(nmf, k, NULL, h);
        out->curvature[k] = h[0] > 0 ? h[0] * h[0] : INFINITY;
    }
    out->to_total = true;
    return MIEN_OK;
}

const mien_nmf_solver mien_nmf_solver_kl_local = {.solver = "fast",
                                                  .objective = &mien_nmf_kl,
                                                  .penalty = "local",
                                                  .descend = descend,
                                                  .refits = true,
                                                  .words = "local NMF's",
                                                  .value = measure_penalty,
                                                  .weight_cost = cost_weights};
