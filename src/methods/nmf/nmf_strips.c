/* nmf_strips.c - coordinate descent on the basis, strip by strip of pixels, the weights fixed
 * (Kullback-Leibler).
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/nmf_strips.h"

#include "base/cpu.h"
#include "base/team.h"
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/kernels/nmf_sweep.h"

#include <math.h>
#include <string.h>

enum {
    STRIP_MOST = 16,      /* pixels a strip */
    STRIP_FLOATS = 40960, /* a strip with its model and ratio fits into half a megabyte */
    STRIP_LEAST = 4
};

/* Along: a pixel at a time, but X is read for several, since a line of a cache holds more. */
enum { ALONG_MOST = 8, ALONG_FLOATS = 1 << 20 };

/* ---------------------------------------------------------------- workspace */

static size_t clamp(size_t value, size_t least, size_t most)
{
    return value < least ? least : value > most ? most : value;
}

static mien_strips prepare(mien_nmf *nmf, size_t ldn, size_t pixels)
{
    mien_arena *arena = nmf->run->arena;
    bool alone = !mien_pool_team(nmf->run->pool);
    return (mien_strips){.nmf = nmf,
                         .shared =
                             alone ? NULL : mien_arena_alloc(arena, nmf->p * nmf->r, sizeof(float)),
                         .ldn = ldn,
                         .pixels = pixels,
                         .count = (nmf->p + pixels - 1) / pixels,
                         .weight_sum = mien_arena_alloc(arena, nmf->r, sizeof(float)),
                         .columns = mien_nmf_buffers(nmf, pixels * nmf->r)};
}

mien_strips mien_strips_prepare(mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    size_t ldn = mien_sweep_padded(nmf->n);
    mien_strips s = prepare(nmf, ldn, clamp(STRIP_FLOATS / ldn, STRIP_LEAST, STRIP_MOST));
    s.W_transposed = mien_arena_alloc(arena, nmf->r * ldn, sizeof(float));
    s.transposed = mien_panels_prepare(ldn, nmf->r, arena);
    s.loss = mien_arena_alloc(arena, s.count, sizeof(double));
    return s;
}

mien_strips mien_strips_prepare_along(mien_nmf *nmf, float *W_transposed)
{
    size_t ldn = mien_sweep_padded(nmf->n);
    mien_strips s = prepare(nmf, ldn, clamp(ALONG_FLOATS / ldn, 1, ALONG_MOST));
    s.W_transposed = W_transposed;
    s.x = mien_nmf_buffers(nmf, s.pixels * ldn);
    return s;
}

mien_status mien_strips_hold(mien_strips *s, mien_weights *fixed)
{
    if (s->nmf->run->arena->failed)
        return MIEN_ERR_NOMEM;
    size_t block = s->ldn;
    if (!s->x) { /* not along */
        size_t scratch = mien_panels_scratch(&s->transposed, s->pixels);
        block = scratch > s->pixels * s->ldn ? scratch : s->pixels * s->ldn;
    }
    mien_status st = mien_weights_prepare(s->nmf, block, s->pixels, fixed);
    s->fixed = fixed;
    s->transposed.floor = fixed->floor;
    return st;
}

/* ---------------------------------------------------------------- descent */

static void strips_lift(const mien_strips *s, size_t first, size_t count)
{
    const int *images = s->fixed->levels.images;
    for (size_t i = first; images && i < first + count && i < s->nmf->n; i++)
        for (size_t k = 0; k < s->nmf->r && images[i]; k++)
            mien_scale_floats(s->W_transposed + k * s->ldn + i, s->W_transposed + k * s->ldn + i, 1,
                              images[i]);
}

/* By which pixel j is lifted. */
static int level_of(const mien_strips *s, size_t j)
{
    return s->fixed->levels.pixels ? s->fixed->levels.pixels[j] : 0;
}

/* A column (r) of the basis that is fixed, at its level, and back into H. */
static void read_column(const mien_strips *s, size_t j, float *h)
{
    for (size_t k = 0; k < s->nmf->r; k++)
        h[k] = s->fixed->lifted[k * s->fixed->ldp + j];
}

static void write_column(const mien_strips *s, size_t j, const float *h, float *H)
{
    int level = level_of(s, j);
    for (size_t k = 0; k < s->nmf->r; k++)
        H[k * s->nmf->p + j] = level ? ldexpf(h[k], -level) : h[k];
}

