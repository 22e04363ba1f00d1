/* arrays.c - arrays and tables as a data set.
 * SPDX-License-Identifier: MIT */
#include "read/arrays.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "data/pixels.h"
#include "data/remarks.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- names */

/* A format and a size for inspect, where there are no files to count. */
static void note_kind(mien_dataset *ds, const char *name)
{
    snprintf(ds->formats[0].name, sizeof ds->formats[0].name, "%s", name);
    ds->formats[0].count = 1; /* file */
    ds->n_formats = 1;
    ds->sizes[0] = (struct mien_size_count){ds->shape.width, ds->shape.height, ds->pixels.n};
    ds->n_sizes = 1;
}

/* Ids change hands; where there are none, "row 1" or "image 1". */
static mien_status name_rows(mien_dataset *ds, char **ids)
{
    size_t n = ds->pixels.n;
    const char *kind = ds->is_table ? "row" : "image";
    size_t room = (size_t)snprintf(NULL, 0, "%s %zu", kind, n) + 1;
    ds->images = mien_alloc_array(n, sizeof *ds->images);
    ds->names = ids ? NULL : mien_alloc_raw(n, room);
    if (!ds->images || (!ids && !ds->names))
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        char *name = ids ? ids[i] : ds->names + i * room;
        if (ids)
            ids[i] = NULL;
        else
            snprintf(name, room, "%s %zu", kind, i + 1);
        ds->images[i] = (mien_image_info){name, ds->shape.width, ds->shape.height};
    }
    return MIEN_OK;
}

/* What the user said of the columns, for the model. */
static mien_status keep_choice(mien_dataset *ds, const mien_load_options *o)
{
    ds->id = o->id ? mien_strdup(o->id) : NULL;
    ds->label = o->label ? mien_strdup(o->label) : NULL;
    ds->ignored = mien_alloc_array(o->n_ignore, sizeof *ds->ignored);
    if ((o->id && !ds->id) || (o->label && !ds->label) || !ds->ignored)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < o->n_ignore; i++) {
        ds->ignored[i] = mien_strdup(o->ignore[i]);
        if (!ds->ignored[i])
            return MIEN_ERR_NOMEM;
        ds->n_ignored++;
    }
    return MIEN_OK;
}

/* ---------------------------------------------------------------- rows that are images */

/* Whole numbers of 0 to 255 are greys: the same bytes as those of a folder of such images. Zeros
 * and ones stay as they are, as nothing tells whether 1 is white. */
static mien_status narrow_to_bytes(mien_pixels *pixels)
{
    if (pixels->type != MIEN_F32)
        return MIEN_OK;
    float max = 0;
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n; i++) {
        const float *values = mien_pixels_row(pixels, i);
        for (size_t k = 0; k < pixels->p; k++) {
            if (!(values[k] >= 0 && values[k] <= UINT8_MAX && values[k] == floorf(values[k])))
                return MIEN_OK;
            max = values[k] > max ? values[k] : max;
        }
    }
    if (max <= 1)
        return MIEN_OK;
    uint8_t *bytes = mien_alloc_raw(pixels->n * pixels->p, 1), *to = bytes;
    if (!bytes)
        return MIEN_ERR_NOMEM;
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n; i++) {
        const float *values = mien_pixels_row(pixels, i);
        for (size_t k = 0; k < pixels->p; k++)
            *to++ = (uint8_t)values[k];
    }
    mien_pixels_replace(pixels, MIEN_U8, bytes);
    return MIEN_OK;
}

/* Numbers of a table are no pixels: neither white nor black. */
static mien_status check_ink(const char *input, const mien_load_options *o, mien_error *err)
{
    if (o->for_model || o->ink == MIEN_INK_AUTO || o->ink == MIEN_INK_NONE)
        return MIEN_OK;
    return mien_fail(
        err, MIEN_ERR_ARG,
        "%s: --ink is for images; a table is taken as it is (--shape says that its rows "
        "are images)",
        input);
}

