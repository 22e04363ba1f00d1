/* test_generations.c - whatever stops the writer of a checkpoint, and wherever: a good one is left.
 * SPDX-License-Identifier: MIT
 *
 * Every system call of the writer that names, removes or syncs is a place where it may stop. At
 * each of them, before and after, the process ends   what is left is what the folder shows; the
 * power fails    what is left is what was synced, and of what came since: of the names any part, of
 * a file all or nothing. Each of these folders is made and opened, and the state that is found must
 * be good enough. */
#include "support/files.h"

#include "base/disk/checkpoint.h"

#include <dirent.h>
#include <errno.h>

/* ---------------------------------------------------------------- a disk */

enum { NAMES = 3, PENDING = 12, FILES = 64 };
static const char *const names[NAMES] = {"k", "k.old", "k.new"};

/* Which file has a name; 0: none. Files are numbered as they are seen. */
struct folder {
    int file[NAMES];
};

static struct disk {
    const char *path;                 /* of the folder that is watched; NULL: none is */
    const char *after;                /* of the one that is made of what is left */
    struct folder safe;               /* names that were synced */
    struct folder since[PENDING + 1]; /* and what changed since: 0 for no change, -1 for none */
    size_t n_since;
    ino_t inode[FILES + 1];
    bool synced[FILES + 1]; /* all of its bytes */
    int n_files;
    char begun;           /* the last state whose write began ... */
    char written, safely; /* ... or is over; the last of these that was to be synced */
    size_t calls, fails;  /* calls so far; the one that fails, counted from 1 */
    size_t stops;         /* folders that were opened */
    bool no_links;        /* the file system knows no second names */
    double clock;
} disk;

int __real_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_fsync(int fd);
double __wrap_mien_checkpoint_clock(void);

double __wrap_mien_checkpoint_clock(void)
{
    return disk.clock;
}

static int name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    for (int k = 0; k < NAMES && slash; k++)
        if (strcmp(slash + 1, names[k]) == 0)
            return k;
    return -1;
}

static void path_in(const char *folder, const char *name, char path[600])
{
    snprintf(path, 600, "%s/%s", folder, name);
}

/* The number of a file; one that is new is laid aside, so that its bytes stay and its inode is not
 * given away. */
static int file_at(const char *path)
{
    struct stat info;
    char aside[600], number[32];
    if (lstat(path, &info) != 0)
        return 0;
    for (int k = 1; k <= disk.n_files; k++)
        if (disk.inode[k] == info.st_ino)
            return k;
    assert_true(disk.n_files < FILES);
    disk.inode[++disk.n_files] = info.st_ino;
    snprintf(number, sizeof number, "file-%d", disk.n_files);
    path_in(disk.path, number, aside);
    assert_int_equal(__real_link(path, aside), 0);
    return disk.n_files;
}

static struct folder names_now(void)
{
    struct folder now;
    char path[600];
    for (int k = 0; k < NAMES; k++) {
        path_in(disk.path, names[k], path);
        now.file[k] = file_at(path);
    }
    return now;
}

/* ---------------------------------------------------------------- what is left */

static void clear_after(void)
{
    char path[600];
    for (int k = 0; k < NAMES; k++) {
        path_in(disk.after, names[k], path);
        __real_unlink(path);
    }
}

/* Open a folder with these names; `whole`: files that were not synced are there all the same. The
 * state that is found is one of least .. begun. */
