/* prepare.c - what has been read becomes a data set: its statistics, normalisation and ink.
 * SPDX-License-Identifier: MIT */
#include "read/prepare.h"

#include "base/memory.h"
#include "base/status.h"
#include "read/normalize.h"
#include "read/statistics.h"

/* lee-seung is made for pictures, and would tint colours; tables and signed numbers are taken as
 * they were prepared. */
static mien_normalize decide_normalize(const mien_dataset *ds, mien_normalize asked)
{
    if (asked != MIEN_NORMALIZE_AUTO)
        return asked;
    if (ds->is_table || ds->negative)
        return MIEN_NORMALIZE_NONE;
    return ds->shape.channels == 3 ? MIEN_NORMALIZE_UNIT : MIEN_NORMALIZE_LEE_SEUNG;
}

mien_status mien_dataset_prepare(mien_dataset *ds, const mien_load_options *options,
                                 mien_pool *pool, mien_error *err)
{
    mien_status st = mien_statistics_set(ds, options->statistics, pool);
    if (ds->pixels.type == MIEN_F32)
        ds->pixels.white = options->white;
    ds->pixels.white = mien_white(&ds->pixels);
    ds->resize = options->resize;
    ds->normalize = decide_normalize(ds, options->normalize);
    mien_ink_decide(ds, options->ink);
    if (!st)
        st = mien_normalize_set(&ds->pixels, ds->normalize, ds->ink, pool);
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

void mien_dataset_free(mien_dataset *dataset)
{
    if (!dataset)
        return;
    for (size_t i = 0; dataset->images && !dataset->names && i < dataset->pixels.n; i++)
        mien_free(dataset->images[i].path);
    for (size_t i = 0; dataset->refused && i < dataset->n_refused; i++) {
        mien_free(dataset->refused[i].path);
        mien_free(dataset->refused[i].reason);
    }
    mien_free_words(dataset->columns, dataset->pixels.p);
    mien_free_words(dataset->labels, dataset->pixels.n);
    mien_free_words(dataset->ignored, dataset->n_ignored);
    mien_free_words(dataset->remarks, dataset->n_remarks);
    mien_free(dataset->column_scales);
    mien_free(dataset->negative);
    mien_free(dataset->id);
    mien_free(dataset->label);
    mien_free(dataset->result);
    mien_free(dataset->images);
    mien_free(dataset->names);
    mien_free(dataset->refused);
    mien_free(dataset->constant);
    mien_free(dataset->duplicates);
    mien_pixels_free(&dataset->pixels);
    *dataset = (mien_dataset){0};
}
