/* model.h - a fit as files: model.json and the arrays beside it.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MODEL_H
#define MIEN_MODEL_H

#include "base/files.h"
#include "report/files/report_output.h"
#include "report/model/meaning.h"

/* Write model.json, basis.npy, weights.npy, mean.npy, examples.npy, untouched.npy, snapshots.npy
 * and history.csv into out->folder, which exists; mien_model_load() reads them again. meaning: NULL
 * leaves its scores out. */
void mien_model_save(mien_output *out, const mien_fit *fit, const mien_meaning *meaning,
                     const mien_examples *examples);

/* How the model's table was read: ids, labels, what was left out, scales, shape. Borrowed. */
void mien_model_choose_columns(const mien_model *model, mien_load_options *options);

/* The next folder below `path` that holds the model of a method, in the order of the registry: *at
 * is 0 at first, and moves on. folder <- its path, *name <- the method's. False: there is no more.
 */
bool mien_model_next(const char *path, size_t *at, const char **name, char folder[MIEN_PATH_MAX]);

#endif
