/* nmf_extrapolation.h - extrapolation with restart, shared by the accelerated solvers.
 * SPDX-License-Identifier: MIT
 *
 * Ang & Gillis, Neural Computation 31 (2019) 417: an iteration starts from the point
 * y = max(z / 8, z + beta (z - z_before)) instead of the last point z. Here the loss of every new
 * point is known, and a point that is worse than z is thrown away: the next iteration then
 * starts from z itself, from where a descent step cannot fail. So the loss never increases. */
#ifndef MIEN_NMF_EXTRAPOLATION_H
#define MIEN_NMF_EXTRAPOLATION_H

#include "methods/nmf/nmf_state.h"

typedef struct mien_extrapolation {
    double beta;  /* in force; 0: a plain step */
    double limit; /* beta grows up to here */
    double loss;  /* of the last accepted point */
    bool stalled; /* a plain step was refused: rounding is all that is left, and the next would be
                   * the same */
} mien_extrapolation;

mien_extrapolation mien_extrapolation_start(void);

/* Judge a new point; true: it is the new z. Adapts beta. */
bool mien_extrapolation_accept(mien_extrapolation *e, double loss);

/* y <- max(z / 8, z + beta (z - before)), elementwise. y may be `before`. */
void mien_extrapolate(float *y, const float *z, const float *before, double beta, size_t count);

/* y <- max(0.95 z, z + beta (z - before)), for multiplicative steps: extrapolated, they send small
 * values to nothing, from where only as many steps bring them back. On CBCL, r = 49, with hidden
 * entries, KL ended at 0.0215 an entry with 1/8 in the place of 0.95, at 0.0154 with it. Three
 * different arrays. */
void mien_mu_extrapolate(float *y, const float *z, const float *before, float beta, size_t count);

/* The same for a descent whose steps work in place and learn the loss of the point they start from.
 * Points are judged where they are left: an extrapolated one that is worse than the last is thrown
 * away, and the next step starts from where that one's step led, which cannot be worse. */
typedef struct mien_momentum {
    mien_nmf *nmf;
    mien_extrapolation state;
    float *W, *H;               /* where the last accepted point's step led */
    float *W_before, *H_before; /* the same of the point before it */
} mien_momentum;

/* From nmf's W and H. MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_momentum_prepare(mien_nmf *nmf, mien_momentum *out);

/* What the descent goes on from (keep.h); the point of a step follows from it. */
void mien_momentum_keep(mien_momentum *momentum);

/* Before a step: nmf's W and H become the point it starts from. */
void mien_momentum_begin(mien_momentum *momentum);

/* After it, with the loss of that point. Returns the loss of the last accepted one. */
double mien_momentum_judge(mien_momentum *momentum, double loss);

/* nmf's W and H become what the descent came to, no worse than any accepted point. */
void mien_momentum_end(mien_momentum *momentum);

#endif
