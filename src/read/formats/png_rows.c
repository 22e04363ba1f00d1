/* png_rows.c - the filtered rows of a PNG file to pixels.
 * SPDX-License-Identifier: MIT
 *
 * Each byte is restored from the one of the pixel on its left, so a row is a chain, and what counts
 * is how long a link takes. The bytes on the left stay in registers, for reading back what has just
 * been written takes as long as the arithmetic; for that the step from pixel to pixel has to be a
 * constant where the loops are compiled. */
#include "read/formats/png_rows.h"

#include "base/memory.h"
#include "base/status.h"

#include <string.h>

enum { MOST_STEP = 8 }; /* bytes a pixel: R, G, B, alpha of 16 bits */

/* How a row was made from its neighbours (PNG, section 9.2). */
enum { FILTER_NONE, FILTER_SUB, FILTER_UP, FILTER_AVERAGE, FILTER_PAETH };

/* Of left, above and above left (the corner), the one nearest to left + above - corner, in this
 * order when several are. Taken from the corner, with `high` and `low` for the larger and the
 * smaller of the other two: low is nearest where 2 high + low <= 0, high where high + 2 low >= 0,
 * and the corner in between. This has no branches, and `left`, which comes last, passes through
 * few operations. */
static inline int predict(int left, int above, int corner)
{
    int turn = 3 * corner - (left + above);
    int low = left < above ? left : above, high = left < above ? above : left;
    int guess = high <= turn ? low : corner;
    return turn <= low ? high : guess;
}

/* The four filters. above: the finished row before it, zeros for the first; what is left of the
 * first pixel is zero. */
static inline void undo_sub(unsigned char *row, size_t nbytes, size_t step)
{
    unsigned char left[MOST_STEP] = {0};
    for (size_t k = 0; k < nbytes; k += step)
        for (size_t c = 0; c < step; c++)
            row[k + c] = left[c] = (unsigned char)(row[k + c] + left[c]);
}

/* Eight sums modulo 256 in one: without the upper bit of each byte nothing is carried over. */
static inline uint64_t add_bytes(uint64_t a, uint64_t b)
{
    const uint64_t upper = 0x8080808080808080u;
    return ((a & ~upper) + (b & ~upper)) ^ ((a ^ b) & upper);
}

/* undo_sub() with a step of one, eight bytes at a time: each adds its neighbour, then the one two
 * away, then four, and then the sum of all before, which waits for one addition only. */
static void sum_bytes(unsigned char *row, size_t nbytes)
{
    const uint64_t ones = 0x0101010101010101u;
    uint8_t sum = 0;
    size_t k = 0;
    for (; k + 8 <= nbytes; k += 8) {
        uint64_t v = 0;
        for (unsigned i = 0; i < 8; i++)
            v |= (uint64_t)row[k + i] << 8 * i;
        v = add_bytes(v, v << 8);
        v = add_bytes(v, v << 16);
        v = add_bytes(v, v << 32);
        uint64_t all = add_bytes(v, sum * ones);
        for (unsigned i = 0; i < 8; i++)
            row[k + i] = (unsigned char)(all >> 8 * i & 0xff);
        sum = (uint8_t)(sum + (v >> 56));
    }
    for (; k < nbytes; k++)
        row[k] = sum = (uint8_t)(row[k] + sum);
}

static void undo_up(unsigned char *restrict row, const unsigned char *restrict above, size_t nbytes)
{
    for (size_t k = 0; k < nbytes; k++)
        row[k] = (unsigned char)(row[k] + above[k]);
}

static inline void undo_average(unsigned char *restrict row, const unsigned char *restrict above,
                                size_t nbytes, size_t step)
{
    unsigned char left[MOST_STEP] = {0};
    for (size_t k = 0; k < nbytes; k += step)
        for (size_t c = 0; c < step; c++)
            row[k + c] = left[c] = (unsigned char)(row[k + c] + (left[c] + above[k + c]) / 2);
}

static inline void undo_paeth(unsigned char *restrict row, const unsigned char *restrict above,
                              size_t nbytes, size_t step)
{
    unsigned char left[MOST_STEP] = {0}, corner[MOST_STEP] = {0};
    for (size_t k = 0; k < nbytes; k += step)
        for (size_t c = 0; c < step; c++) {
            int guess = predict(left[c], above[k + c], corner[c]);
            corner[c] = above[k + c];
            row[k + c] = left[c] = (unsigned char)(row[k + c] + guess);
        }
}

static inline __attribute__((always_inline)) void
undo(unsigned filter, unsigned char *row, const unsigned char *above, size_t nbytes, size_t step)
{
    if (filter == FILTER_SUB && step == 1)
        sum_bytes(row, nbytes);
    else if (filter == FILTER_SUB)
        undo_sub(row, nbytes, step);
    else if (filter == FILTER_UP)
        undo_up(row, above, nbytes);
    else if (filter == FILTER_AVERAGE)
        undo_average(row, above, nbytes, step);
    else if (filter == FILTER_PAETH)
        undo_paeth(row, above, nbytes, step);
}

