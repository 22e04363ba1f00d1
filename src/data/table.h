/* table.h - tables of numbers as text, whose columns may also hold ids and labels.
 * SPDX-License-Identifier: MIT
 *
 * How text becomes cells: cells.h; cells numbers: numerals.h.
 *
 * Header and row names are told from the cells. The first row is a header when a cell of it that
 * stands over a number is a word; when its first cell is empty (pandas, R); when it is all words
 * and one cell shorter than the second (R); or when it counts 0, 1, 2, .. (pandas) above numbers
 * that do not. A comment line of as many words as there are columns names them, too
 * (numpy.savetxt). The first column holds ids when it is text, or when the header's first cell is
 * empty or missing. Every other column of text is refused unless the choice says what it is. */
#ifndef MIEN_TABLE_H
#define MIEN_TABLE_H

#include "data/input.h"

/* What columns are, by name or by number from 1. Words are borrowed. */
typedef struct mien_table_choice {
    const char *id, *label; /* NULL: none */
    const char *const *ignore;
    size_t n_ignore;
    size_t expected; /* for a model, of so many columns: a column that is not there is no error, and
                      * numbers count only where there are more columns; 0: no model */
} mien_table_choice;

typedef struct mien_table {
    size_t n, p;    /* rows and columns of numbers */
    float *values;  /* n x p, all finite */
    char **names;   /* n ids, or NULL when there is no such column */
    char **labels;  /* n, or NULL */
    char **columns; /* p names, or NULL when there is no header */
    size_t *places; /* p: places in the file, from 1 */
    char *negative; /* "row 2 (line 3), column 1 (a): -4", the first below zero; NULL: none */
    char **remarks; /* n_remarks sentences */
    size_t n_remarks;
} mien_table;

/* Read a table from a file's bytes, which are changed. choice: NULL for none. Errors name the path,
 * the row (from 1, header not counted; the line of the file is given too) and the column (from 1,
 * of the file): MIEN_ERR_NOMEM, MIEN_ERR_FORMAT for ragged rows and words, MIEN_ERR_DOMAIN for NaN,
 * infinite and missing entries, MIEN_ERR_ARG for a choice of what is not there. */
mien_status mien_table_parse(const char *path, mien_bytes *bytes, const mien_table_choice *choice,
                             mien_table *out, mien_error *err);

void mien_table_free(mien_table *table);

#endif
