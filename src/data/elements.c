/* elements.c - the number types of arrays, and how they become the store's.
 * SPDX-License-Identifier: MIT */
#include "data/elements.h"

#include <float.h>
#include <math.h>
#include <string.h>

size_t mien_element_size(mien_element element)
{
    static const unsigned char sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};
    return sizes[element];
}

mien_pixel_type mien_element_store(mien_element element)
{
    return element == MIEN_ELEMENT_U8 ? MIEN_U8 : element == MIEN_ELEMENT_U16 ? MIEN_U16 : MIEN_F32;
}

bool mien_is_little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

static void swap_items(unsigned char *bytes, size_t count, size_t item)
{
    for (size_t i = 0; i < count; i++, bytes += item)
        for (size_t k = 0; k < item / 2; k++) {
            unsigned char byte = bytes[k];
            bytes[k] = bytes[item - 1 - k];
            bytes[item - 1 - k] = byte;
        }
}

static float narrowed(double x)
{
    if (x > (double)FLT_MAX)
        return INFINITY;
    if (x < -(double)FLT_MAX)
        return -INFINITY;
    return (float)x;
}

/* IEEE 754 binary16. */
static float from_half(uint16_t h)
{
    unsigned exponent = h >> 10 & 0x1F, digits = h & 0x3FF;
    float size = exponent == 31 ? (digits ? NAN : INFINITY)
                 : exponent     ? ldexpf((float)(digits | 0x400), (int)exponent - 25)
                                : ldexpf((float)digits, -24);
    return h & 0x8000 ? -size : size;
}

/* Elements of a type of C, of any alignment, to floats. EXACT ends at the first whole number that
 * does not come back from float32; above `most` it could not be turned back at all. */
#define CONVERT(name, type, value)                                                                 \
    static size_t name(const unsigned char *from, size_t count, float *out)                        \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            type v;                                                                                \
            memcpy(&v, from + i * sizeof v, sizeof v);                                             \
            out[i] = (value);                                                                      \
        }                                                                                          \
        return count;                                                                              \
    }
#define EXACT(name, type, wide, most)                                                              \
    static size_t name(const unsigned char *from, size_t count, float *out)                        \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            type narrow;                                                                           \
            memcpy(&narrow, from + i * sizeof narrow, sizeof narrow);                              \
            wide v = narrow;                                                                       \
            if (v > (most) || (wide)(float)v != v)                                                 \
                return i;                                                                          \
            out[i] = (float)v;                                                                     \
        }                                                                                          \
        return count;                                                                              \
    }
CONVERT(from_bool, unsigned char, v != 0)
CONVERT(from_i8, int8_t, v)
CONVERT(from_i16, int16_t, v)
CONVERT(from_f16, uint16_t, from_half(v))
CONVERT(from_f64, double, narrowed(v))
EXACT(from_i32, int32_t, int64_t, INT32_MAX)
EXACT(from_u32, uint32_t, int64_t, UINT32_MAX)
/* the largest float32 below 2^63 or 2^64 can be turned back, those powers cannot */
EXACT(from_i64, int64_t, int64_t, INT64_MAX - (INT64_C(1) << 39) + 1)
EXACT(from_u64, uint64_t, uint64_t, UINT64_MAX - (UINT64_C(1) << 40) + 1)

size_t mien_elements_convert(mien_element element, bool swap, unsigned char *from, size_t count,
                             void *to)
{
    static size_t (*const convert[])(const unsigned char *from, size_t count, float *out) = {
        [MIEN_ELEMENT_BOOL] = from_bool, [MIEN_ELEMENT_I8] = from_i8,
        [MIEN_ELEMENT_I16] = from_i16,   [MIEN_ELEMENT_I32] = from_i32,
        [MIEN_ELEMENT_U32] = from_u32,   [MIEN_ELEMENT_I64] = from_i64,
        [MIEN_ELEMENT_U64] = from_u64,   [MIEN_ELEMENT_F16] = from_f16,
        [MIEN_ELEMENT_F64] = from_f64};
    size_t item = mien_element_size(element);
    if (swap && item > 1)
        swap_items(from, count, item);
    if (convert[element])
        return convert[element](from, count, to);
    if (to != from)
        memcpy(to, from, count * item);
    return count;
}
