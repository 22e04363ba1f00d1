/* parts.c - are the components parts or wholes? Scores of a fit.
 * SPDX-License-Identifier: MIT
 *
 *   sparseness     Hoyer, JMLR 5 (2004); the fit has it already
 *   localisation   1 - s / u, with the extent s^2 = sum_j |h_j| ||x_j - c||^2 / sum_j |h_j| around
 * the centre of mass c, and u^2 = (height^2 - 1) / 12 + (width^2 - 1) / 12, which is s^2 of an
 * image of ones overlap        mean over pairs k < l of cos(|H[k,:]|, |H[l,:]|) cancellation sum_ij
 * (sum_k |W_ik H_kj| - |sum_k W_ik H_kj|) / sum_ijk |W_ik H_kj|
 *
 * Overlap costs O(rp): with unit vectors u_k, ||sum_k u_k||^2 = r + 2 sum over pairs of u_k u_l.
 * Cancellation costs one pass of O(npr), over blocks of images, and none where W and H have no
 * negative entry, since it is 0 then; its denominator is sum_k (sum_i |W_ik|) (sum_j |H_kj|). */
#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "linalg/blas.h"
#include "mien_study.h"

#include <math.h>

enum {
    ROWS = 64, /* images of a task: its sum of absolute values is one double */
    COLUMNS =
        2048 /* pixels at a time: a block of the model stays in the cache, for p of any size */
};

/* ---------------------------------------------------------------- basis images */

/* Of one image, as defined at mien_parts. NaN for an image that is zero everywhere, or one pixel
 * high. */
static double localisation(const float *image, mien_shape shape)
{
    if (shape.height < 2)
        return NAN;
    double height = (double)shape.height, width = (double)shape.width;
    double mass = 0, x1 = 0, x2 = 0, y1 = 0, y2 = 0;
    for (size_t y = 0; y < shape.height; y++)
        for (size_t x = 0; x < shape.width; x++) {
            double value = 0, dx = (double)x - (width - 1) / 2, dy = (double)y - (height - 1) / 2;
            for (size_t c = 0; c < shape.channels; c++)
                value += fabsf(image[(y * shape.width + x) * shape.channels + c]);
            mass += value;
            x1 += value * dx;
            y1 += value * dy;
            x2 += value * dx * dx;
            y2 += value * dy * dy;
        }
    if (!(mass > 0))
        return NAN;
    double extent = (x2 + y2) / mass - (x1 * x1 + y1 * y1) / (mass * mass);
    double uniform = (height * height - 1) / 12 + (width * width - 1) / 12;
    return 1 - sqrt(fmax(extent, 0) / uniform);
}

static double mean_localisation(const mien_fit *fit, mien_shape shape)
{
    double sum = 0;
    size_t used = 0;
    for (size_t k = 0; k < fit->r; k++) {
        double one = localisation(fit->H + k * fit->p, shape);
        if (isnan(one))
            continue;
        sum += one;
        used++;
    }
    return used ? sum / (double)used : NAN;
}

/* sum: p zeroes, workspace. */
static double mean_overlap(const mien_fit *fit, double *sum)
{
    size_t used = 0;
    for (size_t k = 0; k < fit->r; k++) {
        const float *h = fit->H + k * fit->p;
        double square = 0;
        for (size_t j = 0; j < fit->p; j++)
            square += (double)h[j] * h[j];
        if (!(square > 0))
            continue;
        double scale = 1 / sqrt(square);
        for (size_t j = 0; j < fit->p; j++)
            sum[j] += scale * fabsf(h[j]);
        used++;
    }
    if (used < 2)
        return NAN;
    double square = 0, count = (double)used;
    for (size_t j = 0; j < fit->p; j++)
        square += sum[j] * sum[j];
    double mean = (square - count) / (count * (count - 1));
    return fmin(fmax(mean, 0), 1); /* rounding */
}

/* ---------------------------------------------------------------- cancellation */

static bool any_negative(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] < 0)
            return true;
    return false;
}

