/* stream.c - learning from images that pass by once, whose weights are not kept.
 * SPDX-License-Identifier: MIT
 *
 * Nothing here has n entries, and every image is looked at once:
 *
 *   1. A sample of bounded size, drawn without replacement (base/order.h), is copied into memory
 * and fitted with all that mien has: starts, levels, solver.
 *   2. All images pass by in blocks of that size, in a random order of long runs (data/shuffle.h).
 *      A block's weights are found tile by tile, with the basis fixed, and used at once: for the
 *      sums of a bound on the loss of all images so far, whose minimum is the next basis. Sums of
 *      block t count by the share t^-0.6, those before it by the rest: the steps of online EM
 *      (Cappe & Moulines, J. R. Stat. Soc. B 71 (2009) 593), of which online dictionary learning
 *      (Mairal, Bach, Ponce & Sapiro, JMLR 11 (2010) 19) and online NMF (Lefevre, Bach & Fevotte,
 *      WASPAA 2011) are kin. The weights are then dropped.
 *   3. The last eighth of the order changes nothing any more: its images are encoded by the final
 *      basis and scored, in double. So the scores are those of the basis that is handed over, with
 *      the weights that are the minimum for it, on a random eighth of X; a loss is multiplied up to
 *      all of X. Where all images fit into the sample they are all scored.
 *
 * The bytes do not depend on threads: blocks, their tiles and their sums follow from n, p, r. A
 * state that is kept (methods/keep.h) is small, whatever n: how far the order is, the basis, the
 * sums. The fit of the sample keeps its own, and then stays itself, as the passes start from it. */
#include "methods/stream.h"

#include "base/status.h"
#include "base/team.h"
#include "data/shuffle.h"
#include "linalg/blas.h"
#include "methods/frame.h"
#include "methods/keep.h"
#include "methods/method.h"
#include "methods/snapshots.h"
#include "methods/spread.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLE_IMAGES = 32 * 1024,        /* at most ... */
    SAMPLE_WEIGHTS = 4 * 1024 * 1024, /* and with so many weights, */
    SAMPLE_VALUES = 16 * 1024 * 1024, /* and of so many pixels: 64 MB; */
    SAMPLE_A_PART = 8,                /* but at least so many images a component */
    RUN_TILES = 8,                    /* tiles that stay together: half a megabyte of bytes */
    MEASURED = 8,                     /* one in so many images is scored */
    ERRORS = 64 * 1024                /* of so many images at most quartiles are told */
};

static const double STEP_POWER = 0.6; /* between 1/2 and 1, else it does not converge */

/* Doubles of a block's sums: moments, then these, then r sums of W's columns. */
enum { SUM_LOSS, SUM_RESIDUAL, SUM_SPARSE, SUM_USED, SUM_INFINITE, SUM_WEIGHTS };

