/* page.c - report.html, one self-contained page.
 * SPDX-License-Identifier: MIT */
#include "report/page.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "report/model.h"
#include "report/pictures.h"
#include "report/style.h"

#include <stdio.h>
#include <string.h>

enum { PICTURE_LIMIT = 256 * 1024 * 1024 };

/* ---------------------------------------------------------------- pieces */

static void add_picture_bytes(mien_text *page, const void *png, size_t nbytes, const char *alt,
                              const char *class)
{
    mien_text_printf(page, "<img class=\"%s\" alt=\"", class);
    mien_text_add_html(page, alt);
    mien_text_add(page, "\" src=\"data:image/png;base64,");
    mien_text_add_base64(page, png, nbytes);
    mien_text_add(page, "\">");
}

mien_status mien_page_add_picture(mien_text *page, mien_outdir *dir, const char *name,
                                  const char *alt, const char *class, mien_error *err)
{
    char path[MIEN_PATH_MAX];
    char *png;
    size_t nbytes;
    mien_status st = mien_outdir_path(dir, name, path, sizeof path, err);
    if (!st)
        st = mien_file_read(path, PICTURE_LIMIT, &png, &nbytes, err);
    if (st)
        return st;
    add_picture_bytes(page, png, nbytes, alt, class);
    mien_free(png);
    return MIEN_OK;
}

static void add_head(mien_text *page, const mien_dataset *dataset, const mien_run_info *run)
{
    mien_text_add(page,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "img-src data:; style-src 'unsafe-inline'\">\n<title>mien: ");
    mien_text_add_html(page, run->input);
    mien_text_add(page, "</title>\n<style>\n");
    mien_text_add(page, mien_style_sheet);
    mien_text_add(page, "</style>\n</head>\n<body>\n<main>\n<h1>What each method learned</h1>\n"
                        "<p class=\"lead\">");
    mien_text_add_html(page, run->input);
    mien_shape s = dataset->shape;
    mien_text_printf(page, " &middot; %zu %s of ", dataset->pixels.n,
                     dataset->is_table ? "rows" : "images");
    if (dataset->is_table)
        mien_text_printf(page, "%zu numbers", dataset->pixels.p);
    else
        mien_text_printf(page, "%zu&times;%zu pixels%s", s.width, s.height,
                         s.channels == 3 ? ", in colour" : "");
    mien_text_printf(page, " &middot; %zu components &middot; values: %s%s</p>\n", run->options->r,
                     mien_normalize_name(dataset->normalize),
                     dataset->inverted ? ", inverted" : "");
    if (run->interrupted)
        mien_text_add(page,
                      "<p class=\"warning\">The run was interrupted: what follows is whole, but "
                      "iterations or methods are missing.</p>\n");
}

static void add_cell(mien_text *page, const char *format, double value)
{
    mien_text_add(page, "<td>");
    mien_text_printf(page, format, value);
    mien_text_add(page, "</td>");
}

static const char *stop_words(mien_stop stop)
{
    switch (stop) {
    case MIEN_STOP_CONVERGED:
        return "converged";
    case MIEN_STOP_ITERATIONS:
        return "all iterations used";
    case MIEN_STOP_INTERRUPTED:
    default:
        return "interrupted";
    }
}

static void add_table(mien_text *page, const mien_fit *const *fits, size_t n_fits)
{
    mien_text_add(page, "<h2>In numbers</h2>\n<div class=\"card scroll\">\n<table>\n<thead><tr>"
                        "<th>method</th><th>loss minimised</th><th>loss</th><th>relative error</th>"
                        "<th>variance explained</th><th>iterations</th><th>seconds</th>"
                        "<th>end</th></tr></thead>\n<tbody>\n");
    for (size_t f = 0; f < n_fits; f++) {
        const mien_fit *fit = fits[f];
        char loss[32];
        mien_number_words(fit->loss, loss, sizeof loss);
        mien_text_printf(page, "<tr><td><b>%s</b></td><td class=\"words\">%s</td><td>%s</td>",
                         mien_method_describe(fit->method)->title, fit->loss_name, loss);
        add_cell(page, "%.4f", fit->relative_error);
        add_cell(page, "%.1f&#8239;%%", 100 * fit->explained_variance);
        mien_text_printf(page, "<td>%zu</td>", fit->iterations);
        add_cell(page, "%.2f", fit->seconds);
        mien_text_printf(page, "<td class=\"words\">%s</td></tr>\n", stop_words(fit->stop));
    }
    mien_text_add(page, "</tbody>\n</table>\n</div>\n<p class=\"cite\">Relative error: "
                        "&#8214;X &minus; X&#770;&#8214; / &#8214;X&#8214;.</p>\n");
}

