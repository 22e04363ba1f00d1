/* leave_one_out.c - errors of training images on principal components that have not seen them.
 * SPDX-License-Identifier: MIT
 *
 * Without image c (a row of C, centred) the scatter is C'C - rho c c' and the image lies rho c from
 * the others' mean, rho = n / (n - 1); without centring rho = 1. With C'C = V L V' and z = V c the
 * eigenvalues t of L - rho z z' are the roots of the secular equation
 *   1 = rho sum_j z_j^2 / (l_j - t),    one in each interval l_{k+1} <= t_k <= l_k,
 * and c has the square 1 / (rho^2 sum_j z_j^2 / (l_j - t_k)^2) along the eigenvector of t_k (Golub,
 * SIAM Review 15 (1973); Bunch, Nielsen & Sorensen, Numer. Math. 31 (1978)). What c has along all
 * but the r leading ones is the image's error. No eigenvector is formed, no fit is made again.
 *
 * Where more eigenpairs exist than are at hand, the rest of c is taken for one direction, with the
 * mean eigenvalue of the rest (weighted by itself, as c is more likely where variance is), and no
 * less than the image itself brings. With 24 pairs beyond r = 49, errors of single photographs are
 * wrong by 5e-3 at most, 1.4e-3 on average (200 of ORL); 1.3e-3 and 3e-4 (half of CBCL), against
 * brute force in double. Cost: 400 images times 25 roots of a sum over 74 poles; 1.5 ms of CBCL's
 * fit on one thread. */
#include "methods/pca/leave_one_out.h"

#include "base/cpu.h"
#include "linalg/blas.h"
#include "methods/held_out.h"
#include "methods/spread.h"

#include <math.h>
#include <string.h>

/* Eigenvalues below this share of the largest are zero: that many images span no more. */
static const double ZERO = 1e-10;

/* Squares of z below this share of |c|^2 are raised to it: a pole of its own in every interval. */
static const double LEAST_SQUARE = 1e-24;

/* ---------------------------------------------------------------- the secular equation */

struct secular {
    size_t count;
    const double *values; /* count, the poles, largest first */
    double *squares;      /* count, z^2 */
    double *shifted;      /* count, values less the pole next to the root */
    double rho;
};

/* *sum <- sum of squares / (shifted - at), *derivative <- of squares / (shifted - at)^2. */
MIEN_LOOP(static, sum_poles,
          (const double *restrict shifted, const double *restrict squares, size_t count, double at,
           double *sum, double *derivative),
          (shifted, squares, count, at, sum, derivative))
{
    enum { LANES = 8 };
    double sums[LANES] = {0}, derivatives[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= count; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double inverse = 1 / (shifted[j + l] - at), part = squares[j + l] * inverse;
            sums[l] += part;
            derivatives[l] += part * inverse;
        }
    for (; j < count; j++) {
        double inverse = 1 / (shifted[j] - at), part = squares[j] * inverse;
        sums[0] += part;
        derivatives[0] += part * inverse;
    }
    for (size_t l = 1; l < LANES; l++) {
        sums[0] += sums[l];
        derivatives[0] += derivatives[l];
    }
    *sum = sums[0];
    *derivative = derivatives[0];
}

/* The equation near root k: poles above it and below it. */
struct value {
    double above, above_derivative, below, below_derivative;
    double f; /* 1 - rho (above + below), which falls from one pole to the next */
};

static struct value evaluate(const struct secular *s, size_t k, double at)
{
    struct value v;
    sum_poles(s->shifted, s->squares, k + 1, at, &v.above, &v.above_derivative);
    sum_poles(s->shifted + k + 1, s->squares + k + 1, s->count - k - 1, at, &v.below,
              &v.below_derivative);
    v.f = 1 - s->rho * (v.above + v.below);
    return v;
}

static void shift_to(const struct secular *s, double origin)
{
    for (size_t j = 0; j < s->count; j++)
        s->shifted[j] = s->values[j] - origin;
}

/* The step to the root of c - rho q / (a - step) - rho v / (b - step), which has value and
 * derivative of both sums here; a is the way up to the next pole, b down. NaN where there is none
 * between them.
 */
