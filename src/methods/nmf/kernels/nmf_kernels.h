/* nmf_kernels.h - the elementwise loops of non-negative matrix factorization.
 * SPDX-License-Identifier: MIT
 *
 * Plain loops, built for every level (MIEN_LOOP of base/cpu.h). All arrays are contiguous float32.
 */
#ifndef MIEN_NMF_KERNELS_H
#define MIEN_NMF_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/* model <- x / model; the model is kept above MIEN_KL_FLOOR. */
void mien_kl_ratio(const float *x, float *model, size_t count);

/* model <- max(model, floor). */
void mien_kl_raise(float *model, float floor, size_t count);

/* Whether a model is below twice the floor under some x > 0. */
bool mien_kl_was_raised(const float *x, const float *model, float floor, size_t count);

/* The ratio, and sum x log(x / model) of it, 0 log 0 = 0: float32 over runs of 512 entries, double
 * over runs; accurate to about 1e-7 of sum |x log|. */
double mien_kl_ratio_and_loss(const float *x, float *model, size_t count);

/* The same where x below 0 is hidden: its ratio is 1, and it adds nothing to the sum of
 * x log(x / model) - x + model. The model is above 0. */
double mien_kl_masked_ratio(const float *x, float *model, size_t count);

/* w[i,k] <- w[i,k] encoded[i,k] inverse[k], adds the new weights to sum[k]. Here and in
 * mien_scale_product() what is positive does not become 0 by underflow. */
void mien_kl_scale_weights(float *W, const float *encoded, const float *inverse, size_t rows,
                           size_t r, double *sum);

/* w <- w up / down where down > 0 (elsewhere the gradient is -up <= 0 at best 0: w stays); returns
 * sum w (down / 2 - up) of the old values. */
double mien_mu_step(float *w, const float *up, const float *down, size_t count);

/* to <- to * by * scale; returns the sum of the new values. */
double mien_scale_product(float *to, const float *by, float scale, size_t count);

#endif
