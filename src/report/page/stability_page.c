/* stability_page.c - report.html of a stability study.
 * SPDX-License-Identifier: MIT */
#include "report/page/stability_page.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "figures/stability_words.h"
#include "figures/words.h"
#include "report/model/model.h"
#include "report/page/page.h"
#include "report/page/style.h"
#include "report/pictures.h"

#include <math.h>
#include <stdio.h>

static void add_head(mien_text *page, const mien_stability *s, const mien_dataset *dataset,
                     const mien_run_info *run)
{
    mien_text_add(page,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "img-src data:; style-src 'unsafe-inline'\">\n<title>mien stability: ");
    mien_text_add_html(page, run->input);
    mien_text_add(page, "</title>\n<style>\n");
    mien_text_add(page, mien_style_sheet);
    mien_words words = mien_words_for(dataset->is_table);
    mien_text_add(page, "</style>\n</head>\n<body>\n<main>\n<h1>Is the answer unique?</h1>\n"
                        "<p class=\"lead\">");
    mien_text_add_html(page, run->input);
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
        mien_text_printf(page, "<p class=\"warning\">%s</p>\n", advice);
    if (s->worse)
        mien_text_printf(page,
                         "<p class=\"warning\">%zu of %zu runs ended in local minima: above the "
                         "least by more than %.0f&#8239;%% of it and by more than %.1f&#8239;%% of "
                         "what the mean image loses. They are worse answers, and are not "
                         "judged.</p>\n",
                         s->worse, s->runs, 100 * MIEN_WORSE_ABOVE_MIN, 100 * MIEN_WORSE_OF_MEAN);
}

/* A number, or a dash for NaN. */
static void add_number(mien_text *page, const char *format, double value)
{
    mien_text_add(page, "<td>");
    if (isnan(value))
        mien_text_add(page, "&ndash;");
    else
        mien_text_printf(page, format, value);
    mien_text_add(page, "</td>");
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
    mien_page_open_table(
        page,
        s->best.penalty != 0
            ? "Components by verdict, and the losses of all runs with their penalty"
            : "Components by verdict, and the losses of all runs",
        columns, sizeof columns / sizeof *columns);
    mien_text_printf(page, "<tr><td>%zu</td><td>%zu</td>", s->runs, s->judged);
    for (size_t v = 0; v < MIEN_VERDICT_UNDEFINED; v++)
        add_number(page, "%.0f", s->judged >= MIEN_MIN_RUNS ? (double)s->verdicts[v] : NAN);
    add_number(page, "%.3f", s->mean_similarity);
    add_number(page, "%.4f", c->cophenetic);
    add_number(page, "%.3f", c->dispersion);
    add_loss(page, mien_fit_objective(&s->best));
    add_loss(page, median);
    add_loss(page, largest);
    mien_text_add(page, "</tr>\n</tbody>\n</table>\n</div>\n<p class=\"cite\">");
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

static mien_status add_figure(mien_text *page, mien_outdir *dir, const char *name, const char *alt,
                              const char *caption, mien_error *err)
{
    mien_text_add(page, "<div class=\"card figure\">\n<figure style=\"margin:0\">");
    mien_status st = mien_page_add_picture(page, dir, name, alt, "", err);
    mien_text_printf(page, "<figcaption>%s</figcaption></figure>\n</div>\n", caption);
    return st;
}

static mien_status add_pictures(mien_text *page, mien_outdir *dir, const mien_stability *s,
                                bool is_table, mien_error *err)
{
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
    mien_status st = MIEN_OK;
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures && !st; i++)
        if (s->judged > 1 || !pictures[i].needs_two)
            st = add_figure(page, dir, pictures[i].name, pictures[i].alt, pictures[i].caption, err);
    return st;
}

static void add_components(mien_text *page, const mien_stability *s, const size_t *order)
{
    static const char *const columns[] = {"component", "verdict",  "unique", "median",
                                          "worst",     "found by", "needed", "nearest other part"};
    mien_text_add(page, "<h2>Component by component</h2>\n");
    mien_page_open_table(page, "Similarity of each component with its twins in the other runs",
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
        add_number(page, "%.3f", c->median);
        add_number(page, "%.3f", c->worst);
        add_number(page, "%.0f&#8239;%%", 100 * c->found);
        add_number(page, "%.3f", c->needed);
        add_number(page, "%.3f", c->neighbour);
        mien_text_add(page, "</tr>\n");
    }
    mien_text_add(page, "</tbody>\n</table>\n</div>\n");
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

static mien_status build(mien_text *page, mien_outdir *dir, const mien_stability *s,
                         const mien_dataset *dataset, const mien_run_info *run, const size_t *order,
                         mien_error *err)
{
    add_head(page, s, dataset, run);
    add_warnings(page, s);
    mien_status st = add_pictures(page, dir, s, dataset->is_table,
                                  err); /* the first says how many are found again */
    add_certificate(page, s);
    add_numbers(page, s);
    add_components(page, s, order);
    mien_text_printf(page,
                     "<h2>The run</h2>\n<div class=\"card\">\n<p>Seeds %llu to %llu. Fingerprint "
                     "of the data: %016llx.</p>\n<p><code>",
                     (unsigned long long)run->options->seed,
                     (unsigned long long)(run->options->seed + s->asked - 1),
                     (unsigned long long)dataset->fingerprint);
    mien_text_add_html(page, run->command);
    mien_text_add(page, "</code></p>\n</div>\n<footer>Made by mien " MIEN_VERSION
                        ".</footer>\n</main>\n</body>\n</html>\n");
    return !st && page->failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : st;
}

mien_status mien_stability_page_write(mien_outdir *dir, const mien_stability *study,
                                      const mien_dataset *dataset, const mien_run_info *run,
                                      mien_error *err)
{
    mien_text page = {0};
    size_t *order = mien_alloc_array(study->r, sizeof *order);
    if (!order)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_stability_sort(study, order);
    mien_status st = build(&page, dir, study, dataset, run, order, err);
    if (!st)
        st = mien_outdir_write(dir, "report.html", page.bytes, page.length, err);
    mien_text_free(&page);
    mien_free(order);
    return st;
}
