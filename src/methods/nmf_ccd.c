/* nmf_ccd.c - non-negative matrix factorization under the Kullback-Leibler divergence by
 * extrapolated coordinate descent: --solver fast.
 * SPDX-License-Identifier: MIT
 *
 *   minimise f(W,H) = sum m - x log m,  m = WH,  W >= 0,  H >= 0
 *
 * Coordinate descent (Hsieh & Dhillon, KDD 2011; Hien & Gillis, J. Sci. Comput. 87 (2021)): with H
 * fixed every image is a convex problem of its own, and along one weight w = w_ik
 *
 *   f' = g = sum_j h_kj (1 - x_j / m_j),     f'' = c = sum_j h_kj^2 x_j / m_j^2
 *
 *   g < 0   w <- w - g / c            Newton's step. f'' falls as w grows, so the parabola lies
 *                                     above f and the step cannot overshoot.
 *   g > 0   w <- w / (1 + g / (c w))  minimum of a w' - b log w' with the slope and curvature of f
 *                                     at w. m + d h >= m (w + d) / w for d < 0, hence f'' at w + d
 *                                     is at most c (w / (w + d))^2, the curvature of that function:
 *                                     it lies above f, too. It never reaches 0 but goes there
 *                                     quadratically.
 *
 * So no step increases f and none needs a line search. Columns of H are the same problem with W'
 * in the place of H. The divisions x / m of a coordinate are n p, and there are r coordinates: a
 * sweep has no GEMM to lean on. What makes it fast: the gradient of all coordinates at once is a
 * GEMM, and those which stand at 0 and would stay there (a third on faces) are left out; a second
 * sweep visits only those that gained most in the first; the loop runs near one division a cycle
 * and lane (nmf_sweep.c); and sweeps are extrapolated (nmf_extrapolation.c), which takes the place
 * of hundreds of iterations.
 *
 * An iteration: weights, one tile of images after the other; basis, one strip of pixels after the
 * other, with the images' weights transposed. A strip ends with its exact share of the loss. Needs
 * W three times and H four times; nothing of size n x p. The loss never increases. */
#include "methods/nmf.h"

#include "linalg/blas.h"
#include "methods/nmf_kernels.h"
#include "methods/nmf_sweep.h"

#include <string.h>

enum {
    SWEEPS = 2,           /* over a row, the second over what the first moved most */
    STRIP_MOST = 16,      /* pixels a strip */
    STRIP_FLOATS = 40960, /* a strip with its model and ratio fits into half a megabyte */
    STRIP_LEAST = 4
};

/* Least value of the model, against the mean of X. A pixel with x > 0 that no component reaches
 * has the slope x h / floor: strong enough to bring one there in a step. */
static const double MODEL_FLOOR = 1e-10;

struct ccd {
    mien_nmf *nmf;
    mien_extrapolation pace;
    size_t ldp, ldn;   /* p and n, padded */
    size_t strip;      /* pixels a strip */
    float floor;       /* models are kept above it: m^2 stays far from underflow */
    float *W_new;      /* n x r: before the iteration W's predecessor, after it the candidate */
    float *W_turned;   /* r x ldn: the candidate, transposed */
    float *H_start;    /* r x ldp: the extrapolated basis, padded */
    float *H_new;      /* r x p: predecessor, then candidate */
    float *basis_sum;  /* r: of H_start */
    float *weight_sum; /* r: of W_new */
    float **model, **ratio; /* a tile or a strip, a worker */
    float **gradient;       /* a tile's or strip's ratio times the other factor, a worker */
    float **x, **m;         /* one padded image and its model, a worker; or a strip of x */
    float **coordinates;    /* r: one pixel's column of H, a worker */
    unsigned **active;      /* r a worker */
    double *strip_loss;     /* one a strip */
};

/* Coordinates that are positive or want to be. */
static size_t find_active(const float *w, const float *pull, const float *sum, size_t r,
                          unsigned *active)
{
    size_t count = 0;
    for (size_t k = 0; k < r; k++)
        if (w[k] > 0 || pull[k] > sum[k])
            active[count++] = (unsigned)k;
    return count;
}

static void descend(const float *x, float *m, size_t ld, const float *H, const float *sum, float *w,
                    unsigned *active, size_t count)
{
    for (int sweep = 0; sweep < SWEEPS && count; sweep++)
        count = mien_kl_sweep(x, m, ld, H, sum, w, active, count);
}

/* A pixel that is not there: x = 0, m = 1 and h = 0 add nothing to any sum. */
static void pad(float *x, float *m, size_t from, size_t to)
{
    for (size_t j = from; j < to; j++) {
        x[j] = 0;
        m[j] = 1;
    }
}

