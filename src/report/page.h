/* page.h - report.html, one self-contained page.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PAGE_H
#define MIEN_PAGE_H

#include "report/files/report_output.h"
#include "report/model/meaning.h"

/* Add a method's section: its pictures, which already stand in out->dir, and what they show in
 * out->style. */
void mien_page_add_method(mien_text *page, mien_output *out, const mien_fit *fit,
                          const mien_meaning *meaning);

/* Write report.html from the fits and the figure that already stands in out->dir. meanings and
 * sections: one a fit. */
void mien_page_write(mien_output *out, const mien_fit *const *fits, const mien_meaning *meanings,
                     const mien_text *sections, size_t n_fits, const mien_failure *failures,
                     size_t n_failures);

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
