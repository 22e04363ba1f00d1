/* restarts.c - the same method from many starts, side by side.
 * SPDX-License-Identifier: MIT
 *
 * Unlike methods/starts.c, which keeps the best alone, a study wants every basis. How many runs are
 * at work at a time is decided there; a fit is the same either way, byte for byte. */
#include "study/stability/restarts.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/tasks.h"
#include "methods/starts.h"
#include "study/consensus.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

struct gathering;

struct slot {
    struct gathering *gathering;
    atomic_size_t iterations; /* done so far, for the user */
    bool finished;
};

/* A worker's best run so far, one that was interrupted only as long as it has no other; and the run
 * that failed, after which it takes no other. */
struct leader {
    bool filled, whole;
    size_t run;
    mien_fit fit;
    mien_status status;
    size_t failed_run;
    mien_error error;
};

struct gathering {
    const mien_method *method;
    const mien_source *X;
    const mien_options *options;
    unsigned threads; /* of one fit */
    mien_stability *out;
    uint32_t *dominant;
    struct slot *slots;     /* one a run */
    struct leader *leaders; /* one a worker */
    atomic_bool stop;       /* no further run is to begin, those at work are to end */
    bool interrupted;       /* the user asked for it */
};

/* ---------------------------------------------------------------- one run */

static bool note_progress(void *user, const mien_progress *now)
{
    struct slot *slot = user;
    atomic_store(&slot->iterations, now->done);
    return !atomic_load(&slot->gathering->stop);
}

/* Whether a run is to be preferred; the same for any order in which runs end. */
static bool is_better(bool whole, double objective, size_t run, const struct leader *than)
{
    if (!than->filled || whole != than->whole)
        return !than->filled || whole;
    double before = mien_fit_objective(&than->fit);
    return objective < before || (objective == before && run < than->run);
}

/* Keep what the study needs of a fit; takes over the fit. */
static mien_status keep(struct gathering *g, size_t run, mien_fit *fit, struct leader *leader)
{
    mien_stability *out = g->out;
    size_t basis = fit->r * fit->p, n = out->consensus.n;
    bool whole = fit->stop != MIEN_STOP_INTERRUPTED;
    out->outcomes[run] = (mien_outcome){.seed = fit->seed,
                                        .loss = fit->loss,
                                        .objective = mien_fit_objective(fit),
                                        .first = fit->n_trace ? fit->trace[0].loss : 0,
                                        .iterations = fit->iterations,
                                        .stop = fit->stop};
    memcpy(out->basis + run * basis, fit->H, basis * sizeof *fit->H);
    mien_status st = mien_consensus_dominant(fit, out->consensus.images, n, g->dominant + run * n);
    g->slots[run].finished = whole && !st;
    if (!st && is_better(whole, mien_fit_objective(fit), run, leader)) {
        mien_fit_free(&leader->fit);
        leader->filled = true;
        leader->whole = whole;
        leader->run = run;
        leader->fit = *fit;
    } else {
        mien_fit_free(fit);
    }
    return st;
}

static void run_once(void *context, size_t run, unsigned worker)
{
    struct gathering *g = context;
    struct slot *slot = &g->slots[run];
    struct leader *leader = &g->leaders[worker];
    if (atomic_load(&g->stop))
        return;
    mien_options options = *g->options;
    options.restarts = 1;
    options.seed += run;
    options.threads = g->threads;
    options.progress = note_progress;
    options.user = slot;
    mien_fit fit;
    leader->failed_run = run;
    leader->status = mien_fit_run(g->method, g->X, &options, &fit, &leader->error);
    if (!leader->status && keep(g, run, &fit, leader))
        leader->status = mien_fail_plain(&leader->error, MIEN_ERR_NOMEM);
    if (leader->status)
        atomic_store(&g->stop, true);
    atomic_store(&slot->iterations, options.iterations);
}

/* ---------------------------------------------------------------- all runs */

/* Tell the user, from the thread that called the library. */
static void watch(void *context)
{
    struct gathering *g = context;
    if (!g->options->progress)
        return;
    size_t done = 0, runs = g->out->asked;
    for (size_t run = 0; run < runs; run++)
        done += atomic_load(&g->slots[run].iterations);
    size_t ended = done / g->options->iterations;
    mien_progress now = {mien_method_describe(g->method)->name, done,
                         runs * g->options->iterations,         NAN,
                         ended < runs ? ended + 1 : runs,       runs};
    if (!g->options->progress(g->options->user, &now)) {
        g->interrupted = true;
        atomic_store(&g->stop, true);
    }
}

