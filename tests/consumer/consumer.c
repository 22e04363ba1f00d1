/* consumer.c - a program of somebody else's: learns two parts from numbers of its own.
 * SPDX-License-Identifier: MIT */
#include <mien.h>

#include <stdio.h>
#include <string.h>

enum { N = 6, P = 4 };

int main(void)
{
    /* two parts, the left half and the right half, in different amounts */
    float values[N * P];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < P; j++)
            values[i * P + j] = (float)(j < P / 2 ? 1 + i : N - i);
    mien_pixels pixels = {.n = N, .p = P, .type = MIEN_F32, .values = values, .upper = 100};
    mien_source X = mien_pixels_source(&pixels);
    mien_options options = mien_options_default();
    options.r = 2;
    options.threads = 1;
    mien_fit fit;
    mien_error err;
    printf("consumer: mien.h is of version %s\n", MIEN_VERSION);
    for (size_t i = 0; i < mien_method_count(); i++) {
        const mien_method *method = mien_method_at(i);
        if (mien_fit_run(method, &X, &options, &fit, &err)) {
            fprintf(stderr, "consumer: %s\n", err.message);
            return 1;
        }
        printf("consumer: %s, relative error %.4f\n", mien_method_describe(method)->name,
               fit.relative_error);
        bool exact = strcmp(mien_method_describe(method)->name, "kmeans") != 0;
        bool good = !exact || fit.relative_error < 0.01;
        mien_fit_free(&fit);
        if (!good)
            return 1;
    }
    return 0;
}
