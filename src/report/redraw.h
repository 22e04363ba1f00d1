/* redraw.h - the page of a comparison, made again from its folder.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_REDRAW_H
#define MIEN_REDRAW_H

#include "report/files/report_output.h"

/* report.html into `dir`, of the comparison in the folder `root`. Images come from where they were
 * read, as far as they are there and mien_model_source() follows; else from the page that was there
 * before, which also has the say on colours.
 *   studies  a list that stands beside it, see studies.h; NULL: those of the page before
 * Errors as of mien_model_load(), and those of writing. */
mien_status mien_comparison_page(const char *root, mien_outdir *dir, json_t *studies,
                                 const mien_style *style, mien_error *err);

#endif
