/* rank_cells.c - the fits that choosing r takes: many small ones, each of which can be kept.
 * SPDX-License-Identifier: MIT
 *
 * A cell is fitted by one thread, in a pool of its own with one worker: whole fits side by side
 * need no waiting for each other, as the threads of one fit do. */
#include "study/rank/rank_cells.h"

#include "base/jobs.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "base/team.h"
#include "data/pixels.h"
#include "data/source.h"
#include "linalg/blas.h"
#include "study/rank/ard.h"
#include "study/rank/masked.h"
#include "study/rank/permuted.h"

#include <math.h>

enum {
    STARTS = 3, /* short descents before a masked fit */
    ARD_ITERATIONS = 1500,
    MAX_COPIED = 1 << 24 /* entries of permuted data that are kept, by each thread */
};

static const double ARD_SHAPE = 10, ARD_TOLERANCE = 2e-5;

double mien_cell_cost(const mien_cell *cell)
{
    double r = (double)cell->r + 2;
    return cell->kind == MIEN_CELL_RELEVANT ? 10 * r : r;
}

static const mien_loss LOSSES[] = {MIEN_LOSS_KL, MIEN_LOSS_HALF_SQUARES};

/* Whether the user still wants a fit. */
static bool still_wanted(void *user)
{
    return mien_job_tell(user, 0, NAN);
}

/* X is the data or a permuted view of it: all else is the same, so that their losses compare. */
static mien_status run_masked(const mien_cell_work *work, mien_pool *pool, const mien_source *X,
                              mien_job *job, mien_cell *cell, mien_error *err)
{
    const mien_rank_options *o = work->options;
    mien_masked_options options = {.loss = LOSSES[cell->loss],
                                   .r = cell->r,
                                   .iterations = o->iterations,
                                   .tolerance = o->tolerance,
                                   .seed = o->seed + STARTS * cell->index,
                                   .starts = STARTS,
                                   .mask = mien_mask_make(o->seed, cell->index, o->hidden),
                                   .go_on = still_wanted,
                                   .user = job};
    mien_masked_fit fit;
    mien_status st = mien_masked_fit_run(pool, X, &options, &fit, err);
    if (st)
        return st;
    cell->value[0] = fit.held_out;
    cell->value[1] = fit.kept;
    cell->value[2] = (double)fit.left_out;
    cell->value[3] = fit.noise.steep;
    cell->value[4] = fit.noise.busy;
    cell->value[5] = fit.noise.growth;
    cell->iterations = fit.iterations;
    cell->done = !fit.interrupted;
    mien_masked_fit_free(&fit);
    return MIEN_OK;
}

/* A view of what does not fit into memory, whose single pixels would each be read from the disk. */
static mien_status run_written(const mien_cell_work *work, mien_pool *pool,
                               const mien_permuted *permuted, mien_job *job, mien_cell *cell,
                               mien_error *err)
{
    mien_pixels written;
    mien_status st = mien_permuted_write(permuted, pool, still_wanted, job, &written);
    if (st == MIEN_ERR_STOPPED) /* as a fit that was: the cell is not done */
        return MIEN_OK;
    if (st)
        return mien_fail_plain(err, st);
    mien_source X = mien_pixels_source(&written);
    st = run_masked(work, pool, &X, job, cell, err);
    mien_pixels_free(&written);
    return st;
}

/* Each pass over a view computes its places anew: one that is small is written out. */
static mien_status run_permuted(const mien_cell_work *work, mien_pool *pool, mien_job *job,
                                mien_cell *cell, mien_error *err)
{
    size_t n = work->X->n, p = work->X->p;
    mien_permuted permuted = {.from = work->X, .seed = work->options->seed + cell->index};
    mien_source view = mien_permuted_source(&permuted);
    if (mien_pixels_stream(work->X))
        return run_written(work, pool, &permuted, job, cell, err);
    if (n > MAX_COPIED / p)
        return run_masked(work, pool, &view, job, cell, err);
    float *copy = mien_alloc_array(n * p, sizeof *copy);
    if (!copy)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    const float *tile = view.tile(view.data, 0, n, copy);
    mien_float_view floats = {tile, n, p};
    mien_source X = mien_float_source(&floats);
    mien_status st = run_masked(work, pool, &X, job, cell, err);
    mien_free(copy);
    return st;
}

