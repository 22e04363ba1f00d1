/* rank_state.c - finished fits of a search for r, kept in a file until the search is whole.
 * SPDX-License-Identifier: MIT
 *
 * The file is whole at any time: it is written beside its place and then renamed, so a killed run
 * leaves what was kept before. Each line carries a checksum over the header, too: a line from the
 * search of other data is damage, and is never believed. */
#define _POSIX_C_SOURCE 200809L
#include "report/rank_state.h"

#include "base/deflate.h"
#include "base/disk/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "report/files/names.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_STATE = 64 * 1024 * 1024 };

/* What the fits depend on, beside kind, loss, r and mask. */
static void add_header(mien_text *text, const mien_dataset *d, const mien_rank_options *o)
{
    mien_text_printf(text,
                     "mien rank 5 data %016llx normalize %s invert %d seed %llu hidden %.17g "
                     "iterations %zu tolerance %.17g starts %zu\n",
                     (unsigned long long)d->fingerprint, mien_normalize_name(d->normalize),
                     d->ink == MIEN_INK_DARK, (unsigned long long)o->seed, o->hidden, o->iterations,
                     o->tolerance, o->starts);
}

/* Values as the bits of a double: exact, and the same in every locale. */
static void add_line(const mien_rank_state *s, mien_text *text, const mien_cell *cell)
{
    mien_text line = {0};
    mien_text_printf(&line, "%08" PRIx32 " ", s->checksum);
    size_t own = line.length;
    mien_text_printf(&line, "%d %d %zu %zu %zu", (int)cell->kind, cell->loss, cell->r, cell->index,
                     cell->iterations);
    for (size_t i = 0; i < MIEN_CELL_VALUES; i++) {
        uint64_t bits;
        memcpy(&bits, &cell->value[i], sizeof bits);
        mien_text_printf(&line, " %016" PRIx64, bits);
    }
    if (line.failed) {
        text->failed = true;
    } else {
        mien_text_add(text, line.bytes + own);
        mien_text_printf(text, " %08" PRIx32 "\n",
                         mien_crc32((const unsigned char *)line.bytes, line.length));
    }
    mien_text_free(&line);
}

static bool is_count(double value, double max)
{
    return value >= 0 && value <= max && value == floor(value);
}

/* Whether a fit can have given this: no other numbers may steer what comes after. */
static bool is_possible(const mien_rank_state *s, const mien_cell *c)
{
    static const double LARGEST_COUNT = 9007199254740992.0; /* 2^53 */
    const double *v = c->value;
    bool all = isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]);
    if (c->loss < 0 || c->loss > 1 || c->r < 1 || c->r > s->side || c->index > INT_MAX ||
        c->iterations > INT_MAX)
        return false;
    switch (c->kind) {
    case MIEN_CELL_HELD_OUT: /* what is measured of hidden entries is not all known always */
        return all && is_count(v[2], LARGEST_COUNT) && !isinf(v[3]) && !isinf(v[4]) && !isinf(v[5]);
    case MIEN_CELL_PERMUTED:
        return all && is_count(v[2], LARGEST_COUNT);
    case MIEN_CELL_RELEVANT:
        return all && is_count(v[0], (double)c->r);
    case MIEN_CELL_STABLE: /* not all are defined always */
        return !(fabs(v[0]) > 2) && !(fabs(v[2]) > 2);
    }
    return false;
}

/* One line, which ends with a line feed; false when it is none of ours: written again, it has to be
 * the same byte for byte, its checksum with it. */
static bool read_line(const mien_rank_state *s, const char *line, size_t length, mien_cell *cell)
{
    int kind;
    uint64_t bits[MIEN_CELL_VALUES];
    *cell = (mien_cell){.done = true};
    int used;
    if (sscanf(line, "%d %d %zu %zu %zu%n", &kind, &cell->loss, &cell->r, &cell->index,
               &cell->iterations, &used) != 5)
        return false;
    for (size_t i = 0; i < MIEN_CELL_VALUES; i++) {
        int more;
        if (sscanf(line + used, " %16" SCNx64 "%n", &bits[i], &more) != 1)
            return false;
        used += more;
    }
    cell->kind = (mien_cell_kind)kind;
    memcpy(cell->value, bits, sizeof bits);
    mien_text again = {0};
    add_line(s, &again, cell);
    bool same = !again.failed && again.length == length && memcmp(again.bytes, line, length) == 0;
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    same = !again.failed; /* no fuzzer guesses checksums: what comes behind has to hold alone */
#endif
    mien_text_free(&again);
    return same && is_possible(s, cell);
}

