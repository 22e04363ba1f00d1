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

#include "mien.h"

enum {
    MIEN_PICTURE_SIDE = 65535,      /* pixels */
    MIEN_PICTURE_AREA = 64 << 20,   /* pixels: 64 Mpx */
    MIEN_PICTURE_BYTES = 256 << 20, /* of a file */
    MIEN_PICTURE_MEMORY = 1 << 30   /* to decode one */
};

typedef enum mien_format {
    MIEN_FORMAT_PBM,
    MIEN_FORMAT_PGM,
    MIEN_FORMAT_PPM,
    MIEN_FORMAT_PNG,
    MIEN_FORMAT_JPEG,
    MIEN_FORMAT_BMP,
    MIEN_FORMAT_GIF,
    MIEN_N_FORMATS
} mien_format;

/* "PGM", "PNG" ... */
const char *mien_format_name(mien_format format);

typedef struct mien_picture_head {
    mien_format format;
    size_t width, height; /* upright */
    unsigned depth;       /* 8 or 16 */
    unsigned white;       /* the value that stands for white: 255, 65535, or what a PNM says */
    size_t memory;        /* bytes that decoding takes at most, beside those of the file */
    unsigned orientation; /* as EXIF counts them, see exif.h; 0 when nothing is told */
} mien_picture_head;

typedef struct mien_picture {
    size_t width, height, channels; /* interleaved, 1 or 3 channels (4 or 2: see stb.h) */
    unsigned depth;                 /* 8 or 16 */
    unsigned white;                 /* no value is above it */
    void *pixels;                   /* uint8_t or uint16_t, owned */
} mien_picture;

/* MIEN_ERR_FORMAT for an empty image and for one beyond the limits above. */
mien_status mien_picture_check_size(uint64_t width, uint64_t height, mien_error *err);

/* Look at the header.
 * Returns MIEN_ERR_DATA when this is no image (its message says what may be done, or is empty),
 * MIEN_ERR_FORMAT with the reason when it is one that cannot be read. */
mien_status mien_decode_probe(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                              mien_error *err);

/* Decode to one channel of grey, or with `color` to three (grey is repeated).
 * Returns as mien_decode_probe() does, or MIEN_ERR_NOMEM. Safe to call from several threads. */
mien_status mien_decode(const unsigned char *bytes, size_t nbytes, bool color, mien_picture *out,
                        mien_error *err);

/* Decode to one channel of grey straight to `place`, which has room for the pixels that the head
 * promises. Only what is grey without more ado can be: *done is false when it is not, and nothing
 * has been written then. Returns as mien_decode() does. */
mien_status mien_decode_to(const unsigned char *bytes, size_t nbytes, void *place, bool *done,
                           mien_error *err);

void mien_picture_free(mien_picture *picture);

/* Does the name end like one of the images that can be read? */
bool mien_is_picture_name(const char *path);

/* Does it end like one of a kind that is not? "a TGA", or NULL. */
const char *mien_foreign_name(const char *path);

#endif
