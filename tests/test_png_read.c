/* test_png_read.c - a PNG's compressed stream and its filtered rows.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "support/decoding.h"

#include <stdlib.h>
#include <string.h>

/* A PNG around any data, in pieces of `piece` bytes with an empty one before each. */
static size_t wrap_any(unsigned bits, unsigned type, unsigned width, unsigned height,
                       const unsigned char *data, size_t nbytes, size_t piece, unsigned char *to)
{
    unsigned char head[13] = {[8] = (unsigned char)bits, [9] = (unsigned char)type};
    put_u32(head, width);
    put_u32(head + 4, height);
    memcpy(to, "\x89PNG\r\n\x1a\n", 8);
    size_t used = 8 + png_chunk(to + 8, "IHDR", head, sizeof head);
    for (size_t k = 0; k == 0 || k < nbytes; k += piece) {
        used += png_chunk(to + used, "IDAT", NULL, 0);
        used += png_chunk(to + used, "IDAT", data + k, nbytes - k < piece ? nbytes - k : piece);
    }
    return used + png_chunk(to + used, "IEND", NULL, 0);
}

/* An 8-bit grey one. */
static size_t wrap_png(unsigned width, unsigned height, const unsigned char *data, size_t nbytes,
                       size_t piece, unsigned char *to)
{
    return wrap_any(8, 0, width, height, data, nbytes, piece, to);
}

static void test_png_filters_are_five(void **state)
{
    (void)state;
    unsigned char rows[] = {0, 1, 2, 3, 4, 1, 1, 1}, stream[64], bytes[256];
    uLongf length = sizeof stream;
    assert_int_equal(compress2(stream, &length, rows, sizeof rows, 9), Z_OK);
    mien_picture picture = decode_good(bytes, wrap_png(3, 2, stream, length, length, bytes), false);
    /* Paeth: 1 above the first, then the nearest of left, above, above left */
    static const uint8_t wanted[] = {1, 2, 3, 2, 3, 4};
    assert_memory_equal(picture.pixels, wanted, sizeof wanted);
    mien_picture_free(&picture);
    rows[4] = 5;
    length = sizeof stream;
    assert_int_equal(compress2(stream, &length, rows, sizeof rows, 9), Z_OK);
    expect_bad(bytes, wrap_png(3, 2, stream, length, length, bytes), "damaged: ");
}

