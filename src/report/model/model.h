/* model.h - a fit as files: model.json and the arrays beside it.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MODEL_H
#define MIEN_MODEL_H

#include "base/disk/files.h"
#include "report/files/report_output.h"
#include "report/model/meaning.h"

/* Write model.json, basis.npy, weights.npy, mean.npy, examples.npy, untouched.npy, snapshots.npy
 * and history.csv into out->folder, which exists; mien_model_load() reads them again. meaning: NULL
 * leaves its scores out. kept: NULL, or written: the members of model.json, for json_decref(). */
void mien_model_save(mien_output *out, const mien_fit *fit, const mien_meaning *meaning,
                     const mien_examples *examples, json_t **kept);

/* Its weights.npy alone, unless ranks wrote it there together (mien_fit.W_file). */
void mien_weights_save(mien_output *out, const mien_fit *fit);

/* A number of history.csv as it stands there, so that one who has the trace tells the same as one
 * who reads it from there. */
double mien_trace_seconds(const mien_trace *at);
double mien_trace_loss(const mien_trace *at);

/* How the model's data was read and prepared: ids, labels, what was left out, scales, shape of
 * rows, normalisation, ink and white; not the size of images. Borrowed from the model. */
void mien_model_prepare(const mien_model *model, mien_load_options *options);

/* The next folder below `path` that holds the model of a method, in the order of the registry: *at
 * is 0 at first, and moves on. folder <- its path, *name <- the method's. False: there is no more.
 */
bool mien_model_next(const char *path, size_t *at, const char **name, char folder[MIEN_PATH_MAX]);

/* model_check.c: a model may come from anywhere, so what it says is looked at before it is used. */

/* Whether weights and basis have what the method promises by its traits: no entry below zero, a
 * single 1 in each row of W, orthonormal rows of H. MIEN_ERR_FORMAT naming the file;
 * MIEN_ERR_NOMEM.
 */
mien_status mien_model_check(const mien_model *model, const char *path, mien_error *err);

/* Whether the title in model.json is that of another method. MIEN_ERR_FORMAT. */
mien_status mien_model_check_title(const mien_method *method, const char *title, const char *path,
                                   mien_error *err);

#endif
