/* pixels.c - the small store of X: bytes, 16-bit words or floats.
 * SPDX-License-Identifier: MIT */
#include "data/pixels.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/mapping.h"
#include "data/turned.h"

#include <float.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

size_t mien_pixel_size(mien_pixel_type type)
{
    return type == MIEN_U8 ? 1 : type == MIEN_U16 ? 2 : 4;
}

double mien_pixel_max(mien_pixel_type type)
{
    return type == MIEN_U8 ? UINT8_MAX : type == MIEN_U16 ? UINT16_MAX : 0;
}

mien_status mien_pixels_alloc(size_t n, size_t p, mien_pixel_type type, mien_pixels *out)
{
    size_t count;
    if (!mien_product(n, p, 1, &count))
        return MIEN_ERR_NOMEM;
    void *values = mien_alloc_raw(count, mien_pixel_size(type));
    if (!values)
        return MIEN_ERR_NOMEM;
    *out = (mien_pixels){.n = n, .p = p, .type = type, .values = values};
    return MIEN_OK;
}

static void free_values(mien_pixels *pixels)
{
    if (!pixels->mapping)
        mien_free(pixels->values);
    mien_mapping_free(pixels->mapping);
    pixels->mapping = NULL;
    pixels->values = NULL;
}

void mien_pixels_free(mien_pixels *pixels)
{
    if (!pixels)
        return;
    free_values(pixels);
    mien_free(pixels->gain);
    mien_free(pixels->center);
    mien_free(pixels->offset);
    mien_free(pixels->whites);
    *pixels = (mien_pixels){0};
}

double mien_pixels_white(const mien_pixels *pixels, size_t i)
{
    return pixels->whites ? (double)pixels->whites[i] : pixels->white;
}

static const void *row_of(const mien_pixels *pixels, size_t i)
{
    return (const char *)pixels->values + i * pixels->p * mien_pixel_size(pixels->type);
}

const void *mien_pixels_rows(const mien_pixels *pixels, size_t first, size_t count)
{
    const void *rows = row_of(pixels, first);
    size_t bytes = count * pixels->p * mien_pixel_size(pixels->type);
    return pixels->mapping ? mien_mapping_at(pixels->mapping, rows, bytes) : rows;
}

const void *mien_pixels_row(const mien_pixels *pixels, size_t i)
{
    return mien_pixels_rows(pixels, i, 1);
}

/* ---------------------------------------------------------------- all of them */

void mien_pixels_expect(const mien_pixels *pixels, size_t first, size_t count)
{
    if (pixels->mapping)
        mien_mapping_expect(pixels->mapping, row_of(pixels, first),
                            count * pixels->p * mien_pixel_size(pixels->type));
}

struct rows {
    const mien_pixels *pixels;
    size_t each; /* rows a task */
    mien_task_fn visit;
    void *context;
};

static void visit_rows(void *context, size_t task, unsigned worker)
{
    const struct rows *r = context;
    size_t first = task * r->each, left = r->pixels->n - first;
    size_t count = left < r->each ? left : r->each;
    mien_pixels_expect(r->pixels, first, count);
    for (size_t i = first; i < first + count; i++)
        r->visit(r->context, i, worker);
}

void mien_pixels_pass(mien_pool *pool, const mien_pixels *pixels, mien_task_fn row, void *context)
{
    enum { IN_MEMORY = 1 << 16, MAPPED = 1 << 24 }; /* bytes that a thread takes: a run of a disk */
    size_t bytes = pixels->p * mien_pixel_size(pixels->type);
    size_t each = (pixels->mapping ? MAPPED : IN_MEMORY) / (bytes ? bytes : 1);
    struct rows r = {pixels, each ? each : 1, row, context};
    mien_pool_run(pool, (pixels->n + r.each - 1) / r.each, visit_rows, &r);
}

mien_status mien_pixels_own(mien_pixels *pixels)
{
    if (!pixels->mapping)
        return MIEN_OK;
    size_t bytes = pixels->p * mien_pixel_size(pixels->type);
    char *copy = mien_alloc_raw(pixels->n, bytes);
    if (!copy)
        return MIEN_ERR_NOMEM;
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n; i++)
        memcpy(copy + i * bytes, mien_pixels_row(pixels, i), bytes);
    mien_pixels_replace(pixels, pixels->type, copy);
    return MIEN_OK;
}

void mien_pixels_replace(mien_pixels *pixels, mien_pixel_type type, void *values)
{
    free_values(pixels);
    pixels->type = type;
    pixels->values = values;
}

