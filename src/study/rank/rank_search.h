/* rank_search.h - what the files of choosing r share (rank.c says what it does).
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_SEARCH_H
#define MIEN_RANK_SEARCH_H

#include "base/memory.h"
#include "base/parallel.h"
#include "study/rank/rank_cells.h"

enum {
    MIEN_RANK_LOSSES = 2,
    MIEN_RANK_PERMUTED = MIEN_RANK_LOSSES, /* beside losses: permuted data, under KL */
    MIEN_RANK_FITS,
    MIEN_RELEVANCE_STARTS = 3 /* under a loss; the one with the least objective counts */
};

/* A held-out loss below this share of that of the mean image is as good as none: what it still
 * falls by is rounding, or how far the fits went. */
#define MIEN_NO_LOSS 0.01

/* The loss of the mean image: what a loss over r is large or small against. By loss, MIEN_RANK_KL
 * and MIEN_RANK_FROBENIUS; means over the entries of X, in double. */
typedef struct mien_rank_baseline {
    double scale[2]; /* mean X, half of mean X^2 */
    double flat[2];  /* loss when every image is modelled by the mean image; at least a millionth of
                      * scale: fits in float go no further */
    bool alike;      /* all images are the same, to that precision */
} mien_rank_baseline;

/* Reads all of X and refuses what no fit of the search takes: MIEN_ERR_DOMAIN (a value that is
 * negative or not finite), MIEN_ERR_DATA (X is zero everywhere), MIEN_ERR_NOMEM. The same bytes for
 * any number of threads. */
mien_status mien_rank_baseline_measure(mien_pool *pool, const mien_source *X,
                                       mien_rank_baseline *out, mien_error *err);

typedef struct mien_rank_search {
    const mien_rank_options *options;
    mien_rank *rank;
    mien_pool *pool;
    mien_cell_work work;
    mien_rank_baseline baseline;
    mien_cells cells[MIEN_CELL_KINDS];
    size_t spread_points; /* points of the range that are measured whatever comes */
    mien_arena arena;
} mien_rank_search;

/* The fit of a loss to the entries that a mask leaves, at a point; or of permuted data. */
static inline mien_cell *mien_held_out_cell(const mien_rank_search *s, size_t fit, size_t point,
                                            size_t mask)
{
    size_t back = s->rank->n_points - 1 - point; /* large ones first: they take longest */
    if (fit == MIEN_RANK_PERMUTED)
        return &s->cells[MIEN_CELL_PERMUTED].at[back * s->options->masks + mask];
    return &s->cells[MIEN_CELL_HELD_OUT]
                .at[(back * MIEN_RANK_LOSSES + fit) * s->options->masks + mask];
}

/* Whether these were measured: all masks are done, or none, since a round of fits that was not
 * finished is the last. */
static inline bool mien_is_measured(const mien_rank_search *s, size_t fit, size_t point)
{
    return mien_held_out_cell(s, fit, point, 0)->done;
}

/* Mean over the masks of such a value, and its standard error where that is not NULL. */
double mien_held_out_mean(const mien_rank_search *s, size_t fit, size_t point, size_t value,
                          double *error);

/* The point of least held-out loss; of equal ones the first. */
size_t mien_held_out_best(const mien_rank *rank, size_t loss);

/* Count the fits that are made whatever comes; those that follow from what was measured are counted
 * as they come. */
void mien_rank_add_up_work(mien_rank_search *s);

/* Fit hidden entries and permuted data where it takes to know what each curve says: then those
 * cells are `done`, the others lie on straight lines between them. An end that was asked for is
 * MIEN_OK with s->work.stopped. Errors of mien_cells_run(). */
mien_status mien_rank_measure_held_out(mien_rank_search *s, mien_error *err);

/* The same of how alike several starts are: writes stability, stability_error, cophenetic and
 * alike_measured of the points. */
mien_status mien_rank_measure_stability(mien_rank_search *s, mien_error *err);

/* rank_judge.c: the losses of hidden entries that criteria read. */
enum { MIEN_HELD_OUT_CURVES = 3 };

/* values <- such a loss as its criterion reads it, n_points x masks; returns which loss was
 * minimised. */
size_t mien_held_out_curve(const mien_rank_search *s, size_t curve, double *values);

/* rank_judge.c: losses of fitted entries under KL, of X and of permuted data, n_points each; NaN
 * where not both were measured. */
void mien_permuted_curves(const mien_rank_search *s, double *fitted, double *permuted);

/* rank_judge.c: growth and noise of s->rank, from what is held out. */
void mien_rank_judge_noise(mien_rank_search *s);

/* The criteria, the recommendation and the sentence of s->rank, from all that was
 * measured. */
mien_status mien_rank_judge(mien_rank_search *s, mien_error *err);

#endif
