/* stability.c - is the answer unique? Runs from many starts, matched and judged.
 * SPDX-License-Identifier: MIT
 *
 * The components of every run are matched to those of the best run (matching.c). A component that
 * most starts find again is the data's; one that they do not is the start's. The same idea, for
 * choosing r, is in Wu et al., "Stability-driven nonnegative matrix factorization to interpret
 * spatial gene expression", PNAS 113 (2016). */
#include "study/stability.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "methods/method.h"
#include "study/consensus.h"
#include "study/matching.h"
#include "study/restarts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_RUNS = 20 };

const char *mien_verdict_name(mien_verdict verdict)
{
    switch (verdict) {
    case MIEN_VERDICT_STABLE:
        return "stable";
    case MIEN_VERDICT_DRIFTS:
        return "drifts";
    case MIEN_VERDICT_ABSENT:
        return "absent";
    case MIEN_VERDICT_UNDEFINED:
    default:
        return "undefined";
    }
}

static bool is_signed(const mien_stability *study)
{
    return study->method->info.traits & MIEN_SIGNED;
}

static const float *basis_of(const mien_stability *study, size_t run)
{
    return study->basis + run * study->r * study->p;
}

/* ---------------------------------------------------------------- twins */

struct matching {
    mien_stability *study;
    mien_status *statuses; /* one a run */
};

static void match_run(void *context, size_t run, unsigned worker)
{
    (void)worker;
    struct matching *matching = context;
    mien_stability *s = matching->study;
    size_t *twins = s->twins + run * s->r;
    double *similarity = s->similarity + run * s->r;
    if (run != s->best_run) {
        matching->statuses[run] = mien_matching_find(basis_of(s, s->best_run), basis_of(s, run),
                                                     s->r, s->p, is_signed(s), twins, similarity);
        return;
    }
    for (size_t k = 0; k < s->r; k++) {
        twins[k] = k;
        similarity[k] = 1;
    }
}

static mien_status match_all(mien_stability *s, mien_pool *pool)
{
    struct matching matching = {s, mien_alloc_array(s->runs, sizeof(mien_status))};
    if (!matching.statuses)
        return MIEN_ERR_NOMEM;
    mien_pool_run(pool, s->runs, match_run, &matching);
    mien_status st = MIEN_OK;
    for (size_t run = 0; run < s->runs && !st; run++)
        st = matching.statuses[run];
    mien_free(matching.statuses);
    return st;
}

/* ---------------------------------------------------------------- verdicts */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static mien_verdict verdict_of(const mien_component *c)
{
    if (isnan(c->median))
        return MIEN_VERDICT_UNDEFINED;
    if (c->median < MIEN_ABSENT_MEDIAN)
        return MIEN_VERDICT_ABSENT;
    bool stable = c->median >= MIEN_STABLE_MEDIAN && c->found >= MIEN_STABLE_FOUND;
    return stable ? MIEN_VERDICT_STABLE : MIEN_VERDICT_DRIFTS;
}

/* `values` has room for all runs. */
static void judge_component(mien_stability *s, size_t k, double *values)
{
    mien_component *c = &s->components[k];
    size_t others = 0, found = 0;
    double enough = fmax(MIEN_FOUND_COSINE, (1 + c->neighbour) / 2);
    for (size_t run = 0; run < s->runs; run++)
        if (run != s->best_run) {
            values[others++] = s->similarity[run * s->r + k];
            found += s->similarity[run * s->r + k] >= enough;
        }
    qsort(values, others, sizeof *values, compare_doubles);
    c->median = others ? (values[(others - 1) / 2] + values[others / 2]) / 2 : NAN;
    c->worst = others ? values[0] : NAN;
    c->found = others ? (double)found / (double)others : NAN;
    c->verdict = verdict_of(c);
    s->verdicts[c->verdict]++;
}

static mien_status judge_all(mien_stability *s)
{
    size_t r = s->r, others = s->runs - 1;
    double *values = mien_alloc_array(s->runs, sizeof *values);
    double *cosines = mien_alloc_array(r * r, sizeof *cosines);
    mien_status st = values && cosines ? MIEN_OK : MIEN_ERR_NOMEM;
    if (!st) {
        const float *best = basis_of(s, s->best_run);
        mien_matching_cosines(best, best, r, s->p, is_signed(s), cosines);
    }
    double sum = 0;
    for (size_t k = 0; k < r && !st; k++) {
        for (size_t l = 0; l < r; l++)
            if (l != k && cosines[k * r + l] > s->components[k].neighbour)
                s->components[k].neighbour = cosines[k * r + l];
        judge_component(s, k, values);
        for (size_t run = 0; run < s->runs; run++)
            sum += run != s->best_run ? s->similarity[run * r + k] : 0;
    }
    s->mean_similarity = others ? sum / ((double)others * (double)r) : NAN;
    mien_free(values);
    mien_free(cosines);
    return st;
}

