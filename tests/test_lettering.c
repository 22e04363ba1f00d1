/* test_lettering.c - text: measured, aligned, shortened, and drawn whole or not at all.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/memory.h"
#include "draw/lettering.h"

#include <stdio.h>
#include <string.h>

static const mien_rgb WHITE = {255, 255, 255}, BLACK = {0, 0, 0};

static mien_canvas new_canvas(void)
{
    mien_canvas canvas;
    assert_int_equal(mien_canvas_init(600, 120, WHITE, &canvas, NULL), MIEN_OK);
    return canvas;
}

/* The pixels that are not white. */
typedef struct extent {
    size_t left, right, top, bottom, count;
} extent;

static extent extent_of(const mien_canvas *canvas)
{
    extent e = {SIZE_MAX, 0, SIZE_MAX, 0, 0};
    for (size_t y = 0; y < canvas->height; y++)
        for (size_t x = 0; x < canvas->width; x++)
            if (mien_canvas_get(canvas, x, y).r < 255) {
                e.left = x < e.left ? x : e.left;
                e.right = x > e.right ? x : e.right;
                e.top = y < e.top ? y : e.top;
                e.bottom = y;
                e.count++;
            }
    return e;
}

static double width_of(const mien_lettering *style, const char *text)
{
    double width = -1;
    assert_int_equal(mien_lettering_width(style, text, &width, NULL), MIEN_OK);
    return width;
}

static void test_width_knows_the_font(void **state)
{
    (void)state;
    /* DejaVu Sans: 2048 units an em; H is 1540 wide, i 569, in bold H is 1714. */
    mien_lettering style = {.size = 2048};
    assert_near(width_of(&style, "H"), 1540, 0.01);
    assert_near(width_of(&style, "i"), 569, 0.01);
    assert_near(width_of(&style, "HiH"), 1540 + 569 + 1540, 0.01);
    assert_near(width_of(&style, ""), 0, 0);
    assert_true(width_of(&style, "AV") < width_of(&style, "A") + width_of(&style, "V") - 50);
    style.bold = true;
    assert_near(width_of(&style, "H"), 1714, 0.01);
    style.size = 20.48;
    assert_near(width_of(&style, "H"), 17.14, 0.001);
}

static void test_draw_stands_on_its_baseline(void **state)
{
    (void)state;
    for (double size = 10; size <= 90; size += 8) {
        mien_lettering style = {.size = size, .color = BLACK};
        mien_canvas canvas = new_canvas();
        assert_int_equal(mien_lettering_draw(&canvas, 20, 100, &style, "HEH", NULL), MIEN_OK);
        extent e = extent_of(&canvas);
        assert_int_equal(e.bottom, 99);
        assert_near((double)(e.bottom + 1 - e.top), mien_lettering_capital(&style), 1);
        assert_in_range(e.left, 20, 20 + (size_t)size / 6);
        assert_true(mien_canvas_get(&canvas, e.left + 1 + (size_t)size / 20, 95).r < 128);
        mien_canvas_free(&canvas);
    }
}

/* Wider than the 64 pixels that stb_truetype can draw without memory: drawn in strips, which must
 * not show. The bar of H is one even row of black. */
static void test_draw_wide_glyphs_have_no_seams(void **state)
{
    (void)state;
    mien_lettering style = {.size = 400, .color = BLACK};
    mien_canvas canvas;
    assert_int_equal(mien_canvas_init(400, 400, WHITE, &canvas, NULL), MIEN_OK);
    assert_int_equal(mien_lettering_draw(&canvas, 10.3, 350, &style, "H", NULL), MIEN_OK);
    extent e = extent_of(&canvas);
    assert_true(e.right - e.left > 200);
    size_t middle = 350 - (size_t)(mien_lettering_capital(&style) * 0.53);
    for (size_t x = e.left + 1; x < e.right; x++)
        assert_int_equal(mien_canvas_get(&canvas, x, middle).r, 0);
    mien_canvas_free(&canvas);
}

