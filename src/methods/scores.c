/* scores.c - loss, errors and sparseness of a fit, from its W, H and mu in one pass over X.
 * SPDX-License-Identifier: MIT */
#include "base/cpu.h"
#include "base/status.h"
#include "base/team.h"
#include "linalg/blas.h"
#include "methods/frame.h"
#include "methods/method.h"
#include "methods/spread.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* |x - y| / |x|, from the squares of both. */
double mien_score_error(const mien_score *score)
{
    if (score->square > 0)
        return sqrt(score->residual / score->square);
    return score->residual > 0 ? INFINITY : 0;
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

/* ---------------------------------------------------------------- a tile */

mien_scorer mien_scorer_prepare(const mien_run *run, const mien_fit *fit, mien_arena *arena)
{
    size_t p = fit->p, r = fit->r, rows = run->tiling.rows;
    unsigned workers = mien_pool_threads(run->pool);
    mien_scorer s = {.p = p,
                     .r = r,
                     .loss = run->method->loss(run->options),
                     .mu = fit->mu,
                     .H = mien_arena_alloc(arena, r * p, sizeof(double)),
                     .W = mien_arena_alloc_each(arena, workers, rows * r, sizeof(double)),
                     .Y = mien_arena_alloc_each(arena, workers, rows * p, sizeof(double))};
    for (size_t i = 0; i < r * p && !arena->failed; i++)
        s.H[i] = fit->H[i];
    return s;
}

void mien_score_tile(const mien_scorer *s, const mien_tile *tile, const float *weights,
                     mien_score *each)
{
    size_t p = s->p, r = s->r;
    double *W = s->W[tile->worker], *Y = s->Y[tile->worker];
    for (size_t i = 0; i < tile->count * r; i++)
        W[i] = weights[i];
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < p; j++)
            Y[i * p + j] = s->mu ? s->mu[j] : 0;
    mien_dgemm(false, false, tile->count, p, r, 1, W, r, s->H, p, 1, Y, p);
    for (size_t i = 0; i < tile->count; i++) {
        const float *x = tile->x + i * p;
        const double *y = Y + i * p;
        each[i].residual = mien_loss_sum(MIEN_LOSS_SQUARES, x, y, p);
        each[i].loss =
            s->loss == MIEN_LOSS_SQUARES ? each[i].residual : mien_loss_sum(s->loss, x, y, p);
        row_norms(x, p, &each[i].square);
    }
}

double mien_sparseness(const float *v, size_t p, bool *zero)
{
    double square, absolute = row_norms(v, p, &square), root = sqrt((double)p);
    *zero = !(square > 0);
    return *zero ? 0 : p > 1 ? (root - absolute / sqrt(square)) / (root - 1) : 1;
}

/* A mean in the making. */
struct sparseness {
    double sum, used; /* a number of rows */
};

static void add_sparseness(struct sparseness *s, const float *rows, size_t count, size_t p)
{
    for (size_t k = 0; k < count; k++) {
        bool zero;
        s->sum += mien_sparseness(rows + k * p, p, &zero);
        s->used += !zero;
    }
}

static double mean_sparseness(const struct sparseness *s)
{
    return s->used > 0 ? s->sum / s->used : 0;
}

double mien_sparseness_mean(const float *rows, size_t count, size_t p)
{
    struct sparseness s = {0};
    add_sparseness(&s, rows, count, p);
    return mean_sparseness(&s);
}

struct own_weights {
    struct sparseness sparseness;
    const mien_run *run;
    const mien_fit *fit;
};

static void add_own_weights(void *context)
{
    struct own_weights *own = context;
    size_t r = own->fit->r, end, first = mien_run_own(own->run, &end);
    add_sparseness(&own->sparseness, own->fit->W + first * r, end - first, r);
}

static double sparseness_of_weights(const mien_run *run, const mien_fit *fit)
{
    struct own_weights own = {.run = run, .fit = fit};
    mien_team_in_turn(mien_run_apart(run), &own.sparseness, sizeof own.sparseness, add_own_weights,
                      &own);
    return mean_sparseness(&own.sparseness);
}

