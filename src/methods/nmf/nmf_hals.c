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
    mien_hals shared;
    mien_extrapolation momentum;
    bool extrapolate;
    float *W_new;    /* n x r: predecessor, then candidate */
    float *H;        /* r x ldp: the last accepted basis */
    float *H_before; /* r x ldp: its predecessor */
    float *H_new;    /* r x ldp: extrapolated start, then candidate */
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

/* ---------------------------------------------------------------- what others share */

mien_status mien_hals_prepare(mien_nmf *nmf, size_t doubles, mien_hals *out)
{
    mien_arena *arena = nmf->run->arena;
    size_t r = nmf->r, ldp = mien_hals_padded(nmf->p), ldt = mien_hals_padded(nmf->rows);
    *out = (mien_hals){.nmf = nmf,
                       .ldp = ldp,
                       .ldt = ldt,
                       .H_gram = mien_arena_alloc(arena, r * r, sizeof(float)),
                       .sums = mien_nmf_sums(nmf, doubles, r * ldp + r * r),
                       .encoded = mien_nmf_buffers(nmf, r * ldt),
                       .transposed = mien_nmf_buffers(nmf, r * ldt),
                       .change = mien_arena_alloc(arena, ldp / CHUNK, sizeof(double))};
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    out->target = out->sums.floats;
    out->W_gram = out->target + r * ldp;
    return MIEN_OK;
}

void mien_hals_hold(mien_hals *h, const float *H)
{
    size_t r = h->nmf->r;
    mien_sgemm(false, true, r, r, h->ldp, 1, H, h->ldp, H, h->ldp, 0, h->H_gram, r);
}

double mien_hals_descend_weights(const float *G, float *target, float *W, size_t count, size_t r,
                                 size_t ldt, bool with_loss, float *U)
{
    double loss = 0;
    mien_stranspose(count, r, W, r, U, ldt);
    for (size_t k = 0; k < r; k++) {
        memset(U + k * ldt + count, 0, (ldt - count) * sizeof *U);
        memset(target + k * ldt + count, 0, (ldt - count) * sizeof *target);
    }
    for (size_t at = 0; at < count; at += CHUNK) {
        for (int s = 0; s < MIEN_HALS_SWEEPS; s++)
            mien_hals_sweep(G, target + at, U + at, r, ldt);
        if (with_loss)
            loss += mien_hals_quadratic(G, target + at, U + at, r, ldt);
    }
    mien_stranspose(r, count, U, ldt, W, r);
    return loss;
}

void mien_hals_descend_tile(const mien_hals *h, const mien_tile *tile, const float *H,
                            const float *threshold, float *W)
{
    size_t p = h->nmf->p, r = h->nmf->r, count = tile->count, ldt = h->ldt;
    float *target = h->encoded[tile->worker], *U = h->transposed[tile->worker];
    mien_sgemm(false, true, r, count, p, 1, H, h->ldp, tile->x, p, 0, target, ldt);
    for (size_t k = 0; k < r && threshold; k++)
        for (size_t i = 0; i < count; i++)
            target[k * ldt + i] -= threshold[k];
    tile->doubles[MIEN_NMF_LOSS] +=
        mien_hals_descend_weights(h->H_gram, target, W, count, r, ldt, true, U);
}

void mien_hals_gather(const mien_hals *h, const mien_tile *tile, const float *W)
{
    size_t p = h->nmf->p, r = h->nmf->r, count = tile->count;
    float keep = tile->opens ? 0 : 1, *target = tile->floats, *gram = target + r * h->ldp;
    mien_sgemm(true, false, r, p, count, 1, W, r, tile->x, p, keep, target, h->ldp);
    mien_sgemm(true, false, r, r, count, 1, W, r, W, r, keep, gram, r);
}

struct basis_step {
    mien_hals *h;
    const float *threshold;
    float *H;
};

static void descend_chunk(void *context, size_t chunk, unsigned worker)
{
    (void)worker;
    struct basis_step *step = context;
    mien_hals *h = step->h;
    size_t r = h->nmf->r, p = h->nmf->p, ld = h->ldp, at = chunk * CHUNK;
    size_t count = p - at < CHUNK ? p - at : CHUNK;
    float *target = h->target + at, *H = step->H + at;
    for (size_t k = 0; k < r && step->threshold; k++)
        for (size_t j = 0; j < count; j++)
            target[k * ld + j] -= step->threshold[k];
    double before = mien_hals_quadratic(h->W_gram, target, H, r, ld);
    for (int s = 0; s < MIEN_HALS_SWEEPS; s++)
        mien_hals_sweep(h->W_gram, target, H, r, ld);
    h->change[chunk] = mien_hals_quadratic(h->W_gram, target, H, r, ld) - before;
}

