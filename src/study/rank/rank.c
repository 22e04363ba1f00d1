/* rank.c - how many components: measurements over r, and what criteria make of them.
 * SPDX-License-Identifier: MIT
 *
 * held-out: NMF of the entries that a speckled mask leaves, loss on the hidden ones (Wold,
 * Technometrics 20 (1978) 397; Kanagal & Sindhwani 2010; Owen & Perry, Annals of Applied Statistics
 * 3 (2009) 564, hold out blocks instead), both losses, several disjoint masks; the least, and the
 * first within one standard error of it (ESL 7.10).
 *
 * relevance: runs with as many components as the range allows, automatic relevance determination
 * (ard.c); of several starts the least objective counts. Its dispersion is the noise that the
 * held-out entries show: twice their least loss, which is the variance of a normal error, or, for
 * KL, near the variance over the mean.
 *
 * permuted: loss of the fitted entries against that of permuted data (Frigyesi & Hoglund, Cancer
 * Informatics 6 (2008) 275); both under the same masks, starts and iterations.
 *
 * stability: the last r at which the curve is at least 95 % of its largest value, our own rule.
 *
 * cophenetic correlation: Brunet et al. (PNAS 101 (2004) 4164) take the r where it begins to fall.
 * To the letter that is the first dip, which comes early: with fewer components than groups, starts
 * join different ones. Here it is where it falls for good: the last r at which it is at least
 * 99.5 % of the largest (98 % goes too far: components that fit normal errors dominate few images).
 * Neither decides; tools/reference/README.md has numbers. PCA: rank_pca.c.
 *
 * Of a long range not every point is measured: rank_points.c. */
#include "study/rank/rank.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "base/team.h"
#include "data/scale.h"
#include "data/source.h"
#include "linalg/blas.h"
#include "study/rank/rank_choice.h"
#include "study/rank/rank_search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    MAX_MASKS = 100,
    SPREAD_POINTS = 9 /* of a range, evenly; all of it where there are no more */
};

/* Data without noise gives relevance nothing to weigh against: the dispersion is at least that of
 * this share of the loss of the mean image. With less, superfluous components take too long to go:
 * swimmer has 16 from 0.05 on; at 0.015 there are 19 to 23 after 1500 iterations, 16 after 10000.
 */
static const double MIN_NOISE = 0.1;
static const double ALIKE_NOISE = 0.1; /* of the mean of X, when all images are the same */

mien_rank_options mien_rank_options_default(void)
{
    return (mien_rank_options){
        .step = 1, .masks = 3, .hidden = 0.1, .starts = 10, .iterations = 200, .tolerance = 1e-3};
}

void mien_rank_range(mien_rank_options *options, size_t n, size_t p)
{
    enum { MAX = 60 };
    size_t half = (n < p ? n : p) / 2;
    if (options->low || options->high)
        return;
    options->low = 1;
    options->high = half < 1 ? 1 : half > MAX ? MAX : half;
}

mien_status mien_rank_options_check(const mien_rank_options *o, size_t n, size_t p, mien_error *err)
{
    size_t side = n < p ? n : p;
    if (!mien_blas_fits(n) || !mien_blas_fits(p))
        return mien_fail(err, MIEN_ERR_SHAPE, "X is %zu x %zu", n, p);
    if (o->low < 1 || o->high < o->low || o->step < 1)
        return mien_fail(err, MIEN_ERR_ARG,
                         "--ranks %zu:%zu:%zu holds no r: give LOW:HIGH[:STEP], 1 <= LOW <= HIGH",
                         o->low, o->high, o->step);
    if (o->high > side)
        return mien_fail(err, MIEN_ERR_ARG,
                         "--ranks %zu:%zu goes beyond %zu, the smaller of %zu images and %zu "
                         "pixels: more components explain anything",
                         o->low, o->high, side, n, p);
    if (o->masks < 2 || o->masks > MAX_MASKS)
        return mien_fail(err, MIEN_ERR_ARG, "--masks %zu: give 2 to %d", o->masks, MAX_MASKS);
    if (!(o->hidden >= 0.01 && o->hidden <= 0.5))
        return mien_fail(err, MIEN_ERR_ARG, "--hidden %g: give a share from 0.01 to 0.5",
                         o->hidden);
    if (o->iterations < 1)
        return mien_fail(err, MIEN_ERR_ARG, "--iterations: give at least 1");
    return MIEN_OK;
}

/* ---------------------------------------------------------------- what there is to do */

