/* scale.h - X in a unit that float32 arithmetic is at ease with.
 * SPDX-License-Identifier: MIT
 *
 * Products of two pixels leave float32 when pixels are above 1e19 or below 1e-19, and denormals
 * count as zero while tasks run. So what fits work on is X times a power of two, which is exact:
 * the scale of X makes no difference to the model. Data whose largest value is in the range of
 * MIEN_SCALE_LEAST to MIEN_SCALE_MOST, as all pictures are, are taken as they are. */
#ifndef MIEN_SCALE_H
#define MIEN_SCALE_H

#include "base/parallel.h"
#include "mien.h"

#define MIEN_SCALE_LEAST 0x1p-16f
#define MIEN_SCALE_MOST  0x1p+17f

/* The e for which 2^e times this value is above 1/2 and at most 1; 0 of 0 and of what is not
 * finite. Denormals are told from 0 even while they count as zero. */
int mien_scale_to_one(float largest);

/* The same, but 0 in the range above. */
int mien_scale_exponent(float largest);

/* The largest |v|, denormals and infinity included; NaN counts as more than infinity. */
float mien_scale_largest(const float *values, size_t count);

/* mien_scale_exponent() of the largest |x| of a source, all of which is read. MIEN_ERR_NOMEM. */
mien_status mien_scale_measure(const mien_source *X, int *exponent);

/* to <- 2^exponent from, exact but for what leaves float32; the two may be one. */
void mien_scale_floats(const float *from, float *to, size_t count, int exponent);

/* Images of another source, each times a power of two. Neither memory is owned. */
typedef struct mien_scaling {
    const mien_source *from;
    const int *each; /* n exponents, or NULL: `all` for all */
    int all;
} mien_scaling;

mien_source mien_scaled_source(const mien_scaling *scaling);

#endif
