/* fit_json.h - a fit's numbers and its options as JSON, both ways.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_FIT_JSON_H
#define MIEN_FIT_JSON_H

#include "report/files/json.h"
#include "report/model/meaning.h"

/* Numbers of a fit, as they stand in model.json and under "methods" in summary.json; with what they
 * mean, unless `meaning` is NULL. */
json_t *mien_fit_json(const mien_fit *fit, const mien_meaning *meaning);

/* The other way, into a fit whose method and sizes are known. What is missing is NaN, and 0 where
 * it is counted. */
void mien_fit_parse(const json_t *o, mien_fit *fit);

/* Options as words: those of methods with their values in force, seed, iterations and so on. */
json_t *mien_options_json(const mien_options *options);

/* The other way: what the method was run with. Options that are missing stay at their defaults;
 * MIEN_ERR_ARG for values that this version does not know. */
mien_status mien_options_parse(const json_t *o, const mien_method *method, mien_options *options,
                               mien_error *err);

/* Errors of single images. Zeros are parsed where they are not there, or cannot be. */
json_t *mien_quantiles_json(const mien_quantiles *quantiles);

#endif
