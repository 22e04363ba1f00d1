/* jpeg.c - JPEG files: a walk over their markers, and the copy that stb_image decodes.
 * SPDX-License-Identifier: MIT
 *
 * The copy holds what a decoder needs and nothing else: junk and strange segments are left out, as
 * libjpeg does, the colours are said in one way (libjpeg's rules), and the compressed pixels of
 * each restart interval and of each scan are followed by ones. A code of ones does not exist, so
 * that a decoder which is to go on behind their end fails instead of making up pixels. What the
 * walk finds is what stb_image lets pass or stumbles over: a missing end marker, restart interval
 * or scan, Huffman tables of more than 256 codes (written past a table's end by version 2.27),
 * hundreds of scans. Of 216 variants (tests/reference, 2026-11) it refuses 24 by itself, reads 31
 * wrongly (colours, orientation) and takes 53 for whole that are not.
 *
 * After ITU-T T.81, annex B; what is passed over, and which colours are meant, after libjpeg. */
#include "base/memory.h"
#include "base/status.h"
#include "read/formats/exif.h"
#include "read/formats/stb.h"

#include <string.h>

enum {
    SOF0 = 0xC0,
    SOF1 = 0xC1,
    SOF2 = 0xC2,
    DHT = 0xC4,
    JPG = 0xC8,
    DAC = 0xCC,
    SOF15 = 0xCF,
    RST0 = 0xD0,
    RST7 = 0xD7,
    SOI = 0xD8,
    EOI = 0xD9,
    SOS = 0xDA,
    DQT = 0xDB,
    DNL = 0xDC,
    DRI = 0xDD,
    TEM = 0x01,
    APP0 = 0xE0,
    APP1 = 0xE1,
    APP14 = 0xEE,
    COM = 0xFE,
    MAX_CODES = 256,
    MAX_COMPONENTS = 4,
    PADDING = 32,          /* bytes behind a scan: more than a decoder looks ahead */
    MAX_WORK = 1 << 30,    /* pixels times scans, beside what the bytes explain */
    PIXELS_PER_BYTE = 512, /* a block of 64 takes a bit at least */
    BESIDE = 64            /* bytes of the copy that the file may not have: the colours' segment */
};

typedef struct component {
    unsigned char id, factors, table;
    uint64_t whole; /* a bit for each coefficient of which a scan has told the last bit */
} component;

typedef struct walk {
    const unsigned char *at, *end;
    unsigned orientation; /* 0 until a segment before the first scan tells it */
    bool jfif, adobe;
    unsigned transform; /* of Adobe's segment */
    bool frame, progressive, scan;
    mien_picture_head head;
    component components[MAX_COMPONENTS];
    unsigned n_components, max_x, max_y; /* sampling factors */
    size_t interval;                     /* MCUs between restarts; 0: none */
    unsigned quantizers, huffman;        /* a bit for each table that is there */
    size_t nbytes;                       /* of the file */
    mien_stb_file *copy;                 /* NULL while the header alone is read */
    mien_error *err;
} walk;

static bool is_jpeg(const unsigned char *bytes, size_t nbytes)
{
    return nbytes >= 3 && bytes[0] == 0xFF && bytes[1] == SOI && bytes[2] == 0xFF;
}

static mien_status truncated(const walk *w)
{
    return mien_fail(w->err, MIEN_ERR_FORMAT, "truncated: its end marker is missing");
}

static mien_status ends_early(const walk *w)
{
    return mien_fail(w->err, MIEN_ERR_FORMAT, "truncated: its pixels end early");
}

static mien_status damaged(const walk *w, const char *what)
{
    return mien_fail(w->err, MIEN_ERR_FORMAT, "damaged: %s", what);
}

static mien_status refuse(const walk *w, const char *what)
{
    return mien_fail(w->err, MIEN_ERR_FORMAT, "%s, which mien does not read (convert it to PNG)",
                     what);
}

/* ---------------------------------------------------------------- the copy */

