/* png_check.c - is a PNG file whole?
 * SPDX-License-Identifier: MIT
 *
 * After https://www.w3.org/TR/png-3/, sections 5, 7 and 11. */
#include "image/png_check.h"

#include "base/memory.h"
#include "base/status.h"

#include <string.h>
#include <zlib.h>

static const unsigned char SIGNATURE[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

enum {
    CHUNK = 12,  /* length, type and CRC around a chunk's data */
    HEADER = 13, /* data of IHDR */
    WINDOW = 1 << 15
};

static uint32_t read_u32(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void write_u32(unsigned char *b, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        b[i] = (unsigned char)(value >> (24 - 8 * i));
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

/* The chunk at *offset, with its CRC checked; moves *offset behind it. */
static mien_status read_chunk(const unsigned char *bytes, size_t nbytes, size_t *offset, chunk *c,
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
    for (int i = 0; i < 4; i++) {
        unsigned char letter = c->type[i] | 0x20;
        if (letter < 'a' || letter > 'z')
            return mien_fail(err, MIEN_ERR_FORMAT, "damaged: a chunk has no valid name");
    }
    uint32_t sum = (uint32_t)crc32(0, c->type, (uInt)length + 4);
    if (sum != read_u32(c->data + length))
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: the checksum of chunk %.4s is wrong",
                         (const char *)c->type);
    *offset += length + CHUNK;
    return MIEN_OK;
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
    *png = (mien_png){.head = {MIEN_FORMAT_PNG, read_u32(d), read_u32(d + 4), bits == 16 ? 16 : 8},
                      .bits = bits,
                      .color_type = type,
                      .interlaced = d[12] == 1};
    return MIEN_OK;
}

mien_status mien_png_head(const unsigned char *bytes, size_t nbytes, mien_png *out, mien_error *err)
{
    chunk c = {0};
    size_t offset = sizeof SIGNATURE;
    mien_status st = read_chunk(bytes, nbytes, &offset, &c, err);
    return st ? st : read_ihdr(&c, out, err);
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

static mien_status read_palette(const chunk *c, progress *seen, mien_png *png, mien_error *err)
{
    if (seen->palette || seen->data || png->color_type == MIEN_PNG_GREY ||
        png->color_type == MIEN_PNG_GREY_ALPHA)
        return misplaced(c, err);
    seen->palette = true;
    png->palette = c->data;
    png->n_colors = c->length / 3;
    size_t most = png->color_type == MIEN_PNG_PALETTE ? (size_t)1 << png->bits : 256;
    if (c->length % 3 != 0 || png->n_colors == 0 || png->n_colors > most)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: a palette of %zu bytes", c->length);
    return MIEN_OK;
}

static mien_status read_transparency(const chunk *c, const progress *seen, mien_png *png,
                                     mien_error *err)
{
    unsigned type = png->color_type;
    if (png->alpha || seen->data || type == MIEN_PNG_GREY_ALPHA || type == MIEN_PNG_RGBA ||
        (type == MIEN_PNG_PALETTE && !seen->palette))
        return misplaced(c, err);
    bool good = type == MIEN_PNG_PALETTE ? c->length >= 1 && c->length <= png->n_colors
                : type == MIEN_PNG_GREY  ? c->length == 2
                                         : c->length == 6;
    if (!good)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: %zu bytes of transparency", c->length);
    png->alpha = c->data;
    png->n_alpha = c->length;
    return MIEN_OK;
}

static mien_status read_any(const chunk *c, progress *seen, mien_png *png, mien_error *err)
{
    if (is_type(c, "IDAT")) {
        if (seen->data_over || (png->color_type == MIEN_PNG_PALETTE && !seen->palette))
            return misplaced(c, err);
        seen->data = true;
        png->data_bytes += c->length;
        return MIEN_OK;
    }
    seen->data_over = seen->data;
    if (is_type(c, "PLTE"))
        return read_palette(c, seen, png, err);
    if (is_type(c, "tRNS"))
        return read_transparency(c, seen, png, err);
    if (is_type(c, "IEND")) {
        seen->end = true;
        return seen->data && c->length == 0 ? MIEN_OK : misplaced(c, err);
    }
    if (is_type(c, "CgBI"))
        return mien_fail(err, MIEN_ERR_FORMAT, "an iPhone's own kind of PNG (convert it)");
    bool critical = !(c->type[0] & 0x20);
    return critical ? misplaced(c, err) : MIEN_OK;
}

/* ---------------------------------------------------------------- the compressed stream */

size_t mien_png_samples(const mien_png *png)
{
    static const unsigned samples[] = {1, 0, 3, 1, 2, 0, 4};
    return samples[png->color_type];
}

size_t mien_png_row_bytes(const mien_png *png, size_t width)
{
    return (width * mien_png_samples(png) * png->bits + 7) / 8;
}

/* Bytes of all rows, a filter byte before each; seven passes when interlaced (Adam7). */
static size_t raw_bytes(const mien_png *png)
{
    static const unsigned char x0[] = {0, 4, 0, 2, 0, 1, 0}, y0[] = {0, 0, 4, 0, 2, 0, 1};
    static const unsigned char dx[] = {8, 8, 4, 4, 2, 2, 1}, dy[] = {8, 8, 8, 4, 4, 2, 2};
    size_t w = png->head.width, h = png->head.height, total = 0;
    if (!png->interlaced)
        return (mien_png_row_bytes(png, w) + 1) * h;
    for (int pass = 0; pass < 7; pass++) {
        size_t pass_w = (w + dx[pass] - 1u - x0[pass]) / dx[pass];
        size_t pass_h = (h + dy[pass] - 1u - y0[pass]) / dy[pass];
        if (pass_w && pass_h)
            total += (mien_png_row_bytes(png, pass_w) + 1) * pass_h;
    }
    return total;
}

static void *inflate_alloc(void *opaque, uInt count, uInt size)
{
    (void)opaque;
    return mien_alloc_array(count, size);
}

static void inflate_free(void *opaque, void *memory)
{
    (void)opaque;
    mien_free(memory);
}

/* Feed all IDAT chunks to `stream`, which must end with the last of them. Returns zlib's word on
 * it; *produced is how much came out, no more than a window beyond `expected`. `to` has room for
 * `size` bytes: all that is expected and one more, or a window that is filled again and again. */
static int inflate_all(z_stream *stream, const unsigned char *bytes, size_t nbytes, size_t expected,
                       size_t *produced, unsigned char *to, size_t size)
{
    size_t offset = sizeof SIGNATURE;
    int state = Z_OK;
    chunk c = {0};
    while (state == Z_OK && offset < nbytes && !read_chunk(bytes, nbytes, &offset, &c, NULL)) {
        if (!is_type(&c, "IDAT"))
            continue;
        stream->next_in = (z_const Bytef *)(uintptr_t)c.data;
        stream->avail_in = (uInt)c.length;
        do {
            size_t room = size > expected ? size - *produced : size;
            stream->next_out = size > expected ? to + *produced : to;
            stream->avail_out = (uInt)room;
            state = inflate(stream, Z_NO_FLUSH);
            *produced += room - stream->avail_out;
        } while (state == Z_OK && stream->avail_out == 0 && *produced <= expected);
        if (state == Z_BUF_ERROR && stream->avail_in == 0)
            state = Z_OK; /* it wants more input, which the next chunk has */
        if (*produced > expected)
            break;
    }
    return state;
}

static mien_status judge(int state, size_t produced, size_t expected, mien_error *err)
{
    if (state == Z_MEM_ERROR)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (produced > expected)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: more data than its size explains");
    if (state == Z_OK)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: its compressed data has no end");
    if (state != Z_STREAM_END)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its compressed data is wrong");
    if (produced < expected)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: not all of its pixels are there");
    return MIEN_OK;
}

/* *rows <- the inflated stream, or NULL when the image is interlaced: then a look through a window
 * is enough. What a header promises is at most MIEN_PICTURE_AREA pixels. */
static mien_status check_stream(const unsigned char *bytes, size_t nbytes, const mien_png *png,
                                unsigned char **rows, mien_error *err)
{
    size_t expected = raw_bytes(png), produced = 0;
    size_t size = png->interlaced && expected >= WINDOW ? WINDOW : expected + 1;
    z_stream stream = {.zalloc = inflate_alloc, .zfree = inflate_free};
    unsigned char *to = mien_alloc_raw(size, 1);
    if (!to || inflateInit(&stream) != Z_OK) {
        mien_free(to);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    int state = inflate_all(&stream, bytes, nbytes, expected, &produced, to, size);
    inflateEnd(&stream);
    mien_status st = judge(state, produced, expected, err);
    if (st || png->interlaced) {
        mien_free(to);
        to = NULL;
    }
    if (!st)
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
        st = check_stream(bytes, nbytes, &png, rows, err);
    if (!st)
        *out = png;
    return st;
}

static unsigned char *put_chunk(unsigned char *at, const char *type, size_t length)
{
    write_u32(at, (uint32_t)length);
    memcpy(at + 4, type, 4);
    write_u32(at + 8 + length, (uint32_t)crc32(0, at + 4, (uInt)length + 4));
    return at + CHUNK + length;
}

mien_status mien_png_strip(const unsigned char *bytes, const mien_png *png, unsigned char **out,
                           size_t *nbytes)
{
    size_t size = sizeof SIGNATURE + CHUNK + HEADER + CHUNK + png->data_bytes + CHUNK;
    unsigned char *bare = mien_alloc_raw(size, 1);
    if (!bare)
        return MIEN_ERR_NOMEM;
    memcpy(bare, SIGNATURE, sizeof SIGNATURE);
    unsigned char *at = bare + sizeof SIGNATURE;
    memcpy(at + 8, bytes + sizeof SIGNATURE + 8, HEADER);
    if (png->color_type == MIEN_PNG_PALETTE)
        at[8 + 9] = MIEN_PNG_GREY;
    at = put_chunk(at, "IHDR", HEADER);
    size_t filled = 0;
    for (size_t offset = sizeof SIGNATURE; filled < png->data_bytes;) {
        size_t length = read_u32(bytes + offset);
        if (memcmp(bytes + offset + 4, "IDAT", 4) == 0) {
            memcpy(at + 8 + filled, bytes + offset + 8, length);
            filled += length;
        }
        offset += length + CHUNK;
    }
    at = put_chunk(at, "IDAT", png->data_bytes);
    put_chunk(at, "IEND", 0);
    *out = bare;
    *nbytes = size;
    return MIEN_OK;
}