/* Undo a row's filter; `step` bytes are a pixel, or one byte when it is less. */
static void restore(unsigned filter, unsigned char *row, const unsigned char *above, size_t nbytes,
                    size_t step)
{
    switch (step) {
    case 1:
        undo(filter, row, above, nbytes, 1);
        break;
    case 2:
        undo(filter, row, above, nbytes, 2);
        break;
    case 3:
        undo(filter, row, above, nbytes, 3);
        break;
    case 4:
        undo(filter, row, above, nbytes, 4);
        break;
    case 6:
        undo(filter, row, above, nbytes, 6);
        break;
    default:
        undo(filter, row, above, nbytes, MOST_STEP);
        break;
    }
}

/* `count` samples of a finished row to bytes or words. */
static void unpack(const unsigned char *row, unsigned bits, size_t count, void *to)
{
    uint8_t *bytes = to;
    uint16_t *words = to;
    if (bits == 8) {
        memcpy(bytes, row, count);
    } else if (bits == 16) {
        for (size_t k = 0; k < count; k++)
            words[k] = (uint16_t)(row[2 * k] << 8 | row[2 * k + 1]);
    } else {
        unsigned most = (1u << bits) - 1, spread = UINT8_MAX / most;
        for (size_t k = 0; k < count; k++) {
            unsigned shift = 8 - bits - (unsigned)(k * bits % 8);
            bytes[k] = (uint8_t)(((unsigned)row[k * bits / 8] >> shift & most) * spread);
        }
    }
}

/* Pixels of `size` bytes to every dx-th place. */
static void scatter(const unsigned char *pixels, size_t count, size_t size, size_t dx,
                    unsigned char *to)
{
    for (size_t k = 0; k < count; k++)
        memcpy(to + k * dx * size, pixels + k * size, size);
}

/* Of a pixel when it is unpacked. */
static size_t pixel_nbytes(const mien_png *png)
{
    return mien_png_samples(png) * (png->bits == 16 ? 2 : 1);
}

/* The rows of one pass, from `raw` on. line: room for a row as it is stored and one as it is
 * unpacked; the first is taken for the row above the first, so it holds zeros. */
static mien_status read_pass(const mien_png *png, const mien_png_pass *pass, unsigned char *raw,
                             unsigned char *line, unsigned char *pixels, mien_error *err)
{
    size_t channels = mien_png_samples(png), samples = pass->width * channels;
    size_t size = pixel_nbytes(png), bits = channels * png->bits;
    const unsigned char *above = line;
    unsigned char *unpacked = line + pass->row_nbytes;
    for (size_t y = 0; y < pass->height; y++) {
        unsigned char *row = raw + y * (pass->row_nbytes + 1) + 1;
        unsigned char *to = pixels + ((pass->y + y * pass->dy) * png->head.width + pass->x) * size;
        if (row[-1] > FILTER_PAETH)
            return mien_fail(err, MIEN_ERR_FORMAT,
                             "damaged: row %zu has filter %u, there are 0 to 4", y, row[-1]);
        restore(row[-1], row, above, pass->row_nbytes, bits < 8 ? 1 : bits / 8);
        unpack(row, png->bits, samples, pass->dx == 1 ? to : unpacked);
        if (pass->dx != 1)
            scatter(unpacked, pass->width, size, pass->dx, to);
        above = row;
    }
    return MIEN_OK;
}

mien_status mien_png_rows_to(const mien_png *png, unsigned char *raw, void *pixels, mien_error *err)
{
    size_t line_nbytes = png->head.width * pixel_nbytes(png);
    unsigned char *lines = mien_alloc_array(2, line_nbytes); /* as stored, and unpacked */
    mien_status st = lines ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (unsigned k = 0; k < mien_png_n_passes(png) && !st; k++) {
        mien_png_pass pass = mien_png_pass_at(png, k);
        if (k)
            memset(lines, 0, pass.row_nbytes);
        st = read_pass(png, &pass, raw, lines, pixels, err);
        raw += (pass.row_nbytes + 1) * pass.height;
    }
    mien_free(lines);
    return st;
}

mien_status mien_png_rows(const mien_png *png, unsigned char *raw, mien_picture *out,
                          mien_error *err)
{
    mien_picture picture = {.width = png->head.width,
                            .height = png->head.height,
                            .channels = mien_png_samples(png),
                            .depth = png->head.depth,
                            .white = png->head.white};
    picture.pixels = mien_alloc_raw(picture.width * picture.height, pixel_nbytes(png));
    if (!picture.pixels)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_status st = mien_png_rows_to(png, raw, picture.pixels, err);
    if (st)
        mien_picture_free(&picture);
    else
        *out = picture;
    return st;
}
