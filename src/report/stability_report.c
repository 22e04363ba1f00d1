/* stability_report.c - a stability study as files: tables, summary.json, report.html, the best
 * run's model. SPDX-License-Identifier: MIT
 *
 * Components and runs count from 1, as in every picture. */
#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/memory.h"
#include "base/pulse.h"
#include "figures/stability_pictures.h"
#include "figures/stability_words.h"
#include "report/files/names.h"
#include "report/listings.h"
#include "report/model/examples.h"
#include "report/model/fit_json.h"
#include "report/model/model.h"
#include "report/pictures.h"
#include "report/studies.h"
#include "report/summary.h"

#include <math.h>

/* ---------------------------------------------------------------- tables */

/* Beyond so many images consensus.csv has the order alone: the matrix would be many megabytes. */
enum { CONSENSUS_SHARES = 1000 };

static void write_components(mien_output *out, const mien_stability *s)
{
    mien_table table =
        mien_table_begin(out, "components.csv",
                         "component,verdict,same_as,median,worst,found,needed,neighbour,unique,"
                         "turned_by,turned_to\n");
    for (size_t k = 0; k < s->r; k++) {
        const mien_component *c = &s->components[k];
        const mien_part_certificate *part = &s->certificate.parts[k];
        bool is_free = part->unique == MIEN_UNIQUE_FREE;
        const double numbers[] = {c->median, c->worst, c->found, c->needed, c->neighbour};
        mien_text_printf(&table.text, "%zu,%s,", k + 1, mien_verdict_name(c->verdict));
        if (c->verdict == MIEN_VERDICT_COPY)
            mien_text_printf(&table.text, "%zu", c->same_as + 1);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            mien_table_number(&table, numbers[i]);
        mien_text_printf(&table.text, ",%s,", mien_uniqueness_name(part->unique));
        if (is_free)
            mien_text_printf(&table.text, "%zu", part->by + 1);
        mien_table_number(&table, is_free ? part->cosine : NAN);
        mien_table_row(&table);
    }
    mien_table_end(&table);
}

static void write_twins(mien_output *out, const mien_stability *s)
{
    mien_table table = mien_table_begin(out, "twins.csv", "component,run,seed,twin,similarity\n");
    for (size_t k = 0; k < s->r; k++)
        for (size_t run = 0; run < s->runs; run++) {
            size_t at = run * s->r + k;
            if (run == s->best_run)
                continue;
            mien_text_printf(&table.text, "%zu,%zu,%llu,%zu", k + 1, run + 1,
                             (unsigned long long)s->outcomes[run].seed, s->twins[at] + 1);
            mien_table_number(&table, s->similarity[at]);
            mien_table_row(&table);
        }
    mien_table_end(&table);
}

static void write_runs(mien_output *out, const mien_stability *s)
{
    mien_table table = mien_table_begin(
        out, "runs.csv", "run,seed,loss,iterations,stop,best,local_minimum,objective,same_as\n");
    for (size_t run = 0; run < s->runs; run++) {
        const mien_outcome *o = &s->outcomes[run];
        mien_text_printf(&table.text, "%zu,%llu,%.17g,%zu,%s,%d,%d,%.17g,", run + 1,
                         (unsigned long long)o->seed, o->loss, o->iterations,
                         mien_stop_name(o->stop, MIEN_STOP_TABLE), run == s->best_run, o->worse,
                         o->objective);
        if (o->same_as != run)
            mien_text_printf(&table.text, "%zu", o->same_as + 1);
        mien_table_row(&table);
    }
    mien_table_end(&table);
}

/* The order of consensus.png, and how often each image goes with each other one in that order. */
static void write_consensus(mien_output *out, const mien_stability *s)
{
    const mien_consensus *c = &s->consensus;
    mien_table table = mien_table_begin(out, "consensus.csv", "place,index,");
    bool shares = c->n <= CONSENSUS_SHARES;
    mien_text_add(&table.text, mien_id_heading(out->dataset));
    for (size_t b = 0; b < c->n && shares; b++)
        mien_text_printf(&table.text, ",%zu", b + 1);
    mien_table_row(&table);
    for (size_t a = 0; a < c->n; a++) {
        size_t image = c->images[c->order[a]];
        mien_text_printf(&table.text, "%zu,%zu,", a + 1, image);
        mien_text_add_csv(&table.text, out->dataset->images[image].path);
        for (size_t b = 0; b < c->n && shares; b++)
            mien_text_printf(&table.text, ",%.4g",
                             mien_consensus_share(c, c->order[a], c->order[b]));
        mien_table_row(&table);
    }
    mien_table_end(&table);
}

