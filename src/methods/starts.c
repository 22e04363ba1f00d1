/* starts.c - a method from several starts, one after the other or side by side.
 * SPDX-License-Identifier: MIT */
#include "methods/starts.h"

#include "base/status.h"
#include "base/tasks.h"

#include <math.h>
#include <stdatomic.h>

/* Values that the workspaces of all fits side by side may have together: 256 MB. */
enum { MOST_VALUES = 64 * 1000 * 1000 };

unsigned mien_starts_side_by_side(const mien_source *X, unsigned threads, size_t fits)
{
    size_t values;
    if (threads == 0)
        threads = mien_processors();
    if (!mien_product(X->n, X->p, 1, &values) || values > MOST_VALUES || fits == 0)
        return 1;
    size_t most = values ? MOST_VALUES / values : fits;
    most = most < fits ? most : fits;
    return threads < most ? threads : (unsigned)most;
}

/* A worker's best fit so far, and the start that failed, after which it takes no other. */
struct leader {
    bool filled;
    size_t start;
    mien_fit fit;
    mien_status status;
    size_t failed_start;
    mien_error error;
};

struct crowd {
    mien_run *run;        /* the caller's thread alone touches it ... */
    const mien_run model; /* ... and this is what every start begins with */
    unsigned threads;     /* of one start */
    mien_start_fn start;
    uint64_t step;
    unsigned workers;
    struct leader *leaders; /* one a worker */
    struct told *told;      /* one a start */
    atomic_bool stop;       /* no other start is to begin, those at work are to end */
};

/* What a start tells, for the thread that called the library. */
struct told {
    struct crowd *crowd;
    atomic_size_t iterations;
    _Atomic double loss; /* NaN: none yet */
};

/* Take over `fit`: it becomes the best or is freed. The same for any order in which starts end. */
static void consider(struct leader *best, mien_fit *fit, size_t start)
{
    double now = mien_fit_objective(fit), before = mien_fit_objective(&best->fit);
    if (!best->filled || now < before || (now == before && start < best->start)) {
        mien_fit_free(&best->fit);
        best->filled = true;
        best->fit = *fit;
        best->start = start;
    } else {
        mien_fit_free(fit);
    }
}

/* ---------------------------------------------------------------- one after the other */

static mien_status run_in_turn(mien_run *run, mien_start_fn start, uint64_t step, mien_fit *out)
{
    const mien_options *options = run->options;
    struct leader best = {0};
    for (size_t i = 0; i < run->starts && !run->interrupted; i++) {
        mien_fit fit;
        run->seed = options->seed + i * step;
        run->finished = i * options->iterations;
        mien_status st = start(run, &fit);
        if (st) {
            mien_fit_free(&best.fit);
            return st;
        }
        consider(&best, &fit, i);
    }
    *out = best.fit;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- side by side */

static bool note(void *user, const mien_progress *now)
{
    struct told *told = user;
    atomic_store(&told->iterations, now->done);
    if (!isnan(now->loss)) /* the last step, of the weights alone, does not know it */
        atomic_store(&told->loss, now->loss);
    return !atomic_load(&told->crowd->stop);
}

/* A start with a pool and tiles of its own; all that only reads is the crowd's. */
static mien_status run_alone(struct crowd *crowd, size_t i, struct leader *leader, mien_fit *out)
{
    mien_options options = *crowd->model.options;
    mien_arena arena = {0};
    mien_run run = crowd->model;
    options.progress = note;
    options.user = &crowd->told[i];
    run.options = &options;
    run.seed = options.seed + i * crowd->step;
    run.starts = 1;
    run.err = &leader->error;
    mien_status st = mien_pool_create(crowd->threads, &run.pool);
    if (st)
        return mien_fail_plain(run.err, st);
    run.buffers = mien_arena_alloc_each(&arena, mien_pool_threads(run.pool),
                                        run.tiling.rows * run.X->p, sizeof **run.buffers);
    st = arena.failed ? mien_fail_plain(run.err, MIEN_ERR_NOMEM) : crowd->start(&run, out);
    mien_pool_free(run.pool);
    mien_arena_free(&arena);
    return st;
}

static void start_task(void *context, size_t i, unsigned worker)
{
    struct crowd *crowd = context;
    struct leader *leader = &crowd->leaders[worker];
    mien_fit fit;
    if (i > 0 && atomic_load(&crowd->stop)) /* the first always tells something */
        return;
    mien_status st = run_alone(crowd, i, leader, &fit);
    if (st) {
        leader->status = st;
        leader->failed_start = i;
        atomic_store(&crowd->stop, true);
    } else {
        consider(leader, &fit, i);
    }
    atomic_store(&crowd->told[i].iterations, crowd->model.options->iterations);
}

/* Tell the user, from the thread that called the library: all iterations so far, the lowest loss.
 */
static void watch(void *context)
{
    struct crowd *crowd = context;
    mien_run *run = crowd->run;
    size_t done = 0;
    double lowest = NAN;
    for (size_t i = 0; i < run->starts; i++) {
        done += atomic_load(&crowd->told[i].iterations);
        lowest =
            fmin(lowest, atomic_load(&crowd->told[i].loss)); /* of NaN and a number: the number */
    }
    run->finished = 0;
    if (!mien_run_tell(run, done, lowest / run->unit)) /* starts have told it in the user's unit */
        atomic_store(&crowd->stop, true);
}

/* The failure of the lowest start, or the best fit of all. */
static mien_status settle(struct crowd *crowd, mien_fit *out)
{
    struct leader best = {0};
    const struct leader *failed = NULL;
    for (unsigned i = 0; i < crowd->workers; i++) {
        struct leader *leader = &crowd->leaders[i];
        if (leader->status && (!failed || leader->failed_start < failed->failed_start))
            failed = leader;
        if (leader->filled)
            consider(&best, &leader->fit, leader->start);
    }
    if (failed) {
        mien_fit_free(&best.fit);
        if (crowd->run->err)
            *crowd->run->err = failed->error;
        return failed->status;
    }
    *out = best.fit;
    return MIEN_OK;
}

static mien_status run_side_by_side(mien_run *run, unsigned workers, mien_start_fn start,
                                    uint64_t step, mien_fit *out)
{
    struct crowd crowd = {.run = run,
                          .model = *run,
                          .threads = mien_pool_threads(run->pool) / workers,
                          .start = start,
                          .step = step,
                          .workers = workers};
    crowd.leaders = mien_alloc_array(workers, sizeof *crowd.leaders);
    crowd.told = mien_alloc_array(run->starts, sizeof *crowd.told);
    mien_status st = crowd.leaders && crowd.told ? MIEN_OK : MIEN_ERR_NOMEM;
    for (size_t i = 0; i < run->starts && !st; i++) {
        crowd.told[i].crowd = &crowd;
        atomic_store(&crowd.told[i].loss, NAN);
    }
    if (!st)
        st = mien_tasks_run(workers, run->starts, start_task, watch, &crowd);
    st = st ? mien_fail_plain(run->err, st) : settle(&crowd, out);
    mien_free(crowd.leaders);
    mien_free(crowd.told);
    return st;
}

mien_status mien_starts_run(mien_run *run, mien_start_fn start, uint64_t step, mien_fit *out)
{
    unsigned workers = mien_starts_side_by_side(run->X, mien_pool_threads(run->pool), run->starts);
    return workers > 1 ? run_side_by_side(run, workers, start, step, out)
                       : run_in_turn(run, start, step, out);
}
