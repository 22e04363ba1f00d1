/* checkpoint.c - what a run would need to go on after it was killed: named sections in a file.
 * SPDX-License-Identifier: MIT
 *
 * The file is read through once, to see that it is whole, and stays open: sections are read from it
 * straight to where they belong, and those that nobody asked for yet go over into the next
 * generation from there. A new one is written beside, made safe on disk, and renamed. */
#define _POSIX_C_SOURCE 200809L
#include "base/disk/checkpoint.h"

#include "base/deflate.h"
#include "base/disk/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/team.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    VERSION = 1,
    ORDER = 0x01020304,
    IDENTITY_MOST = 1 << 16,
    PIECE = 1 << 18,      /* bytes that are read or copied at a time */
    COPIED_MOST = 1 << 26 /* larger ones are written at once */
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

/* Where a section is: in memory of ours, in the caller's during a change, or in the file. */
struct entry {
    char name[MIEN_SECTION_NAME];
    size_t rows, row_bytes;
    uint32_t checksum;
    void *own;
    const void *lent;
    uint64_t offset;
};

struct table {
    struct entry *at;
    size_t count, capacity;
};

struct mien_checkpoint {
    pthread_mutex_t mutex;
    char path[MIEN_PATH_MAX];
    char *identity; /* owned */
    double seconds, synced;
    _Atomic double written; /* asked for by all starts, while one may be writing ... */
    void (*tell)(void *user, const char *words);
    void *user;
    int fd; /* of the last generation, or -1 */
    struct table table;
    atomic_size_t runs; /* ... and so is this */
    bool failed;        /* told that it cannot be written */
    bool empty;         /* of a rank that is not the first */
};

/* ---------------------------------------------------------------- small things */

double mien_checkpoint_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static size_t bytes_of(const struct entry *e)
{
    return e->rows * e->row_bytes;
}

static void path_with(const mien_checkpoint *c, const char *ending, char path[MIEN_PATH_MAX + 8])
{
    snprintf(path, MIEN_PATH_MAX + 8, "%s%s", c->path, ending);
}

static struct entry *find(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->at[i].name, name) == 0)
            return &table->at[i];
    return NULL;
}

static void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        mien_free(table->at[i].own);
    mien_free(table->at);
    *table = (struct table){0};
}

static struct entry *add(struct table *table)
{
    if (!mien_grow((void **)&table->at, &table->capacity, table->count, table->count + 1,
                   sizeof *table->at))
        return NULL;
    return &table->at[table->count++];
}

static void say(const mien_checkpoint *c, const char *words)
{
    if (c->tell && !c->empty)
        c->tell(c->user, words);
}

/* ---------------------------------------------------------------- reading */

static mien_status read_at(int fd, uint64_t offset, void *to, size_t nbytes)
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
    mien_status st = read_at(r->fd, r->at, to, nbytes);
    r->at += nbytes;
    return st == MIEN_ERR_FORMAT ? damaged(r, "it became shorter") : st;
}

static mien_status check_rows(struct reader *r, const struct entry *e)
{
    uint32_t checksum = 0;
    for (size_t left = bytes_of(e); left;) {
        size_t piece = left < PIECE ? left : PIECE;
        mien_status st = take(r, r->piece, piece);
        if (st)
            return st;
        checksum = mien_crc32_more(checksum, (const unsigned char *)r->piece, piece);
        left -= piece;
    }
    return is_same(checksum, e->checksum) ? MIEN_OK : damaged(r, "a section has another checksum");
}

