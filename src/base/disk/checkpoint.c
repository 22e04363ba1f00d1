/* checkpoint.c - what a run would need to go on after it was killed: named sections in a file.
 * SPDX-License-Identifier: MIT
 *
 * The file is read through once, to see that it is whole, and stays open: sections are read from it
 * straight to where they belong, and those that nobody asked for yet go over into the next
 * generation from there. */
#define _POSIX_C_SOURCE 200809L
#include "base/disk/checkpoint.h"

#include "base/deflate.h"
#include "base/disk/generations.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/team.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { COPIED_MOST = 1 << 26 }; /* larger ones are written at once */

struct mien_checkpoint {
    pthread_mutex_t mutex;
    mien_generations files;
    char *identity; /* owned */
    double seconds;
    _Atomic double written; /* asked for by all starts, while one may be writing ... */
    void (*tell)(void *user, const char *words);
    void *user;
    mien_kept table;
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

static void say(const mien_checkpoint *c, const char *words)
{
    if (c->tell && !c->empty)
        c->tell(c->user, words);
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

/* What stands on disk, if it is of this run. */
static mien_status read_kept(mien_checkpoint *c, mien_error *err)
{
    char from[MIEN_PATH_MAX + 8], *identity = NULL;
    mien_error words;
    mien_status st = mien_generations_open(&c->files, &c->table, &identity, from, &words, err);
    if (!st && words.message[0])
        say(c, words.message);
    if (!st && identity)
        st = mien_checkpoint_compare(from, identity, c->identity, err);
    mien_free(identity);
    return st;
}

/* A new generation of what `table` says, of which that becomes the index. */
static mien_status write_generation(mien_checkpoint *c, mien_kept *table, mien_error *err)
{
    c->written = mien_checkpoint_clock();
    return mien_generations_write(&c->files, c->identity, table, err);
}

/* ---------------------------------------------------------------- changing */

static bool goes(const mien_kept_section *e, const char *drop, const mien_section *sections,
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
                               const mien_section *sections, size_t count, mien_kept *next,
                               size_t *lent)
{
    *lent = 0;
    for (size_t i = 0; i < c->table.count; i++) {
        mien_kept_section *e =
            goes(&c->table.at[i], drop, sections, count) ? NULL : mien_kept_add(next);
        if (e)
            *e = c->table.at[i];
        else if (!goes(&c->table.at[i], drop, sections, count))
            return MIEN_ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        mien_kept_section *e = mien_kept_add(next);
        if (!e)
            return MIEN_ERR_NOMEM;
        *e = (mien_kept_section){.rows = sections[i].rows,
                                 .row_bytes = sections[i].row_bytes,
                                 .lent = sections[i].bytes};
        snprintf(e->name, sizeof e->name, "%s", sections[i].name);
        *lent += mien_kept_bytes(e);
    }
    return MIEN_OK;
}

/* What was lent becomes ours. */
static mien_status copy_lent(mien_kept *next)
{
    for (size_t i = 0; i < next->count; i++) {
        mien_kept_section *e = &next->at[i];
        if (!e->lent)
            continue;
        void *copy = mien_alloc_raw(mien_kept_bytes(e), 1);
        if (!copy) {
            for (size_t k = 0; k < i; k++)
                if (next->at[k].lent)
                    mien_free(next->at[k].own);
            return MIEN_ERR_NOMEM;
        }
        memcpy(copy, e->lent, mien_kept_bytes(e));
        e->own = copy;
        e->checksum = mien_crc32(copy, mien_kept_bytes(e));
    }
    for (size_t i = 0; i < next->count; i++)
        next->at[i].lent = NULL;
    return MIEN_OK;
}

/* `next` is in force: what went gives its memory back, and where all is in the file, all does. */
static void adopt(mien_checkpoint *c, mien_kept *next, bool in_file)
{
    for (size_t i = 0; i < c->table.count; i++) {
        const mien_kept_section *before = &c->table.at[i];
        const mien_kept_section *after = mien_kept_find(next, before->name);
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
    mien_kept next = {0};
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
                const mien_kept_section *before = mien_kept_find(&c->table, next.at[i].name);
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
    return c->files.path;
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
    const mien_kept_section *e = mien_kept_find(&c->table, name);
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
    const mien_kept_section *e = mien_kept_find(&c->table, name);
    mien_status st = e && e->rows == rows && e->row_bytes == row_bytes ? MIEN_OK : MIEN_ERR_FORMAT;
    if (st)
        mien_fail(err, st, "%s: what is kept does not fit together (%s); --no-resume begins anew",
                  c->files.path, name);
    else if (e->own)
        memcpy(to, e->own, mien_kept_bytes(e));
    else if (mien_kept_bytes(e) &&
             (st = mien_read_at(c->files.fd, e->offset, to, mien_kept_bytes(e))) != MIEN_OK)
        mien_fail(err, st, "%s: %s", c->files.path,
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

mien_status mien_checkpoint_read_rows(mien_checkpoint *c, const char *name, size_t row_bytes,
                                      void **out, size_t *rows, mien_error *err)
{
    size_t count, length;
    *rows = 0;
    *out = NULL;
    if (!mien_checkpoint_find(c, name, &count, &length) || count == 0)
        return MIEN_OK;
    void *all = length == row_bytes ? mien_alloc_raw(count, row_bytes) : NULL;
    mien_status st = MIEN_OK;
    if (!all && length == row_bytes)
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    st = mien_team_fail_alike(mien_team_now(), st, err);
    if (!st)
        st = mien_checkpoint_read(c, name, all, count, row_bytes, err);
    if (st) {
        mien_free(all);
        return st;
    }
    *out = all;
    *rows = count;
    return MIEN_OK;
}

void mien_checkpoint_say(mien_checkpoint *c, const char *words)
{
    pthread_mutex_lock(&c->mutex);
    say(c, words);
    pthread_mutex_unlock(&c->mutex);
}

/* ---------------------------------------------------------------- the caller's */

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
    if (!c || !identity || strlen(identity) > MIEN_IDENTITY_MOST)
        st = mien_fail_plain(err, c && identity ? MIEN_ERR_ARG : MIEN_ERR_NOMEM);
    st = mien_team_fail_alike(mien_team_now(), st, err);
    if (st) {
        mien_free(identity);
        mien_free(c);
        return st;
    }
    *c = (mien_checkpoint){.identity = identity,
                           .seconds = options->seconds,
                           .written = mien_checkpoint_clock(),
                           .tell = options->tell,
                           .user = options->user,
                           .empty = !mien_team_leads()};
    mien_generations_init(&c->files, options->path);
    pthread_mutex_init(&c->mutex, NULL);
    if (!c->empty && !options->anew)
        st = read_kept(c, err);
    if (!c->empty && !st)
        st = mien_generations_check(&c->files, options->anew, err);
    if (!c->empty && !st && options->anew)
        mien_generations_remove(&c->files);
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
    bool holds = c->files.fd >= 0;
    pthread_mutex_unlock(&c->mutex);
    return holds;
}

mien_status mien_checkpoint_write(mien_checkpoint *c, mien_error *err)
{
    mien_status st = mien_check_given(err, c);
    if (st || c->empty)
        return st;
    mien_kept next = {0};
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
    mien_kept_free(&c->table);
    mien_generations_close(&c->files);
    mien_free(c->identity);
    pthread_mutex_destroy(&c->mutex);
    mien_free(c);
}

void mien_checkpoint_remove(mien_checkpoint *c)
{
    if (c && !c->empty)
        mien_generations_remove(&c->files);
    mien_checkpoint_close(c);
}
