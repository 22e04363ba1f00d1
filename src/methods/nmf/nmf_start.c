/* nmf_start.c - where non-negative matrix factorization starts.
 * SPDX-License-Identifier: MIT
 *
 *   user's    W and H as given, as they are.
 *   random    uniform entries, scaled so that the mean of WH is the mean of X. Entry (i,k) depends
 *             on the seed and its place alone.
 *   nndsvda   Boutsidis & Gallopoulos, Pattern Recognition 41 (2008): of every singular triple
 *             (u, s, v) of X the stronger of (u+, v+) and (u-, v-), the non-negative parts; zeros
 *             are filled with the mean of X. The same for every seed.
 *   kmeans    H the centroids of k-means, W its memberships, softened: 1.2 for the image's own
 *             centroid, 0.2 for the others (Xue, Tong, Chen & Chen 2008; Ding, Li & Jordan 2010).
 *
 * The last two give min(r, N, p) and min(r, N) components; others are random. */
#include "methods/nmf/nmf_state.h"

#include "base/rng.h"
#include "base/status.h"
#include "data/scale.h"
#include "methods/pca/spectrum.h"

#include <math.h>
#include <string.h>

enum { INIT_RANDOM, INIT_NNDSVDA, INIT_KMEANS }; /* as in MIEN_NMF_INIT_CHOICES */

/* Entries of a start, and whether they can be one. */
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

/* A component of zeros is no start: nothing that any descent does brings it back. */
static mien_status check_components(const mien_nmf *nmf)
{
    for (size_t k = 0; k < nmf->r; k++) {
        bool weights = false, basis = false;
        for (size_t i = 0; i < nmf->n && !weights; i++)
            weights = nmf->W[i * nmf->r + k] > 0;
        for (size_t j = 0; j < nmf->p && !basis; j++)
            basis = nmf->H[k * nmf->p + j] > 0;
        if (!weights || !basis)
            return mien_fail(nmf->run->err, MIEN_ERR_DOMAIN,
                             "start: component %zu has %s of zeros, from which NMF cannot learn: "
                             "give it some positive values, or leave the component out",
                             k + 1, basis ? "weights" : "a basis image");
    }
    return MIEN_OK;
}

/* The user's start in the run's unit: basis images become at most 1, where they are far from it,
 * and weights take what they lose. */
static void scale_start(mien_nmf *nmf)
{
    for (size_t k = 0; k < nmf->r; k++) {
        float *h = nmf->H + k * nmf->p;
        int on_basis = mien_scale_exponent(mien_scale_largest(h, nmf->p));
        int on_weights = nmf->run->exponent - on_basis;
        mien_scale_floats(h, h, nmf->p, on_basis);
        for (size_t i = 0; i < nmf->n && on_weights; i++)
            mien_scale_floats(&nmf->W[i * nmf->r + k], &nmf->W[i * nmf->r + k], 1, on_weights);
    }
}

static mien_status start_as_given(mien_nmf *nmf)
{
    const mien_options *options = nmf->run->options;
    mien_error *err = nmf->run->err;
    mien_status st = copy_start(options->start_W, nmf->W, nmf->n, nmf->r, "weight", err);
    if (!st)
        st = copy_start(options->start_H, nmf->H, nmf->r, nmf->p, "basis value", err);
    if (!st)
        st = check_components(nmf);
    if (!st)
        scale_start(nmf);
    return st;
}

mien_start_scale mien_nmf_start_scale(double mean, size_t r)
{
    /* the mean of a power of two times X has the same digits in [1/4, 1/2) */
    enum { QUARTER = -1 };
    int exponent;
    double digits = frexp(mean, &exponent), scale;
    exponent -= QUARTER;
    scale = 2 * sqrt(ldexp(digits, QUARTER) / (double)r);
    int half = exponent / 2; /* of an odd exponent the weights take one more */
    return (mien_start_scale){ldexp(scale, exponent - half), ldexp(scale, half)};
}

static void start_random(mien_nmf *nmf)
{
    uint64_t seed = nmf->run->seed;
    mien_start_scale scale = mien_nmf_start_scale(mien_nmf_mean(nmf), nmf->r);
    size_t end, first = mien_nmf_own(nmf, &end);
    for (size_t i = first * nmf->r; i < end * nmf->r; i++)
        nmf->W[i] = (float)(scale.weights * mien_random_uniform(seed, MIEN_STREAM_WEIGHTS, i));
    for (size_t i = 0; i < nmf->r * nmf->p; i++)
        nmf->H[i] = (float)(scale.basis * mien_random_uniform(seed, MIEN_STREAM_BASIS, i));
}

/* ---------------------------------------------------------------- from another method */

/* A fit of another kind, r components, on the same data; freed with mien_fit_free(). */
static mien_status prepare_guest(const mien_nmf *nmf, size_t r, mien_fit *fit)
{
    *fit = (mien_fit){.n = nmf->n,
                      .p = nmf->p,
                      .r = r,
                      .seed = nmf->run->seed,
                      .W = mien_alloc_array(nmf->n * r, sizeof(float)),
                      .H = mien_alloc_array(r * nmf->p, sizeof(float))};
    return fit->W && fit->H ? MIEN_OK : MIEN_ERR_NOMEM;
}

/* Enough for k-means to settle; the iterations of the options are about the factorisation that
 * follows. */
