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

static void assert_decodes_to(const unsigned char *png, size_t nbytes, const mien_canvas *canvas,
                              int channels)
{
    int width, height, stored;
    unsigned char *pixels = stbi_load_from_memory(png, (int)nbytes, &width, &height, &stored, 3);
    assert_non_null(pixels);
    assert_int_equal(width, canvas->width);
    assert_int_equal(height, canvas->height);
    assert_int_equal(stored, channels);
    assert_memory_equal(pixels, canvas->pixels, 3 * canvas->width * canvas->height);
    stbi_image_free(pixels);
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
            unsigned char *png;
            size_t nbytes;
            assert_int_equal(mien_png_encode(&canvas, &png, &nbytes, NULL), MIEN_OK);
            assert_decodes_to(png, nbytes, &canvas, grey ? 1 : 3);
            mien_free(png);
            mien_canvas_free(&canvas);
        }
}

/* One pixel of colour, at the very end, must not be lost to the grey form. */
static void test_encode_keeps_a_single_coloured_pixel(void **state)
{
    (void)state;
    for (size_t channel = 0; channel < 3; channel++) {
        mien_canvas canvas = noisy(31, 9, true);
        canvas.pixels[3 * 31 * 9 - 3 + channel] ^= 1;
        unsigned char *png;
        size_t nbytes;
        assert_int_equal(mien_png_encode(&canvas, &png, &nbytes, NULL), MIEN_OK);
        assert_decodes_to(png, nbytes, &canvas, 3);
        mien_free(png);
        mien_canvas_free(&canvas);
    }
}

static void test_encode_without_memory(void **state)
{
    (void)state;
    for (int grey = 0; grey < 2; grey++) {
        mien_canvas canvas = noisy(40, 40, grey);
        mien_canvas copy = canvas;
        mien_set_allocator(failing_malloc, failing_free);
        failing_alive = 0;
        mien_status st = MIEN_ERR_NOMEM;
        long k = 0;
        for (; st; k++) {
            unsigned char *png = NULL;
            size_t nbytes;
            failing_countdown = k;
            st = mien_png_encode(&copy, &png, &nbytes, NULL);
            assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
            mien_free(png);
            assert_int_equal(failing_alive, 0);
        }
        mien_set_allocator(NULL, NULL);
        assert_true(k > 2); /* rows and file: each failed once */
        mien_canvas_free(&canvas);
    }
}

static void test_write_to_file(void **state)
{
    (void)state;
    char path[] = "/tmp/mien-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    mien_canvas canvas = noisy(50, 20, false);
    assert_int_equal(mien_png_write(&canvas, path, NULL), MIEN_OK);
    static unsigned char bytes[100000];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t nbytes = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    remove(path);
    assert_decodes_to(bytes, nbytes, &canvas, 3);
    mien_canvas_free(&canvas);
}

/* A small picture stays in the stream's buffer until it is flushed, a large one does not: both
 * must be noticed on a full disk. */
static void test_write_reports_failure(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    for (size_t side = 4; side <= 400; side += 396) {
        mien_canvas canvas = noisy(side, side, false);
        mien_error err = {0};
        assert_int_equal(mien_png_write(&canvas, "/dev/full", &err), MIEN_ERR_IO);
        assert_non_null(strstr(err.message, "/dev/full: "));
        assert_non_null(strstr(err.message, "space"));
        mien_canvas_free(&canvas);
    }
    mien_canvas canvas = noisy(4, 4, false);
    mien_error err = {0};
    assert_int_equal(mien_png_write(&canvas, "/nonexistent-folder/a.png", &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "/nonexistent-folder/a.png: No such file"));
    mien_canvas_free(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enlarged_pixels_make_small_files),
        cmocka_unit_test(test_encode_decodes_to_the_same_pixels),
        cmocka_unit_test(test_encode_keeps_a_single_coloured_pixel),
        cmocka_unit_test(test_encode_without_memory),
        cmocka_unit_test(test_write_to_file),
        cmocka_unit_test(test_write_reports_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
