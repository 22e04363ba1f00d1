/* html.h - what the page of a stability study is made of.
 * SPDX-License-Identifier: MIT
 *
 * A page holds everything it shows, opens offline and runs no script. Captions, heads and notes are
 * HTML; what comes from data or the user is escaped. */
#ifndef MIEN_HTML_H
#define MIEN_HTML_H

#include "report/files/report_output.h"

/* Everything up to the first paragraph, which is left open and begins with the input's name. */
void mien_html_begin(mien_text *page, const char *title, const char *heading, const char *input);
void mien_html_end(mien_text *page);

/* A PNG as an <img> that holds its bytes; of a file that stands in out->dir already. */
void mien_html_add_png(mien_text *page, const void *png, size_t nbytes, const char *alt);
void mien_html_add_picture(mien_text *page, mien_output *out, const char *name, const char *alt);

/* <table>, its caption and heads of columns, up to the first row. A head that begins with
 * MIEN_HTML_WORDS stands over words, at the left; others over numbers. */
#define MIEN_HTML_WORDS '~'
void mien_html_open_table(mien_text *page, const char *caption, const char *const *columns,
                          size_t count);
void mien_html_close_table(mien_text *page);

/* The first cell of a row, and one with a number, a dash where it is NaN. */
void mien_html_open_row(mien_text *page, const char *head);
void mien_html_add_cell(mien_text *page, const char *format, double value);

/* Text of the data or the user's between two pieces of HTML. */
void mien_html_add_escaped(mien_text *page, const char *before, const char *text,
                           const char *after);

/* <p class="...">words</p>. */
void mien_html_add_note(mien_text *page, const char *class, const char *words);

#endif
