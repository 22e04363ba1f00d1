/* masked.h - non-negative matrix factorization of X with hidden entries.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_MASKED_H
#define MIEN_NMF_MASKED_H

#include "base/memory.h"
#include "base/parallel.h"
#include "methods/loss.h"
#include "study/rank/mask.h"
#include "study/rank/masked_noise.h"

typedef struct mien_masked_options {
    mien_loss loss; /* MIEN_LOSS_KL or MIEN_LOSS_HALF_SQUARES */
    size_t r;
    size_t iterations; /* at most so many */
    double tolerance;  /* end when the loss fell by less, relatively, in 10 iterations; 0: never */
    uint64_t seed;     /* of the start */
    size_t starts;     /* short descents of which the best goes on; 0: one */
    mien_mask mask;
    bool (*go_on)(void *user); /* asked before every iteration; false: end now. NULL: go on */
    void *user;
} mien_masked_options;

typedef struct mien_masked_fit {
    size_t n, p, r;
    float *W, *H;    /* n x r and r x p */
    double kept;     /* loss of an entry that was fitted, mean, in double at the returned W, H */
    double held_out; /* loss of a hidden entry, mean; NaN when none is counted */
    mien_held_out_noise noise;
    size_t n_kept;     /* entries that were fitted */
    size_t n_held_out; /* hidden entries that are counted */
    size_t left_out;   /* hidden entries of images or pixels of which nothing was seen */
    size_t iterations;
    bool converged;
    bool
        interrupted; /* go_on said no: W and H are as far as they came, kept and held_out are NaN */
    double *trace;   /* iterations: the loss an entry that was fitted */
    mien_arena arena; /* of W, H and trace */
} mien_masked_fit;

/* Fit W, H >= 0 to the entries of X that the mask leaves.
 *   X        n x p, finite, >= 0, dimensions that BLAS takes: mien_rank_study() has seen to it
 *   options  r and iterations at least 1
 *   pool     the result is the same for any number of threads
 * The loss over fitted entries never increases. An image (or pixel) that is hidden as a whole has
 * weights (or basis values) of 0, and its entries are counted nowhere: left_out says how many.
 * A hidden entry's model counts as at least MIEN_HELD_OUT_FLOOR times the mean of X under
 * MIEN_LOSS_KL: one zero of the model would be an infinite loss. Returns MIEN_OK, MIEN_ERR_DATA
 * (every entry is hidden), MIEN_ERR_NOMEM. */
mien_status mien_masked_fit_run(mien_pool *pool, const mien_source *X,
                                const mien_masked_options *options, mien_masked_fit *out,
                                mien_error *err);
void mien_masked_fit_free(mien_masked_fit *fit);

#define MIEN_HELD_OUT_FLOOR 1e-3

#endif
