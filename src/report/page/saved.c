/* saved.c - a result, read again from its folder: what a page of it is made from.
 * SPDX-License-Identifier: MIT */
#include "report/page/saved.h"

#include "base/disk/files.h"
#include "base/disk/manifest.h"
#include "base/json_parse.h"
#include "base/memory.h"
#include "base/status.h"
#include "report/model/model.h"

#include <stdio.h>
#include <string.h>

/* A file of the result as text; *text is NULL when it is not there, or too large. MIEN_ERR_NOMEM.
 */
static mien_status read_text(const char *path, const char *name, size_t limit, char **text,
                             size_t *nbytes, mien_error *err)
{
    char file[MIEN_PATH_MAX];
    snprintf(file, sizeof file, "%s/%s", path, name);
    mien_status st = mien_file_read(file, limit, text, nbytes, err);
    if (st)
        *text = NULL;
    return st == MIEN_ERR_NOMEM ? st : MIEN_OK;
}

static mien_status read_summary(const char *path, mien_saved *saved, mien_error *err)
{
    size_t nbytes;
    char *text;
    mien_status st = read_text(path, "summary.json", MIEN_SUMMARY_LIMIT, &text, &nbytes, err);
    if (text)
        st = mien_json_parse(text, nbytes, path, &saved->summary, err);
    else if (!st && !(saved->summary = json_object()))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_free(text);
    return st;
}

/* The next model: its folder, and what it is called in the result. */
static mien_status read_model(const char *path, const char *folder, mien_saved *saved,
                              mien_error *err)
{
    size_t at = saved->count;
    mien_model *model = &saved->models[at];
    mien_status st = mien_model_load(folder, model, err);
    if (st)
        return st;
    saved->count++;
    saved->fits[at] = &model->fit;
    if (model->fit.n != saved->fits[0]->n || model->fit.p != saved->fits[0]->p)
        return mien_fail(err, MIEN_ERR_FORMAT, "%s: its models are not of the same data", path);
    return mien_json_parse(model->details, strlen(model->details), folder, &saved->details[at],
                           err);
}

/* Of the figure: what the summary says, else what the first model's pictures show. */
static size_t find_example(const mien_saved *saved)
{
    json_int_t told = json_integer_value(json_object_get(saved->summary, "example"));
    bool good = told >= 1 && (size_t)told <= saved->fits[0]->n;
    return good ? (size_t)told - 1 : saved->models[0].examples.index[0];
}

mien_status mien_saved_load(const char *path, mien_saved *out, mien_error *err)
{
    enum { PAGE_LIMIT = 1024 * 1024 * 1024 };
    char folder[MIEN_PATH_MAX];
    size_t max = mien_method_count(), at = 0, nbytes;
    mien_saved saved = {.models = mien_alloc_array(max, sizeof *saved.models),
                        .fits = mien_alloc_array(max, sizeof *saved.fits),
                        .details = mien_alloc_array(max, sizeof *saved.details),
                        .names = mien_alloc_array(max, sizeof *saved.names)};
    mien_status st = saved.models && saved.fits && saved.details && saved.names
                         ? MIEN_OK
                         : mien_fail_plain(err, MIEN_ERR_NOMEM);
    while (!st && mien_model_next(path, &at, &saved.names[saved.count], folder))
        st = read_model(path, folder, &saved, err);
    if (!st && !saved.count)
        st = mien_fail(err, MIEN_ERR_FORMAT,
                       "%s holds no model: give a folder that mien learn or compare wrote", path);
    if (!st)
        st = read_summary(path, &saved, err);
    if (!st)
        st = read_text(path, "report.html", PAGE_LIMIT, &saved.before, &nbytes, err);
    if (st) {
        mien_saved_free(&saved);
        return st;
    }
    saved.example = find_example(&saved);
    *out = saved;
    return MIEN_OK;
}

void mien_saved_free(mien_saved *saved)
{
    for (size_t i = 0; i < saved->count; i++) {
        mien_model_free(&saved->models[i]);
        json_decref(saved->details[i]);
    }
    json_decref(saved->summary);
    mien_free(saved->models);
    mien_free(saved->fits);
    mien_free(saved->details);
    mien_free(saved->names);
    mien_free(saved->before);
    *saved = (mien_saved){0};
}

mien_page mien_saved_page(const mien_saved *saved)
{
    return (mien_page){.kind = "comparison",
                       .summary = saved->summary,
                       .fits = saved->fits,
                       .models = saved->details,
                       .n_fits = saved->count,
                       .examples = &saved->models[0].examples,
                       .before = saved->before,
                       .example = saved->example,
                       .max_images = MIEN_PAGE_IMAGES_AS_BEFORE};
}
