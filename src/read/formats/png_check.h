/* png_check.h - is a PNG file whole?
 * SPDX-License-Identifier: MIT
 *
 * Chunks, their order and CRC, and the compressed stream, which must inflate to the bytes the
 * header promises and carry the right Adler checksum; more than that is accepted, and so is
 * whatever is wrong with chunks that carry no pixels, as in libpng. Rows that pass are ready to be
 * read (png_rows.h). A palette image is read as a picture of its indices and coloured later, so
 * that an index without a colour is an error. */
#ifndef MIEN_PNG_CHECK_H
#define MIEN_PNG_CHECK_H

#include "read/formats/decode.h"

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
    const unsigned char *data;  /* of the first IDAT chunk, in the file */
    size_t data_bytes;          /* of all of them */
} mien_png;

bool mien_png_is(const unsigned char *bytes, size_t nbytes);

/* The header, and the orientation, wherever it stands; size as stored. MIEN_ERR_FORMAT with the
 * reason. */
mien_status mien_png_head(const unsigned char *bytes, size_t nbytes, mien_png *out,
                          mien_error *err);

/* Everything. *rows <- what its stream holds, for mien_png_rows(), freed with mien_free().
 * MIEN_ERR_FORMAT with the reason, MIEN_ERR_NOMEM. */
mien_status mien_png_check(const unsigned char *bytes, size_t nbytes, mien_png *out,
                           unsigned char **rows, mien_error *err);

/* Samples a pixel, as stored: a palette's index is one. */
size_t mien_png_samples(const mien_png *png);

/* Every dx-th pixel of every dy-th row, from (x, y) on: an image that is interlaced (Adam7) is
 * stored as seven such pictures, any other as one. */
typedef struct mien_png_pass {
    size_t x, y, dx, dy;
    size_t width, height; /* both 0 where the image is too small for the pass */
    size_t row_nbytes;    /* without the filter byte */
} mien_png_pass;

unsigned mien_png_n_passes(const mien_png *png);
mien_png_pass mien_png_pass_at(const mien_png *png, unsigned k);

#endif
