/* stability_page.c - report.html of a stability study.
 * SPDX-License-Identifier: MIT */
#include "report/stability_page.h"

#include "base/memory.h"
#include "figures/stability_words.h"
#include "figures/words.h"
#include "report/files/html.h"
#include "report/files/names.h"

#include <math.h>

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
    mien_html_open_table(page, "Components by verdict, and the losses of all runs", columns,
                         sizeof columns / sizeof *columns);
    mien_text_printf(page, "<tr><td>%zu</td><td>%zu</td>", s->runs, s->judged);
    for (size_t v = 0; v < MIEN_VERDICT_UNDEFINED; v++)
        mien_html_add_cell(page, "%.0f", s->judged >= MIEN_MIN_RUNS ? (double)s->verdicts[v] : NAN);
    mien_html_add_cell(page, "%.3f", s->mean_similarity);
    mien_html_add_cell(page, "%.4f", c->cophenetic);
    mien_html_add_cell(page, "%.3f", c->dispersion);
    add_loss(page, s->best.loss);
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

void mien_stability_page_write(mien_output *out, const mien_stability *study)
{
    const mien_stability *s = study;
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
    mien_html_add_command(&page, out);
    mien_text_add(&page, "</div>\n");
    mien_html_end(&page);
    mien_output_text(out, "report.html", &page);
    mien_free(order);
}
