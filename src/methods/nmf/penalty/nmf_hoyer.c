/* nmf_hoyer.c - non-negative matrix factorization with sparseness constraints: penalty hoyer.
 * SPDX-License-Identifier: MIT
 *
 *   minimise f(W,H) = 1/2 ||X - WH||_F^2,   W, H >= 0,
 *   every row of H of sparseness sparse-basis, every column of W of sparseness sparse-weights
 *   (each only when it is given, above 0), where of a vector v of d entries
 *
 *     sparseness(v) = (sqrt(d) - sum |v_i| / ||v||) / (sqrt(d) - 1):  0 flat, 1 a single entry
 *
 * Hoyer, JMLR 5 (2004) 1457: projected gradient with his projection operator. Here the gradient
 * step is made for one component at a time with the step 1 / G_kk, G the Gram matrix of the side
 * that is fixed: along h_k alone f is G_kk / 2 ||h_k - v||^2 and a constant,
 *
 *   v = h_k + (w_k' X - (W'W)_k H) / G_kk,     h_k <- the point of the constraint closest to v
 *
 * so the step is no guess that has to be halved until it helps, but the exact minimum over the
 * component, and f never increases. Rows of H have length 1, the scale is in W; columns of W may
 * have any length, and the closest point of a sparseness is the projection u of length 1, times
 * <v, u>. A side without a constraint is swept by HALS (nmf_hals.c), which is exact, too.
 *
 * The projection, section 3.3 of the paper, in closed form: the point is alpha max(0, v - theta).
 * With A the entries above theta, sum and length give alpha and theta by a quadratic; entries that
 * fall to theta leave A, and again. At most d rounds, in practice a handful (that it ends at the
 * closest point: Theis, Stadlthanner & Tanaka, EUSIPCO 2005).
 *
 * One pass over X an iteration, two with sparse-weights: columns of W are known when all images
 * have been seen. The weights' target X H' is then kept, n x r. */
#include "methods/nmf/penalty/nmf_hoyer.h"

#include "linalg/blas.h"
#include "methods/nmf/kernels/nmf_kernels.h"
#include "methods/nmf/nmf_hals.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- projection */

double mien_hoyer_sum(double sparseness, size_t count)
{
    double root = sqrt((double)count);
    return root - sparseness * (root - 1);
}

/* All of the `active` entries above theta are alike: one gets more, so that the length is right. */
static void split_ties(const float *v, size_t count, double theta, size_t active, double sum,
                       double length, float *to)
{
    double d = (double)active, more = (d - 1) * (d * length * length - sum * sum);
    double first = (sum + sqrt(more > 0 ? more : 0)) / d;
    double others = active > 1 ? (sum - first) / (d - 1) : 0;
    bool seen = false;
    for (size_t j = 0; j < count; j++) {
        bool in = (double)v[j] > theta;
        to[j] = in ? (float)(seen ? fmax(others, 0) : first) : 0;
        seen = seen || in;
    }
}

void mien_hoyer_project(const float *v, size_t count, double sum, double length, float *to)
{
    double theta = -INFINITY, alpha = 0;
    for (size_t before = count + 1;;) {
        size_t active = 0;
        double total = 0, spread = 0;
        for (size_t j = 0; j < count; j++)
            if ((double)v[j] > theta) {
                active++;
                total += v[j];
            }
        if (active == before)
            break;
        before = active;
        double d = (double)active, mean = total / d;
        for (size_t j = 0; j < count; j++)
            if ((double)v[j] > theta)
                spread += ((double)v[j] - mean) * ((double)v[j] - mean);
        double wanted = length * length - sum * sum / d;
        /* float32 entries that differ do so by 6e-8 of the largest */
        if (!(spread > 1e-16 * d * mean * mean) || !(wanted > 0)) {
            split_ties(v, count, theta, active, sum, length, to);
            return;
        }
        alpha = sqrt(wanted / spread);
        double next = mean - sum / (d * alpha);
        theta = next > theta ? next : theta;
    }
    for (size_t j = 0; j < count; j++) {
        double u = alpha * ((double)v[j] - theta);
        to[j] = u > 0 ? (float)u : 0;
    }
}

/* ---------------------------------------------------------------- one side */

