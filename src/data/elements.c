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

/* The next element, of a type of C. */
#define NEXT(type, name)                                                                           \
    type name;                                                                                     \
    memcpy(&name, from + i * sizeof name, sizeof name)

#define EXACT(value, back)                                                                         \
    do {                                                                                           \
        float x = (float)(value);                                                                  \
        if ((back)x != (value))                                                                    \
            return i;                                                                              \
        out[i] = x;                                                                                \
    } while (0)

/* Eight bytes: the largest float32 below 2^63 or 2^64 can be turned back, those powers cannot. */
static size_t from_i64(const unsigned char *from, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        NEXT(int64_t, v);
        if (v > INT64_MAX - (INT64_C(1) << 39) + 1)
            return i;
        EXACT(v, int64_t);
    }
    return count;
}

static size_t from_u64(const unsigned char *from, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        NEXT(uint64_t, v);
        if (v > UINT64_MAX - (UINT64_C(1) << 40) + 1)
            return i;
        EXACT(v, uint64_t);
    }
    return count;
}

static size_t from_i32(const unsigned char *from, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        NEXT(int32_t, v);
        EXACT(v, int64_t);
    }
    return count;
}

static size_t from_u32(const unsigned char *from, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        NEXT(uint32_t, v);
        EXACT(v, int64_t);
    }
    return count;
}

/* What float32 holds without a check. */
static void from_small(mien_element element, const unsigned char *from, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        switch (element) {
        case MIEN_ELEMENT_BOOL:
            out[i] = from[i] != 0;
            break;
        case MIEN_ELEMENT_I8: {
            NEXT(int8_t, v);
            out[i] = v;
            break;
        }
        case MIEN_ELEMENT_I16: {
            NEXT(int16_t, v);
            out[i] = v;
            break;
        }
        case MIEN_ELEMENT_F16: {
            NEXT(uint16_t, v);
            out[i] = from_half(v);
            break;
        }
        case MIEN_ELEMENT_F64:
        default: {
            NEXT(double, v);
            out[i] = narrowed(v);
            break;
        }
        }
    }
}

size_t mien_elements_convert(mien_element element, bool swap, unsigned char *from, size_t count,
                             void *to)
{
    size_t item = mien_element_size(element);
    if (swap && item > 1)
        swap_items(from, count, item);
    switch (element) {
    case MIEN_ELEMENT_U8:
    case MIEN_ELEMENT_U16:
    case MIEN_ELEMENT_F32:
        if (to != from)
            memcpy(to, from, count * item);
        return count;
    case MIEN_ELEMENT_I32:
        return from_i32(from, count, to);
    case MIEN_ELEMENT_U32:
        return from_u32(from, count, to);
    case MIEN_ELEMENT_I64:
        return from_i64(from, count, to);
    case MIEN_ELEMENT_U64:
        return from_u64(from, count, to);
    case MIEN_ELEMENT_BOOL:
    case MIEN_ELEMENT_I8:
    case MIEN_ELEMENT_I16:
    case MIEN_ELEMENT_F16:
    case MIEN_ELEMENT_F64:
    default:
        from_small(element, from, count, to);
        return count;
    }
}
