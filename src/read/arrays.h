/* arrays.h - arrays and tables as a data set.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_ARRAYS_H
#define MIEN_ARRAYS_H

#include "data/npy.h"
#include "data/table.h"

/* Fill `ds` from an array, which changes hands in any case. `kind` is its format, for inspect.
 * `input` is for messages. MIEN_ERR_SHAPE, _ARG, _DATA, _DOMAIN, _NOMEM; on failure `ds` holds what
 * mien_dataset_free() takes. */
mien_status mien_array_load(const char *input, const char *kind, mien_npy *array,
                            const mien_load_options *options, mien_dataset *ds, mien_error *err);

/* The same from a table's text, which is changed. */
mien_status mien_text_table_load(const char *input, mien_bytes *text,
                                 const mien_load_options *options, mien_dataset *ds,
                                 mien_error *err);

/* Divide the columns of a table as the options say. MIEN_ERR_ARG for images and for scales of
 * another number of columns, MIEN_ERR_NOMEM. */
mien_status mien_columns_scale(const char *input, const mien_load_options *options,
                               mien_dataset *ds, mien_error *err);

/* Labels of an array from a one-dimensional one, which stays the caller's; another number of them
 * is told as a remark. MIEN_ERR_NOMEM. */
mien_status mien_array_label(const char *path, const mien_npy *labels, mien_dataset *ds);

#endif
