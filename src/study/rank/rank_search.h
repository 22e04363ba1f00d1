/* rank_search.h - what the files of choosing r share (rank.c says what it does).
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_SEARCH_H
#define MIEN_RANK_SEARCH_H

#include "base/memory.h"
#include "study/rank/rank_cells.h"
#include "study/rank/rank_flat.h"

enum {
    MIEN_RANK_LOSSES = 2,
    MIEN_RELEVANCE_STARTS = 3 /* under a loss; the one with the least objective counts */
};

/* A held-out loss below this share of that of the mean image is as good as none: what it still
 * falls by is rounding, or how far the fits went. */
#define MIEN_NO_LOSS 0.01

typedef struct mien_rank_search {
    const mien_rank_options *options;
    mien_rank *rank;
    mien_cell_work work;
    mien_rank_spread spread;
    mien_cell *held, *permuted, *relevant, *stable;
    size_t n_held, n_permuted, n_relevant, n_stable;
    size_t permuted_points; /* n_permuted: of these, masks */
    mien_arena arena;
} mien_rank_search;

/* A loss of hidden entries: where it is among the cells and their values, and when it decides. */
typedef struct mien_held_loss {
    const char *key, *name;             /* of one standard error */
    const char *least_key, *least_name; /* of the least; NULL: left out */
    size_t fit, value;
    bool speaks[4]; /* by mien_rank_noise */
} mien_held_loss;

enum { MIEN_HELD_LOSSES = 3 };
extern const mien_held_loss mien_held_losses[MIEN_HELD_LOSSES]; /* rank_judge.c */

/* The fit of a loss to the entries that a mask leaves, at a point. */
static inline mien_cell *mien_held_cell(const mien_rank_search *s, size_t loss, size_t point,
                                        size_t mask)
{
    size_t back = s->rank->n_points - 1 - point; /* large ones first: they take longest */
    return &s->held[(back * MIEN_RANK_LOSSES + loss) * s->options->masks + mask];
}

/* rank_noise.c: growth and noise of s->rank, from what is held out. */
void mien_rank_judge_noise(mien_rank_search *s);

/* rank_noise.c: faint of s->rank, when its criteria and recommendation are there. */
void mien_rank_judge_faint(mien_rank_search *s);

/* rank_judge.c: the criteria, the recommendation and the sentence of s->rank, from all that was
 * measured. */
mien_status mien_rank_judge(mien_rank_search *s, mien_error *err);

#endif
