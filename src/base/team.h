/* team.h - ranks: processes that make the same calls on the same data and share the work.
 * SPDX-License-Identifier: MIT
 *
 * Every rank runs the same program on the same words and comes to the same decisions, since all of
 * them decide by the same numbers. What has a row an image is worked on where the image is: rank k
 * of K has leaves k L / K to (k + 1) L / K of a pass (reduce.h); what is of the basis' size stands
 * in every rank. Functions here are called by all ranks, in the same order, from one thread: the
 * only thing that differs is what a rank brings.
 *
 * How bytes go from one rank to another is not known here: a program brings a transport (mpi/), a
 * test brings threads. No team: NULL everywhere, a process by itself, and nothing is done. */
#ifndef MIEN_TEAM_H
#define MIEN_TEAM_H

#include "mien.h"

enum { MIEN_NO_RANK = -1 };

typedef struct mien_team {
    unsigned rank, size;
    const unsigned
        *names;    /* what ranks are called, where they are some of others; NULL: 0, 1, ... */
    unsigned here; /* ranks on this machine; 0: not known, taken for this one alone */
    /* Send `out` to rank `to` and receive exactly n_in bytes from rank `from`, both at the same
     * time, either of them MIEN_NO_RANK: nothing. Messages between two ranks arrive in order. What
     * fails there does not come back: it ends the program. */
    void (*exchange)(void *transport, int to, const void *out, size_t n_out, int from, void *in,
                     size_t n_in);
    void *transport;
} mien_team;

/* The team of this process, set once by the program; it must outlive all else. */
void mien_team_set(const mien_team *team);

/* The team that this thread's calls are shared with; NULL: none, or what the thread does is its own
 * matter. */
const mien_team *mien_team_now(void);

/* mien_team_leave() and what else is of use to a program is in mien.h. */

/* 0 of 1 without a team. */
static inline unsigned mien_team_rank(const mien_team *team)
{
    return team ? team->rank : 0;
}

static inline unsigned mien_team_size(const mien_team *team)
{
    return team ? team->size : 1;
}

/* Bytes of rank `root` come to all. */
void mien_team_broadcast(const mien_team *team, unsigned root, void *bytes, size_t count);

/* What is done with numbers that ranks bring: each `count` of its own, the same to all. */
typedef enum mien_team_rule { MIEN_TEAM_MOST, MIEN_TEAM_LEAST, MIEN_TEAM_SUM } mien_team_rule;
void mien_team_agree(const mien_team *team, mien_team_rule rule, uint64_t *values, size_t count);

/* One of them. */
uint64_t mien_team_most(const mien_team *team, uint64_t value);

/* The first of what rank `rank` has; rank = size: how many there are. Grows with the rank. */
typedef size_t (*mien_team_share_fn)(const void *context, unsigned rank);

/* Rows of `size` bytes, each rank's share filled in by that rank: then all of them are, in all. */
void mien_team_gather(const mien_team *team, void *rows, size_t size, mien_team_share_fn share,
                      const void *context);

/* The same, but for the first rank alone: rows of others stay as they are in all others. */
void mien_team_collect(const mien_team *team, void *rows, size_t size, mien_team_share_fn share,
                       const void *context);

/* Rows that stood where `from` says come to where `to` says; those of others stay as they are. */
typedef struct mien_team_shares {
    mien_team_share_fn share;
    const void *context;
} mien_team_shares;
void mien_team_move(const mien_team *team, void *rows, size_t size, mien_team_shares from,
                    mien_team_shares to);

/* Numbers that one rank after the other goes on with, from the first to the last: what that one
 * leaves comes to all. Sums of rows are then those that one process makes of all of them. */
void mien_team_in_turn(const mien_team *team, void *numbers, size_t bytes,
                       void (*go_on)(void *context), void *context);

/* What a rank failed in, all failed in: the status and the words of the lowest that did, "rank k: "
 * before those of another than the first. */
mien_status mien_team_fail_alike(const mien_team *team, mien_status st, mien_error *err);

/* The lowest rank for which something holds; how many ranks there are: for none. */
unsigned mien_team_lowest(const mien_team *team, bool holds);

/* Of `count` things in a row, the first that rank `rank` of `size` has: count rank / size, rounded
 * up, so that the first thing is always rank 0's. */
size_t mien_team_first(size_t count, unsigned rank, unsigned size);

#endif
