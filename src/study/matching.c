/* matching.c - which component of one fit is which of another.
 * SPDX-License-Identifier: MIT */
#include "study/matching.h"

#include "base/memory.h"

#include <math.h>

enum { LANES = 8 }; /* sums side by side, for the compiler to make vectors of */

static double inner(const float *a, const float *b, size_t p)
{
    double lanes[LANES] = {0}, sum = 0;
    size_t j = 0;
    for (; j + LANES <= p; j += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += (double)a[j + l] * (double)b[j + l];
    for (; j < p; j++)
        sum += (double)a[j] * (double)b[j];
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

/* One root of the product of squares, so that the cosine of an image with itself is 1 exactly. */
static double cosine_of(double product, double square_a, double square_b)
{
    double norm = sqrt(square_a * square_b);
    if (norm == 0)
        return square_a == square_b ? 1 : 0;
    double cosine = product / norm;
    return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
}

double mien_matching_cosine(const float *a, const float *b, size_t p)
{
    return cosine_of(inner(a, b, p), inner(a, a, p), inner(b, b, p));
}

void mien_matching_cosines(const float *A, const float *B, size_t r, size_t p, bool is_signed,
                           double *out)
{
    for (size_t k = 0; k < r; k++) {
        double square = inner(A + k * p, A + k * p, p);
        for (size_t l = 0; l < r; l++) {
            const float *b = B + l * p;
            double cosine = cosine_of(inner(A + k * p, b, p), square, inner(b, b, p));
            out[k * r + l] = is_signed ? fabs(cosine) : cosine;
        }
    }
}

/* ---------------------------------------------------------------- the assignment */

/* Shortest augmenting paths on the dual: Jonker & Volgenant, "A shortest augmenting path algorithm
 * for dense and sparse linear assignment problems", Computing 38 (1987), without their
 * initialisation. Rows enter one after another. For each, Dijkstra's search over reduced costs
 *   cost[i,j] - u[i] - v[j] >= 0
 * finds the nearest free column; the potentials u, v then keep all reduced costs non-negative and
 * those of the assigned pairs zero, which proves that the total is least. O(r^2) a row. */

/* Column 0 and row 0 do not exist: the row that looks for a column stands at column 0. */
struct search {
    const double *cost;
    size_t r;
    double *u, *v;    /* r + 1, potentials of rows and columns */
    double *distance; /* r + 1, of the columns that were not reached yet */
    size_t *row;      /* r + 1, the row of a column, 0 for a free one */
    size_t *from;     /* r + 1, the column before this one on its path */
    bool *reached;    /* r + 1 */
};

/* Go on from column `at` to the nearest column not reached, and take the potentials along. */
static size_t step(struct search *s, size_t at)
{
    size_t row = s->row[at], nearest = 0;
    double min = INFINITY;
    s->reached[at] = true;
    for (size_t j = 1; j <= s->r; j++) {
        if (s->reached[j])
            continue;
        double reduced = s->cost[(row - 1) * s->r + j - 1] - s->u[row] - s->v[j];
        if (reduced < s->distance[j]) {
            s->distance[j] = reduced;
            s->from[j] = at;
        }
        if (s->distance[j] < min || nearest == 0) {
            min = s->distance[j];
            nearest = j;
        }
    }
    for (size_t j = 0; j <= s->r; j++) {
        if (s->reached[j]) {
            s->u[s->row[j]] += min;
            s->v[j] -= min;
        } else {
            s->distance[j] -= min;
        }
    }
    return nearest;
}

static void add_row(struct search *s, size_t row)
{
    for (size_t j = 0; j <= s->r; j++) {
        s->distance[j] = INFINITY;
        s->reached[j] = false;
    }
    s->row[0] = row;
    size_t at = 0;
    do
        at = step(s, at);
    while (s->row[at] != 0);
    for (; at != 0; at = s->from[at]) /* along the path every row moves on by one column */
        s->row[at] = s->row[s->from[at]];
}

mien_status mien_assignment_solve(const double *cost, size_t r, size_t *column_of_row)
{
    for (size_t i = 0; i < r * r; i++)
        if (!isfinite(cost[i]))
            return MIEN_ERR_DOMAIN;
    mien_arena arena = {0};
    struct search s = {.cost = cost,
                       .r = r,
                       .u = mien_arena_alloc(&arena, r + 1, sizeof(double)),
                       .v = mien_arena_alloc(&arena, r + 1, sizeof(double)),
                       .distance = mien_arena_alloc(&arena, r + 1, sizeof(double)),
                       .row = mien_arena_alloc(&arena, r + 1, sizeof(size_t)),
                       .from = mien_arena_alloc(&arena, r + 1, sizeof(size_t)),
                       .reached = mien_arena_alloc(&arena, r + 1, sizeof(bool))};
    if (arena.failed) {
        mien_arena_free(&arena);
        return MIEN_ERR_NOMEM;
    }
    for (size_t row = 1; row <= r; row++)
        add_row(&s, row);
    for (size_t j = 1; j <= r; j++)
        column_of_row[s.row[j] - 1] = j - 1;
    mien_arena_free(&arena);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- pairs */

mien_status mien_matching_find(const float *A, const float *B, size_t r, size_t p, bool is_signed,
                               size_t *twin, double *similarity)
{
    size_t entries;
    if (!mien_product(r, r, 1, &entries))
        return MIEN_ERR_NOMEM;
    double *cost = mien_alloc_array(entries, sizeof *cost);
    if (!cost)
        return MIEN_ERR_NOMEM;
    mien_matching_cosines(A, B, r, p, is_signed, cost);
    for (size_t i = 0; i < entries; i++)
        cost[i] = -cost[i];
    mien_status st = mien_assignment_solve(cost, r, twin);
    for (size_t k = 0; k < r && !st; k++)
        similarity[k] = -cost[k * r + twin[k]];
    mien_free(cost);
    return st;
}
