/* membership.h - what the weights say about each image: shares of components, a soft clustering.
 * SPDX-License-Identifier: MIT
 *
 * For methods with MIEN_MEMBERSHIPS, whose weights and basis images are not negative. Component k
 * brings W[i,k] sum_j H[k,j] of image i's brightness; its share is that over the sum for all
 * components. Shares of an image are in 0..1 and sum to 1, or are all 0 when the image uses no
 * component. When all that an image uses is black, its weights themselves are shared out. */
#ifndef MIEN_MEMBERSHIP_H
#define MIEN_MEMBERSHIP_H

#include "base/memory.h"

/* So many exemplars a component, or fewer. The dominant component of an image that uses none. */
enum { MIEN_EXEMPLARS = 8 };
#define MIEN_NO_COMPONENT SIZE_MAX

typedef struct mien_memberships {
    size_t n, r;
    double *brightness;  /* r: sum_j |H[k,j]| */
    size_t *dominant;    /* n: component with the largest share, the first of equals */
    double *entropy;     /* n: -sum_k s log s / log r: 0 one component, 1 all alike; 0 for r = 1 */
    double *mean_share;  /* r: over all images */
    size_t *exemplars;   /* r x MIEN_EXEMPLARS: images by W[i,k], largest first, then by index; of
                          * MIEN_CLUSTERS methods, whose weights are all 1, by distance to the
                          * centroid, nearest first */
    size_t *n_exemplars; /* r: fewer when fewer images have W[i,k] > 0 */
    mien_arena arena;    /* of all that */
} mien_memberships;

/* What a fit says of the images X that it was learned from. MIEN_ERR_ARG when the method has no
 * memberships, MIEN_ERR_SHAPE when X is not n x p, MIEN_ERR_NOMEM. */
mien_status mien_memberships_measure(const mien_fit *fit, const mien_source *X,
                                     mien_memberships *out, mien_error *err);
void mien_memberships_free(mien_memberships *memberships);

/* Shares of image i, r numbers, into `share`. */
void mien_memberships_shares(const mien_memberships *memberships, const mien_fit *fit, size_t i,
                             double *share);

#endif
