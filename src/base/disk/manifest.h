/* manifest.h - which files belong to a result: "files" in its summary.json.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MANIFEST_H
#define MIEN_MANIFEST_H

#include "mien.h"

/* A file by which the folder that a result is built in is known. While a process works there it
 * holds a lock (flock) on it. */
#define MIEN_BUILDING_MARK ".mien-building"

/* The mark, or one whose process was killed before it had its name, .mien-building.PID. */
bool mien_is_mark(const char *name);

/* Names of regular files below a folder, sorted by their bytes; folders are those that lead to
 * them. */
typedef struct mien_manifest {
    char **names;
    size_t count, capacity;
} mien_manifest;

enum { MIEN_SUMMARY_LIMIT = 256 * 1024 * 1024 }; /* bytes: a larger summary.json is none */

/* Whether mien wrote what is in a folder: a result, or one model of it. What cannot be read is not
 * mien's. */
bool mien_is_result(const char *folder);

/* Whether `name` in the open folder `parent` is one in which a result is built, or was when its
 * process was killed: *.tmp-* with the mark. */
bool mien_is_building(int parent, const char *name);

/* What the result in `folder` says that it holds, which is nothing when it has no list: no file is
 * taken for the result's own by its name alone. MIEN_ERR_DATA: no result; MIEN_ERR_IO,
 * MIEN_ERR_NOMEM. */
mien_status mien_manifest_read(const char *folder, mien_manifest *out, mien_error *err);
void mien_manifest_free(mien_manifest *manifest);

/* Add a name that is not there yet; false when memory is out. */
bool mien_manifest_add(mien_manifest *manifest, const char *name);

/* Whether the file, or the folder, is the result's own. */
bool mien_manifest_has(const mien_manifest *manifest, const char *name);

/* Whether all that is below `folder` is the result's own. MIEN_ERR_ARG with *message* about the
 * first that is not: "D holds notes.txt, which is not of the result there". MIEN_ERR_IO,
 * MIEN_ERR_NOMEM. */
mien_status mien_manifest_check(const mien_manifest *manifest, const char *folder, mien_error *err);

/* Add the regular files below `folder` that `own` has, or all when own is NULL. */
mien_status mien_manifest_collect(mien_manifest *manifest, const char *folder,
                                  const mien_manifest *own, mien_error *err);

/* Set "files" in from/summary.json and write that as to/summary.json. */
mien_status mien_manifest_write(const mien_manifest *manifest, const char *from, const char *to,
                                mien_error *err);

#endif
