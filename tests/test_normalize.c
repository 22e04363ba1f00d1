/* test_normalize.c - grey levels: the published formula in double, and the special cases.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "data/pixels.h"
#include "read/normalize.h"

#include <string.h>

static int make_pool(void **state)
{
    return mien_pool_create(2, (mien_pool **)state) ? -1 : 0;
}

static int free_pool(void **state)
{
    mien_pool_free(*state);
    return 0;
}

static double stored(const mien_pixels *pixels, size_t k)
{
    return pixels->type == MIEN_U8    ? ((uint8_t *)pixels->values)[k]
           : pixels->type == MIEN_U16 ? ((uint16_t *)pixels->values)[k]
                                      : (double)((float *)pixels->values)[k];
}

/* clip(0.25 + 0.25 (v - mean) / sd, 0, 1), written down as in the paper, in long double. Of the
 * darkness: all the same with the other sign. */
static void expect_lee_seung(const mien_pixels *pixels, double sign)
{
    float *buffer = mien_alloc_array(pixels->p, sizeof *buffer);
    mien_source source = mien_pixels_source(pixels);
    for (size_t i = 0; i < pixels->n; i++) {
        long double mean = 0, scatter = 0;
        for (size_t j = 0; j < pixels->p; j++)
            mean += (long double)stored(pixels, i * pixels->p + j) / (long double)pixels->p;
        for (size_t j = 0; j < pixels->p; j++) {
            long double d = (long double)stored(pixels, i * pixels->p + j) - mean;
            scatter += d * d;
        }
        double sd = sqrt((double)(scatter / (long double)(pixels->p - 1)));
        const float *x = source.tile(source.data, i, 1, buffer);
        for (size_t j = 0; j < pixels->p; j++) {
            double v = stored(pixels, i * pixels->p + j);
            assert_near(x[j], fmin(1, fmax(0, 0.25 + sign * 0.25 * (v - (double)mean) / sd)), 1e-6);
        }
    }
    mien_free(buffer);
}

static void free_scales(mien_pixels *pixels)
{
    mien_free(pixels->gain);
    mien_free(pixels->center);
    mien_free(pixels->offset);
    pixels->gain = pixels->center = pixels->offset = NULL;
}

static void set_value(mien_pixels *pixels, size_t k, double v)
{
    if (pixels->type == MIEN_U8)
        ((uint8_t *)pixels->values)[k] = (uint8_t)v;
    else if (pixels->type == MIEN_U16)
        ((uint16_t *)pixels->values)[k] = (uint16_t)v;
    else
        ((float *)pixels->values)[k] = (float)v;
}

/* Also the hard ones: nearly constant, bright, long rows, where gain v + offset would have lost its
 * digits in float32. */
static void test_lee_seung_formula(void **state)
{
    static const size_t lengths[] = {2, 3, 361, 40000};
    for (int type = MIEN_U8; type <= MIEN_F32; type++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            mien_pixels pixels;
            size_t p = lengths[l];
            double top = type == MIEN_U8 ? 255 : 65535;
            assert_int_equal(mien_pixels_alloc(5, p, (mien_pixel_type)type, &pixels), MIEN_OK);
            for (size_t j = 0; j < p; j++) {
                set_value(&pixels, j, fmod((double)j * 7919, top + 1));
                set_value(&pixels, p + j, j == 1 ? top - 1 : top);
                set_value(&pixels, 2 * p + j, j == 0 ? top : 0);
                set_value(&pixels, 3 * p + j, top - (double)(j % 2));
                set_value(&pixels, 4 * p + j, top / 2 + (double)(j * j % 5));
            }
            assert_int_equal(
                mien_normalize_set(&pixels, MIEN_NORMALIZE_LEE_SEUNG, MIEN_INK_LIGHT, *state),
                MIEN_OK);
            expect_lee_seung(&pixels, 1);
            free_scales(&pixels);
            assert_int_equal(
                mien_normalize_set(&pixels, MIEN_NORMALIZE_LEE_SEUNG, MIEN_INK_DARK, *state),
                MIEN_OK);
            expect_lee_seung(&pixels, -1);
            mien_pixels_free(&pixels);
        }
}

static void test_constant_images(void **state)
{
    for (int type = MIEN_U8; type <= MIEN_F32; type++)
        for (size_t p = 1; p < 1000; p += 331) {
            mien_pixels pixels;
            float buffer[3 * 1000];
            assert_int_equal(mien_pixels_alloc(3, p, (mien_pixel_type)type, &pixels), MIEN_OK);
            for (size_t j = 0; j < p; j++) {
                set_value(&pixels, j, 0);
                set_value(&pixels, p + j, 255);
                set_value(&pixels, 2 * p + j, 0.1); /* a float whose mean is rounded */
            }
            assert_int_equal(mien_normalize_set(&pixels, MIEN_NORMALIZE_LEE_SEUNG,
                                                p % 2 ? MIEN_INK_LIGHT : MIEN_INK_DARK, *state),
                             MIEN_OK);
            mien_source source = mien_pixels_source(&pixels);
            const float *x = source.tile(source.data, 0, 3, buffer);
            for (size_t k = 0; k < 3 * p; k++)
                assert_near(x[k], 0.25, 0);
            mien_pixels_free(&pixels);
        }
}

