/* stability.c - is the answer unique? Runs from many starts, matched and judged.
 * SPDX-License-Identifier: MIT
 *
 * The components of every run are matched to those of the best run (matching.c). What most starts
 * find again does not hang on the start; whether W H has other factors is another question
 * (unique.c). What the best run has twice is judged once; runs that ended in worse local minima are
 * left out, and runs that are the same, start and basis, count as one. The same idea, for choosing
 * r, is in Wu et al., "Stability-driven nonnegative matrix factorization to interpret spatial gene
 * expression", PNAS 113 (2016). */
#include "study/stability/stability.h"

#include "base/jobs.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "base/team.h"
#include "base/text.h"
#include "methods/keep.h"
#include "methods/loss.h"
#include "methods/method.h"
#include "methods/starts.h"
#include "study/consensus.h"
#include "study/matching.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_RUNS = 20 };

const char *mien_verdict_name(mien_verdict verdict)
{
    static const char *const names[MIEN_VERDICTS] = {"stable", "drifts", "absent", "copy",
                                                     "undefined"};
    size_t place = (size_t)verdict;
    return names[place < MIEN_VERDICTS ? place : MIEN_VERDICT_UNDEFINED];
}

static bool is_signed(const mien_stability *study)
{
    return study->method->info.traits & MIEN_SIGNED;
}

static const float *basis_of(const mien_stability *study, size_t run)
{
    return study->basis + run * study->r * study->p;
}

static bool is_judged_other(const mien_stability *study, size_t run)
{
    return run != study->best_run && study->outcomes[run].judged;
}

/* ---------------------------------------------------------------- runs
 *
 * Unlike methods/starts.c, which keeps the best alone, a study wants every basis. A fit is the same
 * either way, byte for byte. */

struct restarts {
    const mien_method *method;
    const mien_source *X;
    const mien_options *options;
    unsigned threads; /* of one fit */
    mien_stability *out;
    uint32_t *dominant;
    bool *finished; /* one a run */
    mien_fit *fits; /* one a run, where ranks share them: until all have what it came to */
    const mien_team *team;
    mien_status status;     /* of bringing it to all */
    bool stopped;           /* the user asked for it */
    mien_best best;         /* a run that was interrupted only as long as there is no other */
    pthread_mutex_t judged; /* what a run came to is kept together with the best of all */
};

static bool note_progress(void *user, const mien_progress *now)
{
    return mien_job_tell(user, now->done, NAN);
}

/* Sections of a run in a checkpoint, beside those of a fit that is at work. */
enum { RUN_OUTCOME, RUN_BASIS, RUN_DOMINANT, RUN_SECTIONS };

static void name_sections(const struct restarts *g, size_t run, mien_section sections[RUN_SECTIONS],
                          char names[RUN_SECTIONS][64])
{
    static const char *const what[RUN_SECTIONS] = {"outcome", "basis", "dominant"};
    const mien_stability *out = g->out;
    size_t n = out->consensus.n;
    for (size_t i = 0; i < RUN_SECTIONS; i++) {
        snprintf(names[i], sizeof names[i], "stability/%s %zu", what[i], run + 1);
        sections[i].name = names[i];
    }
    sections[RUN_OUTCOME] =
        (mien_section){names[RUN_OUTCOME], &out->outcomes[run], 1, sizeof *out->outcomes};
    sections[RUN_BASIS] =
        (mien_section){names[RUN_BASIS], basis_of(out, run), out->r, out->p * sizeof *out->basis};
    sections[RUN_DOMINANT] =
        (mien_section){names[RUN_DOMINANT], g->dominant + run * n, n, sizeof *g->dominant};
}

/* What was kept of a run that had ended. */
static mien_status take_kept(struct restarts *g, size_t run, mien_error *err)
{
    mien_checkpoint *c = g->options->checkpoint;
    mien_section sections[RUN_SECTIONS];
    char names[RUN_SECTIONS][64];
    size_t rows, row_bytes;
    mien_status st = MIEN_OK;
    name_sections(g, run, sections, names);
    bool found = mien_checkpoint_find(c, names[RUN_OUTCOME], &rows, &row_bytes);
    size_t n = g->out->consensus.n;
    void *places[RUN_SECTIONS] = {
        &g->out->outcomes[run], g->out->basis + run * g->out->r * g->out->p, g->dominant + run * n};
    for (size_t i = 0; i < RUN_SECTIONS && found && !st; i++)
        st = mien_checkpoint_read(c, names[i], places[i], sections[i].rows, sections[i].row_bytes,
                                  err);
    if (found && !st && g->out->outcomes[run].stop > MIEN_STOP_STALLED)
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s: the outcome of run %zu is not possible",
                       mien_checkpoint_path(c), run + 1);
    g->finished[run] = found && !st;
    return st;
}