static void open_left(const struct folder *left, bool whole, char least, const char *what)
{
    char from[600], to[600], number[32], found = 0;
    const char *watched = disk.path;
    clear_after();
    for (int k = 0; k < NAMES; k++) {
        if (left->file[k] <= 0)
            continue;
        snprintf(number, sizeof number, "file-%d", left->file[k]);
        path_in(watched, number, from);
        path_in(disk.after, names[k], to);
        if (whole || disk.synced[left->file[k]])
            assert_int_equal(__real_link(from, to), 0);
        else
            close(open(to, O_WRONLY | O_CREAT | O_EXCL, 0666));
    }
    disk.path = NULL; /* what reads it is not watched */
    disk.stops++;
    path_in(disk.after, "k", to);
    const mien_checkpoint_options options = {.path = to, .seconds = 1e9};
    mien_checkpoint *c = NULL;
    mien_error err = {0};
    mien_status st = mien_checkpoint_open(&options, &c, &err);
    if (st && (least || st != MIEN_ERR_FORMAT))
        fail_msg("%s at call %zu: %s", what, disk.calls, err.message);
    size_t rows, row_bytes;
    if (!st && mien_checkpoint_find(c, "state", &rows, &row_bytes))
        assert_int_equal(mien_checkpoint_read(c, "state", &found, 1, 1, &err), MIEN_OK);
    mien_checkpoint_close(c);
    disk.path = watched;
    if (found < least || found > disk.begun)
        fail_msg("%s at call %zu: state %d is found, %d was kept", what, disk.calls, found, least);
}

/* What may be left of a loss of power: any part of what changed since, in its order. */
static void lose_power(void)
{
    for (unsigned part = 0; part < 1u << disk.n_since; part++) {
        struct folder left = disk.safe;
        for (size_t i = 0; i < disk.n_since; i++)
            for (int k = 0; k < NAMES && part >> i & 1; k++)
                if (disk.since[i].file[k])
                    left.file[k] = disk.since[i].file[k] > 0 ? disk.since[i].file[k] : 0;
        open_left(&left, false, disk.safely, "after a loss of power");
        open_left(&left, true, disk.safely, "after a loss of power");
    }
}

static void stop_here(void)
{
    struct folder now = names_now();
    open_left(&now, true, disk.written, "after the end of the process");
    lose_power();
}

/* ---------------------------------------------------------------- the calls */

static bool is_watched(const char *path)
{
    return disk.path && strncmp(path, disk.path, strlen(disk.path)) == 0;
}

/* Before each of them. True: this one fails. */
static bool call(void)
{
    stop_here();
    if (++disk.calls != disk.fails)
        return false;
    errno = EIO;
    return true;
}

static void change(int from, int to, int file)
{
    assert_true(disk.n_since < PENDING);
    struct folder *last = &disk.since[disk.n_since++];
    *last = (struct folder){{0}};
    if (to >= 0)
        last->file[to] = file;
    if (from >= 0)
        last->file[from] = -1;
}

int __wrap_rename(const char *from, const char *to)
{
    if (!is_watched(from))
        return __real_rename(from, to);
    if (call())
        return -1;
    int file = file_at(from), result = __real_rename(from, to);
    if (result == 0)
        change(name_of(from), name_of(to), file);
    stop_here();
    return result;
}

int __wrap_link(const char *from, const char *to)
{
    if (!is_watched(from))
        return __real_link(from, to);
    if (call())
        return -1;
    if (disk.no_links) {
        errno = EPERM;
        return -1;
    }
    int result = __real_link(from, to);
    if (result == 0)
        change(-1, name_of(to), file_at(from));
    stop_here();
    return result;
}

int __wrap_unlink(const char *path)
{
    if (!is_watched(path) || access(path, F_OK) != 0)
        return __real_unlink(path);
    if (call())
        return -1;
    int result = __real_unlink(path);
    if (result == 0)
        change(name_of(path), -1, 0);
    stop_here();
    return result;
}

int __wrap_fsync(int fd)
{
    struct stat info;
    if (!disk.path)
        return 0; /* there is no time for a disk that is only looked at */
    if (call())
        return -1;
    struct folder now = names_now();
    assert_int_equal(fstat(fd, &info), 0);
    if (S_ISDIR(info.st_mode)) {
        disk.safe = now;
        disk.n_since = 0;
    } else {
        for (int k = 1; k <= disk.n_files; k++)
            disk.synced[k] = disk.synced[k] || disk.inode[k] == info.st_ino;
    }
    stop_here();
    return 0;
}

/* ---------------------------------------------------------------- runs */

static char folders[2][128];

