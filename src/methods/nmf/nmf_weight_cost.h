/* nmf_weight_cost.h - what the weights of an image cost beyond its loss, with the basis fixed.
 * SPDX-License-Identifier: MIT
 *
 * A penalty of training (nmf_l1_kl.c, nmf_l1_frobenius.c, nmf_local.c), seen by one image:
 *
 *   minimise over w >= 0   kl:         sum_j -x_j log m_j + sum_k a_k w_k + c_k / 2 w_k^2, m = w'H
 *                          frobenius:  1/2 |x - m|^2      + sum_k a_k w_k + c_k / 2 w_k^2
 *
 * Without a penalty a_k is the sum of basis image k under kl and 0 under frobenius, c_k is 0. */
#ifndef MIEN_NMF_WEIGHT_COST_H
#define MIEN_NMF_WEIGHT_COST_H

#include "methods/nmf/nmf_state.h"

typedef struct mien_weight_cost {
    size_t r;
    double *linear;    /* r: a */
    double *curvature; /* r: c; infinite: the weight stays 0 */
    double *norm;      /* r: c_k = norm_k / ||w_k||, w_k the weights of all training images; NULL: c
                        * does not depend on them */
    bool to_total; /* in the end the weights are scaled so that the model has the image's total */
} mien_weight_cost;

/* All zero, `norm` where there is to be one; memory from the arena. False: it failed. */
bool mien_weight_cost_alloc(size_t r, bool norms, mien_arena *arena, mien_weight_cost *out);

/* Set c from the weights W (n x r) of the training images. Returns by how much a ||w_k|| has
 * changed at most, as a share of the largest; 0 where c does not depend on W. */
double mien_weight_cost_follow(mien_weight_cost *cost, const float *W, size_t n);

/* Kullback-Leibler, one image: so many sweeps of coordinate descent over w (r).
 *   x, m   ld    the image and its model, padded as for mien_descend_rows(); m is not the model
 *               afterwards
 *   H      r x ld; sum (r) its row sums
 * Returns the largest move of the last sweep, |step| sum_k. */
double mien_weight_cost_descend(const mien_weight_cost *cost, const float *x, float *m, size_t ld,
                                float floor, const float *H, const float *sum, float *w,
                                int sweeps);

#endif
