/* test_pack.c - what packing leaves alone: files of others, and an earlier pair when a disk fails.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "support/files.h"

#include "base/disk/pending.h"

#include <errno.h>
#include <sys/file.h>

int __real_flock(int fd, int operation);
int __real_fsync(int fd);
int __wrap_flock(int fd, int operation);
int __wrap_fsync(int fd);

static struct disk {
    size_t syncs, fails; /* so far; the one that fails, counted from 1 */
} disk;

/* As over NFS, where it becomes a lock of fcntl(): only what is open for writing is locked. */
int __wrap_flock(int fd, int operation)
{
    if ((operation & LOCK_EX) && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) {
        errno = EBADF;
        return -1;
    }
    return __real_flock(fd, operation);
}

int __wrap_fsync(int fd)
{
    if (++disk.syncs == disk.fails) {
        errno = EDQUOT;
        return -1;
    }
    return __real_fsync(fd);
}

/* ---------------------------------------------------------------- what others left */

static bool is_there(const char *folder, const char *name)
{
    struct stat info;
    return lstat(in_folder(folder, name), &info) == 0;
}

static void test_what_the_dead_left_goes_and_nothing_else(void **state)
{
    static const char *const stay[] = {"k.tmp-1",   "k.tmp-1-", "k.tmp--1", "k.tmp-1-1-1", "k.tmp-",
                                       "k.tmp-1-x", "k.tmp--",  "tmp-1-1",  "kk.tmp-1-1"};
    static const char *const others[] = {"k.tmp-2-1", "k.tmp-2-2", "k.tmp-2-3", "k.tmp-2-4"};
    char path[512];
    strcpy(path, in_folder(*state, "k"));
    put_text(*state, "k.tmp-1-1", "half a file");
    put_text(*state, "k.tmp-4194304-100", "");
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
        put_text(*state, stay[i], "mine");
    put_folder(*state, others[0]);
    assert_int_equal(symlink("k.tmp-1", in_folder(*state, others[1])), 0);
    assert_int_equal(mkfifo(in_folder(*state, others[2]), 0600), 0);
    put_text(*state, others[3], "half a file of a process that lives");
    int lives = open(in_folder(*state, others[3]), O_WRONLY | O_CLOEXEC);
    assert_int_equal(__real_flock(lives, LOCK_EX), 0);
    put_text(*state, "k.tmp-3-1", "of another user");
    bool other_user = chown(in_folder(*state, "k.tmp-3-1"), 65534, (gid_t)-1) == 0;

    mien_pending file;
    mien_error err;
    assert_int_equal(mien_pending_open(&file, path, &err), MIEN_OK);
    mien_pending_drop(&file);
    close(lives);
    assert_false(is_there(*state, "k.tmp-1-1"));
    assert_false(is_there(*state, "k.tmp-4194304-100"));
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
        if (!is_there(*state, stay[i]))
            fail_msg("%s is gone", stay[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!is_there(*state, others[i]))
            fail_msg("%s is gone", others[i]);
    assert_int_equal(is_there(*state, "k.tmp-3-1"), other_user);
}

/* ---------------------------------------------------------------- a disk that fails */

static mien_dataset load(const char *input)
{
    static const mien_load_options options = {.threads = 1};
    mien_dataset ds;
    mien_error err;
    if (mien_dataset_load(input, &options, &ds, &err))
        fail_msg("%s", err.message);
    return ds;
}

static void test_the_earlier_pair_outlasts_a_full_disk(void **state)
{
    static const mien_load_options options = {0};
    char path[512], words[64];
    strcpy(path, in_folder(*state, "k.npy"));
    put_folder(*state, "in");
    put_pgm(*state, "in/1.pgm", 4, 3, 10, 1);
    put_pgm(*state, "in/2.pgm", 4, 3, 20, 1);
    mien_dataset before = load(in_folder(*state, "in")), after;
    mien_error err;
    assert_int_equal(mien_pack(&before, &options, path, false, &err), MIEN_OK);
    put_pgm(*state, "in/3.pgm", 4, 3, 30, 1);
    mien_dataset larger = load(in_folder(*state, "in"));
    disk = (struct disk){0};
    mien_status st = MIEN_ERR_IO;
    while (st) {
        disk = (struct disk){.fails = disk.fails + 1};
        st = mien_pack(&larger, &options, path, true, &err);
        after = load(path);
        assert_int_equal(after.fingerprint, (st ? &before : &larger)->fingerprint);
        mien_dataset_free(&after);
        if (st &&
            (st != MIEN_ERR_IO || !strstr(err.message, "make room there, or give another -o")))
            fail_msg("sync %zu: status %d, %s", disk.fails, st, err.message);
        for (int k = 1; k < 9; k++) {
            snprintf(words, sizeof words, "k.npy.tmp-%ld-%d", (long)getpid(), k);
            assert_false(is_there(*state, words));
        }
    }
    assert_true(disk.fails > 2); /* the array and the list were waited for */
    mien_dataset_free(&before);
    mien_dataset_free(&larger);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_what_the_dead_left_goes_and_nothing_else),
        IN_FOLDER(test_the_earlier_pair_outlasts_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
