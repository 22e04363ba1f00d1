/* nmf_masked.c - non-negative matrix factorization of X with hidden entries.
 * SPDX-License-Identifier: MIT
 *
 *   minimise f(W,H) = sum over kept (i,j) of d(x_ij | y_ij),  Y = W H,  W >= 0,  H >= 0
 *
 * Hidden entries are filled in with the model before every step (Dempster, Laird & Rubin 1977; for
 * NMF Zhang, Wang, Ford & Makedon 2006): the loss of the completed data is above f for every
 * W, H and equal at the present ones, so what lowers it lowers f. On the completed data stand
 *
 *   KL         the multiplicative updates of nmf_mu.c; a hidden entry's ratio x / y is 1
 *   Frobenius  four sweeps of HALS over W, then over H (nmf_hals.c)
 *
 * with extrapolation from step to step (Ang & Gillis 2019, nmf_extrapolation.c). A step's loss is
 * learned when the next one passes over X; a point that turns out worse than the last is thrown
 * away and the step before it is taken without extrapolation, which cannot be worse. So f never
 * increases. Cost an iteration: four GEMMs of n p r (KL), three and the sweeps (Frobenius); nothing
 * of size n x p is kept. */
#include "methods/nmf_masked.h"

#include "base/clones.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/status.h"
#include "data/source.h"
#include "linalg/blas.h"
#include "linalg/vecmath.h"
#include "methods/nmf.h"
#include "methods/nmf_hals.h"
#include "methods/nmf_kernels.h"

#include <math.h>
#include <string.h>

enum {
    WINDOW = 10, /* iterations over which the decrease is compared with the tolerance */
    LANES = 16,  /* sums are kept in so many lanes, */
    RUN = 512,   /* and go over into double after so many entries */
    SHORT = 15,  /* iterations of a start that has to prove itself */
    GENTLE = 10, /* steps without extrapolation: components that fall behind at once never return */
    SWEEPS = 4,  /* of HALS over a factor while its target stands */
    CHUNK = MIEN_HALS_CHUNK
};

#define KEEP 0.95f /* see extrapolate() */

/* Two points and the one in the making; W is n x r, H is r x ldp. */
typedef struct point {
    float *W, *H;
} point;

typedef struct masked {
    const mien_masked_options *options;
    const mien_source *X;
    mien_pool *pool;
    mien_arena arena;
    mien_tiling tiling;
    size_t n, p, r;
    size_t ldp, ldt;          /* pixels, images of a tile, padded to CHUNK */
    point last, before, next; /* accepted, its predecessor, what a pass makes of it */
    mien_extrapolation pace;
    size_t taken;                                          /* steps since the start */
    float **buffers, **model, **ratio, **target, **turned; /* a tile's, a worker each */
    uint8_t **hidden;
    float *up;              /* groups x r x ldp: shares of W' (x / y) or W' X */
    float *W_gram, *H_gram; /* groups x r x r, r x r */
    double *weight_sum;     /* groups x r */
    double *basis_sum;      /* r */
    float *inverse;         /* r */
    double *losses, *held;  /* groups */
    size_t *counts;         /* groups x 3: kept, held, left out */
    uint8_t *image_seen;    /* n: some entry of it is kept */
    uint32_t *pixel_seen;   /* groups x p, then the first: how often it is kept */
    double *sums;           /* groups: of X */
    size_t *bad;            /* groups: first value that is negative or not finite */
    double mean;
    size_t kept;
    double *H_double; /* r x p; W, Y: a tile's, a worker each */
    double **W_double, **Y_double;
} masked;

/* ---------------------------------------------------------------- kernels */

/* model <- x / model, 1 where hidden; returns sum over kept entries of x log(x/y) - x + y. */
MIEN_CLONES
static double masked_ratio(const float *restrict x, const uint8_t *restrict hidden,
                           float *restrict model, size_t count)
{
    double total = 0;
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t end = count - begin < RUN ? count : begin + RUN;
        float lanes[LANES] = {0};
        for (size_t j = begin; j < end; j += LANES) {
            size_t width = end - j < LANES ? end - j : LANES;
            for (size_t l = 0; l < width; l++) {
                float y = model[j + l] > 1e-30f ? model[j + l] : 1e-30f;
                float ratio = x[j + l] / y, v = x[j + l];
                float term = v * mien_log_fast(ratio) - v + y;
                lanes[l] += hidden[j + l] ? 0 : term;
                model[j + l] = hidden[j + l] ? 1 : ratio;
            }
        }
        for (size_t l = 0; l < LANES; l++)
            total += lanes[l];
    }
    return total;
}

