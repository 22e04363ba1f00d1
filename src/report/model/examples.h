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

/* Image `index`, as far as it is known: all NULL when it is not among the examples. Borrowed. */
typedef struct mien_example {
    const float *original;    /* p, as the model saw it */
    const uint8_t *untouched; /* p, as stored */
    const char *name;
} mien_example;
mien_example mien_examples_get(const mien_examples *examples, size_t index);

/* Of a model whose weights were not kept: what pictures want of it, with weights of the examples
 * alone, which are found now. Images are then the examples, by their order. */
typedef struct mien_seen {
    mien_fit fit;           /* n = count of examples; W is owned, all else borrowed */
    mien_examples examples; /* index is owned, all else borrowed */
} mien_seen;

/* options: those the fit was learned with. Errors as of mien_fit_encode(). */
mien_status mien_seen_find(const mien_fit *fit, const mien_options *options,
                           const mien_examples *examples, mien_seen *out, mien_error *err);
void mien_seen_free(mien_seen *seen);

/* The place among the examples of image `index`; count where it is none. */
size_t mien_examples_place(const mien_examples *examples, size_t index);

/* Pixels of image i as stored, with 255 for white. */
void mien_examples_stored(const mien_pixels *pixels, size_t i, uint8_t *to);

/* Set low and high: from zero, which has one colour in all pictures, to the largest value of the
 * originals; from their smallest value when it is negative, or when they keep so far away from zero
 * that nothing would be seen. */
void mien_examples_measure(mien_examples *examples);

#endif
