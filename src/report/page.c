/* page.c - report.html, one self-contained page.
 * SPDX-License-Identifier: MIT
 *
 * The sections of the methods are made by the threads that write the methods' folders, and put
 * together in the order of the fits, so the page is the same for any number of threads. What is
 * said of colours, and the name of the image, stand in words that can be found again: a page whose
 * pictures are drawn anew is not written anew, since a saved model has no trace to draw a history
 * from and no truth to compare with, but changed in place. */
#define _POSIX_C_SOURCE 200809L /* access */
#include "report/page.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/outdir.h"
#include "base/status.h"
#include "draw/chart.h"
#include "draw/png.h"
#include "figures/words.h"
#include "report/files/html.h"
#include "report/files/names.h"
#include "report/truth_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *title_of(const mien_fit *fit)
{
    return mien_method_describe(fit->method)->title;
}

static void add_head(mien_text *page, const mien_output *out)
{
    const mien_dataset *dataset = out->dataset;
    mien_shape s = dataset->shape;
    mien_html_begin(page, "mien", "What each method learned", out->run->input);
    mien_text_printf(page, " &middot; %zu %s of ", dataset->pixels.n,
                     mien_words_for(dataset->is_table).things);
    if (dataset->is_table)
        mien_text_printf(page, "%zu variables", dataset->pixels.p);
    else
        mien_text_printf(page, "%zu&times;%zu pixels%s", s.width, s.height,
                         s.channels == 3 ? ", in colour" : "");
    mien_text_printf(page, " &middot; %zu components &middot; values: %s%s</p>\n",
                     out->run->options->r, mien_normalize_name(dataset->normalize),
                     mien_ink_words(dataset->ink));
    if (out->run->interrupted)
        mien_html_add_note(page, "warning",
                           "The run was interrupted: what follows is whole, but iterations or "
                           "methods are missing.");
}

/* ---------------------------------------------------------------- colours in words */

/* How a palette shows signs, as the picture of a method's basis has it. */
static const char *sign_words(mien_palette palette)
{
    switch (palette) {
    case MIEN_PALETTE_GRAY:
        return "zero is mid-grey, positive lighter, negative darker";
    case MIEN_PALETTE_DIVERGING:
        return "zero is white, positive orange, negative blue";
    case MIEN_PALETTE_ESL:
    default:
        return "zero is white, positive black, negative red";
    }
}

/* How it shows amounts, which have no sign. */
static const char *amount_words(mien_palette palette)
{
    return palette == MIEN_PALETTE_GRAY ? "light = much" : "dark = much";
}

/* What the colours of a basis mean, as the figure's legend has it. */
static const char *basis_words(const mien_dataset *dataset, bool is_signed, mien_palette palette)
{
    if (dataset->shape.channels == 3)
        return is_signed                       ? "differences, added to mid-grey"
               : dataset->ink == MIEN_INK_DARK ? "colours that are taken from white"
                                               : "colours of light, added to black";
    if (is_signed)
        return sign_words(palette);
    return amount_words(palette);
}

/* ---------------------------------------------------------------- tables */

static void add_table(mien_text *page, const mien_fit *const *fits, size_t n_fits)
{
    static const char *const columns[] = {
        "method",     "~minimised", "loss", "relative error", "variance explained",
        "iterations", "seconds",    "~end"};
    mien_text_add(page, "<h2>In numbers</h2>\n");
    mien_html_open_table(page, "What each method minimised, and how near it came", columns,
                         COUNT(columns));
    for (size_t f = 0; f < n_fits; f++) {
        const mien_fit *fit = fits[f];
        char loss[32], penalty[32];
        mien_number_words(fit->loss, loss, sizeof loss);
        mien_number_words(fit->penalty, penalty, sizeof penalty);
        mien_html_open_row(page, title_of(fit));
        mien_text_printf(page, "<td class=\"words\">%s", fit->loss_name);
        if (fit->penalty > 0) /* the loss stands beside it without the penalty */
            mien_text_printf(page, " and a penalty, which is %s", penalty);
        mien_text_printf(page, "</td><td>%s</td>", loss);
        mien_html_add_cell(page, "%.4f", fit->relative_error);
        mien_html_add_cell(page, "%.1f&#8239;%%", 100 * fit->explained_variance);
        mien_text_printf(page, "<td>%zu</td>", fit->iterations);
        mien_html_add_cell(page, "%.2f", fit->seconds);
        mien_text_printf(page, "<td class=\"words\">%s</td></tr>\n",
                         mien_stop_name(fit->stop, MIEN_STOP_PAGE));
    }
    mien_html_close_table(page);
    mien_html_add_note(page, "cite",
                       "Relative error: &#8214;X &minus; X&#770;&#8214; / &#8214;X&#8214;.");
}

