/* centred.c - products with X - 1 mu', which is never formed.
 * SPDX-License-Identifier: MIT */
#include "methods/centred.h"

#include "base/clones.h"
#include "linalg/blas.h"

#include <string.h>

enum {
    PIECES = 8,            /* tasks of a batch: pieces of consecutive images */
    PIECE_BYTES = 1 << 20, /* a piece is at most so large ... */
    PIECE_MOST = 256,      /* ... and so many images: enough for GEMM to earn its packing */
    PIECE_LEAST = 8,       /* images, however large */
    COLUMN_BLOCKS = 16,    /* tasks of a sum over images */
    COLUMN_LEAST = 32,     /* columns worth a task */
    GRAM_BLOCK = 48,       /* rows of a Gram matrix a task, when summed over images */
    PAIR_BYTES = 4 << 20,  /* a block of images of a Gram matrix over pixels */
    PAIR_MOST = 128,       /* images of such a block */
    PAIR_CHUNK = 256       /* pixels of such a block that are in double at a time */
};

static size_t at_most(size_t value, size_t bound)
{
    return value < bound ? value : bound;
}

static size_t at_least(size_t value, size_t bound)
{
    return value > bound ? value : bound;
}

/* ---------------------------------------------------------------- batches of images */

struct batch {
    const mien_centred *C;
    size_t piece;        /* images a piece */
    size_t first, count; /* images of this batch */
    size_t size;         /* of a value: float for products, double for Gram matrices */
    void *values;        /* PIECES piece x p of that size: centred images */
    const float *mu;     /* the mean, rounded, for values in float */
    float *const *tiles; /* one piece a worker: where X is expanded on its way to double */
    /* what is asked for, see mien_centred_multiply() */
    size_t b;
    const float *Q;
    float *Y; /* n x b, or of the batch alone when nobody wants it */
    bool keep;
    float *Z;
    size_t width; /* columns a task */
    double *G;
};

static size_t piece_images(const mien_source *X, size_t value_size)
{
    size_t images = at_most(PIECE_BYTES / (value_size * X->p), PIECE_MOST) / 8 * 8;
    size_t share = ((X->n + PIECES - 1) / PIECES + 7) / 8 * 8; /* few images: one batch of them */
    return at_most(at_least(images, PIECE_LEAST), share);
}

/* out <- x - mu, count rows of p. The mean is rounded to float, as the fit returns it: that moves
 * all images alike by less than their own rounding. */
MIEN_CLONES static void centre_float(const float *restrict x, const float *restrict mu,
                                     size_t count, size_t p, float *restrict out)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < p; j++)
            out[i * p + j] = x[i * p + j] - mu[j];
}

MIEN_CLONES static void centre_in_place(float *restrict x, const float *restrict mu, size_t count,
                                        size_t p)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < p; j++)
            x[i * p + j] -= mu[j];
}

/* The same in double; mu may be NULL. */
MIEN_CLONES static void centre_double(const float *restrict x, size_t ldx,
                                      const double *restrict mu, size_t count, size_t width,
                                      double *restrict out)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < width; j++)
            out[i * width + j] = mu ? x[i * ldx + j] - mu[j] : x[i * ldx + j];
}

static void expand_task(void *context, size_t task, unsigned worker)
{
    const struct batch *s = context;
    const mien_source *X = s->C->run->X;
    size_t p = X->p, at = task * s->piece, count = at_most(s->count - at, s->piece);
    if (s->G) {
        const float *x = X->tile(X->data, s->first + at, count, s->tiles[worker]);
        centre_double(x, p, s->C->mu, count, p, (double *)s->values + at * p);
        return;
    }
    float *x = (float *)s->values + at * p;
    const float *given = X->tile(X->data, s->first + at, count, x);
    if (given != x && s->mu)
        centre_float(given, s->mu, count, p, x);
    else if (given != x)
        memcpy(x, given, count * p * sizeof *x);
    else if (s->mu)
        centre_in_place(x, s->mu, count, p);
    if (s->Q)
        mien_sgemm(false, true, count, s->b, p, 1, x, p, s->Q, p, 0, s->Y + at * s->b, s->b);
}

static void sum_task(void *context, size_t task, unsigned worker)
{
    (void)worker;
    const struct batch *s = context;
    size_t p = s->C->run->X->p, j = task * s->width, width = at_most(p - j, s->width);
    mien_sgemm(true, false, s->b, width, s->count, 1, s->Y, s->b, (float *)s->values + j, p,
               s->first ? 1 : 0, s->Z + j, p);
}

static void gram_task(void *context, size_t task, unsigned worker)
{
    (void)worker;
    const struct batch *s = context;
    size_t p = s->C->run->X->p, i = task * s->width, rows = at_most(p - i, s->width);
    const double *x = (double *)s->values + i;
    mien_dgemm(true, false, rows, p - i, s->count, 1, x, p, x, p, s->first ? 1 : 0,
               s->G + i * p + i, p);
}

static const float *rounded_mean(const double *mu, size_t p, mien_arena *arena)
{
    float *rounded = mu ? mien_arena_alloc(arena, p, sizeof *rounded) : NULL;
    for (size_t j = 0; rounded && j < p; j++)
        rounded[j] = (float)mu[j];
    return rounded;
}

