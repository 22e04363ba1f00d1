/* reflect.h - a symmetric matrix brought into tridiagonal form by reflections.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_REFLECT_H
#define MIEN_REFLECT_H

#include <stdbool.h>
#include <stddef.h>

/* Doubles of scratch, on a line of the cache, that a matrix of n x n needs; 0 where this processor
 * or n is better served by LAPACK. */
size_t mien_reflect_scratch(size_t n);

/* What dsytrd does with the upper triangle of A (n x n, row-major; its lower one in LAPACK's
 * order): row k <- the reflection's vector beyond k + 1, where it has 1, and diagonal (n), beside
 * (n - 1) and scales (n - 1) as there. False, with A as it was, when squares of its entries could
 * overflow or underflow: ask LAPACK then. */
bool mien_reflect(double *A, size_t n, double *diagonal, double *beside, double *scales,
                  double *scratch);

/* Rows of Z (r x n) <- the product of the reflections that mien_reflect() left in A, times each. */
void mien_reflect_back(const double *A, size_t n, const double *scales, double *Z, size_t r);

#endif