/* consensus.npy: the same in 0 .. 255, for pages and for those who draw; of many images the mean of
 * blocks of it. */
static void write_consensus_array(mien_output *out, const mien_stability *s)
{
    enum { SIDE = 512 };
    const mien_consensus *c = &s->consensus;
    size_t side = c->n < SIDE ? c->n : SIDE;
    uint8_t *values = mien_output_alloc(out, side * side, sizeof *values);
    for (size_t y = 0; y < side && values; y++)
        for (size_t x = 0; x < side; x++)
            values[y * side + x] = (uint8_t)lround(255 * mien_consensus_block(c, side, y, x));
    mien_output_bytes(out, "consensus.npy", values, (size_t[]){side, side}, 2);
    mien_free(values);
}

/* ---------------------------------------------------------------- in words */

/* What the losses say, as far as they do. */
static const char *loss_caption(const mien_stability *s)
{
    size_t parts = s->r - s->verdicts[MIEN_VERDICT_COPY] - s->verdicts[MIEN_VERDICT_UNDEFINED];
    if (s->runs < 2)
        return "One run: there is no other loss to compare with.";
    if (s->identical)
        return "All runs are the same.";
    if (s->judged < MIEN_MIN_RUNS)
        return "Too few runs came near the least loss: nothing can be said of what other starts "
               "find.";
    if (s->verdicts[MIEN_VERDICT_STABLE] == parts)
        return s->worse
                   ? "The runs that arrived agree on every part; the others ended far above them."
                   : "The runs agree on every part.";
    return s->worse
               ? "The runs that arrived differ in some components at nearly the same loss: the "
                 "data alone does not choose between those. The others ended far above them."
               : "Different answers of nearly the same loss: the data alone does not choose "
                 "between them.";
}

/* What the runs that were left out are. */
static void tell_runs(const mien_stability *s, char *interrupted, char *worse, size_t size)
{
    *interrupted = *worse = '\0';
    if (s->interrupted && s->judged >= MIEN_MIN_RUNS)
        snprintf(interrupted, size, "The study was interrupted: %zu of %zu runs.", s->runs,
                 s->asked);
    if (s->worse)
        mien_format(worse, size,
                    "%zu of %zu runs ended in local minima: above the least by more than %.0f %% "
                    "of it and by more than %.1f %% of what the mean image loses. They are worse "
                    "answers, and are not judged.",
                    s->worse, s->runs, 100 * MIEN_WORSE_ABOVE_MIN, 100 * MIEN_WORSE_OF_MEAN);
}

/* The sentences that a page says; "" where there is nothing to say. */
static json_t *words_json(const mien_stability *s)
{
    char found[200], runs[128], advice[512], unique[512], interrupted[256], worse[256];
    json_t *verdicts = json_object();
    mien_stability_words(s, found, sizeof found);
    mien_stability_run_words(s, runs, sizeof runs);
    mien_stability_advice(s, advice, sizeof advice);
    mien_stability_unique_words(s, unique, sizeof unique);
    tell_runs(s, interrupted, worse, sizeof worse);
    for (int v = 0; v < MIEN_VERDICTS; v++)
        verdicts = mien_json_more(
            verdicts,
            MIEN_MEMBERS({mien_verdict_name((mien_verdict)v),
                          mien_json_text(mien_stability_verdict_words((mien_verdict)v))}));
    return MIEN_JSON({"verdicts", verdicts}, {"found", mien_json_text(found)},
                     {"runs", mien_json_text(runs)}, {"advice", mien_json_text(advice)},
                     {"interrupted", mien_json_text(interrupted)},
                     {"local_minima", mien_json_text(worse)}, {"unique", mien_json_text(unique)},
                     {"models_differ", json_boolean(mien_stability_models_differ(s))},
                     {"losses", mien_json_text(loss_caption(s))});
}

/* ---------------------------------------------------------------- summary.json */

static json_t *verdicts_json(const mien_stability *s)
{
    json_t *o = json_object();
    for (int v = 0; v < MIEN_VERDICTS; v++)
        o = mien_json_more(
            o, MIEN_MEMBERS({mien_verdict_name((mien_verdict)v), mien_json_size(s->verdicts[v])}));
    return o;
}

