/* masked.c - non-negative matrix factorization of X with hidden entries.
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
 * increases. Cost an iteration: four products of n p r (KL, nmf_panels.h), three GEMMs and the
 * sweeps (Frobenius); nothing of size n x p is kept but a small mask. */
#include "study/rank/masked.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "base/status.h"
#include "data/source.h"
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/kernels/nmf_panels.h"
#include "methods/nmf/nmf_extrapolation.h"
#include "methods/nmf/nmf_hals.h"
#include "methods/nmf/nmf_state.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    WINDOW = 10, /* iterations over which the decrease is compared with the tolerance */
    SHORT = 15,  /* iterations of a start that has to prove itself */
    WARM_UP =
        10, /* steps without extrapolation: components that fall behind at once never return */
    CHUNK = MIEN_HALS_CHUNK,
    LANES = 32, /* sums are kept in so many lanes, */
    RUN = 512,  /* and go over into double after so many entries */
    /* Up to so many entries the mask is kept, a byte each: to compute it anew for every pass was a
     * fifth of an iteration. */
    MAX_KEPT = 1 << 24
};

enum { SUM_LOSS, SUM_WEIGHTS }; /* doubles of a step: the loss, sums of W's columns */

#define MIN_MODEL 1e-30f /* of a model that something is divided by */

/* Two points and the one in the making; W is n x r, H is r x ldp. */
typedef struct masked_point {
    float *W, *H;
} masked_point;

typedef struct masked {
    const mien_masked_options *options;
    const mien_source *X;
    mien_pool *pool;
    mien_arena arena;
    mien_tiling tiling;
    size_t n, p, r;
    size_t ldp, ldt;                 /* pixels, images of a tile, padded to MIEN_HALS_CHUNK */
    masked_point last, before, next; /* accepted, its predecessor, what a pass makes of it */
    mien_extrapolation extrapolation;
    size_t taken;                                              /* steps since the start */
    float **buffers, **model, **ratio, **target, **transposed; /* a tile's, a worker each */
    uint8_t **hidden;
    uint8_t *mask;      /* n x p, as mien_mask_fill() has it; NULL: it is not kept */
    mien_panels panels; /* KL: of next.H */
    float **scratch;    /* a worker each: of the panels, or a part of the basis */
    mien_sums sums; /* of a step: loss, sums of W's columns; W' (x / y) or W' X (r x ldp), W' W */
    float *H_gram;  /* r x r */
    double *basis_sum;   /* r */
    float *inverse;      /* r */
    uint8_t *image_seen; /* n: some entry of it is kept */
    bool *pixel_seen;    /* p: some image's is kept */
    double mean;
    size_t kept;
    double *H_double; /* r x p; W, Y: a tile's, a worker each */
    double **W_double, **Y_double;
} masked;

/* ---------------------------------------------------------------- what is seen */

/* Which of a tile's entries are hidden. */
static const uint8_t *hidden_of(const masked *m, const mien_tile *tile)
{
    if (m->mask)
        return m->mask + tile->first * m->p;
    uint8_t *hidden = m->hidden[tile->worker];
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * m->p, tile->count * m->p, hidden);
    return hidden;
}

enum { COUNT_KEPT, COUNT_SUM, COUNT_PIXELS }; /* doubles: of entries, of X, of each pixel */

static void visit_counts(void *context, const mien_tile *tile)
{
    masked *m = context;
    size_t p = m->p;
    if (m->mask)
        mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, tile->count * p,
                       m->mask + tile->first * p);
    const uint8_t *hidden = hidden_of(m, tile);
    for (size_t i = 0; i < tile->count; i++) {
        size_t seen = 0;
        double sum = 0;
        for (size_t j = 0; j < p; j++) {
            float x = tile->x[i * p + j];
            bool kept = !hidden[i * p + j];
            seen += kept;
            tile->doubles[COUNT_PIXELS + j] += kept;
            sum += x;
        }
        m->image_seen[tile->first + i] = seen > 0;
        tile->doubles[COUNT_KEPT] += (double)seen;
        tile->doubles[COUNT_SUM] += sum;
    }
}

