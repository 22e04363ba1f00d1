/* nmf_start.c - where non-negative matrix factorization starts.
 * SPDX-License-Identifier: MIT
 *
 *   random   uniform entries, scaled so that the mean of WH is the mean of X. Entry (i,k) depends
 *            on the seed and its place alone.
 *   user's   W and H as given (--init-from), as they are. */
#include "methods/nmf.h"

#include "base/rng.h"
#include "base/status.h"

#include <math.h>
#include <string.h>

static mien_status copy_start(const float *from, float *to, size_t rows, size_t columns,
                              const char *what, mien_error *err)
{
    for (size_t i = 0; i < rows * columns; i++) {
        if (!(from[i] >= 0) || !isfinite(from[i]))
            return mien_fail(err, MIEN_ERR_DOMAIN,
                             "start: %s (%zu, %zu) is %g; NMF starts from finite values >= 0", what,
                             i / columns, i % columns, (double)from[i]);
        to[i] = from[i];
    }
    return MIEN_OK;
}

static void start_random(mien_nmf *nmf)
{
    uint64_t seed = nmf->run->seed;
    double mean = nmf->run->total / ((double)nmf->n * (double)nmf->p);
    double scale = 2 * sqrt(mean / (double)nmf->r);
    for (size_t i = 0; i < nmf->n * nmf->r; i++)
        nmf->W[i] = (float)(scale * mien_random_uniform(seed, MIEN_STREAM_WEIGHTS, i));
    for (size_t i = 0; i < nmf->r * nmf->p; i++)
        nmf->H[i] = (float)(scale * mien_random_uniform(seed, MIEN_STREAM_BASIS, i));
}

mien_status mien_nmf_start(mien_nmf *nmf)
{
    const mien_options *options = nmf->run->options;
    mien_error *err = nmf->run->err;
    if (options->start_W) {
        mien_status st = copy_start(options->start_W, nmf->W, nmf->n, nmf->r, "weight", err);
        return st ? st : copy_start(options->start_H, nmf->H, nmf->r, nmf->p, "basis value", err);
    }
    start_random(nmf);
    return MIEN_OK;
}
