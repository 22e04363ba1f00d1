/* summary.h - summary.json and images.csv.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SUMMARY_H
#define MIEN_SUMMARY_H

#include "mien_report.h"
#include "report/page/meaning.h"

#include <jansson.h>

/* meanings: one a fit, or NULL. */
mien_status mien_summary_write(mien_outdir *dir, const mien_fit *const *fits,
                               const mien_meaning *meanings, size_t n_fits,
                               const mien_failure *failures, size_t n_failures,
                               const mien_dataset *dataset, const mien_run_info *run,
                               mien_error *err);

/* How the column of names is headed: "path", and "id" of tables. */
const char *mien_id_heading(const mien_dataset *dataset);

/* index,path,width,height in the order of X, index from 1; of tables index,id. */
mien_status mien_images_write(mien_outdir *dir, const mien_dataset *dataset, mien_error *err);

/* "data" and "rejected" of a summary.json: shape, normalisation, fingerprint; refused files. */
json_t *mien_dataset_json(const mien_dataset *dataset, bool *failed);
json_t *mien_rejected_json(const mien_dataset *dataset, bool *failed);

#endif
