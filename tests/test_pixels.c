/* test_pixels.c - the store of X and its tiles.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/memory.h"
#include "data/pixels.h"
#include "data/source.h"

#include <float.h>
#include <stdio.h>

enum { N = 5, P = 37 };

static double stored(const mien_pixels *pixels, size_t k)
{
    return pixels->type == MIEN_U8    ? ((uint8_t *)pixels->values)[k]
           : pixels->type == MIEN_U16 ? ((uint16_t *)pixels->values)[k]
                                      : (double)((float *)pixels->values)[k];
}

static mien_pixels make(mien_pixel_type type, size_t p)
{
    mien_pixels pixels;
    assert_int_equal(mien_pixels_alloc(N, p, type, &pixels), MIEN_OK);
    for (size_t k = 0; k < N * p; k++) {
        if (type == MIEN_U8)
            ((uint8_t *)pixels.values)[k] = (uint8_t)(k * 7 % 256);
        else if (type == MIEN_U16)
            ((uint16_t *)pixels.values)[k] = (uint16_t)(k * 777 % 65536);
        else
            ((float *)pixels.values)[k] = 0.37f * (float)k;
    }
    return pixels;
}

/* Every tile, at every width around a vector's, against the formula in double. */
static void test_tiles_follow_the_formula(void **state)
{
    (void)state;
    for (int type = MIEN_U8; type <= MIEN_F32; type++)
        for (size_t p = 1; p <= P; p++)
            for (int scaled = 0; scaled < 2; scaled++) {
                mien_pixels pixels = make((mien_pixel_type)type, p);
                float buffer[N * P];
                if (scaled) {
                    pixels.gain = mien_alloc_array(N, sizeof(float));
                    pixels.center = mien_alloc_array(N, sizeof(float));
                    pixels.offset = mien_alloc_array(N, sizeof(float));
                    pixels.upper = 1;
                    for (size_t i = 0; i < N; i++) {
                        pixels.gain[i] = 0.01f / (float)(i + 1);
                        pixels.center[i] = (float)(20 * i);
                        pixels.offset[i] = 0.25f;
                    }
                }
                mien_source source = mien_pixels_source(&pixels);
                assert_int_equal(source.p, p);
                for (size_t first = 0; first < N; first++)
                    for (size_t count = 1; first + count <= N; count++) {
                        const float *x = source.tile(source.data, first, count, buffer);
                        for (size_t k = 0; k < count * p; k++) {
                            double v = stored(&pixels, first * p + k), expected = v;
                            size_t i = first + k / p;
                            if (scaled)
                                expected = fmin(
                                    1, fmax(0, 0.01 / (double)(i + 1) * (v - 20.0 * (double)i) +
                                                   0.25));
                            assert_near(x[k], expected, 1e-6);
                        }
                    }
                mien_pixels_free(&pixels);
                assert_null(pixels.values);
            }
}

/* Strips hold what tiles hold, turned; also for a choice of images. */
static void test_strips_are_tiles_turned(void **state)
{
    (void)state;
    enum { N_IMAGES = 150, WIDE = 37, STRIDE = 160 };
    for (int type = MIEN_U8; type <= MIEN_F32; type++)
        for (int scaled = 0; scaled < 2; scaled++) {
            mien_pixels pixels;
            assert_int_equal(mien_pixels_alloc(N_IMAGES, WIDE, (mien_pixel_type)type, &pixels),
                             MIEN_OK);
            for (size_t k = 0; k < N_IMAGES * WIDE; k++) {
                if (type == MIEN_U8)
                    ((uint8_t *)pixels.values)[k] = (uint8_t)(k * 37 + k / 7);
                else if (type == MIEN_U16)
                    ((uint16_t *)pixels.values)[k] = (uint16_t)(k * 1237 + k / 7);
                else
                    ((float *)pixels.values)[k] = (float)(k * 37 % 1001) * 0.25f;
            }
            if (scaled) {
                pixels.gain = mien_alloc_array(N_IMAGES, sizeof(float));
                pixels.center = mien_alloc_array(N_IMAGES, sizeof(float));
                pixels.offset = mien_alloc_array(N_IMAGES, sizeof(float));
                pixels.upper = 1;
                for (size_t i = 0; i < N_IMAGES; i++) {
                    pixels.gain[i] = 0.001f * (float)(i + 1);
                    pixels.center[i] = (float)i;
                    pixels.offset[i] = 0.25f;
                }
            }
            mien_source whole = mien_pixels_source(&pixels);
            size_t rows[N_IMAGES / 2];
            for (size_t i = 0; i < N_IMAGES / 2; i++)
                rows[i] = i * 71 % N_IMAGES;
            mien_selection choice = {&whole, rows, N_IMAGES / 2};
            mien_source chosen = mien_selection_source(&choice);
            const mien_source *sources[] = {&whole, &chosen};
            static float tile[N_IMAGES * WIDE], strip[WIDE * STRIDE];
            for (size_t s = 0; s < 2; s++) {
                const mien_source *X = sources[s];
                for (size_t first = 0; first < WIDE; first += 5)
                    for (size_t count = 1; first + count <= WIDE; count += 7) {
                        X->strip(X->data, NULL, X->n, first, count, strip, STRIDE);
                        const float *x = X->tile(X->data, 0, X->n, tile);
                        for (size_t c = 0; c < count; c++)
                            for (size_t i = 0; i < X->n; i++)
                                assert_true(strip[c * STRIDE + i] == x[i * WIDE + first + c]);
                    }
            }
            mien_pixels_free(&pixels);
        }
}

