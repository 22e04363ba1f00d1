/* spread.c - how numbers are spread, which of them lie far out, and whether all do.
 * SPDX-License-Identifier: MIT
 *
 * Tukey, Exploratory Data Analysis (1977): of what lies beyond upper quartile + 3 (upper - lower
 * quartile) he says "far out". Of normal errors two in a million do, of a training set's errors,
 * which lean to the right, a few in a thousand.
 *
 * A folder of another kind need not have one image beyond the fence: patches of photographs fit a
 * basis of faces worse than faces do, but not beyond all measure. So the folder is judged as a
 * whole, too, by how many of its images lie above the 95th percentile. Both are taken from errors
 * that training images have as unseen ones (held_out.h): those of the images that a basis was made
 * for are smaller than any new image's, the more so the fewer images there were. */
#include "methods/spread.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "mien_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double FENCE = 3; /* quartile ranges above the upper quartile */

/* A model that fits its images exactly leaves errors of rounding, and these are no measure. */
static const double ROUNDING = 1e-5;

/* ---------------------------------------------------------------- quartiles */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between sorted values, linearly (type 7 of Hyndman & Fan, American Statistician 50 (1996)). */
static double quantile(const double *sorted, size_t n, double share)
{
    double place = share * (double)(n - 1);
    size_t below = (size_t)place;
    double part = place - (double)below;
    if (!(part > 0) || sorted[below] == sorted[below + 1]) /* or both are infinite */
        return sorted[below];
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

mien_status mien_quantiles_measure(const double *values, size_t n, mien_quantiles *out)
{
    double *sorted = mien_alloc_raw(n, sizeof *sorted);
    if (!sorted)
        return MIEN_ERR_NOMEM;
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, ascending);
    mien_quantiles s = {.n = n,
                        .min = sorted[0],
                        .lower_quartile = quantile(sorted, n, 0.25),
                        .median = quantile(sorted, n, 0.5),
                        .upper_quartile = quantile(sorted, n, 0.75),
                        .max = sorted[n - 1],
                        .p95 = quantile(sorted, n, 0.95)};
    for (size_t i = 0; i < n; i++)
        sorted[i] = fabs(sorted[i] - s.median);
    qsort(sorted, n, sizeof *sorted, ascending);
    s.mad = quantile(sorted, n, 0.5);
    mien_free(sorted);
    *out = s;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- outliers */

static double fence_of(const mien_quantiles *s)
{
    double fence = s->upper_quartile + FENCE * (s->upper_quartile - s->lower_quartile);
    return fence < ROUNDING ? ROUNDING : fence;
}

struct entry {
    double error;
    size_t index;
};

static int worst_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->error != y->error)
        return x->error > y->error ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static mien_status list_beyond(const double *errors, size_t n, mien_outliers *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += errors[i] > out->fence;
    struct entry *entries = mien_alloc_array(count, sizeof *entries);
    size_t *index = mien_alloc_array(count, sizeof *index);
    if (!entries || !index) {
        mien_free(entries);
        mien_free(index);
        return MIEN_ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++)
        if (errors[i] > out->fence)
            entries[out->count++] = (struct entry){errors[i], i};
    qsort(entries, count, sizeof *entries, worst_first);
    for (size_t e = 0; e < count; e++)
        index[e] = entries[e].index;
    mien_free(entries);
    out->index = index;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- the whole */

/* P(at least `count` of n), each with the probability p. */
static double binomial_tail(size_t count, size_t n, double p)
{
    double tail = 0, all = lgamma((double)n + 1);
    for (size_t k = count; k <= n; k++)
        tail += exp(all - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) + (double)k * log(p) +
                    (double)(n - k) * log1p(-p));
    return tail < 1 ? tail : 1;
}

/* The share of images above a 95th percentile that was measured on n, at most, at MIEN_APART_LEVEL
 * (3.09 standard deviations); see MIEN_APART_SHARE. */
static double allowed_share(size_t n)
{
    const double p = 0.05, z = 3.09, count = (double)n;
    double width = z * sqrt(p * (1 - p) / count + z * z / (4 * count * count));
    double bound = (p + z * z / (2 * count) + width) / (1 + z * z / count);
    return bound > MIEN_APART_SHARE ? bound : MIEN_APART_SHARE;
}

static void judge_the_whole(size_t held_out, const double *errors, size_t n, mien_outliers *out)
{
    if (!isfinite(out->p95))
        return;
    double threshold = out->p95 < ROUNDING ? ROUNDING : out->p95;
    for (size_t i = 0; i < n; i++)
        out->beyond += errors[i] > threshold;
    out->allowed = allowed_share(held_out);
    out->chance = binomial_tail(out->beyond, n, out->allowed);
    out->apart = out->chance < MIEN_APART_LEVEL;
    mien_format(out->whole, sizeof out->whole,
                "%.3g%% of the images have an error above %.4g, as 5%% of the training images have "
                "when they are unseen: as a whole they %s the training images (binomial test of "
                "more than %.3g%%, level %g)",
                100 * (double)out->beyond / (double)n, threshold,
                out->apart ? "are of another kind than" : "do not stand apart from",
                100 * out->allowed, MIEN_APART_LEVEL);
}

mien_status mien_outliers_find(const mien_quantiles *held_out, const mien_encoding *encoding,
                               mien_outliers *out, mien_error *err)
{
    mien_outliers found = {.fence = NAN, .p95 = NAN, .known = held_out->n > 0};
    if (found.known) {
        found.fence = fence_of(held_out);
        found.p95 = held_out->p95;
        mien_format(found.rule, sizeof found.rule,
                    "relative error above %.4g, upper quartile + 3 quartile ranges of the training "
                    "images when they are unseen",
                    found.fence);
    }
    if (list_beyond(encoding->errors, encoding->fit.n, &found)) /* of NaN none is above */
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    judge_the_whole(held_out->n, encoding->errors, encoding->fit.n, &found);
    *out = found;
    return MIEN_OK;
}

void mien_outliers_free(mien_outliers *outliers)
{
    if (!outliers)
        return;
    mien_free(outliers->index);
    *outliers = (mien_outliers){0};
}
