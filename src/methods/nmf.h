/* nmf.h - what the solvers of non-negative matrix factorization share.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_H
#define MIEN_NMF_H

#include "methods/method.h"

/* State of one factorisation. W and H stay >= 0 and finite throughout. */
typedef struct mien_nmf {
    mien_run *run;
    size_t n, p, r;
    float *W;           /* n x r */
    float *H;           /* r x p */
    size_t groups;      /* of tiles; sums are kept per group, see data/source.h */
    float **model;      /* T x p a worker: WH of a tile, then whatever is made of it */
    float **encoded;    /* T x r a worker: a tile times H' */
    float *sums;        /* groups x r x p: a group's share of W' (tile) */
    double *weight_sum; /* groups x r: sums of W's columns */
    double *losses;     /* groups */
    double *basis_sum;  /* r: sums of H's rows */
} mien_nmf;

/* One iteration: improve W and H, and return the loss the iteration started from. */
typedef double (*mien_nmf_iteration)(void *solver);

/* Iterate until the options or the tolerance say stop; sets the fit's iterations and stop. */
void mien_nmf_iterate(mien_nmf *nmf, mien_nmf_iteration iteration, void *solver);

/* Sum `groups` partial results of `count` doubles each, in order, into the first. */
void mien_nmf_combine(double *partial, size_t groups, size_t count);

/* Solvers; each runs the whole descent. */
mien_status mien_nmf_kl_mu(mien_nmf *nmf);        /* nmf_mu.c */
mien_status mien_nmf_frobenius_mu(mien_nmf *nmf); /* nmf_mu.c */
mien_status mien_nmf_hals(mien_nmf *nmf);         /* nmf_hals.c */

/* Starts of --init, and the user's own (nmf_start.c). */
mien_status mien_nmf_start(mien_nmf *nmf, int init);

#endif
