/* calibrate.c - a model without errors of unseen images gets them from the images it was made from.
 * SPDX-License-Identifier: MIT
 *
 * A model may come from anybody, and so may the path that it names: it is followed as far as
 * mien_model_source() says. Of any other its last name is looked for beside the result that holds
 * the model, where training images often are; a link is not followed. All must be the training
 * images to the byte. */
#define _POSIX_C_SOURCE 200809L /* lstat */
#include "base/disk/files.h"
#include "base/status.h"
#include "base/text.h"
#include "report/model/fit_json.h"
#include "report/model/model.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The last name of a path, without slashes at its end; length 0: it has none of its own. */
static const char *last_name(const char *path, size_t *length)
{
    size_t end = strlen(path);
    while (end && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin && path[begin - 1] != '/')
        begin--;
    *length = end - begin;
    if (path[begin] == '.') /* ., .., what is hidden */
        *length = 0;
    return path + begin;
}

/* Where the training images lie if they lie beside the result that the model is in, or beside the
 * model. */
static bool find_beside(const mien_model *model, const char *path, char *out, size_t size)
{
    static const char *const above[] = {"..", "../.."};
    size_t length;
    const char *name = last_name(model->input, &length);
    for (size_t a = 0; length && a < sizeof above / sizeof *above; a++) {
        struct stat info;
        if ((size_t)snprintf(out, size, "%s/%s/%.*s", path, above[a], (int)length, name) < size &&
            lstat(out, &info) == 0 && (S_ISDIR(info.st_mode) || S_ISREG(info.st_mode)))
            return true;
    }
    return false;
}

static bool is_training_data(const mien_model *model, const mien_dataset *dataset)
{
    return dataset->fingerprint == model->fingerprint && dataset->pixels.n == model->fit.n &&
           dataset->pixels.p == model->fit.p;
}

/* Rewrite model.json with what was measured. */
static mien_status keep(const mien_model *model, const char *path, mien_error *err)
{
    char name[MIEN_PATH_MAX];
    mien_text text = {0};
    if ((size_t)snprintf(name, sizeof name, "%s/model.json", path) >= sizeof name)
        return mien_fail(err, MIEN_ERR_ARG, "%s: the path is too long", path);
    json_t *o = json_loads(model->details, 0, NULL), *numbers = json_object_get(o, "fit");
    json_t *errors = mien_quantiles_json(&model->fit.held_out);
    if (json_object_set_new(numbers, "held_out_errors", errors) != 0) {
        json_decref(o);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    mien_status st = mien_json_dump(o, &text.bytes, &text.length, err);
    if (!st)
        st = mien_file_replace(name, true, text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}

static mien_status calibrate_from(mien_model *model, const char *training,
                                  const mien_options *options, const mien_load_options *load,
                                  bool *same, mien_error *err)
{
    mien_load_options own = *load;
    mien_dataset dataset;
    own.resize = model->resize;
    mien_status st = mien_model_read(model, training, &own, &dataset, err);
    if (st)
        return st;
    *same = is_training_data(model, &dataset);
    mien_source X = mien_dataset_source(&dataset);
    if (*same)
        st = mien_fit_calibrate(&model->fit, options, &X, err);
    mien_dataset_free(&dataset);
    return st;
}

mien_status mien_model_calibrate(mien_model *model, const char *path, const char *training,
                                 const mien_options *options, const mien_load_options *load,
                                 char *note, size_t size, mien_error *err)
{
    char from[MIEN_PATH_MAX];
    bool same = false;
    mien_error why;
    *note = '\0';
    if (model->fit.held_out.n)
        return MIEN_OK;
    if (!mien_model_source(model, path, training, from, sizeof from) &&
        !find_beside(model, path, from, sizeof from))
        return MIEN_OK;
    mien_status st = calibrate_from(model, from, options, load, &same, &why);
    if (training && !st && !same)
        st = mien_fail(&why, MIEN_ERR_DATA, "%s: not the images that %s was made from", training,
                       path);
    if (training && st) {
        *err = why;
        return st;
    }
    if (!model->fit.held_out.n)
        return MIEN_OK;
    if (keep(model, path, &why))
        mien_format(note, size, "measured on %s, but not kept: %s", from, why.message);
    else
        mien_format(note, size, "measured on %s, and kept in %s/model.json", from, path);
    return MIEN_OK;
}
