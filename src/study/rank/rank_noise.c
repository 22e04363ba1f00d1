/* rank_noise.c - which loss the noise of the data asks for.
 * SPDX-License-Identifier: MIT
 *
 * A loss is a likelihood: half the squares of normal errors of one size, KL of Poisson counts,
 * whose variance is their mean. Under the wrong one a few large entries (half the squares of
 * counts) or many small ones (KL of normal errors) speak for all, and criteria count too little
 * or too much. Entries that were hidden from the fit show the variance: masked_spread.c. */
#include "study/rank/rank_search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Exponents of the variance. Planted data (tools/reference/README.md): normal errors -0.1 to 0.16,
 * cut off at zero 0.45 to 0.55, Poisson 0.92 to 1.17, negative binomial from 1.28 on. */
static const double CONSTANT = 0.3, COUNTS = 0.7, STEEP = 1.25;

static size_t best_point(const mien_rank *rank)
{
    size_t best = 0;
    for (size_t i = 1; i < rank->n_points; i++)
        if (rank->points[i].held_out[MIEN_RANK_KL] < rank->points[best].held_out[MIEN_RANK_KL])
            best = i;
    return best;
}

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
    size_t best = best_point(rank), told = 0;
    double sum = 0;
    for (size_t m = 0; m < s->options->masks; m++) {
        double growth = mien_held_cell(s, MIEN_RANK_KL, best, m)->value[5];
        sum += isfinite(growth) ? growth : 0;
        told += isfinite(growth) ? 1 : 0;
    }
    /* without noise there is nothing that could grow */
    bool noisy =
        rank->points[best].held_out[MIEN_RANK_KL] > MIEN_NO_LOSS * s->spread.flat[MIEN_RANK_KL];
    rank->growth = noisy && told == s->options->masks ? sum / (double)told : NAN;
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
static const mien_held_loss *deciding_loss(const mien_rank *rank)
{
    for (size_t l = 0; l < MIEN_HELD_LOSSES; l++)
        if (mien_held_losses[l].speaks[rank->noise])
            return &mien_held_losses[l];
    return &mien_held_losses[0];
}

static double held_mean(const mien_rank_search *s, const mien_held_loss *loss, size_t point)
{
    double sum = 0;
    for (size_t m = 0; m < s->options->masks; m++)
        sum += mien_held_cell(s, loss->fit, point, m)->value[loss->value];
    return sum / (double)s->options->masks;
}

/* What a superfluous component costs on hidden entries: the rise over a few points from the least
 * loss on; NaN at the end of the range. */
static double cost_of_one(const mien_rank_search *s, const mien_held_loss *loss)
{
    enum { FEW = 3 };
    const mien_rank *rank = s->rank;
    size_t best = 0;
    for (size_t i = 1; i < rank->n_points; i++)
        if (held_mean(s, loss, i) < held_mean(s, loss, best))
            best = i;
    size_t last = best + FEW < rank->n_points ? best + FEW : rank->n_points - 1;
    return last > best
               ? (held_mean(s, loss, last) - held_mean(s, loss, best)) / (double)(last - best)
               : NAN;
}

void mien_rank_judge_faint(mien_rank_search *s)
{
    mien_rank *rank = s->rank;
    const mien_held_loss *loss = deciding_loss(rank);
    size_t r = rank->recommended;
    for (size_t i = 0; i < rank->n_criteria && !r; i++)
        if (strcmp(rank->criteria[i].key, loss->key) == 0)
            r = rank->criteria[i].choice;
    for (size_t i = 1; i < rank->n_points; i++) {
        if (rank->points[i].r != r)
            continue;
        double gain = held_mean(s, loss, i - 1) - held_mean(s, loss, i);
        rank->faint = gain < FAINT * cost_of_one(s, loss) ? r : 0; /* not when that is NaN */
    }
}
