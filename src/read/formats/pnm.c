/* pnm.c - Netpbm's PBM, PGM and PPM, plain and raw.
 * SPDX-License-Identifier: MIT
 *
 * In place of stb_image's reader, which ignores the greatest value, swaps samples of 16 bits, knows
 * no plain files and takes what is cut short for whole (2.27): of 87 variants (tests/reference,
 * 2026-11) it refuses 57 and reads 12 wrongly. Samples stay as stored: in 8 bits up
 * to a maxval of 255, else in 16; the head's `white` is maxval. A PBM says 1 where the paper is
 * black, and becomes 0 and 255.
 *
 * After https://netpbm.sourceforge.net/doc/pgm.html. Comments run from # to the end of the line and
 * may stand wherever white space may, up to the single white space character that comes before a
 * raw raster. */
#include "base/memory.h"
#include "base/status.h"
#include "read/formats/formats.h"

#include <string.h>

typedef struct reader {
    const unsigned char *at, *end;
} reader;

typedef struct header {
    mien_picture_head head;
    size_t channels, count; /* samples */
    bool plain, bits;       /* bits: P1 or P4 */
    const unsigned char *raster;
} header;

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* 'P', a digit of 1..7, and white space or a comment. */
static bool is_pnm(const unsigned char *bytes, size_t nbytes)
{
    return nbytes >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' &&
           (is_space(bytes[2]) || bytes[2] == '#');
}

static void skip_comment(reader *r)
{
    while (r->at < r->end && *r->at != '\n' && *r->at != '\r')
        r->at++;
}

static void skip_blanks(reader *r)
{
    for (; r->at < r->end && (is_space(*r->at) || *r->at == '#'); r->at++) {
        if (*r->at == '#') {
            skip_comment(r);
            if (r->at == r->end)
                return;
        }
    }
}

/* A number, up to a delimiter or the end of the data. Numbers beyond `most` come back as most + 1.
 */
static bool read_number(reader *r, unsigned max, unsigned *out)
{
    skip_blanks(r);
    if (r->at == r->end || !is_digit(*r->at))
        return false;
    unsigned value = 0;
    for (; r->at < r->end && is_digit(*r->at); r->at++) {
        value = value * 10 + (unsigned)(*r->at - '0');
        if (value > max)
            value = max + 1;
    }
    *out = value;
    return r->at == r->end || is_space(*r->at) || *r->at == '#';
}

static mien_status fail_number(const reader *r, const char *what, mien_error *err)
{
    if (r->at == r->end)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its header");
    return mien_fail(err, MIEN_ERR_FORMAT, "its %s is not a number", what);
}

/* Bytes of a raw raster. A row of bits ends with its last byte. */
static size_t raster_bytes(const header *h)
{
    return h->bits ? (h->head.width + 7) / 8 * h->head.height : h->count * (h->head.depth / 8);
}

/* The one white space character before a raw raster. Written by some programs as CR LF; the length
 * of what follows tells whether the LF belongs to it. */
static void skip_delimiter(reader *r, size_t nbytes)
{
    if (r->at < r->end && *r->at == '#')
        skip_comment(r);
    if (r->at == r->end)
        return;
    bool pair = *r->at == '\r' && r->end - r->at > 1 && r->at[1] == '\n';
    r->at++;
    if (pair && (size_t)(r->end - r->at) > nbytes)
        r->at++;
}

static mien_status read_header(const unsigned char *bytes, size_t nbytes, header *h,
                               mien_error *err)
{
    reader r = {bytes + 2, bytes + nbytes};
    unsigned width, height, maxval = UINT8_MAX;
    char kind = (char)bytes[1];
    bool bits = kind == '1' || kind == '4', color = kind == '3' || kind == '6';
    skip_blanks(&r);
    if (r.at < r.end && !is_digit(*r.at) && kind != '7')
        return mien_fail(err, MIEN_ERR_DATA, "text, not an image");
    if (kind == '7')
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "a PAM image, which mien does not read (convert it to PNG)");
    if (!read_number(&r, MIEN_PICTURE_SIDE, &width))
        return fail_number(&r, "width", err);
    if (!read_number(&r, MIEN_PICTURE_SIDE, &height))
        return fail_number(&r, "height", err);
    if (!bits && !read_number(&r, UINT16_MAX, &maxval))
        return fail_number(&r, "greatest value", err);
    if (maxval == 0 || maxval > UINT16_MAX)
        return mien_fail(err, MIEN_ERR_FORMAT, "its greatest value is not one of 1 to 65535");
    mien_status st = mien_picture_check_size(width, height, err);
    if (st)
        return st;
    *h = (header){
        .head = {.format = bits    ? MIEN_FORMAT_PBM
                           : color ? MIEN_FORMAT_PPM
                                   : MIEN_FORMAT_PGM,
                 .width = width,
                 .height = height,
                 .depth = maxval > UINT8_MAX ? 16 : 8,
                 .white = maxval,
                 .memory = (size_t)width * height * (color ? 3 : 1) * (maxval > UINT8_MAX ? 2 : 1)},
        .channels = color ? 3 : 1,
        .plain = kind < '4',
        .bits = bits};
    h->count = h->head.width * h->head.height * h->channels;
    if (!h->plain)
        skip_delimiter(&r, raster_bytes(h));
    h->raster = r.at;
    return MIEN_OK;
}

