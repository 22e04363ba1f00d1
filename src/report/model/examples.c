/* examples.c - the images of a run that pictures show.
 * SPDX-License-Identifier: MIT */
#include "report/model/examples.h"

#include "base/memory.h"
#include "base/status.h"
#include "data/pixels.h"
#include "report/model/columns.h"

#include <math.h>
#include <string.h>

void mien_examples_free(mien_examples *examples)
{
    mien_columns_free(examples->names, examples->count);
    mien_free(examples->index);
    mien_free(examples->originals);
    mien_free(examples->untouched);
    *examples = (mien_examples){0};
}

size_t mien_examples_place(const mien_examples *examples, size_t index)
{
    size_t e = 0;
    while (e < examples->count && examples->index[e] != index)
        e++;
    return e;
}

mien_status mien_seen_find(const mien_fit *fit, const mien_options *options,
                           const mien_examples *examples, mien_seen *out, mien_error *err)
{
    const mien_float_view view = {examples->originals, examples->count, examples->p};
    mien_source X = mien_float_source(&view);
    mien_options quiet = mien_options_for(options, fit->method);
    mien_encoding encoding;
    quiet.progress = NULL;
    mien_status st = mien_fit_encode(fit, &quiet, &X, &encoding, err);
    if (st)
        return st;
    mien_seen seen = {.fit = *fit, .examples = *examples};
    seen.examples.index = mien_alloc_array(examples->count, sizeof *seen.examples.index);
    for (size_t e = 0; e < examples->count && seen.examples.index; e++)
        seen.examples.index[e] = e;
    seen.fit.n = examples->count;
    seen.fit.W = encoding.fit.W;
    encoding.fit.W = NULL;
    mien_encoding_free(&encoding);
    *out = seen;
    if (seen.examples.index)
        return MIEN_OK;
    mien_seen_free(out);
    return mien_fail_plain(err, MIEN_ERR_NOMEM);
}

void mien_seen_free(mien_seen *seen)
{
    mien_free(seen->fit.W);
    mien_free(seen->examples.index);
    *seen = (mien_seen){0};
}

mien_example mien_examples_get(const mien_examples *examples, size_t index)
{
    size_t e = mien_examples_place(examples, index);
    if (e == examples->count)
        return (mien_example){0};
    return (mien_example){.original = examples->originals + e * examples->p,
                          .untouched =
                              examples->untouched ? examples->untouched + e * examples->p : NULL,
                          .name = examples->names ? examples->names[e] : NULL};
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
    examples->low = low >= 0 && low < high / 2 ? 0 : low;
    examples->high = high > low ? high : low + 1;
}

void mien_examples_stored(const mien_pixels *pixels, size_t i, uint8_t *to)
{
    const void *row = mien_pixels_row(pixels, i);
    double white = mien_pixels_white(pixels, i), scale = white > 0 ? UINT8_MAX / white : 0;
    for (size_t j = 0; j < pixels->p; j++) {
        double v = pixels->type == MIEN_U8    ? ((const uint8_t *)row)[j]
                   : pixels->type == MIEN_U16 ? ((const uint16_t *)row)[j]
                                              : (double)((const float *)row)[j];
        to[j] = (uint8_t)lround(fmin(fmax(v * scale, 0), UINT8_MAX));
    }
}

/* What the files have, and their names. */
static mien_status copy_files(const mien_dataset *dataset, mien_examples *examples)
{
    size_t p = examples->p, count = examples->count;
    if (dataset->images) {
        examples->names = mien_alloc_array(count, sizeof *examples->names);
        for (size_t e = 0; e < count; e++) {
            const char *path = dataset->images[examples->index[e]].path;
            if (!examples->names || !(examples->names[e] = mien_strdup(path)))
                return MIEN_ERR_NOMEM;
        }
    }
    if (dataset->ink == MIEN_INK_NONE) /* a table: nothing is white */
        return MIEN_OK;
    examples->untouched = mien_alloc_array(count * p, 1);
    for (size_t e = 0; e < count && examples->untouched; e++)
        mien_examples_stored(&dataset->pixels, examples->index[e], examples->untouched + e * p);
    return examples->untouched ? MIEN_OK : MIEN_ERR_NOMEM;
}

mien_status mien_examples_of(const mien_dataset *dataset, const size_t *index, size_t count,
                             mien_examples *out, mien_error *err)
{
    mien_source X = mien_dataset_source(dataset);
    size_t p = dataset->pixels.p, values;
    mien_examples examples = {
        .index = mien_alloc_array(count, sizeof *index), .count = count, .p = p};
    if (examples.index && mien_product(count, p, 1, &values))
        examples.originals = mien_alloc_array(values, sizeof *examples.originals);
    mien_status st = examples.originals ? MIEN_OK : MIEN_ERR_NOMEM;
    for (size_t e = 0; e < count && !st; e++) {
        float *to = examples.originals + e * p;
        const float *x = X.tile(X.data, index[e], 1, to);
        if (x != to)
            memcpy(to, x, p * sizeof *to);
        examples.index[e] = index[e];
    }
    if (!st) {
        mien_examples_measure(&examples);
        st = copy_files(dataset, &examples);
    }
    if (st) {
        mien_examples_free(&examples);
        return mien_fail_plain(err, st);
    }
    *out = examples;
    return MIEN_OK;
}

mien_status mien_examples_take(const mien_dataset *dataset, size_t example, mien_examples *out,
                               mien_error *err)
{
    size_t n = dataset->pixels.n, index[MIEN_EXAMPLE_PAIRS] = {example}, used = 1;
    size_t pairs = n < MIEN_EXAMPLE_PAIRS ? n : MIEN_EXAMPLE_PAIRS;
    for (size_t e = 0; used < pairs; e++) { /* n images hold pairs - 1 others, so this ends */
        size_t other = e < pairs ? e * n / pairs : e - pairs;
        bool taken = false;
        for (size_t i = 0; i < used; i++)
            taken = taken || index[i] == other;
        if (!taken)
            index[used++] = other;
    }
    return mien_examples_of(dataset, index, pairs, out, err);
}
