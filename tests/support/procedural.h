/* procedural.h - as many images as anyone wants, drawn when they are asked for.
 * SPDX-License-Identifier: MIT
 *
 * Image i is drawn by Philox from (seed, i) alone: a few of r planted parts, soft blobs on a grid
 * whose neighbours overlap, with weights that are uniform, and a little noise; nothing is below 0.
 * No disk and no memory bounds a study of size then: only how fast this is. */
#ifndef MIEN_PROCEDURAL_H
#define MIEN_PROCEDURAL_H

#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"
#include "data/source.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { PROCEDURAL_PARTS_MOST = 256 };

typedef struct procedural {
    size_t n, side, p, r; /* images of side x side = p pixels, of r parts */
    uint64_t seed;
    float noise;           /* uniform up to this */
    float *parts;          /* r x p, at most 1 */
    atomic_ullong drawn;   /* images so far */
    const float *constant; /* p: every image is this one, whatever its number; NULL: drawn */
} procedural;

/* Of `count` random words: 1 in 4 is a part that is used, with a weight of 0 to 1. */
static inline void procedural_weights(const procedural *d, size_t i, float *w)
{
    enum { AT_A_TIME = 4 };
    const uint32_t key[2] = {(uint32_t)d->seed, (uint32_t)(d->seed >> 32)};
    for (size_t k = 0; k < d->r; k += AT_A_TIME) {
        const uint32_t counter[4] = {(uint32_t)i, (uint32_t)((uint64_t)i >> 32), (uint32_t)k,
                                     MIEN_STREAM_TEST};
        uint32_t word[AT_A_TIME];
        mien_philox(counter, key, word);
        for (size_t l = 0; l < AT_A_TIME && k + l < d->r; l++)
            w[k + l] = word[l] >> 30 == 3 ? (float)(word[l] << 2 >> 8) * 0x1p-24f : 0;
    }
}

/* x (p) <- noise; a hash of 32 bits, of the pixel and of a word that is the image's. */
MIEN_LOOP(static, procedural_noise, (float *restrict x, uint32_t p, uint32_t word, float most),
          (x, p, word, most))
{
    for (uint32_t j = 0; j < p; j++) {
        uint32_t v = word + j * 0x9E3779B9u;
        v = (v ^ v >> 16) * 0x85EBCA6Bu;
        v = (v ^ v >> 13) * 0xC2B2AE35u;
        x[j] = (float)(int32_t)((v ^ v >> 16) >> 8) * (0x1p-24f * most);
    }
}

MIEN_LOOP(static, procedural_add,
          (float *restrict x, const float *restrict part, uint32_t p, float w), (x, part, p, w))
{
    for (uint32_t j = 0; j < p; j++)
        x[j] += w * part[j];
}

static inline void procedural_draw(const procedural *d, size_t i, float *x)
{
    float w[PROCEDURAL_PARTS_MOST];
    if (d->constant) {
        memcpy(x, d->constant, d->p * sizeof *x);
        return;
    }
    procedural_weights(d, i, w);
    uint64_t word = mien_random_bits(d->seed, MIEN_STREAM_TEST + 1, i);
    procedural_noise(x, (uint32_t)d->p, (uint32_t)(word >> 32), d->noise);
    for (size_t k = 0; k < d->r; k++)
        if (w[k] > 0)
            procedural_add(x, d->parts + k * d->p, (uint32_t)d->p, w[k]);
}

static inline const float *procedural_tile(const void *data, size_t first, size_t count,
                                           float *buffer)
{
    const procedural *d = data;
    for (size_t i = 0; i < count; i++)
        procedural_draw(d, first + i, buffer + i * d->p);
    atomic_fetch_add_explicit(&((procedural *)(uintptr_t)d)->drawn, count, memory_order_relaxed);
    return buffer;
}

/* For tests: every image is drawn whole for a few of its pixels. */
static inline void procedural_strip(const void *data, const size_t *rows, size_t n, size_t first,
                                    size_t count, float *strip, size_t stride)
{
    const procedural *d = data;
    float *x = mien_alloc_array(d->p, sizeof *x);
    for (size_t i = 0; x && i < n; i++) {
        procedural_draw(d, rows ? rows[i] : i, x);
        for (size_t c = 0; c < count; c++)
            strip[c * stride + i] = x[first + c];
    }
    mien_free(x);
}

/* Soft blobs, one a cell of the smallest square grid that has r of them. False: no memory. */
static inline bool procedural_open(procedural *d, size_t n, size_t side, size_t r, uint64_t seed)
{
    size_t cells = 1;
    while (cells * cells < r)
        cells++;
    double cell = (double)side / (double)cells, width = 0.4 * cell;
    *d = (procedural){.n = n, .side = side, .p = side * side, .r = r, .seed = seed, .noise = 0.02f};
    d->parts = mien_alloc_array(r * d->p, sizeof *d->parts);
    for (size_t k = 0; k < r && d->parts; k++) {
        double cy = ((double)(k / cells) + 0.5) * cell, cx = ((double)(k % cells) + 0.5) * cell;
        for (size_t j = 0; j < d->p; j++) {
            double y = (double)(j / side) + 0.5 - cy, x = (double)(j % side) + 0.5 - cx;
            double value = exp(-(x * x + y * y) / (2 * width * width));
            d->parts[k * d->p + j] = value > 0.05 ? (float)value : 0;
        }
    }
    return d->parts && r <= PROCEDURAL_PARTS_MOST;
}

static inline void procedural_close(procedural *d)
{
    mien_free(d->parts);
}

static inline mien_source procedural_source(const procedural *d)
{
    return (mien_source){
        .n = d->n, .p = d->p, .tile = procedural_tile, .strip = procedural_strip, .data = d};
}

static inline double procedural_cosine(const float *a, const float *b, size_t p)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t j = 0; j < p; j++) {
        ab += (double)a[j] * b[j];
        aa += (double)a[j] * a[j];
        bb += (double)b[j] * b[j];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

/* The lowest cosine of a planted part with the row of H (r x p) that is its own: every row is the
 * nearest of one part alone, else -1. */
static inline double procedural_found(const procedural *d, const float *H)
{
    bool taken[PROCEDURAL_PARTS_MOST] = {false};
    double lowest = 1;
    for (size_t k = 0; k < d->r; k++) {
        size_t best = 0;
        double most = -1;
        for (size_t l = 0; l < d->r; l++) {
            double c = procedural_cosine(d->parts + k * d->p, H + l * d->p, d->p);
            best = c > most ? l : best;
            most = c > most ? c : most;
        }
        if (taken[best])
            return -1;
        taken[best] = true;
        lowest = most < lowest ? most : lowest;
    }
    return lowest;
}

#endif
