/* exif.c - which way up a photograph was taken.
 * SPDX-License-Identifier: MIT
 *
 * A camera writes pixels as its sensor sees them and notes how it was held. Of all that EXIF and
 * XMP hold one tag is read, of EXIF in the first directory; no offset is trusted. In place of
 * libexif, a library more for one number: 70 of 629 variants (tests/reference, 2026-11) would lie
 * on their side without it. */
#include "read/formats/exif.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { ENTRY = 12 /* tag, type, count, value */, TAG_ORIENTATION = 0x0112 };

/* Types of numbers, TIFF 6.0, section 2. */
enum {
    BYTE = 1,
    SHORT = 3,
    LONG = 4,
    RATIONAL = 5,
    SBYTE = 6,
    SSHORT = 8,
    SLONG = 9,
    SRATIONAL = 10,
    FLOAT = 11,
    DOUBLE = 12,
    N_TYPES
};

/* The TIFF part, and which byte of a number comes first. */
typedef struct tiff {
    const unsigned char *bytes;
    size_t nbytes;
    bool big;
} tiff;

/* 0 beyond the end: no number that is looked for is 0. */
static uint32_t read_number(const tiff *t, size_t at, size_t width)
{
    uint32_t value = 0;
    if (at > t->nbytes || width > t->nbytes - at)
        return 0;
    for (size_t k = 0; k < width; k++)
        value = value << 8 | t->bytes[at + (t->big ? k : width - 1 - k)];
    return value;
}

/* The first value of an entry as a whole number; 0 when it is none. Programs write what the
 * standard wants as a SHORT in any type. */
static uint32_t read_value(const tiff *t, size_t entry)
{
    static const unsigned char sizes[N_TYPES] = {
        [BYTE] = 1,   [SHORT] = 2, [LONG] = 4,      [RATIONAL] = 8, [SBYTE] = 1,
        [SSHORT] = 2, [SLONG] = 4, [SRATIONAL] = 8, [FLOAT] = 4,    [DOUBLE] = 8};
    uint32_t type = read_number(t, entry + 2, 2), count = read_number(t, entry + 4, 4);
    size_t size = type < N_TYPES ? sizes[type] : 0, at = entry + 8;
    if (!size || !count)
        return 0;
    if (size * count > 4)
        at = read_number(t, at, 4);
    if (type == RATIONAL || type == SRATIONAL) {
        uint32_t below = read_number(t, at + 4, 4), above = read_number(t, at, 4);
        return below && above % below == 0 ? above / below : 0;
    }
    if (type == FLOAT) {
        uint32_t bits = read_number(t, at, 4);
        float value;
        memcpy(&value, &bits, sizeof value);
        return value >= 1 && value <= 8 && value == floorf(value) ? (uint32_t)value : 0;
    }
    if (type == DOUBLE) {
        uint64_t bits = (uint64_t)read_number(t, t->big ? at : at + 4, 4) << 32 |
                        read_number(t, t->big ? at + 4 : at, 4);
        double value;
        memcpy(&value, &bits, sizeof value);
        return value >= 1 && value <= 8 && value == floor(value) ? (uint32_t)value : 0;
    }
    return read_number(t, at, size);
}

unsigned mien_exif_orientation(const unsigned char *data, size_t nbytes)
{
    enum { NAME = 6 }; /* "Exif", a zero and mostly another: what follows is a TIFF file */
    if (nbytes >= NAME && memcmp(data, "Exif", 5) == 0) {
        data += NAME;
        nbytes -= NAME;
    }
    if (nbytes < 8)
        return 0;
    tiff t = {data, nbytes, data[0] == 'M'};
    if (memcmp(t.bytes, t.big ? "MM\0*" : "II*\0", 4) != 0)
        return 0;
    size_t at = read_number(&t, 4, 4);
    if (at < 8) /* within the head itself */
        return 0;
    size_t count = read_number(&t, at, 2);
    at += 2;
    for (size_t k = 0; k < count && at < t.nbytes; k++, at += ENTRY) {
        if (read_number(&t, at, 2) != TAG_ORIENTATION)
            continue;
        uint32_t value = read_value(&t, at);
        return value <= 8 ? value : 0;
    }
    return 0;
}

unsigned mien_xmp_orientation(const unsigned char *data, size_t nbytes)
{
    static const char name[] = "tiff:Orientation";
    const unsigned char *end = data + nbytes;
    while (data < end && (data = memchr(data, 't', (size_t)(end - data))) != NULL) {
        if ((size_t)(end - data) < sizeof name || memcmp(data, name, sizeof name - 1) != 0) {
            data++;
            continue;
        }
        data += sizeof name - 1;
        while (data < end && (*data == ' ' || *data == '=' || *data == '>' || *data == '"' ||
                              *data == '\'' || (*data >= '\t' && *data <= '\r')))
            data++;
        bool digit = data < end && *data >= '1' && *data <= '8';
        return digit && (end - data < 2 || data[1] < '0' || data[1] > '9') ? (unsigned)(*data - '0')
                                                                           : 0;
    }
    return 0;
}

bool mien_exif_is_sideways(unsigned orientation)
{
    return orientation >= 5;
}

mien_status mien_exif_turn(unsigned orientation, mien_picture *picture)
{
    if (orientation < 2)
        return MIEN_OK;
    /* whether upright columns and rows count from the other end of what is stored */
    bool flip_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    bool flip_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    bool sideways = mien_exif_is_sideways(orientation);
    size_t size = picture->channels * picture->depth / 8;
    size_t width = sideways ? picture->height : picture->width;
    size_t height = sideways ? picture->width : picture->height;
    const unsigned char *from = picture->pixels;
    unsigned char *upright = mien_alloc_raw(width * height, size), *to = upright;
    if (!upright)
        return MIEN_ERR_NOMEM;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++, to += size) {
            size_t column = flip_x ? width - 1 - x : x, row = flip_y ? height - 1 - y : y;
            size_t at = sideways ? column * picture->width + row : row * picture->width + column;
            memcpy(to, from + at * size, size);
        }
    mien_free(picture->pixels);
    picture->pixels = upright;
    picture->width = width;
    picture->height = height;
    return MIEN_OK;
}
