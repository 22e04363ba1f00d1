/* centred.c - products with X - 1 mu', which is never formed.
 * SPDX-License-Identifier: MIT */
#include "methods/pca/centred.h"

#include "base/cpu.h"
#include "base/team.h"
#include "linalg/blas.h"

#include <string.h>

enum {
    PIECES = 8,            /* tasks of a batch: pieces of consecutive images */
    PIECE_BYTES = 1 << 20, /* a piece is at most so large ... */
    PIECE_MOST = 128,      /* ... and so many images: enough for GEMM to earn its packing */
    PIECE_LEAST = 8,       /* images, however large */
    COLUMN_BLOCKS = 16,    /* tasks of a sum over images */
    COLUMN_LEAST = 32,     /* columns worth a task */
    STRIP_BYTES = 1 << 19, /* pixels of all images that are in a worker's reach at a time */
    GRAM_BYTES = 1 << 20,  /* what a Gram matrix sums over at a time: it stays in the cache */
    GRAM_PIECE = 128,      /* images or pixels in a task of that, at most */
    GRAM_BLOCK = 96,       /* rows of a Gram matrix a task */
    LEAF_IMAGES = 1024,    /* of a sum over images: it costs as much to add as some images' share */
    SUM_BYTES = 64 << 20
};

static size_t at_most(size_t value, size_t bound)
{
    return value < bound ? value : bound;
}

static size_t at_least(size_t value, size_t bound)
{
    return value > bound ? value : bound;
}

/* How many leaves (base/reduce.h) a sum over the images has, of so many bytes. */
static size_t leaves_of(const mien_source *X, size_t bytes)
{
    size_t quarter = X->n * X->p; /* sizeof(float) n p / 4 */
    return mien_leaves(X->n / LEAF_IMAGES, bytes, at_least(quarter, SUM_BYTES));
}

static size_t piece_images(const mien_source *X)
{
    size_t images = at_most(PIECE_BYTES / (sizeof(float) * X->p), PIECE_MOST) / 8 * 8;
    size_t share = ((X->n + PIECES - 1) / PIECES + 7) / 8 * 8; /* few images: one batch of them */
    return at_most(at_least(images, PIECE_LEAST), share);
}

/* `size` floats for every worker: those its tiles are for, where these suffice; between two passes
 * they are free, and new ones would be pages that nobody has touched yet. */
static float *const *worker_buffers(const mien_run *run, size_t size, mien_arena *arena)
{
    if (run->buffers && size <= run->tiling.rows * run->X->p)
        return run->buffers;
    return mien_arena_alloc_each(arena, mien_pool_threads(run->pool), size, sizeof(float));
}

/* The mean rounded to float, as the fit returns it: that moves all images alike by less than their
 * own rounding. */
static const float *rounded_mean(const double *mu, size_t p, mien_arena *arena)
{
    float *rounded = mu ? mien_arena_alloc(arena, p, sizeof *rounded) : NULL;
    for (size_t j = 0; rounded && j < p; j++)
        rounded[j] = (float)mu[j];
    return rounded;
}

static mien_status finish(mien_arena *arena)
{
    mien_status st = arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(arena);
    return st;
}

/* ---------------------------------------------------------------- images in float */

/* x <- x - mu, count rows of p. */
MIEN_LOOP(static, centre_in_place,
          (float *restrict x, const float *restrict mu, size_t count, size_t p), (x, mu, count, p))
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < p; j++)
            x[i * p + j] -= mu[j];
}

/* out <- images first .. first + count - 1, centred. */
static void centred_images(const mien_source *X, const float *mu, size_t first, size_t count,
                           float *out)
{
    const float *given = X->tile(X->data, first, count, out);
    if (given != out)
        memcpy(out, given, count * X->p * sizeof *out);
    if (mu)
        centre_in_place(out, mu, count, X->p);
}

struct scores {
    const mien_source *X;
    const float *mu, *Q;
    size_t b, piece;
    float *const *buffers; /* piece x p, one a worker */
    float *Y;
    unsigned ranks;
    size_t first; /* piece of this rank */
};

static size_t first_piece(const struct scores *s, unsigned rank)
{
    return mien_team_first((s->X->n + s->piece - 1) / s->piece, rank, s->ranks);
}

static size_t first_scored(const void *context, unsigned rank)
{
    const struct scores *s = context;
    return at_most(first_piece(s, rank) * s->piece, s->X->n);
}