/* Which entries are seen, the mean of X. MIEN_ERR_DATA, MIEN_ERR_NOMEM. */
static mien_status count_entries(masked *m, mien_error *err)
{
    mien_sums sums = mien_sums_alloc(&m->arena, m->pool, m->tiling.leaves, COUNT_PIXELS + m->p, 0);
    if (m->arena.failed)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_counts, m, &sums);
    m->kept = (size_t)sums.doubles[COUNT_KEPT];
    m->mean = sums.doubles[COUNT_SUM] / ((double)m->n * (double)m->p);
    for (size_t j = 0; j < m->p; j++)
        m->pixel_seen[j] = sums.doubles[COUNT_PIXELS + j] > 0;
    return m->kept ? MIEN_OK : mien_fail(err, MIEN_ERR_DATA, "the mask hides every entry of X");
}

/* ---------------------------------------------------------------- scores */

/* Sums of a pass, all of them double. */
struct score_sums {
    double kept, held_out; /* losses */
    double n_held_out, left_out;
    mien_noise_sums noise;
};

static void visit_scores(void *context, const mien_tile *tile)
{
    masked *m = context;
    size_t p = m->p, r = m->r;
    mien_loss loss = m->options->loss;
    double *W = m->W_double[tile->worker], *Y = m->Y_double[tile->worker];
    const uint8_t *hidden = hidden_of(m, tile);
    double floor = loss == MIEN_LOSS_KL ? MIEN_HELD_OUT_FLOOR * m->mean : 0;
    struct score_sums *sums = (struct score_sums *)tile->doubles;
    for (size_t at = 0; at < tile->count * r; at++)
        W[at] = m->last.W[tile->first * r + at];
    mien_dgemm(false, false, tile->count, p, r, 1, W, r, m->H_double, p, 0, Y, p);
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < p; j++) {
            const float *x = tile->x + i * p + j;
            double y = Y[i * p + j];
            if (!hidden[i * p + j]) {
                sums->kept += mien_loss_sum(loss, x, &y, 1);
            } else if (m->image_seen[tile->first + i] && m->pixel_seen[j]) {
                y = y > floor ? y : floor;
                sums->held_out += mien_loss_sum(loss, x, &y, 1);
                if (loss == MIEN_LOSS_KL && m->mean > 0)
                    mien_noise_add(&sums->noise, m->mean, *x, y);
                sums->n_held_out++;
            } else {
                sums->left_out++;
            }
        }
}

/* Losses of kept and of hidden entries at m->last, in double. MIEN_ERR_NOMEM or MIEN_OK. */
static mien_status score(masked *m, mien_masked_fit *fit)
{
    mien_sums sums = mien_sums_alloc(&m->arena, m->pool, m->tiling.leaves,
                                     sizeof(struct score_sums) / sizeof(double), 0);
    if (m->arena.failed)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < m->r; k++)
        for (size_t j = 0; j < m->p; j++)
            m->H_double[k * m->p + j] = m->last.H[k * m->ldp + j];
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_scores, m, &sums);
    const struct score_sums *all = (const struct score_sums *)sums.doubles;
    fit->n_held_out = (size_t)all->n_held_out;
    fit->left_out = (size_t)all->left_out;
    fit->n_kept = m->kept;
    fit->kept = all->kept / (double)m->kept;
    fit->noise = mien_noise_measure(&all->noise);
    fit->held_out = fit->n_held_out ? all->held_out / all->n_held_out : NAN;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- kernels */

/* y becomes x where it is not hidden; returns the square of what that changes. */
static inline float complete_entry(float x, uint8_t hidden, float *y)
{
    float v = hidden ? *y : x, d = v - *y;
    *y = v;
    return d * d;
}

/* model <- x where it is not hidden; returns half the squares of what that changes. Loops of a
 * fixed length are what the compiler turns into vectors. */
MIEN_LOOP_OF(static, double, masked_complete,
             (const float *restrict x, const uint8_t *restrict hidden, float *restrict model,
              size_t count),
             (x, hidden, model, count))
{
    double total = 0;
    size_t j = 0;
    while (count - j >= LANES) {
        float lanes[LANES] = {0};
        size_t end = count - j < RUN ? count : j + RUN;
        for (; end - j >= LANES; j += LANES)
            for (size_t l = 0; l < LANES; l++)
                lanes[l] += complete_entry(x[j + l], hidden[j + l], &model[j + l]);
        for (size_t l = 0; l < LANES; l++)
            total += lanes[l];
    }
    for (; j < count; j++)
        total += complete_entry(x[j], hidden[j], &model[j]);
    return total / 2;
}

