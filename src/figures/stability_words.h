/* stability_words.h - what a stability study is summed up as, and the order of its components.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STABILITY_WORDS_H
#define MIEN_STABILITY_WORDS_H

#include "mien_study.h"

/* "31 of 49 components are found again" and the like: room for 200 bytes. */
void mien_stability_words(const mien_stability *study, char *text, size_t size);

/* How many runs are counted and how many are not: "8 runs", "8 of 12 runs, 4 in local minima". */
void mien_stability_run_words(const mien_stability *study, char *text, size_t size);

/* order <- components, the most similar to their twins first: by median, then worst, then number;
 * copies last. */
void mien_stability_sort(const mien_stability *study, size_t *order);

/* Whether the certificate and the runs together say that parts differ because the models W H do. */
bool mien_stability_models_differ(const mien_stability *study);

/* Median and largest loss of the runs. MIEN_ERR_NOMEM. */
mien_status mien_stability_losses(const mien_stability *study, double *median, double *largest);

/* Whether losses are told best in percent above the least: not where that is zero or far below. */
bool mien_stability_in_percent(const mien_stability *study);

#endif