static void scores_task(void *context, size_t task, unsigned worker)
{
    const struct scores *s = context;
    size_t p = s->X->p, first = (s->first + task) * s->piece,
           count = at_most(s->X->n - first, s->piece);
    float *x = s->buffers[worker];
    centred_images(s->X, s->mu, first, count, x);
    mien_sgemm(false, true, count, s->b, p, 1, x, p, s->Q, p, 0, s->Y + first * s->b, s->b);
}

mien_status mien_centred_scores(const mien_centred *C, size_t b, const float *Q, float *Y)
{
    mien_run *run = C->run;
    const mien_source *X = run->X;
    mien_arena arena = {0};
    struct scores s = {.X = X, .Q = Q, .b = b, .piece = piece_images(X), .Y = Y};
    s.mu = rounded_mean(C->mu, X->p, &arena);
    s.buffers = worker_buffers(run, s.piece * X->p, &arena);
    if (!arena.failed) {
        const mien_team *team = mien_pool_team(run->pool);
        s.ranks = mien_team_size(team);
        s.first = first_piece(&s, mien_team_rank(team));
        mien_pool_run(run->pool, first_piece(&s, mien_team_rank(team) + 1) - s.first, scores_task,
                      &s);
        mien_team_gather(team, Y, b * sizeof *Y, first_scored, &s);
    }
    return finish(&arena);
}

/* ---------------------------------------------------------------- there and back */

struct batch {
    const mien_source *X;
    const float *mu, *Q;
    size_t b, piece;     /* images a piece */
    size_t most;         /* images a batch */
    size_t first, count; /* images of this batch */
    bool opens;          /* the first of its leaf */
    float *values;       /* PIECES piece x p: centred images */
    float *Y;            /* PIECES piece x b */
    float *Z;            /* of the leaf */
    size_t width;        /* columns a task */
    mien_pool *pool;
    mien_sums sums;
};

static void there_task(void *context, size_t task, unsigned worker)
{
    (void)worker;
    const struct batch *s = context;
    size_t p = s->X->p, at = task * s->piece, count = at_most(s->count - at, s->piece);
    float *x = s->values + at * p;
    centred_images(s->X, s->mu, s->first + at, count, x);
    mien_sgemm(false, true, count, s->b, p, 1, x, p, s->Q, p, 0, s->Y + at * s->b, s->b);
}

static void back_task(void *context, size_t task, unsigned worker)
{
    (void)worker;
    const struct batch *s = context;
    size_t p = s->X->p, j = task * s->width, width = at_most(p - j, s->width);
    mien_sgemm(true, false, s->b, width, s->count, 1, s->Y, s->b, s->values + j, p,
               s->opens ? 0 : 1, s->Z + j, p);
}

static void apply_leaf(void *context, size_t leaf, unsigned worker, double *unused, float *Z)
{
    (void)worker;
    (void)unused;
    struct batch *s = context;
    size_t n = s->X->n, p = s->X->p, leaves = s->sums.leaves, end = (leaf + 1) * n / leaves;
    s->Z = Z;
    s->opens = true;
    for (s->first = leaf * n / leaves; s->first < end; s->first += s->most, s->opens = false) {
        s->count = at_most(end - s->first, s->most);
        mien_pool_run(s->pool, (s->count + s->piece - 1) / s->piece, there_task, s);
        mien_pool_run(s->pool, (p + s->width - 1) / s->width, back_task, s);
    }
}

mien_status mien_centred_apply(const mien_centred *C, size_t b, const float *Q, float *Z)
{
    mien_run *run = C->run;
    size_t n = run->X->n, p = run->X->p, width = (p + COLUMN_BLOCKS - 1) / COLUMN_BLOCKS;
    mien_arena arena = {0};
    struct batch s = {
        .X = run->X, .Q = Q, .b = b, .piece = piece_images(run->X), .pool = run->pool};
    s.most = at_most(n, PIECES * s.piece);
    s.width = at_least((width + 15) / 16 * 16, COLUMN_LEAST);
    s.mu = rounded_mean(C->mu, p, &arena);
    s.values = mien_arena_alloc(&arena, s.most * p, sizeof *s.values);
    s.Y = mien_arena_alloc(&arena, s.most * b, sizeof *s.Y);
    s.sums = mien_sums_in_turn(&arena, run->pool, leaves_of(run->X, b * p * sizeof *Z), 0, b * p);
    if (!arena.failed) {
        mien_reduce_in_turn(run->pool, &s.sums, apply_leaf, &s);
        memcpy(Z, s.sums.floats, b * p * sizeof *Z);
    }
    return finish(&arena);
}

