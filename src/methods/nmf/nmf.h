/* nmf.h - what the solvers of non-negative matrix factorization share.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_H
#define MIEN_NMF_H

#include "methods/method.h"

/* State of one factorisation. W and H stay >= 0 and finite throughout. */
typedef struct mien_nmf {
    mien_run *run;
    size_t n, p, r;
    float *W;    /* n x r, the fit's */
    float *H;    /* r x p, the fit's */
    size_t rows; /* images a tile, at most: T below */
    unsigned workers;
    double *weight_sum;  /* r: sums of W's columns */
    double *basis_sum;   /* r: sums of H's rows */
    float *const *own_H; /* where the basis stands while a solver keeps it elsewhere; NULL: in H */
    size_t own_ld;       /* and how far apart its rows are */
    size_t passes;       /* over X before the descent began, counted as iterations */
    bool stalled;        /* set by an iteration: another one would change nothing */
    bool unsettled;      /* set by an iteration: whatever the loss says, there is more to gain */
    size_t pause; /* end after so many, without asking whether the loss has settled; 0: go on */
} mien_nmf;

/* The state for a fit's W and H; workspace from the run's arena. MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_nmf_prepare(mien_run *run, mien_fit *fit, mien_nmf *out);

/* When an iteration learns its loss. */
typedef enum mien_nmf_when {
    MIEN_NMF_LOSS_BEFORE, /* of the state it started from */
    MIEN_NMF_LOSS_AFTER   /* of the state it leaves */
} mien_nmf_when;

/* One iteration: improve W and H and return a loss. */
typedef double (*mien_nmf_iteration)(void *solver);

/* Iterate until the options, the tolerance or nmf->stalled say stop; sets the fit's iterations and
 * stop. */
void mien_nmf_iterate(mien_nmf *nmf, mien_nmf_iteration iteration, mien_nmf_when when,
                      void *solver);

/* One buffer of `count` floats a worker, from the run's arena; NULL when memory is out. */
float **mien_nmf_buffers(mien_nmf *nmf, size_t count);

/* Sums of a pass, from the run's arena: the loss, sums of W's columns (r), `more` doubles that are
 * the solver's own, and floats. */
enum { MIEN_NMF_LOSS, MIEN_NMF_WEIGHTS };
mien_sums mien_nmf_sums(mien_nmf *nmf, size_t more, size_t floats);

/* After the pass: fill weight_sum from its sums. Returns the loss. */
double mien_nmf_take_sums(mien_nmf *nmf, const mien_sums *sums);

/* Fill weight_sum and basis_sum from W and H. */
void mien_nmf_sum_start(mien_nmf *nmf);

/* The loss of W (n x r) and H (r x ldh), by a pass in double; a model under KL counts as at least
 * MIEN_KL_FLOOR. Descents know theirs at no cost as a difference of large sums; where little is
 * left that is noise. NaN, and the run is out of memory, when there is none. */
double mien_nmf_measure(mien_nmf *nmf, mien_loss loss, const float *W, const float *H, size_t ldh);

/* A solver runs the whole descent. MIEN_ERR_NOMEM or MIEN_OK. */
typedef mien_status (*mien_nmf_solver)(mien_nmf *nmf);
mien_status mien_nmf_kl_fast(mien_nmf *nmf);              /* nmf_ccd.c, after some steps of mu */
mien_status mien_nmf_kl_descend(mien_nmf *nmf);           /* nmf_ccd.c */
mien_status mien_nmf_kl_tall(mien_nmf *nmf);              /* nmf_large_n.c */
mien_status mien_nmf_kl_gentle(mien_nmf *nmf, int steps); /* nmf_mu.c, steps an iteration */
mien_status mien_nmf_kl_mu(mien_nmf *nmf);                /* nmf_mu.c */
mien_status mien_nmf_frobenius_mu(mien_nmf *nmf);         /* nmf_mu.c */
mien_status mien_nmf_hals(mien_nmf *nmf);                 /* nmf_hals.c */
mien_status mien_nmf_frobenius_fast(mien_nmf *nmf);       /* nmf_hals.c */

/* Sparser parts. Each says in its file what it minimises and guarantees. */

/* Strengths of the penalties: --sparse-basis and --sparse-weights, 0 to 1. */
typedef struct mien_sparsity {
    double basis, weights;
} mien_sparsity;

mien_status mien_nmf_sparse_kl(mien_nmf *nmf, mien_sparsity strength); /* nmf_l1_kl.c */
mien_status mien_nmf_sparse_frobenius(mien_nmf *nmf,
                                      mien_sparsity strength);       /* nmf_l1_frobenius.c */
mien_status mien_nmf_hoyer(mien_nmf *nmf, mien_sparsity sparseness); /* nmf_hoyer.c */
mien_status mien_nmf_local(mien_nmf *nmf);                           /* nmf_local.c */

