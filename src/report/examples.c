/* examples.c - the images of a run that pictures show.
 * SPDX-License-Identifier: MIT */
#include "report/examples.h"

#include "base/memory.h"
#include "base/status.h"

#include <string.h>

mien_status mien_examples_alloc(size_t count, size_t p, mien_examples *out, mien_error *err)
{
    mien_examples examples = {.index = mien_alloc_array(count, sizeof *examples.index),
                              .originals = NULL,
                              .count = count,
                              .p = p};
    size_t values;
    if (examples.index && mien_product(count, p, 1, &values))
        examples.originals = mien_alloc_array(values, sizeof *examples.originals);
    if (!examples.originals) {
        mien_examples_free(&examples);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    *out = examples;
    return MIEN_OK;
}

void mien_examples_free(mien_examples *examples)
{
    mien_free(examples->index);
    mien_free(examples->originals);
    *examples = (mien_examples){0};
}

const float *mien_examples_find(const mien_examples *examples, size_t index)
{
    for (size_t e = 0; e < examples->count; e++)
        if (examples->index[e] == index)
            return examples->originals + e * examples->p;
    return NULL;
}

void mien_examples_measure(mien_examples *examples)
{
    size_t count = examples->count * examples->p;
    double low = examples->originals[0], high = low;
    for (size_t i = 1; i < count; i++) {
        double v = examples->originals[i];
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    bool normalised = low >= 0 && high <= 1 && high > 0.25;
    examples->low = normalised ? 0 : low;
    examples->high = normalised ? 1 : high;
}

/* The images that the index names, and what black and white stand for. */
static void copy_originals(const mien_dataset *dataset, mien_examples *examples)
{
    mien_source X = mien_pixels_source(&dataset->pixels);
    size_t p = examples->p;
    for (size_t e = 0; e < examples->count; e++) {
        float *to = examples->originals + e * p;
        const float *x = X.tile(X.data, examples->index[e], 1, to);
        if (x != to)
            memcpy(to, x, p * sizeof *to);
    }
    mien_examples_measure(examples);
}

mien_status mien_examples_of(const mien_dataset *dataset, const size_t *index, size_t count,
                             mien_examples *out, mien_error *err)
{
    mien_examples examples;
    mien_status st = mien_examples_alloc(count, dataset->pixels.p, &examples, err);
    if (st)
        return st;
    memcpy(examples.index, index, count * sizeof *index);
    copy_originals(dataset, &examples);
    *out = examples;
    return MIEN_OK;
}

mien_status mien_examples_take(const mien_dataset *dataset, size_t example, mien_examples *out,
                               mien_error *err)
{
    size_t n = dataset->pixels.n, p = dataset->pixels.p;
    size_t pairs = n < MIEN_EXAMPLE_PAIRS ? n : MIEN_EXAMPLE_PAIRS;
    mien_examples examples;
    mien_status st = mien_examples_alloc(pairs, p, &examples, err);
    if (st)
        return st;
    examples.index[0] = example;
    size_t used = 1;
    for (size_t e = 0; used < pairs; e++) { /* n images hold pairs - 1 others, so this ends */
        size_t index = e < pairs ? e * n / pairs : e - pairs;
        bool taken = false;
        for (size_t i = 0; i < used; i++)
            taken = taken || examples.index[i] == index;
        if (!taken)
            examples.index[used++] = index;
    }
    copy_originals(dataset, &examples);
    *out = examples;
    return MIEN_OK;
}
