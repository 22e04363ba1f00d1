/* test_dataset.c - INPUT as a data set: folders, arrays, tables; and real faces when they are
 * there. SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "support/faces.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "data/npy.h"
#include "data/pixels.h"
#include "support/sample_images.h"

static mien_dataset load_good(const char *input, const mien_load_options *options)
{
    mien_dataset ds;
    mien_error err;
    if (mien_dataset_load(input, options, &ds, &err))
        fail_msg("%s", err.message);
    return ds;
}

static void expect_bad(const char *input, const mien_load_options *options, mien_status status,
                       const char *word)
{
    mien_dataset ds;
    mien_error err = {0};
    mien_status st = mien_dataset_load(input, options, &ds, &err);
    if (st != status || !strstr(err.message, word))
        fail_msg("%d '%s', expected %d '%s'", st, err.message, status, word);
}

static const char *refusal(const mien_dataset *ds, const char *path)
{
    for (size_t i = 0; i < ds->n_refused; i++)
        if (strcmp(ds->refused[i].path, path) == 0)
            return ds->refused[i].reason;
    fail_msg("%s was not refused", path);
    return "";
}

static const mien_load_options plain = {.threads = 2, .statistics = true};

/* A folder with one of everything. */
static void make_mixed_folder(const char *folder)
{
    put_folder(folder, "s1");
    put_folder(folder, "s2");
    put_pgm(folder, "s1/10.pgm", 4, 3, 10, 1);
    put_pgm(folder, "s1/2.pgm", 4, 3, 20, 1);
    put_pgm(folder, "s2/1.happy", 4, 3, 30, 2); /* told by content */
    put_pgm(folder, "s2/2.pgm", 4, 3, 20, 1);   /* s1/2.pgm again */
    put_pgm(folder, "s2/3.pgm", 4, 3, 77, 0);   /* constant */
    put_pgm(folder, "s2/4.pgm", 4, 3, 20, 1);
    put_pgm(folder, "big.pgm", 40, 30, 1, 1);
    put_text(folder, "README", "faces\n");
    put_text(folder, "list.csv", "a,b\n1,2\n");
    put_text(folder, ".DS_Store", "x");
    put_text(folder, "notes.info", "P5 is a format\n");
    put_text(folder, "empty.png", "");
    put_text(folder, "empty", "");
    put_text(folder, "words.jpg", "words");
    put_text(folder, "cut.pgm", "P5 4 3 255\n123");
    put_file(folder, "a.tif", sample_tiff, sizeof sample_tiff);
    put_file(folder, "half.jpg", sample_jpeg_grey, sizeof sample_jpeg_grey / 4);
    assert_int_equal(mkfifo(in_folder(folder, "fifo.pgm"), 0600), 0);
    assert_int_equal(symlink("..", in_folder(folder, "s1/up")), 0);
}

static void test_mixed_folder(void **state)
{
    make_mixed_folder(*state);
    mien_dataset ds = load_good(*state, &plain);
    static const char *const paths[] = {"s1/2.pgm", "s1/10.pgm", "s2/1.happy",
                                        "s2/2.pgm", "s2/3.pgm",  "s2/4.pgm"};
    static const uint8_t first[] = {20, 10, 30, 20, 77, 20};
    assert_int_equal(ds.pixels.n, 6);
    assert_int_equal(ds.pixels.p, 12);
    assert_int_equal(ds.pixels.type, MIEN_U8);
    assert_int_equal(ds.shape.height, 3);
    assert_int_equal(ds.shape.width, 4);
    assert_int_equal(ds.normalize, MIEN_NORMALIZE_LEE_SEUNG);
    assert_false(ds.is_table);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(ds.images[i].path, paths[i]);
        assert_int_equal(((uint8_t *)ds.pixels.values)[12 * i], first[i]);
    }
    assert_int_equal(ds.n_refused, 6);
    assert_string_equal(refusal(&ds, "big.pgm"), "40x30, expected 4x3 (use --size or --fit)");
    assert_non_null(strstr(refusal(&ds, "empty.png"), "empty"));
    assert_non_null(strstr(refusal(&ds, "words.jpg"), "it is none"));
    assert_non_null(strstr(refusal(&ds, "cut.pgm"), "truncated"));
    assert_non_null(strstr(refusal(&ds, "a.tif"), "TIFF"));
    assert_non_null(strstr(refusal(&ds, "half.jpg"), "truncated"));
    assert_int_equal(ds.n_skipped, 6); /* README list.csv .DS_Store notes.info empty fifo.pgm */
    /* statistics */
    assert_int_equal(ds.n_constant, 1);
    assert_int_equal(ds.constant[0], 4);
    assert_int_equal(ds.n_duplicates, 2);
    assert_int_equal(ds.duplicates[0][0], 0);
    assert_int_equal(ds.duplicates[0][1], 3);
    assert_int_equal(ds.duplicates[1][0], 0);
    assert_int_equal(ds.duplicates[1][1], 5);
    assert_near(ds.min, 10, 0);
    assert_near(ds.max, 77, 0);
    assert_string_equal(ds.formats[0].name, "PGM");
    assert_int_equal(ds.formats[0].count, 8);
    assert_int_equal(ds.sizes[0].width, 4);
    assert_int_equal(ds.sizes[0].count, 7);
    mien_dataset_free(&ds);
    assert_null(ds.images);
}

