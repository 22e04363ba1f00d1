/* test_ink.c - darkness or brightness: the rule, the sets it was made from, and what it leaves out.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/faces.h"

#include "data/pixels.h"
#include "read/normalize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

static void set_value(mien_pixels *pixels, size_t k, double v)
{
    if (pixels->type == MIEN_U8)
        ((uint8_t *)pixels->values)[k] = (uint8_t)v;
    else if (pixels->type == MIEN_U16)
        ((uint16_t *)pixels->values)[k] = (uint16_t)v;
    else
        ((float *)pixels->values)[k] = (float)v;
}

/* The share by its definition, pixel by pixel. */
static double share_by_definition(const double *values, size_t n, mien_shape s, double white)
{
    size_t border = 0, black = 0, p = mien_shape_size(s);
    for (size_t k = 0; k < n * p; k++) {
        size_t y = k % p / (s.width * s.channels), x = k % (s.width * s.channels) / s.channels;
        if (y > 0 && y + 1 < s.height && x > 0 && x + 1 < s.width)
            continue;
        border++;
        black += values[k] <= 0.04 * white;
    }
    return (double)black / (double)border;
}

static void test_share_of_black_border_pixels(void **state)
{
    (void)state;
    static const mien_shape shapes[] = {{1, 1, 1}, {1, 7, 1}, {7, 1, 1}, {2, 5, 1}, {5, 2, 1},
                                        {3, 3, 1}, {6, 9, 1}, {4, 5, 3}, {5, 4, 2}};
    static const double whites[] = {255, 4095, 3}; /* 12 bits in 16 */
    enum { N = 4, MOST = 64 };
    for (int type = MIEN_U8; type <= MIEN_F32; type++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            mien_pixels pixels;
            double values[N * MOST], white = whites[type], greatest = 0;
            size_t p = mien_shape_size(shapes[i]);
            assert_int_equal(mien_pixels_alloc(N, p, (mien_pixel_type)type, &pixels), MIEN_OK);
            for (size_t k = 0; k < N * p; k++) {
                static const double levels[] = {0, 0.03, 0.0395, 0.041, 0.5, 1, 0.01};
                values[k] = levels[(k * 5 + k / 3) % 7] * white;
                if (type != MIEN_F32)
                    values[k] = floor(values[k]);
                set_value(&pixels, k, values[k]);
                greatest = fmax(greatest, values[k]);
            }
            assert_near(mien_ink_black_border(&pixels, shapes[i]),
                        share_by_definition(values, N, shapes[i], greatest), 1e-12);
            mien_pixels_free(&pixels);
        }
}

/* Half of the border black: light. Asking is obeyed; tables, colours and signed values are not
 * asked. */
