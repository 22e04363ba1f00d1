/* rank_flat.c - the loss of the mean image.
 * SPDX-License-Identifier: MIT
 *
 * With s_j the sum of pixel j, n images: the sum over entries of x log(x / mean_j) - x + mean_j is
 * sum x log x - sum_j s_j log(s_j / n), half the squares are 1/2 (sum x^2 - sum_j s_j^2 / n). */
#include "study/rank/rank_flat.h"

#include "base/memory.h"
#include "mien_study.h"

#include <math.h>

static const double ROUNDING = 1e-6; /* of fits in float */

/* Doubles of the pass: sum x log x, sum x^2, sums of each pixel. */
enum { SUM_ENTROPY, SUM_SQUARE, SUM_PIXELS };

static void visit(void *context, const mien_tile *tile)
{
    size_t p = *(const size_t *)context;
    double *sums = tile->doubles;
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < p; j++) {
            double x = tile->x[i * p + j];
            sums[SUM_PIXELS + j] += x;
            sums[SUM_SQUARE] += x * x;
            sums[SUM_ENTROPY] += x > 0 ? x * log(x) : 0;
        }
}

static void tell(const double *sums, size_t n, size_t p, mien_rank_spread *out)
{
    double entropy = sums[SUM_ENTROPY], square = sums[SUM_SQUARE], total = 0, of_means = 0;
    for (size_t j = 0; j < p; j++) {
        double s = sums[SUM_PIXELS + j];
        total += s;
        of_means += s * s / (double)n;
        entropy -= s > 0 ? s * log(s / (double)n) : 0;
    }
    double entries = (double)n * (double)p;
    out->alike = square - of_means <= ROUNDING * square;
    out->flat[MIEN_RANK_KL] = fmax(entropy, ROUNDING * total) / entries;
    out->flat[MIEN_RANK_FROBENIUS] = fmax(square - of_means, ROUNDING * square) / 2 / entries;
    out->scale[MIEN_RANK_KL] = total / entries;
    out->scale[MIEN_RANK_FROBENIUS] = square / 2 / entries;
}

mien_status mien_rank_flat(mien_pool *pool, const mien_source *X, mien_rank_spread *out)
{
    mien_tiling tiling = mien_tiling_plan(X->n, X->p, 2); /* a double is two floats */
    mien_arena arena = {0};
    unsigned workers = mien_pool_threads(pool);
    size_t p = X->p;
    mien_sums sums = mien_sums_alloc(&arena, pool, tiling.leaves, SUM_PIXELS + p, 0);
    float **buffers = mien_arena_alloc_each(&arena, workers, tiling.rows * p, sizeof **buffers);
    bool whole = !arena.failed;
    if (whole) {
        mien_pass(pool, X, &tiling, buffers, visit, &p, &sums);
        tell(sums.doubles, X->n, p, out);
    }
    mien_arena_free(&arena);
    return whole ? MIEN_OK : MIEN_ERR_NOMEM;
}
