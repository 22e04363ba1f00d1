/* input.h - opening and reading files that someone else made.
 * SPDX-License-Identifier: MIT
 *
 * Nothing but a regular file is ever read, and opening never waits: a FIFO or a terminal in a
 * folder of images is a reason to refuse it, not to hang. Messages give the reason alone; whoever
 * knows how the file was named puts the name before it. */
#ifndef MIEN_INPUT_H
#define MIEN_INPUT_H

#include "mien.h"

/* The words of the operating system for an errno, without touching global state. */
void mien_errno_text(int number, char *text, size_t size);

/* Open `path`, relative to the folder opened as `folder` (AT_FDCWD: the working directory).
 * Returns MIEN_ERR_IO when it cannot be opened or is no regular file. */
mien_status mien_input_open(int folder, const char *path, int *fd, uint64_t *nbytes,
                            mien_error *err);

/* Read until `nbytes` have come or the file ends; *got says how many came. MIEN_ERR_IO. */
mien_status mien_input_read(int fd, void *buffer, size_t nbytes, size_t *got, mien_error *err);

/* A file's bytes; the memory is kept and reused from file to file. */
typedef struct mien_bytes {
    unsigned char *data;
    size_t nbytes, capacity;
} mien_bytes;

/* Read a whole file of at most `most` bytes; a NUL follows the last. MIEN_ERR_IO, MIEN_ERR_NOMEM,
 * and MIEN_ERR_FORMAT when it is larger. */
mien_status mien_input_slurp(int folder, const char *path, size_t max, mien_bytes *bytes,
                             mien_error *err);
void mien_bytes_free(mien_bytes *bytes);

#endif
