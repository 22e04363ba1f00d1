/* nmf_encode.c - NMF on new images: weights under the training's objective, the basis fixed.
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
 * With a penalty (nmf_weight_cost.h): frobenius, c on the diagonal of G and a taken off t; kl, the
 * descent of nmf_weight_cost.c, whose end is a sweep in which no weight moved the model's total by
 * more than REST sum x.
 *
 * Training ends with a step of the basis, for which the weights are no minimum any more, or with a
 * single descent of them. They would not come back, so it has a last step: the weights alone, to
 * their end (the refit below), where that may be a little farther off than for new images. Norms
 * that a penalty holds to are taken anew after every round; the objective is convex in W, and no
 * round increases it. */
#include "methods/nmf/nmf_encode.h"
#include "methods/nmf/nmf_hals.h"
#include "methods/nmf/nmf_weight_cost.h"

#include "linalg/blas.h"

#include <math.h>
#include <string.h>

/* The bound on an image's distance from its minimum, as a share of sum x; of a refit, after which
 * the weights of training images are off by 5e-4 of the largest at most (ORL, CBCL and the bundled
 * faces). */
static const double GAP = 2e-6, REFIT_GAP = 2e-5;

/* Descents a round: after a round the user is told, and may ask for an end; and of images that pass
 * by, at most. */
enum { DESCENTS = 10, REFIT_DESCENTS = 2, PASSING_DESCENTS = 200 };

static const double STILL = 1e-9, REFIT_STILL = 1e-5;

static const double REST = 2e-6;

/* A refit has ended when no norm changed by more than this share of the largest in a round; a
 * component that fades away, by a share of itself every round, is not waited for. */
static const double NORMS_REST = 2e-5;

enum { REFIT_ROUNDS = 100, REFIT_SWEEPS = 6 };

enum { SWEEPS = 200, SWEEPS_A_ROUND = 5 }; /* frobenius; the second of a refit that is cut short */

struct encode {
    mien_nmf *nmf;
    const mien_source *X;         /* the run's, or with images at their level */
    const mien_weight_cost *cost; /* NULL: none */
    bool *near;                   /* n: the image is near its minimum */
    bool opening;
    bool refit; /* W is a start */
    int sweeps; /* a round, at most; frobenius */
    /* kl; a worker each */
    mien_weights fixed;
    struct rest {
        size_t *image; /* rows: of the tile */
        float *x, *w;  /* rows x p, rows x r */
        float *before; /* rows x r: weights that the product belongs to */
    } * rest;          /* the images of a tile that are not yet near */
    /* frobenius */
    double *H, *G;   /* r x p, r x r */
    double **x, **t; /* rows x p, rows x r, a worker */
    double **w, **g; /* r, a worker */
};

static bool all_near(const bool *near, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!near[i])
            return false;
    return true;
}

/* One pass; whether all images are near. */
static bool run_round(struct encode *e, mien_tile_fn visit)
{
    mien_run *run = e->nmf->run;
    mien_pass(run->pool, e->X, &run->tiling, run->buffers, visit, e, NULL);
    mien_run_gather(run, e->near, sizeof *e->near);
    if (e->cost) /* which follows all weights */
        mien_nmf_gather(e->nmf);
    return all_near(e->near, e->nmf->n);
}

/* Rounds over X until every image is near, the user asks for an end, or all rounds are used up. */
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

/* The same as training's last step under a penalty. An end at the user's wish leaves the weights of
 * the round before, and the cost that of them. */
static void run_refit_with_cost(struct encode *e, mien_tile_fn visit, mien_weight_cost *cost)
{
    mien_run *run = e->nmf->run;
    mien_weight_cost_follow(cost, e->nmf->W, e->nmf->n);
    for (int round = 0; round < REFIT_ROUNDS; round++) {
        memset(e->near, 0, e->nmf->n * sizeof *e->near);
        bool all = run_round(e, visit);
        double change = mien_weight_cost_follow(cost, e->nmf->W, e->nmf->n);
        bool go_on = mien_run_tell(run, run->fit->iterations, NAN);
        if (!go_on || (all && change <= NORMS_REST))
            return;
    }
}