static void put(walk *w, const unsigned char *bytes, size_t nbytes)
{
    if (w->copy && nbytes) {
        memcpy(w->copy->bytes + w->copy->nbytes, bytes, nbytes);
        w->copy->nbytes += nbytes;
    }
}

static void put_marker(walk *w, unsigned marker)
{
    const unsigned char bytes[] = {0xFF, (unsigned char)marker};
    put(w, bytes, sizeof bytes);
}

static void put_segment(walk *w, unsigned marker, const unsigned char *data, size_t length)
{
    const unsigned char size[] = {(unsigned char)((length + 2) >> 8), (unsigned char)(length + 2)};
    put_marker(w, marker);
    put(w, size, sizeof size);
    put(w, data, length);
}

static void put_ones(walk *w, size_t nbytes)
{
    static const unsigned char ones[] = {0xFF, 0};
    for (size_t k = 0; k < nbytes; k += sizeof ones)
        put(w, ones, sizeof ones);
}

/* What three or four components mean, as Adobe's segment says it. */
static void put_colors(walk *w)
{
    unsigned char data[] = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
    const component *c = w->components;
    bool named_rgb = c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B';
    if (w->n_components == 4)
        data[11] = w->adobe && w->transform ? 2 : 0;
    else
        data[11] = w->jfif ? 1 : w->adobe ? w->transform != 0 : !named_rgb;
    if (w->n_components > 1)
        put_segment(w, APP14, data, sizeof data);
}

/* ---------------------------------------------------------------- frame and tables */

static mien_status read_frame(walk *w, unsigned marker, const unsigned char *d, size_t length)
{
    if (marker > SOF2)
        return refuse(w, "a lossless, hierarchical or arithmetic JPEG");
    if (w->frame)
        return damaged(w, "it has two frames");
    if (length < 6 || length < 6 + 3 * (size_t)d[5])
        return damaged(w, "its frame header is too short");
    if (d[0] != 8)
        return refuse(w, "a JPEG of more than 8 bits");
    if (d[5] != 1 && d[5] != 3 && d[5] != 4)
        return refuse(w, "a JPEG whose number of components is not 1, 3 or 4");
    w->head = (mien_picture_head){.format = MIEN_FORMAT_JPEG,
                                  .width = (size_t)d[3] << 8 | d[4],
                                  .height = (size_t)d[1] << 8 | d[2],
                                  .depth = 8,
                                  .white = UINT8_MAX};
    /* a plane of bytes each, of a progressive one also of coefficients, and R, G, B */
    w->head.memory =
        w->head.width * w->head.height * (3 + d[5] * (marker == SOF2 ? (size_t)3 : (size_t)1));
    if (w->head.height == 0 && w->head.width)
        return refuse(w, "a JPEG that tells its height behind its pixels (DNL)");
    w->frame = true;
    w->progressive = marker == SOF2;
    w->n_components = d[5];
    for (unsigned i = 0; i < w->n_components; i++) {
        const unsigned char *c = d + 6 + 3 * i;
        unsigned x = c[1] >> 4, y = c[1] & 15;
        if (x < 1 || x > 4 || y < 1 || y > 4 || c[2] > 3)
            return damaged(w, "its sampling is impossible");
        w->components[i] = (component){c[0], c[1], c[2], 0};
        w->max_x = x > w->max_x ? x : w->max_x;
        w->max_y = y > w->max_y ? y : w->max_y;
    }
    for (unsigned i = 0; i < w->n_components; i++)
        if (w->max_x % (w->components[i].factors >> 4) ||
            w->max_y % (w->components[i].factors & 15))
            return refuse(w, "a JPEG of fractional sampling");
    unsigned char data[6 + 3 * MAX_COMPONENTS];
    memcpy(data, d, 6);
    for (unsigned i = 0; i < w->n_components; i++)
        memcpy(data + 6 + 3 * i,
               (unsigned char[]){(unsigned char)(i + 1), w->components[i].factors,
                                 w->components[i].table},
               3);
    put_segment(w, marker, data, 6 + 3 * (size_t)w->n_components);
    return mien_picture_check_size(w->head.width, w->head.height, w->err);
}

