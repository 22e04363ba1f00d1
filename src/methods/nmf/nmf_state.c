/* nmf_state.c - the state of one factorisation: its iterations, its sums, its loss.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/nmf_state.h"

#include "linalg/blas.h"
#include "methods/snapshots.h"

#include <math.h>
#include <string.h>

mien_status mien_nmf_prepare(mien_run *run, mien_fit *fit, mien_nmf *nmf)
{
    *nmf = (mien_nmf){.run = run,
                      .n = fit->n,
                      .p = fit->p,
                      .r = fit->r,
                      .W = fit->W,
                      .H = fit->H,
                      .rows = run->tiling.rows,
                      .tiling = &run->tiling,
                      .workers = mien_pool_threads(run->pool)};
    nmf->weight_sum = mien_arena_alloc(run->arena, fit->r, sizeof(double));
    nmf->basis_sum = mien_arena_alloc(run->arena, fit->r, sizeof(double));
    return run->arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* Sum and sum of squares of `count` numbers, `stride` apart. */
static void sum_side(const float *from, size_t count, size_t stride, double sums[2])
{
    sums[0] = sums[1] = 0;
    for (size_t at = 0; at < count; at++) {
        double v = from[at * stride];
        sums[0] += v;
        sums[1] += v * v;
    }
}

void mien_nmf_sides(const mien_nmf *nmf, size_t k, double w[2], double h[2])
{
    if (w)
        sum_side(nmf->W + k, nmf->n, nmf->r, w);
    sum_side(nmf->H + k * nmf->p, nmf->p, 1, h);
}

double mien_nmf_add_model(const mien_nmf *nmf, const float *H, size_t ldh, double loss)
{
    for (size_t k = 0; k < nmf->r; k++) {
        double sums[2];
        sum_side(H + k * ldh, nmf->p, 1, sums);
        loss += sums[0] * nmf->weight_sum[k];
    }
    return loss;
}

double mien_nmf_mean(const mien_nmf *nmf)
{
    return nmf->run->total / ((double)nmf->n * (double)nmf->p);
}

mien_sums mien_nmf_sums(mien_nmf *nmf, size_t more, size_t floats)
{
    return mien_sums_alloc(nmf->run->arena, nmf->run->pool, nmf->run->tiling.leaves,
                           MIEN_NMF_WEIGHTS + nmf->r + more, floats);
}

double mien_nmf_take_sums(mien_nmf *nmf, const mien_sums *sums)
{
    for (size_t k = 0; k < nmf->r; k++)
        nmf->weight_sum[k] = sums->doubles[MIEN_NMF_WEIGHTS + k];
    return sums->doubles[MIEN_NMF_LOSS];
}

void mien_nmf_gather(mien_nmf *nmf)
{
    mien_pass_gather(nmf->run->pool, nmf->tiling, nmf->W, nmf->r * sizeof *nmf->W);
}

void mien_nmf_bring_together(mien_nmf *nmf)
{
    if (!nmf->run->apart)
        mien_nmf_gather(nmf);
}

void mien_nmf_tile_by(mien_nmf *nmf, const mien_tiling *tiling)
{
    if (nmf->run->apart)
        mien_pass_move(nmf->run->pool, nmf->tiling, tiling, nmf->W, nmf->r * sizeof *nmf->W);
    nmf->tiling = tiling;
}

size_t mien_nmf_own(const mien_nmf *nmf, size_t *end)
{
    *end = nmf->n;
    return nmf->run->apart ? mien_pass_own(nmf->run->pool, nmf->tiling, end) : 0;
}

float **mien_nmf_buffers(mien_nmf *nmf, size_t count)
{
    return mien_arena_alloc_each(nmf->run->arena, nmf->workers, count, sizeof(float));
}

