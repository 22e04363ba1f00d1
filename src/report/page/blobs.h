/* blobs.h - arrays on a page: filtered, packed by zlib, as base64 in scripts that do not run.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_BLOBS_H
#define MIEN_BLOBS_H

#include "base/text.h"
#include "report/files/json.h"

typedef enum mien_blob_type { MIEN_BLOB_U8, MIEN_BLOB_I16, MIEN_BLOB_F32 } mien_blob_type;

/* An array that the page is to hold. `fill` writes its `length` values, of the type; it may also
 * write what belongs to them, such as their scales, to places that are its own alone. */
typedef struct mien_blob {
    char name[64];
    mien_blob_type type;
    size_t length;
    size_t row, pixels, channels; /* values of a picture's row, of a picture, of a pixel; pixels 0:
                                   * these are no pictures, and not filtered */
    void (*fill)(const void *context, void *values);
    const void *context;
    mien_text packed; /* base64, once mien_blobs_pack() made it; owned */
} mien_blob;

enum { MIEN_BLOBS_MAX = 64 };

/* The arrays of a page, in the order in which they were added. */
typedef struct mien_blobs {
    mien_blob list[MIEN_BLOBS_MAX];
    size_t count;
} mien_blobs;

/* A new one at the end, to be filled in; it stays where it is. */
mien_blob *mien_blobs_add(mien_blobs *blobs, mien_blob_type type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Fill and pack all that are not packed yet, side by side. MIEN_ERR_NOMEM. */
mien_status mien_blobs_pack(mien_blobs *blobs, unsigned threads, mien_error *err);

/* What the page's JSON says of them, and the scripts that hold them. */
json_t *mien_blobs_json(const mien_blobs *blobs);
/* What was packed goes over into html and is gone here: a page has most of its bytes once. */
void mien_blobs_add_html(mien_blobs *blobs, mien_text *html);

void mien_blobs_free(mien_blobs *blobs);

/* Take the array `name` out of a page, with what its JSON says under "blobs": the packed text goes
 * into a new blob of `blobs`. MIEN_ERR_FORMAT when it is not there, or does not unpack to `length`
 * values of the type: a page may be anything. MIEN_ERR_NOMEM. */
mien_status mien_blobs_take(mien_blobs *blobs, const char *html, const json_t *json,
                            const char *name, mien_blob_type type, size_t length);

#endif
