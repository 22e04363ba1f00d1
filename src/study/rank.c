/* rank.c - how many components: measurements over r, and what criteria make of them.
 * SPDX-License-Identifier: MIT
 *
 * held-out: NMF of the entries that a speckled mask leaves, loss on the hidden ones (Wold,
 * Technometrics 20 (1978) 397; Kanagal & Sindhwani 2010; Owen & Perry, Annals of Applied Statistics
 * 3 (2009) 564, hold out blocks instead), both losses, several disjoint masks; the least, and the
 * first within one standard error of it (ESL 7.10).
 *
 * relevance: runs with as many components as the range allows, automatic relevance determination
 * (nmf_ard.c); of several starts the least objective counts. Its dispersion is the noise that the
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
#include "study/rank.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "data/scale.h"
#include "linalg/blas.h"
#include "study/rank_choice.h"
#include "study/rank_flat.h"
#include "study/rank_pca.h"
#include "study/rank_stability.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    PERMUTED_POINTS = 9, /* of the curve of permuted data; between them it is a straight line */
    LOSSES = 2,
    RELEVANCE_STARTS = 3 /* the one with the least objective counts */
};

/* Data without noise gives relevance nothing to weigh against: the dispersion is at least that of
 * this share of the loss of the mean image. With less, superfluous components take too long to go:
 * swimmer has 16 from 0.05 on; at 0.015 there are 19 to 23 after 1500 iterations, 16 after 10000.
 */
static const double LEAST_NOISE = 0.1;
static const double ALIKE_NOISE = 0.1; /* of the mean of X, when all images are the same */

/* A held-out loss below this share of that of the mean image is as good as none: what it still
 * falls by is rounding, or how far the fits went. */
static const double NO_LOSS = 0.01;

mien_rank_options mien_rank_options_default(void)
{
    return (mien_rank_options){.low = 2,
                               .high = 60,
                               .step = 1,
                               .masks = 3,
                               .hidden = 0.1,
                               .starts = 10,
                               .iterations = 200,
                               .tolerance = 1e-3};
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

typedef struct study {
    const mien_rank_options *options;
    mien_rank *rank;
    mien_cell_work work;
    mien_rank_spread spread;
    mien_cell *held, *permuted, *relevant, *stable;
    size_t n_held, n_permuted, n_relevant, n_stable;
    size_t permuted_points; /* n_permuted: of these, masks */
    mien_arena arena;
} study;

static mien_cell *held_cell(const study *s, int loss, size_t point, size_t mask)
{
    size_t back = s->rank->n_points - 1 - point; /* large ones first: they take longest */
    return &s->held[(back * LOSSES + (size_t)loss) * s->options->masks + mask];
}

/* The i-th of the points at which permuted data is fitted: spread evenly, both ends included. */
static size_t permuted_point(const study *s, size_t i)
{
    return s->permuted_points < 2 ? 0 : i * (s->rank->n_points - 1) / (s->permuted_points - 1);
}

static mien_status plan(study *s)
{
    const mien_rank_options *o = s->options;
    mien_rank *rank = s->rank;
    rank->n_points = (o->high - o->low) / o->step + 1;
    rank->points = mien_alloc_array(rank->n_points, sizeof *rank->points);
    s->n_held = rank->n_points * LOSSES * o->masks;
    s->permuted_points = rank->n_points < PERMUTED_POINTS ? rank->n_points : PERMUTED_POINTS;
    s->n_permuted = s->permuted_points * o->masks;
    s->n_relevant = LOSSES * RELEVANCE_STARTS;
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
        for (int loss = 0; loss < LOSSES; loss++)
            for (size_t m = 0; m < o->masks; m++)
                *held_cell(s, loss, i, m) = (mien_cell){
                    .kind = MIEN_CELL_HELD, .loss = loss, .r = rank->points[i].r, .index = m};
    }
    for (size_t i = 0; i < s->n_permuted; i++)
        s->permuted[i] = (mien_cell){.kind = MIEN_CELL_PERMUTED,
                                     .loss = MIEN_RANK_KL,
                                     .r = rank->points[permuted_point(s, i / o->masks)].r,
                                     .index = i % o->masks};
    for (size_t i = 0; i < s->n_relevant; i++)
        s->relevant[i] = (mien_cell){.kind = MIEN_CELL_RELEVANT,
                                     .loss = (int)(i / RELEVANCE_STARTS),
                                     .r = rank->points[rank->n_points - 1].r,
                                     .index = i % RELEVANCE_STARTS};
    for (size_t i = 0; i < s->n_stable; i++)
        s->stable[i] = (mien_cell){.kind = MIEN_CELL_STABLE, .r = rank->points[i].r};
    return MIEN_OK;
}

static void add_up_work(study *s)
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
    }
}

/* ---------------------------------------------------------------- measuring */

