/* frame.h - what runs of a method share, whether it learns or meets new images.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_FRAME_H
#define MIEN_FRAME_H

#include "data/scale.h"
#include "methods/loss.h"
#include "methods/run.h"

/* A run with its pool, its buffers and the moments of X. */
typedef struct mien_frame {
    mien_run run;
    mien_arena arena; /* what goes with the frame; run.arena until the run gets another one */
    mien_scaling scaling;
    mien_source scaled; /* the run's X, where it is not the caller's */
    int blas_threads;
} mien_frame;

/* Refuses X that is not finite or, where the method says so, negative: MIEN_ERR_DOMAIN;
 * MIEN_ERR_NOMEM. To be closed in any case. X, options, model and err have to outlive the frame.
 *   model   X are new images for it; NULL: X is to be learned from */
mien_status mien_frame_open(mien_frame *frame, const mien_method *method, const mien_source *X,
                            const mien_options *options, const mien_fit *model, mien_error *err);
void mien_frame_close(mien_frame *frame);

/* What X is, image by image: is it finite and non-negative, its sum, its squares, its mean. */
typedef struct mien_moments {
    size_t p;
    const float *near; /* p: the first image; sums around it lose no digits to a large mean */
    size_t *bad;       /* a worker each: first entry i p + j that is not finite, or SIZE_MAX */
    size_t *negative;  /* the same for negative entries */
    float *each;       /* n: an image's largest, or NULL */
} mien_moments;

enum { MIEN_MOMENTS = 2 }; /* and p doubles are summed */

/* Of run->X. Memory from the arena, which tells whether it failed. */
mien_moments mien_moments_prepare(const mien_run *run, mien_arena *arena);

/* The tile's images are added to its doubles, of which this takes the first. */
void mien_moments_add(const mien_moments *moments, const mien_tile *tile);

/* The run's moments <- sums over n images; run->mean is `mean` (p) then. */
void mien_moments_take(const mien_moments *moments, const double *sums, size_t n, mien_run *run,
                       double *mean);

/* MIEN_ERR_DOMAIN, named in run->err, for an entry that the run's method does not take.
 *   place   where an image of a tile stands in X; NULL: there */
mien_status mien_moments_check(const mien_moments *moments, const mien_run *run,
                               size_t (*place)(const void *context, size_t image),
                               const void *context);

/* The moments of run->X, from the run's arena: of a run on another X than the frame's. Errors as
 * mien_frame_open(). */
mien_status mien_run_measure(mien_run *run);

/* The copy of a model in `fit` goes into the run's unit: its mean image and, where that has a unit,
 * its basis. Then back. */
void mien_unit_enter(const mien_run *run, mien_fit *fit);
void mien_unit_leave(const mien_run *run, mien_fit *fit);

/* A whole fit, with its trace and snapshots, of the run's unit becomes one of the caller's X; or an
 * encoding with a copy of the model does. MIEN_ERR_NUMERIC: it leaves float32; said in run->err. */
mien_status mien_unit_return(const mien_run *run, mien_fit *fit);
mien_status mien_unit_return_encoding(const mien_run *run, const mien_fit *model, mien_fit *fit);

/* How images are scored by a basis. */
typedef struct mien_scorer {
    size_t p, r;
    mien_loss loss;
    const float *mu; /* p, or NULL */
    double *H;       /* r x p */
    double **W, **Y; /* a tile's weights and model, one a worker */
} mien_scorer;

typedef struct mien_score {
    double loss;
    double residual; /* ||x - mu - w H||^2 */
    double square;   /* ||x||^2 */
} mien_score;

/* For tiles of the run's size. Memory from the arena, which tells whether it failed. */
mien_scorer mien_scorer_prepare(const mien_run *run, const mien_fit *fit, mien_arena *arena);

/* each (count) <- scores of a tile's images with weights W (count x r). */
void mien_score_tile(const mien_scorer *scorer, const mien_tile *tile, const float *W,
                     mien_score *each);

/* |x - y| / |x|. */
double mien_score_error(const mien_score *score);

/* Hoyer 2004: (sqrt p - |v|_1 / |v|_2) / (sqrt p - 1); 0 for v = 0, of which *zero tells. */
double mien_sparseness(const float *v, size_t p, bool *zero);

/* The same, mean over the rows that are not zero. */
double mien_sparseness_mean(const float *rows, size_t count, size_t p);

/* 1 - residual / variance; 0 where all images are alike. */
double mien_score_explained(double residual, double variance);

/* Set the fit's scores from its W, H and mu in one pass over X (scores.c).
 *   losses, errors   n, an image each, or NULL; see mien_encoding
 * MIEN_ERR_NOMEM, MIEN_ERR_NUMERIC; said in run->err. */
mien_status mien_fit_score(mien_run *run, mien_fit *fit, double *losses, double *errors);

/* Which of how many starts a fit came from: the seeds of starts are not for people. 1 of 1 where
 * there was one. */
void mien_fit_start(const mien_fit *fit, const mien_options *options, size_t *start,
                    size_t *starts);

#endif
