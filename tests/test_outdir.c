/* test_outdir.c - folders that are complete or absent, and what may make way for them.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "base/disk/files.h"
#include "base/disk/manifest.h"
#include "base/disk/outdir.h"
#include "base/disk/tree.h"
#include "base/memory.h"

#include <dirent.h>
#include <sys/file.h>
#include <sys/wait.h>

/* As report/ writes it. */
#define OWN(words) "{\n  \"version\": \"0.1.0\",\n  \"command\": \"mien " words "\"\n}\n"
static const char FIRST[] = OWN("compare a -o b"), SECOND[] = OWN("rank a -o b");

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

static void assert_says(const char *folder, const char *name, const char *words)
{
    char *bytes;
    size_t nbytes;
    mien_error err = {0};
    if (mien_file_read(in_folder(folder, name), 1 << 20, &bytes, &nbytes, &err))
        fail_msg("%s", err.message);
    if (!strstr(bytes, words))
        fail_msg("%s/%s does not say '%s' but '%s'", folder, name, words, bytes);
    mien_free(bytes);
}

static bool is_there(const char *folder, const char *name)
{
    struct stat info;
    return lstat(in_folder(folder, name), &info) == 0;
}

static mien_outdir *begin(const char *path, bool force)
{
    mien_outdir *dir = NULL;
    mien_error err = {0};
    if (mien_outdir_begin(path, force, &dir, &err))
        fail_msg("%s", err.message);
    return dir;
}

static void refuse(const char *path, bool force, mien_status status, const char *words)
{
    mien_outdir *dir = NULL;
    mien_error err = {0};
    mien_status st = mien_outdir_begin(path, force, &dir, &err);
    if (st != status || !strstr(err.message, words))
        fail_msg("%s: status %d and '%s', expected %d and '%s'", path, st, err.message, status,
                 words);
    assert_null(dir);
}

static void write_result(mien_outdir *dir, const char *summary)
{
    mien_error err = {0};
    if (mien_outdir_write(dir, "summary.json", summary, strlen(summary), &err) ||
        mien_outdir_folder(dir, "nmf", &err) || mien_outdir_folder(dir, "nmf", &err) ||
        mien_outdir_write(dir, "nmf/history.csv", "a,b\n", 4, &err))
        fail_msg("%s", err.message);
}

static void commit(mien_outdir *dir)
{
    mien_error err = {0};
    if (mien_outdir_commit(dir, &err))
        fail_msg("%s", err.message);
    assert_string_equal(err.message, "");
}

static void make_result(const char *path, const char *summary, bool force)
{
    mien_outdir *dir = begin(path, force);
    write_result(dir, summary);
    commit(dir);
}

/* ---------------------------------------------------------------- complete or absent */

static void test_outdir_appears_when_whole(void **state)
{
    const char *folder = *state;
    char out[512];
    snprintf(out, sizeof out, "%s/out///", folder); /* slashes at the end do not matter */
    mien_outdir *dir = begin(out, false);
    write_result(dir, FIRST);
    assert_false(is_there(folder, "out"));
    commit(dir);
    assert_says(folder, "out/summary.json", "\"mien compare a -o b\"");
    assert_says(folder, "out/summary.json",
                "\"files\": [\n    \"nmf/history.csv\",\n    \"summary.json\"\n  ]");
    assert_says(folder, "out/nmf/history.csv", "a,b\n");
    assert_int_equal(entries(folder), 1);
    assert_int_equal(entries(out), 2);
}

static void test_outdir_abandoned_leaves_nothing(void **state)
{
    const char *folder = *state;
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    write_result(dir, FIRST);
    mien_outdir_abandon(dir);
    assert_int_equal(entries(folder), 0);
    mien_outdir_abandon(NULL);
}

static void test_outdir_begins_anew(void **state)
{
    const char *folder = *state;
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    write_result(dir, FIRST);
    assert_int_equal(mien_outdir_write(dir, "more", "x", 1, NULL), MIEN_OK);
    assert_int_equal(mien_outdir_restart(dir, NULL), MIEN_OK);
    write_result(dir, SECOND);
    commit(dir);
    assert_int_equal(entries(in_folder(folder, "out")), 2);
    assert_says(folder, "out/summary.json", "rank");
}

