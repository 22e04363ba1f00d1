/* nmf_hals.c - non-negative matrix factorization under the squared distance by hierarchical
 * alternating least squares: objective frobenius, solvers fast and hals.
 * SPDX-License-Identifier: MIT
 *
 *   minimise f(W,H) = 1/2 ||X - WH||_F^2,  W >= 0,  H >= 0
 *
 *   w_k <- max(0, w_k + (X h_k' - W (H h_k')) / (h_k h_k'))    for k = 1 .. r, then
 *   h_k <- max(0, h_k + (w_k' X - (w_k' W) H) / (w_k' w_k))    for k = 1 .. r
 *
 * Cichocki, Zdunek & Amari 2007: each step is the exact minimum over one column of W or one row of
 * H, so f never increases. Gillis & Glineur, Neural Computation 24 (2012): X H' and W' X are the
 * costly part, so several sweeps are made while they stand. `fast` extrapolates between iterations
 * (nmf_extrapolation.c) and refuses points that are worse.
 *
 * One iteration is one pass over tiles of X, two GEMMs of n p r. Within a tile the target H X' has
 * the images side by side, as the target W' X has the pixels: both sweeps are one function.
 *
 * The loss needs no third GEMM: after the sweeps of a tile, image i contributes
 * |x|^2 / 2 - w't + w'Gw / 2 with t = H x, G = H H', each small and summed over images in double;
 * and the basis step changes f by exactly <W'W H - W'X, D> + <D, W'W D> / 2, D the change of H.
 * That takes |x|^2 and nearly the same number from one another; where little is left the loss is
 * measured by a pass over the residuals instead. */
#include "methods/nmf/nmf_hals.h"

#include "base/cpu.h"
#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/nmf_extrapolation.h"

#include <string.h>

enum { CHUNK = MIEN_HALS_CHUNK };

struct hals {
    mien_nmf *nmf;
    mien_extrapolation pace;
    bool extrapolate;
    size_t ldp;      /* p, padded to CHUNK with zeros */
    size_t ldt;      /* images of a tile, padded to CHUNK */
    size_t chunks;   /* of pixels */
    float *W_new;    /* n x r: predecessor, then candidate */
    float *H;        /* r x ldp: the last accepted basis */
    float *H_before; /* r x ldp: its predecessor */
    float *H_new;    /* r x ldp: extrapolated start, then candidate */
    float *H_gram;   /* r x r: H H' of the start */
    float *W_gram;   /* groups x r x r: shares of W' W; the first holds the sum */
    float *target;   /* groups x r x ldp: shares of W' X; the first holds the sum */
    float **encoded; /* r x ldt: H X' of a tile, a worker */
    float **turned;  /* r x ldt: W' of a tile, a worker */
    double *change;  /* chunks: how the basis step changed f */
};

MIEN_LOOP_OF(extern, double, mien_hals_quadratic,
             (const float *G, const float *target, const float *U, size_t r, size_t ld),
             (G, target, U, r, ld))
{
    float sum[CHUNK] = {0};
    double total = 0;
    for (size_t k = 0; k < r; k++) {
        float inner[CHUNK] = {0};
        for (size_t l = 0; l < r; l++) {
            float g = 0.5f * G[k * r + l];
            for (size_t c = 0; c < CHUNK; c++)
                inner[c] += g * U[l * ld + c];
        }
        for (size_t c = 0; c < CHUNK; c++)
            sum[c] += U[k * ld + c] * (inner[c] - target[k * ld + c]);
    }
    for (size_t c = 0; c < CHUNK; c++)
        total += sum[c];
    return total;
}

/* ---------------------------------------------------------------- weights */

double mien_hals_descend_weights(const float *G, float *target, float *W, size_t count, size_t r,
                                 size_t ldt, bool with_loss, float *U)
{
    double loss = 0;
    mien_stranspose(count, r, W, r, U, ldt);
    for (size_t k = 0; k < r; k++) {
        memset(U + k * ldt + count, 0, (ldt - count) * sizeof *U);
        memset(target + k * ldt + count, 0, (ldt - count) * sizeof *target);
    }
    for (size_t c = 0; c < count; c += CHUNK) {
        for (int s = 0; s < MIEN_HALS_SWEEPS; s++)
            mien_hals_sweep(G, target + c, U + c, r, ldt);
        if (with_loss)
            loss += mien_hals_quadratic(G, target + c, U + c, r, ldt);
    }
    mien_stranspose(r, count, U, ldt, W, r);
    return loss;
}

static void descend_weights(void *context, const mien_tile *tile)
{
    struct hals *h = context;
    mien_nmf *nmf = h->nmf;
    size_t p = nmf->p, r = nmf->r, count = tile->count, ldt = h->ldt;
    float *W = h->W_new + tile->first * r;
    float *target = h->encoded[tile->worker], *U = h->turned[tile->worker];
    if (tile->opens)
        nmf->losses[tile->group] = 0;

    mien_extrapolate(W, nmf->W + tile->first * r, W, h->pace.beta, count * r);
    mien_sgemm(false, true, r, count, p, 1, h->H_new, h->ldp, tile->x, p, 0, target, ldt);
    nmf->losses[tile->group] +=
        mien_hals_descend_weights(h->H_gram, target, W, count, r, ldt, true, U);
    float keep = tile->opens ? 0 : 1;
    mien_sgemm(true, false, r, p, count, 1, W, r, tile->x, p, keep,
               h->target + tile->group * r * h->ldp, h->ldp);
    mien_sgemm(true, false, r, r, count, 1, W, r, W, r, keep, h->W_gram + tile->group * r * r, r);
}

/* ---------------------------------------------------------------- basis */

