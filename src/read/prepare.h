/* prepare.h - what has been read becomes a data set: its statistics, normalisation and ink.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PREPARE_H
#define MIEN_PREPARE_H

#include "base/parallel.h"
#include "mien.h"

/* Decide what the options leave open and set what follows from it, once pixels, shape and what else
 * was read stand in the data set. MIEN_ERR_NOMEM: it is of no more use but for mien_dataset_free().
 */
mien_status mien_dataset_prepare(mien_dataset *dataset, const mien_load_options *options,
                                 mien_pool *pool, mien_error *err);

#endif
