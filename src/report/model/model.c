/* model.c - a fit as files: model.json and the arrays beside it, and how it reads new data.
 * SPDX-License-Identifier: MIT
 *
 * model.json only ever gains members: FORMAT stays 1 while models of before can be read, and what
 * they do not say has the meaning that it had then. Sizes stand in model.json and are compared with
 * every array before it is believed; values are compared with what the method promises. */
#include "report/model/model.h"

#include "base/disk/files.h"
#include "base/json_parse.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/npy.h"
#include "data/pixels.h"
#include "methods/snapshots.h"
#include "report/files/names.h"
#include "report/model/columns.h"
#include "report/model/examples.h"
#include "report/model/fit_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FORMAT = 1, JSON_LIMIT = 256 * 1024 * 1024 /* names of columns */ };

/* Axes of an image in an array: h x w, in colour h x w x c; in a table a row of p is 1 x p. */
static unsigned axes_of(mien_shape shape)
{
    return shape.channels > 1 ? 3 : 2;
}

/* ---------------------------------------------------------------- saving */

/* What model.json tells of snapshots.npy: iterations, signed, scale (K lists of r); null when there
 * are none. */
static json_t *snapshots_json(const mien_fit *fit)
{
    const mien_snapshots *s = &fit->snapshots;
    if (s->count == 0)
        return json_null();
    json_t *iterations = json_array(), *scale = json_array();
    for (size_t at = 0; at < s->count; at++) {
        json_t *row = json_array();
        for (size_t k = 0; k < fit->r; k++)
            row = mien_json_append(row, mien_json_real((double)s->scale[at * fit->r + k]));
        iterations = mien_json_append(iterations, mien_json_size(s->iteration[at]));
        scale = mien_json_append(scale, row);
    }
    return MIEN_JSON({"signed", json_boolean(s->is_signed)}, {"iterations", iterations},
                     {"scale", scale});
}

/* What the page tells of them: mean shares of components, and places of their exemplars. */
static json_t *memberships_json(const mien_meaning *meaning)
{
    if (!meaning || !meaning->has_memberships)
        return json_null();
    const mien_memberships *m = &meaning->memberships;
    json_t *share = json_array(), *exemplars = json_array();
    for (size_t k = 0; k < m->r; k++) {
        json_t *of = json_array();
        for (size_t e = 0; e < m->n_exemplars[k]; e++)
            of = mien_json_append(of, mien_json_size(m->exemplars[k * MIEN_EXEMPLARS + e]));
        exemplars = mien_json_append(exemplars, of);
        share = mien_json_append(share, mien_json_real(m->mean_share[k]));
    }
    return MIEN_JSON({"share", share}, {"exemplars", exemplars});
}

static json_t *model_json(const mien_output *out, const mien_fit *fit, const mien_meaning *meaning,
                          const mien_examples *examples)
{
    const mien_dataset *d = out->dataset;
    json_t *index = json_array();
    for (size_t e = 0; e < examples->count; e++)
        index = mien_json_append(index, mien_json_size(examples->index[e]));
    json_t *o = MIEN_JSON(
        {"format", json_integer(FORMAT)}, {"version", json_string(MIEN_VERSION)},
        {"method", json_string(mien_method_describe(fit->method)->name)},
        {"N", mien_json_size(fit->n)}, {"p", mien_json_size(fit->p)}, {"r", mien_json_size(fit->r)},
        {"height", mien_json_size(d->shape.height)}, {"width", mien_json_size(d->shape.width)},
        {"channels", mien_json_size(d->shape.channels)},
        {"normalize", json_string(mien_normalize_name(d->normalize))},
        {"ink", mien_json_text(mien_ink_name(d->ink))},
        {"color", json_boolean(d->shape.channels == 3)},
        {"fit_mode", json_string(mien_resize_name(d->resize))},
        {"table", json_boolean(d->is_table)},
        {"stored", json_string(mien_pixel_type_name(d->pixels.type))},
        {"white", mien_json_real(d->pixels.white)},
        {"fingerprint", mien_fingerprint_json(d->fingerprint)},
        {"centred", json_boolean(fit->mu != NULL)}, {"weights", json_boolean(fit->W != NULL)});
    o = mien_json_path(o, "input", out->run->input);
    return mien_json_more(
        o, MIEN_MEMBERS({"command", mien_json_text(out->run->command)},
                        {"options", mien_options_json(out->run->options)},
                        {"fit", mien_fit_json(fit, meaning)},
                        {"memberships", memberships_json(meaning)},
                        {"snapshots", snapshots_json(fit)}, {"examples", index},
                        {"example_names", mien_json_texts(examples->names, examples->count)},
                        {"columns", mien_json_texts(d->columns, d->pixels.p)},
                        {"reshaped", json_boolean(d->reshaped)},
                        {"scale_columns", mien_scales_json(d)}, {"choice", mien_choice_json(d)}));
}

