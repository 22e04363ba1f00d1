/* krylov.c - leading principal directions of a large X, by randomised block Krylov iteration.
 * SPDX-License-Identifier: MIT
 *
 *   A = C'C, C = X - 1 mu', p x p, known only by one pass over X: Q -> (C Q')' C
 *   Q_0 random normal, K = [Q_0; A Q_0; A^2 Q_0; ...] orthonormalised block by block
 *   T = K A K' is small; its eigenpairs (theta, s) give Ritz pairs (theta, s K) of A
 *
 * Musco & Musco, "Randomized block Krylov methods", NIPS 2015; the random start and its analysis
 * are those of Halko, Martinsson & Tropp, SIAM Review 53 (2011). In the power iteration of the
 * latter every pass forgets the block before; here it is kept, and half the passes are enough.
 *
 * With full reorthogonalisation A K' - K' T lives in the next block alone, so the residual of
 * every Ritz pair is known without another pass: rho = |R s_last|, with R R' the Gram matrix of
 * the new block before it is normalised. |theta - lambda| <= rho, and about rho^2 / gap.
 * When K is full, it is replaced by the best Ritz vectors (thick restart; Wu & Simon 2000). */
#include "methods/pca/krylov.h"

#include "base/rng.h"
#include "linalg/lapack.h"
#include "linalg/rows.h"

#include <math.h>
#include <string.h>

static const double ENOUGH = 1e-3; /* residual, relative to theta: theta is then right to 1e-5 */
static const double NOISE = 1e-6;  /* of float products, relative to the largest theta */
static const double DEPENDENT = 1e-12; /* squared length, to the longest row's: rounding alone */
enum { PASSES_MOST = 60, BLOCK_LEAST = 16 };

struct krylov {
    const mien_centred *C;
    mien_pool *pool;
    size_t r, p;
    size_t block;    /* rows of a new block, at most */
    size_t capacity; /* rows of K */
    size_t size;     /* rows of K in use */
    size_t last;     /* rows of the last block, whose A Q is still wanted */
    float *K;        /* capacity x p */
    float *Z;        /* block x p */
    double *T;       /* capacity x capacity, size x size in use */
    double *product; /* capacity x block */
    double *G;       /* block x block, Gram matrix of what is left of A Q */
    double *ritz;    /* capacity x capacity: rows s */
    double *theta;   /* capacity */
    uint64_t seed, drawn;
};

