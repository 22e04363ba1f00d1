/* stability_page.c - report.html of a stability study.
 * SPDX-License-Identifier: MIT */
#include "report/stability_page.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "report/model.h"
#include "report/page.h"
#include "report/pictures.h"
#include "report/stability_pictures.h"
#include "report/style.h"
#include "report/words.h"

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
    mien_text_add(page, "</style>\n</head>\n<body>\n<main>\n<h1>Is the answer unique?</h1>\n"
                        "<p class=\"lead\">");
    mien_text_add_html(page, run->input);
    mien_text_printf(page,
                     " &middot; %zu %s of %zu values &middot; %s, %zu components &middot; %zu "
                     "run%s &middot; values: %s%s</p>\n",
                     s->n, mien_words_for(dataset->is_table).things, s->p,
                     mien_method_describe(s->method)->title, s->r, s->runs, s->runs == 1 ? "" : "s",
                     mien_normalize_name(dataset->normalize), mien_ink_words(dataset->ink));
}

static void add_warnings(mien_text *page, const mien_stability *s)
{
    if (s->interrupted)
        mien_text_printf(page,
                         "<p class=\"warning\">The study was interrupted: %zu of %zu runs.</p>\n",
                         s->runs, s->asked);
    if (s->runs < 2)
        mien_text_add(page, "<p class=\"warning\">There is one run. Similarity, verdicts and "
                            "cophenetic correlation compare runs and are undefined.</p>\n");
    if (s->judged < s->runs)
        mien_text_printf(page,
                         "<p class=\"warning\">%zu of %zu runs failed: their loss is above the "
                         "least by more than %.0f&#8239;%% of it and by more than %.1f&#8239;%% of "
                         "what the mean image loses. They are not judged: a descent that did not "
                         "arrive is no other answer.</p>\n",
                         s->runs - s->judged, s->runs, 100 * MIEN_FAILED_ABOVE_LEAST,
                         100 * MIEN_FAILED_OF_MEAN);
    if (s->identical)
        mien_text_add(page, s->random_start
                                ? "<p class=\"warning\">Every run gave the same basis, byte for "
                                  "byte: this start is not random, or everything leads to one "
                                  "answer. Only in the second case is this about the data.</p>\n"
                                : "<p class=\"warning\">This method has no random start: all "
                                  "runs are the same, and that says nothing about the data.</p>\n");
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
        "runs",       "failed",     "stable",          "drift",
        "absent",     "copies",     "mean similarity", "cophenetic<br>correlation",
        "dispersion", "least loss", "median loss",     "largest loss"};
    mien_text_add(page, "<h2>In numbers</h2>\n");
    mien_page_open_table(page, "Components by verdict, and the losses of all runs", columns,
                         sizeof columns / sizeof *columns);
    mien_text_printf(page, "<tr><td>%zu</td><td>%zu</td>", s->runs, s->runs - s->judged);
    for (size_t v = 0; v < MIEN_VERDICT_UNDEFINED; v++)
        add_number(page, "%.0f", s->judged > 1 ? (double)s->verdicts[v] : NAN);
    add_number(page, "%.3f", s->mean_similarity);
    add_number(page, "%.4f", c->cophenetic);
    add_number(page, "%.3f", c->dispersion);
    add_loss(page, s->best.loss);
    add_loss(page, median);
    add_loss(page, largest);
    mien_text_add(page, "</tr>\n</tbody>\n</table>\n</div>\n<p class=\"cite\">");
    if (c->undefined)
        mien_text_printf(page, "Cophenetic correlation and dispersion are undefined: %s. ",
                         c->undefined);
    mien_text_printf(page,
                     "A component's similarity is the cosine with its twin, found by optimal "
                     "assignment. A run finds it when that is at least %.2g and the twin at most "
                     "half as far (1 &minus; cosine) as the nearest other part of the best "
                     "run. <b>Stable</b>: median at least %.2g, found by at least %.0f&#8239;%% of "
                     "the other runs. <b>Absent</b>: found by fewer than %.0f&#8239;%%. "
                     "<b>Drifts</b>: in between. <b>Copy</b>: cosine above %.2g with another "
                     "component of the best run, also without the direction of the mean of all: "
                     "one part, judged once.</p>\n",
                     MIEN_FOUND_COSINE, MIEN_STABLE_MEDIAN, 100 * MIEN_STABLE_FOUND,
                     100 * MIEN_ABSENT_FOUND, MIEN_COPY_COSINE);
}

/* What the losses say, as far as they do. */
static const char *loss_caption(const mien_stability *s)
{
    size_t parts = s->r - s->verdicts[MIEN_VERDICT_COPY];
    if (s->runs < 2)
        return "One run: there is no other loss to compare with.";
    if (s->judged < 2)
        return "No other run came near the least loss: nothing can be said about the answer's "
               "uniqueness, only that the descent often fails.";
    if (s->identical)
        return "All runs are the same.";
    if (s->verdicts[MIEN_VERDICT_STABLE] == parts)
        return s->judged < s->runs
                   ? "The runs that arrived agree on every part; the others ended far above them."
                   : "The runs agree on every part.";
    return s->judged < s->runs
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
                                mien_error *err)
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
        {"spread.png", "For each component the standard deviation over the runs, pixel by pixel",
         "Dark pixels are those on which the runs do not agree.", true},
        {"losses.png", "Histogram of the losses of all runs", loss_caption(s), false},
        {"consensus.png",
         "Consensus matrix: how often two images have the same dominant component, in the order of "
         "a tree",
         "Images in the order of the tree (average linkage). Sharp blocks: every run groups the "
         "images alike. Brunet et al., PNAS 101 (2004); dispersion: Kim &amp; Park, Bioinformatics "
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
    static const char *const columns[] = {
        "component", "verdict", "median", "worst", "found by", "found from", "nearest other part"};
    mien_text_add(page, "<h2>Component by component</h2>\n");
    mien_page_open_table(page, "Similarity of each component with its twins in the other runs",
                         columns, sizeof columns / sizeof *columns);
    for (size_t at = 0; at < s->r; at++) {
        const mien_component *c = &s->components[order[at]];
        mien_text_printf(page, "<tr><th scope=\"row\">%zu</th><td>%s", order[at] + 1,
                         mien_verdict_name(c->verdict));
        if (c->same_as != order[at])
            mien_text_printf(page, ": same part as %zu", c->same_as + 1);
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

static mien_status build(mien_text *page, mien_outdir *dir, const mien_stability *s,
                         const mien_dataset *dataset, const mien_run_info *run, const size_t *order,
                         mien_error *err)
{
    char words[160];
    mien_stability_words(s, words, sizeof words);
    add_head(page, s, dataset, run);
    add_warnings(page, s);
    mien_text_printf(page, "<h2>%s</h2>\n", words);
    mien_status st = add_pictures(page, dir, s, err);
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
