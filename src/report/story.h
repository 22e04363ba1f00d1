/* story.h - all pictures that show several methods: the figure, how an image is put together from
 * its components, and how components come out of the iterations. SPDX-License-Identifier: MIT */
#ifndef MIEN_STORY_H
#define MIEN_STORY_H

#include "report/pictures.h"

/* figure.png and figure.svg, and but for tables
 *   steps.png   the example assembled in order of what components contribute to it, 1, 2, 3, 4, 5,
 *               6, 8, 10, 14, 20, ... of them; what a step adds above the sum so far; the methods
 *               whose record says so. Steps and sums have one mapping from values to colours, so
 *               that steps can be seen to add up. Not when there is no such method.
 *   emerge.png  six components of the first fit that has snapshots and is drawn in steps, from the
 *               first iteration to the last. Not when there is none. */
void mien_figures_write(mien_output *out, const mien_fit *const *fits, size_t n_fits,
                        const mien_shown *shown);

/* What stands in steps.png: added, sums <- n_steps x p, what a step to steps[s] components adds to
 * image `example`, and the sum of all so far, the mean image included. Components come in the order
 * of what they contribute; steps rise to r at most. MIEN_ERR_NOMEM. */
mien_status mien_story_add_up(const mien_fit *fit, size_t example, const size_t *steps,
                              size_t n_steps, float *added, float *sums);

#endif
