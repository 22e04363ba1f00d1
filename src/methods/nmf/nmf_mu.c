/* nmf_mu.c - non-negative matrix factorization by multiplicative updates.
 * SPDX-License-Identifier: MIT
 *
 *   KL, ESL (14.74), Lee & Seung 1999:          Frobenius, Lee & Seung 2000, theorem 1:
 *   W <- W .* ((X / WH) H') ./ (1 (H 1)')       W <- W .* (X H') ./ (W (H H'))
 *   H <- H .* (W' (X / WH)) ./ ((W' 1) 1')      H <- H .* (W' X) ./ ((W' W) H)
 *
 * first W, then H with the new W: the textbook's iteration, step for step. The loss never
 * increases (theorems 1 and 2). A zero stays a zero for ever; the user's starts may hold some.
 *
 * One iteration is one pass over tiles of X. KL, for a tile: WH, the ratio and its product with H',
 * the new weights of those images; WH again, the ratio, and the tile's share of W' (X / WH). Four
 * products of n p r multiplications (nmf_panels.h), two divisions an entry, nothing of size n x p.
 * The loss of the state that an iteration starts from falls out of the first ratio. Frobenius, for
 * a tile: X H', W (H H') and the shares of W' X and W' W; image i contributes |x|^2 / 2 - w't +
 * w'(H H')w / 2, t = H x. */
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/kernels/nmf_panels.h"
#include "methods/nmf/nmf_state.h"

#include <string.h>

struct mu {
    mien_nmf *nmf;
    int steps;          /* an iteration */
    mien_panels panels; /* H and the products with X / WH */
    mien_tiling tiling; /* of their tiles */
    float **buffers;    /* T x p a worker: a tile */
    float **scratch;    /* a worker, for the products; then for a part of their sum */
    float **encoded;    /* T x r a worker: a tile or its ratio times H' */
    float **divisor;    /* T x r a worker: W (H H') */
    mien_sums sums;     /* floats: W' (ratio), in panels; or W' X (r x p), then W' W (r x r) */
    double *part_sum;   /* parts of H x r: sums of H's rows */
    float *inverse_basis_sum; /* r: 1 / sums of H's rows, 0 for a row of zeros */
    float *H_gram;            /* r x r: H H' */
    float *growth;            /* r x p: (W' W) H */
};

/* ---------------------------------------------------------------- Kullback-Leibler */

static void visit_kl(void *context, const mien_tile *tile)
{
    struct mu *mu = context;
    mien_nmf *nmf = mu->nmf;
    const mien_panels *panels = &mu->panels;
    size_t r = nmf->r, count = tile->count;
    float *W = nmf->W + tile->first * r;
    float *encoded = mu->encoded[tile->worker], *scratch = mu->scratch[tile->worker];

    tile->doubles[MIEN_NMF_LOSS] +=
        mien_panels_weights_product(panels, tile->x, W, count, encoded, NULL, 0, scratch);
    mien_kl_scale_weights(W, encoded, mu->inverse_basis_sum, count, r,
                          tile->doubles + MIEN_NMF_WEIGHTS);
    mien_panels_basis_product(panels, tile->x, W, count, !tile->opens, false, tile->floats,
                              scratch);
}

/* Columns of H, and what they are of the sums of its rows. */
static void update_basis_kl(void *context, size_t part, unsigned worker)
{
    struct mu *mu = context;
    mien_nmf *nmf = mu->nmf;
    mien_columns columns = mien_panels_columns(&mu->panels, part);
    float *total = mu->scratch[worker], *h = nmf->H + columns.first;
    double *sum = mu->part_sum + part * nmf->r;
    mien_panels_take(&mu->panels, mu->sums.floats, columns, total);
    for (size_t k = 0; k < nmf->r; k++, h += nmf->p, total += columns.count)
        if (nmf->weight_sum[k] > 0) /* else no image uses the component: its update is 0 / 0 */
            sum[k] = mien_scale_product(h, total, (float)(1 / nmf->weight_sum[k]), columns.count);
    mien_panels_hold(&mu->panels, columns, nmf->H, nmf->p);
}

/* sum of WH = sum_k (sum_i w_ik) (sum_j h_kj): the part of the divergence that needs no pass. */
static double sum_of_model(const mien_nmf *nmf)
{
    double sum = 0;
    for (size_t k = 0; k < nmf->r; k++)
        sum += nmf->weight_sum[k] * nmf->basis_sum[k];
    return sum;
}

static double step_kl(struct mu *mu)
{
    mien_nmf *nmf = mu->nmf;
    double model_sum = sum_of_model(nmf);
    for (size_t k = 0; k < nmf->r; k++)
        mu->inverse_basis_sum[k] = nmf->basis_sum[k] > 0 ? (float)(1 / nmf->basis_sum[k]) : 0;
    mien_pass(nmf->run->pool, nmf->run->X, &mu->tiling, mu->buffers, visit_kl, mu, &mu->sums);
    double logs = mien_nmf_take_sums(nmf, &mu->sums);
    size_t parts = mien_panels_parts(&mu->panels);
    mien_pool_run(nmf->run->pool, parts, update_basis_kl, mu);
    for (size_t k = 0; k < nmf->r; k++) {
        double sum = 0;
        for (size_t part = 0; part < parts; part++)
            sum += mu->part_sum[part * nmf->r + k];
        if (nmf->weight_sum[k] > 0)
            nmf->basis_sum[k] = sum;
    }
    return logs - nmf->run->total + model_sum;
}

