/* rank_flat.h - the loss of the mean image: what a loss over r is large or small against.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_FLAT_H
#define MIEN_RANK_FLAT_H

#include "base/parallel.h"
#include "data/source.h"

/* loss[MIEN_RANK_KL] and loss[MIEN_RANK_FROBENIUS]: mean over the entries of X of the loss when
 * every image is modelled by the mean image, in double; X finite and >= 0. At least a millionth of
 * mean X and of half of mean X^2: fits in float go no further, even when all images are the same.
 * MIEN_OK or MIEN_ERR_NOMEM. The same bytes for any number of threads. */
mien_status mien_rank_flat(mien_pool *pool, const mien_source *X, double loss[2]);

#endif
