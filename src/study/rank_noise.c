/* rank_noise.c - which loss the noise of the data asks for.
 * SPDX-License-Identifier: MIT
 *
 * A loss is a likelihood: half the squares of normal errors of one size, KL of Poisson counts,
 * whose variance is their mean. Under the wrong one a few large entries (half the squares of
 * counts) or many small ones (KL of normal errors) speak for all, and criteria count too little
 * or too much. Entries that were hidden from the fit show the variance: nmf_masked_spread.c. */
#include "study/rank_search.h"

#include <math.h>

/* Exponents of the variance. Planted data (tools/reference/README.md): normal errors -0.1 to 0.13,
 * cut off at zero 0.50 to 0.55, Poisson 0.92 to 1.13, negative binomial from 1.28 on. */
static const double CONSTANT = 0.3, COUNTS = 0.7, STEEP = 1.25;

static size_t best_point(const mien_rank *rank)
{
    size_t best = 0;
    for (size_t i = 1; i < rank->n_points; i++)
        if (rank->points[i].held[MIEN_RANK_KL] < rank->points[best].held[MIEN_RANK_KL])
            best = i;
    return best;
}

void mien_rank_judge_noise(mien_rank_search *s)
{
    mien_rank *rank = s->rank;
    size_t best = best_point(rank), told = 0;
    double sum = 0;
    for (size_t m = 0; m < s->options->masks; m++) {
        double growth = mien_held_cell(s, MIEN_RANK_KL, best, m)->value[5];
        sum += isfinite(growth) ? growth : 0;
        told += isfinite(growth);
    }
    /* without noise there is nothing that could grow */
    bool noisy =
        rank->points[best].held[MIEN_RANK_KL] > MIEN_NO_LOSS * s->spread.flat[MIEN_RANK_KL];
    rank->growth = noisy && told == s->options->masks ? sum / (double)told : NAN;
    if (!isfinite(rank->growth) || (rank->growth >= CONSTANT && rank->growth <= COUNTS))
        rank->noise = MIEN_NOISE_UNKNOWN;
    else if (rank->growth < CONSTANT)
        rank->noise = MIEN_NOISE_CONSTANT;
    else
        rank->noise = rank->growth < STEEP ? MIEN_NOISE_COUNTS : MIEN_NOISE_STEEP;
}
