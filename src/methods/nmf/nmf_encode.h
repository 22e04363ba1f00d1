/* nmf_encode.h - weights of images whose weights are not kept, tile by tile (nmf_encode.c).
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_ENCODE_H
#define MIEN_NMF_ENCODE_H

#include "methods/nmf/nmf_descent.h"
#include "methods/nmf/nmf_state.h"

typedef struct mien_nmf_encoder mien_nmf_encoder;

/* Without a penalty.
 *   nmf   of a sample: H is the basis, which may change between tiles; W (n x r) tells how sparse
 *         weights are, on which the way to find them depends. It has to outlive the encoder.
 * Memory from the run's arena: MIEN_ERR_NOMEM. */
mien_status mien_nmf_encoder_open(mien_nmf *nmf, mien_nmf_encoder **out);

/* nmf->H is the basis from now on. */
void mien_nmf_encoder_hold(mien_nmf_encoder *encoder);

/* The weights (count x r) of a tile's images, found from nothing but the images; valid until the
 * worker's next tile. Images are taken to be near their minimum as after a refit. */
const float *mien_nmf_encoder_tile(mien_nmf_encoder *encoder, const mien_tile *tile);

/* kl: the basis as it is held, with its panels, for sums over the same tiles. */
mien_weights *mien_nmf_encoder_weights(mien_nmf_encoder *encoder);

#endif
