/* nmf_stream.c - non-negative matrix factorization of images that pass by once (methods/stream.c).
 * SPDX-License-Identifier: MIT
 *
 * A bound on the loss of all images that have passed, with their weights, which are gone: it lies
 * above the loss everywhere and touches it where the basis stood (majorise, then minimise).
 *
 *   kl, Lefevre, Bach & Fevotte, WASPAA 2011     frobenius, Mairal, Bach, Ponce & Sapiro, JMLR 11
 *   (theirs is Itakura-Saito's divergence)       (2010) 19, under H >= 0
 *   A <- (1 - s) A + s H .* W'(X / WH) / n       T <- (1 - s) T + s W'X / n
 *   b <- (1 - s) b + s W'1 / n                   G <- (1 - s) G + s W'W / n
 *   H <- A ./ b 1'                               H <- sweeps of HALS on <H, G H> / 2 - <H, T>
 *
 * W are the weights of a block of n images, the minimum for the H that stood; s is the step. A, T
 * and G in double: what a block adds after millions of them is small. With s = 1 the kl step is the
 * textbook's multiplicative one. */
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_panels.h"
#include "methods/nmf/nmf_encode.h"
#include "methods/nmf/nmf_hals.h"

#include <math.h>
#include <string.h>

struct stream {
    mien_nmf nmf; /* of the sample */
    mien_nmf_encoder *encoder;
    double *product; /* kl: A, r x p; frobenius: T, r x ldp */
    double *weights; /* kl: b, r; frobenius: G, r x r */
    /* kl */
    float **total; /* r x part of the panels, a worker */
    /* frobenius */
    mien_hals hals;
    float *H; /* r x ldp */
};

static void hold(void *state)
{
    struct stream *s = state;
    mien_nmf_encoder_hold(s->encoder);
}

static const float *encode(void *state, const mien_tile *tile)
{
    struct stream *s = state;
    return mien_nmf_encoder_tile(s->encoder, tile);
}

/* sum <- (1 - step) sum + step now / images. */
static void blend(double *sum, double now, size_t images, double step)
{
    *sum += step * (now / (double)images - *sum);
}

/* ---------------------------------------------------------------- Kullback-Leibler */

static mien_status open_kl(mien_run *run, mien_fit *fit, void **state, size_t *floats)
{
    mien_arena *arena = run->arena;
    struct stream *s = mien_arena_alloc(arena, 1, sizeof *s);
    if (!s || mien_nmf_prepare(run, fit, &s->nmf) || mien_nmf_encoder_open(&s->nmf, &s->encoder))
        return MIEN_ERR_NOMEM;
    size_t p = fit->p, r = fit->r;
    const mien_panels *panels = &mien_nmf_encoder_weights(s->encoder)->panels;
    s->product = mien_arena_alloc(arena, r * p, sizeof *s->product);
    s->weights = mien_arena_alloc(arena, r, sizeof *s->weights);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    mien_nmf_sum_start(&s->nmf);
    for (size_t k = 0; k < r; k++) { /* at the sample's minimum H = A / b */
        s->weights[k] = s->nmf.weight_sum[k] / (double)fit->n;
        for (size_t j = 0; j < p; j++)
            s->product[k * p + j] = fit->H[k * p + j] * s->weights[k];
    }
    mien_keep_bytes(run, "product", s->product, r, p * sizeof *s->product);
    mien_keep_bytes(run, "weights", s->weights, r, sizeof *s->weights);
    *floats = r * panels->ld;
    *state = s;
    return MIEN_OK;
}

static void gather_kl(void *state, const mien_tile *tile, const float *W)
{
    const struct stream *s = state;
    mien_weights *c = mien_nmf_encoder_weights(s->encoder);
    mien_panels_basis_product(&c->panels, tile->x, W, tile->count, !tile->opens, false,
                              tile->floats, c->ratio[tile->worker]);
}

