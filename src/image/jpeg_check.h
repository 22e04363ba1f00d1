/* jpeg_check.h - is a JPEG file whole, and does it ask its decoder for nothing it cannot do?
 * SPDX-License-Identifier: MIT
 *
 * A walk over the markers, without decoding. It finds what stb_image lets pass or stumbles over:
 * a file without its end marker or without a scan for each component (taken for complete), Huffman
 * tables of more than 256 codes (written past a table's end by version 2.27), hundreds of scans. */
#ifndef MIEN_JPEG_CHECK_H
#define MIEN_JPEG_CHECK_H

#include "image/decode.h"

bool mien_jpeg_is(const unsigned char *bytes, size_t nbytes);

/* Size, from the frame header, and orientation; upright. MIEN_ERR_FORMAT with the reason. */
mien_status mien_jpeg_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                           mien_error *err);

/* Everything up to the end marker. MIEN_ERR_FORMAT with the reason. */
mien_status mien_jpeg_check(const unsigned char *bytes, size_t nbytes, mien_error *err);

#endif
