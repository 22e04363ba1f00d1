/* nmf_extrapolation.c - extrapolation with restart for alternating descents.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf.h"

#include "base/clones.h"

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
#define KEEP 0.125f

MIEN_CLONES
static void extrapolate(float *y, const float *z, const float *before, float beta, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float v = z[i] + beta * (z[i] - before[i]), least = KEEP * z[i];
        y[i] = v > least ? v : least;
    }
}

void mien_extrapolate(float *y, const float *z, const float *before, double beta, size_t count)
{
    if (beta == 0) /* whatever stands in `before`, 0 times infinity is not 0 */
        memcpy(y, z, count * sizeof *y);
    else
        extrapolate(y, z, before, (float)beta, count);
}

#define MU_KEEP 0.95f

MIEN_CLONES
static void mu_extrapolate(float *restrict y, const float *restrict z, const float *restrict before,
                           float beta, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float v = z[i] + beta * (z[i] - before[i]), least = MU_KEEP * z[i];
        y[i] = v > least ? v : least;
    }
}

void mien_mu_extrapolate(float *y, const float *z, const float *before, float beta, size_t count)
{
    mu_extrapolate(y, z, before, beta, count);
}
