/* loss.c - the losses that methods minimise, each in one place.
 * SPDX-License-Identifier: MIT */
#include "methods/loss.h"

#include "base/clones.h"

#include <math.h>

const char *mien_loss_name(mien_loss loss)
{
    switch (loss) {
    case MIEN_LOSS_KL:
        return "generalised KL divergence";
    case MIEN_LOSS_HALF_SQUARES:
        return "half squared Frobenius distance";
    case MIEN_LOSS_SQUARES:
        return "inertia";
    default:
        return "loss";
    }
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

/* Eight sums side by side, since one alone would wait for every addition. */
MIEN_CLONES
static double loss_squares(const float *x, const double *y, size_t count)
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
