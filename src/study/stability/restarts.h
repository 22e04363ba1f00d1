/* restarts.h - the same method from many starts, side by side.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RESTARTS_H
#define MIEN_RESTARTS_H

#include "mien_study.h"

/* Fills the runs of a stability study: best, best_run, outcomes, basis, consensus.images and
 * consensus.n, and *dominant, runs x consensus.n, which goes back through mien_free(). On failure
 * what is in `out` is still to be freed. Errors as mien_fit_run(). */
mien_status mien_restarts_collect(const mien_method *method, const mien_source *X,
                                  const mien_options *options, mien_stability *out,
                                  uint32_t **dominant, mien_error *err);

#endif
