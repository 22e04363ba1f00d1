/* gif.c - the first frame of a GIF file.
 * SPDX-License-Identifier: MIT
 *
 * In place of stb_image's reader, which refuses files whose table of codes is full (a "deferred
 * clear", every tenth file of some sites), pads what ends early, fills free canvas with a colour
 * that is transparent, and takes memory for any canvas: of 51 variants (tests/reference, 2026-11)
 * it refuses 6, reads 2 wrongly and takes 8 for whole that are not; giflib would be a library more
 * for one frame, with memory of its own. After the GIF89a specification (CompuServe, 1990). */
#include "base/memory.h"
#include "base/status.h"
#include "read/formats/formats.h"

#include <string.h>

enum {
    HEADER = 13,     /* signature and logical screen */
    DESCRIPTOR = 9,  /* of an image, behind its comma */
    MAX_CODES = 4096 /* of 12 bits */
};

/* A stream of what one byte can make at most: a code of 12 bits stands for up to 3839 pixels. */
enum { PIXELS_PER_BYTE = 2560, FREE_CANVAS = 1 << 20 };

typedef struct colors {
    const unsigned char *rgb; /* in the file; NULL: grey levels */
    size_t count;
} colors;

typedef struct gif {
    const unsigned char *at, *end; /* `at`: in the end at the frame's compressed data */
    size_t width, height;          /* of the picture */
    struct frame {
        size_t x, y, width, height;
        bool interlaced;
    } frame;
    colors global, colors; /* the frame's own, or the global ones */
    unsigned background;
    int transparent; /* -1: none */
} gif;

static bool is_gif(const unsigned char *bytes, size_t nbytes)
{
    return nbytes >= 6 && (memcmp(bytes, "GIF87a", 6) == 0 || memcmp(bytes, "GIF89a", 6) == 0);
}

static size_t read_le16(const unsigned char *b)
{
    return b[0] | (size_t)b[1] << 8;
}

static mien_status truncated(mien_error *err)
{
    return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends before its first picture");
}

/* A table of colours, if the flags tell of one. False when it is not all there. */
static bool read_colors(gif *g, unsigned flags, colors *out)
{
    if (!(flags & 0x80))
        return true;
    size_t count = (size_t)2 << (flags & 7);
    if ((size_t)(g->end - g->at) < 3 * count)
        return false;
    *out = (colors){g->at, count};
    g->at += 3 * count;
    return true;
}

/* An extension: of all kinds, only the transparent colour is of interest. */
static bool read_extension(gif *g)
{
    if (g->end - g->at < 2)
        return false;
    bool control = *g->at++ == 0xF9;
    while (g->at < g->end && *g->at) {
        size_t length = *g->at++;
        if ((size_t)(g->end - g->at) < length)
            return false;
        if (control && length >= 4)
            g->transparent = g->at[0] & 1 ? g->at[3] : -1;
        g->at += length;
    }
    return g->at++ < g->end;
}

/* Everything up to the data of the first image. */
static mien_status read_blocks(gif *g, mien_error *err)
{
    for (;;) { /* bytes that begin no block are passed over, as other readers do */
        if (g->at >= g->end)
            return truncated(err);
        unsigned char kind = *g->at++;
        if (kind == ';')
            return mien_fail(err, MIEN_ERR_FORMAT, "damaged: it holds no picture");
        if (kind == '!' && !read_extension(g))
            return truncated(err);
        if (kind == ',')
            break;
    }
    if (g->end - g->at < DESCRIPTOR)
        return truncated(err);
    const unsigned char *d = g->at;
    g->at += DESCRIPTOR;
    g->frame = (struct frame){read_le16(d), read_le16(d + 2), read_le16(d + 4), read_le16(d + 6),
                              d[8] & 0x40};
    return read_colors(g, d[8], &g->colors) ? MIEN_OK : truncated(err);
}