/* Of a residual that is the variance but for rounding, 0. */
double mien_score_explained(double residual, double variance)
{
    static const double ROUNDING = 1e-12;
    double share = variance > 0 ? 1 - residual / variance : 0;
    return share < 0 && share > -ROUNDING ? 0 : share;
}

/* ---------------------------------------------------------------- all images */

struct scores {
    const mien_fit *fit;
    mien_scorer scorer;
    mien_score **tile; /* rows, a worker */
    mien_sums sums;
    double *image_losses, *image_errors; /* n */
    const int *each;                     /* n: exponents of the images, or NULL */
};

enum { SCORE_LOSS, SCORE_RESIDUAL, SCORES }; /* doubles of the pass */

static void visit_scores(void *context, const mien_tile *tile)
{
    struct scores *s = context;
    mien_score *now = s->tile[tile->worker];
    mien_score_tile(&s->scorer, tile, s->fit->W + tile->first * s->fit->r, now);
    for (size_t i = 0; i < tile->count; i++) {
        if (s->each) { /* back to the caller's unit */
            int back = -s->each[tile->first + i];
            now[i].loss = ldexp(now[i].loss, back * mien_loss_power(s->scorer.loss));
            now[i].residual = ldexp(now[i].residual, 2 * back);
            now[i].square = ldexp(now[i].square, 2 * back);
        }
        tile->doubles[SCORE_RESIDUAL] += now[i].residual;
        tile->doubles[SCORE_LOSS] += now[i].loss;
        s->image_losses[tile->first + i] = now[i].loss;
        s->image_errors[tile->first + i] = mien_score_error(&now[i]);
    }
}

static bool prepare_scores(struct scores *s, mien_run *run, const mien_fit *fit, mien_arena *arena)
{
    *s = (struct scores){.fit = fit,
                         .each = run->each,
                         .scorer = mien_scorer_prepare(run, fit, arena),
                         .tile = mien_arena_alloc_each(arena, mien_pool_threads(run->pool),
                                                       run->tiling.rows, sizeof **s->tile),
                         .sums = mien_sums_alloc(arena, run->pool, run->tiling.leaves, SCORES, 0),
                         .image_losses = mien_arena_alloc(arena, fit->n, sizeof(double)),
                         .image_errors = mien_arena_alloc(arena, fit->n, sizeof(double))};
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
    size_t n = fit->n;
    mien_arena arena = {0};
    struct scores s;
    bool ready = prepare_scores(&s, run, fit, &arena);
    if (ready) {
        mien_run_pass(run, visit_scores, &s, &s.sums);
        mien_run_gather(run, s.image_losses, sizeof *s.image_losses);
        mien_run_gather(run, s.image_errors, sizeof *s.image_errors);
    }
    if (!ready || mien_quantiles_measure(s.image_errors, n, &fit->image_errors)) {
        mien_arena_free(&arena);
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    }
    double residual = s.sums.doubles[SCORE_RESIDUAL];
    fit->loss = s.sums.doubles[SCORE_LOSS];
    if (losses)
        memcpy(losses, s.image_losses, n * sizeof *losses);
    if (errors)
        memcpy(errors, s.image_errors, n * sizeof *errors);
    fit->loss_name = mien_loss_name(s.scorer.loss);
    fit->relative_error = run->squares > 0 ? sqrt(residual / run->squares) : 0;
    fit->explained_variance = mien_score_explained(residual, run->variance);
    fit->sparseness = mien_sparseness_mean(fit->H, fit->r, fit->p);
    fit->weights_sparseness = sparseness_of_weights(run, fit);
    if (isinf(fit->loss))
        note_infinite(fit, s.image_losses);
    mien_arena_free(&arena);
    if (isnan(fit->loss) || !isfinite(residual))
        return mien_fail(run->err, MIEN_ERR_NUMERIC, "%s: the loss is not finite",
                         run->method->info.title);
    return MIEN_OK;
}