static void add_own_weights(void *context)
{
    const mien_nmf *nmf = context;
    size_t end;
    for (size_t i = mien_nmf_own(nmf, &end); i < end; i++)
        for (size_t k = 0; k < nmf->r; k++)
            nmf->weight_sum[k] += nmf->W[i * nmf->r + k];
}

void mien_nmf_sum_start(mien_nmf *nmf)
{
    for (size_t k = 0; k < nmf->r; k++) {
        double h[2];
        mien_nmf_sides(nmf, k, NULL, h);
        nmf->weight_sum[k] = 0;
        nmf->basis_sum[k] = h[0];
    }
    mien_team_in_turn(mien_run_apart(nmf->run), nmf->weight_sum, nmf->r * sizeof(double),
                      add_own_weights, nmf);
}

/* Iterations over which the relative decrease is compared with the tolerance. */
enum { WINDOW = 10 };

/* Whether a descent that no step takes on had come to its end: its loss is nothing, or the last
 * step that lowered it did so by hardly anything. */
static bool has_arrived(const mien_run *run)
{
    static const double NOTHING = 1e-9; /* of the loss of a model of zeros, or so */
    const mien_fit *fit = run->fit;
    double whole = run->method->loss(run->options) == MIEN_LOSS_KL ? run->total : run->squares / 2;
    double tolerance = run->tolerance > 0 ? run->tolerance : run->method->info.tolerance;
    size_t last = fit->n_trace - 1, before = last; /* refused steps repeat the loss */
    while (before > 0 && fit->trace[before].loss == fit->trace[last].loss)
        before--;
    /* below 0 where multiplicative steps end a little above others: that is rounding */
    double now = fit->trace[last].loss, fall = fit->trace[before].loss - now;
    return now <= NOTHING * whole || fall <= tolerance / WINDOW * fabs(now);
}

static void iterate(mien_nmf *nmf, mien_nmf_iteration iteration, mien_nmf_when when, void *solver)
{
    mien_run *run = nmf->run;
    mien_fit *fit = run->fit;
    fit->stop = MIEN_STOP_ITERATIONS;
    size_t end = run->options->iterations;
    end = end > nmf->passes ? end : nmf->passes + 1;
    end = nmf->pause && nmf->pause < end ? nmf->pause : end;
    const char *loop = nmf->pause ? MIEN_NMF_WARM_UP : MIEN_NMF_DESCENT;
    for (size_t t = mien_keep_begin(run, loop, nmf->passes); t < end; t++) {
        mien_keep_state(run, t);
        double loss = iteration(solver);
        fit->iterations = t + 1;
        mien_snapshot_offer(run, t + 1, nmf->own_H ? *nmf->own_H : nmf->H,
                            nmf->own_H ? nmf->own_ld : nmf->p, nmf->W);
        bool go_on = mien_run_step(run, when == MIEN_NMF_LOSS_AFTER ? t + 1 : t, loss);
        bool asks = !nmf->pause && !nmf->unsettled;
        bool settled = asks && mien_run_settled(run, WINDOW);
        if (nmf->stalled || settled) {
            fit->stop = settled || has_arrived(run) ? MIEN_STOP_CONVERGED : MIEN_STOP_STALLED;
            return;
        }
        if (!go_on)
            return;
    }
}

static size_t first_image(const void *context, unsigned rank)
{
    const mien_nmf *nmf = context;
    return mien_pass_first(nmf->tiling, rank, mien_team_size(mien_pool_team(nmf->run->pool)));
}

void mien_nmf_keep_rows(mien_nmf *nmf, const char *name, float **slot)
{
    mien_keep_float_rows(nmf->run, name, slot, nmf->n, nmf->r, first_image, nmf);
}

void mien_nmf_keep(mien_nmf *nmf)
{
    mien_run *run = nmf->run;
    mien_nmf_keep_rows(nmf, "W", &nmf->W);
    if (nmf->own_H)
        mien_keep_floats(run, "H", nmf->own_H, nmf->r, nmf->own_ld);
    else
        mien_keep_floats(run, "H", &nmf->H, nmf->r, nmf->p);
    mien_keep_bytes(run, "sums of W", nmf->weight_sum, nmf->r, sizeof *nmf->weight_sum);
    mien_keep_bytes(run, "sums of H", nmf->basis_sum, nmf->r, sizeof *nmf->basis_sum);
}

