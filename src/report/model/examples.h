/* examples.h - the images of a run that pictures show.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_EXAMPLES_H
#define MIEN_EXAMPLES_H

#include "mien_report.h"

/* So many pairs of original and reconstruction are shown. */
enum { MIEN_EXAMPLE_PAIRS = 8 };

/* The example of the figure, then others spread evenly over X. MIEN_ERR_NOMEM. */
mien_status mien_examples_take(const mien_dataset *dataset, size_t example, mien_examples *out,
                               mien_error *err);

/* Given images, in this order. MIEN_ERR_NOMEM. */
mien_status mien_examples_of(const mien_dataset *dataset, const size_t *index, size_t count,
                             mien_examples *out, mien_error *err);

void mien_examples_free(mien_examples *examples);

/* Original of image `index`, or NULL when it is not among the examples. */
const float *mien_examples_find(const mien_examples *examples, size_t index);

const uint8_t *mien_examples_untouched(const mien_examples *examples, size_t index);
const char *mien_examples_name(const mien_examples *examples, size_t index);

/* Set low and high: from zero, which has one colour in all pictures, to the largest value of the
 * originals; from their smallest value when it is negative, or when they keep so far away from zero
 * that nothing would be seen. */
void mien_examples_measure(mien_examples *examples);

#endif
