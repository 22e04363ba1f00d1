/* nmf_sweep.h - coordinate descent along rows: on images' weights for the Kullback-Leibler
 * divergence, and on many columns at once for least squares.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_SWEEP_H
#define MIEN_NMF_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

/* Rows are padded to a multiple of this many floats. */
enum { MIEN_SWEEP_PAD = 32 };

static inline size_t mien_sweep_padded(size_t count)
{
    return (count + MIEN_SWEEP_PAD - 1) / MIEN_SWEEP_PAD * MIEN_SWEEP_PAD;
}

/* A coordinate is worth another visit when its step gained more than this share of the best one. */
#define MIEN_SWEEP_WORTH 0.1f

/* A row to be swept over: an image and its r weights. */
typedef struct mien_sweep_row {
    const float *x; /* ld: the image; padded with 0 */
    float *m; /* ld: the model w' H, kept up to date and at or above the floor; padded with 1 */
    float *w; /* r, changed in place */
    unsigned *active; /* which coordinates to visit, rising; afterwards those worth another visit */
    size_t count;     /* of them */
} mien_sweep_row;

/* Rows that are swept over side by side. Each one's steps are its own: what stands beside it makes
 * no difference to its bytes. A row of H comes from the second or third cache once for all of them,
 * and no row waits for its own sums. */
enum { MIEN_SWEEP_ROWS = 4 };

/* Minimise f(w) = sum_j m_j - x_j log m_j, m = w' H, over w >= 0, one coordinate after the other,
 * in each of n <= MIEN_SWEEP_ROWS rows.
 *   floor           > 0
 *   H        r x ld the basis; padded with 0
 *   sum      r      sums of H's rows
 * The step and why f never increases: nmf_ccd.c. */
void mien_kl_sweep(mien_sweep_row *rows, size_t n, size_t ld, float floor, const float *H,
                   const float *sum);

/* m <- max(m + step last, floor); sums <- the product sum x h / m and the curvature
 * sum x h^2 / m^2 along h (ld) there; x, m, last and h are padded as above. */
void mien_kl_curvature(const float *x, float *m, size_t ld, float floor, const float *last,
                       float step, const float *h, float sums[2]);

/* ---------------------------------------------------------------- least squares */

/* Images or pixels that are swept together. */
enum { MIEN_HALS_CHUNK = 64 };

/* One sweep of hierarchical alternating least squares over MIEN_HALS_CHUNK columns of U (r x ld),
 * with G (r x r) and the target T (r x ld), k = 1 .. r:
 *   u_k <- max(0, u_k + (t_k - sum_l G_kl u_l) / G_kk), untouched where G_kk is 0. */
void mien_hals_sweep(const float *G, const float *T, float *U, size_t r, size_t ld);

#endif