/* The first file has the wrong size: the guess fails and a second pass puts it right. */
static void test_majority_decides(void **state)
{
    char name[32];
    put_pgm(*state, "0.pgm", 5, 5, 1, 1);
    put_pgm(*state, "1.pgm", 5, 5, 2, 1);
    for (unsigned i = 2; i < 90; i++) {
        snprintf(name, sizeof name, "%u.pgm", i);
        put_pgm(*state, name, i % 3 ? 4 : 6, 3, i, 1);
    }
    mien_dataset ds = load_good(*state, &plain);
    assert_int_equal(ds.pixels.n, 59);
    assert_int_equal(ds.pixels.p, 12);
    assert_int_equal(ds.n_refused, 31);
    assert_string_equal(ds.images[0].path, "2.pgm");
    assert_int_equal(((uint8_t *)ds.pixels.values)[12], 4); /* 4.pgm */
    assert_int_equal(ds.n_sizes, 3);
    assert_int_equal(ds.sizes[1].width, 6);
    assert_int_equal(ds.sizes[2].width, 5);
    mien_dataset_free(&ds);
}

static void test_equal_counts_go_to_the_first(void **state)
{
    put_pgm(*state, "a.pgm", 9, 9, 1, 1);
    put_pgm(*state, "b.pgm", 4, 3, 2, 1);
    put_pgm(*state, "c.pgm", 4, 3, 3, 1);
    put_pgm(*state, "d.pgm", 9, 9, 4, 1);
    mien_dataset ds = load_good(*state, &plain);
    assert_int_equal(ds.shape.width, 9);
    assert_string_equal(ds.images[1].path, "d.pgm");
    mien_dataset_free(&ds);
}

static void test_size_and_fit(void **state)
{
    make_mixed_folder(*state);
    mien_load_options options = plain;
    options.resize = MIEN_RESIZE_STRETCH; /* to the majority's size */
    mien_dataset ds = load_good(*state, &options);
    assert_int_equal(ds.pixels.n, 7);
    assert_int_equal(ds.pixels.p, 12);
    assert_string_equal(ds.images[0].path, "big.pgm");
    assert_int_equal(ds.images[0].width, 40);
    assert_int_equal(((uint8_t *)ds.pixels.values)[12], 20);
    mien_dataset_free(&ds);
    options.width = 8;
    options.height = 8;
    options.resize = MIEN_RESIZE_PAD;
    ds = load_good(*state, &options);
    assert_int_equal(ds.pixels.n, 7);
    assert_int_equal(ds.shape.height, 8);
    for (size_t k = 0; k < 64; k++) /* s2/3.pgm, constant, stays constant */
        assert_int_equal(((uint8_t *)ds.pixels.values)[5 * 64 + k], 77);
    mien_dataset_free(&ds);
    options.resize = MIEN_RESIZE_REJECT;
    expect_bad(*state, &options, MIEN_ERR_DATA, "no usable images");
    options.width = 40;
    options.height = 30;
    expect_bad(*state, &options, MIEN_ERR_DATA, "only one usable image");
    options.height = 0;
    expect_bad(*state, &options, MIEN_ERR_ARG, "40x0");
    options.height = 70000;
    expect_bad(*state, &options, MIEN_ERR_ARG, "out of range");
}

