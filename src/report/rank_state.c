/* rank_state.c - finished fits of a search for r, kept in a file until the search is whole.
 * SPDX-License-Identifier: MIT */
#include "report/rank_state.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "report/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST_STATE = 64 * 1024 * 1024 };

/* What the fits depend on, beside kind, loss, r and mask. */
static void add_header(mien_text *text, const mien_dataset *d, const mien_rank_options *o)
{
    char fingerprint[32];
    mien_fingerprint_words(d->fingerprint, fingerprint, sizeof fingerprint);
    mien_text_printf(text,
                     "mien rank 4 data %s normalize %s invert %d seed %llu hidden %.17g "
                     "iterations %zu tolerance %.17g starts %zu\n",
                     fingerprint, mien_normalize_name(d->normalize), d->ink == MIEN_INK_DARK,
                     (unsigned long long)o->seed, o->hidden, o->iterations, o->tolerance,
                     o->starts);
}

/* Values as the bits of a double: exact, and the same in every locale. */
static void add_line(mien_text *text, const mien_cell *cell)
{
    mien_text_printf(text, "%d %d %zu %zu %zu", (int)cell->kind, cell->loss, cell->r, cell->index,
                     cell->iterations);
    for (size_t i = 0; i < MIEN_CELL_VALUES; i++) {
        uint64_t bits;
        memcpy(&bits, &cell->value[i], sizeof bits);
        mien_text_printf(text, " %016" PRIx64, bits);
    }
    mien_text_add(text, "\n");
}

/* One line; false when it is none of ours. */
static bool read_line(const char *line, mien_cell *cell)
{
    int kind, loss, used = 0;
    uint64_t bits[MIEN_CELL_VALUES];
    *cell = (mien_cell){.done = true};
    if (sscanf(line, "%d %d %zu %zu %zu%n", &kind, &loss, &cell->r, &cell->index, &cell->iterations,
               &used) != 5)
        return false;
    for (size_t i = 0; i < MIEN_CELL_VALUES; i++) {
        int more = 0;
        if (sscanf(line + used, " %16" SCNx64 "%n", &bits[i], &more) != 1)
            return false;
        used += more;
    }
    if (line[used] != '\n' || kind < MIEN_CELL_HELD || kind > MIEN_CELL_STABLE || loss < 0 ||
        loss > 1)
        return false;
    cell->kind = (mien_cell_kind)kind;
    cell->loss = loss;
    memcpy(cell->value, bits, sizeof bits);
    return true;
}

static bool remember(mien_rank_state *s, const mien_cell *cell)
{
    if (!mien_grow((void **)&s->cells, &s->capacity, s->count, s->count + 1, sizeof *s->cells))
        return false;
    s->cells[s->count++] = *cell;
    return true;
}

static mien_status read_state(mien_rank_state *s, mien_error *err)
{
    char *bytes;
    size_t nbytes;
    mien_error why;
    mien_status st = mien_file_read(s->path, LARGEST_STATE, &bytes, &nbytes, &why);
    if (st == MIEN_ERR_IO && errno == ENOENT)
        return MIEN_OK;
    if (st)
        return mien_fail(err, st, "%s", why.message);
    size_t header = s->text.length;
    if (nbytes < header || memcmp(bytes, s->text.bytes, header) != 0) {
        mien_free(bytes);
        return mien_fail(err, MIEN_ERR_ARG,
                         "%s keeps fits of other data or options; give those again to go on from "
                         "there, or remove it to begin anew",
                         s->path);
    }
    mien_cell cell;
    for (const char *line = bytes + header; *line && !st;) {
        const char *end = strchr(line, '\n');
        if (!end)
            break; /* cut short */
        if (read_line(line, &cell)) {
            add_line(&s->text, &cell);
            if (!remember(s, &cell))
                st = mien_fail_plain(err, MIEN_ERR_NOMEM);
        }
        line = end + 1;
    }
    mien_free(bytes);
    return st;
}

mien_status mien_rank_state_open(const char *path, const mien_dataset *dataset,
                                 const mien_rank_options *options, mien_rank_state *out,
                                 mien_error *err)
{
    mien_rank_state s = {0};
    if (strlen(path) + 8 > sizeof s.path)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", path);
    strcpy(s.path, path);
    add_header(&s.text, dataset, options);
    mien_status st = s.text.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    if (!st)
        st = read_state(&s, err);
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

static mien_status keep(void *user, const mien_cell *cell, mien_error *err)
{
    mien_rank_state *s = user;
    char beside[sizeof s->path + 8];
    snprintf(beside, sizeof beside, "%s.new", s->path);
    add_line(&s->text, cell);
    if (s->text.failed || !remember(s, cell))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_status st = mien_file_write(beside, s->text.bytes, s->text.length, err);
    if (!st && rename(beside, s->path) != 0)
        st = mien_fail(err, MIEN_ERR_IO, "%s: %s", s->path, strerror(errno));
    return st;
}

mien_cell_keeper mien_rank_state_keeper(mien_rank_state *state)
{
    return (mien_cell_keeper){.find = find, .keep = keep, .user = state};
}

void mien_rank_forget(const char *state)
{
    remove(state);
}
