/* keep.c - what a run goes on from after it was killed.
 * SPDX-License-Identifier: MIT
 *
 * Sections of a fit that is called F, its start i counted from 1:
 *   F/identity          what the fit is of
 *   F/clock             seconds that it took so far
 *   F/start i/...       the state of a start that is at work
 *   F/end i             what a start came to that has ended
 *   F/best/...          the fit that leads */
#include "methods/keep.h"

#include "base/status.h"
#include "base/text.h"
#include "methods/method.h"
#include "methods/snapshots.h"

#include <stdio.h>
#include <string.h>

enum { SECTIONS = MIEN_KEEP_PLACES + 16 };

/* ---------------------------------------------------------------- names */

static const char *name_of_fit(const mien_run *run)
{
    const char *as = run->options->checkpoint_as;
    return as ? as : mien_method_describe(run->method)->name;
}

static void name_start(const char *fit, size_t start, const char *what,
                       char name[MIEN_SECTION_NAME])
{
    snprintf(name, MIEN_SECTION_NAME, "%.*s/start %zu/%s", MIEN_KEEP_NAME, fit, start + 1, what);
}

static void name_below(const char *fit, const char *what, char name[MIEN_SECTION_NAME])
{
    snprintf(name, MIEN_SECTION_NAME, "%.*s/%s", MIEN_KEEP_NAME + 24, fit, what);
}

static void name_end(const char *fit, size_t start, char name[MIEN_SECTION_NAME])
{
    snprintf(name, MIEN_SECTION_NAME, "%.*s/end %zu", MIEN_KEEP_NAME, fit, start + 1);
}

/* Sections that are about to be kept, with names of their own. */
struct list {
    mien_section at[SECTIONS];
    char names[SECTIONS][MIEN_SECTION_NAME];
    size_t count;
};

static void list_add(struct list *list, const char *fit, const char *what, const void *bytes,
                     size_t rows, size_t row_bytes)
{
    char *name = list->names[list->count];
    name_below(fit, what, name);
    list->at[list->count++] = (mien_section){name, bytes, rows, row_bytes};
}

/* ---------------------------------------------------------------- a whole fit */

/* What of a fit is neither an array nor known from elsewhere. */
struct scalars {
    double loss, penalty, relative_error, explained_variance, sparseness, weights_sparseness,
        seconds;
    mien_quantiles image_errors, held_out;
    uint64_t iterations, stop, seed, index, is_signed;
    char note[256];
};

static void list_fit(struct list *list, const char *name, const mien_fit *fit, struct scalars *s)
{
    memset(s, 0, sizeof *s); /* no byte by chance */
    s->loss = fit->loss;
    s->penalty = fit->penalty;
    s->relative_error = fit->relative_error;
    s->explained_variance = fit->explained_variance;
    s->sparseness = fit->sparseness;
    s->weights_sparseness = fit->weights_sparseness;
    s->seconds = fit->seconds;
    s->image_errors = fit->image_errors;
    s->held_out = fit->held_out;
    s->iterations = fit->iterations;
    s->stop = (uint64_t)fit->stop;
    s->seed = fit->seed;
    s->is_signed = fit->snapshots.is_signed;
    memcpy(s->note, fit->note, sizeof s->note);
    list_add(list, name, "fit", s, 1, sizeof *s);
    if (fit->W)
        list_add(list, name, "W", fit->W, fit->n, fit->r * sizeof *fit->W);
    list_add(list, name, "H", fit->H, fit->r, fit->p * sizeof *fit->H);
    if (fit->mu)
        list_add(list, name, "mu", fit->mu, 1, fit->p * sizeof *fit->mu);
    list_add(list, name, "trace", fit->trace, fit->n_trace, sizeof *fit->trace);
    if (!fit->snapshots.count)
        return;
    list_add(list, name, "iteration", fit->snapshots.iteration, fit->snapshots.count,
             sizeof *fit->snapshots.iteration);
    list_add(list, name, "scale", fit->snapshots.scale, fit->snapshots.count,
             fit->r * sizeof *fit->snapshots.scale);
    list_add(list, name, "values", fit->snapshots.values, fit->snapshots.count, fit->r * fit->p);
}

