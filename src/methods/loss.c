/* loss.c - the losses that methods minimise, each in one place.
 * SPDX-License-Identifier: MIT */
#include "methods/loss.h"

#include "base/cpu.h"
#include "linalg/vecmath.h"

#include <math.h>
#include <string.h>

static const struct loss_words {
    const char *name, *short_name;
} words[] = {
    [MIEN_LOSS_KL] = {"generalised KL divergence", "KL divergence"},
    [MIEN_LOSS_HALF_SQUARES] = {"half squared Frobenius distance", "half squared error"},
    [MIEN_LOSS_SQUARES] = {"inertia", "inertia"},
};
enum { LOSS_COUNT = sizeof words / sizeof *words };

const char *mien_loss_name(mien_loss loss)
{
    return (size_t)loss < LOSS_COUNT ? words[loss].name : "loss";
}

const char *mien_loss_word(const char *name)
{
    for (int loss = 0; loss < LOSS_COUNT; loss++)
        if (strcmp(name, words[loss].name) == 0)
            return words[loss].name;
    return "loss";
}

const char *mien_loss_short(const char *name)
{
    for (int loss = 0; loss < LOSS_COUNT; loss++)
        if (strcmp(name, words[loss].name) == 0)
            return words[loss].short_name;
    return name;
}

int mien_loss_power(mien_loss loss)
{
    return loss == MIEN_LOSS_KL ? 1 : 2;
}

enum { LANES = 8 }; /* sums side by side, since one alone would wait for every addition */

static inline double add_lanes(const double lanes[LANES])
{
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
           ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/* x log(x / m) - x + m. The quotient of a float and a product of two is normal. */
static inline double kl_of(double v, double m)
{
    double log_part = v * mien_log_double(v / m) - v;
    log_part = m > 0 ? log_part : INFINITY;
    return (v > 0 ? log_part : 0) + m;
}

MIEN_LOOP_OF(static, double, loss_kl, (const float *x, const double *y, size_t count),
             (x, y, count))
{
    double lanes[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= count; j += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += kl_of(x[j + l], y[j + l]);
    for (; j < count; j++)
        lanes[0] += kl_of(x[j], y[j]);
    return add_lanes(lanes);
}

MIEN_LOOP_OF(static, double, loss_squares, (const float *x, const double *y, size_t count),
             (x, y, count))
{
    double lanes[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= count; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double d = x[j + l] - y[j + l];
            lanes[l] += d * d;
        }
    for (; j < count; j++) {
        double d = x[j] - y[j];
        lanes[0] += d * d;
    }
    return add_lanes(lanes);
}

double mien_loss_sum(mien_loss loss, const float *x, const double *y, size_t count)
{
    switch (loss) {
    case MIEN_LOSS_KL:
        return loss_kl(x, y, count);
    case MIEN_LOSS_HALF_SQUARES:
        return 0.5 * loss_squares(x, y, count);
    case MIEN_LOSS_SQUARES:
    default:
        return loss_squares(x, y, count);
    }
}
