/* fit.c - run a method: checks, starts, and what fits of all methods have in common.
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "linalg/blas.h"
#include "methods/frame.h"
#include "methods/held_out.h"
#include "methods/keep.h"
#include "methods/levels.h"
#include "methods/method.h"
#include "methods/snapshots.h"
#include "methods/starts.h"
#include "methods/weights_file.h"

#include <math.h>

/* ---------------------------------------------------------------- one start, all starts */

/* The trace ends with what the scores say. Descents know their loss to the rounding of float32:
 * where it never increases, a row below its end is such rounding. */
static mien_status end_trace(mien_run *run, mien_fit *fit)
{
    double end = mien_fit_objective(fit);
    bool noted =
        fit->n_trace && fit->trace[fit->n_trace - 1].iteration >= run->before + fit->iterations;
    if (!noted && !mien_run_note(run, fit->iterations, end))
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    fit->trace[fit->n_trace - 1].loss = end;
    if (run->refitted)
        fit->trace[fit->n_trace - 1].seconds = mien_seconds() - run->clock;
    bool falls = run->method->info.traits & MIEN_MONOTONE && isfinite(end);
    for (size_t t = 0; falls && t < fit->n_trace; t++)
        fit->trace[t].loss = fmax(fit->trace[t].loss, end);
    return MIEN_OK;
}

/* The method's own part of a start: W, H, mu, and what it says of itself.
 *   coarser  what smaller pictures went before it */
static mien_status run_method(mien_run *run, mien_fit *fit, mien_coarse_part *coarser)
{
    mien_arena arena = {0};
    run->arena = &arena;
    run->fit = fit;
    run->trace_capacity = 0;
    run->refitted = run->told = run->started = false;
    run->before = 0;
    if (run->keep)
        run->keep->coarser = coarser;
    mien_status st = fit->W && fit->H ? mien_levels_descend(run, fit, coarser) : MIEN_ERR_NOMEM;
    if (!st)
        st = run->method->fit(run, fit);
    if (!st && run->keep)
        st = run->keep->status;
    if (!st && !run->told)
        mien_run_tell(run, fit->iterations, NAN);
    if (!st && run->interrupted)
        fit->stop = MIEN_STOP_INTERRUPTED;
    if (!st && fit->snapshots.count)
        mien_snapshot_take(run, fit->iterations, fit->H, fit->p);
    mien_arena_free(&arena); /* before the scores take theirs */
    if (run->out_of_memory || st == MIEN_ERR_NOMEM)
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    return st;
}

/* A fit from the run's seed. */
static mien_status fit_from(mien_run *run, mien_fit *out)
{
    const mien_source *X = run->X;
    size_t r = run->options->r;
    mien_fit fit = {.method = run->method,
                    .n = X->n,
                    .p = X->p,
                    .r = r,
                    .seed = run->seed,
                    .W = mien_alloc_array(X->n * r, sizeof(float)),
                    .H = mien_alloc_array(r * X->p, sizeof(float))};
    mien_coarse_part coarser = {0};
    mien_status st = run_method(run, &fit, &coarser);
    if (!st && run->behind) { /* it goes, and needs no scores */
        mien_coarse_part_free(&coarser);
        *out = fit;
        return MIEN_OK;
    }
    if (!st)
        st = mien_fit_score(run, &fit, NULL, NULL);
    if (!st)
        st = end_trace(run, &fit);
    if (!st && mien_levels_join(&coarser, &fit))
        st = mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    mien_coarse_part_free(&coarser);
    if (!st)
        st = mien_unit_return(run, &fit);
    if (st)
        mien_fit_free(&fit);
    else
        *out = fit;
    return st;
}

/* How many starts: as many as asked for, or ten where the data is so small that they take no longer
 * than one on a thousand faces, or where ten take less than one of NMF, which on very large data is
 * not known. A bad start is a matter of luck and costs a small study its truth.
 */
enum { SMALL_WORK = 5 * 1000 * 1000, SMALL_STARTS = 10 };
static const double CHEAP_WORK = 5e9;

