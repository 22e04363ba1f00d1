/* nmf_encode.c - NMF on new images: weights under the training's objective, the basis held.
 * SPDX-License-Identifier: MIT
 *
 * For each image a convex problem in r unknowns, w >= 0, so where it starts does not matter.
 *
 * kl: minimise f(w) = sum_j m_j - x_j log m_j, m = w'H, by the coordinate descent of training
 * (nmf_descent.h). How near is the minimum? With t_k = sum_j h_kj, s_k = sum_j x_j h_kj / m_j and
 * a = max_k s_k / t_k, Jensen's inequality gives for any w* whose model has the sum of x, as the
 * minimum has,
 *
 *   f(w) - f(w*) = sum m - sum m* + sum_j x_j log(m*_j / m_j) <= sum m - sum x + sum x log a
 *
 * where x counts the pixels that some component reaches: sum_k w_k s_k. All of it is at hand before
 * a descent begins. The end is a bound below GAP sum x; rounding of float allows no less.
 *
 * frobenius: minimise f(w) = w'Gw / 2 - w't, G = H H', t = H x, by the coordinate descent of HALS
 * (nmf_hals.c), in double, since G squares the condition of H. A sweep costs r^2 at most and
 * little when few weights move; the gradient g = G w - t is kept up to date. The end is a sweep in
 * which no weight moved the model by more than STILL |x|, as far as the basis sees x.
 *
 * With a penalty (nmf_price.h): frobenius, c on the diagonal of G and a taken off t; kl, the
 * descent of nmf_price.c, whose end is a sweep in which no weight moved the model's total by more
 * than REST sum x.
 *
 * Training ends with a step of the basis, for which the weights are no minimum any more. Under a
 * penalty they would not come back, so it has a last step: the weights alone, to their end (the
 * refit below). Norms that the penalty holds to are taken anew after every round; the objective is
 * convex in W, and no round increases it. */
#include "methods/nmf_descent.h"
#include "methods/nmf_price.h"

#include "linalg/blas.h"

#include <math.h>
#include <string.h>

/* The bound on an image's distance from its minimum, as a share of sum x. */
static const double GAP = 2e-6;

/* Descents a round: after a round the user is told, and may ask for an end. */
enum { DESCENTS = 10 };

static const double STILL = 1e-9;

static const double REST = 2e-6;

/* A refit has ended when no norm changed by more than this share of the largest in a round; a
 * component that fades away, by a share of itself every round, is not waited for. */
static const double NORMS_REST = 2e-5;

enum { REFIT_ROUNDS = 100, REFIT_SWEEPS = 6 };

enum { SWEEPS = 200 }; /* of a round, frobenius */

struct encode {
    mien_nmf *nmf;
    const mien_price *price; /* NULL: none */
    bool *near;              /* a tile each: all of its images are near their minimum */
    bool opening;
    bool refit; /* W is a start */
    /* kl */
    mien_weights held;
    float **before; /* rows x r: weights that the pull belongs to, a worker */
    /* frobenius */
    double *H, *G;   /* r x p, r x r */
    double **x, **t; /* rows x p, rows x r, a worker */
    double **w, **g; /* r, a worker */
};

/* One pass; whether all tiles are near. */
static bool run_round(struct encode *e, mien_tile_fn visit)
{
    mien_run *run = e->nmf->run;
    bool all = true;
    mien_run_pass(run, visit, e);
    for (size_t tile = 0; tile < run->tiling.tiles; tile++)
        all = all && e->near[tile];
    return all;
}

/* Rounds over X until every tile is near, the user asks for an end, or all rounds are used up. */
static void run_rounds(struct encode *e, mien_tile_fn visit)
{
    mien_run *run = e->nmf->run;
    mien_fit *fit = run->fit;
    fit->stop = MIEN_STOP_ITERATIONS;
    while (fit->iterations < run->options->iterations) {
        e->opening = fit->iterations == 0;
        bool all = run_round(e, visit);
        fit->iterations++;
        if (!mien_run_tell(run, fit->iterations, NAN))
            return;
        if (all) {
            fit->stop = MIEN_STOP_CONVERGED;
            return;
        }
    }
}

