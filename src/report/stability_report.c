/* stability_report.c - a stability study as files: tables, summary.json, the best run's model.
 * SPDX-License-Identifier: MIT */
#include "base/files.h"
#include "base/memory.h"
#include "base/pulse.h"
#include "base/status.h"
#include "base/text.h"
#include "figures/stability_pictures.h"
#include "report/json.h"
#include "report/listings.h"
#include "report/model/columns.h"
#include "report/model/model.h"
#include "report/page/examples.h"
#include "report/page/stability_page.h"
#include "report/pictures.h"
#include "report/summary.h"

#include <math.h>

/* ---------------------------------------------------------------- tables */

/* Beyond so many images consensus.csv has the order alone: the matrix would be many megabytes. */
enum { CONSENSUS_SHARES = 1000 };

/* Components and runs count from 1, as in every picture. */

/* A number for a table, empty where there is none. */
static void add_number(mien_text *text, double value)
{
    mien_text_add(text, ",");
    if (!isnan(value))
        mien_text_printf(text, "%.9g", value);
}

static void fill_components(mien_text *text, const mien_stability *s)
{
    mien_text_add(text,
                  "component,verdict,same_as,median,worst,found,needed,neighbour,unique,turned_by,"
                  "turned_to\n");
    for (size_t k = 0; k < s->r; k++) {
        const mien_component *c = &s->components[k];
        mien_text_printf(text, "%zu,%s,", k + 1, mien_verdict_name(c->verdict));
        if (c->verdict == MIEN_VERDICT_COPY)
            mien_text_printf(text, "%zu", c->same_as + 1);
        add_number(text, c->median);
        add_number(text, c->worst);
        add_number(text, c->found);
        add_number(text, c->needed);
        add_number(text, c->neighbour);
        const mien_part_certificate *part = &s->certificate.parts[k];
        mien_text_printf(text, ",%s,", mien_uniqueness_name(part->unique));
        if (part->unique == MIEN_UNIQUE_FREE)
            mien_text_printf(text, "%zu", part->by + 1);
        add_number(text, part->unique == MIEN_UNIQUE_FREE ? part->cosine : NAN);
        mien_text_add(text, "\n");
    }
}

static void fill_twins(mien_text *text, const mien_stability *s)
{
    mien_text_add(text, "component,run,seed,twin,similarity\n");
    for (size_t k = 0; k < s->r; k++)
        for (size_t run = 0; run < s->runs; run++) {
            if (run == s->best_run)
                continue;
            size_t at = run * s->r + k;
            mien_text_printf(text, "%zu,%zu,%llu,%zu", k + 1, run + 1,
                             (unsigned long long)s->outcomes[run].seed, s->twins[at] + 1);
            add_number(text, s->similarity[at]);
            mien_text_add(text, "\n");
        }
}

static const char *stop_word(mien_stop stop)
{
    static const char *const words[] = {"converged", "iterations", "interrupted", "stalled"};
    return words[stop];
}

static void fill_runs(mien_text *text, const mien_stability *s)
{
    mien_text_add(text, "run,seed,loss,iterations,stop,best,local_minimum,objective,same_as\n");
    for (size_t run = 0; run < s->runs; run++) {
        const mien_outcome *o = &s->outcomes[run];
        mien_text_printf(text, "%zu,%llu,%.17g,%zu,%s,%d,%d,%.17g,", run + 1,
                         (unsigned long long)o->seed, o->loss, o->iterations, stop_word(o->stop),
                         run == s->best_run, o->worse, o->objective);
        if (o->same_as != run)
            mien_text_printf(text, "%zu", o->same_as + 1);
        mien_text_add(text, "\n");
    }
}

