/* failing_read.c - a library to be preloaded: lets a file go while a program reads it.
 * SPDX-License-Identifier: MIT
 *
 * MIEN_FAIL_READ=K   the K-th pread() and those after it fail with ESTALE; with the K-th the file
 *                    is cut off, so that its pages cannot be had either, as on a disk that failed
 * MIEN_FAIL_KEEP=1   but for that: the pages stay */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_ulong calls;

static ssize_t read_at(int fd, void *to, size_t nbytes, off_t offset)
{
    const char *text = getenv("MIEN_FAIL_READ");
    unsigned long first = text ? strtoul(text, NULL, 10) : 0;
    unsigned long call = atomic_fetch_add(&calls, 1) + 1;
    char path[64];
    if (!first || call < first)
        return syscall(SYS_pread64, fd, to, nbytes, offset);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (call == first && !getenv("MIEN_FAIL_KEEP") && truncate(path, 0) != 0)
        perror("failing_read");
    errno = ESTALE;
    return -1;
}

ssize_t pread(int fd, void *to, size_t nbytes, off_t offset)
{
    return read_at(fd, to, nbytes, offset);
}

ssize_t pread64(int fd, void *to, size_t nbytes, off_t offset)
{
    return read_at(fd, to, nbytes, offset);
}