/* Whether rows of p numbers are images of the shape asked for; sets it. */
static mien_status take_shape(const char *input, const mien_load_options *o, mien_dataset *ds,
                              mien_error *err)
{
    mien_shape s = o->rows_are;
    size_t p = ds->pixels.p;
    ds->is_table = s.height == 0;
    ds->reshaped = !ds->is_table;
    ds->shape = ds->is_table ? (mien_shape){1, p, 1} : s;
    if (ds->is_table)
        return check_ink(input, o, err);
    if (mien_shape_size(s) == p)
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_SHAPE, "%s: rows of %zu numbers, and --shape %zux%zu%s is %zu%s",
                     input, p, s.height, s.width, s.channels == 3 ? "x3" : "", mien_shape_size(s),
                     p == mien_shape_size(s) + 1 ? " (is one column a label? --label COL)" : "");
}

static mien_status check_rows(const char *input, const mien_load_options *o, size_t n,
                              mien_error *err)
{
    if (n < 2 && !o->for_model)
        return mien_fail(err, MIEN_ERR_DATA, "%s: a single row, and mien needs two or more", input);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- tables as text */

static mien_status note_negative(const char *input, const char *where, mien_dataset *ds)
{
    char whole[512];
    if (!where)
        return MIEN_OK;
    snprintf(whole, sizeof whole, "%.200s: %s is negative", input, where);
    ds->negative = mien_strdup(whole);
    return ds->negative ? MIEN_OK : MIEN_ERR_NOMEM;
}

mien_status mien_text_table_load(const char *input, mien_bytes *text,
                                 const mien_load_options *options, mien_dataset *ds,
                                 mien_error *err)
{
    mien_table table = {0};
    mien_table_choice choice = {.id = options->id,
                                .label = options->label,
                                .ignore = options->ignore,
                                .n_ignore = options->n_ignore,
                                .expected = options->for_model ? options->n_columns : 0};
    mien_status st = mien_table_parse(input, text, &choice, &table, err);
    if (!st)
        st = check_rows(input, options, table.n, err);
    if (st) {
        mien_table_free(&table);
        return st;
    }
    ds->pixels =
        (mien_pixels){.n = table.n, .p = table.p, .type = MIEN_F32, .values = table.values};
    ds->columns = table.columns; /* what the table holds changes hands */
    ds->labels = table.labels;
    table.values = NULL;
    table.columns = table.labels = NULL;
    st = note_negative(input, table.negative, ds) ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                                                  : take_shape(input, options, ds, err);
    if (st) {
        mien_table_free(&table);
        return st;
    }
    if (!ds->reshaped) { /* its pixels have no suspects */
        ds->remarks = table.remarks;
        ds->n_remarks = table.n_remarks;
        table.remarks = NULL;
    }
    bool failed = name_rows(ds, table.names) || keep_choice(ds, options) ||
                  (ds->reshaped && narrow_to_bytes(&ds->pixels));
    note_kind(ds, "CSV");
    mien_table_free(&table);
    return failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
}

/* ---------------------------------------------------------------- columns of an array */

/* "3" as a place from 0; p when it is none. */
static size_t find_place(const char *word, size_t p)
{
    char *end;
    unsigned long long number = strtoull(word, &end, 10);
    bool good = *word >= '0' && *word <= '9' && (*end == '\0' || *end == ',');
    return good && number >= 1 && number <= p ? (size_t)number - 1 : p;
}

/* Column j of n x p numbers as words. */
static mien_status column_words(const mien_npy *a, size_t n, size_t p, size_t j, char ***out)
{
    char **words = mien_alloc_array(n, sizeof *words);
    bool failed = !words;
    for (size_t i = 0; i < n && !failed; i++) {
        char text[40];
        mien_format(text, sizeof text, "%.9g", mien_value_at(a->values, a->type, i * p + j));
        words[i] = mien_strdup(text);
        failed = !words[i];
    }
    if (failed) {
        mien_free_words(words, n);
        return MIEN_ERR_NOMEM;
    }
    *out = words;
    return MIEN_OK;
}

struct choice {
    bool *gone; /* p */
    char **ids; /* n, or NULL */
};

static mien_status leave_out(const char *input, const char *option, const char *word, size_t p,
                             struct choice *c, size_t *place, mien_error *err)
{
    *place = find_place(word, p);
    if (*place == p)
        return mien_fail(
            err, MIEN_ERR_ARG,
            "%s: %s %.60s: the columns of an array have no names; give a number from 1 "
            "to %zu",
            input, option, word, p);
    c->gone[*place] = true;
    return MIEN_OK;
}

/* Close the gaps of the columns that are gone; returns how many are left. */
static size_t close_gaps(mien_npy *a, size_t n, size_t p, const bool *gone)
{
    size_t size = mien_pixel_size(a->type), to = 0, left = 0;
    char *values = a->values;
    for (size_t j = 0; j < p; j++)
        left += !gone[j];
    for (size_t i = 0; i < n && left < p; i++)
        for (size_t j = 0; j < p; j++)
            if (!gone[j])
                memmove(values + size * to++, values + size * (i * p + j), size);
    return left;
}

/* What --id, --label and --ignore say of a two-dimensional array. */
static mien_status choose_columns(const char *input, const mien_load_options *o, mien_npy *a,
                                  struct choice *c, mien_dataset *ds, mien_error *err)
{
    size_t n = a->dims[0], p = a->dims[1], place;
    mien_status st = MIEN_OK;
    if (!o->id && !o->label && !o->n_ignore)
        return MIEN_OK;
    if (o->for_model && o->n_columns && p <= o->n_columns)
        return MIEN_OK; /* new data have but the model's columns */
    if (o->id)
        st = leave_out(input, "--id", o->id, p, c, &place, err);
    if (!st && o->id && column_words(a, n, p, place, &c->ids))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st && o->label)
        st = leave_out(input, "--label", o->label, p, c, &place, err);
    if (!st && o->label && column_words(a, n, p, place, &ds->labels))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < o->n_ignore; i++)
        for (const char *at = o->ignore[i]; at && !st; at = strchr(at, ',')) {
            at += *at == ',';
            st = leave_out(input, "--ignore", at, p, c, &place, err);
        }
    if (st)
        return st;
    if (mien_npy_own(a))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    a->dims[1] = close_gaps(a, n, p, c->gone);
    a->count = n * a->dims[1];
    return a->dims[1] ? MIEN_OK : mien_fail(err, MIEN_ERR_DATA, "%s: no column is left", input);
}

