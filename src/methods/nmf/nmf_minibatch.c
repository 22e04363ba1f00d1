/* nmf_minibatch.c - non-negative matrix factorization of very many images: solver minibatch.
 * SPDX-License-Identifier: MIT
 *
 * The basis is what N images have in common, and a few thousand of them tell nearly as much about
 * it as a million do. So the descent starts on a small random sample and goes on with samples four
 * times as large, each holding the one before, until the sample is everything (Daneshmand, Lucchi &
 * Hofmann, "Starting small: learning with adaptive sample sizes", ICML 2016; Byrd, Chin, Nocedal &
 * Wu, Math. Program. 134 (2012)). Unlike updates from single batches with a forgetting factor
 * (Lefevre, Bach & Fevotte 2011) every stage minimises the loss of its sample by the solver that
 * is best for it, and the last stage is that solver on all of X: the loss reported is X's, never
 * increases, and the answer is a minimum and not a noisy neighbourhood of one.
 *
 * New images of a stage get their weights by multiplicative steps with the basis fixed, so that
 * they do not drag it about. Twenty-four iterations on a 64th, twelve on a 16th and three on a
 * quarter cost 1.9 passes over X, the weights one more: of five passes two are left for all of X,
 * and then the loss is below that of twenty iterations without samples. On 60,000 synthetic images
 * of 28x28, r = 64, six passes reach 93,743 in 7.2 s of CPU, where large-n (nmf_large_n.c) is at
 * 502,943 after 6.4 s and at 184,253 after 10.8 s. Iterations are counted in
 * passes, begun ones included. */
#include "methods/nmf/nmf_state.h"

#include "base/rng.h"
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/snapshots.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const struct stage {
    size_t share; /* 1 / share of the images */
    size_t iterations;
} stages[] = {{64, 24}, {16, 12}, {4, 3}};
enum { STAGES = sizeof stages / sizeof *stages };

enum {
    SAMPLE_PER_PART = 8, /* a sample with fewer images a component is not worth a stage */
    WEIGHT_STEPS = 12,
    HURRIED_STEPS = 2 /* of the images that are left when the user has asked for an end */
};

struct sampler {
    mien_nmf *nmf;             /* of all images */
    mien_nmf_descend_fn solve; /* the descent of each stage */
    size_t *order;             /* n: images in random order, each stage takes the first ones */
    size_t known;              /* images whose weights are set */
    double passes;             /* over X so far */
};

/* Tell the user where the descent is, though there is no loss of X yet; false: asked to end, as all
 * ranks know after mien_run_listen(). */
static bool tell(const struct sampler *s, double passes)
{
    return mien_run_murmur(s->nmf->run, (size_t)passes, NAN);
}

/* ---------------------------------------------------------------- order */

struct ticket {
    uint64_t number;
    size_t image;
};

static int compare_tickets(const void *a, const void *b)
{
    const struct ticket *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->image < y->image ? -1 : x->image > y->image;
}

static mien_status draw_order(struct sampler *s)
{
    const mien_run *run = s->nmf->run;
    struct ticket *tickets = mien_alloc_array(s->nmf->n, sizeof *tickets);
    if (!tickets)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < s->nmf->n; i++)
        tickets[i] = (struct ticket){mien_random_bits(run->seed, MIEN_STREAM_BATCHES, i), i};
    qsort(tickets, s->nmf->n, sizeof *tickets, compare_tickets);
    for (size_t i = 0; i < s->nmf->n; i++)
        s->order[i] = tickets[i].image;
    mien_free(tickets);
    return MIEN_OK;
}

