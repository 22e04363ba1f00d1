/* listings.h - weights, basis and clusters as text, for R and spreadsheets.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LISTINGS_H
#define MIEN_LISTINGS_H

#include "base/text.h"
#include "report/page/meaning.h"

/* Write <folder>/clusters.csv: id (of images: path), dominant component from 1 (0: none), label
 * (empty where the data bear none). */
mien_status mien_clusters_write(mien_outdir *dir, const char *folder, const mien_meaning *meaning,
                                const mien_dataset *dataset, mien_error *err);

/* Write <folder>/weights.csv of a table: id, component_1 .. component_r, W as it stands in
 * weights.npy. */
mien_status mien_weights_list(mien_outdir *dir, const char *folder, const mien_fit *fit,
                              const mien_dataset *dataset, mien_error *err);

/* Write <folder>/basis.csv of a table: component and the names of the columns, a row a component,
 * H as it stands in basis.npy; without names the columns are called column_1, .. */
mien_status mien_basis_list(mien_outdir *dir, const char *folder, const mien_fit *fit,
                            const mien_dataset *dataset, mien_error *err);

/* Everything that a data set's rows have of a fit: membership.csv, clusters.csv and memberships.png
 * where the method has memberships, weights.csv of a table. The meaning is that of these rows. */
mien_status mien_rows_write(mien_outdir *dir, const char *folder, const mien_fit *fit,
                            const mien_meaning *meaning, const mien_dataset *dataset,
                            const mien_style *style, mien_error *err);

/* How labels and components agree, and their cross table for a terminal, the longer side down,
 * where it is not too large to read. Nothing without labels. */
void mien_cross_words(const mien_meaning *meaning, const char *method, mien_text *text);

#endif
