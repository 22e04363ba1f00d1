/* test_palette.c - values to colours, and images to the size they are drawn at.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "draw/picture.h"

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

static const mien_tone SIGNED_ESL = {MIEN_TONE_SIGNED, MIEN_PALETTE_ESL, false, -2, 2};
static const mien_tone SIGNED_GRAY = {MIEN_TONE_SIGNED, MIEN_PALETTE_GRAY, false, -2, 2};
static const mien_tone SIGNED_DIVERGING = {MIEN_TONE_SIGNED, MIEN_PALETTE_DIVERGING, false, -2, 2};

static void test_esl_truths(void **state)
{
    (void)state;
    assert_rgb(mien_tone_color(&SIGNED_ESL, 0), 255, 255, 255);
    assert_rgb(mien_tone_color(&SIGNED_ESL, 2), 0, 0, 0);
    assert_rgb(mien_tone_color(&SIGNED_ESL, -2), 170, 0, 0);
    assert_rgb(mien_tone_color(&SIGNED_ESL, 1), 128, 128, 128);
    assert_rgb(mien_tone_color(&SIGNED_ESL, -0.7), 255, 145, 105);
    assert_rgb(mien_tone_color(&SIGNED_ESL, 99), 0, 0, 0);
    assert_rgb(mien_tone_color(&SIGNED_ESL, -INFINITY), 170, 0, 0);
    assert_rgb(mien_tone_color(&SIGNED_ESL, NAN), 255, 255, 255);
    mien_tone tone = {MIEN_TONE_UNSIGNED, MIEN_PALETTE_ESL, false, 0, 4};
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
    assert_rgb(mien_tone_color(&tone, 0), 0, 0, 0); /* zero is black, whatever the values */
    assert_rgb(mien_tone_color(&tone, 3.5), 128, 128, 128);
    assert_rgb(mien_tone_color(&tone, 7), 255, 255, 255);
    assert_rgb(mien_tone_color(&tone, -7), 0, 0, 0);
}

/* Linear light of an sRGB colour, as one sees who lacks a kind of cone: Machado, Oliveira &
 * Fernandes 2009, severity 1; `kind` 0: nothing is lacking, 1: deuteranopia, 2: protanopia. */
static void seen_light(mien_rgb color, int kind, double light[3])
{
    static const double matrices[3][3][3] = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
                                             {{0.367322, 0.860646, -0.227968},
                                              {0.280085, 0.672501, 0.047413},
                                              {-0.011820, 0.042940, 0.968881}},
                                             {{0.152286, 1.052583, -0.204868},
                                              {0.114503, 0.786281, 0.099216},
                                              {-0.003882, -0.048116, 1.051998}}};
    const uint8_t channels[] = {color.r, color.g, color.b};
    double linear[3];
    for (int c = 0; c < 3; c++) {
        double v = channels[c] / 255.0;
        linear[c] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
    for (int c = 0; c < 3; c++) {
        const double *row = matrices[kind][c];
        double v = row[0] * linear[0] + row[1] * linear[1] + row[2] * linear[2];
        light[c] = fmin(fmax(v, 0), 1);
    }
}

