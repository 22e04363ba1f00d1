/* leave_one_out.h - errors of training images on principal components that have not seen them.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LEAVE_ONE_OUT_H
#define MIEN_LEAVE_ONE_OUT_H

#include "methods/pca/centred.h"

/* What is known of C = X - 1 mu'. Memory is *not* owned. */
typedef struct mien_pairs {
    size_t count;          /* leading eigenpairs at hand: those of the fit, and some more */
    const double *values;  /* count, of C'C, largest first */
    const double *vectors; /* count x p, of C'C; with `images` count x n, of C C' */
    bool images;
    double variance; /* ||C||_F^2, the sum of all eigenvalues */
    double squares;  /* the sum of their squares */
} mien_pairs;

/* Eigenpairs beyond the r of the fit that mien_leave_one_out() wants, if there are so many. */
enum { MIEN_PAIRS_BEYOND = 24 };

/* out <- spread of the relative errors that images (all, or MIEN_HELD_OUT spread evenly over X)
 * have on the r leading components of all *other* images and on their mean, n >= 2. MIEN_ERR_NOMEM.
 * With all eigenpairs at hand exact; else see leave_one_out.c. */
mien_status mien_leave_one_out(const mien_centred *C, const mien_pairs *pairs, size_t r,
                               mien_quantiles *out);

#endif