static unsigned sample_deep(unsigned x, unsigned y, unsigned c)
{
    return 1000 * x + 100 * y + c;
}

static void test_sixteen_bits_and_color(void **state)
{
    unsigned char bytes[4096];
    test_png png = {.width = 4, .height = 3, .bits = 16, .color_type = 2, .sample = sample_deep};
    put_pgm(*state, "a.pgm", 4, 3, 10, 1);
    put_file(*state, "b.png", bytes, make_png(&png, bytes));
    put_pgm(*state, "c.pgm", 4, 3, 200, 1);
    mien_load_options options = plain;
    options.color = true;
    options.normalize = MIEN_NORMALIZE_NONE;
    mien_dataset ds = load_good(*state, &options);
    assert_int_equal(ds.pixels.type, MIEN_U16);
    assert_int_equal(ds.shape.channels, 3);
    assert_int_equal(ds.pixels.p, 36);
    const uint16_t *v = ds.pixels.values;
    for (unsigned k = 0; k < 36; k++) {
        assert_int_equal(v[k], 10 + k / 3); /* as stored */
        assert_int_equal(v[36 + k], sample_deep(k / 3 % 4, k / 12, k % 3));
        assert_int_equal(v[72 + k], 200 + k / 3);
    }
    assert_null(ds.pixels.gain);
    mien_dataset_free(&ds);
}

/* PGM of several maxvals: `none` keeps the numbers, `unit` and the inversion go by each file's own.
 */
static void test_whatever_the_maxval(void **state)
{
    put_text(*state, "a.pgm", "P2 3 1 100\n0 1 100");
    put_text(*state, "b.pgm", "P2 3 1 1000\n0 10 1000");
    put_text(*state, "c.pgm", "P2 3 1 255\n0 51 255");
    mien_load_options options = plain;
    options.normalize = MIEN_NORMALIZE_NONE;
    mien_dataset ds = load_good(*state, &options);
    static const uint16_t stored[] = {0, 1, 100, 0, 10, 1000, 0, 51, 255};
    assert_int_equal(ds.pixels.type, MIEN_U16);
    assert_memory_equal(ds.pixels.values, stored, sizeof stored);
    assert_null(ds.pixels.gain);
    assert_true(ds.pixels.white == 1000);
    mien_dataset_free(&ds);
    for (int invert = 0; invert < 2; invert++) {
        static const double unit[] = {0, 0.01, 1, 0, 0.01, 1, 0, 0.2, 1};
        float x[9];
        options.normalize = MIEN_NORMALIZE_UNIT;
        options.ink = invert ? MIEN_INK_DARK : MIEN_INK_LIGHT;
        ds = load_good(*state, &options);
        mien_source source = mien_pixels_source(&ds.pixels);
        const float *tile = source.tile(source.data, 0, 3, x);
        for (unsigned k = 0; k < 9; k++)
            assert_near(tile[k], invert ? 1 - unit[k] : unit[k], 1e-6);
        mien_dataset_free(&ds);
    }
    options = plain;
    options.normalize = MIEN_NORMALIZE_NONE;
    put_text(*state, "b.pgm", "P2 3 1 100\n0 10 100"); /* one maxval, in bytes */
    put_text(*state, "c.pgm", "P2 3 1 100\n0 51 99");
    ds = load_good(*state, &options);
    static const uint8_t bytes[] = {0, 1, 100, 0, 10, 100, 0, 51, 99};
    assert_int_equal(ds.pixels.type, MIEN_U8);
    assert_memory_equal(ds.pixels.values, bytes, sizeof bytes);
    assert_true(ds.pixels.white == 100 && !ds.pixels.whites);
    mien_dataset_free(&ds);
}

