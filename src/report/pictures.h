/* pictures.h - the pictures of a model and of a comparison.
 * SPDX-License-Identifier: MIT
 *
 * They go into out->folder, in out->style. */
#ifndef MIEN_PICTURES_H
#define MIEN_PICTURES_H

#include "report/files/report_output.h"
#include "report/model/meaning.h"

/* What a run or a saved model has for its pictures. Nothing is owned. */
typedef struct mien_shown {
    mien_shape shape;
    bool is_table;
    char *const *columns; /* of a table: p names, or NULL */
    const mien_examples *examples;
    size_t example; /* the image whose weights are drawn */
} mien_shown;

/* basis.png (of a table a heat-map: columns as rows, sorted by the component in which they are
 * largest), weights.png and reconstruction.png. */
void mien_pictures_write(mien_output *out, const mien_fit *fit, const mien_shown *shown);

/* reconstruction.png alone: the examples above their reconstructions. */
void mien_pairs_write(mien_output *out, const mien_fit *fit, const mien_shown *shown);

/* memberships.png: a row a thing, in the order of its dominant component and its share of it, with
 * a stripe of labels; names for up to 80. meaning holds memberships of out->dataset. */
void mien_memberships_write(mien_output *out, const mien_fit *fit, const mien_meaning *meaning);

/* exemplars.png: a component's basis image and the images that use it most, as the model saw them.
 */
void mien_exemplars_write(mien_output *out, const mien_fit *fit,
                          const mien_memberships *memberships);

/* figure.png and figure.svg: a panel a fit. The original of the example is shown when it is known.
 */
void mien_figure_write(mien_output *out, const mien_fit *const *fits, size_t n_fits,
                       const mien_shown *shown);

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