static json_t *thresholds_json(void)
{
    return MIEN_JSON({"least_runs", mien_json_size(MIEN_MIN_RUNS)},
                     {"stable_median", json_real(MIEN_STABLE_MEDIAN)},
                     {"stable_found", json_real(MIEN_STABLE_FOUND)},
                     {"found_cosine", json_real(MIEN_FOUND_COSINE)},
                     {"absent_found", json_real(MIEN_ABSENT_FOUND)},
                     {"copy_cosine", json_real(MIEN_COPY_COSINE)},
                     {"local_minimum_above_least", json_real(MIEN_WORSE_ABOVE_MIN)},
                     {"local_minimum_of_mean", json_real(MIEN_WORSE_OF_MEAN)});
}

static json_t *certificate_json(const mien_certificate *c)
{
    json_t *o = json_object();
    for (int u = 0; u < MIEN_UNIQUENESSES; u++)
        o = mien_json_more(o, MIEN_MEMBERS({mien_uniqueness_name((mien_uniqueness)u),
                                            mien_json_size(c->counts[u])}));
    return mien_json_more(o, MIEN_MEMBERS({"reason", mien_json_text(c->reason)},
                                          {"rank_weights", mien_json_size(c->rank_weights)},
                                          {"rank_basis", mien_json_size(c->rank_basis)},
                                          {"seconds", json_real(c->seconds)}));
}

/* With its twin in each run; null in the best run, whose own it is. */
static json_t *similarities_json(const mien_stability *s, size_t k)
{
    json_t *list = json_array();
    for (size_t run = 0; run < s->runs; run++)
        list =
            mien_json_append(list, mien_json_known(run != s->best_run,
                                                   mien_json_real(s->similarity[run * s->r + k])));
    return list;
}

static json_t *component_json(const mien_stability *s, size_t k)
{
    const mien_component *c = &s->components[k];
    const mien_part_certificate *part = &s->certificate.parts[k];
    bool is_copy = c->verdict == MIEN_VERDICT_COPY, is_free = part->unique == MIEN_UNIQUE_FREE;
    return MIEN_JSON({"component", mien_json_size(k + 1)},
                     {"same_as", mien_json_known(is_copy, mien_json_size(c->same_as + 1))},
                     {"verdict", json_string(mien_verdict_name(c->verdict))},
                     {"median", mien_json_real(c->median)}, {"worst", mien_json_real(c->worst)},
                     {"found", mien_json_real(c->found)}, {"needed", mien_json_real(c->needed)},
                     {"neighbour", mien_json_real(c->neighbour)},
                     {"unique", json_string(mien_uniqueness_name(part->unique))},
                     {"turned_by", mien_json_known(is_free, mien_json_size(part->by + 1))},
                     {"turned_to", mien_json_known(is_free, mien_json_real(part->cosine))},
                     {"similarities", similarities_json(s, k)});
}

static json_t *add_runs(json_t *o, const mien_stability *s)
{
    json_t *losses = json_array(), *seeds = json_array(), *components = json_array();
    json_t *objectives = json_array(), *minima = json_array();
    for (size_t run = 0; run < s->runs; run++) {
        losses = mien_json_append(losses, mien_json_real(s->outcomes[run].loss));
        objectives = mien_json_append(objectives, mien_json_real(s->outcomes[run].objective));
        minima = mien_json_append(minima, json_boolean(s->outcomes[run].worse));
        seeds = mien_json_append(seeds, mien_json_seed(s->outcomes[run].seed));
    }
    for (size_t k = 0; k < s->r; k++)
        components = mien_json_append(components, component_json(s, k));
    return mien_json_more(o, MIEN_MEMBERS({"losses", losses}, {"objectives", objectives},
                                          {"in_local_minimum", minima}, {"seeds", seeds},
                                          {"components", components}, {"words", words_json(s)}));
}

/* Components as a table has them: those that the runs agree on most come first. */
static json_t *order_json(mien_output *out, const mien_stability *s)
{
    json_t *list = json_array();
    size_t *order = mien_output_alloc(out, s->r, sizeof *order);
    if (order)
        mien_stability_sort(s, order);
    for (size_t at = 0; at < s->r && order; at++)
        list = mien_json_append(list, mien_json_size(order[at] + 1));
    mien_free(order);
    return list;
}

