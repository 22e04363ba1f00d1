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

/* A loss of hidden entries: where it is among the cells and their values, and when it decides. */
typedef struct held_out_loss {
    const char *key, *name;         /* of one standard error */
    const char *min_key, *min_name; /* of the least; NULL: left out */
    size_t fit, value;
    bool speaks[4]; /* by mien_rank_noise */
} held_out_loss;

static const held_out_loss held_out_losses[MIEN_HELD_OUT_CURVES] = {
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

size_t mien_held_out_curve(const mien_rank_search *s, size_t curve, double *values)
{
    const held_out_loss *loss = &held_out_losses[curve];
    size_t masks = s->options->masks;
    double nothing = loss->value ? -INFINITY : MIEN_NO_LOSS * s->baseline.flat[loss->fit];
    for (size_t i = 0; i < s->rank->n_points; i++)
        for (size_t m = 0; m < masks; m++)
            values[i * masks + m] =
                fmax(mien_held_out_cell(s, loss->fit, i, m)->value[loss->value], nothing);
    return loss->fit;
}

void mien_permuted_curves(const mien_rank_search *s, double *fitted, double *permuted)
{
    for (size_t i = 0; i < s->rank->n_points; i++) {
        bool both =
            mien_is_measured(s, MIEN_RANK_KL, i) && mien_is_measured(s, MIEN_RANK_PERMUTED, i);
        fitted[i] = both ? mien_held_out_mean(s, MIEN_RANK_KL, i, 1, NULL) : NAN;
        permuted[i] = both ? mien_held_out_mean(s, MIEN_RANK_PERMUTED, i, 1, NULL) : NAN;
    }
}

/* values: room for n_points x masks. */
static void judge_held_out(const mien_rank_search *s, double *values)
{
    mien_rank *rank = s->rank;
    size_t masks = s->options->masks;
    for (size_t l = 0; l < MIEN_HELD_OUT_CURVES; l++) {
        const held_out_loss *loss = &held_out_losses[l];
        mien_held_out_curve(s, l, values);
        mien_criterion *c = add(rank, loss->key, loss->name,
                                "speckled as Wold 1978; one-standard-error rule: ESL 7.10",
                                loss->speaks[rank->noise]);
        choose(rank, c, mien_place_one_error(values, rank->n_points, masks));
        c->own = true;
        if (loss->min_key)
            choose(rank,
                   add(rank, loss->min_key, loss->min_name,
                       "speckled as Wold 1978; Kanagal & Sindhwani 2010", false),
                   mien_place_min(values, rank->n_points, masks));
    }
}

/* Of the starts under a loss the one with the least objective. */
static const mien_cell *best_relevance(const mien_rank_search *s, size_t loss)
{
    const mien_cell *all = s->cells[MIEN_CELL_RELEVANT].at + loss * MIEN_RELEVANCE_STARTS;
    const mien_cell *best = all;
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

/* a, b: room for n_points. */
static void judge_curves(const mien_rank_search *s, double *a, double *b)
{
    mien_rank *rank = s->rank;
    size_t n = rank->n_points;
    mien_permuted_curves(s, a, b);
    choose(rank,
           add(rank, "permuted", "loss against permuted data", "Frigyesi & Hoglund 2008", false),
           mien_place_above_noise(a, b, n));
    if (!s->cells[MIEN_CELL_STABLE].count)
        return;
    for (size_t i = 0; i < n; i++) {
        a[i] = rank->points[i].stability;
        b[i] = rank->points[i].cophenetic;
    }
    choose(
        rank,
        add(rank, "stability", "stability of parts", "mien's rule, after Lange et al. 2004", false),
        mien_place_before_fall(a, n, MIEN_RANK_STABLE_SHARE));
    choose(rank,
           add(rank, "cophenetic", "cophenetic correlation",
               "mien's rule, after Brunet et al. 2004", false),
           mien_place_before_fall(b, n, MIEN_RANK_COPHENETIC_SHARE));
}

static mien_status judge_pca(mien_rank_search *s, mien_error *err)
{
    mien_rank *rank = s->rank;
    mien_criterion *minka = add(rank, "minka", "PCA's evidence", "Minka 2000", false);
    mien_criterion *donoho =
        add(rank, "gavish-donoho", "singular value threshold", "Gavish & Donoho 2014", false);
    mien_criterion *horn = add(rank, "parallel", "parallel analysis", "Horn 1965", false);
    size_t side = rank->n < rank->p ? rank->n : rank->p;
    if (side < 2 || side > MIEN_RANK_PCA_MAX) {
        mien_criterion *all[] = {minka, donoho, horn};
        for (size_t i = 0; i < 3; i++)
            snprintf(all[i]->note, sizeof all[i]->note,
                     "left out: the smaller side of X is %zu, eigenvalues are computed up to %d",
                     side, MIEN_RANK_PCA_MAX);
        return MIEN_OK;
    }
    mien_rank_pca pca;
    int blas = mien_blas_single();
    mien_status st = mien_rank_pca_find(s->pool, s->work.X, s->options->seed, &pca, err);
    mien_blas_restore(blas);
    if (st)
        return st;
    minka->choice = pca.minka;
    snprintf(minka->note, sizeof minka->note, "%s", pca.minka_note);
    donoho->choice = pca.gavish_donoho;
    horn->choice = pca.parallel;
    mien_rank_pca_free(&pca);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- the noise */

/* A loss is a likelihood: half the squares of normal errors of one size, KL of Poisson counts,
 * whose variance is their mean. Under the wrong one a few large entries (half the squares of
 * counts) or many small ones (KL of normal errors) speak for all, and criteria count too little
 * or too much. Entries that were hidden from the fit show the variance: masked_noise.c. */

/* Exponents of the variance. Planted data (tools/reference/README.md): normal errors -0.1 to 0.16,
 * cut off at zero 0.45 to 0.55, Poisson 0.92 to 1.17, negative binomial from 1.28 on. */
static const double CONSTANT = 0.3, COUNTS = 0.7, STEEP = 1.25;

static void tell_noise(mien_rank *rank)
{
    static const char *const words[][2] = {
        {"The noise suits neither loss clearly: both decide.", ""},
        {"The noise is of one size", ": squared distance decides."},
        {"The noise grows as that of counts", ": KL decides."},
        {"The noise grows faster than that of counts", "."}};
    char power[32] = "";
    if (rank->noise != MIEN_NOISE_UNKNOWN)
        snprintf(power, sizeof power, " (variance ~ model^%.1f)", rank->growth);
    snprintf(rank->noise_note, sizeof rank->noise_note, "%s%s%s", words[rank->noise][0], power,
             words[rank->noise][1]);
}

void mien_rank_judge_noise(mien_rank_search *s)
{
    mien_rank *rank = s->rank;
    size_t best = mien_held_out_best(rank, MIEN_RANK_KL);
    double growth = mien_held_out_mean(s, MIEN_RANK_KL, best, 5, NULL);
    /* without noise there is nothing that could grow */
    bool noisy =
        rank->points[best].held_out[MIEN_RANK_KL] > MIEN_NO_LOSS * s->baseline.flat[MIEN_RANK_KL];
    rank->growth = noisy && isfinite(growth) ? growth : NAN;
    if (!isfinite(rank->growth) || (rank->growth >= CONSTANT && rank->growth <= COUNTS))
        rank->noise = MIEN_NOISE_UNKNOWN;
    else if (rank->growth < CONSTANT)
        rank->noise = MIEN_NOISE_CONSTANT;
    else
        rank->noise = rank->growth < STEEP ? MIEN_NOISE_COUNTS : MIEN_NOISE_STEEP;
    tell_noise(rank);
}

/* ---------------------------------------------------------------- what the noise would hide */

/* Components of half the strength bring a quarter of the fall in loss that the data has for one,
 * which is what is gained on hidden entries and what its estimate costs there: with less than three
 * times the cost gained, a quarter does not pay. */
static const double FAINT = 3;

/* The loss of hidden entries that decides; of two the first. */
static const held_out_loss *deciding_loss(const mien_rank *rank)
{
    for (size_t l = 0; l < MIEN_HELD_OUT_CURVES; l++)
        if (held_out_losses[l].speaks[rank->noise])
            return &held_out_losses[l];
    return &held_out_losses[0];
}

static double held_out_mean(const mien_rank_search *s, const held_out_loss *loss, size_t point)
{
    return mien_held_out_mean(s, loss->fit, point, loss->value, NULL);
}

/* What a superfluous component costs on hidden entries: the rise over a few points from the least
 * loss on; NaN at the end of the range. */
static double cost_of_one(const mien_rank_search *s, const held_out_loss *loss)
{
    enum { FEW = 3 };
    const mien_rank *rank = s->rank;
    size_t best = 0;
    for (size_t i = 1; i < rank->n_points; i++)
        if (held_out_mean(s, loss, i) < held_out_mean(s, loss, best))
            best = i;
    size_t last = best + FEW < rank->n_points ? best + FEW : rank->n_points - 1;
    return last > best ? (held_out_mean(s, loss, last) - held_out_mean(s, loss, best)) /
                             (double)(last - best)
                       : NAN;
}

static void judge_faint(mien_rank_search *s)
{
    mien_rank *rank = s->rank;
    const held_out_loss *loss = deciding_loss(rank);
    size_t r = rank->recommended;
    for (size_t i = 0; i < rank->n_criteria && !r; i++)
        if (strcmp(rank->criteria[i].key, loss->key) == 0)
            r = rank->criteria[i].choice;
    for (size_t i = 1; i < rank->n_points; i++) {
        if (rank->points[i].r != r)
            continue;
        double gain = held_out_mean(s, loss, i - 1) - held_out_mean(s, loss, i);
        rank->faint = gain < FAINT * cost_of_one(s, loss) ? r : 0; /* not when that is NaN */
    }
}

/* ---------------------------------------------------------------- all of it */

mien_status mien_rank_judge(mien_rank_search *s, mien_error *err)
{
    mien_rank *rank = s->rank;
    double *a = mien_arena_alloc(&s->arena, rank->n_points, sizeof *a);
    double *b = mien_arena_alloc(&s->arena, rank->n_points, sizeof *b);
    double *values =
        mien_arena_alloc(&s->arena, rank->n_points * s->options->masks, sizeof *values);
    if (s->arena.failed)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    judge_held_out(s, values);
    judge_relevance(s);
    judge_curves(s, a, b);
    mien_status st = judge_pca(s, err);
    if (!st) {
        mien_rank_recommend(rank);
        judge_faint(s);
        mien_rank_tell(rank);
    }
    return st;
}
