/* test_decode.c - image files: right pixels from whole ones, refusals for all others.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "support/decoding.h"

#include "read/formats/decode.h"
#include "read/resize.h"
#include "support/sample_images.h"

/* ---------------------------------------------------------------- helpers */

static void expect_grey(const void *bytes, size_t nbytes, size_t width, size_t height,
                        unsigned depth, const unsigned *expected)
{
    mien_picture picture = decode_good(bytes, nbytes, false);
    assert_int_equal(picture.width, width);
    assert_int_equal(picture.height, height);
    assert_int_equal(picture.depth, depth);
    for (size_t k = 0; k < width * height; k++)
        assert_int_equal(pixel(&picture, k), expected[k]);
    mien_picture_free(&picture);
}

/* Every cut of a file is refused, or has all its pixels: the same as the whole file's. The bytes
 * stand at the very end of their memory, so that a sanitizer sees a read beyond. At most `slack`
 * cuts, which take nothing but an end mark, may pass. */
static void expect_cuts_refused(const void *bytes, size_t nbytes, size_t slack)
{
    mien_picture whole = decode_good(bytes, nbytes, false);
    size_t refused = 0;
    for (size_t cut = 0; cut < nbytes; cut++) {
        unsigned char *copy = malloc(cut ? cut : 1);
        mien_picture picture;
        memcpy(copy, bytes, cut);
        if (mien_decode(copy, cut, false, &picture, NULL)) {
            refused++;
        } else {
            if (memcmp(picture.pixels, whole.pixels,
                       whole.width * whole.height * whole.depth / 8) != 0)
                fail_msg("cut at %zu of %zu: garbage taken for an image", cut, nbytes);
            mien_picture_free(&picture);
        }
        free(copy);
    }
    if (refused + slack < nbytes)
        fail_msg("only %zu of %zu cuts refused", refused, nbytes);
    mien_picture_free(&whole);
}

/* A flipped byte may give another image or a refusal, but never a crash or stray memory. */
static void flip_every_byte(const void *bytes, size_t nbytes)
{
    unsigned char *copy = malloc(nbytes);
    for (size_t k = 0; k < nbytes; k++) {
        static const unsigned char masks[] = {0x01, 0x80, 0xff};
        for (size_t m = 0; m < sizeof masks; m++) {
            mien_picture picture;
            memcpy(copy, bytes, nbytes);
            copy[k] ^= masks[m];
            if (!mien_decode(copy, nbytes, true, &picture, NULL)) {
                unsigned sum = 0; /* reads every pixel, for the sanitizers */
                for (size_t i = 0; i < picture.width * picture.height * 3; i++)
                    sum += pixel(&picture, i);
                assert_true(sum <= picture.width * picture.height * 3 * 65535);
                mien_picture_free(&picture);
            }
        }
    }
    free(copy);
}

/* ---------------------------------------------------------------- PNM */

#define TEXT(s) s, sizeof(s) - 1

static void test_pnm_kinds(void **state)
{
    (void)state;
    static const unsigned ramp[] = {0, 51, 102, 153, 204, 255};
    expect_grey(TEXT("P5 3 2 255\n\0\x33\x66\x99\xcc\xff"), 3, 2, 8, ramp);
    expect_grey(TEXT("P2\n3 2\n255\n0 51 102\n153 204 255\n"), 3, 2, 8, ramp);
    static const unsigned few[] = {0, 1, 2, 3, 4, 5}; /* whatever the maxval, as stored */
    expect_grey(TEXT("P2 3 2 5 0 1 2 3 4 5\n"), 3, 2, 8, few);
    expect_grey(TEXT("P5 3 2 5\n\0\1\2\3\4\5"), 3, 2, 8, few);
    expect_grey(TEXT("P2 2 1 1 1 0"), 2, 1, 8, (unsigned[]){1, 0}); /* no line end */
    expect_grey(TEXT("P2 2 1 255 1 20"), 2, 1, 8, (unsigned[]){1, 20});
    expect_grey(TEXT("P5 2 1 65535\n\x12\x34\xff\xff"), 2, 1, 16, (unsigned[]){0x1234, 0xffff});
    expect_grey(TEXT("P5 2 1 1023\n\x03\xff\x02\x00"), 2, 1, 16, (unsigned[]){1023, 512});
    expect_grey(TEXT("P2 2 1 256 256 128\n"), 2, 1, 16, (unsigned[]){256, 128});
    /* luma: 76.245 149.685 29.07, and grey stays grey */
    expect_grey(TEXT("P6 4 1 255\n\xff\0\0\0\xff\0\0\0\xff\x07\x07\x07"), 4, 1, 8,
                (unsigned[]){76, 150, 29, 7});
    expect_grey(TEXT("P3 1 1 255 255 0 0\n"), 1, 1, 8, (unsigned[]){76});
    expect_grey(TEXT("P6 1 1 65535\n\xff\xff\0\0\0\0"), 1, 1, 16, (unsigned[]){19595});
}

