/* permuted.c - X with every pixel's values dealt out to the images anew.
 * SPDX-License-Identifier: MIT
 *
 * A permutation of 0 .. n - 1 that can be asked for one place: a Feistel network over the least
 * even number of bits that holds n, walked until the result is below n (Black & Rogaway, "Ciphers
 * with arbitrary finite domains", 2002). Its round keys are a Philox block. */
#include "study/rank/permuted.h"

#include "base/memory.h"
#include "base/rng.h"
#include "data/mapping.h"
#include "data/pixels.h"

#include <stdatomic.h>

enum {
    ROUNDS = 8,
    FEW = 128 /* images whose places are computed together */
};

typedef struct network {
    uint32_t keys[ROUNDS];
    uint32_t half; /* bits of a half */
    uint32_t mask;
} network;

static network make_network(uint64_t seed, size_t j, size_t n)
{
    network w = {.half = 1};
    while (((uint64_t)1 << (2 * w.half)) < n)
        w.half++;
    w.mask = (uint32_t)(((uint64_t)1 << w.half) - 1);
    for (size_t k = 0; k < ROUNDS; k += 4) {
        uint32_t counter[4] = {(uint32_t)j, (uint32_t)((uint64_t)j >> 32), MIEN_STREAM_PERMUTATION,
                               (uint32_t)k};
        uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
        mien_philox(counter, key, w.keys + k);
    }
    return w;
}

/* A hash of the half: two multiplications and shifts (the finaliser of MurmurHash3). */
static inline uint32_t scramble(uint32_t v, uint32_t key)
{
    v ^= key;
    v *= 0x85ebca6bu;
    v ^= v >> 13;
    v *= 0xc2b2ae35u;
    return v ^ v >> 16;
}

static inline uint64_t pass_once(const network *w, uint64_t i)
{
    uint32_t left = (uint32_t)(i >> w->half), right = (uint32_t)i & w->mask;
    for (size_t k = 0; k < ROUNDS; k++) {
        uint32_t next = left ^ (scramble(right, w->keys[k]) & w->mask);
        left = right;
        right = next;
    }
    return (uint64_t)left << w->half | right;
}

static size_t place(const network *w, size_t n, size_t i)
{
    uint64_t at = i;
    do
        at = pass_once(w, at);
    while (at >= n);
    return (size_t)at;
}

size_t mien_permuted_place(uint64_t seed, size_t j, size_t n, size_t i)
{
    network w = make_network(seed, j, n);
    return place(&w, n, i);
}

/* Pixel j of some images: column[k] is that of images rows[k], or first + k. */
static void take_column(const mien_permuted *v, size_t j, const size_t *rows, size_t first,
                        size_t count, float *column)
{
    network w = make_network(v->seed, j, v->from->n);
    size_t places[FEW];
    for (size_t begin = 0; begin < count; begin += FEW) {
        size_t few = count - begin < FEW ? count - begin : FEW;
        for (size_t k = 0; k < few; k++)
            places[k] = place(&w, v->from->n, rows ? rows[begin + k] : first + begin + k);
        v->from->strip(v->from->data, places, few, j, 1, column + begin, few);
    }
}

static const float *permuted_tile(const void *data, size_t first, size_t count, float *buffer)
{
    const mien_permuted *v = data;
    size_t p = v->from->p;
    float column[FEW];
    for (size_t begin = 0; begin < count; begin += FEW) {
        size_t few = count - begin < FEW ? count - begin : FEW;
        for (size_t j = 0; j < p; j++) {
            take_column(v, j, NULL, first + begin, few, column);
            for (size_t k = 0; k < few; k++)
                buffer[(begin + k) * p + j] = column[k];
        }
    }
    return buffer;
}

static void permuted_strip(const void *data, const size_t *rows, size_t n, size_t first,
                           size_t count, float *strip, size_t stride)
{
    const mien_permuted *v = data;
    for (size_t c = 0; c < count; c++)
        take_column(v, first + c, rows, 0, n, strip + c * stride);
}

mien_source mien_permuted_source(const mien_permuted *permuted)
{
    return (mien_source){.n = permuted->from->n,
                         .p = permuted->from->p,
                         .tile = permuted_tile,
                         .strip = permuted_strip,
                         .data = permuted};
}

/* ---------------------------------------------------------------- written out */

enum {
    FLOATS = 1 << 18, /* of images that are written at a time: a second-level cache */
    IMAGES_LEAST = 64
};

struct writing {
    const mien_permuted *permuted;
    float **column; /* n a worker */
    float *turned;  /* p x n */
    float *rows;    /* n x p */
    size_t each;    /* images a task */
    bool (*go_on)(void *user);
    void *user;
    atomic_bool stopped;
};

/* Worker 0 is the thread that called, and asks for all. */
static bool is_wanted(struct writing *w, unsigned worker)
{
    if (worker == 0 && w->go_on && !atomic_load(&w->stopped) && !w->go_on(w->user))
        atomic_store(&w->stopped, true);
    return !atomic_load(&w->stopped);
}

static void write_pixel(void *context, size_t j, unsigned worker)
{
    struct writing *w = context;
    if (!is_wanted(w, worker))
        return;
    const mien_source *from = w->permuted->from;
    size_t n = from->n;
    float *column = w->column[worker], *to = w->turned + j * n;
    network net = make_network(w->permuted->seed, j, n);
    from->strip(from->data, NULL, n, j, 1, column, n);
    for (size_t i = 0; i < n; i++)
        to[i] = column[place(&net, n, i)];
    mien_memory_relieve();
}

static void write_images(void *context, size_t task, unsigned worker)
{
    struct writing *w = context;
    if (!is_wanted(w, worker))
        return;
    size_t n = w->permuted->from->n, p = w->permuted->from->p;
    size_t first = task * w->each, end = n - first < w->each ? n : first + w->each;
    for (size_t j = 0; j < p; j++)
        for (size_t i = first; i < end; i++)
            w->rows[i * p + j] = w->turned[j * n + i];
    mien_memory_relieve();
}

mien_status mien_permuted_write(const mien_permuted *permuted, mien_pool *pool,
                                bool (*go_on)(void *user), void *user, mien_pixels *out)
{
    size_t n = permuted->from->n, p = permuted->from->p, each = FLOATS / p;
    mien_pixels rows = {0}, turned = {0};
    mien_arena arena = {0};
    struct writing w = {.permuted = permuted,
                        .each = each > IMAGES_LEAST ? each : IMAGES_LEAST,
                        .go_on = go_on,
                        .user = user};
    w.column = (float **)mien_arena_alloc_each(&arena, mien_pool_threads(pool), n, sizeof(float));
    mien_status st = arena.failed ? MIEN_ERR_NOMEM : mien_pixels_alloc(p, n, MIEN_F32, &turned);
    st = st ? st : mien_pixels_alloc(n, p, MIEN_F32, &rows);
    if (!st) {
        w.turned = turned.values;
        w.rows = rows.values;
        mien_pool_run(pool, p, write_pixel, &w);
        mien_pool_run(pool, (n + w.each - 1) / w.each, write_images, &w);
        st = atomic_load(&w.stopped) ? MIEN_ERR_STOPPED : MIEN_OK;
    }
    if (!st) {
        mien_mapping_adopt(&rows);
        *out = rows;
        rows = (mien_pixels){0};
    }
    mien_pixels_free(&rows);
    mien_pixels_free(&turned);
    mien_arena_free(&arena);
    return st;
}
