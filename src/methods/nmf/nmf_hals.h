/* nmf_hals.h - what goes with mien_hals_sweep() (kernels/nmf_sweep.h), for all that sweep.
 * SPDX-License-Identifier: MIT
 *
 * One factor U (r x ld: basis images, or weights turned round) while the other is held: G (r x r)
 * is the other's Gram matrix, T (r x ld) its product with X. */
#ifndef MIEN_NMF_HALS_H
#define MIEN_NMF_HALS_H

#include "methods/nmf/kernels/nmf_sweep.h"
#include "methods/nmf/nmf_state.h"

static inline size_t mien_hals_padded(size_t count)
{
    return (count + MIEN_HALS_CHUNK - 1) / MIEN_HALS_CHUNK * MIEN_HALS_CHUNK;
}

/* Sum over MIEN_HALS_CHUNK columns of u'Gu / 2 - u't; columns of padding are zero. */
double mien_hals_quadratic(const float *G, const float *T, const float *U, size_t r, size_t ld);

#endif
