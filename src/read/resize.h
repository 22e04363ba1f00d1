/* resize.h - bring a picture to another size.
 * SPDX-License-Identifier: MIT
 *
 * stb_image_resize with its quality filters: Mitchell & Netravali when it shrinks, Catmull & Rom
 * when it grows, edges repeated, values taken as they are (no gamma). */
#ifndef MIEN_RESIZE_H
#define MIEN_RESIZE_H

#include "read/formats/formats.h"

/* A new picture of width x height, same channels, depth and white.
 *   MIEN_RESIZE_STRETCH  both sides by themselves
 *   MIEN_RESIZE_CROP     the largest centred part with the new proportions
 *   MIEN_RESIZE_PAD      the whole, centred; beside it the mean of its border pixels
 *   MIEN_RESIZE_REJECT   is the caller's affair: MIEN_ERR_ARG unless the size is right already
 * Returns MIEN_ERR_NOMEM when memory is out. */
mien_status mien_resize(const mien_picture *picture, size_t width, size_t height,
                        mien_resize_mode fit, mien_picture *out);

#endif
