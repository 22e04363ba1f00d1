/* live_input.c - files that a page handed in: data/input.h without an operating system.
 * SPDX-License-Identifier: MIT */
#include "live/live_input.h"

#include "base/memory.h"
#include "base/status.h"

#include <string.h>

static const live_files *files; /* what folder 0 holds */

void live_files_show(const live_files *shown)
{
    files = shown;
}

/* Paths are those that were added: the same addresses. */
mien_status mien_input_slurp(int folder, const char *path, size_t max, mien_bytes *bytes,
                             mien_error *err)
{
    size_t at = 0;
    (void)folder;
    while (at < files->count && files->paths[at] != path)
        at++;
    if (at == files->count)
        return mien_fail(err, MIEN_ERR_IO, "it is not there");
    size_t nbytes = files->bytes[at].nbytes;
    if (nbytes > max)
        return mien_fail(err, MIEN_ERR_FORMAT, "too large to be read");
    if (nbytes >= bytes->capacity) {
        unsigned char *larger = mien_alloc_raw(nbytes + 1, 1);
        if (!larger)
            return mien_fail_plain(err, MIEN_ERR_NOMEM);
        mien_free(bytes->data);
        bytes->data = larger;
        bytes->capacity = nbytes + 1;
    }
    if (nbytes)
        memcpy(bytes->data, files->bytes[at].data, nbytes);
    bytes->data[nbytes] = '\0';
    bytes->nbytes = nbytes;
    return MIEN_OK;
}

void mien_bytes_free(mien_bytes *bytes)
{
    mien_free(bytes->data);
    *bytes = (mien_bytes){0};
}
