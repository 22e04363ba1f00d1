/* mapping.c - a file that is mapped, not read: its pages come as they are needed, and go.
 * SPDX-License-Identifier: MIT
 *
 * A streamed mapping is cut into steps. A step that is touched and was not there goes to the end of
 * a queue; where the queue is longer than the window, the one at its front is given back: from this
 * process (madvise) and from the page cache (posix_fadvise), which counts as memory of its control
 * group. First in, first out is as good as any order for passes, which come back to a page after
 * all others; and it is bounded for any order of touches.
 *
 * Each thread asks ahead in the range it said it would go through, so nothing is read that only
 * another thread will need, later, when it is gone. What is touched out of any range, single images
 * of a sample, is asked for by itself: the system's own reading ahead is off. */
#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L
#include "data/mapping.h"

#include "base/memory.h"
#include "base/spill.h"
#include "base/status.h"
#include "data/input.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STEP = 512 * 1024,       /* bytes that are given back at a time */
    AHEAD = 4 * 1024 * 1024, /* bytes asked for ahead: some ms of a fast disk */
    ASK = 1024 * 1024,       /* and in such pieces */
    STEPS_LEAST = 32         /* of a window: every thread is in one, and begins another */
};

struct mien_mapping {
    unsigned char *pages; /* where the mapping begins, at a page */
    size_t length;        /* bytes from there */
    unsigned char *bytes; /* what was asked for begins here */
    uint64_t offset;      /* of `pages` in the file */
    int fd;
    size_t page;
    /* of a streamed one */
    atomic_bool *there; /* one a step; NULL: all may stay */
    size_t *queue;      /* of steps that are there, a ring of `room` */
    size_t room, begin, count;
    pthread_mutex_t mutex; /* of the queue */
};

/* What this thread goes through, and how far it has been asked for: offsets from `pages`. */
static _Thread_local struct {
    const mien_mapping *mapping;
    size_t begin, end, asked;
} range;

/* ---------------------------------------------------------------- open, close */

static mien_status fail_errno(mien_error *err)
{
    char text[128];
    mien_errno_text(errno, text, sizeof text);
    return mien_fail(err, errno == ENOMEM ? MIEN_ERR_NOMEM : MIEN_ERR_IO, "%s", text);
}

static mien_status map_pages(mien_mapping *m, uint64_t offset, size_t nbytes, mien_error *err)
{
    struct stat status;
    if (fstat(m->fd, &status) != 0)
        return fail_errno(err);
    if (status.st_size < 0 || (uint64_t)status.st_size < offset ||
        (uint64_t)status.st_size - offset < nbytes)
        return mien_fail(err, MIEN_ERR_IO, "truncated: it became shorter while it was read");
    m->page = (size_t)sysconf(_SC_PAGESIZE);
    size_t into = (size_t)(offset % m->page);
    m->offset = offset - into;
    m->length = nbytes + into;
    void *pages = m->length < nbytes
                      ? MAP_FAILED
                      : mmap(NULL, m->length, PROT_READ, MAP_SHARED, m->fd, (off_t)m->offset);
    if (pages == MAP_FAILED)
        return fail_errno(err);
    m->pages = pages;
    m->bytes = m->pages + into;
    return MIEN_OK;
}

mien_status mien_mapping_open(int fd, uint64_t offset, size_t nbytes, mien_mapping **out,
                              mien_error *err)
{
    mien_mapping *m = mien_alloc_array(1, sizeof *m);
    if (!m)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    m->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    mien_status st = m->fd < 0 ? fail_errno(err) : map_pages(m, offset, nbytes, err);
    if (st) {
        if (m->fd >= 0)
            close(m->fd);
        mien_free(m);
        return st;
    }
    pthread_mutex_init(&m->mutex, NULL);
    *out = m;
    return MIEN_OK;
}

void mien_mapping_free(mien_mapping *m)
{
    if (!m)
        return;
    if (range.mapping == m)
        range.mapping = NULL;
    munmap(m->pages, m->length);
    close(m->fd);
    pthread_mutex_destroy(&m->mutex);
    mien_free(m->there);
    mien_free(m->queue);
    mien_free(m);
}

void *mien_mapping_bytes(const mien_mapping *m)
{
    return m->bytes;
}

/* ---------------------------------------------------------------- what stays */