#define HISTORY_HEADING "iteration,seconds,loss"
#define SECONDS         "%.6f"
#define LOSS            "%.10g"

static void write_history(mien_output *out, const mien_fit *fit)
{
    mien_table table = mien_table_begin(out, "history.csv", HISTORY_HEADING ",level\n");
    for (size_t i = 0; i < fit->n_trace; i++) {
        const mien_trace *row = &fit->trace[i];
        mien_text_printf(&table.text, "%zu," SECONDS "," LOSS ",%zu", row->iteration, row->seconds,
                         row->loss, row->level);
        mien_table_row(&table);
    }
    mien_table_end(&table);
}

double mien_trace_seconds(const mien_trace *at)
{
    char text[64];
    mien_format(text, sizeof text, SECONDS, at->seconds);
    return mien_strtod(text, NULL);
}

double mien_trace_loss(const mien_trace *at)
{
    char text[64];
    mien_format(text, sizeof text, LOSS, at->loss);
    return mien_strtod(text, NULL);
}

void mien_weights_save(mien_output *out, const mien_fit *fit)
{
    if (!fit->W_file || !mien_output_has(out, "weights.npy")) /* ranks may have written it */
        mien_output_floats(out, "weights.npy", fit->W, (size_t[]){fit->n, fit->r}, 2);
}

void mien_model_save(mien_output *out, const mien_fit *fit, const mien_meaning *meaning,
                     const mien_examples *examples, json_t **kept)
{
    mien_shape s = out->dataset->shape;
    unsigned axes = axes_of(s);
    const size_t basis[] = {fit->r, s.height, s.width, s.channels};
    const size_t originals[] = {examples->count, s.height, s.width, s.channels};
    const size_t snapshots[] = {fit->snapshots.count, fit->r, s.height, s.width, s.channels};
    mien_output_floats(out, "basis.npy", fit->H, basis, 1 + axes);
    mien_weights_save(out, fit);
    mien_output_floats(out, "mean.npy", fit->mu, basis + 1, axes);
    mien_output_floats(out, "examples.npy", examples->originals, originals, 1 + axes);
    mien_output_bytes(out, "untouched.npy", examples->untouched, originals, 1 + axes);
    if (fit->snapshots.count)
        mien_output_bytes(out, "snapshots.npy", fit->snapshots.values, snapshots, 2 + axes);
    write_history(out, fit);
    json_t *o = model_json(out, fit, meaning, examples);
    if (kept)
        *kept = json_incref(o);
    mien_output_json(out, "model.json", o);
}

/* ---------------------------------------------------------------- loading */