/* The same without the loss. */
MIEN_CLONES
static void masked_ratio_only(const float *restrict x, const uint8_t *restrict hidden,
                              float *restrict model, size_t count)
{
    for (size_t j = 0; j < count; j++) {
        float ratio = x[j] / (model[j] > 1e-30f ? model[j] : 1e-30f);
        model[j] = hidden[j] ? 1 : ratio;
    }
}

/* model <- x where it is not hidden; returns half the squares of what that changes. */
MIEN_CLONES
static double masked_complete(const float *restrict x, const uint8_t *restrict hidden,
                              float *restrict model, size_t count)
{
    double total = 0;
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t end = count - begin < RUN ? count : begin + RUN;
        float lanes[LANES] = {0};
        for (size_t j = begin; j < end; j += LANES) {
            size_t width = end - j < LANES ? end - j : LANES;
            for (size_t l = 0; l < width; l++) {
                float v = hidden[j + l] ? model[j + l] : x[j + l], d = v - model[j + l];
                lanes[l] += d * d;
                model[j + l] = v;
            }
        }
        for (size_t l = 0; l < LANES; l++)
            total += lanes[l];
    }
    return total / 2;
}

/* y <- max(keep z, z + beta (z - before)). Extrapolated multiplicative steps send small values to
 * nothing, from where only as many steps bring them back: on CBCL, r = 49, KL ended at 0.0215 an
 * entry with keep = 1/8 (nmf_extrapolation.c), at 0.0154 with 0.95. Coordinates of HALS return at
 * once and may go where they like. */
MIEN_CLONES
static void masked_extrapolate(float *restrict y, const float *restrict z,
                               const float *restrict before, float beta, float keep, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float v = z[i] + beta * (z[i] - before[i]), least = keep * z[i];
        y[i] = v > least ? v : least;
    }
}

static void extrapolate(const masked *m, float *y, const float *z, const float *before,
                        size_t count)
{
    bool kl = m->options->loss == MIEN_LOSS_KL;
    if (kl && m->pace.beta > 0)
        masked_extrapolate(y, z, before, (float)m->pace.beta, KEEP, count);
    else
        mien_extrapolate(y, z, before, m->pace.beta, count);
}

/* ---------------------------------------------------------------- what is seen */

static void visit_counts(void *context, const mien_tile *tile)
{
    masked *m = context;
    size_t p = m->p;
    uint8_t *hidden = m->hidden[tile->worker];
    uint32_t *pixel_seen = m->pixel_seen + tile->group * p;
    if (tile->opens)
        m->bad[tile->group] = SIZE_MAX;
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, tile->count * p, hidden);
    for (size_t i = 0; i < tile->count; i++) {
        size_t seen = 0;
        double sum = 0;
        for (size_t j = 0; j < p; j++) {
            float x = tile->x[i * p + j];
            bool kept = !hidden[i * p + j];
            seen += kept;
            pixel_seen[j] += kept;
            sum += x;
            if (!(x >= 0 && x <= 1e30f) && m->bad[tile->group] == SIZE_MAX)
                m->bad[tile->group] = (tile->first + i) * p + j;
        }
        m->image_seen[tile->first + i] = seen > 0;
        m->counts[tile->group * 3] += seen;
        m->sums[tile->group] += sum;
    }
}

static mien_status count_entries(masked *m, mien_error *err)
{
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_counts, m);
    double sum = 0;
    for (size_t g = 0; g < m->tiling.groups; g++) {
        if (m->bad[g] != SIZE_MAX)
            return mien_fail(err, MIEN_ERR_DOMAIN,
                             "image %zu, pixel %zu is negative or not a finite number",
                             m->bad[g] / m->p, m->bad[g] % m->p);
        m->kept += m->counts[3 * g];
        sum += m->sums[g];
        for (size_t j = 0; g > 0 && j < m->p; j++)
            m->pixel_seen[j] += m->pixel_seen[g * m->p + j];
    }
    m->mean = sum / ((double)m->n * (double)m->p);
    return m->kept ? MIEN_OK : mien_fail(err, MIEN_ERR_DATA, "the mask hides every entry of X");
}

