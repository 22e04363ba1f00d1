/* page.h - report.html, one self-contained page that computes.
 * SPDX-License-Identifier: MIT
 *
 * What the page holds is told in assets/page/README.md. It is made from what stands in the files of
 * a result, so a run and its folder give the same page: words and numbers from summary.json and the
 * model.json of each fit, arrays from the fits. Only the images come from elsewhere: from the data
 * where it is at hand, else from the page that was there before, else from the models' examples. */
#ifndef MIEN_PAGE_H
#define MIEN_PAGE_H

#include "report/files/report_output.h"

/* What a page is made from. Nothing is owned. */
typedef struct mien_page {
    const char *kind;            /* "comparison", "stability", "rank", "transform", "cone" */
    const json_t *summary;       /* the members of summary.json */
    const mien_fit *const *fits; /* n_fits, with trace and snapshots as far as they are known */
    json_t *const *models;       /* n_fits, what model.json says of each */
    size_t n_fits;
    const mien_examples *examples; /* NULL: there is no fit, and no image is on the page */
    const mien_dataset *dataset;   /* what the fits were learned from; NULL: not at hand, then */
    const char *before; /* the report.html that was there before, a text that may be anything, whose
                         * images are used when they are these; NULL: none */
    json_t *studies;    /* a list, as assets/page/README.md has it; NULL: none */
    mien_palette palette;
    size_t example;    /* place in X */
    size_t max_images; /* on the page; 0: the models' examples alone; MIEN_PAGE_IMAGES_AS_BEFORE */
    unsigned threads;  /* 0: one a processor */
} mien_page;

/* Add the page to a text: the same bytes for any number of threads. MIEN_ERR_NOMEM. */
mien_status mien_page_make(const mien_page *page, mien_text *html, mien_error *err);

/* The same into report.html of out->dir. */
void mien_page_write(mien_output *out, const mien_page *page);

/* *out <- the JSON of a page, for json_decref(); NULL: it has none, or it is no page.
 * MIEN_ERR_NOMEM. */
mien_status mien_page_parse(const char *html, json_t **out);

#endif
