/* shuffle.h - another source in a random order, run by run.
 * SPDX-License-Identifier: MIT
 *
 * Images that were sorted by anything are to pass by as if they were not, and a file is to be read
 * in long pieces: so runs of neighbouring images stay together, and the runs stand in a random
 * order that is computed (base/order.h). Images behind the last whole run stay where they are. */
#ifndef MIEN_SHUFFLE_H
#define MIEN_SHUFFLE_H

#include "base/order.h"
#include "mien.h"

/* Images first .. first + n - 1 of the random order. */
typedef struct mien_shuffle {
    const mien_source *from; /* not owned */
    mien_order order;        /* of whole runs */
    size_t run;              /* images a run */
    size_t first, n;
} mien_shuffle;

/* All of X; then set first and n. */
mien_shuffle mien_shuffle_of(const mien_source *X, size_t run, uint64_t seed, uint32_t stream);

/* Where image `at` of the n stands in X. */
size_t mien_shuffle_place(const mien_shuffle *shuffle, size_t at);

mien_source mien_shuffle_source(const mien_shuffle *shuffle);

#endif
