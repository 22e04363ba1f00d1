/* bmp.c - BMP files of all kinds, brought into the one form that stb_image reads rightly.
 * SPDX-License-Identifier: MIT
 *
 * Its version 2.27 loses four colours of an OS/2 palette, takes the reserved fourth byte of a pixel
 * for alpha, and refuses gaps, run lengths, and headers between 12 and 108 bytes: of 149 variants
 * (tests/reference, 2026-11) it refuses 67 by itself, reads 10 wrongly and takes 2 for whole that
 * are not.
 *
 * After Microsoft's "Bitmap Storage" and the OS/2 2.0 toolkit's bitmap header. */
#include "base/memory.h"
#include "base/status.h"
#include "read/formats/stb.h"

#include <string.h>

enum {
    FILE_HEADER = 14,
    HEADER_OS2 = 12,
    HEADER_INFO = 40,
    HEADER_OS2_V2 = 64, /* up to that size; its longer forms end here */
    HEADER_V4 = 108,
    HEADER_V5 = 124,
    MAX_COLORS = 256
};

enum { RGB = 0, RLE8 = 1, RLE4 = 2, BITFIELDS = 3, ALPHA_BITFIELDS = 6 };

/* Run lengths: two bytes make at most 255 pixels. */
enum { PIXELS_PER_BYTE = 128, FREE_PIXELS = 1 << 20 };

typedef struct bmp {
    const unsigned char *bytes;
    size_t nbytes;
    size_t width, height;
    bool top_down;
    unsigned bits, compression;
    uint32_t masks[4];            /* R, G, B, alpha; of 16 and 32 bits */
    const unsigned char *palette; /* B, G, R, and in most files a fourth byte */
    size_t n_colors, color_nbytes;
    size_t offset; /* of the pixels */
} bmp;

static uint32_t read_le(const unsigned char *b, size_t width)
{
    uint32_t value = 0;
    while (width-- > 0)
        value = value << 8 | b[width];
    return value;
}

static void write_le(unsigned char *b, uint32_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        b[i] = (unsigned char)(value >> 8 * i);
}

/* Two letters are little to go by: the header's own size must be one that exists as well. */
static bool is_bmp(const unsigned char *bytes, size_t nbytes)
{
    if (nbytes < FILE_HEADER + 4 || bytes[0] != 'B' || bytes[1] != 'M')
        return false;
    uint32_t size = read_le(bytes + FILE_HEADER, 4);
    return size == HEADER_OS2 || (size >= 16 && size <= HEADER_OS2_V2) || size == HEADER_V4 ||
           size == HEADER_V5;
}

static mien_status refuse(mien_error *err, const char *what)
{
    return mien_fail(err, MIEN_ERR_FORMAT, "%s, which mien does not read (convert it to PNG)",
                     what);
}

/* One run of bits; those beyond eight are left off at its lower end. False: it is none. */
static bool trim_mask(uint32_t *mask)
{
    uint32_t low = *mask & (~*mask + 1);
    if (*mask & (*mask + low))
        return false;
    for (; low && *mask >> 8 >= low; low <<= 1)
        *mask &= ~low;
    return true;
}

static mien_status read_masks(bmp *b, size_t header, size_t *behind, mien_error *err)
{
    static const uint32_t usual16[4] = {0x7c00, 0x3e0, 0x1f}, usual[4] = {0xff0000, 0xff00, 0xff};
    memcpy(b->masks, b->bits == 16 ? usual16 : usual, sizeof b->masks);
    if (b->compression != BITFIELDS && b->compression != ALPHA_BITFIELDS)
        return MIEN_OK;
    size_t count =
        header >= 56 || (header == HEADER_INFO && b->compression == ALPHA_BITFIELDS) ? 4 : 3;
    const unsigned char *at = b->bytes + FILE_HEADER + HEADER_INFO;
    if (header < HEADER_INFO + 12) /* behind the header */
        *behind += 4 * count;
    if (b->nbytes < FILE_HEADER + HEADER_INFO + 4 * count)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its header");
    for (size_t c = 0; c < count; c++) {
        b->masks[c] = read_le(at + 4 * c, 4);
        if ((c < 3 && !b->masks[c]) || (b->bits == 16 && b->masks[c] >> 16) ||
            !trim_mask(&b->masks[c]))
            return refuse(err, "a BMP of unusual channels");
    }
    if (b->bits == 24 && memcmp(b->masks, usual, 3 * sizeof *usual) != 0)
        return refuse(err, "a BMP of unusual channels");
    return MIEN_OK;
}

