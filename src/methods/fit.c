/* fit.c - run a method: checks, starts, scores; all that methods share.
 * SPDX-License-Identifier: MIT */
#include "methods/fit.h"

#include "base/clones.h"
#include "base/status.h"
#include "linalg/blas.h"
#include "methods/held_out.h"
#include "methods/method.h"
#include "methods/spread.h"
#include "methods/starts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- moments of X */

/* First pass: is X finite and non-negative, its sum, its squares and its mean image. */
struct moments {
    const mien_tiling *tiling;
    const float *near;  /* p: the first image; sums around it lose no digits to a large mean */
    double *sums;       /* groups x p: of x - near */
    double *squares;    /* groups: ||x||^2 */
    double *deviations; /* groups: ||x - near||^2 */
    size_t *bad;        /* groups: first entry i p + j that is not finite, or SIZE_MAX */
    size_t *negative;   /* groups: the same for negative entries */
};

struct row_moments {
    double square, deviation;
    float least;
};

/* Moments of one image; sums += x - near. Sums run in as many lanes as vectors have. */
MIEN_CLONES static struct row_moments add_row_moments(const float *restrict x,
                                                      const float *restrict near, size_t p,
                                                      double *restrict sums)
{
    enum { LANES = 8 };
    double square[LANES] = {0}, deviation[LANES] = {0};
    float least[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= p; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double v = x[j + l], d = v - near[j + l];
            sums[j + l] += d;
            deviation[l] += d * d;
            square[l] += v * v;
            least[l] = x[j + l] < least[l] ? x[j + l] : least[l];
        }
    for (; j < p; j++) {
        double v = x[j], d = v - near[j];
        sums[j] += d;
        deviation[0] += d * d;
        square[0] += v * v;
        least[0] = x[j] < least[0] ? x[j] : least[0];
    }
    struct row_moments m = {0};
    for (size_t l = 0; l < LANES; l++) {
        m.square += square[l];
        m.deviation += deviation[l];
        m.least = least[l] < m.least ? least[l] : m.least;
    }
    return m;
}

static void visit_moments(void *context, const mien_tile *tile)
{
    struct moments *m = context;
    size_t p = m->tiling->p;
    for (size_t i = 0; i < tile->count; i++) {
        const float *x = tile->x + i * p;
        struct row_moments row = add_row_moments(x, m->near, p, m->sums + tile->group * p);
        m->squares[tile->group] += row.square;
        m->deviations[tile->group] += row.deviation;
        if (isfinite(row.square) && row.least >= 0)
            continue;
        for (size_t j = 0; j < p; j++) {
            size_t at = (tile->first + i) * p + j;
            if (!isfinite(x[j]) && at < m->bad[tile->group])
                m->bad[tile->group] = at;
            if (x[j] < 0 && at < m->negative[tile->group])
                m->negative[tile->group] = at;
        }
    }
}

