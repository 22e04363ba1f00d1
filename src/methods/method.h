/* method.h - what a method is, and all that it must do.
 * SPDX-License-Identifier: MIT
 *
 * A new method is one file or folder here that ends with its record, and one row in registry.c;
 * tests/test_contract.c then tests it, and docs/add-a-method.md shows how.
 * fit.c does what all methods share; a method's file holds mathematics and nothing else.
 * Differences between methods are data in the record, never a question for a method's name. */
#ifndef MIEN_METHOD_H
#define MIEN_METHOD_H

#include "methods/loss.h"
#include "methods/run.h"
#include "methods/stream.h"

struct mien_method {
    mien_method_info info;
    /* What `loss` is under these options. */
    mien_loss (*loss)(const mien_options *options);
    /* Do the options go together? NULL: always. */
    mien_status (*check)(const mien_options *options, mien_error *err);
    /* Is another seed another answer? Then the options may ask for several starts. */
    bool random_start;
    /* Do ten starts take less than one fit of NMF? Then there are ten on all but very large
     * data. */
    bool cheap_start;
    /* Fill fit->W (n x r), fit->H (r x p), which are allocated and zero, and fit->mu if it
     * centres (allocate with mien_alloc_array); set fit->iterations, at least 1 but where the user
     * ended it before the first, and fit->stop, and fit->penalty if it minimises more than the
     * loss; write fit->note. Components in canonical order, scale and sign; all finite.
     *
     * A method in steps calls mien_run_step() after each of them, with iterations from 1 (0 where
     * the loss is that of the state before) and losses that are numbers, and ends when it says
     * false: W, H and mu are then as whole as after so many iterations. One that is direct calls
     * nothing. fit.c adds what is missing: a trace's last row, which it measures, or its only one,
     * and a word to the user.
     *
     * The same bytes for any number of threads: sums over images go by mien_run_pass(), random
     * numbers by run->seed and their place. Workspace is from run->arena and goes with it.
     * MIEN_OK, MIEN_ERR_NOMEM, or another with its words in run->err, by mien_fail(). */
    mien_status (*fit)(mien_run *run, mien_fit *fit);
    /* New images: fill fit->W (n x r, allocated and zero) with fit->H and fit->mu fixed, those of
     * run->model; set fit->iterations and fit->stop; what the reader should know goes into
     * fit->note. An image's weights must not depend on the other images. */
    mien_status (*encode)(mien_run *run, mien_fit *fit);
    /* Whether fits of pictures begin with smaller ones under these options when nobody says so:
     * where that pays, measured. A start then stands in fit->W and H, run->started, instead of the
     * method's own. NULL: it takes no levels. */
    bool (*levels_pay)(const mien_options *options);
    /* Where the unit of X stands: whether the basis is c times as large when X is, and not the
     * weights. NULL: never. */
    bool (*basis_has_unit)(const mien_options *options);
    /* Whether encode() gives c times an image c times its weights. NULL: never; images then come
     * in the unit in which the model is at ease, else each in its own. */
    bool (*encodes_in_proportion)(const mien_options *options, const mien_fit *model);
    /* Whether under these options encode() gives training images other weights than fit() did. The
     * spread of their errors is then that of their encodings. NULL: never. */
    bool (*encodes_otherwise)(const mien_options *options);
    /* Whether under these options the weights of an image are found without those of others, but
     * for sums, and fit() and encode() let them stand apart where run->apart says so: each rank
     * has those of its images. NULL: never; all have all of them in the end. */
    bool (*weights_apart)(const mien_options *options);
    /* fit->held_out, from the fit and X alone, for little. NULL: fit() does it itself; or there is
     * no such way, and folds.c makes it when asked to. */
    mien_status (*held_out)(mien_run *run, mien_fit *fit);
    /* How it learns, under these options, from images that pass by once (no_weights). NULL, or it
     * says NULL: it needs its weights. */
    const mien_streaming *(*streaming)(const mien_options *options);
};

#endif
