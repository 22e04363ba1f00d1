/* test_checkpoint.c - the file that a killed run goes on from: kept, found again, and never
 * believed when it is damaged. SPDX-License-Identifier: MIT */
#include "support/files.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/deflate.h"
#include "base/disk/checkpoint.h"
#include "base/disk/files.h"

static char told[4096];

static void listen(void *user, const char *words)
{
    (void)user;
    size_t at = strlen(told);
    snprintf(told + at, sizeof told - at, "%s\n", words);
}

static mien_status try_open(const char *path, const char *identity, double seconds,
                            mien_checkpoint **out, mien_error *err)
{
    const mien_checkpoint_options options = {
        .path = path, .identity = identity, .seconds = seconds, .tell = listen};
    *err = (mien_error){0};
    told[0] = '\0';
    return mien_checkpoint_open(&options, out, err);
}

static mien_checkpoint *must_open(const char *path, double seconds)
{
    mien_checkpoint *c = NULL;
    mien_error err;
    if (try_open(path, "who: me\n", seconds, &c, &err))
        fail_msg("%s", err.message);
    return c;
}

static void put(mien_checkpoint *c, const char *drop, const char *name, const void *bytes,
                size_t rows, size_t row_bytes)
{
    const mien_section section = {name, bytes, rows, row_bytes};
    mien_checkpoint_change(c, drop, &section, 1);
}

static void assert_holds(mien_checkpoint *c, const char *name, const void *bytes, size_t rows,
                         size_t row_bytes)
{
    char found[64];
    size_t r, b;
    mien_error err = {0};
    if (!mien_checkpoint_find(c, name, &r, &b))
        fail_msg("%s is not there", name);
    assert_int_equal(r, rows);
    assert_int_equal(b, row_bytes);
    if (mien_checkpoint_read(c, name, found, rows, row_bytes, &err))
        fail_msg("%s", err.message);
    assert_memory_equal(found, bytes, rows * row_bytes);
}

static void assert_lacks(mien_checkpoint *c, const char *name)
{
    size_t r, b;
    char byte;
    mien_error err = {0};
    assert_false(mien_checkpoint_find(c, name, &r, &b));
    assert_int_equal(mien_checkpoint_read(c, name, &byte, 1, 1, &err), MIEN_ERR_FORMAT);
    assert_non_null(strstr(err.message, "--no-resume begins anew"));
}

/* ---------------------------------------------------------------- what is kept */

/* In memory, in the file, and after another process opened it: the same. */
static void test_sections_are_found_again(void **state)
{
    char path[512];
    strcpy(path, in_folder(*state, "k"));
    for (int written = 0; written < 2; written++) {
        mien_checkpoint *c = must_open(path, written ? 0 : 1e9);
        put(c, NULL, "a/x", "abcdef", 3, 2);
        put(c, NULL, "a/y", "12", 1, 2);
        put(c, NULL, "b", "", 0, 8);
        put(c, NULL, "a/x", "fedcba", 2, 3); /* in its place */
        assert_int_equal(access(path, F_OK), written ? 0 : -1);
        assert_int_equal(mien_checkpoint_holds(c), written);
        assert_holds(c, "a/x", "fedcba", 2, 3);
        assert_holds(c, "a/y", "12", 1, 2);
        assert_holds(c, "b", "", 0, 8);
        put(c, "a/", "c", "!", 1, 1);
        assert_lacks(c, "a/x");
        assert_lacks(c, "a/y");
        assert_holds(c, "c", "!", 1, 1);
        mien_error err = {0};
        char byte;
        assert_int_equal(mien_checkpoint_read(c, "c", &byte, 1, 2, &err), MIEN_ERR_FORMAT);
        assert_int_equal(mien_checkpoint_write(c, &err), MIEN_OK);
        mien_checkpoint_close(c);
        c = must_open(path, 1e9);
        assert_true(mien_checkpoint_holds(c));
        assert_holds(c, "b", "", 0, 8);
        assert_holds(c, "c", "!", 1, 1);
        put(c, NULL, "d", "more", 1, 4); /* goes along with what nobody asked for */
        assert_int_equal(mien_checkpoint_write(c, &err), MIEN_OK);
        mien_checkpoint_close(c);
        c = must_open(path, 1e9);
        assert_holds(c, "c", "!", 1, 1);
        assert_holds(c, "d", "more", 1, 4);
        mien_checkpoint_remove(c);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(access(in_folder(*state, "k.old"), F_OK), -1);
    }
}

