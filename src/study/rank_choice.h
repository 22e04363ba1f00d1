/* rank_choice.h - from curves over r to a choice of r, and from choices to a recommendation.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_CHOICE_H
#define MIEN_RANK_CHOICE_H

#include "mien.h"

enum { MIEN_NO_PLACE = -1 };

/* Of the largest cophenetic correlation: the last r at which there is as much is its choice. */
#define MIEN_RANK_COPHENETIC_SHARE 0.995

/* Places in a curve of `count` points by r; NaN points are passed over; MIEN_NO_PLACE when there
 * is none. */

/* The least value; of equal ones the first. */
ptrdiff_t mien_place_least(const double *value, size_t count);

/* One-standard-error rule (Hastie, Tibshirani & Friedman, ESL 7.10): the first point whose value is
 * at most the least plus that one's standard error. */
ptrdiff_t mien_place_one_error(const double *value, const double *error, size_t count);

/* Frigyesi & Hoglund 2008: the last point before the first step to the next one on which the loss
 * falls no faster than that of permuted data. */
ptrdiff_t mien_place_above_noise(const double *value, const double *permuted, size_t count);

/* The last point before the value falls, for good, below `share` of the largest one. */
ptrdiff_t mien_place_before_fall(const double *value, size_t count, double share);

/* Sample mean and its standard error (0 for one value). */
void mien_mean_and_error(const double *values, size_t count, double *mean, double *error);

/* How far choices may lie apart and still agree: 1, or 5 % of r, and no less than the step from one
 * r that was tried to the next. */
size_t mien_rank_slack(size_t r, size_t step);

/* Fill recommended, least, most and rule from the criteria that decide: a number that more than
 * half of them, and at least two, lie within the slack of, said by as many as can be; else only the
 * range. */
void mien_rank_recommend(mien_rank *rank);

/* Fill sentence from all that. */
void mien_rank_tell(mien_rank *rank);

#endif