double mien_pixels_largest(const mien_pixels *pixels)
{
    double largest = 0;
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n; i++) {
        double own = mien_values_max(mien_pixels_row(pixels, i), pixels->type, pixels->p);
        largest = own > largest ? own : largest;
    }
    return largest;
}

/* ---------------------------------------------------------------- expansion to float32 */

/* What one row needs: x = clamp(gain (v - center) + offset, lower, upper). */
typedef struct scaling {
    float gain, center, offset, lower, upper;
} scaling;

static inline float scaled(float v, scaling s)
{
    float x = s.gain * (v - s.center) + s.offset;
    x = x < s.lower ? s.lower : x;
    return x > s.upper ? s.upper : x;
}

#define WIDEN(name, type)                                                                          \
    MIEN_LOOP(static, name, (const type *restrict v, float *restrict x, size_t count),             \
              (v, x, count))                                                                       \
    {                                                                                              \
        for (size_t j = 0; j < count; j++)                                                         \
            x[j] = (float)v[j];                                                                    \
    }
#define SCALE(name, type)                                                                          \
    MIEN_LOOP(static, name,                                                                        \
              (const type *restrict v, float *restrict x, size_t count, const scaling s),          \
              (v, x, count, s))                                                                    \
    {                                                                                              \
        for (size_t j = 0; j < count; j++)                                                         \
            x[j] = scaled((float)v[j], s);                                                         \
    }
WIDEN(pixels_widen_u8, uint8_t)
WIDEN(pixels_widen_u16, uint16_t)
SCALE(pixels_scale_u8, uint8_t)
SCALE(pixels_scale_u16, uint16_t)
SCALE(pixels_scale_f32, float)

/* x <- image i, of which v are the values, `count` of them: those beyond it are of no use. */
static void expand_image(const mien_pixels *pixels, size_t i, const void *v, size_t count, float *x)
{
    scaling s = {pixels->gain[i], pixels->center[i], pixels->offset[i], pixels->lower,
                 pixels->upper};
    if (pixels->type == MIEN_U8)
        pixels_scale_u8(v, x, count, s);
    else if (pixels->type == MIEN_U16)
        pixels_scale_u16(v, x, count, s);
    else
        pixels_scale_f32(v, x, count, s);
}

/* Values that a loop takes at once: what is left of a row is done one by one. */
enum { AT_ONCE = 64 };

static const float *expand(const void *data, size_t first, size_t count, float *buffer)
{
    const mien_pixels *pixels = data;
    const void *values = mien_pixels_rows(pixels, first, count);
    if (!pixels->gain) {
        if (pixels->type == MIEN_F32 && !mien_mapping_streams(pixels->mapping))
            return values;
        if (pixels->type == MIEN_F32) /* a tile outlives what the thread asks for next */
            memcpy(buffer, values, count * pixels->p * sizeof *buffer);
        else if (pixels->type == MIEN_U8)
            pixels_widen_u8(values, buffer, count * pixels->p);
        else
            pixels_widen_u16(values, buffer, count * pixels->p);
        return buffer;
    }
    size_t p = pixels->p, whole = (p + AT_ONCE - 1) / AT_ONCE * AT_ONCE;
    for (size_t i = 0; i < count; i++) { /* into the next image, which comes next, where there is */
        size_t left = (count - i) * p;
        expand_image(pixels, first + i,
                     (const char *)values + i * p * mien_pixel_size(pixels->type),
                     whole < left ? whole : left, buffer + i * p);
    }
    return buffer;
}

/* ---------------------------------------------------------------- strips */

/* A block of images by pixels is transposed in the first-level cache, as stored, and then scaled
 * with the images side by side, each with its own gain. */
enum { BLOCK_IMAGES = 64, BLOCK_PIXELS = 16 };

struct block {
    size_t images, pixels;
    const char *rows[BLOCK_IMAGES]; /* first value of each image that is wanted */
    float gain[BLOCK_IMAGES], center[BLOCK_IMAGES], offset[BLOCK_IMAGES];
    union {
        uint8_t u8[BLOCK_PIXELS][BLOCK_IMAGES];
        uint16_t u16[BLOCK_PIXELS][BLOCK_IMAGES];
        float f32[BLOCK_PIXELS][BLOCK_IMAGES];
    } transposed;
};

#if defined(__SSE2__)

/* In place of the loops below, this pays 10 % of a fit of 10,000 images of 19x19, 3 % on CBCL
 * (learn, one thread, 2026-11).
 * 16 x 16 bytes: in four rounds rows i and i + 8 become rows 2 i and 2 i + 1, their bytes in turns;
 * each round moves one bit of a byte's row into its column. */
