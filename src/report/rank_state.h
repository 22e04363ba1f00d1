/* rank_state.h - finished fits of a search for r, kept in a checkpoint until the search is whole.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_STATE_H
#define MIEN_RANK_STATE_H

#include "base/disk/checkpoint.h"
#include "study/rank/rank_cells.h"

typedef struct mien_rank_state {
    mien_checkpoint *checkpoint; /* does *not* belong to it */
    mien_cell *cells;            /* what is known; owned */
    size_t count, capacity;
    size_t side; /* the smaller of images and pixels: no r is above it */
} mien_rank_state;

/* What is kept there, or nothing yet. Which r and how many masks may differ from run to run; all
 * else has to be the same: MIEN_ERR_ARG with what to do. MIEN_ERR_FORMAT: it holds what no fit
 * gives. MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_rank_state_open(mien_checkpoint *checkpoint, const mien_dataset *dataset,
                                 const mien_rank_options *options, mien_rank_state *out,
                                 mien_error *err);
void mien_rank_state_close(mien_rank_state *state);

/* The file as a keeper of cells. */
mien_cell_keeper mien_rank_state_keeper(mien_rank_state *state);

#endif
