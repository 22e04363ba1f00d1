/* pnm.c - Netpbm's PGM and PPM, plain and raw.
 * SPDX-License-Identifier: MIT
 *
 * After https://netpbm.sourceforge.net/doc/pgm.html. Comments run from # to the end of the line and
 * may stand wherever white space may, up to the single white space character that comes before a
 * raw raster. */
#include "image/pnm.h"

#include "base/memory.h"
#include "base/status.h"

#include <string.h>

typedef struct reader {
    const unsigned char *at, *end;
} reader;

typedef struct header {
    mien_picture_head head;
    size_t channels, count; /* samples */
    unsigned maxval;
    bool plain;
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

bool mien_pnm_is(const unsigned char *bytes, size_t nbytes)
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

/* A number with a delimiter behind it: at the end of the data one cannot know whether all digits
 * are there. Numbers beyond `most` come back as most + 1. */
static bool read_number(reader *r, unsigned most, unsigned *out)
{
    skip_blanks(r);
    if (r->at == r->end || !is_digit(*r->at))
        return false;
    unsigned value = 0;
    for (; r->at < r->end && is_digit(*r->at); r->at++) {
        value = value * 10 + (unsigned)(*r->at - '0');
        if (value > most)
            value = most + 1;
    }
    *out = value;
    return r->at < r->end && (is_space(*r->at) || *r->at == '#');
}

static mien_status fail_number(const reader *r, const char *what, mien_error *err)
{
    if (r->at == r->end)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its header");
    return mien_fail(err, MIEN_ERR_FORMAT, "its %s is not a number", what);
}

/* The one white space character before a raw raster. Written by some programs as CR LF; the length
 * of what follows tells whether the LF belongs to it. */
static void skip_delimiter(reader *r, size_t raster_bytes)
{
    if (*r->at == '#')
        skip_comment(r);
    if (r->at == r->end)
        return;
    bool pair = *r->at == '\r' && r->end - r->at > 1 && r->at[1] == '\n';
    r->at++;
    if (pair && (size_t)(r->end - r->at) > raster_bytes)
        r->at++;
}

static mien_status read_header(const unsigned char *bytes, size_t nbytes, header *h,
                               mien_error *err)
{
    reader r = {bytes + 2, bytes + nbytes};
    unsigned width, height, maxval;
    char kind = (char)bytes[1];
    skip_blanks(&r);
    if (r.at < r.end && !is_digit(*r.at) && kind != '7')
        return mien_fail(err, MIEN_ERR_DATA, "text, not an image");
    if (kind == '1' || kind == '4')
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "a black and white PBM, which mien does not read (convert it to PNG)");
    if (kind == '7')
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "a PAM image, which mien does not read (convert it to PNG)");
    if (!read_number(&r, MIEN_PICTURE_SIDE, &width))
        return fail_number(&r, "width", err);
    if (!read_number(&r, MIEN_PICTURE_SIDE, &height))
        return fail_number(&r, "height", err);
    if (!read_number(&r, UINT16_MAX, &maxval))
        return fail_number(&r, "greatest value", err);
    if (maxval == 0 || maxval > UINT16_MAX)
        return mien_fail(err, MIEN_ERR_FORMAT, "its greatest value is not one of 1 to 65535");
    mien_status st = mien_picture_check_size(width, height, err);
    if (st)
        return st;
    bool color = kind == '3' || kind == '6';
    *h = (header){.head = {color ? MIEN_FORMAT_PPM : MIEN_FORMAT_PGM, width, height,
                           maxval > UINT8_MAX ? 16 : 8, 0},
                  .channels = color ? 3 : 1,
                  .maxval = maxval,
                  .plain = kind < '4'};
    h->count = h->head.width * h->head.height * h->channels;
    if (!h->plain)
        skip_delimiter(&r, h->count * (h->head.depth / 8));
    h->raster = r.at;
    return MIEN_OK;
}

mien_status mien_pnm_probe(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                           mien_error *err)
{
    header h;
    mien_status st = read_header(bytes, nbytes, &h, err);
    if (!st)
        *out = h.head;
    return st;
}

