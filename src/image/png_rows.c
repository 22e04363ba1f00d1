/* png_rows.c - the filtered rows of a PNG file to pixels.
 * SPDX-License-Identifier: MIT
 *
 * The check has inflated the stream already, by zlib; stb_image would do it again, five times as
 * slowly. It is left with interlaced images. */
#include "image/png_rows.h"

#include "base/memory.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

/* How a row was made from its neighbours (PNG, section 9.2). */
enum { FILTER_NONE, FILTER_SUB, FILTER_UP, FILTER_AVERAGE, FILTER_PAETH };

/* Of left, above and above left, the one nearest to left + above - above left. */
static inline unsigned predict(int a, int b, int c)
{
    int to_a = abs(b - c), to_b = abs(a - c), to_c = abs(a + b - 2 * c);
    return (unsigned)(to_a <= to_b && to_a <= to_c ? a : to_b <= to_c ? b : c);
}

/* Undo a row's filter. above: the finished row before it, zeros for the first; step: bytes to the
 * pixel on the left. False for an unknown filter. */
static bool restore(unsigned filter, unsigned char *row, const unsigned char *above, size_t nbytes,
                    size_t step)
{
    size_t first = step < nbytes ? step : nbytes; /* bytes with nothing on their left */
    switch (filter) {
    case FILTER_NONE:
        return true;
    case FILTER_SUB:
        for (size_t k = first; k < nbytes; k++)
            row[k] = (unsigned char)(row[k] + row[k - step]);
        return true;
    case FILTER_UP:
        for (size_t k = 0; k < nbytes; k++)
            row[k] = (unsigned char)(row[k] + above[k]);
        return true;
    case FILTER_AVERAGE:
        for (size_t k = 0; k < first; k++)
            row[k] = (unsigned char)(row[k] + above[k] / 2);
        for (size_t k = first; k < nbytes; k++)
            row[k] = (unsigned char)(row[k] + (row[k - step] + above[k]) / 2);
        return true;
    case FILTER_PAETH:
        for (size_t k = 0; k < first; k++)
            row[k] = (unsigned char)(row[k] + above[k]);
        for (size_t k = first; k < nbytes; k++)
            row[k] = (unsigned char)(row[k] + predict(row[k - step], above[k], above[k - step]));
        return true;
    default:
        return false;
    }
}

/* `count` samples of a finished row to bytes or words. */
static void unpack(const unsigned char *row, unsigned bits, size_t count, void *to, size_t at)
{
    uint8_t *bytes = to;
    uint16_t *words = to;
    if (bits == 8) {
        memcpy(bytes + at, row, count);
    } else if (bits == 16) {
        for (size_t k = 0; k < count; k++)
            words[at + k] = (uint16_t)(row[2 * k] << 8 | row[2 * k + 1]);
    } else {
        unsigned most = (1u << bits) - 1, spread = UINT8_MAX / most;
        for (size_t k = 0; k < count; k++) {
            unsigned shift = 8 - bits - (unsigned)(k * bits % 8);
            bytes[at + k] = (uint8_t)(((unsigned)row[k * bits / 8] >> shift & most) * spread);
        }
    }
}

mien_status mien_png_rows(const mien_png *png, unsigned char *raw, mien_picture *out,
                          mien_error *err)
{
    size_t width = png->head.width, height = png->head.height;
    size_t channels = mien_png_samples(png), row_nbytes = mien_png_row_bytes(png, width);
    size_t step = channels * png->bits < 8 ? 1 : channels * png->bits / 8;
    mien_picture picture = {
        .width = width, .height = height, .channels = channels, .depth = png->bits == 16 ? 16 : 8};
    picture.pixels = mien_alloc_raw(width * height, channels * picture.depth / 8);
    unsigned char *zeros = mien_alloc_array(row_nbytes, 1);
    mien_status st = MIEN_OK;
    if (!picture.pixels || !zeros)
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    const unsigned char *above = zeros;
    for (size_t y = 0; y < height && !st; y++) {
        unsigned char *row = raw + y * (row_nbytes + 1) + 1;
        if (!restore(row[-1], row, above, row_nbytes, step))
            st = mien_fail(err, MIEN_ERR_FORMAT, "damaged: row %zu has filter %u, there are 0 to 4",
                           y, row[-1]);
        else
            unpack(row, png->bits, width * channels, picture.pixels, y * width * channels);
        above = row;
    }
    mien_free(zeros);
    if (st)
        mien_picture_free(&picture);
    else
        *out = picture;
    return st;
}