enum { GUEST_ITERATIONS = 300 };

/* The run as the other method sees it: silent, from a start of its own. */
static mien_run guest_run(const mien_nmf *nmf, mien_options *options, mien_fit *fit)
{
    mien_run run = *nmf->run;
    *options = *nmf->run->options;
    options->r = fit->r;
    options->iterations = GUEST_ITERATIONS;
    options->progress = NULL;
    options->start_W = options->start_H = NULL;
    run.options = options;
    run.fit = fit;
    run.trace_capacity = 0;
    run.keep = NULL;
    run.apart = false;
    return run;
}

/* ---------------------------------------------------------------- nndsvda */

/* Squared norms of the positive and of the negative part of `count` numbers, `stride` apart. */
static void part_norms(const float *v, size_t count, size_t stride, double *positive,
                       double *negative)
{
    *positive = *negative = 0;
    for (size_t i = 0; i < count; i++) {
        double x = v[i * stride];
        *(x > 0 ? positive : negative) += x * x;
    }
}

/* to <- scale * the part of v with this sign, and `fill` where it is zero. */
static void take_part(const float *v, size_t stride, float *to, size_t to_stride, size_t count,
                      double sign, double scale, double fill)
{
    for (size_t i = 0; i < count; i++) {
        double x = sign * v[i * stride];
        to[i * to_stride] = (float)(x > 0 ? x * scale : fill);
    }
}

/* Component k from the scores w = s u and the direction v. With both parts of unit length the
 * component has the weight s |u+| |v+|, half of whose root goes to either side. */
static void split_triple(mien_nmf *nmf, const mien_fit *svd, size_t k, double fill)
{
    const float *w = svd->W + k, *v = svd->H + k * nmf->p;
    double w_plus, w_minus, v_plus, v_minus;
    part_norms(w, nmf->n, svd->r, &w_plus, &w_minus);
    part_norms(v, nmf->p, 1, &v_plus, &v_minus);
    double plus = sqrt(w_plus * v_plus), minus = sqrt(w_minus * v_minus);
    double sign = plus >= minus ? 1 : -1, weight = sign > 0 ? plus : minus;
    double w_norm = sqrt(sign > 0 ? w_plus : w_minus), v_norm = sqrt(sign > 0 ? v_plus : v_minus);
    double half = sqrt(weight);
    size_t end, first = mien_nmf_own(nmf, &end);
    take_part(w + first * svd->r, svd->r, nmf->W + first * nmf->r + k, nmf->r, end - first, sign,
              w_norm > 0 ? half / w_norm : 0, fill);
    take_part(v, 1, nmf->H + k * nmf->p, 1, nmf->p, sign, v_norm > 0 ? half / v_norm : 0, fill);
}

static mien_status start_nndsvda(mien_nmf *nmf)
{
    size_t smaller = nmf->n < nmf->p ? nmf->n : nmf->p;
    mien_fit svd;
    mien_options options;
    mien_spectrum spectrum;
    mien_status st = prepare_guest(nmf, nmf->r < smaller ? nmf->r : smaller, &svd);
    if (!st) {
        mien_run run = guest_run(nmf, &options, &svd);
        st = mien_spectrum_find(&run, false, MIEN_SPECTRUM_EXACT, &svd, &spectrum);
    }
    for (size_t k = 0; k < svd.r && !st; k++)
        split_triple(nmf, &svd, k, mien_nmf_mean(nmf));
    mien_fit_free(&svd);
    return st;
}

/* ---------------------------------------------------------------- k-means */

static mien_status start_kmeans(mien_nmf *nmf)
{
    static const float SOFTEN = 0.2f;
    mien_fit clusters;
    mien_options options;
    mien_status st = prepare_guest(nmf, nmf->r < nmf->n ? nmf->r : nmf->n, &clusters);
    if (!st) {
        mien_run run = guest_run(nmf, &options, &clusters);
        run.method = mien_method_find("kmeans");
        run.tolerance = run.method->info.tolerance;
        st = run.method->fit(&run, &clusters);
        if (run.out_of_memory)
            st = MIEN_ERR_NOMEM;
    }
    float fill = (float)(0.01 * mien_nmf_mean(nmf)); /* a zero would never leave under mu */
    size_t end, first = mien_nmf_own(nmf, &end);
    for (size_t k = 0; k < clusters.r && !st; k++) {
        for (size_t j = 0; j < nmf->p; j++)
            nmf->H[k * nmf->p + j] = clusters.H[k * nmf->p + j] + fill;
        for (size_t i = first; i < end; i++)
            nmf->W[i * nmf->r + k] = clusters.W[i * clusters.r + k] + SOFTEN;
    }
    mien_fit_free(&clusters);
    return st;
}

mien_status mien_nmf_start(mien_nmf *nmf)
{
    const mien_options *options = nmf->run->options;
    if (nmf->run->started || mien_keep_is_at(nmf->run, NULL))
        return MIEN_OK;
    if (options->start_W)
        return start_as_given(nmf);
    start_random(nmf);
    switch ((int)mien_run_option(nmf->run, "init")) {
    case INIT_NNDSVDA:
        return start_nndsvda(nmf);
    case INIT_KMEANS:
        return start_kmeans(nmf);
    default:
        return MIEN_OK;
    }
}
