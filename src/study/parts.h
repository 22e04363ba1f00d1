/* parts.h - how local a single basis image is; mien_parts_measure() in mien.h does the rest.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PARTS_H
#define MIEN_PARTS_H

#include "mien.h"

/* Localisation of one image, as defined at mien_parts. NaN for an image that is zero everywhere, or
 * one pixel high. */
double mien_parts_localisation(const float *image, mien_shape shape);

#endif
