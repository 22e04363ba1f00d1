/* decode.h - the pixels of an image file.
 * SPDX-License-Identifier: MIT
 *
 * The format is told from the content. What comes back is complete and as the file has it, or it
 * is a refusal with the reason: no truncated file passes.
 *
 * Grey. Colour becomes luma, (299 R + 587 G + 114 B) / 1000 rounded (Rec. 601), of the channels as
 * stored. Depth stays, 8 bits or 16, and so do the values.
 * Transparency. Pixels are laid over black: value x alpha, rounded once. A pixel that is fully
 * transparent is 0 whatever colour hides in it, and zero is what contributes nothing to a sum of
 * parts. Over white, empty surroundings would be the brightest part of every image.
 * Upright, where EXIF or XMP says how the picture is to be turned (JPEG, PNG).
 * GIF: the first frame. Gamma and colour profiles are not applied. */
#ifndef MIEN_DECODE_H
#define MIEN_DECODE_H

#include "read/formats/formats.h"

/* Look at the header.
 * Returns MIEN_ERR_DATA when this is no image (its message says what may be done, or is empty),
 * MIEN_ERR_FORMAT with the reason when it is one that cannot be read. */
mien_status mien_decode_probe(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                              mien_error *err);

/* Decode to one channel of grey, or with `color` to three (grey is repeated).
 * Returns as mien_decode_probe() does, or MIEN_ERR_NOMEM. Safe to call from several threads. */
mien_status mien_decode(const unsigned char *bytes, size_t nbytes, bool color, mien_picture *out,
                        mien_error *err);

/* Bring a decoded picture to the channels asked for; on failure it is freed, and MIEN_ERR_NOMEM. */
mien_status mien_picture_finish(mien_picture *picture, bool color, mien_error *err);

/* Does the name end like one of the images that can be read? */
bool mien_is_picture_name(const char *path);

/* Does it end like one of a kind that is not? "a TGA", or NULL. */
const char *mien_foreign_name(const char *path);

#endif
