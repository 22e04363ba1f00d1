/* jobs.c - independent jobs side by side, watched by the calling thread.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "base/jobs.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/pulse.h"
#include "base/status.h"
#include "base/team.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum {
    WATCH_NANOSECONDS = 50 * 1000 * 1000,
    MAX_VALUES = 64 * 1000 * 1000 /* float32 of all workspaces together: 256 MB */
};

/* What a job tells, and how it ended. */
struct report {
    atomic_size_t done;
    _Atomic double loss; /* NaN: none yet */
    atomic_bool ended;
    mien_status status;
    mien_error error;
};

struct mien_jobs {
    const mien_job_plan *plan;
    struct report *reports; /* one a job */
    const mien_team *team;
    unsigned first, step; /* jobs of this rank: first, first + step, ... */
    atomic_size_t next;
    atomic_bool end; /* no other job is to begin, those at work are to end */
    bool *shared;    /* with ranks, one a job: it ended, and all have what it wrote */
    size_t working;  /* threads that have not ended, under the mutex */
    bool alone;      /* no thread could be started: jobs run in the thread that watches */
    pthread_mutex_t mutex;
    pthread_cond_t ended;
};

struct worker {
    mien_jobs *jobs;
    unsigned index;
    pthread_t handle;
};

unsigned mien_jobs_side_by_side(unsigned threads, size_t count, size_t n, size_t p)
{
    size_t values;
    if (threads == 0)
        threads = mien_processors();
    if (!mien_product(n, p, 1, &values) || values > MAX_VALUES || count == 0)
        return 1;
    size_t max = values ? MAX_VALUES / values : count;
    max = max < count ? max : count;
    return threads < max ? threads : (unsigned)max;
}

static void watch(mien_jobs *jobs)
{
    if (!jobs->plan->watch(jobs->plan->context, jobs))
        atomic_store(&jobs->end, true);
}

bool mien_job_tell(const mien_job *job, size_t done, double loss)
{
    struct report *report = &job->jobs->reports[job->index];
    atomic_store(&report->done, done);
    if (!isnan(loss))
        atomic_store(&report->loss, loss);
    if (job->jobs->alone)
        watch(job->jobs);
    return !atomic_load(&job->jobs->end);
}

size_t mien_jobs_done(const mien_jobs *jobs)
{
    size_t done = 0;
    for (size_t i = 0; i < jobs->plan->count; i++)
        done += atomic_load(&jobs->reports[i].done);
    return done * jobs->step; /* other ranks are about as far */
}

double mien_jobs_lowest(const mien_jobs *jobs)
{
    double lowest = NAN;
    for (size_t i = 0; i < jobs->plan->count; i++) /* of NaN and a number: the number */
        lowest = fmin(lowest, atomic_load(&jobs->reports[i].loss));
    return lowest;
}

bool mien_job_ended(const mien_jobs *jobs, size_t index)
{
    return atomic_load(&jobs->reports[index].ended);
}

/* The next job, false when none is to begin. One that is taken is run, so that those before a job
 * that runs have begun, whatever happens: it may wait for what they tell. */
static bool take_job(mien_jobs *jobs, size_t *index)
{
    *index = atomic_load(&jobs->next);
    do {
        if (*index >= jobs->plan->count || (*index > 0 && atomic_load(&jobs->end)))
            return false;
    } while (!atomic_compare_exchange_weak(&jobs->next, index, *index + jobs->step));
    return true;
}

static void take_jobs(mien_jobs *jobs, unsigned worker)
{
    size_t index;
    while (take_job(jobs, &index)) {
        struct report *report = &jobs->reports[index];
        mien_job job = {jobs, index, worker, &report->error};
        report->status = jobs->plan->run(jobs->plan->context, &job);
        if (report->status)
            atomic_store(&jobs->end, true);
        atomic_store(&report->ended, true);
        pthread_cond_signal(&jobs->ended); /* one that is missed is seen at the next look */
        if (jobs->alone)
            watch(jobs);
        mien_beat();
    }
}

static void *work(void *argument)
{
    struct worker *self = argument;
    mien_jobs *jobs = self->jobs;
    mien_team_leave(true);
    take_jobs(jobs, self->index);
    pthread_mutex_lock(&jobs->mutex);
    jobs->working--;
    pthread_cond_signal(&jobs->ended);
    pthread_mutex_unlock(&jobs->mutex);
    return NULL;
}

/* Until a moment has gone by, or a job has ended; returns whether threads are at work. */
static bool wait_a_moment(mien_jobs *jobs)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WATCH_NANOSECONDS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&jobs->mutex);
    if (jobs->working)
        pthread_cond_timedwait(&jobs->ended, &jobs->mutex, &until);
    bool at_work = jobs->working;
    pthread_mutex_unlock(&jobs->mutex);
    return at_work;
}

