/* frame.c - what runs of a method share: the moments of X, its unit, the pool and the buffers.
 * SPDX-License-Identifier: MIT */
#include "methods/frame.h"

#include "base/cpu.h"
#include "base/status.h"
#include "base/team.h"
#include "linalg/blas.h"
#include "methods/method.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- moments of X */

/* Doubles: ||x||^2, ||x - near||^2, p sums of x - near. */
enum { MOMENT_SQUARE, MOMENT_DEVIATION, MOMENT_PIXELS = MIEN_MOMENTS };

/* Images differ by less than this share of what they differ from the first by: rounding of sums. */
static const double ALIKE = 1e-14;

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

mien_moments mien_moments_prepare(const mien_run *run, mien_arena *arena)
{
    size_t p = run->X->p;
    unsigned workers = mien_pool_threads(run->pool);
    float *near = mien_arena_alloc(arena, p, sizeof *near);
    mien_moments m = {.p = p,
                      .near = near,
                      .bad = mien_arena_alloc(arena, workers, sizeof *m.bad),
                      .negative = mien_arena_alloc(arena, workers, sizeof *m.negative)};
    for (unsigned w = 0; w < workers && !arena->failed; w++)
        m.bad[w] = m.negative[w] = SIZE_MAX;
    if (!arena->failed)
        run->X->strip(run->X->data, NULL, 1, 0, p, near, 1);
    return m;
}

void mien_moments_add(const mien_moments *m, const mien_tile *tile)
{
    size_t p = m->p;
    for (size_t i = 0; i < tile->count; i++) {
        const float *x = tile->x + i * p;
        if (m->each)
            m->each[tile->first + i] = mien_scale_largest(x, p);
        struct row_moments row = add_row_moments(x, m->near, p, tile->doubles + MOMENT_PIXELS);
        tile->doubles[MOMENT_SQUARE] += row.square;
        tile->doubles[MOMENT_DEVIATION] += row.deviation;
        if (isfinite(row.square) && row.least >= 0)
            continue;
        for (size_t j = 0; j < p; j++) {
            size_t at = (tile->first + i) * p + j;
            if (!isfinite(x[j]) && at < m->bad[tile->worker])
                m->bad[tile->worker] = at;
            if (x[j] < 0 && at < m->negative[tile->worker])
                m->negative[tile->worker] = at;
        }
    }
}

static void visit_moments(void *context, const mien_tile *tile)
{
    mien_moments_add(context, tile);
}

void mien_moments_take(const mien_moments *m, const double *sums, size_t n, mien_run *run,
                       double *mean)
{
    double deviation = sums[MOMENT_DEVIATION];
    run->squares = sums[MOMENT_SQUARE];
    run->variance = deviation;
    run->total = 0;
    for (size_t j = 0; j < m->p; j++) {
        double sum = sums[MOMENT_PIXELS + j], shift = sum / (double)n;
        run->variance -= sum * shift;
        mean[j] = m->near[j] + shift;
        run->total += mean[j] * (double)n;
    }
    run->variance = run->variance > ALIKE * deviation ? run->variance : 0;
    run->mean = mean;
}

static size_t least(const size_t *values, unsigned count)
{
    size_t lowest = SIZE_MAX;
    for (unsigned w = 0; w < count; w++)
        lowest = values[w] < lowest ? values[w] : lowest;
    return lowest;
}

