/* loss.c - the losses that methods minimise, each in one place.
 * SPDX-License-Identifier: MIT */
#include "methods/loss.h"

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

static double kl_sum(const float *x, const double *y, size_t count)
{
    double sum = 0;
    for (size_t j = 0; j < count; j++) {
        double v = x[j], m = y[j];
        if (v > 0) {
            if (m < MIEN_KL_FLOOR)
                m = MIEN_KL_FLOOR;
            sum += v * log(v / m) - v;
        }
        sum += m;
    }
    return sum;
}

static double squares_sum(const float *x, const double *y, size_t count)
{
    double sum = 0;
    for (size_t j = 0; j < count; j++) {
        double d = (double)x[j] - y[j];
        sum += d * d;
    }
    return sum;
}

double mien_loss_sum(mien_loss loss, const float *x, const double *y, size_t count)
{
    switch (loss) {
    case MIEN_LOSS_KL:
        return kl_sum(x, y, count);
    case MIEN_LOSS_HALF_SQUARES:
        return 0.5 * squares_sum(x, y, count);
    case MIEN_LOSS_SQUARES:
    default:
        return squares_sum(x, y, count);
    }
}
