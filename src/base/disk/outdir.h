/* outdir.h - folders that are complete or absent.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_OUTDIR_H
#define MIEN_OUTDIR_H

#include "base/disk/files.h"
#include "base/disk/manifest.h"
#include "mien_report.h"

/* Path of `name` inside the folder that is being built; "" for the folder itself. Truncated to
 * size - 1 bytes never: returns MIEN_ERR_ARG when it does not fit. */
mien_status mien_outdir_path(const mien_outdir *dir, const char *name, char *path, size_t size,
                             mien_error *err);

/* Make a folder inside; one that is there already is fine. */
mien_status mien_outdir_folder(mien_outdir *dir, const char *name, mien_error *err);

/* Write a file inside. */
mien_status mien_outdir_write(mien_outdir *dir, const char *name, const void *bytes, size_t nbytes,
                              mien_error *err);

/* Write more to the end of a file inside, which is made when it is not there: for tables too large
 * to stand in memory as text. */
mien_status mien_outdir_append(mien_outdir *dir, const char *name, const void *bytes, size_t nbytes,
                               mien_error *err);

/* What failed in the folder that is being built failed, for the user, in the one that is to be:
 * puts that name into the message. Returns st. */
mien_status mien_outdir_told(const mien_outdir *dir, mien_status st, mien_error *err);

/* The folder whose pictures are to be replaced one by one: `path` exists and is a folder.
 * Committing moves every file that was written into its place; the others stay. */
mien_status mien_outdir_begin_inside(const char *path, mien_outdir **out, mien_error *err);

/* Put a folder in the place of another in steps, for file systems that cannot exchange two names:
 * the other moves to `aside`, and comes back when the step after fails. MIEN_ERR_IO; `built` then
 * is where it was. */
mien_status mien_folder_replace(const char *built, const char *final, const char *aside,
                                mien_error *err);

#endif