/* Checksums of chunks are right in all of these: what is wrong is the stream, or its length. */
static void test_png_streams(void **state)
{
    (void)state;
    enum { SIDE = 20, RAW = (SIDE + 1) * SIDE };
    static unsigned char raw[RAW], stream[2 * RAW], bad[2 * RAW], bytes[65536];
    for (size_t k = 0; k < RAW; k++)
        raw[k] = (unsigned char)(k % (SIDE + 1) ? k * k : 0);
    uLongf length = sizeof stream;
    assert_int_equal(compress2(stream, &length, raw, RAW, 9), Z_OK);
    for (size_t piece = 1; piece <= length; piece = piece < 5 ? piece + 1 : 40 * piece) {
        mien_picture picture =
            decode_good(bytes, wrap_png(SIDE, SIDE, stream, length, piece, bytes), false);
        for (size_t k = 0; k < RAW; k++)
            if (k % (SIDE + 1))
                assert_int_equal(pixel(&picture, (unsigned)(k - k / (SIDE + 1) - 1)), raw[k]);
        mien_picture_free(&picture);
    }
    mien_picture whole =
        decode_good(bytes, wrap_png(SIDE, SIDE, stream, length, length, bytes), false);
    memcpy(bad, stream, length); /* what stands behind its end is not looked at */
    memset(bad + length, 0xa5, 7);
    mien_picture more =
        decode_good(bytes, wrap_png(SIDE, SIDE, bad, length + 7, length, bytes), false);
    mien_picture_free(&more);
    for (size_t cut = 0; cut < length; cut++) { /* it ends too early */
        mien_picture picture;
        size_t nbytes = wrap_png(SIDE, SIDE, stream, cut, length, bytes);
        assert_int_equal(mien_decode(bytes, nbytes, false, &picture, NULL), MIEN_ERR_FORMAT);
    }
    static const struct {
        size_t at; /* from the end when it is `from_end` */
        bool from_end;
        unsigned char flip;
    } damage[] = {{0, false, 0x01}, /* no deflate */
                  {0, false, 0x80}, /* a window of 2^16 */
                  {1, false, 0x01}, /* check bits */
                  {1, false, 0x20}, /* a dictionary, and so wrong check bits */
                  {1, true, 0x01},  /* Adler */
                  {4, true, 0x80}};
    for (size_t k = 0; k < sizeof damage / sizeof *damage; k++) {
        memcpy(bad, stream, length);
        bad[damage[k].from_end ? length - damage[k].at : damage[k].at] ^= damage[k].flip;
        expect_bad(bytes, wrap_png(SIDE, SIDE, bad, length, length, bytes), "data is wrong");
    }
    memcpy(bad, "\x78\xbb", 2); /* a dictionary, with right check bits */
    memcpy(bad + 2, stream + 2, length - 2);
    expect_bad(bytes, wrap_png(SIDE, SIDE, bad, length, length, bytes), "data is wrong");
    expect_bad(bytes, wrap_png(SIDE, SIDE, stream, 0, 1, bytes), "wrong");
    /* the header says more; or less, and what is more is passed over */
    static const struct {
        unsigned width, height;
        const char *word;
    } sizes[] = {
        {SIDE, SIDE + 1, "not all"}, {SIDE + 1, SIDE, "not all"}, {65535, 1000, "not all"}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        expect_bad(bytes, wrap_png(sizes[k].width, sizes[k].height, stream, length, length, bytes),
                   sizes[k].word);
    for (unsigned height = 1; height < SIDE; height++) {
        mien_picture picture =
            decode_good(bytes, wrap_png(SIDE, height, stream, length, length, bytes), false);
        assert_memory_equal(picture.pixels, whole.pixels, (size_t)SIDE * height);
        mien_picture_free(&picture);
    }
    mien_picture_free(&whole);
}

/* What a byte of a row was predicted from, by the words of the standard (section 9.4). */
static int png_guess(unsigned filter, int a, int b, int c)
{
    int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    switch (filter) {
    case 1:
        return a;
    case 2:
        return b;
    case 3:
        return (a + b) / 2;
    case 4:
        return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    default:
        return 0;
    }
}

/* Rows of noise by every filter, for every number of bytes a pixel; near values make ties. */
static void test_png_filters_by_definition(void **state)
{
    (void)state;
    static const struct {
        unsigned type, bits, step;
    } kinds[] = {{0, 8, 1}, {0, 16, 2}, {4, 8, 2},  {2, 8, 3},
                 {6, 8, 4}, {4, 16, 4}, {2, 16, 6}, {6, 16, 8}};
    enum { WIDTH = 400, HEIGHT = 100, MOST = (WIDTH * 8 + 1) * HEIGHT };
    static unsigned char raw[MOST], wanted[MOST], stream[2 * MOST], bytes[2 * MOST + 1000];
    unsigned seed = 1;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        size_t step = kinds[k].step, nbytes = WIDTH * step, line = nbytes + 1;
        for (size_t i = 0; i < line * HEIGHT; i++) {
            seed = seed * 1664525u + 1013904223u;
            unsigned row = (unsigned)(i / line);
            raw[i] =
                (unsigned char)(i % line == 0 ? seed >> 16 & 0xff : seed >> (row % 2 ? 24 : 29));
            if (i % line == 0)
                raw[i] %= 5;
        }
        for (size_t i = 0; i < line * HEIGHT; i++) {
            size_t x = i % line;
            bool left = x > step, up = i >= line;
            int guess =
                x ? png_guess(raw[i - x], left ? wanted[i - step] : 0, up ? wanted[i - line] : 0,
                              left && up ? wanted[i - line - step] : 0)
                  : 0;
            wanted[i] = (unsigned char)((raw[i] + guess) & 0xff);
        }
        uLongf length = sizeof stream;
        assert_int_equal(compress2(stream, &length, raw, (uLong)(line * HEIGHT), 1), Z_OK);
        size_t size =
            wrap_any(kinds[k].bits, kinds[k].type, WIDTH, HEIGHT, stream, length, length, bytes);
        mien_picture_head png;
        mien_picture picture;
        assert_int_equal(mien_reader_png.head(bytes, size, &png, NULL), MIEN_OK);
        assert_int_equal(mien_reader_png.decode(bytes, size, &png, &picture, NULL), MIEN_OK);
        assert_int_equal(picture.width * picture.channels * picture.depth / 8, nbytes);
        for (size_t i = 0, j = 0; i < line * HEIGHT; i++) {
            if (i % line == 0)
                continue;
            const uint16_t *words = picture.pixels;
            unsigned is = kinds[k].bits == 8 ? ((const uint8_t *)picture.pixels)[j]
                          : j % 2            ? words[j / 2] & 0xffu
                                             : words[j / 2] >> 8;
            assert_int_equal(is, wanted[i]);
            j++;
        }
        mien_picture_free(&picture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png_filters_are_five),
        cmocka_unit_test(test_png_filters_by_definition),
        cmocka_unit_test(test_png_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