struct blocks {
    const mien_fit *fit;
    float *model; /* workers x ROWS x COLUMNS, of W H */
    double *sums; /* tasks */
};

/* Sum of |W H| over the images of a task. */
static void sum_block(void *context, size_t task, unsigned worker)
{
    const struct blocks *b = context;
    size_t n = b->fit->n, p = b->fit->p, r = b->fit->r, first = task * ROWS;
    size_t rows = n - first < ROWS ? n - first : ROWS;
    float *model = b->model + (size_t)worker * ROWS * COLUMNS;
    double sum = 0;
    for (size_t j = 0; j < p; j += COLUMNS) {
        size_t columns = p - j < COLUMNS ? p - j : COLUMNS;
        mien_sgemm(false, false, rows, columns, r, 1, b->fit->W + first * r, r, b->fit->H + j, p, 0,
                   model, columns);
        for (size_t i = 0; i < rows * columns; i++)
            sum += fabsf(model[i]);
    }
    b->sums[task] = sum;
}

/* sum_k (sum_i |W_ik|) (sum_j |H_kj|); used: r zeroes, workspace. */
static double sum_of_absolutes(const mien_fit *fit, double *used)
{
    double total = 0;
    for (size_t i = 0; i < fit->n; i++)
        for (size_t k = 0; k < fit->r; k++)
            used[k] += fabsf(fit->W[i * fit->r + k]);
    for (size_t k = 0; k < fit->r; k++) {
        double sum = 0;
        for (size_t j = 0; j < fit->p; j++)
            sum += fabsf(fit->H[k * fit->p + j]);
        total += used[k] * sum;
    }
    return total;
}

static mien_status measure_cancellation(const mien_fit *fit, unsigned threads, mien_arena *arena,
                                        double *out)
{
    *out = 0;
    if ((!fit->W || !any_negative(fit->W, fit->n * fit->r)) &&
        !any_negative(fit->H, fit->r * fit->p))
        return MIEN_OK;
    mien_pool *pool;
    mien_status st = mien_pool_create(threads, &pool);
    if (st)
        return st;
    size_t tasks = (fit->n + ROWS - 1) / ROWS;
    double *used = mien_arena_alloc(arena, fit->r, sizeof *used);
    struct blocks b = {.fit = fit, .sums = mien_arena_alloc(arena, tasks, sizeof(double))};
    b.model =
        mien_arena_alloc(arena, (size_t)mien_pool_threads(pool) * ROWS * COLUMNS, sizeof(float));
    if (!arena->failed) {
        int blas_threads = mien_blas_single();
        mien_pool_run(pool, tasks, sum_block, &b);
        mien_blas_restore(blas_threads);
        double brought = sum_of_absolutes(fit, used), left = 0;
        for (size_t task = 0; task < tasks; task++)
            left += b.sums[task];
        if (brought > 0)
            *out = fmin(fmax((brought - left) / brought, 0), 1); /* rounding */
    }
    mien_pool_free(pool);
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

mien_status mien_parts_measure(const mien_fit *fit, mien_shape shape, unsigned threads,
                               mien_parts *out, mien_error *err)
{
    size_t size;
    if (!mien_product(shape.height, shape.width, shape.channels, &size) || size != fit->p)
        return mien_fail(err, MIEN_ERR_SHAPE,
                         "images of %zu x %zu x %zu values are not those of a fit with %zu",
                         shape.height, shape.width, shape.channels, fit->p);
    mien_arena arena = {0};
    double *sum = mien_arena_alloc(&arena, fit->p, sizeof *sum);
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_parts parts = {.sparseness = fit->sparseness,
                        .weights_sparseness = fit->weights_sparseness};
    if (!st)
        st = measure_cancellation(fit, threads, &arena, &parts.cancellation);
    if (st) {
        mien_fail_plain(err, st);
    } else {
        parts.localisation = mean_localisation(fit, shape);
        parts.overlap = mean_overlap(fit, sum);
        *out = parts;
    }
    mien_arena_free(&arena);
    return st;
}
