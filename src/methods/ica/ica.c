/* ica.c - independent component analysis by FastICA.
 * SPDX-License-Identifier: MIT
 *
 *   Z (q x m)   whitened data: mean 0, covariance I over the m samples
 *   B (q x q)   orthogonal; S = B Z as independent, i.e. as non-Gaussian, as can be
 *   B <- E[g(B Z) Z'] - diag(E[g'(B Z)]) B;  B <- (B B')^(-1/2) B
 *
 * Hyvarinen, IEEE Trans. Neural Networks 10 (1999); Hyvarinen & Oja, Neural Networks 13 (2000):
 * the fixed point of a Newton step, all components at once, symmetric decorrelation. g is the
 * derivative of the contrast G: log cosh u, -exp(-u^2/2) or u^4/4 (kurtosis).
 *
 * Z comes from PCA: X - 1 mu' ~ T V, scores T (n x r) and orthonormal basis V (r x p), and W H
 * equals T V whatever B is. Two ways to take the data (Bartlett, Movellan & Sejnowski 2002):
 *   images    samples are pixels, Z whitens V: independent basis images, H = S, W the mixing
 *             matrix (architecture I). Rows of H have variance 1 over the pixels. ICA wants mean 0
 *             over the samples; H keeps its means, S does without them.
 *   weights   samples are images, Z whitens T: independent weights, W = S', H the mixing matrix
 *             (architecture II). Columns of W have variance 1 over the images.
 *
 * Order: by non-Gaussianity, (E G(s) - E G(normal))^2. Sign: the skewness of s is positive.
 * ICA rotates the components within PCA's span, so the reconstruction and the loss are those of
 * PCA with r components, and the trace shows that loss, the same in every iteration. Converged
 * when a whole step rotates no component further than the tolerance: max |1 - |<b_new, b>||. Where
 * steps go round in a circle, parts of them end it. */
#include "base/cpu.h"
#include "base/rng.h"
#include "base/status.h"
#include "linalg/blas.h"
#include "linalg/polar.h"
#include "linalg/rows.h"
#include "linalg/vecmath.h"
#include "methods/keep.h"
#include "methods/method.h"
#include "methods/pca/projection.h"
#include "methods/pca/spectrum.h"
#include "methods/snapshots.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum contrast { LOGCOSH, EXP, KURTOSIS };
enum architecture { IMAGES, WEIGHTS };

enum { OPTION_CONTRAST, OPTION_ARCHITECTURE };
static const mien_option own_options[] = {
    [OPTION_CONTRAST] = {.key = "contrast",
                         .choices = "logcosh|exp|kurtosis",
                         .initial = LOGCOSH,
                         .help = "measure of non-Gaussianity"},
    [OPTION_ARCHITECTURE] =
        {.key = "ica",
         .choices = "images|weights",
         .initial = IMAGES,
         .help = "what is independent: basis images (architecture I) or weights (II)"},
    {0},
};

/* ---------------------------------------------------------------- whitening */

/* Scores of PCA are uncorrelated with mean 0: to whiten them is to scale them. Rows of V are
 * orthonormal, but have means over the pixels. A reflection Q moves all of the mean into the last
 * row; the others then have mean 0 and stay orthonormal, and the last is centred by itself. */

/* X - 1 mu' ~ T V with T = W (n x r) and V = H (r x p) of a PCA fit. Samples are either the pixels
 * (columns of V) or the images (rows of T).  Z = L V or L T', less the means of its rows. */
struct whitening {
    size_t r;          /* components of the fit; those from q on are not for rotation */
    size_t q;          /* rows of Z: uncorrelated, mean 0, variance 1 over the samples */
    size_t m;          /* samples */
    float *Z;          /* q x m */
    double *L;         /* r x r */
    double *L_inverse; /* r x r, on the components that are not zero */
};

/* Rows of Z <- mean 0, variance 1 over the samples. */
static void standardise(struct whitening *s, double *means, double *deviations)
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
static mien_status whiten_basis(mien_run *run, const mien_fit *fit, struct whitening *s)
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
static mien_status whiten_scores(mien_run *run, const mien_fit *fit, struct whitening *s)
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

