/* levels.c - a fit of pictures that begins with smaller ones.
 * SPDX-License-Identifier: MIT */
#include "methods/levels.h"

#include "base/rng.h"
#include "base/status.h"
#include "data/coarse.h"
#include "data/scale.h"
#include "methods/frame.h"
#include "methods/keep.h"
#include "methods/method.h"
#include "methods/snapshots.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- how many */

/* A level that has fewer numbers for each one of the model ends in worse minima of X. At r = 49:
 * ORL has 5.04 at 23x28 pixels, and thirty seeds ended as plain ones do; 3,308 images of 64x64 have
 * 4.85 at 16x16, and ended 0.2 % higher under one of two inks; ORL has 2.4 at 12x14, and ended up
 * to 0.4 % higher (docs/levels.md). */
static const double NUMBERS_A_PARAMETER = 5;

/* Up to this n p r a fit takes a blink, and is made ten times (fit.c). */
static const double SMALL_WORK = 5e6;

enum { SIDE_LEAST = 2, LEVELS_MOST = 16 };

static size_t factor_of(size_t level)
{
    return (size_t)1 << (level - 1);
}

/* How many levels pictures of this shape can have. */
static size_t most_levels(mien_shape shape)
{
    size_t side = shape.height < shape.width ? shape.height : shape.width, levels = 1;
    while (levels < LEVELS_MOST && side >= SIDE_LEAST * factor_of(levels + 1))
        levels++;
    return side ? levels : 1;
}

static bool carries(const mien_source *X, size_t level, size_t r)
{
    double n = (double)X->n;
    double p = (double)mien_shape_size(mien_coarse_shape(X->shape, factor_of(level)));
    return n * p >= NUMBERS_A_PARAMETER * (n + p) * (double)r;
}

static size_t paying_levels(const mien_method *method, const mien_source *X,
                            const mien_options *options)
{
    size_t levels = 1, most = most_levels(X->shape);
    if (!method->levels_pay(options) ||
        (double)X->n * (double)X->p * (double)options->r <= SMALL_WORK)
        return 1;
    while (levels < most && carries(X, levels + 1, options->r))
        levels++;
    return levels;
}