/* ---------------------------------------------------------------- weights */

static void descend_weights(void *context, const mien_tile *tile)
{
    struct ccd *c = context;
    mien_nmf *nmf = c->nmf;
    size_t p = nmf->p, r = nmf->r, count = tile->count;
    float *W = c->W_new + tile->first * r;
    float *model = c->model[tile->worker], *ratio = c->ratio[tile->worker];
    float *pull = c->gradient[tile->worker];
    float *x = c->x[tile->worker], *m = c->m[tile->worker];
    double *sum = nmf->weight_sum + tile->group * r;
    if (tile->opens)
        memset(sum, 0, r * sizeof *sum);

    mien_extrapolate(W, nmf->W + tile->first * r, W, c->pace.beta, count * r);
    mien_sgemm(false, false, count, p, r, 1, W, r, c->H_start, c->ldp, 0, model, p);
    mien_kl_raise(model, c->floor, count * p);
    memcpy(ratio, model, count * p * sizeof *ratio);
    mien_kl_ratio(tile->x, ratio, count * p);
    mien_sgemm(false, true, count, r, p, 1, ratio, p, c->H_start, c->ldp, 0, pull, r);
    for (size_t i = 0; i < count; i++) {
        unsigned *active = c->active[tile->worker];
        float *w = W + i * r;
        size_t moving = find_active(w, pull + i * r, c->basis_sum, r, active);
        memcpy(x, tile->x + i * p, p * sizeof *x);
        memcpy(m, model + i * p, p * sizeof *m);
        pad(x, m, p, c->ldp);
        descend(x, m, c->ldp, c->H_start, c->basis_sum, w, active, moving);
        for (size_t k = 0; k < r; k++) {
            sum[k] += w[k];
            c->W_turned[k * c->ldn + tile->first + i] = w[k];
        }
    }
}

/* ---------------------------------------------------------------- basis */

static void descend_strip(void *context, size_t strip, unsigned worker)
{
    struct ccd *c = context;
    mien_nmf *nmf = c->nmf;
    size_t n = nmf->n, p = nmf->p, r = nmf->r, ldn = c->ldn, first = strip * c->strip;
    size_t count = p - first < c->strip ? p - first : c->strip;
    float *x = c->x[worker], *m = c->model[worker], *ratio = c->ratio[worker];
    float *pull = c->gradient[worker], *h = c->coordinates[worker];
    const mien_source *X = nmf->run->X;

    X->strip(X->data, first, count, x, ldn);
    mien_sgemm(true, false, count, n, r, 1, c->H_start + first, c->ldp, c->W_turned, ldn, 0, m,
               ldn);
    for (size_t j = 0; j < count; j++)
        pad(x + j * ldn, m + j * ldn, n, ldn);
    mien_kl_raise(m, c->floor, count * ldn);
    memcpy(ratio, m, count * ldn * sizeof *ratio);
    mien_kl_ratio(x, ratio, count * ldn);
    mien_sgemm(false, true, count, r, ldn, 1, ratio, ldn, c->W_turned, ldn, 0, pull, r);
    for (size_t j = 0; j < count; j++) {
        for (size_t k = 0; k < r; k++)
            h[k] = c->H_start[k * c->ldp + first + j];
        unsigned *active = c->active[worker];
        size_t moving = find_active(h, pull + j * r, c->weight_sum, r, active);
        descend(x + j * ldn, m + j * ldn, ldn, c->W_turned, c->weight_sum, h, active, moving);
        for (size_t k = 0; k < r; k++)
            c->H_new[k * p + first + j] = h[k];
        /* Sweeps add steps to the model; where it was raised it stays too large by the floor, and
         * x log m may be wrong by more than an iteration gains. */
        if (mien_kl_was_raised(x + j * ldn, ratio + j * ldn, c->floor, n)) {
            mien_sgemm(false, false, 1, n, r, 1, h, r, c->W_turned, ldn, 0, m + j * ldn, ldn);
            mien_kl_raise(m + j * ldn, c->floor, n);
        }
    }
    /* sum x log (x / m) with the models that the sweeps left; padding adds nothing */
    c->strip_loss[strip] = mien_kl_ratio_and_loss(x, m, count * ldn);
}

/* ---------------------------------------------------------------- iteration */

static void extrapolate_basis(struct ccd *c)
{
    mien_nmf *nmf = c->nmf;
    for (size_t k = 0; k < nmf->r; k++) {
        float *h = c->H_start + k * c->ldp;
        mien_extrapolate(h, nmf->H + k * nmf->p, c->H_new + k * nmf->p, c->pace.beta, nmf->p);
        double sum = 0;
        for (size_t j = 0; j < nmf->p; j++)
            sum += h[j];
        c->basis_sum[k] = (float)sum;
    }
}