static void test_plain_floats_are_not_copied(void **state)
{
    (void)state;
    mien_pixels pixels = make(MIEN_F32, P);
    mien_source source = mien_pixels_source(&pixels);
    assert_ptr_equal(source.tile(source.data, 2, 3, NULL), (float *)pixels.values + 2 * P);
    mien_pixels_free(&pixels);
    mien_pixels_free(NULL);
}

static void test_check_finds_the_first_bad_value(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    float *values = mien_alloc_array(COUNT, sizeof *values);
    const float bad[] = {-1e-30f, -INFINITY, INFINITY, NAN, -NAN};
    assert_int_equal(mien_floats_check(values, COUNT), COUNT);
    values[7] = -0.0f;
    values[8] = FLT_MAX;
    assert_int_equal(mien_floats_check(values, COUNT), COUNT);
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
        for (size_t place = 0; place < COUNT; place += 1237) {
            values[place] = values[COUNT - 1] = bad[b];
            assert_int_equal(mien_floats_check(values, COUNT), place);
            values[place] = values[COUNT - 1] = 0;
        }
    mien_free(values);
}

/* More images than are looked up at a time. */
static void test_strips_of_a_choice_of_a_choice(void **state)
{
    (void)state;
    enum { ALL = 700, SOME = 600, FEW = 500 };
    static float x[ALL], strip[FEW];
    static size_t outer[SOME], inner[FEW];
    for (size_t i = 0; i < ALL; i++)
        x[i] = (float)i;
    for (size_t i = 0; i < SOME; i++)
        outer[i] = ALL - 1 - i;
    for (size_t i = 0; i < FEW; i++)
        inner[i] = i * 7 % SOME;
    const mien_float_view view = {x, ALL, 1};
    const mien_source X = mien_float_source(&view);
    const mien_selection selection = {&X, outer, SOME};
    const mien_source chosen = mien_selection_source(&selection);
    chosen.strip(chosen.data, inner, FEW, 0, 1, strip, FEW);
    for (size_t i = 0; i < FEW; i++)
        assert_true(strip[i] == (float)(ALL - 1 - inner[i]));
}

static void test_sizes_that_do_not_fit(void **state)
{
    (void)state;
    mien_pixels pixels;
    assert_int_equal(mien_pixels_alloc(SIZE_MAX / 2, 4, MIEN_U8, &pixels), MIEN_ERR_NOMEM);
    assert_int_equal(mien_pixels_alloc(SIZE_MAX / 2, 1, MIEN_F32, &pixels), MIEN_ERR_NOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiles_follow_the_formula),
        cmocka_unit_test(test_strips_are_tiles_turned),
        cmocka_unit_test(test_plain_floats_are_not_copied),
        cmocka_unit_test(test_check_finds_the_first_bad_value),
        cmocka_unit_test(test_strips_of_a_choice_of_a_choice),
        cmocka_unit_test(test_sizes_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