static bool remember(mien_rank_state *s, const mien_cell *cell)
{
    if (!mien_grow((void **)&s->cells, &s->capacity, s->count, s->count + 1, sizeof *s->cells))
        return false;
    s->cells[s->count++] = *cell;
    return true;
}

static mien_status read_lines(mien_rank_state *s, const char *line, const char *end,
                              mien_error *err)
{
    mien_cell cell;
    for (size_t number = 2; line < end; number++) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        if (!read_line(s, line, (size_t)(next - line), &cell))
            return mien_fail(err, MIEN_ERR_FORMAT,
                             "%s is damaged in line %zu; remove it to begin anew", s->path, number);
        add_line(s, &s->text, &cell);
        if (!remember(s, &cell))
            return mien_fail_plain(err, MIEN_ERR_NOMEM);
        line = next;
    }
    return MIEN_OK;
}

static mien_status read_state(mien_rank_state *s, mien_error *err)
{
    char *bytes;
    size_t nbytes, header = s->text.length;
    struct stat info;
    if (lstat(s->path, &info) != 0 && errno == ENOENT)
        return MIEN_OK;
    mien_status st = mien_file_read_own(s->path, LARGEST_STATE, &bytes, &nbytes, err);
    if (st)
        return st;
    if (nbytes < header || memcmp(bytes, s->text.bytes, header) != 0)
        st = mien_fail(err, MIEN_ERR_ARG,
                       "%s keeps fits of other data or options, or of another version; give those "
                       "again to go on from there, or remove it to begin anew",
                       s->path);
    else
        st = read_lines(s, bytes + header, bytes + nbytes, err);
    mien_free(bytes);
    return st;
}

mien_status mien_rank_state_open(const char *path, const mien_dataset *dataset,
                                 const mien_rank_options *options, mien_rank_state *out,
                                 mien_error *err)
{
    size_t n = dataset->pixels.n, p = dataset->pixels.p;
    mien_rank_state s = {.side = n < p ? n : p};
    if (strlen(path) + 8 > sizeof s.path)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", path);
    strcpy(s.path, path);
    add_header(&s.text, dataset, options);
    mien_status st = s.text.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    if (!st) {
        s.checksum = mien_crc32((const unsigned char *)s.text.bytes, s.text.length);
        st = read_state(&s, err);
    }
    if (st)
        mien_rank_state_close(&s);
    else
        *out = s;
    return st;
}

void mien_rank_state_close(mien_rank_state *state)
{
    if (!state)
        return;
    mien_text_free(&state->text);
    mien_free(state->cells);
    *state = (mien_rank_state){0};
}

static bool find(void *user, mien_cell *cell)
{
    const mien_rank_state *s = user;
    for (size_t i = 0; i < s->count; i++) {
        const mien_cell *c = &s->cells[i];
        if (c->kind != cell->kind || c->loss != cell->loss || c->r != cell->r ||
            c->index != cell->index)
            continue;
        if (cell->kind == MIEN_CELL_RELEVANT && c->value[1] != cell->value[1])
            continue; /* another range, another dispersion */
        memcpy(cell->value, c->value, sizeof cell->value);
        cell->iterations = c->iterations;
        return true;
    }
    return false;
}

/* Down to the disk once a second: many fits take less, and waiting for the disk more. */
static mien_status keep(void *user, const mien_cell *cell, mien_error *err)
{
    mien_rank_state *s = user;
    if (!is_possible(s, cell)) /* it would not be read again */
        return MIEN_OK;
    add_line(s, &s->text, cell);
    if (s->text.failed || !remember(s, cell))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    time_t now = time(NULL);
    bool sync = now != s->synced;
    s->synced = now;
    return mien_file_replace(s->path, sync, s->text.bytes, s->text.length, err);
}

mien_cell_keeper mien_rank_state_keeper(mien_rank_state *state)
{
    return (mien_cell_keeper){.find = find, .keep = keep, .user = state};
}

void mien_rank_forget(const char *state)
{
    char beside[MIEN_PATH_MAX + 8];
    unlink(state);
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", state) < sizeof beside)
        unlink(beside); /* of a run that was killed */
}
