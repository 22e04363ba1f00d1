/* portable_lapack.c - eigenpairs of symmetric matrices and inverse Cholesky factors, without
 * LAPACK. SPDX-License-Identifier: MIT
 *
 * Householder's reflections bring A into tridiagonal form; QL with implicit shifts finds all
 * values, and all vectors of that (Wilkinson & Reinsch, Handbook for Automatic Computation II
 * (1971), tred2 and imtql2); reflections turn the leading ones back. Orthogonal to rounding
 * wherever values lie. Some 6 n^3 with vectors: well for hundreds of rows, slow for thousands. */
#include "linalg/lapack.h"

#include "base/cpu.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { LANES = 8 }; /* sums side by side, since one alone would wait for every addition */

static double sum_lanes(const double lanes[LANES])
{
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
           ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

MIEN_LOOP_OF(static, double, inner, (const double *a, const double *b, size_t count), (a, b, count))
{
    double lanes[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= count; j += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += a[j + l] * b[j + l];
    for (; j < count; j++)
        lanes[0] += a[j] * b[j];
    return sum_lanes(lanes);
}

/* to <- to + by from */
MIEN_LOOP(static, add_scaled,
          (double *restrict to, double by, const double *restrict from, size_t count),
          (to, by, from, count))
{
    for (size_t j = 0; j < count; j++)
        to[j] += by * from[j];
}

/* row <- row - a v - b w */
MIEN_LOOP(static, take_two,
          (double *restrict row, double a, const double *restrict v, double b,
           const double *restrict w, size_t count),
          (row, a, v, b, w, count))
{
    for (size_t j = 0; j < count; j++)
        row[j] -= a * v[j] + b * w[j];
}

/* (a, b) <- (c a - s b, s a + c b) */
MIEN_LOOP(static, rotate,
          (double *restrict a, double *restrict b, double c, double s, size_t count),
          (a, b, c, s, count))
{
    for (size_t j = 0; j < count; j++) {
        double old = a[j];
        a[j] = c * old - s * b[j];
        b[j] = s * old + c * b[j];
    }
}

/* ---------------------------------------------------------------- tridiagonal form */

/* A <- B of the m x m matrix with row k of A from its diagonal on, which is taken in: A - v w' - w
 * v' with w = tau A v - (tau^2 v'A v / 2) v. Upper triangles, rows ld apart. */
static void reflect_both_sides(double *A, size_t m, size_t ld, const double *v, double tau,
                               double *w)
{
    memset(w, 0, m * sizeof *w);
    for (size_t i = 0; i < m; i++) {
        const double *row = A + i * ld;
        w[i] += inner(row + i, v + i, m - i);
        add_scaled(w + i + 1, v[i], row + i + 1, m - i - 1);
    }
    double half = tau * tau * inner(v, w, m) / 2;
    for (size_t i = 0; i < m; i++)
        w[i] = tau * w[i] - half * v[i];
    for (size_t i = 0; i < m; i++)
        take_two(A + i * ld + i, v[i], w + i, w[i], v + i, m - i);
}

/* Reflection k, I - tau v v', leaves one entry of row k beside the diagonal; v takes the row's
 * place. */
static void make_tridiagonal(mien_eigen *e, double *A)
{
    size_t n = e->n;
    for (size_t k = 0; k < n; k++) {
        double *v = A + k * n + k + 1;
        size_t m = n - k - 1;
        e->diagonal[k] = A[k * n + k];
        e->off_diagonal[k] = m ? v[0] : 0;
        e->tau[k] = 0;
        double rest = m > 1 ? inner(v + 1, v + 1, m - 1) : 0;
        if (!(rest > 0))
            continue;
        double length = sqrt(v[0] * v[0] + rest), first = v[0] + copysign(length, v[0]);
        e->off_diagonal[k] = -copysign(length, v[0]);
        e->tau[k] = 2 / (first * first + rest);
        v[0] = first;
        reflect_both_sides(v + n, m, n, v, e->tau[k], e->work);
    }
}

/* z (n) <- Q z */
static void turn_back(const mien_eigen *e, const double *A, double *z)
{
    size_t n = e->n;
    for (size_t k = n; k-- > 0;) {
        const double *v = A + k * n + k + 1;
        if (e->tau[k] > 0)
            add_scaled(z + k + 1, -e->tau[k] * inner(v, z + k + 1, n - k - 1), v, n - k - 1);
    }
}

/* ---------------------------------------------------------------- QL */

/* Rotations first .. last of a sweep, c and s of each, last one first, on the rows of Z (n x n):
 * some columns at a time, which a first-level cache keeps while the sweep goes down. */
static void turn_vectors(double *Z, size_t n, const double *turns, size_t first, size_t last)
{
    enum { SOME = 64 };
    for (size_t j = 0; j < n; j += SOME)
        for (size_t i = last + 1; i-- > first;) {
            double *row = Z + i * n + j;
            rotate(row, row + n, turns[2 * i], turns[2 * i + 1], n - j < SOME ? n - j : SOME);
        }
}

/* One sweep over the block first .. last of the tridiagonal matrix (d, e). turns: 2 n. Returns the
 * first rotation that was made. */
static size_t sweep(double *d, double *e, size_t first, size_t last, double *turns)
{
    double g = (d[first + 1] - d[first]) / (2 * e[first]);
    g = d[last] - d[first] + e[first] / (g + copysign(hypot(g, 1), g));
    double s = 1, c = 1, p = 0;
    for (size_t i = last; i-- > first;) {
        double f = s * e[i], b = c * e[i], r = hypot(f, g);
        e[i + 1] = r;
        if (!(r > 0)) { /* the block falls in two */
            d[i + 1] -= p;
            e[last] = 0;
            return i + 1;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        turns[2 * i] = c;
        turns[2 * i + 1] = s;
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0;
    return first;
}

/* diagonal <- the eigenvalues of the tridiagonal form, in any order; the rows of Z (n x n, NULL for
 * none) become their vectors. False: it does not converge. */
static bool iterate(mien_eigen *eigen, double *Z, double *turns)
{
    enum { SWEEPS = 90, PATIENCE = 30 }; /* for one value: two or three are usual */
    double *d = eigen->diagonal, *e = eigen->off_diagonal;
    size_t n = eigen->n;
    for (size_t k = 0; k < n; k++)
        for (int sweeps = 0;; sweeps++) {
            double zero = sweeps < PATIENCE ? DBL_MIN : DBL_EPSILON; /* A's largest is about 1 */
            size_t last = k;
            while (last + 1 < n &&
                   fabs(e[last]) > DBL_EPSILON * (fabs(d[last]) + fabs(d[last + 1])) + zero)
                last++;
            if (last == k)
                break;
            if (sweeps == SWEEPS)
                return false;
            size_t first = sweep(d, e, k, last, turns);
            if (Z)
                turn_vectors(Z, n, turns, first, last - 1);
        }
    return true;
}

/* ---------------------------------------------------------------- the solver */

mien_status mien_eigen_alloc(mien_eigen *eigen, size_t n, size_t r, mien_arena *arena)
{
    *eigen = (mien_eigen){.n = n, .r = r};
    eigen->values = mien_arena_alloc(arena, n, sizeof(double));
    eigen->vectors = mien_arena_alloc(arena, r * n, sizeof(double));
    eigen->diagonal = mien_arena_alloc(arena, n, sizeof(double));
    eigen->off_diagonal = mien_arena_alloc(arena, n, sizeof(double));
    eigen->tau = mien_arena_alloc(arena, n, sizeof(double));
    eigen->work = mien_arena_alloc(arena, 2 * n + (r ? n * n : 0), sizeof(double)); /* turns, Z */
    return arena->failed ? MIEN_ERR_NOMEM : MIEN_OK;
}

/* The largest absolute value of the upper triangle; NaN or infinite where there is one. */
static double largest(const double *A, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            most = fabs(A[i * n + j]) <= most ? most : fabs(A[i * n + j]) + 0 * most;
    return most;
}

/* A <- 2^-exponent A, so that no square leaves the range of double. MIEN_ERR_NUMERIC for what is
 * not finite. */
static mien_status take_scale(double *A, size_t n, int *exponent)
{
    double most = largest(A, n);
    if (!isfinite(most))
        return MIEN_ERR_NUMERIC;
    frexp(most, exponent);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            A[i * n + j] = ldexp(A[i * n + j], -*exponent);
    return MIEN_OK;
}

/* values <- the largest `count`, in order, of `diagonal`, of which they become NaN; vectors, where
 * Z is not NULL, their rows of Z. */
static void take_leading(mien_eigen *e, size_t count, const double *Z, int exponent)
{
    for (size_t k = 0; k < count; k++) {
        size_t best = 0;
        for (size_t i = 1; i < e->n; i++)
            if (!(e->diagonal[i] <= e->diagonal[best]) && !isnan(e->diagonal[i]))
                best = i;
        e->values[k] = ldexp(e->diagonal[best], exponent);
        e->diagonal[best] = (double)NAN;
        if (Z)
            memcpy(e->vectors + k * e->n, Z + best * e->n, e->n * sizeof *Z);
    }
}

mien_status mien_eigen_solve(mien_eigen *eigen, double *A)
{
    size_t n = eigen->n;
    int exponent;
    mien_status st = take_scale(A, n, &exponent);
    if (st)
        return st;
    make_tridiagonal(eigen, A);
    double *turns = eigen->work, *Z = turns + 2 * n;
    memset(Z, 0, n * n * sizeof *Z);
    for (size_t i = 0; i < n; i++)
        Z[i * (n + 1)] = 1;
    if (!iterate(eigen, Z, turns))
        return MIEN_ERR_NUMERIC;
    take_leading(eigen, eigen->r, Z, exponent);
    for (size_t k = 0; k < eigen->r; k++)
        turn_back(eigen, A, eigen->vectors + k * n);
    return MIEN_OK;
}

mien_status mien_eigen_values(mien_eigen *eigen, double *A)
{
    int exponent;
    mien_status st = take_scale(A, eigen->n, &exponent);
    if (st)
        return st;
    make_tridiagonal(eigen, A);
    if (!iterate(eigen, NULL, eigen->work))
        return MIEN_ERR_NUMERIC;
    take_leading(eigen, eigen->n, NULL, exponent);
    return MIEN_OK;
}

/* ---------------------------------------------------------------- Cholesky */

/* First L' in the upper triangle; then, row by row, L^(-1) in the lower one, which reads no more of
 * L than is still there. */
mien_status mien_cholesky_inverse(double *A, size_t n, double ratio)
{
    double max = 0;
    if (!isfinite(largest(A, n)))
        return MIEN_ERR_NUMERIC;
    for (size_t i = 0; i < n; i++)
        max = fmax(max, A[i * n + i]);
    for (size_t k = 0; k < n; k++) {
        double *row = A + k * n, pivot = row[k];
        if (!(pivot > 0 && pivot > ratio * max))
            return MIEN_ERR_DOMAIN;
        for (size_t j = k; j < n; j++)
            row[j] /= sqrt(pivot);
        for (size_t i = k + 1; i < n; i++)
            add_scaled(A + i * n + i, -row[i], row + i, n - i);
    }
    for (size_t i = 0; i < n; i++) {
        double *row = A + i * n, inverse = 1 / row[i];
        memset(row, 0, i * sizeof *row);
        for (size_t k = 0; k < i; k++)
            add_scaled(row, -A[k * n + i] * inverse, A + k * n, k + 1);
        row[i] = inverse;
    }
    for (size_t i = 0; i < n; i++)
        memset(A + i * n + i + 1, 0, (n - i - 1) * sizeof *A);
    return MIEN_OK;
}
