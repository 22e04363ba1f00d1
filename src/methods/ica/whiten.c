/* whiten.c - PCA's components as white samples: what ICA turns.
 * SPDX-License-Identifier: MIT
 *
 * Scores of PCA are uncorrelated with mean 0: to whiten them is to scale them. Rows of V are
 * orthonormal, but have means over the pixels. A reflection Q moves all of the mean into the last
 * row; the others then have mean 0 and stay orthonormal, and the last is centred by itself. */
#include "methods/ica/whiten.h"

#include "linalg/rows.h"

#include <math.h>

/* Rows of Z <- mean 0, variance 1 over the samples. */
static void standardise(mien_whitening *s, double *means, double *deviations)
{
    for (size_t k = 0; k < s->q; k++) {
        float *z = s->Z + k * s->m;
        double sum = 0, square = 0;
        for (size_t j = 0; j < s->m; j++)
            sum += z[j];
        means[k] = sum / (double)s->m;
        for (size_t j = 0; j < s->m; j++)
            square += (z[j] - means[k]) * (z[j] - means[k]);
        deviations[k] = sqrt(square / (double)s->m);
        for (size_t j = 0; j < s->m && deviations[k] > 0; j++)
            z[j] = (float)((z[j] - means[k]) / deviations[k]);
    }
}

/* Q (q x q) <- the reflection that moves all of the mean of orthonormal rows into the last one:
 * Q u = -+ e_q for u = means / |means|. The other rows then have mean 0 and stay white. */
static void reflect_means(const double *means, size_t q, double *Q)
{
    double square = 0, length2 = 0;
    for (size_t k = 0; k < q; k++)
        square += means[k] * means[k];
    double shift = means[q - 1] < 0 ? -sqrt(square) : sqrt(square);
    for (size_t k = 0; k < q; k++) {
        double v = means[k] + (k == q - 1 ? shift : 0);
        length2 += v * v;
    }
    for (size_t k = 0; k < q; k++)
        for (size_t l = 0; l < q; l++) {
            double v = means[k] + (k == q - 1 ? shift : 0), w = means[l] + (l == q - 1 ? shift : 0);
            Q[k * q + l] = (k == l) - (length2 > 0 ? 2 * v * w / length2 : 0);
        }
}

/* Pixels are samples: Z whitens V, the basis of PCA. When a constant image lies in its span, as
 * it does when r = p, that is a component by itself, the last, and not among the q. */
static mien_status whiten_basis(mien_run *run, const mien_fit *fit, mien_whitening *s)
{
    const double constant = 1e-10; /* share of a unit row that is left without its mean */
    size_t q = s->q, p = s->m;
    mien_arena *arena = run->arena;
    double *means = mien_arena_alloc(arena, s->r, sizeof *means);
    double *deviations = mien_arena_alloc(arena, s->r, sizeof *deviations);
    double *Q = mien_arena_alloc(arena, q * q, sizeof *Q);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < q; k++)
        for (size_t j = 0; j < p; j++)
            means[k] += fit->H[k * p + j] / (double)p;
    reflect_means(means, q, Q);
    mien_status st = mien_rows_combine(run->pool, Q, q, q, fit->H, p, 0, s->Z);
    if (st)
        return st;
    standardise(s, means, deviations);
    double left = deviations[q - 1] * deviations[q - 1] * (double)p;
    if (left < constant) {
        s->q = q - 1;
        deviations[q - 1] = means[q - 1]; /* scaled to the image that is 1 everywhere */
    }
    for (size_t k = 0; k < q; k++)
        for (size_t l = 0; l < q; l++) {
            s->L[k * s->r + l] = Q[k * q + l] / deviations[k];
            s->L_inverse[l * s->r + k] = Q[k * q + l] * deviations[k];
        }
    return MIEN_OK;
}

/* Images are samples: Z whitens T, the scores of PCA, which are uncorrelated. */
static mien_status whiten_scores(mien_run *run, const mien_fit *fit, mien_whitening *s)
{
    mien_arena *arena = run->arena;
    double *means = mien_arena_alloc(arena, s->r, sizeof *means);
    double *deviations = mien_arena_alloc(arena, s->r, sizeof *deviations);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < s->m; i++)
        for (size_t k = 0; k < s->q; k++)
            s->Z[k * s->m + i] = fit->W[i * s->r + k];
    standardise(s, means, deviations);
    for (size_t k = 0; k < s->q; k++) {
        s->L[k * (s->r + 1)] = 1 / deviations[k];
        s->L_inverse[k * (s->r + 1)] = deviations[k];
    }
    return MIEN_OK;
}

mien_status mien_whiten(mien_run *run, const mien_fit *fit, size_t rank, bool pixels,
                        mien_whitening *out)
{
    mien_arena *arena = run->arena;
    mien_whitening s = {.r = fit->r, .q = rank, .m = pixels ? fit->p : fit->n};
    s.Z = mien_arena_alloc(arena, s.q * s.m, sizeof *s.Z);
    s.L = mien_arena_alloc(arena, s.r * s.r, sizeof *s.L);
    s.L_inverse = mien_arena_alloc(arena, s.r * s.r, sizeof *s.L_inverse);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    mien_status st = MIEN_OK;
    if (rank)
        st = pixels ? whiten_basis(run, fit, &s) : whiten_scores(run, fit, &s);
    if (!st)
        *out = s;
    return st;
}