static mien_status measure_moments(mien_run *run, double *mean)
{
    size_t p = run->X->p, groups = run->tiling.groups;
    float *near = mien_arena_alloc(run->arena, p, sizeof *near);
    struct moments m = {.tiling = &run->tiling,
                        .near = near,
                        .sums = mien_arena_alloc(run->arena, groups * p, sizeof(double)),
                        .squares = mien_arena_alloc(run->arena, groups, sizeof(double)),
                        .deviations = mien_arena_alloc(run->arena, groups, sizeof(double)),
                        .bad = mien_arena_alloc(run->arena, groups, sizeof(size_t)),
                        .negative = mien_arena_alloc(run->arena, groups, sizeof(size_t))};
    if (run->arena->failed)
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    for (size_t g = 0; g < groups; g++)
        m.bad[g] = m.negative[g] = SIZE_MAX;
    run->X->strip(run->X->data, NULL, 1, 0, p, near, 1);
    mien_run_pass(run, visit_moments, &m);
    size_t bad = SIZE_MAX, negative = SIZE_MAX;
    for (size_t g = 0; g < groups; g++) {
        bad = m.bad[g] < bad ? m.bad[g] : bad;
        negative = m.negative[g] < negative ? m.negative[g] : negative;
        run->squares += m.squares[g];
        run->variance += m.deviations[g];
        for (size_t j = 0; j < p; j++)
            mean[j] += m.sums[g * p + j];
    }
    for (size_t j = 0; j < p; j++) {
        double shift = mean[j] / (double)run->X->n;
        run->variance -= mean[j] * shift;
        mean[j] = near[j] + shift;
        run->total += mean[j] * (double)run->X->n;
    }
    run->variance = run->variance > 0 ? run->variance : 0;
    if (bad != SIZE_MAX)
        return mien_fail(run->err, MIEN_ERR_DOMAIN, "image %zu, pixel %zu is not a finite number",
                         bad / p, bad % p);
    if (negative != SIZE_MAX && run->method->info.traits & MIEN_NEEDS_NONNEG)
        return mien_fail(run->err, MIEN_ERR_DOMAIN,
                         "image %zu, pixel %zu is negative: %s assumes that X is non-negative",
                         negative / p, negative % p, run->method->info.title);
    run->mean = mean;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- scores of a fit */

struct scores {
    const mien_fit *fit;
    mien_loss loss;
    double *H;                           /* r x p */
    double **W, **Y;                     /* a tile's weights and model, one a worker */
    double *losses;                      /* groups */
    double *residuals;                   /* groups */
    double *image_losses, *image_errors; /* n */
};

/* |x - y| / |x|, from the squares of both. */
static double relative(double residual, double square)
{
    if (square > 0)
        return sqrt(residual / square);
    return residual > 0 ? INFINITY : 0;
}

/* |v|_1; *square <- |v|_2^2. */
MIEN_CLONES static double row_norms(const float *v, size_t p, double *square)
{
    enum { LANES = 8 };
    double absolute[LANES] = {0}, squares[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= p; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double d = v[j + l];
            absolute[l] += fabs(d);
            squares[l] += d * d;
        }
    for (; j < p; j++) {
        double d = v[j];
        absolute[0] += fabs(d);
        squares[0] += d * d;
    }
    for (size_t l = 1; l < LANES; l++) {
        absolute[0] += absolute[l];
        squares[0] += squares[l];
    }
    *square = squares[0];
    return absolute[0];
}

static void visit_scores(void *context, const mien_tile *tile)
{
    struct scores *s = context;
    size_t p = s->fit->p, r = s->fit->r;
    double *W = s->W[tile->worker], *Y = s->Y[tile->worker];
    for (size_t i = 0; i < tile->count * r; i++)
        W[i] = s->fit->W[tile->first * r + i];
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < p; j++)
            Y[i * p + j] = s->fit->mu ? s->fit->mu[j] : 0;
    size_t rows = mien_blas_rows(tile->count, p, r);
    for (size_t i = 0; i < tile->count; i += rows) {
        size_t count = tile->count - i < rows ? tile->count - i : rows;
        mien_dgemm(false, false, count, p, r, 1, W + i * r, r, s->H, p, 1, Y + i * p, p);
    }
    for (size_t i = 0; i < tile->count; i++) {
        const float *x = tile->x + i * p;
        const double *y = Y + i * p;
        double squares = mien_loss_sum(MIEN_LOSS_SQUARES, x, y, p), own;
        double loss = s->loss == MIEN_LOSS_SQUARES ? squares : mien_loss_sum(s->loss, x, y, p);
        row_norms(x, p, &own);
        s->residuals[tile->group] += squares;
        s->losses[tile->group] += loss;
        s->image_losses[tile->first + i] = loss;
        s->image_errors[tile->first + i] = relative(squares, own);
    }
}

/* Hoyer 2004: (sqrt p - |v|_1 / |v|_2) / (sqrt p - 1); mean over the rows that are not zero. */
static double hoyer_mean(const float *rows, size_t count, size_t p)
{
    double sum = 0;
    size_t used = 0;
    for (size_t k = 0; k < count; k++) {
        double square, absolute = row_norms(rows + k * p, p, &square);
        if (!(square > 0))
            continue;
        double root = sqrt((double)p);
        sum += p > 1 ? (root - absolute / sqrt(square)) / (root - 1) : 1;
        used++;
    }
    return used ? sum / (double)used : 0;
}

static bool prepare_scores(struct scores *s, mien_run *run, const mien_fit *fit, mien_arena *arena)
{
    size_t n = fit->n, p = fit->p, r = fit->r, groups = run->tiling.groups;
    unsigned workers = mien_pool_threads(run->pool);
    *s = (struct scores){
        .fit = fit,
        .loss = run->method->loss(run->options),
        .H = mien_arena_alloc(arena, r * p, sizeof(double)),
        .W = mien_arena_alloc_each(arena, workers, run->tiling.rows * r, sizeof(double)),
        .Y = mien_arena_alloc_each(arena, workers, run->tiling.rows * p, sizeof(double)),
        .losses = mien_arena_alloc(arena, groups, sizeof(double)),
        .residuals = mien_arena_alloc(arena, groups, sizeof(double)),
        .image_losses = mien_arena_alloc(arena, n, sizeof(double)),
        .image_errors = mien_arena_alloc(arena, n, sizeof(double))};
    for (size_t i = 0; i < r * p && !arena->failed; i++)
        s->H[i] = fit->H[i];
    return !arena->failed;
}

