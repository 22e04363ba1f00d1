/* report_output.c - a folder of results in the making, and the tables, arrays and pictures in it.
 * SPDX-License-Identifier: MIT
 *
 * A table of memberships has N x r numbers, more than the data itself as text, so tables are handed
 * to the file a piece at a time; other files are small and written whole. */
#define _POSIX_C_SOURCE 200809L
#include "report/files/report_output.h"

#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/npy.h"
#include "draw/png.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { AT_ONCE = 1 << 20 }; /* bytes of a table in memory */

static void output_name(const mien_output *out, const char *name, char path[128])
{
    snprintf(path, 128, "%s%s%s", out->folder, *out->folder ? "/" : "", name);
}

void mien_output_fail(mien_output *out, mien_status status)
{
    if (!out->status)
        out->status = mien_fail_plain(out->err, status);
}

void *mien_output_alloc(mien_output *out, size_t count, size_t size)
{
    void *memory = out->status ? NULL : mien_alloc_array(count, size);
    if (!memory)
        mien_output_fail(out, MIEN_ERR_NOMEM);
    return memory;
}

void mien_output_text(mien_output *out, const char *name, mien_text *text)
{
    char path[128];
    output_name(out, name, path);
    if (text->failed)
        mien_output_fail(out, MIEN_ERR_NOMEM);
    if (!out->status)
        out->status = mien_outdir_write(out->dir, path, text->bytes, text->length, out->err);
    mien_text_free(text);
}

void mien_output_json(mien_output *out, const char *name, json_t *object)
{
    char path[128];
    output_name(out, name, path);
    if (out->status)
        json_decref(object);
    else
        out->status = mien_json_write(object, out->dir, path, out->err);
}

/* Where an array goes; false when nothing is to be written. */
static bool place_array(mien_output *out, const char *name, const void *values,
                        char path[MIEN_PATH_MAX])
{
    char relative[128];
    output_name(out, name, relative);
    if (values && !out->status)
        out->status = mien_outdir_path(out->dir, relative, path, MIEN_PATH_MAX, out->err);
    return values && !out->status;
}

void mien_output_floats(mien_output *out, const char *name, const float *values, const size_t *dims,
                        unsigned n_dims)
{
    char path[MIEN_PATH_MAX];
    if (place_array(out, name, values, path))
        out->status = mien_npy_write(path, values, dims, n_dims, out->err);
}

bool mien_output_has(mien_output *out, const char *name)
{
    char path[MIEN_PATH_MAX];
    return place_array(out, name, name, path) && access(path, F_OK) == 0;
}

void mien_output_bytes(mien_output *out, const char *name, const uint8_t *values,
                       const size_t *dims, unsigned n_dims)
{
    char path[MIEN_PATH_MAX];
    if (place_array(out, name, values, path))
        out->status = mien_npy_write_bytes(path, values, dims, n_dims, out->err);
}

void mien_output_canvas(mien_output *out, const char *name, mien_status drawn, mien_canvas *canvas)
{
    if (drawn && !out->status)
        out->status = drawn;
    if (!out->status)
        out->status = mien_canvas_write(out->dir, out->folder, name, canvas, out->err);
    else if (!drawn)
        mien_canvas_free(canvas);
}

/* ---------------------------------------------------------------- tables */

static void flush(mien_table *table)
{
    char path[128];
    mien_output *out = table->out;
    output_name(out, table->name, path);
    if (table->text.failed)
        mien_output_fail(out, MIEN_ERR_NOMEM);
    if (!out->status)
        out->status =
            mien_outdir_append(out->dir, path, table->text.bytes, table->text.length, out->err);
    table->text.length = 0;
}

mien_table mien_table_begin(mien_output *out, const char *name, const char *heading)
{
    mien_table table = {.out = out, .name = name};
    mien_text_add(&table.text, heading);
    return table;
}

void mien_table_row(mien_table *table)
{
    mien_text_add(&table->text, "\n");
    if (table->text.length > AT_ONCE)
        flush(table);
}

void mien_table_end(mien_table *table)
{
    flush(table);
    mien_text_free(&table->text);
}

void mien_table_number(mien_table *table, double value)
{
    mien_text_add(&table->text, ",");
    if (isfinite(value))
        mien_text_printf(&table->text, "%.9g", value);
}

const char *mien_id_heading(const mien_dataset *dataset)
{
    return dataset->is_table ? "id" : "path";
}