static mien_status run_relevant(const mien_cell_work *work, mien_pool *pool, mien_job *job,
                                mien_cell *cell, mien_error *err)
{
    mien_ard_options options = {.loss = LOSSES[cell->loss],
                                .r = cell->r,
                                .iterations = ARD_ITERATIONS,
                                .tolerance = ARD_TOLERANCE,
                                .seed = work->options->seed + cell->index,
                                .shape = ARD_SHAPE,
                                .dispersion = cell->value[1],
                                .go_on = still_wanted,
                                .user = job};
    mien_ard_fit fit;
    mien_status st = mien_ard_run(pool, work->X, &options, &fit, err);
    if (st)
        return st;
    cell->value[0] = (double)fit.count;
    cell->value[2] = fit.objective;
    cell->iterations = fit.iterations;
    cell->done = !fit.interrupted;
    mien_ard_fit_free(&fit);
    return MIEN_OK;
}

/* Compute a cell; it is not done when an end was wanted. */
static mien_status run_cell(const mien_cell_work *work, mien_pool *pool, mien_job *job,
                            mien_cell *cell, mien_error *err)
{
    switch (cell->kind) {
    case MIEN_CELL_HELD_OUT:
        return run_masked(work, pool, work->X, job, cell, err);
    case MIEN_CELL_PERMUTED:
        return run_permuted(work, pool, job, cell, err);
    case MIEN_CELL_RELEVANT:
        return run_relevant(work, pool, job, cell, err);
    case MIEN_CELL_STABLE:
    default:
        return mien_fail(err, MIEN_ERR_ARG, "this cell takes all threads");
    }
}

/* ---------------------------------------------------------------- how far the work is */

static mien_progress progress_of(const mien_cell_work *work)
{
    size_t fits = work->done;
    return (mien_progress){.stage = "rank",
                           .done = (size_t)work->begun,
                           .total = (size_t)work->all,
                           .loss = NAN,
                           .run = fits < work->fits ? fits + 1 : fits,
                           .runs = work->fits};
}

static void count_done(mien_cell_work *work, const mien_cell *cell)
{
    work->done++;
    work->begun += mien_cell_cost(cell);
}

static mien_status keep(const mien_cell_work *work, const mien_cell *cell, mien_error *err)
{
    const mien_cell_keeper *keeper = work->keeper;
    return keeper && keeper->keep ? keeper->keep(keeper->user, cell, err) : MIEN_OK;
}

/* An end that one rank was asked for is one of all. */
static bool agree_to_stop(bool stopped)
{
    return mien_team_most(mien_team_now(), stopped);
}

static void take_known(mien_cell_work *work, const mien_cells *cells)
{
    const mien_cell_keeper *keeper = work->keeper;
    for (size_t i = 0; i < cells->count && keeper && keeper->find; i++) {
        mien_cell *cell = &cells->at[i];
        if (cell->done || !keeper->find(keeper->user, cell))
            continue;
        cell->done = true;
        work->known++;
        count_done(work, cell);
    }
}

/* ---------------------------------------------------------------- how alike starts are */

/* The callback of the search, handed through: it says in its own words how far the search is. */
typedef struct listener {
    const mien_rank_options *options;
    const mien_progress *now;
} listener;

static bool listen(void *user, const mien_progress *unused)
{
    const listener *l = user;
    (void)unused;
    return !l->options->progress || l->options->progress(l->options->user, l->now);
}

/* Standard error of the mean similarity: each start but the best one, to which they are compared,
 * is one observation. NaN when there is but one. */
static double error_over_starts(const mien_stability *study)
{
    double squares = 0;
    size_t others = study->runs > 0 ? study->runs - 1 : 0;
    for (size_t run = 0; run < study->runs; run++) {
        double mean = 0;
        if (run == study->best_run)
            continue;
        for (size_t k = 0; k < study->r; k++)
            mean += study->similarity[run * study->r + k] / (double)study->r;
        squares += pow(mean - study->mean_similarity, 2);
    }
    return others > 1 ? sqrt(squares / (double)(others - 1) / (double)others) : NAN;
}

mien_status mien_rank_stability_find(const mien_source *X, const mien_rank_options *o, size_t r,
                                     const mien_progress *now, mien_rank_stability *out,
                                     mien_error *err)
{
    listener l = {o, now};
    mien_options options = mien_options_default();
    options.r = r;
    options.restarts = o->starts;
    options.iterations = o->iterations;
    options.seed = o->seed;
    options.threads = o->threads;
    options.progress = listen;
    options.user = &l;
    mien_stability study;
    mien_status st = mien_stability_run(mien_method_find("nmf"), X, &options, &study, err);
    if (st)
        return st;
    mien_rank_stability found = {.stability = study.mean_similarity,
                                 .cophenetic = study.consensus.cophenetic,
                                 .interrupted = study.interrupted};
    found.error = error_over_starts(&study);
    mien_stability_free(&study);
    *out = found;
    return MIEN_OK;
}

