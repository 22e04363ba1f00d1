/* problems.h - small problems with known answers, shared by the tests of methods.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PROBLEMS_H
#define MIEN_PROBLEMS_H

#include "base/rng.h"
#include "data/source.h"

#include <stdlib.h>

/* X = W H with non-negative sparse parts, n x p, true rank r; caller frees with free(). */
static inline float *planted(size_t n, size_t p, size_t r, uint64_t seed)
{
    float *X = calloc(n * p, sizeof *X);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < r; k++) {
            double w = mien_random_uniform(seed, MIEN_STREAM_TEST, i * r + k);
            for (size_t j = 0; j < p; j++) {
                uint64_t at = (uint64_t)n * r + k * p + j;
                double h = mien_random_uniform(seed, MIEN_STREAM_TEST, at);
                X[i * p + j] += (float)(w * w * (h > 0.6 ? h : 0));
            }
        }
    return X;
}

/* Uniform noise with a share of exact zeros. */
static inline float *noise(size_t n, size_t p, double zeros, uint64_t seed)
{
    float *X = calloc(n * p, sizeof *X);
    for (size_t at = 0; at < n * p; at++) {
        double v = mien_random_uniform(seed, MIEN_STREAM_TEST + 1, at);
        X[at] = v < zeros ? 0 : (float)v;
    }
    return X;
}

#endif