/* A refused image of 16 bits leaves no trace in the type of the others. */
static void test_refused_depth_does_not_count(void **state)
{
    put_text(*state, "a.pgm", "P5 4 3 65535\ncut");
    put_pgm(*state, "b.pgm", 4, 3, 10, 1);
    put_text(*state, "c.pgm", "P5 4 3 65535\ncut");
    put_pgm(*state, "d.pgm", 4, 3, 20, 1);
    mien_dataset ds = load_good(*state, &plain);
    assert_int_equal(ds.pixels.type, MIEN_U8);
    assert_int_equal(ds.n_refused, 2);
    for (size_t k = 0; k < 24; k++)
        assert_int_equal(((uint8_t *)ds.pixels.values)[k], k < 12 ? 10 + k : 8 + k);
    mien_dataset_free(&ds);
    char name[32];
    for (unsigned i = 0; i < 200; i++) { /* several files a chunk: mixed and promoted chunks */
        snprintf(name, sizeof name, "m%u.pgm", i);
        if (i % 5 == 1)
            put_text(*state, name, "P5 4 3 65535\n012345678901234567890123");
        else if (i % 5 == 2)
            put_text(*state, name, "P5 4 3 65535\ncut");
        else
            put_pgm(*state, name, 4, 3, i, 0);
    }
    ds = load_good(*state, &plain);
    assert_int_equal(ds.pixels.type, MIEN_U16);
    assert_int_equal(ds.pixels.n, 162);
    for (size_t i = 2; i < 162; i++) {
        const uint16_t *row = (const uint16_t *)ds.pixels.values + 12 * i;
        unsigned number = (unsigned)atoi(ds.images[i].path + 1);
        assert_int_equal(row[3], number % 5 == 1 ? '6' << 8 | '7' : number);
    }
    mien_dataset_free(&ds);
}

/* The same bytes and the same fingerprint however many threads; another image, another one. */
static void test_threads_do_not_matter(void **state)
{
    char name[32];
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "%u.pgm", i);
        put_pgm(*state, name, i % 7 ? 19 : 18, 19, i, i % 11);
    }
    mien_load_options options = plain;
    options.threads = 1;
    mien_dataset one = load_good(*state, &options);
    for (unsigned threads = 2; threads < 6; threads++) {
        options.threads = threads;
        mien_dataset ds = load_good(*state, &options);
        assert_int_equal(ds.pixels.n, one.pixels.n);
        assert_memory_equal(ds.pixels.values, one.pixels.values, ds.pixels.n * ds.pixels.p);
        assert_memory_equal(ds.pixels.gain, one.pixels.gain, ds.pixels.n * sizeof(float));
        assert_true(ds.fingerprint == one.fingerprint);
        assert_int_equal(ds.n_refused, one.n_refused);
        for (size_t i = 0; i < ds.n_refused; i++)
            assert_string_equal(ds.refused[i].path, one.refused[i].path);
        mien_dataset_free(&ds);
    }
    put_pgm(*state, "1.pgm", 19, 19, 2, 1);
    mien_dataset other = load_good(*state, &options);
    assert_true(other.fingerprint != one.fingerprint);
    mien_dataset_free(&other);
    options.ink = MIEN_INK_DARK; /* the same files */
    other = load_good(*state, &options);
    assert_true(other.ink == MIEN_INK_DARK);
    assert_int_equal(((uint8_t *)other.pixels.values)[0], 2); /* as stored */
    mien_dataset_free(&other);
    mien_dataset_free(&one);
}

typedef struct calls {
    size_t count, most;
    bool stop;
} calls;

static bool count_calls(void *user, const mien_progress *now)
{
    calls *c = user;
    assert_string_equal(now->stage, "reading");
    assert_true(now->done <= now->total && now->done >= c->most && isnan(now->loss));
    c->most = now->done;
    c->count++;
    return !c->stop;
}

static void test_progress_and_stop(void **state)
{
    char name[32];
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "%u.pgm", i);
        put_pgm(*state, name, 4, 4, i, 1);
    }
    calls c = {0};
    mien_load_options options = plain;
    options.threads = 1;
    options.progress = count_calls;
    options.user = &c;
    mien_dataset ds = load_good(*state, &options);
    assert_true(c.count > 20);
    assert_int_equal(c.most, 200);
    mien_dataset_free(&ds);
    c = (calls){.stop = true};
    expect_bad(*state, &options, MIEN_ERR_ARG, "interrupted");
    assert_int_equal(c.count, 1);
}

