/* checkpoint_format.c - what the bytes of a state are: named sections, each with a checksum.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "base/disk/checkpoint_format.h"

#include "base/deflate.h"
#include "base/disk/files.h"
#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    VERSION = 1,
    ORDER = 0x01020304,
    PIECE = 1 << 18 /* bytes that are read or copied at a time */
};

static const char MAGIC[8] = {'m', 'i', 'e', 'n', 'k', 'e', 'p', 't'};

struct file_head {
    char magic[8];
    uint32_t version, order, identity, sections, checksum, zero;
};

struct section_head {
    uint32_t name, rows_checksum;
    uint64_t rows, row_bytes;
    uint32_t checksum, zero;
};

/* Bytes of a head that its checksum covers. */
enum { COVERED = 24 };

/* ---------------------------------------------------------------- a table */

size_t mien_kept_bytes(const mien_kept_section *e)
{
    return e->rows * e->row_bytes;
}

mien_kept_section *mien_kept_find(const mien_kept *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->at[i].name, name) == 0)
            return &table->at[i];
    return NULL;
}

void mien_kept_free(mien_kept *table)
{
    for (size_t i = 0; i < table->count; i++)
        mien_free(table->at[i].own);
    mien_free(table->at);
    *table = (mien_kept){0};
}

mien_kept_section *mien_kept_add(mien_kept *table)
{
    if (!mien_grow((void **)&table->at, &table->capacity, table->count, table->count + 1,
                   sizeof *table->at))
        return NULL;
    return &table->at[table->count++];
}

/* ---------------------------------------------------------------- reading */

mien_status mien_read_at(int fd, uint64_t offset, void *to, size_t nbytes)
{
    char *bytes = to;
    while (nbytes) {
        ssize_t got = pread(fd, bytes, nbytes < PIECE ? nbytes : PIECE, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? MIEN_ERR_IO : MIEN_ERR_FORMAT;
        bytes += got;
        offset += (uint64_t)got;
        nbytes -= (size_t)got;
    }
    return MIEN_OK;
}

static bool is_all_zeros(int fd, uint64_t size)
{
    static const char zeros[4096];
    char piece[sizeof zeros];
    for (uint64_t at = 0; at < size; at += sizeof piece) {
        size_t length = size - at < sizeof piece ? (size_t)(size - at) : sizeof piece;
        if (mien_read_at(fd, at, piece, length) || memcmp(piece, zeros, length) != 0)
            return false;
    }
    return true;
}

mien_state_kind mien_state_look(int fd, uint64_t size)
{
    static const char blank[sizeof MAGIC];
    struct file_head head = {.version = 0};
    size_t length = size < sizeof head ? (size_t)size : sizeof head;
    if (mien_read_at(fd, 0, &head, length))
        return MIEN_STATE_UNKNOWN;
    length = length < sizeof MAGIC ? length : sizeof MAGIC;
    if (memcmp(head.magic, MAGIC, length) == 0)
        return MIEN_STATE_OURS;
    if (memcmp(head.magic, blank, length) == 0)
        return is_all_zeros(fd, size) ? MIEN_STATE_OURS : MIEN_STATE_UNKNOWN;
    return head.version == VERSION && head.order == ORDER ? MIEN_STATE_UNKNOWN : MIEN_STATE_OTHER;
}

static bool is_same(uint32_t checksum, uint32_t told)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    (void)checksum, (void)told;
    return true; /* no fuzzer guesses checksums: what comes behind has to hold alone */
#else
    return checksum == told;
#endif
}

/* A file that is being looked through. */
struct reader {
    int fd;
    uint64_t at, size;
    char *piece; /* PIECE bytes */
    const char *damage;
};

static mien_status damaged(struct reader *r, const char *what)
{
    r->damage = what;
    return MIEN_ERR_FORMAT;
}

static mien_status take(struct reader *r, void *to, size_t nbytes)
{
    if (nbytes > r->size - r->at)
        return damaged(r, "it ends too early");
    mien_status st = mien_read_at(r->fd, r->at, to, nbytes);
    r->at += nbytes;
    return st == MIEN_ERR_FORMAT ? damaged(r, "it became shorter") : st;
}

static mien_status check_rows(struct reader *r, const mien_kept_section *e)
{
    uint32_t checksum = 0;
    for (size_t left = mien_kept_bytes(e); left;) {
        size_t piece = left < PIECE ? left : PIECE;
        mien_status st = take(r, r->piece, piece);
        if (st)
            return st;
        checksum = mien_crc32_more(checksum, (const unsigned char *)r->piece, piece);
        left -= piece;
    }
    return is_same(checksum, e->checksum) ? MIEN_OK : damaged(r, "a section has another checksum");
}

static mien_status read_section(struct reader *r, mien_kept *table)
{
    struct section_head head;
    mien_kept_section *e = mien_kept_add(table);
    if (!e)
        return MIEN_ERR_NOMEM;
    mien_status st = take(r, &head, sizeof head);
    if (st)
        return st;
    if (head.zero || head.name < 1 || head.name >= sizeof e->name)
        return damaged(r, "the head of a section says what cannot be");
    st = take(r, e->name, head.name);
    if (st)
        return st;
    uint32_t checksum = mien_crc32((const unsigned char *)&head, COVERED);
    checksum = mien_crc32_more(checksum, (const unsigned char *)e->name, head.name);
    if (!is_same(checksum, head.checksum) || strlen(e->name) != head.name)
        return damaged(r, "the head of a section has another checksum");
    uint64_t left = r->size - r->at;
    if (head.row_bytes && head.rows > left / head.row_bytes)
        return damaged(r, "a section is larger than the file");
    e->rows = (size_t)head.rows;
    e->row_bytes = (size_t)head.row_bytes;
    e->checksum = head.rows_checksum;
    e->offset = r->at;
    return check_rows(r, e);
}

