/* stability_report.c - a stability study as files: tables, summary.json, report.html, the best
 * run's model. SPDX-License-Identifier: MIT
 *
 * Components and runs count from 1, as in every picture. */
#include "base/files.h"
#include "base/memory.h"
#include "base/outdir.h"
#include "base/pulse.h"
#include "figures/stability_pictures.h"
#include "figures/stability_words.h"
#include "figures/words.h"
#include "report/files/html.h"
#include "report/files/names.h"
#include "report/listings.h"
#include "report/model/examples.h"
#include "report/model/fit_json.h"
#include "report/model/model.h"
#include "report/pictures.h"
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
                     {"turned_to", mien_json_known(is_free, mien_json_real(part->cosine))});
}

static json_t *add_runs(json_t *o, const mien_stability *s)
{
    json_t *losses = json_array(), *seeds = json_array(), *components = json_array();
    for (size_t run = 0; run < s->runs; run++) {
        losses = mien_json_append(losses, mien_json_real(s->outcomes[run].loss));
        seeds = mien_json_append(seeds, mien_json_seed(s->outcomes[run].seed));
    }
    for (size_t k = 0; k < s->r; k++)
        components = mien_json_append(components, component_json(s, k));
    return mien_json_more(
        o, MIEN_MEMBERS({"losses", losses}, {"seeds", seeds}, {"components", components}));
}

static void write_summary(mien_output *out, const mien_stability *s)
{
    const char *name = mien_method_describe(s->method)->name;
    const mien_consensus *c = &s->consensus;
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
            {"best_run", mien_json_size(s->best_run + 1)},
            {"seconds", mien_json_real(s->seconds)}));
    json_t *methods = MIEN_JSON({name, mien_fit_json(&s->best, NULL)});
    o = mien_json_more(add_runs(o, s), MIEN_MEMBERS({"methods", methods}));
    mien_output_json(out, "summary.json", mien_summary_end(o, out->dataset));
}

/* ---------------------------------------------------------------- report.html */

static void add_head(mien_text *page, const mien_stability *s, const mien_output *out)
{
    const mien_dataset *dataset = out->dataset;
    mien_words words = mien_words_for(dataset->is_table);
    mien_html_begin(page, "mien stability", "Is the answer unique?", out->run->input);
    mien_text_printf(page,
                     " &middot; %zu %s of %zu %s &middot; %s, %zu components &middot; %zu "
                     "run%s &middot; values: %s%s</p>\n",
                     s->n, words.things, s->p, dataset->is_table ? words.units : "values",
                     mien_method_describe(s->method)->title, s->r, s->runs, s->runs == 1 ? "" : "s",
                     mien_normalize_name(dataset->normalize), mien_ink_words(dataset->ink));
}

static void add_warnings(mien_text *page, const mien_stability *s)
{
    char advice[512];
    mien_stability_advice(s, advice, sizeof advice);
    if (s->interrupted && s->judged >= MIEN_MIN_RUNS)
        mien_text_printf(page,
                         "<p class=\"warning\">The study was interrupted: %zu of %zu runs.</p>\n",
                         s->runs, s->asked);
    if (*advice)
        mien_html_add_note(page, "warning", advice);
    if (s->worse)
        mien_text_printf(page,
                         "<p class=\"warning\">%zu of %zu runs ended in local minima: above the "
                         "least by more than %.0f&#8239;%% of it and by more than %.1f&#8239;%% of "
                         "what the mean image loses. They are worse answers, and are not "
                         "judged.</p>\n",
                         s->worse, s->runs, 100 * MIEN_WORSE_ABOVE_MIN, 100 * MIEN_WORSE_OF_MEAN);
}

static void add_loss(mien_text *page, double loss)
{
    char words[32];
    mien_number_words(loss, words, sizeof words);
    mien_text_printf(page, "<td>%s</td>", words);
}