void mien_keep_fit(mien_checkpoint *checkpoint, const char *name, const char *drop,
                   const mien_fit *fit, const mien_section *more, size_t count)
{
    struct list *list = mien_alloc_array(1, sizeof *list); /* too large for a stack */
    struct scalars s;
    if (!list) {
        mien_checkpoint_say(checkpoint, "no memory to keep a fit that has ended");
        return;
    }
    list_fit(list, name, fit, &s);
    for (size_t i = 0; i < count; i++)
        list->at[list->count++] = more[i];
    mien_checkpoint_change(checkpoint, drop, list->at, list->count);
    mien_free(list);
}

/* mien_checkpoint_read_rows() of what stands below a name. */
static mien_status read_rows(mien_checkpoint *checkpoint, const char *fit, const char *what,
                             size_t row_bytes, void **out, size_t *rows, mien_error *err)
{
    char name[MIEN_SECTION_NAME];
    name_below(fit, what, name);
    return mien_checkpoint_read_rows(checkpoint, name, row_bytes, out, rows, err);
}

/* Snapshots below a name, as many as there are. */
static mien_status read_snapshots(mien_checkpoint *c, const char *name, size_t p, size_t r,
                                  bool is_signed, mien_snapshots *out, mien_error *err)
{
    mien_snapshots s = {.is_signed = is_signed};
    size_t scales, values;
    mien_status st =
        read_rows(c, name, "iteration", sizeof *s.iteration, (void **)&s.iteration, &s.count, err);
    if (!st)
        st = read_rows(c, name, "scale", r * sizeof *s.scale, (void **)&s.scale, &scales, err);
    if (!st)
        st = read_rows(c, name, "values", r * p, (void **)&s.values, &values, err);
    if (!st && (scales != s.count || values != s.count))
        st = mien_fail(err, MIEN_ERR_FORMAT,
                       "%s: what is kept does not fit together (%s); --no-resume begins anew",
                       mien_checkpoint_path(c), name);
    if (st)
        mien_snapshots_free(&s);
    else
        *out = s;
    return st;
}

mien_status mien_kept_fit(mien_checkpoint *c, const char *name, const mien_method *method,
                          const mien_source *X, const mien_options *options, mien_fit *out,
                          bool *found, mien_error *err)
{
    size_t n = X->n, p = X->p, r = options->r;
    char section[MIEN_SECTION_NAME];
    size_t rows, row_bytes;
    struct scalars s;
    name_below(name, "fit", section);
    *found = mien_checkpoint_find(c, section, &rows, &row_bytes);
    if (!*found)
        return MIEN_OK;
    mien_fit fit = {.method = method,
                    .n = n,
                    .p = p,
                    .r = r,
                    .loss_name = mien_loss_name(method->loss(options))};
    mien_status st = mien_checkpoint_read(c, section, &s, 1, sizeof s, err);
    if (!st) {
        fit.loss = s.loss;
        fit.penalty = s.penalty;
        fit.relative_error = s.relative_error;
        fit.explained_variance = s.explained_variance;
        fit.sparseness = s.sparseness;
        fit.weights_sparseness = s.weights_sparseness;
        fit.seconds = s.seconds;
        fit.image_errors = s.image_errors;
        fit.held_out = s.held_out;
        fit.iterations = (size_t)s.iterations;
        fit.stop = s.stop <= MIEN_STOP_STALLED ? (mien_stop)s.stop : MIEN_STOP_ITERATIONS;
        fit.seed = s.seed;
        s.note[sizeof s.note - 1] = '\0';
        memcpy(fit.note, s.note, sizeof fit.note);
        fit.W = mien_alloc_array(n * r, sizeof *fit.W);
        fit.H = mien_alloc_array(r * p, sizeof *fit.H);
        if (!fit.W || !fit.H)
            st = mien_fail_plain(err, MIEN_ERR_NOMEM);
        st = mien_team_fail_alike(mien_team_now(), st, err);
    }
    name_below(name, "W", section);
    if (!st)
        st = mien_checkpoint_read(c, section, fit.W, n, r * sizeof *fit.W, err);
    name_below(name, "H", section);
    if (!st)
        st = mien_checkpoint_read(c, section, fit.H, r, p * sizeof *fit.H, err);
    if (!st)
        st = read_rows(c, name, "mu", p * sizeof *fit.mu, (void **)&fit.mu, &rows, err);
    if (!st)
        st = read_rows(c, name, "trace", sizeof *fit.trace, (void **)&fit.trace, &fit.n_trace, err);
    if (!st)
        st = read_snapshots(c, name, p, r, s.is_signed, &fit.snapshots, err);
    if (st)
        mien_fit_free(&fit);
    else
        *out = fit;
    return st;
}

