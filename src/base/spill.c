/* spill.c - memory that is a file: large blocks beyond what may be used.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/spill.h"

#include "base/memory.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the process has set up: one for all of it, as memory is. */
typedef struct block {
    unsigned char *start;
    size_t nbytes;
    int fd;
} block;

static struct {
    pthread_mutex_t mutex;
    char folder[4096];
    size_t limit, page;
    block *blocks; /* by malloc(): what takes blocks may not want one */
    size_t count, capacity;
    size_t bytes, most; /* spilled now, and at most so far */
    int problem;        /* an errno, of the last block that could not be had */
} spill = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* A file without a name. */
static int open_unnamed(void)
{
    int fd = open(spill.folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    char path[sizeof spill.folder + 32]; /* a file system without such files */
    snprintf(path, sizeof path, "%s/mien-cache-XXXXXX", spill.folder);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static bool add_block(block b)
{
    if (spill.count == spill.capacity) {
        size_t capacity = 2 * spill.capacity + 16;
        block *larger = realloc(spill.blocks, capacity * sizeof *larger);
        if (!larger)
            return false;
        spill.blocks = larger;
        spill.capacity = capacity;
    }
    spill.blocks[spill.count++] = b;
    spill.bytes += b.nbytes;
    spill.most = spill.bytes > spill.most ? spill.bytes : spill.most;
    return true;
}

static void *take(size_t nbytes)
{
    pthread_mutex_lock(&spill.mutex);
    block b = {.nbytes = nbytes, .fd = open_unnamed()};
    void *start = MAP_FAILED;
    int problem = b.fd < 0 ? errno : EINTR;
    while (problem == EINTR) /* a signal asks for an end, and gets it elsewhere */
        problem = posix_fallocate(b.fd, 0, (off_t)nbytes);
    if (!problem) {
        start = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, b.fd, 0);
        problem = start == MAP_FAILED ? errno : 0;
    }
    b.start = start;
    if (!problem && !add_block(b))
        problem = ENOMEM;
    if (problem && start != MAP_FAILED)
        munmap(start, nbytes);
    if (problem && b.fd >= 0)
        close(b.fd);
    if (problem)
        spill.problem = problem;
    pthread_mutex_unlock(&spill.mutex);
    return problem ? NULL : start;
}

static void give(void *start, size_t nbytes)
{
    pthread_mutex_lock(&spill.mutex);
    for (size_t i = 0; i < spill.count; i++)
        if (spill.blocks[i].start == start) {
            munmap(start, nbytes);
            close(spill.blocks[i].fd);
            spill.bytes -= nbytes;
            spill.blocks[i] = spill.blocks[--spill.count];
            break;
        }
    pthread_mutex_unlock(&spill.mutex);
}

/* Bytes of memory that this process has; 0: not known. */
static size_t resident(void)
{
    char text[128];
    unsigned long long all, here = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (got <= 0)
        return 0;
    text[got] = '\0';
    return sscanf(text, "%llu %llu", &all, &here) == 2 ? (size_t)here * spill.page : 0;
}

/* Pages that leave the process stay in the system's cache while there is room. */
static void relieve(void)
{
    if (pthread_mutex_trylock(&spill.mutex) != 0)
        return;
    if (spill.count && resident() > spill.limit - spill.limit / 8)
        for (size_t i = 0; i < spill.count; i++)
            madvise(spill.blocks[i].start, spill.blocks[i].nbytes, MADV_DONTNEED);
    pthread_mutex_unlock(&spill.mutex);
}

int mien_spill_file(const void *memory, uint64_t *offset)
{
    int fd = -1;
    pthread_mutex_lock(&spill.mutex);
    for (size_t i = 0; i < spill.count && fd < 0; i++) {
        const block *b = &spill.blocks[i];
        if ((uintptr_t)memory >= (uintptr_t)b->start &&
            (uintptr_t)memory < (uintptr_t)b->start + b->nbytes) {
            fd = b->fd;
            *offset = (uint64_t)((const unsigned char *)memory - b->start);
        }
    }
    pthread_mutex_unlock(&spill.mutex);
    return fd;
}

const char *mien_spill_folder(void)
{
    return spill.folder;
}

/* ---------------------------------------------------------------- the process */

mien_status mien_memory_limit(size_t most, const char *cache, mien_error *err)
{
    /* of small blocks, threads, the program and what is mapped there is a share, too */
    const mien_elsewhere on = {most / 2, take, give, relieve}, off = {.give = give};
    struct stat status;
    if (!most) {
        mien_memory_elsewhere(&off);
        return MIEN_OK;
    }
    if (!cache || strlen(cache) >= sizeof spill.folder)
        return mien_fail(err, MIEN_ERR_ARG, "no folder for the cache");
    int reason = stat(cache, &status) != 0  ? errno
                 : !S_ISDIR(status.st_mode) ? ENOTDIR
                 : access(cache, W_OK) != 0 ? errno
                                            : 0;
    if (reason)
        return mien_fail(err, MIEN_ERR_IO, "%s: %s (name a folder that can be written to)", cache,
                         strerror(reason));
    pthread_mutex_lock(&spill.mutex);
    strcpy(spill.folder, cache);
    int file = open_unnamed();
    if (file >= 0)
        close(file);
    else
        spill.folder[0] = '\0';
    pthread_mutex_unlock(&spill.mutex);
    if (file < 0) /* /proc, for one */
        return mien_fail(err, MIEN_ERR_IO,
                         "%s: no file can be made there (name a folder on a disk)", cache);
    pthread_mutex_lock(&spill.mutex);
    spill.limit = most;
    spill.page = (size_t)sysconf(_SC_PAGESIZE);
    pthread_mutex_unlock(&spill.mutex);
    mien_memory_elsewhere(&on);
    return MIEN_OK;
}

size_t mien_memory_spilled(char *problem, size_t size)
{
    pthread_mutex_lock(&spill.mutex);
    size_t most = spill.most;
    if (problem && size)
        snprintf(problem, size, "%s%s%s", spill.problem ? spill.folder : "",
                 spill.problem ? ": " : "", spill.problem ? strerror(spill.problem) : "");
    pthread_mutex_unlock(&spill.mutex);
    return most;
}
