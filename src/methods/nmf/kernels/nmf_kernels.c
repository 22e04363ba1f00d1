/* nmf_kernels.c - the elementwise loops of non-negative matrix factorization.
 * SPDX-License-Identifier: MIT */
#include "methods/nmf/kernels/nmf_kernels.h"

#include "base/cpu.h"
#include "linalg/vecmath.h"
#include "methods/loss.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

enum {
    LANES = 16, /* floats of an AVX-512 register; sums are kept in so many lanes */
    RUN = 512   /* entries that are summed in float32 before the sum goes over into double */
};

static inline float floored(float model)
{
    return model > (float)MIEN_KL_FLOOR ? model : (float)MIEN_KL_FLOOR;
}

MIEN_LOOP(extern, mien_kl_ratio, (const float *restrict x, float *restrict model, size_t count),
          (x, model, count))
{
    for (size_t j = 0; j < count; j++)
        model[j] = x[j] / floored(model[j]);
}

MIEN_LOOP(extern, mien_kl_raise, (float *model, float floor, size_t count), (model, floor, count))
{
    for (size_t j = 0; j < count; j++)
        model[j] = model[j] > floor ? model[j] : floor;
}

MIEN_LOOP_OF(extern, bool, mien_kl_was_raised,
             (const float *x, const float *model, float floor, size_t count),
             (x, model, floor, count))
{
    uint32_t raised = 0;
    for (size_t j = 0; j < count; j++)
        raised |= (uint32_t)(model[j] < 2 * floor) & (uint32_t)(x[j] > 0);
    return raised;
}

MIEN_LOOP_OF(extern, double, mien_kl_ratio_and_loss,
             (const float *restrict x, float *restrict model, size_t count), (x, model, count))
{
    double total = 0;
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t end = count - begin < RUN ? count : begin + RUN;
        float lanes[LANES] = {0};
        size_t j = begin;
        for (; j + LANES <= end; j += LANES)
            for (size_t l = 0; l < LANES; l++) {
                float ratio = x[j + l] / floored(model[j + l]);
                model[j + l] = ratio;
                lanes[l] += x[j + l] * mien_log_fast(ratio);
            }
        for (; j < end; j++) {
            float ratio = x[j] / floored(model[j]);
            model[j] = ratio;
            lanes[j % LANES] += x[j] * mien_log_fast(ratio);
        }
        for (size_t l = 0; l < LANES; l++)
            total += lanes[l];
    }
    return total;
}

MIEN_LOOP_OF(extern, double, mien_kl_masked_ratio,
             (const float *restrict x, float *restrict model, size_t count), (x, model, count))
{
    double total = 0;
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t end = count - begin < RUN ? count : begin + RUN;
        float lanes[LANES] = {0};
        for (size_t j = begin; j < end;) {
            size_t few = end - j < LANES ? end - j : LANES;
            for (size_t l = 0; l < few; l++, j++) {
                float m = model[j], v = x[j] < 0 ? m : x[j], ratio = v / m;
                model[j] = ratio;
                lanes[l] += v * mien_log_fast(ratio) - v + m;
            }
        }
        for (size_t l = 0; l < LANES; l++)
            total += lanes[l];
    }
    return total;
}

/* v * by, but not 0 by underflow: a product of positive factors stays positive. Threads flush small
 * numbers to zero; an entry that is 0 is so for ever, while one that is small may come back. */
static inline float kept(float v, float by)
{
    float product = v * by;
    return product < FLT_MIN && v > 0 && by > 0 ? FLT_MIN : product;
}

MIEN_LOOP(extern, mien_kl_scale_weights,
          (float *restrict W, const float *restrict encoded, const float *restrict inverse,
           size_t rows, size_t r, double *restrict sum),
          (W, encoded, inverse, rows, r, sum))
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < r; k++) {
            float w = kept(W[i * r + k], encoded[i * r + k] * inverse[k]);
            W[i * r + k] = w;
            sum[k] += w;
        }
}

MIEN_LOOP_OF(extern, double, mien_scale_product,
             (float *restrict to, const float *restrict by, float scale, size_t count),
             (to, by, scale, count))
{
    double lanes[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= count; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            float v = kept(to[j + l], by[j + l] * scale);
            to[j + l] = v;
            lanes[l] += v;
        }
    double sum = 0;
    for (; j < count; j++)
        sum += to[j] = kept(to[j], by[j] * scale);
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

MIEN_LOOP_OF(extern, double, mien_mu_step,
             (float *restrict w, const float *restrict up, const float *restrict down,
              size_t count),
             (w, up, down, count))
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += w[i] * (0.5f * down[i] - up[i]);
        w[i] = down[i] > 0 ? w[i] * (up[i] / down[i]) : w[i];
    }
    return sum;
}
