/* nmf_state.h - the state of one factorisation, and what its solvers share.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_STATE_H
#define MIEN_NMF_STATE_H

#include "methods/keep.h"
#include "methods/method.h"

/* Strengths of a penalty, 0 to 1: of the options sparse-basis and sparse-weights. */
typedef struct mien_sparsity {
    double basis, weights;
} mien_sparsity;

/* State of one factorisation. W and H stay >= 0 and finite throughout. */
typedef struct mien_nmf {
    mien_run *run;
    size_t n, p, r;
    float *W;                  /* n x r, the fit's */
    float *H;                  /* r x p, the fit's */
    mien_sparsity strength;    /* of the solver's penalty */
    size_t rows;               /* images a tile, at most: T below */
    const mien_tiling *tiling; /* by which ranks share rows of W: the run's, or the solver's own */
    unsigned workers;
    double *weight_sum; /* r: sums of W's columns */
    double *basis_sum;  /* r: sums of H's rows */
    float **own_H;      /* where the basis stands while it is kept elsewhere; NULL: in H */
    size_t own_ld;      /* and how far apart its rows are: mien_nmf_keep_basis() */
    size_t passes;      /* over X before the descent began, counted as iterations */
    bool stalled;       /* set by an iteration: another one would change nothing */
    bool unsettled;     /* set by an iteration: whatever the loss says, there is more to gain */
    size_t pause; /* end after so many, without asking whether the loss has settled; 0: go on */
} mien_nmf;

/* The state for a fit's W and H; workspace from the run's arena. MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_nmf_prepare(mien_run *run, mien_fit *fit, mien_nmf *out);

/* ---------------------------------------------------------------- solvers */

struct mien_weight_cost; /* nmf_weight_cost.h */

/* What is minimised but for a penalty (nmf_encode.c). */
typedef struct mien_nmf_objective {
    const char *name; /* a word of the option "objective" */
    mien_loss loss;
    /* New images: W (zero) becomes the minimum for the H that is fixed, run->fit says how it ended.
     * cost: of weights, by the training's penalty; NULL for none. MIEN_ERR_NOMEM or MIEN_OK. */
    mien_status (*encode)(mien_nmf *nmf, const struct mien_weight_cost *cost);
    /* Training's last step: W becomes the minimum for its own H, from where it stands; the cost's c
     * ends as that of W. Nothing but W and the cost changes.
     *   rounds  at most, each about as much work as an iteration (frobenius: 40 or more are one
     * pass that goes on until an image is near its minimum; with a cost 100 rounds, whatever is
     * asked for). The user is told of each, and may ask for an end */
    mien_status (*refit)(mien_nmf *nmf, struct mien_weight_cost *cost, size_t rounds);
} mien_nmf_objective;

extern const mien_nmf_objective mien_nmf_kl, mien_nmf_frobenius;

typedef mien_status (*mien_nmf_descend_fn)(mien_nmf *nmf);

/* One way to minimise: a record for each solver, objective and penalty that go together. It stands
 * at the end of the file of its descent, and nmf.c lists it; nothing else knows which there are. */
typedef struct mien_nmf_solver {
    const char *solver; /* a word of the option "solver" */
    const mien_nmf_objective *objective;
    const char *penalty; /* a word of the option "penalty"; NULL: none is in force */
    /* The whole descent, from W and H. MIEN_ERR_NOMEM or MIEN_OK. */
    mien_nmf_descend_fn descend;
    const mien_streaming *streaming; /* from images that pass by once; NULL: it needs its weights */
    bool refits;                     /* a last step makes the weights the minimum for the basis */
    bool apart;                      /* where it is in force weights may stand apart (method.h) */
    bool levels;                     /* a start from smaller pictures pays (levels.h), measured */

    /* of a penalty alone */
    bool has_strength; /* sparse-basis and sparse-weights say how strong; one has to be above 0 */
    /* A constraint on the weights of all images together (sparse-weights above 0), under which
     * those of a single one mean nothing: they are found without it. */
    bool binds_weights;
    const char *words; /* what is minimised beside the loss, or under what; for fit->note */
    /* What the penalty adds to the loss at the present W and H; the scale of components makes no
     * difference. NULL: it is a constraint, and adds nothing. */
    double (*value)(const mien_nmf *nmf);
    /* The cost of weights on the basis nmf->H, without c where that follows from the weights.
     * Memory from the run's arena: MIEN_ERR_NOMEM. NULL: weights cost nothing.
     *   n, mean   of the training images: how many, and their mean pixel */
    mien_status (*weight_cost)(const mien_nmf *nmf, size_t n, double mean,
                               struct mien_weight_cost *out);
    bool follows_weights; /* c follows from norms of all training weights */
} mien_nmf_solver;