static mien_status read_huffman(walk *w, const unsigned char *d, size_t length)
{
    while (length) {
        if (length < 17)
            return damaged(w, "a Huffman table is too short");
        unsigned codes = 0;
        for (int i = 1; i <= 16; i++)
            codes += d[i];
        if (codes > MAX_CODES || (d[0] & 0xEF) > 3)
            return damaged(w, "a Huffman table has too many codes");
        if (length < 17 + codes)
            return damaged(w, "a Huffman table is too short");
        w->huffman |= 1u << ((d[0] >> 4) * 4 + (d[0] & 3));
        d += 17 + codes;
        length -= 17 + codes;
    }
    return MIEN_OK;
}

static mien_status read_quantizers(walk *w, const unsigned char *d, size_t length)
{
    while (length) {
        size_t size = d[0] >> 4 ? 129 : 65;
        if (length < size || d[0] >> 4 > 1 || (d[0] & 15) > 3)
            return damaged(w, "a quantisation table is wrong");
        w->quantizers |= 1u << (d[0] & 3);
        d += size;
        length -= size;
    }
    return MIEN_OK;
}

/* ---------------------------------------------------------------- scans */

/* Restart markers that the scan of these components must have. */
static size_t restarts_needed(const walk *w, const component *only)
{
    size_t x = 8 * (size_t)w->max_x, y = 8 * (size_t)w->max_y;
    if (only) {
        x /= only->factors >> 4;
        y /= only->factors & 15;
    }
    size_t units = ((w->head.width + x - 1) / x) * ((w->head.height + y - 1) / y);
    return w->interval ? (units - 1) / w->interval : 0;
}

/* The compressed bytes from `from` to `to`, the last of their interval. Zeros at its end may be
 * some camera's litter; for what comes next, a decoder reads zeros where nothing is left, so they
 * go, and no ones can follow. Otherwise two bytes of them do, which is all that it passes over when
 * it looks for the marker, and tells most intervals that end early; libjpeg goes on after them. */
static void put_interval(walk *w, const unsigned char *from, const unsigned char *to)
{
    const unsigned char *end = to;
    while (end > from && end[-1] == 0 && !(end - from >= 2 && end[-2] == 0xFF))
        end--;
    put(w, from, (size_t)(end - from));
    if (end == to)
        put_ones(w, 4);
}

/* Everything up to the next marker that is neither a restart nor a stuffed zero. Behind the last
 * interval there may be litter, restarts included. */
static mien_status read_entropy(walk *w, size_t restarts)
{
    const unsigned char *from = w->at;
    mien_stb_scan scan = {0};
    size_t seen = 0;
    bool over = false; /* all that the picture needs has been read */
    for (;;) {
        const unsigned char *at = memchr(w->at, 0xFF, (size_t)(w->end - w->at));
        if (!at || w->end - at < 2)
            return truncated(w);
        const unsigned char *code = at + 1;
        while (code < w->end && *code == 0xFF)
            code++;
        if (code == w->end)
            return truncated(w);
        w->at = code + 1;
        if (*code == 0 && code - at > 1 && !over) { /* fill bytes before a stuffed zero */
            put(w, from, (size_t)(at - from));
            from = code - 1;
        }
        if (*code == 0 || (over && *code >= RST0 && *code <= RST7))
            continue;
        if (*code >= RST0 && *code <= RST7 && seen < restarts) {
            put_interval(w, from, at);
            put_marker(w, RST0 + (unsigned)(seen++ & 7));
            scan.last_restart = w->copy ? w->copy->nbytes : 0;
            from = w->at;
            continue;
        }
        if (!over)
            put(w, from, (size_t)(at - from));
        over = true;
        if (*code >= RST0 && *code <= RST7)
            continue;
        w->at = at;
        break;
    }
    if (w->copy) {
        scan.end = w->copy->nbytes;
        put_ones(w, PADDING);
        scan.next = w->copy->nbytes;
        w->copy->scans[w->copy->n_scans++] = scan;
    }
    return seen < restarts ? ends_early(w) : MIEN_OK;
}

