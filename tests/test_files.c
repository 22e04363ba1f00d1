/* test_files.c - folders that are complete or absent, files whose every write is checked.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "base/files.h"
#include "base/memory.h"

#include <dirent.h>

/* Names in a folder, without . and .. */
static size_t entries(const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void assert_file(const char *folder, const char *name, const char *content)
{
    char *bytes;
    size_t nbytes;
    mien_error err = {0};
    if (mien_file_read(in_folder(folder, name), 1 << 20, &bytes, &nbytes, &err))
        fail_msg("%s", err.message);
    assert_int_equal(nbytes, strlen(content));
    assert_string_equal(bytes, content);
    mien_free(bytes);
}

static mien_outdir *begin(const char *path, bool force)
{
    mien_outdir *dir = NULL;
    mien_error err = {0};
    if (mien_outdir_begin(path, force, &dir, &err))
        fail_msg("%s", err.message);
    return dir;
}

static void write_result(mien_outdir *dir, const char *content)
{
    mien_error err = {0};
    if (mien_outdir_write(dir, "summary.json", content, strlen(content), &err) ||
        mien_outdir_folder(dir, "nmf", &err) || mien_outdir_folder(dir, "nmf", &err) ||
        mien_outdir_write(dir, "nmf/history.csv", "a,b\n", 4, &err))
        fail_msg("%s", err.message);
}

static void test_outdir_appears_when_whole(void **state)
{
    const char *folder = *state;
    char out[512];
    snprintf(out, sizeof out, "%s/out///", folder); /* slashes at the end do not matter */
    mien_outdir *dir = begin(out, false);
    write_result(dir, "{}");
    assert_int_not_equal(access(in_folder(folder, "out"), F_OK), 0);
    assert_int_equal(mien_outdir_commit(dir, NULL), MIEN_OK);
    assert_file(folder, "out/summary.json", "{}");
    assert_file(folder, "out/nmf/history.csv", "a,b\n");
    assert_int_equal(entries(folder), 1);
}

static void test_outdir_abandoned_leaves_nothing(void **state)
{
    const char *folder = *state;
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    write_result(dir, "{}");
    mien_outdir_abandon(dir);
    assert_int_equal(entries(folder), 0);
    mien_outdir_abandon(NULL);
}

static void test_existing_folder_is_refused(void **state)
{
    const char *folder = *state;
    mien_outdir *dir = NULL;
    mien_error err = {0};
    put_folder(folder, "out");
    assert_int_equal(mien_outdir_begin(in_folder(folder, "out"), false, &dir, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "--force"));
    assert_null(dir);
    assert_int_equal(entries(folder), 1);
}

static void test_force_replaces_results_only(void **state)
{
    const char *folder = *state;
    mien_outdir *dir = NULL;
    mien_error err = {0};
    put_folder(folder, "photos");
    put_text(folder, "photos/me.jpg", "x");
    assert_int_equal(mien_outdir_begin(in_folder(folder, "photos"), true, &dir, &err),
                     MIEN_ERR_ARG);
    put_text(folder, "file", "x");
    assert_int_equal(mien_outdir_begin(in_folder(folder, "file"), true, &dir, &err), MIEN_ERR_ARG);
    assert_int_equal(symlink("photos", in_folder(folder, "link")), 0);
    assert_int_equal(mien_outdir_begin(in_folder(folder, "link"), true, &dir, &err), MIEN_ERR_ARG);
    assert_null(dir);
    assert_file(folder, "photos/me.jpg", "x");

    put_folder(folder, "empty"); /* nothing is lost */
    dir = begin(in_folder(folder, "empty"), true);
    write_result(dir, "first");
    assert_int_equal(mien_outdir_commit(dir, NULL), MIEN_OK);

    dir = begin(in_folder(folder, "empty"), true);
    write_result(dir, "second");
    assert_file(folder, "empty/summary.json", "first"); /* until the new one is whole */
    assert_int_equal(mien_outdir_commit(dir, NULL), MIEN_OK);
    assert_file(folder, "empty/summary.json", "second");

    dir = begin(in_folder(folder, "empty"), true);
    write_result(dir, "third");
    mien_outdir_abandon(dir);
    assert_file(folder, "empty/summary.json", "second");
    assert_int_equal(entries(folder), 4); /* photos, file, link, empty */
}

static void test_folder_that_appears_meanwhile_is_kept(void **state)
{
    const char *folder = *state;
    mien_error err = {0};
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    write_result(dir, "mine");
    put_folder(folder, "out");
    put_text(folder, "out/other", "theirs");
    assert_int_equal(mien_outdir_commit(dir, &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "out"));
    assert_file(folder, "out/other", "theirs");
    assert_int_equal(entries(folder), 1);
}

/* A link inside what is removed is removed, not followed. */
static void test_links_are_not_followed_when_removing(void **state)
{
    const char *folder = *state;
    char path[512];
    put_folder(folder, "precious");
    put_text(folder, "precious/file", "x");
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    write_result(dir, "{}");
    assert_int_equal(mien_outdir_path(dir, "link", path, sizeof path, NULL), MIEN_OK);
    assert_int_equal(symlink(in_folder(folder, "precious"), path), 0);
    mien_outdir_abandon(dir);
    assert_file(folder, "precious/file", "x");
    assert_int_equal(entries(folder), 1);
}

static void test_outdir_names_that_cannot_be(void **state)
{
    const char *folder = *state;
    mien_outdir *dir = NULL;
    mien_error err = {0};
    assert_int_equal(mien_outdir_begin("", false, &dir, &err), MIEN_ERR_ARG);
    char longest[MIEN_PATH_MAX + 10];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(mien_outdir_begin(longest, false, &dir, &err), MIEN_ERR_ARG);
    char path[512];
    snprintf(path, sizeof path, "%s/no/such/place", folder);
    assert_int_equal(mien_outdir_begin(path, false, &dir, &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "does not exist"));
    assert_null(dir);
    dir = begin(in_folder(folder, "out"), false);
    char small[8];
    assert_int_equal(mien_outdir_path(dir, "name", small, sizeof small, &err), MIEN_ERR_ARG);
    mien_outdir_abandon(dir);
}

static void test_every_write_is_checked(void **state)
{
    const char *folder = *state;
    mien_error err = {0};
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(mien_file_write("/dev/full", "x", 1, &err), MIEN_ERR_IO);
        assert_non_null(strstr(err.message, "/dev/full"));
        assert_int_equal(err.status, MIEN_ERR_IO);
    } else {
        fprintf(stderr, "test_files: there is no /dev/full; a full disk is not tested\n");
    }
    assert_int_equal(mien_file_write(folder, "x", 1, &err), MIEN_ERR_IO);
    assert_int_equal(mien_file_write(in_folder(folder, "no/file"), "x", 1, &err), MIEN_ERR_IO);
    assert_int_equal(mien_file_write(in_folder(folder, "empty"), NULL, 0, &err), MIEN_OK);
    assert_file(folder, "empty", "");
    assert_int_equal(mien_file_write(in_folder(folder, "f"), "longer text", 11, &err), MIEN_OK);
    assert_int_equal(mien_file_write(in_folder(folder, "f"), "short", 5, &err), MIEN_OK);
    assert_file(folder, "f", "short");
}