static void run_refit(struct encode *e, mien_tile_fn visit, mien_weight_cost *cost, size_t rounds)
{
    mien_run *run = e->nmf->run;
    if (cost) {
        run_refit_with_cost(e, visit, cost);
        return;
    }
    for (size_t round = 0; round < rounds; round++)
        if (run_round(e, visit) || !mien_run_tell(run, run->fit->iterations, NAN))
            return;
}

static struct encode prepare(mien_nmf *nmf, const mien_weight_cost *cost, bool refit)
{
    return (struct encode){.nmf = nmf,
                           .X = nmf->run->X,
                           .cost = cost,
                           .refit = refit,
                           .sweeps = SWEEPS,
                           .near = mien_arena_alloc(nmf->run->arena, nmf->n, sizeof(bool))};
}

/* ---------------------------------------------------------------- Kullback-Leibler */

/* Every weight the same, and the model's sum that of the image; 0 for a component of zeros. */
static void start_image(const struct encode *e, const float *x, float *w)
{
    size_t p = e->nmf->p, r = e->nmf->r;
    const float *t = e->fixed.basis_sum;
    double image = 0, basis = 0;
    for (size_t j = 0; j < p; j++)
        image += x[j];
    for (size_t k = 0; k < r; k++)
        basis += t[k];
    for (size_t k = 0; k < r; k++)
        w[k] = t[k] > 0 ? (float)(image / basis) : 0;
}

/* Whether the bound above says that w is near its minimum; product is s. */
static bool is_near(const struct encode *e, const float *w, const float *product)
{
    const float *t = e->fixed.basis_sum;
    double model = 0, image = 0, most = 0;
    for (size_t k = 0; k < e->nmf->r; k++) {
        if (!(t[k] > 0))
            continue;
        model += (double)w[k] * t[k];
        image += (double)w[k] * product[k];
        most = fmax(most, (double)product[k] / t[k]);
    }
    if (!(image > 0)) /* no component has anything to do with this image */
        return model == 0 && most == 0;
    return model - image + image * log(most) <= (e->refit ? REFIT_GAP : GAP) * image;
}

/* Image `from` of those that are left takes place `to`, with its weights. */
static void move_up(struct rest *rest, size_t from, size_t to, size_t p, size_t r)
{
    rest->image[to] = rest->image[from];
    memcpy(rest->x + to * p, rest->x + from * p, p * sizeof *rest->x);
    memcpy(rest->w + to * r, rest->w + from * r, r * sizeof *rest->w);
}

/* One descent on `count` images; those that were near before it leave, and it was their last.
 * Returns how many are left. */
static size_t descend_rest(const struct encode *e, const mien_tile *tile, size_t count)
{
    size_t p = e->nmf->p, r = e->nmf->r, left = 0;
    struct rest *rest = &e->rest[tile->worker];
    const float *product = e->fixed.product[tile->worker];
    memcpy(rest->before, rest->w, count * r * sizeof *rest->w);
    mien_tile images = {.x = rest->x, .count = count, .worker = tile->worker};
    mien_weights_descend(&e->fixed, &images, rest->w);
    for (size_t i = 0; i < count; i++) {
        size_t image = tile->first + rest->image[i];
        memcpy(e->nmf->W + image * r, rest->w + i * r, r * sizeof *rest->w);
        mien_levels_lift_weights(&e->fixed.levels, image, true, e->nmf->W + image * r, r);
        e->near[image] = is_near(e, rest->before + i * r, product + i * r);
        if (e->near[image])
            continue;
        if (left < i)
            move_up(rest, i, left, p, r);
        left++;
    }
    return left;
}