/* What is read at all. */
static mien_status check_kind(const bmp *b, size_t header, mien_error *err)
{
    unsigned bits = b->bits;
    bool os2 = header == HEADER_OS2_V2;
    bool masked = bits == 16 || bits == 24 || bits == 32;
    if ((os2 && b->compression >= BITFIELDS) || b->compression == 4 || b->compression == 5 ||
        b->compression > ALPHA_BITFIELDS)
        return refuse(err, "a BMP with compression of a rare kind");
    if (!masked && bits != 1 && bits != 4 && bits != 8)
        return refuse(err, "a BMP with a rare number of bits");
    bool right = b->compression == RGB || (b->compression == RLE8 && bits == 8) ||
                 (b->compression == RLE4 && bits == 4) || (b->compression >= BITFIELDS && masked);
    return right ? MIEN_OK
                 : mien_fail(err, MIEN_ERR_FORMAT,
                             "damaged: its compression does not go with %u bits", bits);
}

static mien_status read_palette(bmp *b, size_t at, size_t header, size_t wanted, mien_error *err)
{
    size_t end = b->offset > at ? b->offset : b->nbytes;
    b->color_nbytes = header == HEADER_OS2 ? 3 : 4;
    b->n_colors = (size_t)1 << b->bits;
    if (wanted && wanted < b->n_colors)
        b->n_colors = wanted;
    if (end > b->nbytes || at > end)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its header");
    if (b->n_colors > (end - at) / b->color_nbytes)
        b->n_colors = (end - at) / b->color_nbytes;
    b->palette = b->bytes + at;
    return b->n_colors ? MIEN_OK : mien_fail(err, MIEN_ERR_FORMAT, "damaged: it has no colours");
}

static mien_status read_header(const unsigned char *bytes, size_t nbytes, bmp *b, mien_error *err)
{
    size_t header = read_le(bytes + FILE_HEADER, 4), behind = FILE_HEADER + header;
    if (nbytes < behind)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its header");
    const unsigned char *h = bytes + FILE_HEADER;
    bool old = header == HEADER_OS2;
    int64_t width = old ? (int64_t)read_le(h + 4, 2) : (int32_t)read_le(h + 4, 4);
    int64_t height = old ? (int64_t)read_le(h + 6, 2) : (int32_t)read_le(h + 8, 4);
    if (width < 0)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its width is negative");
    *b = (bmp){.bytes = bytes,
               .nbytes = nbytes,
               .width = (size_t)width,
               .height = (size_t)(height < 0 ? -height : height),
               .top_down = height < 0,
               .bits = read_le(h + (old ? 10 : 14), 2),
               .compression = header >= 20 ? read_le(h + 16, 4) : RGB,
               .offset = read_le(bytes + 10, 4)};
    size_t wanted = header >= 36 ? read_le(h + 32, 4) : 0;
    mien_status st = mien_picture_check_size(b->width, b->height, err);
    if (!st)
        st = check_kind(b, header, err);
    if (!st && b->bits >= 16)
        st = read_masks(b, header, &behind, err);
    else if (!st)
        st = read_palette(b, behind, header, wanted, err);
    if (st)
        return st;
    if (!b->offset)
        b->offset = behind + b->n_colors * b->color_nbytes;
    if (b->offset < behind)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its pixels would lie within its header");
    if (b->offset > nbytes)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends before its pixels");
    return MIEN_OK;
}

static mien_status read_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                             mien_error *err)
{
    if (nbytes < FILE_HEADER + HEADER_OS2)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its header");
    bmp b;
    mien_status st = read_header(bytes, nbytes, &b, err);
    if (!st) /* the plain form, and R, G, B, alpha */
        *out = (mien_picture_head){.format = MIEN_FORMAT_BMP,
                                   .width = b.width,
                                   .height = b.height,
                                   .depth = 8,
                                   .white = UINT8_MAX,
                                   .memory = b.width * b.height * 8};
    return st;
}

/* ---------------------------------------------------------------- the plain form */

static size_t row_nbytes(const bmp *b, unsigned bits)
{
    return (b->width * bits + 31) / 32 * 4;
}

