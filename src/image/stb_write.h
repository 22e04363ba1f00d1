/* stb_write.h - the one door to stb_image_write.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STB_WRITE_H
#define MIEN_STB_WRITE_H

#include <stddef.h>

/* A PNG of width x height pixels with 1 or 3 channels of 8 bits, in memory that goes back through
 * mien_free. NULL when memory is out. The caller keeps (3 width + 1) height below INT_MAX. */
unsigned char *mien_stb_png(const unsigned char *pixels, size_t width, size_t height,
                            size_t channels, size_t *nbytes);

#endif
