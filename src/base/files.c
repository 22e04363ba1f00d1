/* files.c - folders that are complete or absent, and files whose every write is checked.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/files.h"

#include "base/memory.h"
#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct mien_outdir {
    char final[MIEN_PATH_MAX]; /* what the user asked for, without slashes at the end */
    char building[MIEN_PATH_MAX];
    bool replace;
};

/* ---------------------------------------------------------------- files */

static mien_status write_all(int fd, const char *bytes, size_t nbytes)
{
    while (nbytes) {
        ssize_t written = write(fd, bytes, nbytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return MIEN_ERR_IO;
        bytes += written;
        nbytes -= (size_t)written;
    }
    return MIEN_OK;
}

/* how: O_TRUNC or O_APPEND */
static mien_status write_file(const char *path, int how, const void *bytes, size_t nbytes,
                              mien_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | how | O_CLOEXEC, 0666);
    if (fd < 0)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
    mien_status st = write_all(fd, bytes, nbytes);
    int reason = errno;
    if (close(fd) != 0 && !st) {
        reason = errno;
        st = MIEN_ERR_IO;
    }
    if (st)
        mien_fail(err, st, "%s: %s", path, strerror(reason));
    return st;
}

mien_status mien_file_write(const char *path, const void *bytes, size_t nbytes, mien_error *err)
{
    return write_file(path, O_TRUNC, bytes, nbytes, err);
}

static mien_status read_all(int fd, const char *path, size_t limit, char **out, size_t *nbytes,
                            mien_error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return mien_fail(err, MIEN_ERR_IO, "%s: not a regular file", path);
    if (info.st_size < 0 || (uintmax_t)info.st_size > limit)
        return mien_fail(err, MIEN_ERR_FORMAT, "%s: larger than %zu bytes", path, limit);
    size_t size = (size_t)info.st_size, done = 0;
    char *bytes = mien_alloc_raw(size + 1, 1);
    if (!bytes)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    while (done < size) {
        ssize_t got = read(fd, bytes + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            mien_free(bytes);
            return mien_fail(err, MIEN_ERR_IO, "%s: %s", path,
                             got < 0 ? strerror(errno) : "became shorter while it was read");
        }
        done += (size_t)got;
    }
    bytes[size] = '\0';
    *out = bytes;
    *nbytes = size;
    return MIEN_OK;
}

mien_status mien_file_read(const char *path, size_t limit, char **out, size_t *nbytes,
                           mien_error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
    mien_status st = read_all(fd, path, limit, out, nbytes, err);
    close(fd);
    return st;
}

/* ---------------------------------------------------------------- folders */

/* Remove what is at `name` in `parent`, with everything in it. Links are removed, not followed. */
static bool remove_tree(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0)
        return true;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool whole = true;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            whole = remove_tree(fd, entry->d_name) && whole;
    closedir(dir);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 && whole;
}

static bool exists_below(const char *folder, const char *name)
{
    char path[MIEN_PATH_MAX + 32];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &info) == 0;
}

static bool is_empty_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return false;
    bool empty = true;
    for (struct dirent *entry; (entry = readdir(dir)) && empty;)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty;
}

/* --force may replace what mien wrote, never somebody's photographs. */
static mien_status check_target(const char *path, bool force, bool *replace, mien_error *err)
{
    struct stat info;
    if (lstat(path, &info) != 0) {
        if (errno != ENOENT)
            return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
        *replace = false;
        return MIEN_OK;
    }
    if (!force)
        return mien_fail(err, MIEN_ERR_ARG, "%s exists already (use --force to replace it)", path);
    if (!S_ISDIR(info.st_mode))
        return mien_fail(err, MIEN_ERR_ARG, "%s is not a folder; remove it or choose another -o",
                         path);
    if (!exists_below(path, "summary.json") && !exists_below(path, "render.json") &&
        !is_empty_folder(path))
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s holds no result of mien, so --force does not replace it; "
                         "choose another -o",
                         path);
    *replace = true;
    return MIEN_OK;
}

mien_status mien_outdir_begin(const char *path, bool force, mien_outdir **out, mien_error *err)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 0 || length > MIEN_PATH_MAX - 64)
        return mien_fail(err, MIEN_ERR_ARG, "-o: give the name of a folder");
    mien_outdir *dir = mien_alloc_array(1, sizeof *dir);
    if (!dir)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    memcpy(dir->final, path, length);
    snprintf(dir->building, sizeof dir->building, "%.*s.tmp-%ld", (int)length, path,
             (long)getpid());
    mien_status st = check_target(dir->final, force, &dir->replace, err);
    if (!st && mkdir(dir->building, 0777) != 0)
        st = mien_fail(err, MIEN_ERR_IO, "%s cannot be made: %s", dir->final,
                       errno == ENOENT ? "the folder it should be in does not exist"
                                       : strerror(errno));
    if (st) {
        mien_free(dir);
        return st;
    }
    *out = dir;
    return MIEN_OK;
}

mien_status mien_outdir_commit(mien_outdir *dir, mien_error *err)
{
    mien_status st = MIEN_OK;
    unsigned how = dir->replace ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    int done = renameat2(AT_FDCWD, dir->building, AT_FDCWD, dir->final, how);
    if (done != 0 && errno == EINVAL && !dir->replace) /* a file system without renameat2 */
        done = rename(dir->building, dir->final);
    if (done != 0)
        st = mien_fail(err, MIEN_ERR_IO, "%s: %s", dir->final,
                       errno == EEXIST ? "appeared while mien was working" : strerror(errno));
    if (st || dir->replace) /* on success the old result stands under the other name now */
        remove_tree(AT_FDCWD, dir->building);
    mien_free(dir);
    return st;
}

void mien_outdir_abandon(mien_outdir *dir)
{
    if (!dir)
        return;
    remove_tree(AT_FDCWD, dir->building);
    mien_free(dir);
}

mien_status mien_outdir_path(const mien_outdir *dir, const char *name, char *path, size_t size,
                             mien_error *err)
{
    int length = snprintf(path, size, "%s%s%s", dir->building, *name ? "/" : "", name);
    if (length < 0 || (size_t)length >= size)
        return mien_fail(err, MIEN_ERR_ARG, "%s/%s: the path is too long", dir->final, name);
    return MIEN_OK;
}

mien_status mien_outdir_folder(mien_outdir *dir, const char *name, mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_status st = mien_outdir_path(dir, name, path, sizeof path, err);
    if (!st && mkdir(path, 0777) != 0 && errno != EEXIST)
        st = mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
    return st;
}

mien_status mien_outdir_write(mien_outdir *dir, const char *name, const void *bytes, size_t nbytes,
                              mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_status st = mien_outdir_path(dir, name, path, sizeof path, err);
    return st ? st : mien_file_write(path, bytes, nbytes, err);
}

mien_status mien_outdir_append(mien_outdir *dir, const char *name, const void *bytes, size_t nbytes,
                               mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_status st = mien_outdir_path(dir, name, path, sizeof path, err);
    return st ? st : write_file(path, O_APPEND, bytes, nbytes, err);
}