static void add_numbers(mien_text *page, const mien_stability *s)
{
    const mien_consensus *c = &s->consensus;
    double median, largest;
    if (mien_stability_losses(s, &median, &largest)) {
        page->failed = true;
        return;
    }
    static const char *const columns[] = {
        "runs",       "judged",     "found again",     "drift",
        "absent",     "copies",     "mean similarity", "cophenetic<br>correlation",
        "dispersion", "least loss", "median loss",     "largest loss"};
    mien_text_add(page, "<h2>In numbers</h2>\n");
    mien_html_open_table(
        page,
        s->best.penalty != 0
            ? "Components by verdict, and the losses of all runs with their penalty"
            : "Components by verdict, and the losses of all runs",
        columns, sizeof columns / sizeof *columns);
    mien_text_printf(page, "<tr><td>%zu</td><td>%zu</td>", s->runs, s->judged);
    for (size_t v = 0; v < MIEN_VERDICT_UNDEFINED; v++)
        mien_html_add_cell(page, "%.0f", s->judged >= MIEN_MIN_RUNS ? (double)s->verdicts[v] : NAN);
    mien_html_add_cell(page, "%.3f", s->mean_similarity);
    mien_html_add_cell(page, "%.4f", c->cophenetic);
    mien_html_add_cell(page, "%.3f", c->dispersion);
    add_loss(page, mien_fit_objective(&s->best));
    add_loss(page, median);
    add_loss(page, largest);
    mien_text_add(page, "</tr>\n");
    mien_html_close_table(page);
    mien_text_add(page, "<p class=\"cite\">");
    if (c->undefined)
        mien_text_printf(page, "Cophenetic correlation and dispersion are undefined: %s. ",
                         c->undefined);
    mien_text_printf(
        page,
        "A component's similarity is the cosine with its twin, found by optimal "
        "assignment. A run finds it when that is at least %.2g and the twin at most "
        "half as far (1 &minus; cosine) as the nearest other part of the best "
        "run. <b>Found again</b>: median at least %.2g, found by at least %.0f&#8239;%% of "
        "the other runs. <b>Absent</b>: found by fewer than %.0f&#8239;%%. "
        "<b>Drifts</b>: in between. <b>Copy</b>: cosine above %.2g with another "
        "component of the best run, also without the direction of the mean of all: "
        "one part, judged once.</p>\n",
        MIEN_FOUND_COSINE, MIEN_STABLE_MEDIAN, 100 * MIEN_STABLE_FOUND, 100 * MIEN_ABSENT_FOUND,
        MIEN_COPY_COSINE);
}

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

static void add_pictures(mien_text *page, mien_output *out, const mien_stability *s)
{
    const bool is_table = out->dataset->is_table;
    const struct {
        const char *name, *alt, *caption;
        bool needs_two;
    } pictures[] = {
        {"verdicts.png",
         "The components of the run of least loss, each framed in the colour of its verdict, with "
         "the median similarity of its twins",
         "The run of least loss. The frame is the verdict. Below each component its number, the "
         "median similarity of its twins, and how many of the other runs find it.",
         false},
        {"twins.png", "Components of the best run in a row, below each its twins from other runs",
         "A column a component: in the frame as the best run has it, below as other runs have it, "
         "the most similar first. A dark bar: that run finds the component.",
         true},
        {"spread.png",
         is_table ? "For each component the standard deviation over the runs, variable by variable"
                  : "For each component the standard deviation over the runs, pixel by pixel",
         is_table ? "Dark variables are those on which the runs do not agree."
                  : "Dark pixels are those on which the runs do not agree.",
         true},
        {"losses.png", "Histogram of the losses of all runs", loss_caption(s), false},
        {"consensus.png",
         is_table
             ? "Consensus matrix: how often two observations have the same dominant component, in "
               "the order of a tree"
             : "Consensus matrix: how often two images have the same dominant component, in the "
               "order of a tree",
         "In the order of the tree (average linkage). Sharp blocks: every run groups alike. Brunet "
         "et al., PNAS 101 (2004); dispersion: Kim &amp; Park, Bioinformatics "
         "23 (2007).",
         false},
    };
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        if (s->judged < 2 && pictures[i].needs_two)
            continue;
        mien_text_add(page, "<div class=\"card figure\">\n<figure style=\"margin:0\">");
        mien_html_add_picture(page, out, pictures[i].name, pictures[i].alt);
        mien_text_printf(page, "<figcaption>%s</figcaption></figure>\n</div>\n",
                         pictures[i].caption);
    }
}

