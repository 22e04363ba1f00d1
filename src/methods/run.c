/* run.c - what a method calls while it fits: passes, the trace, order of components.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "methods/run.h"

#include "base/team.h"
#include "methods/halving.h"

#include <math.h>
#include <string.h>
#include <time.h>

double mien_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void mien_run_pass(mien_run *run, mien_tile_fn visit, void *context, mien_sums *sums)
{
    mien_pass(run->pool, run->X, &run->tiling, run->buffers, visit, context, sums);
}

void mien_run_gather(mien_run *run, void *rows, size_t size)
{
    mien_pass_gather(run->pool, &run->tiling, rows, size);
}

const mien_team *mien_run_apart(const mien_run *run)
{
    return run->apart ? mien_pool_team(run->pool) : NULL;
}

size_t mien_run_own(const mien_run *run, size_t *end)
{
    *end = run->X->n;
    return run->apart ? mien_pass_own(run->pool, &run->tiling, end) : 0;
}

bool mien_run_note(mien_run *run, size_t iteration, double loss)
{
    mien_fit *fit = run->fit;
    if (!mien_grow((void **)&fit->trace, &run->trace_capacity, fit->n_trace, fit->n_trace + 1,
                   sizeof *fit->trace)) {
        run->out_of_memory = true;
        return false;
    }
    fit->trace[fit->n_trace++] = (mien_trace){.iteration = run->before + iteration,
                                              .seconds = mien_seconds() - run->clock,
                                              .loss = loss,
                                              .level = run->level};
    return true;
}

bool mien_run_murmur(mien_run *run, size_t iteration, double loss)
{
    const mien_options *options = run->options;
    run->told = true;
    if (options->progress && !run->interrupted) {
        mien_progress now = {mien_method_describe(run->method)->name,
                             run->finished + iteration,
                             run->starts * options->iterations,
                             loss * run->unit,
                             0,
                             0};
        if (run->starts > 1) {
            size_t ended = now.done / options->iterations;
            now.runs = run->starts;
            now.run = ended < now.runs ? ended + 1 : now.runs;
        }
        if (!options->progress(options->user, &now))
            run->asked = true;
    }
    return !run->asked && !run->interrupted;
}

bool mien_run_tell(mien_run *run, size_t iteration, double loss)
{
    mien_run_murmur(run, iteration, loss);
    return mien_run_listen(run);
}

bool mien_run_listen(mien_run *run)
{
    if (run->options->progress && !run->interrupted)
        run->interrupted = mien_team_most(mien_pool_team(run->pool), run->asked);
    return !run->interrupted;
}

static bool keeps_up(mien_run *run, size_t iteration, double loss)
{
    const mien_entrant *self = run->entrant;
    if (self && self->run == run)
        run->behind = !mien_halving_goes_on(self->halving, self->index, iteration, loss);
    return !run->behind;
}

bool mien_run_step(mien_run *run, size_t iteration, double loss)
{
    return mien_run_note(run, iteration, loss) && mien_run_tell(run, iteration, loss) &&
           keeps_up(run, iteration, loss);
}

bool mien_run_settled(const mien_run *run, size_t window)
{
    const mien_fit *fit = run->fit;
    if (!(run->tolerance > 0) || fit->n_trace <= window)
        return false;
    double now = fit->trace[fit->n_trace - 1].loss;
    double before = fit->trace[fit->n_trace - 1 - window].loss;
    return before - now <= run->tolerance * fabs(before);
}

void mien_order_descending(const double *key, size_t r, size_t *order)
{
    for (size_t k = 0; k < r; k++) { /* insertion: r is small, ties keep their order */
        size_t at = k;
        while (at > 0 && key[order[at - 1]] < key[k]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = k;
    }
}
