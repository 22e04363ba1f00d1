/* rows.h - few long rows and many short ones: inner products and combinations, in parallel.
 * SPDX-License-Identifier: MIT
 *
 * H is r x p, rows few and long; W is n x r, rows many and short. The long side is cut into fixed
 * blocks, a task each; sums along it are added in double, in the order of the blocks, so the
 * result is the same for any number of threads. */
#ifndef MIEN_ROWS_H
#define MIEN_ROWS_H

#include "base/memory.h"
#include "base/parallel.h"

/* out <- A B' in double.  A m x p, B k x p, out m x k. Returns MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_rows_inner(mien_pool *pool, const float *A, size_t m, const float *B, size_t k,
                            size_t p, double *out);

/* out <- M A + beta out.  M m x k, A k x p, out m x p; out may be A itself (with beta = 0).
 * Returns MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_rows_combine(mien_pool *pool, const double *M, size_t m, size_t k, const float *A,
                              size_t p, float beta, float *out);

/* Make rows that are nearly orthonormal, A A' ~ I, orthonormal to float precision. In order: row
 * k changes by what rows 0 .. k-1 have of it, so the first rows, which are the most accurate when
 * they are principal directions, clean the others. A m x p, m <= p.
 * MIEN_OK, MIEN_ERR_NOMEM, MIEN_ERR_NUMERIC. */
mien_status mien_rows_orthonormalise(mien_pool *pool, float *A, size_t m, size_t p);

/* out <- W'W in double.  W n x r, out r x r. Returns MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_tall_inner(mien_pool *pool, const float *W, size_t n, size_t r, double *out);

/* W <- W M in place.  W n x r, M r x r. Returns MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_tall_multiply(mien_pool *pool, float *W, size_t n, size_t r, const double *M);

#endif
