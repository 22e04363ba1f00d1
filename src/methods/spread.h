/* spread.h - how numbers are spread: quartiles and the like.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SPREAD_H
#define MIEN_SPREAD_H

#include "mien.h"

/* Of n values, n >= 1, none NaN. MIEN_ERR_NOMEM. */
mien_status mien_quantiles_measure(const double *values, size_t n, mien_quantiles *out);

#endif