/* A section that is larger than what is copied, or written, at a time. */
static void test_large_sections(void **state)
{
    enum { ROWS = 300001, ROW = 3 };
    char path[512];
    strcpy(path, in_folder(*state, "k"));
    unsigned char *bytes = malloc(ROWS * ROW), *back = malloc(ROWS * ROW);
    for (size_t i = 0; i < ROWS * ROW; i++)
        bytes[i] = (unsigned char)(i * 7 ^ i >> 11);
    mien_checkpoint *c = must_open(path, 0);
    put(c, NULL, "small", "s", 1, 1);
    put(c, NULL, "large", bytes, ROWS, ROW);
    put(c, NULL, "more", "m", 1, 1); /* the large one goes over from file to file */
    mien_checkpoint_close(c);
    c = must_open(path, 0);
    mien_error err = {0};
    assert_int_equal(mien_checkpoint_read(c, "large", back, ROWS, ROW, &err), MIEN_OK);
    assert_memory_equal(back, bytes, ROWS * ROW);
    assert_holds(c, "small", "s", 1, 1);
    assert_holds(c, "more", "m", 1, 1);
    mien_checkpoint_close(c);
    free(bytes);
    free(back);
}

/* ---------------------------------------------------------------- whose it is */

static void test_another_identity_is_named(void **state)
{
    static const struct {
        const char *kept, *now, *words;
    } rows[] = {
        {"a: 1\nb: 2\n", "a: 1\nb: 3\n", "\"b: 2\", and now it is \"b: 3\""},
        {"a: 1\nb: 2\n", "a: 10\nb: 2\n", "\"a: 1\", and now it is \"a: 10\""},
        {"a: 1\n", "a: 1\nb: 2\n", "\"\", and now it is \"b: 2\""},
        {"a: 1\nb: 2\n", "a: 1\n", "\"b: 2\", and now it is \"\""},
        {"a: 1", NULL, "\"a: 1\", and now it is \"\""},
    };
    char path[512];
    mien_error err;
    strcpy(path, in_folder(*state, "k"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mien_checkpoint *c = NULL;
        assert_int_equal(try_open(path, rows[i].kept, 0, &c, &err), MIEN_OK);
        put(c, NULL, "x", "x", 1, 1);
        mien_checkpoint_close(c);
        assert_int_equal(try_open(path, rows[i].now, 0, &c, &err), MIEN_ERR_ARG);
        if (!strstr(err.message, rows[i].words) || !strstr(err.message, path))
            fail_msg("row %zu: %s", i, err.message);
        assert_int_equal(try_open(path, rows[i].kept, 0, &c, &err), MIEN_OK);
        mien_checkpoint_remove(c);
    }
    const mien_checkpoint_options anew = {.path = path, .identity = "b: 5", .anew = true};
    mien_checkpoint *c = must_open(path, 0);
    put(c, NULL, "x", "x", 1, 1);
    mien_checkpoint_close(c);
    assert_int_equal(mien_checkpoint_open(&anew, &c, &err), MIEN_OK);
    assert_false(mien_checkpoint_holds(c));
    assert_int_equal(access(path, F_OK), -1);
    mien_checkpoint_close(c);
}

/* ---------------------------------------------------------------- damage */

/* A file with two sections; its bytes. */
static char *make_small(const char *folder, size_t *nbytes)
{
    char *bytes;
    mien_error err;
    mien_checkpoint *c = must_open(in_folder(folder, "k"), 1e9);
    put(c, NULL, "one", "abcdef", 3, 2);
    put(c, NULL, "two", "zz", 2, 1);
    assert_int_equal(mien_checkpoint_write(c, &err), MIEN_OK);
    mien_checkpoint_close(c);
    assert_int_equal(mien_file_read(in_folder(folder, "k"), 4096, &bytes, nbytes, &err), MIEN_OK);
    return bytes;
}

static void expect_refusal(const char *folder, const void *bytes, size_t nbytes, const char *what,
                           size_t at)
{
    mien_checkpoint *c = NULL;
    mien_error err;
    unlink(in_folder(folder, "k"));
    put_file(folder, "k", bytes, nbytes);
    mien_status st = try_open(in_folder(folder, "k"), "who: me\n", 0, &c, &err);
    if (st != MIEN_ERR_FORMAT || !strstr(err.message, "/k is damaged: ") ||
        !strstr(err.message, "remove it to begin anew, or give --no-resume"))
        fail_msg("%s, %zu: status %d, %s", what, at, st, err.message);
}

static void test_every_damage_is_seen(void **state)
{
    size_t nbytes;
    char *good = make_small(*state, &nbytes), *bad = malloc(nbytes + 1);
    for (size_t at = 0; at < nbytes; at++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(bad, good, nbytes);
            bad[at] = (char)(bad[at] ^ 1 << bit);
            expect_refusal(*state, bad, nbytes, "flipped", 8 * at + (size_t)bit);
        }
    for (size_t cut = 0; cut < nbytes; cut++)
        expect_refusal(*state, good, cut, "cut", cut);
    memcpy(bad, good, nbytes);
    bad[nbytes] = 0;
    expect_refusal(*state, bad, nbytes + 1, "longer", nbytes);
    expect_refusal(*state, "", 0, "empty", 0);
    free(bad);
    mien_free(good);
}

/* With the right checksums, as somebody could write it who means ill. */
static void test_impossible_sizes(void **state)
{
    enum { HEAD = 32, IDENTITY = 8, NAME = 3 };
    static const struct {
        size_t at, width;
        uint64_t value;
    } rows[] = {
        {HEAD + IDENTITY + 8, 8, UINT64_MAX},          /* rows */
        {HEAD + IDENTITY + 8, 8, UINT64_MAX / 2 + 1},  /* x 2 is 0 */
        {HEAD + IDENTITY + 8, 8, UINT64_MAX / 2 + 4},  /* x 2 is what there is */
        {HEAD + IDENTITY + 16, 8, UINT64_MAX},         /* bytes of a row */
        {HEAD + IDENTITY + 16, 8, UINT64_MAX / 3 + 3}, /* x 3 is what there is */
        {HEAD + IDENTITY + 8, 8, 1000},
        {HEAD + IDENTITY, 4, 0}, /* bytes of the name */
        {HEAD + IDENTITY, 4, 256},
        {HEAD + IDENTITY, 4, UINT32_MAX},
        {16, 4, UINT32_MAX}, /* bytes of the identity */
        {16, 4, 9},
        {20, 4, UINT32_MAX}, /* sections */
        {20, 4, 3},
        {20, 4, 1},
        {8, 4, 2},          /* version */
        {12, 4, 0x4030201}, /* another machine's order */
    };
    size_t nbytes;
    char *good = make_small(*state, &nbytes);
    unsigned char *bad = malloc(nbytes);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memcpy(bad, good, nbytes);
        memcpy(bad + rows[i].at, &rows[i].value, rows[i].width);
        uint32_t checksum = mien_crc32_more(mien_crc32(bad, 24), bad + HEAD, IDENTITY);
        memcpy(bad + 24, &checksum, 4);
        unsigned char *head = bad + HEAD + IDENTITY;
        checksum = mien_crc32_more(mien_crc32(head, 24), head + HEAD, NAME);
        memcpy(head + 24, &checksum, 4);
        expect_refusal(*state, bad, nbytes, "row", i);
    }
    free(bad);
    mien_free(good);
}

