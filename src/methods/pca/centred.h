/* centred.h - products with X - 1 mu', which is never formed.
 * SPDX-License-Identifier: MIT
 *
 * X comes in tiles; each is centred where it lies in a worker's reach, before any product, so
 * that nothing cancels. Two kinds of sums are wanted: over pixels, one tile at a time, and over
 * images. For the latter some tiles are gathered in a batch of fixed size, and the columns of the
 * result are shared out among the threads: not every thread has a copy of the result. Sums run over
 * a thousand images or more in order, and of such runs in a tree, for ranks to share
 * (base/reduce.h). Batches and buffers are small
 * enough for the cache, and for their pages to cost little the first time they are touched. */
#ifndef MIEN_CENTRED_H
#define MIEN_CENTRED_H

#include "methods/run.h"

typedef struct mien_centred {
    mien_run *run;
    const double *mu; /* p, or NULL: X as it is; does *not* own this memory */
} mien_centred;

/* With C = X - 1 mu', one pass over X each, in float; MIEN_OK or MIEN_ERR_NOMEM.
 *   Y (n x b) <- C Q'        Q is b x p */
mien_status mien_centred_scores(const mien_centred *C, size_t b, const float *Q, float *Y);

/*   Z (b x p) <- (C Q')' C   Q is b x p */
mien_status mien_centred_apply(const mien_centred *C, size_t b, const float *Q, float *Z);

/*   Z (b x p) <- Y' C        Y is n x b; for few images: a worker has pixels of all of them */
mien_status mien_centred_combine(const mien_centred *C, size_t b, const float *Y, float *Z);

/* G <- C'C (p x p) or, for `images`, C C' (n x n); upper triangle, row-major.
 *   exact   all in double; else products in float of centred values, some hundred at a time, and
 *           their sums in double: wrong by some 1e-8 of G's largest eigenvalue, in half the time
 * Returns MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_centred_gram(const mien_centred *C, bool images, bool exact, double *G);

#endif