void mien_mapping_stream(mien_mapping *m, size_t window)
{
    size_t steps = (m->length + STEP - 1) / STEP, room = window / STEP;
    mien_free(m->there);
    mien_free(m->queue);
    m->there = NULL;
    m->queue = NULL;
    m->begin = m->count = 0;
    madvise(m->pages, m->length, window ? MADV_RANDOM : MADV_NORMAL);
    if (!window)
        return;
    m->room = room < STEPS_LEAST ? STEPS_LEAST : room;
    m->there = mien_alloc_array(steps, sizeof *m->there);
    m->queue = mien_alloc_array(m->room, sizeof *m->queue);
    if (m->there && m->queue)
        return;
    mien_free(m->there); /* without room for so little: the system gives pages back as it likes */
    mien_free(m->queue);
    m->there = NULL;
    m->queue = NULL;
}

size_t mien_mapping_window(size_t memory)
{
    enum { SHARE = 8, MOST = 256 << 20 };
    return memory / SHARE < MOST ? memory / SHARE : MOST;
}

void mien_mapping_adopt(mien_pixels *pixels, size_t memory)
{
    uint64_t offset;
    mien_mapping *mapping;
    size_t item = pixels->type == MIEN_U8 ? 1 : pixels->type == MIEN_U16 ? 2 : 4;
    int fd = pixels->mapping ? -1 : mien_spill_file(pixels->values, &offset);
    if (fd < 0 || mien_mapping_open(fd, offset, pixels->n * pixels->p * item, &mapping, NULL))
        return;
    mien_mapping_stream(mapping, mien_mapping_window(memory));
    mien_free(pixels->values); /* the mapping has the file */
    pixels->values = mapping->bytes;
    pixels->mapping = mapping;
}

bool mien_mapping_streams(const mien_mapping *m)
{
    return m && m->there;
}

static void give_back(mien_mapping *m, size_t step)
{
    size_t at = step * STEP, left = m->length - at, count = left < STEP ? left : STEP;
    madvise(m->pages + at, count, MADV_DONTNEED);
    posix_fadvise(m->fd, (off_t)(m->offset + at), (off_t)count, POSIX_FADV_DONTNEED);
}

/* This step is touched and was not there. */
static void take(mien_mapping *m, size_t step)
{
    size_t gone = SIZE_MAX;
    pthread_mutex_lock(&m->mutex);
    if (!atomic_load(&m->there[step])) {
        if (m->count == m->room) {
            gone = m->queue[m->begin];
            m->begin = (m->begin + 1) % m->room;
            m->count--;
            atomic_store(&m->there[gone], false);
        }
        m->queue[(m->begin + m->count++) % m->room] = step;
        atomic_store(&m->there[step], true);
    }
    pthread_mutex_unlock(&m->mutex);
    if (gone != SIZE_MAX)
        give_back(m, gone);
}

size_t mien_mapping_held(const mien_mapping *m)
{
    return m->count * STEP;
}

/* ---------------------------------------------------------------- what comes */

static void ask(const mien_mapping *m, size_t begin, size_t end)
{
    begin -= begin % m->page;
    madvise(m->pages + begin, end - begin, MADV_WILLNEED);
}

void mien_mapping_expect(mien_mapping *m, const void *from, size_t nbytes)
{
    if (!m->there)
        return;
    range.mapping = m;
    range.begin = range.asked = (size_t)((const unsigned char *)from - m->pages);
    range.end = range.begin + nbytes;
}

void mien_mapping_touch(mien_mapping *m, const void *from, size_t nbytes)
{
    if (!m->there || !nbytes)
        return;
    size_t begin = (size_t)((const unsigned char *)from - m->pages), end = begin + nbytes;
    bool expected = range.mapping == m && begin >= range.begin && end <= range.end;
    for (size_t step = begin / STEP; step <= (end - 1) / STEP; step++)
        if (!atomic_load_explicit(&m->there[step], memory_order_relaxed)) {
            take(m, step);
            if (!expected)
                ask(m, begin, end);
        }
    if (!expected || (end + AHEAD - ASK < range.asked) || range.asked == range.end)
        return;
    size_t until = range.end - end < AHEAD ? range.end : end + AHEAD;
    ask(m, range.asked, until);
    range.asked = until;
}