/* Columns of an array that may be no measurements. */
static mien_status suspect_columns(const char *input, mien_dataset *ds, const bool *gone,
                                   size_t all)
{
    size_t p = ds->pixels.p;
    size_t *places = mien_alloc_array(p, sizeof *places);
    if (!places)
        return MIEN_ERR_NOMEM;
    for (size_t j = 0, to = 0; j < all; j++)
        if (!gone[j])
            places[to++] = j + 1;
    mien_status st =
        mien_suspects_find(input, &ds->pixels, NULL, places, &ds->remarks, &ds->n_remarks);
    mien_free(places);
    return st;
}

/* ---------------------------------------------------------------- arrays */

/* N x 3 x h x w to N x h x w x 3. */
static mien_status put_channels_last(mien_npy *a)
{
    size_t size = mien_pixel_size(a->type), plane = a->dims[2] * a->dims[3];
    char *to = mien_npy_own(a) ? NULL : mien_alloc_raw(a->count, size), *from = a->values;
    if (!to)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < a->dims[0]; i++)
        for (size_t k = 0; k < plane; k++)
            for (size_t c = 0; c < 3; c++)
                memcpy(to + size * (3 * (i * plane + k) + c),
                       from + size * ((3 * i + c) * plane + k), size);
    mien_free(a->values);
    a->values = to;
    a->dims[1] = a->dims[2];
    a->dims[2] = a->dims[3];
    a->dims[3] = 3;
    return MIEN_OK;
}

/* The channels of N x h x w x c stand last; N x c x h x w is what torch has. */
static mien_status order_axes(const char *input, mien_npy *a, mien_error *err)
{
    size_t *d = a->dims;
    if (a->n_dims < 4 || d[3] == 3)
        return MIEN_OK;
    if (d[3] == 1 || d[1] == 1) {
        if (d[3] != 1) {
            d[1] = d[2];
            d[2] = d[3];
        }
        a->n_dims = 3;
        return MIEN_OK;
    }
    if (d[1] == 3)
        return put_channels_last(a) ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    return mien_fail(err, MIEN_ERR_SHAPE,
                     "%s: %zu channels, the last of %zu x %zu x %zu x %zu; expected N x h x w x c "
                     "with c = 1 or 3 (colours may also stand second)",
                     input, d[3], d[0], d[1], d[2], d[3]);
}

