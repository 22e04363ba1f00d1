/* tridiagonal.h - leading eigenpairs of a symmetric tridiagonal matrix.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TRIDIAGONAL_H
#define MIEN_TRIDIAGONAL_H

#include "base/memory.h"

/* Everything that solving needs, allocated once. */
typedef struct mien_tridiagonal {
    size_t n, r;
    double *factors; /* of T - x I for some x side by side */
    double *product; /* r x r */
    double *copy;    /* r x n */
} mien_tridiagonal;

/* For the r leading pairs of n x n matrices, 0 <= r <= n. The memory belongs to the arena. Returns
 * MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_tridiagonal_alloc(mien_tridiagonal *tridiagonal, size_t n, size_t r,
                                   mien_arena *arena);

/* values (r) <- the leading eigenvalues, largest first, right to a few rounding errors of ||T||;
 * vectors (r x n) <- their unit eigenvectors in rows, orthonormal as far.
 *   diagonal  n;  beside  n - 1, the entries beside it; both finite
 * Returns false when what was found is not that accurate, which is measured, as it may be where
 * eigenvalues lie closer together than inverse iteration can tell them apart; and when ||T|| is so
 * small or large, 1e-138 or 1e153, that squares leave the range of double. */
bool mien_tridiagonal_solve(mien_tridiagonal *tridiagonal, const double *diagonal,
                            const double *beside, double *values, double *vectors);

#endif
