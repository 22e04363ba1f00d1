/* projection.c - new images on the span of a basis: PCA and ICA.
 * SPDX-License-Identifier: MIT
 *
 * ICA's W H is PCA's T V rotated, W = T M^-1 and H = M V (ica.c); with T = (X - 1 mu') V' the least
 * squares on H are the same: H'(H H')^-1 = V' M'(M M')^-1 = V' M^-1. The images meet the dual basis
 * (H H')^+ H, formed in double, and not H first and the inverse after: weights of weak components
 * would then be differences of large numbers in float. */
#include "methods/pca/projection.h"

#include "base/status.h"
#include "linalg/lapack.h"
#include "linalg/rows.h"
#include "methods/method.h"
#include "methods/pca/centred.h"

/* Eigenvalues of H H' below this share of the largest are those of rows of zeros. */
static const double ZERO = 1e-12;

static mien_status multiply(mien_run *run, mien_fit *fit, const float *Q)
{
    double *mu = fit->mu ? mien_arena_alloc(run->arena, fit->p, sizeof *mu) : NULL;
    if (fit->mu && !mu)
        return MIEN_ERR_NOMEM;
    for (size_t j = 0; mu && j < fit->p; j++)
        mu[j] = fit->mu[j];
    mien_centred C = {.run = run, .mu = mu};
    fit->iterations = 1;
    return mien_centred_scores(&C, fit->r, Q, fit->W);
}

mien_status mien_project(mien_run *run, mien_fit *fit)
{
    return multiply(run, fit, fit->H);
}

bool mien_projects_in_proportion(const mien_options *options, const mien_fit *model)
{
    (void)options;
    return !model->mu;
}

/* inverse <- G^+ from the eigenpairs of G. */
static void pseudo_inverse(const mien_eigen *eigen, double *inverse)
{
    size_t r = eigen->n;
    for (size_t e = 0; e < r && eigen->values[e] > ZERO * eigen->values[0]; e++) {
        const double *v = eigen->vectors + e * r;
        for (size_t k = 0; k < r; k++)
            for (size_t l = 0; l < r; l++)
                inverse[k * r + l] += v[k] * v[l] / eigen->values[e];
    }
}

mien_status mien_project_oblique(mien_run *run, mien_fit *fit)
{
    size_t p = fit->p, r = fit->r;
    mien_arena *arena = run->arena;
    double *G = mien_arena_alloc(arena, r * r, sizeof *G);
    double *inverse = mien_arena_alloc(arena, r * r, sizeof *inverse);
    float *dual = mien_arena_alloc(arena, r * p, sizeof *dual);
    mien_eigen eigen;
    mien_status st = mien_eigen_alloc(&eigen, r, r, arena);
    if (!st && arena->failed)
        st = MIEN_ERR_NOMEM;
    if (!st)
        st = mien_rows_inner(run->pool, fit->H, r, fit->H, r, p, G);
    if (!st && mien_eigen_solve(&eigen, G))
        st = mien_fail(run->err, MIEN_ERR_NUMERIC, "%s: the basis is not finite",
                       run->method->info.title);
    if (!st) {
        pseudo_inverse(&eigen, inverse);
        st = mien_rows_combine(run->pool, inverse, r, r, fit->H, p, 0, dual);
    }
    return st ? st : multiply(run, fit, dual);
}