static const char parts_of_images[] =
    "Sparseness (Hoyer 2004): 0 flat, 1 a single pixel. Localisation: 0 as wide as the picture, 1 "
    "a single pixel, below 0 along the rim. Overlap: mean cosine between two absolute basis "
    "images, 0 when no pixel is shared. Cancellation: the share of what components bring that they "
    "take away from each other, without the mean image. Parts are sparse and local, overlap little "
    "and cancel nothing.";
static const char parts_of_tables[] =
    "Sparseness (Hoyer 2004): 0 all variables alike, 1 a single variable. Overlap: mean cosine "
    "between two absolute components, 0 when no variable is shared. Cancellation: the share of "
    "what components bring that they take away from each other, without the mean. Parts are "
    "sparse, overlap little and cancel nothing.";

static void add_parts(mien_text *page, const mien_fit *const *fits, const mien_meaning *meanings,
                      size_t n_fits, bool is_table)
{
    static const char *const columns[] = {"method",
                                          "sparseness<br>of basis",
                                          "localisation<br>of basis",
                                          "overlap<br>of basis",
                                          "sparseness<br>of weights",
                                          "cancellation"};
    mien_text_add(page, "<h2>Parts or wholes?</h2>\n");
    mien_html_open_table(page, "How much like parts the components are", columns, COUNT(columns));
    for (size_t f = 0; f < n_fits; f++) {
        const mien_parts *parts = &meanings[f].parts;
        const double scores[] = {parts->sparseness, parts->localisation, parts->overlap,
                                 parts->weights_sparseness, parts->cancellation};
        mien_html_open_row(page, title_of(fits[f]));
        for (size_t s = 0; s < COUNT(scores); s++)
            mien_html_add_cell(page, "%.3f", scores[s]);
        mien_text_add(page, "</tr>\n");
    }
    mien_html_close_table(page);
    mien_html_add_note(page, "cite", is_table ? parts_of_tables : parts_of_images);
}

/* How many things of each label have which dominant component. */
static void add_cross(mien_text *page, const char *title, const mien_meaning *meaning)
{
    enum { MAX_LABELS = 200 };
    const mien_cross *cross = &meaning->cross;
    char caption[128];
    if (!cross->labels || cross->labels > MAX_LABELS)
        return;
    snprintf(caption, sizeof caption, "%s: labels by dominant component", title);
    mien_text_printf(page,
                     "<div class=\"card scroll\">\n<table>\n<caption>%s</caption>\n"
                     "<thead><tr><th scope=\"col\">label</th>",
                     caption);
    for (size_t k = 1; k <= cross->r; k++)
        mien_text_printf(page, "<th scope=\"col\">%zu</th>", k);
    mien_text_add(page, "</tr></thead>\n<tbody>\n");
    for (size_t l = 0; l < cross->labels; l++) {
        const size_t *row = cross->counts + cross->order[l] * (cross->r + 1);
        size_t largest = 1;
        for (size_t k = 0; k < cross->r; k++)
            largest = row[k] > largest ? row[k] : largest;
        mien_html_open_row(page, meaning->labels.names[cross->order[l]]);
        for (size_t k = 0; k < cross->r; k++)
            mien_text_printf(page, row[k] == largest ? "<td><b>%zu</b></td>" : "<td>%zu</td>",
                             row[k]);
        mien_text_add(page, "</tr>\n");
    }
    mien_html_close_table(page);
}

