/* bmp.h - BMP files of all kinds, brought into the one form that stb_image reads rightly.
 * SPDX-License-Identifier: MIT
 *
 * Its version 2.27 loses four colours of an OS/2 palette, takes the reserved fourth byte of a pixel
 * for alpha, and refuses gaps, run lengths, and headers between 12 and 108 bytes. */
#ifndef MIEN_BMP_H
#define MIEN_BMP_H

#include "read/formats/decode.h"

bool mien_bmp_is(const unsigned char *bytes, size_t nbytes);

/* MIEN_ERR_FORMAT with the reason. */
mien_status mien_bmp_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                          mien_error *err);

/* The same picture as a BMP with a header of 40 bytes and 256 colours, or of 108 bytes and masks,
 * its rows right behind. *out goes back through mien_free(). MIEN_ERR_FORMAT with the reason,
 * MIEN_ERR_NOMEM. */
mien_status mien_bmp_plain(const unsigned char *bytes, size_t nbytes, unsigned char **out,
                           size_t *out_nbytes, mien_error *err);

#endif