static void test_only_regular_files_are_read(void **state)
{
    const char *folder = *state;
    char *bytes = NULL;
    size_t nbytes = 7;
    mien_error err = {0};
    assert_int_equal(mkfifo(in_folder(folder, "fifo"), 0600), 0);
    alarm(20); /* a reader that waits for a writer would wait for ever */
    assert_int_equal(mien_file_read(in_folder(folder, "fifo"), 100, &bytes, &nbytes, &err),
                     MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "not a regular file"));
    alarm(0);
    assert_int_equal(mien_file_read(folder, 100, &bytes, &nbytes, &err), MIEN_ERR_IO);
    assert_int_equal(mien_file_read("/dev/zero", 100, &bytes, &nbytes, &err), MIEN_ERR_IO);
    assert_int_equal(mien_file_read(in_folder(folder, "none"), 100, &bytes, &nbytes, &err),
                     MIEN_ERR_IO);
    const char *path = put_text(folder, "five", "12345");
    assert_int_equal(mien_file_read(path, 4, &bytes, &nbytes, &err), MIEN_ERR_FORMAT);
    assert_null(bytes);
    assert_int_equal(nbytes, 7);
    assert_int_equal(mien_file_read(path, 5, &bytes, &nbytes, &err), MIEN_OK);
    assert_int_equal(nbytes, 5);
    mien_free(bytes);
    mien_set_allocator(failing_malloc, failing_free);
    failing_countdown = 0;
    assert_int_equal(mien_file_read(path, 5, &bytes, &nbytes, &err), MIEN_ERR_NOMEM);
    mien_set_allocator(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_outdir_appears_when_whole, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_outdir_abandoned_leaves_nothing, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_existing_folder_is_refused, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_force_replaces_results_only, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_folder_that_appears_meanwhile_is_kept, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_links_are_not_followed_when_removing, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_outdir_names_that_cannot_be, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_every_write_is_checked, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_only_regular_files_are_read, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