/* to <- x, and -1 where it is hidden, as panels want it. */
MIEN_LOOP(static, masked_mark,
          (const float *restrict x, const uint8_t *restrict hidden, float *restrict to,
           size_t count),
          (x, hidden, to, count))
{
    for (size_t j = 0; j < count; j++)
        to[j] = hidden[j] ? -1 : x[j];
}

static void extrapolate(const masked *m, float *y, const float *z, const float *before,
                        size_t count)
{
    bool kl = m->options->loss == MIEN_LOSS_KL;
    if (kl && m->extrapolation.beta > 0)
        mien_mu_extrapolate(y, z, before, (float)m->extrapolation.beta, count);
    else
        mien_extrapolate(y, z, before, m->extrapolation.beta, count);
}

/* ---------------------------------------------------------------- Kullback-Leibler */

static void visit_kl(void *context, const mien_tile *tile)
{
    masked *m = context;
    size_t p = m->p, r = m->r, count = tile->count;
    float *W = m->next.W + tile->first * r, *x = m->model[tile->worker];
    float *encoded = m->target[tile->worker], *scratch = m->scratch[tile->worker];
    const uint8_t *hidden = hidden_of(m, tile);
    masked_mark(tile->x, hidden, x, count * p);
    extrapolate(m, W, m->last.W + tile->first * r, m->before.W + tile->first * r, count * r);
    tile->doubles[SUM_LOSS] +=
        mien_panels_weights_product(&m->panels, x, W, count, encoded, NULL, 0, scratch);
    mien_kl_scale_weights(W, encoded, m->inverse, count, r, tile->doubles + SUM_WEIGHTS);
    mien_panels_basis_product(&m->panels, x, W, count, !tile->opens, false, tile->floats, scratch);
}

static void scale_basis(void *context, size_t part, unsigned worker)
{
    masked *m = context;
    mien_columns columns = mien_panels_columns(&m->panels, part);
    float *total = m->scratch[worker], *h = m->next.H + columns.first;
    mien_panels_take(&m->panels, m->sums.floats, columns, total);
    for (size_t k = 0; k < m->r; k++, h += m->ldp, total += columns.count) {
        double weight_sum = m->sums.doubles[SUM_WEIGHTS + k];
        if (weight_sum > 0)
            mien_scale_product(h, total, (float)(1 / weight_sum), columns.count);
    }
}

static double step_kl(masked *m)
{
    for (size_t k = 0; k < m->r; k++) {
        m->basis_sum[k] = 0;
        for (size_t j = 0; j < m->p; j++)
            m->basis_sum[k] += m->next.H[k * m->ldp + j];
        m->inverse[k] = m->basis_sum[k] > 0 ? (float)(1 / m->basis_sum[k]) : 0;
    }
    mien_panels_hold_all(&m->panels, m->next.H, m->ldp);
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_kl, m, &m->sums);
    mien_pool_run(m->pool, mien_panels_parts(&m->panels), scale_basis, m);
    return m->sums.doubles[SUM_LOSS];
}

/* ---------------------------------------------------------------- Frobenius */

static void visit_frobenius(void *context, const mien_tile *tile)
{
    masked *m = context;
    size_t p = m->p, r = m->r, count = tile->count, ldt = m->ldt;
    float *W = m->next.W + tile->first * r, *model = m->model[tile->worker];
    float *target = m->target[tile->worker], *U = m->transposed[tile->worker];
    const uint8_t *hidden = hidden_of(m, tile);
    float keep = tile->opens ? 0 : 1;
    extrapolate(m, W, m->last.W + tile->first * r, m->before.W + tile->first * r, count * r);
    mien_sgemm(false, false, count, p, r, 1, W, r, m->next.H, m->ldp, 0, model, p);
    tile->doubles[SUM_LOSS] += masked_complete(tile->x, hidden, model, count * p);

    mien_sgemm(false, true, r, count, p, 1, m->next.H, m->ldp, model, p, 0, target, ldt);
    mien_hals_descend_weights(m->H_gram, target, W, count, r, ldt, false, U);
    mien_sgemm(true, false, r, p, count, 1, W, r, model, p, keep, tile->floats, m->ldp);
    mien_sgemm(true, false, r, r, count, 1, W, r, W, r, keep, tile->floats + r * m->ldp, r);
}

