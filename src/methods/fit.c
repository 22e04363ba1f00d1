/* fit.c - run a method: checks, starts, scores; all that methods share.
 * SPDX-License-Identifier: MIT */
#include "methods/fit.h"

#include "base/cpu.h"
#include "base/status.h"
#include "linalg/blas.h"
#include "methods/held_out.h"
#include "methods/method.h"
#include "methods/snapshots.h"
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
    float *each;        /* n: an image's */
};

struct row_moments {
    double square, deviation;
    float least;
};

/* Moments of one image; sums += x - near. Sums run in as many lanes as vectors have. */
MIEN_LOOP_OF(static, struct row_moments, add_row_moments,
             (const float *restrict x, const float *restrict near, size_t p, double *restrict sums),
             (x, near, p, sums))
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
        m->each[tile->first + i] = mien_scale_largest(x, p);
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

/* Images differ by less than this share of what they differ from the first by: rounding of sums. */
static const double ALIKE = 1e-14;

/* What run->X is; *largest <- its largest |x|, each (n) <- that of each image. */
static mien_status measure_moments(mien_run *run, double *mean, float *largest, float *each)
{
    size_t p = run->X->p, groups = run->tiling.groups;
    float *near = mien_arena_alloc(run->arena, p, sizeof *near);
    struct moments m = {.tiling = &run->tiling,
                        .near = near,
                        .sums = mien_arena_alloc(run->arena, groups * p, sizeof(double)),
                        .squares = mien_arena_alloc(run->arena, groups, sizeof(double)),
                        .deviations = mien_arena_alloc(run->arena, groups, sizeof(double)),
                        .bad = mien_arena_alloc(run->arena, groups, sizeof(size_t)),
                        .negative = mien_arena_alloc(run->arena, groups, sizeof(size_t)),
                        .each = each};
    if (run->arena->failed)
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    for (size_t g = 0; g < groups; g++)
        m.bad[g] = m.negative[g] = SIZE_MAX;
    run->X->strip(run->X->data, NULL, 1, 0, p, near, 1);
    mien_run_pass(run, visit_moments, &m);
    size_t bad = SIZE_MAX, negative = SIZE_MAX;
    run->squares = run->total = 0;
    memset(mean, 0, p * sizeof *mean);
    double deviation = 0;
    for (size_t g = 0; g < groups; g++) {
        bad = m.bad[g] < bad ? m.bad[g] : bad;
        negative = m.negative[g] < negative ? m.negative[g] : negative;
        run->squares += m.squares[g];
        deviation += m.deviations[g];
        for (size_t j = 0; j < p; j++)
            mean[j] += m.sums[g * p + j];
    }
    run->variance = deviation;
    for (size_t j = 0; j < p; j++) {
        double shift = mean[j] / (double)run->X->n;
        run->variance -= mean[j] * shift;
        mean[j] = near[j] + shift;
        run->total += mean[j] * (double)run->X->n;
    }
    run->variance = run->variance > ALIKE * deviation ? run->variance : 0;
    *largest = mien_scale_largest(each, run->X->n);
    if (bad != SIZE_MAX)
        return mien_fail(run->err, MIEN_ERR_DOMAIN, "image %zu, pixel %zu is not a finite number",
                         bad / p + 1, bad % p + 1);
    if (negative != SIZE_MAX && run->method->info.traits & MIEN_NEEDS_NONNEG)
        return mien_fail(run->err, MIEN_ERR_DOMAIN,
                         "image %zu, pixel %zu is negative: %s assumes that X is non-negative",
                         negative / p + 1, negative % p + 1, run->method->info.title);
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
    const int *each;                     /* n: exponents of the images, or NULL */
};

/* |x - y| / |x|, from the squares of both. */
static double relative(double residual, double square)
{
    if (square > 0)
        return sqrt(residual / square);
    return residual > 0 ? INFINITY : 0;
}

