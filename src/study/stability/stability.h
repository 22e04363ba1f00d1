/* stability.h - judging runs that were collected.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STABILITY_H
#define MIEN_STABILITY_H

#include "mien_study.h"

/* Match, judge and count. Given: method, n, p, r, runs, best_run, outcomes, basis, mean_loss, and
 * consensus.n; `dominant` is runs x consensus.n, and is left with the rows of the judged runs
 * first. Writes the rest. Which of two copies is judged depends on their order alone; the verdicts
 * depend on what the runs hold, not on their order or that of images, pixels or components. On
 * failure what is in `study` is still to be freed. MIEN_ERR_NOMEM, MIEN_ERR_DOMAIN. */
mien_status mien_stability_judge(mien_stability *study, uint32_t *dominant, unsigned threads,
                                 mien_error *err);

#endif