/* The same as training's last step; also of a training that was interrupted, so that whatever is
 * saved can be encoded again. */
static void run_refit(struct encode *e, mien_tile_fn visit, mien_price *price)
{
    mien_run *run = e->nmf->run;
    if (price)
        mien_price_follow(price, e->nmf->W, e->nmf->n);
    for (int round = 0; round < REFIT_ROUNDS; round++) {
        memset(e->near, 0, run->tiling.tiles * sizeof *e->near);
        bool all = run_round(e, visit);
        double change = price ? mien_price_follow(price, e->nmf->W, e->nmf->n) : 0;
        if (all && change <= NORMS_REST)
            return;
    }
}

static struct encode prepare(mien_nmf *nmf, const mien_price *price, bool refit)
{
    mien_arena *arena = nmf->run->arena;
    return (struct encode){.nmf = nmf,
                           .price = price,
                           .refit = refit,
                           .near = mien_arena_alloc(arena, nmf->run->tiling.tiles, sizeof(bool))};
}

/* ---------------------------------------------------------------- Kullback-Leibler */

/* Every weight the same, and the model's sum that of the image; 0 for a component of zeros. */
static void start_image(const struct encode *e, const float *x, float *w)
{
    size_t p = e->nmf->p, r = e->nmf->r;
    const float *t = e->held.basis_sum;
    double image = 0, basis = 0;
    for (size_t j = 0; j < p; j++)
        image += x[j];
    for (size_t k = 0; k < r; k++)
        basis += t[k];
    for (size_t k = 0; k < r; k++)
        w[k] = t[k] > 0 ? (float)(image / basis) : 0;
}

/* Whether the bound above says that w is near its minimum; pull is s. */
static bool is_near(const struct encode *e, const float *w, const float *pull)
{
    const float *t = e->held.basis_sum;
    double model = 0, image = 0, most = 0;
    for (size_t k = 0; k < e->nmf->r; k++) {
        if (!(t[k] > 0))
            continue;
        model += (double)w[k] * t[k];
        image += (double)w[k] * pull[k];
        most = fmax(most, (double)pull[k] / t[k]);
    }
    if (!(image > 0)) /* no component has anything to do with this image */
        return model == 0 && most == 0;
    return model - image + image * log(most) <= GAP * image;
}

static void descend_kl(void *context, const mien_tile *tile)
{
    const struct encode *e = context;
    size_t p = e->nmf->p, r = e->nmf->r, count = tile->count;
    bool *near = &e->near[tile->first / e->nmf->rows];
    float *W = e->nmf->W + tile->first * r, *before = e->before[tile->worker];
    const float *pull = e->held.pull[tile->worker];
    if (e->opening)
        for (size_t i = 0; i < count; i++)
            start_image(e, tile->x + i * p, W + i * r);
    for (int d = 0; d < DESCENTS && !*near; d++) {
        memcpy(before, W, count * r * sizeof *before);
        mien_weights_descend(&e->held, tile, W);
        *near = true;
        for (size_t i = 0; i < count && *near; i++)
            *near = is_near(e, before + i * r, pull + i * r);
    }
}

/* With a price, image i of the tile; returns whether it came to rest. */
static bool descend_priced_image(const struct encode *e, const mien_tile *tile, size_t i,
                                 const float *model)
{
    const mien_weights *c = &e->held;
    size_t p = e->nmf->p, r = e->nmf->r;
    float *w = e->nmf->W + (tile->first + i) * r;
    float *x = c->x[tile->worker], *m = c->m[tile->worker];
    double total = 0;
    memcpy(x, tile->x + i * p, p * sizeof *x);
    for (size_t j = 0; j < p; j++) {
        m[j] = fmaxf(model[j], c->floor);
        total += x[j];
    }
    mien_descend_pad(x, m, p, c->ldp);
    double move = mien_price_descend(e->price, x, m, c->ldp, c->floor, c->H, c->basis_sum, w,
                                     e->refit ? REFIT_SWEEPS : DESCENTS);
    return move <= REST * total;
}

