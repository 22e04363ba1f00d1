/* rank_cells.h - the fits that choosing r takes: many small ones, each of which can be kept.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_CELLS_H
#define MIEN_RANK_CELLS_H

#include "mien_study.h"

typedef enum mien_cell_kind {
    MIEN_CELL_HELD_OUT, /* loss, r, index of the mask: loss of a hidden entry, of a kept one, hidden
                         * entries that are not counted; steep, busy and growth of the hidden ones'
                         * spread (NaN but under KL), see masked.h */
    MIEN_CELL_PERMUTED, /* the same of data permuted; index of the mask and of the permutation */
    MIEN_CELL_RELEVANT, /* loss, r, index of the start: components that are relevant, dispersion,
                         * objective */
    MIEN_CELL_STABLE    /* r: stability, its error, cophenetic correlation */
} mien_cell_kind;

enum { MIEN_CELL_KINDS = 4, MIEN_CELL_VALUES = 6 };

typedef struct mien_cell {
    mien_cell_kind kind;
    int loss; /* MIEN_RANK_KL or MIEN_RANK_FROBENIUS */
    size_t r, index;
    double value[MIEN_CELL_VALUES];
    size_t iterations;
    bool done;
} mien_cell;

/* Those of one kind. */
typedef struct mien_cells {
    mien_cell *at;
    size_t count;
} mien_cells;

/* Where finished cells come from and go to. Both may be NULL. */
typedef struct mien_cell_keeper {
    /* Fill value and iterations of a cell that was finished before; false: it was not. */
    bool (*find)(void *user, mien_cell *cell);
    /* Keep a finished cell. Called from the thread that called the study. */
    mien_status (*keep)(void *user, const mien_cell *cell, mien_error *err);
    void *user;
} mien_cell_keeper;

/* Compute cells that are not done, and hand them to the keeper as they come: side by side on all
 * threads, each by one, so that the result does not depend on their number; those of
 * MIEN_CELL_STABLE, of which all are or none is, one after the other, each on all threads.
 *   done, known  cells done, and those of them that the keeper had; increased
 *   begun, all   units of work before, and in all, for the progress callback
 * Not finishing because the callback asked for an end is MIEN_OK with `stopped` set. */
typedef struct mien_cell_work {
    const mien_source *X;
    const mien_rank_options *options;
    const mien_cell_keeper *keeper;
    size_t done, known, fits; /* fits: cells in all */
    double begun, all;
    bool stopped;
} mien_cell_work;

mien_status mien_cells_run(mien_cell_work *work, const mien_cells *cells, mien_error *err);

/* Units of work of a cell, about proportional to its time. */
double mien_cell_cost(const mien_cell *cell);

/* How alike the answers from several starts are, at one r. */
typedef struct mien_rank_stability {
    double stability, error; /* mean similarity of a component with its twins; over starts */
    double cophenetic;       /* of the consensus matrix; NaN where it is undefined */
    bool interrupted;        /* the callback asked for an end: these numbers are not whole */
} mien_rank_stability;

/* Factorise X options->starts times and compare. `now` is what the callback is told meanwhile.
 * Errors as mien_fit_run(). */
mien_status mien_rank_stability_find(const mien_source *X, const mien_rank_options *options,
                                     size_t r, const mien_progress *now, mien_rank_stability *out,
                                     mien_error *err);

#endif
