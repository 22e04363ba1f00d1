/* encode.c - new images on a learned basis: all that methods share.
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "linalg/blas.h"
#include "methods/frame.h"
#include "methods/method.h"
#include "methods/weights_file.h"

#include <string.h>

/* Rounds of descent at most, for methods that descend; they end when they are near the optimum. */
enum { ROUNDS = 100 };

static mien_status check(const mien_fit *model, const mien_options *options, const mien_source *X,
                         mien_error *err)
{
    if (X->n == 0)
        return mien_fail(err, MIEN_ERR_SHAPE, "no images");
    if (X->p != model->p)
        return mien_fail(err, MIEN_ERR_SHAPE, "images of %zu pixels, the model wants %zu", X->p,
                         model->p);
    if (!mien_blas_fits(X->n) || !mien_blas_fits(X->p) || !mien_blas_fits(model->r))
        return mien_fail(err, MIEN_ERR_SHAPE, "%zu images of %zu pixels are too many", X->n, X->p);
    return mien_options_check(options, model->method, err);
}

/* Room for the answer, with a copy of the model's basis. */
static mien_status allocate(const mien_fit *model, size_t n, mien_encoding *e)
{
    size_t p = model->p, r = model->r;
    mien_fit *fit = &e->fit;
    *fit = (mien_fit){.method = model->method, .n = n, .p = p, .r = r, .seed = model->seed};
    fit->W = mien_alloc_array(n * r, sizeof *fit->W);
    fit->H = mien_alloc_raw(r * p, sizeof *fit->H);
    fit->mu = model->mu ? mien_alloc_raw(p, sizeof *fit->mu) : NULL;
    e->losses = mien_alloc_array(n, sizeof *e->losses);
    e->errors = mien_alloc_array(n, sizeof *e->errors);
    if (!fit->W || !fit->H || (model->mu && !fit->mu) || !e->losses || !e->errors)
        return MIEN_ERR_NOMEM;
    memcpy(fit->H, model->H, r * p * sizeof *fit->H);
    if (model->mu)
        memcpy(fit->mu, model->mu, p * sizeof *fit->mu);
    return MIEN_OK;
}

static mien_status encode(mien_run *run, mien_encoding *e)
{
    mien_arena *outer = run->arena, arena = {0};
    run->fit = &e->fit;
    run->arena = &arena;
    run->starts = 1;
    mien_unit_enter(run, &e->fit);
    mien_status st = run->method->encode(run, &e->fit);
    if (st == MIEN_ERR_NOMEM)
        mien_fail_plain(run->err, st);
    if (!st && run->interrupted)
        e->fit.stop = MIEN_STOP_INTERRUPTED;
    mien_arena_free(&arena); /* before the scores take theirs */
    run->arena = outer;
    if (!st)
        st = mien_fit_score(run, &e->fit, e->losses, e->errors);
    return st ? st : mien_unit_return_encoding(run, run->model, &e->fit);
}

mien_status mien_fit_encode(const mien_fit *model, const mien_options *options,
                            const mien_source *X, mien_encoding *out, mien_error *err)
{
    mien_status st = mien_check_given(err, model, options, X, out);
    if (!st)
        st = check(model, options, X, err);
    if (st)
        return st;
    mien_options today = *options;
    today.r = model->r;
    today.iterations = ROUNDS;
    today.start_W = today.start_H = NULL;
    mien_encoding e = {0};
    mien_frame frame;
    st = mien_frame_open(&frame, model->method, X, &today, model, err);
    if (!st && allocate(model, X->n, &e))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    frame.run.apart = mien_weights_are_filed(&frame.run) && model->method->weights_apart &&
                      model->method->weights_apart(&today);
    if (!st)
        st = encode(&frame.run, &e);
    if (!st) {
        mien_weights_settle(&frame.run, &e.fit);
        e.fit.seconds = mien_seconds() - frame.run.clock;
        *out = e;
        e = (mien_encoding){0};
    }
    mien_encoding_free(&e);
    mien_frame_close(&frame);
    return st;
}
