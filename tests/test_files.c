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

/* As report/ writes it. */
#define OWN(rest) "{\n  \"version\": \"0.1.0\",\n  \"command\": \"mien " rest "\"\n}\n"
static const char FIRST[] = OWN("compare a -o b"), SECOND[] = OWN("rank a -o b");

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
    write_result(dir, FIRST);
    assert_int_equal(mien_outdir_commit(dir, NULL), MIEN_OK);

    dir = begin(in_folder(folder, "empty"), true);
    write_result(dir, SECOND);
    assert_file(folder, "empty/summary.json", FIRST); /* until the new one is whole */
    assert_int_equal(mien_outdir_commit(dir, NULL), MIEN_OK);
    assert_file(folder, "empty/summary.json", SECOND);

    dir = begin(in_folder(folder, "empty"), true);
    write_result(dir, "third");
    mien_outdir_abandon(dir);
    assert_file(folder, "empty/summary.json", SECOND);
    assert_int_equal(entries(folder), 4); /* photos, file, link, empty */
}

/* What was built is kept, and the message says where: hours of work may be in it. */
static void assert_kept(const mien_error *err, const char *content)
{
    const char *at = strstr(err->message, "the result is in ");
    assert_non_null(at);
    at += strlen("the result is in ");
    assert_file(at, "summary.json", content);
    assert_non_null(strstr(at, "out.tmp-"));
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
    assert_non_null(strstr(err.message, "appeared while mien was working"));
    assert_file(folder, "out/other", "theirs");
    assert_kept(&err, "mine");
    assert_int_equal(entries(folder), 2);
}

/* --force took "any folder with a summary.json" for mien's own: another program's would have been
 * deleted with all that lay beside it. */
static void test_force_spares_other_programs_results(void **state)
{
    const char *folder = *state;
    static const char *const foreign[] = {
        "",
        "{}",
        "not JSON, but \"version\": \"1\", \"command\": \"mien compare\"",
        "{\"photos\": 12, \"album\": \"summer\"}",
        "{\"version\": \"2.0\", \"command\": \"album export\"}",
        "{\"version\": \"2.0\", \"command\": \"miens x\"}",
        "{\"version\": \"2.0\", \"command\": [\"mien \"]}",
        "{\"version\": 2, \"command\": \"mien compare\"}",
        "{\"command\": \"mien compare\"}",
        "{\"version\": \"0.1.0\"}",
    };
    put_folder(folder, "photos");
    put_text(folder, "photos/me.jpg", "x");
    static const char *const names[] = {"photos/summary.json", "photos/render.json"};
    for (size_t n = 0; n < 2; n++)
        for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
            mien_outdir *dir = NULL;
            mien_error err = {0};
            put_text(folder, names[n], foreign[i]);
            if (!mien_outdir_begin(in_folder(folder, "photos"), true, &dir, &err))
                fail_msg("taken for mien's own: %s", foreign[i]);
            assert_int_equal(err.status, MIEN_ERR_ARG);
            assert_file(folder, "photos/me.jpg", "x");
        }
    put_text(folder, "photos/summary.json", FIRST);
    mien_outdir *dir = begin(in_folder(folder, "photos"), true);
    mien_outdir_abandon(dir);
}

/* Somebody else's folder takes the place of the earlier result while mien works. */
static void test_force_looks_again_before_it_replaces(void **state)
{
    const char *folder = *state;
    mien_error err = {0};
    put_folder(folder, "out");
    put_text(folder, "out/summary.json", FIRST);
    mien_outdir *dir = begin(in_folder(folder, "out"), true);
    write_result(dir, SECOND);
    put_text(folder, "out/summary.json", "{}");
    put_text(folder, "out/photo", "x");
    assert_int_equal(mien_outdir_commit(dir, &err), MIEN_ERR_ARG);
    assert_file(folder, "out/photo", "x");
    assert_kept(&err, SECOND);

    put_text(folder, "out/summary.json", FIRST); /* and gone: nothing is in the way */
    dir = begin(in_folder(folder, "out"), true);
    write_result(dir, SECOND);
    assert_int_equal(rename(in_folder(folder, "out"), in_folder(folder, "moved")), 0);
    assert_int_equal(mien_outdir_commit(dir, &err), MIEN_OK);
    assert_file(folder, "out/summary.json", SECOND);
    assert_file(folder, "moved/photo", "x");
}

/* File systems that cannot exchange two names: in steps, and back when a step fails. */
static void test_folders_are_replaced_in_steps(void **state)
{
    const char *folder = *state;
    mien_error err = {0};
    char built[512], final[512];
    snprintf(built, sizeof built, "%s/built", folder);
    snprintf(final, sizeof final, "%s/final", folder);
    put_folder(folder, "final");
    put_text(folder, "final/old", "old");
    assert_int_equal(mien_folder_replace(built, final, &err), MIEN_ERR_IO); /* none is built */
    assert_file(folder, "final/old", "old");
    assert_int_equal(entries(folder), 1);
    put_folder(folder, "built");
    put_text(folder, "built/new", "new");
    assert_int_equal(mien_folder_replace(built, final, &err), MIEN_OK);
    assert_file(folder, "final/new", "new");
    assert_int_equal(entries(folder), 1);
    assert_int_equal(entries(final), 1);
    put_folder(folder, "built");
    snprintf(final, sizeof final, "%s/none", folder); /* none to be replaced */
    assert_int_equal(mien_folder_replace(built, final, &err), MIEN_ERR_IO);
    assert_int_equal(entries(folder), 2);
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
        cmocka_unit_test_setup_teardown(test_force_spares_other_programs_results, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_force_looks_again_before_it_replaces, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_folders_are_replaced_in_steps, make_folder,
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
