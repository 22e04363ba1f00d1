/* picture.h - one image's values, brought to the size and colours it is drawn with.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PICTURE_H
#define MIEN_PICTURE_H

#include "draw/palette.h"

/* Bring an image to another size by area averaging: each of the width x height x channels results
 * is the mean of the area it covers. */
void mien_picture_reduce(const float *image, mien_shape shape, size_t width, size_t height,
                         float *out);

/* The colours of height x width pixels. Three channels are red, green and blue; of any other number
 * the mean is drawn. */
void mien_picture_color(const float *image, mien_shape shape, const mien_tone *tone, mien_rgb *out);

#endif
