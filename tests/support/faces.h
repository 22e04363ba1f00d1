/* faces.h - where the real faces are, CBCL and ORL. They may not be passed on, so most machines do
 * not have them: what needs them says aloud that it is skipped.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TEST_FACES_H
#define MIEN_TEST_FACES_H

#include <stdio.h>
#include <stdlib.h>

/* "cbcl/face" in the folder that the environment's MIEN_FACES names, else beside the source tree.
 * The path is good until the next call. */
static inline const char *faces_path(const char *below)
{
    static char path[1024];
    const char *folder = getenv("MIEN_FACES");
    snprintf(path, sizeof path, "%s/%s", folder && *folder ? folder : MIEN_FACES_DEFAULT, below);
    return path;
}

#endif