mien_status mien_moments_check(const mien_moments *m, const mien_run *run,
                               size_t (*place)(const void *, size_t), const void *context)
{
    unsigned workers = mien_pool_threads(run->pool);
    uint64_t first[] = {least(m->bad, workers), least(m->negative, workers)};
    mien_team_agree(mien_pool_team(run->pool), MIEN_TEAM_LEAST, first, 2);
    size_t bad = (size_t)first[0], negative = (size_t)first[1], p = m->p;
    if (bad != SIZE_MAX)
        return mien_fail(run->err, MIEN_ERR_DOMAIN, "image %zu, pixel %zu is not a finite number",
                         (place ? place(context, bad / p) : bad / p) + 1, bad % p + 1);
    if (negative != SIZE_MAX && run->method->info.traits & MIEN_NEEDS_NONNEG)
        return mien_fail(run->err, MIEN_ERR_DOMAIN,
                         "image %zu, pixel %zu is negative: %s assumes that X is non-negative",
                         (place ? place(context, negative / p) : negative / p) + 1,
                         negative % p + 1, run->method->info.title);
    return MIEN_OK;
}

/* What run->X is; *largest <- its largest |x|, each (n) <- that of each image. */
static mien_status measure_moments(mien_run *run, double *mean, float *largest, float *each)
{
    mien_arena arena = {0};
    mien_moments m = mien_moments_prepare(run, &arena);
    mien_sums sums =
        mien_sums_alloc(&arena, run->pool, run->tiling.leaves, MIEN_MOMENTS + run->X->p, 0);
    if (arena.failed) {
        mien_arena_free(&arena);
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    }
    m.each = each;
    mien_run_pass(run, visit_moments, &m, &sums);
    mien_run_gather(run, each, sizeof *each);
    mien_moments_take(&m, sums.doubles, run->X->n, run, mean);
    *largest = mien_scale_largest(each, run->X->n);
    mien_status st = mien_moments_check(&m, run, NULL, NULL);
    mien_arena_free(&arena);
    return st;
}

mien_status mien_run_measure(mien_run *run)
{
    double *mean = mien_arena_alloc(run->arena, run->X->p, sizeof *mean);
    float *each = mien_arena_alloc(run->arena, run->X->n, sizeof *each), largest;
    run->largest = each;
    return run->arena->failed ? mien_fail_plain(run->err, MIEN_ERR_NOMEM)
                              : measure_moments(run, mean, &largest, each);
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

mien_status mien_unit_return(const mien_run *run, mien_fit *fit)
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
    size_t end, first = mien_run_own(run, &end);
    bool whole = !fit->mu || scale_values(fit->mu, fit->p, back);
    whole = whole && (basis_has_unit(run)
                          ? scale_values(fit->H, fit->r * fit->p, back)
                          : scale_values(fit->W + first * fit->r, (end - first) * fit->r, back));
    return mien_team_most(mien_run_apart(run), !whole) ? fail_range(run) : MIEN_OK;
}

mien_status mien_unit_return_encoding(const mien_run *run, const mien_fit *model, mien_fit *fit)
{
    size_t p = fit->p, r = fit->r;
    if (!run->each)
        return MIEN_OK;
    memcpy(fit->H, model->H, r * p * sizeof *fit->H);
    if (fit->mu)
        memcpy(fit->mu, model->mu, p * sizeof *fit->mu);
    size_t end;
    bool whole = true;
    for (size_t i = mien_run_own(run, &end); i < end && whole && !basis_has_unit(run); i++)
        whole = scale_values(fit->W + i * r, r, -run->each[i]);
    return mien_team_most(mien_run_apart(run), !whole) ? fail_range(run) : MIEN_OK;
}

/* What is of X's unit: the mean image, and for some methods the basis. */
static void scale_model(const mien_run *run, mien_fit *fit, int exponent)
{
    if (fit->mu)
        scale_values(fit->mu, fit->p, exponent);
    if (basis_has_unit(run))
        scale_values(fit->H, fit->r * fit->p, exponent);
}

void mien_unit_enter(const mien_run *run, mien_fit *fit)
{
    scale_model(run, fit, run->exponent);
}

void mien_unit_leave(const mien_run *run, mien_fit *fit)
{
    scale_model(run, fit, -run->exponent);
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

/* ---------------------------------------------------------------- the frame */

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
                      .level = 1,
                      .levels = 1,
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
