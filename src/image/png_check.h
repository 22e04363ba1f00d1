/* png_check.h - is a PNG file whole? Asked before a decoder that does not ask sees it.
 * SPDX-License-Identifier: MIT
 *
 * Chunks, their order and CRC, and the compressed stream, which must inflate to exactly the bytes
 * the header promises and carry the right Adler checksum (zlib). Rows that pass are
 * ready to be read (png_rows.h); an interlaced image is handed to the decoder as the bare minimum:
 * IHDR, one IDAT, IEND. Palette and transparency stay here: a palette
 * image is decoded as a picture of its indices and coloured by us, so that an index without a
 * colour is an error instead of whatever lies on a stack. */
#ifndef MIEN_PNG_CHECK_H
#define MIEN_PNG_CHECK_H

#include "image/decode.h"

enum {
    MIEN_PNG_GREY = 0,
    MIEN_PNG_RGB = 2,
    MIEN_PNG_PALETTE = 3,
    MIEN_PNG_GREY_ALPHA = 4,
    MIEN_PNG_RGBA = 6
};

typedef struct mien_png {
    mien_picture_head head;
    unsigned bits;       /* a sample: 1, 2, 4, 8, 16 */
    unsigned color_type; /* MIEN_PNG_... */
    bool interlaced;
    const unsigned char *palette; /* n_colors x R G B, in the file */
    size_t n_colors;
    const unsigned char *alpha; /* the tRNS chunk, in the file, or NULL */
    size_t n_alpha;             /* its bytes */
    size_t data_bytes;          /* IDAT, all of them */
} mien_png;

bool mien_png_is(const unsigned char *bytes, size_t nbytes);

/* The header alone. MIEN_ERR_FORMAT with the reason. */
mien_status mien_png_head(const unsigned char *bytes, size_t nbytes, mien_png *out,
                          mien_error *err);

/* Everything. *rows <- what its stream holds, for mien_png_rows(), freed with mien_free(); NULL
 * when it is interlaced. MIEN_ERR_FORMAT with the reason, MIEN_ERR_NOMEM. */
mien_status mien_png_check(const unsigned char *bytes, size_t nbytes, mien_png *out,
                           unsigned char **rows, mien_error *err);

/* Samples a pixel, as stored (a palette's index is one), and bytes of a row of `width` pixels. */
size_t mien_png_samples(const mien_png *png);
size_t mien_png_row_bytes(const mien_png *png, size_t width);

/* The bare file for the decoder, of a checked one; freed with mien_free(). MIEN_ERR_NOMEM. */
mien_status mien_png_strip(const unsigned char *bytes, const mien_png *png, unsigned char **out,
                           size_t *nbytes);

#endif