/* D(X | W_new H_new); the sum of the model comes from the sums of the factors. */
static double loss_of_candidate(const struct ccd *c, size_t strips)
{
    const mien_nmf *nmf = c->nmf;
    double loss = -nmf->run->total;
    for (size_t s = 0; s < strips; s++)
        loss += c->strip_loss[s];
    for (size_t k = 0; k < nmf->r; k++) {
        double sum = 0;
        for (size_t j = 0; j < nmf->p; j++)
            sum += c->H_new[k * nmf->p + j];
        loss += sum * nmf->weight_sum[k];
    }
    return loss;
}

static void swap(float **a, float **b)
{
    float *t = *a;
    *a = *b;
    *b = t;
}

static double iterate(void *solver)
{
    struct ccd *c = solver;
    mien_nmf *nmf = c->nmf;
    size_t strips = (nmf->p + c->strip - 1) / c->strip;
    extrapolate_basis(c);
    mien_run_pass(nmf->run, descend_weights, c);
    mien_nmf_combine(nmf->weight_sum, nmf->groups, nmf->r);
    for (size_t k = 0; k < nmf->r; k++)
        c->weight_sum[k] = (float)nmf->weight_sum[k];
    mien_pool_run(nmf->run->pool, strips, descend_strip, c);
    /* after a refusal beta is 0, and what stands in the predecessors has no weight */
    if (mien_extrapolation_accept(&c->pace, loss_of_candidate(c, strips))) {
        swap(&nmf->W, &c->W_new);
        swap(&nmf->H, &c->H_new);
    }
    return c->pace.loss;
}

/* ---------------------------------------------------------------- workspace */

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static mien_status prepare(struct ccd *c, mien_nmf *nmf)
{
    mien_arena *arena = nmf->run->arena;
    size_t n = nmf->n, p = nmf->p, r = nmf->r;
    *c = (struct ccd){.nmf = nmf,
                      .pace = mien_extrapolation_start(),
                      .ldp = mien_sweep_padded(p),
                      .ldn = mien_sweep_padded(n)};
    double mean = nmf->run->total / ((double)n * (double)p);
    c->floor = mean > 0 ? (float)(MODEL_FLOOR * mean) : 1;
    c->strip = STRIP_FLOATS / c->ldn;
    c->strip = c->strip > STRIP_MOST ? STRIP_MOST : larger(c->strip, STRIP_LEAST);
    size_t block = larger(nmf->rows * p, c->strip * c->ldn);
    c->W_new = mien_arena_alloc(arena, n * r, sizeof(float));
    c->W_turned = mien_arena_alloc(arena, r * c->ldn, sizeof(float));
    c->H_start = mien_arena_alloc(arena, r * c->ldp, sizeof(float));
    c->H_new = mien_arena_alloc(arena, r * p, sizeof(float));
    c->basis_sum = mien_arena_alloc(arena, r, sizeof(float));
    c->weight_sum = mien_arena_alloc(arena, r, sizeof(float));
    c->strip_loss = mien_arena_alloc(arena, (p + c->strip - 1) / c->strip, sizeof(double));
    c->model = mien_nmf_buffers(nmf, block);
    c->ratio = mien_nmf_buffers(nmf, block);
    c->gradient = mien_nmf_buffers(nmf, larger(nmf->rows, c->strip) * r);
    c->x = mien_nmf_buffers(nmf, larger(c->ldp, c->strip * c->ldn));
    c->m = mien_nmf_buffers(nmf, c->ldp);
    c->coordinates = mien_nmf_buffers(nmf, r);
    c->active = mien_arena_alloc(arena, nmf->workers, sizeof *c->active);
    for (unsigned i = 0; i < nmf->workers && !arena->failed; i++)
        c->active[i] = mien_arena_alloc(arena, r, sizeof **c->active);
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

mien_status mien_nmf_kl_fast(mien_nmf *nmf)
{
    struct ccd c;
    mien_status st = prepare(&c, nmf);
    if (st)
        return st;
    float *W = nmf->W, *H = nmf->H;
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &c);
    if (nmf->W != W) /* the fit owns W and H; the last point may stand in the workspace */
        memcpy(W, nmf->W, nmf->n * nmf->r * sizeof *W);
    if (nmf->H != H)
        memcpy(H, nmf->H, nmf->r * nmf->p * sizeof *H);
    nmf->W = W;
    nmf->H = H;
    return MIEN_OK;
}
