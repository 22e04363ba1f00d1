/* summary.h - what the summary.json of several commands have alike.
 * SPDX-License-Identifier: MIT
 *
 * Programs read members by name; their order is for people: what was run, on which data, what came
 * of it, what was left out. */
#ifndef MIEN_SUMMARY_H
#define MIEN_SUMMARY_H

#include "report/files/report_output.h"
#include "report/model/meaning.h"

/* summary.json of a comparison. meanings: one a fit. */
json_t *mien_summary_json(const mien_output *out, const mien_fit *const *fits,
                          const mien_meaning *meanings, size_t n_fits, const mien_failure *failures,
                          size_t n_failures);

/* An object with version and command: every summary begins so. */
json_t *mien_summary_begin(const char *command);

/* Add input, options, seed, data and ink; and at the end rejected files and how many were skipped.
 * Returns the object, see json.h. */
json_t *mien_summary_run(json_t *o, const mien_output *out);
json_t *mien_summary_end(json_t *o, const mien_dataset *dataset);

/* "data": shape, normalisation, fingerprint; and the refused files with reasons. */
json_t *mien_dataset_json(const mien_dataset *dataset);
json_t *mien_rejected_json(const mien_dataset *dataset);

#endif
