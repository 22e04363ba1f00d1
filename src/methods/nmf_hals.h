/* nmf_hals.h - the sweep of hierarchical alternating least squares.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_HALS_H
#define MIEN_NMF_HALS_H

#include <stddef.h>

/* Images or pixels that are swept together: eight vectors of sums. */
enum { MIEN_HALS_CHUNK = 64 };

/* One sweep over MIEN_HALS_CHUNK columns of U (r x ld), k = 0 .. r - 1 in order:
 *   u_k <- max(0, u_k + (t_k - sum_l G_kl u_l) / G_kk);  G_kk = 0: u_k stays */
void mien_hals_sweep(const float *G, const float *target, float *U, size_t r, size_t ld);

#endif