void mien_nmf_keep_basis(mien_nmf *nmf, float **H, size_t ld)
{
    nmf->own_H = H;
    nmf->own_ld = ld;
    for (size_t k = 0; k < nmf->r; k++)
        memcpy(*H + k * ld, nmf->H + k * nmf->p, nmf->p * sizeof **H);
}

void mien_nmf_iterate(mien_nmf *nmf, mien_nmf_iteration iteration, mien_nmf_when when, void *solver)
{
    float *W = nmf->W, *H = nmf->H;
    iterate(nmf, iteration, when, solver);
    mien_keep_end(nmf->run);
    size_t end, first = mien_pass_own(nmf->run->pool, nmf->tiling, &end);
    if (nmf->W != W)
        memcpy(W + first * nmf->r, nmf->W + first * nmf->r, (end - first) * nmf->r * sizeof *W);
    if (nmf->H != H)
        memcpy(H, nmf->H, nmf->r * nmf->p * sizeof *H);
    nmf->W = W;
    nmf->H = H;
    mien_nmf_bring_together(nmf);
    for (size_t k = 0; k < nmf->r && nmf->own_H; k++)
        memcpy(H + k * nmf->p, *nmf->own_H + k * nmf->own_ld, nmf->p * sizeof *H);
    nmf->own_H = NULL;
}

/* ---------------------------------------------------------------- the loss, in double */

struct measure {
    mien_nmf *nmf;
    mien_loss loss;
    const float *W;
    double *H;                  /* r x p */
    double **W_double, **model; /* T x r, T x p a worker */
};

static void measure_tile(void *context, const mien_tile *tile)
{
    struct measure *m = context;
    size_t p = m->nmf->p, r = m->nmf->r, count = tile->count;
    double *W = m->W_double[tile->worker], *model = m->model[tile->worker];
    for (size_t at = 0; at < count * r; at++)
        W[at] = m->W[tile->first * r + at];
    mien_dgemm(false, false, count, p, r, 1, W, r, m->H, p, 0, model, p);
    for (size_t at = 0; at < count * p && m->loss == MIEN_LOSS_KL; at++) /* as descents see it */
        model[at] = model[at] > MIEN_KL_FLOOR ? model[at] : MIEN_KL_FLOOR;
    tile->doubles[MIEN_NMF_LOSS] += mien_loss_sum(m->loss, tile->x, model, count * p);
}

double mien_nmf_measure(mien_nmf *nmf, mien_loss loss, const float *W, const float *H, size_t ldh)
{
    mien_arena arena = {0};
    size_t p = nmf->p, r = nmf->r;
    struct measure m = {
        .nmf = nmf,
        .loss = loss,
        .W = W,
        .H = mien_arena_alloc(&arena, r * p, sizeof(double)),
        .W_double = mien_arena_alloc_each(&arena, nmf->workers, nmf->rows * r, sizeof(double)),
        .model = mien_arena_alloc_each(&arena, nmf->workers, nmf->rows * p, sizeof(double))};
    mien_sums sums = mien_sums_alloc(&arena, nmf->run->pool, nmf->run->tiling.leaves, 1, 0);
    double sum = NAN;
    if (arena.failed) {
        nmf->run->out_of_memory = true;
    } else {
        for (size_t k = 0; k < r; k++)
            for (size_t j = 0; j < p; j++)
                m.H[k * p + j] = H[k * ldh + j];
        mien_run_pass(nmf->run, measure_tile, &m, &sums);
        sum = sums.doubles[MIEN_NMF_LOSS];
    }
    mien_arena_free(&arena);
    return sum;
}