static double lab_root(double t)
{
    return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

/* Distance in CIE L*a*b* (D65, 1976): about 2.3 is just noticeable side by side. */
static double seen_distance(mien_rgb a, mien_rgb b, int kind)
{
    static const double xyz[3][3] = {{0.4124 / 0.95047, 0.3576 / 0.95047, 0.1805 / 0.95047},
                                     {0.2126, 0.7152, 0.0722},
                                     {0.0193 / 1.08883, 0.1192 / 1.08883, 0.9505 / 1.08883}};
    double lab[2][3];
    for (int k = 0; k < 2; k++) {
        double light[3], f[3];
        seen_light(k ? b : a, kind, light);
        for (int c = 0; c < 3; c++)
            f[c] = lab_root(xyz[c][0] * light[0] + xyz[c][1] * light[1] + xyz[c][2] * light[2]);
        lab[k][0] = 116 * f[1] - 16;
        lab[k][1] = 500 * (f[0] - f[1]);
        lab[k][2] = 200 * (f[1] - f[2]);
    }
    return sqrt(pow(lab[0][0] - lab[1][0], 2) + pow(lab[0][1] - lab[1][1], 2) +
                pow(lab[0][2] - lab[1][2], 2));
}

/* Who does not tell red from green still tells the sign: a negative value of a tenth or more looks
 * like no positive one, of whatever size, and by far not like its opposite. */
static void test_signs_are_seen_by_the_colour_blind(void **state)
{
    (void)state;
    static const mien_tone *const tones[] = {&SIGNED_ESL, &SIGNED_DIVERGING};
    for (int t = 0; t < 2; t++)
        for (int kind = 0; kind < 3; kind++)
            for (int i = 10; i <= 100; i++) {
                mien_rgb negative = mien_tone_color(tones[t], -2 * i / 100.0);
                double opposite =
                    seen_distance(negative, mien_tone_color(tones[t], 2 * i / 100.0), kind);
                double nearest = INFINITY;
                for (int j = 0; j <= 100; j++)
                    nearest = fmin(
                        nearest,
                        seen_distance(negative, mien_tone_color(tones[t], 2 * j / 100.0), kind));
                if (nearest < 7 || opposite < 7)
                    fail_msg("tone %d, eyes %d: -%d %% is %.1f from its opposite, %.1f from "
                             "something positive",
                             t, kind, i, opposite, nearest);
            }
}

/* The red arm darkens steadily, and stays red: more red than green, more green than blue or as
 * much. */
static void test_red_arm_is_even(void **state)
{
    (void)state;
    double before = 101;
    for (int i = 0; i <= 40; i++) {
        mien_rgb c = mien_tone_color(&SIGNED_ESL, -i / 20.0);
        assert_true(lightness(c) < before);
        assert_true(c.r >= c.g && c.g >= c.b);
        before = lightness(c);
    }
}

/* A part and the face it lies in have one mapping: what a method that subtracts makes of the data
 * is negative in its colour, too; zero and much are the same in every tone. */
static void test_range_is_the_mapping_of_the_basis(void **state)
{
    (void)state;
    for (mien_palette palette = MIEN_PALETTE_ESL; palette <= MIEN_PALETTE_DIVERGING; palette++) {
        const float values[] = {0, 2};
        mien_tone basis = mien_tone_fit(palette, false, values, 2);
        mien_tone image = mien_tone_range(palette, 0, 2);
        mien_tone both = mien_tone_range(palette, -1, 2);
        for (int i = 0; i <= 20; i++) {
            mien_rgb a = mien_tone_color(&basis, i / 10.0), b = mien_tone_color(&image, i / 10.0);
            assert_memory_equal(&a, &b, sizeof a);
            if (palette == MIEN_PALETTE_GRAY)
                continue;
            b = mien_tone_color(&both, i / 10.0);
            assert_memory_equal(&a, &b, sizeof a);
            a = mien_tone_color(&image, -i / 10.0);
            b = mien_tone_color(&both, -i / 10.0);
            assert_memory_equal(&a, &b, sizeof a);
        }
    }
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
    tone = mien_tone_range(MIEN_PALETTE_ESL, 40, 42); /* far from zero: its own ends, no red */
    assert_rgb(mien_tone_color(&tone, 40), 255, 255, 255);
    assert_rgb(mien_tone_color(&tone, 0), 255, 255, 255);
    assert_rgb(mien_tone_color(&tone, 41), 128, 128, 128);
    assert_rgb(mien_tone_color(&tone, 42), 0, 0, 0);
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
        tone.dark = true; /* ink takes from the paper */
        assert_rgb(mien_tone_color3(&tone, mixed), 255, 127, 0);
        tone = mien_tone_fit(palette, false, red, 3);
        tone.dark = true;
        assert_rgb(mien_tone_color3(&tone, red), 0, 255, 127);
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
        cmocka_unit_test(test_signs_are_seen_by_the_colour_blind),
        cmocka_unit_test(test_red_arm_is_even),
        cmocka_unit_test(test_range_is_the_mapping_of_the_basis),
        cmocka_unit_test(test_natural_ignores_palettes),
        cmocka_unit_test(test_fit_odd_values),
        cmocka_unit_test(test_color_images_keep_their_hue),
        cmocka_unit_test(test_reduce_is_the_mean_of_the_area),
        cmocka_unit_test(test_reduce_keeps_the_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
