/* stb.h - stb_image behind a fence: JPEG and BMP, in the forms of jpeg_check.h and bmp.h.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STB_H
#define MIEN_STB_H

#include "read/formats/decode.h"

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
    mien_stb_scan scans[MIEN_JPEG_SCANS]; /* of a JPEG */
    size_t n_scans;
} mien_stb_file;

/* Decode a file whose header said width x height, to the channels that it has: 1, 3 or 4 (R, G, B,
 * alpha), of 8 bits.
 * Returns MIEN_ERR_FORMAT with the reason, also for a truncated file, or MIEN_ERR_NOMEM.
 * Safe to call from several threads. */
mien_status mien_stb_decode(const mien_stb_file *file, size_t width, size_t height,
                            mien_picture *out, mien_error *err);

#endif