/* 1 is black; rows of a raw file end with their last byte, those of a plain one nowhere. */
static void test_pbm(void **state)
{
    (void)state;
    static const unsigned bits[] = {255, 0, 0, 255, 0, 255};
    expect_grey(TEXT("P1\n3 2\n0 1 1\n0 1 0\n"), 3, 2, 8, bits);
    expect_grey(TEXT("P1 3 2 011010"), 3, 2, 8, bits);
    expect_grey(TEXT("P1#c\n3 2\n01#1\n10 10 9"), 3, 2, 8, bits);
    expect_grey(TEXT("P4 3 2\n\x7f\x40"), 3, 2, 8, bits);
    expect_grey(TEXT("P4 9 1\n\xff\x7f"), 9, 1, 8, (unsigned[]){0, 0, 0, 0, 0, 0, 0, 0, 255});
    expect_bad(TEXT("P1 3 2 01101"), "truncated");
    expect_bad(TEXT("P1 3 2 01102 1"), "neither 0 nor 1");
    expect_bad(TEXT("P4 9 2\n\xff\x7f\xff"), "truncated");
    expect_bad(TEXT("P4 8 1"), "truncated");
    expect_bad(TEXT("P4 0 1\n"), "without pixels");
}

static void test_pnm_comments_and_line_ends(void **state)
{
    (void)state;
    static const unsigned two[] = {10, 200};
    expect_grey(TEXT("P5#c\n#d\n 2 # width\n#x\n1\n# 9 9 9\n255\n\x0a\xc8"), 2, 1, 8, two);
    expect_grey(TEXT("P5\n2 1#c\n255#d\n\x0a\xc8"), 2, 1, 8, two);
    expect_grey(TEXT("P5\r\n2 1\r\n255\r\n\x0a\xc8"), 2, 1, 8, two);
    expect_grey(TEXT("P5\r\n2 1\r\n255\r\x0a\xc8"), 2, 1, 8, two); /* the LF is a pixel */
    expect_grey(TEXT("P2\r\n2 1\r\n255\r\n10 # ten\r\n200\r\n"), 2, 1, 8, two);
    expect_grey(TEXT("P5 2 1 255 \x0a\xc8trailing"), 2, 1, 8, two);
    mien_picture picture = decode_good(TEXT("P5 2 1 255 \x0a\xc8"), true);
    assert_memory_equal(picture.pixels, "\x0a\x0a\x0a\xc8\xc8\xc8", 6);
    mien_picture_free(&picture);
}

static void test_pnm_bad(void **state)
{
    (void)state;
    expect_bad(TEXT("P5 2 1 0\n\1\1"), "greatest value");
    expect_bad(TEXT("P5 2 1 65536\n\1\1\1\1"), "greatest value");
    expect_bad(TEXT("P5 2 1 99999999999999999999\n\1\1\1\1"), "greatest value");
    expect_bad(TEXT("P5 0 1 255\n"), "without pixels");
    expect_bad(TEXT("P5 1 0 255\n"), "without pixels");
    expect_bad(TEXT("P5 65536 1 255\n"), "larger");
    expect_bad(TEXT("P5 18446744073709551617 1 255\n\1"), "larger");
    expect_bad(TEXT("P5 65535 65535 255\n"), "larger");
    expect_bad(TEXT("P5 8000 8000 255\n\1"), "truncated");
    expect_bad(TEXT("P5 640 480 255"), "truncated");
    expect_bad(TEXT("P5 2 1 254\n\1\xff"), "above its greatest value");
    expect_bad(TEXT("P5 1 1 300\n\xff\xff"), "above its greatest value");
    expect_bad(TEXT("P2 2 1 9 1 10\n"), "above its greatest value");
    expect_bad(TEXT("P2 2 1 9 1 x\n"), "not a number");
    expect_bad(TEXT("P2 2 1 9 1 -1\n"), "not a number");
    expect_bad(TEXT("P5 12 x\n"), "height");
    expect_bad(TEXT("P2 2 1 255 1"), "truncated");
    expect_bad(TEXT("P2 2 1 255 1 "), "truncated");
    expect_bad(TEXT("P7\nWIDTH 1\n"), "PAM");
}