/* The first component of that name which the scan does not have yet. */
static component *find_component(walk *w, unsigned id, unsigned *in_scan)
{
    for (unsigned k = 0; k < w->n_components; k++)
        if (w->components[k].id == id && !(*in_scan & 1u << k)) {
            *in_scan |= 1u << k;
            return &w->components[k];
        }
    return NULL;
}

static mien_status read_scan(walk *w, const unsigned char *d, size_t length)
{
    unsigned in_scan = 0;
    unsigned char data[1 + 2 * MAX_COMPONENTS + 3];
    component *c = NULL;
    if (!w->frame)
        return damaged(w, "a scan comes before the frame header");
    w->scan = true;
    if (!w->copy)
        return MIEN_OK;
    if (length < 1 || d[0] < 1 || d[0] > MAX_COMPONENTS || length < 1 + 2 * (size_t)d[0] + 3)
        return damaged(w, "a scan header is wrong");
    uint64_t work = (uint64_t)w->head.width * w->head.height * w->copy->n_scans;
    if (w->copy->n_scans == MIEN_JPEG_SCANS || work > MAX_WORK + w->nbytes * PIXELS_PER_BYTE)
        return damaged(w, "it has more scans than any picture needs");
    const unsigned char *band = d + 1 + 2 * d[0]; /* first and last coefficient, and bits */
    memcpy(data, d, 1 + 2 * (size_t)d[0] + 3);
    uint64_t whole = w->progressive ? 0 : UINT64_MAX;
    for (unsigned k = band[0]; k <= band[1] && k < 64 && (band[2] & 15) == 0; k++)
        whole |= UINT64_C(1) << k;
    for (unsigned i = 0; i < d[0]; i++) {
        c = find_component(w, d[1 + 2 * i], &in_scan);
        if (!c)
            return damaged(w, "a scan names a component that it does not have");
        c->whole |= whole;
        data[1 + 2 * i] = (unsigned char)(c - w->components + 1);
        unsigned dc = d[2 + 2 * i] >> 4, ac = d[2 + 2 * i] & 15;
        bool needs_dc = band[0] == 0 && band[2] >> 4 == 0, needs_ac = band[1] > 0;
        if (!(w->quantizers & 1u << c->table))
            return damaged(w, "a quantisation table is missing");
        if ((needs_dc && !(w->huffman & 1u << dc)) || (needs_ac && !(w->huffman & 16u << ac)))
            return refuse(w, "a JPEG without its Huffman tables (a frame of a film)");
    }
    put_segment(w, SOS, data, 1 + 2 * (size_t)d[0] + 3);
    return read_entropy(w, restarts_needed(w, d[0] == 1 ? c : NULL));
}

/* ---------------------------------------------------------------- the walk */

/* As libjpeg does, what stands before a marker is passed over. */
static mien_status next_marker(walk *w, unsigned *marker)
{
    *marker = 0;
    while (*marker == 0) {
        while (w->at < w->end && *w->at != 0xFF)
            w->at++;
        while (w->at < w->end && *w->at == 0xFF)
            w->at++;
        if (w->at == w->end)
            return truncated(w);
        *marker = *w->at++;
    }
    return MIEN_OK;
}