static void write_summary(mien_output *out, const mien_stability *s)
{
    const char *name = mien_method_describe(s->method)->name;
    const mien_consensus *c = &s->consensus;
    double median, largest;
    if (mien_stability_losses(s, &median, &largest))
        mien_output_fail(out, MIEN_ERR_NOMEM);
    if (out->status)
        return;
    json_t *o = mien_summary_run(mien_summary_begin(out->run->command), out);
    o = mien_json_more(
        o,
        MIEN_MEMBERS(
            {"N", mien_json_size(s->n)}, {"p", mien_json_size(s->p)}, {"r", mien_json_size(s->r)},
            {"method", json_string(name)}, {"restarts", mien_json_size(s->asked)},
            {"runs", mien_json_size(s->runs)}, {"judged_runs", mien_json_size(s->judged)},
            {"local_minima", mien_json_size(s->worse)},
            {"repeated_runs", mien_json_size(s->repeated)},
            {"mean_image_loss", mien_json_real(s->mean_loss)},
            {"least_objective", mien_json_real(mien_fit_objective(&s->best))},
            {"median_objective", mien_json_real(median)},
            {"largest_objective", mien_json_real(largest)},
            {"interrupted", json_boolean(s->interrupted || out->run->interrupted)},
            {"random_start", json_boolean(s->random_start)},
            {"identical", json_boolean(s->identical)}, {"verdicts", verdicts_json(s)},
            {"unique", certificate_json(&s->certificate)}, {"thresholds", thresholds_json()},
            {"mean_similarity", mien_json_real(s->mean_similarity)},
            {"cophenetic", mien_json_real(c->cophenetic)},
            {"dispersion", mien_json_real(c->dispersion)},
            {"consensus", MIEN_JSON({"images", mien_json_size(c->n)},
                                    {"images_at_most", mien_json_size(MIEN_CONSENSUS_MAX)},
                                    {"undefined", mien_json_text(c->undefined)})},
            {"best_run", mien_json_size(s->best_run + 1)}, {"order", order_json(out, s)},
            {"seconds", mien_json_real(s->seconds)}));
    json_t *methods = MIEN_JSON({name, mien_fit_json(&s->best, NULL)});
    o = mien_json_more(add_runs(o, s), MIEN_MEMBERS({"methods", methods}));
    mien_output_json(out, "summary.json", mien_summary_end(o, out->dataset));
}

/* ---------------------------------------------------------------- all of it */

/* The best run in a folder of its own, as learn would write it: transform and render take it. */
static void write_model(mien_output *out, const mien_stability *s)
{
    const mien_dataset *d = out->dataset;
    mien_examples examples = {0};
    mien_meaning meaning = {.has_memberships = false};
    mien_output model = *out;
    model.folder = mien_method_describe(s->method)->name;
    if (!model.status)
        model.status = mien_examples_take(d, out->run->example, &examples, out->err);
    if (!model.status)
        model.status =
            mien_meaning_measure(&s->best, d, out->run->options->threads, &meaning, out->err);
    if (!model.status)
        model.status = mien_outdir_folder(out->dir, model.folder, out->err);
    if (!model.status) {
        mien_model_save(&model, &s->best, &meaning, &examples, NULL);
        mien_rows_list(&model, &s->best, &meaning);
        if (meaning.has_memberships)
            mien_memberships_write(&model, &s->best, &meaning);
        mien_pictures_write(
            &model, &s->best,
            &(mien_shown){d->shape, d->is_table, d->columns, &examples, out->run->example});
    }
    out->status = model.status;
    mien_meaning_free(&meaning);
    mien_examples_free(&examples);
}

mien_status mien_stability_write(mien_outdir *dir, const mien_stability *stability,
                                 const mien_dataset *dataset, const mien_run_info *run,
                                 const mien_style *style, mien_error *err)
{
    mien_style drawn = *style;
    drawn.ink = dataset->ink;
    mien_output out = {dir, "", dataset, run, &drawn, MIEN_OK, err};
    write_components(&out, stability);
    write_twins(&out, stability);
    write_runs(&out, stability);
    write_consensus(&out, stability);
    write_consensus_array(&out, stability);
    mien_images_list(&out);
    mien_columns_list(&out);
    write_summary(&out, stability);
    write_model(&out, stability);
    mien_hold_begin();
    if (!out.status)
        out.status = mien_stability_pictures_write(dir, stability, dataset->shape, &drawn, err);
    mien_hold_end();
    mien_study_page_write(&out);
    return mien_outdir_told(dir, out.status, err);
}