/* An interrupted run, or one whose result could not be written, goes beside. */
static void test_outdir_beside_an_earlier_result(void **state)
{
    const char *folder = *state;
    char where[600];
    mien_error err = {0};
    make_result(in_folder(folder, "out"), FIRST, false);
    for (int k = 1; k <= 3; k++) {
        mien_outdir *dir = begin(in_folder(folder, "out"), true);
        assert_true(mien_outdir_replaces(dir));
        write_result(dir, SECOND);
        assert_int_equal(mien_outdir_commit_aside(dir, "interrupted", where, sizeof where, &err),
                         MIEN_OK);
        assert_says(where, "summary.json", "rank");
        assert_says(where, "summary.json", "\"files\"");
        assert_int_equal(entries(where), 2);
    }
    assert_true(is_there(folder, "out.interrupted"));
    assert_true(is_there(folder, "out.interrupted-2"));
    assert_true(is_there(folder, "out.interrupted-3"));
    assert_says(folder, "out/summary.json", "compare");
    assert_int_equal(entries(folder), 4);
}

/* ---------------------------------------------------------------- what may make way */

static void test_existing_folder_is_refused(void **state)
{
    const char *folder = *state;
    make_result(in_folder(folder, "out"), FIRST, false);
    refuse(in_folder(folder, "out"), false, MIEN_ERR_ARG, "use --force");
    make_result(in_folder(folder, "out"), SECOND, true);
    assert_says(folder, "out/summary.json", "rank");
    assert_int_equal(entries(folder), 1);
}

static void test_empty_folder_is_used(void **state)
{
    const char *folder = *state;
    put_folder(folder, "out");
    make_result(in_folder(folder, "out"), FIRST, false);
    assert_says(folder, "out/summary.json", "compare");
    assert_int_equal(entries(folder), 1);
}

/* "." keeps its place, as somebody stands there: files move into it. */
static void test_empty_folder_called_dot_is_used(void **state)
{
    const char *folder = *state;
    char before[512];
    struct stat a, b;
    put_folder(folder, "out");
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(in_folder(folder, "out")), 0);
    assert_int_equal(stat(".", &a), 0);
    make_result(".", FIRST, false);
    refuse(".", false, MIEN_ERR_ARG, "use --force");
    refuse(".", true, MIEN_ERR_ARG, "cannot be replaced in one step where it stands");
    assert_int_equal(chdir(before), 0);
    assert_int_equal(stat(in_folder(folder, "out"), &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    assert_int_equal(entries(in_folder(folder, "out")), 2);
    assert_says(folder, "out/nmf/history.csv", "a,b");
    assert_says(folder, "out/summary.json", "\"files\"");
    make_result(in_folder(folder, "out"), SECOND, true); /* by its name it can be replaced */
    assert_says(folder, "out/summary.json", "rank");
}

/* --force took a folder with a summary.json for mien's own, whatever else lay in it: photographs,
 * notes, other results went with status 0. */
static void test_force_spares_what_is_not_on_the_list(void **state)
{
    static const struct {
        const char *folder, *file, *words;
    } foreign[] = {
        {NULL, "notes.txt", "holds notes.txt, which is not of the result there"},
        {NULL, ".hidden", "holds .hidden"},
        {NULL, "nmf/basis.png", "holds nmf/basis.png"}, /* a name of mien's, but of no file of it */
        {"photos", "photos/me.jpg", "holds photos/me.jpg"},
        {"run2", "run2/summary.json", "holds run2/summary.json"},
        {"mine", NULL, "holds mine"},
        {"nmf/deep", "nmf/deep/x", "holds nmf/deep/x"},
        {".tmp-1", ".tmp-1/x", "holds .tmp-1/x"}, /* without a mark */
    };
    const char *folder = *state;
    make_result(in_folder(folder, "out"), FIRST, false);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        char path[300];
        if (foreign[i].folder) {
            snprintf(path, sizeof path, "out/%s", foreign[i].folder);
            put_folder(folder, path);
        }
        if (foreign[i].file) {
            snprintf(path, sizeof path, "out/%s", foreign[i].file);
            put_text(folder, path, "x");
        }
        refuse(in_folder(folder, "out"), true, MIEN_ERR_ARG, foreign[i].words);
        refuse(in_folder(folder, "out"), false, MIEN_ERR_ARG, foreign[i].words);
        if (foreign[i].file)
            assert_int_equal(unlink(in_folder(folder, path)), 0);
        if (foreign[i].folder) {
            snprintf(path, sizeof path, "out/%s", foreign[i].folder);
            assert_int_equal(rmdir(in_folder(folder, path)), 0);
        }
    }
    /* of the list's names, but not files */
    assert_int_equal(unlink(in_folder(folder, "out/nmf/history.csv")), 0);
    assert_int_equal(symlink("/etc/passwd", in_folder(folder, "out/nmf/history.csv")), 0);
    refuse(in_folder(folder, "out"), true, MIEN_ERR_ARG,
           "holds nmf/history.csv, which is no regular file");
    assert_int_equal(unlink(in_folder(folder, "out/nmf/history.csv")), 0);
    make_result(in_folder(folder, "out"), SECOND, true); /* what is gone is not missed */
    assert_says(folder, "out/summary.json", "rank");
}