static bool all_identical(const mien_stability *s)
{
    size_t nbytes = s->r * s->p * sizeof *s->basis;
    for (size_t run = 1; run < s->runs; run++)
        if (memcmp(s->basis, basis_of(s, run), nbytes) != 0)
            return false;
    return s->runs > 1;
}

/* ---------------------------------------------------------------- spread */

/* What brings a row to maximum 1 and to the sign of the best run's; 0 for a row of zeros. */
static double scale_of(const float *row, const float *like, size_t p, bool with_sign)
{
    double most = 0;
    for (size_t j = 0; j < p; j++)
        most = fmax(most, fabs((double)row[j]));
    if (!(most > 0))
        return 0;
    return with_sign && mien_matching_cosine(row, like, p) < 0 ? -1 / most : 1 / most;
}

struct spreading {
    mien_stability *study;
    double *sums; /* 2 p a worker */
};

/* Standard deviation over all runs, pixel by pixel: one component a task. */
static void spread_component(void *context, size_t k, unsigned worker)
{
    struct spreading *spreading = context;
    mien_stability *s = spreading->study;
    size_t p = s->p;
    double *mean = spreading->sums + 2 * worker * p, *square = mean + p;
    memset(mean, 0, 2 * p * sizeof *mean);
    const float *best = basis_of(s, s->best_run) + k * p;
    for (size_t run = 0; run < s->runs; run++) { /* Welford's sums: nothing cancels */
        const float *row = basis_of(s, run) + s->twins[run * s->r + k] * p;
        double scale = scale_of(row, best, p, is_signed(s)), count = (double)(run + 1);
        for (size_t j = 0; j < p; j++) {
            double value = scale * (double)row[j], off = value - mean[j];
            mean[j] += off / count;
            square[j] += off * (value - mean[j]);
        }
    }
    for (size_t j = 0; j < p; j++)
        s->spread[k * p + j] = (float)sqrt(square[j] / (double)s->runs);
}

static mien_status spread_all(mien_stability *s, mien_pool *pool)
{
    if (s->runs < 2)
        return MIEN_OK;
    size_t sums;
    struct spreading spreading = {.study = s};
    s->spread = mien_alloc_array(s->r * s->p, sizeof *s->spread);
    if (mien_product(2 * (size_t)mien_pool_threads(pool), s->p, 1, &sums))
        spreading.sums = mien_alloc_array(sums, sizeof *spreading.sums);
    mien_status st = s->spread && spreading.sums ? MIEN_OK : MIEN_ERR_NOMEM;
    if (!st)
        mien_pool_run(pool, s->r, spread_component, &spreading);
    mien_free(spreading.sums);
    return st;
}

/* ---------------------------------------------------------------- the study */

mien_status mien_stability_judge(mien_stability *study, const uint32_t *dominant, unsigned threads,
                                 mien_error *err)
{
    mien_stability *s = study;
    mien_pool *pool = NULL;
    size_t entries;
    if (mien_product(s->runs, s->r, 1, &entries)) {
        s->twins = mien_alloc_array(entries, sizeof *s->twins);
        s->similarity = mien_alloc_array(entries, sizeof *s->similarity);
    }
    s->components = mien_alloc_array(s->r, sizeof *s->components);
    mien_status st = s->twins && s->similarity && s->components ? MIEN_OK : MIEN_ERR_NOMEM;
    if (!st)
        st = mien_pool_create(threads, &pool);
    if (!st)
        st = match_all(s, pool);
    if (!st)
        st = judge_all(s);
    if (!st)
        st = spread_all(s, pool);
    if (!st)
        st = mien_consensus_build(pool, dominant, s->runs, s->consensus.n, &s->consensus);
    s->identical = all_identical(s);
    mien_pool_free(pool);
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

mien_status mien_stability_run(const mien_method *method, const mien_source *X,
                               const mien_options *options, mien_stability *out, mien_error *err)
{
    if (options->start_W || options->start_H)
        return mien_fail(err, MIEN_ERR_ARG,
                         "a start from files is the same every time: stability needs starts that "
                         "differ (leave out --init-from)");
    double clock = mien_seconds();
    mien_stability study = {.method = method,
                            .n = X->n,
                            .p = X->p,
                            .r = options->r,
                            .asked = options->restarts ? options->restarts : DEFAULT_RUNS,
                            .random_start = method->random_start};
    uint32_t *dominant = NULL;
    mien_status st = mien_restarts_collect(method, X, options, &study, &dominant, err);
    if (!st)
        st = mien_stability_judge(&study, dominant, options->threads, err);
    mien_free(dominant);
    if (st) {
        mien_stability_free(&study);
        return st;
    }
    study.seconds = mien_seconds() - clock;
    *out = study;
    return MIEN_OK;
}

void mien_stability_free(mien_stability *stability)
{
    if (!stability)
        return;
    mien_fit_free(&stability->best);
    mien_free(stability->outcomes);
    mien_free(stability->basis);
    mien_free(stability->twins);
    mien_free(stability->similarity);
    mien_free(stability->components);
    mien_free(stability->spread);
    mien_consensus_free(&stability->consensus);
    *stability = (mien_stability){0};
}