/* ---------------------------------------------------------------- whose it is */

/* FNV-1a, of a start that the user gives. */
static uint64_t hash(const float *values, size_t count, uint64_t hash)
{
    const unsigned char *bytes = (const unsigned char *)values;
    for (size_t at = 0; at < count * sizeof *values; at++)
        hash = (hash ^ bytes[at]) * 1099511628211u;
    return hash;
}

static char *identity_of(const mien_run *run, const char *first)
{
    const mien_options *o = run->options;
    size_t n = run->X->n, p = run->X->p;
    mien_text text = {0};
    char *words = NULL, *all = NULL;
    mien_text_printf(&text,
                     "version: %s\n%sdata: %zu images of %zu pixels, sum %.17g, squares %.17g\n",
                     MIEN_VERSION, first, n, p, run->total, run->squares);
    if (!mien_options_words(o, run->method, &words, NULL))
        mien_text_add(&text, words);
    else
        text.failed = true;
    if (o->start_W)
        mien_text_printf(
            &text, "start: %016llx\n",
            (unsigned long long)hash(o->start_H, o->r * p,
                                     hash(o->start_W, n * o->r, 14695981039346656037u)));
    mien_string_free(words);
    return mien_text_take(&text, &all, NULL) ? NULL : all;
}

static mien_status compare_identity(mien_checkpoint *c, const char *name, const char *now,
                                    size_t length, mien_error *err)
{
    char *kept = mien_alloc_array(length + 1, 1);
    mien_status st = kept ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    st = mien_team_fail_alike(mien_team_now(), st, err);
    if (!st)
        st = mien_checkpoint_read(c, name, kept, 1, length, err);
    if (!st)
        st = mien_checkpoint_compare(mien_checkpoint_path(c), kept, now, err);
    mien_free(kept);
    return st;
}

mien_status mien_keep_identify(mien_checkpoint *c, const char *fit, const char *words,
                               mien_error *err)
{
    char name[MIEN_SECTION_NAME];
    size_t rows, length;
    mien_status st = words ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    st = mien_team_fail_alike(mien_team_now(), st, err);
    if (st)
        return st;
    name_below(fit, "identity", name);
    if (mien_checkpoint_find(c, name, &rows, &length))
        return compare_identity(c, name, words, length, err);
    const mien_section section = {name, words, 1, strlen(words)};
    mien_checkpoint_note(c, &section);
    return MIEN_OK;
}

mien_status mien_keep_check(mien_run *run, const char *first)
{
    mien_checkpoint *c = run->options->checkpoint;
    char name[MIEN_SECTION_NAME];
    size_t rows, length;
    double seconds;
    if (!c)
        return MIEN_OK;
    char *now = identity_of(run, first);
    mien_status st = mien_keep_identify(c, name_of_fit(run), now, run->err);
    mien_free(now);
    name_below(name_of_fit(run), "clock", name);
    if (!st && mien_checkpoint_find(c, name, &rows, &length)) {
        st = mien_checkpoint_read(c, name, &seconds, 1, sizeof seconds, run->err);
        run->clock -= st ? 0 : seconds;
    }
    return st;
}

/* ---------------------------------------------------------------- a start */

