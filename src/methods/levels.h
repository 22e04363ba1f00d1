/* levels.h - a fit of pictures that begins with smaller ones.
 * SPDX-License-Identifier: MIT
 *
 * Gillis & Glineur, J. Comput. Appl. Math. 236 (2012) 1708: learn on pictures reduced by 4 and by
 * 2, enlarge the basis, keep the weights, and go on where the pictures are whole. Theirs are means
 * of blocks, here a pixel of each block is sampled (data/coarse.h says why). Level 1 is X, a level
 * more halves height and width. A level that is too small for r settles in a valley of its own,
 * which may be a worse one of X: it is left out. */
#ifndef MIEN_LEVELS_H
#define MIEN_LEVELS_H

#include "methods/run.h"

/* How many levels a fit of X has: as many as asked for, or as pay. Refuses more than the pictures
 * or the options allow: MIEN_ERR_ARG, said in err. */
mien_status mien_levels_count(const mien_method *method, const mien_source *X,
                              const mien_options *options, size_t *count, mien_error *err);

/* What the coarser levels leave. */
typedef struct mien_coarse_part {
    mien_trace *trace; /* n_trace rows, iterations counted on from level to level */
    size_t n_trace;
} mien_coarse_part;

/* Run the coarser levels of run->levels from the run's seed: fit->W and H <- where level 1 starts
 * from, fit->snapshots <- theirs, enlarged. With one level, or a start of the user's, nothing is
 * done. MIEN_ERR_NOMEM, MIEN_ERR_NUMERIC and what the method says. */
mien_status mien_levels_descend(mien_run *run, mien_fit *fit, mien_coarse_part *out);

/* The trace of `fit` <- that of the coarser levels, then its own; the part is given back. */
mien_status mien_levels_join(mien_coarse_part *part, mien_fit *fit);

void mien_coarse_part_free(mien_coarse_part *part);

#endif
