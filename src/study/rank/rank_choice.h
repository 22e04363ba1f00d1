/* rank_choice.h - from curves over r to a choice of r, and from choices to a recommendation.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_CHOICE_H
#define MIEN_RANK_CHOICE_H

#include "mien_study.h"

enum { MIEN_NO_PLACE = -1 };

/* Of the largest stability of parts, and of the largest cophenetic correlation: the last r at which
 * there is as much is the choice of each. */
#define MIEN_RANK_STABLE_SHARE     0.95
#define MIEN_RANK_COPHENETIC_SHARE 0.995

/* Places in curves of `count` points by r; NaN points are passed over; MIEN_NO_PLACE when there is
 * none. The first two take `masks` values a point, one a mask, the same masks at every point. */

/* The least mean; of equal ones the first. */
ptrdiff_t mien_place_min(const double *values, size_t count, size_t masks);

/* One-standard-error rule (Hastie, Tibshirani & Friedman, ESL 7.10) on differences: the first point
 * that is worse than the one of least mean by at most the standard error of that, over masks. Each
 * mask hides the same entries at every r: how hard these are is common to all points, and errors of
 * the means, which hold it, would let components go that every mask shows. */
ptrdiff_t mien_place_one_error(const double *values, size_t count, size_t masks);

/* Frigyesi & Hoglund 2008: the last point before the first step to the next one on which the loss
 * falls no faster than that of permuted data. */
ptrdiff_t mien_place_above_noise(const double *value, const double *permuted, size_t count);

/* The last point before the value falls, for good, below `share` of the largest one. */
ptrdiff_t mien_place_before_fall(const double *value, size_t count, double share);

/* Sample mean and its standard error (0 for one value). */
void mien_mean_and_error(const double *values, size_t count, double *mean, double *error);

/* Fill recommended, least, most, beyond, below and rule from the criteria that decide: a choice of
 * one of them that more than half, and at least two, agree with, all within the slack of each
 * other; else only the range. A choice at an end of the range is a bound and agrees with none. */
void mien_rank_recommend(mien_rank *rank);

/* Fill sentence from all that. */
void mien_rank_tell(mien_rank *rank);

#endif
