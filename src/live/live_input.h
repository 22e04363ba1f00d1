/* live_input.h - files that a page handed in: what mien_input_slurp() reads.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LIVE_INPUT_H
#define MIEN_LIVE_INPUT_H

#include "data/input.h"

typedef struct live_files {
    char *const *paths;      /* count; told apart by their addresses */
    const mien_bytes *bytes; /* count */
    size_t count;
} live_files;

/* These are all there are, until the next call; they do not change hands. */
void live_files_show(const live_files *files);

#endif
