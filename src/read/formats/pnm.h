/* pnm.h - Netpbm's PBM, PGM and PPM, plain and raw (P1 to P6).
 * SPDX-License-Identifier: MIT
 *
 * Read by mien itself: stb ignores maxval, swaps 16-bit samples and knows no plain files.
 * Samples stay as stored: in 8 bits up to a maxval of 255, else in 16; the head's `white` is
 * maxval. A PBM says 1 where the paper is black, and becomes 0 and 255. */
#ifndef MIEN_PNM_H
#define MIEN_PNM_H

#include "read/formats/decode.h"

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
