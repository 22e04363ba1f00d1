/* spill.h - memory that is a file: large blocks beyond what may be used.
 * SPDX-License-Identifier: MIT
 *
 * A block is a file without a name in the cache's folder: gone when the process ends, however it
 * ends. The disk's room is taken before the block is handed out, so that a full disk is an
 * allocation that fails, not a signal later. Its pages are the system's to write and to drop; where
 * this process has more than its share of memory they leave it (mien_memory_tick()) and come back
 * when they are touched. mien_memory_limit() in mien.h sets it up. */
#ifndef MIEN_SPILL_H
#define MIEN_SPILL_H

#include "mien.h"

/* The file of a block from mien_alloc_raw() that was spilled, and where `memory` begins in it: a
 * file descriptor that stays the block's, or -1. */
int mien_spill_file(const void *memory, uint64_t *offset);

/* The folder of such files, as mien_memory_limit() has it; "": none is set up. */
const char *mien_spill_folder(void);

#endif