static void sweep_basis(void *context, size_t chunk, unsigned worker)
{
    (void)worker;
    masked *m = context;
    size_t at = chunk * CHUNK;
    const float *target = m->sums.floats, *W_gram = target + m->r * m->ldp;
    for (int s = 0; s < MIEN_HALS_SWEEPS; s++)
        mien_hals_sweep(W_gram, target + at, m->next.H + at, m->r, m->ldp);
}

static double step_frobenius(masked *m)
{
    size_t r = m->r;
    mien_sgemm(false, true, r, r, m->ldp, 1, m->next.H, m->ldp, m->next.H, m->ldp, 0, m->H_gram, r);
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_frobenius, m, &m->sums);
    mien_pool_run(m->pool, m->ldp / CHUNK, sweep_basis, m);
    return m->sums.doubles[SUM_LOSS];
}

/* m->next <- a descent step from the point between m->last and m->before that m->extrapolation
 * says; returns the loss of that point over kept entries. */
static double step(masked *m)
{
    extrapolate(m, m->next.H, m->last.H, m->before.H, m->r * m->ldp);
    return m->options->loss == MIEN_LOSS_KL ? step_kl(m) : step_frobenius(m);
}

/* ---------------------------------------------------------------- start */

static void start_random(masked *m, uint64_t seed)
{
    mien_start_scale scale = mien_nmf_start_scale(m->mean, m->r);
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < m->r; k++) {
            size_t at = i * m->r + k;
            double u = mien_random_uniform(seed, MIEN_STREAM_WEIGHTS, at);
            m->last.W[at] = m->image_seen[i] ? (float)(scale.weights * u) : 0;
        }
    for (size_t k = 0; k < m->r; k++)
        for (size_t j = 0; j < m->p; j++) {
            double u = mien_random_uniform(seed, MIEN_STREAM_BASIS, k * m->p + j);
            m->last.H[k * m->ldp + j] = m->pixel_seen[j] ? (float)(scale.basis * u) : 0;
        }
    m->extrapolation = mien_extrapolation_start();
    m->taken = 0;
}

/* ---------------------------------------------------------------- iterations */

/* One step from the extrapolated point. Returns the loss of the last accepted one. */
static double iterate(masked *m)
{
    double loss = step(m);
    if (mien_extrapolation_accept(&m->extrapolation, loss)) {
        masked_point old = m->before;
        m->before = m->last;
        m->last = m->next;
        m->next = old;
    }
    if (m->taken++ < WARM_UP)
        m->extrapolation.beta = 0;
    return m->extrapolation.loss / (double)m->kept;
}

/* Whether the user still wants the fit. */
static bool go_on(const masked *m, mien_masked_fit *fit)
{
    const mien_masked_options *o = m->options;
    if (!fit->interrupted && o->go_on)
        fit->interrupted = !o->go_on(o->user);
    return !fit->interrupted;
}

