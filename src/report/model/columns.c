/* columns.c - the names of a table's columns: in the output, in a model, and on the page.
 * SPDX-License-Identifier: MIT */
#include "report/model/columns.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "report/json.h"

#include <math.h>
#include <string.h>

mien_status mien_columns_write(mien_outdir *dir, const mien_dataset *dataset, mien_error *err)
{
    if (!dataset->columns)
        return MIEN_OK;
    mien_text text = {0};
    mien_text_add(&text, "index,name\n");
    for (size_t j = 0; j < dataset->pixels.p; j++) {
        mien_text_printf(&text, "%zu,", j + 1);
        mien_text_add_csv(&text, dataset->columns[j]);
        mien_text_add(&text, "\n");
    }
    mien_status st = text.failed
                         ? mien_fail_plain(err, MIEN_ERR_NOMEM)
                         : mien_outdir_write(dir, "columns.csv", text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}

/* ---------------------------------------------------------------- in a model */

json_t *mien_columns_json(const mien_dataset *dataset, bool *failed)
{
    if (!dataset->columns)
        return json_null();
    json_t *list = json_array();
    for (size_t j = 0; j < dataset->pixels.p; j++)
        if (json_array_append_new(list, mien_json_text(dataset->columns[j])) != 0)
            *failed = true;
    return list;
}

void mien_columns_free(char **columns, size_t p)
{
    for (size_t j = 0; columns && j < p; j++)
        mien_free(columns[j]);
    mien_free(columns);
}

mien_status mien_columns_parse(const json_t *list, size_t p, char ***out)
{
    bool whole = json_array_size(list) == p;
    for (size_t j = 0; j < p && whole; j++)
        whole = json_is_string(json_array_get(list, j));
    *out = NULL;
    if (!whole)
        return MIEN_OK;
    char **columns = mien_alloc_array(p, sizeof *columns);
    bool failed = !columns;
    for (size_t j = 0; j < p && !failed; j++) {
        columns[j] = mien_strdup(json_string_value(json_array_get(list, j)));
        failed = !columns[j];
    }
    if (failed) {
        mien_columns_free(columns, p);
        return MIEN_ERR_NOMEM;
    }
    *out = columns;
    return MIEN_OK;
}

static const char *const scale_names[] = {
    [MIEN_SCALE_NONE] = "none", [MIEN_SCALE_MAX] = "max", [MIEN_SCALE_SD] = "sd"};

json_t *mien_scales_json(const mien_dataset *dataset, bool *failed)
{
    if (!dataset->column_scales)
        return json_null();
    json_t *o = json_object(), *by = json_array();
    for (size_t j = 0; j < dataset->pixels.p; j++)
        *failed =
            json_array_append_new(by, mien_json_real((double)dataset->column_scales[j])) != 0 ||
            *failed;
    mien_json_set(o, "how", json_string(scale_names[dataset->scale_columns]), failed);
    mien_json_set(o, "by", by, failed);
    return o;
}

json_t *mien_choice_json(const mien_dataset *dataset, bool *failed)
{
    json_t *o = json_object(), *ignored = json_array();
    for (size_t i = 0; i < dataset->n_ignored; i++)
        *failed =
            json_array_append_new(ignored, mien_json_text(dataset->ignored[i])) != 0 || *failed;
    if (dataset->id)
        mien_json_set(o, "id", mien_json_text(dataset->id), failed);
    if (dataset->label)
        mien_json_set(o, "label", mien_json_text(dataset->label), failed);
    mien_json_set(o, "ignore", ignored, failed);
    return o;
}

static mien_status parse_scales(const json_t *o, mien_model *model)
{
    const json_t *by = json_object_get(o, "by");
    const char *how = json_string_value(json_object_get(o, "how"));
    size_t p = model->fit.p;
    if (!how || json_array_size(by) != p)
        return MIEN_OK;
    float *scales = mien_alloc_array(p, sizeof *scales);
    if (!scales)
        return MIEN_ERR_NOMEM;
    bool good = true;
    for (size_t j = 0; j < p; j++) {
        scales[j] = (float)json_number_value(json_array_get(by, j));
        good = good && isfinite(scales[j]) && scales[j] > 0;
    }
    if (!good) {
        mien_free(scales);
        return MIEN_OK;
    }
    model->column_scales = scales;
    model->scale_columns = strcmp(how, "sd") == 0 ? MIEN_SCALE_SD : MIEN_SCALE_MAX;
    return MIEN_OK;
}

/* A copy of a string, or NULL where there is none; false: no memory. */
static bool copy_text(const json_t *value, char **out)
{
    if (!json_is_string(value))
        return true;
    *out = mien_strdup(json_string_value(value));
    return *out != NULL;
}

mien_status mien_choice_parse(const json_t *o, mien_model *model)
{
    const json_t *choice = json_object_get(o, "choice");
    const json_t *ignored = json_object_get(choice, "ignore");
    model->reshaped = json_is_true(json_object_get(o, "reshaped"));
    if (!copy_text(json_object_get(choice, "id"), &model->id) ||
        !copy_text(json_object_get(choice, "label"), &model->label))
        return MIEN_ERR_NOMEM;
    size_t count = json_array_size(ignored);
    if (mien_columns_parse(ignored, count, &model->ignored))
        return MIEN_ERR_NOMEM;
    model->n_ignored = model->ignored ? count : 0;
    return parse_scales(json_object_get(o, "scale_columns"), model);
}

mien_status mien_columns_check(const mien_model *model, const mien_dataset *dataset,
                               const char *input, mien_error *err)
{
    if (!model->columns || !dataset->columns)
        return MIEN_OK;
    size_t differ = 0, first = 0;
    for (size_t j = dataset->pixels.p; j-- > 0;) {
        json_t *now = mien_json_text(dataset->columns[j]); /* as model.json has it, in UTF-8 */
        if (!now)
            return mien_fail_plain(err, MIEN_ERR_NOMEM);
        if (strcmp(json_string_value(now), model->columns[j]) != 0) {
            first = j;
            differ++;
        }
        json_decref(now);
    }
    if (!differ)
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_DATA,
                     "%s: %zu of %zu columns have another name than the model's, first column "
                     "%zu: '%.60s', and the model's is '%.60s'",
                     input, differ, dataset->pixels.p, first + 1, dataset->columns[first],
                     model->columns[first]);
}