static mien_status read_section(struct reader *r, struct table *table)
{
    struct section_head head;
    struct entry *e = add(table);
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
        return damaged(r, "it is no checkpoint");
    if (head->version != VERSION || head->order != ORDER)
        return damaged(r, "it is of another version of mien, or of another kind of machine");
    if (head->zero || head->identity > IDENTITY_MOST || head->identity > r->size - r->at)
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

static mien_status read_sections(struct reader *r, struct table *table, char **identity)
{
    struct file_head head;
    mien_status st = read_head(r, &head, identity);
    for (uint32_t i = 0; !st && i < head.sections; i++)
        st = read_section(r, table);
    if (!st && r->at != r->size)
        st = damaged(r, "something stands behind its end");
    return st;
}

/* A generation: *fd, table and *identity, all the caller's. *found false: it is not there. */
static mien_status read_generation(const char *path, struct table *table, char **identity, int *fd,
                                   bool *found, mien_error *err)
{
    struct stat info;
    struct reader r = {.fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW)};
    *found = r.fd >= 0 || errno != ENOENT;
    if (r.fd < 0 && !*found)
        return MIEN_OK;
    if (r.fd < 0 && errno == ELOOP)
        return mien_fail(err, MIEN_ERR_IO, "%s: a link, which is not followed here; remove it",
                         path);
    if (r.fd < 0 || fstat(r.fd, &info) != 0) {
        int reason = errno;
        if (r.fd >= 0)
            close(r.fd);
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(reason));
    }
    if (!S_ISREG(info.st_mode)) {
        close(r.fd);
        return mien_fail(err, MIEN_ERR_IO, "%s: not a regular file", path);
    }
    r.size = info.st_size > 0 ? (uint64_t)info.st_size : 0;
    r.piece = mien_alloc_raw(PIECE, 1);
    mien_status st = r.piece ? read_sections(&r, table, identity) : MIEN_ERR_NOMEM;
    mien_free(r.piece);
    if (!st) {
        *fd = r.fd;
        return MIEN_OK;
    }
    int reason = errno;
    close(r.fd);
    table_free(table);
    mien_free(*identity);
    *identity = NULL;
    if (st == MIEN_ERR_NOMEM)
        return mien_fail_plain(err, st);
    return mien_fail(err, st, "%s%s: %s", path, st == MIEN_ERR_FORMAT ? " is damaged" : "",
                     st == MIEN_ERR_FORMAT ? r.damage : strerror(reason));
}

/* ---------------------------------------------------------------- whose it is */

/* The line that begins at `at` has a name and a value: "data: 400 images". */
static size_t line_length(const char *at)
{
    return strcspn(at, "\n");
}

/* Name the first line in which two identities differ. */
static mien_status refuse_identity(const char *path, const char *kept, const char *now,
                                   mien_error *err)
{
    while (*kept && *now && line_length(kept) == line_length(now) &&
           strncmp(kept, now, line_length(kept)) == 0) {
        kept += line_length(kept) + (kept[line_length(kept)] == '\n');
        now += line_length(now) + (now[line_length(now)] == '\n');
    }
    return mien_fail(
        err, MIEN_ERR_ARG,
        "%s keeps a run that had \"%.*s\", and now it is \"%.*s\": give the same to go "
        "on from there, or --no-resume to begin anew",
        path, (int)line_length(kept), kept, (int)line_length(now), now);
}

mien_status mien_checkpoint_compare(const char *path, const char *kept, const char *now,
                                    mien_error *err)
{
    return strcmp(kept, now) == 0 ? MIEN_OK : refuse_identity(path, kept, now, err);
}