double mien_hals_descend_basis(mien_hals *h, const float *threshold, float *H)
{
    struct basis_step step = {h, threshold, H};
    double change = 0;
    mien_pool_run(h->nmf->run->pool, h->ldp / CHUNK, descend_chunk, &step);
    for (size_t chunk = 0; chunk < h->ldp / CHUNK; chunk++)
        change += h->change[chunk];
    return change;
}

/* ---------------------------------------------------------------- weights */

static void descend_weights(void *context, const mien_tile *tile)
{
    struct hals *h = context;
    const mien_nmf *nmf = h->shared.nmf;
    float *W = h->W_new + tile->first * nmf->r;
    mien_extrapolate(W, nmf->W + tile->first * nmf->r, W, h->momentum.beta, tile->count * nmf->r);
    mien_hals_descend_tile(&h->shared, tile, h->H_new, NULL, W);
    mien_hals_gather(&h->shared, tile, W);
}

/* ---------------------------------------------------------------- loss of a good fit */

/* What comes out of |x|^2 by subtraction in float32 is noise below this share of it. */
static const double SUBTRACTION_LIMIT = 1e-4;

/* ---------------------------------------------------------------- iteration */

static double iterate(void *solver)
{
    struct hals *h = solver;
    mien_nmf *nmf = h->shared.nmf;
    size_t ldp = h->shared.ldp;
    mien_extrapolate(h->H_new, h->H, h->H_before, h->momentum.beta, nmf->r * ldp);
    mien_hals_hold(&h->shared, h->H_new);
    mien_run_pass(nmf->run, descend_weights, h, &h->shared.sums);
    double loss = 0.5 * nmf->run->squares + h->shared.sums.doubles[MIEN_NMF_LOSS];
    loss += mien_hals_descend_basis(&h->shared, NULL, h->H_new);
    if (loss < SUBTRACTION_LIMIT * nmf->run->squares)
        loss = mien_nmf_measure(nmf, MIEN_LOSS_HALF_SQUARES, h->W_new, h->H_new, ldp);
    /* after a refusal beta is 0, and what stands in the predecessors has no weight */
    if (mien_extrapolation_accept(&h->momentum, loss)) {
        mien_nmf_swap(&nmf->W, &h->W_new);
        mien_nmf_swap(&h->H_before, &h->H);
        mien_nmf_swap(&h->H, &h->H_new);
    }
    if (!h->extrapolate)
        h->momentum.beta = 0;
    nmf->stalled = h->momentum.stalled;
    return h->momentum.loss;
}

static mien_status descend(mien_nmf *nmf, bool with_extrapolation)
{
    mien_arena *arena = nmf->run->arena;
    struct hals h = {.momentum = mien_extrapolation_start(), .extrapolate = with_extrapolation};
    mien_status st = mien_hals_prepare(nmf, 0, &h.shared);
    size_t basis = nmf->r * h.shared.ldp;
    h.W_new = mien_arena_alloc(arena, nmf->n * nmf->r, sizeof(float));
    h.H = mien_arena_alloc(arena, basis, sizeof(float));
    h.H_before = mien_arena_alloc(arena, basis, sizeof(float));
    h.H_new = mien_arena_alloc(arena, basis, sizeof(float));
    if (st || arena->failed)
        return MIEN_ERR_NOMEM;
    mien_nmf_keep_basis(nmf, &h.H, h.shared.ldp);
    mien_nmf_keep(nmf);
    mien_nmf_keep_rows(nmf, "W before", &h.W_new);
    mien_keep_floats(nmf->run, "H before", &h.H_before, nmf->r, h.shared.ldp);
    mien_keep_struct(nmf->run, "momentum", &h.momentum);
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &h);
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

const mien_nmf_solver mien_nmf_solver_frobenius_hals = {.solver = "hals",
                                                        .objective = &mien_nmf_frobenius,
                                                        .descend = descend_plainly,
                                                        .refits = true,
                                                        .apart = true};

const mien_nmf_solver mien_nmf_solver_frobenius_fast = {.solver = "fast",
                                                        .objective = &mien_nmf_frobenius,
                                                        .descend = mien_nmf_frobenius_fast,
                                                        .refits = true,
                                                        .apart = true,
                                                        .levels = true};