static void transpose_bytes(const char *const *rows, uint8_t (*to)[BLOCK_IMAGES])
{
    enum { SIDE = 16, ROUNDS = 4 };
    __m128i a[SIDE], b[SIDE];
    for (int i = 0; i < SIDE; i++)
        a[i] = _mm_loadu_si128((const __m128i *)(const void *)rows[i]);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < SIDE / 2; i++) {
            b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + SIDE / 2]);
            b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + SIDE / 2]);
        }
        memcpy(a, b, sizeof a);
    }
    for (int j = 0; j < SIDE; j++)
        _mm_storeu_si128((__m128i *)(void *)to[j], a[j]);
}

/* A block of bytes; false: it is not a whole one. */
static bool transpose_whole(struct block *b)
{
    if (b->images != BLOCK_IMAGES || b->pixels != BLOCK_PIXELS)
        return false;
    for (size_t k = 0; k < BLOCK_IMAGES; k += 16)
        transpose_bytes(b->rows + k, (uint8_t(*)[BLOCK_IMAGES])(b->transposed.u8[0] + k));
    return true;
}

#else

static bool transpose_whole(struct block *b)
{
    (void)b;
    return false;
}

#endif

static void transpose_values(struct block *b, mien_pixel_type type)
{
    if (type == MIEN_U8 && transpose_whole(b))
        return;
    for (size_t k = 0; k < b->images; k++) {
        const void *row = b->rows[k];
        if (type == MIEN_U8)
            for (size_t w = 0; w < b->pixels; w++)
                b->transposed.u8[w][k] = ((const uint8_t *)row)[w];
        else if (type == MIEN_U16)
            for (size_t w = 0; w < b->pixels; w++)
                b->transposed.u16[w][k] = ((const uint16_t *)row)[w];
        else
            for (size_t w = 0; w < b->pixels; w++)
                b->transposed.f32[w][k] = ((const float *)row)[w];
    }
}

/* x <- scaled x, the images side by side. */
MIEN_LOOP(static, pixels_scale_across,
          (float *restrict x, const float *restrict gain, const float *restrict center,
           const float *restrict offset, float lower, float upper, size_t count),
          (x, gain, center, offset, lower, upper, count))
{
    for (size_t k = 0; k < count; k++)
        x[k] = scaled(x[k], (scaling){gain[k], center[k], offset[k], lower, upper});
}

static void write_block(const struct block *b, const mien_pixels *pixels, float *strip,
                        size_t stride)
{
    for (size_t w = 0; w < b->pixels; w++) {
        float *x = strip + w * stride;
        if (pixels->type == MIEN_U8)
            pixels_widen_u8(b->transposed.u8[w], x, b->images);
        else if (pixels->type == MIEN_U16)
            pixels_widen_u16(b->transposed.u16[w], x, b->images);
        else
            memcpy(x, b->transposed.f32[w], b->images * sizeof *x);
        if (pixels->gain)
            pixels_scale_across(x, b->gain, b->center, b->offset, pixels->lower, pixels->upper,
                                b->images);
    }
}

/* x <- values of a pixel of the images that rows lists, in ascending order, or of all. */
static void take_pixel(const mien_pixels *pixels, const mien_pixels *turned, size_t pixel,
                       const size_t *rows, size_t n, float *x)
{
    enum { IMAGES = 1 << 16 };
    size_t size = mien_pixel_size(pixels->type);
    for (size_t k = 0, i = 0; i < pixels->n && k < n; i += IMAGES) {
        size_t some = pixels->n - i < IMAGES ? pixels->n - i : IMAGES;
        const void *from = (const char *)turned->values + (pixel * pixels->n + i) * size;
        if (turned->mapping)
            from = mien_mapping_at(turned->mapping, from, some * size);
        if (rows) {
            for (; k < n && rows[k] < i + some; k++)
                x[k] = (float)mien_value_at(from, pixels->type, rows[k] - i);
            continue;
        }
        if (pixels->type == MIEN_U8)
            pixels_widen_u8(from, x + i, some);
        else if (pixels->type == MIEN_U16)
            pixels_widen_u16(from, x + i, some);
        else
            memcpy(x + i, from, some * sizeof *x);
    }
    if (!pixels->gain)
        return;
    if (!rows)
        pixels_scale_across(x, pixels->gain, pixels->center, pixels->offset, pixels->lower,
                            pixels->upper, n);
    for (size_t k = 0; rows && k < n; k++)
        x[k] = scaled(x[k], (scaling){pixels->gain[rows[k]], pixels->center[rows[k]],
                                      pixels->offset[rows[k]], pixels->lower, pixels->upper});
}

