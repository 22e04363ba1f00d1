/* truth.h - what is known of the images beforehand, against the components that were learned.
 * SPDX-License-Identifier: MIT
 *
 * A group (those who wear glasses) is found by a component to the area under the curve, AUC: how
 * often an image of the group has a larger weight of it than an image outside, ties half (Hanley &
 * McNeil, Radiology 143 (1982)). A part that images were made of is found by the component whose
 * basis image looks like it. */
#ifndef MIEN_TRUTH_H
#define MIEN_TRUTH_H

#include "mien.h"

/* The component that tells a group best. */
typedef struct mien_hit {
    size_t component; /* the first of equals */
    double auc;       /* NaN where the group is all or none */
    bool less;        /* the group has less of the component: auc is 1 - AUC */
} mien_hit;

/* Of a method with MIEN_SIGNED, whose components have no sign of their own, a component may also
 * tell by being less: the larger of AUC and 1 - AUC counts. has: fit->n. MIEN_ERR_NOMEM. */
mien_status mien_truth_find(const mien_fit *fit, const bool *has, mien_hit *out);

/* The best of r components flatters small groups. Up to this AUC the best of r that know nothing of
 * a group of `with` among n images gets, 19 times out of 20, when both directions count: the normal
 * approximation of Mann & Whitney's statistic, r independent components. At most 1; NaN where the
 * group is all or none. */
double mien_truth_luck(size_t n, size_t with, size_t r);

/* Pair `count` parts of fit->p pixels with the fit's components, one with one at most, so that the
 * sum of cosines is largest; of MIEN_SIGNED methods of absolute cosines.
 *   component  count, written: r where none is left for a part
 *   cosine     count, written: 0 there
 * MIEN_ERR_DOMAIN (a part that is not finite), MIEN_ERR_NOMEM. */
mien_status mien_truth_match(const mien_fit *fit, const float *parts, size_t count,
                             size_t *component, double *cosine);

#endif