static void test_what_is_decided(void **state)
{
    (void)state;
    static const struct {
        float corners[4];
        size_t channels;
        bool is_table;
        mien_ink_kind asked, decided;
        mien_normalize normalize;
    } cases[] = {
        {{0, 0, 1, 1}, 1, false, MIEN_INK_AUTO, MIEN_INK_LIGHT, MIEN_NORMALIZE_UNIT},
        {{0, 1, 1, 1}, 1, false, MIEN_INK_AUTO, MIEN_INK_DARK, MIEN_NORMALIZE_UNIT},
        {{0, 0, 0, 1}, 1, false, MIEN_INK_DARK, MIEN_INK_DARK, MIEN_NORMALIZE_UNIT},
        {{1, 1, 1, 1}, 1, false, MIEN_INK_LIGHT, MIEN_INK_LIGHT, MIEN_NORMALIZE_UNIT},
        {{1, 1, 1, 1}, 1, false, MIEN_INK_NONE, MIEN_INK_NONE, MIEN_NORMALIZE_UNIT},
        {{1, 1, 1, 1}, 3, false, MIEN_INK_AUTO, MIEN_INK_LIGHT, MIEN_NORMALIZE_UNIT},
        {{1, 1, 1, 1}, 3, false, MIEN_INK_DARK, MIEN_INK_DARK, MIEN_NORMALIZE_UNIT},
        {{0, 0, 1, 1}, 1, true, MIEN_INK_AUTO, MIEN_INK_NONE, MIEN_NORMALIZE_UNIT},
        {{-1, 0, 1, 1}, 1, false, MIEN_INK_AUTO, MIEN_INK_NONE, MIEN_NORMALIZE_UNIT},
        {{1, 1, 1, 1}, 1, false, MIEN_INK_AUTO, MIEN_INK_LIGHT, MIEN_NORMALIZE_NONE},
        {{1, 1, 1, 1}, 1, false, MIEN_INK_DARK, MIEN_INK_DARK, MIEN_NORMALIZE_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_dataset ds = {.shape = {2, 2, cases[i].channels},
                           .is_table = cases[i].is_table,
                           .normalize = cases[i].normalize};
        size_t c = cases[i].channels;
        assert_int_equal(mien_pixels_alloc(1, 4 * c, MIEN_F32, &ds.pixels), MIEN_OK);
        for (size_t k = 0; k < 4 * c; k++)
            set_value(&ds.pixels, k, (double)cases[i].corners[k / c]);
        mien_ink_decide(&ds, cases[i].asked);
        if (ds.ink != cases[i].decided)
            fail_msg("case %zu: ink %d, expected %d", i, (int)ds.ink, (int)cases[i].decided);
        bool looked = cases[i].asked == MIEN_INK_AUTO && ds.ink != MIEN_INK_NONE && c == 1 &&
                      cases[i].normalize != MIEN_NORMALIZE_NONE;
        assert_int_equal(!isnan(ds.black_border), looked);
        mien_dataset_free(&ds);
    }
}

static void expect_ink(const char *path, mien_ink_kind ink, double least, double most)
{
    mien_load_options options = {.threads = 2};
    mien_dataset ds;
    mien_error err;
    if (mien_dataset_load(path, &options, &ds, &err))
        fail_msg("%s", err.message);
    if (ds.ink != ink || ds.black_border < least || ds.black_border > most)
        fail_msg("%s: ink %d, %.3f of the border is black", path, (int)ds.ink, ds.black_border);
    mien_dataset_free(&ds);
}

/* Far from the half at which the rule turns. */
static void test_sets_that_come_with_it(void **state)
{
    (void)state;
    expect_ink(MIEN_SOURCE_DIR "/assets/faces", MIEN_INK_DARK, 0, 0.24);
    expect_ink(MIEN_SOURCE_DIR "/assets/swimmer", MIEN_INK_LIGHT, 0.76, 1);
}

static void test_real_faces(void **state)
{
    (void)state;
    static const char *const names[] = {"cbcl/face", "orl/orl_faces"};
    size_t found = 0;
    for (size_t i = 0; i < 2; i++)
        if (access(faces_path(names[i]), R_OK) == 0) {
            expect_ink(faces_path(names[i]), MIEN_INK_DARK, 0, 0.24);
            found++;
        }
    if (!found) {
        fprintf(stderr, "SKIPPED: no real faces at %s\n", faces_path(names[0]));
        skip();
    }
}

/* Debian's dataset-fashion-mnist, where it is installed or MIEN_FASHION says: garments on black. */
static void test_fashion_mnist(void **state)
{
    (void)state;
    enum { HEAD = 16, N = 10000, SIDE = 28 };
    const char *folder = getenv("MIEN_FASHION");
    char path[1024];
    unsigned char head[HEAD];
    snprintf(path, sizeof path, "%s/t10k-images-idx3-ubyte.gz",
             folder ? folder : "/usr/share/datasets/fashion-mnist");
    gzFile file = gzopen(path, "rb");
    if (!file) {
        fprintf(stderr, "SKIPPED: no %s\n", path);
        skip();
    }
    mien_dataset ds = {.shape = {SIDE, SIDE, 1}, .normalize = MIEN_NORMALIZE_LEE_SEUNG};
    size_t p = (size_t)SIDE * SIDE;
    assert_int_equal(mien_pixels_alloc(N, p, MIEN_U8, &ds.pixels), MIEN_OK);
    assert_int_equal(gzread(file, head, HEAD), HEAD);
    assert_int_equal(gzread(file, ds.pixels.values, (unsigned)(N * p)), N * p);
    gzclose(file);
    mien_ink_decide(&ds, MIEN_INK_AUTO);
    assert_true(ds.ink == MIEN_INK_LIGHT);
    assert_true(ds.black_border >= 0.76);
    mien_dataset_free(&ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share_of_black_border_pixels),
        cmocka_unit_test(test_what_is_decided),
        cmocka_unit_test(test_sets_that_come_with_it),
        cmocka_unit_test(test_real_faces),
        cmocka_unit_test(test_fashion_mnist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
