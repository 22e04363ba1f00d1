/* table.h - tables of numbers as text: .csv, with commas, semicolons or tabs.
 * SPDX-License-Identifier: MIT
 *
 * RFC 4180 with what programs really write: LF, CRLF or CR, a byte order mark, blank lines, comment
 * lines beginning with # before the first row (numpy.savetxt), quotes around anything. Numbers have
 * a decimal point, whatever the locale.
 *
 * Header and row names are told from the cells. The first row is a header when a cell of it that
 * stands over numbers is no number, when its first cell is empty (pandas, R), or when it is all
 * words and one cell shorter than the second (R). The first column holds names when the second row
 * begins with something that is no number, or when the header's first cell is empty or missing. So
 * a column of numeric labels under a header of words is taken for data: nothing tells them apart.
 */
#ifndef MIEN_TABLE_H
#define MIEN_TABLE_H

#include "mien.h"

typedef struct mien_table {
    size_t n, p;    /* rows and columns of numbers */
    float *values;  /* n x p, all finite and >= 0 */
    char **names;   /* n row names, or NULL when there is no such column */
    char **columns; /* p column names, or NULL when there is no header */
} mien_table;

/* Read a table. Errors name the path, the row (from 1, header not counted; the line of the file is
 * given too) and the column (from 1, row names not counted): MIEN_ERR_IO, _NOMEM, MIEN_ERR_FORMAT
 * for ragged rows and words, MIEN_ERR_DOMAIN for negative, NaN, infinite and missing entries. */
mien_status mien_table_read(const char *path, mien_table *out, mien_error *err);

void mien_table_free(mien_table *table);

#endif