/* Cells of MIEN_CELL_STABLE. */
static mien_status run_in_turn(mien_cell_work *work, const mien_cells *cells, mien_error *err)
{
    const mien_rank_options *o = work->options;
    mien_status st = MIEN_OK;
    for (size_t i = 0; i < cells->count && !st; i++) {
        mien_cell *cell = &cells->at[i];
        mien_rank_stability found = {0};
        mien_progress now = progress_of(work);
        if (cell->done)
            continue;
        work->stopped = agree_to_stop(o->progress && !o->progress(o->user, &now));
        if (!work->stopped)
            st = mien_rank_stability_find(work->X, o, cell->r, &now, &found, err);
        work->stopped = work->stopped || found.interrupted;
        if (st || work->stopped)
            break;
        cell->value[0] = found.stability;
        cell->value[1] = found.error;
        cell->value[2] = found.cophenetic;
        cell->done = true;
        count_done(work, cell);
        st = keep(work, cell, err);
    }
    return st;
}

/* ---------------------------------------------------------------- side by side */

struct batch {
    mien_cell_work *work;
    mien_cell **cells;  /* those to be computed */
    bool *taken;        /* one a cell: it was counted, and kept */
    mien_pool **pools;  /* one thread each, a worker each */
    mien_status status; /* of the keeper */
    mien_error *err;
    size_t count;
};

static mien_status run_job(void *context, const mien_job *job)
{
    struct batch *batch = context;
    mien_job self = *job;
    return run_cell(batch->work, batch->pools[job->worker], &self, batch->cells[job->index],
                    job->err);
}

/* Count the cells that have been finished since, hand them to the keeper, and tell the user. */
static bool watch(void *context, const mien_jobs *jobs)
{
    struct batch *batch = context;
    mien_cell_work *work = batch->work;
    const mien_rank_options *o = work->options;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->taken[i] || !mien_job_ended(jobs, i) || !batch->cells[i]->done)
            continue;
        batch->taken[i] = true;
        count_done(work, batch->cells[i]);
        if (!batch->status)
            batch->status = keep(work, batch->cells[i], batch->err);
    }
    mien_progress now = progress_of(work);
    if (o->progress && !work->stopped && !batch->status && !o->progress(o->user, &now))
        work->stopped = true;
    return !work->stopped && !batch->status;
}

static void share_cell(void *context, const mien_team *team, size_t index, unsigned owner)
{
    struct batch *batch = context;
    mien_cell *cell = batch->cells[index];
    mien_team_broadcast(team, owner, cell, sizeof *cell);
}

mien_status mien_cells_run(mien_cell_work *work, const mien_cells *cells, mien_error *err)
{
    size_t count = cells->count;
    take_known(work, cells);
    if (count && cells->at[0].kind == MIEN_CELL_STABLE)
        return run_in_turn(work, cells, err);
    unsigned threads = mien_jobs_side_by_side(work->options->threads, count, 0, 0);
    mien_arena arena = {0};
    struct batch batch = {.work = work,
                          .cells = mien_arena_alloc(&arena, count, sizeof *batch.cells),
                          .taken = mien_arena_alloc(&arena, count, sizeof *batch.taken),
                          .pools = mien_arena_alloc(&arena, threads, sizeof *batch.pools),
                          .err = err};
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    bool before = mien_team_leave(true); /* a cell is one rank's */
    for (unsigned w = 0; w < threads && !st; w++)
        st = mien_pool_create(1, &batch.pools[w]);
    mien_team_leave(before);
    for (size_t i = 0; i < count && !st; i++)
        if (!cells->at[i].done)
            batch.cells[batch.count++] = &cells->at[i];
    mien_job_plan plan = {batch.count, threads, run_job, watch, &batch, share_cell};
    int blas = mien_blas_single();
    st = st ? mien_fail_plain(err, st) : mien_jobs_run(&plan, err);
    mien_blas_restore(blas);
    if (st != MIEN_ERR_NOMEM) /* perhaps of this rank alone */
        work->stopped = agree_to_stop(work->stopped);
    for (unsigned w = 0; batch.pools && w < threads; w++)
        mien_pool_free(batch.pools[w]);
    mien_arena_free(&arena);
    return st ? st : batch.status;
}
