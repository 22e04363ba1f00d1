/* stability_page.h - report.html of a stability study.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STABILITY_PAGE_H
#define MIEN_STABILITY_PAGE_H

#include "report/files/report_output.h"

/* Write it from the study and the pictures that already stand in out->dir. */
void mien_stability_page_write(mien_output *out, const mien_stability *study);

#endif
