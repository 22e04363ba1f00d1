/* restarts.c - the same method from many starts, side by side.
 * SPDX-License-Identifier: MIT
 *
 * Unlike methods/starts.c, which keeps the best alone, a study wants every basis. A fit is the same
 * either way, byte for byte. */
#include "study/stability/restarts.h"

#include "base/jobs.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "methods/starts.h"
#include "study/consensus.h"

#include <math.h>
#include <string.h>

struct restarts {
    const mien_method *method;
    const mien_source *X;
    const mien_options *options;
    unsigned threads; /* of one fit */
    mien_stability *out;
    uint32_t *dominant;
    bool *finished; /* one a run */
    bool stopped;   /* the user asked for it */
    mien_best best; /* a run that was interrupted only as long as there is no other */
};

static bool note_progress(void *user, const mien_progress *now)
{
    return mien_job_tell(user, now->done, NAN);
}

/* Keep what the study needs of a fit; takes over the fit. */
static mien_status keep(struct restarts *g, size_t run, mien_fit *fit)
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
    g->finished[run] = whole && !st;
    mien_best_offer(&g->best, fit, run, whole);
    return st;
}

static mien_status run_once(void *context, const mien_job *job)
{
    struct restarts *g = context;
    mien_job self = *job;
    mien_options options = *g->options;
    mien_fit fit;
    options.restarts = 1;
    options.seed += job->index;
    options.threads = g->threads;
    options.progress = note_progress;
    options.user = &self;
    mien_status st = mien_fit_run(g->method, g->X, &options, &fit, job->err);
    if (!st && keep(g, job->index, &fit))
        st = mien_fail_plain(job->err, MIEN_ERR_NOMEM);
    mien_job_tell(job, options.iterations, NAN);
    return st;
}

static bool watch(void *context, const mien_jobs *jobs)
{
    struct restarts *g = context;
    if (!g->options->progress || g->stopped)
        return !g->stopped;
    size_t done = mien_jobs_done(jobs), runs = g->out->asked;
    size_t ended = done / g->options->iterations;
    mien_progress now = {mien_method_describe(g->method)->name, done,
                         runs * g->options->iterations,         NAN,
                         ended < runs ? ended + 1 : runs,       runs};
    g->stopped = !g->options->progress(g->options->user, &now);
    return !g->stopped;
}

static void take_best(struct restarts *g)
{
    g->out->best = g->best.fit;
    g->out->best_run = g->best.index;
    g->best.fit = (mien_fit){0};
    g->finished[g->out->best_run] = true; /* even interrupted: there is no other then */
}

/* Move the finished runs together. */
static void close_ranks(struct restarts *g)
{
    mien_stability *out = g->out;
    size_t basis = out->r * out->p, n = out->consensus.n, to = 0, best = out->best_run;
    for (size_t run = 0; run < out->asked; run++) {
        if (!g->finished[run])
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

static mien_status allocate(struct restarts *g)
{
    mien_stability *out = g->out;
    size_t runs = out->asked, basis, n = out->n < MIEN_CONSENSUS_MAX ? out->n : MIEN_CONSENSUS_MAX;
    g->finished = mien_alloc_array(runs, sizeof *g->finished);
    out->outcomes = mien_alloc_array(runs, sizeof *out->outcomes);
    if (mien_product(runs, out->r, out->p, &basis))
        out->basis = mien_alloc_array(basis, sizeof *out->basis);
    out->consensus.images = mien_alloc_array(n, sizeof *out->consensus.images);
    g->dominant = mien_alloc_array(runs * n, sizeof *g->dominant);
    if (!g->finished || !out->outcomes || !out->basis || !out->consensus.images || !g->dominant)
        return MIEN_ERR_NOMEM;
    out->consensus.n = mien_consensus_choose(out->n, out->consensus.images);
    return MIEN_OK;
}

mien_status mien_restarts_collect(const mien_method *method, const mien_source *X,
                                  const mien_options *options, mien_stability *out,
                                  uint32_t **dominant, mien_error *err)
{
    unsigned threads = options->threads ? options->threads : mien_processors();
    unsigned side_by_side = mien_jobs_side_by_side(threads, out->asked, X->n, X->p);
    struct restarts g = {.method = method,
                         .X = X,
                         .options = options,
                         .threads = threads / side_by_side,
                         .out = out};
    mien_job_plan plan = {out->asked, side_by_side, run_once, watch, &g};
    mien_best_init(&g.best);
    mien_status st = allocate(&g);
    st = st ? mien_fail_plain(err, st) : mien_jobs_run(&plan, err);
    if (!st) {
        take_best(&g);
        close_ranks(&g);
        out->interrupted = g.stopped && out->runs < out->asked;
    }
    mien_best_free(&g.best);
    mien_free(g.finished);
    *dominant = g.dominant;
    return st;
}