/* From a start's seed to the next one's. Starts that were asked for are neighbours; those of mien's
 * own choice lie far apart, so that --seed 1 and --seed 2 have none in common. */
enum { NEIGHBOUR = 1, FAR_APART = 1000003 };

static size_t count_starts(const mien_method *method, const mien_options *options, size_t n,
                           size_t p)
{
    if (!method->random_start || options->start_W)
        return 1;
    if (options->restarts)
        return options->restarts;
    double work = (double)n * (double)p * (double)options->r;
    return work <= SMALL_WORK || (method->cheap_start && work <= CHEAP_WORK) ? SMALL_STARTS : 1;
}

static uint64_t seed_step(const mien_options *options)
{
    return options->restarts ? NEIGHBOUR : FAR_APART;
}

void mien_fit_start(const mien_fit *fit, const mien_options *options, size_t *start, size_t *starts)
{
    mien_options own = *options;
    own.r = fit->r;
    uint64_t away = fit->seed - options->seed;
    *starts = count_starts(fit->method, &own, fit->n, fit->p);
    *start = (size_t)(away / seed_step(options)) + 1;
    if (*start > *starts) /* a model that says otherwise, or one start of its files' own */
        *start = *starts = 1;
}

static mien_status fit_starts(mien_run *run, mien_fit *out)
{
    run->starts = count_starts(run->method, run->options, run->X->n, run->X->p);
    mien_status st = mien_keep_check(run, "");
    if (!st)
        st = mien_starts_run(run, fit_from, seed_step(run->options), out);
    if (!st && run->interrupted)
        out->stop = MIEN_STOP_INTERRUPTED;
    return st;
}

/* fit->held_out, where the method has a closed form: in the unit that the run works in. */
static mien_status measure_held_out(mien_run *run, mien_fit *fit)
{
    if (!run->method->held_out)
        return MIEN_OK;
    mien_unit_enter(run, fit);
    mien_status st = run->method->held_out(run, fit);
    mien_unit_leave(run, fit);
    return st ? mien_fail_plain(run->err, st) : MIEN_OK;
}

/* ---------------------------------------------------------------- checks */

/* Rows of weights that are transposed are padded by less than this. */
enum { PADDED = 4096 };

/* A matrix with a side of n goes through BLAS where weights are kept, tiles alone where not. */
static mien_status check_sizes(size_t n, size_t p, const mien_options *options, mien_error *err)
{
    size_t r = options->r, most;
    if (!mien_blas_fits(p) || !mien_blas_fits(r) || !mien_product(n, p, sizeof(float), &most))
        return mien_fail(err, MIEN_ERR_SHAPE, "%zu images of %zu pixels are too many", n, p);
    if (!options->no_weights && !mien_blas_fits(n + PADDED))
        return mien_fail(err, MIEN_ERR_SHAPE,
                         "%zu images are too many for weights that are kept: use no-weights (NMF, "
                         "solver minibatch)",
                         n);
    return MIEN_OK;
}

