/* turned.h - a streamed store turned on its side: pixel by pixel, all images.
 * SPDX-License-Identifier: MIT
 *
 * A strip is a few pixels of all images. In a store that does not fit into memory these lie on
 * every page of the disk, and to go through all strips would be to read everything once for each.
 * So a copy is made with the pixels of all images side by side: by mien_pixels_turn() in mien.h or,
 * where nobody has called that, at the first strip. It stands where large blocks do when memory is
 * short (base/spill.h), and all strips together read it once. */
#ifndef MIEN_TURNED_H
#define MIEN_TURNED_H

#include "mien.h"

typedef struct mien_turned mien_turned;

/* Of one store, nothing in it yet; NULL: no memory. */
mien_turned *mien_turned_create(void);
void mien_turned_free(mien_turned *turned);

/* The p x n values of `pixels`, as stored, if those stream: made at the first call, by all
 * threads that call while it is made. NULL where there was no room for them. The calling thread
 * goes through its rows first .. first + count - 1 next. */
const mien_pixels *mien_turned_rows(const mien_pixels *pixels, size_t first, size_t count);

#endif