/* How the dominant components agree with the labels, where there are labels. */
static void add_labels(mien_text *page, const mien_fit *const *fits, const mien_meaning *meanings,
                       size_t n_fits)
{
    static const char *const columns[] = {"method", "adjusted Rand index",
                                          "normalised mutual information"};
    bool any = false;
    for (size_t f = 0; f < n_fits; f++) {
        const mien_meaning *m = &meanings[f];
        char caption[96];
        if (!m->n_labels)
            continue;
        snprintf(caption, sizeof caption, "Dominant components against %zu labels", m->n_labels);
        if (!any) {
            mien_text_add(page, "<h2>Do components find the labels?</h2>\n");
            mien_html_open_table(page, caption, columns, COUNT(columns));
        }
        any = true;
        mien_html_open_row(page, title_of(fits[f]));
        mien_html_add_cell(page, "%.3f", m->agreement.adjusted_rand);
        mien_html_add_cell(page, "%.3f", m->agreement.normalized_mutual);
        mien_text_add(page, "</tr>\n");
    }
    if (any) {
        mien_html_close_table(page);
        mien_html_add_note(
            page, "cite",
            "1: every component is one label. The Rand index (Hubert &amp; Arabie 1985) is 0 for "
            "what chance gives; mutual information is over the mean of both entropies, and grows "
            "with the number of components.");
    }
    for (size_t f = 0; f < n_fits; f++)
        add_cross(page, title_of(fits[f]), &meanings[f]);
}

enum { NAMED = 6 };

/* The columns in which a component is largest, by absolute value; *count of them, zeros left out.
 */
static void find_largest(const float *h, size_t p, size_t *index, size_t *count)
{
    *count = 0;
    for (size_t j = 0; j < p; j++) {
        float size = fabsf(h[j]);
        if (!(size > 0) || (*count == NAMED && size <= fabsf(h[index[NAMED - 1]])))
            continue;
        size_t at = *count < NAMED ? (*count)++ : NAMED - 1;
        for (; at > 0 && fabsf(h[index[at - 1]]) < size; at--)
            index[at] = index[at - 1];
        index[at] = j;
    }
}

/* Of each component the columns in which it is largest. Nothing where there are no names. */
static void add_columns(mien_text *page, const mien_fit *fit, const mien_dataset *dataset)
{
    if (!dataset->columns)
        return;
    mien_text_printf(page,
                     "<details open><summary>Where each component is largest</summary>\n"
                     "<div class=\"scroll\">\n<table>\n<caption>Names of columns, and what the "
                     "component has there</caption>\n<thead><tr><th scope=\"col\">component</th>"
                     "<th scope=\"col\" class=\"words\">columns</th></tr></thead>\n<tbody>\n");
    for (size_t k = 0; k < fit->r; k++) {
        const float *h = fit->H + k * fit->p;
        size_t index[NAMED], count;
        find_largest(h, fit->p, index, &count);
        mien_text_printf(page, "<tr><th scope=\"row\">%zu</th><td class=\"words\">", k + 1);
        for (size_t at = 0; at < count; at++) {
            mien_text_add(page, at ? ", " : "");
            mien_text_add_html(page, dataset->columns[index[at]]);
            mien_text_printf(page, "&nbsp;<small>%.3g</small>", (double)h[index[at]]);
        }
        mien_text_add(page, count ? "</td></tr>\n" : "&ndash;</td></tr>\n");
    }
    mien_text_add(page, "</tbody>\n</table>\n</div>\n</details>\n");
}

/* ---------------------------------------------------------------- method by method */

