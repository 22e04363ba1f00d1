/* assignment.h - who goes with whom, so that the sum of costs is least.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_ASSIGNMENT_H
#define MIEN_ASSIGNMENT_H

#include "mien.h"

/* The permutation of least total cost.
 *   cost           r x r row-major, finite; any sign
 *   column_of_row  r, written: row i goes with column column_of_row[i]
 * Deterministic: among equal costs the choice depends on the matrix alone. r = 0 is fine.
 * Costs O(r^3). MIEN_OK, MIEN_ERR_DOMAIN for an entry that is not finite, MIEN_ERR_NOMEM. */
mien_status mien_assignment_solve(const double *cost, size_t r, size_t *column_of_row);

#endif
