/* rank_judge.c - what each criterion makes of the measurements over r.
 * SPDX-License-Identifier: MIT */
#include "base/parallel.h"
#include "base/status.h"
#include "linalg/blas.h"
#include "study/rank/rank_choice.h"
#include "study/rank/rank_pca.h"
#include "study/rank/rank_search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
    if (rank->n_points == 1) {
        snprintf(c->note, sizeof c->note, "one r alone was tried: nothing to choose from");
        return;
    }
    c->choice = rank->points[place].r;
    c->at_start = place == 0 && c->choice > 1;
    c->at_end = (size_t)place + 1 == rank->n_points;
    if (c->at_start || c->at_end)
        snprintf(c->note, sizeof c->note, "the %s of the range: it may lie beyond",
                 c->at_end ? "end" : "start");
}

/* One member of all points as an array. */
static const double *curve(const mien_rank *rank, size_t offset, double *out)
{
    for (size_t i = 0; i < rank->n_points; i++)
        memcpy(&out[i], (const char *)&rank->points[i] + offset, sizeof *out);
    return out;
}
#define CURVE(rank, member, out) curve(rank, offsetof(mien_rank_point, member), out)

const mien_held_loss mien_held_losses[MIEN_HELD_LOSSES] = {
    {"held-out-kl",
     "held-out entries, KL",
     "held-out-kl-minimum",
     "least held-out loss, KL",
     MIEN_RANK_KL,
     0,
     {true, false, true, false}},
    {"held-out-frobenius",
     "held-out entries, Frobenius",
     "held-out-frobenius-minimum",
     "least held-out loss, Frobenius",
     MIEN_RANK_FROBENIUS,
     0,
     {true, true, false, false}},
    {"held-out-negative-binomial",
     "held-out entries, negative binomial",
     NULL,
     NULL,
     MIEN_RANK_KL,
     3,
     {false, false, false, true}},
};

/* values: room for n_points x masks. */
static void judge_held(const mien_rank_search *s, double *values)
{
    mien_rank *rank = s->rank;
    size_t masks = s->options->masks;
    for (size_t l = 0; l < MIEN_HELD_LOSSES; l++) {
        const mien_held_loss *loss = &mien_held_losses[l];
        double nothing = loss->value ? -INFINITY : MIEN_NO_LOSS * s->spread.flat[loss->fit];
        for (size_t i = 0; i < rank->n_points; i++)
            for (size_t m = 0; m < masks; m++)
                values[i * masks + m] =
                    fmax(mien_held_cell(s, loss->fit, i, m)->value[loss->value], nothing);
        mien_criterion *c = add(rank, loss->key, loss->name,
                                "speckled as Wold 1978; one-standard-error rule: ESL 7.10",
                                loss->speaks[rank->noise]);
        choose(rank, c, mien_place_one_error(values, rank->n_points, masks));
        c->own = true;
        if (loss->least_key)
            choose(rank,
                   add(rank, loss->least_key, loss->least_name,
                       "speckled as Wold 1978; Kanagal & Sindhwani 2010", false),
                   mien_place_least(values, rank->n_points, masks));
    }
}

/* Of the starts under a loss the one with the least objective. */
static const mien_cell *best_relevance(const mien_rank_search *s, size_t loss)
{
    const mien_cell *all = &s->relevant[loss * MIEN_RELEVANCE_STARTS], *best = all;
    for (size_t i = 1; i < MIEN_RELEVANCE_STARTS; i++)
        if (all[i].value[2] < best->value[2])
            best = &all[i];
    return best;
}

static void judge_relevance(const mien_rank_search *s)
{
    static const struct {
        const char *key, *name;
        bool speaks[4]; /* by mien_rank_noise */
    } words[MIEN_RANK_LOSSES] = {
        {"relevance-kl", "relevance, KL", {true, false, true, true}},
        {"relevance-frobenius", "relevance, Frobenius", {true, true, false, false}}};
    for (size_t loss = 0; loss < MIEN_RANK_LOSSES; loss++) {
        mien_criterion *c = add(s->rank, words[loss].key, words[loss].name,
                                "Tan & Fevotte, PAMI 2013", words[loss].speaks[s->rank->noise]);
        const mien_cell *best = best_relevance(s, loss);
        bool sound = best->value[0] >= 0 && best->value[0] <= (double)best->r;
        c->choice = sound ? (size_t)best->value[0] : 0; /* a kept cell may come from anywhere */
        c->at_end = c->choice == best->r;
        if (c->choice == 0)
            snprintf(c->note, sizeof c->note, "every component shrank away");
        else if (c->at_end)
            snprintf(c->note, sizeof c->note, "all of the components it began with are relevant");
        c->own = true;
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

static mien_status judge_pca(mien_rank_search *s, mien_error *err)
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

mien_status mien_rank_judge(mien_rank_search *s, mien_error *err)
{
    mien_rank *rank = s->rank;
    double *a = mien_arena_alloc(&s->arena, rank->n_points, sizeof *a);
    double *b = mien_arena_alloc(&s->arena, rank->n_points, sizeof *b);
    double *values =
        mien_arena_alloc(&s->arena, rank->n_points * s->options->masks, sizeof *values);
    if (s->arena.failed)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    judge_held(s, values);
    judge_relevance(s);
    judge_curves(rank, s->n_stable > 0, a, b);
    mien_status st = judge_pca(s, err);
    if (!st) {
        mien_rank_recommend(rank);
        mien_rank_judge_faint(s);
        mien_rank_tell(rank);
    }
    return st;
}
