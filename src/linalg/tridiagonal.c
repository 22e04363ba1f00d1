/* tridiagonal.c - leading eigenpairs of a symmetric tridiagonal matrix.
 * SPDX-License-Identifier: MIT
 *
 *   count(x)   negative pivots of T - x I = L D L', as many as eigenvalues below x (Sturm)
 *   z <- (T - lambda I)^(-1) z, a few times, from random z
 *
 * Bisection and inverse iteration (Wilkinson 1965; Golub & Van Loan, Matrix Computations, 8.4).
 * Both are chains of divisions, each waiting for the one before, so some eigenvalues go side by
 * side, one a lane of the vectors. That makes them several times as fast as LAPACK's dstemr, which
 * takes them one by one and was three quarters of the time of all eigenvectors at n = 361, r = 49.
 * Vectors of close eigenvalues come out oblique; they are made orthonormal together, in order,
 * which moves a vector by rounding over the gap, and its residual by rounding alone. */
#include "linalg/tridiagonal.h"

#include "base/cpu.h"
#include "linalg/blas.h"
#include "linalg/eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    COUNTS = 32,    /* lanes of bisection */
    LANES = 16,     /* of inverse iteration, which carries more */
    FACTORS = 5,    /* numbers a row of the factors has */
    ITERATIONS = 3, /* two are enough but for bad luck with a random start */
    HALVINGS = 60   /* of an interval that is twice ||T|| at first: to rounding */
};

static const double RESIDUAL = 64 * DBL_EPSILON; /* ||T z - lambda z||, beside ||T|| */
static const double OBLIQUE = 16 * DBL_EPSILON;  /* inner products of unit vectors, over sqrt n */

/* A bound of |eigenvalues| (Gershgorin). */
static double norm(const double *diagonal, const double *beside, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = fabs(diagonal[i]);
        sum += i ? fabs(beside[i - 1]) : 0;
        sum += i + 1 < n ? fabs(beside[i]) : 0;
        most = fmax(most, sum);
    }
    return most;
}

/* ---------------------------------------------------------------- bisection */

/* below[l] <- how many eigenvalues are below x[l]. */
MIEN_LOOP(static, count_below,
          (const double *diagonal, const double *beside, size_t n, double tiny,
           const double x[COUNTS], double below[COUNTS]),
          (diagonal, beside, n, tiny, x, below))
{
    double pivot[COUNTS], count[COUNTS];
    for (size_t l = 0; l < COUNTS; l++) {
        pivot[l] = 1;
        count[l] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        double square = i ? beside[i - 1] * beside[i - 1] : 0;
        for (size_t l = 0; l < COUNTS; l++) {
            double q = diagonal[i] - x[l] - square / pivot[l];
            q = fabs(q) < tiny ? -tiny : q;
            count[l] += q < 0 ? 1 : 0;
            pivot[l] = q;
        }
    }
    memcpy(below, count, sizeof count);
}

/* values <- eigenvalues `first` and following, counted from the largest, up to COUNTS of them. */
static void bisect(const double *diagonal, const double *beside, size_t n, double bound,
                   size_t first, size_t count, double *values)
{
    double low[COUNTS], high[COUNTS], middle[COUNTS], below[COUNTS];
    double margin = bound * (1 + 1e-9) + DBL_MIN, width = 2 * margin;
    for (size_t l = 0; l < COUNTS; l++) {
        low[l] = -margin;
        high[l] = margin;
    }
    for (int halving = 0; halving < HALVINGS && width > DBL_EPSILON * bound / 4; halving++) {
        for (size_t l = 0; l < COUNTS; l++)
            middle[l] = (low[l] + high[l]) / 2;
        count_below(diagonal, beside, n, DBL_MIN / DBL_EPSILON, middle, below);
        for (size_t l = 0; l < COUNTS; l++)
            if (below[l] + (double)(first + l) < (double)n)
                low[l] = middle[l];
            else
                high[l] = middle[l];
        width /= 2;
    }
    for (size_t l = 0; l < count; l++)
        values[l] = (low[l] + high[l]) / 2;
}

/* ---------------------------------------------------------------- inverse iteration */

