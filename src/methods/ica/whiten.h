/* whiten.h - PCA's components as white samples: what ICA turns.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_WHITEN_H
#define MIEN_WHITEN_H

#include "methods/run.h"

/* X - 1 mu' ~ T V with T = W (n x r) and V = H (r x p) of a PCA fit. Samples are either the pixels
 * (columns of V) or the images (rows of T).  Z = L V or L T', less the means of its rows. */
typedef struct mien_whitening {
    size_t r;          /* components of the fit; those from q on are not for turning */
    size_t q;          /* rows of Z: uncorrelated, mean 0, variance 1 over the samples */
    size_t m;          /* samples */
    float *Z;          /* q x m */
    double *L;         /* r x r */
    double *L_inverse; /* r x r, on the components that are not zero */
} mien_whitening;

/* Whiten a fit whose first `rank` components are not zero. Over the pixels, the constant image may
 * lie in the span of V, as it does when r = p: it is then row q of L V, 1 everywhere, and q is
 * rank - 1. Memory belongs to the run's arena. Returns MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_whiten(mien_run *run, const mien_fit *fit, size_t rank, bool pixels,
                        mien_whitening *out);

#endif
