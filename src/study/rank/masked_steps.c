/* masked_steps.c - one step of masked factorization, under both losses.
 * SPDX-License-Identifier: MIT */
#include "study/rank/masked_state.h"

#include "base/cpu.h"
#include "linalg/blas.h"
#include "linalg/vecmath.h"
#include "methods/nmf/kernels/nmf_kernels.h"

#include <string.h>

enum {
    LANES = 32, /* sums are kept in so many lanes, */
    RUN = 512,  /* and go over into double after so many entries */
    CHUNK = MIEN_HALS_CHUNK
};

enum { SUM_LOSS, SUM_WEIGHTS }; /* doubles of a step: the loss, sums of W's columns */

#define LEAST 1e-30f /* of a model that something is divided by */

/* ---------------------------------------------------------------- kernels */

/* What becomes of one entry's model y, and what it adds to the sum. */
typedef float entry_step(float x, uint8_t hidden, float *y);

/* y becomes x / y, 1 where hidden; returns x log(x/y) - x + y, 0 where hidden. */
static inline float ratio_entry(float x, uint8_t hidden, float *y)
{
    float m = *y > LEAST ? *y : LEAST, v = hidden ? m : x, ratio = v / m;
    *y = ratio;
    return v * mien_log_fast(ratio) - v + m;
}

/* y becomes x where it is not hidden; returns the square of what that changes. */
static inline float complete_entry(float x, uint8_t hidden, float *y)
{
    float v = hidden ? *y : x, d = v - *y;
    *y = v;
    return d * d;
}

/* The sum over all entries. Loops of a fixed length are what the compiler turns into vectors. */
static inline __attribute__((always_inline)) double sum_entries(const float *restrict x,
                                                                const uint8_t *restrict hidden,
                                                                float *restrict model, size_t count,
                                                                entry_step *step)
{
    double total = 0;
    size_t j = 0;
    while (count - j >= LANES) {
        float lanes[LANES] = {0};
        size_t end = count - j < RUN ? count : j + RUN;
        for (; end - j >= LANES; j += LANES)
            for (size_t l = 0; l < LANES; l++)
                lanes[l] += step(x[j + l], hidden[j + l], &model[j + l]);
        for (size_t l = 0; l < LANES; l++)
            total += lanes[l];
    }
    for (; j < count; j++)
        total += step(x[j], hidden[j], &model[j]);
    return total;
}

/* model <- x / model, 1 where hidden; returns sum over kept entries of x log(x/y) - x + y. */
MIEN_LOOP_OF(static, double, masked_ratio,
             (const float *x, const uint8_t *hidden, float *model, size_t count),
             (x, hidden, model, count))
{
    return sum_entries(x, hidden, model, count, ratio_entry);
}

/* The same without the loss. */
MIEN_LOOP(static, masked_ratio_only,
          (const float *restrict x, const uint8_t *restrict hidden, float *restrict model,
           size_t count),
          (x, hidden, model, count))
{
    for (size_t j = 0; j < count; j++) {
        float ratio = x[j] / (model[j] > LEAST ? model[j] : LEAST);
        model[j] = hidden[j] ? 1 : ratio;
    }
}

/* model <- x where it is not hidden; returns half the squares of what that changes. */
MIEN_LOOP_OF(static, double, masked_complete,
             (const float *x, const uint8_t *hidden, float *model, size_t count),
             (x, hidden, model, count))
{
    return sum_entries(x, hidden, model, count, complete_entry) / 2;
}

static void extrapolate(const mien_masked *m, float *y, const float *z, const float *before,
                        size_t count)
{
    bool kl = m->options->loss == MIEN_LOSS_KL;
    if (kl && m->pace.beta > 0)
        mien_mu_extrapolate(y, z, before, (float)m->pace.beta, count);
    else
        mien_extrapolate(y, z, before, m->pace.beta, count);
}

/* ---------------------------------------------------------------- Kullback-Leibler */

