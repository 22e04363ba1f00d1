/* nmf_hals.h - what goes with mien_hals_sweep() (kernels/nmf_sweep.h), for all that sweep.
 * SPDX-License-Identifier: MIT
 *
 * One factor U (r x ld: basis images, or weights, transposed) while the other is fixed: G (r x r)
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

enum { MIEN_HALS_SWEEPS = 4 }; /* over a factor while its target stands */

/* Sweep over the weights W (count x r) of a tile.
 *   G       r x r, the basis' Gram matrix
 *   target  r x ldt, ldt = mien_hals_padded(count) or more: H X'; its padding becomes 0
 *   U       r x ldt: workspace, W' with its padding 0
 * Returns sum w'Gw / 2 - w't of the new weights, or without `with_loss` 0. */
double mien_hals_descend_weights(const float *G, float *target, float *W, size_t count, size_t r,
                                 size_t ldt, bool with_loss, float *U);

/* What descents by HALS share: targets and Gram matrices of both sides. */
typedef struct mien_hals {
    mien_nmf *nmf;
    size_t ldp, ldt;    /* pixels, images of a tile; padded to MIEN_HALS_CHUNK with zeros */
    float *H_gram;      /* r x r: H H' of the basis that is fixed */
    mien_sums sums;     /* doubles: see mien_nmf_sums(); floats: target and W_gram */
    float *target;      /* r x ldp: W' X */
    float *W_gram;      /* r x r: W' W */
    float **encoded;    /* r x ldt: H X' of a tile, a worker */
    float **transposed; /* r x ldt: W' of a tile, a worker */
    double *change;     /* chunks of pixels: how the step of the basis changed its quadratic */
} mien_hals;

/* doubles: more sums a pass, as for mien_nmf_sums(). MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_hals_prepare(mien_nmf *nmf, size_t doubles, mien_hals *out);

/* Hold the basis H (r x ldp): H_gram. */
void mien_hals_hold(mien_hals *h, const float *H);

/* Sweep the weights W of a tile, H fixed, adding its part of the loss to the tile's sums.
 *   threshold  r, taken off the target; NULL: nothing */
void mien_hals_descend_tile(const mien_hals *h, const mien_tile *tile, const float *H,
                            const float *threshold, float *W);

/* Add the tile's shares of W' X and W' W to its sums. */
void mien_hals_gather(const mien_hals *h, const mien_tile *tile, const float *W);

/* Sweep the basis H (r x ldp), the target and W_gram standing; returns how that changes the sum of
 * its quadratics. threshold: as above, and then the target is less by it. */
double mien_hals_descend_basis(mien_hals *h, const float *threshold, float *H);

#endif
