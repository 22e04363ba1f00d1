/* projection.h - new images on the span of a basis: PCA and ICA.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PROJECTION_H
#define MIEN_PROJECTION_H

#include "methods/run.h"

/* fit->W <- (X - 1 mu') H', for orthonormal rows of H: the scores, as in training. Rows of zeros
 * get weights of zero. MIEN_ERR_NOMEM. */
mien_status mien_project(mien_run *run, mien_fit *fit);

/* fit->W <- (X - 1 mu') H'(H H')^+, the least squares of any H. MIEN_ERR_NOMEM, MIEN_ERR_NUMERIC
 * (said in run->err). */
mien_status mien_project_oblique(mien_run *run, mien_fit *fit);

/* Whether c times an image has c times its weights: no mean image is taken off. */
bool mien_projects_in_proportion(const mien_options *options, const mien_fit *model);

#endif
