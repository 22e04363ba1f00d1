/* starts.h - a method from several starts, of which the best is kept.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STARTS_H
#define MIEN_STARTS_H

#include "methods/run.h"

/* Fits that run side by side, each with threads / that many threads of its own: one thread never
 * waits for another, so on small data a fit a thread is fastest. Each needs a workspace of about
 * the size of X, so there are no more of them than have 64 million values together, and large data
 * is given to all threads, one fit after the other. At least 1, at most `fits` and `threads` (0:
 * one a processor, as everywhere). */
unsigned mien_starts_side_by_side(const mien_source *X, unsigned threads, size_t fits);

/* One start: fit and score. run->seed, starts, finished and pool are set. */
typedef mien_status (*mien_start_fn)(mien_run *run, mien_fit *out);

/* Run `start` for run->starts seeds: options->seed + i * step. *out <- the fit whose loss and
 * penalty are lowest, of equals the earliest; the same bytes for any number of threads. An
 * interrupt ends all: the best of what there is is kept, and run->interrupted is set. A failure
 * ends all, too, and is returned with its message in run->err: the lowest start's of those that had
 * failed by then, which may be another one when threads run otherwise. */
mien_status mien_starts_run(mien_run *run, mien_start_fn start, uint64_t step, mien_fit *out);

#endif
