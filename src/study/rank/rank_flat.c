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

typedef struct flat {
    size_t p;
    double *sums;             /* groups x p */
    double *entropy, *square; /* groups: sum x log x, sum x^2 */
} flat;

static void visit(void *context, const mien_tile *tile)
{
    flat *f = context;
    double *sums = f->sums + tile->group * f->p;
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < f->p; j++) {
            double x = tile->x[i * f->p + j];
            sums[j] += x;
            f->square[tile->group] += x * x;
            f->entropy[tile->group] += x > 0 ? x * log(x) : 0;
        }
}

static void add_up(const flat *f, size_t groups, size_t n, mien_rank_spread *out)
{
    double entropy = 0, square = 0, total = 0, of_means = 0;
    for (size_t g = 0; g < groups; g++) {
        entropy += f->entropy[g];
        square += f->square[g];
    }
    for (size_t j = 0; j < f->p; j++) {
        double s = 0;
        for (size_t g = 0; g < groups; g++)
            s += f->sums[g * f->p + j];
        total += s;
        of_means += s * s / (double)n;
        entropy -= s > 0 ? s * log(s / (double)n) : 0;
    }
    double entries = (double)n * (double)f->p;
    out->alike = square - of_means <= ROUNDING * square;
    out->flat[MIEN_RANK_KL] = fmax(entropy, ROUNDING * total) / entries;
    out->flat[MIEN_RANK_FROBENIUS] = fmax(square - of_means, ROUNDING * square) / 2 / entries;
    out->scale[MIEN_RANK_KL] = total / entries;
    out->scale[MIEN_RANK_FROBENIUS] = square / 2 / entries;
}

mien_status mien_rank_flat(mien_pool *pool, const mien_source *X, mien_rank_spread *out)
{
    mien_tiling tiling = mien_tiling_plan(X->n, X->p, 1);
    mien_arena arena = {0};
    unsigned workers = mien_pool_threads(pool);
    flat f = {.p = X->p,
              .sums = mien_arena_alloc(&arena, tiling.groups * X->p, sizeof(double)),
              .entropy = mien_arena_alloc(&arena, tiling.groups, sizeof(double)),
              .square = mien_arena_alloc(&arena, tiling.groups, sizeof(double))};
    float **buffers = mien_arena_alloc_each(&arena, workers, tiling.rows * X->p, sizeof **buffers);
    bool whole = !arena.failed;
    if (whole) {
        mien_pass(pool, X, &tiling, buffers, visit, &f, NULL);
        add_up(&f, tiling.groups, X->n, out);
    }
    mien_arena_free(&arena);
    return whole ? MIEN_OK : MIEN_ERR_NOMEM;
}