/* What was kept of all of them. */
static mien_status take_all_kept(struct restarts *g, mien_error *err)
{
    mien_checkpoint *c = g->options->checkpoint;
    mien_text text = {0};
    char *words = NULL, *all = NULL;
    mien_fit fit;
    uint64_t run;
    bool found = false;
    if (!c)
        return MIEN_OK;
    mien_options of_run = *g->options;
    of_run.restarts = g->out->asked;
    if (!mien_options_words(&of_run, g->method, &words, NULL)) {
        mien_text_printf(&text, "data: %zu of %zu values, %.17g away from their mean\n%s", g->X->n,
                         g->X->p, g->out->mean_loss, words);
        (void)mien_text_take(&text, &all, NULL);
    }
    mien_string_free(words);
    mien_status st = mien_keep_identify(c, "stability", all, err);
    mien_free(all);
    for (size_t i = 0; i < g->out->asked && !st; i++)
        st = take_kept(g, i, err);
    if (!st)
        st = mien_kept_fit(c, "stability/best", g->method, g->X, g->options, &fit, &found, err);
    if (st || !found)
        return st;
    st = mien_checkpoint_read(c, "stability/best/run", &run, 1, sizeof run, err);
    if (!st && run >= g->out->asked)
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s: the best of the runs is none of them",
                       mien_checkpoint_path(c));
    if (st)
        mien_fit_free(&fit);
    else
        mien_best_offer(&g->best, &fit, (size_t)run, true);
    return st;
}

/* A run that is whole, and the best of all where that is this one; what was kept of it while it was
 * at work goes. */
static void keep_run(struct restarts *g, size_t run)
{
    mien_checkpoint *c = g->options->checkpoint;
    mien_section sections[RUN_SECTIONS + 1];
    char names[RUN_SECTIONS][64], drop[64];
    uint64_t best = run;
    if (!c)
        return;
    name_sections(g, run, sections, names);
    snprintf(drop, sizeof drop, "run %zu/", run + 1);
    sections[RUN_SECTIONS] = (mien_section){"stability/best/run", &best, 1, sizeof best};
    if (g->best.index == run)
        mien_keep_fit(c, "stability/best", drop, &g->best.fit, sections, RUN_SECTIONS + 1);
    else
        mien_checkpoint_change(c, drop, sections, RUN_SECTIONS);
}

/* A run is one of the study's, and its fit perhaps the best (NULL: not); takes over the fit. */
static void count_run(struct restarts *g, size_t run, mien_fit *fit)
{
    bool whole = g->out->outcomes[run].stop != MIEN_STOP_INTERRUPTED;
    pthread_mutex_lock(&g->judged);
    if (fit)
        mien_best_offer(&g->best, fit, run, whole);
    g->finished[run] = whole;
    if (whole)
        keep_run(g, run);
    pthread_mutex_unlock(&g->judged);
}

/* Keep what the study needs of a fit; takes over the fit. */
static mien_status keep(struct restarts *g, size_t run, mien_fit *fit)
{
    mien_stability *out = g->out;
    size_t basis = fit->r * fit->p, n = out->consensus.n;
    out->outcomes[run] = (mien_outcome){.seed = fit->seed,
                                        .loss = fit->loss,
                                        .objective = mien_fit_objective(fit),
                                        .first = fit->n_trace ? fit->trace[0].loss : 0,
                                        .iterations = fit->iterations,
                                        .stop = fit->stop};
    memcpy(out->basis + run * basis, fit->H, basis * sizeof *fit->H);
    mien_status st = mien_consensus_dominant(fit, out->consensus.images, n, g->dominant + run * n);
    if (st)
        mien_fit_free(fit);
    else if (g->team)
        g->fits[run] = *fit;
    else
        count_run(g, run, fit);
    return st;
}

