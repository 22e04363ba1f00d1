/* labels.h - labels that come with the data, and how well a clustering agrees with them.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LABELS_H
#define MIEN_LABELS_H

#include "base/memory.h"

/* Labels of n things. */
typedef struct mien_labels {
    size_t n, count; /* count 0: these things bear no labels */
    size_t *of;      /* n: 0, 1, ... in the order in which they first occur; owned */
    char **names;    /* count, owned */
} mien_labels;

/* From words, one a thing; where they are NULL, from paths: the last folder of each is its label
 * ("orl/s1/4.pgm": s1). No labels: fewer than two different ones, or an image outside of any
 * folder. MIEN_ERR_NOMEM. */
mien_status mien_labels_find(const mien_image_info *images, char *const *words, size_t n,
                             mien_labels *out, mien_error *err);

/* Those of a data set: its own, or its folders'. */
mien_status mien_labels_of(const mien_dataset *dataset, mien_labels *out, mien_error *err);
void mien_labels_free(mien_labels *labels);

/* How often labels and components come together. */
typedef struct mien_cross {
    size_t labels, r;
    size_t *counts;   /* labels x (r + 1): the last column counts things without a component */
    size_t *order;    /* labels, by the component that most of a label's things have: where
                       * components find the labels, the large counts stand on the diagonal */
    mien_arena arena; /* of both */
} mien_cross;

/* dominant[i] is below r, or it is none. A table of more than a million counts is not made: labels
 * is 0 then. MIEN_ERR_NOMEM. */
mien_status mien_cross_count(const mien_labels *labels, const size_t *dominant, size_t r,
                             mien_cross *out, mien_error *err);
void mien_cross_free(mien_cross *cross);

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