/* The size is that of the canvas, enlarged where the first frame hangs over it. */
static mien_status read_start(const unsigned char *bytes, size_t nbytes, gif *g, mien_error *err)
{
    if (nbytes < HEADER)
        return truncated(err);
    *g = (gif){.at = bytes + HEADER, .end = bytes + nbytes, .transparent = -1};
    g->width = read_le16(bytes + 6);
    g->height = read_le16(bytes + 8);
    g->background = bytes[11];
    if (!read_colors(g, bytes[10], &g->global))
        return truncated(err);
    g->colors = g->global;
    mien_status st = read_blocks(g, err);
    if (st)
        return st;
    const struct frame *f = &g->frame;
    g->width = f->x + f->width > g->width ? f->x + f->width : g->width;
    g->height = f->y + f->height > g->height ? f->y + f->height : g->height;
    st = f->width && f->height ? mien_picture_check_size(g->width, g->height, err)
                               : mien_picture_check_size(0, 0, err);
    if (!st && g->width * g->height > FREE_CANVAS + nbytes * PIXELS_PER_BYTE)
        st = mien_fail(err, MIEN_ERR_FORMAT,
                       "damaged or truncated: %zux%zu pixels, which its %zu bytes cannot hold",
                       g->width, g->height, nbytes);
    return st;
}

static mien_status read_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                             mien_error *err)
{
    gif g;
    mien_status st = read_start(bytes, nbytes, &g, err);
    if (!st) /* indices and colours */
        *out = (mien_picture_head){.format = MIEN_FORMAT_GIF,
                                   .width = g.width,
                                   .height = g.height,
                                   .depth = 8,
                                   .white = UINT8_MAX,
                                   .memory = g.width * g.height * 4};
    return st;
}

/* ---------------------------------------------------------------- compressed pixels */

/* Codes of growing size, the low bits first, in blocks of up to 255 bytes. */
typedef struct codes {
    const unsigned char *at, *end;
    size_t in_block; /* bytes that are left of it */
    uint32_t bits;
    unsigned n_bits;
} codes;

/* -1 when there are no more. */
static int next_code(codes *c, unsigned size)
{
    while (c->n_bits < size) {
        if (c->in_block == 0)
            c->in_block = c->at < c->end ? *c->at++ : 0;
        if (c->in_block == 0 || c->at == c->end)
            return -1;
        c->in_block--;
        c->bits |= (uint32_t)*c->at++ << c->n_bits;
        c->n_bits += 8;
    }
    int code = (int)(c->bits & ((1u << size) - 1));
    c->bits >>= size;
    c->n_bits -= size;
    return code;
}

/* LZW: what a code stands for has been written before, so the table holds places: code k beyond the
 * first ones is what the code before it wrote, and the pixel behind that. */
static mien_status inflate(codes *c, unsigned literal_bits, uint8_t *out, size_t wanted,
                           mien_error *err)
{
    size_t start[MAX_CODES], length[MAX_CODES];
    const int clear = 1 << literal_bits;
    int next = clear + 2;
    unsigned size = literal_bits + 1;
    bool first = true; /* after a clear code the next one adds nothing */
    size_t filled = 0, before = 0, before_length = 0;
    while (filled < wanted) {
        int code = next_code(c, size);
        if (code < 0 || code == clear + 1)
            return mien_fail(err, MIEN_ERR_FORMAT, "truncated: its pixels end early");
        if (code == clear) {
            next = clear + 2;
            size = literal_bits + 1;
            first = true;
            continue;
        }
        if (!first && next < MAX_CODES) {
            start[next] = before;
            length[next++] = before_length + 1;
        }
        if (code >= next || (first && code > clear))
            return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its compressed pixels are wrong");
        before = filled;
        before_length = code < clear ? 1 : length[code];
        if (code < clear)
            out[filled++] = (uint8_t)code;
        for (size_t k = 0; code > clear && k < length[code] && filled < wanted; k++, filled++)
            out[filled] = out[start[code] + k];
        if (next == 1 << size && size < 12)
            size++;
        first = false;
    }
    return MIEN_OK;
}