static mien_status run_once(void *context, const mien_job *job)
{
    struct restarts *g = context;
    mien_job self = *job;
    mien_options options = *g->options;
    mien_fit fit;
    options.restarts = 1;
    options.seed += job->index;
    options.threads = g->threads;
    options.progress = note_progress;
    options.user = &self;
    options.view = NULL;
    char name[32];
    snprintf(name, sizeof name, "run %zu", job->index + 1);
    options.checkpoint_as = name;
    if (g->team) /* the first rank's file keeps runs that are whole */
        options.checkpoint = NULL;
    mien_status st = MIEN_OK;
    if (!g->finished[job->index]) { /* else it was kept */
        st = mien_fit_run(g->method, g->X, &options, &fit, job->err);
        if (!st && keep(g, job->index, &fit))
            st = mien_fail_plain(job->err, MIEN_ERR_NOMEM);
    }
    mien_job_tell(job, options.iterations, NAN);
    return st;
}

/* Its fit only where it is the best so far, which all ranks find alike. */
static void share_run(void *context, const mien_team *team, size_t run, unsigned owner)
{
    struct restarts *g = context;
    mien_stability *out = g->out;
    mien_outcome *o = &out->outcomes[run];
    size_t basis = out->r * out->p, n = out->consensus.n;
    mien_fit *fit = &g->fits[run];
    if (g->finished[run] || g->status)
        return;
    mien_team_broadcast(team, owner, o, sizeof *o);
    mien_team_broadcast(team, owner, out->basis + run * basis, basis * sizeof *out->basis);
    mien_team_broadcast(team, owner, g->dominant + run * n, n * sizeof *g->dominant);
    bool leads = mien_best_takes(&g->best, o->objective, run, o->stop != MIEN_STOP_INTERRUPTED);
    if (leads)
        g->status = mien_fit_share(team, owner, g->method, g->options, fit, NULL);
    else
        mien_fit_free(fit);
    if (!g->status)
        count_run(g, run, leads ? fit : NULL);
    *fit = (mien_fit){0};
}

static bool watch(void *context, const mien_jobs *jobs)
{
    struct restarts *g = context;
    if (!g->options->progress || g->stopped)
        return !g->stopped;
    size_t done = mien_jobs_done(jobs), runs = g->out->asked;
    size_t ended = done / g->options->iterations;
    mien_progress now = {mien_method_describe(g->method)->name, done,
                         runs * g->options->iterations,         NAN,
                         ended < runs ? ended + 1 : runs,       runs};
    g->stopped = !g->options->progress(g->options->user, &now);
    return !g->stopped;
}

static void take_best(struct restarts *g)
{
    g->out->best = g->best.fit;
    g->out->best_run = g->best.index;
    g->best.fit = (mien_fit){0};
    g->finished[g->out->best_run] = true; /* even interrupted: there is no other then */
}

/* Move the finished runs together. */
static void close_ranks(struct restarts *g)
{
    mien_stability *out = g->out;
    size_t basis = out->r * out->p, n = out->consensus.n, to = 0, best = out->best_run;
    for (size_t run = 0; run < out->asked; run++) {
        if (!g->finished[run])
            continue;
        if (run == best)
            out->best_run = to;
        out->outcomes[to] = out->outcomes[run];
        memmove(out->basis + to * basis, out->basis + run * basis, basis * sizeof *out->basis);
        memmove(g->dominant + to * n, g->dominant + run * n, n * sizeof *g->dominant);
        to++;
    }
    out->runs = to;
}

static mien_status allocate(struct restarts *g)
{
    mien_stability *out = g->out;
    size_t runs = out->asked, basis, n = out->n < MIEN_CONSENSUS_MAX ? out->n : MIEN_CONSENSUS_MAX;
    g->finished = mien_alloc_array(runs, sizeof *g->finished);
    g->fits = mien_alloc_array(runs, sizeof *g->fits);
    out->outcomes = mien_alloc_array(runs, sizeof *out->outcomes);
    if (mien_product(runs, out->r, out->p, &basis))
        out->basis = mien_alloc_array(basis, sizeof *out->basis);
    out->consensus.images = mien_alloc_array(n, sizeof *out->consensus.images);
    g->dominant = mien_alloc_array(runs * n, sizeof *g->dominant);
    if (!g->finished || !g->fits || !out->outcomes || !out->basis || !out->consensus.images ||
        !g->dominant)
        return MIEN_ERR_NOMEM;
    out->consensus.n = mien_consensus_choose(out->n, out->consensus.images);
    return MIEN_OK;
}

