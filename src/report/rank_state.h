/* rank_state.h - finished fits of a search for r, kept in a file until the search is whole.
 * SPDX-License-Identifier: MIT
 *
 * A text file. The first line says of what data and options the fits are; every other line is one
 * finished fit: kind, loss, r, index, iterations, values, and a checksum over the first line and
 * all of these. It is written anew beside itself and renamed, so it is whole at any moment. Whoever
 * uses it holds OUT (mien_outdir_begin()), so no other process does. */
#ifndef MIEN_RANK_STATE_H
#define MIEN_RANK_STATE_H

#include "base/text.h"
#include "study/rank/rank_cells.h"

#include <time.h>

typedef struct mien_rank_state {
    char path[4096];
    mien_text text;   /* the file */
    mien_cell *cells; /* what it says; owned */
    size_t count, capacity;
    uint32_t checksum; /* of the first line */
    size_t side;       /* the smaller of images and pixels: no r is above it */
    time_t synced;     /* when it was last made safe on disk */
} mien_rank_state;

/* Read what is there, or begin. Which r and how many masks may differ from run to run; all else
 * has to be the same: MIEN_ERR_ARG with what to do. MIEN_ERR_FORMAT: it is damaged, or holds what
 * no fit gives. MIEN_ERR_IO (also for a link in its place), MIEN_ERR_NOMEM. */
mien_status mien_rank_state_open(const char *path, const mien_dataset *dataset,
                                 const mien_rank_options *options, mien_rank_state *out,
                                 mien_error *err);
void mien_rank_state_close(mien_rank_state *state);

/* The file as a keeper of cells. */
mien_cell_keeper mien_rank_state_keeper(mien_rank_state *state);

#endif