void mien_keep_open(mien_keep *keep, mien_run *run, size_t start, size_t starts)
{
    *keep = (mien_keep){.checkpoint = run->options->checkpoint,
                        .fit = name_of_fit(run),
                        .start = start,
                        .starts = starts,
                        .taken = mien_checkpoint_clock()};
    char name[MIEN_SECTION_NAME];
    size_t rows, row_bytes;
    name_start(keep->fit, start, "head", name);
    keep->resumes = mien_checkpoint_find(keep->checkpoint, name, &rows, &row_bytes);
    if (keep->resumes)
        keep->status = mien_checkpoint_read(keep->checkpoint, name, &keep->head, 1,
                                            sizeof keep->head, run->err);
    keep->head.loop[sizeof keep->head.loop - 1] = '\0';
    mien_checkpoint_runs(keep->checkpoint, 1);
    run->keep = keep;
}

void mien_keep_close(mien_keep *keep)
{
    mien_checkpoint_runs(keep->checkpoint, -1);
}

static void *address(const mien_keep_place *place)
{
    return place->slot ? *place->slot : place->at;
}

static void name_place(mien_run *run, const mien_keep_place *place)
{
    mien_keep *keep = run->keep;
    if (!keep)
        return;
    if (keep->count == MIEN_KEEP_PLACES) {
        keep->overfull = true;
        return;
    }
    keep->places[keep->count++] = *place;
    if (!keep->resumes || keep->status)
        return;
    char name[MIEN_SECTION_NAME];
    name_start(keep->fit, keep->start, place->name, name);
    keep->status = mien_checkpoint_read(keep->checkpoint, name, address(place), place->rows,
                                        place->row_bytes, run->err);
}

void mien_keep_floats(mien_run *run, const char *name, float **slot, size_t rows, size_t columns)
{
    name_place(run, &(mien_keep_place){.name = name,
                                       .slot = (void **)slot,
                                       .rows = rows,
                                       .row_bytes = columns * sizeof **slot});
}

void mien_keep_bytes(mien_run *run, const char *name, void *at, size_t rows, size_t row_bytes)
{
    name_place(run,
               &(mien_keep_place){.name = name, .at = at, .rows = rows, .row_bytes = row_bytes});
}

void mien_keep_rows(mien_run *run, const char *name, void *at, size_t rows, size_t row_bytes,
                    mien_team_share_fn share, const void *context)
{
    name_place(run, &(mien_keep_place){.name = name,
                                       .at = at,
                                       .rows = rows,
                                       .row_bytes = row_bytes,
                                       .share = share,
                                       .context = context});
}

void mien_keep_float_rows(mien_run *run, const char *name, float **slot, size_t rows,
                          size_t columns, mien_team_share_fn share, const void *context)
{
    name_place(run, &(mien_keep_place){.name = name,
                                       .slot = (void **)slot,
                                       .rows = rows,
                                       .row_bytes = columns * sizeof **slot,
                                       .share = share,
                                       .context = context});
}

void mien_keep_refuse(mien_run *run)
{
    mien_keep *keep = run->keep;
    if (keep && !keep->status)
        keep->status = mien_fail(run->err, MIEN_ERR_FORMAT,
                                 "%s: what is kept of %s is not possible; --no-resume begins anew",
                                 mien_checkpoint_path(keep->checkpoint), keep->fit);
}

bool mien_keep_is_at(const mien_run *run, const char *loop)
{
    const mien_keep *keep = run->keep;
    return keep && keep->resumes && (!loop || strcmp(keep->head.loop, loop) == 0);
}

static void tell(const mien_keep *keep, const mien_run *run)
{
    char words[MIEN_SECTION_NAME], which[48] = "";
    if (keep->starts > 1)
        snprintf(which, sizeof which, ", start %zu of %zu", keep->start + 1, keep->starts);
    snprintf(words, sizeof words, "%.*s%s: resumed at %s %zu", MIEN_KEEP_NAME, keep->fit, which,
             keep->unit ? keep->unit : "iteration", run->before + (size_t)keep->head.iteration);
    mien_checkpoint_say(keep->checkpoint, words);
}