/* Fills the runs of a study: best, best_run, outcomes, basis, consensus.images and consensus.n, and
 * *dominant, runs x consensus.n, which goes back through mien_free(). On failure what is in `out`
 * is still to be freed. Errors as mien_fit_run(). */
static mien_status collect_runs(const mien_method *method, const mien_source *X,
                                const mien_options *options, mien_stability *out,
                                uint32_t **dominant, mien_error *err)
{
    unsigned threads = options->threads ? options->threads : mien_processors();
    unsigned side_by_side = mien_jobs_side_by_side(threads, out->asked, X->n, X->p);
    struct restarts g = {.method = method,
                         .X = X,
                         .options = options,
                         .threads = threads / side_by_side,
                         .team = mien_team_now(),
                         .out = out};
    mien_job_plan plan = {out->asked, side_by_side, run_once, watch, &g, share_run};
    mien_best_init(&g.best);
    pthread_mutex_init(&g.judged, NULL);
    mien_status st = allocate(&g);
    st = st ? mien_fail_plain(err, st) : take_all_kept(&g, err);
    if (!st)
        st = mien_jobs_run(&plan, err);
    if (!st && g.status)
        st = mien_fail_plain(err, g.status);
    if (st != MIEN_ERR_NOMEM) /* perhaps of this rank alone */
        g.stopped = mien_team_most(mien_team_now(), g.stopped);
    if (!st) {
        take_best(&g);
        close_ranks(&g);
        out->interrupted = g.stopped && out->runs < out->asked;
    }
    mien_best_free(&g.best);
    pthread_mutex_destroy(&g.judged);
    mien_free(g.finished);
    for (size_t run = 0; g.fits && run < out->asked; run++) /* that did not come to all */
        mien_fit_free(&g.fits[run]);
    mien_free(g.fits);
    *dominant = g.dominant;
    return st;
}

/* ---------------------------------------------------------------- which runs are judged */

/* The same start led to the same answer. Different starts may do so, too, as k-means' on clusters
 * that lie apart, and then their agreement says something: they begin at different losses. */
static bool is_repetition(const mien_stability *s, size_t run, size_t of)
{
    const mien_outcome *a = &s->outcomes[run], *b = &s->outcomes[of];
    return a->objective == b->objective && a->first == b->first && a->iterations == b->iterations &&
           memcmp(basis_of(s, run), basis_of(s, of), s->r * s->p * sizeof *s->basis) == 0;
}

static void choose_judged(mien_stability *s)
{
    double min = s->outcomes[s->best_run].objective;
    double above = fmax(MIEN_WORSE_ABOVE_MIN * min, MIEN_WORSE_OF_MEAN * s->mean_loss);
    size_t same = 0;
    s->judged = s->worse = s->repeated = 0;
    for (size_t run = 0; run < s->runs; run++) {
        mien_outcome *o = &s->outcomes[run];
        o->worse = o->objective > min + above;
        o->same_as = 0;
        while (o->same_as < run && !is_repetition(s, run, o->same_as))
            o->same_as++;
        o->judged = !o->worse && o->same_as == run;
        s->judged += o->judged;
        s->worse += o->worse;
        s->repeated += !o->worse && !o->judged;
        same += run > 0 && o->same_as == 0;
    }
    s->identical = s->runs > 1 && same == s->runs - 1;
}

/* Loss of the mean image in place of every image. */
static mien_status measure_mean_loss(mien_stability *s, const mien_source *X, mien_loss loss)
{
    double *mean = mien_alloc_array(X->p, sizeof *mean), sum = 0;
    float *buffer = mien_alloc_array(X->p, sizeof *buffer);
    mien_status st = mean && buffer ? MIEN_OK : MIEN_ERR_NOMEM;
    for (size_t i = 0; i < X->n && !st; i++) {
        const float *x = X->tile(X->data, i, 1, buffer);
        for (size_t j = 0; j < X->p; j++)
            mean[j] += (double)x[j];
    }
    for (size_t j = 0; j < X->p && !st; j++)
        mean[j] /= (double)X->n;
    for (size_t i = 0; i < X->n && !st; i++)
        sum += mien_loss_sum(loss, X->tile(X->data, i, 1, buffer), mean, X->p);
    s->mean_loss = sum;
    mien_free(buffer);
    mien_free(mean);
    return st;
}

