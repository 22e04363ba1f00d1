/* consumer.c - a program of somebody else's, C and C++ alike: learns two parts from its own
 * numbers. SPDX-License-Identifier: MIT */
#include <mien.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 6, P = 4, R = 2 };

static int fail(const char *what)
{
    fprintf(stderr, "consumer: %s\n", what);
    return 1;
}

int main(void)
{
    /* two parts, the left half and the right half, in different amounts */
    float values[N * P];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < P; j++)
            values[i * P + j] = (float)(j < P / 2 ? 1 + i : N - i);

    mien_float_view view = {values, N, P};
    mien_source X = mien_float_source(&view);
    mien_options options = mien_options_default();
    mien_fit fit;
    mien_error err;
    options.r = R;
    options.threads = 1;
    if (mien_options_set(&options, "objective", "kl", &err) ||
        mien_fit_run(mien_method_find("nmf"), &X, &options, &fit, &err))
        return fail(err.message);
    for (int k = 0; k < R; k++) {
        printf("consumer: part %d:", k + 1);
        for (int j = 0; j < P; j++)
            printf(" %.3f", fit.H[k * P + j]);
        printf(", in the first image %.3f times\n", fit.W[k]);
    }
    double worst = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < P; j++) {
            double sum = 0;
            for (int k = 0; k < R; k++)
                sum += (double)fit.W[i * R + k] * fit.H[k * P + j];
            worst = fmax(worst, fabs(sum - values[i * P + j]));
        }
    mien_fit_free(&fit);

    printf("consumer: mien.h is of version %s\n", MIEN_VERSION);
    if (strcmp(mien_version(), MIEN_VERSION) != 0)
        return fail("the library is of another version than its header");
    return worst < 0.05 ? 0 : fail("W H is not what was learned from");
}
