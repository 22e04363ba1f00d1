/* krylov.h - leading principal directions of a large X, by randomised block Krylov iteration.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_KRYLOV_H
#define MIEN_KRYLOV_H

#include "methods/pca/centred.h"

typedef struct mien_krylov_report {
    size_t passes;   /* over X */
    double residual; /* largest ||A v - theta v|| / theta over the directions found */
    bool converged;
} mien_krylov_report;

/* H <- orthonormal basis of the r leading eigenvectors of A = C'C, C = X - 1 mu', largest first.
 * H is r x p, r <= p / 4. Returns MIEN_OK, MIEN_ERR_NOMEM or MIEN_ERR_NUMERIC; not converging is
 * told in the report. */
mien_status mien_krylov_find(const mien_centred *C, size_t r, uint64_t seed, float *H,
                             mien_krylov_report *report);

#endif