static void expect_row(mien_pixels *pixels, mien_normalize how, mien_ink_kind ink, mien_pool *pool,
                       const double *expected)
{
    float buffer[16];
    assert_int_equal(mien_normalize_set(pixels, how, ink, pool), MIEN_OK);
    mien_source source = mien_pixels_source(pixels);
    const float *x = source.tile(source.data, 0, pixels->n, buffer);
    for (size_t k = 0; k < pixels->n * pixels->p; k++)
        assert_near(x[k], expected[k], 1e-6);
    assert_true(x[0] <= 1 || how == MIEN_NORMALIZE_NONE);
    free_scales(pixels);
}

static void test_other_scales(void **state)
{
    for (int type = MIEN_U8; type <= MIEN_F32; type++) {
        mien_pixels pixels;
        assert_int_equal(mien_pixels_alloc(2, 3, (mien_pixel_type)type, &pixels), MIEN_OK);
        const double values[] = {200, 50, 0, 0, 0, 0};
        double unit = type == MIEN_U8 ? 255 : type == MIEN_U16 ? 65535 : 200;
        for (size_t k = 0; k < 6; k++)
            set_value(&pixels, k, values[k]);
        expect_row(&pixels, MIEN_NORMALIZE_NONE, MIEN_INK_NONE, *state, values);
        expect_row(&pixels, MIEN_NORMALIZE_UNIT, MIEN_INK_LIGHT, *state,
                   (double[]){200 / unit, 50 / unit, 0, 0, 0, 0});
        expect_row(&pixels, MIEN_NORMALIZE_MAX, MIEN_INK_LIGHT, *state,
                   (double[]){1, 0.25, 0, 0, 0, 0});
        expect_row(&pixels, MIEN_NORMALIZE_NONE, MIEN_INK_DARK, *state,
                   (double[]){unit - 200, unit - 50, unit, unit, unit, unit});
        expect_row(&pixels, MIEN_NORMALIZE_UNIT, MIEN_INK_DARK, *state,
                   (double[]){1 - 200 / unit, 1 - 50 / unit, 1, 1, 1, 1});
        expect_row(&pixels, MIEN_NORMALIZE_MAX, MIEN_INK_DARK, *state,
                   (double[]){1 - 200 / unit, 1 - 50 / unit, 1, 1, 1, 1});
        pixels.white = 100; /* what is brighter than white has no darkness */
        expect_row(&pixels, MIEN_NORMALIZE_NONE, MIEN_INK_DARK, *state,
                   (double[]){0, 50, 100, 100, 100, 100});
        expect_row(&pixels, MIEN_NORMALIZE_UNIT, MIEN_INK_DARK, *state,
                   (double[]){0, 0.5, 1, 1, 1, 1});
        mien_pixels_free(&pixels);
    }
    mien_pixels pixels; /* a table of zeros */
    assert_int_equal(mien_pixels_alloc(1, 2, MIEN_F32, &pixels), MIEN_OK);
    memset(pixels.values, 0, 2 * sizeof(float));
    expect_row(&pixels, MIEN_NORMALIZE_UNIT, MIEN_INK_NONE, *state, (double[]){0, 0});
    expect_row(&pixels, MIEN_NORMALIZE_NONE, MIEN_INK_DARK, *state, (double[]){0, 0});
    mien_pixels_free(&pixels);
}

/* Every maximum of a byte or word becomes exactly 1, never a rounding above or below. */
static void test_maximum_is_one(void **state)
{
    mien_pixels pixels;
    assert_int_equal(mien_pixels_alloc(65535, 2, MIEN_U16, &pixels), MIEN_OK);
    for (size_t i = 0; i < 65535; i++) {
        set_value(&pixels, 2 * i, (double)(i + 1));
        set_value(&pixels, 2 * i + 1, 0);
    }
    assert_int_equal(mien_normalize_set(&pixels, MIEN_NORMALIZE_MAX, MIEN_INK_LIGHT, *state),
                     MIEN_OK);
    mien_source source = mien_pixels_source(&pixels);
    for (size_t i = 0; i < 65535; i++) {
        float buffer[2];
        const float *x = source.tile(source.data, i, 1, buffer);
        assert_near(x[0], 1, 1e-7);
        assert_true(x[0] <= 1 && x[1] == 0);
    }
    mien_pixels_free(&pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lee_seung_formula),
        cmocka_unit_test(test_constant_images),
        cmocka_unit_test(test_other_scales),
        cmocka_unit_test(test_maximum_is_one),
    };
    return cmocka_run_group_tests(tests, make_pool, free_pool);
}
