/* test_palette.c - values to colours, and images to the size they are drawn at.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "image/picture.h"

#include <string.h>

static void assert_rgb(mien_rgb color, int r, int g, int b)
{
    if (color.r != r || color.g != g || color.b != b)
        fail_msg("%d %d %d, expected %d %d %d", color.r, color.g, color.b, r, g, b);
}

/* CIE lightness L* of an sRGB colour. */
static double lightness(mien_rgb color)
{
    const double weights[] = {0.2126, 0.7152, 0.0722};
    const uint8_t channels[] = {color.r, color.g, color.b};
    double luminance = 0;
    for (int c = 0; c < 3; c++) {
        double v = channels[c] / 255.0;
        luminance += weights[c] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    return luminance > 0.008856 ? 116 * cbrt(luminance) - 16 : 903.3 * luminance;
}

static const mien_tone SIGNED_ESL = {MIEN_TONE_SIGNED, MIEN_PALETTE_ESL, -2, 2};
static const mien_tone SIGNED_GRAY = {MIEN_TONE_SIGNED, MIEN_PALETTE_GRAY, -2, 2};
static const mien_tone SIGNED_DIVERGING = {MIEN_TONE_SIGNED, MIEN_PALETTE_DIVERGING, -2, 2};

static void test_esl_truths(void **state)
{
    (void)state;
    assert_rgb(mien_tone_color(&SIGNED_ESL, 0), 255, 255, 255);
    assert_rgb(mien_tone_color(&SIGNED_ESL, 2), 0, 0, 0);
    assert_rgb(mien_tone_color(&SIGNED_ESL, -2), 255, 0, 0);
    assert_rgb(mien_tone_color(&SIGNED_ESL, 1), 128, 128, 128);
    assert_rgb(mien_tone_color(&SIGNED_ESL, -1), 255, 128, 128);
    assert_rgb(mien_tone_color(&SIGNED_ESL, 99), 0, 0, 0);
    assert_rgb(mien_tone_color(&SIGNED_ESL, -INFINITY), 255, 0, 0);
    assert_rgb(mien_tone_color(&SIGNED_ESL, NAN), 255, 255, 255);
    mien_tone tone = {MIEN_TONE_UNSIGNED, MIEN_PALETTE_ESL, 0, 4};
    assert_rgb(mien_tone_color(&tone, 0), 255, 255, 255);
    assert_rgb(mien_tone_color(&tone, 4), 0, 0, 0);
    assert_rgb(mien_tone_color(&tone, 1), 191, 191, 191);
}

static void test_gray_truths(void **state)
{
    (void)state;
    assert_rgb(mien_tone_color(&SIGNED_GRAY, 0), 128, 128, 128);
    assert_rgb(mien_tone_color(&SIGNED_GRAY, 2), 255, 255, 255);
    assert_rgb(mien_tone_color(&SIGNED_GRAY, -2), 0, 0, 0);
    const float values[] = {3, 5, 4, 7};
    mien_tone tone = mien_tone_fit(MIEN_PALETTE_GRAY, false, values, 4);
    assert_rgb(mien_tone_color(&tone, 3), 0, 0, 0);
    assert_rgb(mien_tone_color(&tone, 5), 128, 128, 128);
    assert_rgb(mien_tone_color(&tone, 7), 255, 255, 255);
}

/* Zero is white, both arms darken steadily and alike, and the hue tells the sign. */
static void test_diverging_is_even(void **state)
{
    (void)state;
    assert_rgb(mien_tone_color(&SIGNED_DIVERGING, 0), 255, 255, 255);
    double before_positive = 101, before_negative = 101;
    for (int i = 0; i <= 20; i++) {
        mien_rgb positive = mien_tone_color(&SIGNED_DIVERGING, i / 10.0);
        mien_rgb negative = mien_tone_color(&SIGNED_DIVERGING, -i / 10.0);
        double p = lightness(positive), n = lightness(negative);
        assert_true(p < before_positive && n < before_negative);
        assert_near(p, n, 4);
        if (i > 1) {
            assert_true(positive.r > positive.b + 5 && negative.b > negative.r + 5);
        }
        before_positive = p;
        before_negative = n;
    }
    assert_true(before_positive < 35);
}

static void test_natural_ignores_palettes(void **state)
{
    (void)state;
    mien_tone tone = mien_tone_natural(-1, 3);
    assert_rgb(mien_tone_color(&tone, -1), 0, 0, 0);
    assert_rgb(mien_tone_color(&tone, 1), 128, 128, 128);
    assert_rgb(mien_tone_color(&tone, 3), 255, 255, 255);
    assert_rgb(mien_tone_color(&tone, 50), 255, 255, 255);
}

static void test_fit_odd_values(void **state)
{
    (void)state;
    static const struct {
        float values[3];
        bool is_signed;
        double low, high;
    } cases[] = {
        {{0, 0, 0}, false, 0, 0},      {{0, 0, 0}, true, 0, 0},
        {{NAN, NAN, NAN}, true, 0, 0}, {{NAN, 2, INFINITY}, false, 0, 2},
        {{5, 5, 5}, false, 0, 5},      {{-3, 1, 2}, true, -3, 3},
        {{-3, 1, 7}, true, -7, 7},     {{0.5f, 1, 2}, false, 0, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (mien_palette palette = MIEN_PALETTE_ESL; palette <= MIEN_PALETTE_DIVERGING;
             palette++) {
            if (palette == MIEN_PALETTE_GRAY && !cases[i].is_signed)
                continue;
            mien_tone tone = mien_tone_fit(palette, cases[i].is_signed, cases[i].values, 3);
            assert_near(tone.low, cases[i].low, 0);
            assert_near(tone.high, cases[i].high, 0);
        }
    const float nothing[] = {0, 0};
    mien_tone tone = mien_tone_fit(MIEN_PALETTE_ESL, true, nothing, 2);
    assert_rgb(mien_tone_color(&tone, 0), 255, 255, 255);
    tone = mien_tone_fit(MIEN_PALETTE_GRAY, false, nothing, 2);
    assert_rgb(mien_tone_color(&tone, 0), 0, 0, 0);
    const float constant[] = {6, 6};
    tone = mien_tone_fit(MIEN_PALETTE_GRAY, false, constant, 2);
    assert_rgb(mien_tone_color(&tone, 6), 255, 255, 255);
}

/* A red part is red, whatever the palette; signed values start from mid-grey. */
static void test_color_images_keep_their_hue(void **state)
{
    (void)state;
    const float red[] = {4, 0, 2}, mixed[] = {-4, 0, 4};
    for (mien_palette palette = MIEN_PALETTE_ESL; palette <= MIEN_PALETTE_DIVERGING; palette++) {
        mien_tone tone = mien_tone_fit(palette, false, red, 3);
        assert_rgb(mien_tone_color3(&tone, red), 255, 0, 128);
        tone = mien_tone_fit(palette, true, mixed, 3);
        assert_rgb(mien_tone_color3(&tone, mixed), 0, 128, 255);
    }
    mien_rgb out[2];
    const float two_channels[] = {0, 2, 1, 3};
    mien_tone tone = mien_tone_natural(0, 2);
    mien_picture_color(two_channels, (mien_shape){1, 2, 2}, &tone, out);
    assert_rgb(out[0], 128, 128, 128); /* the mean of channels that are no colour */
    assert_rgb(out[1], 255, 255, 255);
}

static void test_reduce_is_the_mean_of_the_area(void **state)
{
    (void)state;
    const float image[] = {1, 2, 3, 4, 5, 6};
    float out[6];
    mien_picture_reduce(image, (mien_shape){2, 3, 1}, 1, 1, out);
    assert_near(out[0], 3.5, 1e-6);
    mien_picture_reduce(image, (mien_shape){2, 3, 1}, 2, 1, out);
    /* the middle column is halved: (1 + 4 + (2 + 5) / 2) / 3 */
    assert_near(out[0], 8.5 / 3, 1e-6);
    assert_near(out[1], (3 + 6 + 3.5) / 3, 1e-6);
    mien_picture_reduce(image, (mien_shape){2, 3, 1}, 3, 2, out);
    for (int i = 0; i < 6; i++)
        assert_near(out[i], image[i], 0);
    mien_picture_reduce(image, (mien_shape){1, 2, 3}, 1, 1, out);
    assert_near(out[0], 2.5, 1e-6); /* channels stay apart */
    assert_near(out[1], 3.5, 1e-6);
    assert_near(out[2], 4.5, 1e-6);
}

/* Whatever the sizes: no value is lost, so the mean stays, and a constant stays itself. */
static void test_reduce_keeps_the_mean(void **state)
{
    (void)state;
    enum { SIDE = 37 };
    static float image[SIDE * SIDE], out[SIDE * SIDE];
    double mean = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        image[i] = (float)((i * 7919) % 101) / 10;
        mean += (double)image[i] / (SIDE * SIDE);
    }
    for (size_t width = 1; width <= SIDE; width += 4)
        for (size_t height = 1; height <= SIDE; height += 3) {
            mien_picture_reduce(image, (mien_shape){SIDE, SIDE, 1}, width, height, out);
            double sum = 0;
            for (size_t i = 0; i < width * height; i++)
                sum += (double)out[i];
            assert_near(sum / (double)(width * height), mean, 1e-5);
        }
    for (int i = 0; i < SIDE * SIDE; i++)
        image[i] = 0.1f;
    mien_picture_reduce(image, (mien_shape){SIDE, SIDE, 1}, 11, 5, out);
    for (int i = 0; i < 55; i++)
        assert_near(out[i], 0.1f, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_esl_truths),
        cmocka_unit_test(test_gray_truths),
        cmocka_unit_test(test_diverging_is_even),
        cmocka_unit_test(test_natural_ignores_palettes),
        cmocka_unit_test(test_fit_odd_values),
        cmocka_unit_test(test_color_images_keep_their_hue),
        cmocka_unit_test(test_reduce_is_the_mean_of_the_area),
        cmocka_unit_test(test_reduce_keeps_the_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