/* Of several failures, that of the lowest run. */
static mien_status first_failure(const struct gathering *g, unsigned workers, mien_error *err)
{
    const struct leader *first = NULL;
    for (unsigned i = 0; i < workers; i++) {
        const struct leader *leader = &g->leaders[i];
        if (leader->status && (!first || leader->failed_run < first->failed_run))
            first = leader;
    }
    if (!first)
        return MIEN_OK;
    if (err)
        *err = first->error;
    return first->status;
}

/* Take the best of the workers' best runs. */
static void take_best(struct gathering *g, unsigned workers)
{
    struct leader *best = &g->leaders[0];
    for (unsigned i = 1; i < workers; i++) {
        struct leader *other = &g->leaders[i];
        if (other->filled &&
            is_better(other->whole, mien_fit_objective(&other->fit), other->run, best))
            best = other;
    }
    if (!best->filled)
        return;
    g->out->best = best->fit;
    g->out->best_run = best->run;
    best->fit = (mien_fit){0};
    g->slots[best->run].finished = true; /* even interrupted: there is no other then */
}

/* Move the finished runs together. */
static void close_ranks(struct gathering *g)
{
    mien_stability *out = g->out;
    size_t basis = out->r * out->p, n = out->consensus.n, to = 0, best = out->best_run;
    for (size_t run = 0; run < out->asked; run++) {
        if (!g->slots[run].finished)
            continue;
        if (run == best)
            out->best_run = to;
        out->outcomes[to] = out->outcomes[run];
        memmove(out->basis + to * basis, out->basis + run * basis, basis * sizeof *out->basis);
        memmove(g->dominant + to * n, g->dominant + run * n, n * sizeof *g->dominant);
        to++;
    }
    out->runs = to;
}

static mien_status allocate(struct gathering *g, unsigned workers)
{
    mien_stability *out = g->out;
    size_t runs = out->asked, basis, n = out->n < MIEN_CONSENSUS_MAX ? out->n : MIEN_CONSENSUS_MAX;
    g->slots = mien_alloc_array(runs, sizeof *g->slots);
    g->leaders = mien_alloc_array(workers, sizeof *g->leaders);
    out->outcomes = mien_alloc_array(runs, sizeof *out->outcomes);
    if (mien_product(runs, out->r, out->p, &basis))
        out->basis = mien_alloc_array(basis, sizeof *out->basis);
    out->consensus.images = mien_alloc_array(n, sizeof *out->consensus.images);
    g->dominant = mien_alloc_array(runs * n, sizeof *g->dominant);
    if (!g->slots || !g->leaders || !out->outcomes || !out->basis || !out->consensus.images ||
        !g->dominant)
        return MIEN_ERR_NOMEM;
    for (size_t run = 0; run < runs; run++)
        g->slots[run].gathering = g;
    out->consensus.n = mien_consensus_choose(out->n, out->consensus.images);
    return MIEN_OK;
}

mien_status mien_restarts_collect(const mien_method *method, const mien_source *X,
                                  const mien_options *options, mien_stability *out,
                                  uint32_t **dominant, mien_error *err)
{
    unsigned threads = options->threads ? options->threads : mien_processors();
    unsigned workers = mien_starts_side_by_side(X, threads, out->asked);
    struct gathering g = {
        .method = method, .X = X, .options = options, .threads = threads / workers, .out = out};
    mien_status st = allocate(&g, workers);
    if (!st)
        st = mien_tasks_run(workers, out->asked, run_once, watch, &g);
    if (st)
        mien_fail_plain(err, st);
    else
        st = first_failure(&g, workers, err);
    if (!st) {
        take_best(&g, workers);
        close_ranks(&g);
        out->interrupted = g.interrupted && out->runs < out->asked;
        if (out->runs == 0)
            st = mien_fail(err, MIEN_ERR_ARG, "the runs were interrupted before the first began");
    }
    for (unsigned i = 0; g.leaders && i < workers; i++)
        mien_fit_free(&g.leaders[i].fit);
    mien_free(g.leaders);
    mien_free(g.slots);
    *dominant = g.dominant;
    return st;
}
