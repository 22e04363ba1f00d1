/* folder.h - the files below a folder, in an order that does not depend on the machine.
 * SPDX-License-Identifier: MIT
 *
 * Natural order, the same on every file system and in every locale: folder by folder, names by
 * bytes, except that runs of digits compare by value (2.pgm before 10.pgm; of 1.pgm and 01.pgm,
 * the bytes decide). Hidden files and folders are left out. Symbolic links are followed; a folder
 * that is one of its own ancestors is not entered again. FIFOs, sockets and devices are no files.
 * A folder below the root in which mien has put a result, or builds one, is left out: its pictures
 * are no data.
 */
#ifndef MIEN_FOLDER_H
#define MIEN_FOLDER_H

#include "mien.h"

typedef struct mien_folder_entry {
    char *path;    /* below the root */
    char *problem; /* why it cannot be read (a folder without permission), or NULL */
} mien_folder_entry;

typedef struct mien_folder {
    int fd; /* of the root, for openat(); -1 when closed */
    mien_folder_entry *entries;
    size_t count;
    size_t n_skipped; /* hidden files, FIFOs and the like */
    size_t n_results; /* folders of results, left out */
    char *result;     /* the first of them, below the root; NULL when there is none */
} mien_folder;

/* Natural order of two names, or of two paths folder by folder: < 0, 0, > 0. 0 only for equal ones
 * (natural.c). */
int mien_name_compare(const char *a, const char *b);

/* List what is below `root`. options: of them progress and user count; NULL for none.
 * MIEN_ERR_IO when the root itself cannot be read, MIEN_ERR_ARG when progress asked for an end,
 * MIEN_ERR_NOMEM. */
mien_status mien_folder_scan(const char *root, const mien_load_options *options, mien_folder *out,
                             mien_error *err);
/* The folder in which a file stands, opened, or -1; closed by the caller. */
int mien_folder_around(const char *path);

void mien_folder_free(mien_folder *folder);

#endif
