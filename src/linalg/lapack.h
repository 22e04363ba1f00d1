/* lapack.h - the only door to LAPACK: eigenpairs of symmetric matrices, inverse Cholesky factors.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LAPACK_H
#define MIEN_LAPACK_H

#include "base/memory.h"

/* A solver for matrices of one size; everything it needs is allocated once. */
typedef struct mien_eigen {
    size_t n, r;
    double *values;       /* n; the leading r, or all, largest first */
    double *vectors;      /* r x n, row k is the unit eigenvector of values[k] */
    double *diagonal;     /* n, of the tridiagonal form */
    double *off_diagonal; /* n, of which n - 1 are used */
    double *tau;          /* n, scales of the reflections that led there */
    double *work;         /* nwork */
    int *iwork, *isuppz;  /* niwork; 2 n */
    int nwork, niwork;
} mien_eigen;

/* Make a solver for the r leading eigenpairs of n x n matrices, 0 <= r <= n, 0 for values without
 * vectors; 1 <= n as far as mien_blas_fits(). The memory belongs to the arena. Returns MIEN_OK or
 * MIEN_ERR_NOMEM. */
mien_status mien_eigen_alloc(mien_eigen *eigen, size_t n, size_t r, mien_arena *arena);

/* Fill the leading r values, and vectors, 1 <= r.
 *   A   n x n row-major, symmetric; only the upper triangle is read, and it is overwritten
 * Returns MIEN_ERR_NUMERIC when A holds a NaN or an infinity (LAPACK itself would return NaN and
 * call it success) or when LAPACK does not converge. */
mien_status mien_eigen_solve(mien_eigen *eigen, double *A);

/* Fill all n values; vectors stay what they are. Arguments and errors as above. */
mien_status mien_eigen_values(mien_eigen *eigen, double *A);

/* A <- L^(-1), lower triangular, where A = L L' (Cholesky): orthonormalisation in order, as by Gram
 * and Schmidt: A B has orthonormal rows when A was B B', and row k of it comes from rows 0 .. k.
 *   A       n x n, as above
 *   ratio   smallest share of a row's square that may be left when those before it are taken out
 * Returns MIEN_ERR_NUMERIC for NaN and infinity, MIEN_ERR_DOMAIN when A is not that positive. */
mien_status mien_cholesky_inverse(double *A, size_t n, double ratio);

#endif
