/* loss.c - the losses that methods minimise, each in one place.
 * SPDX-License-Identifier: MIT */
#include "methods/loss.h"

#include "base/cpu.h"

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

static double kl_sum(const float *x, const double *y, size_t count)
{
    double sum = 0;
    for (size_t j = 0; j < count; j++) {
        double v = x[j], m = y[j];
        if (v > 0)
            sum += m > 0 ? v * log(v / m) - v : INFINITY;
        sum += m;
    }
    return sum;
}

/* Eight sums side by side, since one alone would wait for every addition. */
MIEN_LOOP_OF(static, double, loss_squares, (const float *x, const double *y, size_t count),
             (x, y, count))
{
    enum { LANES = 8 };
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
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
           ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

double mien_loss_sum(mien_loss loss, const float *x, const double *y, size_t count)
{
    switch (loss) {
    case MIEN_LOSS_KL:
        return kl_sum(x, y, count);
    case MIEN_LOSS_HALF_SQUARES:
        return 0.5 * loss_squares(x, y, count);
    case MIEN_LOSS_SQUARES:
    default:
        return loss_squares(x, y, count);
    }
}
