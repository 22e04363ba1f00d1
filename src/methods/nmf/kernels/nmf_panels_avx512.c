/* nmf_panels_avx512.c - X / WH and its products with both factors, for registers of 16 floats.
 * SPDX-License-Identifier: MIT
 *
 * A block of a product stands in registers while its inner loop runs. The loops over a block have
 * constant bounds once their function is inlined, and are unrolled; so every block is written once,
 * for any width, and its versions are functions of their own: not inlined, they have all registers
 * for themselves.
 *
 * The order of work keeps each operand in the nearest cache that holds it. Weights' half: WH and
 * the ratio of 16 images and CHUNK strips, then its product with H, so that the ratio (24 kB) never
 * leaves the first level, and what is read of H serves two blocks. Basis' half: strip by strip, WH
 * and the ratio of all images of the tile, then W' times it; the sums of a strip are read and
 * written once a tile. */
#include "methods/nmf/kernels/nmf_panels.h"

#include "base/processor.h"

#if MIEN_FOR_X86

#include "linalg/vecmath.h"
#include "methods/loss.h"

#include <immintrin.h>
#include <string.h>

enum {
    LANES = 16,
    ROWS = 8, /* a block of a product is ROWS x WIDE vectors: 24 of the 32 registers */
    WIDE = 3,
    STRIP = WIDE * LANES,
    TEAM = 2,  /* blocks of images that share what a first-level cache holds of H, */
    CHUNK = 8, /* and strips: the ratio of both waits in that cache */
    TILE = 160 /* images a tile; their ratio in one strip waits there too */
};

#define TARGET MIEN_FOR_AVX512
#define INLINE TARGET static inline __attribute__((always_inline))
#define APART  TARGET static __attribute__((noinline))

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#define ROLLED _Pragma("nounroll")
#else
#define UNROLL _Pragma("GCC unroll 24")
#define ROLLED _Pragma("GCC unroll 1")
#endif

/* Of a value that several products need: compilers would load it again for each of them. */
#define IN_REGISTER(value) __asm__("" : "+v"(value))

typedef __m512 lanes;