static void test_text_is_no_image(void **state)
{
    (void)state;
    static const char *const texts[] = {"P5 is a road.\n",
                                        "P6 and P7 were built\n",
                                        "BMW drives\n",
                                        "GIF is a format\n",
                                        "hello",
                                        "P",
                                        "",
                                        "BM"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        mien_picture_head head;
        mien_error err;
        mien_status st = mien_decode_probe((const void *)texts[i], strlen(texts[i]), &head, &err);
        if (st != MIEN_ERR_DATA)
            fail_msg("'%s': %d", texts[i], st);
    }
}

static void test_foreign_kinds_are_named(void **state)
{
    (void)state;
    expect_bad(sample_tiff, sizeof sample_tiff, "TIFF");
    expect_bad(TEXT("RIFF\x10\0\0\0WEBPVP8 "), "WebP");
    expect_bad(TEXT("8BPS\0\1"), "Photoshop");
    expect_bad(TEXT("#?RADIANCE\n"), "HDR");
    expect_bad(TEXT("\0\0\0\x20"
                    "ftypavif"),
               "convert it to PNG");
}

/* ---------------------------------------------------------------- PNG */

static unsigned sample_any(unsigned x, unsigned y, unsigned c)
{
    return (x * 37 + y * 11 + c * 50 + x * y) & 0xff;
}

static unsigned sample_deep(unsigned x, unsigned y, unsigned c)
{
    return (x * 3700 + y * 1111 + c * 5000) & 0xffff;
}

static unsigned sample_bit(unsigned x, unsigned y, unsigned c)
{
    return (x + y / 2 + c) & 1;
}

static unsigned sample_four(unsigned x, unsigned y, unsigned c)
{
    return (x * 3 + y + c) & 3;
}

static double luma(double r, double g, double b)
{
    return 0.299 * r + 0.587 * g + 0.114 * b;
}

/* The grey that a sample function stands for, in double. */
static double expected_grey(const test_png *png, unsigned x, unsigned y)
{
    double full = (1u << png->bits) - 1, scale = png->bits == 16 ? 1 : 255 / full;
    double v[4];
    for (unsigned c = 0; c < 4; c++)
        v[c] = png->sample(x, y, c) * scale;
    double top = png->bits == 16 ? 65535 : 255;
    switch (png->color_type) {
    case 0:
        return v[0];
    case 2:
        return luma(v[0], v[1], v[2]);
    case 4:
        return v[0] * v[1] / top;
    default:
        return luma(v[0], v[1], v[2]) * v[3] / top;
    }
}

static void test_png_kinds(void **state)
{
    (void)state;
    static const struct {
        unsigned bits, type;
        unsigned (*sample)(unsigned, unsigned, unsigned);
    } kinds[] = {{1, 0, sample_bit}, {2, 0, sample_four},  {8, 0, sample_any}, {16, 0, sample_deep},
                 {8, 2, sample_any}, {16, 2, sample_deep}, {8, 4, sample_any}, {16, 4, sample_deep},
                 {8, 6, sample_any}, {16, 6, sample_deep}};
    static unsigned char bytes[65536];
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (unsigned width = 1; width < 20; width += 6)
            for (int interlaced = 0; interlaced < 2; interlaced++) {
                test_png png = {.width = width,
                                .height = 11,
                                .bits = kinds[k].bits,
                                .color_type = kinds[k].type,
                                .interlaced = interlaced,
                                .sample = kinds[k].sample};
                size_t nbytes = make_png(&png, bytes);
                mien_picture picture = decode_good(bytes, nbytes, false);
                assert_int_equal(picture.depth, kinds[k].bits == 16 ? 16 : 8);
                for (unsigned y = 0; y < 11; y++)
                    for (unsigned x = 0; x < width; x++)
                        assert_near(pixel(&picture, y * width + x), expected_grey(&png, x, y),
                                    0.5001);
                mien_picture_free(&picture);
            }
}

