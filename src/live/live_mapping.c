/* live_mapping.c - in the browser there are no files to map, and no other processes.
 * SPDX-License-Identifier: MIT
 *
 * In place of data/mapping.c, data/turned.c and read/neighbours.c: pixels have no mapping here and
 * no process has neighbours, and what belongs to these is never called. */
#include "data/mapping.h"
#include "data/turned.h"
#include "read/neighbours.h"

void mien_mapping_expect(mien_mapping *mapping, const void *from, size_t nbytes)
{
    (void)mapping, (void)from, (void)nbytes;
}

const void *mien_mapping_at(mien_mapping *mapping, const void *from, size_t nbytes)
{
    (void)mapping, (void)nbytes;
    return from;
}

void mien_mapping_peek(mien_mapping *mapping)
{
    (void)mapping;
}

void *mien_mapping_bytes(const mien_mapping *mapping)
{
    (void)mapping;
    return NULL;
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

mien_neighbours *mien_neighbours_meet(const mien_team *team)
{
    (void)team;
    return NULL;
}

const mien_team *mien_neighbours_team(const mien_neighbours *neighbours)
{
    (void)neighbours;
    return NULL;
}

void *mien_neighbours_take(mien_neighbours *neighbours, size_t nbytes)
{
    (void)neighbours, (void)nbytes;
    return NULL;
}

mien_status mien_neighbours_map(mien_neighbours *neighbours, size_t nbytes, size_t memory,
                                mien_mapping **out, mien_error *err)
{
    (void)neighbours, (void)nbytes, (void)memory, (void)out, (void)err;
    return MIEN_ERR_IO;
}

void mien_neighbours_part(mien_neighbours *neighbours)
{
    (void)neighbours;
}
