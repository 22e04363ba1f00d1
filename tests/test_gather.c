/* test_gather.c - many images of several sizes and depths: each keeps its own pixels.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "data/pixels.h"

#include "mien.h"

enum { N_FILES = 200, WIDTH = 8, HEIGHT = 6, P = WIDTH * HEIGHT };

static bool has_other_size(size_t i)
{
    return i % 5 == 2;
}

/* No two images are alike, nor do their pixels repeat within a row of theirs. */
static void put_image(const char *folder, const char *name, size_t i, bool deep)
{
    unsigned char bytes[1024];
    size_t width = WIDTH, height = HEIGHT, used;
    if (has_other_size(i)) {
        width += 1 + i % 4;
        height += i % 3;
    }
    used = (size_t)snprintf((char *)bytes, sizeof bytes, "P5\n%zu %zu\n%d\n", width, height,
                            deep ? 65535 : 255);
    for (size_t k = 0; k < width * height; k++) {
        if (deep)
            bytes[used++] = (unsigned char)((3 * i + k) & 0xff);
        bytes[used++] = (unsigned char)((i + k * (1 + i % 13)) & 0xff);
    }
    assert_true(used <= sizeof bytes);
    put_file(folder, name, bytes, used);
}

/* Pixel k of row i. */
static unsigned pixel(const mien_dataset *ds, size_t i, size_t k)
{
    const uint8_t *bytes = ds->pixels.values;
    const uint16_t *words = ds->pixels.values;
    return ds->pixels.type == MIEN_U16 ? words[i * P + k] : bytes[i * P + k];
}

/* Every row against what its file gives when it is alone and the size is said. */
static void expect_rows(const char *folder, mien_resize_mode fit, unsigned threads,
                        size_t deep_every)
{
    const mien_load_options together = {.resize = fit, .threads = threads};
    const mien_load_options apart = {
        .resize = fit, .width = WIDTH, .height = HEIGHT, .threads = 1, .for_model = true};
    mien_dataset all, one;
    mien_error err = {0};
    size_t row = 0;
    if (mien_dataset_load(in_folder(folder, "all"), &together, &all, &err))
        fail_msg("%s", err.message);
    assert_int_equal(all.pixels.p, P);
    assert_int_equal(all.pixels.type, deep_every ? MIEN_U16 : MIEN_U8);
    for (size_t i = 0; i < N_FILES; i++) {
        if (fit == MIEN_RESIZE_REJECT && has_other_size(i))
            continue;
        put_image(folder, "one/image.pgm", i, deep_every && i % deep_every == 0);
        if (mien_dataset_load(in_folder(folder, "one"), &apart, &one, &err))
            fail_msg("%s", err.message);
        assert_int_equal(one.pixels.n, 1);
        assert_true(row < all.pixels.n);
        for (size_t k = 0; k < P; k++)
            if (pixel(&all, row, k) != pixel(&one, 0, k))
                fail_msg("fit %d, %u threads: image %zu differs at pixel %zu", (int)fit, threads, i,
                         k);
        row++;
        mien_dataset_free(&one);
    }
    assert_int_equal(row, all.pixels.n);
    mien_dataset_free(&all);
}

/* N_FILES images, one in five of another size; `deep_every`: one in so many of 16 bits; 0: none.
 * The first has the right size, so that only the others wait for the second pass. */
static void check_folder(const char *folder, size_t deep_every)
{
    char name[32];
    put_folder(folder, "all");
    put_folder(folder, "one");
    for (size_t i = 0; i < N_FILES; i++) {
        snprintf(name, sizeof name, "all/%03zu.pgm", i);
        put_image(folder, name, i, deep_every && i % deep_every == 0);
    }
    static const mien_resize_mode fits[] = {MIEN_RESIZE_REJECT, MIEN_RESIZE_STRETCH,
                                            MIEN_RESIZE_CROP, MIEN_RESIZE_PAD};
    for (size_t k = 0; k < sizeof fits / sizeof *fits; k++)
        expect_rows(folder, fits[k], 1 + k % 2, deep_every);
}

static void test_other_sizes_among_many(void **state)
{
    check_folder(*state, 0);
}

/* Files of 16 bits among bytes: the store is made anew for all of them. */
static void test_other_sizes_and_depths(void **state)
{
    check_folder(*state, 7);
}

/* Words are kept for words alone: a file that promises them and is cut short makes none, though it
 * comes first and is the guess. */
static void test_depth_is_that_of_what_is_kept(void **state)
{
    put_file(*state, "0.pgm", "P5 8 6 65535\n\1\2\3", 16);
    for (size_t i = 3; i < 7; i++)
        put_image(*state, (char[]){(char)('0' + i), '.', 'p', 'g', 'm', '\0'}, i, false);
    const mien_load_options options = {.threads = 1};
    mien_dataset ds;
    assert_int_equal(mien_dataset_load(*state, &options, &ds, NULL), MIEN_OK);
    assert_int_equal(ds.n_refused, 1);
    assert_int_equal(ds.pixels.type, MIEN_U8);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < P; k++)
            assert_int_equal(pixel(&ds, i, k), (i + 3 + k * (4 + i)) & 0xff);
    mien_dataset_free(&ds);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_other_sizes_among_many),
        IN_FOLDER(test_other_sizes_and_depths),
        IN_FOLDER(test_depth_is_that_of_what_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