static mien_status plan(mien_rank_search *s)
{
    const mien_rank_options *o = s->options;
    mien_rank *rank = s->rank;
    rank->n_points = (o->high - o->low) / o->step + 1;
    rank->points = mien_alloc_array(rank->n_points, sizeof *rank->points);
    s->spread_points = rank->n_points < SPREAD_POINTS ? rank->n_points : SPREAD_POINTS;
    s->cells[MIEN_CELL_HELD_OUT].count = rank->n_points * MIEN_RANK_LOSSES * o->masks;
    s->cells[MIEN_CELL_PERMUTED].count = rank->n_points * o->masks;
    s->cells[MIEN_CELL_RELEVANT].count = MIEN_RANK_LOSSES * MIEN_RELEVANCE_STARTS;
    s->cells[MIEN_CELL_STABLE].count = o->starts > 1 ? rank->n_points : 0;
    for (size_t k = 0; k < MIEN_CELL_KINDS; k++)
        s->cells[k].at = mien_arena_alloc(&s->arena, s->cells[k].count, sizeof(mien_cell));
    if (s->arena.failed || !rank->points)
        return MIEN_ERR_NOMEM;
    mien_cell *relevant = s->cells[MIEN_CELL_RELEVANT].at;
    mien_cell *stable = s->cells[MIEN_CELL_STABLE].at;
    for (size_t i = 0; i < rank->n_points; i++) {
        rank->points[i] = (mien_rank_point){.r = o->low + i * o->step,
                                            .permuted = NAN,
                                            .stability = NAN,
                                            .stability_error = NAN,
                                            .cophenetic = NAN};
        for (size_t fit = 0; fit < MIEN_RANK_FITS; fit++) {
            bool permuted = fit == MIEN_RANK_PERMUTED;
            for (size_t m = 0; m < o->masks; m++)
                *mien_held_out_cell(s, fit, i, m) =
                    (mien_cell){.kind = permuted ? MIEN_CELL_PERMUTED : MIEN_CELL_HELD_OUT,
                                .loss = permuted ? MIEN_RANK_KL : (int)fit,
                                .r = rank->points[i].r,
                                .index = m};
        }
    }
    for (size_t i = 0; i < s->cells[MIEN_CELL_RELEVANT].count; i++)
        relevant[i] = (mien_cell){.kind = MIEN_CELL_RELEVANT,
                                  .loss = (int)(i / MIEN_RELEVANCE_STARTS),
                                  .r = rank->points[rank->n_points - 1].r,
                                  .index = i % MIEN_RELEVANCE_STARTS};
    for (size_t i = 0; i < s->cells[MIEN_CELL_STABLE].count; i++)
        stable[i] = (mien_cell){.kind = MIEN_CELL_STABLE, .r = rank->points[i].r};
    return MIEN_OK;
}

/* ---------------------------------------------------------------- the loss of the mean image */

/* With s_j the sum of pixel j, n images: the sum over entries of x log(x / mean_j) - x + mean_j is
 * sum x log x - sum_j s_j log(s_j / n), half the squares are 1/2 (sum x^2 - sum_j s_j^2 / n). */
static const double ROUNDING = 1e-6; /* of fits in float */

/* Doubles of the pass: sum x log x, sum x^2, sums of each pixel. */
enum { SUM_ENTROPY, SUM_SQUARE, SUM_PIXELS };

struct flat {
    size_t p;
    size_t *bad; /* a worker each: the first value that is negative or not finite */
};

static void visit(void *context, const mien_tile *tile)
{
    const struct flat *flat = context;
    size_t p = flat->p, *bad = &flat->bad[tile->worker];
    double *sums = tile->doubles;
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < p; j++) {
            double x = tile->x[i * p + j];
            sums[SUM_PIXELS + j] += x;
            sums[SUM_SQUARE] += x * x;
            sums[SUM_ENTROPY] += x > 0 ? x * log(x) : 0;
            if (!(x >= 0 && x <= 1e30) && (tile->first + i) * p + j < *bad)
                *bad = (tile->first + i) * p + j;
        }
}

