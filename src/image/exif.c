/* exif.c - which way up a photograph was taken.
 * SPDX-License-Identifier: MIT
 *
 * A camera writes pixels as its sensor sees them and notes how it was held. Of all that EXIF holds
 * one tag is read, in the first directory; no offset is trusted. */
#include "image/exif.h"

#include "base/memory.h"

#include <string.h>

enum {
    HEAD = 6,  /* "Exif", two zeros: what follows is a TIFF file of its own */
    ENTRY = 12 /* tag, type, count, value */
};
enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };

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

unsigned mien_exif_orientation(const unsigned char *data, size_t nbytes)
{
    if (nbytes < HEAD + 8 || memcmp(data, "Exif\0", HEAD) != 0)
        return 0;
    tiff t = {data + HEAD, nbytes - HEAD, data[HEAD] == 'M'};
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
        uint32_t value = read_number(&t, at + 8, 2);
        bool good = read_number(&t, at + 2, 2) == TYPE_SHORT && read_number(&t, at + 4, 4) == 1 &&
                    value <= 8;
        return good ? value : 0;
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
