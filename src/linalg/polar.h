/* polar.h - the orthogonal matrix that is nearest to a given one.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_POLAR_H
#define MIEN_POLAR_H

#include "mien.h"

/* X <- (X X')^(-1/2) X, the orthogonal factor of X's polar decomposition: no orthogonal matrix is
 * nearer to X. What is left of X X' - I has entries near 1e-15 n.
 *   X      n x n, row-major; undefined on failure
 *   work   2 n n doubles
 * Returns MIEN_ERR_NUMERIC when X holds a NaN or an infinity, MIEN_ERR_DOMAIN when X is singular,
 * or nearly: for sure when its least singular value is below 1e-13 of the largest, never when it is
 * above 1e-4. */
mien_status mien_polar(double *X, size_t n, double *work);

#endif
