/* rank_cells.c - the fits that choosing r takes: many small ones, each of which can be kept.
 * SPDX-License-Identifier: MIT
 *
 * A cell is fitted by one thread, in a pool of its own with one worker: whole fits side by side
 * need no waiting for each other, as the threads of one fit do. */
#include "study/rank/rank_cells.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "data/source.h"
#include "linalg/blas.h"
#include "study/rank/ard.h"
#include "study/rank/masked.h"
#include "study/stability/permuted.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum {
    BATCH = 8,  /* cells a thread between two times of keeping */
    STARTS = 3, /* short descents before a masked fit */
    ARD_ITERATIONS = 1500,
    MOST_COPIED = 1 << 24 /* entries of permuted data that are kept, by each thread */
};

static const double ARD_SHAPE = 10, ARD_TOLERANCE = 2e-5;

double mien_cell_cost(const mien_cell *cell)
{
    double r = (double)cell->r + 2;
    return cell->kind == MIEN_CELL_RELEVANT ? 10 * r : r;
}

static const mien_loss LOSSES[] = {MIEN_LOSS_KL, MIEN_LOSS_HALF_SQUARES};

/* Where a fit asks whether to go on. */
typedef struct listener {
    bool (*go_on)(void *user);
    void *user;
} listener;

/* X is the data or a permuted view of it: all else is the same, so that their losses compare. */
static mien_status run_masked(const mien_cell_work *work, mien_pool *pool, const mien_source *X,
                              const listener *l, mien_cell *cell, mien_error *err)
{
    const mien_rank_options *o = work->options;
    mien_masked_options options = {.loss = LOSSES[cell->loss],
                                   .r = cell->r,
                                   .iterations = o->iterations,
                                   .tolerance = o->tolerance,
                                   .seed = o->seed + STARTS * cell->index,
                                   .starts = STARTS,
                                   .mask = mien_mask_make(o->seed, cell->index, o->hidden),
                                   .go_on = l->go_on,
                                   .user = l->user};
    mien_masked_fit fit;
    mien_status st = mien_masked_fit_run(pool, X, &options, &fit, err);
    if (st)
        return st;
    cell->value[0] = fit.held;
    cell->value[1] = fit.kept;
    cell->value[2] = (double)fit.left_out;
    cell->value[3] = fit.spread.steep;
    cell->value[4] = fit.spread.busy;
    cell->value[5] = fit.spread.growth;
    cell->iterations = fit.iterations;
    cell->done = !fit.interrupted;
    mien_masked_fit_free(&fit);
    return MIEN_OK;
}

/* Each pass over a view computes its places anew: one that is small is written out. */
static mien_status run_permuted(const mien_cell_work *work, mien_pool *pool, const listener *l,
                                mien_cell *cell, mien_error *err)
{
    size_t n = work->X->n, p = work->X->p;
    mien_permuted permuted = {.from = work->X, .seed = work->options->seed + cell->index};
    mien_source view = mien_permuted_source(&permuted);
    if (n > MOST_COPIED / p)
        return run_masked(work, pool, &view, l, cell, err);
    float *copy = mien_alloc_array(n * p, sizeof *copy);
    if (!copy)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    const float *tile = view.tile(view.data, 0, n, copy);
    mien_float_view floats = {tile, n, p};
    mien_source X = mien_float_source(&floats);
    mien_status st = run_masked(work, pool, &X, l, cell, err);
    mien_free(copy);
    return st;
}

