/* list.h - a text that names image files, and may say what they are.
 * SPDX-License-Identifier: MIT
 *
 * A file a line, and beside it a label: "faces/00.pgm;0", OpenCV's habit, also with commas, tabs,
 * bars or blanks between, the label first, a header above, more columns, or no label at all. Files
 * are looked for in the list's own folder, else in the working directory. */
#ifndef MIEN_LIST_H
#define MIEN_LIST_H

#include "data/input.h"
#include "read/gather.h"

/* Whether a text is one: a file of the name of an image stands in its first or second line, with at
 * most one other cell beside it, or a few when that file exists. */
bool mien_list_is(const char *input, const mien_bytes *text);

/* Read its images in the order of the lines; labels go into ds->labels. The column of labels is
 * options->label, else the other one, else the last. Errors as of mien_gather(), and MIEN_ERR_ARG
 * for a label column that is not there. */
mien_status mien_list_load(const char *input, const mien_bytes *text,
                           const mien_load_options *options, mien_pool *pool, mien_dataset *ds,
                           mien_error *err);

#endif