static mien_status check_array(const char *input, mien_npy *a, const mien_load_options *o,
                               mien_error *err)
{
    if (a->n_dims > 4)
        return mien_fail(err, MIEN_ERR_FORMAT, "%s: more than four dimensions", input);
    if (a->n_dims < 2)
        return mien_fail(err, MIEN_ERR_SHAPE,
                         "%s: one dimension; expected N x p, N x h x w or N x h x w x c", input);
    mien_status st = order_axes(input, a, err);
    if (!st && a->n_dims > 2 && (o->id || o->label || o->n_ignore) && !o->for_model)
        st = mien_fail(err, MIEN_ERR_ARG,
                       "%s: --id, --label and --ignore are for tables, and this array has images",
                       input);
    if (!st && a->n_dims > 2 && o->rows_are.height && !o->for_model)
        st = mien_fail(err, MIEN_ERR_ARG,
                       "%s: --shape is for rows of numbers, and this array has images of %zux%zu",
                       input, a->dims[2], a->dims[1]);
    if (!st)
        st = check_rows(input, o, a->dims[0], err);
    if (!st && !o->for_model && (o->width || o->height) &&
        (a->n_dims < 3 || a->dims[2] != o->width || a->dims[1] != o->height))
        st = mien_fail(err, MIEN_ERR_ARG, "%s: --size is for folders of images", input);
    return st;
}

/* Entry k in C order, which is no number from 0 up: not finite is refused, the first below zero is
 * noted. */
static mien_status check_value(const char *input, const mien_npy *a, size_t k, float value,
                               mien_dataset *ds, mien_error *err)
{
    char place[160], whole[512];
    bool finite = fabsf(value) <= FLT_MAX;
    if (finite && ds->negative)
        return MIEN_OK;
    mien_npy_describe(a->dims, a->n_dims, false, k, place, sizeof place);
    if (!finite)
        return mien_fail(err, MIEN_ERR_DOMAIN, "%s: %s is %s; every entry must be a number", input,
                         place, value == value ? "infinite or too large for float32" : "NaN");
    mien_format(whole, sizeof whole, "%.200s: %s: %g is negative", input, place, (double)value);
    ds->negative = mien_strdup(whole);
    return ds->negative ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
}

/* Every entry is finite; the first below zero is noted. */
static mien_status check_values(const char *input, const mien_npy *a, mien_dataset *ds,
                                mien_error *err)
{
    if (a->type != MIEN_F32)
        return MIEN_OK;
    const mien_pixels rows = {.n = a->dims[0],
                              .p = a->count / a->dims[0],
                              .type = a->type,
                              .values = a->values,
                              .mapping = a->mapping};
    mien_status st = MIEN_OK;
    mien_pixels_expect(&rows, 0, rows.n);
    for (size_t i = 0; i < rows.n && !st; i++) {
        const float *v = mien_pixels_row(&rows, i);
        for (size_t j = mien_floats_check(v, rows.p); j < rows.p && !st; j++)
            if (!(v[j] >= 0 && v[j] <= FLT_MAX))
                st = check_value(input, a, i * rows.p + j, v[j], ds, err);
    }
    return st;
}

/* The array's values become the data set's. */
static mien_status take_values(const char *input, mien_npy *a, const mien_load_options *o,
                               mien_dataset *ds, mien_error *err)
{
    size_t p = a->count / a->dims[0];
    mien_status st = check_values(input, a, ds, err);
    if (st)
        return st;
    ds->pixels = (mien_pixels){
        .n = a->dims[0], .p = p, .type = a->type, .values = a->values, .mapping = a->mapping};
    a->values = NULL;
    a->mapping = NULL;
    if (a->n_dims == 2)
        return take_shape(input, o, ds, err);
    ds->shape = (mien_shape){a->dims[1], a->dims[2], a->n_dims == 4 ? a->dims[3] : 1};
    return MIEN_OK;
}

