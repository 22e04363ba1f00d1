/* input.c - opening and reading files that someone else made.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "data/input.h"

#include "base/memory.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void mien_errno_text(int number, char *text, size_t size)
{
    if (strerror_r(number, text, size) != 0)
        snprintf(text, size, "error %d", number);
}

static mien_status fail_errno(mien_error *err)
{
    char text[128];
    mien_errno_text(errno, text, sizeof text);
    return mien_fail(err, MIEN_ERR_IO, "%s", text);
}

mien_status mien_input_open(int folder, const char *path, int *fd, uint64_t *nbytes,
                            mien_error *err)
{
    int opened;
    do
        opened = openat(folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    while (opened < 0 && errno == EINTR);
    if (opened < 0)
        return fail_errno(err);
    struct stat status;
    mien_status st = MIEN_OK;
    if (fstat(opened, &status) != 0)
        st = fail_errno(err);
    else if (!S_ISREG(status.st_mode))
        st = mien_fail(err, MIEN_ERR_IO, "not a regular file");
    if (st) {
        close(opened);
        return st;
    }
    *fd = opened;
    *nbytes = (uint64_t)status.st_size;
    return MIEN_OK;
}

mien_status mien_input_read(int fd, void *buffer, size_t nbytes, size_t *got, mien_error *err)
{
    enum { MOST = 1 << 30 }; /* read() is not defined above SSIZE_MAX, and Linux stops at 2 GiB */
    size_t count = 0;
    while (count < nbytes) {
        size_t wanted = nbytes - count < MOST ? nbytes - count : MOST;
        ssize_t now = read(fd, (char *)buffer + count, wanted);
        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return fail_errno(err);
        if (now == 0)
            break;
        count += (size_t)now;
    }
    *got = count;
    return MIEN_OK;
}

mien_status mien_input_slurp(int folder, const char *path, size_t max, mien_bytes *bytes,
                             mien_error *err)
{
    int fd;
    uint64_t nbytes;
    mien_status st = mien_input_open(folder, path, &fd, &nbytes, err);
    if (st)
        return st;
    if (nbytes > max) {
        st = mien_fail(err, MIEN_ERR_FORMAT, "larger than %zu MiB", max >> 20);
        goto done;
    }
    if (bytes->capacity <= nbytes) { /* the old content is of no use: no copy */
        mien_bytes_free(bytes);
        size_t capacity = (size_t)nbytes + (size_t)nbytes / 8 + 1;
        bytes->data = mien_alloc_raw(capacity, 1);
        if (!bytes->data) {
            st = mien_fail_plain(err, MIEN_ERR_NOMEM);
            goto done;
        }
        bytes->capacity = capacity;
    }
    /* a file that shrinks meanwhile is read short, one that grows up to its old end */
    st = mien_input_read(fd, bytes->data, (size_t)nbytes, &bytes->nbytes, err);
    if (!st)
        bytes->data[bytes->nbytes] = '\0';
done:
    close(fd);
    return st;
}

void mien_bytes_free(mien_bytes *bytes)
{
    mien_free(bytes->data);
    *bytes = (mien_bytes){0};
}
