/* nmf_hals.h - what goes with mien_hals_sweep() (kernels/nmf_sweep.h), for all that sweep.
 * SPDX-License-Identifier: MIT
 *
 * One factor U (r x ld: basis images, or weights, transposed) while the other is held: G (r x r)
 * is the other's Gram matrix, T (r x ld) its product with X. */
#ifndef MIEN_NMF_HALS_H
#define MIEN_NMF_HALS_H

#include "methods/nmf/kernels/nmf_sweep.h"
#include "methods/nmf/nmf_state.h"

static inline size_t mien_hals_padded(size_t count)
{
    return (count + MIEN_HALS_CHUNK - 1) / MIEN_HALS_CHUNK * MIEN_HALS_CHUNK;
}

enum { MIEN_HALS_SWEEPS = 4 }; /* over a factor while its target stands */

/* Sweep over the weights W (count x r) of a tile.
 *   G       r x r, the basis' Gram matrix
 *   target  r x ldt, ldt = mien_hals_padded(count) or more: H X'; its padding becomes 0
 *   U       r x ldt: workspace, W' with its padding 0
 * Returns sum w'Gw / 2 - w't of the new weights, or without `with_loss` 0. */
double mien_hals_descend_weights(const float *G, float *target, float *W, size_t count, size_t r,
                                 size_t ldt, bool with_loss, float *U);

/* Sum over MIEN_HALS_CHUNK columns of u'Gu / 2 - u't; columns of padding are zero. */
double mien_hals_quadratic(const float *G, const float *T, const float *U, size_t r, size_t ld);

#endif
