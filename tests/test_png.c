/* test_png.c - what is written is what a decoder reads; failures are reported.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include "support/cmocka_plus.h"

#include "base/memory.h"
#include "draw/png.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Some of its functions are declared and never defined, which is reported at the end. */
#pragma GCC diagnostic ignored "-Wunused-function"
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#include <stb_image.h>

/* A canvas of noise, flat parts and slopes: every kind of row. */
static mien_canvas noisy(size_t width, size_t height, bool grey)
{
    mien_canvas canvas;
    assert_int_equal(mien_canvas_init(width, height, (mien_rgb){9, 9, 9}, &canvas, NULL), MIEN_OK);
    unsigned seed = 1;
    for (size_t i = 0; i < width * height; i++)
        for (size_t c = 0; c < 3; c++) {
            seed = seed * 1664525u + 1013904223u;
            size_t row = i / width;
            uint8_t value = (uint8_t)(row % 3 == 0 ? seed >> 24 : row % 3 == 1 ? i : 77);
            canvas.pixels[3 * i + c] = grey && c ? canvas.pixels[3 * i] : value;
        }
    return canvas;
}

/* Its file has the canvas's pixels; the canvas is spent. */
static void assert_encodes(mien_canvas *canvas, int channels)
{
    int width, height, stored;
    unsigned char *png;
    size_t nbytes, size = 3 * canvas->width * canvas->height;
    mien_canvas before = *canvas;
    before.pixels = mien_alloc_raw(size, 1);
    assert_non_null(before.pixels);
    memcpy(before.pixels, canvas->pixels, size);
    assert_int_equal(mien_png_encode(canvas, &png, &nbytes, NULL), MIEN_OK);
    assert_null(canvas->pixels);
    unsigned char *pixels = stbi_load_from_memory(png, (int)nbytes, &width, &height, &stored, 3);
    assert_non_null(pixels);
    assert_int_equal(width, before.width);
    assert_int_equal(height, before.height);
    assert_int_equal(stored, channels);
    assert_memory_equal(pixels, before.pixels, size);
    stbi_image_free(pixels);
    mien_free(before.pixels);
    mien_free(png);
}

/* Enlarged pixels repeat the row above, and cost next to nothing: the filter sees to it. */
static void test_enlarged_pixels_make_small_files(void **state)
{
    (void)state;
    enum { SIDE = 512, EACH = 16 };
    mien_canvas canvas;
    assert_int_equal(mien_canvas_init(SIDE, SIDE, (mien_rgb){9, 9, 9}, &canvas, NULL), MIEN_OK);
    for (size_t at = 0; at < (size_t)SIDE * SIDE * 3; at++) {
        unsigned x = (unsigned)(at / 3 % SIDE / EACH), y = (unsigned)(at / 3 / SIDE / EACH);
        canvas.pixels[at] = (uint8_t)(((x + 57 * y) * 2654435761u >> 24) + at % 3);
    }
    unsigned char *png;
    size_t nbytes;
    assert_int_equal(mien_png_encode(&canvas, &png, &nbytes, NULL), MIEN_OK);
    assert_true(nbytes < 5000); /* 2,850; without the filter 8,902 */
    mien_free(png);
    mien_canvas_free(&canvas);
}

static void test_encode_decodes_to_the_same_pixels(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 1}, {1, 300}, {300, 1}, {17, 23}, {640, 411}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int grey = 0; grey < 2; grey++) {
            mien_canvas canvas = noisy(sizes[i][0], sizes[i][1], grey);
            canvas.pixels[0] = grey ? canvas.pixels[1] : (uint8_t)(canvas.pixels[1] + 1);
            assert_encodes(&canvas, grey ? 1 : 3);
        }
}

/* One pixel of colour, at the very end, must not be lost to the grey form. */
static void test_encode_keeps_a_single_coloured_pixel(void **state)
{
    (void)state;
    for (size_t channel = 0; channel < 3; channel++) {
        mien_canvas canvas = noisy(31, 9, true);
        canvas.pixels[3 * 31 * 9 - 3 + channel] ^= 1;
        assert_encodes(&canvas, 3);
    }
}

static void test_encode_without_memory(void **state)
{
    (void)state;
    for (int grey = 0; grey < 2; grey++) {
        mien_set_allocator(failing_malloc, failing_free);
        failing_alive = 0;
        mien_status st = MIEN_ERR_NOMEM;
        long k = 0;
        for (; st; k++) {
            unsigned char *png = NULL;
            size_t nbytes;
            failing_countdown = -1;
            mien_canvas canvas = noisy(40, 40, grey);
            failing_countdown = k;
            st = mien_png_encode(&canvas, &png, &nbytes, NULL);
            assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
            mien_free(png);
            assert_int_equal(failing_alive, 0);
        }
        mien_set_allocator(NULL, NULL);
        assert_true(k > 2); /* a row, stream and file: each failed once */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enlarged_pixels_make_small_files),
        cmocka_unit_test(test_encode_decodes_to_the_same_pixels),
        cmocka_unit_test(test_encode_keeps_a_single_coloured_pixel),
        cmocka_unit_test(test_encode_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