/* ---------------------------------------------------------------- on the page */

enum { NAMED = 6 };

/* The columns in which a component is largest, by absolute value; *count of them, zeros left out.
 */
static void find_largest(const float *h, size_t p, size_t *index, size_t *count)
{
    *count = 0;
    for (size_t j = 0; j < p; j++) {
        float size = fabsf(h[j]);
        if (!(size > 0) || (*count == NAMED && size <= fabsf(h[index[NAMED - 1]])))
            continue;
        size_t at = *count < NAMED ? (*count)++ : NAMED - 1;
        for (; at > 0 && fabsf(h[index[at - 1]]) < size; at--)
            index[at] = index[at - 1];
        index[at] = j;
    }
}

void mien_columns_add_html(mien_text *page, const mien_fit *fit, const mien_dataset *dataset)
{
    if (!dataset->columns)
        return;
    mien_text_printf(page,
                     "<details open><summary>Where each component is largest</summary>\n"
                     "<div class=\"scroll\">\n<table>\n<caption>Names of columns, and what the "
                     "component has there</caption>\n<thead><tr><th scope=\"col\">component</th>"
                     "<th scope=\"col\" class=\"words\">columns</th></tr></thead>\n<tbody>\n");
    for (size_t k = 0; k < fit->r; k++) {
        const float *h = fit->H + k * fit->p;
        size_t index[NAMED], count;
        find_largest(h, fit->p, index, &count);
        mien_text_printf(page, "<tr><th scope=\"row\">%zu</th><td class=\"words\">", k + 1);
        for (size_t at = 0; at < count; at++) {
            mien_text_add(page, at ? ", " : "");
            mien_text_add_html(page, dataset->columns[index[at]]);
            mien_text_printf(page, "&nbsp;<small>%.3g</small>", (double)h[index[at]]);
        }
        mien_text_add(page, count ? "</td></tr>\n" : "&ndash;</td></tr>\n");
    }
    mien_text_add(page, "</tbody>\n</table>\n</div>\n</details>\n");
}