/* sum x log (x / m) of pixel j with the model that a sweep left, of X and WH at no level. */
static double loss_of_pixel(const mien_strips *s, size_t j, const float *x, float *model)
{
    const double LOG_2 = 0.69314718055994531;
    const int *images = s->fixed->levels.images;
    double loss = 0;
    for (size_t i = 0; images && i < s->nmf->n; i++)
        loss += images[i] * LOG_2 * x[i];
    loss += mien_kl_ratio_and_loss(x, model, s->ldn);
    return ldexp(loss, -level_of(s, j));
}

static double loss_of_strip(const mien_strips *s, mien_columns pixels, const float *x, float *model)
{
    const mien_levels *levels = &s->fixed->levels;
    if (!levels->pixels && !levels->images)
        return mien_kl_ratio_and_loss(x, model, pixels.count * s->ldn);
    double loss = 0;
    for (size_t j = 0; j < pixels.count; j++)
        loss += loss_of_pixel(s, pixels.first + j, x + j * s->ldn, model + j * s->ldn);
    return loss;
}

struct job {
    mien_strips *strips;
    float *H;
    size_t first; /* strip of this rank */
};

/* ---------------------------------------------------------------- ranks */

static size_t first_strip(const void *context, unsigned rank)
{
    const mien_strips *s = context;
    return mien_team_first(s->count, rank, mien_team_size(mien_pool_team(s->nmf->run->pool)));
}

static size_t first_pixel(const void *context, unsigned rank)
{
    const mien_strips *s = context;
    size_t pixel = first_strip(s, rank) * s->pixels;
    return pixel < s->nmf->p ? pixel : s->nmf->p;
}

/* Every rank descends some strips; their columns of H come to all. */
static void descend_all(mien_strips *s, mien_task_fn descend, float *H)
{
    mien_pool *pool = s->nmf->run->pool;
    const mien_team *team = mien_pool_team(pool);
    unsigned rank = mien_team_rank(team);
    size_t p = s->nmf->p, r = s->nmf->r;
    struct job job = {s, H, first_strip(s, rank)};
    mien_pool_run(pool, first_strip(s, rank + 1) - job.first, descend, &job);
    if (!team)
        return;
    for (size_t j = first_pixel(s, rank); j < first_pixel(s, rank + 1); j++)
        for (size_t k = 0; k < r; k++)
            s->shared[j * r + k] = H[k * p + j];
    mien_team_gather(team, s->shared, r * sizeof *s->shared, first_pixel, s);
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < r; k++)
            H[k * p + j] = s->shared[j * r + k];
    if (s->loss)
        mien_team_gather(team, s->loss, sizeof *s->loss, first_strip, s);
}

/* ---------------------------------------------------------------- a strip */

/* The pixels of a strip: the first, and how many. */
static mien_columns pixels_of(const mien_strips *s, size_t strip)
{
    size_t first = strip * s->pixels, left = s->nmf->p - first;
    return (mien_columns){.first = first, .count = left < s->pixels ? left : s->pixels};
}

static void hold_weights(void *context, size_t part, unsigned worker)
{
    (void)worker;
    mien_strips *s = context;
    mien_columns images = mien_panels_columns(&s->transposed, part);
    strips_lift(s, images.first, images.count);
    mien_panels_hold(&s->transposed, images, s->W_transposed, s->ldn);
}

/* `count` <= MIEN_SWEEP_ROWS columns of a strip: pixels x of all images and models, a row each. */
static void descend_columns(const mien_strips *s, const float *x, float *model,
                            const float *product, float *columns, size_t count, unsigned *active)
{
    size_t n = s->nmf->n, r = s->nmf->r, ldn = s->ldn;
    float floor = s->fixed->floor;
    mien_sweep_row rows[MIEN_SWEEP_ROWS];
    bool raised[MIEN_SWEEP_ROWS];
    for (size_t j = 0; j < count; j++) {
        rows[j] = (mien_sweep_row){
            .x = x + j * ldn, .m = model + j * ldn, .w = columns + j * r, .active = active + j * r};
        raised[j] = mien_kl_was_raised(rows[j].x, rows[j].m, floor, n);
    }
    mien_descend_rows(rows, count, ldn, floor, s->W_transposed, s->weight_sum, product, r);
    /* Sweeps add steps to the model; where it was raised it stays too large by the floor, and
     * x log m may be wrong by more than an iteration gains. */
    for (size_t j = 0; j < count; j++)
        if (raised[j]) {
            mien_sgemm(false, false, 1, n, r, 1, rows[j].w, r, s->W_transposed, ldn, 0, rows[j].m,
                       ldn);
            mien_kl_raise(rows[j].m, floor, n);
        }
}