static void descend_basis(void *context, size_t chunk, unsigned worker)
{
    (void)worker;
    struct hals *h = context;
    mien_nmf *nmf = h->nmf;
    size_t r = nmf->r, at = chunk * CHUNK;
    const float *G = h->W_gram;
    for (size_t k = 0; k < r; k++)
        for (size_t g = 1; g < nmf->groups; g++)
            mien_nmf_add(h->target + k * h->ldp + at, h->target + (g * r + k) * h->ldp + at, CHUNK);
    double before = mien_hals_quadratic(G, h->target + at, h->H_new + at, r, h->ldp);
    for (int s = 0; s < MIEN_HALS_SWEEPS; s++)
        mien_hals_sweep(G, h->target + at, h->H_new + at, r, h->ldp);
    h->change[chunk] = mien_hals_quadratic(G, h->target + at, h->H_new + at, r, h->ldp) - before;
}

/* ---------------------------------------------------------------- loss of a good fit */

/* What comes out of |x|^2 by subtraction in float32 is noise below this share of it. */
static const double SUBTRACTION_LIMIT = 1e-4;

/* ---------------------------------------------------------------- iteration */

static void swap(float **a, float **b)
{
    float *t = *a;
    *a = *b;
    *b = t;
}

static double iterate(void *solver)
{
    struct hals *h = solver;
    mien_nmf *nmf = h->nmf;
    size_t r = nmf->r, ldp = h->ldp;
    mien_extrapolate(h->H_new, h->H, h->H_before, h->pace.beta, r * ldp);
    mien_sgemm(false, true, r, r, ldp, 1, h->H_new, ldp, h->H_new, ldp, 0, h->H_gram, r);
    mien_run_pass(nmf->run, descend_weights, h);
    for (size_t g = 1; g < nmf->groups; g++)
        mien_nmf_add(h->W_gram, h->W_gram + g * r * r, r * r);
    mien_nmf_combine(nmf->losses, nmf->groups, 1);
    mien_pool_run(nmf->run->pool, h->chunks, descend_basis, h);
    double loss = 0.5 * nmf->run->squares + nmf->losses[0];
    for (size_t c = 0; c < h->chunks; c++)
        loss += h->change[c];
    if (loss < SUBTRACTION_LIMIT * nmf->run->squares)
        loss = mien_nmf_measure(nmf, MIEN_LOSS_HALF_SQUARES, h->W_new, h->H_new, h->ldp);
    /* after a refusal beta is 0, and what stands in the predecessors has no weight */
    if (mien_extrapolation_accept(&h->pace, loss)) {
        swap(&nmf->W, &h->W_new);
        swap(&h->H_before, &h->H);
        swap(&h->H, &h->H_new);
    }
    if (!h->extrapolate)
        h->pace.beta = 0;
    nmf->stalled = h->pace.stalled;
    return h->pace.loss;
}

static mien_status prepare(struct hals *h, mien_nmf *nmf, bool with_extrapolation)
{
    mien_arena *arena = nmf->run->arena;
    size_t r = nmf->r;
    *h = (struct hals){.nmf = nmf,
                       .pace = mien_extrapolation_start(),
                       .extrapolate = with_extrapolation,
                       .chunks = (nmf->p + CHUNK - 1) / CHUNK};
    h->ldp = h->chunks * CHUNK;
    h->ldt = (nmf->rows + CHUNK - 1) / CHUNK * CHUNK;
    h->W_new = mien_arena_alloc(arena, nmf->n * r, sizeof(float));
    h->H = mien_arena_alloc(arena, r * h->ldp, sizeof(float));
    h->H_before = mien_arena_alloc(arena, r * h->ldp, sizeof(float));
    h->H_new = mien_arena_alloc(arena, r * h->ldp, sizeof(float));
    h->H_gram = mien_arena_alloc(arena, r * r, sizeof(float));
    h->W_gram = mien_arena_alloc(arena, nmf->groups * r * r, sizeof(float));
    h->target = mien_arena_alloc(arena, nmf->groups * r * h->ldp, sizeof(float));
    h->encoded = mien_nmf_buffers(nmf, r * h->ldt);
    h->turned = mien_nmf_buffers(nmf, r * h->ldt);
    h->change = mien_arena_alloc(arena, h->chunks, sizeof(double));
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

static mien_status descend(mien_nmf *nmf, bool with_extrapolation)
{
    struct hals h;
    mien_status st = prepare(&h, nmf, with_extrapolation);
    if (st)
        return st;
    float *W = nmf->W;
    for (size_t k = 0; k < nmf->r; k++)
        memcpy(h.H + k * h.ldp, nmf->H + k * nmf->p, nmf->p * sizeof *h.H);
    nmf->own_H = &h.H;
    nmf->own_ld = h.ldp;
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &h);
    nmf->own_H = NULL;
    if (nmf->W != W) /* the fit owns W; the last point may stand in the workspace */
        memcpy(W, nmf->W, nmf->n * nmf->r * sizeof *W);
    nmf->W = W;
    for (size_t k = 0; k < nmf->r; k++)
        memcpy(nmf->H + k * nmf->p, h.H + k * h.ldp, nmf->p * sizeof *h.H);
    return MIEN_OK;
}

static mien_status descend_plainly(mien_nmf *nmf)
{
    return descend(nmf, false);
}

mien_status mien_nmf_frobenius_fast(mien_nmf *nmf)
{
    return descend(nmf, true);
}

const mien_nmf_solver mien_nmf_solver_frobenius_hals = {
    .solver = "hals", .objective = &mien_nmf_frobenius, .descend = descend_plainly, .refits = true};

const mien_nmf_solver mien_nmf_solver_frobenius_fast = {.solver = "fast",
                                                        .objective = &mien_nmf_frobenius,
                                                        .descend = mien_nmf_frobenius_fast,
                                                        .refits = true};
