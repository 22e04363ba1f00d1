/* formats.h - the formats of image files: one file and one record each.
 * SPDX-License-Identifier: MIT
 *
 * To add one: its file, which ends with its record; the record below and in decode.c; its name. */
#ifndef MIEN_FORMATS_H
#define MIEN_FORMATS_H

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

typedef struct mien_picture_head {
    mien_format format;
    size_t width, height; /* as stored; upright in what mien_decode_probe() returns */
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

/* Sample i of a picture's, in its depth. */
static inline uint32_t mien_sample_get(const void *pixels, unsigned depth, size_t i)
{
    return depth == 8 ? ((const uint8_t *)pixels)[i] : ((const uint16_t *)pixels)[i];
}

static inline void mien_sample_set(void *pixels, unsigned depth, size_t i, uint32_t value)
{
    if (depth == 8)
        ((uint8_t *)pixels)[i] = (uint8_t)value;
    else
        ((uint16_t *)pixels)[i] = (uint16_t)value;
}

/* MIEN_ERR_FORMAT for an empty image and for one beyond the limits above. */
mien_status mien_picture_check_size(uint64_t width, uint64_t height, mien_error *err);

void mien_picture_free(mien_picture *picture);

/* "PGM", "PNG" ... */
const char *mien_format_name(mien_format format);

/* How files of a format, or of some that are alike, are read; all of it from memory, in any thread.
 *   is      true for what begins like one
 *   head    what the header says. MIEN_ERR_FORMAT with the reason; MIEN_ERR_DATA when it is no
 *           image after all, but text
 *   decode  the pixels of a file that has passed head(), in the channels that it has, as stored.
 *           MIEN_ERR_FORMAT with the reason, also for a file that is not whole; MIEN_ERR_NOMEM */
typedef struct mien_image_reader {
    bool (*is)(const unsigned char *bytes, size_t nbytes);
    mien_status (*head)(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                        mien_error *err);
    mien_status (*decode)(const unsigned char *bytes, size_t nbytes, const mien_picture_head *head,
                          mien_picture *out, mien_error *err);
} mien_image_reader;

extern const mien_image_reader mien_reader_pnm, mien_reader_png, mien_reader_jpeg, mien_reader_bmp,
    mien_reader_gif;

#endif
