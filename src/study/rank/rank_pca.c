/* rank_pca.c - how many principal components: what the eigenvalues of X say.
 * SPDX-License-Identifier: MIT
 *
 *   Minka, "Automatic choice of dimensionality for PCA", NIPS 13 (2000), equations (77)-(80)
 *   Gavish & Donoho, "The optimal hard threshold for singular values is 4 / sqrt 3", IEEE Trans.
 *     Information Theory 60 (2014) 5040: unknown noise, any shape
 *   Horn, "A rationale and test for the number of factors in factor analysis", Psychometrika 30
 *     (1965) 179, with permuted data instead of normal numbers (Buja & Eyuboglu 1992): components
 *     are kept until one is not above the largest that permuted copies have at its place
 *
 * Minka and parallel analysis look at X less its mean image, as PCA does. Gavish & Donoho look for
 * the rank of X itself, which is what NMF has to match. */
#include "study/rank/rank_pca.h"

#include "base/status.h"
#include "base/team.h"
#include "data/pixels.h"
#include "linalg/lapack.h"
#include "methods/pca/centred.h"
#include "study/rank/permuted.h"

#include <math.h>
#include <string.h>

/* Eigenvalues below this share of the largest are rounding. */
static const double ZERO = 1e-12;
static const double PI = 3.14159265358979323846;

/* ---------------------------------------------------------------- Minka */

/* log p(D | k) of the Laplace approximation, up to what does not depend on k, kept up from one k to
 * the next: sums over pairs of eigenvalues change by those of one of them. */
typedef struct evidence {
    const double *values;
    size_t p, k;
    double N, zero;
    double log_prior, log_kept, rest; /* of the first k; sum of the others */
    double inside;                    /* sum over i < j < k of log (v_i - v_j)(1/v_j - 1/v_i) */
    double across;                    /* sum over i < k <= j of log (v_i - v_j) */
} evidence;

static double log_difference(const evidence *e, size_t i, size_t j)
{
    return log(fmax(e->values[i] - e->values[j], e->zero));
}

/* Take in eigenvalue k. */
static void take_next(evidence *e)
{
    const double *v = e->values;
    size_t k = e->k++;
    double half = (double)(e->p - k) / 2;
    e->log_prior += lgamma(half) - half * log(PI) - log(2);
    e->log_kept += log(v[k]);
    e->rest -= v[k];
    for (size_t i = 0; i < k; i++) {
        double d = log_difference(e, i, k);
        e->across -= d;
        e->inside += 2 * d - log(v[i]) - log(v[k]);
    }
    for (size_t j = k + 1; j < e->p; j++)
        e->across += log_difference(e, k, j);
}

static double log_evidence(const evidence *e)
{
    double p = (double)e->p, k = (double)e->k, N = e->N;
    double noise = e->rest / (p - k), m = p * k - k * (k + 1) / 2;
    if (!(noise > e->zero))
        return -INFINITY;
    double hessian = e->inside + e->across + m * log(N);
    for (size_t i = 0; i < e->k; i++)
        hessian += (p - k) * log(fmax(1 / noise - 1 / e->values[i], e->zero));
    return e->log_prior - N / 2 * e->log_kept - N * (p - k) / 2 * log(noise) +
           (m + k) / 2 * log(2 * PI) - hessian / 2 - k / 2 * log(N);
}

/* Minka 2000: the number of components 1 .. side - 1 whose approximate (Laplace) evidence is
 * largest, for n observations of p variables, n > p.
 *   values   p eigenvalues of the sample covariance, largest first */
static size_t minka_dimension(const double *values, size_t p, size_t n)
{
    size_t best = 0;
    double max = -INFINITY;
    evidence e = {.values = values, .p = p, .N = (double)n, .zero = ZERO * values[0]};
    for (size_t i = 0; i < p; i++)
        e.rest += values[i];
    while (e.k + 1 < p && values[e.k] > e.zero) {
        take_next(&e);
        double now = log_evidence(&e);
        if (now > max) {
            max = now;
            best = e.k;
        }
    }
    return best;
}

/* ---------------------------------------------------------------- Gavish & Donoho */

/* Share of Marchenko & Pastur's law below x: with t = (high + low)/2 - (high - low)/2 cos(angle)
 * the density is smooth at both ends. */
static double share_below(double beta, double x)
{
    enum { STEPS = 400 };
    double low = pow(1 - sqrt(beta), 2), high = pow(1 + sqrt(beta), 2);
    double middle = (high + low) / 2, half = (high - low) / 2;
    double end = acos(fmin(1, fmax(-1, (middle - x) / half))), sum = 0;
    for (int i = 0; i < STEPS; i++) { /* midpoints, so that t = 0 is never met */
        double angle = end * (i + 0.5) / STEPS, t = middle - half * cos(angle);
        sum += half * half * sin(angle) * sin(angle) / (2 * PI * beta * t);
    }
    return sum * end / STEPS;
}

double mien_gavish_donoho_omega(double beta)
{
    double low = pow(1 - sqrt(beta), 2), high = pow(1 + sqrt(beta), 2);
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (share_below(beta, middle) < 0.5)
            low = middle;
        else
            high = middle;
    }
    double root = sqrt(beta * beta + 14 * beta + 1);
    double lambda = sqrt(2 * (beta + 1) + 8 * beta / (beta + 1 + root));
    return lambda / sqrt((low + high) / 2);
}

static size_t count_above(const mien_rank_pca *pca)
{
    size_t side = pca->side, count = 0, larger = pca->n > pca->p ? pca->n : pca->p;
    double median =
        side % 2 ? pca->raw[side / 2] : (pca->raw[side / 2 - 1] + pca->raw[side / 2]) / 2;
    double threshold = mien_gavish_donoho_omega((double)side / (double)larger) * median;
    while (count < side && pca->raw[count] > fmax(threshold, sqrt(ZERO) * pca->raw[0]))
        count++;
    return count;
}