static void test_the_one_before_serves(void **state)
{
    char path[512], old[512];
    mien_error err;
    mien_checkpoint *c;
    strcpy(path, in_folder(*state, "k"));
    strcpy(old, in_folder(*state, "k.old"));
    for (int there = 0; there < 3; there++) { /* gone with a crash between two names, or damaged */
        c = must_open(path, 0);
        put(c, NULL, "x", "1", 1, 1);
        put(c, NULL, "x", "2", 1, 1);
        assert_holds(c, "x", "2", 1, 1);
        mien_checkpoint_close(c);
        unlink(path);
        if (there)
            put_file(*state, "k",
                     there == 1 ? "mienkept and nonsense of some length or other" : (char[45]){0},
                     45); /* zeros: of a loss of power */
        c = must_open(path, 0);
        assert_holds(c, "x", "1", 1, 1);
        assert_int_equal(there != 0, strstr(told, "k is damaged: ") != NULL);
        assert_int_equal(there != 0, strstr(told, "the one before it is gone on from") != NULL);
        mien_checkpoint_remove(c);
    }
    put_text(*state, "k", "mienkept and nonsense");
    put_text(*state, "k.old", "mienkept and more of it");
    assert_int_equal(try_open(path, "", 0, &c, &err), MIEN_ERR_FORMAT);
    assert_non_null(strstr(err.message, "remove both to begin anew"));
    unlink(path);
    assert_int_equal(try_open(path, "", 0, &c, &err), MIEN_ERR_FORMAT);
    assert_non_null(strstr(err.message, "k.old is damaged"));
}

/* ---------------------------------------------------------------- what stands in its way */

