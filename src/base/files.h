/* files.h - folders that are complete or absent, and files whose every write is checked.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_FILES_H
#define MIEN_FILES_H

#include "mien.h"

/* Path of `name` inside the folder that is being built; "" for the folder itself. Truncated to
 * size - 1 bytes never: returns MIEN_ERR_ARG when it does not fit. */
mien_status mien_outdir_path(const mien_outdir *dir, const char *name, char *path, size_t size,
                             mien_error *err);

/* Make a folder inside; one that is there already is fine. */
mien_status mien_outdir_folder(mien_outdir *dir, const char *name, mien_error *err);

/* Write a file inside. */
mien_status mien_outdir_write(mien_outdir *dir, const char *name, const void *bytes, size_t nbytes,
                              mien_error *err);

/* Put a folder in the place of another in steps, for file systems that cannot exchange two names:
 * the other moves aside, comes back when the step after fails, and is removed when all went well.
 * MIEN_ERR_IO; `built` then is where it was. */
mien_status mien_folder_replace(const char *built, const char *final, mien_error *err);

/* Write more to the end of a file inside, which is made when it is not there: for tables too large
 * to stand in memory as text. */
mien_status mien_outdir_append(mien_outdir *dir, const char *name, const void *bytes, size_t nbytes,
                               mien_error *err);

/* Write a file; MIEN_ERR_IO with path and reason when opening, any write or closing fails. */
mien_status mien_file_write(const char *path, const void *bytes, size_t nbytes, mien_error *err);

/* Write path.new and rename it, so that there is a whole file at any moment; links that stand at
 * either name are replaced, not followed. sync: it is on the disk before it has its name. */
mien_status mien_file_replace(const char *path, bool sync, const void *bytes, size_t nbytes,
                              mien_error *err);

/* Read a whole file of at most `limit` bytes; *out ends with a zero byte that is not counted and
 * goes back through mien_free. Only regular files are opened; a FIFO does not block.
 * MIEN_ERR_IO, MIEN_ERR_FORMAT (too large), MIEN_ERR_NOMEM. */
mien_status mien_file_read(const char *path, size_t limit, char **out, size_t *nbytes,
                           mien_error *err);

/* Whether mien wrote what is in a folder: a result, or one model of it. */
bool mien_is_result(const char *folder);

enum { MIEN_PATH_MAX = 4096 };

#endif