/* ---------------------------------------------------------------- eigenvalues */

typedef struct work {
    mien_run run; /* what mien_centred_gram() looks at: X and pool */
    mien_eigen eigen;
    mien_arena arena;
    double *G, *mean;
    float *buffer;
    size_t side;
} work;

/* Means of the pixels; the same for permuted copies. */
static void measure_mean(work *w, const mien_source *X)
{
    if (X->expect)
        X->expect(X->data, 0, X->n);
    for (size_t i = 0; i < X->n; i++) {
        const float *x = X->tile(X->data, i, 1, w->buffer);
        for (size_t j = 0; j < X->p; j++)
            w->mean[j] += x[j] / (double)X->n;
    }
}

/* Eigenvalues of the Gram matrix of the smaller side, in w->eigen. */
static mien_status decompose(work *w, const mien_source *X, bool centre)
{
    w->run.X = X;
    mien_centred C = {.run = &w->run, .mu = centre ? w->mean : NULL};
    mien_status st = mien_centred_gram(&C, X->n < X->p, true, w->G);
    return st ? st : mien_eigen_values(&w->eigen, w->G);
}

/* The same of a permuted copy. */
static mien_status decompose_permuted(work *w, const mien_source *X, uint64_t seed)
{
    const mien_permuted view = {.from = X, .seed = seed};
    mien_source permuted = mien_permuted_source(&view);
    mien_pixels written = {0};
    mien_status st = MIEN_OK;
    if (mien_pixels_stream(X)) {
        st = mien_permuted_write(&view, w->run.pool, NULL, NULL, &written);
        permuted = mien_pixels_source(&written);
    }
    st = (mien_status)mien_team_most(mien_pool_team(w->run.pool), st);
    if (!st)
        st = decompose(w, &permuted, true);
    mien_pixels_free(&written);
    return st;
}

static mien_status find_values(work *w, const mien_source *X, uint64_t seed, mien_rank_pca *pca)
{
    mien_status st = decompose(w, X, false);
    for (size_t k = 0; !st && k < w->side; k++)
        pca->raw[k] = sqrt(fmax(w->eigen.values[k], 0));
    if (!st)
        st = decompose(w, X, true);
    double scale = X->n > 1 ? 1 / ((double)X->n - 1) : 1;
    for (size_t k = 0; !st && k < w->side; k++)
        pca->values[k] = fmax(w->eigen.values[k], 0) * scale;
    for (size_t c = 0; c < MIEN_RANK_PERMUTATIONS && !st; c++) {
        st = decompose_permuted(w, X, seed + c);
        for (size_t k = 0; !st && k < w->side; k++)
            pca->permuted[k] = fmax(pca->permuted[k], w->eigen.values[k] * scale);
    }
    return st;
}

static void choose(mien_rank_pca *pca)
{
    if (!(pca->raw[0] > 0))
        return;
    pca->gavish_donoho = count_above(pca);
    while (pca->parallel < pca->side && pca->values[pca->parallel] > ZERO * pca->values[0] &&
           pca->values[pca->parallel] > pca->permuted[pca->parallel])
        pca->parallel++;
    if (pca->n <= pca->p)
        strcpy(pca->minka_note, "needs more images than pixels");
    else if (!(pca->values[pca->p - 1] > 1e-10 * pca->values[0]))
        strcpy(pca->minka_note, "needs noise in every direction of X");
    else
        pca->minka = minka_dimension(pca->values, pca->p, pca->n);
}

mien_status mien_rank_pca_find(mien_pool *pool, const mien_source *X, uint64_t seed,
                               mien_rank_pca *out, mien_error *err)
{
    size_t side = X->n < X->p ? X->n : X->p;
    if (side < 2 || side > MIEN_RANK_PCA_MAX)
        return mien_fail(err, MIEN_ERR_SHAPE,
                         "the smaller side of X is %zu; all eigenvalues are "
                         "computed from 2 to %d",
                         side, MIEN_RANK_PCA_MAX);
    work w = {.run = {.pool = pool, .err = err}, .side = side};
    w.run.arena = &w.arena;
    mien_rank_pca pca = {.n = X->n, .p = X->p, .side = side};
    pca.values = mien_arena_alloc(&pca.arena, side, sizeof(double));
    pca.raw = mien_arena_alloc(&pca.arena, side, sizeof(double));
    pca.permuted = mien_arena_alloc(&pca.arena, side, sizeof(double));
    w.G = mien_arena_alloc(&w.arena, side * side, sizeof *w.G);
    w.mean = mien_arena_alloc(&w.arena, X->p, sizeof *w.mean);
    w.buffer = mien_arena_alloc(&w.arena, X->p, sizeof *w.buffer);
    mien_status st = mien_eigen_alloc(&w.eigen, side, 0, &w.arena);
    if (pca.arena.failed || w.arena.failed)
        st = MIEN_ERR_NOMEM;
    if (!st) {
        measure_mean(&w, X);
        st = find_values(&w, X, seed, &pca);
    }
    mien_arena_free(&w.arena);
    if (st) {
        mien_rank_pca_free(&pca);
        return mien_fail_plain(err, st);
    }
    choose(&pca);
    *out = pca;
    return MIEN_OK;
}

void mien_rank_pca_free(mien_rank_pca *pca)
{
    if (!pca)
        return;
    mien_arena_free(&pca->arena);
    *pca = (mien_rank_pca){0};
}
