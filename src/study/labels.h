/* labels.h - labels that come with the folders, and how well a clustering agrees with them.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LABELS_H
#define MIEN_LABELS_H

#include "mien.h"

/* The first folder of each path is its label ("s1/4.pgm": s1). labels[i] is its number, 0, 1, ...
 * in the order in which they first occur; *count how many there are, or 0 when these paths bear no
 * labels: fewer than two folders, or an image outside of any. MIEN_ERR_NOMEM. */
mien_status mien_labels_find(const mien_image_info *images, size_t n, size_t *labels, size_t *count,
                             mien_error *err);

typedef struct mien_agreement {
    double adjusted_rand;     /* 1 the same partition, 0 what chance gives, may be negative */
    double normalized_mutual; /* 1 the same partition, 0 independent */
} mien_agreement;

/* Agreement of two partitions of n >= 1 things. The adjusted Rand index is that of Hubert & Arabie,
 * Journal of Classification 2 (1985); mutual information is divided by the arithmetic mean of both
 * entropies. Two trivial partitions of the same kind agree fully: 1. MIEN_ERR_NOMEM. */
mien_status mien_agreement_measure(const size_t *a, const size_t *b, size_t n, mien_agreement *out,
                                   mien_error *err);

#endif