static double next_step(const struct secular *s, size_t k, double at, const struct value *value)
{
    double a = s->shifted[k] - at, q = value->above_derivative * a * a;
    double c = 1 - s->rho * (value->above - value->above_derivative * a);
    if (k + 1 == s->count)
        return a - s->rho * q / c;
    double b = s->shifted[k + 1] - at, v = value->below_derivative * b * b;
    c -= s->rho * (value->below - value->below_derivative * b);
    double half = (c * (a + b) - s->rho * (q + v)) / 2, last = value->f * a * b;
    double root = sqrt(half * half - c * last);
    double far = half < 0 ? half - root : half + root; /* c step^2 - 2 half step + last = 0 */
    double one = last / far, other = far / c;
    return one > b && one < a ? one : other > b && other < a ? other : NAN;
}

/* |c|^2 along the eigenvector of root k; *root <- the root, from zero. */
static double weight_of_root(const struct secular *s, size_t k, double *root)
{
    enum { STEPS = 100 };
    const double precision = 1e-7;
    bool last = k + 1 == s->count;
    double width = 0, upper = s->values[k];
    for (size_t j = 0; last && j < s->count; j++)
        width += s->rho * s->squares[j];
    width = last ? width * (1 + precision) : upper - s->values[k + 1];
    *root = upper;
    if (!(width > 1e-15 * s->values[0]))
        return 0;
    shift_to(s, upper);
    double at = -width / 2, low = -width, high = 0, origin = upper;
    struct value value = evaluate(s, k, at);
    if (value.f < 0 && !last) { /* nearer to the lower pole: digits of the way from there count */
        origin = s->values[k + 1];
        shift_to(s, origin);
        at = width / 2;
        low = 0;
        high = width;
    }
    for (int step = 0; step < STEPS; step++) {
        if (fabs(value.f) <= precision * (1 + s->rho * (value.above - value.below)))
            break;
        *(value.f > 0 ? &low : &high) = at;
        double next = at + next_step(s, k, at, &value);
        at = next > low && next < high ? next : (low + high) / 2;
        value = evaluate(s, k, at);
    }
    *root = origin + at;
    return 1 / (s->rho * s->rho * (value.above_derivative + value.below_derivative));
}

/* |c|^2 beyond the r leading eigenvectors of L - rho z z'. */
static double square_beyond(const struct secular *s, size_t r)
{
    double left = 0, root;
    size_t last = s->count - 1;
    for (size_t k = r; k <= last; k++)
        left += weight_of_root(s, k, &root);
    if (r <= last)
        return left;
    /* all components are at hand: the others may have one less */
    left = weight_of_root(s, last, &root);
    return root <= ZERO * s->values[0] ? left : 0;
}

/* ---------------------------------------------------------------- images */

enum { CHUNK_MOST = 16, CHUNK_BYTES = 2 * 1024 * 1024 };

struct job {
    const mien_centred *C;
    const mien_pairs *pairs;
    size_t r, rank; /* rank: pairs whose values are not zero */
    size_t n, chunk;
    double rho, tail; /* tail: the eigenvalue of what is beyond the pairs; 0: none */
    float **x;        /* p, one a worker */
    double **centred; /* chunk x p */
    double **scores;  /* chunk x count */
    double **values, **squares, **room; /* count + 1 each */
    double *errors;                     /* n */
};

/* out <- x - mu; returns its square, and that of x. */
static double centre_image(const float *x, const double *mu, size_t p, double *out, double *square)
{
    double own = 0, all = 0;
    for (size_t j = 0; j < p; j++) {
        out[j] = mu ? x[j] - mu[j] : x[j];
        own += out[j] * out[j];
        all += (double)x[j] * x[j];
    }
    *square = all;
    return own;
}

/* What of the image is beyond the pairs becomes one more direction; returns how many there are. */
static size_t add_rest(const struct job *job, double own, double *values, double *squares)
{
    size_t count = job->rank;
    double rest = own;
    for (size_t j = 0; j < count; j++) {
        rest -= squares[j];
        squares[j] = squares[j] > LEAST_SQUARE * own ? squares[j] : LEAST_SQUARE * own;
    }
    if (!(job->tail > 0) || !(rest > 0))
        return count;
    /* the image is part of what has that variance */
    double most = values[count - 1],
           tail = job->tail > job->rho * rest ? job->tail : job->rho * rest;
    values[count] = tail < most ? tail : most;
    squares[count] = rest;
    return count + 1;
}

static double error_of(const struct job *job, const double *z, double own, double square,
                       unsigned worker)
{
    double *values = job->values[worker], *squares = job->squares[worker];
    if (!(own > 0))
        return 0;
    for (size_t j = 0; j < job->rank; j++) {
        values[j] = job->pairs->values[j];
        squares[j] = z[j] * z[j];
    }
    struct secular s = {
        .values = values, .squares = squares, .shifted = job->room[worker], .rho = job->rho};
    s.count = add_rest(job, own, values, squares);
    double left = square_beyond(&s, job->r);
    left = left < own ? left : own;
    return square > 0 ? job->rho * sqrt(left / square) : left > 0 ? INFINITY : 0;
}

