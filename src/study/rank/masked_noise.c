/* masked_noise.c - how hidden entries lie about their model: does the variance grow with it?
 * SPDX-License-Identifier: MIT
 *
 * Entries that were not fitted show the noise itself. They are put into bins by their model, an
 * octave each; the slope of log mean square over log mean model, bins weighted by their entries, is
 * the exponent b of a variance that grows as the b-th power of the mean (Taylor, Nature 189 (1961)
 * 732): 0 for errors of constant size, 1 for Poisson counts, up to 2 for counts that vary more than
 * that and for errors of a share of the value. Models below a quarter of the mean of X tell how
 * often nothing is met by nothing, and are left out.
 *
 * steep: half the deviance of the negative binomial, x log(x/y) - (x + k) log((x + k) / (y + k)).
 * It is a Bregman divergence, so the mean has the least of it whatever k is, and any k near the
 * data's weighs large entries by what they can tell; k = mean of X is equivariant under a change of
 * unit. */
#include "study/rank/masked_noise.h"

#include <math.h>

static const double BUSY = 1.0 / 64; /* of the mean of X: below, a model says nothing */

enum {
    MIN_ENTRIES = 10, /* of a bin that counts */
    MIN_BINS = 2,
    FIRST_OCTAVE = 2 /* the first bin begins at 2^-2 of the mean of X */
};

/* Standard deviation of the log model below which no slope is told: half an octave. */
static const double MIN_RANGE = 0.35;

void mien_noise_add(mien_noise_sums *s, double mean, double x, double y)
{
    double log_part = x > 0 ? x * log(x / y) : 0;
    s->n++;
    s->steep += log_part - (x + mean) * log((x + mean) / (y + mean));
    if (y > BUSY * mean) {
        s->busy += log_part - x + y;
        s->n_busy++;
    }
    int octave;
    frexp(y / mean, &octave); /* y / mean in [2^(octave - 1), 2^octave) */
    octave += FIRST_OCTAVE - 1;
    if (octave < 0)
        return;
    int bin = octave < MIEN_NOISE_BINS ? octave : MIEN_NOISE_BINS - 1;
    s->count[bin]++;
    s->model[bin] += y;
    s->square[bin] += (x - y) * (x - y);
}

/* Weighted least squares of log mean square on log mean model. */
static double slope(const mien_noise_sums *s)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    size_t bins = 0;
    for (size_t b = 0; b < MIEN_NOISE_BINS; b++) {
        if (s->count[b] < MIN_ENTRIES || !(s->square[b] > 0))
            continue;
        double at = log(s->model[b] / s->count[b]), of = log(s->square[b] / s->count[b]);
        n += s->count[b];
        x += s->count[b] * at;
        y += s->count[b] * of;
        xx += s->count[b] * at * at;
        xy += s->count[b] * at * of;
        bins++;
    }
    if (bins < MIN_BINS)
        return NAN;
    double variance = xx / n - x / n * (x / n);
    return variance > MIN_RANGE * MIN_RANGE ? (xy / n - x / n * (y / n)) / variance : NAN;
}

mien_held_out_noise mien_noise_measure(const mien_noise_sums *sums)
{
    if (!(sums->n > 0))
        return (mien_held_out_noise){NAN, NAN, NAN};
    return (mien_held_out_noise){.steep = sums->steep / sums->n,
                                 .busy = sums->n_busy > 0 ? sums->busy / sums->n_busy : NAN,
                                 .growth = slope(sums)};
}