static void test_bad_inputs(void **state)
{
    put_folder(*state, "none");
    put_text(*state, "none/README", "x");
    put_folder(*state, "empty");
    put_folder(*state, "one");
    put_pgm(*state, "one/a.pgm", 3, 3, 1, 1);
    put_text(*state, "one/b.pgm", "P5 3 3 255\n1");
    put_text(*state, "one/c.pgm", "P5 3 3 255\n12");
    put_text(*state, "one/d.pgm", "P5 3 3 255\n123");
    put_text(*state, "one/e.pgm", "P5 3 3 255\n1234");
    expect_bad(in_folder(*state, "nowhere"), &plain, MIEN_ERR_IO, "no such file or folder");
    expect_bad(in_folder(*state, "empty"), &plain, MIEN_ERR_DATA, "no usable images");
    expect_bad(in_folder(*state, "none"), &plain, MIEN_ERR_DATA, "1 file is no image");
    expect_bad(in_folder(*state, "one"), &plain, MIEN_ERR_DATA,
               "only one usable image, and mien needs two: b.pgm: truncated: not all of its pixels "
               "are there; c.pgm: ");
    expect_bad(in_folder(*state, "one"), &plain, MIEN_ERR_DATA, "; and 2 more");
    expect_bad(in_folder(*state, "one/a.pgm"), &plain, MIEN_ERR_DATA, "name the folder");
    expect_bad(put_text(*state, "x.npy", "text"), &plain, MIEN_ERR_FORMAT, "not an .npy array");
    expect_bad(put_file(*state, "x.bin", "\0\1\2", 3), &plain, MIEN_ERR_FORMAT, "neither");
    expect_bad(put_text(*state, "x.csv", ""), &plain, MIEN_ERR_DATA, "empty");
    expect_bad(put_text(*state, "x.csv", "a,b\n1,2\n"), &plain, MIEN_ERR_DATA, "a single row");
    assert_int_equal(mkfifo(in_folder(*state, "fifo"), 0600), 0);
    expect_bad(in_folder(*state, "fifo"), &plain, MIEN_ERR_IO, "not a regular file");
}

static void test_csv(void **state)
{
    const char *path = put_text(*state, "x.csv", "n,a,b\np,1,2\nq,3,4\n");
    mien_dataset ds = load_good(path, &plain);
    assert_true(ds.is_table);
    assert_int_equal(ds.normalize, MIEN_NORMALIZE_NONE);
    assert_int_equal(ds.shape.width, 2);
    assert_string_equal(ds.images[1].path, "q");
    assert_string_equal(ds.formats[0].name, "CSV");
    mien_source source = mien_pixels_source(&ds.pixels);
    assert_ptr_equal(source.tile(source.data, 0, 2, NULL), ds.pixels.values);
    mien_dataset_free(&ds);
    ds = load_good(put_text(*state, "x.csv", "1,2\n3,4\n"), &plain);
    assert_string_equal(ds.images[0].path, "row 1");
    mien_dataset_free(&ds);
    mien_load_options options = plain;
    options.width = options.height = 2;
    expect_bad(path, &options, MIEN_ERR_ARG, "--size");
    put_text(*state, "x.csv", "n,a,b\np,1,2\nq,3,-4\n");
    ds = load_good(path, &plain);
    assert_non_null(strstr(ds.negative, "x.csv: row 2 (line 3), column 3 (b): -4 is negative"));
    mien_dataset_free(&ds);
    options = plain;
    options.normalize = MIEN_NORMALIZE_UNIT; /* would cut off what is below zero */
    expect_bad(path, &options, MIEN_ERR_DOMAIN, "--normalize unit is for numbers that are not");
}