static bool holds(const char *folder, const char *name)
{
    char path[MIEN_PATH_MAX];
    struct stat info;
    return (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path &&
           stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static size_t get_size(const json_t *o, const char *key, bool *bad)
{
    const json_t *value = json_object_get(o, key);
    if (!json_is_integer(value) || json_integer_value(value) < 1) {
        *bad = true;
        return 0;
    }
    return (size_t)json_integer_value(value);
}

/* Models of before say "invert", which is dark ink; what they did not invert was brightness, or
 * a table. */
static mien_ink_kind parse_ink(const json_t *o, bool is_table)
{
    const char *name = json_string_value(json_object_get(o, "ink"));
    if (json_is_true(json_object_get(o, "invert")) || (name && strcmp(name, "dark") == 0))
        return MIEN_INK_DARK;
    return is_table || json_is_null(json_object_get(o, "ink")) ? MIEN_INK_NONE : MIEN_INK_LIGHT;
}

static mien_status parse_model(const json_t *o, const char *path, mien_model *model,
                               mien_error *err)
{
    bool bad = json_integer_value(json_object_get(o, "format")) != FORMAT;
    mien_fit *fit = &model->fit;
    fit->method = mien_method_find(mien_json_words(o, "method"));
    fit->n = get_size(o, "N", &bad);
    fit->p = get_size(o, "p", &bad);
    fit->r = get_size(o, "r", &bad);
    model->shape = (mien_shape){get_size(o, "height", &bad), get_size(o, "width", &bad),
                                get_size(o, "channels", &bad)};
    size_t size;
    bad = bad ||
          !mien_product(model->shape.height, model->shape.width, model->shape.channels, &size) ||
          size != fit->p;
    if (bad || !fit->method ||
        !mien_normalize_parse(mien_json_words(o, "normalize"), &model->normalize))
        return mien_fail(err, MIEN_ERR_FORMAT, "%s/model.json is no model of this version of mien",
                         path);
    snprintf(model->input, sizeof model->input, "%s", mien_json_words(o, "input"));
    model->fingerprint = strtoull(mien_json_words(o, "fingerprint"), NULL, 16);
    model->color = json_is_true(json_object_get(o, "color"));
    model->resize = mien_resize_parse(mien_json_words(o, "fit_mode"));
    const json_t *table = json_object_get(o, "table");
    model->is_table = table ? json_is_true(table) : model->shape.height == 1;
    model->ink = parse_ink(o, model->is_table);
    const json_t *white = json_object_get(o, "white");
    model->white = json_number_value(white);
    if (!(model->white >= 0) || (white && !json_is_number(white)))
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s/model.json: \"white\" has to be a number, and not below zero", path);
    snprintf(model->stored, sizeof model->stored, "%s", mien_json_words(o, "stored"));
    mien_error why;
    if (mien_options_parse(json_object_get(o, "options"), fit->method, &model->options, &why))
        return mien_fail(err, MIEN_ERR_FORMAT, "%s/model.json: %s", path, why.message);
    model->options.r = fit->r;
    const json_t *numbers = json_object_get(o, "fit");
    mien_status st =
        mien_model_check_title(fit->method, mien_json_words(numbers, "title"), path, err);
    if (st)
        return st;
    mien_fit_parse(numbers, fit);
    return MIEN_OK;
}

/* Read rows x columns floats whose sizes model.json has told. */
static mien_status load_array(const char *folder, const char *name, unsigned n_dims, size_t rows,
                              size_t columns, float **out, mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_npy npy;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    mien_status st = mien_npy_read_floats(path, n_dims, &npy, err);
    if (st)
        return st;
    size_t wanted;
    if (!mien_product(rows, columns, 1, &wanted) || npy.count != wanted) {
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s holds %zu numbers, model.json says %zu x %zu",
                       path, npy.count, rows, columns);
    } else {
        *out = npy.values;
        npy.values = NULL;
    }
    mien_npy_free(&npy);
    return st;
}

/* Read the bytes of an array, of which there have to be `count`. */
static mien_status load_bytes(const char *folder, const char *name, size_t count, uint8_t **out,
                              mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_npy npy;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    mien_status st = mien_npy_read(path, &npy, err);
    if (st)
        return st;
    if (npy.type != MIEN_U8 || npy.count != count) {
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s: expected %zu bytes", path, count);
    } else {
        *out = npy.values;
        npy.values = NULL;
    }
    mien_npy_free(&npy);
    return st;
}

static mien_status load_examples(const char *folder, const json_t *o, unsigned image_dims,
                                 mien_model *model, mien_error *err)
{
    const json_t *index = json_object_get(o, "examples");
    size_t count = json_array_size(index);
    if (count == 0)
        return mien_fail(err, MIEN_ERR_FORMAT, "%s/model.json names no examples", folder);
    model->examples = (mien_examples){
        .index = mien_alloc_array(count, sizeof(size_t)), .count = count, .p = model->fit.p};
    if (!model->examples.index)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t e = 0; e < count; e++) {
        json_int_t at = json_integer_value(json_array_get(index, e));
        if (at < 0 || (size_t)at >= model->fit.n)
            return mien_fail(err, MIEN_ERR_FORMAT, "%s/model.json: example %lld of %zu images",
                             folder, (long long)at, model->fit.n);
        model->examples.index[e] = (size_t)at;
    }
    mien_status st = load_array(folder, "examples.npy", 1 + image_dims, count, model->fit.p,
                                &model->examples.originals, err);
    if (st)
        return st;
    mien_examples_measure(&model->examples);
    /* models of before have no names of examples and none that are untouched */
    if (mien_columns_parse(json_object_get(o, "example_names"), count, &model->examples.names))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st && holds(folder, "untouched.npy"))
        st = load_bytes(folder, "untouched.npy", count * model->fit.p, &model->examples.untouched,
                        err);
    return st;
}