static void test_png_color_is_kept(void **state)
{
    (void)state;
    static unsigned char bytes[65536];
    test_png png = {.width = 5, .height = 4, .bits = 8, .color_type = 2, .sample = sample_any};
    mien_picture picture = decode_good(bytes, make_png(&png, bytes), true);
    for (unsigned k = 0; k < 60; k++)
        assert_int_equal(pixel(&picture, k), sample_any(k / 3 % 5, k / 15, k % 3));
    mien_picture_free(&picture);
    png.color_type = 6;
    png.bits = 16;
    png.sample = sample_deep;
    picture = decode_good(bytes, make_png(&png, bytes), true);
    for (unsigned k = 0; k < 60; k++)
        assert_near(pixel(&picture, k),
                    sample_deep(k / 3 % 5, k / 15, k % 3) *
                        (double)sample_deep(k / 3 % 5, k / 15, 3) / 65535,
                    0.5001);
    mien_picture_free(&picture);
}

static void test_png_palette(void **state)
{
    (void)state;
    static unsigned char bytes[65536];
    static const unsigned char palette[] = {0, 0, 0, 255, 0, 0, 0, 255, 0, 90, 90, 90};
    static const unsigned char alpha[] = {255, 0};
    static const unsigned grey[] = {0, 0, 150, 90}; /* the second color is transparent */
    test_png png = {.width = 9,
                    .height = 5,
                    .bits = 2,
                    .color_type = 3,
                    .palette = palette,
                    .n_palette = sizeof palette,
                    .alpha = alpha,
                    .n_alpha = sizeof alpha,
                    .sample = sample_four};
    for (png.bits = 2; png.bits <= 8; png.bits *= 2)
        for (int interlaced = 0; interlaced < 2; interlaced++) {
            png.interlaced = interlaced;
            mien_picture picture = decode_good(bytes, make_png(&png, bytes), false);
            for (unsigned k = 0; k < 45; k++)
                assert_int_equal(pixel(&picture, k), grey[sample_four(k % 9, k / 9, 0)]);
            mien_picture_free(&picture);
        }
    png.bits = 8;
    png.n_palette = 9; /* index 3 has no colour */
    expect_bad(bytes, make_png(&png, bytes), "color 3 in a palette of 3");
    png.n_palette = 8;
    expect_bad(bytes, make_png(&png, bytes), "palette of 8 bytes");
    png.palette = NULL;
    expect_bad(bytes, make_png(&png, bytes), "wrong place");
}

static void test_png_color_key(void **state)
{
    (void)state;
    static unsigned char bytes[65536];
    test_png png = {.width = 7,
                    .height = 5,
                    .bits = 8,
                    .color_type = 0,
                    .sample = sample_any,
                    .alpha = (const unsigned char *)"\0\x25",
                    .n_alpha = 2}; /* 37 */
    mien_picture picture = decode_good(bytes, make_png(&png, bytes), false);
    assert_int_equal(sample_any(1, 0, 0), 37);
    for (unsigned k = 0; k < 35; k++) {
        unsigned v = sample_any(k % 7, k / 7, 0);
        assert_int_equal(pixel(&picture, k), v == 37 ? 0 : v);
    }
    mien_picture_free(&picture);
}

static void test_png_damage(void **state)
{
    (void)state;
    static unsigned char bytes[65536], copy[65536];
    test_png png = {.width = 6, .height = 5, .bits = 8, .color_type = 2, .sample = sample_any};
    size_t nbytes = make_png(&png, bytes);
    /* any flipped bit behind the signature is noticed, but in a chunk without pixels */
    const size_t text = 33 + 4, text_end = 33 + 12 + 7;
    for (size_t k = 8; k < nbytes; k++) {
        mien_picture picture;
        memcpy(copy, bytes, nbytes);
        copy[k] ^= 0x10;
        bool read = !mien_decode(copy, nbytes, false, &picture, NULL);
        if (read != (k >= text && k < text_end))
            fail_msg("a flipped bit in byte %zu of %zu", k, nbytes);
        if (read)
            mien_picture_free(&picture);
    }
    memcpy(copy, bytes, nbytes);
    copy[nbytes - 13] ^= 1; /* CRC of the last IDAT */
    expect_bad(copy, nbytes, "checksum of chunk IDAT");
    /* IEND missing, no IDAT */
    expect_bad(bytes, nbytes - 12, "IEND");
    size_t used = 33 + png_chunk(copy + 33, "IEND", NULL, 0);
    expect_bad(copy, used, "wrong place");
    used = 33 + png_chunk(copy + 33, "ABCD", NULL, 0); /* an unknown critical chunk */
    expect_bad(copy, used, "wrong place");
    used = 33 + png_chunk(copy + 33, "IDAT", "garbage", 7);
    used += png_chunk(copy + used, "IEND", NULL, 0);
    expect_bad(copy, used, "compressed data is wrong");
}

