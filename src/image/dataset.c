/* dataset.c - INPUT as a data set: a folder of images, a .npy array or a .csv table.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "mien.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"
#include "data/input.h"
#include "data/npy.h"
#include "data/pixels.h"
#include "data/table.h"
#include "image/decode.h"
#include "image/folder.h"
#include "image/gather.h"
#include "image/ink.h"
#include "image/normalize.h"
#include "image/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void mien_dataset_free(mien_dataset *dataset)
{
    if (!dataset)
        return;
    for (size_t i = 0; dataset->images && i < dataset->pixels.n; i++)
        mien_free(dataset->images[i].path);
    for (size_t i = 0; dataset->refused && i < dataset->n_refused; i++) {
        mien_free(dataset->refused[i].path);
        mien_free(dataset->refused[i].reason);
    }
    for (size_t j = 0; dataset->columns && j < dataset->pixels.p; j++)
        mien_free(dataset->columns[j]);
    mien_free(dataset->columns);
    mien_free(dataset->result);
    mien_free(dataset->images);
    mien_free(dataset->refused);
    mien_free(dataset->constant);
    mien_free(dataset->duplicates);
    mien_pixels_free(&dataset->pixels);
    *dataset = (mien_dataset){0};
}

/* ---------------------------------------------------------------- tables and arrays */

/* A format and a size for inspect, where there are no files to count. */
static void note_kind(mien_dataset *ds, const char *name)
{
    snprintf(ds->formats[0].name, sizeof ds->formats[0].name, "%s", name);
    ds->formats[0].count = ds->pixels.n;
    ds->n_formats = 1;
    ds->sizes[0] = (struct mien_size_count){ds->shape.width, ds->shape.height, ds->pixels.n};
    ds->n_sizes = 1;
}

static mien_status name_rows(mien_dataset *ds, char **names, const char *pattern, size_t first)
{
    size_t n = ds->pixels.n;
    ds->images = mien_alloc_array(n, sizeof *ds->images);
    if (!ds->images)
        return MIEN_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        char text[40];
        ds->images[i] = (mien_image_info){NULL, ds->shape.width, ds->shape.height};
        if (names) { /* they change hands */
            ds->images[i].path = names[i];
            names[i] = NULL;
            continue;
        }
        snprintf(text, sizeof text, pattern[0] == '[' ? "[%zu]" : "row %zu", first + i);
        ds->images[i].path = mien_strdup(text);
        if (!ds->images[i].path)
            return MIEN_ERR_NOMEM;
    }
    return MIEN_OK;
}

static mien_status fail_one_row(const char *input, mien_error *err)
{
    return mien_fail(err, MIEN_ERR_DATA, "%s: a single row, and mien needs two or more", input);
}

/* Numbers of a table are no pixels: neither white nor black. */
static mien_status check_ink(const char *input, const mien_load_options *options, mien_error *err)
{
    if (options->for_model || options->ink == MIEN_INK_AUTO || options->ink == MIEN_INK_NONE)
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_ARG, "%s: --ink is for images; a table is taken as it is",
                     input);
}

static mien_status load_table(const char *input, const mien_load_options *options, mien_dataset *ds,
                              mien_error *err)
{
    mien_table table;
    mien_status st = check_ink(input, options, err);
    if (!st)
        st = mien_table_read(input, &table, err);
    if (st)
        return st;
    if (table.n < 2 && !options->for_model) {
        mien_table_free(&table);
        return fail_one_row(input, err);
    }
    ds->pixels = (mien_pixels){.n = table.n, .p = table.p, .type = MIEN_F32};
    ds->pixels.values = table.values;
    table.values = NULL;
    ds->shape = (mien_shape){1, table.p, 1};
    ds->is_table = true;
    ds->columns = table.columns; /* change hands */
    table.columns = NULL;
    st = name_rows(ds, table.names, "row", 1);
    if (st)
        mien_fail_plain(err, st);
    note_kind(ds, "CSV");
    mien_table_free(&table);
    return st;
}