static void descend_strip(void *context, size_t task, unsigned worker)
{
    const struct job *job = context;
    const mien_strips *s = job->strips;
    size_t strip = job->first + task;
    const mien_weights *fixed = s->fixed;
    const mien_source *X = s->nmf->run->X;
    mien_columns pixels = pixels_of(s, strip);
    size_t n = s->nmf->n, r = s->nmf->r, ldn = s->ldn;
    size_t first = pixels.first, count = pixels.count;
    float *x = fixed->x[worker], *model = fixed->model[worker], *product = fixed->product[worker];
    float *columns = s->columns[worker];

    X->strip(X->data, NULL, n, first, count, x, ldn);
    for (size_t j = 0; j < count; j++) {
        if (level_of(s, first + j))
            mien_scale_floats(x + j * ldn, x + j * ldn, n, level_of(s, first + j));
        mien_descend_pad(x + j * ldn, model + j * ldn, n, ldn);
        read_column(s, first + j, columns + j * r);
    } /* images that are not there: x = 0, and the model will be the floor */
    mien_panels_weights_product(&s->transposed, x, columns, count, product, model, ldn,
                                fixed->ratio[worker]);
    for (size_t j = 0, few; j < count; j += few) {
        few = mien_descend_together(ldn, count - j);
        descend_columns(s, x + j * ldn, model + j * ldn, product + j * r, columns + j * r, few,
                        fixed->active[worker]);
    }
    for (size_t j = 0; j < count; j++)
        write_column(s, first + j, columns + j * r, job->H);
    s->loss[strip] = loss_of_strip(s, pixels, x, model); /* padding adds nothing */
}

double mien_strips_descend(mien_strips *s, float *H)
{
    double loss = 0;
    mien_pool_run(s->nmf->run->pool, mien_panels_parts(&s->transposed), hold_weights, s);
    descend_all(s, descend_strip, H);
    for (size_t strip = 0; strip < s->count; strip++)
        loss += s->loss[strip];
    return loss;
}

/* ---------------------------------------------------------------- along */

MIEN_LOOP(static, strips_add_scaled,
          (float *restrict to, const float *restrict from, float by, size_t count),
          (to, from, by, count))
{
    for (size_t i = 0; i < count; i++)
        to[i] += by * from[i];
}

/* m (ldn) <- max(h' W_transposed, floor), in pieces that stay in a first-level cache. */
static void model_of(const mien_strips *s, const float *h, float *m)
{
    enum { PIECE = 4096 };
    for (size_t i = 0; i < s->ldn; i += PIECE) {
        size_t count = s->ldn - i < PIECE ? s->ldn - i : PIECE;
        memset(m + i, 0, count * sizeof *m);
        for (size_t k = 0; k < s->nmf->r; k++)
            if (h[k] > 0)
                strips_add_scaled(m + i, s->W_transposed + k * s->ldn + i, h[k], count);
        mien_kl_raise(m + i, s->fixed->floor, count);
    }
}

static void descend_along(void *context, size_t task, unsigned worker)
{
    const struct job *job = context;
    const mien_strips *s = job->strips;
    size_t strip = job->first + task;
    const mien_weights *fixed = s->fixed;
    const mien_source *X = s->nmf->run->X;
    mien_columns pixels = pixels_of(s, strip);
    size_t n = s->nmf->n, p = s->nmf->p, r = s->nmf->r, ldn = s->ldn;
    float *model = fixed->model[worker], *product = fixed->product[worker], *h = s->columns[worker];

    X->strip(X->data, NULL, n, pixels.first, pixels.count, s->x[worker], ldn);
    for (size_t j = 0; j < pixels.count; j++) {
        float *x = s->x[worker] + j * ldn;
        if (level_of(s, pixels.first + j))
            mien_scale_floats(x, x, n, level_of(s, pixels.first + j));
        read_column(s, pixels.first + j, h);
        for (size_t k = 0; k < r; k++)
            product[k] = job->H[k * p + pixels.first + j];
        model_of(s, h, model);
        mien_descend_pad(x, model, n, ldn);
        mien_sweep_row row = {.x = x, .m = model, .w = h, .active = fixed->active[worker]};
        mien_descend_rows(&row, 1, ldn, fixed->floor, s->W_transposed, s->weight_sum, product, r);
        write_column(s, pixels.first + j, h, job->H);
    }
}

void mien_strips_descend_along(mien_strips *s, float *H)
{
    descend_all(s, descend_along, H);
}
