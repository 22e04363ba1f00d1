/* rank_flat.h - the loss of the mean image: what a loss over r is large or small against.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_FLAT_H
#define MIEN_RANK_FLAT_H

#include "base/parallel.h"
#include "data/source.h"

/* By loss, MIEN_RANK_KL and MIEN_RANK_FROBENIUS; means over the entries of X, in double. */
typedef struct mien_rank_spread {
    double scale[2]; /* mean X, half of mean X^2 */
    double flat[2];  /* loss when every image is modelled by the mean image; at least a millionth of
                      * scale: fits in float go no further */
    bool alike;      /* all images are the same, to that precision */
} mien_rank_spread;

/* X finite and >= 0. MIEN_OK or MIEN_ERR_NOMEM. The same bytes for any number of threads. */
mien_status mien_rank_flat(mien_pool *pool, const mien_source *X, mien_rank_spread *out);

#endif