mien_status mien_fit_check(const mien_method *method, size_t n, size_t p,
                           const mien_options *options, mien_error *err)
{
    mien_status st = mien_check_given(err, method, options);
    if (st)
        return st;
    size_t r = options->r;
    if (n == 0 || p == 0)
        return mien_fail(err, MIEN_ERR_SHAPE, "no data: %zu images of %zu pixels", n, p);
    st = check_sizes(n, p, options, err);
    if (st)
        return st;
    size_t larger = n > p ? n : p, most = mien_components_max(method, n, p);
    if (r < 1 || r > larger)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%zu components: r may be anything from 1 to max(N, p) = %zu", r, larger);
    if (method->info.traits & MIEN_RANK_BOUND && r > most)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s has at most min(N, p) = %zu components, %zu were asked for",
                         method->info.title, most, r);
    if (method->info.traits & MIEN_IMAGE_BOUND && r > most)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s needs at least as many images as components: there are %zu images for "
                         "%zu components",
                         method->info.title, n, r);
    if (options->iterations < 1)
        return mien_fail(err, MIEN_ERR_ARG, "iterations: at least one is needed");
    if (!options->start_W != !options->start_H)
        return mien_fail(err, MIEN_ERR_ARG, "a start needs both weights and basis");
    st = mien_options_check(options, method, err);
    if (st || !options->no_weights)
        return st;
    if (options->start_W)
        return mien_fail(err, MIEN_ERR_ARG,
                         "no-weights: a start that is given has weights: leave out one of the two");
    if (!method->streaming)
        return mien_fail(err, MIEN_ERR_ARG,
                         "no-weights: %s does not learn without its weights: NMF does, by solver "
                         "minibatch",
                         method->info.title);
    if (!method->streaming(options))
        return mien_fail(err, MIEN_ERR_ARG,
                         "no-weights: %s learns without its weights by solver minibatch alone, and "
                         "without a penalty",
                         method->info.title);
    return MIEN_OK;
}

/* fit->image_errors <- of the training images as new ones. */
static mien_status measure_encodings(const mien_source *X, const mien_options *options,
                                     mien_fit *fit, mien_error *err)
{
    mien_options quiet = *options;
    mien_encoding encoding;
    quiet.progress = NULL;
    quiet.weights_file = NULL;
    mien_status st = mien_fit_encode(fit, &quiet, X, &encoding, err);
    if (st)
        return st;
    fit->image_errors = encoding.fit.image_errors;
    mien_encoding_free(&encoding);
    return MIEN_OK;
}

mien_status mien_fit_run(const mien_method *method, const mien_source *X,
                         const mien_options *options, mien_fit *out, mien_error *err)
{
    mien_status st = mien_check_given(err, method, X, options, out);
    if (!st)
        st = mien_fit_check(method, X->n, X->p, options, err);
    size_t levels;
    if (!st)
        st = mien_levels_count(method, X, options, &levels, err);
    if (st)
        return st;
    if (options->no_weights)
        return mien_fit_stream(method, X, options, out, err);
    mien_frame frame;
    mien_fit fit = {0};
    st = mien_frame_open(&frame, method, X, options, NULL, err);
    frame.run.levels = levels;
    frame.run.apart = mien_weights_are_filed(&frame.run) && method->weights_apart &&
                      method->weights_apart(options);
    if (!st)
        st = fit_starts(&frame.run, &fit);
    if (!st)
        st = measure_held_out(&frame.run, &fit);
    if (!st)
        mien_weights_settle(&frame.run, &fit);
    mien_frame_close(&frame);
    if (!st && method->encodes_otherwise && method->encodes_otherwise(options))
        st = measure_encodings(X, options, &fit, err);
    if (st) {
        mien_fit_free(&fit);
        return st;
    }
    fit.seconds = mien_seconds() - frame.run.clock;
    *out = fit;
    return MIEN_OK;
}

mien_status mien_fit_calibrate(mien_fit *fit, const mien_options *options, const mien_source *X,
                               mien_error *err)
{
    mien_status st = mien_check_given(err, fit, options, X);
    if (st)
        return st;
    if (X->n != fit->n || X->p != fit->p)
        return mien_fail(err, MIEN_ERR_SHAPE,
                         "%zu images of %zu pixels, the model was made from %zu of %zu", X->n, X->p,
                         fit->n, fit->p);
    mien_options today = *options;
    today.r = fit->r;
    st = mien_fit_check(fit->method, fit->n, fit->p, &today, err);
    if (st || fit->held_out.n)
        return st;
    if (!fit->method->held_out)
        return mien_fold_errors(fit, count_starts(fit->method, &today, X->n, X->p), options, X,
                                err);
    mien_frame frame;
    st = mien_frame_open(&frame, fit->method, X, &today, NULL, err);
    if (!st)
        st = measure_held_out(&frame.run, fit);
    mien_frame_close(&frame);
    return st;
}
