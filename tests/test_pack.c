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

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_what_the_dead_left_goes_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