static void add_components(mien_text *page, const mien_stability *s, const size_t *order)
{
    static const char *const columns[] = {"component", "verdict",  "unique", "median",
                                          "worst",     "found by", "needed", "nearest other part"};
    mien_text_add(page, "<h2>Component by component</h2>\n");
    mien_html_open_table(page, "Similarity of each component with its twins in the other runs",
                         columns, sizeof columns / sizeof *columns);
    for (size_t at = 0; at < s->r; at++) {
        const mien_component *c = &s->components[order[at]];
        mien_text_printf(page, "<tr><th scope=\"row\">%zu</th><td>%s", order[at] + 1,
                         mien_stability_verdict_words(c->verdict));
        if (c->verdict == MIEN_VERDICT_COPY)
            mien_text_printf(page, ": same part as %zu", c->same_as + 1);
        const mien_part_certificate *part = &s->certificate.parts[order[at]];
        mien_text_printf(page, "</td><td>%s", mien_uniqueness_name(part->unique));
        if (part->unique == MIEN_UNIQUE_FREE)
            mien_text_printf(page, ": by %zu to %.3f", part->by + 1, fmin(part->cosine, 0.999999));
        mien_text_add(page, "</td>");
        mien_html_add_cell(page, "%.3f", c->median);
        mien_html_add_cell(page, "%.3f", c->worst);
        mien_html_add_cell(page, "%.0f&#8239;%%", 100 * c->found);
        mien_html_add_cell(page, "%.3f", c->needed);
        mien_html_add_cell(page, "%.3f", c->neighbour);
        mien_text_add(page, "</tr>\n");
    }
    mien_html_close_table(page);
}

/* What is proven of W H, beside what the starts show. */
static void add_certificate(mien_text *page, const mien_stability *s)
{
    char words[512];
    mien_stability_unique_words(s, words, sizeof words);
    if (!*words)
        return;
    mien_text_printf(page, "<h2>Can the parts be turned into others?</h2>\n<p>%s", words);
    if (mien_stability_models_differ(s))
        mien_text_add(page, " So parts differ between starts because the models W H differ, as "
                            "their losses do, not because parts can be turned into each other.");
    mien_text_printf(
        page,
        "</p>\n<p class=\"cite\"><b>Proven</b>: to first order no other factorisation of this W H "
        "near this one has another such part, or other weights of it, but for scale; a statement "
        "about W H, not about the data, and one that excludes no second factorisation far away. "
        "Zeros hold the parts, and only exact zeros count. <b>Free</b>: another part added to it, "
        "or taken from it, gives another factorisation of the same W H. <b>Not known</b>: neither "
        "was shown%s%s. Rank of the weights %zu, of the parts %zu, of %zu.</p>\n",
        s->certificate.reason ? ": " : "", s->certificate.reason ? s->certificate.reason : "",
        s->certificate.rank_weights, s->certificate.rank_basis, s->r);
}

/* report.html, from the study and the pictures that already stand in out->dir. */
static void write_page(mien_output *out, const mien_stability *s)
{
    uint64_t seed = out->run->options->seed;
    mien_text page = {0};
    size_t *order = mien_output_alloc(out, s->r, sizeof *order);
    if (!order)
        return;
    mien_stability_sort(s, order);
    add_head(&page, s, out);
    add_warnings(&page, s);
    add_pictures(&page, out, s); /* the first says how many are found again */
    add_certificate(&page, s);
    add_numbers(&page, s);
    add_components(&page, s, order);
    mien_text_printf(&page, "<h2>The run</h2>\n<div class=\"card\">\n<p>Seeds %llu to %llu. ",
                     (unsigned long long)seed, (unsigned long long)(seed + s->asked - 1));
    mien_text_printf(&page, "Fingerprint of the data: %016llx.</p>\n<p><code>",
                     (unsigned long long)out->dataset->fingerprint);
    mien_html_add_escaped(&page, "", out->run->command, "</code></p>\n</div>\n");
    mien_html_end(&page);
    mien_output_text(out, "report.html", &page);
    mien_free(order);
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
    mien_images_list(&out);
    mien_columns_list(&out);
    write_summary(&out, stability);
    write_model(&out, stability);
    mien_hold_begin();
    if (!out.status)
        out.status = mien_stability_pictures_write(dir, stability, dataset->shape, &drawn, err);
    mien_hold_end();
    write_page(&out, stability);
    return mien_outdir_told(dir, out.status, err);
}