static void descend(masked *m, size_t iterations, mien_masked_fit *fit)
{
    double tolerance = m->options->tolerance;
    fit->converged = false;
    while (fit->iterations < iterations && !fit->converged && go_on(m, fit)) {
        double loss = iterate(m);
        size_t t = fit->iterations++;
        fit->trace[t] = loss;
        fit->converged = m->extrapolation.stalled || (tolerance > 0 && t >= WINDOW &&
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
    double min = INFINITY;
    size_t few = m->options->iterations < SHORT ? m->options->iterations : SHORT;
    for (size_t s = 0; s < starts; s++) {
        start_random(m, m->options->seed + s);
        fit->iterations = 0;
        descend(m, few, fit);
        double loss = fit->iterations ? fit->trace[fit->iterations - 1] : INFINITY;
        if (!(loss < min) && s > 0)
            continue;
        min = loss;
        memcpy(best, m->last.W, nW * sizeof *best);
        memcpy(best + nW, m->last.H, nH * sizeof *best);
    }
    memcpy(m->last.W, best, nW * sizeof *best);
    memcpy(m->last.H, best + nW, nH * sizeof *best);
    m->extrapolation = mien_extrapolation_start();
    fit->iterations = 0;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- memory */

static void *a_worker_each(masked *m, size_t count, size_t size)
{
    return mien_arena_alloc_each(&m->arena, mien_pool_threads(m->pool), count, size);
}

static mien_status prepare(masked *m)
{
    size_t n = m->n, p = m->p, r = m->r;
    m->tiling = mien_tiling_plan(n, p, r);
    m->panels = mien_panels_prepare(p, r, &m->arena);
    m->panels.masked = true;
    m->panels.floor = MIN_MODEL;
    if (m->panels.rows && m->options->loss == MIEN_LOSS_KL)
        m->tiling = mien_tiling_with_rows(&m->tiling, m->panels.rows);
    size_t tile = m->tiling.rows * p, part = m->panels.part * r;
    size_t scratch = mien_panels_scratch(&m->panels, m->tiling.rows);
    m->ldp = (p + CHUNK - 1) / CHUNK * CHUNK;
    m->ldt = (m->tiling.rows + CHUNK - 1) / CHUNK * CHUNK;
    masked_point *points[] = {&m->last, &m->before, &m->next};
    for (size_t i = 0; i < 3; i++) {
        points[i]->W = mien_arena_alloc(&m->arena, n * r, sizeof(float));
        points[i]->H = mien_arena_alloc(&m->arena, r * m->ldp, sizeof(float));
    }
    m->buffers = a_worker_each(m, tile, sizeof(float));
    m->model = a_worker_each(m, tile, sizeof(float));
    m->scratch = a_worker_each(m, scratch > part ? scratch : part, sizeof(float));
    m->target = a_worker_each(m, r * m->ldt, sizeof(float)); /* ldt is a multiple of 8 images */
    m->transposed = a_worker_each(m, r * m->ldt, sizeof(float));
    m->hidden = a_worker_each(m, tile, 1);
    if (n <= MAX_KEPT / p)
        m->mask = mien_arena_alloc(&m->arena, n * p, 1);
    m->W_double = a_worker_each(m, m->tiling.rows * r, sizeof(double));
    m->Y_double = a_worker_each(m, tile, sizeof(double));
    m->H_double = mien_arena_alloc(&m->arena, r * p, sizeof(double));
    m->sums = mien_sums_alloc(&m->arena, m->pool, m->tiling.leaves, 1 + r,
                              r * m->ldp + r * r); /* panels have fewer columns */
    m->H_gram = mien_arena_alloc(&m->arena, r * r, sizeof(float));
    m->basis_sum = mien_arena_alloc(&m->arena, r, sizeof(double));
    m->inverse = mien_arena_alloc(&m->arena, r, sizeof(float));
    m->image_seen = mien_arena_alloc(&m->arena, n, 1);
    m->pixel_seen = mien_arena_alloc(&m->arena, p, sizeof *m->pixel_seen);
    return m->arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

static void hand_over(const masked *m, mien_masked_fit *fit)
{
    memcpy(fit->W, m->last.W, m->n * m->r * sizeof *fit->W);
    for (size_t k = 0; k < m->r; k++)
        memcpy(fit->H + k * m->p, m->last.H + k * m->ldp, m->p * sizeof *fit->H);
}

mien_status mien_masked_fit_run(mien_pool *pool, const mien_source *X,
                                const mien_masked_options *options, mien_masked_fit *out,
                                mien_error *err)
{
    assert(options->loss == MIEN_LOSS_KL || options->loss == MIEN_LOSS_HALF_SQUARES);
    assert(options->r > 0 && options->iterations > 0);
    masked m = {.options = options, .X = X, .pool = pool, .n = X->n, .p = X->p, .r = options->r};
    mien_masked_fit fit = {.n = X->n, .p = X->p, .r = options->r};
    fit.W = mien_arena_alloc(&fit.arena, fit.n * fit.r, sizeof *fit.W);
    fit.H = mien_arena_alloc(&fit.arena, fit.r * fit.p, sizeof *fit.H);
    fit.trace = mien_arena_alloc(&fit.arena, options->iterations, sizeof *fit.trace);
    int blas = mien_blas_single();
    mien_status st = fit.arena.failed ? MIEN_ERR_NOMEM : prepare(&m);
    if (st)
        mien_fail_plain(err, st);
    if (!st)
        st = count_entries(&m, err);
    if (!st)
        st = choose_start(&m, &fit, err);
    if (!st) {
        descend(&m, options->iterations, &fit);
        fit.kept = fit.held_out = NAN;
        fit.noise = (mien_held_out_noise){NAN, NAN, NAN};
        if (!fit.interrupted && score(&m, &fit))
            st = mien_fail_plain(err, MIEN_ERR_NOMEM);
        hand_over(&m, &fit);
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
    mien_arena_free(&fit->arena);
    *fit = (mien_masked_fit){0};
}
