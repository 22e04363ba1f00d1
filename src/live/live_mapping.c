/* live_mapping.c - in the browser there are no files to map.
 * SPDX-License-Identifier: MIT
 *
 * In place of data/mapping.c: pixels have no mapping here, and these are never called. */
#include "data/mapping.h"

void mien_mapping_expect(mien_mapping *mapping, const void *from, size_t nbytes)
{
    (void)mapping, (void)from, (void)nbytes;
}

void mien_mapping_touch(mien_mapping *mapping, const void *from, size_t nbytes)
{
    (void)mapping, (void)from, (void)nbytes;
}

void mien_mapping_free(mien_mapping *mapping)
{
    (void)mapping;
}

void mien_mapping_adopt(mien_pixels *pixels, size_t memory)
{
    (void)pixels, (void)memory;
}
