/* model_read.c - a model at work on new data: which one it is, and its way of reading images.
 * SPDX-License-Identifier: MIT */
#include "base/files.h"
#include "base/status.h"
#include "data/pixels.h"
#include "report/files/names.h"
#include "report/model/columns.h"
#include "report/model/model.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- which model */

mien_status mien_model_find(const char *path, char *out, size_t size, mien_error *err)
{
    const char *only = "", *name;
    char names[128] = "", folder[MIEN_PATH_MAX];
    size_t count = mien_is_model(path), length = strlen(path), at = 0;
    while (length > 1 && path[length - 1] == '/')
        length--;
    while (!mien_is_model(path) && mien_model_next(path, &at, &name, folder)) {
        only = count ? only : name;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", count++ ? ", " : "",
                 name);
    }
    if (count == 0)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s holds no model: give a folder that mien learn or compare wrote", path);
    if (count > 1)
        return mien_fail(err, MIEN_ERR_ARG,
                         "%.*s holds %zu models (%s): name one of them, for example %.*s/%s",
                         (int)length, path, count, names, (int)length, path, only);
    if ((size_t)snprintf(out, size, "%.*s%s%s", (int)length, path, *only ? "/" : "", only) >= size)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", path);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- new data as the old */

static void shape_words(mien_shape s, bool is_table, char *text, size_t size)
{
    if (is_table)
        snprintf(text, size, "rows of %zu numbers", s.width);
    else
        snprintf(text, size, "images of %zux%zu%s", s.width, s.height,
                 s.channels > 1 ? " in colour" : "");
}

static mien_status check_shape(const mien_model *model, const mien_dataset *dataset,
                               const char *input, mien_error *err)
{
    mien_shape a = dataset->shape, b = model->shape;
    /* a table may hold what was an image; its pixels are then as many */
    bool same = a.height == b.height && a.width == b.width && a.channels == b.channels;
    bool flat = (dataset->is_table || model->is_table) && dataset->pixels.p == model->fit.p;
    if (same || flat)
        return MIEN_OK;
    char got[64], wanted[64];
    shape_words(a, dataset->is_table, got, sizeof got);
    shape_words(b, model->is_table, wanted, sizeof wanted);
    return mien_fail(err, MIEN_ERR_SHAPE, "%s: %s, the model wants %s", input, got, wanted);
}

/* Without normalisation a grey level means what its depth says. */
static mien_status check_depth(const mien_model *model, const mien_dataset *dataset,
                               const char *input, mien_error *err)
{
    const char *now = mien_pixel_type_name(dataset->pixels.type);
    bool whole = dataset->pixels.type != MIEN_F32 && strstr(model->stored, "-bit");
    if (model->normalize != MIEN_NORMALIZE_NONE || !whole || strcmp(now, model->stored) == 0)
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_DATA,
                     "%s: %s greys, the model was learned from %s greys without normalisation",
                     input, now, model->stored);
}

void mien_model_choose_columns(const mien_model *model, mien_load_options *options)
{
    options->id = model->id;
    options->label = model->label;
    options->ignore = (const char *const *)model->ignored;
    options->n_ignore = model->n_ignored;
    options->scale_columns = model->scale_columns;
    options->column_scales = model->column_scales;
    options->n_columns = model->fit.p;
    if (model->reshaped)
        options->rows_are = model->shape;
}

/* Floats for a model of whole numbers: which of them is white? `white` is the model's unless they
 * end at 1, as prepared images do; numbers of neither scale are refused, they would be taken for
 * images that are all black, or cut off at white. lee-seung knows no scale. */
static mien_status find_white(const mien_model *model, const mien_dataset *dataset,
                              const char *input, double *white, mien_error *err)
{
    const mien_pixels *pixels = &dataset->pixels;
    *white = model->white;
    if (pixels->type != MIEN_F32 || !strstr(model->stored, "-bit") || !(model->white > 1) ||
        model->normalize == MIEN_NORMALIZE_LEE_SEUNG ||
        (model->normalize == MIEN_NORMALIZE_MAX && model->ink != MIEN_INK_DARK))
        return MIEN_OK;
    double max = mien_values_max(pixels->values, MIEN_F32, pixels->n * pixels->p);
    bool below = max <= 1, other = model->white > UINT8_MAX && max <= UINT8_MAX;
    if (max > 0 && below && model->normalize != MIEN_NORMALIZE_NONE)
        *white = 1;
    else if (max > 0 && (below || other || max > model->white))
        return mien_fail(err, MIEN_ERR_DATA,
                         "%s: values up to %g, the model was learned from %s greys, of which %g is "
                         "white (scale them to that%s)",
                         input, max, model->stored, model->white,
                         model->normalize == MIEN_NORMALIZE_NONE ? "" : ", or to 1");
    return MIEN_OK;
}

mien_status mien_model_read(const mien_model *model, const char *input,
                            const mien_load_options *options, mien_dataset *out, mien_error *err)
{
    mien_load_options own = *options;
    own.for_model = true;
    own.normalize = model->normalize;
    own.ink = model->ink;
    own.color = model->color;
    own.white = model->white;
    mien_model_choose_columns(model, &own);
    if (options->id) /* what the user says of these new columns goes before what was said then */
        own.id = options->id;
    if (options->label)
        own.label = options->label;
    if (options->n_ignore) {
        own.ignore = options->ignore;
        own.n_ignore = options->n_ignore;
    }
    own.n_columns = model->fit.p;
    own.width = own.height = 0;
    if (!model->is_table) {
        own.width = model->shape.width;
        own.height = model->shape.height;
    }
    mien_dataset dataset;
    mien_status st = mien_dataset_load(input, &own, &dataset, err);
    if (st)
        return st;
    double white;
    st = find_white(model, &dataset, input, &white, err);
    if (!st && white != model->white) { /* once more, with that */
        mien_dataset_free(&dataset);
        own.white = white;
        st = mien_dataset_load(input, &own, &dataset, err);
        if (st)
            return st;
    }
    if (!st)
        st = check_shape(model, &dataset, input, err);
    if (!st)
        st = check_depth(model, &dataset, input, err);
    if (!st)
        st = mien_columns_check(model, &dataset, input, err);
    if (st)
        mien_dataset_free(&dataset);
    else
        *out = dataset;
    return st;
}
