/* consensus.h - which images go together, over many runs.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CONSENSUS_H
#define MIEN_CONSENSUS_H

#include "base/parallel.h"
#include "mien_study.h"

/* An image without a dominant component. */
#define MIEN_NO_COMPONENT UINT32_MAX

/* The images that are compared when there are n: images[0 .. count - 1] in ascending order.
 * Returns the count. `images` has room for min(n, MIEN_CONSENSUS_MAX). */
size_t mien_consensus_choose(size_t n, size_t *images);

/* out[a] <- dominant component of image images[a]. MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_consensus_dominant(const mien_fit *fit, const size_t *images, size_t count,
                                    uint32_t *out);

/* Count, cluster and judge.
 *   dominant  runs x n, component numbers need mean nothing across runs
 * Writes all of `out` but `images`. MIEN_ERR_NOMEM; then what is in `out` is still to be freed. */
mien_status mien_consensus_build(mien_pool *pool, const uint32_t *dominant, size_t runs, size_t n,
                                 mien_consensus *out);
void mien_consensus_free(mien_consensus *consensus);

#endif
