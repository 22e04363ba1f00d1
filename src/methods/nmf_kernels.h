/* nmf_kernels.h - the elementwise loops of non-negative matrix factorization.
 * SPDX-License-Identifier: MIT
 *
 * Each is built for several processors (base/clones.h). All arrays are contiguous float32. */
#ifndef MIEN_NMF_KERNELS_H
#define MIEN_NMF_KERNELS_H

#include <stddef.h>

/* to += from. */
void mien_nmf_add(float *to, const float *from, size_t count);

/* model <- x / model; the model is kept above MIEN_KL_FLOOR. */
void mien_kl_ratio(const float *x, float *model, size_t count);

/* The same for rows of p entries; returns sum x log(x / model), 0 log 0 = 0, float32 over sixteen
 * lanes within a row and double over rows: relative accuracy about 1e-7 of sum |x log|. */
double mien_kl_ratio_and_loss(const float *x, float *model, size_t rows, size_t p);

/* w[i,k] <- w[i,k] encoded[i,k] inverse[k]; adds the new weights to sum[k]. */
void mien_kl_scale_weights(float *W, const float *encoded, const float *inverse, size_t rows,
                           size_t r, double *sum);

/* to <- to * by * scale; returns the sum of the new values. */
double mien_scale_product(float *to, const float *by, float scale, size_t count);

#endif
