/* live_mapping.c - in the browser there are no files to map.
 * SPDX-License-Identifier: MIT
 *
 * In place of data/mapping.c and data/turned.c: pixels have no mapping here, and these are never called. */
#include "data/mapping.h"
#include "data/turned.h"

void mien_mapping_expect(mien_mapping *mapping, const void *from, size_t nbytes)
{
    (void)mapping, (void)from, (void)nbytes;
}

const void *mien_mapping_at(mien_mapping *mapping, const void *from, size_t nbytes)
{
    (void)mapping, (void)nbytes;
    return from;
}

void mien_mapping_free(mien_mapping *mapping)
{
    (void)mapping;
}

void mien_mapping_adopt(mien_pixels *pixels)
{
    (void)pixels;
}

bool mien_mapping_streams(const mien_mapping *mapping)
{
    (void)mapping;
    return false;
}

const mien_pixels *mien_turned_rows(const mien_pixels *pixels, size_t first, size_t count)
{
    (void)pixels, (void)first, (void)count;
    return NULL;
}
