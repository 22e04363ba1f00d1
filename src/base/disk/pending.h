/* pending.h - a file that gets its name when it is whole.
 * SPDX-License-Identifier: MIT
 *
 * Until then it has none where the file system knows such files, so that nothing is left of it
 * however the process ends. Elsewhere, and between two calls at the end, it is PATH.tmp-PROCESS-K,
 * locked while the process lives; the next one that writes PATH removes those of the same user that
 * nobody locks. */
#ifndef MIEN_PENDING_H
#define MIEN_PENDING_H

#include "base/disk/files.h"

typedef struct mien_pending {
    const char *path;              /* its name to be; it has to outlive this */
    int fd;                        /* open for writing; -1: over */
    char name[MIEN_PATH_MAX + 64]; /* that it has so far; "": none */
} mien_pending;

/* Begin. MIEN_ERR_IO, MIEN_ERR_ARG (the path is too long). */
mien_status mien_pending_open(mien_pending *file, const char *path, mien_error *err);

/* More to its end. MIEN_ERR_IO. */
mien_status mien_pending_put(mien_pending *file, const char *bytes, size_t nbytes, mien_error *err);

/* All of it to the disk, and a name beside PATH: what is left to do is one renaming. Of several
 * files that belong together all are made ready before the first takes its place. MIEN_ERR_IO. */
mien_status mien_pending_ready(mien_pending *file, mien_error *err);

/* What is ready takes the place of what had the name; links there are replaced, not followed.
 * MIEN_ERR_IO, and what was there stays. It is over in any case. */
mien_status mien_pending_place(mien_pending *file, mien_error *err);

/* It goes; nothing happens where it is over. */
void mien_pending_drop(mien_pending *file);

#endif
