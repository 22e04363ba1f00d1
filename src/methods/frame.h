/* frame.h - what runs of a method share, whether it learns or meets new images.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_FRAME_H
#define MIEN_FRAME_H

#include "data/scale.h"
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

/* Set the fit's scores from its W, H and mu in one pass over X (scores.c).
 *   losses, errors   n, an image each, or NULL; see mien_encoding
 * MIEN_ERR_NOMEM, MIEN_ERR_NUMERIC; said in run->err. */
mien_status mien_fit_score(mien_run *run, mien_fit *fit, double *losses, double *errors);

/* Which of how many starts a fit came from: the seeds of starts are not for people. 1 of 1 where
 * there was one. */
void mien_fit_start(const mien_fit *fit, const mien_options *options, size_t *start,
                    size_t *starts);

#endif