/* A factor that is kept at a sparseness: U (r x ld), its target and the other side's Gram. */
struct side {
    size_t r, count, ld;
    double sparseness; /* 0: no constraint */
    bool unit;         /* rows have length 1 */
    float *U, *target;
    const float *G; /* r x r, the Gram matrix of the other side */
    float *point;   /* ld: (G U)_k, then the point to project */
    float *next;    /* ld */
};

/* Project into s->next the point s->point. */
static void project_point(struct side *s)
{
    mien_hoyer_project(s->point, s->count, mien_hoyer_sum(s->sparseness, s->count), 1, s->next);
    if (s->unit)
        return;
    double inner = 0;
    for (size_t j = 0; j < s->count; j++)
        inner += (double)s->point[j] * s->next[j];
    for (size_t j = 0; j < s->count; j++)
        s->next[j] *= (float)(inner > 0 ? inner : 0);
}

/* The exact step of component k; a step that rounding has spoilt is not taken. */
static void step_component(struct side *s, size_t k)
{
    const float *G = s->G;
    float *u = s->U + k * s->ld, curvature = G[k * s->r + k];
    const float *target = s->target + k * s->ld;
    if (!(curvature > 0))
        return; /* nothing depends on it */
    mien_sgemm(false, false, 1, s->count, s->r, 1, G + k * s->r, s->r, s->U, s->ld, 0, s->point,
               s->ld);
    for (size_t j = 0; j < s->count; j++)
        s->point[j] = u[j] + (target[j] - s->point[j]) / curvature;
    project_point(s);
    double change = 0; /* of ||u - v||^2 */
    for (size_t j = 0; j < s->count; j++)
        change += ((double)s->next[j] - u[j]) * ((double)s->next[j] + u[j] - 2.0 * s->point[j]);
    if (change < 0)
        memcpy(u, s->next, s->count * sizeof *u);
}

/* As a task, so that small numbers count as zero here as they do elsewhere. */
static void descend_side(void *context, size_t task, unsigned worker)
{
    (void)task;
    (void)worker;
    struct side *s = context;
    for (int sweep = 0; sweep < MIEN_HALS_SWEEPS; sweep++)
        for (size_t k = 0; k < s->r; k++)
            step_component(s, k);
}

static void start_side(struct side *s)
{
    for (size_t k = 0; k < s->r; k++) {
        memcpy(s->point, s->U + k * s->ld, s->count * sizeof *s->point);
        project_point(s);
        memcpy(s->U + k * s->ld, s->next, s->count * sizeof *s->next);
    }
}

/* ---------------------------------------------------------------- the whole */

struct hoyer {
    mien_nmf *nmf;
    mien_hals hals;      /* its target is basis.target */
    struct side basis;   /* U is H; ld is p, padded */
    struct side weights; /* U is W', target H X'; only with a constraint; ld is n, padded */
    double least;        /* loss so far */
};

static void visit_free(void *context, const mien_tile *tile)
{
    struct hoyer *h = context;
    float *W = h->nmf->W + tile->first * h->nmf->r;
    mien_hals_descend_tile(&h->hals, tile, h->basis.U, NULL, W);
    mien_hals_gather(&h->hals, tile, W);
}

static void visit_encode(void *context, const mien_tile *tile)
{
    struct hoyer *h = context;
    size_t p = h->nmf->p, r = h->nmf->r;
    mien_sgemm(false, true, r, tile->count, p, 1, h->basis.U, h->basis.ld, tile->x, p, 0,
               h->weights.target + tile->first, h->weights.ld);
}

static void visit_gather(void *context, const mien_tile *tile)
{
    struct hoyer *h = context;
    mien_hals_gather(&h->hals, tile, h->nmf->W + tile->first * h->nmf->r);
}

static void transpose_weights(struct hoyer *h, bool back)
{
    mien_nmf *nmf = h->nmf;
    for (size_t i = 0; i < nmf->n; i++)
        for (size_t k = 0; k < nmf->r; k++) {
            float *w = nmf->W + i * nmf->r + k, *u = h->weights.U + k * h->weights.ld + i;
            *(back ? w : u) = *(back ? u : w);
        }
}