/* Images of a sample stand in the order of X: neighbours share cache lines. */
static int compare_places(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

/* ---------------------------------------------------------------- weights of new images */

struct encoder {
    mien_nmf *nmf; /* of the images to encode */
    const struct sampler *sampler;
    atomic_int steps;         /* of a tile that is begun now */
    float *inverse_basis_sum; /* r */
    float **model, **product; /* T x p and T x r a worker */
    double **ignored;         /* r a worker */
};

static void encode_tile(void *context, const mien_tile *tile)
{
    struct encoder *e = context;
    mien_nmf *nmf = e->nmf;
    size_t p = nmf->p, r = nmf->r, count = tile->count;
    float *W = nmf->W + tile->first * r, *model = e->model[tile->worker];
    float *product = e->product[tile->worker];
    if (tile->worker == 0 && !tell(e->sampler, e->sampler->passes)) /* the thread of the user */
        atomic_store(&e->steps, HURRIED_STEPS);
    int steps = atomic_load(&e->steps);
    for (int step = 0; step < steps; step++) {
        mien_sgemm(false, false, count, p, r, 1, W, r, nmf->H, p, 0, model, p);
        mien_kl_ratio(tile->x, model, count * p);
        mien_sgemm(false, true, count, r, p, 1, model, p, nmf->H, p, 0, product, r);
        mien_kl_scale_weights(W, product, e->inverse_basis_sum, count, r, e->ignored[tile->worker]);
    }
}

/* Multiplicative steps on W, H fixed, from the weights that stand there. */
static mien_status encode(mien_nmf *nmf, const struct sampler *s)
{
    mien_arena *arena = nmf->run->arena;
    struct encoder e = {.nmf = nmf,
                        .sampler = s,
                        .steps = s->nmf->run->interrupted ? HURRIED_STEPS : WEIGHT_STEPS,
                        .inverse_basis_sum = mien_arena_alloc(arena, nmf->r, sizeof(float)),
                        .model = mien_nmf_buffers(nmf, nmf->rows * nmf->p),
                        .product = mien_nmf_buffers(nmf, nmf->rows * nmf->r),
                        .ignored =
                            mien_arena_alloc_each(arena, nmf->workers, nmf->r, sizeof(double))};
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    mien_nmf_sum_start(nmf);
    for (size_t k = 0; k < nmf->r; k++)
        e.inverse_basis_sum[k] = nmf->basis_sum[k] > 0 ? (float)(1 / nmf->basis_sum[k]) : 0;
    mien_run_pass(nmf->run, encode_tile, &e, NULL);
    mien_nmf_gather(nmf);
    mien_run_listen(s->nmf->run);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- a part of the images */

/* A factorisation of the images rows[0 .. n - 1] that shares H with the whole one. */
struct part {
    const struct sampler *sampler;
    mien_selection selection;
    mien_source X;
    mien_run run;
    mien_options options;
    mien_fit fit;
    mien_arena arena;
    mien_nmf nmf;
};

/* Doubles of a pass over a part; p of the last. */
enum { PART_TOTAL, PART_SQUARES, PART_PIXELS };

static void part_close(struct part *part)
{
    mien_free(part->fit.W);
    mien_free(part->fit.trace);
    mien_arena_free(&part->arena);
}

/* What a part tells, the user hears as passes over all of X: an iteration of a stage may last as
 * long as many a whole descent. */
static bool forward(void *user, const mien_progress *now)
{
    const struct part *part = user;
    double share = (double)part->fit.n / (double)part->sampler->nmf->n;
    return tell(part->sampler, part->sampler->passes + share * (double)now->done);
}

/* Sums of X over the part, of its squares and of each pixel, which the losses need. */
static void sum_tile(void *context, const mien_tile *tile)
{
    const struct part *part = context;
    size_t p = part->X.p;
    for (size_t i = 0; i < tile->count; i++) {
        const float *x = tile->x + i * p;
        for (size_t j = 0; j < p; j++) {
            tile->doubles[PART_TOTAL] += x[j];
            tile->doubles[PART_SQUARES] += (double)x[j] * x[j];
            tile->doubles[PART_PIXELS + j] += x[j];
        }
    }
}

static mien_status part_open(struct part *part, const struct sampler *s, const size_t *rows,
                             size_t n, size_t iterations)
{
    const mien_nmf *whole = s->nmf;
    *part = (struct part){.sampler = s,
                          .selection = {whole->run->X, rows, n},
                          .run = *whole->run,
                          .options = *whole->run->options};
    part->X = mien_selection_source(&part->selection);
    part->options.iterations = iterations;
    part->options.snapshots = false; /* they are the whole run's: one a stage */
    part->options.view = NULL;
    part->options.progress = forward;
    part->options.user = part;
    part->fit = (mien_fit){.n = n, .p = whole->p, .r = whole->r, .H = whole->H};
    part->fit.W = mien_alloc_array(n * whole->r, sizeof(float));
    part->run.X = &part->X;
    part->run.options = &part->options;
    part->run.finished = 0;
    part->run.tolerance = 0;
    mien_tiling plan = mien_tiling_plan(n, whole->p, whole->r);
    part->run.tiling = mien_tiling_with_rows(&plan, whole->rows); /* the buffers are the whole's */
    part->run.arena = &part->arena;
    part->run.fit = &part->fit;
    part->run.trace_capacity = 0;
    part->run.keep = NULL; /* a stage takes about as long as a pass: it is made again */
    mien_status st =
        part->fit.W ? mien_nmf_prepare(&part->run, &part->fit, &part->nmf) : MIEN_ERR_NOMEM;
    mien_sums sums = mien_sums_alloc(&part->arena, part->run.pool, part->run.tiling.leaves,
                                     PART_PIXELS + whole->p, 0);
    double *mean = mien_arena_alloc(&part->arena, whole->p, sizeof *mean);
    if (st || part->arena.failed) {
        part_close(part);
        return MIEN_ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++)
        memcpy(part->fit.W + i * whole->r, whole->W + rows[i] * whole->r, whole->r * sizeof(float));
    mien_run_pass(&part->run, sum_tile, part, &sums);
    for (size_t j = 0; j < whole->p; j++)
        mean[j] = sums.doubles[PART_PIXELS + j] / (double)n;
    part->run.total = sums.doubles[PART_TOTAL];
    part->run.squares = sums.doubles[PART_SQUARES];
    part->run.mean = whole->run->mean ? mean : NULL;
    part->run.largest = NULL; /* the last stage lifts dark images, where X is whole */
    return MIEN_OK;
}

/* Take the weights of a part over into the whole and close it. */
static void part_keep(struct part *part, const struct sampler *s)
{
    size_t r = s->nmf->r;
    for (size_t i = 0; i < part->fit.n; i++)
        memcpy(s->nmf->W + part->selection.rows[i] * r, part->fit.W + i * r, r * sizeof(float));
    part_close(part);
}

/* Weights for the images that no stage has seen yet, up to place `end` of the order. */
static mien_status encode_new(struct sampler *s, size_t end)
{
    struct part part;
    size_t *rows = s->order + s->known, n = end - s->known;
    if (n == 0)
        return MIEN_OK;
    qsort(rows, n, sizeof *rows, compare_places);
    mien_status st = part_open(&part, s, rows, n, 1);
    if (st)
        return st;
    st = encode(&part.nmf, s);
    part_keep(&part, s);
    s->known = end;
    s->passes += (double)n / (double)s->nmf->n;
    return st;
}

static mien_status run_stage(struct sampler *s, size_t n, size_t iterations)
{
    struct part part;
    size_t *rows = mien_alloc_array(n, sizeof *rows);
    if (!rows)
        return MIEN_ERR_NOMEM;
    memcpy(rows, s->order, n * sizeof *rows);
    qsort(rows, n, sizeof *rows, compare_places);
    mien_status st = part_open(&part, s, rows, n, iterations);
    if (!st) {
        st = s->solve(&part.nmf);
        mien_run_listen(s->nmf->run);
        s->passes += (double)(part.fit.iterations * n) / (double)s->nmf->n;
        s->nmf->run->out_of_memory = s->nmf->run->out_of_memory || part.run.out_of_memory;
        part_keep(&part, s);
    }
    mien_free(rows);
    return st;
}

/* The order is drawn again. */
static void name_progress(struct sampler *s)
{
    mien_keep_struct(s->nmf->run, "known", &s->known);
    mien_keep_struct(s->nmf->run, "passes", &s->passes);
    if (s->known > s->nmf->n ||
        !(s->passes >= 0 && s->passes <= (double)s->nmf->run->options->iterations + 1)) {
        s->known = 0;
        s->passes = 0;
        mien_keep_refuse(s->nmf->run);
    }
}

mien_status mien_nmf_minibatch(mien_nmf *nmf, mien_nmf_descend_fn solve, size_t least)
{
    struct sampler s = {
        .nmf = nmf, .solve = solve, .order = mien_alloc_array(nmf->n, sizeof(size_t))};
    mien_status st = s.order ? draw_order(&s) : MIEN_ERR_NOMEM;
    const bool *stopped = &nmf->run->interrupted;
    bool past = mien_keep_is_at(nmf->run, MIEN_NMF_DESCENT);
    if (!past)
        mien_nmf_keep(nmf);
    name_progress(&s);
    size_t first = past ? (size_t)STAGES : mien_keep_begin(nmf->run, "stages", 0);
    for (size_t i = first; i < STAGES && !st && !*stopped; i++) {
        mien_keep_state(nmf->run, i);
        size_t n = nmf->n / stages[i].share;
        /* the stage, weights for those who are not in the first one, and an iteration on all */
        size_t new = nmf->n - (s.known ? s.known : n);
        double cost = (double)(stages[i].iterations * n + new) / (double)nmf->n;
        if (n < least || n < SAMPLE_PER_PART * nmf->r ||
            s.passes + cost + 1 > (double)nmf->run->options->iterations)
            continue;
        if (s.known)
            st = encode_new(&s, n);
        s.known = n;
        if (!st && !*stopped)
            st = run_stage(&s, n, stages[i].iterations);
        if (!st)
            mien_snapshot_offer(nmf->run, (size_t)ceil(s.passes), nmf->H, nmf->p, NULL);
        tell(&s, s.passes);
        mien_run_listen(nmf->run);
    }
    if (!past) { /* W and H are named anew by the descent */
        mien_keep_end(nmf->run);
        name_progress(&s);
    }
    if (!st && s.known)
        st = encode_new(&s, nmf->n);
    mien_free(s.order);
    if (st)
        return st;
    nmf->passes = (size_t)s.passes + (s.passes > (double)(size_t)s.passes);
    if (!*stopped || !s.known)
        return solve(nmf);
    nmf->run->fit->iterations = nmf->passes;
    return MIEN_OK;
}

static mien_status descend_kl(mien_nmf *nmf)
{
    return mien_nmf_minibatch(nmf, mien_nmf_kl_descend, MIEN_NMF_SAMPLE);
}

static mien_status descend_frobenius(mien_nmf *nmf)
{
    return mien_nmf_minibatch(nmf, mien_nmf_frobenius_fast, MIEN_NMF_SAMPLE);
}

const mien_nmf_solver mien_nmf_solver_kl_minibatch = {.solver = "minibatch",
                                                      .objective = &mien_nmf_kl,
                                                      .descend = descend_kl,
                                                      .streaming = &mien_nmf_stream_kl,
                                                      .refits = true};

const mien_nmf_solver mien_nmf_solver_frobenius_minibatch = {.solver = "minibatch",
                                                             .objective = &mien_nmf_frobenius,
                                                             .descend = descend_frobenius,
                                                             .streaming =
                                                                 &mien_nmf_stream_frobenius,
                                                             .refits = true};
