/* heatmaps.h - basis.png of a table, and memberships.png of anything.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_HEATMAPS_H
#define MIEN_HEATMAPS_H

#include "mien_report.h"
#include "report/page/meaning.h"

/* Write <folder>/basis.png of a table's fit: columns as rows, sorted by the component in which they
 * are largest.
 *   columns  p names, or NULL */
mien_status mien_basis_heatmap(mien_outdir *dir, const char *folder, const mien_fit *fit,
                               char *const *columns, const mien_style *style, mien_error *err);

/* Write <folder>/memberships.png: a row a thing, in the order of its dominant component and its
 * share of it, with a stripe of labels; names for up to 80. meaning holds memberships of n. */
mien_status mien_memberships_heatmap(mien_outdir *dir, const char *folder, const mien_fit *fit,
                                     const mien_meaning *meaning, const mien_dataset *dataset,
                                     const mien_style *style, mien_error *err);

#endif