static void descend_priced(void *context, const mien_tile *tile)
{
    const struct encode *e = context;
    const mien_weights *c = &e->held;
    size_t p = e->nmf->p, r = e->nmf->r;
    bool *near = &e->near[tile->first / e->nmf->rows];
    float *W = e->nmf->W + tile->first * r, *model = c->model[tile->worker];
    if (*near)
        return;
    for (size_t i = 0; e->opening && i < tile->count; i++) {
        start_image(e, tile->x + i * p, W + i * r);
        for (size_t k = 0; k < r; k++) /* a component that nobody used is left alone */
            W[i * r + k] = isfinite(e->price->curve[k]) ? W[i * r + k] : 0;
    }
    mien_sgemm(false, false, tile->count, p, r, 1, W, r, c->H, c->ldp, 0, model, p);
    *near = true;
    for (size_t i = 0; i < tile->count; i++)
        if (!descend_priced_image(e, tile, i, model + i * p))
            *near = false;
}

/* Weights so large that the model has the image's total. */
static void scale_to_total(void *context, const mien_tile *tile)
{
    const struct encode *e = context;
    size_t p = e->nmf->p, r = e->nmf->r;
    for (size_t i = 0; i < tile->count; i++) {
        float *w = e->nmf->W + (tile->first + i) * r;
        double image = 0, model = 0;
        for (size_t j = 0; j < p; j++)
            image += tile->x[i * p + j];
        for (size_t k = 0; k < r; k++)
            model += (double)w[k] * e->held.basis_sum[k];
        double scale = model > 0 ? image / model : 0;
        for (size_t k = 0; k < r; k++)
            w[k] = (float)(w[k] * scale);
    }
}

static mien_status prepare_kl(mien_nmf *nmf, const mien_price *price, bool refit,
                              struct encode *out)
{
    *out = prepare(nmf, price, refit);
    mien_status st = mien_weights_prepare(nmf, 0, 0, &out->held);
    out->before = mien_nmf_buffers(nmf, nmf->rows * nmf->r);
    if (st || nmf->run->arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t k = 0; k < nmf->r; k++)
        memcpy(out->held.H + k * out->held.ldp, nmf->H + k * nmf->p, nmf->p * sizeof(float));
    mien_weights_hold(&out->held);
    return MIEN_OK;
}

mien_status mien_nmf_kl_encode(mien_nmf *nmf, const mien_price *price)
{
    struct encode e;
    mien_status st = prepare_kl(nmf, price, false, &e);
    if (st)
        return st;
    run_rounds(&e, price ? descend_priced : descend_kl);
    if (price && price->to_total)
        mien_run_pass(nmf->run, scale_to_total, &e);
    return MIEN_OK;
}

