/* files.c - files whose every write is checked.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/disk/files.h"

#include "base/memory.h"
#include "base/pulse.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

mien_status mien_file_put(int fd, const char *bytes, size_t nbytes)
{
    enum { MOST = 1 << 26 }; /* a sign of life now and then */
    while (nbytes) {
        ssize_t written = write(fd, bytes, nbytes < MOST ? nbytes : MOST);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return MIEN_ERR_IO;
        bytes += written;
        nbytes -= (size_t)written;
        mien_beat();
    }
    return MIEN_OK;
}

bool mien_file_sync(int fd)
{
    mien_hold_begin();
    bool done = fsync(fd) == 0 || errno == EINVAL; /* what cannot be synced need not be */
    int reason = errno;
    mien_hold_end();
    errno = reason;
    return done;
}

/* how: O_TRUNC, O_APPEND or O_EXCL; sync: down to the disk */
static mien_status write_file(const char *path, int how, bool sync, const void *bytes,
                              size_t nbytes, mien_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | how | O_CLOEXEC, 0666);
    if (fd < 0)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
    mien_status st = mien_file_put(fd, bytes, nbytes);
    if (!st && sync && !mien_file_sync(fd))
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

mien_status mien_file_append(const char *path, const void *bytes, size_t nbytes, mien_error *err)
{
    return write_file(path, O_APPEND, false, bytes, nbytes, err);
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

static mien_status read_file(const char *path, int how, size_t limit, char **out, size_t *nbytes,
                             mien_error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | how);
    if (fd < 0 && errno == ELOOP && how)
        return mien_fail(err, MIEN_ERR_IO, "%s: a link, which is not followed here; remove it",
                         path);
    if (fd < 0)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(errno));
    mien_status st = read_all(fd, path, limit, out, nbytes, err);
    close(fd);
    return st;
}

mien_status mien_file_read(const char *path, size_t limit, char **out, size_t *nbytes,
                           mien_error *err)
{
    return read_file(path, 0, limit, out, nbytes, err);
}

mien_status mien_file_read_own(const char *path, size_t limit, char **out, size_t *nbytes,
                               mien_error *err)
{
    return read_file(path, O_NOFOLLOW, limit, out, nbytes, err);
}