/* ---------------------------------------------------------------- parts */

struct judging {
    mien_stability *study;
    mien_arena arena;
    double *cosines, *along; /* r x r and r: components of the best run */
    double *values;          /* runs */
    double **sums;           /* a worker each: 2 p */
    mien_status *statuses;   /* runs */
};

/* Cosine of components k and l without the direction of the mean of all, from the cosines of all
 * with all: <u, v> - <u, m> <v, m> / <m, m>, where <u_k, m> is a row's mean. What lies along that
 * direction alone, to a thousandth of a radian, is alike. */
static double remaining_cosine(const double *cosines, const double *along, double square, size_t r,
                               size_t k, size_t l)
{
    static const double NOTHING = 1e-6;
    double kk = 1 - along[k] * along[k] / square, ll = 1 - along[l] * along[l] / square;
    if (kk < NOTHING && ll < NOTHING)
        return 1;
    double norm = sqrt(fmax(kk, 0) * fmax(ll, 0));
    return norm > 0 ? (cosines[k * r + l] - along[k] * along[l] / square) / norm : 0;
}

/* same_as of every component; `along` is workspace, r. */
static void find_parts(mien_stability *s, const double *cosines, double *along)
{
    size_t r = s->r;
    double square = 0;
    for (size_t k = 0; k < r; k++) {
        along[k] = 0;
        for (size_t l = 0; l < r; l++)
            along[k] += cosines[k * r + l] / (double)r;
        square += along[k] / (double)r;
    }
    for (size_t k = 0; k < r; k++) {
        mien_component *c = &s->components[k];
        c->same_as = k;
        for (size_t l = 0; l < k && c->same_as == k && !is_signed(s); l++)
            if (s->components[l].same_as == l && cosines[k * r + l] > MIEN_COPY_COSINE &&
                remaining_cosine(cosines, along, square, r, k, l) > MIEN_COPY_COSINE)
                c->same_as = l;
    }
    for (size_t k = 0; k < r; k++) {
        mien_component *c = &s->components[k];
        c->neighbour = 0;
        for (size_t l = 0; l < r; l++)
            if (s->components[l].same_as != c->same_as)
                c->neighbour = fmax(c->neighbour, cosines[k * r + l]);
        c->needed = fmax(MIEN_FOUND_COSINE, (1 + c->neighbour) / 2);
    }
}

static void compare_within_best(struct judging *j)
{
    mien_stability *s = j->study;
    const float *best = basis_of(s, s->best_run);
    mien_matching_cosines(best, best, s->r, s->p, is_signed(s), j->cosines);
    find_parts(s, j->cosines, j->along);
}

/* ---------------------------------------------------------------- twins */

static double similarity_of(const mien_stability *s, size_t run, size_t k, size_t twin)
{
    double cosine = mien_matching_cosine(basis_of(s, s->best_run) + k * s->p,
                                         basis_of(s, run) + twin * s->p, s->p);
    return is_signed(s) ? fabs(cosine) : cosine;
}

/* Of a part that the best run has several times, which component got the one twin is chance: the
 * first is to have the best. */
static void give_first(const mien_stability *s, size_t run, size_t *twins, double *similarity)
{
    for (size_t k = 0; k < s->r; k++) {
        size_t first = s->components[k].same_as;
        if (first == k)
            continue;
        double swapped = similarity_of(s, run, first, twins[k]);
        if (swapped <= similarity[first])
            continue;
        size_t twin = twins[first];
        twins[first] = twins[k];
        twins[k] = twin;
        similarity[first] = swapped;
        similarity[k] = similarity_of(s, run, k, twin);
    }
}

static void match_run(void *context, size_t run, unsigned worker)
{
    (void)worker;
    struct judging *j = context;
    mien_stability *s = j->study;
    size_t *twins = s->twins + run * s->r;
    double *similarity = s->similarity + run * s->r;
    if (run != s->best_run) {
        j->statuses[run] = mien_matching_find(basis_of(s, s->best_run), basis_of(s, run), s->r,
                                              s->p, is_signed(s), twins, similarity);
        if (!j->statuses[run])
            give_first(s, run, twins, similarity);
        return;
    }
    for (size_t k = 0; k < s->r; k++) {
        twins[k] = k;
        similarity[k] = 1;
    }
}

