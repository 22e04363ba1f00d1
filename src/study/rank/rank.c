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
 */
#include "study/rank/rank.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "data/scale.h"
#include "linalg/blas.h"
#include "study/rank/rank_choice.h"
#include "study/rank/rank_search.h"
#include "study/rank/rank_stability.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    PERMUTED_POINTS = 9, /* of the curve of permuted data; between them it is a straight line */
};

/* Data without noise gives relevance nothing to weigh against: the dispersion is at least that of
 * this share of the loss of the mean image. With less, superfluous components take too long to go:
 * swimmer has 16 from 0.05 on; at 0.015 there are 19 to 23 after 1500 iterations, 16 after 10000.
 */
static const double LEAST_NOISE = 0.1;
static const double ALIKE_NOISE = 0.1; /* of the mean of X, when all images are the same */

mien_rank_options mien_rank_options_default(void)
{
    return (mien_rank_options){
        .step = 1, .masks = 3, .hidden = 0.1, .starts = 10, .iterations = 200, .tolerance = 1e-3};
}

void mien_rank_range(mien_rank_options *options, size_t n, size_t p)
{
    enum { MOST = 60 };
    size_t half = (n < p ? n : p) / 2;
    if (options->low || options->high)
        return;
    options->low = 1;
    options->high = half < 1 ? 1 : half > MOST ? MOST : half;
}

mien_status mien_rank_options_check(const mien_rank_options *o, size_t n, size_t p, mien_error *err)
{
    size_t side = n < p ? n : p;
    if (o->low < 1 || o->high < o->low || o->step < 1)
        return mien_fail(err, MIEN_ERR_ARG,
                         "--ranks %zu:%zu:%zu holds no r: give LOW:HIGH[:STEP], 1 <= LOW <= HIGH",
                         o->low, o->high, o->step);
    if (o->high > side)
        return mien_fail(err, MIEN_ERR_ARG,
                         "--ranks %zu:%zu goes beyond %zu, the smaller of %zu images and %zu "
                         "pixels: more components explain anything",
                         o->low, o->high, side, n, p);
    if (o->masks < 2 || o->masks > 100)
        return mien_fail(err, MIEN_ERR_ARG, "--masks %zu: give 2 to 100", o->masks);
    if (!(o->hidden >= 0.01 && o->hidden <= 0.5))
        return mien_fail(err, MIEN_ERR_ARG, "--hidden %g: give a share from 0.01 to 0.5",
                         o->hidden);
    if (o->iterations < 1)
        return mien_fail(err, MIEN_ERR_ARG, "--iterations: give at least 1");
    return MIEN_OK;
}

/* ---------------------------------------------------------------- what there is to do */

/* The i-th of the points at which permuted data is fitted: spread evenly, both ends included. */
static size_t permuted_point(const mien_rank_search *s, size_t i)
{
    return s->permuted_points < 2 ? 0 : i * (s->rank->n_points - 1) / (s->permuted_points - 1);
}