/* The words, into arrays of the right size; false when they are not of this fit. */
static bool parse_snapshots(const json_t *told, size_t r, mien_snapshots *s)
{
    const json_t *iterations = json_object_get(told, "iterations");
    const json_t *scale = json_object_get(told, "scale");
    s->is_signed = json_is_true(json_object_get(told, "signed"));
    for (size_t at = 0; at < s->count; at++) {
        const json_t *row = json_array_get(scale, at);
        json_int_t iteration = json_integer_value(json_array_get(iterations, at));
        if (iteration < 1 || json_array_size(row) != r ||
            (at && (size_t)iteration <= s->iteration[at - 1]))
            return false;
        s->iteration[at] = (size_t)iteration;
        for (size_t k = 0; k < r; k++)
            s->scale[at * r + k] = (float)json_number_value(json_array_get(row, k));
    }
    return true;
}

static mien_status load_snapshots(const char *folder, const json_t *told, mien_fit *fit,
                                  mien_error *err)
{
    size_t count = json_array_size(json_object_get(told, "iterations")), size;
    if (count == 0)
        return MIEN_OK;
    mien_snapshots s = {.count = count,
                        .iteration = mien_alloc_array(count, sizeof *s.iteration),
                        .scale = mien_alloc_array(count * fit->r, sizeof *s.scale)};
    mien_status st = s.iteration && s.scale ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st && (!mien_product(count, fit->r, fit->p, &size) || !parse_snapshots(told, fit->r, &s)))
        st = mien_fail(err, MIEN_ERR_FORMAT,
                       "%s/snapshots.npy does not fit what model.json says of it", folder);
    if (!st)
        st = load_bytes(folder, "snapshots.npy", size, &s.values, err);
    if (st)
        mien_snapshots_free(&s);
    else
        fit->snapshots = s;
    return st;
}

/* history.csv, when it is there: rows of an iteration, seconds and a loss, the level, which earlier
 * versions did not know, and what later ones put behind. What follows a row that is none is not
 * read. */