/* ---------------------------------------------------------------- start */

static void start_random(masked *m, uint64_t seed)
{
    double scale = 2 * sqrt(m->mean / (double)m->r);
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < m->r; k++) {
            size_t at = i * m->r + k;
            double u = mien_random_uniform(seed, MIEN_STREAM_WEIGHTS, at);
            m->last.W[at] = m->image_seen[i] ? (float)(scale * u) : 0;
        }
    for (size_t k = 0; k < m->r; k++)
        for (size_t j = 0; j < m->p; j++) {
            double u = mien_random_uniform(seed, MIEN_STREAM_BASIS, k * m->p + j);
            m->last.H[k * m->ldp + j] = m->pixel_seen[j] ? (float)(scale * u) : 0;
        }
    m->pace = mien_extrapolation_start();
    m->taken = 0;
}

/* ---------------------------------------------------------------- Kullback-Leibler */

static void visit_kl(void *context, const mien_tile *tile)
{
    masked *m = context;
    size_t p = m->p, r = m->r, count = tile->count;
    float *W = m->next.W + tile->first * r, *model = m->model[tile->worker];
    float *encoded = m->target[tile->worker];
    double *weight_sum = m->weight_sum + tile->group * r;
    uint8_t *hidden = m->hidden[tile->worker];
    if (tile->opens) {
        memset(weight_sum, 0, r * sizeof *weight_sum);
        m->losses[tile->group] = 0;
    }
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, count * p, hidden);
    extrapolate(m, W, m->last.W + tile->first * r, m->before.W + tile->first * r, count * r);
    mien_sgemm(false, false, count, p, r, 1, W, r, m->next.H, m->ldp, 0, model, p);
    m->losses[tile->group] += masked_ratio(tile->x, hidden, model, count * p);
    mien_sgemm(false, true, count, r, p, 1, model, p, m->next.H, m->ldp, 0, encoded, r);
    mien_kl_scale_weights(W, encoded, m->inverse, count, r, weight_sum);

    mien_sgemm(false, false, count, p, r, 1, W, r, m->next.H, m->ldp, 0, model, p);
    masked_ratio_only(tile->x, hidden, model, count * p);
    mien_sgemm(true, false, r, p, count, 1, W, r, model, p, tile->opens ? 0 : 1,
               m->up + tile->group * r * m->ldp, m->ldp);
}

static void scale_basis_row(void *context, size_t k, unsigned worker)
{
    (void)worker;
    masked *m = context;
    if (!(m->weight_sum[k] > 0))
        return;
    float *up = m->up + k * m->ldp;
    for (size_t g = 1; g < m->tiling.groups; g++)
        mien_nmf_add(up, m->up + (g * m->r + k) * m->ldp, m->p);
    mien_scale_product(m->next.H + k * m->ldp, up, (float)(1 / m->weight_sum[k]), m->p);
}

static double step_kl(masked *m)
{
    for (size_t k = 0; k < m->r; k++) {
        m->basis_sum[k] = 0;
        for (size_t j = 0; j < m->p; j++)
            m->basis_sum[k] += m->next.H[k * m->ldp + j];
        m->inverse[k] = m->basis_sum[k] > 0 ? (float)(1 / m->basis_sum[k]) : 0;
    }
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_kl, m);
    mien_nmf_combine(m->weight_sum, m->tiling.groups, m->r);
    mien_nmf_combine(m->losses, m->tiling.groups, 1);
    mien_pool_run(m->pool, m->r, scale_basis_row, m);
    return m->losses[0];
}

/* ---------------------------------------------------------------- Frobenius */

