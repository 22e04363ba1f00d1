/* files.h - files whose every write is checked.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_FILES_H
#define MIEN_FILES_H

#include "mien.h"

enum { MIEN_PATH_MAX = 4096 }; /* bytes of a path, with the zero at its end */

/* Write a file; MIEN_ERR_IO with path and reason when opening, any write or closing fails. */
mien_status mien_file_write(const char *path, const void *bytes, size_t nbytes, mien_error *err);

/* Write more to its end; it is made when it is not there. */
mien_status mien_file_append(const char *path, const void *bytes, size_t nbytes, mien_error *err);

/* Write path.new and rename it, so that there is a whole file at any moment; links that stand at
 * either name are replaced, not followed. sync: it is on the disk before it has its name. */
mien_status mien_file_replace(const char *path, bool sync, const void *bytes, size_t nbytes,
                              mien_error *err);

/* Write all of it to what is open; MIEN_ERR_IO with the reason in errno. */
mien_status mien_file_put(int fd, const char *bytes, size_t nbytes);

/* Bring what was written to the disk: false with the reason in errno when that fails. However long
 * it takes, there is life (base/pulse.h). */
bool mien_file_sync(int fd);

/* Read a whole file of at most `limit` bytes; *out ends with a zero byte that is not counted and
 * goes back through mien_free. Only regular files are opened; a FIFO does not block.
 * MIEN_ERR_IO, MIEN_ERR_FORMAT (too large), MIEN_ERR_NOMEM. */
mien_status mien_file_read(const char *path, size_t limit, char **out, size_t *nbytes,
                           mien_error *err);

/* The same of a file that mien itself keeps: a link in its place is refused (MIEN_ERR_IO). */
mien_status mien_file_read_own(const char *path, size_t limit, char **out, size_t *nbytes,
                               mien_error *err);

#endif
