/* generations.h - two generations of a state on the disk: PATH, and PATH.old from before it.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_GENERATIONS_H
#define MIEN_GENERATIONS_H

#include "base/disk/checkpoint_format.h"
#include "base/disk/files.h"

typedef struct mien_generations {
    char path[MIEN_PATH_MAX];
    int fd;        /* of the one that a table speaks of, or -1 */
    bool safe;     /* what stands at PATH is whole, and on the disk with its name */
    bool aside;    /* what was safe there is at PATH.old, a name that may not be on the disk yet */
    double synced; /* when one was last written so */
} mien_generations;

/* None is open; path is shorter than MIEN_PATH_MAX. */
void mien_generations_init(mien_generations *g, const char *path);

/* Opens what stands on the disk: PATH or, where that is damaged or gone, PATH.old. *table, empty
 * before, and *identity (NULL: there is none) are the caller's; from <- its name; words <- what is
 * to be told of it, or "". MIEN_ERR_FORMAT where there are only damaged ones, MIEN_ERR_ARG where
 * something that is not ours stands in the place of one that is to be read, each with the remedy;
 * MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_generations_open(mien_generations *g, mien_kept *table, char **identity,
                                  char from[MIEN_PATH_MAX + 8], mien_error *words, mien_error *err);

/* A new one of what `table` says, of which that becomes the index. Else MIEN_ERR_IO,
 * MIEN_ERR_FORMAT, MIEN_ERR_NOMEM, and the one before is as it was. */
mien_status mien_generations_write(mien_generations *g, const char *identity, mien_kept *table,
                                   mien_error *err);

void mien_generations_close(mien_generations *g);

/* MIEN_ERR_ARG, naming it, where something that is not ours stands in the place of PATH.old, of
 * what is begun or, `anew`, of PATH: there mien_generations_open() has looked. */
mien_status mien_generations_check(const mien_generations *g, bool anew, mien_error *err);

/* Both go, and what was begun. */
void mien_generations_remove(const mien_generations *g);

#endif