static mien_status read_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                             mien_error *err)
{
    header h;
    mien_status st = read_header(bytes, nbytes, &h, err);
    if (!st)
        *out = h.head;
    return st;
}

static mien_status fail_sample(const header *h, mien_error *err)
{
    return mien_fail(err, MIEN_ERR_FORMAT, "a pixel is above its greatest value of %u",
                     h->head.white);
}

static mien_status fail_truncated(mien_error *err)
{
    return mien_fail(err, MIEN_ERR_FORMAT, "truncated: not all of its pixels are there");
}

static mien_status read_plain(const header *h, const unsigned char *end, void *pixels,
                              mien_error *err)
{
    reader r = {h->raster, end};
    for (size_t i = 0; i < h->count; i++) {
        unsigned value;
        if (!read_number(&r, UINT16_MAX, &value)) {
            if (r.at < end)
                return mien_fail(err, MIEN_ERR_FORMAT, "a pixel is not a number");
            return fail_truncated(err);
        }
        if (value > h->head.white)
            return fail_sample(h, err);
        if (h->head.depth == 8)
            ((uint8_t *)pixels)[i] = (uint8_t)value;
        else
            ((uint16_t *)pixels)[i] = (uint16_t)value;
    }
    return MIEN_OK;
}

/* P1: a digit a pixel, with or without blanks between them. */
static mien_status read_plain_bits(const header *h, const unsigned char *end, uint8_t *pixels,
                                   mien_error *err)
{
    reader r = {h->raster, end};
    for (size_t i = 0; i < h->count; i++) {
        skip_blanks(&r);
        if (r.at == end)
            return fail_truncated(err);
        if (*r.at != '0' && *r.at != '1')
            return mien_fail(err, MIEN_ERR_FORMAT, "a pixel is neither 0 nor 1");
        pixels[i] = *r.at++ == '0' ? UINT8_MAX : 0;
    }
    return MIEN_OK;
}

static mien_status read_raw_bits(const header *h, uint8_t *pixels)
{
    const unsigned char *row = h->raster;
    for (size_t y = 0; y < h->head.height; y++, row += (h->head.width + 7) / 8)
        for (size_t x = 0; x < h->head.width; x++)
            *pixels++ = row[x / 8] >> (7 - x % 8) & 1 ? 0 : UINT8_MAX;
    return MIEN_OK;
}

static mien_status read_raw8(const header *h, uint8_t *pixels, mien_error *err)
{
    memcpy(pixels, h->raster, h->count);
    for (size_t i = 0; h->head.white < UINT8_MAX && i < h->count; i++)
        if (pixels[i] > h->head.white)
            return fail_sample(h, err);
    return MIEN_OK;
}

static mien_status read_raw16(const header *h, uint16_t *pixels, mien_error *err)
{
    const unsigned char *from = h->raster;
    for (size_t i = 0; i < h->count; i++, from += 2) {
        pixels[i] = (uint16_t)(from[0] << 8 | from[1]); /* big-endian by definition */
        if (pixels[i] > h->head.white)
            return fail_sample(h, err);
    }
    return MIEN_OK;
}

/* Before any allocation: a plain number takes a digit and a blank, but for the last one. */
static mien_status check_length(const header *h, const unsigned char *end, mien_error *err)
{
    size_t have = (size_t)(end - h->raster);
    size_t needed = !h->plain ? raster_bytes(h) : h->bits ? h->count : 2 * h->count - 1;
    return have >= needed ? MIEN_OK : fail_truncated(err);
}

static mien_status read_samples(const header *h, const unsigned char *end, void *pixels,
                                mien_error *err)
{
    if (h->plain)
        return h->bits ? read_plain_bits(h, end, pixels, err) : read_plain(h, end, pixels, err);
    if (h->bits)
        return read_raw_bits(h, pixels);
    return h->head.depth == 8 ? read_raw8(h, pixels, err) : read_raw16(h, pixels, err);
}

static mien_status decode(const unsigned char *bytes, size_t nbytes, const mien_picture_head *head,
                          mien_picture *out, mien_error *err)
{
    (void)head;
    header h;
    mien_status st = read_header(bytes, nbytes, &h, err);
    if (!st)
        st = check_length(&h, bytes + nbytes, err);
    if (st)
        return st;
    void *pixels = mien_alloc_raw(h.count, h.head.depth / 8);
    if (!pixels)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    st = read_samples(&h, bytes + nbytes, pixels, err);
    if (st) {
        mien_free(pixels);
        return st;
    }
    *out =
        (mien_picture){h.head.width, h.head.height, h.channels, h.head.depth, h.head.white, pixels};
    return MIEN_OK;
}

const mien_image_reader mien_reader_pnm = {is_pnm, read_head, decode};