static mien_status match_all(struct judging *j, mien_pool *pool)
{
    mien_status st = MIEN_OK;
    mien_pool_run(pool, j->study->runs, match_run, j);
    for (size_t run = 0; run < j->study->runs && !st; run++)
        st = j->statuses[run];
    return st;
}

/* ---------------------------------------------------------------- verdicts */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool is_zero(const float *row, size_t p)
{
    size_t j = 0;
    while (j < p && row[j] == 0)
        j++;
    return j == p;
}

static mien_verdict verdict_of(const mien_stability *s, const mien_component *c, size_t k)
{
    bool is_copy = c->same_as != k;
    if (s->judged < MIEN_MIN_RUNS || is_zero(basis_of(s, s->best_run) + k * s->p, s->p))
        return MIEN_VERDICT_UNDEFINED;
    if (is_copy)
        return MIEN_VERDICT_COPY;
    if (c->found < MIEN_ABSENT_FOUND)
        return MIEN_VERDICT_ABSENT;
    bool stable = c->median >= MIEN_STABLE_MEDIAN && c->found >= MIEN_STABLE_FOUND;
    return stable ? MIEN_VERDICT_STABLE : MIEN_VERDICT_DRIFTS;
}

/* `values` has room for all runs. */
static void judge_component(mien_stability *s, size_t k, double *values)
{
    mien_component *c = &s->components[k];
    size_t others = 0, found = 0;
    for (size_t run = 0; run < s->runs; run++)
        if (is_judged_other(s, run)) {
            values[others++] = s->similarity[run * s->r + k];
            found += s->similarity[run * s->r + k] >= c->needed;
        }
    qsort(values, others, sizeof *values, compare_doubles);
    c->median = others ? (values[(others - 1) / 2] + values[others / 2]) / 2 : NAN;
    c->worst = others ? values[0] : NAN;
    c->found = others ? (double)found / (double)others : NAN;
    c->verdict = verdict_of(s, c, k);
    s->verdicts[c->verdict]++;
}

static void judge_all(struct judging *j)
{
    mien_stability *s = j->study;
    size_t others = s->judged - 1;
    double sum = 0;
    for (size_t k = 0; k < s->r; k++) {
        judge_component(s, k, j->values);
        for (size_t run = 0; run < s->runs; run++)
            sum += is_judged_other(s, run) ? s->similarity[run * s->r + k] : 0;
    }
    s->mean_similarity = others ? sum / ((double)others * (double)s->r) : NAN;
}

/* ---------------------------------------------------------------- deviation */

/* What brings a row to maximum 1 and to the sign of the best run's; 0 for a row of zeros. */
static double scale_of(const float *row, const float *like, size_t p, bool with_sign)
{
    double max = 0;
    for (size_t j = 0; j < p; j++)
        max = fmax(max, fabs((double)row[j]));
    if (!(max > 0))
        return 0;
    return with_sign && mien_matching_cosine(row, like, p) < 0 ? -1 / max : 1 / max;
}

/* Standard deviation over the judged runs, pixel by pixel: one component a task. */
static void measure_deviation(void *context, size_t k, unsigned worker)
{
    struct judging *judging = context;
    mien_stability *s = judging->study;
    size_t p = s->p;
    double *mean = judging->sums[worker], *square = mean + p;
    memset(mean, 0, 2 * p * sizeof *mean);
    const float *best = basis_of(s, s->best_run) + k * p;
    double count = 0;
    for (size_t run = 0; run < s->runs; run++) { /* Welford's sums: nothing cancels */
        if (!s->outcomes[run].judged)
            continue;
        const float *row = basis_of(s, run) + s->twins[run * s->r + k] * p;
        double scale = scale_of(row, best, p, is_signed(s));
        count++;
        for (size_t j = 0; j < p; j++) {
            double value = scale * (double)row[j], off = value - mean[j];
            mean[j] += off / count;
            square[j] += off * (value - mean[j]);
        }
    }
    for (size_t j = 0; j < p; j++)
        s->deviation[k * p + j] = (float)sqrt(square[j] / (double)s->judged);
}

/* ---------------------------------------------------------------- the study */

