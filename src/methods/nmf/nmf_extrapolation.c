/* nmf_extrapolation.c - extrapolation with restart for alternating descents.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/nmf_extrapolation.h"

#include "base/cpu.h"

#include <math.h>
#include <string.h>

/* The constants of Ang & Gillis (2019), section 3; fast faces learned as well with values nearby.
 */
static const double BETA_START = 0.5;
static const double BETA_GROWTH = 1.05, LIMIT_GROWTH = 1.01;

mien_extrapolation mien_extrapolation_start(void)
{
    return (mien_extrapolation){.beta = 0, .limit = 1, .loss = INFINITY};
}

bool mien_extrapolation_accept(mien_extrapolation *e, double loss)
{
    if (!(loss <= e->loss)) { /* or no number at all */
        if (e->beta > 0)
            e->limit = e->beta; /* it was too bold */
        else
            e->stalled = true;
        e->beta = 0;
        return false;
    }
    e->loss = loss;
    e->beta = fmin(e->limit, e->beta > 0 ? e->beta * BETA_GROWTH : BETA_START);
    e->limit = fmin(1, e->limit * LIMIT_GROWTH);
    return true;
}

/* Extrapolation alone never makes a zero: an image or a pixel that lost all its components would
 * have no model, and a multiplicative step could not bring one back. */
static const float KEEP = 0.125f, MU_KEEP = 0.95f;

MIEN_LOOP(static, extrapolate,
          (float *y, const float *z, const float *before, float beta, float keep, size_t count),
          (y, z, before, beta, keep, count))
{
    for (size_t i = 0; i < count; i++) {
        float v = z[i] + beta * (z[i] - before[i]), least = keep * z[i];
        y[i] = v > least ? v : least;
    }
}

void mien_extrapolate(float *y, const float *z, const float *before, double beta, size_t count)
{
    if (beta == 0) /* whatever stands in `before`, 0 times infinity is not 0 */
        memcpy(y, z, count * sizeof *y);
    else
        extrapolate(y, z, before, (float)beta, KEEP, count);
}

void mien_mu_extrapolate(float *y, const float *z, const float *before, float beta, size_t count)
{
    extrapolate(y, z, before, beta, MU_KEEP, count);
}

/* ---------------------------------------------------------------- steps in place */

mien_status mien_momentum_prepare(mien_nmf *nmf, mien_momentum *out)
{
    mien_arena *arena = nmf->run->arena;
    size_t weights = nmf->n * nmf->r, basis = nmf->r * nmf->p;
    *out = (mien_momentum){.nmf = nmf,
                           .state = mien_extrapolation_start(),
                           .W = mien_arena_alloc(arena, weights, sizeof(float)),
                           .H = mien_arena_alloc(arena, basis, sizeof(float)),
                           .W_before = mien_arena_alloc(arena, weights, sizeof(float)),
                           .H_before = mien_arena_alloc(arena, basis, sizeof(float))};
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    memcpy(out->W, nmf->W, weights * sizeof *out->W);
    memcpy(out->H, nmf->H, basis * sizeof *out->H);
    return MIEN_OK;
}

void mien_momentum_keep(mien_momentum *momentum)
{
    mien_nmf *nmf = momentum->nmf;
    mien_nmf_keep_rows(nmf, "W", &momentum->W);
    mien_keep_floats(nmf->run, "H", &momentum->H, nmf->r, nmf->p);
    mien_nmf_keep_rows(nmf, "W before", &momentum->W_before);
    mien_keep_floats(nmf->run, "H before", &momentum->H_before, nmf->r, nmf->p);
    mien_keep_struct(nmf->run, "momentum", &momentum->state);
}

void mien_momentum_begin(mien_momentum *momentum)
{
    mien_nmf *nmf = momentum->nmf;
    float beta = (float)momentum->state.beta;
    if (!(beta > 0)) {
        mien_momentum_end(momentum);
        return;
    }
    mien_mu_extrapolate(nmf->W, momentum->W, momentum->W_before, beta, nmf->n * nmf->r);
    mien_mu_extrapolate(nmf->H, momentum->H, momentum->H_before, beta, nmf->r * nmf->p);
}

static void follow(float **last, float **before, const float *step, size_t count)
{
    float *kept = *before;
    *before = *last;
    *last = kept;
    memcpy(kept, step, count * sizeof *kept);
}

double mien_momentum_judge(mien_momentum *momentum, double loss)
{
    mien_nmf *nmf = momentum->nmf;
    bool first = !isfinite(momentum->state.loss);
    if (mien_extrapolation_accept(&momentum->state, loss)) {
        follow(&momentum->W, &momentum->W_before, nmf->W, nmf->n * nmf->r);
        follow(&momentum->H, &momentum->H_before, nmf->H, nmf->r * nmf->p);
    }
    if (first)
        momentum->state.beta = 0; /* the start's scale is any, and so is its first step */
    nmf->stalled = momentum->state.stalled;
    return momentum->state.loss;
}

void mien_momentum_end(mien_momentum *momentum)
{
    mien_nmf *nmf = momentum->nmf;
    memcpy(nmf->W, momentum->W, nmf->n * nmf->r * sizeof *nmf->W);
    memcpy(nmf->H, momentum->H, nmf->r * nmf->p * sizeof *nmf->H);
}