/* The exemplars, or why there are none. */
static void add_memberships(mien_text *page, mien_output *out, const mien_method_info *info,
                            const mien_meaning *meaning)
{
    bool is_table = out->dataset->is_table, clusters = info->traits & MIEN_CLUSTERS;
    mien_words words = mien_words_for(is_table);
    char name[64], alt[256];
    if (!(info->traits & MIEN_MEMBERSHIPS)) {
        mien_text_printf(page,
                         "<p class=\"note\">%s has no memberships: its weights may be negative, "
                         "and less than nothing of a component is no share of an %s.</p>\n",
                         info->title, words.thing);
        return;
    }
    mien_text_printf(page,
                     "<details open><summary>Who %s which component</summary>\n"
                     "<figure class=\"wide\">",
                     clusters ? "belongs to" : "uses");
    if (!is_table) {
        snprintf(name, sizeof name, "%s/exemplars.png", info->name);
        snprintf(alt, sizeof alt,
                 clusters
                     ? "A row for each centroid of %s: the centroid, its share of the images, "
                       "and the images nearest to it"
                     : "A row for each component of %s: the component, its mean share, and the "
                       "images that use it most",
                 info->title);
        mien_html_add_picture(page, out, name, alt);
    }
    if (is_table || meaning->labels.count) {
        snprintf(name, sizeof name, "%s/memberships.png", info->name);
        snprintf(alt, sizeof alt,
                 "Heat-map of %s: a row for each of the %zu %s, its share of each component; rows "
                 "are sorted by dominant component",
                 info->title, meaning->memberships.n, words.things);
        mien_html_add_picture(page, out, name, alt);
    }
    mien_text_printf(page,
                     "<figcaption>The shares of all components, %s by %s, are in "
                     "%s/membership.csv.</figcaption></figure>\n</details>\n",
                     words.thing, words.thing, info->name);
}

/* Loss and penalty, which is what is minimised, over the iterations; an infinite loss ends the
 * curve. Rows of smaller pictures, whose loss is another, are left out. */
static mien_status draw_history(const mien_fit *fit, const mien_trace *trace, size_t count,
                                mien_canvas *canvas, mien_error *err)
{
    double *x = mien_alloc_array(2 * count, sizeof *x), *y = x + count;
    if (!x)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < count; i++) {
        x[i] = (double)trace[i].iteration;
        y[i] = trace[i].loss;
    }
    char label[128];
    snprintf(label, sizeof label, "%s%s", fit->loss_name, fit->penalty > 0 ? " + penalty" : "");
    mien_series series = {.x = x, .y = y, .count = count};
    mien_chart chart = {.x_label = "iteration",
                        .y_label = label,
                        .series = &series,
                        .n_series = 1,
                        .log_y = true,
                        .width = 900,
                        .height = 420};
    mien_status st = mien_chart_draw(&chart, canvas, err);
    mien_free(x);
    return st;
}

/* The curve, where there are iterations enough for one. */
static void add_history(mien_text *page, mien_output *out, const mien_fit *fit)
{
    unsigned char *png;
    size_t nbytes, count = fit->n_trace, coarse = 0;
    mien_canvas canvas;
    while (count > 0 && !isfinite(fit->trace[count - 1].loss))
        count--;
    while (coarse < count && fit->trace[coarse].level > 1)
        coarse++;
    if (count - coarse < 3 || out->status)
        return;
    const mien_trace *first = &fit->trace[coarse], *last = &fit->trace[fit->n_trace - 1];
    mien_status st = draw_history(fit, first, count - coarse, &canvas, out->err);
    if (st == MIEN_ERR_DATA) /* nothing to draw */
        return;
    if (!st)
        st = mien_png_encode(&canvas, &png, &nbytes, out->err);
    out->status = st;
    if (st)
        return;
    const char *what = fit->penalty > 0 ? "loss and penalty" : "loss";
    char alt[256], from[32], to[32];
    mien_number_words(first->loss, from, sizeof from);
    mien_number_words(last->loss, to, sizeof to);
    snprintf(alt, sizeof alt,
             "Curve: %s of %s against the iteration, from %s in iteration %zu to "
             "%s in iteration %zu",
             what, title_of(fit), from, first->iteration, to, last->iteration);
    mien_text_add(page, "<figure>");
    mien_html_add_png(page, png, nbytes, alt);
    mien_text_printf(page, "<figcaption>The %s, iteration by iteration", what);
    if (coarse)
        mien_text_printf(page, ", after %zu on smaller pictures", first[-1].iteration);
    mien_text_add(page, ".</figcaption></figure>\n");
    mien_free(png);
}