/* A score, or a dash where it is not defined. */
static void add_score(mien_text *page, double value)
{
    if (value == value)
        add_cell(page, "%.3f", value);
    else
        mien_text_add(page, "<td>&ndash;</td>");
}

static void add_parts(mien_text *page, const mien_fit *const *fits, const mien_meaning *meanings,
                      size_t n_fits)
{
    mien_text_add(page,
                  "<h2>Parts or wholes?</h2>\n<div class=\"card scroll\">\n<table>\n<thead><tr>"
                  "<th>method</th><th>sparseness<br>of basis</th>"
                  "<th>localisation<br>of basis</th><th>overlap<br>of basis</th>"
                  "<th>sparseness<br>of weights</th><th>cancellation</th>"
                  "</tr></thead>\n<tbody>\n");
    for (size_t f = 0; f < n_fits; f++) {
        const mien_parts *parts = &meanings[f].parts;
        mien_text_printf(page, "<tr><td><b>%s</b></td>",
                         mien_method_describe(fits[f]->method)->title);
        const double scores[] = {parts->sparseness, parts->localisation, parts->overlap,
                                 parts->weights_sparseness, parts->cancellation};
        for (size_t s = 0; s < sizeof scores / sizeof *scores; s++)
            add_score(page, scores[s]);
        mien_text_add(page, "</tr>\n");
    }
    mien_text_add(
        page, "</tbody>\n</table>\n</div>\n<p class=\"cite\">Sparseness (Hoyer 2004): 0 flat, 1 a "
              "single pixel. Localisation: 0 as wide as the picture, 1 a single pixel, below 0 "
              "along the rim. Overlap: mean cosine between two absolute basis images, 0 when no "
              "pixel is shared. Cancellation: the share of what components bring that they take "
              "away from each other, without the mean image. Parts are sparse and local, overlap "
              "little and cancel nothing.</p>\n");
}

/* How the dominant components agree with the folders of the images, where there are folders. */
static void add_labels(mien_text *page, const mien_fit *const *fits, const mien_meaning *meanings,
                       size_t n_fits)
{
    bool any = false;
    for (size_t f = 0; f < n_fits; f++) {
        const mien_meaning *m = &meanings[f];
        if (!m->n_labels)
            continue;
        if (!any)
            mien_text_printf(page,
                             "<h2>Do components find the folders?</h2>\n<div class=\"card "
                             "scroll\">\n<table>\n<thead><tr><th>dominant component against "
                             "%zu folders</th><th>adjusted Rand index</th><th>normalised "
                             "mutual information</th></tr></thead>\n<tbody>\n",
                             m->n_labels);
        any = true;
        mien_text_printf(page, "<tr><td><b>%s</b></td>",
                         mien_method_describe(fits[f]->method)->title);
        add_cell(page, "%.3f", m->agreement.adjusted_rand);
        add_cell(page, "%.3f", m->agreement.normalized_mutual);
        mien_text_add(page, "</tr>\n");
    }
    if (any)
        mien_text_add(page,
                      "</tbody>\n</table>\n</div>\n<p class=\"cite\">1: every component is one "
                      "folder. The Rand index (Hubert &amp; Arabie 1985) is 0 for what "
                      "chance gives; mutual information is over the mean of both "
                      "entropies, and grows with the number of components.</p>\n");
}

