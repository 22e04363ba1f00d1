/* model.c - a fit as files: model.json and the arrays beside it.
 * SPDX-License-Identifier: MIT */
#include "report/model/model.h"

#include "base/files.h"
#include "base/json_parse.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "data/npy.h"
#include "methods/loss.h"
#include "report/json.h"
#include "report/model/columns.h"
#include "report/model/model_check.h"
#include "report/model/model_snapshots.h"
#include "report/page/examples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FORMAT = 1, JSON_LIMIT = 256 * 1024 * 1024 /* names of columns */ };

static const char *const normalize_names[] = {
    [MIEN_NORMALIZE_AUTO] = "auto", [MIEN_NORMALIZE_LEE_SEUNG] = "lee-seung",
    [MIEN_NORMALIZE_UNIT] = "unit", [MIEN_NORMALIZE_MAX] = "max",
    [MIEN_NORMALIZE_NONE] = "none",
};
enum { NORMALIZE_COUNT = sizeof normalize_names / sizeof *normalize_names };

const char *mien_normalize_name(mien_normalize normalize)
{
    return (size_t)normalize < NORMALIZE_COUNT ? normalize_names[normalize] : "?";
}

bool mien_normalize_parse(const char *name, mien_normalize *out)
{
    for (size_t i = 0; i < NORMALIZE_COUNT; i++)
        if (strcmp(normalize_names[i], name) == 0) {
            *out = (mien_normalize)i;
            return true;
        }
    return false;
}

const char *mien_ink_name(mien_ink_kind ink)
{
    return ink == MIEN_INK_DARK ? "dark" : ink == MIEN_INK_LIGHT ? "light" : NULL;
}

json_t *mien_ink_json(mien_ink_kind ink)
{
    const char *name = mien_ink_name(ink);
    return name ? json_string(name) : json_null();
}