/* So many descents on a tile's images that are not near. */
static void descend_images(const struct encode *e, const mien_tile *tile, bool opening,
                           int descents)
{
    size_t p = e->nmf->p, r = e->nmf->r, count = 0;
    struct rest *rest = &e->rest[tile->worker];
    for (size_t i = 0; i < tile->count; i++) {
        if (e->near[tile->first + i])
            continue;
        float *w = e->nmf->W + (tile->first + i) * r;
        if (opening)
            start_image(e, tile->x + i * p, w);
        rest->image[count] = i;
        memcpy(rest->x + count * p, tile->x + i * p, p * sizeof *rest->x);
        memcpy(rest->w + count * r, w, r * sizeof *w);
        mien_levels_lift_weights(&e->fixed.levels, tile->first + i, false, rest->w + count * r, r);
        count++;
    }
    for (int d = 0; d < descents && count; d++)
        count = descend_rest(e, tile, count);
}

static void descend_kl(void *context, const mien_tile *tile)
{
    const struct encode *e = context;
    descend_images(e, tile, e->opening, e->refit ? REFIT_DESCENTS : DESCENTS);
}

/* With a cost, image i of the tile; returns whether it came to rest. */
static bool descend_with_cost_image(const struct encode *e, const mien_tile *tile, size_t i,
                                    const float *model)
{
    const mien_weights *c = &e->fixed;
    size_t p = e->nmf->p, r = e->nmf->r;
    float *w = e->nmf->W + (tile->first + i) * r;
    float *x = c->x[tile->worker], *m = c->m[tile->worker];
    double total = 0;
    memcpy(x, tile->x + i * p, p * sizeof *x);
    for (size_t j = 0; j < p; j++)
        total += x[j];
    float floor = e->nmf->run->model ? mien_weights_floor(total / (double)p) : c->floor;
    for (size_t j = 0; j < p; j++)
        m[j] = fmaxf(model[j], floor);
    mien_descend_pad(x, m, p, c->ldp);
    double move = mien_weight_cost_descend(e->cost, x, m, c->ldp, floor, c->lifted, c->basis_sum, w,
                                           e->refit ? REFIT_SWEEPS : DESCENTS);
    return move <= REST * total;
}

static void descend_with_cost(void *context, const mien_tile *tile)
{
    const struct encode *e = context;
    const mien_weights *c = &e->fixed;
    size_t p = e->nmf->p, r = e->nmf->r;
    bool *near = e->near + tile->first;
    float *W = e->nmf->W + tile->first * r, *model = c->model[tile->worker];
    if (all_near(near, tile->count))
        return;
    for (size_t i = 0; e->opening && i < tile->count; i++) {
        start_image(e, tile->x + i * p, W + i * r);
        for (size_t k = 0; k < r; k++) /* a component that no image used is left alone */
            W[i * r + k] = isfinite(e->cost->curvature[k]) ? W[i * r + k] : 0;
    }
    mien_sgemm(false, false, tile->count, p, r, 1, W, r, c->lifted, c->ldp, 0, model, p);
    for (size_t i = 0; i < tile->count; i++)
        near[i] = near[i] || descend_with_cost_image(e, tile, i, model + i * p);
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
            model += (double)w[k] * e->fixed.basis_sum[k];
        double scale = model > 0 ? image / model : 0;
        for (size_t k = 0; k < r; k++)
            w[k] = (float)(w[k] * scale);
    }
}

