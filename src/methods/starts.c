/* starts.c - a method from several starts, one after the other or side by side.
 * SPDX-License-Identifier: MIT */
#include "methods/starts.h"

#include "base/jobs.h"
#include "base/status.h"
#include "methods/halving.h"
#include "methods/keep.h"
#include "methods/method.h"
#include "methods/weights_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- the best of them */

void mien_best_init(mien_best *best)
{
    *best = (mien_best){0};
    pthread_mutex_init(&best->mutex, NULL);
}

bool mien_best_takes(const mien_best *best, double objective, size_t index, bool whole)
{
    if (!best->filled || whole != best->whole)
        return !best->filled || whole;
    double before = mien_fit_objective(&best->fit);
    return objective < before || (objective == before && index < best->index);
}

void mien_best_offer(mien_best *best, mien_fit *fit, size_t index, bool whole)
{
    mien_fit worse = *fit;
    pthread_mutex_lock(&best->mutex);
    if (mien_best_takes(best, mien_fit_objective(fit), index, whole)) {
        worse = best->fit;
        best->fit = *fit;
        best->filled = true;
        best->whole = whole;
        best->index = index;
    }
    pthread_mutex_unlock(&best->mutex);
    mien_fit_free(&worse);
}

void mien_best_free(mien_best *best)
{
    mien_fit_free(&best->fit);
    pthread_mutex_destroy(&best->mutex);
}

/* ---------------------------------------------------------------- all starts */

struct starts {
    mien_run *run;        /* the caller's thread alone touches it ... */
    const mien_run model; /* ... and this is what every start begins with */
    unsigned threads;     /* of one start */
    mien_start_fn start;
    uint64_t step;
    mien_best best;
    pthread_mutex_t judged; /* what a start came to is kept together with the best of all */
    mien_halving *halving;  /* NULL: all go to their end */
};

/* Fewer starts all go to their end; so do those of mien's own choice, on small data. */
enum { HALVED_LEAST = 4 };

/* The first comparison. By then a start has spent two fifths of its time. Eight starts on CBCL and
 * seven on the bundled faces, in any order: the best of all is still found in 94 and 100 of 100,
 * for 0.68 and 0.73 of the iterations; after 20 in 29 of CBCL's, where the loss foretells nothing
 * yet; as many whole starts as that pays for end 0.03 and 0.08 % higher.
 *   What comes from smaller pictures that carry r is near its end at once (docs/levels.md). */
enum { FIRST_COMPARED = 40, FIRST_COMPARED_OF_LEVELS = 2 };

/* Whether a start that is behind may be ended: losses of the same iteration have to compare. */
static bool may_end_early(const mien_run *run)
{
    return run->options->restarts >= HALVED_LEAST && run->method->info.traits & MIEN_MONOTONE;
}

/* A start that went its way: it is the best so far or goes, and both are kept. */
static void judge(struct starts *s, mien_run *run, size_t index, mien_fit *fit)
{
    pthread_mutex_lock(&s->judged);
    if (!run->behind)
        mien_best_offer(&s->best, fit, index, true);
    else
        mien_fit_free(fit);
    mien_contender at = mien_halving_at(s->halving, index);
    bool leads = !run->behind && s->best.index == index;
    if (leads && run->apart)
        mien_weights_settle(run, &s->best.fit);
    if (!run->interrupted) /* then another run would go further */
        mien_keep_ended(run, index, &at, leads ? &s->best.fit : NULL);
    pthread_mutex_unlock(&s->judged);
}

static mien_status run_start(struct starts *s, mien_run *run, size_t index)
{
    mien_entrant self = {s->halving, index, run};
    mien_keep keep = {0};
    mien_contender before;
    mien_fit fit;
    if (mien_keep_has_ended(run, index, &before)) {
        mien_halving_restore(s->halving, index, &before);
        return MIEN_OK;
    }
    if (run->options->checkpoint)
        mien_keep_open(&keep, run, index, s->run->starts);
    if (keep.resumes)
        mien_halving_restore(s->halving, index, &keep.head.contender);
    run->entrant = s->halving ? &self : NULL;
    run->behind = false;
    mien_status st = keep.status ? keep.status : s->start(run, &fit);
    run->entrant = NULL;
    run->keep = NULL;
    if (keep.checkpoint)
        mien_keep_close(&keep);
    bool counts = !st && !run->behind;
    mien_halving_end(s->halving, index, counts ? mien_fit_objective(&fit) / run->unit : NAN);
    if (!st)
        judge(s, run, index, &fit);
    return st;
}