static unsigned sample_zero(unsigned x, unsigned y, unsigned c)
{
    return (x + y + c) * 0;
}

static void test_png_bombs(void **state)
{
    (void)state;
    static unsigned char bytes[1 << 20];
    test_png png = {.width = 10,
                    .height = 10,
                    .bits = 8,
                    .color_type = 2,
                    .sample = sample_zero,
                    .extra = 100u << 20};
    for (; png.extra; png.extra = png.extra > 1) { /* what nobody asked for is not inflated */
        mien_picture picture = decode_good(bytes, make_png(&png, bytes), false);
        for (unsigned k = 0; k < 100; k++)
            assert_int_equal(pixel(&picture, k), 0);
        mien_picture_free(&picture);
    }
    size_t nbytes = make_png(&png, bytes);
    unsigned char head[13] = {0,    0, 0x4e, 0x20, 0, 0, 0x4e,
                              0x20, 8, 2,    0,    0, 0}; /* 20000 x 20000 */
    png_chunk(bytes + 8, "IHDR", head, 13);
    expect_bad(bytes, nbytes, "20000x20000, larger");
    head[2] = head[6] = 0;
    head[3] = head[7] = 11; /* more rows than there are */
    png_chunk(bytes + 8, "IHDR", head, 13);
    expect_bad(bytes, nbytes, "not all of its pixels");
}

/* ---------------------------------------------------------------- JPEG, BMP, GIF */

static void test_jpeg(void **state)
{
    (void)state;
    mien_picture picture = decode_good(sample_jpeg_grey, sizeof sample_jpeg_grey, false);
    assert_int_equal(picture.width, 16);
    assert_int_equal(picture.height, 12);
    for (unsigned k = 0; k < 192; k++)
        assert_near(pixel(&picture, k), 8 * (k % 16) + 6 * (k / 16), 3);
    mien_picture_free(&picture);
    picture = decode_good(sample_jpeg_color, sizeof sample_jpeg_color, true);
    for (unsigned k = 0; k < 192; k++) {
        assert_near(pixel(&picture, 3 * k), 12 * (k % 16), 8);
        assert_near(pixel(&picture, 3 * k + 1), 15 * (k / 16), 8);
        assert_near(pixel(&picture, 3 * k + 2), 100, 8);
    }
    mien_picture_free(&picture);
}

/* stb_image 2.27 writes past its table when a Huffman table has more than 256 codes. */
static void test_jpeg_huffman_table_too_long(void **state)
{
    (void)state;
    static unsigned char bytes[4096];
    size_t used = 0, dht = 0;
    while (memcmp(sample_jpeg_grey + dht, "\xff\xc4", 2) != 0)
        dht++;
    memcpy(bytes, sample_jpeg_grey, dht);
    used = dht;
    unsigned codes = 17 * 16;
    bytes[used++] = 0xff;
    bytes[used++] = 0xc4;
    bytes[used++] = (unsigned char)((2 + 17 + codes) >> 8);
    bytes[used++] = (unsigned char)(2 + 17 + codes);
    bytes[used++] = 0;
    memset(bytes + used, 17, 16);
    used += 16 + codes;
    memcpy(bytes + used, sample_jpeg_grey + dht, sizeof sample_jpeg_grey - dht);
    expect_bad(bytes, used + sizeof sample_jpeg_grey - dht, "too many codes");
}

