/* ard.h - automatic relevance determination: one factorization with more components than are
 * needed, in which the superfluous ones shrink away.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_ARD_H
#define MIEN_NMF_ARD_H

#include "base/memory.h"
#include "base/parallel.h"
#include "methods/loss.h"

typedef struct mien_ard_options {
    mien_loss loss;    /* MIEN_LOSS_KL (beta = 1) or MIEN_LOSS_HALF_SQUARES (beta = 2) */
    size_t r;          /* components to begin with */
    size_t iterations; /* at least 1 */
    double tolerance;  /* end when no relevance changed by more, relatively, or when those that will
                        * go are gone; 0: never */
    uint64_t seed;
    double shape;              /* a of the inverse Gamma prior, above 2 */
    double dispersion;         /* phi, above 0: variance of the noise; under KL over its mean */
    bool (*go_on)(void *user); /* asked before every iteration; false: end now. NULL: go on */
    void *user;
} mien_ard_options;

typedef struct mien_ard_fit {
    size_t r;
    float *W, *H;      /* n x r, r x p */
    double *relevance; /* r: lambda */
    double bound;      /* B = b / c, the least a relevance can be */
    size_t count;      /* components with lambda above B (1 + MIEN_ARD_MARGIN) */
    double objective;  /* the penalised negative log-likelihood, up to a constant */
    double *trace;     /* iterations: the least objective known at each */
    size_t iterations;
    bool converged;
    bool interrupted; /* go_on said no: the rest is as far as it came */
    mien_arena arena; /* of W, H, relevance and trace */
} mien_ard_fit;

#define MIEN_ARD_MARGIN 0.05

/* Run it on X, n x p, finite, >= 0, dimensions that BLAS takes: mien_rank_study() has seen to it.
 * MIEN_OK, MIEN_ERR_DATA (X is zero), MIEN_ERR_NOMEM. The same bytes for any number of threads. */
mien_status mien_ard_run(mien_pool *pool, const mien_source *X, const mien_ard_options *options,
                         mien_ard_fit *out, mien_error *err);
void mien_ard_fit_free(mien_ard_fit *fit);

#endif
