/* generations.c - two generations of a state on the disk: PATH, and PATH.old from before it.
 * SPDX-License-Identifier: MIT
 *
 * One that was synced, with the names in its folder, outlasts a loss of power: it is safe. Waiting
 * for the disk once a second is enough, so those that are written within a second of a safe one are
 * not: they follow each other at PATH, each in the place of the one before, while the safe one
 * stands at PATH.old. So whatever stops the writer, and wherever,
 *   a process that ends   leaves the last one that was written, at PATH or, where the file system
 *                         knows no second names, at PATH.old;
 *   a loss of power       leaves one that is safe, at most a second older.
 * What stands at PATH is set aside only when it is safe: so a damaged one never takes the place of
 * the good one that was gone on from. */
#define _POSIX_C_SOURCE 200809L
#include "base/disk/generations.h"

#include "base/memory.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void mien_generations_init(mien_generations *g, const char *path)
{
    *g = (mien_generations){.fd = -1, .synced = mien_checkpoint_clock() - 1};
    strcpy(g->path, path);
}

static void path_with(const mien_generations *g, const char *ending, char path[MIEN_PATH_MAX + 8])
{
    snprintf(path, MIEN_PATH_MAX + 8, "%s%s", g->path, ending);
}

/* The folder's entries, too, have to be safe: false when its disk failed. That a system cannot do
 * so is no fault of the files. */
static bool sync_folder(const char *path)
{
    char folder[MIEN_PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return true;
    bool done = mien_file_sync(fd);
    int reason = errno;
    close(fd);
    errno = reason;
    return done;
}

/* ---------------------------------------------------------------- reading */

static mien_status refuse_other(const char *path, mien_error *err)
{
    return mien_fail(err, MIEN_ERR_ARG,
                     "%s is no checkpoint of mien's and is not removed: move it away, or choose "
                     "another -o",
                     path);
}

/* One of them: *fd, table and *identity, all the caller's. *found false: it is not there. */
static mien_status read_one(const char *path, mien_kept *table, char **identity, int *fd,
                            bool *found, mien_error *err)
{
    struct stat info;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
    *found = file >= 0 || errno != ENOENT;
    if (file < 0 && !*found)
        return MIEN_OK;
    if (file < 0 && errno == ELOOP)
        return mien_fail(err, MIEN_ERR_IO, "%s: a link, which is not followed here; remove it",
                         path);
    if (file < 0 || fstat(file, &info) != 0) {
        int reason = errno;
        if (file >= 0)
            close(file);
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(reason));
    }
    uint64_t size = info.st_size > 0 ? (uint64_t)info.st_size : 0;
    if (!S_ISREG(info.st_mode) || mien_state_look(file, size) == MIEN_STATE_OTHER) {
        close(file);
        return refuse_other(path, err);
    }
    const char *damage = NULL;
    mien_status st = mien_state_read(file, size, table, identity, &damage);
    if (!st) {
        *fd = file;
        return MIEN_OK;
    }
    int reason = errno;
    close(file);
    if (st == MIEN_ERR_NOMEM)
        return mien_fail_plain(err, st);
    return mien_fail(err, st, "%s%s: %s", path, st == MIEN_ERR_FORMAT ? " is damaged" : "",
                     st == MIEN_ERR_FORMAT ? damage : strerror(reason));
}

mien_status mien_generations_open(mien_generations *g, mien_kept *table, char **identity,
                                  char from[MIEN_PATH_MAX + 8], mien_error *words, mien_error *err)
{
    bool found, older = false;
    mien_error why, also;
    *words = (mien_error){0};
    path_with(g, "", from);
    mien_status st = read_one(from, table, identity, &g->fd, &found, &why);
    if (st == MIEN_ERR_FORMAT || !found) {
        path_with(g, ".old", from);
        mien_status other = read_one(from, table, identity, &g->fd, &older, &also);
        if (other == MIEN_ERR_ARG)
            return refuse_other(from, err);
        if (other == MIEN_OK && older && st)
            mien_fail(words, st, "%s; the one before it is gone on from", why.message);
        else if (st)
            return mien_fail(err, st, "%s%s%s; remove %s to begin anew, or give --no-resume",
                             why.message, other ? ", and " : "", other ? also.message : "",
                             other ? "both" : "it");
        else if (other)
            return mien_fail(err, other, "%s; remove it to begin anew, or give --no-resume",
                             also.message);
        st = MIEN_OK;
    } else if (!st) { /* who wrote it may not have waited for the disk */
        g->safe = mien_file_sync(g->fd) && sync_folder(g->path);
    }
    if (st && err)
        *err = why;
    return st;
}

