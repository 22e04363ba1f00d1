/* rank_pca.h - how many principal components: what the eigenvalues of X say.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RANK_PCA_H
#define MIEN_RANK_PCA_H

#include "base/memory.h"
#include "base/parallel.h"

/* Up to this smaller side of X all eigenvalues are computed; above, the criteria are left out. */
enum { MIEN_RANK_PCA_MAX = 2048, MIEN_RANK_PERMUTATIONS = 5 };

typedef struct mien_rank_pca {
    size_t n, p, side;
    double *values;   /* side: eigenvalues of C'C / (n - 1), C = X - 1 mu', largest first */
    double *raw;      /* side: singular values of X itself */
    double *permuted; /* side: largest of each eigenvalue over permuted copies of X */
    mien_arena arena; /* of these */
    /* choices; 0: there is none, see notes */
    size_t minka, gavish_donoho, parallel;
    char minka_note[96]; /* why there is none; else "" */
} mien_rank_pca;

/* Gavish & Donoho 2014: omega(beta), beta = smaller / larger side in (0, 1]: singular values above
 * omega times their median are kept. Median of Marchenko & Pastur's law by bisection. */
double mien_gavish_donoho_omega(double beta);

/* All criteria; permuted copies by `seed`. MIEN_OK, MIEN_ERR_NOMEM, MIEN_ERR_NUMERIC, and
 * MIEN_ERR_SHAPE when the smaller side is above MIEN_RANK_PCA_MAX or below 2. */
mien_status mien_rank_pca_find(mien_pool *pool, const mien_source *X, uint64_t seed,
                               mien_rank_pca *out, mien_error *err);
void mien_rank_pca_free(mien_rank_pca *pca);

#endif
