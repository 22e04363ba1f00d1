/* studies.h - results that tell more of the same data, as sections of a page: stability, rank,
 * transform and the cone.
 * SPDX-License-Identifier: MIT
 *
 * A section is made from the files of its folder alone, so a command that has just written them and
 * `mien report`, which gathers them later, give the same. assets/page/studies.js says what stands
 * in it. */
#ifndef MIEN_STUDIES_H
#define MIEN_STUDIES_H

#include "report/files/report_output.h"

/* What a summary.json tells of: "comparison", "stability", "rank", "transform", "cone"; NULL: none
 * of these. A constant. */
const char *mien_study_kind(const json_t *summary);

/* The fingerprint of the data that it is about, of a transform that of the model's; "": none. */
const char *mien_study_fingerprint(const json_t *summary);

/* Read summary.json of a folder; *out for json_decref(). MIEN_ERR_FORMAT: there is none, or it is
 * damaged; MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_summary_read(const char *folder, json_t **out, mien_error *err);

/* A study as the page has it. Pictures and arrays that are not there, or are none, are left out.
 *   folder   where its files are
 *   name     what the folder is called for people
 *   summary  its own, which is read and kept
 *   out      for json_decref()
 * MIEN_ERR_FORMAT naming what is missing in summary.json; MIEN_ERR_NOMEM. */
mien_status mien_study_read(const char *folder, const char *name, json_t *summary, json_t **out,
                            mien_error *err);

/* report.html of a study that stands in out->dir already, with its summary.json. */
void mien_study_page_write(mien_output *out);

#endif