/* P (T - x I) = L U by elimination with row exchanges, for LANES values x. Row i of `factors` has,
 * a vector each: 1 / U_ii, U_i,i+1, U_i,i+2, the multiplier of L, and 1 where rows i and i + 1
 * changed places. Pivots are at least `tiny` in size. */
MIEN_LOOP(static, eliminate,
          (const double *diagonal, const double *beside, size_t n, double tiny,
           const double x[LANES], double *restrict factors),
          (diagonal, beside, n, tiny, x, factors))
{
    double a[LANES], b[LANES]; /* row i so far: entries i and i + 1 */
    for (size_t l = 0; l < LANES; l++) {
        a[l] = diagonal[0] - x[l];
        b[l] = n > 1 ? beside[0] : 0;
    }
    for (size_t i = 0; i < n; i++) {
        double *f = factors + i * FACTORS * LANES;
        bool last = i + 1 == n;
        double c = last ? 0 : beside[i], e = i + 2 < n ? beside[i + 1] : 0;
        for (size_t l = 0; l < LANES; l++) {
            double d = last ? 0 : diagonal[i + 1] - x[l];
            bool swap = fabs(a[l]) < fabs(c);
            double pivot = swap ? c : a[l], other = swap ? a[l] : c;
            double next = swap ? d : b[l], under = swap ? b[l] : d;
            double beyond = swap ? e : 0, rest = swap ? 0 : e;
            pivot = fabs(pivot) < tiny ? tiny : pivot;
            double inverse = 1 / pivot, m = other * inverse;
            f[l] = inverse;
            f[LANES + l] = next;
            f[2 * LANES + l] = beyond;
            f[3 * LANES + l] = m;
            f[4 * LANES + l] = swap ? 1 : 0;
            a[l] = under - m * next;
            b[l] = rest - m * beyond;
        }
    }
}

/* z <- U^(-1) z after, when `lower`, z <- L^(-1) P z; z is n x LANES. Columns then get length 1. */
MIEN_LOOP(static, solve_lanes,
          (const double *restrict factors, size_t n, bool lower, double *restrict z),
          (factors, n, lower, z))
{
    for (size_t i = 0; lower && i + 1 < n; i++) {
        const double *f = factors + i * FACTORS * LANES;
        double *here = z + i * LANES, *below = here + LANES;
        for (size_t l = 0; l < LANES; l++) {
            double up = here[l], down = below[l];
            double kept = f[4 * LANES + l] > 0 ? down : up;
            double moved = f[4 * LANES + l] > 0 ? up : down;
            here[l] = kept;
            below[l] = moved - f[3 * LANES + l] * kept;
        }
    }
    double one[LANES] = {0}, two[LANES] = {0}, square[LANES] = {0}; /* z_i+1, z_i+2 */
    for (size_t i = n; i-- > 0;) {
        const double *f = factors + i * FACTORS * LANES;
        double *here = z + i * LANES;
        for (size_t l = 0; l < LANES; l++) {
            double v = (here[l] - f[LANES + l] * one[l] - f[2 * LANES + l] * two[l]) * f[l];
            here[l] = v;
            two[l] = one[l];
            one[l] = v;
            square[l] += v * v;
        }
    }
    for (size_t l = 0; l < LANES; l++)
        square[l] = 1 / sqrt(square[l]);
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < LANES; l++)
            z[i * LANES + l] *= square[l];
}

/* Rows `first` and following of vectors, up to LANES of them. */
static void iterate(mien_tridiagonal *s, const double *diagonal, const double *beside, double bound,
                    size_t first, const double *values, double *vectors)
{
    size_t n = s->n, count = s->r - first < LANES ? s->r - first : LANES;
    double x[LANES], *z = s->factors + n * FACTORS * LANES;
    for (size_t l = 0; l < LANES; l++)
        x[l] = values[first + (l < count ? l : 0)];
    uint64_t random = first; /* a start need not be good, only be like no eigenvector */
    for (size_t at = 0; at < n * LANES; at++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        z[at] = (double)(random >> 11) * 0x1p-53 - 0.5;
    }
    eliminate(diagonal, beside, n, DBL_EPSILON * bound, x, s->factors);
    for (int iteration = 0; iteration < ITERATIONS; iteration++)
        solve_lanes(s->factors, n, iteration > 0, z);
    for (size_t l = 0; l < count; l++)
        for (size_t i = 0; i < n; i++)
            vectors[(first + l) * n + i] = z[i * LANES + l];
}