static mien_status plan(mien_rank_search *s)
{
    const mien_rank_options *o = s->options;
    mien_rank *rank = s->rank;
    rank->n_points = (o->high - o->low) / o->step + 1;
    rank->points = mien_alloc_array(rank->n_points, sizeof *rank->points);
    s->n_held = rank->n_points * MIEN_RANK_LOSSES * o->masks;
    s->permuted_points = rank->n_points < PERMUTED_POINTS ? rank->n_points : PERMUTED_POINTS;
    s->n_permuted = s->permuted_points * o->masks;
    s->n_relevant = MIEN_RANK_LOSSES * MIEN_RELEVANCE_STARTS;
    s->n_stable = o->starts > 1 ? rank->n_points : 0;
    s->held = mien_arena_alloc(&s->arena, s->n_held, sizeof *s->held);
    s->permuted = mien_arena_alloc(&s->arena, s->n_permuted, sizeof *s->permuted);
    s->relevant = mien_arena_alloc(&s->arena, s->n_relevant, sizeof *s->relevant);
    s->stable = mien_arena_alloc(&s->arena, s->n_stable, sizeof *s->stable);
    if (s->arena.failed || !rank->points)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < rank->n_points; i++) {
        rank->points[i] = (mien_rank_point){.r = o->low + i * o->step,
                                            .permuted = NAN,
                                            .stability = NAN,
                                            .stability_error = NAN,
                                            .cophenetic = NAN};
        for (int loss = 0; loss < MIEN_RANK_LOSSES; loss++)
            for (size_t m = 0; m < o->masks; m++)
                *mien_held_cell(s, (size_t)loss, i, m) = (mien_cell){
                    .kind = MIEN_CELL_HELD, .loss = loss, .r = rank->points[i].r, .index = m};
    }
    for (size_t i = 0; i < s->n_permuted; i++)
        s->permuted[i] = (mien_cell){.kind = MIEN_CELL_PERMUTED,
                                     .loss = MIEN_RANK_KL,
                                     .r = rank->points[permuted_point(s, i / o->masks)].r,
                                     .index = i % o->masks};
    for (size_t i = 0; i < s->n_relevant; i++)
        s->relevant[i] = (mien_cell){.kind = MIEN_CELL_RELEVANT,
                                     .loss = (int)(i / MIEN_RELEVANCE_STARTS),
                                     .r = rank->points[rank->n_points - 1].r,
                                     .index = i % MIEN_RELEVANCE_STARTS};
    for (size_t i = 0; i < s->n_stable; i++)
        s->stable[i] = (mien_cell){.kind = MIEN_CELL_STABLE, .r = rank->points[i].r};
    return MIEN_OK;
}

static void add_up_work(mien_rank_search *s)
{
    struct {
        const mien_cell *cells;
        size_t count;
    } all[] = {{s->held, s->n_held},
               {s->permuted, s->n_permuted},
               {s->relevant, s->n_relevant},
               {s->stable, s->n_stable}};
    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        s->rank->total += all[a].count;
        for (size_t i = 0; i < all[a].count; i++)
            s->work.all += mien_cell_cost(&all[a].cells[i]);
        s->work.fits += all[a].count;
    }
}

/* ---------------------------------------------------------------- measuring */

static void take_held(mien_rank_search *s)
{
    mien_rank *rank = s->rank;
    size_t masks = s->options->masks;
    double held[100], fitted[100], unused;
    for (size_t i = 0; i < rank->n_points; i++)
        for (int loss = 0; loss < MIEN_RANK_LOSSES; loss++) {
            mien_rank_point *point = &rank->points[i];
            for (size_t m = 0; m < masks; m++) {
                held[m] = mien_held_cell(s, (size_t)loss, i, m)->value[0];
                fitted[m] = mien_held_cell(s, (size_t)loss, i, m)->value[1];
            }
            mien_mean_and_error(held, masks, &point->held_out[loss], &point->held_out_error[loss]);
            mien_mean_and_error(fitted, masks, &point->fitted[loss], &unused);
            for (size_t m = 0; m < masks && loss == MIEN_RANK_KL; m++)
                held[m] = mien_held_cell(s, MIEN_RANK_KL, i, m)->value[3];
            if (loss == MIEN_RANK_KL)
                mien_mean_and_error(held, masks, &point->steep, &point->steep_error);
        }
    for (size_t m = 0; m < masks; m++) /* the same under both losses, at any r */
        rank->left_out += (size_t)mien_held_cell(s, MIEN_RANK_KL, 0, m)->value[2];
}

/* Twice the least held-out loss, see above; under KL that of entries whose model is not next to
 * nothing: where nothing is expected and nothing met, no noise shows. */
static double dispersion(const mien_rank_search *s, int loss)
{
    const mien_rank *rank = s->rank;
    double share = s->spread.alike ? ALIKE_NOISE * s->spread.scale[loss] : s->spread.flat[loss];
    double least = INFINITY, busy = 0;
    size_t best = 0;
    for (size_t i = 0; i < rank->n_points; i++)
        if (rank->points[i].held_out[loss] < least) {
            least = rank->points[i].held_out[loss];
            best = i;
        }
    for (size_t m = 0; m < s->options->masks && loss == MIEN_RANK_KL; m++)
        busy += mien_held_cell(s, MIEN_RANK_KL, best, m)->value[4] / (double)s->options->masks;
    double noise = 2 * fmax(isfinite(busy) && busy > 0 ? busy : least, LEAST_NOISE * share);
    return isfinite(noise) && noise > 0 ? noise : 1e-6;
}