static mien_status run_in_turn(struct starts *s)
{
    mien_run *run = s->run;
    mien_status st = MIEN_OK;
    for (size_t i = 0; i < run->starts && !run->interrupted && !st; i++) {
        run->seed = run->options->seed + i * s->step;
        run->finished = i * run->options->iterations;
        st = run_start(s, run, i);
    }
    return st;
}

static bool note(void *user, const mien_progress *now)
{
    const mien_job *job = user; /* the last step, of the weights alone, does not know its loss */
    return mien_job_tell(job, now->done, now->loss);
}

/* A start with a pool and tiles of its own; all that only reads is shared. */
static mien_status run_alone(void *context, const mien_job *job)
{
    struct starts *s = context;
    mien_options options = *s->model.options;
    mien_arena arena = {0};
    mien_job self = *job;
    mien_run run = s->model;
    options.progress = note;
    options.view = NULL;
    options.user = &self;
    run.options = &options;
    run.seed = options.seed + job->index * s->step;
    run.starts = 1;
    run.err = job->err;
    run.pool = NULL;
    mien_status st = mien_pool_create(s->threads, &run.pool);
    if (!st)
        run.buffers = mien_arena_alloc_each(&arena, mien_pool_threads(run.pool),
                                            run.tiling.rows * run.X->p, sizeof **run.buffers);
    if (st || arena.failed) {
        st = mien_fail_plain(run.err, MIEN_ERR_NOMEM);
        mien_halving_end(s->halving, job->index, NAN); /* others wait for it */
    } else {
        st = run_start(s, &run, job->index);
    }
    mien_job_tell(job, options.iterations, NAN);
    mien_pool_free(run.pool);
    mien_arena_free(&arena);
    return st;
}

/* Tell the user: all iterations so far, the lowest loss. */
static bool watch(void *context, const mien_jobs *jobs)
{
    mien_run *run = ((struct starts *)context)->run;
    run->finished = 0;
    return mien_run_tell(run, mien_jobs_done(jobs),
                         mien_jobs_lowest(jobs) / run->unit); /* starts tell the user's unit */
}

/* Say how many starts were ended early. */
static void note_behind(const struct starts *s, mien_fit *fit)
{
    size_t behind = s->halving ? mien_halving_behind(s->halving) : 0, at = strlen(fit->note);
    if (behind)
        snprintf(fit->note + at, sizeof fit->note - at,
                 "%s%zu of %zu starts ended early: behind half of those before them",
                 at ? "; " : "", behind, s->run->starts);
}

/* The best of the starts that had ended before the process was killed. */
static mien_status take_kept(struct starts *s)
{
    mien_fit fit;
    size_t index;
    bool found;
    mien_status st = mien_keep_best(s->run, &fit, &index, &found);
    if (!st && found)
        mien_best_offer(&s->best, &fit, index, true);
    return st;
}

mien_status mien_starts_run(mien_run *run, mien_start_fn start, uint64_t step, mien_fit *out)
{
    unsigned threads = mien_pool_threads(run->pool);
    unsigned side_by_side = mien_jobs_side_by_side(threads, run->starts, run->X->n, run->X->p);
    if (mien_pool_team(run->pool)) /* ranks share each start */
        side_by_side = 1;
    struct starts s = {
        .run = run, .model = *run, .threads = threads / side_by_side, .start = start, .step = step};
    mien_job_plan plan = {run->starts, side_by_side, run_alone, watch, &s, NULL};
    bool carried = run->levels > 1 && run->options->levels == 0; /* not by the user's word alone */
    size_t first = carried ? FIRST_COMPARED_OF_LEVELS : FIRST_COMPARED;
    if (may_end_early(run) && mien_halving_create(run->starts, first, &s.halving))
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    mien_best_init(&s.best);
    pthread_mutex_init(&s.judged, NULL);
    mien_status st = take_kept(&s);
    if (!st)
        st = side_by_side > 1 ? mien_jobs_run(&plan, run->err) : run_in_turn(&s);
    if (!st) {
        *out = s.best.fit;
        s.best.fit = (mien_fit){0};
        note_behind(&s, out);
    }
    mien_best_free(&s.best);
    pthread_mutex_destroy(&s.judged);
    mien_halving_free(s.halving);
    return st;
}
