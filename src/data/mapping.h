/* mapping.h - a file that is mapped, not read: its pages come as they are needed, and go.
 * SPDX-License-Identifier: MIT
 *
 * Where all of it fits in memory, its pages are the system's page cache and stay there. Where it
 * does not (mien_mapping_stream()), it is read where it is used, and each thread has a buffer of
 * it: what a thread goes through in order is asked for ahead, and dropped behind.
 *
 * A file that another program shortens while it is mapped ends the process by SIGBUS at the next
 * touch beyond its end, and so does a disk that fails; the file's size is compared with what is
 * wanted before, a read that failed is remembered (mien_read_failure() in mien.h), and the mien
 * program says what happened (cli/signals.c). A library's user who cannot trust its files copies
 * them, or reads them (mien_npy_read()). */
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

/* Let no more of it stay than the threads' buffers, a megabyte each or a larger row: for what does
 * not fit into memory. Not while other threads work with it. */
void mien_mapping_stream(mien_mapping *mapping, bool streams);
bool mien_mapping_streams(const mien_mapping *mapping); /* NULL: no */

/* Values that stand in a file of the cache (base/spill.h), where memory was short, are mapped from
 * it instead: read only, and streamed. Others stay as they are. */
void mien_mapping_adopt(mien_pixels *pixels);

/* What the mapping, if it streams, has turned on its side (turned.h), for as long as it lives;
 * NULL: it does not, or no memory. Any thread. */
struct mien_turned *mien_mapping_turned(mien_mapping *mapping);

/* The calling thread goes through these bytes in order, from now on: of a streamed one they are
 * read ahead. None: through no others any more. */
void mien_mapping_expect(mien_mapping *mapping, const void *from, size_t nbytes);

/* These bytes of the mapping, `from` on, for the calling thread until it asks for others: where
 * they are mapped, or of a streamed one in the thread's buffer. */
const void *mien_mapping_at(mien_mapping *mapping, const void *from, size_t nbytes);

/* The calling thread looks at a few bytes where they are mapped, at once, and anywhere: for what is
 * too little to be read. Of a streamed one the pages go again, now and then. */
void mien_mapping_peek(mien_mapping *mapping);

void mien_mapping_free(mien_mapping *mapping);

#endif