/* z <- the image's coordinates: of C C' = U L U' they are U_i L^(1/2). */
static void scores_of_image(const struct job *job, size_t i, double *z)
{
    const mien_pairs *pairs = job->pairs;
    for (size_t k = 0; k < job->rank; k++)
        z[k] = pairs->vectors[k * job->C->run->X->n + i] * sqrt(pairs->values[k]);
}

static void chunk_task(void *context, size_t task, unsigned worker)
{
    const struct job *job = context;
    const mien_run *run = job->C->run;
    size_t n = run->X->n, p = run->X->p, first = task * job->chunk;
    size_t count = job->n - first < job->chunk ? job->n - first : job->chunk;
    double own[CHUNK_MOST], square[CHUNK_MOST], *z = job->scores[worker];
    for (size_t at = 0; at < count; at++) {
        size_t i = mien_held_out_place(first + at, n);
        const float *x = run->X->tile(run->X->data, i, 1, job->x[worker]);
        own[at] = centre_image(x, job->C->mu, p, job->centred[worker] + at * p, &square[at]);
        if (job->pairs->images)
            scores_of_image(job, i, z + at * job->rank);
    }
    if (!job->pairs->images)
        mien_dgemm(false, true, count, job->rank, p, 1, job->centred[worker], p,
                   job->pairs->vectors, p, 0, z, job->rank);
    for (size_t at = 0; at < count; at++)
        job->errors[first + at] = error_of(job, z + at * job->rank, own[at], square[at], worker);
}

/* Of the eigenvalues beyond the pairs, their mean weighted by themselves; 0 when there are none. */
static double tail_of(const mien_pairs *pairs, size_t side)
{
    double sum = pairs->variance, squares = pairs->squares;
    for (size_t k = 0; k < pairs->count; k++) {
        sum -= pairs->values[k];
        squares -= pairs->values[k] * pairs->values[k];
    }
    if (pairs->count >= side || !(sum > ZERO * pairs->values[0]) || !(squares > 0))
        return 0;
    return squares / sum;
}

static bool prepare(struct job *job, mien_arena *arena)
{
    const mien_run *run = job->C->run;
    size_t p = run->X->p, count = job->pairs->count, chunk = CHUNK_BYTES / (sizeof(double) * p);
    unsigned workers = mien_pool_threads(run->pool);
    job->chunk = chunk < 1 ? 1 : chunk > CHUNK_MOST ? CHUNK_MOST : chunk;
    job->x = mien_arena_alloc_each(arena, workers, p, sizeof(float));
    job->centred = mien_arena_alloc_each(arena, workers, job->chunk * p, sizeof(double));
    job->scores = mien_arena_alloc_each(arena, workers, job->chunk * count, sizeof(double));
    job->values = mien_arena_alloc_each(arena, workers, count + 1, sizeof(double));
    job->squares = mien_arena_alloc_each(arena, workers, count + 1, sizeof(double));
    job->room = mien_arena_alloc_each(arena, workers, count + 1, sizeof(double));
    job->errors = mien_arena_alloc(arena, job->n, sizeof(double));
    return !arena->failed;
}

mien_status mien_leave_one_out(const mien_centred *C, const mien_pairs *pairs, size_t r,
                               mien_quantiles *out)
{
    size_t n = C->run->X->n, p = C->run->X->p;
    mien_arena arena = {0};
    struct job job = {.C = C, .pairs = pairs, .r = r, .n = mien_held_out_count(n)};
    job.rho = C->mu ? (double)n / (double)(n - 1) : 1;
    while (job.rank < pairs->count && pairs->values[job.rank] > ZERO * pairs->values[0])
        job.rank++;
    job.tail = job.rank < pairs->count ? 0 : tail_of(pairs, n < p ? n : p);
    mien_status st = prepare(&job, &arena) ? MIEN_OK : MIEN_ERR_NOMEM;
    if (!st && job.rank)
        mien_pool_run(C->run->pool, (job.n + job.chunk - 1) / job.chunk, chunk_task, &job);
    if (!st)
        st = mien_quantiles_measure(job.errors, job.n, out);
    mien_arena_free(&arena);
    return st;
}
