/* keep.h - what a run goes on from after it was killed.
 * SPDX-License-Identifier: MIT
 *
 * A method in steps says once, before its loop, where its state stands: all that the next iteration
 * depends on and that does not follow from the rest, byte for byte. Where a state was kept, each
 * place is filled as it is named; so what follows from a state is made after that. Then the loop:
 *
 *     mien_keep_floats(run, "W", &W, n, r);                  pointers that change places: by
 * address mien_keep_struct(run, "momentum", &momentum); for (size_t t = mien_keep_begin(run,
 * "descent", 0); t < end; t++) { mien_keep_state(run, t);                           all of it is as
 * iteration t begins
 *         ...
 *         mien_run_step(run, ...);
 *     }
 *     mien_keep_end(run);
 *
 * Ranks keep a state together, when the first one's clock says so; of what has a row an image each
 * brings its own (mien_keep_rows()), and where a run goes on, all get all rows.
 *
 * The trace, the snapshots, levels and the comparison of starts are kept beside it. Places are
 * named anew for every loop; two loops of a fit have two names, and what was kept of the second is
 * asked for by mien_keep_is_at() in front of the first. Nothing here does anything where run->keep
 * is NULL. */
#ifndef MIEN_KEEP_H
#define MIEN_KEEP_H

#include "base/disk/checkpoint.h"
#include "base/team.h"
#include "methods/halving.h"
#include "methods/levels.h"
#include "methods/run.h"

enum { MIEN_KEEP_PLACES = 24, MIEN_KEEP_NAME = 160 };

typedef struct mien_keep_place {
    const char *name;
    void *at;    /* where it is ... */
    void **slot; /* ... or where it says where it is */
    size_t rows, row_bytes;
    mien_team_share_fn share; /* which rows are right in which rank; NULL: all, in all of them */
    const void *context;
} mien_keep_place;

/* What a state says of itself. */
typedef struct mien_keep_head {
    char loop[16];
    uint64_t iteration, level, before, iterations, is_signed;
    double seconds; /* since the fit began */
    mien_contender contender;
} mien_keep_head;

/* One start. */
typedef struct mien_keep {
    mien_checkpoint *checkpoint;
    const char *fit;      /* what the whole fit is called */
    size_t start, starts; /* from 0; how many there are */
    const char *loop;     /* that is at work */
    const char *unit;     /* what its iterations are to people; NULL: iterations */
    bool resumes;         /* a state was kept, and no loop has gone on from it yet */
    mien_keep_head head;  /* of that */
    mien_coarse_part *coarser;
    mien_keep_place places[MIEN_KEEP_PLACES];
    size_t count;
    bool overfull; /* more were named than there is room for: nothing is kept */
    double taken;  /* when its state was last kept */
    mien_status
        status; /* what was kept could not be read: the run ends with it, its words in err */
} mien_keep;

/* A start's keep, in memory of the caller's: with what was kept of it. Errors in keep->status. */
void mien_keep_open(mien_keep *keep, mien_run *run, size_t start, size_t starts);
void mien_keep_close(mien_keep *keep);

/* Refuses what is kept of a fit with other options or of other data (MIEN_ERR_ARG), or keeps the
 * words that tell the next run. MIEN_ERR_NOMEM, MIEN_ERR_IO, MIEN_ERR_FORMAT. Said in run->err. And
 * the fit's clock goes on. first: "name: value" lines in front of these words, or "". */
mien_status mien_keep_check(mien_run *run, const char *first);

/* The same of any work that is called `name`: `words` are "name: value" lines, or NULL: there was
 * no memory for them, and so in all ranks. */
mien_status mien_keep_identify(mien_checkpoint *checkpoint, const char *name, const char *words,
                               mien_error *err);

/* ---------------------------------------------------------------- for methods */

/* rows x columns floats at *slot. */
void mien_keep_floats(mien_run *run, const char *name, float **slot, size_t rows, size_t columns);

/* rows x row_bytes at a place that stays. */
void mien_keep_bytes(mien_run *run, const char *name, void *at, size_t rows, size_t row_bytes);
/* The same, of which each rank has the rows that `share` says of `context`, until mien_keep_end().
 */
void mien_keep_rows(mien_run *run, const char *name, void *at, size_t rows, size_t row_bytes,
                    mien_team_share_fn share, const void *context);
void mien_keep_float_rows(mien_run *run, const char *name, float **slot, size_t rows,
                          size_t columns, mien_team_share_fn share, const void *context);
#define mien_keep_struct(run, name, at) mien_keep_bytes(run, name, at, 1, sizeof *(at))

size_t mien_keep_begin(mien_run *run, const char *loop, size_t first);
void mien_keep_state(mien_run *run, size_t iteration);

/* The two halves of it, for what has to be made ready between them: whether it is time, and to keep
 * it then. Ranks ask together. */
bool mien_keep_is_due(const mien_run *run);
void mien_keep_take(mien_run *run, size_t iteration);

void mien_keep_end(mien_run *run);

/* What a place was filled with is nothing that a run leaves: the run ends with MIEN_ERR_FORMAT. To
 * be called before mien_keep_begin() where a number of the state is used as a place. */
void mien_keep_refuse(mien_run *run);

/* Whether the run goes on from a state of this loop, or of any (NULL). */
bool mien_keep_is_at(const mien_run *run, const char *loop);

/* ---------------------------------------------------------------- for the frame */

/* The level that the run goes on at; 0: it begins. run->before and the rows of the coarser levels
 * are then as they were. */
size_t mien_keep_level(mien_run *run);

/* ---------------------------------------------------------------- whole fits */

/* Whether start `index` of a fit has ended; *at <- what it came to. */
bool mien_keep_has_ended(mien_run *run, size_t index, mien_contender *at);

/* It has: its state goes. `best`: the fit that leads now, or NULL where that is another one, and
 * its start. */
void mien_keep_ended(mien_run *run, size_t index, const mien_contender *at, const mien_fit *best);

/* *fit <- the one that led; *found false: none was kept. Errors said in run->err. */
mien_status mien_keep_best(mien_run *run, mien_fit *fit, size_t *index, bool *found);

/* A fit below a name: keep it with other sections (count), what begins with `drop` goes; and read
 * one of X under these options back, when there is one (*found). MIEN_ERR_FORMAT, _IO, _NOMEM. */
void mien_keep_fit(mien_checkpoint *checkpoint, const char *name, const char *drop,
                   const mien_fit *fit, const mien_section *more, size_t count);
mien_status mien_kept_fit(mien_checkpoint *checkpoint, const char *name, const mien_method *method,
                          const mien_source *X, const mien_options *options, mien_fit *fit,
                          bool *found, mien_error *err);

#endif