/* Descents that several solvers have: nmf_ccd.c, nmf_large_n.c, nmf_hals.c. */
mien_status mien_nmf_kl_descend(mien_nmf *nmf); /* for nmf's size the better of the next two */
mien_status mien_nmf_kl_ccd(mien_nmf *nmf);
mien_status mien_nmf_kl_large_n(mien_nmf *nmf);
mien_status mien_nmf_kl_warm_up(mien_nmf *nmf, int steps); /* nmf_mu.c, steps an iteration */
mien_status mien_nmf_frobenius_fast(mien_nmf *nmf);

/* Images that pass by once: nmf_stream.c. */
extern const mien_streaming mien_nmf_stream_kl, mien_nmf_stream_frobenius;

/* nmf.c: the fit without weights in canonical form; weight_sums (r) of its images. MIEN_ERR_NOMEM.
 */
mien_status mien_nmf_finish(mien_nmf *nmf, mien_fit *fit, const double *weight_sums);

/* Images of the smallest sample that is worth a stage. */
enum { MIEN_NMF_SAMPLE = 512 };

/* Growing samples of X, each by `solve` (nmf_minibatch.c).
 *   least   MIEN_NMF_SAMPLE, or smaller to test the stages on few images */
mien_status mien_nmf_minibatch(mien_nmf *nmf, mien_nmf_descend_fn solve, size_t least);

/* ---------------------------------------------------------------- iterations */

/* Loops of a fit, see keep.h: the one that ends after nmf->pause, and the last. */
#define MIEN_NMF_WARM_UP "warm-up"
#define MIEN_NMF_DESCENT "descent"

/* When an iteration learns its loss. */
typedef enum mien_nmf_when {
    MIEN_NMF_LOSS_BEFORE, /* of the state it started from */
    MIEN_NMF_LOSS_AFTER   /* of the state it leaves */
} mien_nmf_when;

/* One iteration: improve W and H and return a loss. */
typedef double (*mien_nmf_iteration)(void *solver);

/* What every descent goes on from: W, H or where it is kept, the sums of both. To be called once,
 * when they stand there and before anything is made of them. */
void mien_nmf_keep(mien_nmf *nmf);

/* And n x r weights more, of which each rank has those of its images. */
void mien_nmf_keep_rows(mien_nmf *nmf, const char *name, float **slot);

/* Iterate until the options, the tolerance or nmf->stalled say stop; sets the fit's iterations and
 * stop. An iteration may let nmf->W and H point elsewhere: in the end the fit's hold what they
 * hold. */
void mien_nmf_iterate(mien_nmf *nmf, mien_nmf_iteration iteration, mien_nmf_when when,
                      void *solver);

/* The basis is kept at *H, r rows ld apart, while the solver iterates: copied there now, and back
 * in the end. *H may change places. */
void mien_nmf_keep_basis(mien_nmf *nmf, float **H, size_t ld);

/* Two pointers change places. */
static inline void mien_nmf_swap(float **a, float **b)
{
    float *t = *a;
    *a = *b;
    *b = t;
}

/* Rows of W that ranks wrote in a pass, each its own: all come to all. */
void mien_nmf_gather(mien_nmf *nmf);

/* The same in the end of a loop: not where weights stand apart. */
void mien_nmf_bring_together(mien_nmf *nmf);

/* Passes that write W go by this tiling from now on: where weights stand apart, rows go to the
 * ranks that have them in it. */
void mien_nmf_tile_by(mien_nmf *nmf, const mien_tiling *tiling);

/* The images whose weights are this rank's, as mien_run_own(), by the tiling in force. */
size_t mien_nmf_own(const mien_nmf *nmf, size_t *end);

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

/* `loss` + the sum of WH, which comes from weight_sum and the sums of the rows of H (r x ldh). */
double mien_nmf_add_model(const mien_nmf *nmf, const float *H, size_t ldh, double loss);

/* Sum and sum of squares of column k of W and of row k of H; w may be NULL. */
void mien_nmf_sides(const mien_nmf *nmf, size_t k, double w[2], double h[2]);

/* The mean pixel of X. */
double mien_nmf_mean(const mien_nmf *nmf);

/* The loss of W (n x r) and H (r x ldh), by a pass in double; a model under KL counts as at least
 * MIEN_KL_FLOOR. Descents know theirs at no cost as a difference of large sums; where little is
 * left that is noise. NaN, and the run is out of memory, when there is none. */
double mien_nmf_measure(mien_nmf *nmf, mien_loss loss, const float *W, const float *H, size_t ldh);

/* ---------------------------------------------------------------- start (nmf_start.c) */

/* A random start is uniform up to these, so that the mean of WH is that of X; for a power of two
 * times X they are powers of two times these, and the descent is the same but for its unit. */
typedef struct mien_start_scale {
    double weights, basis;
} mien_start_scale;
mien_start_scale mien_nmf_start_scale(double mean, size_t r);

/* The start that the options ask for: the user's own, or one of the option "init". */
mien_status mien_nmf_start(mien_nmf *nmf);
#define MIEN_NMF_INIT_CHOICES "random|nndsvda|kmeans"

#endif