/* ---------------------------------------------------------------- pixels of all images */

/* Rows of pixels, each less its mean. */
MIEN_LOOP(static, centre_strip,
          (float *restrict x, const double *restrict mu, size_t count, size_t n), (x, mu, count, n))
{
    for (size_t j = 0; j < count; j++) {
        float mean = (float)mu[j];
        for (size_t i = 0; i < n; i++)
            x[j * n + i] -= mean;
    }
}

struct combination {
    const mien_centred *C;
    size_t b, width;      /* pixels a task */
    float *const *strips; /* width x n, one a worker */
    const float *Y;
    float *Z;
};

static void combine_strip(void *context, size_t task, unsigned worker)
{
    const struct combination *s = context;
    const mien_source *X = s->C->run->X;
    size_t n = X->n, j = task * s->width, count = at_most(X->p - j, s->width);
    float *x = s->strips[worker];
    X->strip(X->data, NULL, n, j, count, x, n);
    if (s->C->mu)
        centre_strip(x, s->C->mu + j, count, n);
    mien_sgemm(true, true, s->b, count, n, 1, s->Y, s->b, x, n, 0, s->Z + j, X->p);
}

mien_status mien_centred_combine(const mien_centred *C, size_t b, const float *Y, float *Z)
{
    mien_run *run = C->run;
    size_t n = run->X->n, p = run->X->p;
    mien_arena arena = {0};
    struct combination s = {.C = C, .b = b, .Y = Y, .Z = Z};
    s.width = at_least(STRIP_BYTES / (sizeof(float) * n) / 16 * 16, COLUMN_LEAST);
    s.strips = worker_buffers(run, s.width * n, &arena);
    if (!arena.failed)
        mien_pool_run(run->pool, (p + s.width - 1) / s.width, combine_strip, &s);
    return finish(&arena);
}

/* ---------------------------------------------------------------- Gram matrices */

/* G, side x side, sums over `length` rows of `side`: images, or, for C C', pixels with their images
 * side by side. A batch of rows is centred by tasks of a piece each; then every block of rows of G
 * takes its part of the products. */
struct gram {
    const mien_centred *C;
    bool images; /* C C' */
    bool exact;
    size_t side, length;
    size_t piece;        /* rows a task */
    size_t most;         /* rows a batch */
    size_t first, count; /* rows of this batch */
    bool opens;          /* the first of its leaf */
    float *const *tiles; /* one a worker: piece x side, and products in float */
    double *values;      /* exact: PIECES piece x side, the rows */
    float *rounded;      /* else: the same */
    double *G;           /* of the leaf */
    mien_sums sums;
};

/* out <- x - mu, images in rows; mu may be NULL. */
MIEN_LOOP(static, centre_images,
          (const float *restrict x, const double *restrict mu, size_t count, size_t p,
           double *restrict out),
          (x, mu, count, p, out))
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < p; j++)
            out[i * p + j] = mu ? x[i * p + j] - mu[j] : x[i * p + j];
}

MIEN_LOOP(static, centre_images_float,
          (const float *restrict x, const double *restrict mu, size_t count, size_t p,
           float *restrict out),
          (x, mu, count, p, out))
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < p; j++)
            out[i * p + j] = (float)(mu ? x[i * p + j] - mu[j] : x[i * p + j]);
}

/* The same, pixels in rows. */
MIEN_LOOP(static, centre_pixels,
          (const float *restrict x, const double *restrict mu, size_t count, size_t n,
           double *restrict out),
          (x, mu, count, n, out))
{
    for (size_t j = 0; j < count; j++) {
        double mean = mu ? mu[j] : 0;
        for (size_t i = 0; i < n; i++)
            out[j * n + i] = x[j * n + i] - mean;
    }
}

MIEN_LOOP(static, centre_pixels_float,
          (const float *restrict x, const double *restrict mu, size_t count, size_t n,
           float *restrict out),
          (x, mu, count, n, out))
{
    for (size_t j = 0; j < count; j++) {
        double mean = mu ? mu[j] : 0;
        for (size_t i = 0; i < n; i++)
            out[j * n + i] = (float)(x[j * n + i] - mean);
    }
}

