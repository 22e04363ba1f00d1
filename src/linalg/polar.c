/* polar.c - the orthogonal matrix that is nearest to a given one.
 * SPDX-License-Identifier: MIT
 *
 *   A = X X';  X <- c (3 I - c^2 A) X / 2
 *
 * Newton & Schulz' iteration: a singular value s of X becomes c s (3 - c^2 s^2) / 2, its vectors
 * stay. With c = 1 all values in (0, sqrt 3) go to 1, quadratically in the end, but small ones
 * grow by 1.5 a step. With l <= s <= 1 and c^2 = 3 / (1 + l + l^2) they grow by up to 2.6, and l
 * and 1 have the same image, which is the next l (Chen & Chow, Argonne preprint P5059 (2014)). A
 * guess of l that is too large does no harm: smaller values grow a little more slowly. All is GEMM:
 * at n = 49 ten steps or so cost a third of what LAPACK takes for the eigenvectors of A, from which
 * (X X')^(-1/2) would come. */
#include "linalg/polar.h"

#include "linalg/blas.h"

#include <math.h>
#include <string.h>

enum { STEPS = 40 };                  /* at 1.5 a step: from 1e-4 in 23, and 7 to converge */
static const double CLOSE = 1e-8;     /* ||A - I||: the next step takes it to its square */
static const double SINGULAR = 1e-16; /* s^2 / ||A||: no step is worth it */

/* A <- X X'; returns the largest sum of absolute values in a row of A - shift I. */
static double gram(const double *X, size_t n, double shift, double *A)
{
    double most = 0;
    mien_dgemm(false, true, n, n, n, 1, X, n, X, n, 0, A, n);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += fabs(A[i * n + j] - (i == j ? shift : 0));
        if (sum > most || isnan(sum)) /* which then stays */
            most = sum;
    }
    return most;
}

/* X <- c (3 I - c^2 A) X / 2; A is lost. */
static void step(double *X, size_t n, double c, double *A, double *old)
{
    memcpy(old, X, n * n * sizeof *old);
    for (size_t at = 0; at < n * n; at++)
        A[at] *= -0.5 * c * c * c;
    for (size_t i = 0; i < n; i++)
        A[i * (n + 1)] += 1.5 * c;
    mien_dgemm(false, false, n, n, n, 1, A, n, old, n, 0, X, n);
}

mien_status mien_polar(double *X, size_t n, double *work)
{
    double *A = work, *old = work + n * n;
    double bound = gram(X, n, 0, A), least = bound; /* no eigenvalue of A is larger */
    if (!isfinite(bound))
        return MIEN_ERR_NUMERIC;
    for (size_t i = 0; i < n; i++)
        least = fmin(least, A[i * (n + 1)]); /* the smallest eigenvalue is not larger */
    if (!(least > SINGULAR * bound))
        return MIEN_ERR_DOMAIN;
    double l = sqrt(least / bound), scale = 1 / sqrt(bound);
    for (size_t at = 0; at < n * n; at++) {
        X[at] *= scale;
        A[at] /= bound;
    }
    for (int round = 0; round < STEPS; round++) {
        double c = sqrt(3 / (1 + l + l * l));
        step(X, n, c, A, old);
        l = c * l * (3 - c * c * l * l) / 2;
        if (gram(X, n, 1, A) < CLOSE) {
            step(X, n, 1, A, old);
            return MIEN_OK;
        }
    }
    return MIEN_ERR_DOMAIN;
}