/* The rows of the judged runs move together. */
static void keep_judged(const mien_stability *s, uint32_t *dominant)
{
    size_t n = s->consensus.n, to = 0;
    for (size_t run = 0; run < s->runs; run++)
        if (s->outcomes[run].judged)
            memmove(dominant + to++ * n, dominant + run * n, n * sizeof *dominant);
}

static mien_status prepare(struct judging *j, mien_pool *pool)
{
    mien_stability *s = j->study;
    size_t square, entries;
    if (!mien_product(s->r, s->r, 1, &square) || !mien_product(s->runs, s->r, 1, &entries))
        return MIEN_ERR_NOMEM;
    s->twins = mien_alloc_array(entries, sizeof *s->twins);
    s->similarity = mien_alloc_array(entries, sizeof *s->similarity);
    s->components = mien_alloc_array(s->r, sizeof *s->components);
    if (s->judged > 1)
        s->deviation = mien_alloc_array(s->r * s->p, sizeof *s->deviation);
    j->cosines = mien_arena_alloc(&j->arena, square, sizeof *j->cosines);
    j->along = mien_arena_alloc(&j->arena, s->r, sizeof *j->along);
    j->values = mien_arena_alloc(&j->arena, s->runs, sizeof *j->values);
    j->statuses = mien_arena_alloc(&j->arena, s->runs, sizeof *j->statuses);
    j->sums = mien_arena_alloc_each(&j->arena, mien_pool_threads(pool), s->p, 2 * sizeof **j->sums);
    bool whole = s->twins && s->similarity && s->components && (s->deviation || s->judged < 2);
    return whole && !j->arena.failed ? MIEN_OK : MIEN_ERR_NOMEM;
}

mien_status mien_stability_judge(mien_stability *study, uint32_t *dominant, unsigned threads,
                                 mien_error *err)
{
    mien_stability *s = study;
    struct judging judging = {.study = s};
    mien_pool *pool = NULL;
    mien_status st = mien_pool_create(threads, &pool);
    choose_judged(s);
    keep_judged(s, dominant);
    if (!st)
        st = prepare(&judging, pool);
    if (!st) {
        compare_within_best(&judging);
        st = match_all(&judging, pool);
    }
    if (!st) {
        judge_all(&judging);
        if (s->deviation)
            mien_pool_run(pool, s->r, measure_deviation, &judging);
        st = mien_consensus_build(pool, dominant, s->judged, s->consensus.n, &s->consensus);
    }
    mien_pool_free(pool);
    mien_arena_free(&judging.arena);
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

mien_status mien_stability_run(const mien_method *method, const mien_source *X,
                               const mien_options *options, mien_stability *out, mien_error *err)
{
    mien_status st = mien_check_given(err, method, X, options, out);
    if (st)
        return st;
    if (options->start_W || options->start_H)
        return mien_fail(err, MIEN_ERR_ARG,
                         "a start from files is the same every time: stability needs starts that "
                         "differ (leave out the start of the options)");
    st = mien_fit_check(method, X->n, X->p, options, err);
    if (st)
        return st;
    double clock = mien_seconds();
    mien_stability study = {.method = method,
                            .n = X->n,
                            .p = X->p,
                            .r = options->r,
                            .asked = options->restarts ? options->restarts : DEFAULT_RUNS,
                            .random_start = method->random_start};
    uint32_t *dominant = NULL;
    st = measure_mean_loss(&study, X, method->loss(options))
             ? mien_fail_plain(err, MIEN_ERR_NOMEM)
             : collect_runs(method, X, options, &study, &dominant, err);
    if (!st)
        st = mien_stability_judge(&study, dominant, options->threads, err);
    mien_free(dominant);
    if (!st)
        st = mien_certificate_make(&study.best, MIEN_CERTIFICATE_SECONDS, options->progress,
                                   options->user, &study.certificate, err);
    if (st) {
        mien_stability_free(&study);
        return st;
    }
    study.seconds = mien_seconds() - clock;
    *out = study;
    return MIEN_OK;
}

void mien_stability_free(mien_stability *stability)
{
    if (!stability)
        return;
    mien_fit_free(&stability->best);
    mien_free(stability->outcomes);
    mien_free(stability->basis);
    mien_free(stability->twins);
    mien_free(stability->similarity);
    mien_free(stability->components);
    mien_free(stability->deviation);
    mien_consensus_free(&stability->consensus);
    mien_certificate_free(&stability->certificate);
    *stability = (mien_stability){0};
}
