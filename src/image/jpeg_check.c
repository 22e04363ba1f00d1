/* jpeg_check.c - is a JPEG file whole?
 * SPDX-License-Identifier: MIT
 *
 * After ITU-T T.81, annex B. */
#include "image/jpeg_check.h"

#include "base/status.h"
#include "image/exif.h"

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
    TEM = 0x01,
    APP1 = 0xE1,
    MOST_CODES = 256,
    MOST_SCANS = 100 /* encoders write 1 to 12; each costs a pass over the picture */
};

typedef struct walk {
    const unsigned char *at, *end;
    mien_picture_head head;
    unsigned orientation; /* 0 until a segment before the frame tells it */
    bool frame;
    unsigned n_components, n_scans;
    unsigned char component[4];
    unsigned covered; /* a bit for each component that has a scan */
    mien_error *err;
} walk;

bool mien_jpeg_is(const unsigned char *bytes, size_t nbytes)
{
    return nbytes >= 3 && bytes[0] == 0xFF && bytes[1] == SOI && bytes[2] == 0xFF;
}

static mien_status truncated(const walk *w)
{
    return mien_fail(w->err, MIEN_ERR_FORMAT, "truncated: its end marker is missing");
}

static mien_status damaged(const walk *w, const char *what)
{
    return mien_fail(w->err, MIEN_ERR_FORMAT, "damaged: %s", what);
}

/* Everything up to the next marker that is neither a restart nor a stuffed zero. */
static void skip_entropy_data(walk *w)
{
    while (w->end - w->at >= 2) {
        w->at = memchr(w->at, 0xFF, (size_t)(w->end - w->at));
        if (!w->at) {
            w->at = w->end;
            return;
        }
        if (w->end - w->at < 2)
            return;
        unsigned char next = w->at[1];
        if (next != 0 && next != 0xFF && !(next >= RST0 && next <= RST7))
            return;
        w->at += next == 0xFF ? 1 : 2;
    }
}

static mien_status next_marker(walk *w, unsigned *marker)
{
    if (w->end - w->at < 2)
        return truncated(w);
    if (*w->at != 0xFF)
        return damaged(w, "a marker is missing");
    while (w->at < w->end && *w->at == 0xFF)
        w->at++;
    if (w->at == w->end)
        return truncated(w);
    *marker = *w->at++;
    return MIEN_OK;
}

static mien_status read_frame(walk *w, unsigned marker, const unsigned char *d, size_t length)
{
    if (marker > SOF2)
        return mien_fail(w->err, MIEN_ERR_FORMAT,
                         "a lossless, hierarchical or arithmetic JPEG, which mien does not read "
                         "(convert it to PNG)");
    if (w->frame)
        return damaged(w, "it has two frames");
    if (length < 6 || length < 6 + 3 * (size_t)d[5])
        return damaged(w, "its frame header is too short");
    if (d[0] != 8)
        return mien_fail(w->err, MIEN_ERR_FORMAT,
                         "a JPEG of %u bits, of which mien reads 8 only (convert it to PNG)",
                         (unsigned)d[0]);
    if (d[5] != 1 && d[5] != 3 && d[5] != 4)
        return damaged(w, "its number of components is impossible");
    w->head = (mien_picture_head){MIEN_FORMAT_JPEG, (size_t)d[3] << 8 | d[4],
                                  (size_t)d[1] << 8 | d[2], 8, w->orientation};
    w->frame = true;
    w->n_components = d[5];
    for (unsigned i = 0; i < w->n_components; i++)
        w->component[i] = d[6 + 3 * i];
    return mien_picture_check_size(w->head.width, w->head.height, w->err);
}

static mien_status read_tables(walk *w, const unsigned char *d, size_t length)
{
    while (length) {
        if (length < 17)
            return damaged(w, "a Huffman table is too short");
        unsigned codes = 0;
        for (int i = 1; i <= 16; i++)
            codes += d[i];
        if (codes > MOST_CODES || (d[0] & 0xEF) > 3)
            return damaged(w, "a Huffman table has too many codes");
        if (length < 17 + codes)
            return damaged(w, "a Huffman table is too short");
        d += 17 + codes;
        length -= 17 + codes;
    }
    return MIEN_OK;
}

static mien_status read_scan(walk *w, const unsigned char *d, size_t length)
{
    if (!w->frame)
        return damaged(w, "a scan comes before the frame header");
    if (length < 1 || d[0] < 1 || d[0] > 4 || length < 1 + 2 * (size_t)d[0] + 3)
        return damaged(w, "a scan header is wrong");
    if (++w->n_scans > MOST_SCANS)
        return damaged(w, "it has more scans than any picture needs");
    for (unsigned i = 0; i < d[0]; i++)
        for (unsigned k = 0; k < w->n_components; k++)
            if (w->component[k] == d[1 + 2 * i])
                w->covered |= 1u << k;
    skip_entropy_data(w);
    return MIEN_OK;
}

static bool is_frame(unsigned marker)
{
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
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
    if (marker == SOI || marker == 0)
        return damaged(w, "a marker is in the wrong place");
    size_t left = (size_t)(w->end - w->at);
    size_t length = left >= 2 ? (size_t)w->at[0] << 8 | w->at[1] : 0;
    if (left < 2 || length > left)
        return truncated(w);
    if (length < 2)
        return damaged(w, "a segment has no valid length");
    const unsigned char *data = w->at + 2;
    w->at += length;
    length -= 2;
    if (is_frame(marker))
        return read_frame(w, marker, data, length);
    if (marker == DHT)
        return read_tables(w, data, length);
    if (marker == SOS)
        return read_scan(w, data, length);
    if (marker == APP1 && !w->frame && !w->orientation)
        w->orientation = mien_exif_orientation(data, length);
    return MIEN_OK;
}

mien_status mien_jpeg_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                           mien_error *err)
{
    walk w = {.at = bytes + 2, .end = bytes + nbytes, .err = err};
    bool done = false;
    mien_status st = MIEN_OK;
    while (!st && !done && !w.frame)
        st = read_segment(&w, &done);
    if (!st && !w.frame)
        st = damaged(&w, "it holds no picture");
    if (st)
        return st;
    *out = w.head;
    if (mien_exif_is_sideways(w.orientation)) {
        out->width = w.head.height;
        out->height = w.head.width;
    }
    return MIEN_OK;
}

mien_status mien_jpeg_check(const unsigned char *bytes, size_t nbytes, mien_error *err)
{
    walk w = {.at = bytes + 2, .end = bytes + nbytes, .err = err};
    bool done = false;
    mien_status st = MIEN_OK;
    while (!st && !done)
        st = read_segment(&w, &done);
    if (!st && (!w.frame || w.covered != (1u << w.n_components) - 1))
        st = damaged(&w, "a part of its picture is missing");
    return st;
}
