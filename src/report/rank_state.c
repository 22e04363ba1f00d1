/* rank_state.c - finished fits of a search for r, kept in a checkpoint until the search is whole.
 * SPDX-License-Identifier: MIT */
#include "report/rank_state.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "methods/keep.h"
#include "report/files/names.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* A cell as it stands in the file. */
struct record {
    uint32_t kind, loss;
    uint64_t r, index, iterations;
    double value[MIEN_CELL_VALUES];
};

static const char SECTION[] = "rank/fits";

/* What the fits depend on, beside kind, loss, r and mask. */
static mien_status identify(mien_checkpoint *c, const mien_dataset *d, const mien_rank_options *o,
                            mien_error *err)
{
    mien_text text = {0};
    char *words = NULL;
    mien_text_printf(&text,
                     "version: %s\ndata: %zu of %zu values, fingerprint %016llx\nnormalize: %s\n"
                     "ink: %s\nseed: %llu\nhidden: %.17g\niterations: %zu\ntolerance: %.17g\n"
                     "starts: %zu\n",
                     MIEN_VERSION, d->pixels.n, d->pixels.p, (unsigned long long)d->fingerprint,
                     mien_normalize_name(d->normalize), d->ink == MIEN_INK_DARK ? "dark" : "light",
                     (unsigned long long)o->seed, o->hidden, o->iterations, o->tolerance,
                     o->starts);
    (void)mien_text_take(&text, &words, NULL);
    mien_status st = mien_keep_identify(c, "rank", words, err);
    mien_free(words);
    return st;
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

static bool remember(mien_rank_state *s, const mien_cell *cell)
{
    if (!mien_grow((void **)&s->cells, &s->capacity, s->count, s->count + 1, sizeof *s->cells))
        return false;
    s->cells[s->count++] = *cell;
    return true;
}

static mien_status take(mien_rank_state *s, const struct record *records, size_t count,
                        mien_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct record *r = &records[i];
        mien_cell cell = {.kind = (mien_cell_kind)r->kind,
                          .loss = r->loss <= INT_MAX ? (int)r->loss : -1,
                          .r = (size_t)r->r,
                          .index = (size_t)r->index,
                          .iterations = (size_t)r->iterations,
                          .done = true};
        memcpy(cell.value, r->value, sizeof cell.value);
        if (!is_possible(s, &cell))
            return mien_fail(err, MIEN_ERR_FORMAT,
                             "%s: fit %zu is none that a search makes; --no-resume begins anew",
                             mien_checkpoint_path(s->checkpoint), i + 1);
        if (!remember(s, &cell))
            return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    return MIEN_OK;
}

mien_status mien_rank_state_open(mien_checkpoint *checkpoint, const mien_dataset *dataset,
                                 const mien_rank_options *options, mien_rank_state *out,
                                 mien_error *err)
{
    size_t n = dataset->pixels.n, p = dataset->pixels.p, count = 0;
    mien_rank_state s = {.checkpoint = checkpoint, .side = n < p ? n : p};
    struct record *records = NULL;
    mien_status st = identify(checkpoint, dataset, options, err);
    if (!st)
        st = mien_checkpoint_read_rows(checkpoint, SECTION, sizeof *records, (void **)&records,
                                       &count, err);
    if (!st)
        st = mien_team_fail_alike(mien_team_now(), take(&s, records, count, err), err);
    mien_free(records);
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
    if (!is_possible(s, cell)) /* it would not be read again */
        return MIEN_OK;
    struct record *records = remember(s, cell) ? mien_alloc_array(s->count, sizeof *records) : NULL;
    if (!records)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < s->count; i++) {
        const mien_cell *c = &s->cells[i];
        records[i] = (struct record){.kind = (uint32_t)c->kind,
                                     .loss = (uint32_t)c->loss,
                                     .r = c->r,
                                     .index = c->index,
                                     .iterations = c->iterations};
        memcpy(records[i].value, c->value, sizeof records[i].value);
    }
    const mien_section section = {SECTION, records, s->count, sizeof *records};
    mien_checkpoint_change(s->checkpoint, NULL, &section, 1);
    mien_free(records);
    return MIEN_OK;
}

mien_cell_keeper mien_rank_state_keeper(mien_rank_state *state)
{
    return (mien_cell_keeper){.find = find, .keep = keep, .user = state};
}