/* Straight lines between the points that were fitted. */
static void take_permuted(mien_rank_search *s)
{
    mien_rank_point *points = s->rank->points;
    size_t masks = s->options->masks;
    for (size_t i = 0; i < s->permuted_points; i++) {
        size_t to = permuted_point(s, i), from = i ? permuted_point(s, i - 1) : to;
        double fitted[100], unused;
        for (size_t m = 0; m < masks; m++)
            fitted[m] = s->permuted[i * masks + m].value[1];
        mien_mean_and_error(fitted, masks, &points[to].permuted, &unused);
        for (size_t k = from + 1; k < to; k++) {
            double share = (double)(k - from) / (double)(to - from);
            points[k].permuted = (1 - share) * points[from].permuted + share * points[to].permuted;
        }
    }
}

static mien_status measure_stability(mien_rank_search *s, mien_error *err)
{
    const mien_cell_keeper *keeper = s->work.keeper;
    const mien_rank_options *o = s->options;
    for (size_t i = 0; i < s->n_stable && !s->work.stopped; i++) {
        mien_cell *cell = &s->stable[i];
        cell->done = keeper && keeper->find && keeper->find(keeper->user, cell);
        s->work.known += cell->done;
        if (!cell->done) {
            mien_progress now = mien_cells_progress(&s->work);
            if (o->progress && !o->progress(o->user, &now)) {
                s->work.stopped = true;
                break;
            }
            mien_rank_stability found;
            mien_status st = mien_rank_stability_find(s->work.X, o, cell->r, &now, &found, err);
            if (st)
                return st;
            if (found.interrupted) {
                s->work.stopped = true;
                break;
            }
            cell->value[0] = found.stability;
            cell->value[1] = found.error;
            cell->value[2] = found.cophenetic;
            cell->done = true;
            st = keeper && keeper->keep ? keeper->keep(keeper->user, cell, err) : MIEN_OK;
            if (st)
                return st;
        }
        s->work.done++;
        s->work.begun += mien_cell_cost(cell);
        s->rank->points[i].stability = cell->value[0];
        s->rank->points[i].stability_error = cell->value[1];
        s->rank->points[i].cophenetic = cell->value[2];
    }
    return MIEN_OK;
}

static mien_status measure_flat(mien_rank_search *s, mien_error *err)
{
    mien_pool *pool;
    mien_status st = mien_pool_create(s->options->threads, &pool);
    if (!st) {
        st = mien_rank_flat(pool, s->work.X, &s->spread);
        mien_pool_free(pool);
    }
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

static mien_status measure(mien_rank_search *s, mien_error *err)
{
    mien_rank *rank = s->rank;
    mien_status st = measure_flat(s, err);
    if (!st && !(s->spread.scale[MIEN_RANK_FROBENIUS] > 0))
        return mien_fail(err, MIEN_ERR_DATA, "X is zero everywhere");
    if (!st)
        st = mien_cells_run(&s->work, s->held, s->n_held, err);
    if (st || s->work.stopped)
        return st;
    take_held(s);
    mien_rank_judge_noise(s);
    for (int loss = 0; loss < MIEN_RANK_LOSSES; loss++)
        rank->relevance_dispersion[loss] = dispersion(s, loss);
    for (size_t i = 0; i < s->n_relevant; i++)
        s->relevant[i].value[1] = rank->relevance_dispersion[s->relevant[i].loss];
    st = mien_cells_run(&s->work, s->relevant, s->n_relevant, err);
    if (st || s->work.stopped)
        return st;
    st = mien_cells_run(&s->work, s->permuted, s->n_permuted, err);
    if (st || s->work.stopped)
        return st;
    take_permuted(s);
    return measure_stability(s, err);
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
    if (st)
        mien_fail_plain(err, st);
    if (!st) {
        add_up_work(&s);
        st = measure(&s, err);
    }
    rank.interrupted = s.work.stopped;
    rank.done = s.work.done;
    rank.known = s.work.known;
    if (!st && !rank.interrupted)
        st = mien_rank_judge(&s, err);
    return_to_unit(&rank, scaling.all);
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
