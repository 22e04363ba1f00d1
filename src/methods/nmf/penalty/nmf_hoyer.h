/* nmf_hoyer.h - Hoyer's projection: the closest point of a given sparseness.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_HOYER_H
#define MIEN_NMF_HOYER_H

#include <stddef.h>

/* The sum of entries that a vector of `count` entries >= 0 and length 1 has when its sparseness
 * (sqrt(count) - sum / length) / (sqrt(count) - 1) is `sparseness`, 0 (flat) to 1 (one entry). */
double mien_hoyer_sum(double sparseness, size_t count);

/* to <- the point closest to v among those with entries >= 0, sum `sum` and Euclidean norm
 * `length`; length <= sum <= sqrt(count) length. Where several are closest (v has ties at its top)
 * the earlier entry is the larger. `to` may be v. */
void mien_hoyer_project(const float *v, size_t count, double sum, double length, float *to);

#endif