/* The montage of the basis, and images above their reconstructions. */
static void add_pictures(mien_text *page, mien_output *out, const mien_fit *fit)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    mien_words call = mien_words_for(out->dataset->is_table);
    const char *words = basis_words(out->dataset, info->traits & MIEN_SIGNED, out->style->palette);
    char name[64], alt[256];
    mien_text_add(page, "<figure>");
    snprintf(name, sizeof name, "%s/basis.png", info->name);
    snprintf(alt, sizeof alt, "The %zu %s that %s learned, side by side%s; %s", fit->r, call.basis,
             info->title, out->dataset->is_table ? ", a row a variable" : "", words);
    mien_html_add_picture(page, out, name, alt);
    mien_text_printf(page, "<figcaption>%zu %s: %s.</figcaption></figure>\n<figure>", fit->r,
                     call.basis, words);
    snprintf(name, sizeof name, "%s/reconstruction.png", info->name);
    snprintf(alt, sizeof alt,
             "Upper row: some of the %s; lower row: what %s makes of them, with a relative error "
             "of %.3f over all %s",
             call.things, info->title, fit->relative_error, call.things);
    mien_html_add_picture(page, out, name, alt);
    mien_text_add(page, "<figcaption>Originals, as they are learned, above their reconstructions."
                        "</figcaption></figure>\n");
}

void mien_page_add_method(mien_text *page, mien_output *out, const mien_fit *fit,
                          const mien_meaning *meaning)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    mien_text_printf(page, "<section class=\"card\">\n<h3>%s</h3>\n<p class=\"cite\">%s</p>\n",
                     info->long_title, info->citation);
    mien_text_add(page, "<div class=\"pair\">\n");
    add_pictures(page, out, fit);
    if (info->traits & MIEN_MONOTONE)
        add_history(page, out, fit);
    mien_text_add(page, "</div>\n");
    if (fit->note[0]) {
        mien_html_add_escaped(page, "<p class=\"note\">", fit->note, "</p>\n");
    }
    add_columns(page, fit, out->dataset);
    add_memberships(page, out, info, meaning);
    mien_text_add(page, "</section>\n");
    if (page->failed)
        mien_output_fail(out, MIEN_ERR_NOMEM);
}

static void add_data(mien_text *page, const mien_output *out)
{
    const mien_dataset *dataset = out->dataset;
    const mien_run_info *run = out->run;
    mien_text_add(page, "<h2>The data and the run</h2>\n<div class=\"card\">\n<p>");
    if (!dataset->is_table)
        mien_text_printf(page, "%zu used, %zu refused, %zu other files skipped. ",
                         dataset->pixels.n, dataset->n_refused, dataset->n_skipped);
    for (size_t i = 0; i < dataset->n_remarks; i++) {
        mien_html_add_escaped(page, "", dataset->remarks[i], ". ");
    }
    mien_text_printf(page,
                     "Seed %llu. Fingerprint of the data: %016llx.</p>\n<p>The command:</p>\n"
                     "<p><code>",
                     (unsigned long long)run->options->seed,
                     (unsigned long long)dataset->fingerprint);
    mien_html_add_escaped(page, "", run->command, "</code></p>\n");
    enum { SHOWN = 50 };
    if (dataset->n_refused) {
        mien_text_printf(page, "<details><summary>%zu refused, and why</summary>\n<ul>\n",
                         dataset->n_refused);
        for (size_t i = 0; i < dataset->n_refused && i < SHOWN; i++) {
            mien_html_add_escaped(page, "<li>", dataset->refused[i].path, ": ");
            mien_html_add_escaped(page, "", dataset->refused[i].reason, "</li>\n");
        }
        if (dataset->n_refused > SHOWN)
            mien_text_printf(page, "<li>and %zu more, see summary.json</li>\n",
                             dataset->n_refused - SHOWN);
        mien_text_add(page, "</ul></details>\n");
    }
    mien_text_add(page, "</div>\n");
}

