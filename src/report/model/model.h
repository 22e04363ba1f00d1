/* model.h - a fit as files: model.json and the arrays beside it.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MODEL_H
#define MIEN_MODEL_H

#include "mien_report.h"
#include "report/json.h"
#include "report/page/meaning.h"

#include <jansson.h>

/* Numbers of a fit, as they stand in model.json and under "methods" in summary.json. `meaning` may
 * be NULL here and below: then its scores are not among them. */
json_t *mien_fit_json(const mien_fit *fit, const mien_meaning *meaning);

/* Options as words: those of methods with their values in force, seed, iterations and so on. */
json_t *mien_options_json(const mien_options *options);

/* Write model.json, basis.npy, weights.npy, mean.npy, examples.npy, untouched.npy and history.csv
 * into OUT/<method>, which exists. */
mien_status mien_model_save(mien_outdir *dir, const mien_fit *fit, const mien_meaning *meaning,
                            const mien_dataset *dataset, const mien_run_info *run,
                            const mien_examples *examples, mien_error *err);

/* The other way: what the method was run with. Options that are missing stay at their defaults;
 * MIEN_ERR_ARG for values that this version does not know. */
mien_status mien_options_parse(const json_t *o, const mien_method *method, mien_options *options,
                               mien_error *err);

json_t *mien_quantiles_json(const mien_quantiles *spread);
mien_quantiles mien_quantiles_parse(const json_t *o); /* zeros when it is not there */

/* How the model's table was read: ids, labels, what was left out, scales, shape. Borrowed. */
void mien_model_choose_columns(const mien_model *model, mien_load_options *options);

/* "8-bit" and so on. */
const char *mien_pixel_type_name(mien_pixel_type type);

/* Sixteen hexadecimal digits. */
void mien_fingerprint_words(uint64_t fingerprint, char *text, size_t size);

const char *mien_normalize_name(mien_normalize normalize);
bool mien_normalize_parse(const char *name, mien_normalize *out);

/* "dark", "light", or NULL where there is none. */
const char *mien_ink_name(mien_ink_kind ink);

/* The same as JSON: a string, or null. */
json_t *mien_ink_json(mien_ink_kind ink);

/* ", dark ink", or "" where there is none: to go behind the normalisation. */
const char *mien_ink_words(mien_ink_kind ink);

#endif