/* ---------------------------------------------------------------- accuracy */

/* The larger of two numbers, or NaN when either is: fmax() would lose it. */
static double larger(double most, double value)
{
    return value > most || isnan(value) ? value : most;
}

/* out (n x r) <- rows' */
static void turn(const double *rows, size_t r, size_t n, double *out)
{
    for (size_t k = 0; k < r; k++)
        for (size_t i = 0; i < n; i++)
            out[i * r + k] = rows[k * n + i];
}

/* Rows of vectors <- orthonormal, in order. False when they are dependent. */
static bool orthonormalise(mien_tridiagonal *s, double *vectors)
{
    enum { ROUNDS = 4 };
    const double dependent = 1e-6; /* share of a row's square that is new */
    size_t n = s->n, r = s->r;
    double enough = OBLIQUE * sqrt((double)n);
    for (int round = 0; round < ROUNDS; round++) {
        double *G = s->product, most = 0;
        turn(vectors, r, n, s->copy);
        mien_dsyrk(true, r, n, 1, s->copy, r, 0, G, r);
        for (size_t k = 0; k < r; k++)
            for (size_t l = k; l < r; l++)
                most = larger(most, fabs(G[k * r + l] - (k == l)));
        if (most <= enough)
            return true;
        if (mien_cholesky_inverse(G, r, dependent))
            return false;
        memcpy(s->copy, vectors, r * n * sizeof *vectors);
        mien_dgemm(false, false, r, n, r, 1, G, r, s->copy, n, 0, vectors, n);
    }
    return false;
}

/* Whether T z = lambda z holds for all pairs. */
static bool holds(const mien_tridiagonal *s, const double *diagonal, const double *beside,
                  double bound, const double *values, const double *vectors)
{
    size_t n = s->n;
    for (size_t k = 0; k < s->r; k++) {
        const double *z = vectors + k * n;
        double square = 0;
        for (size_t i = 0; i < n; i++) {
            double left = (diagonal[i] - values[k]) * z[i];
            left += i ? beside[i - 1] * z[i - 1] : 0;
            left += i + 1 < n ? beside[i] * z[i + 1] : 0;
            square += left * left;
        }
        if (!(sqrt(square) <= RESIDUAL * bound))
            return false;
    }
    return true;
}

/* ---------------------------------------------------------------- all together */

mien_status mien_tridiagonal_alloc(mien_tridiagonal *tridiagonal, size_t n, size_t r,
                                   mien_arena *arena)
{
    *tridiagonal = (mien_tridiagonal){.n = n, .r = r};
    if (!r)
        return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
    tridiagonal->factors = mien_arena_alloc(arena, n * LANES * (FACTORS + 1), sizeof(double));
    tridiagonal->product = mien_arena_alloc(arena, r * r, sizeof(double));
    tridiagonal->copy = mien_arena_alloc(arena, r * n, sizeof(double));
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

bool mien_tridiagonal_solve(mien_tridiagonal *s, const double *diagonal, const double *beside,
                            double *values, double *vectors)
{
    size_t n = s->n, r = s->r;
    double bound = norm(diagonal, beside, n);
    if (!(bound > sqrt(DBL_MIN) / DBL_EPSILON) || bound > sqrt(DBL_MAX) / 2)
        return false; /* squares of what is left to rounding would underflow, others overflow */
    for (size_t first = 0; first < r; first += COUNTS)
        bisect(diagonal, beside, n, bound, first, r - first < COUNTS ? r - first : COUNTS,
               values + first);
    for (size_t first = 0; first < r; first += LANES)
        iterate(s, diagonal, beside, bound, first, values, vectors);
    return orthonormalise(s, vectors) && holds(s, diagonal, beside, bound, values, vectors);
}
