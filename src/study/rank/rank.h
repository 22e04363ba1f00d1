/* rank.h - how many components: measurements over r, and what criteria make of them.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_H
#define MIEN_RANK_H

#include "study/rank/rank_cells.h"

/* Whether options suit an n x p matrix: MIEN_ERR_ARG, in words of the command line;
 * MIEN_ERR_SHAPE where BLAS does not take the matrix. */
mien_status mien_rank_options_check(const mien_rank_options *options, size_t n, size_t p,
                                    mien_error *err);

/* mien_rank_run() on a source. keeper may be NULL. */
mien_status mien_rank_study(const mien_source *X, const mien_rank_options *options,
                            const mien_cell_keeper *keeper, mien_rank *out, mien_error *err);

#endif
