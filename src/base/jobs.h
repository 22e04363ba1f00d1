/* jobs.h - independent jobs side by side, watched by the calling thread.
 * SPDX-License-Identifier: MIT
 *
 * A pool (parallel.h) shares out the short steps of one fit. Here a job is a whole fit, which has a
 * pool itself; meanwhile the caller's thread stays free to tell the user how far things are. A job
 * writes to a place of its own, and what is made of all of them must not depend on the order in
 * which they end: then the result is the same for any number of threads. */
#ifndef MIEN_JOBS_H
#define MIEN_JOBS_H

#include "mien.h"

struct mien_team;
typedef struct mien_jobs mien_jobs;

/* What a job is handed. */
typedef struct mien_job {
    mien_jobs *jobs;
    size_t index;
    unsigned worker; /* below the number of jobs side by side: the place of a thread's buffers */
    mien_error *err; /* the job's own */
} mien_job;

typedef struct mien_job_plan {
    size_t count;
    unsigned side_by_side; /* at most; 0: one a processor */
    mien_status (*run)(void *context, const mien_job *job);
    /* Called about twenty times a second and when jobs end, and once more after all, from the
     * calling thread, after it said so, too; where jobs run in that thread, whenever one of them
     * tells something. False: the jobs are to end. */
    bool (*watch)(void *context, const mien_jobs *jobs);
    void *context;
    /* With ranks (team.h), job i is run by rank i modulo their number, and what it wrote there is
     * brought to all by this soon after it has ended; every rank calls it, from the thread that
     * watches, for the same jobs in the same order. NULL: each runs all. */
    void (*share)(void *context, const struct mien_team *team, size_t index, unsigned owner);
} mien_job_plan;

/* Run jobs 0 .. count - 1, begun in that order without a gap, each in one of `side_by_side` new
 * threads (in the caller's where none can be started), with floating-point arithmetic as in the
 * calling thread. After a failure, and when watch() said so, those at work are told, and none but
 * the first, which always has something to show, begins. Returns MIEN_OK, MIEN_ERR_NOMEM before any
 * job ran, or the failure of the lowest job that had failed by then, its message in err. */
mien_status mien_jobs_run(const mien_job_plan *plan, mien_error *err);

/* From a job: it has done so many units so far, at such a loss (NaN: none that is new). False: it
 * is to end. */
bool mien_job_tell(const mien_job *job, size_t done, double loss);

/* From watch(): units that all jobs have done, their lowest loss (NaN: none is known), and whether
 * a job has ended. */
size_t mien_jobs_done(const mien_jobs *jobs);
double mien_jobs_lowest(const mien_jobs *jobs);
bool mien_job_ended(const mien_jobs *jobs, size_t index);

/* How many of so many jobs run side by side, each with threads / that many threads of its own: one
 * thread never waits for another, so with small workspaces a job a thread is fastest. Together they
 * have no more than 256 MB of workspaces, n x p float32 each (0: none); larger jobs get all
 * threads, one after the other. At least 1, at most `count` and `threads` (0: one a processor). */
unsigned mien_jobs_side_by_side(unsigned threads, size_t count, size_t n, size_t p);

#endif
