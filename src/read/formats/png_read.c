/* png_read.c - PNG files: a walk over their chunks, and the clean file that stb_image decodes.
 * SPDX-License-Identifier: MIT
 *
 * stb_image checks neither order nor CRC, and fails at faults that libpng passes over. So the
 * order, sizes and CRC of the chunks that have to do with pixels are checked here; the compressed
 * stream, in stb.c, must inflate to the bytes that the header promises and carry the right Adler
 * checksum. More than that is accepted, and so is whatever is wrong with chunks that carry no
 * pixels, as in libpng. A palette image is decoded as a grey picture of its indices and coloured
 * here, so that an index without a colour is an error: stb_image takes what lies on its stack.
 *
 * After https://www.w3.org/TR/png-3/, sections 5, 7 and 11. */
#include "base/deflate.h"
#include "base/memory.h"
#include "base/status.h"
#include "read/formats/exif.h"
#include "read/formats/stb.h"

#include <string.h>

static const unsigned char SIGNATURE[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

enum {
    CHUNK = 12,  /* length, type and CRC around a chunk's data */
    HEADER = 13, /* data of IHDR */
    MAX_KEY = 6, /* data of tRNS where it is a colour */
    MAX_PLAIN = 8 + 4 * CHUNK + HEADER + MAX_KEY + 1,
    RATIO = 1032 /* most bytes that one of data can make: 258 in two bits */
};

enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGBA = 6 };

typedef struct png {
    mien_picture_head head;
    const unsigned char *header; /* data of IHDR, in the file, as is all below */
    unsigned bits;               /* a sample: 1, 2, 4, 8, 16 */
    unsigned color_type;
    size_t samples;               /* a pixel, as stored: a palette's index is one */
    const unsigned char *palette; /* n_colors x R G B */
    size_t n_colors;
    const unsigned char *alpha; /* data of tRNS, or NULL */
    size_t n_alpha;             /* its bytes */
    const unsigned char *data;  /* of the first IDAT chunk */
    size_t data_bytes;          /* of all of them */
} png;

