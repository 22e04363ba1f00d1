/* neighbours.h - ranks of one machine, which decode a folder together into memory they share.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NEIGHBOURS_H
#define MIEN_NEIGHBOURS_H

#include "base/team.h"
#include "data/mapping.h"

typedef struct mien_neighbours mien_neighbours;

/* Called by all ranks of a team; NULL: none of them on this machine beside this one, or they could
 * not share anything. */
mien_neighbours *mien_neighbours_meet(const mien_team *team);

/* They as a team of their own; of no neighbours: NULL. */
const mien_team *mien_neighbours_team(const mien_neighbours *neighbours);

/* What follows is called by all of them, in the same order. */

/* So many bytes that all of them see and write, in a file without a name in the cache's folder
 * (base/spill.h), in the place of what was taken before; NULL, for all: there is no room. */
void *mien_neighbours_take(mien_neighbours *neighbours, size_t nbytes);

/* The first bytes of that as they stand when all have called this, read only, in a mapping of each
 * one's own; streamed where they are more than half of `memory` (0: never). Any may fail by itself:
 * MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_neighbours_map(mien_neighbours *neighbours, size_t nbytes, size_t memory,
                                mien_mapping **out, mien_error *err);

void mien_neighbours_part(mien_neighbours *neighbours);

#endif
