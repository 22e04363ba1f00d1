/* starts.h - a method from several starts, of which the best is kept.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STARTS_H
#define MIEN_STARTS_H

#include "methods/run.h"

#include <pthread.h>

/* The best of fits that come from several threads in any order: the lowest mien_fit_objective(), of
 * equals the lowest number, and a whole fit before any that was interrupted. */
typedef struct mien_best {
    pthread_mutex_t mutex;
    bool filled, whole;
    size_t index;
    mien_fit fit;
} mien_best;

void mien_best_init(mien_best *best);

/* Takes over `fit`: it becomes the best or is freed. */
void mien_best_offer(mien_best *best, mien_fit *fit, size_t index, bool whole);

/* Whether a fit that came to so much would become the best. */
bool mien_best_takes(const mien_best *best, double objective, size_t index, bool whole);

/* Rank `owner` has this fit: then all have, each its own. MIEN_ERR_NOMEM, said in err: nobody has.
 */
mien_status mien_fit_share(const struct mien_team *team, unsigned owner, const mien_method *method,
                           const mien_options *options, mien_fit *fit, mien_error *err);

/* Whose fit was not taken out of it is freed. */
void mien_best_free(mien_best *best);

/* One start: fit and score. run->seed, starts, finished and pool are set. */
typedef mien_status (*mien_start_fn)(mien_run *run, mien_fit *out);

/* Run `start` for run->starts seeds: options->seed + i * step. *out <- the fit whose loss and
 * penalty are lowest, of equals the earliest; the same bytes for any number of threads. An
 * interrupt ends all: the best of what there is is kept, and run->interrupted is set. A failure
 * ends all, too, and is returned with its message in run->err: the lowest start's of those that had
 * failed by then, which may be another one when threads run otherwise. */
mien_status mien_starts_run(mien_run *run, mien_start_fn start, uint64_t step, mien_fit *out);

#endif