/* Without its list nothing is known to be of the result: all of it is spared. */
static void test_force_spares_what_no_list_names(void **state)
{
    const char *folder = *state;
    put_folder(folder, "out");
    put_folder(folder, "out/pca");
    put_text(folder, "out/summary.json", FIRST);
    refuse(in_folder(folder, "out"), true, MIEN_ERR_ARG, "which is not of the result there");
    put_text(folder, "out/pca/basis.npy", "x");
    refuse(in_folder(folder, "out"), true, MIEN_ERR_ARG, "which is not of the result there");
    assert_says(folder, "out/summary.json", "compare");
    assert_says(folder, "out/pca/basis.npy", "x");
}

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
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        put_text(folder, "photos/summary.json", foreign[i]);
        refuse(in_folder(folder, "photos"), true, MIEN_ERR_ARG, "holds no result of mien");
    }
    put_text(folder, "file", "x");
    refuse(in_folder(folder, "file"), true, MIEN_ERR_ARG, "is not a folder");
    refuse(in_folder(folder, "file"), false, MIEN_ERR_ARG, "is not a folder");
    put_text(folder, "photos/summary.json", FIRST);
    assert_int_equal(symlink("photos", in_folder(folder, "link")), 0);
    refuse(in_folder(folder, "link"), true, MIEN_ERR_ARG, "is not a folder");
}

/* What cannot be read is told as that, and not as somebody else's. */
static void test_mark_that_cannot_be_read(void **state)
{
    const char *folder = *state;
    put_folder(folder, "out");
    assert_int_equal(mkfifo(in_folder(folder, "out/summary.json"), 0600), 0);
    alarm(20);
    refuse(in_folder(folder, "out"), true, MIEN_ERR_IO, "summary.json: not a regular file");
    alarm(0);
}

/* Somebody else's folder takes the place of the earlier result while mien works. */
static void test_force_looks_again_before_it_replaces(void **state)
{
    const char *folder = *state;
    mien_error err = {0};
    make_result(in_folder(folder, "out"), FIRST, false);
    mien_outdir *dir = begin(in_folder(folder, "out"), true);
    write_result(dir, SECOND);
    put_text(folder, "out/photo", "x");
    assert_int_equal(mien_outdir_commit(dir, &err), MIEN_ERR_ARG);
    assert_says(folder, "out/photo", "x");
    const char *at = strstr(err.message, "the result is in "); /* hours of work may be in it */
    assert_non_null(at);
    assert_says(at + strlen("the result is in "), "summary.json", "rank");
    assert_false(is_there(at + strlen("the result is in "), MIEN_BUILDING_MARK));

    assert_int_equal(unlink(in_folder(folder, "out/photo")), 0); /* and gone: nothing in the way */
    dir = begin(in_folder(folder, "out"), true);
    write_result(dir, SECOND);
    assert_int_equal(rename(in_folder(folder, "out"), in_folder(folder, "moved")), 0);
    commit(dir);
    assert_says(folder, "out/summary.json", "rank");
    assert_says(folder, "moved/summary.json", "compare");
    assert_int_equal(entries(folder), 3); /* what was kept stays kept */
}

