/* loss.c - the losses that methods minimise, each in one place.
 * SPDX-License-Identifier: MIT */
#include "methods/loss.h"

#include <math.h>
#include <string.h>

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

const char *mien_loss_word(const char *name)
{
    for (int loss = MIEN_LOSS_KL; loss <= MIEN_LOSS_SQUARES; loss++)
        if (strcmp(name, mien_loss_name((mien_loss)loss)) == 0)
            return mien_loss_name((mien_loss)loss);
    return "loss";
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
