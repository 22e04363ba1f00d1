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
 * One iteration is one pass over tiles of X. For a tile: WH, the ratio in its place, the new
 * weights of those images; WH again, the ratio, and the tile's share of W' (X / WH). Four GEMMs of
 * n p r multiplications, two divisions an entry, nothing of size n x p. The loss of the state that
 * an iteration starts from falls out of the first ratio. */
#include "methods/nmf.h"

#include "linalg/blas.h"
#include "methods/nmf_kernels.h"

#include <string.h>

/* sums[0] <- sum over groups, for row k of the basis. */
static void combine_row(const mien_nmf *nmf, size_t k)
{
    float *total = nmf->sums + k * nmf->p;
    for (size_t g = 1; g < nmf->groups; g++)
        mien_nmf_add(total, nmf->sums + (g * nmf->r + k) * nmf->p, nmf->p);
}

/* ---------------------------------------------------------------- Kullback-Leibler */

struct kl_mu {
    mien_nmf *nmf;
    float *inverse_basis_sum; /* r: 1 / sums of H's rows, 0 for a row of zeros */
};

static void visit_kl(void *context, const mien_tile *tile)
{
    struct kl_mu *mu = context;
    mien_nmf *nmf = mu->nmf;
    size_t p = nmf->p, r = nmf->r, count = tile->count;
    float *W = nmf->W + tile->first * r;
    float *model = nmf->model[tile->worker], *encoded = nmf->encoded[tile->worker];
    double *weight_sum = nmf->weight_sum + tile->group * r;
    if (tile->opens) {
        memset(weight_sum, 0, r * sizeof *weight_sum);
        nmf->losses[tile->group] = 0;
    }

    mien_sgemm(false, false, count, p, r, 1, W, r, nmf->H, p, 0, model, p);
    nmf->losses[tile->group] += mien_kl_ratio_and_loss(tile->x, model, count, p);
    mien_sgemm(false, true, count, r, p, 1, model, p, nmf->H, p, 0, encoded, r);
    mien_kl_scale_weights(W, encoded, mu->inverse_basis_sum, count, r, weight_sum);

    mien_sgemm(false, false, count, p, r, 1, W, r, nmf->H, p, 0, model, p);
    mien_kl_ratio(tile->x, model, count * p);
    float *sums = nmf->sums + tile->group * r * p;
    mien_sgemm(true, false, r, p, count, 1, W, r, model, p, tile->opens ? 0 : 1, sums, p);
}

static void update_basis_row_kl(void *context, size_t k, unsigned worker)
{
    (void)worker;
    struct kl_mu *mu = context;
    mien_nmf *nmf = mu->nmf;
    if (!(nmf->weight_sum[k] > 0))
        return; /* nobody uses the component: its update is 0 / 0 */
    combine_row(nmf, k);
    float inverse = (float)(1 / nmf->weight_sum[k]);
    nmf->basis_sum[k] = mien_scale_product(nmf->H + k * nmf->p, nmf->sums + k * nmf->p, inverse,
                                           nmf->p);
}

/* sum of WH = sum_k (sum_i w_ik) (sum_j h_kj): the part of the divergence that needs no pass. */
static double sum_of_model(const double *weight_sum, const double *basis_sum, size_t r)
{
    double sum = 0;
    for (size_t k = 0; k < r; k++)
        sum += weight_sum[k] * basis_sum[k];
    return sum;
}

static double iterate_kl(void *solver)
{
    struct kl_mu *mu = solver;
    mien_nmf *nmf = mu->nmf;
    double model_sum = sum_of_model(nmf->weight_sum, nmf->basis_sum, nmf->r);
    for (size_t k = 0; k < nmf->r; k++)
        mu->inverse_basis_sum[k] = nmf->basis_sum[k] > 0 ? (float)(1 / nmf->basis_sum[k]) : 0;
    mien_run_pass(nmf->run, visit_kl, mu);
    mien_nmf_combine(nmf->weight_sum, nmf->groups, nmf->r);
    mien_nmf_combine(nmf->losses, nmf->groups, 1);
    mien_pool_run(nmf->run->pool, nmf->r, update_basis_row_kl, mu);
    return nmf->losses[0] - nmf->run->total + model_sum;
}

static void sum_start(mien_nmf *nmf)
{
    for (size_t k = 0; k < nmf->r; k++) {
        nmf->basis_sum[k] = nmf->weight_sum[k] = 0;
        for (size_t j = 0; j < nmf->p; j++)
            nmf->basis_sum[k] += nmf->H[k * nmf->p + j];
        for (size_t i = 0; i < nmf->n; i++)
            nmf->weight_sum[k] += nmf->W[i * nmf->r + k];
    }
}

mien_status mien_nmf_kl_mu(mien_nmf *nmf)
{
    struct kl_mu mu = {.nmf = nmf,
                       .inverse_basis_sum =
                           mien_arena_alloc(nmf->run->arena, nmf->r, sizeof(float))};
    if (nmf->run->arena->failed)
        return MIEN_ERR_NOMEM;
    sum_start(nmf);
    mien_nmf_iterate(nmf, iterate_kl, &mu);
    return MIEN_OK;
}
