/* folds.c - errors of training images by fits that have not seen them.
 * SPDX-License-Identifier: MIT
 *
 * NMF has no closed form for an image left out, and a basis that has seen it once remembers: folds
 * are fitted from a start of their own. Three folds with a quarter of the fit's iterations each
 * cost about as much as one more fit (early iterations are the dear ones). That is enough: on
 * halves of the bundled faces, of ORL and of CBCL (KL, r = 25 and 49) 95th percentiles lay within 5
 * % of those of five folds to convergence, most above, since fewer images and fewer iterations make
 * a fold's basis somewhat worse. Ten folds of a tenth of the iterations were 6 to 11 % off. */
#include "base/status.h"
#include "data/source.h"
#include "methods/held_out.h"
#include "methods/keep.h"
#include "methods/spread.h"

#include <stdio.h>

enum { FOLDS = 3, ITERATIONS_LEAST = 15 };

struct folds {
    const mien_fit *fit;
    const mien_source *X;
    mien_options options; /* of a fold's fit */
    const char *name;     /* of the fit, in a checkpoint */
    size_t count;         /* images that are measured */
    size_t *seen, *unseen;
    double *errors; /* count */
    bool ended;     /* by the progress function, or since a fold cannot be fitted */
};

/* Every FOLDS-th of the measured images is unseen, all others are seen. */
static void split(struct folds *f, size_t fold, mien_selection *seen, mien_selection *unseen)
{
    size_t n = f->X->n, at = 0;
    *seen = (mien_selection){.from = f->X, .rows = f->seen};
    *unseen = (mien_selection){.from = f->X, .rows = f->unseen};
    for (size_t i = 0; i < n; i++) {
        bool measured = at < f->count && mien_held_out_place(at, n) == i;
        if (measured && at % FOLDS == fold)
            f->unseen[unseen->n++] = i;
        else
            f->seen[seen->n++] = i;
        at += measured;
    }
}

static mien_status measure_fold(struct folds *f, size_t fold, mien_error *err)
{
    mien_selection seen, unseen;
    mien_fit fit = {0};
    mien_encoding encoding = {0};
    char name[MIEN_KEEP_NAME];
    snprintf(name, sizeof name, "%s, fold %zu", f->name, fold + 1);
    f->options.checkpoint_as = name;
    split(f, fold, &seen, &unseen);
    if (unseen.n == 0)
        return MIEN_OK;
    mien_source some = mien_selection_source(&seen), rest = mien_selection_source(&unseen);
    f->ended = f->options.r > mien_components_max(f->fit->method, some.n, some.p);
    if (f->ended)
        return MIEN_OK;
    mien_status st = mien_fit_run(f->fit->method, &some, &f->options, &fit, err);
    if (!st && fit.stop != MIEN_STOP_INTERRUPTED)
        st = mien_fit_encode(&fit, &f->options, &rest, &encoding, err);
    f->ended = fit.stop == MIEN_STOP_INTERRUPTED || encoding.fit.stop == MIEN_STOP_INTERRUPTED;
    for (size_t at = 0; !st && !f->ended && at < unseen.n; at++)
        f->errors[fold + at * FOLDS] = encoding.errors[at];
    mien_encoding_free(&encoding);
    mien_fit_free(&fit);
    return st;
}

/* As many iterations as all starts of the fit had, shared out among the folds; the fit's at most.
 */
static size_t iterations_of_fold(const mien_fit *fit, size_t starts)
{
    size_t share = fit->iterations * starts / (FOLDS + 1);
    size_t most = fit->iterations > ITERATIONS_LEAST ? fit->iterations : ITERATIONS_LEAST;
    return share < ITERATIONS_LEAST ? ITERATIONS_LEAST : share > most ? most : share;
}

mien_status mien_fold_errors(mien_fit *fit, size_t starts, const mien_options *options,
                             const mien_source *X, mien_error *err)
{
    mien_arena arena = {0};
    struct folds f = {.fit = fit, .X = X, .options = *options, .count = mien_held_out_count(X->n)};
    f.name =
        options->checkpoint_as ? options->checkpoint_as : mien_method_describe(fit->method)->name;
    if (X->n < 2)
        return MIEN_OK;
    f.options.r = fit->r;
    f.options.seed = fit->seed;
    f.options.restarts = 1;
    f.options.snapshots = false;
    f.options.view = NULL;
    f.options.iterations = iterations_of_fold(fit, starts);
    f.options.start_W = f.options.start_H = NULL;
    f.options.weights_file = NULL;
    f.seen = mien_arena_alloc(&arena, X->n, sizeof *f.seen);
    f.unseen = mien_arena_alloc(&arena, f.count, sizeof *f.unseen);
    f.errors = mien_arena_alloc(&arena, f.count, sizeof *f.errors);
    mien_status st = arena.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    for (size_t fold = 0; fold < FOLDS && !st && !f.ended; fold++)
        st = measure_fold(&f, fold, err);
    if (!st && !f.ended && mien_quantiles_measure(f.errors, f.count, &fit->held_out))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_arena_free(&arena);
    return st;
}
