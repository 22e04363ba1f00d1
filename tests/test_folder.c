/* test_folder.c - the order of files and what a folder may contain.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "base/disk/manifest.h"
#include "read/folder.h"

static void test_natural_order_of_names(void **state)
{
    (void)state;
    static const char *const sorted[] = {"",
                                         "1",
                                         "2.pgm",
                                         "10",
                                         "10.pgm",
                                         "010.pgm",
                                         "A1",
                                         "B",
                                         "a",
                                         "a1",
                                         "a1b",
                                         "a01c",
                                         "a2",
                                         "a10",
                                         "a10b",
                                         "a100",
                                         "b18446744073709551617",
                                         "b18446744073709551618",
                                         "\xc3\xa4"};
    size_t count = sizeof sorted / sizeof *sorted;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int order = mien_name_compare(sorted[i], sorted[j]);
            bool right = i < j ? order < 0 : i > j ? order > 0 : order == 0;
            if (!right && !(strstr(sorted[i], "10.pgm") && strstr(sorted[j], "10.pgm")))
                fail_msg("%s and %s: %d", sorted[i], sorted[j], order);
        }
    assert_true(mien_name_compare("01", "1") < 0);
    assert_true(mien_name_compare("1", "01") > 0);
    assert_true(mien_name_compare("01b", "1a") > 0);
    assert_true(mien_name_compare("a/z", "a.pgm") < 0); /* paths: folder by folder */
    assert_true(mien_name_compare("a/2", "a/10") < 0);
}

static void expect_paths(const char *folder, const char *const *paths, size_t count)
{
    mien_folder scan;
    mien_error err;
    assert_int_equal(mien_folder_scan(folder, NULL, &scan, &err), MIEN_OK);
    for (size_t i = 0; i < count && i < scan.count; i++)
        assert_string_equal(scan.entries[i].path, paths[i]);
    assert_int_equal(scan.count, count);
    mien_folder_free(&scan);
}

static void test_tree_in_order(void **state)
{
    static const char *const made[] = {"s10/1.pgm", "s1/10.pgm", "s2/1.pgm", "s1/2.pgm", "s1/1.pgm",
                                       "z",         "s1.pgm",    "S3/x",     "a10",      "a9"};
    static const char *const expected[] = {"S3/x",      "a9",        "a10",    "s1/1.pgm",
                                           "s1/2.pgm",  "s1/10.pgm", "s1.pgm", "s2/1.pgm",
                                           "s10/1.pgm", "z"};
    put_folder(*state, "s1");
    put_folder(*state, "s2");
    put_folder(*state, "s10");
    put_folder(*state, "S3");
    put_folder(*state, "empty");
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        put_text(*state, made[i], "x");
    expect_paths(*state, expected, sizeof expected / sizeof *expected);
}

static void test_hidden_and_special_files(void **state)
{
    put_text(*state, "seen", "x");
    put_text(*state, ".DS_Store", "x");
    put_folder(*state, ".git");
    put_text(*state, ".git/config", "x");
    assert_int_equal(mkfifo(in_folder(*state, "fifo"), 0600), 0);
    assert_int_equal(symlink("/dev/zero", in_folder(*state, "zero")), 0);
    mien_folder scan;
    assert_int_equal(mien_folder_scan(*state, NULL, &scan, NULL), MIEN_OK);
    assert_int_equal(scan.count, 1);
    assert_int_equal(scan.n_skipped, 3);
    mien_folder_free(&scan);
}

static void test_links(void **state)
{
    put_folder(*state, "a");
    put_folder(*state, "a/b");
    put_text(*state, "a/b/file", "x");
    assert_int_equal(symlink("../..", in_folder(*state, "a/b/up")), 0); /* loops */
    assert_int_equal(symlink(".", in_folder(*state, "a/self")), 0);
    assert_int_equal(symlink("a/b", in_folder(*state, "c")), 0); /* to a folder: entered */
    assert_int_equal(symlink("a/b/file", in_folder(*state, "d")), 0);
    assert_int_equal(symlink("nowhere", in_folder(*state, "e")), 0);
    static const char *const expected[] = {"a/b/file", "c/file", "d", "e"};
    expect_paths(*state, expected, 4);
    mien_folder scan;
    assert_int_equal(mien_folder_scan(*state, NULL, &scan, NULL), MIEN_OK);
    assert_null(scan.entries[2].problem);
    assert_string_equal(scan.entries[3].problem, "a link to nothing");
    mien_folder_free(&scan);
}