static void test_bmp_and_gif(void **state)
{
    (void)state;
    mien_picture picture = decode_good(sample_bmp_color, sizeof sample_bmp_color, true);
    for (unsigned k = 0; k < 192; k++) {
        assert_int_equal(pixel(&picture, 3 * k), 12 * (k % 16));
        assert_int_equal(pixel(&picture, 3 * k + 1), 15 * (k / 16));
        assert_int_equal(pixel(&picture, 3 * k + 2), 100);
    }
    mien_picture_free(&picture);
    picture = decode_good(sample_bmp_grey, sizeof sample_bmp_grey, false);
    for (unsigned k = 0; k < 30; k++)
        assert_int_equal(pixel(&picture, k), 8 * (k % 6) + 6 * (k / 6));
    mien_picture_free(&picture);
    picture = decode_good(sample_gif_grey, sizeof sample_gif_grey, false);
    for (unsigned k = 0; k < 192; k++)
        assert_int_equal(pixel(&picture, k), 17 * ((k % 16 + k / 16) % 16));
    mien_picture_free(&picture);
    picture = decode_good(sample_gif_frames, sizeof sample_gif_frames, false);
    for (unsigned k = 0; k < 192; k++) { /* the first frame; 15 is transparent, hence black */
        unsigned index = (k % 16 + k / 16) % 16;
        assert_int_equal(pixel(&picture, k), index == 15 ? 0 : 17 * index);
    }
    mien_picture_free(&picture);
}

static void test_cut_files(void **state)
{
    (void)state;
    static unsigned char bytes[65536];
    test_png png = {.width = 6, .height = 5, .bits = 8, .color_type = 2, .sample = sample_any};
    size_t nbytes = make_png(&png, bytes);
    expect_cuts_refused(bytes, nbytes, 0);
    png.bits = 16;
    png.color_type = 4;
    png.interlaced = true;
    nbytes = make_png(&png, bytes);
    expect_cuts_refused(bytes, nbytes, 0);
    expect_cuts_refused(TEXT("P5\n# c\n3 2\n255\n\1\2\3\4\5\6"), 0);
    expect_cuts_refused(TEXT("P6 2 1 65535\n\1\2\3\4\5\6\1\2\3\4\5\6"), 0);
    expect_cuts_refused(TEXT("P2 3 2 255\n10 20 30 40 50 6\n"), 1);
    expect_cuts_refused(TEXT("P3 1 1 255\r\n10 20 3\n"), 1);
    expect_cuts_refused(sample_jpeg_grey, sizeof sample_jpeg_grey, 0);
    expect_cuts_refused(sample_jpeg_color, sizeof sample_jpeg_color, 0);
    expect_cuts_refused(sample_bmp_color, sizeof sample_bmp_color, 2);
    expect_cuts_refused(sample_bmp_grey, sizeof sample_bmp_grey, 2);
    expect_cuts_refused(sample_gif_grey, sizeof sample_gif_grey, 3);
}

static void test_flipped_bytes(void **state)
{
    (void)state;
    flip_every_byte(TEXT("P2 3 2 255\n10 20 30 40 50 160\n"));
    flip_every_byte(sample_jpeg_grey, sizeof sample_jpeg_grey);
    flip_every_byte(sample_jpeg_color, sizeof sample_jpeg_color);
    flip_every_byte(sample_bmp_color, sizeof sample_bmp_color);
    flip_every_byte(sample_bmp_grey, sizeof sample_bmp_grey);
    flip_every_byte(sample_gif_grey, sizeof sample_gif_grey);
    flip_every_byte(sample_gif_frames, sizeof sample_gif_frames);
}

/* Each allocation fails in turn, stb's included: MIEN_ERR_NOMEM, and nothing leaks. */
static void test_out_of_memory(void **state)
{
    (void)state;
    static unsigned char png_bytes[65536];
    static const unsigned char palette[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    test_png png = {.width = 9,
                    .height = 5,
                    .bits = 2,
                    .color_type = 3,
                    .interlaced = true,
                    .palette = palette,
                    .n_palette = 12,
                    .sample = sample_four};
    const struct {
        const void *bytes;
        size_t nbytes;
    } files[] = {
        {png_bytes, make_png(&png, png_bytes)},        {sample_jpeg_grey, sizeof sample_jpeg_grey},
        {sample_jpeg_color, sizeof sample_jpeg_color}, {sample_bmp_color, sizeof sample_bmp_color},
        {sample_gif_grey, sizeof sample_gif_grey},     {TEXT("P3 1 1 255\r\n10 20 30\n")}};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        long failures = 0;
        for (;; failures++) {
            mien_picture picture;
            failing_countdown = failures;
            mien_set_allocator(failing_malloc, failing_free);
            mien_status st = mien_decode(files[k].bytes, files[k].nbytes, false, &picture, NULL);
            if (!st)
                mien_picture_free(&picture);
            mien_set_allocator(NULL, NULL);
            assert_int_equal(failing_alive, 0);
            if (!st)
                break;
            assert_int_equal(st, MIEN_ERR_NOMEM);
        }
        assert_true(failures > 1);
    }
}

