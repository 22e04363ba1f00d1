/* nmf_cost_model.c - which of two ways to the same result is less work.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/nmf_cost_model.h"

/* Bytes of weights that a cache holds. */
enum { WEIGHTS_IN_CACHE = 12 * 1024 * 1024 };

enum { BATCH_PIXELS_MAX = 16384 };

/* Nanoseconds: of a visit to a coordinate in a row, and of each of its pixels; of an entry in a
 * batch, for one image. */
static const double ROW_VISITS = 1.4, ROW_VISIT = 27, ROW_PIXEL = 0.07, BATCH_ENTRY = 0.21;

/* What an iteration with a descent on the basis costs, in those with a step. */
static const double DESCENT_STEPS = 4;

/* Bytes of a row and its model that a first-level cache holds with what passes by, and a second. */
enum { FIRST_CACHE = 32 * 1024, SECOND_CACHE = 512 * 1024 };

bool mien_cost_is_large_n(size_t n, size_t r)
{
    return n * r * sizeof(float) > WEIGHTS_IN_CACHE;
}

bool mien_cost_prefers_descent(double descent, double step)
{
    return descent > DESCENT_STEPS * step;
}

bool mien_cost_may_batch(size_t p)
{
    return p <= BATCH_PIXELS_MAX;
}

bool mien_cost_prefers_batch(size_t entries, double positive, size_t p, size_t r)
{
    double row = ROW_VISITS * positive * (double)r * (ROW_VISIT + ROW_PIXEL * (double)p);
    return BATCH_ENTRY * (double)entries < row;
}

size_t mien_cost_rows(size_t ld, size_t most)
{
    size_t bytes = 2 * ld * sizeof(float);
    size_t rows = (bytes > FIRST_CACHE * 3 / 2 ? SECOND_CACHE : FIRST_CACHE) / bytes;
    return rows < 1 ? 1 : rows < most ? rows : most;
}