/* Part of their start: so many multiplicative steps for the Kullback-Leibler divergence alone, none
 * of them an iteration (nmf_l1_kl.c). MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_nmf_tell_apart(mien_nmf *nmf, int steps);

/* What they add to the loss at the present W and H; hoyer adds nothing. The scale of components
 * makes no difference. */
double mien_nmf_sparse_penalty(const mien_nmf *nmf, mien_sparsity strength, bool kl);
double mien_nmf_local_penalty(const mien_nmf *nmf);

/* Images of the smallest sample that is worth a stage. */
enum { MIEN_NMF_SAMPLE = 512 };

/* Growing samples of X, each by `solve` (nmf_minibatch.c).
 *   least   MIEN_NMF_SAMPLE, or smaller to test the stages on few images */
mien_status mien_nmf_minibatch(mien_nmf *nmf, mien_nmf_solver solve, size_t least);

/* New images: W (zero) becomes the minimum for the H that is held, run->fit says how it ended
 * (nmf_encode.c). price: of the training's penalty, NULL for none.
 * MIEN_ERR_NOMEM or MIEN_OK. */
struct mien_price;
mien_status mien_nmf_kl_encode(mien_nmf *nmf, const struct mien_price *price);
mien_status mien_nmf_frobenius_encode(mien_nmf *nmf, const struct mien_price *price);

/* Training's last step: W becomes the minimum for its own H, from where it stands; the price's c
 * ends as that of W. Nothing but W and the price changes.
 *   rounds  at most, each about as much work as an iteration (frobenius: 40 or more are one pass
 * that goes on until an image is near its minimum); with a price there is no limit, and no end at
 * the user's wish */
mien_status mien_nmf_kl_refit(mien_nmf *nmf, struct mien_price *price, size_t rounds);
mien_status mien_nmf_frobenius_refit(mien_nmf *nmf, struct mien_price *price, size_t rounds);

/* Extrapolation with restart, shared by the accelerated solvers.
 *
 * Ang & Gillis, Neural Computation 31 (2019) 417: an iteration starts from the point
 * y = max(z / 8, z + beta (z - z_before)) instead of the last point z. Here the loss of every new
 * point is known, and a point that is worse than z is thrown away: the next iteration then
 * starts from z itself, from where a descent step cannot fail. So the loss never increases. */
typedef struct mien_extrapolation {
    double beta;  /* in force; 0: a plain step */
    double limit; /* beta grows up to here */
    double loss;  /* of the last accepted point */
    bool stalled; /* a plain step was refused: rounding is all that is left, and the next would be
                   * the same */
} mien_extrapolation;

mien_extrapolation mien_extrapolation_start(void);

/* Judge a new point; true: it is the new z. Adapts beta. */
bool mien_extrapolation_accept(mien_extrapolation *e, double loss);

/* y <- max(z / 8, z + beta (z - before)), elementwise. y may be `before`. */
void mien_extrapolate(float *y, const float *z, const float *before, double beta, size_t count);

/* y <- max(0.95 z, z + beta (z - before)), for multiplicative steps: extrapolated, they send small
 * values to nothing, from where only as many steps bring them back. On CBCL, r = 49, with hidden
 * entries, KL ended at 0.0215 an entry with 1/8 in the place of 0.95, at 0.0154 with it. Three
 * different arrays. */
void mien_mu_extrapolate(float *y, const float *z, const float *before, float beta, size_t count);

/* The same for a descent whose steps work in place and learn the loss of the point they start from.
 * Points are judged where they are left: an extrapolated one that is worse than the last is thrown
 * away, and the next step starts from where that one's step led, which cannot be worse. */
typedef struct mien_leap {
    mien_nmf *nmf;
    mien_extrapolation pace;
    float *W, *H;               /* where the last accepted point's step led */
    float *W_before, *H_before; /* the same of the point before it */
} mien_leap;

/* From nmf's W and H. MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_leap_prepare(mien_nmf *nmf, mien_leap *out);

/* Before a step: nmf's W and H become the point it starts from. */
void mien_leap_begin(mien_leap *leap);

/* After it, with the loss of that point. Returns the loss of the last accepted one. */
double mien_leap_judge(mien_leap *leap, double loss);

/* nmf's W and H become what the descent came to, no worse than any accepted point. */
void mien_leap_end(mien_leap *leap);

/* A random start is uniform up to these, so that the mean of WH is that of X; for a power of two
 * times X they are powers of two times these, and the descent is the same but for its unit. */
typedef struct mien_start_scale {
    double weights, basis;
} mien_start_scale;
mien_start_scale mien_nmf_start_scale(double mean, size_t r);

/* Starts of --init, and the user's own (nmf_start.c). */
mien_status mien_nmf_start(mien_nmf *nmf);

/* The option of mien_nmf_start(). */
#define MIEN_NMF_INIT_CHOICES "random|nndsvda|kmeans"

#endif