INLINE lanes load(const float *from)
{
    lanes v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void store(float *to, lanes v)
{
    memcpy(to, &v, sizeof v);
}

INLINE lanes splat(float value)
{
    return _mm512_set1_ps(value);
}

/* x / m, to two units in the last place: a division of the processor keeps its
 * multipliers waiting. */
INLINE lanes quotient(lanes x, lanes m)
{
    lanes u = _mm512_rcp14_ps(m);
    return x * (u + u * (1 - m * u));
}

/* each[i] <- sum of s[i]'s lanes. Two vectors become one in each step. */
INLINE void sum_each(const lanes s[8], float each[8])
{
    lanes a[4], b[2];
    for (int i = 0; i < 4; i++) /* 128-bit parts: two of s[2 i], two of s[2 i + 1] */
        a[i] = _mm512_shuffle_f32x4(s[2 * i], s[2 * i + 1], 0x44) +
               _mm512_shuffle_f32x4(s[2 * i], s[2 * i + 1], 0xee);
    for (int i = 0; i < 2; i++) /* one of each of four */
        b[i] = _mm512_shuffle_f32x4(a[2 * i], a[2 * i + 1], 0x88) +
               _mm512_shuffle_f32x4(a[2 * i], a[2 * i + 1], 0xdd);
    /* part g: s[g] twice, s[4 + g] twice */
    lanes c = _mm512_shuffle_ps(b[0], b[1], 0x88) + _mm512_shuffle_ps(b[0], b[1], 0xdd);
    c += _mm512_permute_ps(c, 0xb1);
    float all[16];
    memcpy(all, &c, sizeof all);
    for (int g = 0; g < 4; g++) {
        each[g] = all[4 * g];
        each[4 + g] = all[4 * g + 2];
    }
}

/* ---------------------------------------------------------------- X / WH */

/* What a block of ROWS images of a strip needs. */
struct block {
    const float *W; /* ROWS x r */
    const float *H; /* r x V LANES */
    const float *x; /* ROWS x ldx */
    float *ratio;   /* ROWS x V LANES */
    float *model;   /* ROWS x ldm, or NULL */
    size_t r, ldx, ldm;
    float floor;
};

/* ratio <- x / max(WH, floor) of a block that is V vectors wide. */
INLINE void divide_block(const struct block *b, size_t V)
{
    lanes sum[ROWS * WIDE];
    UNROLL
    for (size_t a = 0; a < ROWS * V; a++)
        sum[a] = (lanes){0};
    const float *h = b->H, *w = b->W;
    size_t r = b->r;
    UNROLL
    for (size_t a = 0; a < ROWS * V; a++)
        __builtin_prefetch(b->x + (a / V) * b->ldx + a % V * LANES);
    for (size_t k = 0; k < r; k++, h += V * LANES) {
        UNROLL
        for (size_t a = 0; a < ROWS * V; a++)
            sum[a] += splat(w[(a / V) * r + k]) * load(h + a % V * LANES);
    }
    UNROLL
    for (size_t a = 0; a < ROWS * V; a++) {
        lanes x = load(b->x + (a / V) * b->ldx + a % V * LANES);
        sum[a] = _mm512_max_ps(sum[a], splat(b->floor));
        store(b->ratio + a * LANES, quotient(x, sum[a]));
    }
    if (!b->model)
        return;
    UNROLL
    for (size_t a = 0; a < ROWS * V; a++)
        store(b->model + (a / V) * b->ldm + a % V * LANES, sum[a]);
}

/* sum x log(ratio) of a block. */
INLINE double loss_of_block(const struct block *b, size_t V)
{
    float total[LANES] = {0};
    const float *x = b->x, *ratio = b->ratio;
    for (size_t i = 0; i < ROWS; i++, x += b->ldx, ratio += V * LANES)
        for (size_t j = 0; j < V * LANES; j += LANES)
            for (size_t l = 0; l < LANES; l++)
                total[l] += x[j + l] * mien_log_fast(ratio[j + l]);
    double sum = 0;
    for (size_t l = 0; l < LANES; l++)
        sum += total[l];
    return sum;
}

/* One function for each width, none of them inlined: the registers are for the blocks alone. */

APART void divide_three(const struct block *b)
{
    divide_block(b, 3);
}

APART void divide_two(const struct block *b)
{
    divide_block(b, 2);
}

APART void divide_one(const struct block *b)
{
    divide_block(b, 1);
}

APART double loss_of_three(const struct block *b)
{
    return loss_of_block(b, 3);
}

APART double loss_of_two(const struct block *b)
{
    return loss_of_block(b, 2);
}

APART double loss_of_one(const struct block *b)
{
    return loss_of_block(b, 1);
}

/* edge <- a block of `rows` images and `width` pixels, completed with 0. */
APART void complete(float *edge, const float *x, size_t p, size_t rows, size_t width)
{
    for (size_t a = 0; a < ROWS * WIDE; a++)
        store(edge + a * LANES, (lanes){0});
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            edge[i * STRIP + j] = x[i * p + j];
}

/* What is wanted of all blocks of a tile. */
struct job {
    const mien_panels *q;
    bool with_loss;
    float *model; /* count x ldm, or NULL */
    size_t ldm;
    float *edge; /* 2 x ROWS x STRIP: where a block is completed that X does not fill; its model */
};

TARGET static double visit_block(const struct block *b, size_t vectors, bool with_loss)
{
    if (vectors == 3) {
        divide_three(b);
        return with_loss ? loss_of_three(b) : 0;
    }
    if (vectors == 2) {
        divide_two(b);
        return with_loss ? loss_of_two(b) : 0;
    }
    divide_one(b);
    return with_loss ? loss_of_one(b) : 0;
}

/* The ratio of `rows` images from x on, at most ROWS, and strip s; returns the loss when asked.
 * model: where the first image's model begins, or NULL. */
TARGET static double visit_strip(const struct job *job, const float *x, const float *W, size_t rows,
                                 size_t s, float *ratio, float *model)
{
    const mien_panels *q = job->q;
    size_t first = s * STRIP, width = q->p - first < STRIP ? q->p - first : STRIP;
    size_t vectors = (width + LANES - 1) / LANES;
    struct block b = {.W = W,
                      .H = q->H + first * q->r,
                      .x = x + first,
                      .ratio = ratio,
                      .model = model ? model + first : NULL,
                      .r = q->r,
                      .ldx = q->p,
                      .ldm = job->ldm,
                      .floor = q->floor};
    if (rows == ROWS && width == vectors * LANES)
        return visit_block(&b, vectors, job->with_loss);
    float *apart = job->edge + ROWS * STRIP;
    complete(job->edge, x + first, q->p, rows, width);
    b.x = job->edge;
    b.ldx = STRIP;
    b.model = model ? apart : NULL;
    b.ldm = STRIP;
    double loss = visit_block(&b, vectors, job->with_loss);
    for (size_t i = 0; model && i < rows; i++)
        memcpy(model + i * job->ldm + first, apart + i * STRIP, width * sizeof *model);
    return loss;
}

/* ---------------------------------------------------------------- (X / WH) H' */

/* sum += ratio H' of ROWS images and K components over a strip of ld pixels; image i of component c
 * stands in sum[c ROWS + i], one sum a lane. */
INLINE void pull_strip(const float *ratio, const float *h, size_t ld, size_t K, lanes *sum)
{
    ROLLED
    for (size_t at = 0; at < ld; at += LANES) {
        lanes u = {0};
        UNROLL
        for (size_t a = 0; a < K * ROWS; a++) {
            if (a % K == 0) {
                u = load(ratio + a / K * ld + at);
                IN_REGISTER(u);
            }
            sum[a % K * ROWS + a / K] += u * load(h + a % K * ld + at);
        }
    }
}

/* pull += ratio H' of ROWS images and K components from k on, over strips begin .. end - 1. */
INLINE void pull_block(const mien_panels *q, const float *ratio, size_t begin, size_t end, size_t k,
                       size_t K, float *pull)
{
    lanes sum[WIDE * ROWS];
    UNROLL
    for (size_t a = 0; a < K * ROWS; a++)
        sum[a] = (lanes){0};
    size_t r = q->r, whole = q->ld / STRIP < end ? q->ld / STRIP : end;
    const float *panel = q->H + begin * STRIP * r;
    for (size_t s = begin; s < whole; s++, ratio += ROWS * STRIP, panel += STRIP * r)
        pull_strip(ratio, panel + k * STRIP, STRIP, K, sum);
    if (whole < end) {
        size_t ld = q->ld % STRIP;
        pull_strip(ratio, panel + k * ld, ld, K, sum);
    }
    for (size_t c = 0; c < K; c++) {
        float each[ROWS];
        sum_each(sum + c * ROWS, each);
        for (size_t i = 0; i < ROWS; i++)
            pull[i * r + k + c] = begin ? pull[i * r + k + c] + each[i] : each[i];
    }
}

APART void pull_three(const mien_panels *q, const float *ratio, size_t begin, size_t end, size_t k,
                      float *pull)
{
    pull_block(q, ratio, begin, end, k, 3, pull);
}

APART void pull_two(const mien_panels *q, const float *ratio, size_t begin, size_t end, size_t k,
                    float *pull)
{
    pull_block(q, ratio, begin, end, k, 2, pull);
}

APART void pull_one(const mien_panels *q, const float *ratio, size_t begin, size_t end, size_t k,
                    float *pull)
{
    pull_block(q, ratio, begin, end, k, 1, pull);
}

/* The same of all components for `blocks` blocks of images: components in blocks of nearly the same
 * size, so that what H has of them is read from a first-level cache for all but the first images.
 */
TARGET static void pull_rows(const mien_panels *q, const float *ratio, size_t begin, size_t end,
                             size_t blocks, float *pull)
{
    size_t r = q->r, parts = (r + WIDE - 1) / WIDE;
    for (size_t part = 0; part < parts; part++) {
        size_t k = part * r / parts, count = (part + 1) * r / parts - k;
        for (size_t b = 0; b < blocks; b++)
            (count == 3   ? pull_three
             : count == 2 ? pull_two
                          : pull_one)(q, ratio + b * ROWS * CHUNK * STRIP, begin, end, k,
                                      pull + b * ROWS * r);
    }
}

/* W of a block's images; of the last one, completed with zeros, in `rest`. */
INLINE const float *weights_of(const float *W, size_t r, size_t i, size_t count, const float *rest)
{
    return count - i < ROWS ? rest : W + i * r;
}

TARGET static void complete_weights(float *rest, const float *W, size_t r, size_t count)
{
    size_t rows = count % ROWS;
    memset(rest + rows * r, 0, (ROWS - rows) * r * sizeof *rest);
    memcpy(rest, W + (count - rows) * r, rows * r * sizeof *rest);
}

TARGET static double pull_job(const struct job *job, const float *x, const float *W, size_t count,
                              float *pull, float *ratio)
{
    const mien_panels *q = job->q;
    size_t p = q->p, r = q->r, strips = (p + STRIP - 1) / STRIP;
    float *rest = ratio + TEAM * ROWS * CHUNK * STRIP;
    double loss = 0;
    complete_weights(rest, W, r, count);
    for (size_t begin = 0; begin < strips; begin += CHUNK) {
        size_t end = strips - begin < CHUNK ? strips : begin + CHUNK;
        for (size_t i = 0; i < count; i += TEAM * ROWS) {
            size_t blocks = count - i < TEAM * ROWS ? (count - i + ROWS - 1) / ROWS : TEAM;
            for (size_t s = begin; s < end; s++)
                for (size_t b = 0, at = i; b < blocks; b++, at += ROWS)
                    loss += visit_strip(job, x + at * p, weights_of(W, r, at, count, rest),
                                        count - at < ROWS ? count - at : ROWS, s,
                                        ratio + (b * CHUNK + s - begin) * ROWS * STRIP,
                                        job->model ? job->model + at * job->ldm : NULL);
            pull_rows(q, ratio, begin, end, blocks, pull + i * r);
        }
    }
    return loss;
}

enum { EDGE = 2 * ROWS * STRIP };

static double pull_tile(const mien_panels *q, const float *x, const float *W, size_t count,
                        float *pull, float *scratch)
{
    struct job job = {.q = q, .with_loss = true, .edge = scratch};
    return pull_job(&job, x, W, count, pull, scratch + EDGE);
}

static void pull_and_model_tile(const mien_panels *q, const float *x, const float *W, size_t count,
                                float *pull, float *model, size_t ldm, float *scratch)
{
    struct job job = {.q = q, .model = model, .ldm = ldm, .edge = scratch};
    pull_job(&job, x, W, count, pull, scratch + EDGE);
}

/* ---------------------------------------------------------------- W' (X / WH) */

/* sums += W' ratio of K components from k on and a strip of V vectors. */
INLINE void push_block(const float *W, size_t r, const float *ratio, size_t count, size_t k,
                       size_t K, size_t V, bool keep, float *sums)
{
    lanes sum[ROWS * WIDE];
    UNROLL
    for (size_t a = 0; a < K * V; a++)
        sum[a] = keep ? load(sums + (k * V + a) * LANES) : (lanes){0};
    const float *w = W + k;
    for (size_t i = 0; i < count; i++, w += r, ratio += V * LANES) {
        UNROLL
        for (size_t a = 0; a < K * V; a++)
            sum[a] += splat(w[a / V]) * load(ratio + a % V * LANES);
    }
    UNROLL
    for (size_t a = 0; a < K * V; a++)
        store(sums + (k * V + a) * LANES, sum[a]);
}

INLINE void push_strip(const float *W, size_t r, const float *ratio, size_t count, size_t V,
                       bool keep, float *sums)
{
    size_t blocks = (r + ROWS - 1) / ROWS;
    for (size_t b = 0; b < blocks; b++) {
        size_t k = b * r / blocks;
        switch ((b + 1) * r / blocks - k) {
        case 8:
            push_block(W, r, ratio, count, k, 8, V, keep, sums);
            break;
        case 7:
            push_block(W, r, ratio, count, k, 7, V, keep, sums);
            break;
        case 6:
            push_block(W, r, ratio, count, k, 6, V, keep, sums);
            break;
        case 5:
            push_block(W, r, ratio, count, k, 5, V, keep, sums);
            break;
        case 4:
            push_block(W, r, ratio, count, k, 4, V, keep, sums);
            break;
        case 3:
            push_block(W, r, ratio, count, k, 3, V, keep, sums);
            break;
        case 2:
            push_block(W, r, ratio, count, k, 2, V, keep, sums);
            break;
        default:
            push_block(W, r, ratio, count, k, 1, V, keep, sums);
        }
    }
}

TARGET static double push_tile(const mien_panels *q, const float *x, const float *W, size_t count,
                               bool keep, bool with_loss, float *sums, float *scratch)
{
    struct job job = {.q = q, .with_loss = with_loss, .edge = scratch};
    size_t p = q->p, r = q->r, strips = (p + STRIP - 1) / STRIP;
    float *ratio = scratch + EDGE, *rest = ratio + (count + ROWS - 1) / ROWS * ROWS * STRIP;
    double loss = 0;
    complete_weights(rest, W, r, count);
    for (size_t s = 0; s < strips; s++) {
        size_t first = s * STRIP, width = p - first < STRIP ? p - first : STRIP;
        size_t vectors = (width + LANES - 1) / LANES;
        for (size_t i = 0; i < count; i += ROWS)
            loss += visit_strip(&job, x + i * p, weights_of(W, r, i, count, rest),
                                count - i < ROWS ? count - i : ROWS, s, ratio + i * vectors * LANES,
                                NULL);
        float *to = sums + first * r;
        if (vectors == 3)
            push_strip(W, r, ratio, count, 3, keep, to);
        else if (vectors == 2)
            push_strip(W, r, ratio, count, 2, keep, to);
        else
            push_strip(W, r, ratio, count, 1, keep, to);
    }
    return loss;
}

static size_t panels_scratch(size_t rows, size_t p, size_t r)
{
    (void)p;
    size_t images = (rows + ROWS - 1) / ROWS * ROWS, least = TEAM * ROWS * CHUNK;
    return EDGE + (images > least ? images : least) * STRIP + ROWS * r;
}

const mien_panels_kernel mien_panels_avx512 = {.strip = STRIP,
                                               .lanes = LANES,
                                               .rows = TILE,
                                               .scratch = panels_scratch,
                                               .pull = pull_tile,
                                               .pull_and_model = pull_and_model_tile,
                                               .push = push_tile};
#else

const mien_panels_kernel mien_panels_avx512 = {0};

#endif