/* The order of consensus.png, and how often each image goes with each other one in that order. */
static mien_status write_consensus(mien_outdir *dir, const mien_stability *s,
                                   const mien_dataset *dataset, mien_error *err)
{
    const mien_consensus *c = &s->consensus;
    mien_text text = {0};
    bool shares = c->n <= CONSENSUS_SHARES;
    mien_text_printf(&text, "place,index,%s", dataset->is_table ? "id" : "path");
    for (size_t b = 0; b < c->n && shares; b++)
        mien_text_printf(&text, ",%zu", b + 1);
    mien_text_add(&text, "\n");
    for (size_t a = 0; a < c->n; a++) {
        size_t image = c->images[c->order[a]];
        mien_text_printf(&text, "%zu,%zu,", a + 1, image);
        mien_text_add_csv(&text, dataset->images[image].path);
        for (size_t b = 0; b < c->n && shares; b++)
            mien_text_printf(&text, ",%.4g", mien_consensus_share(c, c->order[a], c->order[b]));
        mien_text_add(&text, "\n");
    }
    mien_status st = text.failed
                         ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                         : mien_outdir_write(dir, "consensus.csv", text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}

static mien_status write_table(mien_outdir *dir, const char *name, const mien_stability *s,
                               void (*fill)(mien_text *text, const mien_stability *s),
                               mien_error *err)
{
    mien_text text = {0};
    fill(&text, s);
    mien_status st = text.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                                 : mien_outdir_write(dir, name, text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}

/* ---------------------------------------------------------------- summary.json */

static json_t *verdicts_json(const mien_stability *s, bool *failed)
{
    json_t *o = json_object();
    for (int v = 0; v < MIEN_VERDICTS; v++)
        mien_json_set(o, mien_verdict_name((mien_verdict)v), mien_json_size(s->verdicts[v]),
                      failed);
    return o;
}

static json_t *thresholds_json(bool *failed)
{
    json_t *o = json_object();
    mien_json_set(o, "least_runs", mien_json_size(MIEN_MIN_RUNS), failed);
    mien_json_set(o, "stable_median", json_real(MIEN_STABLE_MEDIAN), failed);
    mien_json_set(o, "stable_found", json_real(MIEN_STABLE_FOUND), failed);
    mien_json_set(o, "found_cosine", json_real(MIEN_FOUND_COSINE), failed);
    mien_json_set(o, "absent_found", json_real(MIEN_ABSENT_FOUND), failed);
    mien_json_set(o, "copy_cosine", json_real(MIEN_COPY_COSINE), failed);
    mien_json_set(o, "local_minimum_above_least", json_real(MIEN_WORSE_ABOVE_MIN), failed);
    mien_json_set(o, "local_minimum_of_mean", json_real(MIEN_WORSE_OF_MEAN), failed);
    return o;
}

static json_t *certificate_json(const mien_certificate *c, bool *failed)
{
    json_t *o = json_object();
    for (int u = 0; u < MIEN_UNIQUENESSES; u++)
        mien_json_set(o, mien_uniqueness_name((mien_uniqueness)u), mien_json_size(c->counts[u]),
                      failed);
    mien_json_set(o, "reason", c->reason ? json_string(c->reason) : json_null(), failed);
    mien_json_set(o, "rank_weights", mien_json_size(c->rank_weights), failed);
    mien_json_set(o, "rank_basis", mien_json_size(c->rank_basis), failed);
    mien_json_set(o, "seconds", json_real(c->seconds), failed);
    return o;
}

static json_t *consensus_json(const mien_consensus *c, bool *failed)
{
    json_t *o = json_object();
    mien_json_set(o, "images", mien_json_size(c->n), failed);
    mien_json_set(o, "images_at_most", mien_json_size(MIEN_CONSENSUS_MAX), failed);
    mien_json_set(o, "undefined", c->undefined ? json_string(c->undefined) : json_null(), failed);
    return o;
}

static void add(json_t *list, json_t *value, bool *failed)
{
    if (!value || json_array_append_new(list, value) != 0)
        *failed = true;
}

static void set_runs(json_t *o, const mien_stability *s, bool *failed)
{
    json_t *losses = json_array(), *seeds = json_array(), *components = json_array();
    for (size_t run = 0; run < s->runs; run++) {
        add(losses, mien_json_real(s->outcomes[run].loss), failed);
        add(seeds, json_integer((json_int_t)s->outcomes[run].seed), failed);
    }
    for (size_t k = 0; k < s->r; k++) {
        json_t *c = json_object();
        const mien_part_certificate *part = &s->certificate.parts[k];
        bool is_copy = s->components[k].verdict == MIEN_VERDICT_COPY;
        bool is_free = part->unique == MIEN_UNIQUE_FREE;
        mien_json_set(c, "component", mien_json_size(k + 1), failed);
        mien_json_set(c, "same_as",
                      is_copy ? mien_json_size(s->components[k].same_as + 1) : json_null(), failed);
        mien_json_set(c, "verdict", json_string(mien_verdict_name(s->components[k].verdict)),
                      failed);
        mien_json_set(c, "median", mien_json_real(s->components[k].median), failed);
        mien_json_set(c, "worst", mien_json_real(s->components[k].worst), failed);
        mien_json_set(c, "found", mien_json_real(s->components[k].found), failed);
        mien_json_set(c, "needed", mien_json_real(s->components[k].needed), failed);
        mien_json_set(c, "neighbour", mien_json_real(s->components[k].neighbour), failed);
        mien_json_set(c, "unique", json_string(mien_uniqueness_name(part->unique)), failed);
        mien_json_set(c, "turned_by", is_free ? mien_json_size(part->by + 1) : json_null(), failed);
        mien_json_set(c, "turned_to", mien_json_real(is_free ? part->cosine : NAN), failed);
        add(components, c, failed);
    }
    mien_json_set(o, "losses", losses, failed);
    mien_json_set(o, "seeds", seeds, failed);
    mien_json_set(o, "components", components, failed);
}

static mien_status write_summary(mien_outdir *dir, const mien_stability *s,
                                 const mien_dataset *dataset, const mien_run_info *run,
                                 mien_error *err)
{
    bool failed = false;
    json_t *o = json_object(), *methods = json_object();
    const char *name = mien_method_describe(s->method)->name;
    mien_json_set(o, "version", json_string(MIEN_VERSION), &failed);
    mien_json_set(o, "command", mien_json_text(run->command), &failed);
    mien_json_set_path(o, "input", run->input, &failed);
    mien_json_set(o, "options", mien_options_json(run->options), &failed);
    mien_json_set(o, "seed", json_integer((json_int_t)run->options->seed), &failed);
    mien_json_set(o, "data", mien_dataset_json(dataset, &failed), &failed);
    mien_json_set(o, "ink", mien_ink_json(dataset->ink), &failed);
    mien_json_set(o, "N", mien_json_size(s->n), &failed);
    mien_json_set(o, "p", mien_json_size(s->p), &failed);
    mien_json_set(o, "r", mien_json_size(s->r), &failed);
    mien_json_set(o, "method", json_string(name), &failed);
    mien_json_set(o, "restarts", mien_json_size(s->asked), &failed);
    mien_json_set(o, "runs", mien_json_size(s->runs), &failed);
    mien_json_set(o, "judged_runs", mien_json_size(s->judged), &failed);
    mien_json_set(o, "local_minima", mien_json_size(s->worse), &failed);
    mien_json_set(o, "repeated_runs", mien_json_size(s->repeated), &failed);
    mien_json_set(o, "mean_image_loss", mien_json_real(s->mean_loss), &failed);
    mien_json_set(o, "interrupted", json_boolean(s->interrupted || run->interrupted), &failed);
    mien_json_set(o, "random_start", json_boolean(s->random_start), &failed);
    mien_json_set(o, "identical", json_boolean(s->identical), &failed);
    mien_json_set(o, "verdicts", verdicts_json(s, &failed), &failed);
    mien_json_set(o, "unique", certificate_json(&s->certificate, &failed), &failed);
    mien_json_set(o, "thresholds", thresholds_json(&failed), &failed);
    mien_json_set(o, "mean_similarity", mien_json_real(s->mean_similarity), &failed);
    mien_json_set(o, "cophenetic", mien_json_real(s->consensus.cophenetic), &failed);
    mien_json_set(o, "dispersion", mien_json_real(s->consensus.dispersion), &failed);
    mien_json_set(o, "consensus", consensus_json(&s->consensus, &failed), &failed);
    mien_json_set(o, "best_run", mien_json_size(s->best_run + 1), &failed);
    mien_json_set(o, "seconds", mien_json_real(s->seconds), &failed);
    set_runs(o, s, &failed);
    mien_json_set(methods, name, mien_fit_json(&s->best, NULL), &failed);
    mien_json_set(o, "methods", methods, &failed);
    mien_json_set(o, "rejected", mien_rejected_json(dataset, &failed), &failed);
    mien_json_set(o, "skipped", mien_json_size(dataset->n_skipped), &failed);
    return mien_json_write(o, failed, dir, "summary.json", err);
}

/* ---------------------------------------------------------------- all of it */

/* The best run in a folder of its own, as learn would write it. */
static mien_status write_model(mien_outdir *dir, const mien_stability *s,
                               const mien_dataset *dataset, const mien_run_info *run,
                               const mien_style *style, mien_error *err)
{
    mien_examples examples;
    mien_meaning meaning;
    const char *name = mien_method_describe(s->method)->name;
    mien_table_columns columns = {.names = dataset->columns};
    mien_status st = mien_examples_take(dataset, run->example, &examples, err);
    if (st)
        return st;
    st = mien_meaning_measure(&s->best, dataset, run->options->threads, &meaning, err);
    if (st) {
        mien_examples_free(&examples);
        return st;
    }
    st = mien_outdir_folder(dir, name, err);
    if (!st)
        st = mien_model_save(dir, &s->best, &meaning, dataset, run, &examples, err);
    if (!st)
        st = mien_rows_write(dir, name, &s->best, &meaning, dataset, style, err);
    if (!st)
        st = mien_pictures_write(dir, name, &s->best, dataset->shape,
                                 dataset->is_table ? &columns : NULL, &examples, run->example,
                                 style, err);
    mien_meaning_free(&meaning);
    mien_examples_free(&examples);
    return st;
}

static mien_status draw(mien_outdir *dir, const mien_stability *s, const mien_dataset *dataset,
                        const mien_style *style, mien_error *err)
{
    mien_hold_begin();
    mien_status st = mien_stability_pictures_write(dir, s, dataset->shape, style, err);
    mien_hold_end();
    return st;
}

mien_status mien_stability_write(mien_outdir *dir, const mien_stability *stability,
                                 const mien_dataset *dataset, const mien_run_info *run,
                                 const mien_style *style, mien_error *err)
{
    mien_style drawn = *style;
    drawn.ink = dataset->ink;
    const mien_stability *s = stability;
    mien_status st = write_table(dir, "components.csv", s, fill_components, err);
    if (!st)
        st = write_table(dir, "twins.csv", s, fill_twins, err);
    if (!st)
        st = write_table(dir, "runs.csv", s, fill_runs, err);
    if (!st)
        st = write_consensus(dir, s, dataset, err);
    if (!st)
        st = mien_images_write(dir, dataset, err);
    if (!st)
        st = mien_columns_write(dir, dataset, err);
    if (!st)
        st = write_summary(dir, s, dataset, run, err);
    if (!st)
        st = write_model(dir, s, dataset, run, &drawn, err);
    if (!st)
        st = draw(dir, s, dataset, &drawn, err);
    if (!st)
        st = mien_stability_page_write(dir, s, dataset, run, err);
    return mien_outdir_told(dir, st, err);
}