mien_status mien_fit_score(mien_run *run, mien_fit *fit, double *losses, double *errors)
{
    size_t n = fit->n, p = fit->p, r = fit->r, groups = run->tiling.groups;
    mien_arena arena = {0};
    struct scores s;
    bool ready = prepare_scores(&s, run, fit, &arena);
    if (ready)
        mien_run_pass(run, visit_scores, &s);
    if (!ready || mien_spread_measure(s.image_errors, n, &fit->image_errors)) {
        mien_arena_free(&arena);
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    }
    double residual = 0;
    fit->loss = 0;
    for (size_t g = 0; g < groups; g++) {
        fit->loss += s.losses[g];
        residual += s.residuals[g];
    }
    if (losses)
        memcpy(losses, s.image_losses, n * sizeof *losses);
    if (errors)
        memcpy(errors, s.image_errors, n * sizeof *errors);
    fit->loss_name = mien_loss_name(s.loss);
    fit->relative_error = run->squares > 0 ? sqrt(residual / run->squares) : 0;
    /* all images alike: nothing to explain */
    fit->explained_variance =
        run->variance > 1e-12 * run->squares ? 1 - residual / run->variance : 0;
    fit->sparseness = hoyer_mean(fit->H, r, p);
    fit->weights_sparseness = hoyer_mean(fit->W, n, r);
    mien_arena_free(&arena);
    if (!isfinite(fit->loss) || !isfinite(residual))
        return mien_fail(run->err, MIEN_ERR_NUMERIC, "%s: the loss is not finite",
                         run->method->info.title);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- one start, all starts */

static mien_status fit_from(mien_run *run, mien_fit *out)
{
    mien_arena arena = {0};
    const mien_source *X = run->X;
    mien_fit fit = {.method = run->method,
                    .n = X->n,
                    .p = X->p,
                    .r = run->options->r,
                    .seed = run->seed,
                    .W = mien_alloc_array(X->n * run->options->r, sizeof(float)),
                    .H = mien_alloc_array(run->options->r * X->p, sizeof(float))};
    run->arena = &arena;
    run->fit = &fit;
    run->trace_capacity = 0;
    run->refitted = false;
    mien_status st = MIEN_ERR_NOMEM;
    if (fit.W && fit.H)
        st = run->method->fit(run, &fit);
    if (run->out_of_memory)
        st = MIEN_ERR_NOMEM;
    if (st == MIEN_ERR_NOMEM)
        mien_fail_plain(run->err, st);
    if (!st && run->interrupted)
        fit.stop = MIEN_STOP_INTERRUPTED;
    mien_arena_free(&arena); /* before the scores take theirs */
    if (!st)
        st = mien_fit_score(run, &fit, NULL, NULL);
    /* an interrupt may come before a method has any loss to tell */
    bool untold = fit.n_trace ? fit.trace[fit.n_trace - 1].iteration < fit.iterations
                              : fit.stop == MIEN_STOP_INTERRUPTED;
    if (!st && !untold && run->refitted && fit.n_trace)
        fit.n_trace--; /* measured before the last step: again */
    if (!st && (untold || run->refitted) &&
        !mien_run_note(run, fit.iterations, fit.loss + fit.penalty))
        st = mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    if (!st) {
        *out = fit;
        fit = (mien_fit){0};
    }
    mien_fit_free(&fit);
    return st;
}

/* How many starts: as many as asked for, or ten where the data is so small that they take no longer
 * than one on a thousand faces. A bad start is a matter of luck and costs a small study its truth.
 */
enum { SMALL_WORK = 5 * 1000 * 1000, SMALL_STARTS = 10 };

/* From a start's seed to the next one's. Starts that were asked for are neighbours; those of mien's
 * own choice lie far apart, so that --seed 1 and --seed 2 have none in common. */
enum { NEIGHBOUR = 1, FAR_APART = 1000003 };

static size_t count_starts(const mien_method *method, const mien_source *X,
                           const mien_options *options)
{
    if (!method->random_start || options->start_W)
        return 1;
    if (options->restarts)
        return options->restarts;
    double work = (double)X->n * (double)X->p * (double)options->r;
    return work <= SMALL_WORK ? SMALL_STARTS : 1;
}

static mien_status fit_starts(mien_run *run, mien_fit *out)
{
    run->starts = count_starts(run->method, run->X, run->options);
    uint64_t step = run->options->restarts ? NEIGHBOUR : FAR_APART;
    mien_status st = mien_starts_run(run, fit_from, step, out);
    if (!st && run->interrupted)
        out->stop = MIEN_STOP_INTERRUPTED;
    return st;
}

/* fit->held_out, where the method has a closed form. */
static mien_status measure_held_out(mien_run *run, mien_fit *fit)
{
    if (!run->method->held_out)
        return MIEN_OK;
    mien_status st = run->method->held_out(run, fit);
    return st ? mien_fail_plain(run->err, st) : MIEN_OK;
}

/* ---------------------------------------------------------------- checks */

static mien_status check(const mien_method *method, const mien_source *X,
                         const mien_options *options, mien_error *err)
{
    size_t n = X->n, p = X->p, r = options->r;
    if (n == 0 || p == 0)
        return mien_fail(err, MIEN_ERR_SHAPE, "no data: %zu images of %zu pixels", n, p);
    if (!mien_blas_fits(n) || !mien_blas_fits(p) || !mien_blas_fits(r))
        return mien_fail(err, MIEN_ERR_SHAPE, "%zu images of %zu pixels are too many", n, p);
    size_t larger = n > p ? n : p, smaller = n < p ? n : p;
    if (r < 1 || r > larger)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%zu components: r may be anything from 1 to max(N, p) = %zu", r, larger);
    if (method->info.traits & MIEN_RANK_BOUND && r > smaller)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s has at most min(N, p) = %zu components, %zu were asked for",
                         method->info.title, smaller, r);
    if (method->info.traits & MIEN_IMAGE_BOUND && r > n)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s needs at least as many images as components: there are %zu images for "
                         "%zu components",
                         method->info.title, n, r);
    if (options->iterations < 1)
        return mien_fail(err, MIEN_ERR_ARG, "iterations: at least one is needed");
    if (!options->start_W != !options->start_H)
        return mien_fail(err, MIEN_ERR_ARG, "a start needs both weights and basis");
    return mien_options_check(options, method, err);
}

