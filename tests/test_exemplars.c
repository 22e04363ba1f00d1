/* test_exemplars.c - the page of components and their images: everything is there, in its order.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "figures/exemplars.h"

#include <stdio.h>
#include <string.h>

enum { PLACES = 8, MOST_VALUES = 480 }; /* of an image that has no basis of its own */

/* Photographs of one colour each, no grey: red tells the row, blue the place. Lines and letters are
 * grey. */
struct album {
    mien_exemplar_page page;
    mien_exemplar_row rows[MIEN_EXEMPLARS_MAX_ROWS + 1];
    char titles[MIEN_EXEMPLARS_MAX_ROWS + 1][24];
    float *photographs, basis[MOST_VALUES];
};

static mien_rgb colour_of(size_t row, size_t place)
{
    return (mien_rgb){(uint8_t)(2 * row + 1), 255, (uint8_t)(20 * place + 10)};
}

static void fill_album(struct album *album, size_t rows, mien_shape shape)
{
    *album = (struct album){0};
    size_t p = mien_shape_size(shape);
    album->photographs = calloc(rows * PLACES * p, sizeof *album->photographs);
    for (size_t row = 0; row < rows; row++) {
        snprintf(album->titles[row], sizeof album->titles[row], "%zu", row + 1);
        float *photographs = album->photographs + row * PLACES * p;
        for (size_t i = 0; i < PLACES * p; i++) {
            mien_rgb c = colour_of(row, i / p);
            photographs[i] = (float)(i % 3 == 0 ? c.r : i % 3 == 1 ? c.g : c.b) / 255;
        }
        album->rows[row] = (mien_exemplar_row){.title = album->titles[row],
                                               .subtitle = "1.5 %",
                                               .basis = album->basis,
                                               .photographs = photographs,
                                               .count = PLACES - row % 3};
    }
    album->page = (mien_exemplar_page){.title = "A title",
                                       .subtitle = "and more",
                                       .note = "and an end",
                                       .rows = album->rows,
                                       .n_rows = rows,
                                       .photographs = PLACES,
                                       .shape = shape,
                                       .low = 0,
                                       .high = 1};
}

/* Where a colour begins, and how often it is there. */
struct found {
    size_t count, x, y;
};

static struct found places[MIEN_EXEMPLARS_MAX_ROWS][PLACES];

static void find_all(const mien_canvas *canvas)
{
    memset(places, 0, sizeof places);
    for (size_t y = 0; y < canvas->height; y++)
        for (size_t x = 0; x < canvas->width; x++) {
            mien_rgb c = mien_canvas_get(canvas, x, y);
            size_t row = c.r / 2, place = c.b / 20;
            if (c.g != 255 || c.r % 2 == 0 || c.b % 20 != 10 || place >= PLACES ||
                row >= MIEN_EXEMPLARS_MAX_ROWS)
                continue;
            struct found *found = &places[row][place];
            if (found->count++ == 0) {
                found->x = x;
                found->y = y;
            }
        }
}

static void check_row(const struct album *album, size_t row, bool stacked, size_t area)
{
    struct found before = {0};
    for (size_t place = 0; place < PLACES; place++) {
        struct found here = places[row][place];
        size_t expected = place < album->rows[row].count ? area : 0;
        if (here.count != expected)
            fail_msg("row %zu, place %zu: %zu pixels, expected %zu", row, place, here.count,
                     expected);
        if (place && expected) {
            assert_true(stacked ? here.x == before.x : here.y == before.y);
            assert_true(stacked ? here.y > before.y : here.x > before.x);
        }
        before = here;
    }
}

static const struct {
    size_t rows, columns;
    mien_shape shape;
    size_t area; /* of a photograph on the page */
} pages[] = {
    {1, 1, {4, 4, 3}, (size_t)140 * 140},
    {6, 1, {8, 4, 3}, (size_t)88 * 176},
    {7, 2, {8, 8, 3}, (size_t)64 * 64},
    {9, 2, {4, 5, 3}, (size_t)65 * 52},
    {61, 3, {8, 8, 3}, (size_t)40 * 40},
    {120, 3, {2, 8, 3}, (size_t)40 * 10},
    {5, 1, {1, 12, 3}, 0},
};

static void test_every_image_is_there(void **state)
{
    (void)state;
    mien_style style = mien_style_default();
    for (size_t c = 0; c < sizeof pages / sizeof *pages; c++) {
        static struct album album;
        fill_album(&album, pages[c].rows, pages[c].shape);
        bool stacked = mien_shape_is_stripe(pages[c].shape);
        mien_canvas canvas;
        mien_error err = {0};
        if (mien_exemplars_draw(&album.page, &style, &canvas, &err))
            fail_msg("page %zu: %s", c, err.message);
        find_all(&canvas);
        size_t area = pages[c].area ? pages[c].area : places[0][0].count;
        assert_true(area > 0);
        for (size_t row = 0; row < pages[c].rows; row++)
            check_row(&album, row, stacked, area);
        /* down the columns first: the second row is below the first, the last in the last column */
        size_t last = pages[c].rows - 1;
        struct found first = places[0][0], end = places[last][0];
        if (pages[c].columns == 1)
            assert_true(end.x == first.x && (last == 0 || end.y > first.y));
        else
            assert_true(end.x > canvas.width / pages[c].columns * (pages[c].columns - 1));
        if (last)
            assert_true(places[1][0].y > first.y);
        assert_true(canvas.width >= 1240 && canvas.width <= 1800);
        mien_canvas_free(&canvas);
        free(album.photographs);
    }
}

