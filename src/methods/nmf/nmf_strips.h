/* nmf_strips.h - coordinate descent on the basis, strip by strip of pixels, the weights fixed
 * (Kullback-Leibler).
 * SPDX-License-Identifier: MIT
 *
 * Columns of H are the same problem as rows of W, with W' in the place of H: nmf_ccd.c tells the
 * step. The loss is not larger afterwards. */
#ifndef MIEN_NMF_STRIPS_H
#define MIEN_NMF_STRIPS_H

#include "methods/nmf/nmf_descent.h"

typedef struct mien_strips {
    mien_nmf *nmf;
    size_t ldn;                /* n, padded */
    size_t pixels;             /* of a strip */
    size_t count;              /* of strips */
    float *W_transposed;       /* r x ldn: the weights, padded with 0; to be filled in */
    float *weight_sum;         /* r: of the weights; to be filled in */
    float **columns;           /* pixels x r a worker: columns of H */
    float *shared;             /* p x r: columns of H on their way between ranks; NULL: alone */
    const mien_weights *fixed; /* its buffers and levels serve here, too; its H is where columns
                                * start from */
    /* mien_strips_descend() */
    mien_panels transposed; /* of W_transposed */
    double *loss;           /* one a strip */
    /* mien_strips_descend_along() */
    float **x; /* pixels x ldn a worker */
} mien_strips;

/* Workspace from the run's arena, which tells whether it failed. */
mien_strips mien_strips_prepare(mien_nmf *nmf);

/* The same for mien_strips_descend_along() and W_transposed of the caller's, r x
 * mien_sweep_padded(n).
 */
mien_strips mien_strips_prepare_along(mien_nmf *nmf, float *W_transposed);

/* The buffers, made by mien_weights_prepare() for the strips: block, rows. MIEN_ERR_NOMEM or
 * MIEN_OK. */
mien_status mien_strips_hold(mien_strips *strips, mien_weights *fixed);

/* H (r x p) <- the columns, descended; returns sum x log(x / m). */
double mien_strips_descend(mien_strips *strips, float *H);

/* The same where W' (X / WH) is known: H (r x p) holds it, and becomes the new basis. Without
 * products, and so without another copy of the weights; for weights that no cache holds. */
void mien_strips_descend_along(mien_strips *strips, float *H);

#endif