/* ---------------------------------------------------------------- writing */

/* What is safe at PATH becomes PATH.old, too, and that on the disk before another takes its name;
 * where no file has two names it is at PATH.old alone. It has to be there but once: should the disk
 * fail then, the next call waits for it again and touches no name. What is not safe at PATH is
 * given up, and PATH.old stays. */
static bool set_aside(mien_generations *g)
{
    char old[MIEN_PATH_MAX + 8];
    path_with(g, ".old", old);
    if (g->safe) {
        bool moved = (unlink(old) == 0 || errno == ENOENT) &&
                     (link(g->path, old) == 0 || errno == ENOENT || rename(g->path, old) == 0);
        if (!moved)
            return false;
        g->safe = false;
        g->aside = true;
    }
    if (g->aside && !sync_folder(g->path))
        return false;
    g->aside = false;
    return true;
}

mien_status mien_generations_write(mien_generations *g, const char *identity, mien_kept *table,
                                   mien_error *err)
{
    char beside[MIEN_PATH_MAX + 8];
    double now = mien_checkpoint_clock();
    bool sync = now - g->synced >= 1;
    int fd = -1;
    path_with(g, ".new", beside);
    if (unlink(beside) == 0 || errno == ENOENT)
        fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    mien_status st = fd < 0 ? MIEN_ERR_IO : mien_state_write(fd, g->fd, identity, table);
    if (!st && ((sync && !mien_file_sync(fd)) || !set_aside(g) || rename(beside, g->path) != 0))
        st = MIEN_ERR_IO;
    int reason = errno;
    if (st) {
        if (fd >= 0) {
            close(fd);
            unlink(beside);
        }
        return st == MIEN_ERR_NOMEM
                   ? mien_fail_plain(err, st)
                   : mien_fail(err, st, "%s: %s", g->path,
                               st == MIEN_ERR_IO ? strerror(reason)
                                                 : "the generation before is damaged");
    }
    g->safe = sync && sync_folder(g->path);
    if (g->safe)
        g->synced = now;
    mien_generations_close(g);
    g->fd = fd;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- their end */

void mien_generations_close(mien_generations *g)
{
    if (g->fd >= 0)
        close(g->fd);
    g->fd = -1;
}

/* PATH last: what is left of a removal that is stopped is the newest. */
static const char *const endings[] = {".new", ".old", ""};
enum { ENDINGS = sizeof endings / sizeof *endings };

void mien_generations_remove(const mien_generations *g)
{
    char path[MIEN_PATH_MAX + 8];
    for (size_t i = 0; i < ENDINGS; i++) {
        path_with(g, endings[i], path);
        unlink(path);
    }
}

/* Whether a file is one of ours, or nothing: cut off at once, or a link in the place of one that is
 * begun. */
static bool is_own(const char *path, bool begun)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno == ENOENT;
    if (!S_ISREG(info.st_mode))
        return begun && S_ISLNK(info.st_mode);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
    bool own = fd >= 0 && mien_state_look(fd, (uint64_t)info.st_size) == MIEN_STATE_OURS;
    if (fd >= 0)
        close(fd);
    return own;
}

mien_status mien_generations_check(const mien_generations *g, bool anew, mien_error *err)
{
    char path[MIEN_PATH_MAX + 8];
    for (size_t i = 0; i < (anew ? ENDINGS : ENDINGS - 1); i++) {
        path_with(g, endings[i], path);
        if (!is_own(path, i == 0))
            return refuse_other(path, err);
    }
    return MIEN_OK;
}