static void improve_kl(void *state, const float *sums, const double *weight_sums, size_t images,
                       double step)
{
    struct stream *s = state;
    const mien_weights *c = mien_nmf_encoder_weights(s->encoder);
    const int *levels = c->levels.pixels;
    size_t p = s->nmf.p, r = s->nmf.r;
    for (size_t k = 0; k < r; k++)
        blend(&s->weights[k], weight_sums[k], images, step);
    for (size_t part = 0; part < mien_panels_parts(&c->panels); part++) {
        mien_columns columns = mien_panels_columns(&c->panels, part);
        float *total = c->ratio[0];
        mien_panels_take(&c->panels, sums, columns, total);
        for (size_t k = 0; k < r; k++)
            for (size_t at = 0; at < columns.count; at++) {
                size_t j = columns.first + at;
                float *h = &s->nmf.H[k * p + j];
                double ratio = total[k * columns.count + at]; /* of pixels at their level */
                ratio = levels ? ldexp(ratio, levels[j]) : ratio;
                blend(&s->product[k * p + j], *h * ratio, images, step);
                if (s->weights[k] > 0) /* else no image uses the component */
                    *h = (float)(s->product[k * p + j] / s->weights[k]);
            }
    }
}

/* ---------------------------------------------------------------- squared distance */

static mien_status open_frobenius(mien_run *run, mien_fit *fit, void **state, size_t *floats)
{
    mien_arena *arena = run->arena;
    struct stream *s = mien_arena_alloc(arena, 1, sizeof *s);
    if (!s || mien_nmf_prepare(run, fit, &s->nmf) || mien_nmf_encoder_open(&s->nmf, &s->encoder))
        return MIEN_ERR_NOMEM;
    size_t r = fit->r, ldp = mien_hals_padded(fit->p);
    s->hals = (mien_hals){.nmf = &s->nmf,
                          .ldp = ldp,
                          .target = mien_arena_alloc(arena, r * ldp, sizeof(float)),
                          .W_gram = mien_arena_alloc(arena, r * r, sizeof(float)),
                          .change = mien_arena_alloc(arena, ldp / MIEN_HALS_CHUNK, sizeof(double))};
    s->H = mien_arena_alloc(arena, r * ldp, sizeof *s->H);
    s->product = mien_arena_alloc(arena, r * ldp, sizeof *s->product);
    s->weights = mien_arena_alloc(arena, r * r, sizeof *s->weights);
    *floats = r * ldp + r * r;
    *state = s;
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    mien_keep_bytes(run, "product", s->product, r, ldp * sizeof *s->product);
    mien_keep_bytes(run, "weights", s->weights, r, r * sizeof *s->weights);
    return MIEN_OK;
}

static void gather_frobenius(void *state, const mien_tile *tile, const float *W)
{
    const struct stream *s = state;
    mien_hals_gather(&s->hals, tile, W);
}

static void improve_frobenius(void *state, const float *sums, const double *weight_sums,
                              size_t images, double step)
{
    (void)weight_sums;
    struct stream *s = state;
    mien_hals *h = &s->hals;
    size_t p = s->nmf.p, r = s->nmf.r, ldp = h->ldp;
    for (size_t at = 0; at < r * ldp; at++) {
        blend(&s->product[at], sums[at], images, step);
        h->target[at] = (float)s->product[at];
    }
    for (size_t at = 0; at < r * r; at++) {
        blend(&s->weights[at], sums[r * ldp + at], images, step);
        h->W_gram[at] = (float)s->weights[at];
    }
    for (size_t k = 0; k < r; k++)
        memcpy(s->H + k * ldp, s->nmf.H + k * p, p * sizeof *s->H);
    mien_hals_descend_basis(h, NULL, s->H);
    for (size_t k = 0; k < r; k++)
        memcpy(s->nmf.H + k * p, s->H + k * ldp, p * sizeof *s->H);
}

/* ---------------------------------------------------------------- the end */

static mien_status finish(void *state, const double *weight_sums)
{
    struct stream *s = state;
    mien_nmf whole = s->nmf;
    whole.n = 0; /* weights are gone */
    return mien_nmf_finish(&whole, s->nmf.run->fit, weight_sums);
}

const mien_streaming mien_nmf_stream_kl = {.open = open_kl,
                                           .hold = hold,
                                           .encode = encode,
                                           .gather = gather_kl,
                                           .improve = improve_kl,
                                           .finish = finish};

const mien_streaming mien_nmf_stream_frobenius = {.open = open_frobenius,
                                                  .hold = hold,
                                                  .encode = encode,
                                                  .gather = gather_frobenius,
                                                  .improve = improve_frobenius,
                                                  .finish = finish};