static void add_failures(mien_text *page, const mien_failure *failures, size_t n_failures)
{
    for (size_t f = 0; f < n_failures; f++) {
        mien_text_printf(page, "<p class=\"warning\"><b>%s</b> did not run: ",
                         mien_method_describe(failures[f].method)->title);
        mien_html_add_escaped(page, "", failures[f].reason, "</p>\n");
    }
}

/* ---------------------------------------------------------------- the page */

/* Around the name of what the figure takes apart. */
#define FIGURE_FILE  "The file "
#define FIGURE_ROW   "The observation "
#define FIGURE_WORDS "; below it"

/* What the figure shows, for those who do not see it. */
static void add_figure_words(char *words, size_t size, const mien_fit *const *fits, size_t n_fits,
                             const mien_output *out)
{
    const mien_dataset *dataset = out->dataset;
    mien_words call = mien_words_for(dataset->is_table);
    int used = snprintf(words, size, "%s%.200s%s" FIGURE_WORDS ", one row each for",
                        dataset->is_table ? FIGURE_ROW : FIGURE_FILE,
                        dataset->images ? dataset->images[out->run->example].path : "",
                        dataset->is_table ? "" : " as it is, and as it is learned");
    for (size_t f = 0; f < n_fits && used > 0 && (size_t)used < size; f++)
        used += snprintf(words + used, size - (size_t)used, "%s %s",
                         f == 0            ? ""
                         : f + 1 == n_fits ? " and"
                                           : ",",
                         title_of(fits[f]));
    if (used > 0 && (size_t)used < size)
        snprintf(words + used, size - (size_t)used,
                 ": %zu %s, the weights of that %s in the same places, and their sum, the "
                 "reconstruction",
                 fits[0]->r, call.basis, call.thing);
}

/* steps.png and emerge.png, where they were drawn: not of tables, and the second not without
 * snapshots. */
static void add_story(mien_text *page, mien_output *out)
{
    static const struct {
        const char *name, *heading, *words;
    } stories[] = {
        {"steps.png", "One image, component by component",
         "The image put together from its components, the largest contributions first: what each "
         "step adds, and the sum so far"},
        {"emerge.png", "How parts appear",
         "Six components of NMF along the iterations, from noise to the part each became"}};
    for (size_t k = 0; k < COUNT(stories) && !out->status; k++) {
        char path[MIEN_PATH_MAX];
        out->status = mien_outdir_path(out->dir, stories[k].name, path, sizeof path, out->err);
        if (out->status || access(path, R_OK) != 0)
            continue;
        mien_text_printf(page, "<h2>%s</h2>\n<div class=\"card figure\">", stories[k].heading);
        mien_html_add_picture(page, out, stories[k].name, stories[k].words);
        mien_text_add(page, "</div>\n");
    }
}

void mien_page_write(mien_output *out, const mien_fit *const *fits, const mien_meaning *meanings,
                     const mien_text *sections, size_t n_fits, const mien_failure *failures,
                     size_t n_failures)
{
    mien_text page = {0};
    char alt[768];
    add_head(&page, out);
    add_failures(&page, failures, n_failures);
    if (n_fits) {
        mien_text_add(&page, "<div class=\"card figure\">");
        add_figure_words(alt, sizeof alt, fits, n_fits, out);
        mien_html_add_picture(&page, out, "figure.png", alt);
        mien_text_add(&page, "</div>\n");
        add_story(&page, out);
        if (out->run->truth)
            mien_truth_add_html(&page, out->run->truth);
        add_table(&page, fits, n_fits);
        add_parts(&page, fits, meanings, n_fits, out->dataset->is_table);
        add_labels(&page, fits, meanings, n_fits);
        mien_text_add(&page, "<h2>Method by method</h2>\n");
    }
    for (size_t f = 0; f < n_fits && !out->status; f++)
        mien_text_add_bytes(&page, sections[f].bytes, sections[f].length);
    mien_html_add_help(&page, out->dataset->is_table);
    add_data(&page, out);
    mien_html_end(&page);
    mien_output_text(out, "report.html", &page);
}