static mien_status load_history(const char *folder, mien_fit *fit, mien_error *err)
{
    char path[MIEN_PATH_MAX], *text;
    size_t nbytes, capacity = 0;
    snprintf(path, sizeof path, "%s/history.csv", folder);
    if (!holds(folder, "history.csv"))
        return MIEN_OK;
    mien_status st = mien_file_read(path, JSON_LIMIT, &text, &nbytes, err);
    if (st)
        return st;
    const char *at = strncmp(text, HISTORY_HEADING, strlen(HISTORY_HEADING)) == 0 ? text : "";
    while (!st && (at = strchr(at, '\n')) != NULL) {
        char *end;
        mien_trace row = {.iteration = strtoul(++at, &end, 10), .level = 1};
        bool whole = end > at && *end == ',';
        if (whole)
            row.seconds = mien_strtod(end + 1, &end);
        whole = whole && *end == ',';
        if (whole)
            row.loss = mien_strtod(end + 1, &end);
        if (!whole || (*end != '\n' && *end != ','))
            break;
        if (*end == ',')
            row.level = strtoul(end + 1, NULL, 10);
        if (mien_grow((void **)&fit->trace, &capacity, fit->n_trace, fit->n_trace + 1, sizeof row))
            fit->trace[fit->n_trace++] = row;
        else
            st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    mien_free(text);
    return st;
}

static mien_status load_into(const char *path, mien_model *model, mien_error *err)
{
    char name[MIEN_PATH_MAX];
    size_t nbytes;
    if ((size_t)snprintf(name, sizeof name, "%s/model.json", path) >= sizeof name)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", path);
    mien_status st = mien_file_read(name, JSON_LIMIT, &model->details, &nbytes, err);
    if (st)
        return st;
    json_t *o;
    st = mien_json_parse(model->details, nbytes, name, &o, err);
    if (st)
        return st;
    st = parse_model(o, path, model, err);
    mien_fit *fit = &model->fit;
    unsigned image_dims = axes_of(model->shape);
    if (!st)
        st = load_array(path, "basis.npy", 1 + image_dims, fit->r, fit->p, &fit->H, err);
    if (!st && !json_is_false(json_object_get(o, "weights"))) /* else they were not kept */
        st = load_array(path, "weights.npy", 2, fit->n, fit->r, &fit->W, err);
    if (!st && json_is_true(json_object_get(o, "centred")))
        st = load_array(path, "mean.npy", image_dims, 1, fit->p, &fit->mu, err);
    if (!st)
        st = mien_model_check(model, path, err);
    if (!st)
        st = load_examples(path, o, image_dims, model, err);
    if (!st)
        st = load_snapshots(path, json_object_get(o, "snapshots"), fit, err);
    if (!st)
        st = load_history(path, fit, err);
    if (!st && (mien_columns_parse(json_object_get(o, "columns"), fit->p, &model->columns) ||
                mien_choice_parse(o, model)))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    json_decref(o);
    return st;
}

mien_status mien_model_load(const char *path, mien_model *out, mien_error *err)
{
    mien_model model = {0};
    mien_status st = load_into(path, &model, err);
    if (st)
        mien_model_free(&model);
    else
        *out = model;
    return st;
}

void mien_model_free(mien_model *model)
{
    if (!model)
        return;
    mien_columns_free(model->columns, model->fit.p);
    mien_columns_free(model->ignored, model->n_ignored);
    mien_free(model->column_scales);
    mien_free(model->id);
    mien_free(model->label);
    mien_fit_free(&model->fit);
    mien_examples_free(&model->examples);
    mien_free(model->details);
    *model = (mien_model){0};
}

/* ---------------------------------------------------------------- a start */

/* Says what a folder without weights.npy is, where that is known, and what would do. */
static mien_status refuse_start(const char *dir, mien_error *err)
{
    const char *name;
    char folder[MIEN_PATH_MAX];
    size_t at = 0;
    if (mien_is_model(dir))
        return mien_fail(
            err, MIEN_ERR_FORMAT,
            "%s/weights.npy is not there: its weights were not kept (--no-weights), and a "
            "start needs weights and basis; learn it without --no-weights, or give "
            "another start",
            dir);
    if (mien_model_next(dir, &at, &name, folder))
        return mien_fail(
            err, MIEN_ERR_FORMAT,
            "%s/weights.npy is not there: it holds results of methods; give one of them, as "
            "%s",
            dir, folder);
    return mien_fail(
        err, MIEN_ERR_FORMAT,
        "%s/weights.npy is not there: a start is a folder with weights.npy and basis.npy", dir);
}

static mien_status read_start(const char *dir, const char *name, mien_npy *out, mien_error *err)
{
    char path[MIEN_PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", dir);
    mien_status st = mien_npy_read(path, out, err);
    if (!st && (out->type != MIEN_F32 || out->n_dims < 2)) {
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s: a start is a float array of two or more axes",
                       path);
        mien_npy_free(out);
    }
    return st;
}

mien_status mien_start_load(const char *dir, size_t n, size_t p, mien_start *out, mien_error *err)
{
    mien_npy W = {0}, H = {0};
    mien_status st = holds(dir, "weights.npy") ? read_start(dir, "weights.npy", &W, err)
                                               : refuse_start(dir, err);
    if (!st)
        st = read_start(dir, "basis.npy", &H, err);
    if (!st &&
        (W.n_dims != 2 || W.dims[0] != n || W.dims[1] != H.dims[0] || H.count / H.dims[0] != p))
        st = mien_fail(err, MIEN_ERR_SHAPE,
                       "%s: weights.npy is %zu x %zu and basis.npy %zu x %zu; the data has %zu "
                       "images of %zu pixels",
                       dir, W.dims[0], W.count / W.dims[0], H.dims[0], H.count / H.dims[0], n, p);
    if (!st) {
        *out = (mien_start){.W = W.values, .H = H.values, .r = H.dims[0]};
        W.values = H.values = NULL;
    }
    mien_npy_free(&W);
    mien_npy_free(&H);
    return st;
}

void mien_start_free(mien_start *start)
{
    mien_free(start->W);
    mien_free(start->H);
    *start = (mien_start){0};
}

bool mien_is_model(const char *path)
{
    return holds(path, "model.json");
}

bool mien_model_next(const char *path, size_t *at, const char **name, char folder[MIEN_PATH_MAX])
{
    while (*at < mien_method_count()) {
        *name = mien_method_describe(mien_method_at((*at)++))->name;
        if ((size_t)snprintf(folder, MIEN_PATH_MAX, "%s/%s", path, *name) < MIEN_PATH_MAX &&
            mien_is_model(folder))
            return true;
    }
    return false;
}

bool mien_is_comparison(const char *path)
{
    char folder[MIEN_PATH_MAX];
    const char *name;
    return mien_model_next(path, &(size_t){0}, &name, folder);
}

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

void mien_model_prepare(const mien_model *model, mien_load_options *options)
{
    options->for_model = true;
    options->normalize = model->normalize;
    options->ink = model->ink;
    options->color = model->color;
    options->white = model->white;
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
    double max = mien_pixels_largest(pixels);
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
    mien_model_prepare(model, &own);
    if (options->id) /* what the user says of these new columns goes before what was said then */
        own.id = options->id;
    if (options->label)
        own.label = options->label;
    if (options->n_ignore) {
        own.ignore = options->ignore;
        own.n_ignore = options->n_ignore;
    }
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