mien_status mien_frame_open(mien_frame *frame, const mien_method *method, const mien_source *X,
                            const mien_options *options, mien_error *err)
{
    mien_arena *arena = &frame->arena;
    mien_run *run = &frame->run;
    mien_memory_hold();
    *frame = (mien_frame){.blas_threads = mien_blas_single()};
    *run = (mien_run){.X = X,
                      .options = options,
                      .tolerance =
                          options->tolerance < 0 ? method->info.tolerance : options->tolerance,
                      .tiling = mien_tiling_plan(X->n, X->p, options->r),
                      .arena = arena,
                      .err = err,
                      .method = method,
                      .clock = mien_seconds()};
    mien_status st = mien_pool_create(options->threads, &run->pool);
    if (st)
        return mien_fail_plain(err, st);
    float **buffers = mien_arena_alloc_each(arena, mien_pool_threads(run->pool),
                                            run->tiling.rows * X->p, sizeof **buffers);
    double *mean = mien_arena_alloc(arena, X->p, sizeof *mean);
    if (arena->failed)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    run->buffers = buffers;
    return measure_moments(run, mean);
}

void mien_frame_close(mien_frame *frame)
{
    mien_pool_free(frame->run.pool);
    mien_arena_free(&frame->arena);
    mien_blas_restore(frame->blas_threads);
    mien_memory_release();
}

/* fit->image_errors <- of the training images as new ones. */
static mien_status measure_encodings(const mien_source *X, const mien_options *options,
                                     mien_fit *fit, mien_error *err)
{
    mien_options quiet = *options;
    mien_encoding encoding;
    quiet.progress = NULL;
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
    mien_status st = check(method, X, options, err);
    if (st)
        return st;
    mien_frame frame;
    mien_fit fit = {0};
    st = mien_frame_open(&frame, method, X, options, err);
    if (!st)
        st = fit_starts(&frame.run, &fit);
    if (!st)
        st = measure_held_out(&frame.run, &fit);
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
    if (X->n != fit->n || X->p != fit->p)
        return mien_fail(err, MIEN_ERR_SHAPE,
                         "%zu images of %zu pixels, the model was made from %zu of %zu", X->n, X->p,
                         fit->n, fit->p);
    if (fit->held_out.n)
        return MIEN_OK;
    if (!fit->method->held_out)
        return mien_fold_errors(fit, count_starts(fit->method, X, options), options, X, err);
    mien_options today = *options;
    mien_frame frame;
    today.r = fit->r;
    mien_status st = mien_frame_open(&frame, fit->method, X, &today, err);
    if (!st)
        st = measure_held_out(&frame.run, fit);
    mien_frame_close(&frame);
    return st;
}

void mien_fit_free(mien_fit *fit)
{
    if (!fit)
        return;
    mien_free(fit->W);
    mien_free(fit->H);
    mien_free(fit->mu);
    mien_free(fit->trace);
    *fit = (mien_fit){0};
}

void mien_fit_reconstruct(const mien_fit *fit, size_t i, float *out)
{
    size_t p = fit->p;
    for (size_t j = 0; j < p; j++)
        out[j] = fit->mu ? fit->mu[j] : 0;
    for (size_t k = 0; k < fit->r; k++) {
        float w = fit->W[i * fit->r + k];
        for (size_t j = 0; w != 0 && j < p; j++)
            out[j] += w * fit->H[k * p + j];
    }
}