/* The exemplars, or why there are none. */
static mien_status add_memberships(mien_text *page, mien_outdir *dir, const mien_method_info *info,
                                   mien_error *err)
{
    if (!(info->traits & MIEN_MEMBERSHIPS)) {
        mien_text_printf(page,
                         "<p class=\"note\">%s has no memberships: its weights may be negative, "
                         "and less than nothing of a component is no share of an image.</p>\n",
                         info->title);
        return MIEN_OK;
    }
    char name[64];
    snprintf(name, sizeof name, "%s/exemplars.png", info->name);
    bool clusters = info->traits & MIEN_CLUSTERS;
    mien_text_printf(page,
                     "<details open><summary>Who %s which component</summary>\n"
                     "<figure class=\"wide\">",
                     clusters ? "belongs to" : "uses");
    mien_status st =
        mien_page_add_picture(page, dir, name,
                              clusters ? "each centroid and the images nearest to it"
                                       : "each component and the images that use it most",
                              "", err);
    mien_text_printf(page,
                     "<figcaption>Every image's shares of all components are in "
                     "%s/membership.csv.</figcaption></figure>\n</details>\n",
                     info->name);
    return st;
}

static mien_status add_method(mien_text *page, mien_outdir *dir, const mien_fit *fit,
                              mien_error *err)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    char name[64], alt[128];
    mien_text_printf(page, "<section class=\"card\">\n<h3>%s</h3>\n<p class=\"cite\">%s</p>\n",
                     info->long_title, info->citation);
    mien_text_add(page, "<div class=\"pair\">\n<figure>");
    snprintf(name, sizeof name, "%s/basis.png", info->name);
    snprintf(alt, sizeof alt, "%zu basis images learned by %s", fit->r, info->title);
    mien_status st = mien_page_add_picture(page, dir, name, alt, "pixels", err);
    if (st)
        return st;
    mien_text_printf(page, "<figcaption>%zu basis images%s.</figcaption></figure>\n<figure>",
                     fit->r, info->traits & MIEN_SIGNED ? ", black positive and red negative" : "");
    snprintf(name, sizeof name, "%s/reconstruction.png", info->name);
    st = mien_page_add_picture(page, dir, name, "originals above their reconstructions", "pixels",
                               err);
    if (st)
        return st;
    mien_text_add(page,
                  "<figcaption>Originals above their reconstructions.</figcaption></figure>\n");
    unsigned char *png;
    size_t nbytes;
    if (info->traits & MIEN_MONOTONE) {
        st = mien_history_picture(fit, &png, &nbytes, err);
        if (st == MIEN_OK) {
            mien_text_add(page, "<figure>");
            add_picture_bytes(page, png, nbytes, "loss against iteration", "");
            mien_text_add(page, "<figcaption>The loss, iteration by iteration.</figcaption>"
                                "</figure>\n");
            mien_free(png);
        } else if (st != MIEN_ERR_DATA) {
            return st;
        }
    }
    mien_text_add(page, "</div>\n");
    if (fit->note[0]) {
        mien_text_add(page, "<p class=\"note\">");
        mien_text_add_html(page, fit->note);
        mien_text_add(page, "</p>\n");
    }
    st = add_memberships(page, dir, info, err);
    mien_text_add(page, "</section>\n");
    return st;
}

static void add_data(mien_text *page, const mien_dataset *dataset, const mien_run_info *run)
{
    mien_text_add(page, "<h2>The data and the run</h2>\n<div class=\"card\">\n<p>");
    mien_text_printf(page, "%zu used, %zu refused, %zu other files skipped. ", dataset->pixels.n,
                     dataset->n_refused, dataset->n_skipped);
    mien_text_printf(page,
                     "Seed %llu. Fingerprint of the data: %016llx.</p>\n<p>The command:</p>\n"
                     "<p><code>",
                     (unsigned long long)run->options->seed,
                     (unsigned long long)dataset->fingerprint);
    mien_text_add_html(page, run->command);
    mien_text_add(page, "</code></p>\n");
    enum { SHOWN = 50 };
    if (dataset->n_refused) {
        mien_text_printf(page, "<details><summary>%zu refused, and why</summary>\n<ul>\n",
                         dataset->n_refused);
        for (size_t i = 0; i < dataset->n_refused && i < SHOWN; i++) {
            mien_text_add(page, "<li>");
            mien_text_add_html(page, dataset->refused[i].path);
            mien_text_add(page, ": ");
            mien_text_add_html(page, dataset->refused[i].reason);
            mien_text_add(page, "</li>\n");
        }
        if (dataset->n_refused > SHOWN)
            mien_text_printf(page, "<li>and %zu more, see summary.json</li>\n",
                             dataset->n_refused - SHOWN);
        mien_text_add(page, "</ul></details>\n");
    }
    mien_text_add(page, "</div>\n");
}