/* What stands on disk, the newer generation or, where that is damaged, the one before. */
static mien_status read_both(mien_checkpoint *c, mien_error *err)
{
    char old[MIEN_PATH_MAX + 8], *identity = NULL;
    bool found, older = false;
    mien_error why, also;
    path_with(c, ".old", old);
    mien_status st = read_generation(c->path, &c->table, &identity, &c->fd, &found, &why);
    if (st == MIEN_ERR_FORMAT || !found) {
        mien_status other = read_generation(old, &c->table, &identity, &c->fd, &older, &also);
        if (other == MIEN_OK && older && st) {
            char words[sizeof why.message + 80];
            snprintf(words, sizeof words, "%s; the one before it is gone on from", why.message);
            say(c, words);
        }
        if (st && (other || !older))
            return mien_fail(err, st, "%s%s%s; remove %s to begin anew, or give --no-resume",
                             why.message, other ? ", and " : "", other ? also.message : "",
                             other ? "both" : "it");
        if (!st && other)
            return mien_fail(err, other, "%s; remove it to begin anew, or give --no-resume",
                             also.message);
        st = MIEN_OK;
    }
    if (st) {
        if (err)
            *err = why;
        return st;
    }
    if (identity)
        st = mien_checkpoint_compare(found ? c->path : old, identity, c->identity, err);
    mien_free(identity);
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
static mien_status put_from_file(struct writer *w, int fd, const struct entry *e)
{
    uint64_t from = e->offset;
    for (size_t left = bytes_of(e); left;) {
        mien_status st = w->used == PIECE ? flush(w) : MIEN_OK;
        size_t piece = PIECE - w->used < left ? PIECE - w->used : left;
        if (!st)
            st = read_at(fd, from, w->piece + w->used, piece);
        if (st)
            return st;
        w->used += piece;
        w->at += piece;
        from += piece;
        left -= piece;
    }
    return MIEN_OK;
}

/* Sets the offsets of the entries to where they then are. */
static mien_status put_sections(struct writer *w, const mien_checkpoint *c, struct table *table)
{
    struct file_head head = {.version = VERSION,
                             .order = ORDER,
                             .identity = (uint32_t)strlen(c->identity),
                             .sections = (uint32_t)table->count};
    memcpy(head.magic, MAGIC, sizeof MAGIC);
    head.checksum = mien_crc32((const unsigned char *)&head, COVERED);
    head.checksum =
        mien_crc32_more(head.checksum, (const unsigned char *)c->identity, head.identity);
    mien_status st = put(w, &head, sizeof head);
    if (!st)
        st = put(w, c->identity, head.identity);
    for (size_t i = 0; i < table->count && !st; i++) {
        struct entry *e = &table->at[i];
        const void *memory = e->lent ? e->lent : e->own;
        struct section_head section = {
            .name = (uint32_t)strlen(e->name), .rows = e->rows, .row_bytes = e->row_bytes};
        if (e->lent)
            e->checksum = mien_crc32(e->lent, bytes_of(e));
        section.rows_checksum = e->checksum;
        section.checksum = mien_crc32((const unsigned char *)&section, COVERED);
        section.checksum =
            mien_crc32_more(section.checksum, (const unsigned char *)e->name, section.name);
        st = put(w, &section, sizeof section);
        if (!st)
            st = put(w, e->name, section.name);
        uint64_t offset = w->at;
        if (!st)
            st = memory ? put(w, memory, bytes_of(e)) : put_from_file(w, c->fd, e);
        e->offset = offset;
    }
    return st ? st : flush(w);
}

/* The folder's entry, too, has to be safe; that a system cannot do so is no fault of the file. */
static void sync_folder(const char *path)
{
    char folder[MIEN_PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* path.new becomes path, and what that was becomes path.old. There is a whole file at path at any
 * moment, but where the file system knows no second names. */
static mien_status take_place(mien_checkpoint *c, const char *beside)
{
    char old[MIEN_PATH_MAX + 8];
    path_with(c, ".old", old);
    unlink(old);
    if (link(c->path, old) != 0 && errno != ENOENT && rename(c->path, old) != 0)
        return MIEN_ERR_IO;
    return rename(beside, c->path) == 0 ? MIEN_OK : MIEN_ERR_IO;
}

/* A new generation of what `table` says, of which c->table becomes the index. Waiting for the disk
 * once a second is enough: only a machine that loses its power forgets more. */
static mien_status write_generation(mien_checkpoint *c, struct table *table, mien_error *err)
{
    char beside[MIEN_PATH_MAX + 8];
    path_with(c, ".new", beside);
    double now = mien_checkpoint_clock();
    c->written = now;
    struct writer w = {.piece = mien_alloc_raw(PIECE, 1)};
    if (!w.piece)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (unlink(beside) != 0 && errno != ENOENT)
        w.fd = -1;
    else
        w.fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    mien_status st = w.fd < 0 ? MIEN_ERR_IO : put_sections(&w, c, table);
    bool sync = now - c->synced >= 1;
    if (!st && sync && !mien_file_sync(w.fd))
        st = MIEN_ERR_IO;
    if (!st)
        st = take_place(c, beside);
    int reason = errno;
    mien_free(w.piece);
    if (st) {
        if (w.fd >= 0) {
            close(w.fd);
            unlink(beside);
        }
        return mien_fail(err, st, "%s: %s", c->path,
                         st == MIEN_ERR_IO ? strerror(reason) : "the generation before is damaged");
    }
    if (sync) {
        sync_folder(c->path);
        c->synced = now;
    }
    if (c->fd >= 0)
        close(c->fd);
    c->fd = w.fd;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- changing */

static bool goes(const struct entry *e, const char *drop, const mien_section *sections,
                 size_t count)
{
    if (drop && strncmp(e->name, drop, strlen(drop)) == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        if (strcmp(e->name, sections[i].name) == 0)
            return true;
    return false;
}

/* *next <- what stays, then the sections, lent. */
static mien_status plan_change(const mien_checkpoint *c, const char *drop,
                               const mien_section *sections, size_t count, struct table *next,
                               size_t *lent)
{
    *lent = 0;
    for (size_t i = 0; i < c->table.count; i++) {
        struct entry *e = goes(&c->table.at[i], drop, sections, count) ? NULL : add(next);
        if (e)
            *e = c->table.at[i];
        else if (!goes(&c->table.at[i], drop, sections, count))
            return MIEN_ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        struct entry *e = add(next);
        if (!e)
            return MIEN_ERR_NOMEM;
        *e = (struct entry){.rows = sections[i].rows,
                            .row_bytes = sections[i].row_bytes,
                            .lent = sections[i].bytes};
        snprintf(e->name, sizeof e->name, "%s", sections[i].name);
        *lent += bytes_of(e);
    }
    return MIEN_OK;
}

/* What was lent becomes ours. */
static mien_status copy_lent(struct table *next)
{
    for (size_t i = 0; i < next->count; i++) {
        struct entry *e = &next->at[i];
        if (!e->lent)
            continue;
        void *copy = mien_alloc_raw(bytes_of(e), 1);
        if (!copy) {
            for (size_t k = 0; k < i; k++)
                if (next->at[k].lent)
                    mien_free(next->at[k].own);
            return MIEN_ERR_NOMEM;
        }
        memcpy(copy, e->lent, bytes_of(e));
        e->own = copy;
        e->checksum = mien_crc32(copy, bytes_of(e));
    }
    for (size_t i = 0; i < next->count; i++)
        next->at[i].lent = NULL;
    return MIEN_OK;
}

/* `next` is in force: what went gives its memory back, and where all is in the file, all does. */
static void adopt(mien_checkpoint *c, struct table *next, bool in_file)
{
    for (size_t i = 0; i < c->table.count; i++) {
        const struct entry *before = &c->table.at[i];
        const struct entry *after = find(next, before->name);
        if (in_file || !after || after->own != before->own)
            mien_free(before->own);
    }
    for (size_t i = 0; i < next->count && in_file; i++) {
        next->at[i].own = NULL;
        next->at[i].lent = NULL;
    }
    mien_free(c->table.at);
    c->table = *next;
}

/* Once: the next failures are the same one. */
static void tell_failure(mien_checkpoint *c, const char *why)
{
    char words[MIEN_PATH_MAX + 128];
    snprintf(words, sizeof words, "%s; the run goes on, with the checkpoint as it was", why);
    if (!c->failed)
        say(c, words);
    c->failed = true;
}

static void change(mien_checkpoint *c, const char *drop, const mien_section *sections, size_t count,
                   bool may_write)
{
    if (c->empty)
        return;
    struct table next = {0};
    size_t lent;
    mien_error err = {0};
    mien_status st = plan_change(c, drop, sections, count, &next, &lent);
    bool write =
        may_write && (lent > COPIED_MOST || mien_checkpoint_clock() - c->written >= c->seconds);
    if (st)
        mien_fail_plain(&err, st);
    else if (write)
        st = write_generation(c, &next, &err);
    bool written = write && !st;
    if (!written && lent <= COPIED_MOST && st != MIEN_ERR_NOMEM) {
        if (st)
            tell_failure(c, err.message);
        st = copy_lent(&next);
        if (st)
            mien_fail_plain(&err, st);
        else
            for (size_t i = 0; i < next.count; i++) { /* what failed moved what is in the file */
                const struct entry *before = find(&c->table, next.at[i].name);
                if (before && next.at[i].own == before->own)
                    next.at[i].offset = before->offset;
            }
    }
    if (st) {
        tell_failure(c, err.message);
        mien_free(next.at);
        return;
    }
    c->failed = c->failed && !written;
    adopt(c, &next, written);
}

void mien_checkpoint_change(mien_checkpoint *c, const char *drop, const mien_section *sections,
                            size_t count)
{
    pthread_mutex_lock(&c->mutex);
    change(c, drop, sections, count, true);
    pthread_mutex_unlock(&c->mutex);
}

void mien_checkpoint_note(mien_checkpoint *c, const mien_section *section)
{
    pthread_mutex_lock(&c->mutex);
    change(c, NULL, section, 1, false);
    pthread_mutex_unlock(&c->mutex);
}

/* ---------------------------------------------------------------- asking */

const char *mien_checkpoint_path(const mien_checkpoint *c)
{
    return c->path;
}

double mien_checkpoint_seconds(const mien_checkpoint *c)
{
    return c->seconds;
}

double mien_checkpoint_written(mien_checkpoint *c)
{
    return c->written;
}

size_t mien_checkpoint_runs(mien_checkpoint *c, int more)
{
    return atomic_fetch_add(&c->runs, (size_t)more) + (size_t)more; /* wraps to one less for -1 */
}

bool mien_checkpoint_find(mien_checkpoint *c, const char *name, size_t *rows, size_t *row_bytes)
{
    uint64_t found[3] = {0}; /* whether; rows, bytes of a row */
    pthread_mutex_lock(&c->mutex);
    const struct entry *e = find(&c->table, name);
    if (e) {
        found[0] = true;
        found[1] = e->rows;
        found[2] = e->row_bytes;
    }
    pthread_mutex_unlock(&c->mutex);
    mien_team_broadcast(mien_team_now(), 0, found, sizeof found);
    if (found[0]) {
        *rows = (size_t)found[1];
        *row_bytes = (size_t)found[2];
    }
    return found[0];
}

static mien_status read_entry(mien_checkpoint *c, const char *name, void *to, size_t rows,
                              size_t row_bytes, mien_error *err)
{
    pthread_mutex_lock(&c->mutex);
    const struct entry *e = find(&c->table, name);
    mien_status st = e && e->rows == rows && e->row_bytes == row_bytes ? MIEN_OK : MIEN_ERR_FORMAT;
    if (st)
        mien_fail(err, st, "%s: what is kept does not fit together (%s); --no-resume begins anew",
                  c->path, name);
    else if (e->own)
        memcpy(to, e->own, bytes_of(e));
    else if (bytes_of(e) && (st = read_at(c->fd, e->offset, to, bytes_of(e))) != MIEN_OK)
        mien_fail(err, st, "%s: %s", c->path,
                  st == MIEN_ERR_IO ? strerror(errno) : "it became shorter");
    pthread_mutex_unlock(&c->mutex);
    return st;
}

/* What came of it in the first rank, whose words are heard, comes to all. */
static mien_status share_status(mien_status st, mien_error *err)
{
    const mien_team *team = mien_team_now();
    uint64_t first = st;
    mien_team_broadcast(team, 0, &first, sizeof first);
    st = (mien_status)first;
    return st && mien_team_rank(team) ? mien_fail_plain(err, st) : st;
}

mien_status mien_checkpoint_read(mien_checkpoint *c, const char *name, void *to, size_t rows,
                                 size_t row_bytes, mien_error *err)
{
    const mien_team *team = mien_team_now();
    mien_status st = team && c->empty ? MIEN_OK : read_entry(c, name, to, rows, row_bytes, err);
    st = share_status(st, err);
    if (!st)
        mien_team_broadcast(team, 0, to, rows * row_bytes);
    return st;
}

void mien_checkpoint_say(mien_checkpoint *c, const char *words)
{
    pthread_mutex_lock(&c->mutex);
    say(c, words);
    pthread_mutex_unlock(&c->mutex);
}

/* ---------------------------------------------------------------- the caller's */

static void remove_files(const mien_checkpoint *c)
{
    static const char *const endings[] = {"", ".old", ".new"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[MIEN_PATH_MAX + 8];
        path_with(c, endings[i], path);
        unlink(path);
    }
}

mien_status mien_checkpoint_open(const mien_checkpoint_options *options, mien_checkpoint **out,
                                 mien_error *err)
{
    mien_status st = mien_check_given(err, options, out);
    if (st)
        return st;
    if (!options->path || strlen(options->path) >= MIEN_PATH_MAX)
        return mien_fail(err, MIEN_ERR_ARG, "checkpoint: %s",
                         options->path ? "the path is too long" : "a path is needed");
    if (!(options->seconds >= 0))
        return mien_fail(err, MIEN_ERR_ARG, "checkpoint: seconds are 0 or more");
    mien_checkpoint *c = mien_alloc_array(1, sizeof *c);
    char *identity = mien_strdup(options->identity ? options->identity : "");
    if (!c || !identity || strlen(identity) > IDENTITY_MOST) {
        mien_free(identity);
        mien_free(c);
        return mien_fail_plain(err, c && identity ? MIEN_ERR_ARG : MIEN_ERR_NOMEM);
    }
    double now = mien_checkpoint_clock();
    *c = (mien_checkpoint){.identity = identity,
                           .seconds = options->seconds,
                           .written = now,
                           .synced = now - 1,
                           .tell = options->tell,
                           .user = options->user,
                           .fd = -1,
                           .empty = !mien_team_leads()};
    strcpy(c->path, options->path);
    pthread_mutex_init(&c->mutex, NULL);
    if (!c->empty && options->anew)
        remove_files(c);
    else if (!c->empty)
        st = read_both(c, err);
    st = share_status(st, err);
    if (st)
        mien_checkpoint_close(c);
    else
        *out = c;
    return st;
}

bool mien_checkpoint_holds(mien_checkpoint *c)
{
    if (!c)
        return false;
    pthread_mutex_lock(&c->mutex);
    bool holds = c->fd >= 0;
    pthread_mutex_unlock(&c->mutex);
    return holds;
}

mien_status mien_checkpoint_write(mien_checkpoint *c, mien_error *err)
{
    mien_status st = mien_check_given(err, c);
    if (st || c->empty)
        return st;
    struct table next = {0};
    size_t lent;
    pthread_mutex_lock(&c->mutex);
    st = plan_change(c, NULL, NULL, 0, &next, &lent);
    st = st ? mien_fail_plain(err, st) : write_generation(c, &next, err);
    if (st)
        mien_free(next.at);
    else
        adopt(c, &next, true);
    pthread_mutex_unlock(&c->mutex);
    return st;
}

void mien_checkpoint_close(mien_checkpoint *c)
{
    if (!c)
        return;
    table_free(&c->table);
    if (c->fd >= 0)
        close(c->fd);
    mien_free(c->identity);
    pthread_mutex_destroy(&c->mutex);
    mien_free(c);
}

void mien_checkpoint_remove(mien_checkpoint *c)
{
    if (c && !c->empty)
        remove_files(c);
    mien_checkpoint_close(c);
}
