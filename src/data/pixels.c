/* pixels.c - the small store of X: bytes, 16-bit words or floats.
 * SPDX-License-Identifier: MIT */
#include "data/pixels.h"

#include "base/clones.h"
#include "base/memory.h"

#include <float.h>

size_t mien_pixel_size(mien_pixel_type type)
{
    return type == MIEN_U8 ? 1 : type == MIEN_U16 ? 2 : 4;
}

double mien_pixel_greatest(mien_pixel_type type)
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

void mien_pixels_free(mien_pixels *pixels)
{
    if (!pixels)
        return;
    mien_free(pixels->values);
    mien_free(pixels->gain);
    mien_free(pixels->center);
    mien_free(pixels->offset);
    *pixels = (mien_pixels){0};
}

void *mien_pixels_row(const mien_pixels *pixels, size_t i)
{
    return (char *)pixels->values + i * pixels->p * mien_pixel_size(pixels->type);
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

MIEN_CLONES
static void pixels_widen_u8(const uint8_t *restrict v, float *restrict x, size_t count)
{
    for (size_t j = 0; j < count; j++)
        x[j] = (float)v[j];
}

MIEN_CLONES
static void pixels_widen_u16(const uint16_t *restrict v, float *restrict x, size_t count)
{
    for (size_t j = 0; j < count; j++)
        x[j] = (float)v[j];
}

MIEN_CLONES
static void pixels_scale_u8(const uint8_t *restrict v, float *restrict x, size_t count,
                            const scaling s)
{
    for (size_t j = 0; j < count; j++)
        x[j] = scaled((float)v[j], s);
}

MIEN_CLONES
static void pixels_scale_u16(const uint16_t *restrict v, float *restrict x, size_t count,
                             const scaling s)
{
    for (size_t j = 0; j < count; j++)
        x[j] = scaled((float)v[j], s);
}

MIEN_CLONES
static void pixels_scale_f32(const float *restrict v, float *restrict x, size_t count,
                             const scaling s)
{
    for (size_t j = 0; j < count; j++)
        x[j] = scaled(v[j], s);
}

/* count values of image i, from pixel `first` on, as the methods see them. */
static void expand_part(const mien_pixels *pixels, size_t i, size_t first, size_t count, float *x)
{
    const char *v = mien_pixels_row(pixels, i);
    v += first * mien_pixel_size(pixels->type);
    scaling s = {.gain = 1, .lower = -FLT_MAX, .upper = FLT_MAX};
    if (pixels->gain)
        s = (scaling){pixels->gain[i], pixels->center[i], pixels->offset[i], pixels->lower,
                      pixels->upper};
    if (pixels->type == MIEN_U8)
        pixels_scale_u8((const uint8_t *)v, x, count, s);
    else if (pixels->type == MIEN_U16)
        pixels_scale_u16((const uint16_t *)(const void *)v, x, count, s);
    else
        pixels_scale_f32((const float *)(const void *)v, x, count, s);
}

static const float *expand(const void *data, size_t first, size_t count, float *buffer)
{
    const mien_pixels *pixels = data;
    const void *values = mien_pixels_row(pixels, first);
    if (!pixels->gain) {
        if (pixels->type == MIEN_F32)
            return values;
        if (pixels->type == MIEN_U8)
            pixels_widen_u8(values, buffer, count * pixels->p);
        else
            pixels_widen_u16(values, buffer, count * pixels->p);
        return buffer;
    }
    for (size_t i = 0; i < count; i++)
        expand_part(pixels, first + i, 0, pixels->p, buffer + i * pixels->p);
    return buffer;
}

/* Turned block by block: a block of images by pixels lies in the first-level cache. */
static void turn(const void *data, size_t first, size_t count, float *strip, size_t stride)
{
    enum { IMAGES = 64, PIXELS = 16 };
    const mien_pixels *pixels = data;
    float block[IMAGES][PIXELS];
    for (size_t c = 0; c < count; c += PIXELS) {
        size_t wide = count - c < PIXELS ? count - c : PIXELS;
        for (size_t i = 0; i < pixels->n; i += IMAGES) {
            size_t deep = pixels->n - i < IMAGES ? pixels->n - i : IMAGES;
            for (size_t k = 0; k < deep; k++)
                expand_part(pixels, i + k, first + c, wide, block[k]);
            for (size_t w = 0; w < wide; w++)
                for (size_t k = 0; k < deep; k++)
                    strip[(c + w) * stride + i + k] = block[k][w];
        }
    }
}

mien_source mien_pixels_source(const mien_pixels *pixels)
{
    return (mien_source){
        .n = pixels->n, .p = pixels->p, .tile = expand, .strip = turn, .data = pixels};
}

/* ---------------------------------------------------------------- checks */

/* How many of the values are not in [0, FLT_MAX]; NaN fails both comparisons. */
MIEN_CLONES
static uint32_t pixels_count_bad(const float *values, uint32_t count)
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
