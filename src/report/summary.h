/* summary.h - summary.json and images.csv.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SUMMARY_H
#define MIEN_SUMMARY_H

#include "mien.h"

#include <jansson.h>

mien_status mien_summary_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                               const mien_failure *failures, size_t n_failures,
                               const mien_dataset *dataset, const mien_run_info *run,
                               mien_error *err);

/* What the data are, and which images were refused and why. */
json_t *mien_data_json(const mien_dataset *dataset, bool *failed);
json_t *mien_rejected_json(const mien_dataset *dataset, bool *failed);

/* index,path,width,height in the order of X. */
mien_status mien_images_write(mien_outdir *dir, const mien_dataset *dataset, mien_error *err);

#endif