static void visit_frobenius(void *context, const mien_tile *tile)
{
    masked *m = context;
    size_t p = m->p, r = m->r, count = tile->count, ldt = m->ldt;
    float *W = m->next.W + tile->first * r, *model = m->model[tile->worker];
    float *target = m->target[tile->worker], *U = m->turned[tile->worker];
    uint8_t *hidden = m->hidden[tile->worker];
    float keep = tile->opens ? 0 : 1;
    if (tile->opens)
        m->losses[tile->group] = 0;
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, count * p, hidden);
    extrapolate(m, W, m->last.W + tile->first * r, m->before.W + tile->first * r, count * r);
    mien_sgemm(false, false, count, p, r, 1, W, r, m->next.H, m->ldp, 0, model, p);
    m->losses[tile->group] += masked_complete(tile->x, hidden, model, count * p);

    mien_sgemm(false, true, r, count, p, 1, m->next.H, m->ldp, model, p, 0, target, ldt);
    for (size_t k = 0; k < r; k++) {
        for (size_t i = 0; i < count; i++)
            U[k * ldt + i] = W[i * r + k];
        memset(U + k * ldt + count, 0, (ldt - count) * sizeof *U);
        memset(target + k * ldt + count, 0, (ldt - count) * sizeof *target);
    }
    for (size_t c = 0; c < count; c += CHUNK)
        for (int s = 0; s < SWEEPS; s++)
            mien_hals_sweep(m->H_gram, target + c, U + c, r, ldt);
    for (size_t k = 0; k < r; k++)
        for (size_t i = 0; i < count; i++)
            W[i * r + k] = U[k * ldt + i];
    mien_sgemm(true, false, r, p, count, 1, W, r, model, p, keep, m->up + tile->group * r * m->ldp,
               m->ldp);
    mien_sgemm(true, false, r, r, count, 1, W, r, W, r, keep, m->W_gram + tile->group * r * r, r);
}

static void sweep_basis(void *context, size_t chunk, unsigned worker)
{
    (void)worker;
    masked *m = context;
    size_t at = chunk * CHUNK;
    for (size_t k = 0; k < m->r; k++)
        for (size_t g = 1; g < m->tiling.groups; g++)
            mien_nmf_add(m->up + k * m->ldp + at, m->up + (g * m->r + k) * m->ldp + at, CHUNK);
    for (int s = 0; s < SWEEPS; s++)
        mien_hals_sweep(m->W_gram, m->up + at, m->next.H + at, m->r, m->ldp);
}

static double step_frobenius(masked *m)
{
    size_t r = m->r;
    mien_sgemm(false, true, r, r, m->ldp, 1, m->next.H, m->ldp, m->next.H, m->ldp, 0, m->H_gram, r);
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_frobenius, m);
    for (size_t g = 1; g < m->tiling.groups; g++)
        mien_nmf_add(m->W_gram, m->W_gram + g * r * r, r * r);
    mien_nmf_combine(m->losses, m->tiling.groups, 1);
    mien_pool_run(m->pool, m->ldp / CHUNK, sweep_basis, m);
    return m->losses[0];
}

/* ---------------------------------------------------------------- iterations */

/* One step from the extrapolated point. Returns the loss of the last accepted one. */
static double iterate(masked *m)
{
    extrapolate(m, m->next.H, m->last.H, m->before.H, m->r * m->ldp);
    double loss = m->options->loss == MIEN_LOSS_KL ? step_kl(m) : step_frobenius(m);
    if (mien_extrapolation_accept(&m->pace, loss)) {
        point old = m->before;
        m->before = m->last;
        m->last = m->next;
        m->next = old;
    }
    if (m->taken++ < GENTLE)
        m->pace.beta = 0;
    return m->pace.loss / (double)m->kept;
}

static void descend(masked *m, size_t iterations, mien_masked_fit *fit)
{
    double tolerance = m->options->tolerance;
    fit->converged = false;
    while (fit->iterations < iterations && !fit->converged) {
        double loss = iterate(m);
        size_t t = fit->iterations++;
        fit->trace[t] = loss;
        fit->converged = m->pace.stalled || (tolerance > 0 && t >= WINDOW &&
                                             fit->trace[t - WINDOW] - loss <=
                                                 tolerance * fabs(fit->trace[t - WINDOW]));
    }
}

