/* model_check.h - whether a model's files can be what they say: they may come from anywhere.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MODEL_CHECK_H
#define MIEN_MODEL_CHECK_H

#include "mien_report.h"

/* Whether weights and basis have what the method promises by its traits: no entry below zero, a
 * single 1 in each row of W, orthonormal rows of H. MIEN_ERR_FORMAT naming the file;
 * MIEN_ERR_NOMEM.
 */
mien_status mien_model_check(const mien_model *model, const char *path, mien_error *err);

/* Whether the title in model.json is that of another method. MIEN_ERR_FORMAT. */
mien_status mien_model_check_title(const mien_method *method, const char *title, const char *path,
                                   mien_error *err);

#endif
