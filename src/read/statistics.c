/* statistics.c - what is in a data set.
 * SPDX-License-Identifier: MIT */
#include "read/statistics.h"

#include "base/memory.h"
#include "data/pixels.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- hashing */

/* Odd constants without pattern: digits of the golden ratio and of the square root of two. */
static const uint64_t FACTOR_1 = 0x9E3779B97F4A7C15u, FACTOR_2 = 0xB504F333F9DE6485u;

static uint64_t mixed(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * FACTOR_1;
    return hash ^ hash >> 29;
}

static uint64_t word_at(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Multiply and xor-shift, eight bytes at a time; the length enters first, so that a row of zeros
 * is told from a longer one. Each word waits for the hash of those before it: so there are four
 * hashes side by side, which are hashed in the end. */
static uint64_t hash_bytes(const unsigned char *bytes, size_t nbytes)
{
    enum { LANES = 4, WORD = sizeof(uint64_t) };
    uint64_t lanes[LANES] = {0}, hash = mixed(FACTOR_2, nbytes), rest = 0;
    for (; nbytes >= LANES * WORD; bytes += LANES * WORD, nbytes -= LANES * WORD)
        for (size_t k = 0; k < LANES; k++)
            lanes[k] = mixed(lanes[k], word_at(bytes + k * WORD));
    for (size_t k = 0; k < LANES; k++)
        hash = mixed(hash, lanes[k]);
    for (; nbytes >= WORD; bytes += WORD, nbytes -= WORD)
        hash = mixed(hash, word_at(bytes));
    memcpy(&rest, bytes, nbytes);
    hash = mixed(hash, rest) * FACTOR_2;
    return hash ^ hash >> 32;
}

/* ---------------------------------------------------------------- rows */

typedef struct row_facts {
    uint64_t hash;
    double min, max;
} row_facts;

typedef struct job {
    const mien_pixels *pixels;
    row_facts *rows;
    bool full;
} job;

static void look_at_row(void *context, size_t i, unsigned worker)
{
    (void)worker;
    const job *work = context;
    const mien_pixels *pixels = work->pixels;
    const void *row = mien_pixels_row(pixels, i);
    row_facts *facts = &work->rows[i];
    facts->hash = hash_bytes(row, pixels->p * mien_pixel_size(pixels->type));
    if (!work->full)
        return;
    facts->min = facts->max = mien_value_at(row, pixels->type, 0);
    for (size_t j = 1; j < pixels->p; j++) {
        double v = mien_value_at(row, pixels->type, j);
        facts->min = v < facts->min ? v : facts->min;
        facts->max = v > facts->max ? v : facts->max;
    }
}

/* ---------------------------------------------------------------- duplicates */

typedef struct hashed {
    uint64_t hash;
    size_t index;
} hashed;

static int by_hash(const void *a, const void *b)
{
    const hashed *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* buffer: a row, of which there may be one at a time. */
static bool same_row(const mien_pixels *pixels, size_t a, size_t b, void *buffer)
{
    size_t bytes = pixels->p * mien_pixel_size(pixels->type);
    memcpy(buffer, mien_pixels_row(pixels, a), bytes);
    return memcmp(buffer, mien_pixels_row(pixels, b), bytes) == 0;
}

/* first[i] = the first image that equals image i; i itself when there is none before it. */
static mien_status find_first_equal(const mien_pixels *pixels, const row_facts *rows, size_t *first)
{
    hashed *sorted = mien_alloc_array(pixels->n, sizeof *sorted);
    void *row = mien_alloc_raw(pixels->p, mien_pixel_size(pixels->type));
    if (!sorted || !row) {
        mien_free(sorted);
        mien_free(row);
        return MIEN_ERR_NOMEM;
    }
    for (size_t i = 0; i < pixels->n; i++) {
        sorted[i] = (hashed){rows[i].hash, i};
        first[i] = i;
    }
    qsort(sorted, pixels->n, sizeof *sorted, by_hash);
    for (size_t start = 0, k = 0; k < pixels->n; k++) {
        if (sorted[k].hash != sorted[start].hash)
            start = k;
        for (size_t m = start; m < k; m++) {
            size_t earlier = sorted[m].index; /* only those that are firsts need comparing */
            if (first[earlier] == earlier && same_row(pixels, earlier, sorted[k].index, row)) {
                first[sorted[k].index] = earlier;
                break;
            }
        }
    }
    mien_free(sorted);
    mien_free(row);
    return MIEN_OK;
}

static mien_status find_duplicates(mien_dataset *ds, const row_facts *rows)
{
    size_t n = ds->pixels.n, count = 0;
    size_t *first = mien_alloc_array(n, sizeof *first);
    mien_status st = first ? find_first_equal(&ds->pixels, rows, first) : MIEN_ERR_NOMEM;
    if (!st) {
        for (size_t i = 0; i < n; i++)
            count += first[i] != i;
        ds->duplicates = mien_alloc_array(count, sizeof *ds->duplicates);
        if (!ds->duplicates)
            st = MIEN_ERR_NOMEM;
    }
    for (size_t i = 0; i < n && !st; i++) {
        if (first[i] == i)
            continue;
        ds->duplicates[ds->n_duplicates][0] = first[i];
        ds->duplicates[ds->n_duplicates++][1] = i;
    }
    mien_free(first);
    return st;
}

static mien_status find_range_and_constants(mien_dataset *ds, const row_facts *rows)
{
    size_t n = ds->pixels.n, count = 0;
    ds->min = rows[0].min;
    ds->max = rows[0].max;
    for (size_t i = 0; i < n; i++) {
        ds->min = rows[i].min < ds->min ? rows[i].min : ds->min;
        ds->max = rows[i].max > ds->max ? rows[i].max : ds->max;
        count += rows[i].min == rows[i].max;
    }
    ds->constant = mien_alloc_array(count, sizeof *ds->constant);
    if (!ds->constant)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        if (rows[i].min == rows[i].max)
            ds->constant[ds->n_constant++] = i;
    return MIEN_OK;
}

mien_status mien_statistics_set(mien_dataset *dataset, bool full, mien_pool *pool)
{
    const mien_pixels *pixels = &dataset->pixels;
    const mien_shape shape = dataset->shape;
    row_facts *rows = mien_alloc_array(pixels->n, sizeof *rows);
    if (!rows)
        return MIEN_ERR_NOMEM;
    job work = {pixels, rows, full};
    mien_pixels_pass(pool, pixels, look_at_row, &work);
    uint64_t hash = FACTOR_2;
    const uint64_t head[] = {pixels->n, shape.height, shape.width, shape.channels, pixels->type};
    for (size_t k = 0; k < sizeof head / sizeof *head; k++)
        hash = mixed(hash, head[k]);
    for (size_t i = 0; i < pixels->n; i++)
        hash = mixed(hash, rows[i].hash);
    dataset->fingerprint = hash;
    mien_status st = MIEN_OK;
    if (full)
        st = find_range_and_constants(dataset, rows);
    if (full && !st)
        st = find_duplicates(dataset, rows);
    mien_free(rows);
    return st;
}
