/* rank_stability.h - how alike the answers from several starts are, at one r.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_STABILITY_H
#define MIEN_RANK_STABILITY_H

#include "mien.h"

typedef struct mien_rank_stability {
    double stability, error; /* mean similarity of a component with its twins, over components */
    double cophenetic;       /* of the consensus matrix; NaN where it is undefined */
} mien_rank_stability;

/* Whether this build can measure it. */
bool mien_rank_stability_is_there(void);

/* Factorise X `starts` times and compare. Errors as mien_fit_run(). */
mien_status mien_rank_stability_find(const mien_source *X, const mien_rank_options *options,
                                     size_t r, mien_rank_stability *out, mien_error *err);

#endif