mien_status mien_nmf_kl_refit(mien_nmf *nmf, mien_price *price)
{
    struct encode e;
    mien_status st = prepare_kl(nmf, price, true, &e);
    if (st)
        return st;
    run_refit(&e, descend_priced, price);
    if (price->to_total)
        mien_run_pass(nmf->run, scale_to_total, &e);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- squared distance */

/* One image's weights w, t = H x; g is workspace. Returns whether they came to rest. */
static bool descend_image(const struct encode *e, const double *t, double *w, double *g, size_t r)
{
    const double *G = e->G, *curve = e->price ? e->price->curve : NULL;
    double seen = 0; /* of |x|: by the component that sees most */
    for (size_t k = 0; k < r; k++) {
        g[k] = (curve && isfinite(curve[k]) ? curve[k] * w[k] : 0) - t[k];
        for (size_t l = 0; l < r; l++)
            g[k] += G[k * r + l] * w[l];
        if (G[k * r + k] > 0)
            seen = fmax(seen, t[k] / sqrt(G[k * r + k]));
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double most = 0;
        for (size_t k = 0; k < r; k++) {
            double bend = G[k * r + k] + (curve ? curve[k] : 0);
            if (!(bend > 0) || !isfinite(bend))
                continue;
            double next = fmax(0, w[k] - g[k] / bend), step = next - w[k];
            if (step == 0)
                continue;
            w[k] = next;
            for (size_t l = 0; l < r; l++)
                g[l] += step * G[k * r + l];
            g[k] += curve ? step * curve[k] : 0;
            most = fmax(most, fabs(step) * sqrt(bend));
        }
        if (most <= STILL * seen)
            return true;
    }
    return false;
}

static void descend_squares(void *context, const mien_tile *tile)
{
    const struct encode *e = context;
    size_t p = e->nmf->p, r = e->nmf->r, count = tile->count;
    bool *near = &e->near[tile->first / e->nmf->rows];
    double *x = e->x[tile->worker], *t = e->t[tile->worker], *w = e->w[tile->worker];
    if (*near)
        return;
    for (size_t at = 0; at < count * p; at++)
        x[at] = tile->x[at];
    mien_dgemm(false, true, count, r, p, 1, x, p, e->H, p, 0, t, r);
    for (size_t at = 0; at < count * r && e->price; at++)
        t[at] -= e->price->linear[at % r];
    *near = true;
    for (size_t i = 0; i < count; i++) {
        float *W = e->nmf->W + (tile->first + i) * r;
        for (size_t k = 0; k < r; k++)
            w[k] = W[k];
        if (!descend_image(e, t + i * r, w, e->g[tile->worker], r))
            *near = false;
        for (size_t k = 0; k < r; k++)
            W[k] = (float)w[k];
    }
}

/* One buffer of `count` doubles a worker. */
static double **double_buffers(mien_nmf *nmf, size_t count)
{
    mien_arena *arena = nmf->run->arena;
    double **buffers = mien_arena_alloc(arena, nmf->workers, sizeof *buffers);
    for (unsigned i = 0; i < nmf->workers && !arena->failed; i++)
        buffers[i] = mien_arena_alloc(arena, count, sizeof **buffers);
    return buffers;
}

static mien_status prepare_squares(mien_nmf *nmf, const mien_price *price, bool refit,
                                   struct encode *out)
{
    size_t p = nmf->p, r = nmf->r;
    mien_arena *arena = nmf->run->arena;
    struct encode e = prepare(nmf, price, refit);
    e.H = mien_arena_alloc(arena, r * p, sizeof *e.H);
    e.G = mien_arena_alloc(arena, r * r, sizeof *e.G);
    e.x = double_buffers(nmf, nmf->rows * p);
    e.t = double_buffers(nmf, nmf->rows * r);
    e.w = double_buffers(nmf, r);
    e.g = double_buffers(nmf, r);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    for (size_t at = 0; at < r * p; at++)
        e.H[at] = nmf->H[at];
    mien_dgemm(false, true, r, r, p, 1, e.H, p, e.H, p, 0, e.G, r);
    *out = e;
    return MIEN_OK;
}

mien_status mien_nmf_frobenius_encode(mien_nmf *nmf, const mien_price *price)
{
    struct encode e;
    mien_status st = prepare_squares(nmf, price, false, &e);
    if (!st)
        run_rounds(&e, descend_squares);
    return st;
}

mien_status mien_nmf_frobenius_refit(mien_nmf *nmf, mien_price *price)
{
    struct encode e;
    mien_status st = prepare_squares(nmf, price, true, &e);
    if (!st)
        run_refit(&e, descend_squares, price);
    return st;
}