/* A job of one of the ranks has ended: how comes to all, and what it wrote. */
static void share_job(mien_jobs *jobs, size_t index)
{
    struct report *report = &jobs->reports[index];
    unsigned owner = (unsigned)(index % jobs->step);
    mien_team_broadcast(jobs->team, owner, &report->status, sizeof report->status);
    if (report->status)
        mien_team_broadcast(jobs->team, owner, &report->error, sizeof report->error);
    else
        jobs->plan->share(jobs->plan->context, jobs->team, index, owner);
    atomic_store(&report->ended, true);
    jobs->shared[index] = true;
}

/* All ranks come together: what has ended is shared, and one that is to end ends all. Returns
 * whether any is at work. */
static bool meet(mien_jobs *jobs, bool at_work)
{
    enum { AT_WORK, END, NEW, WORDS };
    size_t count = jobs->plan->count;
    uint64_t now[WORDS] = {at_work, atomic_load(&jobs->end)};
    for (size_t i = jobs->first; i < count; i += jobs->step)
        now[NEW] += !jobs->shared[i] && atomic_load(&jobs->reports[i].ended);
    mien_team_agree(jobs->team, MIEN_TEAM_MOST, now, WORDS);
    if (now[END])
        atomic_store(&jobs->end, true);
    for (size_t first = 0; first < count && now[NEW]; first += 64) {
        uint64_t bits = 0; /* each set by one rank: their sum is all of them */
        for (size_t i = first; i < count && i < first + 64; i++)
            if (i % jobs->step == jobs->first && !jobs->shared[i] &&
                atomic_load(&jobs->reports[i].ended))
                bits |= (uint64_t)1 << (i - first);
        mien_team_agree(jobs->team, MIEN_TEAM_SUM, &bits, 1);
        for (size_t i = first; i < count && i < first + 64; i++)
            if (bits >> (i - first) & 1)
                share_job(jobs, i);
    }
    return now[AT_WORK];
}

/* Wait until all have ended, and look up now and then. */
static void wait_for_all(mien_jobs *jobs)
{
    for (bool at_work = true; at_work;) {
        at_work = wait_a_moment(jobs);
        watch(jobs);
        if (jobs->team)
            at_work = meet(jobs, at_work);
    }
}

/* Begin as many threads as the system gives, and return when all have ended. */
static void run_threads(mien_jobs *jobs, struct worker *workers, unsigned threads)
{
    unsigned started = 0;
    pthread_mutex_init(&jobs->mutex, NULL);
    pthread_cond_init(&jobs->ended, NULL);
    pthread_mutex_lock(&jobs->mutex);
    for (; started < threads; started++) {
        workers[started] = (struct worker){.jobs = jobs, .index = started};
        if (mien_thread_create(&workers[started].handle, work, &workers[started]) != 0)
            break;
        jobs->working++;
    }
    pthread_mutex_unlock(&jobs->mutex);
    if (started == 0) { /* written while no other thread could read it */
        jobs->alone = true;
        bool before = mien_team_leave(true); /* as in a thread of its own */
        take_jobs(jobs, 0);
        mien_team_leave(before);
    }
    wait_for_all(jobs);
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].handle, NULL);
    watch(jobs);
    pthread_cond_destroy(&jobs->ended);
    pthread_mutex_destroy(&jobs->mutex);
}

mien_status mien_jobs_run(const mien_job_plan *plan, mien_error *err)
{
    unsigned threads = mien_jobs_side_by_side(plan->side_by_side, plan->count, 0, 0);
    mien_jobs jobs = {.plan = plan, .step = 1, .team = plan->share ? mien_team_now() : NULL};
    if (jobs.team) {
        jobs.first = jobs.team->rank;
        jobs.step = jobs.team->size;
    }
    atomic_store(&jobs.next, jobs.first);
    mien_arena arena = {0};
    struct worker *workers = mien_arena_alloc(&arena, threads, sizeof *workers);
    jobs.reports = mien_arena_alloc(&arena, plan->count, sizeof *jobs.reports);
    jobs.shared = mien_arena_alloc(&arena, plan->count, sizeof *jobs.shared);
    mien_status st = arena.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    for (size_t i = 0; i < plan->count && !st; i++)
        atomic_store(&jobs.reports[i].loss, NAN);
    if (!st)
        run_threads(&jobs, workers, threads);
    for (size_t i = 0; jobs.reports && i < plan->count && !st; i++) {
        st = jobs.reports[i].status;
        if (st && err)
            *err = jobs.reports[i].error;
    }
    mien_arena_free(&arena);
    return st;
}
