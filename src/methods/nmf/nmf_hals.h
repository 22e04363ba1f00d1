/* nmf_hals.h - the sweep of hierarchical alternating least squares, for all who sweep.
 * SPDX-License-Identifier: MIT
 *
 * One factor U (r x ld: basis images, or weights turned round) while the other is held: G (r x r)
 * is the other's Gram matrix, T (r x ld) its product with X. */
#ifndef MIEN_NMF_HALS_H
#define MIEN_NMF_HALS_H

#include "methods/nmf/nmf_state.h"

/* Images or pixels that are swept together: eight vectors of sums. */
enum { MIEN_HALS_CHUNK = 64 };

static inline size_t mien_hals_padded(size_t count)
{
    return (count + MIEN_HALS_CHUNK - 1) / MIEN_HALS_CHUNK * MIEN_HALS_CHUNK;
}

/* One sweep over MIEN_HALS_CHUNK columns of U, k = 1 .. r:
 *   u_k <- max(0, u_k + (t_k - sum_l G_kl u_l) / G_kk), untouched where G_kk is 0. */
void mien_hals_sweep(const float *G, const float *T, float *U, size_t r, size_t ld);

/* Sum over MIEN_HALS_CHUNK columns of u'Gu / 2 - u't; columns of padding are zero. */
double mien_hals_quadratic(const float *G, const float *T, const float *U, size_t r, size_t ld);

#endif
