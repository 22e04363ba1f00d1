/* story.h - two pictures that are read from left to right: how an image is put together from its
 * components, and how components come out of the iterations.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STORY_H
#define MIEN_STORY_H

#include "mien_report.h"

/* steps.png: the example assembled in order of what components contribute to it, 1, 2, 3, 4, 5, 6,
 * 8, 10, 14, 20, ... of them; what a step adds above the sum so far; the methods whose record says
 * so. Steps and sums have one mapping from values to colours, so that steps can be seen to add up.
 * Nothing is written for tables, and when there is no such method. */
mien_status mien_steps_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                             mien_shape shape, const mien_examples *examples, size_t example,
                             const mien_style *style, mien_error *err);

/* What stands in it: added, sums <- n_steps x p, what a step to steps[s] components adds to image
 * `example`, and the sum of all so far, the mean image included. Components come in the order of
 * what they contribute; steps rise to r at most. MIEN_ERR_NOMEM. */
mien_status mien_story_add_up(const mien_fit *fit, size_t example, const size_t *steps,
                              size_t n_steps, float *added, float *sums);

/* emerge.png: six components of the first fit that has snapshots and is drawn in steps, from the
 * first iteration to the last. Nothing is written when there is none. */
mien_status mien_emerge_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                              mien_shape shape, const mien_style *style, mien_error *err);

/* All pictures that show several methods: the figure, and these two. */
mien_status mien_figures_write(mien_outdir *dir, const mien_fit *const *fits, size_t n_fits,
                               mien_shape shape, const mien_examples *examples, size_t example,
                               const mien_style *style, mien_error *err);

#endif