static double iterate_kl(void *solver)
{
    struct mu *mu = solver;
    double loss = step_kl(mu);
    for (int step = 1; step < mu->steps; step++)
        step_kl(mu);
    return loss;
}

mien_status mien_nmf_kl_warm_up(mien_nmf *nmf, int steps)
{
    mien_arena *arena = nmf->run->arena;
    struct mu mu = {.nmf = nmf,
                    .steps = steps,
                    .panels = mien_panels_prepare(nmf->p, nmf->r, arena),
                    .inverse_basis_sum = mien_arena_alloc(arena, nmf->r, sizeof(float))};
    mu.tiling = nmf->run->tiling;
    if (mu.panels.rows)
        mu.tiling = mien_tiling_with_rows(&mu.tiling, mu.panels.rows);
    size_t rows = mu.tiling.rows, scratch = mien_panels_scratch(&mu.panels, rows);
    mu.buffers = mien_nmf_buffers(nmf, rows * nmf->p);
    size_t parts = mien_panels_parts(&mu.panels), total = mu.panels.part * nmf->r;
    mu.scratch = mien_nmf_buffers(nmf, scratch > total ? scratch : total);
    mu.part_sum = mien_arena_alloc(arena, parts * nmf->r, sizeof *mu.part_sum);
    mu.encoded = mien_nmf_buffers(nmf, rows * nmf->r);
    mu.sums = mien_nmf_sums(nmf, 0, nmf->r * mu.panels.ld);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    mien_nmf_sum_start(nmf);
    mien_nmf_keep(nmf);
    mien_panels_hold_all(&mu.panels, nmf->H, nmf->p);
    mien_nmf_tile_by(nmf, &mu.tiling);
    mien_nmf_iterate(nmf, iterate_kl, MIEN_NMF_LOSS_BEFORE, &mu);
    mien_nmf_tile_by(nmf, &nmf->run->tiling);
    return MIEN_OK;
}

static mien_status descend_kl(mien_nmf *nmf)
{
    return mien_nmf_kl_warm_up(nmf, 1);
}

const mien_nmf_solver mien_nmf_solver_kl_mu = {
    .solver = "mu", .objective = &mien_nmf_kl, .descend = descend_kl, .apart = true};

/* ---------------------------------------------------------------- Frobenius */

static void visit_frobenius(void *context, const mien_tile *tile)
{
    struct mu *mu = context;
    mien_nmf *nmf = mu->nmf;
    size_t p = nmf->p, r = nmf->r, count = tile->count;
    float *W = nmf->W + tile->first * r;
    float *encoded = mu->encoded[tile->worker], *divisor = mu->divisor[tile->worker];
    float keep = tile->opens ? 0 : 1;

    mien_sgemm(false, true, count, r, p, 1, tile->x, p, nmf->H, p, 0, encoded, r);
    mien_sgemm(false, false, count, r, r, 1, W, r, mu->H_gram, r, 0, divisor, r);
    tile->doubles[MIEN_NMF_LOSS] += mien_mu_step(W, encoded, divisor, count * r);

    mien_sgemm(true, false, r, p, count, 1, W, r, tile->x, p, keep, tile->floats, p);
    mien_sgemm(true, false, r, r, count, 1, W, r, W, r, keep, tile->floats + r * p, r);
}

static void update_basis_row_frobenius(void *context, size_t k, unsigned worker)
{
    (void)worker;
    struct mu *mu = context;
    size_t p = mu->nmf->p, r = mu->nmf->r;
    float *growth = mu->growth + k * p;
    const float *W_gram = mu->sums.floats + r * p;
    mien_sgemm(false, false, 1, p, r, 1, W_gram + k * r, r, mu->nmf->H, p, 0, growth, p);
}

static double iterate_frobenius(void *solver)
{
    struct mu *mu = solver;
    mien_nmf *nmf = mu->nmf;
    size_t p = nmf->p, r = nmf->r;
    mien_sgemm(false, true, r, r, p, 1, nmf->H, p, nmf->H, p, 0, mu->H_gram, r);
    mien_run_pass(nmf->run, visit_frobenius, mu, &mu->sums);
    mien_pool_run(nmf->run->pool, r, update_basis_row_frobenius, mu);
    mien_mu_step(nmf->H, mu->sums.floats, mu->growth, r * p);
    return 0.5 * nmf->run->squares + mu->sums.doubles[MIEN_NMF_LOSS];
}

static mien_status descend_frobenius(mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    size_t p = nmf->p, r = nmf->r;
    struct mu mu = {.nmf = nmf,
                    .encoded = mien_nmf_buffers(nmf, nmf->rows * r),
                    .divisor = mien_nmf_buffers(nmf, nmf->rows * r),
                    .sums = mien_nmf_sums(nmf, 0, r * p + r * r),
                    .H_gram = mien_arena_alloc(arena, r * r, sizeof(float)),
                    .growth = mien_arena_alloc(arena, r * p, sizeof(float))};
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    mien_nmf_keep(nmf);
    mien_nmf_iterate(nmf, iterate_frobenius, MIEN_NMF_LOSS_BEFORE, &mu);
    return MIEN_OK;
}

const mien_nmf_solver mien_nmf_solver_frobenius_mu = {
    .solver = "mu", .objective = &mien_nmf_frobenius, .descend = descend_frobenius, .apart = true};