static void test_unreadable_folder_is_named(void **state)
{
    if (geteuid() == 0) {
        fprintf(stderr, "SKIPPED: root may read every folder\n");
        skip();
    }
    put_folder(*state, "closed");
    put_text(*state, "open", "x");
    assert_int_equal(chmod(in_folder(*state, "closed"), 0), 0);
    mien_folder scan;
    assert_int_equal(mien_folder_scan(*state, NULL, &scan, NULL), MIEN_OK);
    assert_int_equal(chmod(in_folder(*state, "closed"), 0700), 0);
    assert_int_equal(scan.count, 2);
    assert_string_equal(scan.entries[0].path, "closed");
    assert_non_null(strstr(scan.entries[0].problem, "denied"));
    mien_folder_free(&scan);
}

/* What a killed run left was read as images by the next. */
static void test_folders_of_runs_at_work_are_left_out(void **state)
{
    put_text(*state, "1.pgm", "x");
    put_folder(*state, "out.tmp-77");
    put_text(*state, "out.tmp-77/figure.png", "x");
    put_text(*state, "out.tmp-77/" MIEN_BUILDING_MARK, "x");
    put_folder(*state, "mine.tmp-77"); /* without the mark: a name like others */
    put_text(*state, "mine.tmp-77/2.pgm", "x");
    static const char *const expected[] = {"1.pgm", "mine.tmp-77/2.pgm"};
    expect_paths(*state, expected, 2);
}

static bool stop_second(void *user, const mien_progress *now)
{
    assert_string_equal(now->stage, "reading");
    return ++*(int *)user < 2;
}

/* A walk through a whole disk could not be ended. */
static void test_listing_ends_when_asked(void **state)
{
    char name[32];
    int calls = 0;
    mien_error err = {0};
    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof name, "%d.pgm", i);
        put_text(*state, name, "");
    }
    mien_load_options options = {.progress = stop_second, .user = &calls};
    mien_folder scan = {.fd = -1};
    assert_int_equal(mien_folder_scan(*state, &options, &scan, &err), MIEN_ERR_STOPPED);
    assert_non_null(strstr(err.message, "interrupted"));
    assert_int_equal(calls, 2);
    assert_null(scan.entries);
}

static void test_deep_tree_ends(void **state)
{
    char path[600] = "";
    strcpy(path, *state);
    for (int i = 0; i < 140; i++) {
        strcat(path, "/d");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    mien_folder scan;
    assert_int_equal(mien_folder_scan(*state, NULL, &scan, NULL), MIEN_OK);
    assert_int_equal(scan.count, 1);
    assert_non_null(strstr(scan.entries[0].problem, "too deeply"));
    mien_folder_free(&scan);
}

static void test_no_folder(void **state)
{
    mien_folder scan;
    mien_error err;
    put_text(*state, "file", "x");
    assert_int_equal(mien_folder_scan(in_folder(*state, "none"), NULL, &scan, &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "none: No such file"));
    assert_int_equal(mien_folder_scan(in_folder(*state, "file"), NULL, &scan, &err), MIEN_ERR_IO);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_natural_order_of_names),
        IN_FOLDER(test_tree_in_order),
        IN_FOLDER(test_hidden_and_special_files),
        IN_FOLDER(test_links),
        IN_FOLDER(test_unreadable_folder_is_named),
        IN_FOLDER(test_folders_of_runs_at_work_are_left_out),
        IN_FOLDER(test_listing_ends_when_asked),
        IN_FOLDER(test_deep_tree_ends),
        IN_FOLDER(test_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
