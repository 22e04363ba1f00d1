/* rank_stability.c - how alike the answers from several starts are, at one r.
 * SPDX-License-Identifier: MIT
 *
 * The one place where choosing r meets study/stability. */
#include "study/rank/rank_stability.h"

#include <math.h>

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