static void test_large_images_are_reduced(void **state)
{
    (void)state;
    static struct album album;
    mien_style style = mien_style_default();
    mien_shape shape = {300, 200, 3};
    fill_album(&album, 7, shape);
    float *basis = calloc(mien_shape_size(shape), sizeof *basis);
    for (size_t row = 0; row < 7; row++)
        album.rows[row].basis = basis;
    mien_canvas canvas;
    assert_int_equal(mien_exemplars_draw(&album.page, &style, &canvas, NULL), MIEN_OK);
    find_all(&canvas);
    check_row(&album, 6, false, (size_t)58 * 88);
    mien_canvas_free(&canvas);
    free(basis);
    free(album.photographs);
}

static void test_what_cannot_be_drawn(void **state)
{
    (void)state;
    static struct album album;
    mien_style style = mien_style_default();
    mien_canvas canvas;
    mien_error err = {0};
    fill_album(&album, MIEN_EXEMPLARS_MAX_ROWS, (mien_shape){2, 2, 3});
    album.page.n_rows = 0;
    assert_int_equal(mien_exemplars_draw(&album.page, &style, &canvas, &err), MIEN_ERR_ARG);
    album.page.n_rows = MIEN_EXEMPLARS_MAX_ROWS + 1;
    assert_int_equal(mien_exemplars_draw(&album.page, &style, &canvas, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "1 to 120 components, not 121"));
    album.page.n_rows = 1;
    album.page.shape.width = 0;
    assert_int_equal(mien_exemplars_draw(&album.page, &style, &canvas, &err), MIEN_ERR_SHAPE);
    album.page.shape.width = 2;
    mien_status st = MIEN_ERR_NOMEM;
    long k = 0;
    for (; st; k++) {
        mien_set_allocator(failing_malloc, failing_free);
        failing_countdown = k;
        st = mien_exemplars_draw(&album.page, &style, &canvas, &err);
        if (!st)
            mien_canvas_free(&canvas);
        mien_set_allocator(NULL, NULL);
        assert_int_equal(failing_alive, 0);
        assert_true(st == MIEN_OK || st == MIEN_ERR_NOMEM);
    }
    assert_true(k > 3);
    free(album.photographs);
}

/* How much is darker than the paper in a box. */
static size_t count_ink(const mien_canvas *canvas, mien_box box)
{
    size_t count = 0;
    for (size_t y = box.y; y < box.y + box.height; y++)
        for (size_t x = box.x; x < box.x + box.width; x++)
            count += mien_canvas_get(canvas, x, y).g < 180;
    return count;
}

/* Every image's name stands below it, or beside it where images are wide and stacked. */
static void test_names_stand_at_their_images(void **state)
{
    (void)state;
    static const mien_shape shapes[] = {{8, 8, 3}, {4, 40, 3}};
    char *names[PLACES];
    char long_name[] = "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/12.png";
    char odd_name[] = ".hidden";
    for (size_t i = 0; i < PLACES; i++)
        names[i] = i % 2 ? long_name : odd_name;
    for (size_t s = 0; s < 2; s++) {
        static struct album album;
        mien_style style = mien_style_default();
        mien_canvas canvas;
        bool stacked = shapes[s].width > shapes[s].height;
        fill_album(&album, 3, shapes[s]);
        for (size_t row = 0; row < 3; row++)
            album.rows[row].names = names;
        assert_int_equal(mien_exemplars_draw(&album.page, &style, &canvas, NULL), MIEN_OK);
        find_all(&canvas);
        for (size_t row = 0; row < 3; row++)
            for (size_t place = 0; place < album.rows[row].count; place++) {
                struct found f = places[row][place];
                size_t scale =
                    (size_t)sqrt(3.0 * (double)f.count / (double)mien_shape_size(shapes[s]));
                size_t width = scale * shapes[s].width, height = scale * shapes[s].height;
                mien_box below = {f.x, f.y + height + 2, width, 10};
                mien_box beside = {f.x + width + 2, f.y, 60, height};
                assert_true(count_ink(&canvas, stacked ? beside : below) > 10);
            }
        mien_canvas_free(&canvas);
        free(album.photographs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_image_is_there),
        cmocka_unit_test(test_names_stand_at_their_images),
        cmocka_unit_test(test_large_images_are_reduced),
        cmocka_unit_test(test_what_cannot_be_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
