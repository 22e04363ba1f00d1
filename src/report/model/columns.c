/* columns.c - what a model keeps of the columns of a table.
 * SPDX-License-Identifier: MIT
 *
 * New rows mean what the old ones did only when the same columns are left out and each is divided
 * by the number of training, not by its own largest value: so names and scales are kept, and
 * compared. */
#include "report/model/columns.h"

#include "base/memory.h"
#include "base/status.h"
#include "report/files/names.h"

#include <math.h>
#include <string.h>

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

json_t *mien_scales_json(const mien_dataset *dataset)
{
    if (!dataset->column_scales)
        return json_null();
    json_t *by = json_array();
    for (size_t j = 0; j < dataset->pixels.p; j++)
        by = mien_json_append(by, mien_json_real((double)dataset->column_scales[j]));
    return MIEN_JSON({"how", json_string(mien_scale_name(dataset->scale_columns))}, {"by", by});
}

json_t *mien_choice_json(const mien_dataset *dataset)
{
    json_t *ignored =
        dataset->n_ignored ? mien_json_texts(dataset->ignored, dataset->n_ignored) : json_array();
    return MIEN_JSON({"id", mien_json_if(dataset->id, mien_json_text(dataset->id))},
                     {"label", mien_json_if(dataset->label, mien_json_text(dataset->label))},
                     {"ignore", ignored});
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
    model->scale_columns =
        strcmp(how, mien_scale_name(MIEN_SCALE_SD)) == 0 ? MIEN_SCALE_SD : MIEN_SCALE_MAX;
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