/* "x.npy: entry [3, 17] is negative; ... (row 3, column 17, from 0)" */
static mien_status fail_entry(const char *input, const mien_npy *npy, size_t place, mien_error *err)
{
    char index[112];
    size_t rest = place, coordinate[MIEN_NPY_DIMS];
    int used = 0;
    for (unsigned k = npy->n_dims; k-- > 0; rest /= npy->dims[k])
        coordinate[k] = rest % npy->dims[k];
    for (unsigned k = 0; k < npy->n_dims; k++)
        used += snprintf(index + used, sizeof index - (size_t)used, "%s%zu", k ? ", " : "",
                         coordinate[k]);
    double value = (double)((const float *)npy->values)[place];
    size_t p = npy->count / npy->dims[0];
    if (value < 0)
        return mien_fail(err, MIEN_ERR_DOMAIN,
                         "%s: entry [%s] is %g, and the model assumes none below zero (row %zu, "
                         "column %zu, counted from 0)",
                         input, index, value, place / p, place % p);
    return mien_fail(err, MIEN_ERR_DOMAIN,
                     "%s: entry [%s] is %s (row %zu, column %zu, counted from 0)", input, index,
                     value > 0 ? "too large or infinite" : "NaN", place / p, place % p);
}

static mien_status check_array(const char *input, const mien_npy *npy,
                               const mien_load_options *options, mien_error *err)
{
    if (npy->n_dims > 4)
        return mien_fail(err, MIEN_ERR_FORMAT, "%s: more than four dimensions", input);
    if (npy->n_dims < 2)
        return mien_fail(err, MIEN_ERR_SHAPE,
                         "%s: one dimension; expected N x p, N x h x w or N x h x w x c", input);
    if (npy->n_dims == 4 && npy->dims[3] != 1 && npy->dims[3] != 3)
        return mien_fail(err, MIEN_ERR_SHAPE, "%s: %zu channels, expected 1 or 3", input,
                         npy->dims[3]);
    if (npy->dims[0] < 2 && !options->for_model)
        return fail_one_row(input, err);
    if (!options->for_model && (options->width || options->height) &&
        (npy->n_dims < 3 || npy->dims[2] != options->width || npy->dims[1] != options->height))
        return mien_fail(err, MIEN_ERR_ARG, "%s: --size is for folders of images", input);
    mien_status st = npy->n_dims == 2 ? check_ink(input, options, err) : MIEN_OK;
    if (st)
        return st;
    if (npy->type == MIEN_F32) {
        size_t bad = mien_floats_check(npy->values, npy->count);
        if (bad < npy->count)
            return fail_entry(input, npy, bad, err);
    }
    return MIEN_OK;
}

static mien_status load_array(const char *input, const mien_load_options *options, mien_dataset *ds,
                              mien_error *err)
{
    mien_npy npy;
    mien_status st = mien_npy_read(input, &npy, err);
    if (st)
        return st;
    st = check_array(input, &npy, options, err);
    if (st) {
        mien_npy_free(&npy);
        return st;
    }
    size_t p = npy.count / npy.dims[0];
    ds->pixels = (mien_pixels){.n = npy.dims[0], .p = p, .type = npy.type, .values = npy.values};
    ds->is_table = npy.n_dims == 2;
    ds->shape = (mien_shape){1, p, 1};
    if (!ds->is_table)
        ds->shape = (mien_shape){npy.dims[1], npy.dims[2], npy.n_dims == 4 ? npy.dims[3] : 1};
    st = name_rows(ds, NULL, "[0]", 0);
    if (st)
        mien_fail_plain(err, st);
    note_kind(ds, "NPY");
    return st;
}

/* ---------------------------------------------------------------- which of them */

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

/* One image, for a model: a folder with that file alone. */
static mien_status load_single(const char *input, const mien_load_options *options, mien_pool *pool,
                               mien_dataset *ds, mien_error *err)
{
    const char *slash = strrchr(input, '/'), *name = slash ? slash + 1 : input;
    char *root = slash ? mien_strdup(input) : mien_strdup(".");
    mien_folder folder = {.fd = -1, .entries = mien_alloc_array(1, sizeof *folder.entries)};
    mien_status st = MIEN_ERR_NOMEM;
    if (!root || !folder.entries)
        goto done;
    if (slash)
        root[slash == input ? 1 : slash - input] = '\0';
    folder.count = 1;
    folder.entries[0].path = mien_strdup(name);
    if (!folder.entries[0].path)
        goto done;
    folder.fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    st = folder.fd < 0 ? MIEN_ERR_IO : MIEN_OK;
done:
    if (st)
        mien_fail_plain(err, st);
    else
        st = mien_gather(input, &folder, options, pool, ds, err);
    mien_free(root);
    mien_folder_free(&folder);
    return st;
}