struct stream {
    mien_frame frame; /* of the sample; its run, on the block that passes */
    mien_keep keep;   /* of the passes; the sample has its own */
    mien_fit *fit;
    const mien_streaming *kind;
    void *state;
    size_t n, p, r;     /* of all images */
    size_t block;       /* images a block */
    size_t learned;     /* so many images improved the basis */
    size_t measured;    /* and so many were scored */
    size_t blocks;      /* that improved it, the sample included */
    mien_shuffle order; /* of X: what passes is a part of it */
    mien_source passing, scaled;
    mien_scaling scaling;
    mien_moments moments;
    mien_scorer scorer;
    mien_score **scores; /* rows, a worker */
    bool scoring;        /* the block is scored, and changes nothing */
    double *errors;      /* of the first ERRORS images that are scored */
    size_t n_errors;
    double *totals; /* of all blocks that were scored: as the sums */
    mien_arena sums_arena;
    mien_sums sums;
    size_t n_floats;
    double *mean; /* p, of the images that were scored */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t mien_stream_sample(size_t n, size_t p, size_t r)
{
    size_t most = smaller(SAMPLE_WEIGHTS / larger(r, 1), SAMPLE_VALUES / larger(p, 1));
    most = smaller(SAMPLE_IMAGES, most);
    return smaller(n, larger(most, SAMPLE_A_PART * r));
}

/* ---------------------------------------------------------------- the sample */

static int ascending(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

/* m images of X, by lot, in the order of X. NULL: no memory. */
static float *draw_sample(const mien_source *X, size_t m, uint64_t seed)
{
    mien_order order = mien_order_of(X->n, seed, MIEN_STREAM_BATCHES);
    float *values = mien_alloc_raw(m, X->p * sizeof *values);
    size_t *rows = mien_alloc_array(m, sizeof *rows);
    for (size_t i = 0; i < m && rows; i++)
        rows[i] = m < X->n ? (size_t)mien_order_place(&order, i) : i;
    if (rows)
        qsort(rows, m, sizeof *rows, ascending);
    for (size_t i = 0; i < m && rows && values; i++) {
        float *to = values + i * X->p;
        const float *x = X->tile(X->data, rows[i], 1, to);
        if (x != to)
            memcpy(to, x, X->p * sizeof *to);
    }
    if (!rows) {
        mien_free(values);
        return NULL;
    }
    mien_free(rows);
    return values;
}

/* ---------------------------------------------------------------- a block */

static void score(struct stream *s, const mien_tile *tile, const float *W, double *sums)
{
    mien_score *scores = s->scores[tile->worker];
    mien_score_tile(&s->scorer, tile, W, scores);
    for (size_t i = 0; i < tile->count; i++) {
        size_t at = s->measured + tile->first + i;
        bool zero;
        sums[SUM_LOSS] += scores[i].loss;
        sums[SUM_RESIDUAL] += scores[i].residual;
        sums[SUM_INFINITE] += isinf(scores[i].loss) != 0;
        sums[SUM_SPARSE] += mien_sparseness(W + i * s->r, s->r, &zero);
        sums[SUM_USED] += !zero;
        if (at < s->n_errors)
            s->errors[at] = mien_score_error(&scores[i]);
    }
}

static void visit(void *context, const mien_tile *tile)
{
    struct stream *s = context;
    double *sums = tile->doubles + MIEN_MOMENTS + s->p;
    mien_moments_add(&s->moments, tile);
    const float *W = s->kind->encode(s->state, tile);
    for (size_t i = 0; i < tile->count; i++)
        for (size_t k = 0; k < s->r; k++)
            sums[SUM_WEIGHTS + k] += W[i * s->r + k];
    if (s->scoring)
        score(s, tile, W, sums);
    else
        s->kind->gather(s->state, tile, W);
}

static size_t n_doubles(const struct stream *s)
{
    return MIEN_MOMENTS + s->p + SUM_WEIGHTS + s->r;
}

static size_t place(const void *context, size_t image)
{
    return mien_shuffle_place(context, image);
}

/* Errors of images that other ranks scored come to all: what nobody scored is 0 in each. */
static void share_errors(struct stream *s)
{
    const mien_team *team = mien_pool_team(s->frame.run.pool);
    enum { SOME = 64 };
    uint64_t bits[SOME]; /* of doubles that are not negative: in the same order */
    for (size_t first = 0; team && first < s->n_errors; first += SOME) {
        size_t count = smaller(s->n_errors - first, SOME);
        memcpy(bits, s->errors + first, count * sizeof *bits);
        mien_team_agree(team, MIEN_TEAM_MOST, bits, count);
        memcpy(s->errors + first, bits, count * sizeof *bits);
    }
}

/* Images first .. first + count - 1 of the order pass; their sums stand in s->sums. */
static mien_status pass_block(struct stream *s, size_t first, size_t count)
{
    mien_run *run = &s->frame.run;
    s->order.first = first;
    s->order.n = count;
    s->passing = mien_shuffle_source(&s->order);
    s->scaled = mien_scaled_source(&s->scaling);
    run->X = run->exponent ? &s->scaled : &s->passing;
    mien_tiling plan = mien_tiling_plan(count, s->p, s->r);
    mien_tiling tiling = mien_tiling_with_rows(&plan, run->tiling.rows); /* buffers are there */
    if (!s->sums.doubles || tiling.leaves != s->sums.leaves) {
        mien_arena_free(&s->sums_arena);
        s->sums =
            mien_sums_alloc(&s->sums_arena, run->pool, tiling.leaves, n_doubles(s), s->n_floats);
        if (s->sums_arena.failed)
            return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    }
    mien_pass(run->pool, run->X, &tiling, run->buffers, visit, s, &s->sums);
    return mien_moments_check(&s->moments, run, place, &s->order);
}

/* Tell the user how many images have passed; false: an end is asked for. */
static bool tell(struct stream *s)
{
    mien_run *run = &s->frame.run;
    const mien_options *options = run->options;
    mien_progress now = {"all images", s->learned + s->measured, s->n, NAN, 0, 0};
    if (options->progress && !run->interrupted && !options->progress(options->user, &now))
        run->asked = true;
    return mien_run_listen(run);
}

static const double *weight_sums(const double *doubles, const struct stream *s)
{
    return doubles + MIEN_MOMENTS + s->p + SUM_WEIGHTS;
}

/* ---------------------------------------------------------------- what is kept */

/* All that the next block depends on; what was kept stands there then. */
static mien_status name_state(struct stream *s)
{
    mien_run *run = &s->frame.run;
    mien_fit *fit = s->fit;
    mien_keep_bytes(run, "H", fit->H, s->r, s->p * sizeof *fit->H);
    mien_keep_struct(run, "learned", &s->learned);
    mien_keep_struct(run, "measured", &s->measured);
    mien_keep_struct(run, "blocks", &s->blocks);
    mien_keep_bytes(run, "errors", s->errors, s->n_errors, sizeof *s->errors);
    mien_keep_bytes(run, "totals", s->totals, n_doubles(s), sizeof *s->totals);
    if (s->learned > s->n || s->measured > s->n - s->learned || s->blocks < 1)
        mien_keep_refuse(run);
    mien_keep_begin(run, "stream", 0);
    return s->keep.status;
}

/* In front of a block. The end that the user asked for is none that another run would come to. */
static void keep_state(struct stream *s)
{
    mien_run *run = &s->frame.run;
    if (run->interrupted || !mien_keep_is_due(run))
        return;
    share_errors(s);
    mien_keep_take(run, s->learned + s->measured);
}

/* ---------------------------------------------------------------- passes */

/* The basis is improved by the images up to `end` of the order. */
static mien_status learn(struct stream *s, size_t end)
{
    mien_status st = MIEN_OK;
    while (s->learned < end && !st && tell(s)) {
        size_t count = smaller(s->block, end - s->learned);
        double share = (double)count / (double)s->block;
        keep_state(s);
        st = pass_block(s, s->learned, count);
        if (st)
            return st;
        double step = share * pow((double)++s->blocks, -STEP_POWER);
        s->kind->improve(s->state, s->sums.floats, weight_sums(s->sums.doubles, s), count, step);
        s->kind->hold(s->state);
        s->learned += count;
    }
    return st;
}

/* Images of the order behind those that were learned from are scored, at least a block. */
static mien_status measure(struct stream *s)
{
    mien_status st = MIEN_OK;
    size_t first = s->learned;
    s->scorer = mien_scorer_prepare(&s->frame.run, s->fit, &s->frame.arena);
    if (s->frame.arena.failed)
        return mien_fail_plain(s->frame.run.err, MIEN_ERR_NOMEM);
    s->scoring = true;
    while (first + s->measured < s->n && !st) {
        size_t count = smaller(s->block, s->n - first - s->measured);
        keep_state(s);
        st = pass_block(s, first + s->measured, count);
        for (size_t at = 0; at < n_doubles(s) && !st; at++)
            s->totals[at] += s->sums.doubles[at];
        s->measured += count;
        if (!tell(s))
            break;
    }
    return st;
}

/* ---------------------------------------------------------------- what is handed over */

static void note_scores(const struct stream *s)
{
    mien_fit *fit = s->fit;
    char words[sizeof fit->note], before[sizeof fit->note];
    if (s->measured == s->n)
        snprintf(words, sizeof words, "weights were not kept");
    else
        snprintf(words, sizeof words,
                 "weights were not kept: the basis is of %zu images, and %zu that passed by after "
                 "them; scores are of %zu others%s",
                 s->block, s->learned, s->measured,
                 fit->stop == MIEN_STOP_INTERRUPTED ? ", not all were looked at" : "");
    memcpy(before, fit->note, sizeof before);
    snprintf(fit->note, sizeof fit->note, "%.*s%s%.90s", (int)sizeof words - 100, words,
             *before ? "; " : "", before);
}

static mien_status set_scores(struct stream *s)
{
    mien_run *run = &s->frame.run;
    mien_fit *fit = s->fit;
    const double *sums = s->totals + MIEN_MOMENTS + s->p;
    double up = (double)s->n / (double)s->measured;
    mien_moments_take(&s->moments, s->totals, s->measured, run, s->mean);
    share_errors(s);
    double residual = sums[SUM_RESIDUAL];
    fit->loss = sums[SUM_LOSS] * up * run->unit;
    fit->relative_error = run->squares > 0 ? sqrt(residual / run->squares) : 0;
    fit->explained_variance = mien_score_explained(residual, run->variance);
    fit->sparseness = mien_sparseness_mean(fit->H, s->r, s->p);
    fit->weights_sparseness = sums[SUM_USED] > 0 ? sums[SUM_SPARSE] / sums[SUM_USED] : 0;
    if (isnan(fit->loss) || !isfinite(residual))
        return mien_fail(run->err, MIEN_ERR_NUMERIC, "%s: the loss is not finite",
                         run->method->info.title);
    if (mien_quantiles_measure(s->errors, smaller(s->n_errors, s->measured), &fit->image_errors))
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    if (s->measured < s->n)
        fit->held_out = fit->image_errors; /* but for a few of the sample, they were not seen */
    if (sums[SUM_INFINITE] > 0) {
        size_t at = strlen(fit->note);
        snprintf(fit->note + at, sizeof fit->note - at,
                 "%sthe divergence is infinite: in %.0f images pixels above 0 have a model of 0",
                 at ? "; " : "", sums[SUM_INFINITE]);
    }
    return MIEN_OK;
}

/* The trace: losses of the sample, as if X were like it; then that of all images. */
static mien_status end_trace(struct stream *s)
{
    mien_run *run = &s->frame.run;
    mien_fit *fit = s->fit;
    for (size_t t = 0; t < fit->n_trace; t++)
        fit->trace[t].loss *= (double)s->n / (double)s->block;
    fit->iterations++;
    run->trace_capacity = fit->n_trace;
    run->before = 0;
    run->level = 1;
    size_t last = fit->n_trace ? fit->trace[fit->n_trace - 1].iteration + 1 : fit->iterations;
    if (!mien_run_note(run, last, fit->loss))
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    if (fit->snapshots.count)
        mien_snapshot_take(run, last, fit->H, fit->p);
    return run->out_of_memory ? mien_fail_plain(run->err, MIEN_ERR_NOMEM) : MIEN_OK;
}

/* Workspace, and the basis that the sample gave. */
static mien_status open_stream(struct stream *s, const mien_source *X)
{
    mien_run *run = &s->frame.run;
    mien_arena *arena = &s->frame.arena;
    unsigned workers = mien_pool_threads(run->pool);
    s->order =
        mien_shuffle_of(X, RUN_TILES * run->tiling.rows, run->options->seed, MIEN_STREAM_BLOCKS);
    s->scaling = (mien_scaling){.from = &s->passing, .all = run->exponent};
    s->n_errors = smaller(s->n, ERRORS);
    s->errors = mien_arena_alloc(arena, s->n_errors, sizeof *s->errors);
    s->totals = mien_arena_alloc(arena, n_doubles(s), sizeof *s->totals);
    s->mean = mien_arena_alloc(arena, s->p, sizeof *s->mean);
    s->scores = mien_arena_alloc_each(arena, workers, run->tiling.rows, sizeof **s->scores);
    s->moments = mien_moments_prepare(run, arena);
    run->largest = NULL; /* of the sample's images */
    run->fit = s->fit;
    run->starts = 1;
    mien_unit_enter(run, s->fit);
    mien_status st =
        arena->failed ? MIEN_ERR_NOMEM : s->kind->open(run, s->fit, &s->state, &s->n_floats);
    if (st)
        return mien_fail_plain(run->err, st);
    st = name_state(s);
    if (!st)
        s->kind->hold(s->state);
    return st;
}

static mien_status close_stream(struct stream *s)
{
    mien_run *run = &s->frame.run;
    mien_fit *fit = s->fit;
    mien_free(fit->W);
    fit->W = NULL;
    fit->n = s->n;
    if (run->interrupted)
        fit->stop = MIEN_STOP_INTERRUPTED;
    if (s->kind->finish(s->state, weight_sums(s->totals, s)))
        return mien_fail_plain(run->err, MIEN_ERR_NOMEM);
    note_scores(s);
    mien_status st = set_scores(s);
    mien_unit_leave(run, fit);
    return st ? st : end_trace(s);
}

static mien_status stream(struct stream *s, const mien_source *X, const mien_source *sample,
                          const mien_options *options, double began, mien_error *err)
{
    mien_run *run = &s->frame.run;
    mien_status st = mien_frame_open(&s->frame, s->fit->method, sample, options, NULL, err);
    run->interrupted = s->fit->stop == MIEN_STOP_INTERRUPTED;
    run->clock = began;
    if (!st && options->checkpoint) {
        mien_keep_open(&s->keep, run, 0, 1);
        s->keep.unit = "image";
        st = s->keep.status;
    }
    if (!st)
        st = open_stream(s, X);
    size_t measured = smaller(s->n, larger(s->n / MEASURED, s->block));
    if (!st)
        st = learn(s, s->n - measured);
    if (!st)
        st = measure(s);
    if (!st)
        st = close_stream(s);
    if (!st)
        s->fit->seconds = mien_seconds() - run->clock;
    if (s->keep.checkpoint)
        mien_keep_close(&s->keep);
    mien_arena_free(&s->sums_arena);
    mien_frame_close(&s->frame);
    return st;
}

mien_status mien_fit_stream(const mien_method *method, const mien_source *X,
                            const mien_options *options, mien_fit *out, mien_error *err)
{
    size_t n = X->n, p = X->p, r = options->r, m = mien_stream_sample(n, p, r);
    const char *as = options->checkpoint_as;
    char name[MIEN_KEEP_NAME];
    snprintf(name, sizeof name, "%s, sample", as ? as : mien_method_describe(method)->name);
    mien_options own = *options, of_sample = *options;
    own.no_weights = of_sample.no_weights = false;
    of_sample.checkpoint_as = name;
    own.weights_file = of_sample.weights_file = NULL; /* the sample's weights are no one's result */
    mien_run whole = {.X = X,                         /* its sums are not known yet */
                      .options = &own,
                      .method = method,
                      .err = err,
                      .clock = mien_seconds()};
    mien_status st = mien_keep_check(&whole, "weights: not kept\n");
    if (st)
        return st;
    float *values = draw_sample(X, m, options->seed);
    if (!values)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    const mien_float_view view = {values, m, p};
    mien_source sample = mien_float_source(&view);
    sample.shape = X->shape;
    mien_fit fit = {0};
    st = mien_fit_run(method, &sample, &of_sample, &fit, err);
    if (!st) {
        struct stream s = {.fit = &fit,
                           .kind = method->streaming(options),
                           .n = n,
                           .p = p,
                           .r = r,
                           .block = m,
                           .blocks = 1};
        st = stream(&s, X, &sample, &own, whole.clock, err);
    }
    mien_free(values);
    if (st) {
        mien_fit_free(&fit);
        return st;
    }
    *out = fit;
    return MIEN_OK;
}
