/* masked_state.h - what the files of masked factorization share (masked.c says what it
 * does). SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_MASKED_STATE_H
#define MIEN_NMF_MASKED_STATE_H

#include "base/memory.h"
#include "data/source.h"
#include "methods/nmf/nmf_extrapolation.h"
#include "methods/nmf/nmf_hals.h"
#include "study/rank/masked.h"

/* Two points and the one in the making; W is n x r, H is r x ldp. */
typedef struct mien_masked_point {
    float *W, *H;
} mien_masked_point;

/* Sums over hidden entries (masked_spread.c). */
enum { MIEN_SPREAD_BINS = 12 };
typedef struct mien_spread_sums {
    double count[MIEN_SPREAD_BINS]; /* by powers of two of the model over the mean of X */
    double model[MIEN_SPREAD_BINS];
    double square[MIEN_SPREAD_BINS]; /* of what the model leaves */
    double steep, busy, n_busy, n;
} mien_spread_sums;

typedef struct mien_masked {
    const mien_masked_options *options;
    const mien_source *X;
    mien_pool *pool;
    mien_arena arena;
    mien_tiling tiling;
    size_t n, p, r;
    size_t ldp, ldt;                      /* pixels, images of a tile, padded to MIEN_HALS_CHUNK */
    mien_masked_point last, before, next; /* accepted, its predecessor, what a pass makes of it */
    mien_extrapolation pace;
    size_t taken;                                          /* steps since the start */
    float **buffers, **model, **ratio, **target, **turned; /* a tile's, a worker each */
    uint8_t **hidden;
    mien_sums sums; /* of a step: loss, sums of W's columns; W' (x / y) or W' X (r x ldp), W' W */
    float *H_gram;  /* r x r */
    double *basis_sum;   /* r */
    float *inverse;      /* r */
    uint8_t *image_seen; /* n: some entry of it is kept */
    bool *pixel_seen;    /* p: some image's is kept */
    size_t *bad;         /* a worker each: first value that is negative or not finite */
    double mean;
    size_t kept;
    double *H_double; /* r x p; W, Y: a tile's, a worker each */
    double **W_double, **Y_double;
} mien_masked;

/* masked_entries.c: which entries are seen, the mean of X; MIEN_ERR_DOMAIN, MIEN_ERR_DATA. */
mien_status mien_masked_count(mien_masked *m, mien_error *err);
/* Losses of kept and of hidden entries at m->last, in double. MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_masked_score(mien_masked *m, mien_masked_fit *fit);

/* masked_spread.c: one hidden entry more, x with model y > 0; mean of X above 0. */
void mien_spread_add(mien_spread_sums *sums, double mean, double x, double y);
mien_held_spread mien_spread_tell(const mien_spread_sums *sums);

/* masked_steps.c: m->next <- a descent step from the point between m->last and m->before that
 * m->pace says; returns the loss of that point over kept entries. */
double mien_masked_step(mien_masked *m);

#endif
