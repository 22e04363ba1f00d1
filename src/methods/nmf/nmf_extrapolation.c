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

mien_status mien_leap_prepare(mien_nmf *nmf, mien_leap *out)
{
    mien_arena *arena = nmf->run->arena;
    size_t weights = nmf->n * nmf->r, basis = nmf->r * nmf->p;
    *out = (mien_leap){.nmf = nmf,
                       .pace = mien_extrapolation_start(),
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

void mien_leap_begin(mien_leap *leap)
{
    mien_nmf *nmf = leap->nmf;
    float beta = (float)leap->pace.beta;
    if (!(beta > 0)) {
        mien_leap_end(leap);
        return;
    }
    mien_mu_extrapolate(nmf->W, leap->W, leap->W_before, beta, nmf->n * nmf->r);
    mien_mu_extrapolate(nmf->H, leap->H, leap->H_before, beta, nmf->r * nmf->p);
}

static void follow(float **last, float **before, const float *step, size_t count)
{
    float *kept = *before;
    *before = *last;
    *last = kept;
    memcpy(kept, step, count * sizeof *kept);
}

double mien_leap_judge(mien_leap *leap, double loss)
{
    mien_nmf *nmf = leap->nmf;
    bool first = !isfinite(leap->pace.loss);
    if (mien_extrapolation_accept(&leap->pace, loss)) {
        follow(&leap->W, &leap->W_before, nmf->W, nmf->n * nmf->r);
        follow(&leap->H, &leap->H_before, nmf->H, nmf->r * nmf->p);
    }
    if (first)
        leap->pace.beta = 0; /* the start's scale is any, and so is its first step */
    nmf->stalled = leap->pace.stalled;
    return leap->pace.loss;
}

void mien_leap_end(mien_leap *leap)
{
    mien_nmf *nmf = leap->nmf;
    memcpy(nmf->W, leap->W, nmf->n * nmf->r * sizeof *nmf->W);
    memcpy(nmf->H, leap->H, nmf->r * nmf->p * sizeof *nmf->H);
}