static void add_reading_help(mien_text *page)
{
    mien_text_add(
        page,
        "<h2>How to read the figure</h2>\n<div class=\"card\">\n<p>Every method explains an image "
        "as the same sum: basis images, each multiplied by a weight. What differs is what "
        "the weights and the basis may be, and so what the basis images become.</p>\n"
        "<p><b>NMF</b> may only add. Nothing can be taken away again, so the basis images become "
        "parts: what is not in every face must have an image of its own. <b>VQ</b> (k-means) "
        "chooses one basis image, so each is a whole face. <b>PCA</b> may subtract: its images are "
        "whole faces in black and red that cancel each other, and explain the most variance of "
        "all. <b>ICA</b> turns the images of PCA until they are as independent as they can "
        "be.</p>\n<p>After <i>The Elements of Statistical Learning</i>, Fig. 14.33, and Lee &amp; "
        "Seung, <i>Nature</i> 401 (1999).</p>\n</div>\n");
}

static void add_failures(mien_text *page, const mien_failure *failures, size_t n_failures)
{
    for (size_t f = 0; f < n_failures; f++) {
        mien_text_printf(page, "<p class=\"warning\"><b>%s</b> did not run: ",
                         mien_method_describe(failures[f].method)->title);
        mien_text_add_html(page, failures[f].reason);
        mien_text_add(page, "</p>\n");
    }
}

/* ---------------------------------------------------------------- the page */

static mien_status build(mien_text *page, mien_outdir *dir, const mien_fit *const *fits,
                         const mien_meaning *meanings, size_t n_fits, const mien_failure *failures,
                         size_t n_failures, const mien_dataset *dataset, const mien_run_info *run,
                         mien_error *err)
{
    mien_status st = MIEN_OK;
    add_head(page, dataset, run);
    add_failures(page, failures, n_failures);
    if (n_fits) {
        mien_text_add(page, "<div class=\"card figure\">");
        st = mien_page_add_picture(
            page, dir, "figure.png",
            "a row a method: basis images times weights is the reconstruction", "", err);
        mien_text_add(page, "</div>\n");
        add_table(page, fits, n_fits);
        add_parts(page, fits, meanings, n_fits);
        add_labels(page, fits, meanings, n_fits);
        mien_text_add(page, "<h2>Method by method</h2>\n");
    }
    for (size_t f = 0; f < n_fits && !st; f++)
        st = add_method(page, dir, fits[f], err);
    add_reading_help(page);
    add_data(page, dataset, run);
    mien_text_add(page, "<footer>Made by mien " MIEN_VERSION ".</footer>\n</main>\n</body>\n"
                        "</html>\n");
    if (!st && page->failed)
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    return st;
}

mien_status mien_page_write(mien_outdir *dir, const mien_fit *const *fits,
                            const mien_meaning *meanings, size_t n_fits,
                            const mien_failure *failures, size_t n_failures,
                            const mien_dataset *dataset, const mien_run_info *run, mien_error *err)
{
    mien_text page = {0};
    mien_status st =
        build(&page, dir, fits, meanings, n_fits, failures, n_failures, dataset, run, err);
    if (!st)
        st = mien_outdir_write(dir, "report.html", page.bytes, page.length, err);
    mien_text_free(&page);
    return st;
}
