/* cone.h - the steps of mien_cone_measure(), which mien.h describes.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CONE_H
#define MIEN_CONE_H

#include "mien_study.h"

/* Directions of the outermost of n points (x, y) that are not the origin; *n_zero counts the
 * others. x >= 0; where y has both signs, so have the angles. MIEN_ERR_DATA when none is left. */
mien_status mien_cone_rays(const float *points, size_t n, double rays[2], size_t *n_zero,
                           mien_error *err);

/* The pixel of largest variance, and of the others the one of largest variance whose correlation
 * with it is below 0.9 in size; where there is none, the least correlated. The smaller index first.
 * MIEN_ERR_DATA (p < 2), MIEN_ERR_NOMEM. */
mien_status mien_cone_choose(const mien_source *X, size_t pixels[2], mien_error *err);

/* How far below and above its region a start's lower and upper basis vector lie, in radians; 0 when
 * both are where they may be. */
double mien_cone_outside(const mien_cone *cone, size_t start);

#endif
