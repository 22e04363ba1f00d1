/* pnm.h - Netpbm's PGM and PPM, plain and raw (P2, P3, P5, P6).
 * SPDX-License-Identifier: MIT
 *
 * Read by mien itself: stb ignores maxval, swaps 16-bit samples and knows no plain files.
 * A maxval of up to 255 is stored in 8 bits, a larger one in 16. Where it is not 255 or 65535, the
 * samples are stretched to the full range, rounded, so that white is white: otherwise a folder of
 * 12-bit pictures would be read as dark ones, and one of 4-bit pictures as black. */
#ifndef MIEN_PNM_H
#define MIEN_PNM_H

#include "image/decode.h"

/* True for 'P', a digit of 1..7, and white space or a comment. */
bool mien_pnm_is(const unsigned char *bytes, size_t nbytes);

/* Header only. MIEN_ERR_DATA when there is no number behind the magic: text that begins with P5.
 * MIEN_ERR_FORMAT with the reason for a broken header. */
mien_status mien_pnm_probe(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                           mien_error *err);

/* The samples of a file whose header said width x height and depth, to `place`, which has room for
 * them. What is there after an error is of no use. */
mien_status mien_pnm_decode_to(const unsigned char *bytes, size_t nbytes, void *place,
                               mien_error *err);

/* Samples as they are, 1 or 3 channels. MIEN_ERR_FORMAT, MIEN_ERR_NOMEM. */
mien_status mien_pnm_decode(const unsigned char *bytes, size_t nbytes, mien_picture *out,
                            mien_error *err);

#endif
