/* nmf_vectors.h - the loops of non-negative matrix factorization that are written with vectors.
 * SPDX-License-Identifier: MIT
 *
 * A level's variants are one record: nmf_portable.c, nmf_avx2.c, nmf_avx512.c. What a loop does is
 * said where it is called from (nmf_sweep.h, nmf_batched.h, nmf_panels.h); the portable record is
 * the definition that the others are held against (tools/kernels). The texts of the loops are
 * written once, in .inc files, for vectors of any width. docs/add-a-kernel.md tells how another
 * level is added. */
#ifndef MIEN_NMF_VECTORS_H
#define MIEN_NMF_VECTORS_H

#include "base/cpu.h"
#include "methods/nmf/kernels/nmf_batched.h"
#include "methods/nmf/kernels/nmf_panels.h"
#include "methods/nmf/kernels/nmf_sweep.h"

typedef struct mien_nmf_vectors {
    /* mien_kl_sweep(), mien_kl_curvature(), mien_hals_sweep() */
    size_t (*sweep)(const float *x, float *m, size_t ld, float floor, const float *H,
                    const float *sum, float *w, unsigned *active, size_t count);
    void (*curvature)(const float *x, float *m, size_t ld, float floor, const float *last,
                      float step, const float *h, float sums[2]);
    void (*hals_sweep)(const float *G, const float *target, float *U, size_t r, size_t ld);
    /* mien_batched_descend() for as many images as a vector has lanes: x, m  p x images, m becomes
     * their models;  w  r x images;  product  r x images, or NULL */
    size_t images;
    void (*descend)(const mien_entries *H, const float *x, float floor, int sweeps, float *m,
                    float *w, float *product);
    mien_panels_kernel panels;
} mien_nmf_vectors;

/* The record of mien_cpu_level(). */
const mien_nmf_vectors *mien_nmf_vectors_now(void);

extern const mien_nmf_vectors mien_nmf_portable, mien_nmf_avx2, mien_nmf_avx512;

#endif