mien_status mien_array_load(const char *input, const char *kind, mien_npy *a,
                            const mien_load_options *options, mien_dataset *ds, mien_error *err)
{
    size_t all = a->n_dims == 2 ? a->dims[1] : 0;
    struct choice c = {.gone = mien_alloc_array(all, sizeof *c.gone)};
    mien_status st = c.gone ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    size_t n = a->dims[0];
    if (!st)
        st = check_array(input, a, options, err);
    if (!st && a->n_dims == 2)
        st = choose_columns(input, options, a, &c, ds, err);
    if (!st)
        st = take_values(input, a, options, ds, err);
    if (!st) {
        bool failed = name_rows(ds, c.ids) || keep_choice(ds, options);
        if (!failed && !ds->is_table)
            failed = narrow_to_bytes(&ds->pixels);
        else if (!failed && ds->pixels.type == MIEN_F32 && !options->for_model)
            failed = suspect_columns(input, ds, c.gone, all);
        note_kind(ds, kind);
        st = failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    } else if (!ds->pixels.n) { /* by which labels are freed */
        mien_free_words(ds->labels, n);
        ds->labels = NULL;
    }
    mien_free_words(c.ids, n);
    mien_free(c.gone);
    mien_npy_free(a);
    return st;
}

mien_status mien_array_label(const char *path, const mien_npy *labels, mien_dataset *ds)
{
    size_t n = ds->pixels.n;
    if (labels->n_dims == 1 && labels->count == n)
        return column_words(labels, n, 1, 0, &ds->labels);
    return mien_remark(&ds->remarks, &ds->n_remarks,
                       "%s: not a label for each of the %zu images: left out", path, n);
}

/* ---------------------------------------------------------------- scales of columns */

static mien_status to_floats(mien_pixels *pixels)
{
    if (pixels->type == MIEN_F32)
        return mien_pixels_own(pixels);
    size_t count = pixels->n * pixels->p;
    float *floats = mien_alloc_raw(count, sizeof *floats), *to = floats;
    if (!floats)
        return MIEN_ERR_NOMEM;
    mien_pixels_expect(pixels, 0, pixels->n);
    for (size_t i = 0; i < pixels->n; i++) {
        const void *row = mien_pixels_row(pixels, i);
        for (size_t j = 0; j < pixels->p; j++)
            *to++ = (float)mien_value_at(row, pixels->type, j);
    }
    mien_pixels_replace(pixels, MIEN_F32, floats);
    return MIEN_OK;
}

/* The largest absolute value, or the standard deviation where there is one: a constant column is
 * divided by its value, and one of zeros by 1. */
static float scale_of(const mien_pixels *pixels, size_t j, mien_scale_columns how)
{
    const float *x = (const float *)pixels->values + j;
    double max = 0, sum = 0, scatter = 0;
    bool constant = true;
    for (size_t i = 0; i < pixels->n; i++) {
        double v = (double)x[i * pixels->p];
        max = fabs(v) > max ? fabs(v) : max;
        sum += v;
        constant = constant && x[i * pixels->p] == x[0];
    }
    double mean = sum / (double)pixels->n;
    for (size_t i = 0; i < pixels->n && !constant; i++) {
        double d = (double)x[i * pixels->p] - mean;
        scatter += d * d;
    }
    double sd = constant ? 0 : sqrt(scatter / (double)(pixels->n - 1));
    double scale = how == MIEN_SCALE_SD && sd > 0 ? sd : max;
    return (float)scale > 0 ? (float)scale : 1;
}

mien_status mien_columns_scale(const char *input, const mien_load_options *o, mien_dataset *ds,
                               mien_error *err)
{
    size_t p = ds->pixels.p;
    ds->scale_columns = o->scale_columns;
    if (!o->scale_columns)
        return MIEN_OK;
    if (!ds->is_table && !o->for_model)
        return mien_fail(err, MIEN_ERR_ARG, "%s: --scale-columns is for tables, not for images",
                         input);
    if (o->column_scales && o->n_columns != p)
        return MIEN_OK; /* another shape than the model's, which is told elsewhere */
    ds->column_scales = mien_alloc_array(p, sizeof *ds->column_scales);
    if (!ds->column_scales || to_floats(&ds->pixels))
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t j = 0; j < p; j++) {
        float scale =
            o->column_scales ? o->column_scales[j] : scale_of(&ds->pixels, j, o->scale_columns);
        ds->column_scales[j] = scale;
        for (size_t i = 0; i < ds->pixels.n; i++) {
            float *x = (float *)ds->pixels.values + i * p + j;
            *x /= scale;
            if (!(fabsf(*x) <= FLT_MAX)) /* of new rows: the model's scale is not theirs */
                return mien_fail(err, MIEN_ERR_DOMAIN,
                                 "%s: row %zu, number %zu is too large for the scale that its "
                                 "column has in the model",
                                 input, i + 1, j + 1);
        }
    }
    return MIEN_OK;
}
