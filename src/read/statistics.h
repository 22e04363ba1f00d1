/* statistics.h - what is in a data set: fingerprint, grey range, constant and duplicate images.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STATISTICS_H
#define MIEN_STATISTICS_H

#include "base/parallel.h"
#include "mien.h"

/* Set the fingerprint, and with `full` also least, greatest, constant and duplicates; to be called
 * on the values as stored.
 *
 * The fingerprint is a hash of 64 bits, no cryptography: over n, height, width, channels and type,
 * then over the hashes of the rows. Two data sets that differ by one bit have, in all likelihood,
 * different ones; it depends on the byte order of 16-bit values and floats (little-endian ones
 * agree). Duplicates are compared byte by byte; for each later image the pair names the first one
 * that equals it. MIEN_ERR_NOMEM. */
mien_status mien_statistics_set(mien_dataset *dataset, bool full, mien_pool *pool);

#endif