static void test_npy(void **state)
{
    float values[24];
    const size_t flat[] = {4, 6}, cube[] = {4, 2, 3}, color[] = {2, 2, 2, 3}, one[] = {1, 24};
    for (size_t k = 0; k < 24; k++)
        values[k] = (float)k;
    const char *path = in_folder(*state, "x.npy");
    assert_int_equal(mien_npy_write(path, values, flat, 2, NULL), MIEN_OK);
    mien_dataset ds = load_good(path, &plain);
    assert_true(ds.is_table && ds.pixels.n == 4 && ds.pixels.p == 6);
    assert_string_equal(ds.images[3].path, "row 4");
    mien_dataset_free(&ds);
    values[3 * 6 + 2] = NAN;
    values[23] = -1;
    assert_int_equal(mien_npy_write(path, values, flat, 2, NULL), MIEN_OK);
    expect_bad(path, &plain, MIEN_ERR_DOMAIN, "row 4, column 3 is NaN");
    values[20] = 0;
    assert_int_equal(mien_npy_write(path, values, cube, 3, NULL), MIEN_OK);
    ds = load_good(path, &plain);
    assert_non_null(strstr(ds.negative, "x.npy: image 4, row 2, column 3: -1 is negative"));
    assert_int_equal(ds.normalize, MIEN_NORMALIZE_NONE); /* signed numbers are taken as they are */
    mien_dataset_free(&ds);
    values[23] = INFINITY;
    assert_int_equal(mien_npy_write(path, values, cube, 3, NULL), MIEN_OK);
    expect_bad(path, &plain, MIEN_ERR_DOMAIN, "infinite");
    values[23] = 23;
    assert_int_equal(mien_npy_write(path, values, color, 4, NULL), MIEN_OK);
    ds = load_good(path, &plain);
    assert_true(!ds.is_table && ds.shape.channels == 3 && ds.normalize != MIEN_NORMALIZE_NONE);
    mien_dataset_free(&ds);
    assert_int_equal(mien_npy_write(path, values, one, 2, NULL), MIEN_OK);
    expect_bad(path, &plain, MIEN_ERR_DATA, "single row");
    assert_int_equal(mien_npy_write(path, values, one + 1, 1, NULL), MIEN_OK);
    expect_bad(path, &plain, MIEN_ERR_SHAPE, "one dimension");
    static const char bytes[] = "\x93NUMPY\1\0\x3e\0{'descr':'|u1','fortran_order':False,"
                                "'shape':(2,2,2)}        \n\1\2\3\4\5\6\7\xff";
    ds = load_good(put_file(*state, "u.npy", bytes, sizeof bytes - 1), &plain);
    assert_int_equal(ds.pixels.type, MIEN_U8);
    assert_int_equal(ds.normalize, MIEN_NORMALIZE_LEE_SEUNG);
    assert_near(ds.max, 255, 0);
    mien_dataset_free(&ds);
}

/* Every allocation fails in turn, on one thread and on two. */
static void test_out_of_memory(void **state)
{
    make_mixed_folder(*state);
    float values[24] = {0};
    const size_t flat[] = {4, 6};
    static char folder[400], array[512], table[512];
    snprintf(folder, sizeof folder, "%s", (const char *)*state);
    snprintf(array, sizeof array, "%s/x.npy", folder);
    assert_int_equal(mien_npy_write(array, values, flat, 2, NULL), MIEN_OK);
    snprintf(table, sizeof table, "%s", put_text(*state, "y.csv", "1,2\n3,4\n5,6\n"));
    const char *const inputs[] = {folder, folder, array, table};
    for (size_t k = 0; k < sizeof inputs / sizeof *inputs; k++)
        for (unsigned threads = 1; threads <= 2; threads++) {
            mien_load_options options = plain;
            options.threads = threads;
            options.resize = k == 1 ? MIEN_RESIZE_CROP : MIEN_RESIZE_REJECT;
            long failures = 0, detours = 0;
            mien_dataset whole;
            assert_int_equal(mien_dataset_load(inputs[k], &options, &whole, NULL), MIEN_OK);
            for (bool failed = true; failed; failures++) {
                mien_dataset ds;
                mien_error err = {0};
                failing_countdown = failures;
                mien_set_allocator(failing_malloc, failing_free);
                mien_status st = mien_dataset_load(inputs[k], &options, &ds, &err);
                failed = failing_countdown < 0;
                if (!st) { /* one store for all images is tried first, and need not be had */
                    detours += failed;
                    assert_true(ds.fingerprint == whole.fingerprint);
                    mien_dataset_free(&ds);
                }
                mien_set_allocator(NULL, NULL);
                assert_int_equal(failing_alive, 0);
                if (st)
                    assert_int_equal(st, MIEN_ERR_NOMEM);
                if (st)
                    assert_int_equal(err.status, MIEN_ERR_NOMEM);
            }
            mien_dataset_free(&whole);
            if (threads == 1) /* of two, either may grow its buffers before the store is taken */
                assert_true(detours <= (k < 2 ? 2 : 0));
            assert_true(failures > 8);
        }
}

