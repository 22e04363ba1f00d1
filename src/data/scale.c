/* scale.c - X in a unit that float32 arithmetic is at ease with.
 * SPDX-License-Identifier: MIT */
#include "data/scale.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "data/source.h"

#include <math.h>
#include <string.h>

/* Bits of |v|: they order floats as whole numbers do, whatever denormals count as. */
static const uint32_t MAGNITUDE = 0x7fffffffu;

static uint32_t bits_of(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits & MAGNITUDE;
}

int mien_scale_to_one(float largest)
{
    enum { DIGITS = 23, BIAS = 127, LEAST = -149, NOT_FINITE = 255 };
    uint32_t bits = bits_of(largest);
    int field = (int)(bits >> DIGITS), exponent = field - BIAS; /* 2^exponent <= |v| */
    if (bits == 0 || field == NOT_FINITE)
        return 0;
    bool power = (bits & ((1u << DIGITS) - 1)) == 0;
    if (field == 0) { /* a denormal is its bits times 2^-149 */
        power = (bits & (bits - 1)) == 0;
        for (exponent = LEAST; bits > 1; bits >>= 1)
            exponent++;
    }
    return -(power ? exponent : exponent + 1);
}

int mien_scale_exponent(float largest)
{
    uint32_t bits = bits_of(largest);
    bool at_ease = bits >= bits_of(MIEN_SCALE_LEAST) && bits <= bits_of(MIEN_SCALE_MOST);
    return at_ease ? 0 : mien_scale_to_one(largest);
}

MIEN_LOOP_OF(static, uint32_t, scale_most_bits, (const float *values, uint32_t count),
             (values, count))
{
    uint32_t most = 0;
    for (uint32_t j = 0; j < count; j++) {
        uint32_t bits;
        memcpy(&bits, values + j, sizeof bits);
        bits &= MAGNITUDE;
        most = bits > most ? bits : most;
    }
    return most;
}

float mien_scale_largest(const float *values, size_t count)
{
    enum { BLOCK = 1 << 16 };
    uint32_t most = 0;
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t now = count - at < BLOCK ? count - at : BLOCK;
        uint32_t bits = scale_most_bits(values + at, (uint32_t)now);
        most = bits > most ? bits : most;
    }
    float largest;
    memcpy(&largest, &most, sizeof largest);
    return largest;
}

mien_status mien_scale_measure(const mien_source *X, int *exponent)
{
    mien_tiling t = mien_tiling_plan(X->n, X->p, 1);
    float *buffer = mien_alloc_array(t.rows * X->p, sizeof *buffer), largest[2] = {0, 0};
    if (!buffer)
        return MIEN_ERR_NOMEM;
    if (X->expect)
        X->expect(X->data, 0, X->n);
    for (size_t i = 0; i < X->n; i += t.rows) {
        size_t count = X->n - i < t.rows ? X->n - i : t.rows;
        largest[1] = mien_scale_largest(X->tile(X->data, i, count, buffer), count * X->p);
        largest[0] = mien_scale_largest(largest, 2);
    }
    mien_free(buffer);
    *exponent = mien_scale_exponent(largest[0]);
    return MIEN_OK;
}

/* Two factors, since 2^149, which the least denormal needs, is no float. */
MIEN_LOOP(static, scale_by, (const float *from, float *to, size_t count, float first, float second),
          (from, to, count, first, second))
{
    for (size_t j = 0; j < count; j++)
        to[j] = from[j] * first * second;
}

void mien_scale_floats(const float *from, float *to, size_t count, int exponent)
{
    unsigned denormals = mien_denormals_keep();
    float first = ldexpf(1, exponent / 2), second = ldexpf(1, exponent - exponent / 2);
    scale_by(from, to, count, first, second);
    mien_denormals_restore(denormals);
}

/* ---------------------------------------------------------------- a source */

static int exponent_of(const mien_scaling *s, size_t image)
{
    return s->each ? s->each[image] : s->all;
}

static const float *scaled_tile(const void *data, size_t first, size_t count, float *buffer)
{
    const mien_scaling *s = data;
    const float *x = s->from->tile(s->from->data, first, count, buffer);
    size_t p = s->from->p;
    if (!s->each) {
        mien_scale_floats(x, buffer, count * p, s->all);
        return buffer;
    }
    for (size_t i = 0; i < count; i++)
        if (x != buffer || s->each[first + i])
            mien_scale_floats(x + i * p, buffer + i * p, p, s->each[first + i]);
    return buffer;
}

static void scaled_strip(const void *data, const size_t *rows, size_t n, size_t first, size_t count,
                         float *strip, size_t stride)
{
    const mien_scaling *s = data;
    s->from->strip(s->from->data, rows, n, first, count, strip, stride);
    if (!s->each) {
        for (size_t c = 0; c < count; c++)
            mien_scale_floats(strip + c * stride, strip + c * stride, n, s->all);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int exponent = exponent_of(s, rows ? rows[i] : i);
        for (size_t c = 0; c < count && exponent; c++)
            mien_scale_floats(strip + c * stride + i, strip + c * stride + i, 1, exponent);
    }
}

static void scaled_expect(const void *data, size_t first, size_t count)
{
    const mien_scaling *s = data;
    if (s->from->expect)
        s->from->expect(s->from->data, first, count);
}

mien_source mien_scaled_source(const mien_scaling *scaling)
{
    return (mien_source){.n = scaling->from->n,
                         .p = scaling->from->p,
                         .tile = scaled_tile,
                         .strip = scaled_strip,
                         .data = scaling,
                         .shape = scaling->from->shape,
                         .expect = scaled_expect};
}
