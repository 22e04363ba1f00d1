/* png_check.c - is a PNG file whole?
 * SPDX-License-Identifier: MIT
 *
 * After https://www.w3.org/TR/png-3/, sections 5, 7 and 11. */
#include "read/formats/png_check.h"

#include "base/deflate.h"
#include "base/memory.h"
#include "base/status.h"
#include "read/formats/exif.h"

#include <string.h>

static const unsigned char SIGNATURE[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

enum {
    CHUNK = 12, /* length, type and CRC around a chunk's data */
    HEADER = 13 /* data of IHDR */
};

static uint32_t read_u32(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

bool mien_png_is(const unsigned char *bytes, size_t nbytes)
{
    return nbytes >= sizeof SIGNATURE && memcmp(bytes, SIGNATURE, sizeof SIGNATURE) == 0;
}

typedef struct chunk {
    const unsigned char *type, *data;
    size_t length;
} chunk;

static bool is_type(const chunk *c, const char *type)
{
    return memcmp(c->type, type, 4) == 0;
}

static bool is_ancillary(const chunk *c)
{
    return c->type[0] & 0x20;
}

/* The chunk at *offset; moves *offset behind it. */
static mien_status next_chunk(const unsigned char *bytes, size_t nbytes, size_t *offset, chunk *c,
                              mien_error *err)
{
    size_t left = nbytes - *offset;
    if (left < CHUNK)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: its last chunk (IEND) is missing");
    const unsigned char *at = bytes + *offset;
    uint32_t length = read_u32(at);
    if (length > INT32_MAX)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: a chunk has no valid length");
    if (length > left - CHUNK)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within a chunk");
    *c = (chunk){at + 4, at + 8, length};
    *offset += length + CHUNK;
    return MIEN_OK;
}

/* Of what has to do with pixels names and checksums count, of the rest nothing. */
static mien_status check_chunk(const chunk *c, mien_error *err)
{
    if (is_ancillary(c) && !is_type(c, "tRNS"))
        return MIEN_OK;
    for (int i = 0; i < 4; i++) {
        unsigned char letter = c->type[i] | 0x20;
        if (letter < 'a' || letter > 'z')
            return mien_fail(err, MIEN_ERR_FORMAT, "damaged: a chunk has no valid name");
    }
    if (mien_crc32(c->type, c->length + 4) != read_u32(c->data + c->length))
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: the checksum of chunk %.4s is wrong",
                         (const char *)c->type);
    return MIEN_OK;
}

static mien_status read_chunk(const unsigned char *bytes, size_t nbytes, size_t *offset, chunk *c,
                              mien_error *err)
{
    mien_status st = next_chunk(bytes, nbytes, offset, c, err);
    return st ? st : check_chunk(c, err);
}

static mien_status read_ihdr(const chunk *c, mien_png *png, mien_error *err)
{
    if (!is_type(c, "IHDR") || c->length != HEADER)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: it does not begin with its header");
    const unsigned char *d = c->data;
    unsigned bits = d[8], type = d[9];
    bool power = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
    bool good =
        power && (type == MIEN_PNG_GREY || (type == MIEN_PNG_PALETTE && bits <= 8) ||
                  ((type == MIEN_PNG_RGB || type == MIEN_PNG_GREY_ALPHA || type == MIEN_PNG_RGBA) &&
                   bits >= 8));
    if (!good || d[10] != 0 || d[11] != 0 || d[12] > 1)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its header holds impossible values");
    mien_status st = mien_picture_check_size(read_u32(d), read_u32(d + 4), err);
    if (st)
        return st;
    *png = (mien_png){.head = {.format = MIEN_FORMAT_PNG,
                               .width = read_u32(d),
                               .height = read_u32(d + 4),
                               .depth = bits == 16 ? 16 : 8,
                               .white = bits == 16 ? UINT16_MAX : UINT8_MAX},
                      .bits = bits,
                      .color_type = type,
                      .interlaced = d[12] == 1};
    /* what is inflated, and its pixels, which have four channels when there is a palette */
    size_t samples = mien_png_samples(png), unpacked = samples * png->head.depth / 8;
    png->head.memory = png->head.width * png->head.height *
                       ((samples * bits + 7) / 8 + (type == MIEN_PNG_PALETTE ? 5 : unpacked));
    return MIEN_OK;
}

/* The orientation that a chunk tells, or 0: EXIF, or XMP as text that is not compressed. A chunk
 * whose checksum is wrong is not there, as in libpng. */
static unsigned read_orientation(const chunk *c)
{
    static const char xmp[] = "XML:com.adobe.xmp";
    bool is_xmp = is_type(c, "iTXt") && c->length > sizeof xmp + 1 &&
                  memcmp(c->data, xmp, sizeof xmp) == 0 && c->data[sizeof xmp] == 0;
    if ((!is_xmp && !is_type(c, "eXIf")) ||
        mien_crc32(c->type, c->length + 4) != read_u32(c->data + c->length))
        return 0;
    return is_xmp ? mien_xmp_orientation(c->data, c->length)
                  : mien_exif_orientation(c->data, c->length);
}

/* It may stand behind the pixels. EXIF comes before XMP. */
static unsigned find_orientation(const unsigned char *bytes, size_t nbytes, size_t offset)
{
    unsigned xmp = 0;
    chunk c = {0};
    while (!next_chunk(bytes, nbytes, &offset, &c, NULL) && !is_type(&c, "IEND")) {
        unsigned found = read_orientation(&c);
        if (found && is_type(&c, "eXIf"))
            return found;
        xmp = xmp ? xmp : found;
    }
    return xmp;
}

mien_status mien_png_head(const unsigned char *bytes, size_t nbytes, mien_png *out, mien_error *err)
{
    chunk c = {0};
    size_t offset = sizeof SIGNATURE;
    mien_status st = read_chunk(bytes, nbytes, &offset, &c, err);
    if (!st)
        st = read_ihdr(&c, out, err);
    if (!st)
        out->head.orientation = find_orientation(bytes, nbytes, offset);
    return st;
}

/* ---------------------------------------------------------------- the chunks behind the header */

typedef struct progress {
    bool palette, data, data_over, end;
} progress;

static mien_status misplaced(const chunk *c, mien_error *err)
{
    return mien_fail(err, MIEN_ERR_FORMAT, "damaged: chunk %.4s is in the wrong place",
                     (const char *)c->type);
}

/* What is wrong with a palette that colours nothing is of no consequence. */
static mien_status read_palette(const chunk *c, progress *seen, mien_png *png, mien_error *err)
{
    size_t most = (size_t)1 << png->bits;
    if (png->color_type != MIEN_PNG_PALETTE)
        return MIEN_OK;
    if (seen->palette || seen->data)
        return misplaced(c, err);
    seen->palette = true;
    png->palette = c->data;
    png->n_colors = c->length / 3 > most ? most : c->length / 3;
    if (c->length % 3 != 0 || c->length == 0 || c->length > 3 * 256)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: a palette of %zu bytes", c->length);
    return MIEN_OK;
}

/* One that libpng passes over is passed over: a second one, or one that cannot be meant. Of a
 * palette's, what has a colour counts, wherever it stands. */
static void read_transparency(const chunk *c, const progress *seen, mien_png *png)
{
    unsigned type = png->color_type;
    bool good = type == MIEN_PNG_PALETTE ? c->length >= 1
                : type == MIEN_PNG_GREY  ? c->length == 2
                                         : type == MIEN_PNG_RGB && c->length == 6;
    if (!good || png->alpha || seen->data)
        return;
    png->alpha = c->data;
    png->n_alpha = c->length;
}

static mien_status read_any(const chunk *c, progress *seen, mien_png *png, mien_error *err)
{
    if (is_type(c, "IDAT")) {
        if (png->color_type == MIEN_PNG_PALETTE && !seen->palette)
            return misplaced(c, err);
        if (seen->data_over) /* surplus, if the others hold everything */
            return MIEN_OK;
        if (!seen->data)
            png->data = c->data;
        seen->data = true;
        png->data_bytes += c->length;
        return MIEN_OK;
    }
    seen->data_over = seen->data;
    if (is_type(c, "PLTE"))
        return read_palette(c, seen, png, err);
    if (is_type(c, "tRNS"))
        read_transparency(c, seen, png);
    if (is_type(c, "IEND")) {
        seen->end = true;
        return seen->data ? MIEN_OK : misplaced(c, err);
    }
    if (is_type(c, "CgBI"))
        return mien_fail(err, MIEN_ERR_FORMAT, "an iPhone's own kind of PNG (convert it to PNG)");
    return is_ancillary(c) ? MIEN_OK : misplaced(c, err);
}

/* ---------------------------------------------------------------- the compressed stream */

size_t mien_png_samples(const mien_png *png)
{
    static const unsigned samples[] = {1, 0, 3, 1, 2, 0, 4};
    return samples[png->color_type];
}

unsigned mien_png_n_passes(const mien_png *png)
{
    return png->interlaced ? 7 : 1;
}

mien_png_pass mien_png_pass_at(const mien_png *png, unsigned k)
{
    static const mien_png_pass adam7[] = {
        {.x = 0, .y = 0, .dx = 8, .dy = 8}, {.x = 4, .y = 0, .dx = 8, .dy = 8},
        {.x = 0, .y = 4, .dx = 4, .dy = 8}, {.x = 2, .y = 0, .dx = 4, .dy = 4},
        {.x = 0, .y = 2, .dx = 2, .dy = 4}, {.x = 1, .y = 0, .dx = 2, .dy = 2},
        {.x = 0, .y = 1, .dx = 1, .dy = 2}};
    mien_png_pass pass = png->interlaced ? adam7[k] : (mien_png_pass){.dx = 1, .dy = 1};
    pass.width = (png->head.width + pass.dx - 1 - pass.x) / pass.dx;
    pass.height = (png->head.height + pass.dy - 1 - pass.y) / pass.dy;
    if (pass.width == 0 || pass.height == 0)
        pass.width = pass.height = 0;
    pass.row_nbytes = (pass.width * mien_png_samples(png) * png->bits + 7) / 8;
    return pass;
}

/* Bytes of all rows, a filter byte before each. */
static size_t raw_bytes(const mien_png *png)
{
    size_t total = 0;
    for (unsigned k = 0; k < mien_png_n_passes(png); k++) {
        mien_png_pass pass = mien_png_pass_at(png, k);
        total += (pass.row_nbytes + 1) * pass.height;
    }
    return total;
}

/* The data of all IDAT chunks, which stand together, one behind the other. */
static void join_data(const mien_png *png, unsigned char *to)
{
    const unsigned char *at = png->data;
    for (size_t filled = 0; filled < png->data_bytes;) {
        size_t length = read_u32(at - 8);
        memcpy(to + filled, at, length);
        filled += length;
        at += length + CHUNK;
    }
}

/* *rows <- the inflated stream. What a header promises is at most MIEN_PICTURE_AREA pixels, and no
 * memory is taken for more than the data can hold: one byte of it makes at most RATIO. */
static mien_status inflate_rows(const mien_png *png, unsigned char **rows, mien_error *err)
{
    enum { RATIO = 1032 }; /* 258 bytes in two bits */
    size_t wanted = raw_bytes(png);
    const unsigned char *data = png->data;
    unsigned char *joined = NULL, *to = NULL;
    mien_status st = MIEN_OK;
    if (wanted / RATIO > png->data_bytes)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: not all of its pixels are there");
    if (read_u32(data - 8) != png->data_bytes) {
        data = joined = mien_alloc_raw(png->data_bytes, 1);
        if (joined)
            join_data(png, joined);
    }
    if (data)
        to = mien_alloc_raw(wanted, 1);
    st = to ? mien_inflate(data, png->data_bytes, to, wanted, err)
            : mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_free(joined);
    if (st)
        mien_free(to);
    else
        *rows = to;
    return st;
}

mien_status mien_png_check(const unsigned char *bytes, size_t nbytes, mien_png *out,
                           unsigned char **rows, mien_error *err)
{
    chunk c = {0};
    size_t offset = sizeof SIGNATURE;
    progress seen = {0};
    mien_png png;
    mien_status st = read_chunk(bytes, nbytes, &offset, &c, err);
    if (!st)
        st = read_ihdr(&c, &png, err);
    while (!st && !seen.end) {
        st = read_chunk(bytes, nbytes, &offset, &c, err);
        if (!st)
            st = read_any(&c, &seen, &png, err);
    }
    if (!st)
        st = inflate_rows(&png, rows, err);
    if (!st)
        *out = png;
    return st;
}
