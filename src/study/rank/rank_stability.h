/* rank_stability.h - how alike the answers from several starts are, at one r.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_STABILITY_H
#define MIEN_RANK_STABILITY_H

#include "mien_study.h"

typedef struct mien_rank_stability {
    double stability, error; /* mean similarity of a component with its twins; over starts */
    double cophenetic;       /* of the consensus matrix; NaN where it is undefined */
    bool interrupted;        /* the callback asked for an end: these numbers are not whole */
} mien_rank_stability;

/* Factorise X options->starts times and compare. `now` is what the callback is told meanwhile.
 * Errors as mien_fit_run(). */
mien_status mien_rank_stability_find(const mien_source *X, const mien_rank_options *options,
                                     size_t r, const mien_progress *now, mien_rank_stability *out,
                                     mien_error *err);

#endif