static void test_folder_that_appears_meanwhile_is_kept(void **state)
{
    const char *folder = *state;
    mien_error err = {0};
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    write_result(dir, FIRST);
    put_folder(folder, "out");
    put_text(folder, "out/other", "theirs");
    assert_int_equal(mien_outdir_commit(dir, &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "appeared while mien was working"));
    assert_non_null(strstr(err.message, "the result is in "));
    assert_says(folder, "out/other", "theirs");
    assert_int_equal(entries(folder), 2);
}

/* File systems that cannot exchange two names: in steps, and back when a step fails. */
static void test_folders_are_replaced_in_steps(void **state)
{
    const char *folder = *state;
    mien_error err = {0};
    char built[512], final[512], aside[512];
    snprintf(built, sizeof built, "%s/built", folder);
    snprintf(final, sizeof final, "%s/final", folder);
    snprintf(aside, sizeof aside, "%s/aside", folder);
    put_folder(folder, "final");
    put_text(folder, "final/old", "old");
    assert_int_equal(mien_folder_replace(built, final, aside, &err), MIEN_ERR_IO); /* none built */
    assert_says(folder, "final/old", "old");
    assert_int_equal(entries(folder), 1);
    put_folder(folder, "built");
    put_text(folder, "built/new", "new");
    assert_int_equal(mien_folder_replace(built, final, aside, &err), MIEN_OK);
    assert_says(folder, "final/new", "new");
    assert_says(folder, "aside/old", "old");
    put_folder(folder, "built");
    snprintf(final, sizeof final, "%s/none", folder); /* none to be replaced */
    assert_int_equal(mien_folder_replace(built, final, aside, &err), MIEN_ERR_IO);
    assert_int_equal(entries(folder), 3);
}

/* ---------------------------------------------------------------- what is to be read */

static void test_input_inside_is_refused(void **state)
{
    const char *folder = *state;
    char out[512], input[512];
    mien_error err = {0};
    static const struct {
        const char *input;
        bool inside;
    } cases[] = {{"out", true},
                 {"out/", true},
                 {"out/nmf", true},
                 {"out/../out/nmf/", true},
                 {"out/photo.png", true},
                 {"in-link", true},
                 {"folder-link", true},
                 {"out-link/nmf", true},
                 {"beside", false},
                 {"outside", false},
                 {".", false},
                 {"beside/none", false},
                 {"hard.png", false} /* has another name that stays */};
    put_folder(folder, "out");
    put_folder(folder, "out/nmf");
    put_folder(folder, "beside");
    put_folder(folder, "outside");
    put_text(folder, "out/photo.png", "x");
    assert_int_equal(symlink("out/photo.png", in_folder(folder, "in-link")), 0);
    assert_int_equal(symlink("out/nmf", in_folder(folder, "folder-link")), 0);
    assert_int_equal(symlink("out", in_folder(folder, "out-link")), 0);
    assert_int_equal(link(in_folder(folder, "out/photo.png"), in_folder(folder, "hard.png")), 0);
    for (int through = 0; through < 2; through++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            snprintf(out, sizeof out, "%s/%s", folder, through ? "out-link" : "out");
            snprintf(input, sizeof input, "%s/%s", folder, cases[i].input);
            mien_status st = mien_outdir_spare(out, "INPUT", input, &err);
            if (st != (cases[i].inside ? MIEN_ERR_ARG : MIEN_OK))
                fail_msg("%s: status %d", cases[i].input, st);
        }
    assert_non_null(strstr(err.message, "INPUT "));
    assert_int_equal(mien_outdir_spare(out, "INPUT", NULL, &err), MIEN_OK);
    snprintf(out, sizeof out, "%s/new", folder);
    assert_int_equal(mien_outdir_spare(out, "INPUT", input, &err), MIEN_OK);
}