/* ---------------------------------------------------------------- the picture */

/* Row of the frame that is stored as the k-th: every eighth, those between, and so on. */
static size_t row_at(const struct frame *f, size_t k)
{
    static const struct {
        size_t first, step;
    } passes[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
    if (!f->interlaced)
        return k;
    for (size_t i = 0;; i++) {
        size_t rows = (f->height + passes[i].step - 1 - passes[i].first) / passes[i].step;
        if (k < rows)
            return passes[i].first + k * passes[i].step;
        k -= rows;
    }
}

/* Black for what is transparent or has no colour. */
static void get_color(const gif *g, const colors *table, unsigned index, uint8_t rgb[3])
{
    bool hidden = (int)index == g->transparent || (table->rgb && index >= table->count);
    for (size_t c = 0; c < 3; c++)
        rgb[c] = (uint8_t)(hidden ? 0 : table->rgb ? table->rgb[3 * index + c] : index);
}

/* What the frame leaves free is transparent when the frame has a transparent colour; otherwise it
 * is the background colour (GIF89a, section 18), unless other programs fill it with another (colour
 * 0, or none): such a file is refused. */
static mien_status fill(const gif *g, uint8_t *rgb, mien_error *err)
{
    size_t count = g->width * g->height;
    uint8_t color[3] = {0}, other[3];
    if (g->transparent < 0) {
        get_color(g, &g->colors, 0, color);
        get_color(g, &g->global, g->global.rgb ? g->background : 0, other);
        if (memcmp(color, other, sizeof color) != 0)
            return mien_fail(err, MIEN_ERR_FORMAT,
                             "its first frame leaves a part free, which programs fill differently "
                             "(convert it to PNG)");
    }
    for (size_t i = 0; i < count; i++)
        memcpy(rgb + 3 * i, color, sizeof color);
    return MIEN_OK;
}

static void paint(const gif *g, const uint8_t *indices, uint8_t *rgb)
{
    const struct frame *f = &g->frame;
    uint8_t palette[UINT8_MAX + 1][3];
    for (unsigned k = 0; k <= UINT8_MAX; k++)
        get_color(g, &g->colors, k, palette[k]);
    for (size_t y = 0; y < f->height; y++) {
        uint8_t *to = rgb + 3 * ((f->y + row_at(f, y)) * g->width + f->x);
        for (size_t x = 0; x < f->width; x++, to += 3)
            memcpy(to, palette[*indices++], 3);
    }
}

/* R, G, B of the canvas with the first frame on it; what is transparent is black. */
static mien_status decode(const unsigned char *bytes, size_t nbytes, const mien_picture_head *head,
                          mien_picture *out, mien_error *err)
{
    gif g;
    (void)head;
    mien_status st = read_start(bytes, nbytes, &g, err);
    if (st)
        return st;
    unsigned literal_bits = g.at < g.end ? *g.at++ : 0;
    size_t count = g.frame.width * g.frame.height;
    if (literal_bits < 1 || literal_bits > 8)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its compressed pixels are wrong");
    codes c = {.at = g.at, .end = g.end};
    uint8_t *indices = mien_alloc_raw(count, 1);
    uint8_t *rgb = indices ? mien_alloc_raw(g.width * g.height, 3) : NULL;
    st =
        rgb ? inflate(&c, literal_bits, indices, count, err) : mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st && count < g.width * g.height)
        st = fill(&g, rgb, err);
    if (!st)
        paint(&g, indices, rgb);
    mien_free(indices);
    if (st)
        mien_free(rgb);
    else
        *out = (mien_picture){g.width, g.height, 3, 8, UINT8_MAX, rgb};
    return st;
}

const mien_image_reader mien_reader_gif = {is_gif, read_head, decode};