/* The two headers, and the palette as B, G, R, 0. Returns their bytes. */
static size_t write_header(const bmp *b, unsigned bits, unsigned char *to)
{
    bool masked = bits == 16 || bits == 32;
    size_t header = masked ? HEADER_V4 : HEADER_INFO;
    size_t offset = FILE_HEADER + header + (bits < 16 ? 4 * MAX_COLORS : 0);
    if (!to)
        return offset;
    unsigned char *h = to + FILE_HEADER;
    memset(to, 0, offset);
    memcpy(to, "BM", 2);
    write_le(to + 10, (uint32_t)offset, 4);
    write_le(h, (uint32_t)header, 4);
    write_le(h + 4, (uint32_t)b->width, 4);
    write_le(h + 8, b->top_down ? (uint32_t) - (int64_t)b->height : (uint32_t)b->height, 4);
    write_le(h + 12, 1, 2);
    write_le(h + 14, bits, 2);
    write_le(h + 16, masked ? BITFIELDS : RGB, 4);
    for (size_t c = 0; c < 4 && masked; c++)
        write_le(h + HEADER_INFO + 4 * c, b->masks[c], 4);
    for (size_t k = 0; k < b->n_colors; k++)
        memcpy(h + HEADER_INFO + 4 * k, b->palette + k * b->color_nbytes, 3);
    return offset;
}

/* Run lengths to rows of bytes; what they leave out is of colour 0. */
static mien_status expand(const bmp *b, unsigned char *rows, mien_error *err)
{
    const unsigned char *at = b->bytes + b->offset, *end = b->bytes + b->nbytes;
    const size_t stride = row_nbytes(b, 8);
    const unsigned bits = b->bits;
    size_t x = 0, y = 0;
    while (y < b->height) {
        if (end - at < 2)
            break;
        unsigned count = at[0], code = at[1];
        at += 2;
        if (count == 0 && code == 0) { /* end of the row */
            x = 0;
            y++;
        } else if (count == 0 && code == 1) { /* end of the picture: in its last row? */
            y += y + 1 == b->height;
            break;
        } else if (count == 0 && code == 2) { /* to the right and on */
            if (end - at < 2)
                break;
            x += at[0];
            y += at[1];
            at += 2;
        } else {
            bool run = count > 0;
            size_t n = run ? count : code;
            size_t taken = run ? 0 : (n * bits + 15) / 16 * 2;
            if ((size_t)(end - at) < taken)
                break;
            for (size_t k = 0; k < n && x < b->width; k++, x++) {
                unsigned byte = run ? code : at[k * bits / 8];
                rows[y * stride + x] = (unsigned char)(bits == 8 ? byte
                                                       : k % 2   ? byte & 15
                                                                 : byte >> 4);
            }
            at += taken;
        }
    }
    bool whole = y >= b->height || (y + 1 == b->height && x >= b->width);
    return whole ? MIEN_OK : mien_fail(err, MIEN_ERR_FORMAT, "truncated: its pixels end early");
}

static mien_status copy_rows(const bmp *b, unsigned char *rows, size_t nbytes, mien_error *err)
{
    size_t have = b->nbytes - b->offset;
    size_t needed = nbytes - row_nbytes(b, b->bits) + (b->width * b->bits + 7) / 8;
    if (have < needed) /* the last row may lack its padding */
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its pixels");
    memcpy(rows, b->bytes + b->offset, have < nbytes ? have : nbytes);
    return MIEN_OK;
}

/* The same picture as a BMP with a header of 40 bytes and 256 colours, or of 108 bytes and masks,
 * its rows right behind. */
static mien_status make_plain(const unsigned char *bytes, size_t nbytes, mien_stb_file *out,
                              mien_error *err)
{
    bmp b;
    mien_status st = read_header(bytes, nbytes, &b, err);
    if (st)
        return st;
    bool runs = b.compression == RLE8 || b.compression == RLE4;
    unsigned bits = runs ? 8 : b.bits;
    size_t room = row_nbytes(&b, bits) * b.height, start = write_header(&b, bits, NULL);
    if (runs && b.width * b.height > FREE_PIXELS + nbytes * PIXELS_PER_BYTE)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its pixels");
    if (!runs && room > nbytes + row_nbytes(&b, bits))
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its pixels");
    unsigned char *plain = mien_alloc_array(start + room, 1);
    if (!plain)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    write_header(&b, bits, plain);
    st = runs ? expand(&b, plain + start, err) : copy_rows(&b, plain + start, room, err);
    if (st)
        mien_free(plain);
    else
        *out = (mien_stb_file){.bytes = plain, .nbytes = start + room};
    return st;
}

static mien_status decode(const unsigned char *bytes, size_t nbytes, const mien_picture_head *head,
                          mien_picture *out, mien_error *err)
{
    mien_stb_file plain;
    mien_status st = make_plain(bytes, nbytes, &plain, err);
    return st ? st : mien_stb_decode(&plain, head, out, err);
}

const mien_image_reader mien_reader_bmp = {is_bmp, read_head, decode};