static void take_held(study *s)
{
    mien_rank *rank = s->rank;
    size_t masks = s->options->masks;
    double held[100], fitted[100], unused;
    for (size_t i = 0; i < rank->n_points; i++)
        for (int loss = 0; loss < LOSSES; loss++) {
            mien_rank_point *point = &rank->points[i];
            for (size_t m = 0; m < masks; m++) {
                held[m] = held_cell(s, loss, i, m)->value[0];
                fitted[m] = held_cell(s, loss, i, m)->value[1];
            }
            mien_mean_and_error(held, masks, &point->held[loss], &point->held_error[loss]);
            mien_mean_and_error(fitted, masks, &point->fitted[loss], &unused);
        }
    for (size_t m = 0; m < masks; m++) /* the same under both losses, at any r */
        rank->left_out += (size_t)held_cell(s, MIEN_RANK_KL, 0, m)->value[2];
}

/* Twice the least held-out loss, see above. */
static double dispersion(const study *s, int loss)
{
    const mien_rank *rank = s->rank;
    double least = INFINITY;
    for (size_t i = 0; i < rank->n_points; i++)
        least = fmin(least, rank->points[i].held[loss]);
    double share = s->spread.alike ? ALIKE_NOISE * s->spread.scale[loss] : s->spread.flat[loss];
    double noise = 2 * fmax(least, LEAST_NOISE * share);
    return isfinite(noise) && noise > 0 ? noise : 1e-6;
}

/* Straight lines between the points that were fitted. */
static void take_permuted(study *s)
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