/* ---------------------------------------------------------------- real faces */

static const char *real_data(const char *name)
{
    const char *path = faces_path(name);
    if (access(path, R_OK) != 0) {
        fprintf(stderr, "SKIPPED: no real faces at %s\n", path);
        skip();
    }
    return path;
}

static void test_cbcl(void **state)
{
    (void)state;
    mien_load_options light = plain;
    light.ink = MIEN_INK_LIGHT; /* the paper's */
    mien_dataset ds = load_good(real_data("cbcl/face"), &light);
    assert_int_equal(ds.pixels.n, 2429);
    assert_int_equal(ds.pixels.p, 361);
    assert_int_equal(ds.n_refused, 0);
    static const uint8_t first[] = {104, 122, 142, 159, 162, 158, 167};
    assert_memory_equal(ds.pixels.values, first, sizeof first);
    static const size_t equal[][2] = {{556, 557}, {599, 600}, {740, 742}};
    assert_int_equal(ds.n_duplicates, 3);
    assert_memory_equal(ds.duplicates, equal, sizeof equal);
    assert_int_equal(ds.n_constant, 0);
    /* floor(255 x), the published form, from the formula in double */
    mien_source source = mien_pixels_source(&ds.pixels);
    float buffer[361];
    size_t clipped = 0;
    for (size_t i = 0; i < 2429; i++) {
        const uint8_t *v = (const uint8_t *)ds.pixels.values + 361 * i;
        const float *x = source.tile(source.data, i, 1, buffer);
        double sum = 0, scatter = 0;
        for (size_t j = 0; j < 361; j++)
            sum += v[j];
        for (size_t j = 0; j < 361; j++)
            scatter += (v[j] - sum / 361) * (v[j] - sum / 361);
        for (size_t j = 0; j < 361; j++) {
            double y = 0.25 + 0.25 * (v[j] - sum / 361) / sqrt(scatter / 360);
            y = fmin(1, fmax(0, y));
            assert_near(x[j], y, 1e-6);
            double level = 255 * y; /* beside a whole number, float32 may fall on either side */
            if (fabs(level - rint(level)) > 1e-3 || y <= 0 || y >= 1)
                assert_near(floor(255 * (double)x[j]), floor(level), 0);
            clipped += y <= 0 || y >= 1;
        }
    }
    assert_true(clipped > 1000);
    mien_dataset_free(&ds);
}

static void test_orl(void **state)
{
    (void)state;
    mien_dataset ds = load_good(real_data("orl/orl_faces"), &plain);
    assert_int_equal(ds.pixels.n, 400);
    assert_int_equal(ds.shape.width, 92);
    assert_int_equal(ds.shape.height, 112);
    assert_int_equal(ds.n_skipped, 1);
    char path[32];
    for (size_t i = 0; i < 400; i++) {
        snprintf(path, sizeof path, "s%zu/%zu.pgm", i / 10 + 1, i % 10 + 1);
        assert_string_equal(ds.images[i].path, path);
    }
    mien_dataset_free(&ds);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_mixed_folder),
        IN_FOLDER(test_majority_decides),
        IN_FOLDER(test_equal_counts_go_to_the_first),
        IN_FOLDER(test_size_and_fit),
        IN_FOLDER(test_sixteen_bits_and_color),
        IN_FOLDER(test_refused_depth_does_not_count),
        IN_FOLDER(test_whatever_the_maxval),
        IN_FOLDER(test_threads_do_not_matter),
        IN_FOLDER(test_progress_and_stop),
        IN_FOLDER(test_bad_inputs),
        IN_FOLDER(test_csv),
        IN_FOLDER(test_npy),
        IN_FOLDER(test_out_of_memory),
        cmocka_unit_test(test_cbcl),
        cmocka_unit_test(test_orl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