static mien_status prepare_rest(struct encode *e)
{
    mien_nmf *nmf = e->nmf;
    mien_arena *arena = nmf->run->arena;
    size_t rows = nmf->rows, p = nmf->p, r = nmf->r;
    unsigned workers = nmf->workers;
    e->rest = mien_arena_alloc(arena, workers, sizeof *e->rest);
    size_t **image = mien_arena_alloc_each(arena, workers, rows, sizeof **image);
    float **x = mien_arena_alloc_each(arena, workers, rows * p, sizeof **x);
    float **w = mien_arena_alloc_each(arena, workers, rows * r, sizeof **w);
    float **before = mien_arena_alloc_each(arena, workers, rows * r, sizeof **before);
    for (unsigned i = 0; i < workers && !arena->failed; i++)
        e->rest[i] = (struct rest){.image = image[i], .x = x[i], .w = w[i], .before = before[i]};
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* H (r x p) is the basis. */
static void hold_kl(struct encode *e, const float *H)
{
    size_t p = e->nmf->p;
    for (size_t k = 0; k < e->nmf->r; k++)
        memcpy(e->fixed.H + k * e->fixed.ldp, H + k * p, p * sizeof *H);
    mien_weights_hold(&e->fixed);
}

static mien_status prepare_kl(mien_nmf *nmf, const mien_weight_cost *cost, bool refit,
                              struct encode *out)
{
    *out = prepare(nmf, cost, refit);
    mien_status st = mien_weights_prepare(nmf, 0, 0, &out->fixed);
    out->fixed.with_product = true;
    if (!cost) /* a penalty depends on the image's unit */
        out->X = out->fixed.levels.X;
    if (st || (!cost && prepare_rest(out)))
        return MIEN_ERR_NOMEM;
    hold_kl(out, nmf->H);
    return MIEN_OK;
}

static mien_status encode_kl(mien_nmf *nmf, const mien_weight_cost *cost)
{
    struct encode e;
    mien_status st = prepare_kl(nmf, cost, false, &e);
    if (st)
        return st;
    run_rounds(&e, cost ? descend_with_cost : descend_kl);
    if (cost && cost->to_total)
        mien_run_pass(nmf->run, scale_to_total, &e, NULL);
    mien_nmf_bring_together(nmf);
    return MIEN_OK;
}

static mien_status refit_kl(mien_nmf *nmf, mien_weight_cost *cost, size_t rounds)
{
    struct encode e;
    mien_status st = prepare_kl(nmf, cost, true, &e);
    if (st)
        return st;
    run_refit(&e, cost ? descend_with_cost : descend_kl, cost, rounds);
    if (cost && cost->to_total)
        mien_run_pass(nmf->run, scale_to_total, &e, NULL);
    mien_nmf_bring_together(nmf);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- squared distance */

/* One image's weights w, t = H x; g is workspace. Returns whether they came to rest. */
static bool descend_image(const struct encode *e, const double *t, double *w, double *g, size_t r)
{
    const double *G = e->G, *curvature = e->cost ? e->cost->curvature : NULL;
    double seen = 0; /* of |x|: by the component that sees most */
    double still = e->refit && !e->cost ? REFIT_STILL : STILL;
    for (size_t k = 0; k < r; k++) {
        g[k] = (curvature && isfinite(curvature[k]) ? curvature[k] * w[k] : 0) - t[k];
        for (size_t l = 0; l < r; l++)
            g[k] += G[k * r + l] * w[l];
        if (G[k * r + k] > 0)
            seen = fmax(seen, t[k] / sqrt(G[k * r + k]));
    }
    for (int sweep = 0; sweep < e->sweeps; sweep++) {
        double most = 0;
        for (size_t k = 0; k < r; k++) {
            double total = G[k * r + k] + (curvature ? curvature[k] : 0);
            if (!(total > 0) || !isfinite(total))
                continue;
            double next = fmax(0, w[k] - g[k] / total), step = next - w[k];
            if (step == 0)
                continue;
            w[k] = next;
            for (size_t l = 0; l < r; l++)
                g[l] += step * G[k * r + l];
            g[k] += curvature ? step * curvature[k] : 0;
            most = fmax(most, fabs(step) * sqrt(total));
        }
        if (most <= still * seen)
            return true;
    }
    return false;
}

static void descend_squares(void *context, const mien_tile *tile)
{
    const struct encode *e = context;
    size_t p = e->nmf->p, r = e->nmf->r, count = tile->count;
    bool *near = e->near + tile->first;
    double *x = e->x[tile->worker], *t = e->t[tile->worker], *w = e->w[tile->worker];
    if (all_near(near, count))
        return;
    for (size_t at = 0; at < count * p; at++)
        x[at] = tile->x[at];
    mien_dgemm(false, true, count, r, p, 1, x, p, e->H, p, 0, t, r);
    for (size_t at = 0; at < count * r && e->cost; at++)
        t[at] -= e->cost->linear[at % r];
    for (size_t i = 0; i < count; i++) {
        float *W = e->nmf->W + (tile->first + i) * r;
        if (near[i])
            continue;
        for (size_t k = 0; k < r; k++)
            w[k] = W[k];
        near[i] = descend_image(e, t + i * r, w, e->g[tile->worker], r);
        for (size_t k = 0; k < r; k++)
            W[k] = (float)w[k];
    }
}

/* One buffer of `count` doubles a worker. */
static double **double_buffers(mien_nmf *nmf, size_t count)
{
    return mien_arena_alloc_each(nmf->run->arena, nmf->workers, count, sizeof(double));
}

/* H (r x p) is the basis. */
static void hold_squares(struct encode *e, const float *H)
{
    size_t p = e->nmf->p, r = e->nmf->r;
    for (size_t at = 0; at < r * p; at++)
        e->H[at] = H[at];
    mien_dgemm(false, true, r, r, p, 1, e->H, p, e->H, p, 0, e->G, r);
}

static mien_status prepare_squares(mien_nmf *nmf, const mien_weight_cost *cost, bool refit,
                                   struct encode *out)
{
    size_t p = nmf->p, r = nmf->r;
    mien_arena *arena = nmf->run->arena;
    struct encode e = prepare(nmf, cost, refit);
    e.H = mien_arena_alloc(arena, r * p, sizeof *e.H);
    e.G = mien_arena_alloc(arena, r * r, sizeof *e.G);
    e.x = double_buffers(nmf, nmf->rows * p);
    e.t = double_buffers(nmf, nmf->rows * r);
    e.w = double_buffers(nmf, r);
    e.g = double_buffers(nmf, r);
    if (arena->failed)
        return MIEN_ERR_NOMEM;
    hold_squares(&e, nmf->H);
    *out = e;
    return MIEN_OK;
}

static mien_status encode_squares(mien_nmf *nmf, const mien_weight_cost *cost)
{
    struct encode e;
    mien_status st = prepare_squares(nmf, cost, false, &e);
    if (!st)
        run_rounds(&e, descend_squares);
    if (!st)
        mien_nmf_bring_together(nmf);
    return st;
}

static mien_status refit_squares(mien_nmf *nmf, mien_weight_cost *cost, size_t rounds)
{
    struct encode e;
    mien_status st = prepare_squares(nmf, cost, true, &e);
    if (st)
        return st;
    if (!cost && rounds < SWEEPS / SWEEPS_A_ROUND) { /* all in one pass, which is what costs */
        e.sweeps = (int)rounds * SWEEPS_A_ROUND;
        rounds = 1;
    }
    run_refit(&e, descend_squares, cost, rounds);
    mien_nmf_bring_together(nmf);
    return st;
}

/* ---------------------------------------------------------------- weights that are not kept */

/* Images of a worker's tile stand at worker x rows of what else has n of them. */
struct mien_nmf_encoder {
    struct encode e;
    mien_nmf slots; /* e.nmf: W is workers x rows x r */
    const mien_nmf *sample;
    bool kl;
    /* kl: for a start from sweeps of HALS, which halves the descents */
    size_t ldt;              /* rows, padded */
    float *G;                /* r x r: H H' */
    float **target, **sides; /* r x ldt a worker: H X', W' */
};

/* What every component has at least at the start, of a model in which all have the same: no pixel
 * that the basis reaches has a model of 0. */
static const float START_LEAST = 0.01f;

static mien_status prepare_start(mien_nmf_encoder *c)
{
    mien_nmf *nmf = &c->slots;
    c->ldt = mien_hals_padded(nmf->rows);
    c->G = mien_arena_alloc(nmf->run->arena, nmf->r * nmf->r, sizeof *c->G);
    c->target = mien_nmf_buffers(nmf, nmf->r * c->ldt);
    c->sides = mien_nmf_buffers(nmf, nmf->r * c->ldt);
    return nmf->run->arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* W (count x r) <- near the weights of the least squared distance. */
static void start_tile(const mien_nmf_encoder *c, const mien_tile *tile, float *W)
{
    size_t p = c->slots.p, r = c->slots.r, count = tile->count;
    const mien_weights *fixed = &c->e.fixed;
    float *target = c->target[tile->worker], *least = fixed->product[tile->worker];
    for (size_t i = 0; i < count; i++)
        start_image(&c->e, tile->x + i * p, W + i * r);
    mien_sgemm(false, true, r, count, p, 1, fixed->H, fixed->ldp, tile->x, p, 0, target, c->ldt);
    mien_hals_descend_weights(c->G, target, W, count, r, c->ldt, false, c->sides[tile->worker]);
    for (size_t i = 0; i < count; i++) {
        start_image(&c->e, tile->x + i * p, least);
        for (size_t k = 0; k < r; k++)
            W[i * r + k] = fmaxf(W[i * r + k], START_LEAST * least[k]);
    }
}

mien_status mien_nmf_encoder_open(mien_nmf *nmf, mien_nmf_encoder **out)
{
    mien_run *run = nmf->run;
    mien_nmf_encoder *c = mien_arena_alloc(run->arena, 1, sizeof *c);
    if (!c)
        return MIEN_ERR_NOMEM;
    c->kl = run->method->loss(run->options) == mien_nmf_kl.loss;
    c->sample = nmf;
    c->slots = *nmf;
    c->slots.n = nmf->workers * nmf->rows;
    c->slots.W = mien_arena_alloc(run->arena, c->slots.n * nmf->r, sizeof *c->slots.W);
    mien_status st =
        c->kl ? prepare_kl(nmf, NULL, true, &c->e) : prepare_squares(nmf, NULL, true, &c->e);
    if (!st && c->kl)
        st = prepare_start(c);
    c->e.nmf = &c->slots;
    c->e.near = mien_arena_alloc(run->arena, c->slots.n, sizeof *c->e.near);
    *out = c;
    return st || run->arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

void mien_nmf_encoder_hold(mien_nmf_encoder *c)
{
    mien_weights *fixed = &c->e.fixed;
    if (!c->kl) {
        hold_squares(&c->e, c->sample->H);
        return;
    }
    hold_kl(&c->e, c->sample->H);
    mien_sgemm(false, true, c->slots.r, c->slots.r, c->slots.p, 1, fixed->H, fixed->ldp, fixed->H,
               fixed->ldp, 0, c->G, c->slots.r);
    if (fixed->batched) /* then the panels, for products alone, were left out */
        mien_panels_hold_all(&fixed->panels, fixed->lifted, fixed->ldp);
}

const float *mien_nmf_encoder_tile(mien_nmf_encoder *c, const mien_tile *tile)
{
    size_t first = tile->worker * c->slots.rows, r = c->slots.r;
    float *W = c->slots.W + first * r;
    mien_tile here = *tile;
    here.first = first;
    memset(c->e.near + first, 0, tile->count * sizeof *c->e.near);
    if (c->kl) {
        start_tile(c, tile, W);
        descend_images(&c->e, &here, false, PASSING_DESCENTS);
    } else {
        memset(W, 0, tile->count * r * sizeof *W);
        descend_squares(&c->e, &here);
    }
    return W;
}

mien_weights *mien_nmf_encoder_weights(mien_nmf_encoder *c)
{
    return &c->e.fixed;
}

/* ---------------------------------------------------------------- objectives */

const mien_nmf_objective mien_nmf_kl = {
    .name = "kl", .loss = MIEN_LOSS_KL, .encode = encode_kl, .refit = refit_kl};

const mien_nmf_objective mien_nmf_frobenius = {.name = "frobenius",
                                               .loss = MIEN_LOSS_HALF_SQUARES,
                                               .encode = encode_squares,
                                               .refit = refit_squares};