static void test_draw_aligns(void **state)
{
    (void)state;
    const char *text = "Hmmmm H";
    mien_lettering style = {.size = 24, .color = BLACK};
    double width = width_of(&style, text);
    const double expected_left[] = {300, 300 - width / 2, 300 - width};
    for (mien_align align = MIEN_ALIGN_LEFT; align <= MIEN_ALIGN_RIGHT; align++) {
        style.align = align;
        mien_canvas canvas = new_canvas();
        assert_int_equal(mien_lettering_draw(&canvas, 300, 60, &style, text, NULL), MIEN_OK);
        extent e = extent_of(&canvas);
        assert_near(e.left, expected_left[align] + 2.3, 1.5); /* H has a side bearing */
        assert_near(e.right + 1, expected_left[align] + width - 2.3, 1.5);
        mien_canvas_free(&canvas);
    }
}

/* A quarter of a pixel to the right moves the letter's weight by about a quarter of a pixel, and
 * four quarters by one. */
static void test_draw_places_letters_between_pixels(void **state)
{
    (void)state;
    mien_lettering style = {.size = 18, .color = BLACK};
    double centers[9];
    for (int quarter = 0; quarter < 9; quarter++) {
        mien_canvas canvas = new_canvas();
        assert_int_equal(mien_lettering_draw(&canvas, 20 + quarter / 4.0, 60, &style, "l", NULL),
                         MIEN_OK);
        double ink = 0, moment = 0;
        for (size_t i = 0; i < 600 * 120; i++) {
            ink += 255 - canvas.pixels[3 * i];
            moment += (255 - canvas.pixels[3 * i]) * (double)(i % 600);
        }
        centers[quarter] = moment / ink;
        if (quarter > 0)
            assert_near(centers[quarter] - centers[quarter - 1], 0.25, 0.1);
        if (quarter >= 4)
            assert_near(centers[quarter] - centers[quarter - 4], 1, 1e-9);
        mien_canvas_free(&canvas);
    }
}

static void test_long_text_gets_an_ellipsis(void **state)
{
    (void)state;
    mien_lettering style = {.size = 20, .color = BLACK};
    double dots = width_of(&style, "\u2026");
    double full = width_of(&style, "Reconstruction of images");
    for (double room = 1; room < full + 5; room += 3.7) {
        style.max_width = room;
        double width = width_of(&style, "Reconstruction of images");
        assert_true(width <= fmax(room, dots));
        if (room >= full)
            assert_near(width, full, 1e-9);
        else if (room > dots + 20)
            assert_true(width > room - 22); /* not shorter than it needs to be */
    }
    style.max_width = 0;
    assert_near(width_of(&style, "Reconstruction of images"), full, 0);
    /* no space before the dots */
    style.max_width = width_of(&style, "Reconstruction ") + dots + 0.5;
    mien_lettering free_style = style;
    free_style.max_width = 0;
    assert_near(width_of(&style, "Reconstruction of images"),
                width_of(&free_style, "Reconstruction\u2026"), 1e-9);
}