/* The trace and the snapshots are as they were. */
static mien_status read_progress(mien_run *run, const char *name)
{
    mien_keep *keep = run->keep;
    mien_fit *fit = run->fit;
    mien_free(fit->trace);
    mien_status st = read_rows(keep->checkpoint, name, "trace", sizeof *fit->trace,
                               (void **)&fit->trace, &fit->n_trace, run->err);
    run->trace_capacity = fit->n_trace;
    mien_snapshots_free(&fit->snapshots);
    if (!st)
        st = read_snapshots(keep->checkpoint, name, fit->p, fit->r, keep->head.is_signed,
                            &fit->snapshots, run->err);
    return st;
}

size_t mien_keep_begin(mien_run *run, const char *loop, size_t first)
{
    mien_keep *keep = run->keep;
    if (keep)
        keep->loop = loop;
    if (!mien_keep_is_at(run, loop) || keep->status)
        return keep && keep->status ? SIZE_MAX : first;
    char name[MIEN_SECTION_NAME];
    name_start(keep->fit, keep->start, "", name);
    name[strlen(name) - 1] = '\0';
    keep->status = read_progress(run, name);
    keep->resumes = false;
    if (keep->status)
        return SIZE_MAX;
    run->fit->iterations = (size_t)keep->head.iterations;
    run->told = true;
    tell(keep, run);
    return (size_t)keep->head.iteration;
}

/* Alone, a run keeps its state when the file is to be written, and needs no copy; beside others
 * each has to see to its own. Of ranks the first one decides. */
bool mien_keep_is_due(const mien_run *run)
{
    const mien_keep *keep = run->keep;
    if (!keep || keep->overfull)
        return false;
    mien_checkpoint *c = keep->checkpoint;
    double since = keep->taken, written = mien_checkpoint_written(c);
    if (mien_checkpoint_runs(c, 0) == 1 && written > since)
        since = written;
    bool due = mien_checkpoint_clock() - since >= mien_checkpoint_seconds(c);
    mien_team_broadcast(mien_pool_team(run->pool), 0, &due, sizeof due);
    return due;
}

/* What other ranks have of the state comes to the first one, to where it belongs there. */
static void collect(const mien_keep *keep, const mien_team *team)
{
    for (size_t i = 0; i < keep->count && team; i++) {
        const mien_keep_place *place = &keep->places[i];
        if (place->share)
            mien_team_collect(team, address(place), place->row_bytes, place->share, place->context);
    }
}

static void keep_state(mien_run *run, const char *loop, size_t iteration, struct list *list)
{
    mien_keep *keep = run->keep;
    mien_fit *fit = run->fit;
    char drop[MIEN_SECTION_NAME], base[MIEN_SECTION_NAME];
    mien_keep_head head;
    memset(&head, 0, sizeof head);
    snprintf(head.loop, sizeof head.loop, "%s", loop);
    head.iteration = iteration;
    head.level = run->level;
    head.before = run->before;
    head.iterations = fit->iterations;
    head.is_signed = fit->snapshots.is_signed;
    head.seconds = mien_seconds() - run->clock;
    if (run->entrant)
        head.contender = mien_halving_at(run->entrant->halving, run->entrant->index);
    name_start(keep->fit, keep->start, "", drop);
    snprintf(base, sizeof base, "%.*s", (int)strlen(drop) - 1, drop);
    list_add(list, base, "head", &head, 1, sizeof head);
    list_add(list, base, "trace", fit->trace, fit->n_trace, sizeof *fit->trace);
    if (keep->coarser && keep->coarser->n_trace)
        list_add(list, base, "coarser", keep->coarser->trace, keep->coarser->n_trace,
                 sizeof *fit->trace);
    if (fit->snapshots.count) {
        list_add(list, base, "iteration", fit->snapshots.iteration, fit->snapshots.count,
                 sizeof *fit->snapshots.iteration);
        list_add(list, base, "scale", fit->snapshots.scale, fit->snapshots.count,
                 fit->r * sizeof *fit->snapshots.scale);
        list_add(list, base, "values", fit->snapshots.values, fit->snapshots.count,
                 fit->r * fit->p);
    }
    for (size_t i = 0; i < keep->count; i++)
        list_add(list, base, keep->places[i].name, address(&keep->places[i]), keep->places[i].rows,
                 keep->places[i].row_bytes);
    list_add(list, keep->fit, "clock", &head.seconds, 1, sizeof head.seconds);
    mien_checkpoint_change(keep->checkpoint, drop, list->at, list->count);
}

