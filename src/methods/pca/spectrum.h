/* spectrum.h - the leading principal components of X: what PCA returns and ICA starts from.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SPECTRUM_H
#define MIEN_SPECTRUM_H

#include "methods/run.h"

/* Up to this smaller side of X the Gram matrix is formed and its eigenpairs are exact: 32 MB of
 * it; above, or rather when few components of many are wanted, see krylov.h. */
enum { MIEN_SPECTRUM_EXACT = 2048 };

typedef struct mien_spectrum {
    double *values;  /* r: squared singular values of C = X - 1 mu', largest first, 0 beyond rank;
                      * belongs to the run's arena */
    size_t rank;     /* components that are not zero */
    double variance; /* ||C||_F^2 */
    char how[128];   /* for fit->note */
} mien_spectrum;

/* Fill fit->H with the r leading eigenvectors of C'C, orthonormal rows by decreasing variance,
 * fit->W with the scores C H', and fit->mu when `centre`. A row's entry of largest absolute value
 * (the first of several) is positive. Components beyond the rank of C are zero rows of H and zero
 * columns of W, so that H H' is the identity or a corner of it. Fill fit->held_out, too, n > 1.
 *   exact   MIEN_SPECTRUM_EXACT, or smaller to test the other way
 * Returns MIEN_OK, MIEN_ERR_NOMEM, or, said in run->err, MIEN_ERR_NUMERIC, and MIEN_ERR_DOMAIN
 * where float32 cannot hold the mean image to the digits that the images differ in. */
mien_status mien_spectrum_find(mien_run *run, bool centre, size_t exact, mien_fit *fit,
                               mien_spectrum *out);

/* Rows of H from `rank` on, which are zero, become orthonormal to the others and to each other:
 * images of which nothing is in X. MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_spectrum_complete(mien_run *run, size_t rank, mien_fit *fit);

/* 1/2 ||C - W H||_F^2 as the spectrum tells it. */
double mien_spectrum_loss(const mien_spectrum *spectrum, size_t r);

#endif