const char *mien_ink_words(mien_ink_kind ink)
{
    return ink == MIEN_INK_DARK ? ", dark ink" : ink == MIEN_INK_LIGHT ? ", light ink" : "";
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

static const char *const fit_mode_names[] = {[MIEN_RESIZE_REJECT] = "reject",
                                             [MIEN_RESIZE_CROP] = "crop",
                                             [MIEN_RESIZE_STRETCH] = "stretch",
                                             [MIEN_RESIZE_PAD] = "pad"};
enum { FIT_MODES = sizeof fit_mode_names / sizeof *fit_mode_names };

static const char *fit_mode_name(mien_resize_mode mode)
{
    return (size_t)mode < FIT_MODES ? fit_mode_names[mode] : "?";
}

/* A model from before this was kept says nothing: MIEN_RESIZE_REJECT, the default. */
static mien_resize_mode fit_mode_parse(const char *name)
{
    for (size_t i = 0; i < FIT_MODES; i++)
        if (strcmp(fit_mode_names[i], name) == 0)
            return (mien_resize_mode)i;
    return MIEN_RESIZE_REJECT;
}

void mien_fingerprint_words(uint64_t fingerprint, char *text, size_t size)
{
    snprintf(text, size, "%016llx", (unsigned long long)fingerprint);
}

/* ---------------------------------------------------------------- saving */

static const char *stop_name(mien_stop stop)
{
    switch (stop) {
    case MIEN_STOP_CONVERGED:
        return "converged";
    case MIEN_STOP_ITERATIONS:
        return "iterations used up";
    case MIEN_STOP_STALLED:
        return "stalled";
    case MIEN_STOP_INTERRUPTED:
    default:
        return "interrupted";
    }
}

json_t *mien_fit_json(const mien_fit *fit, const mien_meaning *meaning)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    bool failed = false;
    json_t *o = json_object();
    mien_json_set(o, "title", mien_json_text(info->title), &failed);
    mien_json_set(o, "citation", mien_json_text(info->citation), &failed);
    mien_json_set(o, "loss", mien_json_real(fit->loss), &failed);
    if (fit->penalty > 0)
        mien_json_set(o, "penalty", mien_json_real(fit->penalty), &failed);
    mien_json_set(o, "loss_name", mien_json_text(fit->loss_name), &failed);
    mien_json_set(o, "relative_error", mien_json_real(fit->relative_error), &failed);
    mien_json_set(o, "explained_variance", mien_json_real(fit->explained_variance), &failed);
    mien_json_set(o, "sparseness", mien_json_real(fit->sparseness), &failed);
    mien_json_set(o, "weights_sparseness", mien_json_real(fit->weights_sparseness), &failed);
    mien_meaning_json(meaning, o, &failed);
    if (fit->image_errors.n)
        mien_json_set(o, "image_errors", mien_quantiles_json(&fit->image_errors), &failed);
    if (fit->held_out.n)
        mien_json_set(o, "held_out_errors", mien_quantiles_json(&fit->held_out), &failed);
    mien_json_set(o, "seconds", mien_json_real(fit->seconds), &failed);
    mien_json_set(o, "iterations", mien_json_size(fit->iterations), &failed);
    mien_json_set(o, "converged", json_boolean(fit->stop == MIEN_STOP_CONVERGED), &failed);
    mien_json_set(o, "stop", json_string(stop_name(fit->stop)), &failed);
    mien_json_set(o, "seed", json_integer((json_int_t)fit->seed), &failed);
    mien_json_set(o, "note", mien_json_text(fit->note), &failed);
    if (failed) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* An option's value in words. */
static json_t *option_json(const mien_options *options, const mien_option *option)
{
    double value = mien_options_get(options, option);
    if (!option->choices)
        return mien_json_real(value);
    const char *at = option->choices;
    for (size_t skip = (size_t)value; skip && at; skip--) {
        at = strchr(at, '|');
        at = at ? at + 1 : NULL;
    }
    size_t length = at ? strcspn(at, "|") : 0;
    return json_stringn(at ? at : "", length);
}

json_t *mien_options_json(const mien_options *options)
{
    bool failed = false;
    json_t *o = json_object();
    mien_json_set(o, "components", mien_json_size(options->r), &failed);
    mien_json_set(o, "iterations", mien_json_size(options->iterations), &failed);
    mien_json_set(o, "tolerance",
                  options->tolerance < 0 ? json_string("by method")
                                         : mien_json_real(options->tolerance),
                  &failed);
    mien_json_set(o, "restarts",
                  options->restarts ? mien_json_size(options->restarts) : json_string("by size"),
                  &failed);
    mien_json_set(o, "seed", json_integer((json_int_t)options->seed), &failed);
    mien_json_set(o, "threads", mien_json_size(options->threads), &failed);
    for (size_t i = 0; i < mien_method_count(); i++) {
        const mien_option *option = mien_method_describe(mien_method_at(i))->options;
        for (; option->key; option++)
            if (!json_object_get(o, option->key))
                mien_json_set(o, option->key, option_json(options, option), &failed);
    }
    if (failed) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* Names of the examples, or null. */
static json_t *names_json(const mien_examples *examples, bool *failed)
{
    json_t *list = examples->names ? json_array() : json_null();
    for (size_t e = 0; examples->names && e < examples->count; e++)
        if (json_array_append_new(list, mien_json_text(examples->names[e])) != 0)
            *failed = true;
    return list;
}

static mien_status save_json(mien_outdir *dir, const mien_fit *fit, const mien_meaning *meaning,
                             const mien_dataset *dataset, const mien_run_info *run,
                             const mien_examples *examples, const char *name, mien_error *err)
{
    bool failed = false;
    json_t *o = json_object(), *index = json_array();
    char fingerprint[32];
    mien_fingerprint_words(dataset->fingerprint, fingerprint, sizeof fingerprint);
    for (size_t e = 0; e < examples->count; e++)
        failed = json_array_append_new(index, mien_json_size(examples->index[e])) != 0 || failed;
    mien_json_set(o, "format", json_integer(FORMAT), &failed);
    mien_json_set(o, "version", json_string(MIEN_VERSION), &failed);
    mien_json_set(o, "method", json_string(mien_method_describe(fit->method)->name), &failed);
    mien_json_set(o, "N", mien_json_size(fit->n), &failed);
    mien_json_set(o, "p", mien_json_size(fit->p), &failed);
    mien_json_set(o, "r", mien_json_size(fit->r), &failed);
    mien_json_set(o, "height", mien_json_size(dataset->shape.height), &failed);
    mien_json_set(o, "width", mien_json_size(dataset->shape.width), &failed);
    mien_json_set(o, "channels", mien_json_size(dataset->shape.channels), &failed);
    mien_json_set(o, "normalize", json_string(mien_normalize_name(dataset->normalize)), &failed);
    mien_json_set(o, "ink", mien_ink_json(dataset->ink), &failed);
    mien_json_set(o, "color", json_boolean(dataset->shape.channels == 3), &failed);
    mien_json_set(o, "fit_mode", json_string(fit_mode_name(dataset->resize)), &failed);
    mien_json_set(o, "table", json_boolean(dataset->is_table), &failed);
    mien_json_set(o, "stored", json_string(mien_pixel_type_name(dataset->pixels.type)), &failed);
    mien_json_set(o, "white", mien_json_real(dataset->pixels.white), &failed);
    mien_json_set(o, "fingerprint", json_string(fingerprint), &failed);
    mien_json_set(o, "centred", json_boolean(fit->mu != NULL), &failed);
    mien_json_set_path(o, "input", run->input, &failed);
    mien_json_set(o, "command", mien_json_text(run->command), &failed);
    mien_json_set(o, "options", mien_options_json(run->options), &failed);
    mien_json_set(o, "fit", mien_fit_json(fit, meaning), &failed);
    mien_json_set(o, "snapshots", mien_snapshots_json(fit), &failed);
    mien_json_set(o, "examples", index, &failed);
    mien_json_set(o, "example_names", names_json(examples, &failed), &failed);
    mien_json_set(o, "columns", mien_columns_json(dataset, &failed), &failed);
    mien_json_set(o, "reshaped", json_boolean(dataset->reshaped), &failed);
    mien_json_set(o, "scale_columns", mien_scales_json(dataset, &failed), &failed);
    mien_json_set(o, "choice", mien_choice_json(dataset, &failed), &failed);
    return mien_json_write(o, failed, dir, name, err);
}

static mien_status save_array(mien_outdir *dir, const char *method, const char *name,
                              const float *values, const size_t *dims, unsigned n_dims,
                              mien_error *err)
{
    char relative[64], path[MIEN_PATH_MAX];
    snprintf(relative, sizeof relative, "%s/%s", method, name);
    mien_status st = mien_outdir_path(dir, relative, path, sizeof path, err);
    return st ? st : mien_npy_write(path, values, dims, n_dims, err);
}

/* The examples as their files have them, in bytes. */
static mien_status save_untouched(mien_outdir *dir, const char *method, const uint8_t *values,
                                  const size_t *dims, unsigned n_dims, mien_error *err)
{
    char relative[64], path[MIEN_PATH_MAX];
    snprintf(relative, sizeof relative, "%s/untouched.npy", method);
    mien_status st = mien_outdir_path(dir, relative, path, sizeof path, err);
    return st ? st : mien_npy_write_bytes(path, values, dims, n_dims, err);
}

static mien_status save_history(mien_outdir *dir, const char *method, const mien_fit *fit,
                                mien_error *err)
{
    char name[64];
    snprintf(name, sizeof name, "%s/history.csv", method);
    mien_text text = {0};
    mien_text_add(&text, "iteration,seconds,loss\n");
    for (size_t i = 0; i < fit->n_trace; i++)
        mien_text_printf(&text, "%zu,%.6f,%.10g\n", fit->trace[i].iteration, fit->trace[i].seconds,
                         fit->trace[i].loss);
    mien_status st = text.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                                 : mien_outdir_write(dir, name, text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}

mien_status mien_model_save(mien_outdir *dir, const mien_fit *fit, const mien_meaning *meaning,
                            const mien_dataset *dataset, const mien_run_info *run,
                            const mien_examples *examples, mien_error *err)
{
    const char *method = mien_method_describe(fit->method)->name;
    mien_shape s = dataset->shape;
    char json[64];
    snprintf(json, sizeof json, "%s/model.json", method);
    /* an image is h x w, in colour h x w x c, in a table a row of p */
    size_t basis[4] = {fit->r, s.height, s.width, s.channels};
    size_t originals[4] = {examples->count, s.height, s.width, s.channels};
    unsigned image_dims = s.channels > 1 ? 3 : 2;
    mien_status st = save_array(dir, method, "basis.npy", fit->H, basis, 1 + image_dims, err);
    if (!st)
        st = save_array(dir, method, "weights.npy", fit->W, (size_t[]){fit->n, fit->r}, 2, err);
    if (!st && fit->mu)
        st = save_array(dir, method, "mean.npy", fit->mu, basis + 1, image_dims, err);
    if (!st)
        st = save_array(dir, method, "examples.npy", examples->originals, originals, 1 + image_dims,
                        err);
    if (!st && examples->untouched)
        st = save_untouched(dir, method, examples->untouched, originals, 1 + image_dims, err);
    if (!st)
        st = mien_snapshots_save(dir, fit, s, err);
    if (!st)
        st = save_history(dir, method, fit, err);
    return st ? st : save_json(dir, fit, meaning, dataset, run, examples, json, err);
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

static double get_real(const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *get_text(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static mien_stop parse_stop(const char *name)
{
    static const mien_stop stops[] = {MIEN_STOP_CONVERGED, MIEN_STOP_ITERATIONS, MIEN_STOP_STALLED};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        if (strcmp(name, stop_name(stops[i])) == 0)
            return stops[i];
    return MIEN_STOP_INTERRUPTED;
}

static mien_status parse_model(const json_t *o, const char *path, mien_model *model,
                               mien_error *err)
{
    bool bad = json_integer_value(json_object_get(o, "format")) != FORMAT;
    mien_fit *fit = &model->fit;
    fit->method = mien_method_find(get_text(o, "method"));
    fit->n = get_size(o, "N", &bad);
    fit->p = get_size(o, "p", &bad);
    fit->r = get_size(o, "r", &bad);
    model->shape = (mien_shape){get_size(o, "height", &bad), get_size(o, "width", &bad),
                                get_size(o, "channels", &bad)};
    size_t size;
    bad = bad ||
          !mien_product(model->shape.height, model->shape.width, model->shape.channels, &size) ||
          size != fit->p;
    if (bad || !fit->method || !mien_normalize_parse(get_text(o, "normalize"), &model->normalize))
        return mien_fail(err, MIEN_ERR_FORMAT, "%s/model.json is no model of this version of mien",
                         path);
    snprintf(model->input, sizeof model->input, "%s", get_text(o, "input"));
    model->fingerprint = strtoull(get_text(o, "fingerprint"), NULL, 16);
    model->color = json_is_true(json_object_get(o, "color"));
    model->resize = fit_mode_parse(get_text(o, "fit_mode"));
    const json_t *table = json_object_get(o, "table");
    model->is_table = table ? json_is_true(table) : model->shape.height == 1;
    model->ink = parse_ink(o, model->is_table);
    const json_t *white = json_object_get(o, "white");
    model->white = json_number_value(white);
    if (!(model->white >= 0) || (white && !json_is_number(white)))
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s/model.json: \"white\" has to be a number, and not below zero", path);
    snprintf(model->stored, sizeof model->stored, "%s", get_text(o, "stored"));
    mien_error why;
    if (mien_options_parse(json_object_get(o, "options"), fit->method, &model->options, &why))
        return mien_fail(err, MIEN_ERR_FORMAT, "%s/model.json: %s", path, why.message);
    model->options.r = fit->r;
    const json_t *numbers = json_object_get(o, "fit");
    mien_status st = mien_model_check_title(fit->method, get_text(numbers, "title"), path, err);
    if (st)
        return st;
    fit->image_errors = mien_quantiles_parse(json_object_get(numbers, "image_errors"));
    fit->held_out = mien_quantiles_parse(json_object_get(numbers, "held_out_errors"));
    fit->loss = get_real(numbers, "loss");
    fit->penalty = json_number_value(json_object_get(numbers, "penalty"));
    fit->relative_error = get_real(numbers, "relative_error");
    fit->explained_variance = get_real(numbers, "explained_variance");
    fit->sparseness = get_real(numbers, "sparseness");
    fit->weights_sparseness = get_real(numbers, "weights_sparseness");
    fit->seconds = get_real(numbers, "seconds");
    fit->iterations = (size_t)json_integer_value(json_object_get(numbers, "iterations"));
    fit->seed = (uint64_t)json_integer_value(json_object_get(numbers, "seed"));
    fit->stop = parse_stop(get_text(numbers, "stop"));
    snprintf(fit->note, sizeof fit->note, "%s", get_text(numbers, "note"));
    fit->loss_name = mien_loss_word(get_text(numbers, "loss_name"));
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

/* Models of before have no names of examples and none that are untouched. */
static mien_status load_names(const json_t *o, mien_examples *examples, mien_error *err)
{
    const json_t *names = json_object_get(o, "example_names");
    if (json_array_size(names) != examples->count)
        return MIEN_OK;
    mien_status st = mien_examples_alloc_names(examples, err);
    for (size_t e = 0; e < examples->count && !st; e++) {
        const char *name = json_string_value(json_array_get(names, e));
        examples->names[e] = mien_strdup(name ? name : "");
        if (!examples->names[e])
            st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    return st;
}

static mien_status load_untouched(const char *folder, mien_examples *examples, mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_npy npy;
    if (!holds(folder, "untouched.npy"))
        return MIEN_OK;
    snprintf(path, sizeof path, "%s/untouched.npy", folder);
    mien_status st = mien_npy_read(path, &npy, err);
    if (st)
        return st;
    if (npy.type != MIEN_U8 || npy.count != examples->count * examples->p) {
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s: expected %zu bytes", path,
                       examples->count * examples->p);
    } else {
        examples->untouched = npy.values;
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
    mien_status st = mien_examples_alloc(count, model->fit.p, &model->examples, err);
    if (st)
        return st;
    for (size_t e = 0; e < count; e++) {
        json_int_t at = json_integer_value(json_array_get(index, e));
        if (at < 0 || (size_t)at >= model->fit.n)
            return mien_fail(err, MIEN_ERR_FORMAT, "%s/model.json: example %lld of %zu images",
                             folder, (long long)at, model->fit.n);
        model->examples.index[e] = (size_t)at;
    }
    mien_free(model->examples.originals);
    model->examples.originals = NULL;
    st = load_array(folder, "examples.npy", 1 + image_dims, count, model->fit.p,
                    &model->examples.originals, err);
    if (st)
        return st;
    mien_examples_measure(&model->examples);
    st = load_names(o, &model->examples, err);
    return st ? st : load_untouched(folder, &model->examples, err);
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
    unsigned image_dims = model->shape.channels > 1 ? 3 : 2;
    if (!st)
        st = load_array(path, "basis.npy", 1 + image_dims, fit->r, fit->p, &fit->H, err);
    if (!st)
        st = load_array(path, "weights.npy", 2, fit->n, fit->r, &fit->W, err);
    if (!st && json_is_true(json_object_get(o, "centred")))
        st = load_array(path, "mean.npy", image_dims, 1, fit->p, &fit->mu, err);
    if (!st)
        st = mien_model_check(model, path, err);
    if (!st)
        st = load_examples(path, o, image_dims, model, err);
    if (!st)
        st = mien_snapshots_load(path, json_object_get(o, "snapshots"), fit, err);
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
    mien_status st = read_start(dir, "weights.npy", &W, err);
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

bool mien_is_comparison(const char *path)
{
    for (size_t i = 0; i < mien_method_count(); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s/model.json", mien_method_describe(mien_method_at(i))->name);
        if (holds(path, name))
            return true;
    }
    return false;
}
