/* model_snapshots.c - the basis along the iterations as a file of a model.
 * SPDX-License-Identifier: MIT */
#include "report/model/model_snapshots.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/npy.h"
#include "methods/snapshots.h"
#include "report/json.h"

#include <stdio.h>

mien_status mien_snapshots_save(mien_outdir *dir, const mien_fit *fit, mien_shape shape,
                                mien_error *err)
{
    char relative[64], path[MIEN_PATH_MAX];
    const size_t dims[5] = {fit->snapshots.count, fit->r, shape.height, shape.width,
                            shape.channels};
    if (fit->snapshots.count == 0)
        return MIEN_OK;
    snprintf(relative, sizeof relative, "%s/snapshots.npy",
             mien_method_describe(fit->method)->name);
    mien_status st = mien_outdir_path(dir, relative, path, sizeof path, err);
    return st ? st
              : mien_npy_write_bytes(path, fit->snapshots.values, dims, shape.channels > 1 ? 5 : 4,
                                     err);
}

json_t *mien_snapshots_json(const mien_fit *fit)
{
    const mien_snapshots *s = &fit->snapshots;
    if (s->count == 0)
        return json_null();
    bool failed = false;
    json_t *o = json_object(), *iterations = json_array(), *scale = json_array();
    for (size_t at = 0; at < s->count; at++) {
        json_t *row = json_array();
        for (size_t k = 0; k < fit->r; k++)
            failed =
                json_array_append_new(row, mien_json_real(s->scale[at * fit->r + k])) || failed;
        failed = json_array_append_new(iterations, mien_json_size(s->iteration[at])) || failed;
        failed = json_array_append_new(scale, row) || failed;
    }
    mien_json_set(o, "signed", json_boolean(s->is_signed), &failed);
    mien_json_set(o, "iterations", iterations, &failed);
    mien_json_set(o, "scale", scale, &failed);
    if (failed) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* The words, into arrays of the right size; false when they are not of this fit. */
static bool parse(const json_t *told, size_t r, mien_snapshots *s)
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

mien_status mien_snapshots_load(const char *folder, const json_t *told, mien_fit *fit,
                                mien_error *err)
{
    char path[MIEN_PATH_MAX];
    mien_npy npy;
    size_t count = json_array_size(json_object_get(told, "iterations")), size;
    if (count == 0)
        return MIEN_OK;
    snprintf(path, sizeof path, "%s/snapshots.npy", folder);
    mien_status st = mien_npy_read(path, &npy, err);
    if (st)
        return st;
    mien_snapshots s = {.count = count,
                        .iteration = mien_alloc_array(count, sizeof *s.iteration),
                        .scale = mien_alloc_array(count * fit->r, sizeof *s.scale)};
    if (!s.iteration || !s.scale) {
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    } else if (npy.type != MIEN_U8 || !mien_product(count, fit->r, fit->p, &size) ||
               npy.count != size || !parse(told, fit->r, &s)) {
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s does not fit what model.json says of it", path);
    } else {
        s.values = npy.values;
        npy.values = NULL;
        fit->snapshots = s;
        s = (mien_snapshots){0};
    }
    mien_snapshots_free(&s);
    mien_npy_free(&npy);
    return st;
}
