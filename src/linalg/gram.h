/* gram.h - blocks of a Gram matrix A'A: products in float in registers, sums in double.
 * SPDX-License-Identifier: MIT
 *
 * GEMM copies both factors into buffers of its own, whose pages cost a small problem as much as the
 * products, and knows nothing of symmetry. Here A stays where it is. */
#ifndef MIEN_GRAM_H
#define MIEN_GRAM_H

#include <stdbool.h>
#include <stddef.h>

/* Whether this processor has what mien_gram_block() needs; else take GEMM. */
bool mien_gram_available(void);

/* Floats from one row of A to the next, for rows of `side`. What lies beyond `side` must be zero.
 * Successive rows do not meet in the same lines of a cache. */
size_t mien_gram_stride(size_t side);

/* The upper triangle of A'A (side x side) is cut into so many blocks. */
size_t mien_gram_blocks(size_t side);

/* Block `block` of G (side x side, row-major) <- A'A, added to it when `keep`; A is count rows of
 * `side`, mien_gram_stride(side) apart. Entries of the lower triangle beside the diagonal may be
 * written as well. */
void mien_gram_block(const float *A, size_t count, size_t side, size_t block, bool keep, double *G);

#endif
