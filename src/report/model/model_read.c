/* model_read.c - a model at work on new data: its options, its measure of errors, its way of
 * reading images.
 * SPDX-License-Identifier: MIT */
#include "base/files.h"
#include "base/status.h"
#include "base/text.h"
#include "data/pixels.h"
#include "report/model/columns.h"
#include "report/model/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- errors of single images */

json_t *mien_quantiles_json(const mien_quantiles *s)
{
    bool failed = false;
    json_t *o = json_object();
    mien_json_set(o, "N", mien_json_size(s->n), &failed);
    mien_json_set(o, "least", mien_json_real(s->min), &failed);
    mien_json_set(o, "lower_quartile", mien_json_real(s->lower_quartile), &failed);
    mien_json_set(o, "median", mien_json_real(s->median), &failed);
    mien_json_set(o, "upper_quartile", mien_json_real(s->upper_quartile), &failed);
    mien_json_set(o, "p95", mien_json_real(s->p95), &failed);
    mien_json_set(o, "greatest", mien_json_real(s->max), &failed);
    mien_json_set(o, "mad", mien_json_real(s->mad), &failed);
    if (failed) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static double get_real(const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    return json_is_number(value) ? json_number_value(value) : INFINITY; /* an image of zeros */
}

mien_quantiles mien_quantiles_parse(const json_t *o)
{
    json_int_t n = json_integer_value(json_object_get(o, "N"));
    mien_quantiles s = {.n = n > 0 ? (size_t)n : 0,
                        .min = get_real(o, "least"),
                        .lower_quartile = get_real(o, "lower_quartile"),
                        .median = get_real(o, "median"),
                        .upper_quartile = get_real(o, "upper_quartile"),
                        .max = get_real(o, "greatest"),
                        .p95 = json_object_get(o, "p95") ? get_real(o, "p95") : NAN,
                        .mad = get_real(o, "mad")};
    bool known = s.n > 0 && isfinite(s.lower_quartile) && s.upper_quartile >= s.lower_quartile &&
                 isfinite(s.upper_quartile);
    return known ? s : (mien_quantiles){0};
}

/* ---------------------------------------------------------------- options */

mien_status mien_options_parse(const json_t *o, const mien_method *method, mien_options *options,
                               mien_error *err)
{
    mien_options own = mien_options_default();
    own.seed = (uint64_t)json_integer_value(json_object_get(o, "seed"));
    const json_t *tolerance = json_object_get(o, "tolerance");
    if (json_is_number(tolerance))
        own.tolerance = json_number_value(tolerance);
    json_int_t iterations = json_integer_value(json_object_get(o, "iterations"));
    own.iterations = iterations > 0 ? (size_t)iterations : own.iterations;
    json_int_t restarts = json_integer_value(json_object_get(o, "restarts")); /* or "by size" */
    own.restarts = restarts > 0 ? (size_t)restarts : 0;
    for (const mien_option *option = mien_method_describe(method)->options; option->key; option++) {
        const json_t *value = json_object_get(o, option->key);
        char number[64];
        mien_format(number, sizeof number, "%.17g", json_number_value(value));
        mien_status st = MIEN_OK;
        if (json_is_string(value) && option->choices)
            st = mien_options_set(&own, option->key, json_string_value(value), err);
        else if (json_is_number(value) && !option->choices)
            st = mien_options_set(&own, option->key, number, err);
        if (st)
            return st;
    }
    *options = own;
    return MIEN_OK;
}

/* ---------------------------------------------------------------- which model */

mien_status mien_model_find(const char *path, char *out, size_t size, mien_error *err)
{
    const char *only = NULL;
    char names[128] = "";
    size_t count = 0;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (mien_is_model(path)) {
        only = "";
        count = 1;
    }
    for (size_t i = 0; i < mien_method_count() && !(only && !*only); i++) {
        const char *name = mien_method_describe(mien_method_at(i))->name;
        char folder[MIEN_PATH_MAX];
        snprintf(folder, sizeof folder, "%.*s/%s", (int)length, path, name);
        if (!mien_is_model(folder))
            continue;
        only = only ? only : name;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", count ? ", " : "",
                 name);
        count++;
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
    double greatest = mien_values_max(pixels->values, MIEN_F32, pixels->n * pixels->p);
    bool below = greatest <= 1, other = model->white > UINT8_MAX && greatest <= UINT8_MAX;
    if (greatest > 0 && below && model->normalize != MIEN_NORMALIZE_NONE)
        *white = 1;
    else if (greatest > 0 && (below || other || greatest > model->white))
        return mien_fail(err, MIEN_ERR_DATA,
                         "%s: values up to %g, the model was learned from %s greys, of which %g is "
                         "white (scale them to that%s)",
                         input, greatest, model->stored, model->white,
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
