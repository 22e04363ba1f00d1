/* test_exif.c - photographs are brought upright, and no EXIF keeps one from being read.
 * SPDX-License-Identifier: MIT */
#include "support/decoding.h"
#include "support/sample_images.h"

#include "base/memory.h"
#include "read/formats/exif.h"

#include <stdlib.h>

/* sample_jpeg_grey with an APP1 segment behind its first marker; returns the length. */
static size_t with_exif(const void *exif, size_t exif_nbytes, unsigned char *to)
{
    memcpy(to, sample_jpeg_grey, 2);
    to[2] = 0xff;
    to[3] = 0xe1;
    to[4] = (unsigned char)((exif_nbytes + 2) >> 8 & 0xff);
    to[5] = (unsigned char)((exif_nbytes + 2) & 0xff);
    memcpy(to + 6, exif, exif_nbytes);
    memcpy(to + 6 + exif_nbytes, sample_jpeg_grey + 2, sizeof sample_jpeg_grey - 2);
    return sizeof sample_jpeg_grey + exif_nbytes + 4;
}

/* Where pixel (x, y) of the upright 16x12 picture is stored: the eight cases of the standard, said
 * by which side of what is stored row 0 and column 0 are. */
static unsigned stored_at(unsigned orientation, unsigned x, unsigned y)
{
    switch (orientation) {
    case 2: /* row 0 top, column 0 right */
        return y * 16 + 15 - x;
    case 3: /* bottom, right */
        return (11 - y) * 16 + 15 - x;
    case 4: /* bottom, left */
        return (11 - y) * 16 + x;
    case 5: /* left, top */
        return x * 16 + y;
    case 6: /* right, top: a clockwise quarter brings it upright */
        return (11 - x) * 16 + y;
    case 7: /* right, bottom */
        return (11 - x) * 16 + 15 - y;
    case 8: /* left, bottom */
        return x * 16 + 15 - y;
    default:
        return y * 16 + x;
    }
}

static void test_jpeg_orientation(void **state)
{
    (void)state;
    static unsigned char bytes[2048];
    unsigned char little[] = "Exif\0\0II*\0\x08\0\0\0\x02\0"
                             "\x0f\x01\x02\0\x02\0\0\0a\0\0\0"
                             "\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
    unsigned char big[] = "Exif\0\0MM\0*\0\0\0\x08\0\x01"
                          "\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    mien_picture stored = decode_good(sample_jpeg_grey, sizeof sample_jpeg_grey, false);
    for (unsigned orientation = 0; orientation < 10; orientation++)
        for (int color = 0; color < 2; color++) {
            little[36] = big[25] = (unsigned char)orientation;
            size_t nbytes = color ? with_exif(big, sizeof big - 1, bytes)
                                  : with_exif(little, sizeof little - 1, bytes);
            bool sideways = orientation >= 5 && orientation <= 8;
            mien_picture_head head;
            assert_int_equal(mien_decode_probe(bytes, nbytes, &head, NULL), MIEN_OK);
            mien_picture picture = decode_good(bytes, nbytes, color);
            assert_int_equal(picture.width, sideways ? 12 : 16);
            assert_int_equal(picture.height, sideways ? 16 : 12);
            assert_int_equal(head.width, picture.width);
            assert_int_equal(head.height, picture.height);
            for (unsigned y = 0; y < picture.height; y++)
                for (unsigned x = 0; x < picture.width; x++)
                    for (unsigned c = 0; c < picture.channels; c++)
                        assert_int_equal(
                            pixel(&picture,
                                  (unsigned)((y * picture.width + x) * picture.channels + c)),
                            pixel(&stored, stored_at(orientation, x, y)));
            mien_picture_free(&picture);
        }
    mien_picture_free(&stored);
}

/* The standard wants a SHORT; programs write what they like, and keep it in XMP, too. */
static void test_orientation_of_any_kind(void **state)
{
    (void)state;
#define TEXT(text)                text, sizeof(text) - 1
#define ENTRY(type, count, value) TEXT("MM\0*\0\0\0\x08\0\x01\x01\x12\0" type count value)
    static const struct {
        const char *data;
        size_t nbytes;
    } exif[] = {
        {ENTRY("\x01", "\0\0\0\x01", "\x06\0\0\0")},
        {ENTRY("\x03", "\0\0\0\x01", "\0\x06\0\0")},
        {ENTRY("\x03", "\0\0\0\x02", "\0\x06\0\x01")}, /* the first counts */
        {ENTRY("\x04", "\0\0\0\x01", "\0\0\0\x06")},
        {ENTRY("\x06", "\0\0\0\x01", "\x06\0\0\0")},
        {ENTRY("\x08", "\0\0\0\x01", "\0\x06\0\0")},
        {ENTRY("\x09", "\0\0\0\x01", "\0\0\0\x06")},
        {ENTRY("\x05", "\0\0\0\x01", "\0\0\0\x1a\0\0\0\0\0\0\0\x0c\0\0\0\x02")},
        {ENTRY("\x0b", "\0\0\0\x01", "\x40\xc0\0\0")},
        {ENTRY("\x0c", "\0\0\0\x01", "\0\0\0\x1a\0\0\0\0\x40\x18\0\0\0\0\0\0")},
        {TEXT("II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0")},
        {TEXT("II*\0\x08\0\0\0\x01\0\x12\x01\x0c\0\x01\0\0\0\x1a\0\0\0\0\0\0\0"
              "\0\0\0\0\0\0\x18\x40")},
    };
    static const char *const xmp[] = {"<rdf:Description tiff:Orientation=\"6\"/>",
                                      "<tiff:Orientation>6</tiff:Orientation>",
                                      "tiff:X='1' tiff:Orientation = '6'"};
    static const char *const none[] = {"<tiff:Orientation>9<", "tiff:Orientation=\"16\"",
                                       "tiff:Orientation=\"", "tiff:Orientation", "tiff"};
    for (size_t k = 0; k < sizeof exif / sizeof *exif; k++)
        if (mien_exif_orientation((const void *)exif[k].data, exif[k].nbytes) != 6)
            fail_msg("line %zu of EXIF", k);
    for (size_t k = 0; k < sizeof xmp / sizeof *xmp; k++)
        assert_int_equal(mien_xmp_orientation((const void *)xmp[k], strlen(xmp[k])), 6);
    for (size_t k = 0; k < sizeof none / sizeof *none; k++)
        assert_int_equal(mien_xmp_orientation((const void *)none[k], strlen(none[k])), 0);
#undef ENTRY
#undef TEXT
}

