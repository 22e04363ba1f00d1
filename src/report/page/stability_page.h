/* stability_page.h - report.html of a stability study.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STABILITY_PAGE_H
#define MIEN_STABILITY_PAGE_H

#include "mien_report.h"

/* Write report.html from the study and the pictures that already stand in `dir`. The page holds
 * everything it shows, opens offline and runs no script. */
mien_status mien_stability_page_write(mien_outdir *dir, const mien_stability *study,
                                      const mien_dataset *dataset, const mien_run_info *run,
                                      mien_error *err);

#endif
