/* mapping.c - a file that is mapped, not read: its pages come as they are needed, and go.
 * SPDX-License-Identifier: MIT
 *
 * A streamed mapping is not looked at through its pages. Each thread reads into a buffer of its
 * own: of the range that it said it goes through a block at a time, asking for what comes next
 * ahead and dropping what was read from the page cache, which counts as memory of its control
 * group; of other images, those of a sample, just these. Single pixels of images in any order are
 * looked at where they are mapped (mien_mapping_peek()). To map pages, take them out and
 * tell all processors so costs several times as much as to copy them: 1.0 to 1.3 s of processor
 * time for 1.64 GB against 0.2 s (a virtual machine, 2026-11), in each pass; and where the system
 * caches a file by large pieces, a single touch maps all of one. */
#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L
#include "data/mapping.h"

#include "base/memory.h"
#include "base/spill.h"
#include "base/status.h"
#include "data/input.h"
#include "data/turned.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BLOCK = 1000 * 1024,     /* bytes that a thread reads at a time: too few to be spilled */
    AHEAD = 4 * 1024 * 1024, /* bytes asked for ahead: some ms of a fast disk */
    PEEKS = 256              /* looks until pages go: each maps 64 kB or more */
};

/* A thread's, for the whole life of the mapping. */
typedef struct reader {
    struct reader *next;
    pthread_t owner;
    size_t begin, end; /* what is in it: offsets from `pages` */
    unsigned char *bytes;
    size_t size; /* of bytes: BLOCK, or a larger row */
    bool failed; /* its last read did */
} reader;

struct mien_mapping {
    uint64_t serial;      /* no other has it: addresses come again */
    unsigned char *pages; /* where the mapping begins, at a page */
    size_t length;        /* bytes from there */
    unsigned char *bytes; /* what was asked for begins here */
    uint64_t offset;      /* of `pages` in the file */
    int fd;
    size_t page;
    bool streams;
    atomic_size_t peeks;
    mien_turned *turned;
    reader *readers;
    pthread_mutex_t mutex; /* of the list of readers */
};

/* What this thread goes through, and how far it has been asked for: offsets from `pages`. */
static _Thread_local struct {
    uint64_t serial; /* of the mapping; 0: none */
    size_t begin, end, asked;
} range;

/* And the reader it had last. */
static _Thread_local struct {
    uint64_t serial;
    reader *reader;
} mine;

static atomic_uint_least64_t serials;

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
    m->serial = atomic_fetch_add(&serials, 1) + 1;
    *out = m;
    return MIEN_OK;
}

void mien_mapping_free(mien_mapping *m)
{
    if (!m)
        return;
    for (reader *next; m->readers; m->readers = next) {
        next = m->readers->next;
        mien_free(m->readers->bytes);
        mien_free(m->readers);
    }
    mien_turned_free(m->turned);
    munmap(m->pages, m->length);
    close(m->fd);
    pthread_mutex_destroy(&m->mutex);
    mien_free(m);
}

void *mien_mapping_bytes(const mien_mapping *m)
{
    return m->bytes;
}

/* ---------------------------------------------------------------- what stays */

void mien_mapping_stream(mien_mapping *m, bool streams)
{
    m->streams = streams;
}

bool mien_mapping_streams(const mien_mapping *m)
{
    return m && m->streams;
}

void mien_mapping_adopt(mien_pixels *pixels)
{
    uint64_t offset;
    mien_mapping *mapping;
    size_t item = pixels->type == MIEN_U8 ? 1 : pixels->type == MIEN_U16 ? 2 : 4;
    int fd = pixels->mapping ? -1 : mien_spill_file(pixels->values, &offset);
    if (fd < 0 || mien_mapping_open(fd, offset, pixels->n * pixels->p * item, &mapping, NULL))
        return;
    mien_mapping_stream(mapping, true);
    mien_free(pixels->values); /* the mapping has the file */
    pixels->values = mapping->bytes;
    pixels->mapping = mapping;
}

mien_turned *mien_mapping_turned(mien_mapping *m)
{
    if (!mien_mapping_streams(m))
        return NULL;
    pthread_mutex_lock(&m->mutex);
    if (!m->turned)
        m->turned = mien_turned_create();
    mien_turned *turned = m->turned;
    pthread_mutex_unlock(&m->mutex);
    return turned;
}

/* ---------------------------------------------------------------- reading */

/* This thread's; NULL: no memory. */
static reader *reader_of(mien_mapping *m)
{
    if (mine.serial == m->serial)
        return mine.reader;
    pthread_mutex_lock(&m->mutex);
    reader *own = m->readers;
    while (own && !pthread_equal(own->owner, pthread_self()))
        own = own->next;
    if (!own && (own = mien_alloc_array(1, sizeof *own)) != NULL) {
        own->owner = pthread_self();
        own->next = m->readers;
        m->readers = own;
    }
    pthread_mutex_unlock(&m->mutex);
    mine.serial = own ? m->serial : 0;
    mine.reader = own;
    return own;
}

