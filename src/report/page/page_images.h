/* page_images.h - the images that a page holds: which, and their pixels.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PAGE_IMAGES_H
#define MIEN_PAGE_IMAGES_H

#include "report/page/blobs.h"
#include "report/page/page.h"

typedef struct mien_page_images {
    const mien_page *page; /* does *not* belong to it */
    size_t asked;          /* for so many at most */
    size_t count;
    size_t *index; /* count places in X, rising; NULL: the first `count`, which are all; owned */
    double scale;  /* of prepared values in whole numbers */
    bool is_wide;  /* prepared values have two bytes */
    float *room;   /* of one image; owned */
    json_t *told;  /* taken from the page that was there: names and labels; owned */
} mien_page_images;

/* Choose the images and add their arrays to the page's. From the data: all, or an even sample with
 * the example and, as far as there is room, the exemplars in it. Without it: those of the page that
 * was there, when it holds these; else the models' examples. It is the first to add arrays. `out`
 * must stay until the blobs are packed. MIEN_ERR_NOMEM. */
mien_status mien_page_images_begin(const mien_page *page, mien_blobs *blobs, mien_page_images *out);

/* "images" of the page's JSON, null when there are none. See json.h. */
json_t *mien_page_images_json(const mien_page_images *images, const mien_blobs *blobs);

void mien_page_images_free(mien_page_images *images);

#endif