/* Whether a strip of these images is worth to go through all of each pixel. */
static bool are_most(const mien_pixels *pixels, const size_t *rows, size_t n)
{
    enum { SHARE = 8 };
    for (size_t k = 1; rows && k < n; k++)
        if (rows[k] < rows[k - 1])
            return false;
    return rows ? n > pixels->n / SHARE : n == pixels->n;
}

static void transpose(const void *data, const size_t *rows, size_t n, size_t first, size_t count,
                      float *strip, size_t stride)
{
    const mien_pixels *pixels = data;
    size_t size = mien_pixel_size(pixels->type);
    if (mien_mapping_streams(pixels->mapping)) {
        bool most = are_most(pixels, rows, n);
        const mien_pixels *turned = most ? mien_turned_rows(pixels, first, count) : NULL;
        for (size_t c = 0; turned && c < count; c++)
            take_pixel(pixels, turned, first + c, rows, n, strip + c * stride);
        if (turned)
            return;
    }
    for (size_t c = 0; c < count; c += BLOCK_PIXELS)
        for (size_t i = 0; i < n; i += BLOCK_IMAGES) {
            struct block b;
            b.pixels = count - c < BLOCK_PIXELS ? count - c : BLOCK_PIXELS;
            b.images = n - i < BLOCK_IMAGES ? n - i : BLOCK_IMAGES;
            for (size_t k = 0; k < b.images; k++) {
                size_t image = rows ? rows[i + k] : i + k;
                b.rows[k] = (const char *)row_of(pixels, image) + (first + c) * size;
                if (pixels->mapping)
                    mien_mapping_peek(pixels->mapping);
                b.gain[k] = pixels->gain ? pixels->gain[image] : 1;
                b.center[k] = pixels->gain ? pixels->center[image] : 0;
                b.offset[k] = pixels->gain ? pixels->offset[image] : 0;
            }
            transpose_values(&b, pixels->type);
            write_block(&b, pixels, strip + c * stride + i, stride);
        }
}

static void expect(const void *data, size_t first, size_t count)
{
    mien_pixels_expect(data, first, count);
}

mien_source mien_pixels_source(const mien_pixels *pixels)
{
    return (mien_source){.n = pixels->n,
                         .p = pixels->p,
                         .tile = expand,
                         .strip = transpose,
                         .data = pixels,
                         .expect = expect};
}

bool mien_pixels_stream(const mien_source *X)
{
    return X->strip == transpose && mien_mapping_streams(((const mien_pixels *)X->data)->mapping);
}

/* ---------------------------------------------------------------- checks */

#define MAX_OF(name, type)                                                                         \
    MIEN_LOOP_OF(static, type, name, (const type *v, size_t count), (v, count))                    \
    {                                                                                              \
        type max = 0;                                                                              \
        for (size_t j = 0; j < count; j++)                                                         \
            max = v[j] > max ? v[j] : max;                                                         \
        return max;                                                                                \
    }
MAX_OF(pixels_max_u8, uint8_t)
MAX_OF(pixels_max_u16, uint16_t)
MAX_OF(pixels_max_f32, float)

double mien_values_max(const void *values, mien_pixel_type type, size_t count)
{
    return type == MIEN_U8    ? pixels_max_u8(values, count)
           : type == MIEN_U16 ? pixels_max_u16(values, count)
                              : (double)pixels_max_f32(values, count);
}

/* How many of the values are not in [0, FLT_MAX]; NaN fails both comparisons. */
MIEN_LOOP_OF(static, uint32_t, pixels_count_bad, (const float *values, uint32_t count),
             (values, count))
{
    uint32_t bad = 0;
    for (uint32_t j = 0; j < count; j++)
        bad += !((values[j] >= 0.0f) & (values[j] <= FLT_MAX));
    return bad;
}

size_t mien_floats_check(const float *values, size_t count)
{
    enum { BLOCK = 4096 };
    for (size_t start = 0; start < count; start += BLOCK) {
        size_t length = count - start < BLOCK ? count - start : BLOCK;
        if (!pixels_count_bad(values + start, (uint32_t)length))
            continue;
        while (values[start] >= 0.0f && values[start] <= FLT_MAX)
            start++;
        return start;
    }
    return count;
}

mien_status mien_floats_range(double largest, mien_error *err)
{
    if (!(largest > 0 && largest < (double)FLT_MIN))
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_DOMAIN,
                     "the largest value is %g, and float32, in which values are kept, begins at "
                     "1.2e-38: multiply all by a constant",
                     largest);
}