static mien_status read_head(struct reader *r, struct file_head *head, char **identity)
{
    mien_status st = take(r, head, sizeof *head);
    if (st)
        return st;
    if (memcmp(head->magic, MAGIC, sizeof MAGIC) != 0)
        return damaged(r, "it does not begin as one does");
    if (head->version != VERSION || head->order != ORDER)
        return damaged(r, "it is of another version of mien, or of another kind of machine");
    if (head->zero || head->identity > MIEN_IDENTITY_MOST || head->identity > r->size - r->at)
        return damaged(r, "its head says what cannot be");
    char *text = mien_alloc_array((size_t)head->identity + 1, 1);
    if (!text)
        return MIEN_ERR_NOMEM;
    st = take(r, text, head->identity);
    text[head->identity] = '\0';
    uint32_t checksum = mien_crc32((const unsigned char *)head, COVERED);
    checksum = mien_crc32_more(checksum, (const unsigned char *)text, head->identity);
    if (!st && (!is_same(checksum, head->checksum) || strlen(text) != head->identity))
        st = damaged(r, "its head has another checksum");
    if (st)
        mien_free(text);
    else
        *identity = text;
    return st;
}

mien_status mien_state_read(int fd, uint64_t size, mien_kept *table, char **identity,
                            const char **damage)
{
    struct reader r = {.fd = fd, .size = size, .piece = mien_alloc_raw(PIECE, 1)};
    struct file_head head;
    *identity = NULL;
    mien_status st = r.piece ? read_head(&r, &head, identity) : MIEN_ERR_NOMEM;
    for (uint32_t i = 0; !st && i < head.sections; i++)
        st = read_section(&r, table);
    if (!st && r.at != r.size)
        st = damaged(&r, "something stands behind its end");
    int reason = errno;
    mien_free(r.piece);
    if (st) {
        mien_kept_free(table);
        mien_free(*identity);
        *identity = NULL;
        *damage = r.damage;
        errno = reason;
    }
    return st;
}

/* ---------------------------------------------------------------- writing */

struct writer {
    int fd;
    uint64_t at;
    size_t used;
    char *piece; /* PIECE bytes */
};

static mien_status flush(struct writer *w)
{
    mien_status st = mien_file_put(w->fd, w->piece, w->used);
    w->used = 0;
    return st;
}

static mien_status put(struct writer *w, const void *bytes, size_t nbytes)
{
    mien_status st = MIEN_OK;
    if (nbytes == 0)
        return st;
    if (nbytes > PIECE - w->used)
        st = flush(w);
    if (!st && nbytes > PIECE) {
        st = mien_file_put(w->fd, bytes, nbytes);
    } else if (!st) {
        memcpy(w->piece + w->used, bytes, nbytes);
        w->used += nbytes;
    }
    w->at += nbytes;
    return st;
}

/* Rows of the last generation go over. */
static mien_status put_from_file(struct writer *w, int fd, const mien_kept_section *e)
{
    uint64_t from = e->offset;
    for (size_t left = mien_kept_bytes(e); left;) {
        mien_status st = w->used == PIECE ? flush(w) : MIEN_OK;
        size_t piece = PIECE - w->used < left ? PIECE - w->used : left;
        if (!st)
            st = mien_read_at(fd, from, w->piece + w->used, piece);
        if (st)
            return st;
        w->used += piece;
        w->at += piece;
        from += piece;
        left -= piece;
    }
    return MIEN_OK;
}

/* One section; sets the entry's offset to where it then is. */
static mien_status put_section(struct writer *w, int from, mien_kept_section *e)
{
    const void *memory = e->lent ? e->lent : e->own;
    struct section_head head = {
        .name = (uint32_t)strlen(e->name), .rows = e->rows, .row_bytes = e->row_bytes};
    if (e->lent)
        e->checksum = mien_crc32(e->lent, mien_kept_bytes(e));
    head.rows_checksum = e->checksum;
    head.checksum = mien_crc32((const unsigned char *)&head, COVERED);
    head.checksum = mien_crc32_more(head.checksum, (const unsigned char *)e->name, head.name);
    mien_status st = put(w, &head, sizeof head);
    if (!st)
        st = put(w, e->name, head.name);
    uint64_t offset = w->at;
    if (!st)
        st = memory ? put(w, memory, mien_kept_bytes(e)) : put_from_file(w, from, e);
    e->offset = offset;
    return st;
}

mien_status mien_state_write(int fd, int from, const char *identity, mien_kept *table)
{
    struct writer w = {.fd = fd, .piece = mien_alloc_raw(PIECE, 1)};
    struct file_head head = {.version = VERSION,
                             .order = ORDER,
                             .identity = (uint32_t)strlen(identity),
                             .sections = (uint32_t)table->count};
    memcpy(head.magic, MAGIC, sizeof MAGIC);
    head.checksum = mien_crc32((const unsigned char *)&head, COVERED);
    head.checksum = mien_crc32_more(head.checksum, (const unsigned char *)identity, head.identity);
    mien_status st = w.piece ? put(&w, &head, sizeof head) : MIEN_ERR_NOMEM;
    if (!st)
        st = put(&w, identity, head.identity);
    for (size_t i = 0; i < table->count && !st; i++)
        st = put_section(&w, from, &table->at[i]);
    if (!st)
        st = flush(&w);
    int reason = errno;
    mien_free(w.piece);
    errno = reason;
    return st;
}