static mien_status measure_stability(study *s, mien_error *err)
{
    const mien_cell_keeper *keeper = s->work.keeper;
    const mien_rank_options *o = s->options;
    for (size_t i = 0; i < s->n_stable && !s->work.stopped; i++) {
        mien_cell *cell = &s->stable[i];
        cell->done = keeper && keeper->find && keeper->find(keeper->user, cell);
        s->work.known += cell->done;
        if (!cell->done) {
            mien_progress now = {.stage = "rank",
                                 .done = (size_t)s->work.begun,
                                 .total = (size_t)s->work.all,
                                 .loss = NAN};
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

static mien_status measure_flat(study *s, mien_error *err)
{
    mien_pool *pool;
    mien_status st = mien_pool_create(s->options->threads, &pool);
    if (!st) {
        st = mien_rank_flat(pool, s->work.X, &s->spread);
        mien_pool_free(pool);
    }
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

static mien_status measure(study *s, mien_error *err)
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
    for (int loss = 0; loss < LOSSES; loss++)
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

/* ---------------------------------------------------------------- criteria */

static mien_criterion *add(mien_rank *rank, const char *key, const char *name, const char *source,
                           bool decides)
{
    mien_criterion *c = &rank->criteria[rank->n_criteria++];
    *c = (mien_criterion){.key = key, .name = name, .source = source, .decides = decides};
    return c;
}

/* A place in the curve becomes the choice. */
static void choose(const mien_rank *rank, mien_criterion *c, ptrdiff_t place)
{
    if (place == MIEN_NO_PLACE) {
        snprintf(c->note, sizeof c->note, "nothing was measured");
        return;
    }
    c->choice = rank->points[place].r;
    c->at_end = (size_t)place + 1 == rank->n_points;
    if (c->at_end)
        snprintf(c->note, sizeof c->note, "the end of the range: it may lie beyond");
}

/* One member of all points as an array. */
static const double *curve(const mien_rank *rank, size_t offset, double *out)
{
    for (size_t i = 0; i < rank->n_points; i++)
        memcpy(&out[i], (const char *)&rank->points[i] + offset, sizeof *out);
    return out;
}
#define CURVE(rank, member, out) curve(rank, offsetof(mien_rank_point, member), out)

static void judge_held(const study *s, double *a, double *b)
{
    mien_rank *rank = s->rank;
    static const struct {
        const char *least_key, *least, *error_key, *error;
    } words[LOSSES] = {
        {"held-out-kl-minimum", "least held-out loss, KL", "held-out-kl", "held-out entries, KL"},
        {"held-out-frobenius-minimum", "least held-out loss, Frobenius", "held-out-frobenius",
         "held-out entries, Frobenius"}};
    for (size_t loss = 0; loss < LOSSES; loss++) {
        for (size_t i = 0; i < rank->n_points; i++) {
            a[i] = rank->points[i].held[loss];
            b[i] = rank->points[i].held_error[loss];
            a[i] = fmax(a[i], NO_LOSS * s->spread.flat[loss]);
        }
        choose(rank,
               add(rank, words[loss].error_key, words[loss].error,
                   "speckled as Wold 1978; one-standard-error rule: ESL 7.10", true),
               mien_place_one_error(a, b, rank->n_points));
        choose(rank,
               add(rank, words[loss].least_key, words[loss].least,
                   "speckled as Wold 1978; Kanagal & Sindhwani 2010", false),
               mien_place_least(a, rank->n_points));
    }
}

/* Of the starts under a loss the one with the least objective. */
static const mien_cell *best_relevance(const study *s, size_t loss)
{
    const mien_cell *all = &s->relevant[loss * RELEVANCE_STARTS], *best = all;
    for (size_t i = 1; i < RELEVANCE_STARTS; i++)
        if (all[i].value[2] < best->value[2])
            best = &all[i];
    return best;
}

static void judge_relevance(const study *s)
{
    static const struct {
        const char *key, *name;
    } words[LOSSES] = {{"relevance-kl", "relevance, KL"},
                       {"relevance-frobenius", "relevance, Frobenius"}};
    for (size_t loss = 0; loss < LOSSES; loss++) {
        mien_criterion *c =
            add(s->rank, words[loss].key, words[loss].name, "Tan & Fevotte, PAMI 2013", true);
        const mien_cell *best = best_relevance(s, loss);
        c->choice = (size_t)best->value[0];
        c->at_end = c->choice == best->r;
        if (c->choice == 0)
            snprintf(c->note, sizeof c->note, "every component shrank away");
        else if (c->at_end)
            snprintf(c->note, sizeof c->note, "all of the components it began with are relevant");
    }
}

static void judge_curves(mien_rank *rank, bool stable, double *a, double *b)
{
    CURVE(rank, fitted[MIEN_RANK_KL], a);
    CURVE(rank, permuted, b);
    choose(rank,
           add(rank, "permuted", "loss against permuted data", "Frigyesi & Hoglund 2008", false),
           mien_place_above_noise(a, b, rank->n_points));
    if (!stable)
        return;
    choose(
        rank,
        add(rank, "stability", "stability of parts", "mien's rule, after Lange et al. 2004", false),
        mien_place_before_fall(CURVE(rank, stability, a), rank->n_points, 0.95));
    choose(rank,
           add(rank, "cophenetic", "cophenetic correlation",
               "mien's rule, after Brunet et al. 2004", false),
           mien_place_before_fall(CURVE(rank, cophenetic, a), rank->n_points,
                                  MIEN_RANK_COPHENETIC_SHARE));
}

static mien_status judge_pca(study *s, mien_error *err)
{
    mien_rank *rank = s->rank;
    mien_criterion *minka = add(rank, "minka", "PCA's evidence", "Minka 2000", false);
    mien_criterion *donoho =
        add(rank, "gavish-donoho", "singular value threshold", "Gavish & Donoho 2014", false);
    mien_criterion *horn = add(rank, "parallel", "parallel analysis", "Horn 1965", false);
    size_t side = rank->n < rank->p ? rank->n : rank->p;
    if (side < 2 || side > MIEN_RANK_PCA_MOST) {
        mien_criterion *all[] = {minka, donoho, horn};
        for (size_t i = 0; i < 3; i++)
            snprintf(all[i]->note, sizeof all[i]->note,
                     "left out: the smaller side of X is %zu, eigenvalues are computed up to %d",
                     side, MIEN_RANK_PCA_MOST);
        return MIEN_OK;
    }
    mien_pool *pool;
    mien_rank_pca pca;
    mien_status st = mien_pool_create(s->options->threads, &pool);
    if (st)
        return mien_fail_plain(err, st);
    int blas = mien_blas_single();
    st = mien_rank_pca_find(pool, s->work.X, s->options->seed, &pca, err);
    mien_blas_restore(blas);
    mien_pool_free(pool);
    if (st)
        return st;
    minka->choice = pca.minka;
    snprintf(minka->note, sizeof minka->note, "%s", pca.minka_note);
    donoho->choice = pca.gavish_donoho;
    horn->choice = pca.parallel;
    mien_rank_pca_free(&pca);
    return MIEN_OK;
}

static mien_status judge(study *s, mien_error *err)
{
    mien_rank *rank = s->rank;
    double *a = mien_arena_alloc(&s->arena, rank->n_points, sizeof *a);
    double *b = mien_arena_alloc(&s->arena, rank->n_points, sizeof *b);
    if (s->arena.failed)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    judge_held(s, a, b);
    judge_relevance(s);
    judge_curves(rank, s->n_stable > 0, a, b);
    mien_status st = judge_pca(s, err);
    if (!st) {
        mien_rank_recommend(rank);
        mien_rank_tell(rank);
    }
    return st;
}

/* From losses of 2^exponent X to those of X. */
static void return_to_unit(mien_rank *rank, int exponent)
{
    for (int loss = 0; loss < LOSSES && exponent; loss++) {
        int back = -exponent * (loss == MIEN_RANK_KL ? 1 : 2);
        rank->relevance_dispersion[loss] = ldexp(rank->relevance_dispersion[loss], back);
        for (size_t i = 0; i < rank->n_points; i++) {
            mien_rank_point *point = &rank->points[i];
            point->held[loss] = ldexp(point->held[loss], back);
            point->held_error[loss] = ldexp(point->held_error[loss], back);
            point->fitted[loss] = ldexp(point->fitted[loss], back);
            point->permuted = ldexp(point->permuted, loss == MIEN_RANK_KL ? back : 0);
        }
    }
}

mien_status mien_rank_study(const mien_source *X, const mien_rank_options *options,
                            const mien_cell_keeper *keeper, mien_rank *out, mien_error *err)
{
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
    study s = {.options = options,
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
        st = judge(&s, err);
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