static void tell(const double *sums, size_t n, size_t p, mien_rank_baseline *out)
{
    double entropy = sums[SUM_ENTROPY], square = sums[SUM_SQUARE], total = 0, of_means = 0;
    for (size_t j = 0; j < p; j++) {
        double s = sums[SUM_PIXELS + j];
        total += s;
        of_means += s * s / (double)n;
        entropy -= s > 0 ? s * log(s / (double)n) : 0;
    }
    double entries = (double)n * (double)p;
    out->alike = square - of_means <= ROUNDING * square;
    out->flat[MIEN_RANK_KL] = fmax(entropy, ROUNDING * total) / entries;
    out->flat[MIEN_RANK_FROBENIUS] = fmax(square - of_means, ROUNDING * square) / 2 / entries;
    out->scale[MIEN_RANK_KL] = total / entries;
    out->scale[MIEN_RANK_FROBENIUS] = square / 2 / entries;
}

mien_status mien_rank_baseline_measure(mien_pool *pool, const mien_source *X,
                                       mien_rank_baseline *out, mien_error *err)
{
    mien_tiling tiling = mien_tiling_plan(X->n, X->p, 2); /* a double is two floats */
    mien_arena arena = {0};
    unsigned workers = mien_pool_threads(pool);
    size_t p = X->p, bad = SIZE_MAX;
    struct flat flat = {p, mien_arena_alloc(&arena, workers, sizeof *flat.bad)};
    mien_sums sums = mien_sums_alloc(&arena, pool, tiling.leaves, SUM_PIXELS + p, 0);
    float **buffers = mien_arena_alloc_each(&arena, workers, tiling.rows * p, sizeof **buffers);
    mien_status st = arena.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    if (!st) {
        memset(flat.bad, 0xff, workers * sizeof *flat.bad);
        mien_pass(pool, X, &tiling, buffers, visit, &flat, &sums);
        for (unsigned w = 0; w < workers; w++)
            bad = flat.bad[w] < bad ? flat.bad[w] : bad;
        uint64_t first = bad;
        mien_team_agree(mien_pool_team(pool), MIEN_TEAM_LEAST, &first, 1);
        bad = (size_t)first;
        tell(sums.doubles, X->n, p, out);
    }
    mien_arena_free(&arena);
    if (bad != SIZE_MAX)
        return mien_fail(err, MIEN_ERR_DOMAIN,
                         "image %zu, pixel %zu is negative or not a finite number", bad / p + 1,
                         bad % p + 1);
    if (!st && !(out->scale[MIEN_RANK_FROBENIUS] > 0))
        return mien_fail(err, MIEN_ERR_DATA, "X is zero everywhere");
    return st;
}

/* ---------------------------------------------------------------- measuring */

double mien_held_out_mean(const mien_rank_search *s, size_t fit, size_t point, size_t value,
                          double *error)
{
    double values[MAX_MASKS], mean, unused;
    for (size_t m = 0; m < s->options->masks; m++)
        values[m] = mien_held_out_cell(s, fit, point, m)->value[value];
    mien_mean_and_error(values, s->options->masks, &mean, error ? error : &unused);
    return mean;
}

static void take_held_out(mien_rank_search *s)
{
    mien_rank *rank = s->rank;
    for (size_t i = 0; i < rank->n_points; i++) {
        mien_rank_point *point = &rank->points[i];
        for (size_t loss = 0; loss < MIEN_RANK_LOSSES; loss++) {
            point->held_out_measured[loss] = mien_is_measured(s, loss, i);
            point->held_out[loss] = mien_held_out_mean(s, loss, i, 0, &point->held_out_error[loss]);
            point->fitted[loss] = mien_held_out_mean(s, loss, i, 1, NULL);
        }
        point->steep = mien_held_out_mean(s, MIEN_RANK_KL, i, 3, &point->steep_error);
        point->permuted_measured = mien_is_measured(s, MIEN_RANK_PERMUTED, i);
        point->permuted = mien_held_out_mean(s, MIEN_RANK_PERMUTED, i, 1, NULL);
    }
    for (size_t m = 0; m < s->options->masks; m++) /* the same under both losses, at any r */
        rank->left_out += (size_t)mien_held_out_cell(s, MIEN_RANK_KL, 0, m)->value[2];
}

size_t mien_held_out_best(const mien_rank *rank, size_t loss)
{
    size_t best = 0;
    double min = INFINITY;
    for (size_t i = 0; i < rank->n_points; i++)
        if (rank->points[i].held_out[loss] < min) {
            min = rank->points[i].held_out[loss];
            best = i;
        }
    return best;
}

/* Twice the least held-out loss, see above; under KL that of entries whose model is not next to
 * nothing: where nothing is expected and nothing met, no noise shows. */
