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

#include <stdbool.h>
#include <stddef.h>

struct mien_panels;    /* nmf_panels.h */
struct mien_entries;   /* nmf_batched.h */
struct mien_sweep_row; /* nmf_sweep.h */

/* X / WH and its products: nmf_panels.h. */
typedef struct mien_panels_kernel {
    size_t strip; /* pixels a panel; 0: all of them */
    size_t lanes; /* floats a vector */
    size_t rows;  /* images a tile, at most, that it likes; a multiple of its blocks; 0: any */
    /* floats of scratch for tiles of so many images */
    size_t (*scratch)(size_t rows, size_t p, size_t r);
    /* mien_panels_weights_product(), mien_panels_basis_product() */
    double (*weights_product)(const struct mien_panels *panels, const float *x, const float *W,
                              size_t count, float *product, float *model, size_t ldm,
                              float *scratch);
    double (*basis_product)(const struct mien_panels *panels, const float *x, const float *W,
                            size_t count, bool keep, bool with_loss, float *sums, float *scratch);
} mien_panels_kernel;

typedef struct mien_nmf_vectors {
    /* mien_kl_sweep(), mien_kl_curvature(), mien_hals_sweep() */
    void (*sweep)(struct mien_sweep_row *rows, size_t n, size_t ld, float floor, const float *H,
                  const float *sum);
    void (*curvature)(const float *x, float *m, size_t ld, float floor, const float *last,
                      float step, const float *h, float sums[2]);
    void (*hals_sweep)(const float *G, const float *target, float *U, size_t r, size_t ld);
    /* mien_batched_descend() for as many images as a vector has lanes: x, m  p x images, m becomes
     * their models;  w  r x images;  product  r x images, or NULL */
    size_t images;
    void (*descend)(const struct mien_entries *H, const float *x, float floor, int sweeps, float *m,
                    float *w, float *product);
    const mien_panels_kernel *panels;
} mien_nmf_vectors;

/* The record of mien_cpu_level(). */
const mien_nmf_vectors *mien_nmf_vectors_now(void);

extern const mien_nmf_vectors mien_nmf_portable, mien_nmf_avx2, mien_nmf_avx512;

/* The portable record's: by BLAS. */
extern const mien_panels_kernel mien_panels_by_blas;

#endif