static bool hold(reader *own, size_t nbytes)
{
    if (own->size >= nbytes)
        return true;
    mien_free(own->bytes);
    own->size = nbytes > BLOCK ? nbytes : BLOCK;
    own->bytes = mien_alloc_raw(own->size, 1);
    own->size = own->bytes ? own->size : 0;
    own->begin = own->end = 0;
    return own->bytes;
}

/* What a read failed with, until the thread that made it reads on. */
static struct {
    atomic_bool begun, whole; /* of the words */
    char words[4096 + 128];
} failure;

/* reason: an errno; 0: the file ended. */
static void note_failure(reader *own, int fd, int reason)
{
    char link[32], text[128] = "it became shorter while it was read";
    if (atomic_exchange(&failure.begun, true))
        return;
    own->failed = true;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, failure.words, 4096);
    if (length < 0)
        length = sprintf(failure.words, "a file that is mapped");
    if (reason)
        mien_errno_text(reason, text, sizeof text);
    snprintf(failure.words + length, sizeof failure.words - (size_t)length, ": %s", text);
    for (char *c = failure.words; *c; c++) /* a terminal may read it as it is */
        *c = (unsigned char)*c < ' ' || *c == 127 ? '?' : *c;
    atomic_store(&failure.whole, true);
}

static void forget_failure(reader *own)
{
    own->failed = false;
    atomic_store(&failure.whole, false);
    atomic_store(&failure.begun, false);
}

const char *mien_read_failure(void)
{
    return atomic_load(&failure.whole) ? failure.words : NULL;
}

/* Bytes begin .. end - 1 to the reader; what it has of the first of them already stays. */
static void read_bytes(const mien_mapping *m, reader *own, size_t begin, size_t end)
{
    size_t kept = begin >= own->begin && begin < own->end ? own->end - begin : 0;
    memmove(own->bytes, own->bytes + (kept ? begin - own->begin : 0), kept);
    own->begin = begin;
    own->end = begin + kept;
    while (own->end < end) {
        ssize_t got = pread(m->fd, own->bytes + (own->end - begin), end - own->end,
                            (off_t)(m->offset + own->end));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            note_failure(own, m->fd, got < 0 ? errno : 0);
            return;
        }
        own->end += (size_t)got;
    }
    if (own->failed)
        forget_failure(own);
}

static void advise(const mien_mapping *m, size_t begin, size_t end, int what)
{
    if (end > begin)
        posix_fadvise(m->fd, (off_t)(m->offset + begin), (off_t)(end - begin), what);
}

/* A block of the range, from there on. */
static void read_on(const mien_mapping *m, reader *own, size_t begin)
{
    size_t left = range.end - begin, end = left < own->size ? range.end : begin + own->size;
    read_bytes(m, own, begin, end);
    size_t until = range.end - end < AHEAD ? range.end : end + AHEAD;
    if (until > range.asked) {
        advise(m, range.asked > end ? range.asked : end, until, POSIX_FADV_WILLNEED);
        range.asked = until;
    }
    /* gone are whole pages, but for the one that another thread's range may end in */
    size_t first = (begin == range.begin ? begin + m->page - 1 : begin) / m->page * m->page;
    advise(m, first, end / m->page * m->page, POSIX_FADV_DONTNEED);
}

void mien_mapping_expect(mien_mapping *m, const void *from, size_t nbytes)
{
    range.serial = m->streams && nbytes ? m->serial : 0;
    range.begin = range.asked = (size_t)((const unsigned char *)from - m->pages);
    range.end = range.begin + nbytes;
}

const void *mien_mapping_at(mien_mapping *m, const void *from, size_t nbytes)
{
    reader *own = m->streams && nbytes ? reader_of(m) : NULL;
    if (!own || !hold(own, nbytes))
        return from;
    size_t begin = (size_t)((const unsigned char *)from - m->pages), end = begin + nbytes;
    bool expected = range.serial == m->serial && begin >= range.begin && end <= range.end;
    bool in_order = begin == range.begin || (begin >= own->begin && begin <= own->end);
    if (begin < own->begin || end > own->end) {
        if (expected && in_order)
            read_on(m, own, begin);
        else
            read_bytes(m, own, begin, end);
    }
    /* what could not be read is looked at where it is mapped: the system tries once more, and ends
     * the process where that fails, too (SIGBUS) */
    return end <= own->end ? own->bytes + (begin - own->begin) : from;
}

void mien_mapping_peek(mien_mapping *m)
{
    if (m->streams && atomic_fetch_add_explicit(&m->peeks, 1, memory_order_relaxed) % PEEKS == 0)
        madvise(m->pages, m->length, MADV_DONTNEED);
}