/* Keep the better of several starts after a few iterations, then go on from it. */
static mien_status choose_start(masked *m, mien_masked_fit *fit, mien_error *err)
{
    size_t starts = m->options->starts, nW = m->n * m->r, nH = m->r * m->ldp;
    if (starts <= 1) {
        start_random(m, m->options->seed);
        return MIEN_OK;
    }
    float *best = mien_arena_alloc(&m->arena, nW + nH, sizeof *best);
    if (!best)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    double least = INFINITY;
    size_t few = m->options->iterations < SHORT ? m->options->iterations : SHORT;
    for (size_t s = 0; s < starts; s++) {
        start_random(m, m->options->seed + s);
        fit->iterations = 0;
        descend(m, few, fit);
        double loss = fit->trace[fit->iterations - 1];
        if (!(loss < least) && s > 0)
            continue;
        least = loss;
        memcpy(best, m->last.W, nW * sizeof *best);
        memcpy(best + nW, m->last.H, nH * sizeof *best);
    }
    memcpy(m->last.W, best, nW * sizeof *best);
    memcpy(m->last.H, best + nW, nH * sizeof *best);
    m->pace = mien_extrapolation_start();
    fit->iterations = 0;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- scores */

static void visit_scores(void *context, const mien_tile *tile)
{
    masked *m = context;
    size_t p = m->p, r = m->r;
    mien_loss loss = m->options->loss;
    double *W = m->W_double[tile->worker], *Y = m->Y_double[tile->worker];
    uint8_t *hidden = m->hidden[tile->worker];
    double floor = loss == MIEN_LOSS_KL ? MIEN_HELD_FLOOR * m->mean : 0;
    size_t *counts = m->counts + 3 * tile->group;
    if (tile->opens)
        m->losses[tile->group] = m->held[tile->group] = 0;
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, tile->count * p, hidden);
    for (size_t at = 0; at < tile->count * r; at++)
        W[at] = m->last.W[tile->first * r + at];
    mien_dgemm(false, false, tile->count, p, r, 1, W, r, m->H_double, p, 0, Y, p);
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < p; j++) {
            const float *x = tile->x + i * p + j;
            double y = Y[i * p + j];
            if (!hidden[i * p + j]) {
                m->losses[tile->group] += mien_loss_sum(loss, x, &y, 1);
            } else if (m->image_seen[tile->first + i] && m->pixel_seen[j]) {
                y = y > floor ? y : floor;
                m->held[tile->group] += mien_loss_sum(loss, x, &y, 1);
                counts[1]++;
            } else {
                counts[2]++;
            }
        }
}

static void score(masked *m, mien_masked_fit *fit)
{
    for (size_t k = 0; k < m->r; k++)
        for (size_t j = 0; j < m->p; j++)
            m->H_double[k * m->p + j] = m->last.H[k * m->ldp + j];
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_scores, m);
    mien_nmf_combine(m->losses, m->tiling.groups, 1);
    mien_nmf_combine(m->held, m->tiling.groups, 1);
    for (size_t g = 0; g < m->tiling.groups; g++) {
        fit->n_held += m->counts[3 * g + 1];
        fit->left_out += m->counts[3 * g + 2];
    }
    fit->n_kept = m->kept;
    fit->kept = m->losses[0] / (double)m->kept;
    fit->held = fit->n_held ? m->held[0] / (double)fit->n_held : NAN;
}

/* ---------------------------------------------------------------- memory */

static void *a_worker_each(masked *m, size_t count, size_t size)
{
    unsigned workers = mien_pool_threads(m->pool);
    void **buffers = mien_arena_alloc(&m->arena, workers, sizeof *buffers);
    for (unsigned w = 0; w < workers && !m->arena.failed; w++)
        buffers[w] = mien_arena_alloc(&m->arena, count, size);
    return buffers;
}