static void rows_task(void *context, size_t task, unsigned worker)
{
    const struct gram *s = context;
    const mien_source *X = s->C->run->X;
    size_t at = task * s->piece, count = at_most(s->count - at, s->piece), first = s->first + at;
    const float *x = s->tiles[worker];
    const double *mu = s->C->mu;
    if (s->images) {
        X->strip(X->data, NULL, X->n, first, count, s->tiles[worker], X->n);
        mu = mu ? mu + first : NULL;
    } else {
        x = X->tile(X->data, first, count, s->tiles[worker]);
    }
    if (s->exact)
        (s->images ? centre_pixels : centre_images)(x, mu, count, s->side,
                                                    s->values + at * s->side);
    else
        (s->images ? centre_pixels_float : centre_images_float)(x, mu, count, s->side,
                                                                s->rounded + at * s->side);
}

static void gram_task(void *context, size_t task, unsigned worker)
{
    const struct gram *s = context;
    size_t side = s->side, i = task * GRAM_BLOCK, rows = at_most(side - i, GRAM_BLOCK);
    size_t width = side - i;
    double *G = s->G + i * side + i;
    if (s->exact) {
        const double *x = s->values + i;
        mien_dgemm(true, false, rows, width, s->count, 1, x, side, x, side, s->opens ? 0 : 1, G,
                   side);
        return;
    }
    const float *x = s->rounded + i;
    float *product = s->tiles[worker];
    mien_sgemm(true, false, rows, width, s->count, 1, x, side, x, side, 0, product, width);
    for (size_t k = 0; k < rows; k++)
        for (size_t l = 0; l < width; l++)
            G[k * side + l] = (s->opens ? 0 : G[k * side + l]) + product[k * width + l];
}

/* Rows first .. end - 1: a batch after the other. */
static void gram_of_rows(struct gram *s, size_t first, size_t end, double *G)
{
    mien_pool *pool = s->C->run->pool;
    s->G = G;
    s->opens = true;
    for (s->first = first; s->first < end; s->first += s->most, s->opens = false) {
        s->count = at_most(end - s->first, s->most);
        mien_pool_run(pool, (s->count + s->piece - 1) / s->piece, rows_task, s);
        mien_pool_run(pool, (s->side + GRAM_BLOCK - 1) / GRAM_BLOCK, gram_task, s);
    }
}

static void gram_leaf(void *context, size_t leaf, unsigned worker, double *G, float *unused)
{
    (void)worker;
    (void)unused;
    struct gram *s = context;
    size_t leaves = s->sums.leaves;
    gram_of_rows(s, leaf * s->length / leaves, (leaf + 1) * s->length / leaves, G);
}

mien_status mien_centred_gram(const mien_centred *C, bool images, bool exact, double *G)
{
    mien_run *run = C->run;
    struct gram s = {.C = C, .images = images, .exact = exact};
    s.side = images ? run->X->n : run->X->p;
    s.length = images ? run->X->p : run->X->n;
    size_t size = exact ? sizeof(double) : sizeof(float);
    size_t most = GRAM_BYTES / PIECES / (size * s.side) / 8 * 8;
    s.piece = at_most(at_least(most, PIECE_LEAST), GRAM_PIECE);
    s.most = at_most(s.length, PIECES * s.piece);
    mien_arena arena = {0};
    s.tiles = worker_buffers(run, at_least(s.piece, GRAM_BLOCK) * s.side, &arena);
    if (exact)
        s.values = mien_arena_alloc(&arena, s.most * s.side, size);
    else
        s.rounded = mien_arena_alloc(&arena, s.most * s.side, size);
    size_t entries = s.side * s.side;
    size_t leaves = images ? 1 : leaves_of(run->X, entries * sizeof *G);
    if (leaves > 1)
        s.sums = mien_sums_in_turn(&arena, run->pool, leaves, entries, 0);
    if (!arena.failed && leaves > 1) {
        mien_reduce_in_turn(run->pool, &s.sums, gram_leaf, &s);
        memcpy(G, s.sums.doubles, entries * sizeof *G);
    } else if (!arena.failed) { /* few images: every rank has all of it */
        gram_of_rows(&s, 0, s.length, G);
    }
    return finish(&arena);
}
