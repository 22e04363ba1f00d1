/* listings.h - a run's tables as text, for R and spreadsheets.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LISTINGS_H
#define MIEN_LISTINGS_H

#include "report/files/report_output.h"
#include "report/model/meaning.h"

/* images.csv: index,path,width,height in the order of X, index from 1; of tables index,id. */
void mien_images_list(mien_output *out);

/* images.csv of a result, read again: the table, which goes back through mien_free(), with *at at
 * its first row; NULL when there is none. Then the path in each row, without its quotes; false at
 * the end. */
char *mien_images_open(const char *folder, const char **at);
bool mien_images_next(const char **at, char *path, size_t size);

/* columns.csv: index,name in the order of X's columns; nothing where there are no names. */
void mien_columns_list(mien_output *out);

/* basis.csv of a table: component and the names of the columns, a row a component, H as it stands
 * in basis.npy; without names the columns are called column_1, .. */
void mien_basis_list(mien_output *out, const mien_fit *fit);

/* What a data set's rows have of a fit, whose meaning is that of these rows. Of a table
 *   weights.csv     id, component_1 .. component_r: W as it stands in weights.npy
 * and where the method has memberships
 *   membership.csv  path (of tables id), component_1 .. component_r, dominant, entropy
 *   clusters.csv    path or id, dominant component from 1 (0: none), label (empty: there is none)
 */
void mien_rows_list(mien_output *out, const mien_fit *fit, const mien_meaning *meaning);

/* How labels and components agree, and their cross table for a terminal, the longer side down,
 * where it is not too large to read. Nothing without labels. */
void mien_cross_words(const mien_meaning *meaning, const char *method, mien_text *text);

#endif
