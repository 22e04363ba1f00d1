/* run.h - one fit in progress: what a method is given and what it calls.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_RUN_H
#define MIEN_RUN_H

#include "base/memory.h"
#include "base/parallel.h"
#include "data/source.h"
#include "mien.h"

struct mien_halving; /* halving.h */
struct mien_keep;    /* keep.h */

/* A start among others: its place, and the run itself, of which copies are no starts. */
typedef struct mien_entrant {
    struct mien_halving *halving;
    size_t index;
    const struct mien_run *run;
} mien_entrant;

/* One fit from one start, as a method sees it. */
typedef struct mien_run {
    const mien_source *X; /* what the method works on: the caller's times a power of two, scale.h */
    int exponent;         /* of two, for all images ... */
    const int *each;      /* ... or, of new images, n of them; NULL: none */
    double unit;          /* a loss of 1 is so much of the caller's X */
    const mien_options *options;
    double tolerance; /* as decided: the user's or the method's own */
    uint64_t seed;    /* of this start */
    mien_pool *pool;
    mien_tiling tiling;
    float *const *buffers; /* one tile a worker, for mien_pass() */
    bool apart;            /* of W each rank has the rows of its images, mien_run_own(), and those
                            * alone are right, before fit() and after it */
    mien_arena *arena;     /* workspace that goes with the fit */
    /* moments of X; of new images those of the caller's */
    const double *mean;   /* p, mean image */
    double total;         /* sum */
    double squares;       /* ||X||_F^2 */
    double variance;      /* ||X - 1 mean'||_F^2; 0 where all images are alike */
    const float *largest; /* n: |x| of an image at most; NULL: not known */
    mien_error *err;      /* for mien_fail() */
    /* kept by mien_run_step() */
    mien_fit *fit;
    const mien_method *method;
    const mien_fit *model; /* new images: whose basis is fixed; otherwise NULL */
    bool told;             /* mien_run_tell() was called */
    bool started;          /* fit->W and H stand at a start, from a coarser level */
    size_t level, levels;  /* 1: X is whole, more: reduced (levels.h); how many there are */
    size_t before;         /* iterations on coarser levels */
    bool refitted;         /* set by a method that went on after the last row of its trace */
    size_t trace_capacity;
    double clock;                /* when the fit began, mien_seconds() */
    size_t starts, finished;     /* starts in all; iterations of the starts that are done */
    bool asked;                  /* the user asked this rank for an end ... */
    bool interrupted;            /* ... and by now all ranks know */
    const mien_entrant *entrant; /* NULL: alone, or all starts go to their end */
    bool behind; /* others promise more: ended by mien_run_step(), the fit is of no use */
    struct mien_keep *keep; /* where the start's state is kept; NULL: nowhere */
    bool out_of_memory;
} mien_run;

/* Pass over X with the run's tiles; sums: of its leaves, or NULL. */
void mien_run_pass(mien_run *run, mien_tile_fn visit, void *context, mien_sums *sums);

/* Rows of `size` bytes, one an image, that such a pass wrote, each rank its own: all come to all.
 */
void mien_run_gather(mien_run *run, void *rows, size_t size);

/* The images whose weights are this rank's to keep right: the first, and *end <- the one behind the
 * last; all of them where weights do not stand apart. And the ranks that go over the others; NULL:
 * none. */
size_t mien_run_own(const mien_run *run, size_t *end);
const struct mien_team *mien_run_apart(const mien_run *run);

/* Add a row to the trace, behind the iterations of coarser levels; false when memory is out. A
 * method that does not know its last loss leaves the last row to fit.c, which measures it. */
bool mien_run_note(mien_run *run, size_t iteration, double loss);

/* Tell the user, in units of the caller's X; false when asked to end, now or before. Loss NaN: none
 * is known. Ranks end together: when one of them was asked to. */
bool mien_run_tell(mien_run *run, size_t iteration, double loss);

/* The two halves of it: tell the user of this rank, as is allowed from within a pass, too, or from
 * what another run tells; and hear in all ranks whether one of them was asked to end. */
bool mien_run_murmur(mien_run *run, size_t iteration, double loss);
bool mien_run_listen(mien_run *run);

/* Note iteration `iteration` and its loss in the trace and tell the user. Returns false when the
 * method has to end now: asked to, behind other starts, or out of memory (fit.c sees to the rest).
 */
bool mien_run_step(mien_run *run, size_t iteration, double loss);

/* Whether the loss fell by less than the tolerance, relatively, over the last `window` rows of the
 * trace. False for tolerance 0. */
bool mien_run_settled(const mien_run *run, size_t window);

/* Seconds of a clock that only runs forward. */
double mien_seconds(void);

/* The value of one of the method's options; the key must be one of them. */
double mien_run_option(const mien_run *run, const char *key);

/* Reorder components, of the run's own weights, too, if there are any: new component k is old
 * component order[k]. The basis moves to memory of its own, r floats are taken from the run's
 * arena; returns MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_fit_reorder(const mien_run *run, mien_fit *fit, const size_t *order);

/* order <- 0 .. r-1 sorted by key, largest first, ties by index. */
void mien_order_descending(const double *key, size_t r, size_t *order);

#endif
