/* snapshots.h - the basis along the iterations, small enough to be kept.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SNAPSHOTS_H
#define MIEN_SNAPSHOTS_H

#include "methods/run.h"

/* Whether the basis of iteration `iteration` of this run is of use: it is one of those that are
 * kept, 1, 2, 3, 5, 8, 13, ... (Fibonacci), if the options ask for them, or the caller wants to
 * view it. */
bool mien_snapshot_due(const mien_run *run, size_t iteration);

/* Keep the basis H (r rows, ldh apart) as that of this iteration; one kept before for the same
 * iteration makes way. Rows are scaled each by itself: 255 is the largest value, or for a method
 * whose basis is signed 128 is zero and 255 or 1 the largest magnitude. When memory is out the run
 * is told so. */
void mien_snapshot_take(mien_run *run, size_t iteration, const float *H, size_t ldh);

/* Keep it where it is one of those, and show it, with W (n x r, or NULL), to a caller who wants to
 * view it. */
void mien_snapshot_offer(mien_run *run, size_t iteration, const float *H, size_t ldh,
                         const float *W);

/* One row of p values as bytes, as above; returns what the largest byte stands for. */
float mien_snapshot_row(const float *h, size_t p, bool is_signed, uint8_t *out);

/* Component k becomes old component order[k], with the other sign where flipped[k] (NULL: none).
 * MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_snapshots_reorder(mien_fit *fit, const size_t *order, const bool *flipped);

void mien_snapshots_free(mien_snapshots *snapshots);

#endif