static void visit_kl(void *context, const mien_tile *tile)
{
    mien_masked *m = context;
    size_t p = m->p, r = m->r, count = tile->count;
    float *W = m->next.W + tile->first * r, *model = m->model[tile->worker];
    float *encoded = m->target[tile->worker];
    uint8_t *hidden = m->hidden[tile->worker];
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, count * p, hidden);
    extrapolate(m, W, m->last.W + tile->first * r, m->before.W + tile->first * r, count * r);
    mien_sgemm(false, false, count, p, r, 1, W, r, m->next.H, m->ldp, 0, model, p);
    tile->doubles[SUM_LOSS] += masked_ratio(tile->x, hidden, model, count * p);
    mien_sgemm(false, true, count, r, p, 1, model, p, m->next.H, m->ldp, 0, encoded, r);
    mien_kl_scale_weights(W, encoded, m->inverse, count, r, tile->doubles + SUM_WEIGHTS);

    mien_sgemm(false, false, count, p, r, 1, W, r, m->next.H, m->ldp, 0, model, p);
    masked_ratio_only(tile->x, hidden, model, count * p);
    mien_sgemm(true, false, r, p, count, 1, W, r, model, p, tile->opens ? 0 : 1, tile->floats,
               m->ldp);
}

static void scale_basis_row(void *context, size_t k, unsigned worker)
{
    (void)worker;
    mien_masked *m = context;
    double weight_sum = m->sums.doubles[SUM_WEIGHTS + k];
    if (weight_sum > 0)
        mien_scale_product(m->next.H + k * m->ldp, m->sums.floats + k * m->ldp,
                           (float)(1 / weight_sum), m->p);
}

static double step_kl(mien_masked *m)
{
    for (size_t k = 0; k < m->r; k++) {
        m->basis_sum[k] = 0;
        for (size_t j = 0; j < m->p; j++)
            m->basis_sum[k] += m->next.H[k * m->ldp + j];
        m->inverse[k] = m->basis_sum[k] > 0 ? (float)(1 / m->basis_sum[k]) : 0;
    }
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_kl, m, &m->sums);
    mien_pool_run(m->pool, m->r, scale_basis_row, m);
    return m->sums.doubles[SUM_LOSS];
}

/* ---------------------------------------------------------------- Frobenius */

static void visit_frobenius(void *context, const mien_tile *tile)
{
    mien_masked *m = context;
    size_t p = m->p, r = m->r, count = tile->count, ldt = m->ldt;
    float *W = m->next.W + tile->first * r, *model = m->model[tile->worker];
    float *target = m->target[tile->worker], *U = m->turned[tile->worker];
    uint8_t *hidden = m->hidden[tile->worker];
    float keep = tile->opens ? 0 : 1;
    mien_mask_fill(&m->options->mask, (uint64_t)tile->first * p, count * p, hidden);
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
    mien_masked *m = context;
    size_t at = chunk * CHUNK;
    const float *target = m->sums.floats, *W_gram = target + m->r * m->ldp;
    for (int s = 0; s < MIEN_HALS_SWEEPS; s++)
        mien_hals_sweep(W_gram, target + at, m->next.H + at, m->r, m->ldp);
}

static double step_frobenius(mien_masked *m)
{
    size_t r = m->r;
    mien_sgemm(false, true, r, r, m->ldp, 1, m->next.H, m->ldp, m->next.H, m->ldp, 0, m->H_gram, r);
    mien_pass(m->pool, m->X, &m->tiling, m->buffers, visit_frobenius, m, &m->sums);
    mien_pool_run(m->pool, m->ldp / CHUNK, sweep_basis, m);
    return m->sums.doubles[SUM_LOSS];
}

double mien_masked_step(mien_masked *m)
{
    extrapolate(m, m->next.H, m->last.H, m->before.H, m->r * m->ldp);
    return m->options->loss == MIEN_LOSS_KL ? step_kl(m) : step_frobenius(m);
}
