/* mapping.h - a file that is mapped, not read: its pages come as they are needed, and go.
 * SPDX-License-Identifier: MIT
 *
 * Where all of it fits in memory, its pages are the system's page cache and stay there. Where it
 * does not (mien_mapping_stream()), pages are asked for ahead of whoever goes through it and given
 * back behind: at most a window of it stays, whatever the order. What is given back and touched
 * again is read again, so nothing is ever wrong, only slow.
 *
 * A file that another program shortens while it is mapped ends the process by SIGBUS at the next
 * touch beyond its end; its size is compared with what is wanted before, and the mien program says
 * what happened (cli/signals.c). A library's user who cannot trust its files copies them, or reads
 * them (mien_npy_read()). */
#ifndef MIEN_MAPPING_H
#define MIEN_MAPPING_H

#include "mien.h"

typedef struct mien_mapping mien_mapping;

/* Map bytes offset .. offset + nbytes - 1 of an open file, which may be closed afterwards: read
 * only, as it is on the disk. MIEN_ERR_IO, also when the file is shorter than that; MIEN_ERR_NOMEM.
 */
mien_status mien_mapping_open(int fd, uint64_t offset, size_t nbytes, mien_mapping **out,
                              mien_error *err);

/* The first of the bytes; of those of a page, offset into it is kept. */
void *mien_mapping_bytes(const mien_mapping *mapping);

/* Let no more than about `window` bytes stay: for what does not fit into memory. 0: they may. Not
 * while other threads work with it. */
void mien_mapping_stream(mien_mapping *mapping, size_t window);
bool mien_mapping_streams(const mien_mapping *mapping);

/* The window for so much memory as may be used. */
size_t mien_mapping_window(size_t memory);

/* Values that stand in a file of the cache (base/spill.h), where memory was short, are mapped from
 * it instead: read only, and streamed. Others stay as they are. */
void mien_mapping_adopt(mien_pixels *pixels, size_t memory);

/* The caller is going through these bytes in order, from now on: they are asked for ahead. */
void mien_mapping_expect(mien_mapping *mapping, const void *from, size_t nbytes);

/* The caller is about to use these bytes; any thread. Nothing, where all may stay. */
void mien_mapping_touch(mien_mapping *mapping, const void *from, size_t nbytes);

/* Bytes of it that are counted as being there, by the steps in which they are given back; for
 * tests. */
size_t mien_mapping_held(const mien_mapping *mapping);

void mien_mapping_free(mien_mapping *mapping);

#endif
