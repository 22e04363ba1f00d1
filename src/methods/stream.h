/* stream.h - learning from images that pass by once, whose weights are not kept.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STREAM_H
#define MIEN_STREAM_H

#include "methods/run.h"

/* What a method does with images that pass by. They come in blocks; while one passes the basis
 * stands still, and what it is improved by is summed. */
typedef struct mien_streaming {
    /* fit->H stands at the basis that was learned from a sample, fit->W (n x r, n images of the
     * sample) at its weights; both stay there until finish(). *state <- what the others are handed,
     * *floats <- how many are summed. Names its sums (methods/keep.h), which with fit->H are all
     * that the next block depends on. Memory from run->arena. MIEN_ERR_NOMEM or MIEN_OK. */
    mien_status (*open)(mien_run *run, mien_fit *fit, void **state, size_t *floats);
    /* fit->H has been changed, or is seen for the first time. */
    void (*hold)(void *state);
    /* The weights (count x r) of a tile's images that are the minimum for the basis; valid until
     * the worker's next tile. */
    const float *(*encode)(void *state, const mien_tile *tile);
    /* Add to tile->floats what the basis is improved by. */
    void (*gather)(void *state, const mien_tile *tile, const float *W);
    /* A block has passed: its sums, and those of W's columns (r), over so many images, count by the
     * share `step` from now on, all sums before it by 1 - step. fit->H is improved. */
    void (*improve)(void *state, const float *sums, const double *weight_sums, size_t images,
                    double step);
    /* The canonical form of fit->H; weight_sums of the images that were measured. Says in fit->note
     * what the reader should know. MIEN_ERR_NOMEM or MIEN_OK. */
    mien_status (*finish)(void *state, const double *weight_sums);
} mien_streaming;

/* Images of the sample, which are as many as a block has; the sample is held as floats. */
size_t mien_stream_sample(size_t n, size_t p, size_t r);

/* mien_fit_run() for options->no_weights: the options were checked. */
mien_status mien_fit_stream(const mien_method *method, const mien_source *X,
                            const mien_options *options, mien_fit *out, mien_error *err);

#endif
