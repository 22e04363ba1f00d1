/* png.c - canvases as PNG, in memory and on disk.
 * SPDX-License-Identifier: MIT */
#include "draw/png.h"

#include "base/deflate.h"
#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    SIGNATURE = 8,
    CHUNK = 12,  /* length, type and CRC around a chunk's data */
    HEADER = 13, /* data of IHDR */
    FILTER_NONE = 0,
    FILTER_UP = 2 /* enlarged pixels repeat the row above, so there is little to choose */
};

static const uint8_t *row_of(const mien_canvas *canvas, size_t y)
{
    return canvas->pixels + y * canvas->width * 3;
}

/* Most rows of an enlarged picture do, and need no second look. */
static bool repeats_row_above(const mien_canvas *canvas, size_t y)
{
    return y && memcmp(row_of(canvas, y), row_of(canvas, y - 1), canvas->width * 3) == 0;
}

static bool is_grey(const mien_canvas *canvas)
{
    for (size_t y = 0; y < canvas->height; y++) {
        if (repeats_row_above(canvas, y))
            continue;
        const uint8_t *pixel = row_of(canvas, y), *end = pixel + canvas->width * 3;
        for (; pixel < end; pixel += 3)
            if (pixel[0] != pixel[1] || pixel[0] != pixel[2])
                return false;
    }
    return true;
}

/* ---------------------------------------------------------------- encoding */

/* Every `step`-th byte of a row less that of the row above. */
static void subtract_rows(const uint8_t *row, const uint8_t *above, size_t count, size_t step,
                          unsigned char *restrict to)
{
    if (step == 1)
        for (size_t k = 0; k < count; k++)
            to[k] = (unsigned char)(row[k] - above[k]);
    else
        for (size_t k = 0; k < count; k++)
            to[k] = (unsigned char)(row[step * k] - above[step * k]);
}

/* Each row behind its filter byte (PNG, section 9.2); what is above the first counts as zero. */
static void filter_rows(const mien_canvas *canvas, size_t channels, unsigned char *to)
{
    size_t row_nbytes = canvas->width * channels, step = 3 / channels;
    for (size_t y = 0; y < canvas->height; y++, to += row_nbytes + 1) {
        const uint8_t *row = row_of(canvas, y);
        to[0] = y ? FILTER_UP : FILTER_NONE;
        if (repeats_row_above(canvas, y))
            memset(to + 1, 0, row_nbytes);
        else if (y)
            subtract_rows(row, row_of(canvas, y - 1), row_nbytes, step, to + 1);
        else
            for (size_t k = 0; k < row_nbytes; k++)
                to[1 + k] = row[k * step];
    }
}

static unsigned char *put_u32(unsigned char *at, size_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (24 - 8 * i));
    return at + 4;
}

/* A chunk around `length` bytes of data that stand behind its 8 bytes of head; returns its end. */
static unsigned char *put_chunk(unsigned char *at, const char *type, size_t length)
{
    put_u32(at, length);
    memcpy(at + 4, type, 4);
    return put_u32(at + 8 + length, mien_crc32(at + 4, length + 4));
}

static unsigned char *put_header(unsigned char *at, const mien_canvas *canvas, size_t channels)
{
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    memcpy(at, signature, sizeof signature);
    at += sizeof signature;
    unsigned char *data = at + 8;
    put_u32(put_u32(data, canvas->width), canvas->height);
    memcpy(data + 8, channels == 1 ? "\x08\0\0\0\0" : "\x08\x02\0\0\0", 5);
    return put_chunk(at, "IHDR", HEADER);
}

mien_status mien_png_encode(const mien_canvas *canvas, unsigned char **out, size_t *nbytes,
                            mien_error *err)
{
    size_t channels = is_grey(canvas) ? 1 : 3;
    size_t raw = (canvas->width * channels + 1) * canvas->height, used = 0;
    unsigned char *rows = mien_alloc_raw(raw, 1), *png = NULL, *at = NULL;
    if (rows)
        filter_rows(canvas, channels, rows);
    /* pictures come to a fraction of their pixels; the bound is more than all of them */
    for (int wide = 0; wide < 2 && rows && !used; wide++) {
        size_t room = wide ? mien_deflate_bound(raw) : raw / 2 + CHUNK;
        mien_free(png);
        png = mien_alloc_raw(room + SIGNATURE + 3 * CHUNK + HEADER, 1);
        if (!png)
            break;
        at = put_header(png, canvas, channels);
        used = mien_deflate(rows, raw, at + 8, room);
    }
    mien_free(rows);
    if (!used) {
        mien_free(png);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    at = put_chunk(at, "IDAT", used);
    at = put_chunk(at, "IEND", 0);
    *out = png;
    *nbytes = (size_t)(at - png);
    return MIEN_OK;
}

mien_status mien_png_write(const mien_canvas *canvas, const char *path, mien_error *err)
{
    unsigned char *png;
    size_t nbytes;
    mien_status st = mien_png_encode(canvas, &png, &nbytes, err);
    if (st)
        return st;
    FILE *file = fopen(path, "wb");
    bool whole = file && fwrite(png, 1, nbytes, file) == nbytes && fflush(file) == 0;
    int why = errno;
    if (file && fclose(file) != 0 && whole) {
        whole = false;
        why = errno;
    }
    mien_free(png);
    return whole ? MIEN_OK : mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(why));
}

mien_status mien_canvas_write(mien_outdir *dir, const char *folder, const char *name,
                              mien_canvas *canvas, mien_error *err)
{
    char path[128];
    unsigned char *png;
    size_t nbytes;
    snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", name);
    mien_status st = mien_png_encode(canvas, &png, &nbytes, err);
    mien_canvas_free(canvas);
    if (st)
        return st;
    st = mien_outdir_write(dir, path, png, nbytes, err);
    mien_free(png);
    return st;
}
