/* matching.c - which component of one fit is which of another.
 * SPDX-License-Identifier: MIT */
#include "study/matching.h"

#include "base/memory.h"
#include "study/assignment.h"

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
