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
 * that is held: along h_k alone f is G_kk / 2 ||h_k - v||^2 and a constant,
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

enum { CHUNK = MIEN_HALS_CHUNK };

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

/* A factor that is held to a sparseness: U (r x ld), its target and the other side's Gram. */
struct side {
    size_t r, count, ld;
    double sparseness; /* 0: no constraint */
    bool unit;         /* rows have length 1 */
    float *U, *target;
    float *pull; /* ld: (G U)_k, then the point to project */
    float *next; /* ld */
};

/* Project into s->next the point s->pull. */
static void project_point(struct side *s)
{
    mien_hoyer_project(s->pull, s->count, mien_hoyer_sum(s->sparseness, s->count), 1, s->next);
    if (s->unit)
        return;
    double inner = 0;
    for (size_t j = 0; j < s->count; j++)
        inner += (double)s->pull[j] * s->next[j];
    for (size_t j = 0; j < s->count; j++)
        s->next[j] *= (float)(inner > 0 ? inner : 0);
}

/* The exact step of component k; a step that rounding has spoilt is not taken. */
static void step_component(struct side *s, const float *G, size_t k)
{
    float *u = s->U + k * s->ld, curvature = G[k * s->r + k];
    const float *target = s->target + k * s->ld;
    if (!(curvature > 0))
        return; /* nothing depends on it */
    mien_sgemm(false, false, 1, s->count, s->r, 1, G + k * s->r, s->r, s->U, s->ld, 0, s->pull,
               s->ld);
    for (size_t j = 0; j < s->count; j++)
        s->pull[j] = u[j] + (target[j] - s->pull[j]) / curvature;
    project_point(s);
    double change = 0; /* of ||u - v||^2 */
    for (size_t j = 0; j < s->count; j++)
        change += ((double)s->next[j] - u[j]) * ((double)s->next[j] + u[j] - 2.0 * s->pull[j]);
    if (change < 0)
        memcpy(u, s->next, s->count * sizeof *u);
}

struct descent {
    struct side *side;
    const float *G;
};

/* As a task, so that small numbers count as zero here as they do elsewhere. */
static void descend_side(void *context, size_t task, unsigned worker)
{
    (void)task;
    (void)worker;
    struct descent *d = context;
    for (int sweep = 0; sweep < MIEN_HALS_SWEEPS; sweep++)
        for (size_t k = 0; k < d->side->r; k++)
            step_component(d->side, d->G, k);
}

static void start_side(struct side *s)
{
    for (size_t k = 0; k < s->r; k++) {
        memcpy(s->pull, s->U + k * s->ld, s->count * sizeof *s->pull);
        project_point(s);
        memcpy(s->U + k * s->ld, s->next, s->count * sizeof *s->next);
    }
}

/* ---------------------------------------------------------------- the whole */

struct hoyer {
    mien_nmf *nmf;
    size_t ldt;          /* images of a tile, padded */
    struct side basis;   /* U is H; ld is p, padded */
    struct side weights; /* U is W', target H X'; only with a constraint; ld is n, padded */
    float *H_gram;       /* r x r */
    float *W_gram;       /* groups x r x r: shares of W' W; the first holds the sum */
    float *target;       /* groups x r x ld: shares of W' X; the first, the sum, is basis.target */
    float **encoded;     /* r x ldt: H X' of a tile, a worker */
    float **turned;      /* r x ldt: W' of a tile, a worker */
    double *values;      /* of chunks of pixels */
    double least;        /* loss so far */
};

/* The tile's shares of W' X and W' W. */
static void gather(struct hoyer *h, const mien_tile *tile)
{
    mien_nmf *nmf = h->nmf;
    size_t p = nmf->p, r = nmf->r, ld = h->basis.ld;
    const float *W = nmf->W + tile->first * r;
    float keep = tile->opens ? 0 : 1;
    mien_sgemm(true, false, r, p, tile->count, 1, W, r, tile->x, p, keep,
               h->target + tile->group * r * ld, ld);
    mien_sgemm(true, false, r, r, tile->count, 1, W, r, W, r, keep, h->W_gram + tile->group * r * r,
               r);
}

static void visit_free(void *context, const mien_tile *tile)
{
    struct hoyer *h = context;
    mien_nmf *nmf = h->nmf;
    size_t p = nmf->p, r = nmf->r, count = tile->count, ldt = h->ldt;
    float *W = nmf->W + tile->first * r;
    float *target = h->encoded[tile->worker], *U = h->turned[tile->worker];
    mien_sgemm(false, true, r, count, p, 1, h->basis.U, h->basis.ld, tile->x, p, 0, target, ldt);
    mien_hals_descend_weights(h->H_gram, target, W, count, r, ldt, false, U);
    gather(h, tile);
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
    gather(context, tile);
}