/* None of these tells an orientation, and none keeps the picture from being read as stored. */
static void test_jpeg_exif_bad(void **state)
{
    (void)state;
    static unsigned char bytes[70000];
#define EXIF(text) text, sizeof(text) - 1
#define ENTRY_6    "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
    static const struct {
        const char *data;
        size_t nbytes;
    } bad[] = {
        {EXIF("")},
        {EXIF("Exif")},
        {EXIF("Exif\0\0")},
        {EXIF("Exif\0\0MM\0*\0\0\0")},
        {EXIF("Exif\0\0MM\0*\0\0\0\x08")},
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\0")},
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0")}, /* cut in the value */
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\0\0" ENTRY_6)},                     /* no entries */
        {EXIF("Exif\0\0MM\0*\xff\xff\xff\xff\0\x01" ENTRY_6)},             /* far beyond */
        {EXIF("Exif\0\0MM\0*\0\0\0\0\0\x01" ENTRY_6)},                     /* in the head */
        {EXIF("Exif\0\0MM\0*\x80\0\0\x08\0\x01" ENTRY_6)},
        {EXIF("Exif\0\0II\0*\0\0\0\x08\0\x01" ENTRY_6)}, /* byte order of neither kind */
        {EXIF("Exif\0\0II*\0\0\0\0\x08\0\x01" ENTRY_6)},
        {EXIF("Exif\0\0XX\0*\0\0\0\x08\0\x01" ENTRY_6)},
        {EXIF("Exif\0\0MM\0+\0\0\0\x08\0\x01" ENTRY_6)},
        {EXIF("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")},
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x01\x36\0\0\0")}, /* text */
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\x06\0\0")}, /* long */
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\0\0\x06\0\0")}, /* none of them */
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0")}, /* 0 */
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0")}, /* 9 */
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\x06\0\0\0")}, /* 1536 */
        {EXIF("Exif\0\0MM\0*\0\0\0\x08\xff\xff\1\x0f\0\x03\0\0\0\x01\0\x06\0\0")}, /* count */
    };
#undef ENTRY_6
#undef EXIF
    mien_picture stored = decode_good(sample_jpeg_grey, sizeof sample_jpeg_grey, false);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        unsigned char *copy = malloc(bad[k].nbytes + 1); /* of exactly this size: asan looks on */
        assert_non_null(copy);
        memcpy(copy, bad[k].data, bad[k].nbytes);
        if (mien_exif_orientation(copy, bad[k].nbytes) != 0)
            fail_msg("line %zu tells an orientation", k);
        free(copy);
        size_t nbytes = with_exif(bad[k].data, bad[k].nbytes, bytes);
        mien_picture picture = decode_good(bytes, nbytes, false);
        assert_int_equal(picture.width, 16);
        assert_memory_equal(picture.pixels, stored.pixels, (size_t)16 * 12);
        mien_picture_free(&picture);
    }
    mien_picture_free(&stored);
}

/* Each allocation fails in turn, the one for the turned picture included. */
static void test_jpeg_turn_without_memory(void **state)
{
    (void)state;
    static unsigned char bytes[2048];
    size_t nbytes =
        with_exif("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0", 28, bytes);
    mien_status st = MIEN_ERR_NOMEM;
    for (long k = 0; st; k = failing_next(k)) {
        mien_picture picture;
        failing_countdown = k;
        mien_set_allocator(failing_malloc, failing_free);
        st = mien_decode(bytes, nbytes, false, &picture, NULL);
        if (!st)
            mien_picture_free(&picture);
        mien_set_allocator(NULL, NULL);
        assert_int_equal(failing_alive, 0);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jpeg_orientation),
        cmocka_unit_test(test_orientation_of_any_kind),
        cmocka_unit_test(test_jpeg_exif_bad),
        cmocka_unit_test(test_jpeg_turn_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
