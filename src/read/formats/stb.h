/* stb.h - stb_image behind a fence: PNG, JPEG and BMP, in forms of our own.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STB_H
#define MIEN_STB_H

#include "read/formats/formats.h"

enum { MIEN_JPEG_SCANS = 100 /* encoders write 1 to 12; each costs a pass over the picture */ };

/* Where the compressed pixels of a scan end, and where the next marker stands; between the two is
 * padding that is not to be used up. */
typedef struct mien_stb_scan {
    size_t last_restart; /* behind the last restart marker; 0: there is none */
    size_t end, next;
} mien_stb_scan;

typedef struct mien_stb_file {
    unsigned char *bytes;
    size_t nbytes;
    const unsigned char *data;            /* of a PNG: its zlib stream, within the bytes */
    size_t data_bytes, inflated;          /* those that it has and those that it has to make */
    mien_stb_scan scans[MIEN_JPEG_SCANS]; /* of a JPEG */
    size_t n_scans;
} mien_stb_file;

/* Decode a file, whose bytes are freed in any case, to the channels that it has: 1 to 4 (grey or R,
 * G, B, and alpha), of head->depth bits.
 *   head  as stored: a picture of another size is refused
 * Returns MIEN_ERR_FORMAT with the reason, also for a truncated file, or MIEN_ERR_NOMEM.
 * Safe to call from several threads. */
mien_status mien_stb_decode(mien_stb_file *file, const mien_picture_head *head, mien_picture *out,
                            mien_error *err);

#endif