mien_status mien_levels_count(const mien_method *method, const mien_source *X,
                              const mien_options *options, size_t *count, mien_error *err)
{
    size_t asked = options->levels, most = most_levels(X->shape);
    *count = 1;
    if (!method->levels_pay || asked == 1 || (options->start_W && !asked))
        return MIEN_OK;
    if (options->start_W)
        return mien_fail(err, MIEN_ERR_ARG,
                         "levels: a start that is given is one of whole pictures: leave out levels "
                         "or the start");
    if (asked > 1 && !X->shape.height)
        return mien_fail(err, MIEN_ERR_ARG,
                         "levels: these are no pictures, and have no smaller ones: leave out "
                         "levels");
    if (asked > most)
        return mien_fail(err, MIEN_ERR_ARG,
                         "levels: pictures of %zux%zu pixels can have at most %zu, %zu were asked "
                         "for",
                         X->shape.width, X->shape.height, most, asked);
    *count = asked ? asked : paying_levels(method, X, options);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- a coarse level */

/* Iterations of a coarse level, at most, if it has not settled before. */
enum { ITERATIONS = 100 };

/* What NMF enlarges is at least this share of a basis image's maximum: descents that scale cannot
 * leave 0. */
static const float LIFT = 1e-4f;

struct level {
    mien_run *whole;
    mien_run run;
    mien_options options;
    mien_coarse coarse;
    mien_source X;
    mien_fit fit;
    mien_arena arena;
};

/* What a level leaves to the next one. */
struct found {
    size_t level;
    mien_fit fit;
    mien_shape shape;
    mien_tiling tiling;
};

static bool forward(void *user, const mien_progress *now)
{
    struct level *l = user;
    (void)now; /* iterations are those of level 1 */
    return mien_run_murmur(l->whole, 0, NAN);
}

static void level_close(struct level *l)
{
    mien_fit_free(&l->fit);
    mien_coarse_free(&l->coarse);
    mien_arena_free(&l->arena);
}

/* X reduced for a level, and a run on it. To be closed in any case. */
static mien_status level_open(struct level *l, mien_run *whole, size_t level)
{
    size_t r = whole->options->r;
    *l = (struct level){.whole = whole, .run = *whole, .options = *whole->options};
    mien_status st = mien_coarse_make(whole->pool, whole->X, factor_of(level), &l->coarse);
    if (st)
        return st;
    l->X = mien_coarse_source(&l->coarse);
    if (l->options.iterations > ITERATIONS)
        l->options.iterations = ITERATIONS;
    l->options.progress = forward;
    l->options.user = l;
    l->options.view = NULL; /* of whole pictures */
    l->fit = (mien_fit){.method = whole->method,
                        .n = l->X.n,
                        .p = l->X.p,
                        .r = r,
                        .seed = whole->seed,
                        .W = mien_alloc_array(l->X.n * r, sizeof(float)),
                        .H = mien_alloc_array(r * l->X.p, sizeof(float))};
    l->run.X = &l->X;
    l->run.options = &l->options;
    l->run.level = level;
    l->run.tiling = mien_tiling_plan(l->X.n, l->X.p, r);
    l->run.arena = &l->arena;
    l->run.fit = &l->fit;
    l->run.trace_capacity = 0;
    l->run.buffers = mien_arena_alloc_each(&l->arena, mien_pool_threads(whole->pool),
                                           l->run.tiling.rows * l->X.p, sizeof(float));
    if (l->arena.failed || !l->fit.W || !l->fit.H)
        return MIEN_ERR_NOMEM;
    return mien_run_measure(&l->run);
}

/* Of a fit that scales nothing stays where no step leads away from: no zeros in the basis, no
 * component and no image whose samples were all 0 without a value. */
static void lift(const mien_run *run, mien_fit *fit)
{
    size_t n = fit->n, p = fit->p, r = fit->r, end, first = mien_run_own(run, &end);
    float weight = (float)(LIFT * run->total / ((double)n * (double)p));
    for (size_t k = 0; k < r; k++) {
        float *h = fit->H + k * p, most = mien_scale_largest(h, p);
        for (size_t j = 0; j < p; j++)
            h[j] = most > 0 ? fmaxf(h[j], LIFT * most)
                            : (float)mien_random_uniform(run->seed, MIEN_STREAM_BASIS, k * p + j);
    }
    for (size_t i = first; i < end; i++) {
        float *w = fit->W + i * r;
        bool none = !(mien_scale_largest(w, r) > 0);
        for (size_t k = 0; k < r && none; k++)
            w[k] = weight;
    }
}

/* The fit of a level, whose pictures have this shape, <- weights, basis and snapshots found on a
 * coarser one. */
static mien_status take_over(struct found *from, const mien_run *run, mien_fit *fit,
                             mien_shape shape)
{
    size_t p = fit->p, r = fit->r, factor = factor_of(from->level) / factor_of(run->level);
    size_t end, first = mien_run_own(run, &end);
    if (run->apart)
        mien_pass_move(run->pool, &from->tiling, &run->tiling, from->fit.W, r * sizeof *fit->W);
    memcpy(fit->W + first * r, from->fit.W + first * r, (end - first) * r * sizeof *fit->W);
    mien_coarse_enlarge(from->fit.H, from->shape, factor, fit->H, shape, r);
    if (run->method->info.traits & MIEN_NEEDS_NONNEG)
        lift(run, fit);
    mien_snapshots *s = &from->fit.snapshots;
    if (!s->count)
        return MIEN_OK;
    uint8_t *values = mien_alloc_raw(s->count * r, p);
    if (!values)
        return MIEN_ERR_NOMEM;
    mien_coarse_enlarge_bytes(s->values, from->shape, factor, values, shape, s->count * r);
    fit->snapshots = *s;
    fit->snapshots.values = values;
    mien_free(s->values);
    *s = (mien_snapshots){0};
    return MIEN_OK;
}

/* Its rows behind those of coarser levels. */
static mien_status append(mien_coarse_part *part, const mien_fit *fit)
{
    size_t count = part->n_trace + fit->n_trace;
    mien_trace *trace = mien_alloc_raw(count, sizeof *trace);
    if (!trace)
        return MIEN_ERR_NOMEM;
    if (part->n_trace)
        memcpy(trace, part->trace, part->n_trace * sizeof *trace);
    if (fit->n_trace)
        memcpy(trace + part->n_trace, fit->trace, fit->n_trace * sizeof *trace);
    mien_free(part->trace);
    *part = (mien_coarse_part){trace, count};
    return MIEN_OK;
}

static mien_status descend(struct level *l)
{
    mien_status st = l->run.method->fit(&l->run, &l->fit);
    if (!st && l->run.keep)
        st = l->run.keep->status;
    l->whole->out_of_memory = l->whole->out_of_memory || l->run.out_of_memory;
    return l->run.out_of_memory ? MIEN_ERR_NOMEM : st;
}

/* One coarse level, from what a coarser one found (fit.W NULL: nothing); *found <- what it finds.
 */
static mien_status run_level(mien_run *run, size_t level, struct found *found,
                             mien_coarse_part *part)
{
    struct level l;
    mien_status st = level_open(&l, run, level);
    l.run.started = level < run->levels;
    if (!st && found->fit.W) /* else the level is gone on with */
        st = take_over(found, &l.run, &l.fit, l.coarse.shape);
    if (!st)
        st = descend(&l);
    if (!st)
        st = append(part, &l.fit);
    if (!st) {
        run->before += l.fit.iterations;
        mien_fit_free(&found->fit);
        *found = (struct found){level, l.fit, l.coarse.shape, l.run.tiling};
        l.fit = (mien_fit){0};
    }
    level_close(&l);
    return st;
}

mien_status mien_levels_descend(mien_run *run, mien_fit *fit, mien_coarse_part *out)
{
    struct found found = {0};
    mien_status st = MIEN_OK;
    size_t kept = mien_keep_level(run), first = kept ? kept : run->levels;
    for (size_t level = first; level > 1 && !st && !run->interrupted; level--) {
        st = run_level(run, level, &found, out);
        mien_run_listen(run);
    }
    if (!st && found.fit.W) {
        st = take_over(&found, run, fit, run->X->shape);
        run->started = true;
    }
    run->started = run->started || (kept == 1 && run->levels > 1);
    mien_fit_free(&found.fit);
    return st;
}

mien_status mien_levels_join(mien_coarse_part *part, mien_fit *fit)
{
    if (!part->n_trace)
        return MIEN_OK;
    mien_status st = append(part, fit);
    if (st)
        return st;
    mien_free(fit->trace);
    fit->trace = part->trace;
    fit->n_trace = part->n_trace;
    *part = (mien_coarse_part){0};
    return MIEN_OK;
}

void mien_coarse_part_free(mien_coarse_part *part)
{
    mien_free(part->trace);
    *part = (mien_coarse_part){0};
}