/* |v|_1; *square <- |v|_2^2. */
MIEN_LOOP_OF(static, double, row_norms, (const float *v, size_t p, double *square), (v, p, square))
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
    mien_dgemm(false, false, tile->count, p, r, 1, W, r, s->H, p, 1, Y, p);
    for (size_t i = 0; i < tile->count; i++) {
        const float *x = tile->x + i * p;
        const double *y = Y + i * p;
        double squares = mien_loss_sum(MIEN_LOSS_SQUARES, x, y, p), own;
        double loss = s->loss == MIEN_LOSS_SQUARES ? squares : mien_loss_sum(s->loss, x, y, p);
        row_norms(x, p, &own);
        if (s->each) { /* back to the caller's unit */
            int back = -s->each[tile->first + i];
            loss = ldexp(loss, back * mien_loss_power(s->loss));
            squares = ldexp(squares, 2 * back);
            own = ldexp(own, 2 * back);
        }
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

/* Of a residual that is the variance but for rounding, 0. */
static double explained(double residual, double variance)
{
    static const double ROUNDING = 1e-12;
    double share = variance > 0 ? 1 - residual / variance : 0;
    return share < 0 && share > -ROUNDING ? 0 : share;
}

static bool prepare_scores(struct scores *s, mien_run *run, const mien_fit *fit, mien_arena *arena)
{
    size_t n = fit->n, p = fit->p, r = fit->r, groups = run->tiling.groups;
    unsigned workers = mien_pool_threads(run->pool);
    *s = (struct scores){
        .fit = fit,
        .each = run->each,
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

/* A divergence that is infinite is a result, with a word about where. */
static void note_infinite(mien_fit *fit, const double *losses)
{
    size_t count = 0, first = fit->n;
    for (size_t i = 0; i < fit->n; i++)
        if (isinf(losses[i]))
            first = count++ ? first : i;
    size_t length = strlen(fit->note);
    snprintf(fit->note + length, sizeof fit->note - length,
             "%sthe divergence is infinite: in %zu of %zu images (the first is %zu) pixels above 0 "
             "have a "
             "model of 0",
             length ? "; " : "", count, fit->n, first + 1);
}

mien_status mien_fit_score(mien_run *run, mien_fit *fit, double *losses, double *errors)
{
    size_t n = fit->n, p = fit->p, r = fit->r, groups = run->tiling.groups;
    mien_arena arena = {0};
    struct scores s;
    bool ready = prepare_scores(&s, run, fit, &arena);
    if (ready)
        mien_run_pass(run, visit_scores, &s);
    if (!ready || mien_quantiles_measure(s.image_errors, n, &fit->image_errors)) {
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
    fit->explained_variance = explained(residual, run->variance);
    fit->sparseness = hoyer_mean(fit->H, r, p);
    fit->weights_sparseness = hoyer_mean(fit->W, n, r);
    if (isinf(fit->loss))
        note_infinite(fit, s.image_losses);
    mien_arena_free(&arena);
    if (isnan(fit->loss) || !isfinite(residual))
        return mien_fail(run->err, MIEN_ERR_NUMERIC, "%s: the loss is not finite",
                         run->method->info.title);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- the unit of X */

/* v <- 2^exponent v; false: some is beyond float32 then. */
static bool scale_values(float *v, size_t count, int exponent)
{
    if (exponent)
        mien_scale_floats(v, v, count, exponent);
    return exponent <= 0 || isfinite(mien_scale_largest(v, count));
}

static mien_status fail_range(const mien_run *run)
{
    return mien_fail(run->err, MIEN_ERR_NUMERIC,
                     "%s: X is so large that the model does not fit into float32: divide X by a "
                     "thousand",
                     run->method->info.title);
}

static bool basis_has_unit(const mien_run *run)
{
    return run->method->basis_has_unit && run->method->basis_has_unit(run->options);
}

/* A fit of 2^exponent X becomes one of X. */
static mien_status return_to_unit(const mien_run *run, mien_fit *fit)
{
    int back = -run->exponent;
    if (back == 0)
        return MIEN_OK;
    fit->loss *= run->unit;
    fit->penalty *= run->unit;
    for (size_t t = 0; t < fit->n_trace; t++)
        fit->trace[t].loss *= run->unit;
    for (size_t k = 0; k < fit->snapshots.count * fit->r && basis_has_unit(run); k++)
        fit->snapshots.scale[k] = ldexpf(fit->snapshots.scale[k], back);
    bool whole = !fit->mu || scale_values(fit->mu, fit->p, back);
    whole = whole && (basis_has_unit(run) ? scale_values(fit->H, fit->r * fit->p, back)
                                          : scale_values(fit->W, fit->n * fit->r, back));
    return whole ? MIEN_OK : fail_range(run);
}

mien_status mien_fit_return(const mien_run *run, const mien_fit *model, mien_fit *fit)
{
    size_t p = fit->p, r = fit->r;
    if (!run->each)
        return MIEN_OK;
    memcpy(fit->H, model->H, r * p * sizeof *fit->H);
    if (fit->mu)
        memcpy(fit->mu, model->mu, p * sizeof *fit->mu);
    for (size_t i = 0; i < fit->n && !basis_has_unit(run); i++)
        if (!scale_values(fit->W + i * r, r, -run->each[i]))
            return fail_range(run);
    return MIEN_OK;
}

void mien_fit_leave(const mien_run *run, mien_fit *fit)
{
    if (!run->exponent)
        return;
    if (fit->mu)
        mien_scale_floats(fit->mu, fit->mu, fit->p, run->exponent);
    if (basis_has_unit(run))
        mien_scale_floats(fit->H, fit->H, fit->r * fit->p, run->exponent);
}

/* The exponent under which a model is at ease: its largest value of X's unit. */
static int exponent_of_model(const mien_run *run, const mien_fit *model)
{
    float largest[2] = {0, 0};
    if (model->mu)
        largest[0] = mien_scale_largest(model->mu, model->p);
    if (basis_has_unit(run))
        largest[1] = mien_scale_largest(model->H, model->r * model->p);
    else if (!model->mu && model->W)
        largest[1] = mien_scale_largest(model->W, model->n * model->r);
    return mien_scale_exponent(mien_scale_largest(largest, 2));
}

/* ---------------------------------------------------------------- one start, all starts */

/* The trace ends with what the scores say. Descents know their loss to the rounding of float32:
 * where it never increases, a row below its end is such rounding. False: memory is out. */
static bool end_trace(mien_run *run, mien_fit *fit)
{
    double end = mien_fit_objective(fit);
    bool told = fit->n_trace && fit->trace[fit->n_trace - 1].iteration >= fit->iterations;
    /* an interrupt may come before a method has any loss to tell */
    if (!fit->n_trace && fit->stop != MIEN_STOP_INTERRUPTED && !run->refitted)
        return true;
    if (!told && !mien_run_note(run, fit->iterations, end))
        return false;
    fit->trace[fit->n_trace - 1].loss = end;
    if (run->refitted)
        fit->trace[fit->n_trace - 1].seconds = mien_seconds() - run->clock;
    bool falls = run->method->info.traits & MIEN_MONOTONE && isfinite(end);
    for (size_t t = 0; falls && t < fit->n_trace; t++)
        fit->trace[t].loss = fmax(fit->trace[t].loss, end);
    return true;
}

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
    if (!st && fit.snapshots.count)
        mien_snapshot_take(run, fit.iterations, fit.H, fit.p);
    if (run->out_of_memory)
        st = mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    mien_arena_free(&arena); /* before the scores take theirs */
    if (!st)
        st = mien_fit_score(run, &fit, NULL, NULL);
    if (!st && !end_trace(run, &fit))
        st = mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    if (!st)
        st = return_to_unit(run, &fit);
    if (!st) {
        *out = fit;
        fit = (mien_fit){0};
    }
    mien_fit_free(&fit);
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
    mien_status st = mien_starts_run(run, fit_from, seed_step(run->options), out);
    if (!st && run->interrupted)
        out->stop = MIEN_STOP_INTERRUPTED;
    return st;
}

/* fit->held_out, where the method has a closed form: in the unit that the run works in. */
static mien_status measure_held_out(mien_run *run, mien_fit *fit)
{
    if (!run->method->held_out)
        return MIEN_OK;
    mien_fit_leave(run, fit);
    mien_status st = run->method->held_out(run, fit);
    if (fit->mu)
        scale_values(fit->mu, fit->p, -run->exponent);
    if (basis_has_unit(run))
        scale_values(fit->H, fit->r * fit->p, -run->exponent);
    return st ? mien_fail_plain(run->err, st) : MIEN_OK;
}

/* ---------------------------------------------------------------- checks */

mien_status mien_fit_check(const mien_method *method, size_t n, size_t p,
                           const mien_options *options, mien_error *err)
{
    size_t r = options->r;
    if (n == 0 || p == 0)
        return mien_fail(err, MIEN_ERR_SHAPE, "no data: %zu images of %zu pixels", n, p);
    if (!mien_blas_fits(n) || !mien_blas_fits(p) || !mien_blas_fits(r))
        return mien_fail(err, MIEN_ERR_SHAPE, "%zu images of %zu pixels are too many", n, p);
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
    return mien_options_check(options, method, err);
}

/* The run works on `from` with its values times powers of two: `each`, or `all` for all. */
static void scale_source(mien_frame *frame, const mien_source *from, const int *each, int all)
{
    frame->scaling = (mien_scaling){.from = from, .each = each, .all = all};
    frame->scaled = mien_scaled_source(&frame->scaling);
    frame->run.X = &frame->scaled;
}

/* X to learn from: all of it by one power of two. */
static void take_unit(mien_run *run, int exponent)
{
    run->exponent = exponent;
    run->unit = ldexp(1, -exponent * mien_loss_power(run->method->loss(run->options)));
}

/* New images: moments as they are; each image by its own power of two, or all by the model's. */
static mien_status take_units(mien_frame *frame, const mien_source *X, const mien_fit *model,
                              const float *largest, double *mean, int measured)
{
    mien_run *run = &frame->run;
    const mien_method *method = run->method;
    int *each = mien_arena_alloc(run->arena, X->n, sizeof *each);
    if (!each)
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    run->total = ldexp(run->total, -measured);
    run->squares = ldexp(run->squares, -2 * measured);
    run->variance = ldexp(run->variance, -2 * measured);
    for (size_t j = 0; j < X->p; j++)
        mean[j] = ldexp(mean[j], -measured);
    bool own = method->encodes_in_proportion && method->encodes_in_proportion(run->options, model);
    int all = own ? 0 : exponent_of_model(run, model);
    bool any = false;
    for (size_t i = 0; i < X->n; i++) {
        each[i] = own ? mien_scale_to_one(largest[i]) : all;
        any = any || each[i];
    }
    run->X = X;
    run->exponent = all;
    if (!any)
        return MIEN_OK;
    run->each = each;
    scale_source(frame, X, each, 0);
    return MIEN_OK;
}

mien_status mien_frame_open(mien_frame *frame, const mien_method *method, const mien_source *X,
                            const mien_options *options, const mien_fit *model, mien_error *err)
{
    mien_arena *arena = &frame->arena;
    mien_run *run = &frame->run;
    *frame = (mien_frame){.blas_threads = mien_blas_single()};
    *run = (mien_run){.X = X,
                      .options = options,
                      .tolerance =
                          options->tolerance < 0 ? method->info.tolerance : options->tolerance,
                      .tiling = mien_tiling_plan(X->n, X->p, options->r),
                      .arena = arena,
                      .err = err,
                      .method = method,
                      .model = model,
                      .unit = 1,
                      .clock = mien_seconds()};
    mien_status st = mien_pool_create(options->threads, &run->pool);
    if (st)
        return mien_fail_plain(err, st);
    float **buffers = mien_arena_alloc_each(arena, mien_pool_threads(run->pool),
                                            run->tiling.rows * X->p, sizeof **buffers);
    double *mean = mien_arena_alloc(arena, X->p, sizeof *mean);
    float *each = mien_arena_alloc(arena, X->n, sizeof *each), *again = each, largest;
    if (arena->failed)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    run->buffers = buffers;
    st = measure_moments(run, mean, &largest, each);
    int exponent = st ? 0 : mien_scale_exponent(largest);
    if (exponent) { /* again: denormals counted as zero */
        scale_source(frame, X, NULL, exponent);
        again = mien_arena_alloc(arena, X->n, sizeof *again);
        st = again ? measure_moments(run, mean, &largest, again)
                   : mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    if (st)
        return st;
    run->largest = again;
    if (model)
        return take_units(frame, X, model, each, mean, exponent);
    take_unit(run, exponent);
    return MIEN_OK;
}

void mien_frame_close(mien_frame *frame)
{
    mien_pool_free(frame->run.pool);
    mien_arena_free(&frame->arena);
    mien_blas_restore(frame->blas_threads);
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
    mien_status st = mien_fit_check(method, X->n, X->p, options, err);
    if (st)
        return st;
    mien_frame frame;
    mien_fit fit = {0};
    st = mien_frame_open(&frame, method, X, options, NULL, err);
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
    mien_options today = *options;
    today.r = fit->r;
    if (!fit->method->held_out)
        return mien_fold_errors(fit, count_starts(fit->method, &today, X->n, X->p), options, X,
                                err);
    mien_frame frame;
    mien_status st = mien_frame_open(&frame, fit->method, X, &today, NULL, err);
    if (!st)
        st = measure_held_out(&frame.run, fit);
    mien_frame_close(&frame);
    return st;
}

double mien_fit_objective(const mien_fit *fit)
{
    return fit->loss + fit->penalty;
}

void mien_fit_free(mien_fit *fit)
{
    if (!fit)
        return;
    mien_free(fit->W);
    mien_free(fit->H);
    mien_free(fit->mu);
    mien_free(fit->trace);
    mien_snapshots_free(&fit->snapshots);
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
