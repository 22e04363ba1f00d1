/* matching.h - which component of one fit is which of another.
 * SPDX-License-Identifier: MIT
 *
 * A factorisation fixes neither the order of its components nor their scale, and methods with both
 * signs not even the sign. So rows of H are compared by their cosine, by its absolute value when
 * is_signed, and paired off so that the sum of cosines is largest. */
#ifndef MIEN_MATCHING_H
#define MIEN_MATCHING_H

#include "mien.h"

/* Cosine of two images of p values, -1 .. 1. Two images that are zero count as the same, 1; one
 * that is zero has nothing in common with one that is not, 0. */
double mien_matching_cosine(const float *a, const float *b, size_t p);

/* out[k * r + l] <- cosine of row k of A and row l of B, both r x p. */
void mien_matching_cosines(const float *A, const float *B, size_t r, size_t p, bool is_signed,
                           double *out);

/* The permutation of least total cost.
 *   cost           r x r row-major, finite; any sign
 *   column_of_row  r, written: row i goes with column column_of_row[i]
 * Deterministic: among equal costs the choice depends on the matrix alone. r = 0 is fine.
 * Costs O(r^3). MIEN_OK, MIEN_ERR_DOMAIN for an entry that is not finite, MIEN_ERR_NOMEM. */
mien_status mien_assignment_solve(const double *cost, size_t r, size_t *column_of_row);

/* twin[k] <- the row of B that goes with row k of A, similarity[k] <- their cosine.
 * MIEN_OK, MIEN_ERR_DOMAIN (a value that is not finite), MIEN_ERR_NOMEM. */
mien_status mien_matching_find(const float *A, const float *B, size_t r, size_t p, bool is_signed,
                               size_t *twin, double *similarity);

#endif