/* ---------------------------------------------------------------- a page that is there */

/* Every `old` in the page becomes `fresh`. */
static void replace_all(mien_text *page, const char *old, const char *fresh)
{
    mien_text result = {0};
    size_t length = strlen(old);
    const char *from = page->bytes, *at;
    if (page->failed || strcmp(old, fresh) == 0 || !strstr(from, old))
        return;
    for (; (at = strstr(from, old)); from = at + length) {
        mien_text_add_bytes(&result, from, (size_t)(at - from));
        mien_text_add(&result, fresh);
    }
    mien_text_add(&result, from);
    mien_text_free(page);
    *page = result;
}

void mien_page_change_picture(mien_text *page, const mien_page_change *change)
{
    mien_text old = {0}, fresh = {0};
    mien_text_add_base64(&old, (const unsigned char *)change->old, change->old_nbytes);
    mien_text_add(&old, "\"");
    mien_text_add_base64(&fresh, (const unsigned char *)change->fresh, change->fresh_nbytes);
    mien_text_add(&fresh, "\"");
    if (old.failed || fresh.failed)
        page->failed = true;
    else
        replace_all(page, old.bytes, fresh.bytes);
    mien_text_free(&old);
    mien_text_free(&fresh);
}

/* The words for colours between two places of the page. */
static void change_colours(mien_text *page, size_t from, size_t end, mien_palette palette)
{
    static const mien_palette palettes[] = {MIEN_PALETTE_ESL, MIEN_PALETTE_GRAY,
                                            MIEN_PALETTE_DIVERGING};
    mien_text piece = {0}, rest = {0};
    mien_text_add_bytes(&piece, page->bytes + from, end - from);
    mien_text_add(&rest, page->bytes + end);
    for (size_t k = 0; k < sizeof palettes / sizeof *palettes && !piece.failed; k++) {
        replace_all(&piece, sign_words(palettes[k]), sign_words(palette));
        if (!piece.failed)
            replace_all(&piece, amount_words(palettes[k]), amount_words(palette));
    }
    page->length = from;
    if (piece.failed || rest.failed) {
        page->failed = true;
    } else {
        mien_text_add_bytes(page, piece.bytes, piece.length);
        mien_text_add_bytes(page, rest.bytes, rest.length);
    }
    mien_text_free(&piece);
    mien_text_free(&rest);
}

void mien_page_change_palette(mien_text *page, const mien_method *method, mien_palette palette)
{
    char head[256];
    if (page->failed)
        return;
    if (!method) {
        change_colours(page, 0, page->length, palette);
        return;
    }
    snprintf(head, sizeof head, "<h3>%s</h3>", mien_method_describe(method)->long_title);
    const char *from = strstr(page->bytes, head);
    const char *end = from ? strstr(from, "</section>") : NULL;
    if (end)
        change_colours(page, (size_t)(from - page->bytes), (size_t)(end - page->bytes), palette);
}

void mien_page_change_example(mien_text *page, const char *name)
{
    static const char *const begins[] = {"alt=\"" FIGURE_FILE, "alt=\"" FIGURE_ROW};
    for (size_t k = 0; k < sizeof begins / sizeof *begins && !page->failed; k++) {
        const char *at = strstr(page->bytes, begins[k]);
        const char *end = at ? strstr(at, k == 0 ? " as it is" : FIGURE_WORDS) : NULL;
        if (!end || memchr(at, '>', (size_t)(end - at)))
            continue;
        mien_text result = {0};
        mien_text_add_bytes(&result, page->bytes, (size_t)(at - page->bytes) + strlen(begins[k]));
        mien_text_add_html(&result, name);
        mien_text_add(&result, end);
        mien_text_free(page);
        *page = result;
    }
}
