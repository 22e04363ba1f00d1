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

enum { MESSAGE_PART = 240 }; /* of a message that has to say more */

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

/* how: O_TRUNC, O_APPEND or O_EXCL; sync: down to the disk */
static mien_status write_file(const char *path, int how, bool sync, const void *bytes,
                              size_t nbytes, mien_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | how | O_CLOEXEC, 0666);
    if (fd < 0)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
    mien_status st = write_all(fd, bytes, nbytes);
    if (!st && sync && fsync(fd) != 0 && errno != EINVAL)
        st = MIEN_ERR_IO;
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
    return write_file(path, O_TRUNC, false, bytes, nbytes, err);
}

mien_status mien_file_replace(const char *path, bool sync, const void *bytes, size_t nbytes,
                              mien_error *err)
{
    char beside[MIEN_PATH_MAX + 8];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", path);
    if (unlink(beside) != 0 && errno != ENOENT) /* also a link that somebody laid there */
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", beside, strerror(errno));
    mien_status st = write_file(beside, O_EXCL | O_NOFOLLOW, sync, bytes, nbytes, err);
    if (!st && rename(beside, path) != 0)
        st = mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
    if (st)
        unlink(beside);
    return st;
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

/* The first bytes of a regular file as a string; what cannot be read is empty. */
static void read_beginning(const char *path, char *text, size_t size)
{
    struct stat info;
    size_t done = 0;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        while (done + 1 < size) {
            ssize_t got = read(fd, text + done, size - 1 - done);
            if (got <= 0 && !(got < 0 && errno == EINTR))
                break;
            done += got > 0 ? (size_t)got : 0;
        }
    if (fd >= 0)
        close(fd);
    text[done] = '\0';
}

/* The text behind "key": " in JSON, or "" when there is none. Good enough to know mien's own. */
static const char *value_of(const char *json, const char *key)
{
    const char *at = strstr(json, key);
    if (!at)
        return "";
    at += strlen(key);
    at += strspn(at, " \t\r\n");
    if (*at != ':')
        return "";
    at++;
    at += strspn(at, " \t\r\n");
    return *at == '"' ? at + 1 : "";
}

/* Whether folder/name is a file in which mien says what it did: a version, and a command that
 * begins with its name. Both stand at its beginning. */
static bool is_own_mark(const char *folder, const char *name)
{
    enum { BEGINNING = 8192 };
    char path[MIEN_PATH_MAX + 32], text[BEGINNING];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    read_beginning(path, text, sizeof text);
    const char *version = value_of(text, "\"version\"");
    return text[0] == '{' && version[0] >= '0' && version[0] <= '9' &&
           strncmp(value_of(text, "\"command\""), "mien ", 5) == 0;
}

bool mien_is_result(const char *folder)
{
    static const char *const marks[] = {"summary.json", "render.json", "model.json"};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (is_own_mark(folder, marks[k]))
            return true;
    return false;
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
    if (!is_own_mark(path, "summary.json") && !is_own_mark(path, "render.json") &&
        !is_empty_folder(path))
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s holds no result of mien, so --force does not replace it; "
                         "choose another -o",
                         path);
    *replace = true;
    return MIEN_OK;
}

/* A new folder beside the final name. An old one may stand there: a result that could not be put in
 * place is kept, and numbers of processes come again. */
static bool make_beside(mien_outdir *dir)
{
    for (int k = 0; k < 100; k++) {
        int length = snprintf(dir->building, sizeof dir->building, "%.*s.tmp-%ld",
                              MIEN_PATH_MAX - 64, dir->final, (long)getpid());
        if (k)
            snprintf(dir->building + length, sizeof dir->building - (size_t)length, "-%d", k);
        if (mkdir(dir->building, 0777) == 0)
            return true;
        if (errno != EEXIST)
            return false;
    }
    return false;
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
    mien_status st = check_target(dir->final, force, &dir->replace, err);
    if (!st && !make_beside(dir))
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

mien_status mien_folder_replace(const char *built, const char *final, mien_error *err)
{
    char aside[MIEN_PATH_MAX];
    int length = snprintf(aside, sizeof aside, "%s.old-%ld", final, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof aside)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", final);
    if (rename(final, aside) != 0)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", final, strerror(errno));
    if (rename(built, final) != 0) {
        int reason = errno;
        if (rename(aside, final) != 0)
            return mien_fail(err, MIEN_ERR_IO, "%s: %s; the earlier result is in %s", final,
                             strerror(reason), aside);
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", final, strerror(reason));
    }
    remove_tree(AT_FDCWD, aside);
    return MIEN_OK;
}

/* Not every file system knows the flags of renameat2. */
static bool is_unsupported(int reason)
{
    return reason == EINVAL || reason == ENOSYS;
}

static mien_status put_in_place(const mien_outdir *dir, mien_error *err)
{
    if (renameat2(AT_FDCWD, dir->building, AT_FDCWD, dir->final, RENAME_NOREPLACE) == 0 ||
        (is_unsupported(errno) && rename(dir->building, dir->final) == 0))
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_IO, "%s: %s", dir->final,
                     errno == EEXIST || errno == ENOTEMPTY ? "appeared while mien was working"
                                                           : strerror(errno));
}

/* After an exchange the earlier result stands under the other name. */
static mien_status put_instead(const mien_outdir *dir, mien_error *err)
{
    if (renameat2(AT_FDCWD, dir->building, AT_FDCWD, dir->final, RENAME_EXCHANGE) == 0) {
        remove_tree(AT_FDCWD, dir->building);
        return MIEN_OK;
    }
    if (is_unsupported(errno))
        return mien_folder_replace(dir->building, dir->final, err);
    return mien_fail(err, MIEN_ERR_IO, "%s: %s", dir->final, strerror(errno));
}

mien_status mien_outdir_commit(mien_outdir *dir, mien_error *err)
{
    mien_error why = {0};
    mien_status st = MIEN_OK;
    if (dir->replace) /* is it still mien's own, or gone? */
        st = check_target(dir->final, true, &dir->replace, &why);
    if (!st)
        st = dir->replace ? put_instead(dir, &why) : put_in_place(dir, &why);
    if (st) /* hours of work may be in it */
        mien_fail(err, st, "%.*s; the result is in %s", MESSAGE_PART, why.message, dir->building);
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
    return st ? st : write_file(path, O_APPEND, false, bytes, nbytes, err);
}
