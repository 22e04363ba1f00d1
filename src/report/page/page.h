/* page.h - report.html, one self-contained page.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PAGE_H
#define MIEN_PAGE_H

#include "base/text.h"
#include "report/page/meaning.h"

/* Add a method's section: its pictures, which already stand in `dir`, and what they show. style:
 * that of the pictures. */
mien_status mien_page_add_method(mien_text *page, mien_outdir *dir, const mien_fit *fit,
                                 const mien_meaning *meaning, const mien_dataset *dataset,
                                 const mien_style *style, mien_error *err);

/* Write report.html from the fits and the figure that already stands in `dir`. The page holds
 * everything it shows, opens offline and runs no script. meanings and sections: one a fit. */
mien_status mien_page_write(mien_outdir *dir, const mien_fit *const *fits,
                            const mien_meaning *meanings, const mien_text *sections, size_t n_fits,
                            const mien_failure *failures, size_t n_failures,
                            const mien_dataset *dataset, const mien_run_info *run, mien_error *err);

/* Add a PNG that stands in `dir` already, as an <img> that holds its bytes. */
mien_status mien_page_add_picture(mien_text *page, mien_outdir *dir, const char *name,
                                  const char *alt, const char *class, mien_error *err);

/* <table>, its caption and heads of columns, up to the first row; in HTML. A head that begins with
 * this stands over words, at the left; others over numbers. */
#define MIEN_PAGE_WORDS '~'
void mien_page_open_table(mien_text *page, const char *caption, const char *const *columns,
                          size_t count);

/* A picture before and after it was drawn anew, as PNG; owned by whoever filled it. */
typedef struct mien_page_change {
    char *old, *fresh;
    size_t old_nbytes, fresh_nbytes;
} mien_page_change;

/* Put a picture in the place of the old one, wherever the page shows that. */
void mien_page_change_picture(mien_text *page, const mien_page_change *change);

/* Say what the colours of `palette` mean, in the place of what was said before: in the section of a
 * method, or everywhere when method is NULL. */
void mien_page_change_palette(mien_text *page, const mien_method *method, mien_palette palette);

/* The figure takes another image apart. */
void mien_page_change_example(mien_text *page, const char *name);

#endif