static void test_utf8_is_read_and_garbage_survives(void **state)
{
    (void)state;
    mien_lettering style = {.size = 2048};
    assert_near(width_of(&style, "\u00d7"), 1716, 0.01);
    assert_near(width_of(&style, "="), 1716, 0.01);
    double replacement = width_of(&style, "\ufffd");
    static const char *const bad[] = {"\x80",        "\xc3",         "\xff",  "\xc0\xaf",
                                      "\xe2\x82",    "\xed\xa0\x80", "\xf8x", "\xf4\x90\x80\x80",
                                      "\xf0\x80\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(width_of(&style, bad[i]) >= replacement - 1);
    assert_near(width_of(&style, "a\x80"), width_of(&style, "a\ufffd"), 0.01);
    assert_near(width_of(&style, "\xc3i"), width_of(&style, "\ufffdi"), 0.01);
    /* an accented letter is composed of two outlines */
    mien_canvas canvas = new_canvas();
    style = (mien_lettering){.size = 60, .color = BLACK};
    assert_int_equal(mien_lettering_draw(&canvas, 20, 100, &style, "e", NULL), MIEN_OK);
    size_t plain = extent_of(&canvas).count, top = extent_of(&canvas).top;
    mien_canvas_free(&canvas);
    canvas = new_canvas();
    assert_int_equal(mien_lettering_draw(&canvas, 20, 100, &style, "\u00e9", NULL), MIEN_OK);
    assert_true(extent_of(&canvas).count > plain + 50 && extent_of(&canvas).top < top - 8);
    mien_canvas_free(&canvas);
}

static void test_text_off_the_canvas_is_clipped(void **state)
{
    (void)state;
    mien_lettering style = {.size = 40, .color = BLACK};
    mien_canvas canvas = new_canvas();
    assert_int_equal(mien_lettering_draw(&canvas, -15, 10, &style, "clipped", NULL), MIEN_OK);
    assert_int_equal(mien_lettering_draw(&canvas, 590, 130, &style, "clipped", NULL), MIEN_OK);
    assert_true(extent_of(&canvas).count > 0);
    mien_canvas_free(&canvas);
    canvas = new_canvas();
    assert_int_equal(mien_lettering_draw(&canvas, -900, 900, &style, "gone", NULL), MIEN_OK);
    assert_int_equal(extent_of(&canvas).count, 0);
    mien_canvas_free(&canvas);
}

/* stb_truetype leaves letters out when memory fails and does not say so. Ours says so and draws
 * nothing. The text has a composed glyph and one of several strips. */
static void test_draw_without_memory(void **state)
{
    (void)state;
    mien_canvas canvas = new_canvas();
    mien_lettering style = {.size = 100, .color = BLACK, .max_width = 230};
    mien_set_allocator(failing_malloc, failing_free);
    failing_alive = 0;
    mien_status st = MIEN_ERR_NOMEM;
    long k = 0;
    for (; st; k++) {
        failing_countdown = k;
        mien_error err = {0};
        st = mien_lettering_draw(&canvas, 10, 100, &style, "\u00c4W.WW", &err);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
        assert_int_equal(err.status, st);
        assert_int_equal(failing_alive, 0);
        if (st)
            assert_int_equal(extent_of(&canvas).count, 0);
    }
    assert_true(k > 20);
    assert_true(extent_of(&canvas).count > 0);
    double width;
    for (k = 0, st = MIEN_ERR_NOMEM; st; k++) {
        failing_countdown = k;
        st = mien_lettering_width(&style, "word", &width, NULL);
        assert_int_equal(failing_alive, 0);
    }
    assert_true(k > 3);
    mien_set_allocator(NULL, NULL);
    mien_canvas_free(&canvas);
}

/* What is kept, with an ellipsis, is as wide as the shortened text; and it ends with a whole
 * character. */
static void test_what_is_kept_is_what_is_drawn(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "i",
                                        "a word",
                                        "many words, one after another",
                                        "\u00e9t\u00e9 \u4e00\U0001F600 x",
                                        "bad \xff\xc3 bytes"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (double room = 20; room < 400; room += 7) {
            mien_lettering style = {.size = 20, .max_width = room}, plain = {.size = 20};
            size_t kept;
            bool whole;
            char shown[128];
            double width, expected;
            assert_int_equal(mien_lettering_kept(&style, texts[i], &kept, &whole, NULL), MIEN_OK);
            assert_true(kept <= strlen(texts[i]));
            assert_int_equal(whole, kept == strlen(texts[i]));
            snprintf(shown, sizeof shown, "%.*s%s", (int)kept, texts[i], whole ? "" : "\u2026");
            assert_int_equal(mien_lettering_width(&plain, shown, &width, NULL), MIEN_OK);
            assert_int_equal(mien_lettering_width(&style, texts[i], &expected, NULL), MIEN_OK);
            assert_near(width, expected, 1e-9);
            if (i < 5) /* the last has bytes that begin no character */
                assert_true((texts[i][kept] & 0xc0) != 0x80);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width_knows_the_font),
        cmocka_unit_test(test_draw_stands_on_its_baseline),
        cmocka_unit_test(test_draw_wide_glyphs_have_no_seams),
        cmocka_unit_test(test_draw_aligns),
        cmocka_unit_test(test_draw_places_letters_between_pixels),
        cmocka_unit_test(test_long_text_gets_an_ellipsis),
        cmocka_unit_test(test_utf8_is_read_and_garbage_survives),
        cmocka_unit_test(test_text_off_the_canvas_is_clipped),
        cmocka_unit_test(test_what_is_kept_is_what_is_drawn),
        cmocka_unit_test(test_draw_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