static mien_status allocate(struct krylov *s, mien_arena *arena)
{
    size_t half = (s->r / 2 + 15) / 16 * 16;
    s->block = half < BLOCK_LEAST ? BLOCK_LEAST : half;
    s->capacity = 3 * (s->r + s->block);
    s->K = mien_arena_alloc(arena, s->capacity * s->p, sizeof *s->K);
    s->Z = mien_arena_alloc(arena, s->block * s->p, sizeof *s->Z);
    s->T = mien_arena_alloc(arena, s->capacity * s->capacity, sizeof *s->T);
    s->product = mien_arena_alloc(arena, s->capacity * s->block, sizeof *s->product);
    s->G = mien_arena_alloc(arena, s->block * s->block, sizeof *s->G);
    s->ritz = mien_arena_alloc(arena, s->capacity * s->capacity, sizeof *s->ritz);
    s->theta = mien_arena_alloc(arena, s->capacity, sizeof *s->theta);
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* Z <- Z - (Z K') K; with `record`, the coefficients become a part of T. */
static mien_status project(struct krylov *s, size_t rows, bool record)
{
    mien_status st = mien_rows_inner(s->pool, s->Z, rows, s->K, s->size, s->p, s->product);
    if (st)
        return st;
    size_t begin = s->size - s->last;
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < s->size; k++) {
            double *c = s->product + i * s->size + k;
            if (record) {
                s->T[(begin + i) * s->capacity + k] += *c;
                if (k < begin)
                    s->T[k * s->capacity + begin + i] += *c;
            }
            *c = -*c;
        }
    return mien_rows_combine(s->pool, s->product, rows, s->size, s->K, s->p, 1, s->Z);
}

/* The first *rows rows of Z <- an orthonormal basis of them. Directions of a squared length below
 * `least`, or that are small beside the longest, are dropped; *rows <- how many are left. */
static mien_status normalise(struct krylov *s, double least, size_t *rows)
{
    size_t m = *rows, kept = 0;
    mien_arena arena = {0};
    mien_eigen eigen;
    double *G = mien_arena_alloc(&arena, m * m, sizeof *G);
    mien_status st = mien_eigen_alloc(&eigen, m, m, &arena);
    if (!st)
        st = mien_rows_inner(s->pool, s->Z, m, s->Z, m, s->p, G);
    if (!st)
        st = mien_eigen_solve(&eigen, G);
    for (; !st && kept < m && eigen.values[kept] > fmax(least, DEPENDENT * eigen.values[0]); kept++)
        for (size_t i = 0; i < m; i++)
            eigen.vectors[kept * m + i] /= sqrt(eigen.values[kept]);
    if (!st && kept)
        st = mien_rows_combine(s->pool, eigen.vectors, kept, m, s->Z, s->p, 0, s->Z);
    mien_arena_free(&arena);
    *rows = kept;
    return st;
}

struct draw {
    float *Z;
    size_t p;
    uint64_t seed, from;
};

static void draw_task(void *context, size_t task, unsigned worker)
{
    (void)worker;
    const struct draw *d = context;
    for (size_t j = 0; j < d->p; j++)
        d->Z[task * d->p + j] =
            (float)(mien_random_normal(d->seed, MIEN_STREAM_SKETCH, d->from + task * d->p + j) /
                    sqrt((double)d->p));
}

/* Z <- random rows. */
static size_t draw(struct krylov *s)
{
    struct draw d = {s->Z, s->p, s->seed, s->drawn};
    mien_pool_run(s->pool, s->block, draw_task, &d);
    s->drawn += s->block * s->p;
    return s->block;
}

/* *rows rows of Z <- what is new in them beside K, orthonormal; twice is enough (Kahan). */
static mien_status orthonormalise(struct krylov *s, double least, size_t *rows)
{
    const double half_left = 0.25; /* of the second round: a row that loses more was rounding */
    mien_status st = MIEN_OK;
    for (int round = 0; !st && round < 2 && *rows; round++) {
        if (s->size)
            st = project(s, *rows, false);
        if (!st)
            st = normalise(s, round ? half_left : least, rows);
    }
    return st;
}

/* Append what is new in the rows of Z to K. When nothing is, K holds an invariant subspace, and
 * random rows start another. */
static mien_status extend(struct krylov *s, size_t rows, double least)
{
    mien_status st = orthonormalise(s, least, &rows);
    if (!st && rows == 0) {
        rows = draw(s);
        st = orthonormalise(s, 0, &rows);
    }
    if (st || rows == 0)
        return st ? st : MIEN_ERR_NUMERIC;
    memcpy(s->K + s->size * s->p, s->Z, rows * s->p * sizeof *s->K);
    s->size += rows;
    s->last = rows;
    return MIEN_OK;
}

/* Eigenpairs of T, `count` leading ones. */
static mien_status solve(struct krylov *s, size_t count)
{
    mien_arena arena = {0};
    mien_eigen eigen;
    size_t m = s->size;
    double *T = mien_arena_alloc(&arena, m * m, sizeof *T);
    mien_status st = mien_eigen_alloc(&eigen, m, count, &arena);
    for (size_t i = 0; !st && i < m; i++)
        for (size_t k = 0; k < m; k++)
            T[i * m + k] = (s->T[i * s->capacity + k] + s->T[k * s->capacity + i]) / 2;
    if (!st)
        st = mien_eigen_solve(&eigen, T);
    if (!st) {
        memcpy(s->ritz, eigen.vectors, count * m * sizeof *s->ritz);
        memcpy(s->theta, eigen.values, count * sizeof *s->theta);
    }
    mien_arena_free(&arena);
    return st;
}

/* Whether all r pairs are good enough; the worst relative residual. */
static bool converged(const struct krylov *s, double *worst)
{
    bool good = true;
    *worst = 0;
    for (size_t k = 0; k < s->r; k++) {
        const double *c = s->ritz + k * s->size + s->size - s->last;
        double square = 0;
        for (size_t i = 0; i < s->last; i++)
            for (size_t j = 0; j < s->last; j++)
                square += c[i] * s->G[i * s->last + j] * c[j];
        double rho = sqrt(fmax(square, 0)), theta = fmax(s->theta[k], 0);
        good = good && rho <= fmax(ENOUGH * theta, NOISE * s->theta[0]);
        if (theta > NOISE * s->theta[0])
            *worst = fmax(*worst, rho / theta);
    }
    return good;
}

/* Keep the best Ritz vectors: r, and a block more for their neighbours. */
static mien_status restart(struct krylov *s)
{
    size_t keep = s->r + s->block;
    mien_status st = solve(s, keep);
    if (!st)
        st = mien_rows_combine(s->pool, s->ritz, keep, s->size, s->K, s->p, 0, s->K);
    memset(s->T, 0, s->capacity * s->capacity * sizeof *s->T);
    for (size_t k = 0; k < keep; k++)
        s->T[k * s->capacity + k] = s->theta[k];
    s->size = keep;
    return st;
}

static mien_status iterate(struct krylov *s, mien_krylov_report *report)
{
    mien_status st = extend(s, 0, 0);
    while (!st) {
        size_t rows = s->last;
        st = mien_centred_apply(s->C, rows, s->K + (s->size - rows) * s->p, s->Z);
        report->passes++;
        if (!st)
            st = project(s, rows, true);
        if (!st)
            st = mien_rows_inner(s->pool, s->Z, rows, s->Z, rows, s->p, s->G);
        if (!st && s->size >= s->r) {
            st = solve(s, s->r);
            report->converged = !st && converged(s, &report->residual);
            if (report->converged || report->passes >= PASSES_MOST)
                return st;
        }
        if (!st && s->size + s->block > s->capacity)
            st = restart(s);
        if (!st) {
            double longest = 0; /* A row of K: beside it, what is left may be rounding */
            for (size_t k = 0; k < s->size; k++)
                longest = fmax(longest, s->T[k * s->capacity + k]);
            st = extend(s, rows, NOISE * NOISE * longest * longest);
        }
    }
    return st;
}

mien_status mien_krylov_find(const mien_centred *C, size_t r, uint64_t seed, float *H,
                             mien_krylov_report *report)
{
    mien_arena arena = {0};
    struct krylov s = {.C = C, .pool = C->run->pool, .r = r, .p = C->run->X->p, .seed = seed};
    *report = (mien_krylov_report){0};
    mien_status st = allocate(&s, &arena);
    if (!st)
        st = iterate(&s, report);
    if (!st)
        st = mien_rows_combine(s.pool, s.ritz, r, s.size, s.K, s.p, 0, H);
    if (!st)
        st = mien_rows_orthonormalise(s.pool, H, r, s.p);
    mien_arena_free(&arena);
    return st;
}
