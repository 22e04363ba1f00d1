/* stb.h - stb_image behind a fence: JPEG, BMP and GIF.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STB_H
#define MIEN_STB_H

#include "image/decode.h"

/* Decode a file whose header said width x height, to the channels that it has: 1, 2 (grey, alpha),
 * 3 or 4 (R, G, B, alpha), of 8 bits.
 * Returns MIEN_ERR_FORMAT with the reason, also for a truncated file, or MIEN_ERR_NOMEM.
 * Safe to call from several threads. */
mien_status mien_stb_decode(const unsigned char *bytes, size_t nbytes, size_t width, size_t height,
                            mien_picture *out, mien_error *err);

#endif