static void test_links_are_not_followed(void **state)
{
    mien_checkpoint *c;
    mien_error err;
    char path[512], *bytes;
    size_t nbytes;
    strcpy(path, in_folder(*state, "k"));
    put_text(*state, "precious", "mine");
    assert_int_equal(symlink("precious", path), 0);
    assert_int_equal(try_open(path, "", 0, &c, &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "a link, which is not followed here"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("precious", in_folder(*state, "k.new")), 0);
    assert_int_equal(symlink("precious", in_folder(*state, "k.old")), 0);
    unlink(in_folder(*state, "k.old"));
    c = must_open(path, 0);
    put(c, NULL, "x", "1", 1, 1);
    put(c, NULL, "x", "2", 1, 1);
    mien_checkpoint_close(c);
    assert_int_equal(mien_file_read(in_folder(*state, "precious"), 99, &bytes, &nbytes, &err),
                     MIEN_OK);
    assert_string_equal(bytes, "mine");
    mien_free(bytes);
    put_folder(*state, "d");
    assert_int_equal(try_open(in_folder(*state, "d"), "", 0, &c, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "d is no checkpoint of mien's"));
}

/* What is no checkpoint is not removed, whoever asks to begin anew, and not written over; it is
 * told in the same words whoever asks. */
static void test_files_of_others_stay(void **state)
{
    static const char *const places[] = {"k", "k.old", "k.new"};
    char path[512];
    strcpy(path, in_folder(*state, "k"));
    for (size_t i = 0; i < 3; i++)
        for (int anew = 0; anew < 2; anew++) {
            const mien_checkpoint_options options = {
                .path = path, .identity = "who: me\n", .anew = anew};
            mien_checkpoint *c = NULL;
            mien_error err = {0};
            if (i == 1) { /* behind a good one */
                c = must_open(path, 0);
                put(c, NULL, "x", "1", 1, 1);
                mien_checkpoint_close(c);
            }
            put_text(*state, places[i], "a letter to somebody");
            mien_status st = mien_checkpoint_open(&options, &c, &err);
            if (st != MIEN_ERR_ARG || !strstr(err.message, in_folder(*state, places[i])) ||
                !strstr(err.message, "move it away, or choose another -o"))
                fail_msg("%s: status %d, %s", places[i], st, err.message);
            assert_int_equal(access(in_folder(*state, places[i]), F_OK), 0);
            for (size_t k = 0; k < 3; k++)
                unlink(in_folder(*state, places[k]));
        }
    mien_error also;
    mien_checkpoint *none;
    put_text(*state, "k", "mienkept and nonsense");
    put_text(*state, "k.old", "a letter to somebody"); /* which is to be read in its place */
    assert_int_equal(try_open(path, "", 0, &none, &also), MIEN_ERR_ARG);
    assert_non_null(strstr(also.message, "k.old is no checkpoint of mien's"));
    unlink(in_folder(*state, "k.old"));
    unlink(path);
    put_text(*state, "k", ""); /* a loss of power leaves such ones */
    const mien_checkpoint_options anew = {.path = path, .anew = true};
    mien_checkpoint *c = NULL;
    mien_error err = {0};
    assert_int_equal(mien_checkpoint_open(&anew, &c, &err), MIEN_OK);
    mien_checkpoint_close(c);
    static const size_t lengths[] = {1, 8, 45, 4096, 4097, 9000}; /* or zeros, and nothing else */
    static char bytes[9000];
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        put_file(*state, "k", bytes, lengths[i]);
        put_file(*state, "k.old", bytes, lengths[i]);
        assert_int_equal(try_open(path, "", 0, &c, &err), MIEN_ERR_FORMAT);
        assert_non_null(strstr(err.message, "remove both to begin anew, or give --no-resume"));
        assert_int_equal(mien_checkpoint_open(&anew, &c, &err), MIEN_OK);
        mien_checkpoint_close(c);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(access(in_folder(*state, "k.old"), F_OK), -1);
    }
    bytes[8999] = 'm';
    put_file(*state, "k", bytes, sizeof bytes);
    assert_int_equal(mien_checkpoint_open(&anew, &c, &err), MIEN_ERR_ARG);
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);
    put_folder(*state, "k.old");
    assert_int_equal(mien_checkpoint_open(&anew, &c, &err), MIEN_ERR_ARG);
}

