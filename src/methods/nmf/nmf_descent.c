/* nmf_descent.c - coordinate descent on one factor while the other is fixed (Kullback-Leibler).
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/nmf_descent.h"

#include "base/team.h"
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/kernels/nmf_sweep.h"
#include "methods/nmf/nmf_cost_model.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { SWEEPS = 2 }; /* over a row, the second over what the first moved most */

/* Images by which the share of positive weights is told, and what counts as positive. */
enum { SAMPLE = 256 };
static const float POSITIVE = 1e-12f;

/* Least value of the model, against the mean of X. A pixel with x > 0 that no component reaches
 * has the gradient x h / floor: strong enough to bring one there in a step. */
static const double MODEL_FLOOR = 1e-10;

void mien_descend_pad(float *x, float *m, size_t from, size_t to)
{
    for (size_t j = from; j < to; j++) {
        x[j] = 0;
        m[j] = 1;
    }
}

size_t mien_descend_together(size_t ld, size_t left)
{
    return mien_cost_rows(ld, left < MIEN_SWEEP_ROWS ? left : MIEN_SWEEP_ROWS);
}

void mien_descend_rows(mien_sweep_row *rows, size_t count, size_t ld, float floor, const float *H,
                       const float *sum, const float *product, size_t r)
{
    for (size_t i = 0; i < count; i++, product += r) {
        mien_sweep_row *row = &rows[i];
        row->count = 0;
        for (size_t k = 0; k < r; k++) /* coordinates that are positive or want to be */
            if (row->w[k] > 0 || product[k] > sum[k])
                row->active[row->count++] = (unsigned)k;
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        mien_kl_sweep(rows, count, ld, floor, H, sum);
}

/* ---------------------------------------------------------------- levels */

/* What is so far below the others is lifted: four digits above the floor. */
static const double FAR_BELOW = 0x1p-20;

/* The exponent that brings `size` to `level`; 0 where it is near, above, or nothing. */
static int exponent_to(double size, double level)
{
    return size > 0 && size < FAR_BELOW * level ? ilogb(level) - ilogb(size) : 0;
}

/* How large pixel j is: its mean, or where a model is given its largest basis value. */
static double size_of_pixel(const mien_nmf *nmf, size_t j)
{
    if (!nmf->run->model)
        return nmf->run->mean[j];
    float most = 0;
    for (size_t k = 0; k < nmf->r; k++)
        most = fmaxf(most, nmf->H[k * nmf->p + j]);
    return most;
}

static mien_status find_pixels(const mien_nmf *nmf, mien_levels *levels)
{
    size_t p = nmf->p;
    double level = 0;
    bool any = false;
    for (size_t j = 0; j < p; j++)
        level += size_of_pixel(nmf, j) / (double)p;
    for (size_t j = 0; j < p && !any; j++)
        any = exponent_to(size_of_pixel(nmf, j), level) != 0;
    if (!any)
        return MIEN_OK;
    int *pixels = mien_arena_alloc(nmf->run->arena, p, sizeof *pixels);
    for (size_t j = 0; pixels && j < p; j++)
        pixels[j] = exponent_to(size_of_pixel(nmf, j), level);
    levels->pixels = pixels;
    return pixels ? MIEN_OK : MIEN_ERR_NOMEM;
}

static mien_status find_images(const mien_nmf *nmf, mien_levels *levels)
{
    const mien_run *run = nmf->run;
    float level = mien_scale_largest(run->largest, nmf->n);
    bool any = false;
    for (size_t i = 0; i < nmf->n && !any; i++)
        any = exponent_to(run->largest[i], level) != 0;
    if (!any)
        return MIEN_OK;
    int *images = mien_arena_alloc(run->arena, nmf->n, sizeof *images);
    mien_scaling *scaling = mien_arena_alloc(run->arena, 1, sizeof *scaling);
    mien_source *lifted = mien_arena_alloc(run->arena, 1, sizeof *lifted);
    if (run->arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < nmf->n; i++)
        images[i] = exponent_to(run->largest[i], level);
    *scaling = (mien_scaling){.from = run->X, .each = images};
    *lifted = mien_scaled_source(scaling);
    levels->images = images;
    levels->X = lifted;
    return MIEN_OK;
}

mien_status mien_levels_find(const mien_nmf *nmf, bool images, mien_levels *out)
{
    *out = (mien_levels){.X = nmf->run->X};
    mien_status st = nmf->run->model || nmf->run->mean ? find_pixels(nmf, out) : MIEN_OK;
    if (!st && images && nmf->run->largest && !nmf->run->model)
        st = find_images(nmf, out);
    return st;
}

void mien_levels_lift(const mien_levels *levels, const float *from, size_t r, size_t p, size_t ld,
                      float *to)
{
    for (size_t k = 0; k < r; k++)
        for (size_t j = 0; j < ld; j++) {
            int exponent = j < p ? levels->pixels[j] : 0;
            to[k * ld + j] = ldexpf(from[k * ld + j], exponent);
        }
}

void mien_levels_lift_weights(const mien_levels *levels, size_t image, bool back, float *w,
                              size_t r)
{
    int exponent = levels->images ? levels->images[image] : 0;
    if (exponent)
        mien_scale_floats(w, w, r, back ? -exponent : exponent);
}

/* ---------------------------------------------------------------- weights */

float mien_weights_floor(double mean)
{
    return mean > 0 ? fmaxf((float)(MODEL_FLOOR * mean), FLT_MIN) : 1;
}

/* New images come with a largest pixel of 1 or so, each: the floor is no matter of the others. */
static double mean_of_images(const mien_nmf *nmf)
{
    static const double OF_LARGEST = 0.25;
    if (nmf->run->model)
        return OF_LARGEST;
    return mien_nmf_mean(nmf);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

mien_status mien_weights_prepare(mien_nmf *nmf, size_t block, size_t rows, mien_weights *out)
{
    mien_arena *arena = nmf->run->arena;
    size_t rows_up = (larger(nmf->rows, rows) + 7) / 8 * 8;
    mien_weights w = {.nmf = nmf,
                      .ldp = mien_sweep_padded(nmf->p),
                      .floor = mien_weights_floor(mean_of_images(nmf))};
    if (mien_levels_find(nmf, true, &w.levels))
        return MIEN_ERR_NOMEM;
    w.H = w.lifted = mien_arena_alloc(arena, nmf->r * w.ldp, sizeof(float));
    if (w.levels.pixels)
        w.lifted = mien_arena_alloc(arena, nmf->r * w.ldp, sizeof(float));
    w.panels = mien_panels_prepare(nmf->p, nmf->r, arena);
    w.panels.floor = w.floor;
    w.basis_sum = mien_arena_alloc(arena, nmf->r, sizeof(float));
    size_t scratch = larger(mien_panels_scratch(&w.panels, nmf->rows), w.panels.part * nmf->r);
    size_t models = nmf->rows * w.ldp;
    if (mien_cost_may_batch(nmf->p)) {
        w.entries = mien_entries_prepare(nmf->p, nmf->r, arena);
        models = larger(models, mien_batched_scratch(nmf->p, nmf->r));
    }
    w.model = mien_nmf_buffers(nmf, larger(models, block));
    w.ratio = mien_nmf_buffers(nmf, larger(scratch, block));
    w.product = mien_nmf_buffers(nmf, rows_up * nmf->r);
    w.x = mien_nmf_buffers(nmf, larger(MIEN_SWEEP_ROWS * w.ldp, block));
    w.m = mien_nmf_buffers(nmf, w.ldp);
    w.active =
        mien_arena_alloc_each(arena, nmf->workers, MIEN_SWEEP_ROWS * nmf->r, sizeof **w.active);
    *out = w;
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* Against the largest one: what underflows depends on the unit of the pixels, and must not decide.
 */
static double share_of_positive_weights(const mien_nmf *nmf)
{
    const mien_pool *pool = nmf->run->pool;
    const mien_team *team = mien_pool_team(pool);
    size_t step = (nmf->n + SAMPLE - 1) / SAMPLE, end;
    size_t first = (mien_pass_own(pool, nmf->tiling, &end) + step - 1) / step * step;
    uint64_t seen[2] = {0, 0}; /* weights, and those that are positive */
    float most = 0;
    uint32_t bits; /* of floats that are not negative, in their order */
    for (size_t i = first; i < end; i += step)
        for (size_t k = 0; k < nmf->r; k++)
            most = fmaxf(most, nmf->W[i * nmf->r + k]);
    memcpy(&bits, &most, sizeof bits);
    bits = (uint32_t)mien_team_most(team, bits);
    memcpy(&most, &bits, sizeof most);
    for (size_t i = first; i < end; i += step, seen[0] += nmf->r)
        for (size_t k = 0; k < nmf->r; k++)
            seen[1] += nmf->W[i * nmf->r + k] > POSITIVE * most;
    mien_team_agree(team, MIEN_TEAM_SUM, seen, 2);
    return seen[1] ? (double)seen[1] / (double)seen[0] : 1; /* of new images there are none yet */
}

void mien_weights_hold(mien_weights *weights)
{
    for (size_t k = 0; k < weights->nmf->r; k++) {
        double sum = 0;
        for (size_t j = 0; j < weights->nmf->p; j++)
            sum += weights->H[k * weights->ldp + j];
        weights->basis_sum[k] = (float)sum;
    }
    if (weights->levels.pixels)
        mien_levels_lift(&weights->levels, weights->H, weights->nmf->r, weights->nmf->p,
                         weights->ldp, weights->lifted);
    weights->batched = false;
    if (weights->entries.p) {
        mien_entries_take(&weights->entries, weights->lifted, weights->ldp);
        for (size_t k = 0; weights->levels.pixels && k < weights->nmf->r; k++)
            weights->entries.sum[k] = weights->basis_sum[k];
        weights->batched = mien_cost_prefers_batch(weights->entries.first[weights->nmf->r],
                                                   share_of_positive_weights(weights->nmf),
                                                   weights->nmf->p, weights->nmf->r);
    }
    if (!weights->batched)
        mien_panels_hold_all(&weights->panels, weights->lifted, weights->ldp);
}

void mien_weights_descend(const mien_weights *c, const mien_tile *tile, float *W)
{
    size_t p = c->nmf->p, r = c->nmf->r, count = tile->count, ldp = c->ldp;
    float *model = c->model[tile->worker], *product = c->product[tile->worker];
    float *x = c->x[tile->worker];
    if (c->batched) {
        mien_batched_descend(&c->entries, tile->x, count, c->floor, SWEEPS, W,
                             c->with_product ? product : NULL, model);
        return;
    }
    mien_panels_weights_product(&c->panels, tile->x, W, count, product, model, ldp,
                                c->ratio[tile->worker]);
    for (size_t i = 0, few; i < count; i += few) {
        mien_sweep_row rows[MIEN_SWEEP_ROWS];
        few = mien_descend_together(ldp, count - i);
        for (size_t a = 0; a < few; a++) {
            rows[a] = (mien_sweep_row){.x = x + a * ldp,
                                       .m = model + (i + a) * ldp,
                                       .w = W + (i + a) * r,
                                       .active = c->active[tile->worker] + a * r};
            memcpy(x + a * ldp, tile->x + (i + a) * p, p * sizeof *x);
            mien_descend_pad(x + a * ldp, rows[a].m, p, ldp);
        }
        mien_descend_rows(rows, few, ldp, c->floor, c->lifted, c->basis_sum, product + i * r, r);
    }
}