/* All batches in order: `expand_task` for every piece, then `sum` for every block of columns. */
static mien_status run_batches(struct batch *s, mien_task_fn sum)
{
    mien_run *run = s->C->run;
    size_t n = run->X->n, p = run->X->p;
    unsigned workers = mien_pool_threads(run->pool);
    mien_arena arena = {0};
    s->piece = piece_images(run->X, s->size);
    size_t most = at_most(n, PIECES * s->piece);
    s->values = mien_arena_alloc(&arena, most * p, s->size);
    if (s->G) {
        float **tiles = mien_arena_alloc(&arena, workers, sizeof *tiles);
        for (unsigned i = 0; i < workers && !arena.failed; i++)
            tiles[i] = mien_arena_alloc(&arena, s->piece * p, sizeof(float));
        s->tiles = tiles;
    } else {
        if (!s->Y)
            s->Y = mien_arena_alloc(&arena, most * s->b, sizeof(float));
        s->mu = rounded_mean(s->C->mu, p, &arena);
    }
    float *Y = s->Y;
    for (size_t first = 0; first < n && !arena.failed; first += most) {
        s->first = first;
        s->count = at_most(n - first, most);
        s->Y = s->keep ? Y + first * s->b : Y;
        mien_pool_run(run->pool, (s->count + s->piece - 1) / s->piece, expand_task, s);
        if (sum)
            mien_pool_run(run->pool, (p + s->width - 1) / s->width, sum, s);
    }
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(&arena);
    return st;
}

mien_status mien_centred_multiply(const mien_centred *C, size_t b, const float *Q, float *Y,
                                  float *Z)
{
    size_t p = C->run->X->p, width = ((p + COLUMN_BLOCKS - 1) / COLUMN_BLOCKS + 15) / 16 * 16;
    struct batch s = {.C = C,
                      .size = sizeof(float),
                      .b = b,
                      .Q = Q,
                      .Y = Y,
                      .keep = Y != NULL,
                      .Z = Z,
                      .width = at_least(width, COLUMN_LEAST)};
    return run_batches(&s, Z ? sum_task : NULL);
}

/* ---------------------------------------------------------------- Gram of images */

/* n x n sums over pixels: a task is a pair of blocks of images and has its entries for itself. */
struct pairs {
    const mien_centred *C;
    size_t block, blocks; /* images a block; blocks */
    float *tiles;         /* workers x 2 x block x p */
    double *chunks;       /* workers x 2 x block x chunk */
    double *G;
};

static void pair_task(void *context, size_t task, unsigned worker)
{
    const struct pairs *s = context;
    const mien_source *X = s->C->run->X;
    const double *mu = s->C->mu;
    size_t n = X->n, p = X->p, row = 0;
    while (task >= s->blocks - row) /* pairs row <= column, row after row */
        task -= s->blocks - row++;
    size_t first[2] = {row * s->block, (row + task) * s->block};
    size_t count[2] = {at_most(n - first[0], s->block), at_most(n - first[1], s->block)};
    const float *x[2];
    double *c[2];
    size_t sides = task ? 2 : 1; /* on the diagonal both are the same */
    for (size_t side = 0; side < sides; side++) {
        float *buffer = s->tiles + (2 * worker + side) * s->block * p;
        x[side] = X->tile(X->data, first[side], count[side], buffer);
        c[side] = s->chunks + (2 * worker + side) * s->block * PAIR_CHUNK;
    }
    double *G = s->G + first[0] * n + first[1];
    for (size_t j = 0; j < p; j += PAIR_CHUNK) {
        size_t width = at_most(p - j, PAIR_CHUNK);
        for (size_t side = 0; side < sides; side++)
            centre_double(x[side] + j, p, mu ? mu + j : NULL, count[side], width, c[side]);
        if (sides == 1)
            mien_dsyrk(false, count[0], width, 1, c[0], width, j ? 1 : 0, G, n);
        else
            mien_dgemm(false, true, count[0], count[1], width, 1, c[0], width, c[1], width,
                       j ? 1 : 0, G, n);
    }
}

static mien_status gram_of_images(const mien_centred *C, double *G)
{
    mien_run *run = C->run;
    size_t n = run->X->n, p = run->X->p;
    unsigned workers = mien_pool_threads(run->pool);
    mien_arena arena = {0};
    struct pairs s = {.C = C, .G = G};
    s.block = at_least(at_most(PAIR_BYTES / (sizeof(float) * p), PAIR_MOST), PIECE_LEAST);
    s.blocks = (n + s.block - 1) / s.block;
    s.block = (n + s.blocks - 1) / s.blocks; /* alike */
    s.tiles = mien_arena_alloc(&arena, workers * 2 * s.block * p, sizeof(float));
    s.chunks = mien_arena_alloc(&arena, workers * 2 * s.block * PAIR_CHUNK, sizeof(double));
    if (!arena.failed)
        mien_pool_run(run->pool, s.blocks * (s.blocks + 1) / 2, pair_task, &s);
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    mien_arena_free(&arena);
    return st;
}

mien_status mien_centred_gram(const mien_centred *C, bool images, double *G)
{
    if (images)
        return gram_of_images(C, G);
    struct batch s = {.C = C, .size = sizeof(double), .width = GRAM_BLOCK, .G = G};
    return run_batches(&s, gram_task);
}
