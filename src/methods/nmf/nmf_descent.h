/* nmf_descent.h - coordinate descent on one factor while the other is fixed (Kullback-Leibler).
 * SPDX-License-Identifier: MIT
 *
 * The steps, and why none increases the loss, are told in nmf_ccd.c. */
#ifndef MIEN_NMF_DESCENT_H
#define MIEN_NMF_DESCENT_H

#include "data/scale.h"
#include "methods/nmf/kernels/nmf_batched.h"
#include "methods/nmf/kernels/nmf_panels.h"
#include "methods/nmf/kernels/nmf_sweep.h"
#include "methods/nmf/nmf_state.h"

/* How many of `left` > 0 rows are to be descended on side by side, 1 to MIEN_SWEEP_ROWS. */
size_t mien_descend_together(size_t ld, size_t left);

/* Descend on the coordinates w (r) of at most MIEN_SWEEP_ROWS rows; their lists of active ones are
 * workspace of r numbers.
 *   floor         models stay at or above it
 *   H      r x ld, sum (r) its row sums
 *   product   count x r: (x / m) H' at the start: tells which coordinates stay at 0 */
void mien_descend_rows(mien_sweep_row *rows, size_t count, size_t ld, float floor, const float *H,
                       const float *sum, const float *product, size_t r);

/* A pixel that is not there: x = 0 and m = 1 from `from` to `to`. */
void mien_descend_pad(float *x, float *m, size_t from, size_t to);

/* Pixels and images in units that are far apart.
 *
 * Coordinate descent keeps the model WH above a floor (nmf_descent.c). Where a column of a table is
 * in a unit of which a billion make one of another's, all of its model would lie below. But
 * gradients sum_j x_j h_j / m_j do not change when a pixel of H, and so of WH, is multiplied by a
 * power of two, while the sums of H's rows are those of H itself; nor does anything but W when an
 * image and its weights are. So such pixels and images are lifted to the level of the others for
 * the descent. Images of a camera never are: then there is nothing here, and nothing is done. */
typedef struct mien_levels {
    const int *pixels;    /* p exponents of two, or NULL: all are 0 */
    const int *images;    /* n, or NULL */
    const mien_source *X; /* the run's, with images at their level */
} mien_levels;

/* From X, or for new images from the model alone. Memory from the run's arena: MIEN_ERR_NOMEM.
 *   images  whether images are to be lifted, too */
mien_status mien_levels_find(const mien_nmf *nmf, bool images, mien_levels *out);

/* to (r x ld) <- from, pixels at their level. */
void mien_levels_lift(const mien_levels *levels, const float *from, size_t r, size_t p, size_t ld,
                      float *to);

/* Weights of an image (r) to its level, or back. */
void mien_levels_lift_weights(const mien_levels *levels, size_t image, bool back, float *w,
                              size_t r);

/* Weights of tiles of images, the basis fixed. */
typedef struct mien_weights {
    mien_nmf *nmf;
    bool batched; /* several images at once (nmf_batched.h), or row by row: see nmf_cost_model.h */
    bool with_product;    /* mien_weights_descend() leaves (X / WH) H' of its start in product */
    size_t ldp;           /* p, padded */
    float floor;          /* models are kept above it: m^2 stays far from underflow */
    float *H;             /* r x ldp: the basis that is fixed, padded with 0; to be filled in */
    float *basis_sum;     /* r: of H, see mien_weights_hold() */
    mien_levels levels;   /* whose images the caller lifts */
    float *lifted;        /* r x ldp: H with its pixels at their level; H itself where all are */
    mien_entries entries; /* `lifted` once more, batched; p = 0: images are too large for that */
    mien_panels panels;   /* and as its products want it, row by row; with the floor */
    /* a worker each; `block` floats and more where asked for, so that others can use them, too */
    float **model, **ratio, **product, **x, **m;
    unsigned **active; /* MIEN_SWEEP_ROWS x r */
} mien_weights;

/* What the model is kept above for an image of this mean. */
float mien_weights_floor(double mean);

/* block, rows: what else model, ratio and x, or product, should have room for (0: nothing).
 * MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_weights_prepare(mien_nmf *nmf, size_t block, size_t rows, mien_weights *out);

/* H has been changed: take its sums, and entries or panels. */
void mien_weights_hold(mien_weights *weights);

/* Descend on the weights W (count x r) of a tile. */
void mien_weights_descend(const mien_weights *weights, const mien_tile *tile, float *W);

#endif