static bool is_frame(unsigned marker)
{
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

static void read_application(walk *w, unsigned marker, const unsigned char *d, size_t length)
{
    if (marker == APP1 && !w->orientation) {
        w->orientation = mien_exif_orientation(d, length);
        if (!w->orientation)
            w->orientation = mien_xmp_orientation(d, length);
    } else if (marker == APP0 && length >= 14 && memcmp(d, "JFIF", 5) == 0) {
        w->jfif = true;
    } else if (marker == APP14 && length >= 12 && memcmp(d, "Adobe", 5) == 0) {
        w->adobe = true;
        w->transform = d[11];
    }
}

/* One marker segment; *done at the end marker. */
static mien_status read_segment(walk *w, bool *done)
{
    unsigned marker = 0;
    mien_status st = next_marker(w, &marker);
    if (st)
        return st;
    *done = marker == EOI;
    if (*done || marker == TEM || (marker >= RST0 && marker <= RST7))
        return MIEN_OK;
    if (marker == SOI || marker < SOF0)
        return damaged(w, "a marker is in the wrong place");
    size_t left = (size_t)(w->end - w->at);
    size_t length = left >= 2 ? (size_t)w->at[0] << 8 | w->at[1] : 0;
    if (left < 2 || length > left)
        return truncated(w);
    const unsigned char *data = w->at + 2;
    w->at = length < 2 ? data : w->at + length;
    length = length < 2 ? 0 : length - 2;
    if (is_frame(marker))
        return read_frame(w, marker, data, length);
    if (marker == SOS)
        return read_scan(w, data, length);
    if (marker == DHT || marker == DQT) {
        st = marker == DHT ? read_huffman(w, data, length) : read_quantizers(w, data, length);
        put_segment(w, marker, data, length);
    } else if (marker == DRI && length >= 2) {
        w->interval = (size_t)data[0] << 8 | data[1];
        put_segment(w, marker, data, 2);
    } else if (!w->copy) {
        read_application(w, marker, data, length);
    }
    return st;
}

/* Everything up to the first scan. */
static mien_status walk_head(walk *w)
{
    bool done = false;
    mien_status st = MIEN_OK;
    while (!st && !done && !w->scan)
        st = read_segment(w, &done);
    if (!st && !w->scan)
        st = damaged(w, "it holds no picture");
    return st;
}

static mien_status read_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                             mien_error *err)
{
    walk w = {.at = bytes + 2, .end = bytes + nbytes, .err = err};
    mien_status st = walk_head(&w);
    *out = w.head;
    out->orientation = w.orientation;
    return st;
}

/* Room for the copy: ones behind each interval and each scan. */
static size_t room_for(const unsigned char *bytes, size_t nbytes)
{
    size_t room = nbytes + BESIDE + (MIEN_JPEG_SCANS + 1) * (size_t)PADDING;
    for (size_t k = 0; k + 1 < nbytes; k++)
        room += bytes[k] == 0xFF && bytes[k + 1] >= RST0 && bytes[k + 1] <= RST7 ? 4 : 0;
    return room;
}

static mien_status make_plain(const unsigned char *bytes, size_t nbytes, mien_stb_file *out,
                              mien_error *err)
{
    walk head = {.at = bytes + 2, .end = bytes + nbytes, .err = err};
    mien_status st = walk_head(&head);
    if (st)
        return st;
    if (head.head.width * head.head.height / PIXELS_PER_BYTE > nbytes)
        return ends_early(&head);
    walk w = {.at = bytes + 2, .end = bytes + nbytes, .copy = out, .nbytes = nbytes, .err = err};
    bool done = false;
    *out = (mien_stb_file){.bytes = mien_alloc_raw(room_for(bytes, nbytes), 1)};
    if (!out->bytes)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    put_marker(&w, SOI);
    head.copy = out;
    put_colors(&head); /* told by segments that may stand behind the frame */
    while (!st && !done)
        st = read_segment(&w, &done);
    put_marker(&w, EOI);
    for (unsigned k = 0; k < w.n_components; k++)
        if (!st && w.components[k].whole != UINT64_MAX)
            st = w.components[k].whole
                     ? refuse(&w,
                              "truncated, or strange: a JPEG with scans for a part of its detail")
                     : mien_fail(err, MIEN_ERR_FORMAT,
                                 "truncated: a part of its picture is missing");
    if (!st && !w.scan)
        st = damaged(&w, "it holds no picture");
    if (st)
        mien_free(out->bytes);
    return st;
}

static mien_status decode(const unsigned char *bytes, size_t nbytes, const mien_picture_head *head,
                          mien_picture *out, mien_error *err)
{
    mien_stb_file plain;
    mien_status st = make_plain(bytes, nbytes, &plain, err);
    return st ? st : mien_stb_decode(&plain, head, out, err);
}

const mien_image_reader mien_reader_jpeg = {is_jpeg, read_head, decode};