void mien_keep_take(mien_run *run, size_t iteration)
{
    mien_keep *keep = run->keep;
    collect(keep, mien_pool_team(run->pool));
    struct list *list = mien_alloc_array(1, sizeof *list);
    if (list)
        keep_state(run, keep->loop, iteration, list);
    else
        mien_checkpoint_say(keep->checkpoint, "no memory to keep a state: the one before it stays");
    mien_free(list);
    keep->taken = mien_checkpoint_clock();
}

void mien_keep_state(mien_run *run, size_t iteration)
{
    if (mien_keep_is_due(run))
        mien_keep_take(run, iteration);
}

void mien_keep_end(mien_run *run)
{
    if (run->keep)
        run->keep->count = 0;
}

/* ---------------------------------------------------------------- levels */

size_t mien_keep_level(mien_run *run)
{
    mien_keep *keep = run->keep;
    char base[MIEN_SECTION_NAME];
    if (!mien_keep_is_at(run, NULL) || keep->status)
        return 0;
    run->before = (size_t)keep->head.before;
    name_start(keep->fit, keep->start, "", base);
    base[strlen(base) - 1] = '\0';
    keep->status = read_rows(keep->checkpoint, base, "coarser", sizeof *keep->coarser->trace,
                             (void **)&keep->coarser->trace, &keep->coarser->n_trace, run->err);
    if (keep->head.level < 1 || keep->head.level > run->levels)
        mien_keep_refuse(run);
    return keep->status ? 0 : (size_t)keep->head.level;
}

/* ---------------------------------------------------------------- starts that have ended */

bool mien_keep_has_ended(mien_run *run, size_t index, mien_contender *at)
{
    mien_checkpoint *c = run->options->checkpoint;
    char name[MIEN_SECTION_NAME];
    size_t rows, row_bytes;
    if (!c)
        return false;
    name_end(name_of_fit(run), index, name);
    return mien_checkpoint_find(c, name, &rows, &row_bytes) &&
           !mien_checkpoint_read(c, name, at, 1, sizeof *at, NULL);
}

void mien_keep_ended(mien_run *run, size_t index, const mien_contender *at, const mien_fit *best)
{
    mien_checkpoint *c = run->options->checkpoint;
    const char *fit = name_of_fit(run);
    char drop[MIEN_SECTION_NAME], ended[MIEN_SECTION_NAME], clock[MIEN_SECTION_NAME],
        place[MIEN_SECTION_NAME], below[MIEN_SECTION_NAME];
    if (!c)
        return;
    double seconds = mien_seconds() - run->clock;
    uint64_t leads = index;
    name_start(fit, index, "", drop);
    name_end(fit, index, ended);
    name_below(fit, "clock", clock);
    name_below(fit, "best", below);
    name_below(below, "start", place);
    const mien_section more[] = {{ended, at, 1, sizeof *at},
                                 {clock, &seconds, 1, sizeof seconds},
                                 {place, &leads, 1, sizeof leads}};
    if (best)
        mien_keep_fit(c, below, drop, best, more, 3);
    else
        mien_checkpoint_change(c, drop, more, 2);
}

mien_status mien_keep_best(mien_run *run, mien_fit *fit, size_t *index, bool *found)
{
    mien_checkpoint *c = run->options->checkpoint;
    char below[MIEN_SECTION_NAME], place[MIEN_SECTION_NAME];
    uint64_t leads;
    *found = false;
    if (!c)
        return MIEN_OK;
    name_below(name_of_fit(run), "best", below);
    name_below(below, "start", place);
    mien_status st =
        mien_kept_fit(c, below, run->method, run->X, run->options, fit, found, run->err);
    if (st || !*found)
        return st;
    st = mien_checkpoint_read(c, place, &leads, 1, sizeof leads, run->err);
    if (st)
        mien_fit_free(fit);
    *index = (size_t)leads;
    return st;
}
