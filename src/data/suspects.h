/* suspects.h - columns of a table that may be no measurements.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SUSPECTS_H
#define MIEN_SUSPECTS_H

#include "data/remarks.h"

/* Remark on every column that is named as ids and labels are, that counts 0, 1, 2, .. or 1, 2, 3,
 * .., or that holds more than half of the table's sum (of absolute values, from three columns on).
 *   values   n x p
 *   columns  p names, or NULL
 *   places   p places in the file, from 1
 * MIEN_ERR_NOMEM. */
mien_status mien_suspects_find(const char *path, const float *values, size_t n, size_t p,
                               char *const *columns, const size_t *places, mien_remarks *remarks);

#endif