static mien_status prepare(masked *m)
{
    size_t n = m->n, p = m->p, r = m->r;
    m->tiling = mien_tiling_plan(n, p, r);
    size_t groups = m->tiling.groups, tile = m->tiling.rows * p;
    m->ldp = (p + CHUNK - 1) / CHUNK * CHUNK;
    m->ldt = (m->tiling.rows + CHUNK - 1) / CHUNK * CHUNK;
    point *points[] = {&m->last, &m->before, &m->next};
    for (size_t i = 0; i < 3; i++) {
        points[i]->W = mien_arena_alloc(&m->arena, n * r, sizeof(float));
        points[i]->H = mien_arena_alloc(&m->arena, r * m->ldp, sizeof(float));
    }
    m->buffers = a_worker_each(m, tile, sizeof(float));
    m->model = a_worker_each(m, tile, sizeof(float));
    m->target = a_worker_each(m, r * m->ldt, sizeof(float));
    m->turned = a_worker_each(m, r * m->ldt, sizeof(float));
    m->hidden = a_worker_each(m, tile, 1);
    m->W_double = a_worker_each(m, m->tiling.rows * r, sizeof(double));
    m->Y_double = a_worker_each(m, tile, sizeof(double));
    m->H_double = mien_arena_alloc(&m->arena, r * p, sizeof(double));
    m->up = mien_arena_alloc(&m->arena, groups * r * m->ldp, sizeof(float));
    m->W_gram = mien_arena_alloc(&m->arena, groups * r * r, sizeof(float));
    m->H_gram = mien_arena_alloc(&m->arena, r * r, sizeof(float));
    m->weight_sum = mien_arena_alloc(&m->arena, groups * r, sizeof(double));
    m->basis_sum = mien_arena_alloc(&m->arena, r, sizeof(double));
    m->inverse = mien_arena_alloc(&m->arena, r, sizeof(float));
    m->losses = mien_arena_alloc(&m->arena, groups, sizeof(double));
    m->held = mien_arena_alloc(&m->arena, groups, sizeof(double));
    m->sums = mien_arena_alloc(&m->arena, groups, sizeof(double));
    m->counts = mien_arena_alloc(&m->arena, groups * 3, sizeof(size_t));
    m->bad = mien_arena_alloc(&m->arena, groups, sizeof(size_t));
    m->image_seen = mien_arena_alloc(&m->arena, n, 1);
    m->pixel_seen = mien_arena_alloc(&m->arena, groups * p, sizeof(uint32_t));
    return m->arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

static mien_status check(const mien_source *X, const mien_masked_options *o, mien_error *err)
{
    if (o->loss != MIEN_LOSS_KL && o->loss != MIEN_LOSS_HALF_SQUARES)
        return mien_fail(err, MIEN_ERR_ARG,
                         "masked NMF minimises the KL divergence or half the "
                         "squares");
    if (X->n == 0 || X->p == 0 || !mien_blas_fits(X->n) || !mien_blas_fits(X->p))
        return mien_fail(err, MIEN_ERR_SHAPE, "X is %zu x %zu", X->n, X->p);
    size_t most = X->n > X->p ? X->n : X->p;
    if (o->r == 0 || o->r > most)
        return mien_fail(err, MIEN_ERR_ARG, "%zu components: give 1 to %zu", o->r, most);
    if (o->iterations == 0)
        return mien_fail(err, MIEN_ERR_ARG, "masked NMF needs at least one iteration");
    return MIEN_OK;
}

static mien_status hand_over(masked *m, mien_masked_fit *fit, mien_error *err)
{
    fit->W = mien_alloc_raw(m->n * m->r, sizeof *fit->W);
    fit->H = mien_alloc_raw(m->r * m->p, sizeof *fit->H);
    if (!fit->W || !fit->H)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    memcpy(fit->W, m->last.W, m->n * m->r * sizeof *fit->W);
    for (size_t k = 0; k < m->r; k++)
        memcpy(fit->H + k * m->p, m->last.H + k * m->ldp, m->p * sizeof *fit->H);
    return MIEN_OK;
}

mien_status mien_masked_fit_run(mien_pool *pool, const mien_source *X,
                                const mien_masked_options *options, mien_masked_fit *out,
                                mien_error *err)
{
    mien_status st = check(X, options, err);
    if (st)
        return st;
    masked m = {.options = options, .X = X, .pool = pool, .n = X->n, .p = X->p, .r = options->r};
    mien_masked_fit fit = {.n = X->n, .p = X->p, .r = options->r};
    fit.trace = mien_alloc_array(options->iterations, sizeof *fit.trace);
    int blas = mien_blas_single();
    st = fit.trace ? prepare(&m) : MIEN_ERR_NOMEM;
    if (st)
        mien_fail_plain(err, st);
    if (!st)
        st = count_entries(&m, err);
    if (!st)
        st = choose_start(&m, &fit, err);
    if (!st) {
        descend(&m, options->iterations, &fit);
        score(&m, &fit);
        st = hand_over(&m, &fit, err);
    }
    mien_blas_restore(blas);
    mien_arena_free(&m.arena);
    if (st)
        mien_masked_fit_free(&fit);
    else
        *out = fit;
    return st;
}

void mien_masked_fit_free(mien_masked_fit *fit)
{
    if (!fit)
        return;
    mien_free(fit->W);
    mien_free(fit->H);
    mien_free(fit->trace);
    *fit = (mien_masked_fit){0};
}