/* Stretch v to 0 .. full, rounded. */
static unsigned stretched(unsigned v, unsigned maxval, unsigned full)
{
    return (unsigned)(((uint64_t)v * full + maxval / 2) / maxval);
}

static mien_status fail_sample(unsigned maxval, mien_error *err)
{
    return mien_fail(err, MIEN_ERR_FORMAT, "a pixel is above its greatest value of %u", maxval);
}

static mien_status fail_truncated(mien_error *err)
{
    return mien_fail(err, MIEN_ERR_FORMAT, "truncated: not all of its pixels are there");
}

static mien_status read_plain(const header *h, const unsigned char *end, void *pixels,
                              mien_error *err)
{
    reader r = {h->raster, end};
    unsigned full = h->head.depth == 8 ? UINT8_MAX : UINT16_MAX;
    for (size_t i = 0; i < h->count; i++) {
        unsigned value;
        if (!read_number(&r, UINT16_MAX, &value)) {
            if (r.at < end)
                return mien_fail(err, MIEN_ERR_FORMAT, "a pixel is not a number");
            if (i + 1 == h->count && end > h->raster && is_digit(end[-1]))
                return mien_fail(err, MIEN_ERR_FORMAT,
                                 "truncated, or without a line end behind its last number");
            return fail_truncated(err);
        }
        if (value > h->maxval)
            return fail_sample(h->maxval, err);
        value = h->maxval == full ? value : stretched(value, h->maxval, full);
        if (h->head.depth == 8)
            ((uint8_t *)pixels)[i] = (uint8_t)value;
        else
            ((uint16_t *)pixels)[i] = (uint16_t)value;
    }
    return MIEN_OK;
}

static mien_status read_raw8(const header *h, uint8_t *pixels, mien_error *err)
{
    memcpy(pixels, h->raster, h->count);
    if (h->maxval == UINT8_MAX)
        return MIEN_OK;
    uint8_t table[UINT8_MAX + 1] = {0};
    for (unsigned v = 0; v <= h->maxval; v++)
        table[v] = (uint8_t)stretched(v, h->maxval, UINT8_MAX);
    for (size_t i = 0; i < h->count; i++) {
        if (pixels[i] > h->maxval)
            return fail_sample(h->maxval, err);
        pixels[i] = table[pixels[i]];
    }
    return MIEN_OK;
}

static mien_status read_raw16(const header *h, uint16_t *pixels, mien_error *err)
{
    const unsigned char *from = h->raster;
    for (size_t i = 0; i < h->count; i++, from += 2) {
        unsigned value = (unsigned)from[0] << 8 | from[1]; /* big-endian by definition */
        if (value > h->maxval)
            return fail_sample(h->maxval, err);
        pixels[i] =
            (uint16_t)(h->maxval == UINT16_MAX ? value : stretched(value, h->maxval, UINT16_MAX));
    }
    return MIEN_OK;
}

/* Before any allocation: a raw sample takes depth / 8 bytes, a plain one a digit and a blank. */
static mien_status check_length(const header *h, const unsigned char *end, mien_error *err)
{
    size_t have = (size_t)(end - h->raster);
    bool enough = h->plain ? h->count <= have / 2 : h->count <= have / (h->head.depth / 8);
    return enough ? MIEN_OK : fail_truncated(err);
}

static mien_status read_samples(const header *h, const unsigned char *end, void *pixels,
                                mien_error *err)
{
    if (h->plain)
        return read_plain(h, end, pixels, err);
    return h->head.depth == 8 ? read_raw8(h, pixels, err) : read_raw16(h, pixels, err);
}

mien_status mien_pnm_decode_to(const unsigned char *bytes, size_t nbytes, void *place,
                               mien_error *err)
{
    header h;
    mien_status st = read_header(bytes, nbytes, &h, err);
    if (!st)
        st = check_length(&h, bytes + nbytes, err);
    return st ? st : read_samples(&h, bytes + nbytes, place, err);
}

mien_status mien_pnm_decode(const unsigned char *bytes, size_t nbytes, mien_picture *out,
                            mien_error *err)
{
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
    *out = (mien_picture){h.head.width, h.head.height, h.channels, h.head.depth, pixels};
    return MIEN_OK;
}