/* Whiten a fit whose first `rank` components are not zero. Over the pixels, the constant image may
 * lie in the span of V, as it does when r = p: it is then row q of L V, 1 everywhere, and q is
 * rank - 1. Memory belongs to the run's arena. Returns MIEN_OK or MIEN_ERR_NOMEM. */
static mien_status whiten(mien_run *run, const mien_fit *fit, size_t rank, bool pixels,
                          struct whitening *out)
{
    mien_arena *arena = run->arena;
    struct whitening s = {.r = fit->r, .q = rank, .m = pixels ? fit->p : fit->n};
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

/* ---------------------------------------------------------------- state */

struct ica {
    mien_run *run;
    enum contrast contrast;
    struct whitening white;
    size_t q, m;          /* of it: components, samples */
    const float *Z;       /* q x m */
    double *B;            /* q x q, orthogonal */
    double *next;         /* q x q */
    double *step;         /* q x q: next before it is made orthogonal */
    double *work;         /* of mien_polar() */
    float *B_float;       /* q x q */
    size_t width, blocks; /* columns of Z at a time; how many */
    mien_sums sums;       /* see the tasks; leaves are runs of blocks */
    float **U;            /* a worker each, q x width: B Z, then g(B Z) */
    float **product;      /* a worker each, q x q: g(B Z) Z' of a block */
    size_t *order;        /* q */
};

/* ---------------------------------------------------------------- contrasts */

static inline float g_logcosh(float u, float *derivative)
{
    float t = mien_tanh_fast(u);
    *derivative = 1 - t * t;
    return t;
}

static inline float g_exp(float u, float *derivative)
{
    float e = mien_exp_fast(-0.5f * u * u);
    *derivative = (1 - u * u) * e;
    return u * e;
}

static inline float g_kurtosis(float u, float *derivative)
{
    *derivative = 3 * u * u;
    return u * u * u;
}

/* u <- g(u) for m values; returns the sum of g'(u), kept in as many lanes as vectors have, so that
 * the compiler may use them without reordering a sum. */
static inline __attribute__((always_inline)) double apply(float *u, size_t m,
                                                          float (*g)(float u, float *derivative))
{
    enum { LANES = 16 };
    float lanes[LANES] = {0}, derivative;
    size_t j = 0;
    for (; j + LANES <= m; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            u[j + l] = g(u[j + l], &derivative);
            lanes[l] += derivative;
        }
    double sum = 0;
    for (; j < m; j++) {
        u[j] = g(u[j], &derivative);
        sum += derivative;
    }
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

MIEN_LOOP_OF(static, double, apply_logcosh, (float *u, size_t m), (u, m))
{
    return apply(u, m, g_logcosh);
}

MIEN_LOOP_OF(static, double, apply_exp, (float *u, size_t m), (u, m))
{
    return apply(u, m, g_exp);
}

MIEN_LOOP_OF(static, double, apply_kurtosis, (float *u, size_t m), (u, m))
{
    return apply(u, m, g_kurtosis);
}

/* G and its mean over a standard normal, up to a common factor. */
static const struct {
    double (*apply)(float *u, size_t m);
    double normal;
} contrasts[] = {
    [LOGCOSH] = {apply_logcosh, 0.37456720749143811},
    [EXP] = {apply_exp, -0.70710678118654757},
    [KURTOSIS] = {apply_kurtosis, 0.75},
};

static double contrast_value(enum contrast contrast, double u)
{
    switch (contrast) {
    case EXP:
        return -exp(-0.5 * u * u);
    case KURTOSIS:
        return 0.25 * u * u * u * u;
    case LOGCOSH:
    default: /* log cosh u, without overflow */
        return fabs(u) + log1p(exp(-2 * fabs(u))) - 0.69314718055994531;
    }
}

/* ---------------------------------------------------------------- one iteration */

static size_t block_range(const struct ica *s, size_t leaf, size_t *end)
{
    *end = (leaf + 1) * s->blocks / s->sums.leaves;
    return leaf * s->blocks / s->sums.leaves;
}

/* U <- B Z for one block of columns; returns how many. */
static size_t sources(const struct ica *s, size_t block, float *U)
{
    size_t j = block * s->width, count = s->m - j < s->width ? s->m - j : s->width;
    mien_sgemm(false, false, s->q, count, s->q, 1, s->B_float, s->q, s->Z + j, s->m, 0, U, count);
    return count;
}

/* Doubles: sums of g(B Z) Z' (q x q) and of g'(B Z) (q). */
static void moments_of_leaf(void *context, size_t leaf, unsigned worker, double *moments,
                            float *unused)
{
    (void)unused;
    const struct ica *s = context;
    size_t q = s->q, end;
    float *U = s->U[worker], *product = s->product[worker];
    double *derivatives = moments + q * q;
    for (size_t block = block_range(s, leaf, &end); block < end; block++) {
        size_t count = sources(s, block, U);
        for (size_t k = 0; k < q; k++)
            derivatives[k] += contrasts[s->contrast].apply(U + k * count, count);
        mien_sgemm(false, true, q, q, count, 1, U, count, s->Z + block * s->width, s->m, 0, product,
                   q);
        for (size_t at = 0; at < q * q; at++)
            moments[at] += product[at];
    }
}

static void round_rotation(struct ica *s)
{
    for (size_t at = 0; at < s->q * s->q; at++)
        s->B_float[at] = (float)s->B[at];
}

/* next <- E[g(B Z) Z'] - diag(E[g'(B Z)]) B */
static void newton_step(struct ica *s)
{
    size_t q = s->q;
    round_rotation(s);
    mien_reduce(s->run->pool, &s->sums, moments_of_leaf, s);
    const double *moments = s->sums.doubles, *derivatives = moments + q * q;
    for (size_t k = 0; k < q; k++)
        for (size_t l = 0; l < q; l++)
            s->next[k * q + l] =
                (moments[k * q + l] - derivatives[k] * s->B[k * q + l]) / (double)s->m;
}

/* next <- (next next')^(-1/2) next. Where the data say nothing about a direction, next may be
 * singular; a part of B, which is not, is then added to it. */
static mien_status decorrelate(struct ica *s)
{
    size_t q = s->q;
    memcpy(s->step, s->next, q * q * sizeof *s->step);
    mien_status st = mien_polar(s->next, q, s->work);
    double square = 0;
    for (size_t at = 0; at < q * q; at++)
        square += s->step[at] * s->step[at];
    double share = square > 0 ? sqrt(square / (double)q) : 1;
    for (int attempt = 1; st == MIEN_ERR_DOMAIN && attempt < 3; attempt++) {
        for (size_t at = 0; at < q * q; at++)
            s->next[at] = s->step[at] + attempt * share * s->B[at];
        st = mien_polar(s->next, q, s->work);
    }
    if (st == MIEN_ERR_DOMAIN) { /* stay where we are */
        memcpy(s->next, s->B, q * q * sizeof *s->next);
        return MIEN_OK;
    }
    return st ? mien_fail(s->run->err, st, "ICA: the rotation is not finite") : MIEN_OK;
}

/* <b_new, b> of component k. */
static double cosine_of(const struct ica *s, size_t k)
{
    double cosine = 0;
    for (size_t l = 0; l < s->q; l++)
        cosine += s->next[k * s->q + l] * s->B[k * s->q + l];
    return cosine;
}

/* How far next turns B: max over components of |1 - |<b_new, b>||. */
static double turning(const struct ica *s)
{
    double change = 0;
    for (size_t k = 0; k < s->q; k++)
        change = fmax(change, fabs(1 - fabs(cosine_of(s, k))));
    return change;
}

static void accept(struct ica *s)
{
    memcpy(s->B, s->next, s->q * s->q * sizeof *s->B);
}

/* Newton's step may jump over the fixed point and back for ever. Then only a part of it is taken:
 * next becomes what lies between B and next, made orthogonal. */
static mien_status damp(struct ica *s, double part)
{
    size_t q = s->q;
    for (size_t k = 0; k < q; k++) {
        double sign = cosine_of(s, k) < 0 ? -1 : 1;
        for (size_t l = 0; l < q; l++) {
            double b = s->B[k * q + l];
            s->next[k * q + l] = b + part * (sign * s->next[k * q + l] - b);
        }
    }
    return decorrelate(s);
}

/* The part of the step that is taken is halved when the least turning in so many iterations was not
 * even half of that in as many before. Fits that converge as they do on real images, in tens of
 * iterations, are over by then. */
enum { PATIENCE = 40 };
static const double LEAST_PART = 1.0 / 32;

struct damping {
    double part;          /* 1: the whole step */
    double least, before; /* turning, in this run of iterations and the one before */
    size_t count;         /* iterations of this run */
};

static void watch_turning(struct damping *d, double change)
{
    d->least = fmin(d->least, change);
    if (++d->count < PATIENCE)
        return;
    if (d->least > 0.5 * d->before)
        d->part = fmax(d->part / 2, LEAST_PART);
    d->before = d->least;
    d->least = INFINITY;
    d->count = 0;
}

/* B <- a random orthogonal matrix. */
static mien_status draw_rotation(struct ica *s)
{
    size_t q = s->q;
    for (size_t at = 0; at < q * q; at++) {
        s->next[at] = mien_random_normal(s->run->seed, MIEN_STREAM_ROTATION, at);
        s->B[at] = at % (q + 1) == 0; /* what decorrelate() falls back to */
    }
    mien_status st = decorrelate(s);
    accept(s);
    return st;
}

/* ---------------------------------------------------------------- canonical form */

/* Doubles: sums of G(B Z) (q) and of (B Z)^3 (q). */
static void scores_of_leaf(void *context, size_t leaf, unsigned worker, double *values,
                           float *unused)
{
    (void)unused;
    const struct ica *s = context;
    size_t q = s->q, end;
    float *U = s->U[worker];
    double *cubes = values + q;
    for (size_t block = block_range(s, leaf, &end); block < end; block++) {
        size_t count = sources(s, block, U);
        for (size_t k = 0; k < q; k++)
            for (size_t j = 0; j < count; j++) {
                double u = U[k * count + j];
                values[k] += contrast_value(s->contrast, u);
                cubes[k] += u * u * u;
            }
    }
}

/* The kept bases in the order and with the signs that the components get. */
static mien_status arrange_snapshots(struct ica *s, const double *cube)
{
    size_t q = s->q, r = s->run->fit->r;
    size_t *order = mien_arena_alloc(s->run->arena, r, sizeof *order);
    bool *flipped = mien_arena_alloc(s->run->arena, r, sizeof *flipped);
    if (s->run->arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < r; k++) {
        order[k] = k < q ? s->order[k] : k;
        flipped[k] = k < q && cube[s->order[k]] < 0;
    }
    return mien_snapshots_reorder(s->run->fit, order, flipped);
}

/* Order and sign of the rows of B. */
static mien_status arrange(struct ica *s)
{
    size_t q = s->q;
    double *value = mien_arena_alloc(s->run->arena, q, sizeof *value);
    mien_sums sums = mien_sums_alloc(s->run->arena, s->run->pool, s->sums.leaves, 2 * q, 0);
    if (s->run->arena->failed)
        return MIEN_ERR_NOMEM;
    round_rotation(s);
    mien_reduce(s->run->pool, &sums, scores_of_leaf, s);
    const double *cube = sums.doubles + q;
    for (size_t k = 0; k < q; k++) {
        value[k] = sums.doubles[k] / (double)s->m - contrasts[s->contrast].normal;
        value[k] *= value[k];
    }
    mien_order_descending(value, q, s->order);
    for (size_t k = 0; k < q; k++)
        for (size_t l = 0; l < q; l++) {
            double b = s->B[s->order[k] * q + l];
            s->next[k * q + l] = cube[s->order[k]] < 0 ? -b : b;
        }
    memcpy(s->B, s->next, q * q * sizeof *s->B);
    return arrange_snapshots(s, cube);
}

/* The basis that the rotation makes now: M V, or M^-T V when the weights are to be independent,
 * with M = B L; PCA's components beyond the rotated ones as they are. */
static mien_status offer_snapshot(struct ica *s, enum architecture architecture)
{
    mien_fit *fit = s->run->fit;
    size_t p = fit->p, r = fit->r, q = s->q;
    if (!mien_snapshot_due(s->run, fit->iterations))
        return MIEN_OK;
    double *E = mien_alloc_array(2 * r * r, sizeof *E), *M = E ? E + r * r : NULL;
    float *H = mien_alloc_array(r * p, sizeof *H);
    mien_status st = E && H ? MIEN_OK : MIEN_ERR_NOMEM;
    for (size_t k = 0; k < r && !st; k++)
        for (size_t l = 0; l < r; l++)
            E[k * r + l] = k < q && l < q ? s->B[k * q + l] : k == l;
    if (!st)
        mien_dgemm(false, architecture == WEIGHTS, r, r, r, 1, E, r,
                   architecture == WEIGHTS ? s->white.L_inverse : s->white.L, r, 0, M, r);
    if (!st)
        st = mien_rows_combine(s->run->pool, M, r, r, fit->H, p, 0, H);
    if (!st)
        mien_snapshot_offer(s->run, fit->iterations, H, p, NULL);
    mien_free(E);
    mien_free(H);
    return st;
}

/* W and H of PCA, T and V, become those of ICA: with M = B L, T V = (T M^-1) (M V). */
static mien_status mix(struct ica *s, enum architecture architecture, mien_fit *fit)
{
    size_t n = fit->n, p = fit->p, r = fit->r, q = s->q;
    mien_arena *arena = s->run->arena;
    double *E = mien_arena_alloc(arena, r * r, sizeof *E); /* B, then 1 for what is not rotated */
    double *M = mien_arena_alloc(arena, r * r, sizeof *M);
    double *M_inverse = mien_arena_alloc(arena, r * r, sizeof *M_inverse);
    double *M_other = mien_arena_alloc(arena, r * r, sizeof *M_other);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < r; k++)
        for (size_t l = 0; l < r; l++)
            E[k * r + l] = k < q && l < q ? s->B[k * q + l] : k == l;
    mien_dgemm(false, false, r, r, r, 1, E, r, s->white.L, r, 0, M, r);
    mien_dgemm(false, true, r, r, r, 1, s->white.L_inverse, r, E, r, 0, M_inverse, r);
    /* images: H <- M H, W <- W M^-1;  weights: H <- M^-T H, W <- W M' */
    const double *on_H = M, *on_W = M_inverse;
    if (architecture == WEIGHTS) {
        for (size_t k = 0; k < r; k++)
            for (size_t l = 0; l < r; l++) {
                E[k * r + l] = M_inverse[l * r + k];
                M_other[k * r + l] = M[l * r + k];
            }
        on_H = E;
        on_W = M_other;
    }
    mien_status st = mien_rows_combine(s->run->pool, on_H, r, r, fit->H, p, 0, fit->H);
    return st ? st : mien_tall_multiply(s->run->pool, fit->W, n, r, on_W);
}

/* ---------------------------------------------------------------- the method */

static mien_status allocate(struct ica *s, mien_arena *arena)
{
    enum { WIDTH_LEAST = 48, WIDTH_MOST = 512, SUM_BYTES = 64 << 20 };
    size_t q = s->q;
    unsigned workers = mien_pool_threads(s->run->pool);
    size_t width = (s->m / 8 + 15) / 16 * 16; /* few samples: still a task for every thread */
    s->width = width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width;
    s->blocks = (s->m + s->width - 1) / s->width;
    s->B = mien_arena_alloc(arena, q * q, sizeof *s->B);
    s->next = mien_arena_alloc(arena, q * q, sizeof *s->next);
    s->step = mien_arena_alloc(arena, q * q, sizeof *s->step);
    s->work = mien_arena_alloc(arena, 2 * q * q, sizeof *s->work);
    s->B_float = mien_arena_alloc(arena, q * q, sizeof *s->B_float);
    s->U = mien_arena_alloc_each(arena, workers, q * s->width, sizeof **s->U);
    s->product = mien_arena_alloc_each(arena, workers, q * q, sizeof **s->product);
    size_t leaves = mien_leaves(s->blocks, (q + 1) * q * sizeof(double), SUM_BYTES);
    s->sums = mien_sums_alloc(arena, s->run->pool, leaves, (q + 1) * q, 0);
    s->order = mien_arena_alloc(arena, q, sizeof *s->order);
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* Iterate to the fixed point; the last change in *change. */
static mien_status rotate(struct ica *s, enum architecture architecture, mien_fit *fit, double loss,
                          double *change)
{
    mien_status st = draw_rotation(s);
    struct damping damping = {.part = 1, .least = INFINITY, .before = INFINITY};
    fit->stop = MIEN_STOP_ITERATIONS;
    mien_keep_bytes(s->run, "rotation", s->B, s->q, s->q * sizeof *s->B);
    mien_keep_struct(s->run, "damping", &damping);
    size_t first = mien_keep_begin(s->run, "rotation", 0);
    for (size_t t = first; !st && t < s->run->options->iterations; t++) {
        mien_keep_state(s->run, t);
        newton_step(s);
        st = decorrelate(s);
        *change = turning(s);
        bool arrived = *change < s->run->tolerance;
        watch_turning(&damping, *change);
        if (!st && !arrived && damping.part < 1)
            st = damp(s, damping.part);
        accept(s);
        fit->iterations++;
        st = st ? st : offer_snapshot(s, architecture);
        bool go_on = mien_run_step(s->run, fit->iterations, loss);
        if (arrived) {
            fit->stop = MIEN_STOP_CONVERGED;
            break;
        }
        if (!go_on)
            break;
    }
    mien_keep_end(s->run);
    return st ? st : arrange(s);
}

static mien_status ica_fit(mien_run *run, mien_fit *fit)
{
    enum architecture architecture = (enum architecture)mien_run_option(run, "ica");
    mien_spectrum pca;
    mien_status st = mien_spectrum_find(run, true, MIEN_SPECTRUM_EXACT, fit, &pca);
    if (st)
        return st;
    struct ica s = {.run = run, .contrast = (enum contrast)mien_run_option(run, "contrast")};
    double loss = mien_spectrum_loss(&pca, fit->r), change = 0;
    st = whiten(run, fit, pca.rank, architecture == IMAGES, &s.white);
    if (st)
        return st;
    s.q = s.white.q;
    s.m = s.white.m;
    s.Z = s.white.Z;
    if (s.q)
        st = allocate(&s, run->arena);
    if (!st && s.q) {
        st = rotate(&s, architecture, fit, loss, &change);
    } else if (!st) { /* nothing to turn */
        fit->iterations = 1;
        fit->stop = MIEN_STOP_CONVERGED;
        mien_run_step(run, 1, loss);
    }
    if (!st && pca.rank)
        st = mix(&s, architecture, fit);
    snprintf(fit->note, sizeof fit->note, "PCA %s; last change %.1e%s", pca.how, change,
             s.q < pca.rank ? "; the last component is the constant image" : "");
    if (pca.rank < fit->r) {
        size_t length = strlen(fit->note);
        snprintf(fit->note + length, sizeof fit->note - length,
                 "; X has %zu components, the other %zu are zero", pca.rank, fit->r - pca.rank);
    }
    return st;
}

static mien_loss ica_loss(const mien_options *options)
{
    (void)options;
    return MIEN_LOSS_HALF_SQUARES;
}

/* Independent weights have variance 1. */
static bool basis_has_unit(const mien_options *options)
{
    return mien_options_get(options, &own_options[OPTION_ARCHITECTURE]) == WEIGHTS;
}

const mien_method mien_method_ica = {
    .info = {.name = "ica",
             .title = "ICA",
             .motto = "as independent as can be",
             .long_title = "Independent component analysis",
             .citation = "Hyvarinen & Oja, Neural Networks 13 (2000); Hyvarinen, IEEE Trans. "
                         "Neural Networks 10 (1999)",
             .traits = MIEN_SIGNED | MIEN_RANK_BOUND,
             .tolerance = 1e-4,
             .options = own_options},
    .loss = ica_loss,
    .random_start = false, /* every start ends at the same loss */
    .fit = ica_fit,
    .encode = mien_project_oblique,
    .encodes_in_proportion = mien_projects_in_proportion,
    .basis_has_unit = basis_has_unit,
};