/* ---------------------------------------------------------------- other sizes */

static void test_resize(void **state)
{
    (void)state;
    for (unsigned depth = 8; depth <= 16; depth += 8) { /* a picture of one value stays that */
        uint16_t pixels[40 * 30];
        mien_picture from = {40, 30, 1, depth, depth == 8 ? 255 : 65535, pixels}, to;
        unsigned value = depth == 8 ? 77 : 30000;
        for (size_t k = 0; k < 40 * 30; k++) {
            if (depth == 8)
                ((uint8_t *)pixels)[k] = (uint8_t)value;
            else
                pixels[k] = (uint16_t)value;
        }
        for (int fit = MIEN_RESIZE_CROP; fit <= MIEN_RESIZE_PAD; fit++)
            for (unsigned side = 1; side < 100; side += 33) {
                assert_int_equal(mien_resize(&from, side, 20, (mien_resize_mode)fit, &to), MIEN_OK);
                assert_int_equal(to.width, side);
                for (size_t k = 0; k < side * 20; k++)
                    assert_near(pixel(&to, k), value, depth == 8 ? 0 : 1);
                mien_picture_free(&to);
            }
        assert_int_equal(mien_resize(&from, 3, 3, MIEN_RESIZE_REJECT, &to), MIEN_ERR_ARG);
    }
}

/* 40 x 20 with a white left quarter, black elsewhere; made 10 x 10 in the three ways. */
static void test_resize_geometry(void **state)
{
    (void)state;
    uint8_t pixels[40 * 20];
    mien_picture from = {40, 20, 1, 8, 255, pixels}, to;
    for (size_t k = 0; k < sizeof pixels; k++)
        pixels[k] = k % 40 < 10 ? 255 : 0;
    assert_int_equal(mien_resize(&from, 10, 10, MIEN_RESIZE_STRETCH, &to), MIEN_OK);
    assert_true(pixel(&to, 0) > 250 && pixel(&to, 1) > 200 && pixel(&to, 5) == 0);
    mien_picture_free(&to);
    assert_int_equal(mien_resize(&from, 10, 10, MIEN_RESIZE_CROP, &to), MIEN_OK);
    for (size_t k = 1; k < 10; k++) /* the white part is cut off but for the filter's reach */
        assert_int_equal(pixel(&to, 50 + k), 0);
    mien_picture_free(&to);
    assert_int_equal(mien_resize(&from, 10, 10, MIEN_RESIZE_PAD, &to), MIEN_OK);
    /* 5 rows in the middle; the border's mean: 38 of 116 pixels are white */
    unsigned grey = (38 * 255 + 58) / 116;
    for (size_t k = 0; k < 20; k++)
        assert_int_equal(pixel(&to, k), grey);
    for (size_t k = 70; k < 100; k++)
        assert_int_equal(pixel(&to, k), grey);
    assert_true(pixel(&to, 40) > 250 && pixel(&to, 45) == 0);
    mien_picture_free(&to);
}

static void test_names(void **state)
{
    (void)state;
    assert_true(mien_is_picture_name("a/b.PnG"));
    assert_true(mien_is_picture_name("x.jpeg"));
    assert_false(mien_is_picture_name("x.png/README"));
    assert_false(mien_is_picture_name("pgm"));
    assert_false(mien_is_picture_name("x.pn"));
    assert_false(mien_is_picture_name("x.pngs"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pnm_kinds),
        cmocka_unit_test(test_pbm),
        cmocka_unit_test(test_pnm_comments_and_line_ends),
        cmocka_unit_test(test_pnm_bad),
        cmocka_unit_test(test_text_is_no_image),
        cmocka_unit_test(test_foreign_kinds_are_named),
        cmocka_unit_test(test_png_kinds),
        cmocka_unit_test(test_png_color_is_kept),
        cmocka_unit_test(test_png_palette),
        cmocka_unit_test(test_png_color_key),
        cmocka_unit_test(test_png_damage),
        cmocka_unit_test(test_png_bombs),
        cmocka_unit_test(test_jpeg),
        cmocka_unit_test(test_jpeg_huffman_table_too_long),
        cmocka_unit_test(test_bmp_and_gif),
        cmocka_unit_test(test_cut_files),
        cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_resize_geometry),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