/* A regular file: the content decides, the name only when nothing else does. */
static mien_status load_file(const char *input, const mien_load_options *options, mien_pool *pool,
                             mien_dataset *ds, mien_error *err)
{
    unsigned char start[256];
    size_t got = 0;
    int fd;
    uint64_t nbytes;
    mien_error why;
    mien_picture_head head;
    mien_status st = mien_input_open(AT_FDCWD, input, &fd, &nbytes, &why);
    if (!st) {
        st = mien_input_read(fd, start, sizeof start, &got, &why);
        close(fd);
    }
    if (st)
        return mien_fail(err, st, "%s: %s", input, why.message);
    if (mien_npy_is(start, got) || ends_with(input, ".npy"))
        return load_array(input, options, ds, err);
    mien_status probed = mien_decode_probe(start, got, &head, NULL);
    if (probed != MIEN_ERR_DATA && options->for_model)
        return load_single(input, options, pool, ds, err);
    if (probed != MIEN_ERR_DATA)
        return mien_fail(err, MIEN_ERR_DATA,
                         "%s: a single image, and mien needs two or more; name the folder that "
                         "holds them",
                         input);
    if (got == 0)
        return mien_fail(err, MIEN_ERR_DATA, "%s: an empty file", input);
    if (memchr(start, '\0', got))
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s: neither a folder of images nor a .npy array nor a .csv table", input);
    if (!options->for_model && (options->width || options->height))
        return mien_fail(err, MIEN_ERR_ARG, "%s: --size is for folders of images", input);
    return load_table(input, options, ds, err);
}

static mien_status load_folder(const char *input, const mien_load_options *options, mien_pool *pool,
                               mien_dataset *ds, mien_error *err)
{
    mien_folder folder;
    mien_status st = mien_folder_scan(input, options, &folder, err);
    if (st)
        return st;
    st = mien_gather(input, &folder, options, pool, ds, err);
    ds->n_results = folder.n_results;
    ds->result = folder.result; /* changes hands */
    folder.result = NULL;
    mien_folder_free(&folder);
    return st;
}

static mien_status load(const char *input, const mien_load_options *options, mien_pool *pool,
                        mien_dataset *ds, mien_error *err)
{
    struct stat status;
    char text[128];
    if (stat(input, &status) != 0) {
        if (errno == ENOENT)
            return mien_fail(err, MIEN_ERR_IO, "%s: there is no such file or folder", input);
        mien_errno_text(errno, text, sizeof text);
        return mien_fail(err, MIEN_ERR_IO, "%s: %s", input, text);
    }
    if (S_ISDIR(status.st_mode))
        return load_folder(input, options, pool, ds, err);
    return load_file(input, options, pool, ds, err);
}

/* lee-seung is made for pictures that are stored as grey levels, and would tint colours; tables and
 * floats are taken as somebody prepared them. */
static mien_normalize decide_normalize(const mien_dataset *ds, mien_normalize asked)
{
    if (asked != MIEN_NORMALIZE_AUTO)
        return asked;
    if (ds->is_table || ds->pixels.type == MIEN_F32)
        return MIEN_NORMALIZE_NONE;
    return ds->shape.channels == 3 ? MIEN_NORMALIZE_UNIT : MIEN_NORMALIZE_LEE_SEUNG;
}

mien_status mien_dataset_load(const char *input, const mien_load_options *options,
                              mien_dataset *out, mien_error *err)
{
    mien_dataset ds = {0};
    mien_pool *pool = NULL;
    mien_status st = mien_pool_create(options->threads, &pool);
    if (st) {
        mien_fail_plain(err, st);
        goto done;
    }
    st = load(input, options, pool, &ds, err);
    if (st)
        goto done;
    st = mien_survey(&ds, options->survey, pool);
    if (ds.pixels.type == MIEN_F32)
        ds.pixels.white = options->white;
    ds.pixels.white = mien_white(&ds.pixels);
    ds.fit = options->fit;
    ds.normalize = decide_normalize(&ds, options->normalize);
    mien_ink_decide(&ds, options->ink);
    if (!st)
        st = mien_normalize_set(&ds.pixels, ds.normalize, ds.ink, pool);
    if (st) {
        mien_fail_plain(err, st);
        goto done;
    }
    *out = ds; /* only when whole */
    ds = (mien_dataset){0};
done:
    mien_dataset_free(&ds);
    mien_pool_free(pool);
    return st;
}
