/* nmf_exact.h - coordinate descent on one side under a cost, down to zeros that are zeros
 * (Kullback-Leibler).
 * SPDX-License-Identifier: MIT
 *
 * Multiplied, what is to be 0 goes there for ever. Penalised descents therefore end with some
 * rounds that go from one coordinate to the next (nmf_weight_cost.c), on their own objective, and
 * reach it. */
#ifndef MIEN_NMF_EXACT_H
#define MIEN_NMF_EXACT_H

#include "methods/nmf/nmf_weight_cost.h"

typedef struct mien_exact {
    mien_nmf *nmf;
    mien_weight_cost cost; /* of the side that moves: linear and curvature, to be filled in */
    float *sum;            /* r: of the side that is fixed, to be filled in */
    float floor;
    size_t ldp, ldn;     /* p and n, padded */
    float *H;            /* r x ldp, padded */
    float *W_transposed; /* r x ldn */
    float **x, **m;      /* a worker each: an image and its model, or pixels of all images */
    float **model;       /* T x p a worker */
    float **columns;     /* r a worker */
} mien_exact;

/* How many rounds a penalised descent ends with: a share of its iterations where these were used
 * up, so that what a few of the textbook give is the textbook's. The same whether it was
 * interrupted. */
size_t mien_exact_rounds(const mien_fit *fit);

/* Part of the start of a penalised descent: some multiplicative steps for the Kullback-Leibler
 * divergence alone, none of them an iteration; none where the start is the user's (nmf_l1_kl.c).
 * MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_nmf_break_symmetry(mien_nmf *nmf);

/* Workspace from the run's arena. MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_exact_prepare(mien_nmf *nmf, mien_exact *out);

/* Some sweeps over W, or over H, the other fixed. Neither increases the with_cost objective. */
void mien_exact_weights(mien_exact *exact);
void mien_exact_basis(mien_exact *exact);

#endif
