/* nmf_cost_model.h - which of two ways to the same result is less work.
 * SPDX-License-Identifier: MIT
 *
 * All choices between descents that depend on a machine stand here: they are estimates, made from
 * the sizes of the problem and how many of its numbers are positive, never from the machine or the
 * clock, so that the same data gives the same bytes everywhere. Where an estimate is off, the
 * slower way is taken; the result is as good.
 *
 * Measured on an AMD EPYC with AVX-512, one thread, on ORL, CBCL, the bundled faces and 100,000
 * synthetic images of 32x32; with AVX2 the numbers are larger in about the same proportion. */
#ifndef MIEN_NMF_COST_MODEL_H
#define MIEN_NMF_COST_MODEL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the basis of n images with r weights each is to be found as nmf_large_n.c does, rather
 * than by coordinate descent alone (nmf_ccd.c). That reads all weights once for every pixel and
 * sweep, which is fast while they stand in a cache of the processor (12 MB of them), and takes
 * several times as long as all the rest when they do not. */
bool mien_cost_is_large_n(size_t n, size_t r);

/* Whether the basis of very many images is descended on once more, rather than stepped: a descent
 * costs as much as four steps, and is to lower the loss by more than they.
 *   descent, step   by how much the last of each lowered it */
bool mien_cost_prefers_descent(double descent, double step);

/* Whether images of p pixels may be descended on in batches (nmf_batched.h): above 16,384 pixels 16
 * of them and their models fill two megabytes a worker. */
bool mien_cost_may_batch(size_t p);

/* Whether two sweeps over an image's weights are less work in a batch than row by row.
 *   entries   positive values of the basis, r x p: a batch visits these alone, for each image
 *   positive  share of weights that are positive, 0 to 1: a row visits these alone, with all p
 * pixels, 1.4 times each (the second sweep leaves most of them out) */
bool mien_cost_prefers_batch(size_t entries, double positive, size_t p, size_t r);

/* How many rows of ld > 0 floats, 1 to `most`, are best swept over side by side (nmf_sweep.h).
 * Nanoseconds a coordinate of one row, alone and as one of four, r = 49, AVX-512:
 *   ld 416    50   38  all rows and models in a first-level cache
 *   ld 4096  292  374  there, one row's would be
 *   ld 10304 1368 939  in a second-level one either way, while H comes from a third */
size_t mien_cost_rows(size_t ld, size_t most);

#endif