static uint32_t read_u32(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool is_png(const unsigned char *bytes, size_t nbytes)
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

/* What a decoding takes: the inflated rows and their pixels, with alpha where one colour may be
 * transparent; beside the pixels those of the largest pass of an interlaced image, or the colours
 * of a palette. */
static size_t memory_needed(const png *p, bool interlaced)
{
    size_t sample = p->head.depth / 8, row = (p->head.width * p->samples * p->bits + 7) / 8 + 1;
    size_t channels = p->samples + (p->color_type == GREY || p->color_type == RGB);
    size_t made = p->color_type == PALETTE ? 1 + 4 : channels * sample;
    if (interlaced)
        made += (channels * sample + 1) / 2;
    return p->head.height * (row + p->head.width * made);
}

static mien_status read_ihdr(const chunk *c, png *p, mien_error *err)
{
    static const unsigned char samples[] = {1, 0, 3, 1, 2, 0, 4};
    if (!is_type(c, "IHDR") || c->length != HEADER)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: it does not begin with its header");
    const unsigned char *d = c->data;
    unsigned bits = d[8], type = d[9];
    bool power = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
    bool good = power && (type == GREY || (type == PALETTE && bits <= 8) ||
                          ((type == RGB || type == GREY_ALPHA || type == RGBA) && bits >= 8));
    if (!good || d[10] != 0 || d[11] != 0 || d[12] > 1)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its header holds impossible values");
    mien_status st = mien_picture_check_size(read_u32(d), read_u32(d + 4), err);
    if (st)
        return st;
    *p = (png){.head = {.format = MIEN_FORMAT_PNG,
                        .width = read_u32(d),
                        .height = read_u32(d + 4),
                        .depth = bits == 16 ? 16 : 8,
                        .white = bits == 16 ? UINT16_MAX : UINT8_MAX},
               .header = d,
               .bits = bits,
               .color_type = type,
               .samples = samples[type]};
    p->head.memory = memory_needed(p, d[12] == 1);
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

static mien_status read_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                             mien_error *err)
{
    chunk c = {0};
    png p;
    size_t offset = sizeof SIGNATURE;
    mien_status st = read_chunk(bytes, nbytes, &offset, &c, err);
    if (!st)
        st = read_ihdr(&c, &p, err);
    if (st)
        return st;
    *out = p.head;
    out->orientation = find_orientation(bytes, nbytes, offset);
    return MIEN_OK;
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
static mien_status read_palette(const chunk *c, progress *seen, png *p, mien_error *err)
{
    size_t max = (size_t)1 << p->bits;
    if (p->color_type != PALETTE)
        return MIEN_OK;
    if (seen->palette || seen->data)
        return misplaced(c, err);
    seen->palette = true;
    p->palette = c->data;
    p->n_colors = c->length / 3 > max ? max : c->length / 3;
    if (c->length % 3 != 0 || c->length == 0 || c->length > 3 * 256)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: a palette of %zu bytes", c->length);
    return MIEN_OK;
}

/* One that libpng passes over is passed over: a second one, or one that cannot be meant. Of a
 * palette's, what has a colour counts, wherever it stands. */
static void read_transparency(const chunk *c, const progress *seen, png *p)
{
    unsigned type = p->color_type;
    bool good = type == PALETTE ? c->length >= 1
                : type == GREY  ? c->length == 2
                                : type == RGB && c->length == 6;
    if (!good || p->alpha || seen->data)
        return;
    p->alpha = c->data;
    p->n_alpha = c->length;
}

static mien_status read_any(const chunk *c, progress *seen, png *p, mien_error *err)
{
    if (is_type(c, "IDAT")) {
        if (p->color_type == PALETTE && !seen->palette)
            return misplaced(c, err);
        if (seen->data_over) /* surplus, if the others hold everything */
            return MIEN_OK;
        if (!seen->data)
            p->data = c->data;
        seen->data = true;
        p->data_bytes += c->length;
        return MIEN_OK;
    }
    seen->data_over = seen->data;
    if (is_type(c, "PLTE"))
        return read_palette(c, seen, p, err);
    if (is_type(c, "tRNS"))
        read_transparency(c, seen, p);
    if (is_type(c, "IEND")) {
        seen->end = true;
        return seen->data ? MIEN_OK : misplaced(c, err);
    }
    if (is_type(c, "CgBI"))
        return mien_fail(err, MIEN_ERR_FORMAT, "an iPhone's own kind of PNG (convert it to PNG)");
    return is_ancillary(c) ? MIEN_OK : misplaced(c, err);
}

/* Everything behind the signature. */
static mien_status walk(const unsigned char *bytes, size_t nbytes, png *p, mien_error *err)
{
    chunk c = {0};
    size_t offset = sizeof SIGNATURE;
    progress seen = {0};
    mien_status st = read_chunk(bytes, nbytes, &offset, &c, err);
    if (!st)
        st = read_ihdr(&c, p, err);
    while (!st && !seen.end) {
        st = read_chunk(bytes, nbytes, &offset, &c, err);
        if (!st)
            st = read_any(&c, &seen, p, err);
    }
    return st;
}

/* ---------------------------------------------------------------- the clean file */

/* Bytes of all rows, a filter byte before each. An interlaced image (Adam7) is stored as seven
 * pictures: every dx-th pixel of every dy-th row, from (x, y) on. */
static size_t inflated_bytes(const png *p)
{
    typedef struct pass {
        unsigned char x, y, dx, dy;
    } pass;
    static const pass whole[] = {{0, 0, 1, 1}};
    static const pass adam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                 {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    bool interlaced = p->header[12] == 1;
    size_t total = 0;
    for (const pass *s = interlaced ? adam7 : whole, *end = s + (interlaced ? 7 : 1); s < end;
         s++) {
        size_t width = (p->head.width + s->dx - 1 - s->x) / s->dx;
        size_t height = (p->head.height + s->dy - 1 - s->y) / s->dy;
        if (width)
            total += ((width * p->samples * p->bits + 7) / 8 + 1) * height;
    }
    return total;
}

/* A chunk. Returns its end. */
static unsigned char *put_chunk(unsigned char *at, const char *type, const void *data,
                                size_t nbytes)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (unsigned char)(nbytes >> (24 - 8 * i));
    memcpy(at + 4, type, 4);
    if (nbytes)
        memcpy(at + 8, data, nbytes);
    memset(at + 8 + nbytes, 0, 4); /* its CRC, which is not looked at */
    return at + CHUNK + nbytes;
}

/* The data of all IDAT chunks, which stand together. */
static void join_data(const png *p, unsigned char *to)
{
    const unsigned char *from = p->data;
    for (size_t filled = 0; filled < p->data_bytes;) {
        size_t length = read_u32(from - 8);
        memcpy(to + filled, from, length);
        filled += length;
        from += length + CHUNK;
    }
}

/* IHDR, tRNS where it is a colour, an IDAT of one byte, and IEND; the data stands behind it. No
 * memory is taken for more pixels than the data can hold. */
static mien_status make_plain(const png *p, mien_stb_file *out, mien_error *err)
{
    unsigned char header[HEADER], key[MAX_KEY];
    unsigned mask = (1u << p->bits) - 1; /* of a key the low bits count, says the standard */
    bool palette = p->color_type == PALETTE;
    *out = (mien_stb_file){.data_bytes = p->data_bytes, .inflated = inflated_bytes(p)};
    if (out->inflated / RATIO > p->data_bytes)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: not all of its pixels are there");
    unsigned char *at = out->bytes = mien_alloc_raw(MAX_PLAIN + p->data_bytes, 1);
    if (!at)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    memcpy(at, SIGNATURE, sizeof SIGNATURE);
    memcpy(header, p->header, HEADER);
    if (palette)
        header[9] = GREY;
    at = put_chunk(at + sizeof SIGNATURE, "IHDR", header, HEADER);
    for (size_t k = 0; k < p->n_alpha && !palette; k++)
        key[k] = (unsigned char)(p->alpha[k] & (k % 2 ? mask : mask >> 8));
    if (p->alpha && !palette)
        at = put_chunk(at, "tRNS", key, p->n_alpha);
    at = put_chunk(at, "IDAT", "", 1);
    at = put_chunk(at, "IEND", NULL, 0);
    out->nbytes = (size_t)(at - out->bytes);
    out->data = at;
    join_data(p, at);
    return MIEN_OK;
}

/* From a grey picture of indices to R, G, B, alpha. */
static mien_status apply_palette(const png *p, mien_picture *picture, mien_error *err)
{
    size_t count = picture->width * picture->height;
    unsigned step = UINT8_MAX / ((1u << p->bits) - 1);
    const uint8_t *index = picture->pixels;
    uint8_t *rgba = mien_alloc_raw(count, 4);
    if (!rgba)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < count; i++) {
        unsigned k = index[i] / step;
        if (k >= p->n_colors) {
            mien_free(rgba);
            return mien_fail(err, MIEN_ERR_FORMAT,
                             "damaged: a pixel of color %u in a palette of %zu", k, p->n_colors);
        }
        memcpy(rgba + 4 * i, p->palette + 3 * k, 3);
        rgba[4 * i + 3] = k < p->n_alpha ? p->alpha[k] : UINT8_MAX;
    }
    mien_free(picture->pixels);
    picture->pixels = rgba;
    picture->channels = 4;
    return MIEN_OK;
}

static mien_status decode(const unsigned char *bytes, size_t nbytes, const mien_picture_head *head,
                          mien_picture *out, mien_error *err)
{
    png p;
    mien_stb_file plain;
    mien_picture picture;
    mien_status st = walk(bytes, nbytes, &p, err);
    if (!st)
        st = make_plain(&p, &plain, err);
    if (!st)
        st = mien_stb_decode(&plain, head, &picture, err);
    if (st)
        return st;
    if (p.color_type == PALETTE)
        st = apply_palette(&p, &picture, err);
    if (st)
        mien_picture_free(&picture);
    else
        *out = picture;
    return st;
}

const mien_image_reader mien_reader_png = {is_png, read_head, decode};