static mien_status run_relevant(const mien_cell_work *work, mien_pool *pool, const listener *l,
                                mien_cell *cell, mien_error *err)
{
    mien_ard_options options = {.loss = LOSSES[cell->loss],
                                .r = cell->r,
                                .iterations = ARD_ITERATIONS,
                                .tolerance = ARD_TOLERANCE,
                                .seed = work->options->seed + cell->index,
                                .shape = ARD_SHAPE,
                                .dispersion = cell->value[1],
                                .go_on = l->go_on,
                                .user = l->user};
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

/* Compute a cell; it is not done when the listener said no. */
static mien_status run_cell(const mien_cell_work *work, mien_pool *pool, const listener *l,
                            mien_cell *cell, mien_error *err)
{
    switch (cell->kind) {
    case MIEN_CELL_HELD:
        return run_masked(work, pool, work->X, l, cell, err);
    case MIEN_CELL_PERMUTED:
        return run_permuted(work, pool, l, cell, err);
    case MIEN_CELL_RELEVANT:
        return run_relevant(work, pool, l, cell, err);
    case MIEN_CELL_STABLE:
    default:
        return mien_fail(err, MIEN_ERR_ARG, "this cell is computed elsewhere");
    }
}

/* ---------------------------------------------------------------- batches */

struct batch {
    mien_cell_work *work;
    mien_cell **cells;
    mien_pool **pools; /* one thread each, a worker each */
    mien_status *status;
    mien_error *errors;
    _Atomic double finished; /* units of work */
    _Atomic size_t count;    /* cells */
    atomic_bool stop;
};

mien_progress mien_cells_progress(const mien_cell_work *work, double finished, size_t count)
{
    size_t fits = work->done + count;
    return (mien_progress){.stage = "rank",
                           .done = (size_t)(work->begun + finished),
                           .total = (size_t)work->all,
                           .loss = NAN,
                           .run = fits < work->fits ? fits + 1 : fits,
                           .runs = work->fits};
}

static void add_to(_Atomic double *sum, double value)
{
    double before = atomic_load(sum);
    while (!atomic_compare_exchange_weak(sum, &before, before + value))
        ;
}

/* Worker 0 is the thread that called the library: only it may tell the user. */
static void tell(void *user)
{
    struct batch *batch = user;
    const mien_rank_options *o = batch->work->options;
    if (!o->progress || atomic_load(&batch->stop))
        return;
    mien_progress now =
        mien_cells_progress(batch->work, atomic_load(&batch->finished), atomic_load(&batch->count));
    if (!o->progress(o->user, &now))
        atomic_store(&batch->stop, true);
}

static bool still_wanted(void *user)
{
    struct batch *batch = user;
    return !atomic_load(&batch->stop);
}

static bool tell_and_ask(void *user)
{
    tell(user);
    return still_wanted(user);
}

static void do_cell(void *context, size_t task, unsigned worker)
{
    struct batch *batch = context;
    mien_cell *cell = batch->cells[task];
    if (atomic_load(&batch->stop))
        return;
    listener l = {worker == 0 ? tell_and_ask : still_wanted, batch};
    batch->status[task] =
        run_cell(batch->work, batch->pools[worker], &l, cell, &batch->errors[task]);
    if (cell->done) {
        add_to(&batch->finished, mien_cell_cost(cell));
        atomic_fetch_add(&batch->count, 1);
    }
}

static mien_status keep_finished(struct batch *batch, size_t count, mien_error *err)
{
    mien_cell_work *work = batch->work;
    mien_status st = MIEN_OK;
    for (size_t i = 0; i < count; i++) {
        if (batch->status[i] && !st) {
            st = batch->status[i];
            mien_fail(err, st, "%s", batch->errors[i].message);
        }
        if (!batch->cells[i]->done)
            continue;
        work->done++;
        if (work->keeper && work->keeper->keep && !st)
            st = work->keeper->keep(work->keeper->user, batch->cells[i], err);
    }
    work->begun += atomic_load(&batch->finished);
    work->stopped = atomic_load(&batch->stop);
    return st;
}

static mien_status run_batches(mien_cell_work *work, mien_pool *pool, struct batch *batch,
                               mien_cell *cells, size_t count, size_t most, mien_error *err)
{
    mien_status st = MIEN_OK;
    for (size_t at = 0; at < count && !st && !work->stopped;) {
        size_t pending = 0;
        for (; at < count && pending < most; at++)
            if (!cells[at].done)
                batch->cells[pending++] = &cells[at];
        memset(batch->status, 0, most * sizeof *batch->status);
        atomic_store(&batch->finished, 0);
        atomic_store(&batch->count, 0);
        atomic_store(&batch->stop, false);
        tell(batch);
        mien_pool_run_watched(pool, pending, do_cell, batch, tell, batch);
        st = keep_finished(batch, pending, err);
    }
    return st;
}

static void take_known(mien_cell_work *work, mien_cell *cells, size_t count)
{
    const mien_cell_keeper *keeper = work->keeper;
    for (size_t i = 0; i < count; i++)
        if (!cells[i].done && keeper && keeper->find && keeper->find(keeper->user, &cells[i])) {
            cells[i].done = true;
            work->done++;
            work->known++;
            work->begun += mien_cell_cost(&cells[i]);
        }
}

mien_status mien_cells_run(mien_cell_work *work, mien_cell *cells, size_t count, mien_error *err)
{
    take_known(work, cells, count);
    mien_pool *pool = NULL;
    mien_arena arena = {0};
    mien_status st = mien_pool_create(work->options->threads, &pool);
    if (st)
        return mien_fail_plain(err, st);
    unsigned threads = mien_pool_threads(pool);
    size_t most = (size_t)threads * BATCH;
    struct batch batch = {.work = work,
                          .cells = mien_arena_alloc(&arena, most, sizeof *batch.cells),
                          .pools = mien_arena_alloc(&arena, threads, sizeof *batch.pools),
                          .status = mien_arena_alloc(&arena, most, sizeof *batch.status),
                          .errors = mien_arena_alloc(&arena, most, sizeof *batch.errors)};
    st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    for (unsigned w = 0; w < threads && !st; w++)
        st = mien_pool_create(1, &batch.pools[w]);
    if (st)
        mien_fail_plain(err, st);
    int blas = mien_blas_single();
    if (!st)
        st = run_batches(work, pool, &batch, cells, count, most, err);
    mien_blas_restore(blas);
    for (unsigned w = 0; batch.pools && w < threads; w++)
        mien_pool_free(batch.pools[w]);
    mien_pool_free(pool);
    mien_arena_free(&arena);
    return st;
}
