/* gif.h - the first frame of a GIF file.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_GIF_H
#define MIEN_GIF_H

#include "read/formats/decode.h"

bool mien_gif_is(const unsigned char *bytes, size_t nbytes);

/* The size of the canvas, enlarged where the first frame hangs over it. MIEN_ERR_FORMAT with the
 * reason, also for a canvas that so few bytes cannot fill. */
mien_status mien_gif_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                          mien_error *err);

/* R, G, B of the canvas with the first frame on it; what is transparent is black.
 *
 * What the frame leaves free is transparent when the frame has a transparent colour; otherwise it
 * is the background colour (GIF89a, section 18), unless other programs fill it with another (colour
 * 0, or none): such a file is refused. MIEN_ERR_FORMAT with the reason, MIEN_ERR_NOMEM. */
mien_status mien_gif_decode(const unsigned char *bytes, size_t nbytes, mien_picture *out,
                            mien_error *err);

#endif
