/* test_files.c - files whose every write is checked.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "base/disk/files.h"
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

/* What stands at either name is replaced as a name: a link of somebody else led elsewhere. */
static void test_replacing_follows_no_links(void **state)
{
    const char *folder = *state;
    mien_error err = {0};
    char path[512], *bytes = NULL;
    size_t nbytes;
    put_text(folder, "precious", "mine");
    snprintf(path, sizeof path, "%s/state", folder);
    assert_int_equal(symlink("precious", in_folder(folder, "state.new")), 0);
    assert_int_equal(symlink("precious", path), 0);
    assert_int_equal(mien_file_read_own(path, 100, &bytes, &nbytes, &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "a link"));
    assert_null(bytes);
    for (int sync = 0; sync < 2; sync++) {
        assert_int_equal(mien_file_replace(path, sync, "fresh", 5, &err), MIEN_OK);
        assert_file(folder, "precious", "mine");
        assert_file(folder, "state", "fresh");
        assert_int_equal(entries(folder), 2);
    }
    assert_int_equal(mien_file_read_own(path, 100, &bytes, &nbytes, &err), MIEN_OK);
    mien_free(bytes);
    put_folder(folder, "taken");
    put_text(folder, "taken/x", "x");
    assert_int_equal(mien_file_replace(in_folder(folder, "taken"), false, "x", 1, &err),
                     MIEN_ERR_IO);
    assert_int_equal(entries(folder), 3); /* nothing is left beside it */
    assert_int_equal(mien_file_replace(in_folder(folder, "no/state"), false, "x", 1, &err),
                     MIEN_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_write_is_checked, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_only_regular_files_are_read, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_replacing_follows_no_links, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
