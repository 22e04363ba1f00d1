/* truth.c - what is known of the images beforehand, against the components that were learned.
 * SPDX-License-Identifier: MIT */
#include "study/truth.h"

#include "base/memory.h"
#include "study/matching.h"

#include <math.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- groups */

struct ranked {
    float value;
    bool has;
};

static int by_value(const void *a, const void *b)
{
    float x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

/* Pairs (one of the group, one outside) in which the group's is larger, ties half, over all pairs:
 * a walk through the runs of equal values. */
static double area(const struct ranked *sorted, size_t n)
{
    double with = 0, without = 0, won = 0;
    for (size_t i = 0; i < n;) {
        double has = 0, has_not = 0;
        for (float value = sorted[i].value; i < n && sorted[i].value == value; i++)
            *(sorted[i].has ? &has : &has_not) += 1;
        won += has * (without + has_not / 2);
        with += has;
        without += has_not;
    }
    return with > 0 && without > 0 ? won / (with * without) : NAN;
}

mien_status mien_truth_find(const mien_fit *fit, const bool *has, mien_hit *out)
{
    bool both = mien_method_describe(fit->method)->traits & MIEN_SIGNED;
    struct ranked *room = mien_alloc_array(fit->n, sizeof *room);
    if (!room)
        return MIEN_ERR_NOMEM;
    mien_hit best = {.auc = NAN};
    for (size_t k = 0; k < fit->r; k++) {
        for (size_t i = 0; i < fit->n; i++)
            room[i] = (struct ranked){fit->W[i * fit->r + k], has[i]};
        qsort(room, fit->n, sizeof *room, by_value);
        double auc = area(room, fit->n);
        bool less = both && auc < 0.5;
        double found = less ? 1 - auc : auc;
        if (isnan(best.auc) || found > best.auc)
            best = (mien_hit){k, found, less};
    }
    mien_free(room);
    *out = best;
    return MIEN_OK;
}

double mien_truth_luck(size_t n, size_t with, size_t r)
{
    if (with == 0 || with >= n || r == 0)
        return NAN;
    double one_sided = (1 - pow(0.95, 1 / (double)r)) / 2, low = 0, high = 40;
    for (int halving = 0; halving < 60; halving++) { /* P(z > middle) = one_sided */
        double middle = (low + high) / 2;
        *(0.5 * erfc(middle / sqrt(2)) > one_sided ? &low : &high) = middle;
    }
    double variance = ((double)n + 1) / (12 * (double)with * (double)(n - with));
    return fmin(0.5 + low * sqrt(variance), 1);
}

/* ---------------------------------------------------------------- parts */

/* size x size: minus the cosines, and zeros where parts or components are missing. */
static void fill_costs(const mien_fit *fit, const float *parts, size_t count, size_t size,
                       double *cost)
{
    bool both = mien_method_describe(fit->method)->traits & MIEN_SIGNED;
    for (size_t t = 0; t < count; t++)
        for (size_t k = 0; k < fit->r; k++) {
            double cosine = mien_matching_cosine(parts + t * fit->p, fit->H + k * fit->p, fit->p);
            cost[t * size + k] = both ? -fabs(cosine) : -cosine;
        }
}

mien_status mien_truth_match(const mien_fit *fit, const float *parts, size_t count,
                             size_t *component, double *cosine)
{
    size_t size = count > fit->r ? count : fit->r, entries;
    if (!mien_product(size, size, 1, &entries))
        return MIEN_ERR_NOMEM;
    mien_arena arena = {0};
    double *cost = mien_arena_alloc(&arena, entries, sizeof *cost);
    size_t *column = mien_arena_alloc(&arena, size, sizeof *column);
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    if (!st) {
        fill_costs(fit, parts, count, size, cost);
        st = mien_assignment_solve(cost, size, column);
    }
    for (size_t t = 0; t < count && !st; t++) {
        bool paired = column[t] < fit->r;
        component[t] = paired ? column[t] : fit->r;
        cosine[t] = paired ? -cost[t * size + column[t]] : 0;
    }
    mien_arena_free(&arena);
    return st;
}
