/* jpeg_check.h - is a JPEG file whole, and in a form that stb_image reads rightly?
 * SPDX-License-Identifier: MIT
 *
 * A walk over the markers, without decoding. Its copy of the file holds what a decoder needs and
 * nothing else: junk and strange segments are left out, as libjpeg does, the colours are said in
 * one way (libjpeg's rules), and the compressed pixels of each restart interval and of each scan
 * are followed by ones. A code of ones does not exist, so that a decoder which is to go on behind
 * their end fails instead of making up pixels. What it finds is what stb_image lets pass or
 * stumbles over: a missing end marker, restart interval or scan, Huffman tables of more than 256
 * codes (written past a table's end by version 2.27), hundreds of scans. */
#ifndef MIEN_JPEG_CHECK_H
#define MIEN_JPEG_CHECK_H

#include "read/formats/stb.h"

bool mien_jpeg_is(const unsigned char *bytes, size_t nbytes);

/* Size, from the frame header, and orientation, from EXIF or XMP before the first scan; upright.
 * MIEN_ERR_FORMAT with the reason. */
mien_status mien_jpeg_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                           mien_error *err);

/* The copy, of a file that has passed mien_jpeg_head(), and where its scans are. bytes goes back
 * through mien_free(). MIEN_ERR_FORMAT with the reason, MIEN_ERR_NOMEM. */
mien_status mien_jpeg_plain(const unsigned char *bytes, size_t nbytes, mien_stb_file *out,
                            mien_error *err);

#endif