static void watch(const char *state)
{
    disk = (struct disk){.clock = 1000};
    snprintf(folders[0], sizeof folders[0], "%s/at", state);
    snprintf(folders[1], sizeof folders[1], "%s/after", state);
    mkdir(folders[0], 0777);
    mkdir(folders[1], 0777);
    disk.after = folders[1];
}

/* Nothing is there any more. */
static void wipe(void)
{
    char path[600];
    clear_after();
    DIR *all = opendir(folders[0]);
    for (struct dirent *entry; (entry = readdir(all));) {
        path_in(folders[0], entry->d_name, path);
        if (entry->d_name[0] != '.')
            __real_unlink(path);
    }
    closedir(all);
}

/* Write states first .. first + count - 1, watched; bit i of `slowly`: a second has gone by before
 * the i-th, which is therefore synced. The first always is. */
static void write_states(char first, size_t count, unsigned slowly)
{
    char path[600];
    path_in(folders[0], "k", path);
    const mien_checkpoint_options options = {.path = path};
    mien_checkpoint *c = NULL;
    mien_error err = {0};
    disk.path = folders[0];
    if (mien_checkpoint_open(&options, &c, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < count; i++) {
        char state = (char)(first + (char)i);
        bool sync = i == 0 || slowly >> i & 1;
        disk.clock += sync ? 2 : 0.01;
        size_t before = disk.calls;
        disk.begun = state;
        const mien_section section = {"state", &state, 1, 1};
        mien_checkpoint_change(c, NULL, &section, 1);
        bool failed = disk.fails > before && disk.fails <= disk.calls;
        disk.written = failed ? disk.written : state;
        disk.safely = failed || !sync ? disk.safely : state;
        stop_here();
    }
    mien_checkpoint_close(c);
    disk.path = NULL;
}

enum { STATES = 6 };

static void test_stopped_anywhere(void **state)
{
    watch(*state);
    for (unsigned slowly = 0; slowly < 1u << STATES; slowly++) {
        wipe(); /* bit 0: the first is synced in any case */
        disk = (struct disk){.after = folders[1], .clock = 1000, .no_links = slowly & 1};
        write_states(1, STATES, slowly);
        write_states(STATES + 1, 3, slowly); /* the next process goes on */
        if (disk.stops < 300)
            fail_msg("%zu folders are too few", disk.stops);
    }
}

/* PATH is damaged, or gone: what is gone on from is PATH.old, and for a while there is nothing
 * else. */
static void test_gone_on_from_the_one_before(void **state)
{
    char path[600];
    watch(*state);
    for (int gone = 0; gone < 2; gone++)
        for (unsigned slowly = 0; slowly < 8; slowly += 2) {
            wipe();
            disk = (struct disk){.after = folders[1], .clock = 1000};
            write_states(1, 2, 2);
            path_in(folders[0], "k", path);
            __real_unlink(path);
            if (!gone)
                put_text(folders[0], "k", "mienkept and nonsense of some length or other");
            disk.path = folders[0];
            disk.safe = names_now();
            disk.n_since = 0;
            disk.synced[disk.safe.file[0]] = true;
            disk.begun = disk.written = disk.safely = 1;
            write_states(2, 3, slowly);
        }
}

/* A call fails: that generation is not written, what there is stays good, and the next one is
 * written; also where no file has two names. */
static void test_any_call_fails(void **state)
{
    watch(*state);
    for (int no_links = 0; no_links < 2; no_links++) {
        size_t calls = 1;
        for (unsigned slowly = 0; slowly < 1u << 4; slowly += 2)
            for (size_t fails = 1; fails <= calls; fails++) {
                wipe();
                disk = (struct disk){
                    .after = folders[1], .clock = 1000, .fails = fails, .no_links = no_links};
                write_states(1, 4, slowly);
                calls = disk.calls > calls ? disk.calls : calls;
            }
        assert_true(calls > 12);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_stopped_anywhere),
        IN_FOLDER(test_gone_on_from_the_one_before),
        IN_FOLDER(test_any_call_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
