/* report_output.h - a folder of results in the making, and the tables, arrays and pictures in it.
 * SPDX-License-Identifier: MIT
 *
 * After a failure nothing more is written: callers write all they have and look at `status` once,
 * at the end. */
#ifndef MIEN_REPORT_OUTPUT_H
#define MIEN_REPORT_OUTPUT_H

#include "base/text.h"
#include "draw/pen.h"
#include "mien_report.h"
#include "report/files/json.h"

/* Where results go, and what they are of. Nothing is owned. */
typedef struct mien_output {
    mien_outdir *dir;
    const char *folder; /* of the files below, "" for `dir` itself */
    const mien_dataset *dataset;
    const mien_run_info *run;
    const mien_style *style;
    mien_status status;
    mien_error *err;
} mien_output;

/* Note a failure, unless there was one before. */
void mien_output_fail(mien_output *out, mien_status status);

/* Zeroed memory, or NULL, which is noted. */
void *mien_output_alloc(mien_output *out, size_t count, size_t size);

/* Write a file; a text and JSON are given up in any case. */
void mien_output_text(mien_output *out, const char *name, mien_text *text);
void mien_output_json(mien_output *out, const char *name, json_t *object);

/* Whether a file of that name stands there already. */
bool mien_output_has(mien_output *out, const char *name);

/* Write an array as .npy: float32, or bytes. values NULL: there is none, which is fine. */
void mien_output_floats(mien_output *out, const char *name, const float *values, const size_t *dims,
                        unsigned n_dims);
void mien_output_bytes(mien_output *out, const char *name, const uint8_t *values,
                       const size_t *dims, unsigned n_dims);

/* Write what was drawn, unless drawing failed, and free it. */
void mien_output_canvas(mien_output *out, const char *name, mien_status drawn, mien_canvas *canvas);

/* A table as text, row by row: of many rows the file is written piece by piece. A row's text is
 * added to `text`; mien_table_row() ends it. */
typedef struct mien_table {
    mien_output *out;
    const char *name;
    mien_text text;
} mien_table;

mien_table mien_table_begin(mien_output *out, const char *name, const char *heading);
void mien_table_row(mien_table *table);
void mien_table_end(mien_table *table);

/* A comma and a number as %.9g tells it; nothing behind the comma where it is not finite. */
void mien_table_number(mien_table *table, double value);

/* "path" for images, "id" for the rows of a table: how the column of names is headed. */
const char *mien_id_heading(const mien_dataset *dataset);

#endif
