/* columns.h - what a model keeps of the columns of a table.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_COLUMNS_H
#define MIEN_COLUMNS_H

#include "mien_report.h"
#include "report/files/json.h"

/* The names from a list in model.json: *out becomes p strings, or NULL when `list` is no array of p
 * strings. They go back through mien_columns_free(). MIEN_ERR_NOMEM. */
mien_status mien_columns_parse(const json_t *list, size_t p, char ***out);
void mien_columns_free(char **columns, size_t p);

/* How the columns were used: {"how": "max", "by": [p numbers]}, or null; the words of --id, --label
 * and --ignore. */
json_t *mien_scales_json(const mien_dataset *dataset);
json_t *mien_choice_json(const mien_dataset *dataset);

/* The other way, from model.json into a model whose p is known; scales that are no p positive
 * numbers are no scales. MIEN_ERR_NOMEM. */
mien_status mien_choice_parse(const json_t *model_json, mien_model *model);

/* Whether a table has the columns that a model was learned from, where both have names.
 * MIEN_ERR_DATA, naming the first that differs; MIEN_ERR_NOMEM. */
mien_status mien_columns_check(const mien_model *model, const mien_dataset *dataset,
                               const char *input, mien_error *err);

#endif