/* A run does not end for want of a checkpoint: it is told once, and small things stay in memory. */
static void test_what_cannot_be_written_is_told(void **state)
{
    mien_checkpoint *c = must_open(in_folder(*state, "nowhere/k"), 0);
    put(c, NULL, "x", "1", 1, 1);
    assert_non_null(strstr(told, "nowhere/k: No such file or directory"));
    assert_non_null(strstr(told, "the run goes on"));
    put(c, NULL, "y", "2", 1, 1);
    assert_null(strstr(strchr(told, '\n') + 1, "nowhere"));
    assert_holds(c, "x", "1", 1, 1);
    assert_holds(c, "y", "2", 1, 1);
    put_folder(*state, "nowhere");
    put(c, NULL, "z", "3", 1, 1);
    mien_checkpoint_close(c);
    c = must_open(in_folder(*state, "nowhere/k"), 0);
    assert_holds(c, "x", "1", 1, 1);
    assert_holds(c, "y", "2", 1, 1);
    assert_holds(c, "z", "3", 1, 1);
    mien_checkpoint_remove(c);
}

static void test_arguments(void **state)
{
    mien_checkpoint *c;
    mien_error err;
    char *lengthy = calloc(5000, 1);
    memset(lengthy, 'x', 4999);
    assert_int_equal(mien_checkpoint_open(NULL, &c, &err), MIEN_ERR_ARG);
    assert_int_equal(try_open(NULL, "", 0, &c, &err), MIEN_ERR_ARG);
    assert_int_equal(try_open(lengthy, "", 0, &c, &err), MIEN_ERR_ARG);
    assert_int_equal(try_open(in_folder(*state, "k"), "", -1, &c, &err), MIEN_ERR_ARG);
    assert_int_equal(try_open(in_folder(*state, "k"), "", NAN, &c, &err), MIEN_ERR_ARG);
    mien_checkpoint_close(NULL);
    mien_checkpoint_remove(NULL);
    free(lengthy);
}

/* ---------------------------------------------------------------- memory runs out */

/* Every allocation of a run that goes on fails once: it ends with MIEN_ERR_NOMEM, or goes on
 * without a checkpoint, and the same bytes; nothing is lost. */
static void run_out_of_memory(void **state, bool no_weights)
{
    enum { N = 12, P = 9, R = 2 };
    float *X = planted(N, P, R, 3);
    char path[512], begun[512];
    strcpy(path, in_folder(*state, "k"));
    strcpy(begun, in_folder(*state, "begun"));
    mien_error err = {0};
    mien_options options = test_options(R, 1, 8);
    options.restarts = 2;
    options.snapshots = true;
    options.tolerance = 0;
    options.no_weights = no_weights;
    if (no_weights)
        set_option(&options, "solver", "minibatch");
    mien_fit whole = must_fit("nmf", X, N, P, &options), fit;
    mien_checkpoint *c = must_open(path, 0);
    options.checkpoint = c;
    fit = must_fit("nmf", X, N, P, &options);
    mien_fit_free(&fit);
    mien_checkpoint_close(c);
    assert_int_equal(rename(path, begun), 0);
    bool ran_out = true;
    for (long k = 0; ran_out; k = failing_next(k)) {
        unlink(path);
        unlink(in_folder(*state, "k.old"));
        assert_int_equal(link(begun, path), 0);
        mien_set_allocator(failing_malloc, failing_free);
        failing_countdown = k;
        c = NULL;
        mien_status st = try_open(path, "who: me\n", 0, &c, &err);
        options.checkpoint = c;
        fit = (mien_fit){0};
        if (!st)
            st = try_fit(method_named("nmf"), X, N, P, &options, &fit, &err);
        if (st && st != MIEN_ERR_NOMEM)
            fail_msg("request %ld: %s", k, err.message);
        if (!st)
            assert_memory_equal(fit.H, whole.H, R * P * sizeof *fit.H);
        ran_out = failing_countdown < 0;
        mien_fit_free(&fit);
        mien_checkpoint_close(c);
        if (failing_alive)
            fail_msg("request %ld: %ld are lost", k, failing_alive);
        mien_set_allocator(NULL, NULL);
    }
    mien_fit_free(&whole);
    free(X);
}

static void test_memory_runs_out(void **state)
{
    run_out_of_memory(state, false);
}

static void test_memory_runs_out_without_weights(void **state)
{
    run_out_of_memory(state, true);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_sections_are_found_again),
        IN_FOLDER(test_large_sections),
        IN_FOLDER(test_another_identity_is_named),
        IN_FOLDER(test_every_damage_is_seen),
        IN_FOLDER(test_impossible_sizes),
        IN_FOLDER(test_the_one_before_serves),
        IN_FOLDER(test_links_are_not_followed),
        IN_FOLDER(test_files_of_others_stay),
        IN_FOLDER(test_what_cannot_be_written_is_told),
        IN_FOLDER(test_arguments),
        IN_FOLDER(test_memory_runs_out),
        IN_FOLDER(test_memory_runs_out_without_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