/* A folder of links, or a list, may name images that lie in what is replaced. */
static void test_images_inside_are_refused(void **state)
{
    const char *folder = *state;
    char out[512], input[512];
    mien_error err = {0};
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(input, sizeof input, "%s/in", folder);
    make_result(out, FIRST, false);
    put_folder(folder, "in");
    put_text(folder, "in/1.pgm", "x");
    assert_int_equal(symlink("../out/nmf", in_folder(folder, "in/2")), 0);
    mien_image_info images[] = {{.path = (char *)"1.pgm"}, {.path = (char *)"2/history.csv"}};
    mien_dataset dataset = {.images = images, .pixels = {.n = 2}};
    mien_outdir *dir = begin(out, true);
    assert_int_equal(mien_outdir_spare_images(dir, input, &dataset, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "2/history.csv is an image of INPUT"));
    put_text(folder, "list.txt", "x"); /* a list names them beside itself */
    images[1].path = (char *)"out/nmf/history.csv";
    assert_int_equal(mien_outdir_spare_images(dir, in_folder(folder, "list.txt"), &dataset, &err),
                     MIEN_ERR_ARG);
    dataset.pixels.n = 1;
    assert_int_equal(mien_outdir_spare_images(dir, input, &dataset, &err), MIEN_OK);
    mien_outdir_abandon(dir);
}

/* ---------------------------------------------------------------- others at work */

static void test_two_runs_into_one_folder(void **state)
{
    const char *folder = *state;
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    refuse(in_folder(folder, "out"), false, MIEN_ERR_ARG, "another run of mien (process ");
    refuse(in_folder(folder, "out/"), true, MIEN_ERR_ARG, "is writing there");
    mien_outdir *other = begin(in_folder(folder, "out2"), false); /* another place */
    mien_outdir_abandon(other);
    write_result(dir, FIRST);
    commit(dir);
    make_result(in_folder(folder, "out"), SECOND, true);
}

/* Runs that were killed, at each of the moments that matter: their folders go with the next run
 * into the same place; others, and results that were kept, stay. */
