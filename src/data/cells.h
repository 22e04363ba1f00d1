/* cells.h - text as rows of cells.
 * SPDX-License-Identifier: MIT
 *
 * RFC 4180 with what programs really write: LF, CRLF or CR, a byte order mark, UTF-16 (a
 * spreadsheet's "Unicode text"), blank lines, rows of separators alone, comment lines beginning
 * with # or % before the first row, a first line sep=; (Excel), quotes around anything. Cells are
 * separated by tabs, semicolons, commas, bars or runs of blanks: what gives the most numbers in the
 * first rows. The text is cut in place: a cell becomes a pointer into it, with quotes undone. */
#ifndef MIEN_CELLS_H
#define MIEN_CELLS_H

#include "data/input.h"

typedef struct mien_cell {
    char *text; /* without quotes and the blanks around, ends with NUL */
    bool quoted;
} mien_cell;

typedef struct mien_row {
    mien_cell *cells; /* owned, reused from row to row */
    size_t count, capacity;
    size_t line; /* of the file, from 1, where it begins */
} mien_row;

typedef struct mien_cells {
    const char *path;
    char *at, *end; /* *end is NUL */
    size_t line;
    char separator;      /* ' ' for runs of blanks */
    const char *comment; /* the last one before the first row, behind its #; NULL: none */
    size_t comment_length;
    mien_error *err;
} mien_cells;

/* Turn UTF-16 with a byte order mark into UTF-8. MIEN_ERR_NOMEM. */
mien_status mien_cells_decode(mien_bytes *bytes);

/* Start on a text that a NUL follows; it is changed. Finds the separator and skips what stands
 * before the first row. MIEN_ERR_NOMEM. */
mien_status mien_cells_begin(mien_cells *cells, const char *path, mien_bytes *text,
                             mien_error *err);

/* The next row that is not blank; count = 0 at the end. Rows of empty cells are passed over.
 * MIEN_ERR_FORMAT, MIEN_ERR_NOMEM. */
mien_status mien_cells_next(mien_cells *cells, mien_row *out);

#endif