static void turn_weights(struct hoyer *h, bool back)
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
    size_t r = h->nmf->r, ld = h->basis.ld;
    mien_sgemm(false, true, r, r, ld, 1, h->basis.U, ld, h->basis.U, ld, 0, h->H_gram, r);
    if (!(h->weights.sparseness > 0)) {
        mien_run_pass(run, visit_free, h);
    } else {
        mien_run_pass(run, visit_encode, h);
        struct descent d = {&h->weights, h->H_gram};
        mien_pool_run(run->pool, 1, descend_side, &d);
        turn_weights(h, true);
        mien_run_pass(run, visit_gather, h);
    }
    for (size_t g = 1; g < h->nmf->groups; g++)
        mien_nmf_add(h->W_gram, h->W_gram + g * r * r, r * r);
}

static void sum_chunk(void *context, size_t chunk, unsigned worker)
{
    (void)worker;
    struct hoyer *h = context;
    size_t r = h->nmf->r, ld = h->basis.ld, at = chunk * CHUNK;
    for (size_t k = 0; k < r; k++)
        for (size_t g = 1; g < h->nmf->groups; g++)
            mien_nmf_add(h->target + k * ld + at, h->target + (g * r + k) * ld + at, CHUNK);
    for (int s = 0; s < MIEN_HALS_SWEEPS && !(h->basis.sparseness > 0); s++)
        mien_hals_sweep(h->W_gram, h->target + at, h->basis.U + at, r, ld);
}

static void value_chunk(void *context, size_t chunk, unsigned worker)
{
    (void)worker;
    struct hoyer *h = context;
    size_t at = chunk * CHUNK;
    h->values[chunk] =
        mien_hals_quadratic(h->W_gram, h->target + at, h->basis.U + at, h->nmf->r, h->basis.ld);
}

static double iterate(void *solver)
{
    struct hoyer *h = solver;
    mien_run *run = h->nmf->run;
    size_t chunks = h->basis.ld / CHUNK;
    descend_weights(h);
    mien_pool_run(run->pool, chunks, sum_chunk, h);
    if (h->basis.sparseness > 0) {
        struct descent d = {&h->basis, h->W_gram};
        mien_pool_run(run->pool, 1, descend_side, &d);
    }
    mien_pool_run(run->pool, chunks, value_chunk, h);
    double loss = 0.5 * run->squares;
    for (size_t c = 0; c < chunks; c++)
        loss += h->values[c];
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
    s.pull = mien_arena_alloc(arena, s.ld, sizeof(float));
    s.next = mien_arena_alloc(arena, s.ld, sizeof(float));
    return s;
}

static mien_status prepare(struct hoyer *h, mien_nmf *nmf)
{
    mien_sparsity sparseness = nmf->strength;
    mien_arena *arena = nmf->run->arena;
    size_t r = nmf->r;
    *h = (struct hoyer){.nmf = nmf, .ldt = mien_hals_padded(nmf->rows), .least = INFINITY};
    h->basis = make_side(nmf, nmf->p, sparseness.basis, true);
    if (sparseness.weights > 0) {
        h->weights = make_side(nmf, nmf->n, sparseness.weights, false);
        h->weights.target = mien_arena_alloc(arena, r * h->weights.ld, sizeof(float));
    }
    h->H_gram = mien_arena_alloc(arena, r * r, sizeof(float));
    h->W_gram = mien_arena_alloc(arena, nmf->groups * r * r, sizeof(float));
    h->target = mien_arena_alloc(arena, nmf->groups * r * h->basis.ld, sizeof(float));
    h->basis.target = h->target;
    h->encoded = mien_nmf_buffers(nmf, r * h->ldt);
    h->turned = mien_nmf_buffers(nmf, r * h->ldt);
    h->values = mien_arena_alloc(arena, h->basis.ld / CHUNK, sizeof(double));
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

static mien_status descend(mien_nmf *nmf)
{
    struct hoyer h;
    mien_status st = prepare(&h, nmf);
    if (st)
        return st;
    for (size_t k = 0; k < nmf->r; k++)
        memcpy(h.basis.U + k * h.basis.ld, nmf->H + k * nmf->p, nmf->p * sizeof *nmf->H);
    if (h.basis.sparseness > 0)
        start_side(&h.basis);
    if (h.weights.sparseness > 0) {
        turn_weights(&h, false);
        start_side(&h.weights);
    }
    nmf->own_H = &h.basis.U;
    nmf->own_ld = h.basis.ld;
    mien_nmf_iterate(nmf, iterate, MIEN_NMF_LOSS_AFTER, &h);
    nmf->own_H = NULL;
    for (size_t k = 0; k < nmf->r; k++)
        memcpy(nmf->H + k * nmf->p, h.basis.U + k * h.basis.ld, nmf->p * sizeof *nmf->H);
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