static double dispersion(const mien_rank_search *s, size_t loss)
{
    double share =
        s->baseline.alike ? ALIKE_NOISE * s->baseline.scale[loss] : s->baseline.flat[loss];
    size_t best = mien_held_out_best(s->rank, loss);
    double min = s->rank->points[best].held_out[loss];
    double busy = loss == MIEN_RANK_KL ? mien_held_out_mean(s, loss, best, 4, NULL) : NAN;
    double noise = 2 * fmax(isfinite(busy) && busy > 0 ? busy : min, MIN_NOISE * share);
    return isfinite(min) && isfinite(noise) && noise > 0 ? noise : 1e-6;
}

static mien_status measure(mien_rank_search *s, mien_error *err)
{
    mien_rank *rank = s->rank;
    mien_status st = mien_rank_baseline_measure(s->pool, s->work.X, &s->baseline, err);
    if (!st)
        st = mien_rank_measure_held_out(s, err);
    if (st || s->work.stopped)
        return st;
    take_held_out(s);
    mien_rank_judge_noise(s);
    for (size_t loss = 0; loss < MIEN_RANK_LOSSES; loss++)
        rank->relevance_dispersion[loss] = dispersion(s, loss);
    const mien_cells *relevant = &s->cells[MIEN_CELL_RELEVANT];
    for (size_t i = 0; i < relevant->count; i++)
        relevant->at[i].value[1] = rank->relevance_dispersion[relevant->at[i].loss];
    st = mien_cells_run(&s->work, relevant, err);
    if (st || s->work.stopped || !s->cells[MIEN_CELL_STABLE].count)
        return st;
    return mien_rank_measure_stability(s, err);
}

/* From losses of 2^exponent X to those of X. */
static void return_to_unit(mien_rank *rank, int exponent)
{
    for (int loss = 0; loss < MIEN_RANK_LOSSES && exponent; loss++) {
        int back = -exponent * (loss == MIEN_RANK_KL ? 1 : 2);
        rank->relevance_dispersion[loss] = ldexp(rank->relevance_dispersion[loss], back);
        for (size_t i = 0; i < rank->n_points; i++) {
            mien_rank_point *point = &rank->points[i];
            point->held_out[loss] = ldexp(point->held_out[loss], back);
            point->held_out_error[loss] = ldexp(point->held_out_error[loss], back);
            point->fitted[loss] = ldexp(point->fitted[loss], back);
        }
    }
    for (size_t i = 0; i < rank->n_points && exponent; i++) {
        mien_rank_point *point = &rank->points[i];
        point->steep = ldexp(point->steep, -exponent);
        point->steep_error = ldexp(point->steep_error, -exponent);
        point->permuted = ldexp(point->permuted, -exponent);
    }
}

mien_status mien_rank_study(const mien_source *X, const mien_rank_options *asked,
                            const mien_cell_keeper *keeper, mien_rank *out, mien_error *err)
{
    mien_rank_options chosen = *asked, *options = &chosen;
    mien_rank_range(options, X->n, X->p);
    mien_status st = mien_rank_options_check(options, X->n, X->p, err);
    if (st)
        return st;
    mien_rank rank = {.n = X->n, .p = X->p, .options = *options};
    rank.options.progress = NULL;
    rank.options.user = NULL;
    mien_scaling scaling = {.from = X};
    st = mien_scale_measure(X, &scaling.all);
    if (st)
        return mien_fail_plain(err, st);
    mien_source scaled = mien_scaled_source(&scaling);
    mien_rank_search s = {
        .options = options,
        .rank = &rank,
        .work = {.X = scaling.all ? &scaled : X, .options = options, .keeper = keeper}};
    st = plan(&s);
    if (!st)
        st = mien_pool_create(options->threads, &s.pool);
    if (st)
        mien_fail_plain(err, st);
    if (!st) {
        mien_rank_add_up_work(&s);
        st = measure(&s, err);
    }
    rank.interrupted = s.work.stopped;
    rank.done = s.work.done;
    rank.known = s.work.known;
    if (!st && !rank.interrupted)
        st = mien_rank_judge(&s, err);
    return_to_unit(&rank, scaling.all);
    mien_pool_free(s.pool);
    mien_arena_free(&s.arena);
    if (st)
        mien_rank_free(&rank);
    else
        *out = rank;
    return st;
}

void mien_rank_free(mien_rank *rank)
{
    if (!rank)
        return;
    mien_free(rank->points);
    *rank = (mien_rank){0};
}