static void test_litter_of_killed_runs(void **state)
{
    const char *folder = *state;
    char out[512];
    int status;
    snprintf(out, sizeof out, "%s/out", folder);
    make_result(out, FIRST, false);
    for (int k = 0; k < 3; k++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            mien_outdir *dir = NULL;
            mien_status st = k == 2 ? mien_outdir_begin_inside(out, &dir, NULL)
                                    : mien_outdir_begin(out, true, &dir, NULL);
            if (!st && k)
                st = mien_outdir_write(dir, "figure.png", "x", 1, NULL);
            _exit(st ? 1 : 0); /* as if it was killed: nothing is put away */
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    put_folder(folder, "out.tmp-7"); /* without a mark: not ours to remove */
    put_folder(folder, "other.tmp-7");
    put_text(folder, "other.tmp-7/" MIEN_BUILDING_MARK, "process 1 of mien builds a result here\n");
    assert_int_equal(entries(out), 3);
    make_result(out, SECOND, true);
    assert_int_equal(entries(folder), 3);
    assert_int_equal(entries(out), 2);
}

static void test_mark_without_a_lock_stays(void **state)
{
    const char *folder = *state;
    put_folder(folder, "out.tmp-9");
    put_text(folder, "out.tmp-9/" MIEN_BUILDING_MARK,
             "process 1 of mien builds a result here, without a lock\n");
    make_result(in_folder(folder, "out"), FIRST, false);
    assert_int_equal(entries(folder), 2);
}

/* The program may end at once, from a handler of signals. */
static void test_what_is_built_may_be_dropped(void **state)
{
    const char *folder = *state;
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    write_result(dir, FIRST);
    mien_outdir_drop(mien_outdir_building(dir));
    assert_int_equal(entries(folder), 0);
    mien_outdir_drop(mien_outdir_building(dir)); /* nothing there */
    mien_outdir_abandon(dir);
}

/* ---------------------------------------------------------------- in place */

static void test_files_are_replaced_one_by_one(void **state)
{
    const char *folder = *state;
    char out[512];
    mien_outdir *dir;
    mien_error err = {0};
    snprintf(out, sizeof out, "%s/out", folder);
    make_result(out, FIRST, false);
    put_text(folder, "out/mine.txt", "mine");
    assert_int_equal(mien_outdir_begin_inside(out, &dir, &err), MIEN_OK);
    assert_int_equal(mien_outdir_folder(dir, "nmf", &err), MIEN_OK);
    assert_int_equal(mien_outdir_write(dir, "nmf/basis.png", "new", 3, &err), MIEN_OK);
    commit(dir);
    assert_says(folder, "out/nmf/basis.png", "new");
    assert_says(folder, "out/nmf/history.csv", "a,b");
    assert_says(folder, "out/mine.txt", "mine");
    assert_says(folder, "out/summary.json", "\"mien compare a -o b\"");
    assert_says(folder, "out/summary.json",
                "\"files\": [\n    \"nmf/basis.png\",\n    \"nmf/history.csv\",\n    "
                "\"summary.json\"\n  ]");
    assert_int_equal(entries(out), 3);
    refuse(out, true, MIEN_ERR_ARG, "holds mine.txt"); /* it has not become mien's */

    put_folder(folder, "elsewhere"); /* a link in the place of a folder is not followed */
    assert_int_equal(nftw(in_folder(folder, "out/nmf"), remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    assert_int_equal(symlink("../elsewhere", in_folder(folder, "out/nmf")), 0);
    assert_int_equal(mien_outdir_begin_inside(out, &dir, &err), MIEN_OK);
    assert_int_equal(mien_outdir_folder(dir, "nmf", &err), MIEN_OK);
    assert_int_equal(mien_outdir_write(dir, "nmf/basis.png", "new", 3, &err), MIEN_OK);
    assert_int_equal(mien_outdir_commit(dir, &err), MIEN_ERR_IO);
    assert_int_equal(entries(in_folder(folder, "elsewhere")), 0);
}

/* ---------------------------------------------------------------- odd names, trees */

/* A link inside what is removed is removed, not followed. */
static void test_links_are_not_followed_when_removing(void **state)
{
    const char *folder = *state;
    char path[512];
    put_folder(folder, "precious");
    put_text(folder, "precious/file", "x");
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    write_result(dir, FIRST);
    assert_int_equal(mien_outdir_path(dir, "link", path, sizeof path, NULL), MIEN_OK);
    assert_int_equal(symlink(in_folder(folder, "precious"), path), 0);
    mien_outdir_abandon(dir);
    assert_says(folder, "precious/file", "x");
    assert_int_equal(entries(folder), 1);
}

/* Many names, so that they come in pieces while others go. */
static void test_large_folders_are_removed(void **state)
{
    const char *folder = *state;
    char name[64];
    put_folder(folder, "tree");
    for (int k = 0; k < 700; k++) {
        snprintf(name, sizeof name, "tree/%d-%0*d", k, 20, k);
        if (k % 50)
            put_text(folder, name, "");
        else
            put_folder(folder, name);
    }
    assert_true(mien_tree_remove(AT_FDCWD, in_folder(folder, "tree")));
    assert_int_equal(entries(folder), 0);
    assert_true(mien_tree_remove(AT_FDCWD, in_folder(folder, "tree")));
}

static mien_tree_step find_mount(void *user, const mien_tree_entry *entry)
{
    if (entry->mounted)
        *(int *)user += 1;
    return MIEN_TREE_PASS;
}

/* Other file systems are seen: by the device, or by the kernel's word. */
static void test_mounts_are_told(void **state)
{
    (void)state;
    int mounts = 0;
    struct stat root, proc;
    if (stat("/", &root) != 0 || stat("/proc/self", &proc) != 0 || root.st_dev == proc.st_dev) {
        fprintf(stderr, "test_outdir: /proc is no other file system here; mounts are not tested\n");
        skip();
    }
    assert_int_equal(mien_tree_walk("/", find_mount, &mounts, NULL), MIEN_OK);
    assert_true(mounts > 0);
    assert_true(mien_tree_is_mount(AT_FDCWD, "/proc", root.st_dev));
    assert_false(mien_tree_is_mount(AT_FDCWD, "/etc/passwd", root.st_dev) &&
                 mien_tree_is_mount(AT_FDCWD, "/etc", root.st_dev));
}

static void test_outdir_names_that_cannot_be(void **state)
{
    const char *folder = *state;
    mien_error err = {0};
    refuse("", false, MIEN_ERR_ARG, "give the name of a folder");
    char longest[4300];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    refuse(longest, false, MIEN_ERR_ARG, "the path has 4299 bytes, and 4032 is the most");
    refuse("/", true, MIEN_ERR_ARG, "holds no result of mien");
    char path[512];
    snprintf(path, sizeof path, "%s/no/such/place", folder);
    refuse(path, false, MIEN_ERR_IO, "does not exist");
    mien_outdir *dir = begin(in_folder(folder, "out"), false);
    char small[8];
    assert_int_equal(mien_outdir_path(dir, "name", small, sizeof small, &err), MIEN_ERR_ARG);
    /* what fails there failed in OUT */
    assert_int_equal(mien_outdir_write(dir, "no/file", "x", 1, &err), MIEN_ERR_IO);
    snprintf(path, sizeof path, "%s/out/no/file: No such file", folder);
    assert_int_equal(strncmp(err.message, path, strlen(path)), 0);
    mien_outdir_abandon(dir);
}

static void test_memory_may_run_out(void **state)
{
    const char *folder = *state;
    char out[512];
    snprintf(out, sizeof out, "%s/out", folder);
    make_result(out, FIRST, false);
    mien_set_allocator(failing_malloc, failing_free);
    for (long k = 0;; k = failing_next(k)) {
        mien_outdir *dir = NULL;
        mien_error err = {0};
        failing_countdown = k;
        mien_status st = mien_outdir_begin(out, true, &dir, &err);
        if (!st) {
            st = mien_outdir_write(dir, "summary.json", SECOND, strlen(SECOND), &err);
            st = st ? st : mien_outdir_commit(dir, &err);
        }
        if (!st && failing_countdown >= 0)
            break;
        if (st && st != MIEN_ERR_NOMEM)
            fail_msg("allocation %ld: %s", k, err.message);
        assert_true(k < 2000);
        assert_true(is_there(folder, "out/summary.json"));
    }
    mien_set_allocator(NULL, NULL);
    assert_int_equal(failing_alive, 0);
    assert_says(folder, "out/summary.json", "rank");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_outdir_appears_when_whole),
        IN_FOLDER(test_outdir_abandoned_leaves_nothing),
        IN_FOLDER(test_outdir_begins_anew),
        IN_FOLDER(test_outdir_beside_an_earlier_result),
        IN_FOLDER(test_existing_folder_is_refused),
        IN_FOLDER(test_empty_folder_is_used),
        IN_FOLDER(test_empty_folder_called_dot_is_used),
        IN_FOLDER(test_force_spares_what_is_not_on_the_list),
        IN_FOLDER(test_force_spares_what_no_list_names),
        IN_FOLDER(test_force_spares_other_programs_results),
        IN_FOLDER(test_mark_that_cannot_be_read),
        IN_FOLDER(test_force_looks_again_before_it_replaces),
        IN_FOLDER(test_folder_that_appears_meanwhile_is_kept),
        IN_FOLDER(test_folders_are_replaced_in_steps),
        IN_FOLDER(test_input_inside_is_refused),
        IN_FOLDER(test_images_inside_are_refused),
        IN_FOLDER(test_two_runs_into_one_folder),
        IN_FOLDER(test_litter_of_killed_runs),
        IN_FOLDER(test_mark_without_a_lock_stays),
        IN_FOLDER(test_what_is_built_may_be_dropped),
        IN_FOLDER(test_files_are_replaced_one_by_one),
        IN_FOLDER(test_links_are_not_followed_when_removing),
        IN_FOLDER(test_large_folders_are_removed),
        cmocka_unit_test(test_mounts_are_told),
        IN_FOLDER(test_outdir_names_that_cannot_be),
        IN_FOLDER(test_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
