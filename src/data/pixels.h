/* pixels.h - the small store of X: bytes, 16-bit words or floats.
 * SPDX-License-Identifier: MIT
 *
 * The type itself stands in mien.h. X is never expanded to n x p floats; a pass over the data asks
 * mien_pixels_source() for tiles of consecutive images. */
#ifndef MIEN_PIXELS_H
#define MIEN_PIXELS_H

#include "base/parallel.h"
#include "mien.h"

/* Bytes of one value: 1, 2 or 4. */
size_t mien_pixel_size(mien_pixel_type type);

/* Largest value of the stored type; 0 for floats, which have none. */
double mien_pixel_max(mien_pixel_type type);

/* An n x p store, values not set, without gain. MIEN_ERR_NOMEM when it does not fit; out is then
 * untouched. */
mien_status mien_pixels_alloc(size_t n, size_t p, mien_pixel_type type, mien_pixels *out);

/* Row i, or `count` rows from the first on, as stored: to be read. Of mapped values they are there
 * until the calling thread asks for others. */
const void *mien_pixels_row(const mien_pixels *pixels, size_t i);
const void *mien_pixels_rows(const mien_pixels *pixels, size_t first, size_t count);

/* Whether X is mien_pixels_source() of a store that does not fit into memory: a look at a single
 * pixel is a read of the disk then, and passes and strips of all images are not. */
bool mien_pixels_stream(const mien_source *X);

/* The calling thread goes through these rows next, in order. Whoever looks at many says so. */
void mien_pixels_expect(const mien_pixels *pixels, size_t first, size_t count);

/* A task for each row, on all threads: a thread takes some in a row. */
void mien_pixels_pass(mien_pool *pool, const mien_pixels *pixels, mien_task_fn row, void *context);

/* Values that were mapped become a copy in memory, to be changed. MIEN_ERR_NOMEM. */
mien_status mien_pixels_own(mien_pixels *pixels);

/* Other values, allocated, take the place of the old ones. */
void mien_pixels_replace(mien_pixels *pixels, mien_pixel_type type, void *values);

/* The largest of all values, at least 0. */
double mien_pixels_largest(const mien_pixels *pixels);

/* White of image i: its own where they differ, else that of all, which has been decided. */
double mien_pixels_white(const mien_pixels *pixels, size_t i);

/* Value k of an array of that type. */
static inline double mien_value_at(const void *values, mien_pixel_type type, size_t k)
{
    return type == MIEN_U8    ? ((const uint8_t *)values)[k]
           : type == MIEN_U16 ? ((const uint16_t *)values)[k]
                              : (double)((const float *)values)[k];
}

/* The largest of `count` values of a type, at least 0. */
double mien_values_max(const void *values, mien_pixel_type type, size_t count);

/* Index of the first of `count` floats that is negative, NaN or infinite; `count` when none is. */
size_t mien_floats_check(const float *values, size_t count);

/* For values that were doubles, the largest of which this is: MIEN_ERR_DOMAIN where float32 holds
 * it to a few digits or as zero. Beside larger ones such values are nothing, and become it. */
mien_status mien_floats_range(double largest, mien_error *err);

#endif