static void descend_weights(struct hoyer *h)
{
    mien_run *run = h->nmf->run;
    mien_hals_hold(&h->hals, h->basis.U);
    if (!(h->weights.sparseness > 0)) {
        mien_run_pass(run, visit_free, h, &h->hals.sums);
        mien_nmf_gather(h->nmf);
    } else {
        mien_run_pass(run, visit_encode, h, NULL);
        for (size_t k = 0; k < h->nmf->r; k++)
            mien_run_gather(run, h->weights.target + k * h->weights.ld, sizeof(float));
        mien_pool_run(run->pool, 1, descend_side, &h->weights);
        transpose_weights(h, true);
        mien_run_pass(run, visit_gather, h, &h->hals.sums);
    }
}

static void value_chunk(void *context, size_t chunk, unsigned worker)
{
    (void)worker;
    struct hoyer *h = context;
    size_t at = chunk * MIEN_HALS_CHUNK;
    h->hals.change[chunk] = mien_hals_quadratic(h->hals.W_gram, h->basis.target + at,
                                                h->basis.U + at, h->nmf->r, h->basis.ld);
}

static double iterate(void *solver)
{
    struct hoyer *h = solver;
    mien_run *run = h->nmf->run;
    size_t chunks = h->basis.ld / MIEN_HALS_CHUNK;
    descend_weights(h);
    if (h->basis.sparseness > 0)
        mien_pool_run(run->pool, 1, descend_side, &h->basis);
    else
        mien_hals_descend_basis(&h->hals, NULL, h->basis.U);
    mien_pool_run(run->pool, chunks, value_chunk, h);
    double loss = 0.5 * run->squares;
    for (size_t c = 0; c < chunks; c++)
        loss += h->hals.change[c];
    /* of two large numbers in float32: that it rises, by a millionth, is rounding, not a step */
    h->least = fmin(h->least, loss);
    return h->least;
}

static struct side make_side(mien_nmf *nmf, size_t count, double sparseness, bool unit)
{
    mien_arena *arena = nmf->run->arena;
    struct side s = {.r = nmf->r,
                     .count = count,
                     .ld = mien_hals_padded(count),
                     .sparseness = sparseness,
                     .unit = unit};
    s.U = mien_arena_alloc(arena, nmf->r * s.ld, sizeof(float));
    s.point = mien_arena_alloc(arena, s.ld, sizeof(float));
    s.next = mien_arena_alloc(arena, s.ld, sizeof(float));
    return s;
}

static mien_status prepare(struct hoyer *h, mien_nmf *nmf)
{
    mien_sparsity sparseness = nmf->strength;
    mien_arena *arena = nmf->run->arena;
    *h = (struct hoyer){.nmf = nmf, .least = INFINITY};
    h->basis = make_side(nmf, nmf->p, sparseness.basis, true);
    if (sparseness.weights > 0) {
        h->weights = make_side(nmf, nmf->n, sparseness.weights, false);
        h->weights.target = mien_arena_alloc(arena, nmf->r * h->weights.ld, sizeof(float));
    }
    mien_status st = mien_hals_prepare(nmf, 0, &h->hals);
    h->basis.target = h->hals.target;
    h->basis.G = h->hals.W_gram;
    h->weights.G = h->hals.H_gram;
    return st;
}

static mien_status descend(mien_nmf *nmf)
{
    struct hoyer h;
    mien_status st = prepare(&h, nmf);
    if (st)
        return st;
    mien_nmf_keep_basis(nmf, &h.basis.U, h.basis.ld);
    if (h.basis.sparseness > 0)
        start_side(&h.basis);
    if (h.weights.sparseness > 0) {
        transpose_weights(&h, false);
        start_side(&h.weights);
        mien_keep_floats(nmf->run, "weights", &h.weights.U, nmf->r, h.weights.ld);
    }
    mien_nmf_keep(nmf);
    mien_keep_struct(nmf->run, "least", &h.least);
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &h);
    return MIEN_OK;
}

const mien_nmf_solver mien_nmf_solver_frobenius_hoyer = {.solver = "fast",
                                                         .objective = &mien_nmf_frobenius,
                                                         .penalty = "hoyer",
                                                         .descend = descend,
                                                         .refits = true,
                                                         .has_strength = true,
                                                         .binds_weights = true,
                                                         .words = "constraints of sparseness"};
