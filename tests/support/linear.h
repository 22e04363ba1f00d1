/* linear.h - what the tests of PCA and ICA share: fits, oracles, real faces.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LINEAR_H
#define MIEN_LINEAR_H

#include "support/cmocka_plus.h"
#include "support/faces.h"
#include "support/problems.h"

#include "mien.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* Fit that must succeed. */
static inline mien_fit fit_matrix(const char *method, const float *X, size_t n, size_t p,
                                  const mien_options *options)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    mien_fit fit = {0};
    mien_error err = {0};
    mien_status st = mien_fit_run(mien_method_find(method), &source, options, &fit, &err);
    if (st)
        fail_msg("%s of %zu x %zu, r = %zu: %s", method, n, p, options->r, err.message);
    return fit;
}

static inline mien_options options_of(size_t r, const char *key, const char *value)
{
    mien_options options = mien_options_default();
    options.restarts = 1;
    options.r = r;
    if (key)
        assert_int_equal(mien_options_set(&options, key, value, NULL), MIEN_OK);
    return options;
}

/* Largest |X - 1 mu' - W H|. */
static inline double worst_entry(const mien_fit *fit, const float *X)
{
    float *row = calloc(fit->p, sizeof *row);
    double worst = 0;
    for (size_t i = 0; i < fit->n; i++) {
        mien_fit_reconstruct(fit, i, row);
        for (size_t j = 0; j < fit->p; j++)
            worst = fmax(worst, fabs((double)row[j] - X[i * fit->p + j]));
    }
    free(row);
    return worst;
}

static inline void assert_same_bytes(const mien_fit *a, const mien_fit *b)
{
    assert_memory_equal(a->W, b->W, a->n * a->r * sizeof *a->W);
    assert_memory_equal(a->H, b->H, a->r * a->p * sizeof *a->H);
    if (a->mu)
        assert_memory_equal(a->mu, b->mu, a->p * sizeof *a->mu);
    assert_true(a->loss == b->loss);
    assert_int_equal(a->iterations, b->iterations);
}

static inline void assert_finite(const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_true(isfinite(x[i]));
}

static inline int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The faces of CBCL as lee-seung prepares them, n x 361, or NULL, said aloud, when they are not
 * there. Caller frees. */
static inline float *cbcl_faces(size_t *n)
{
    const char *folder = faces_path("cbcl/face");
    enum { P = 19 * 19, HEADER = 13, MOST = 4096 };
    DIR *dir = opendir(folder);
    if (!dir) {
        fprintf(stderr, "SKIPPED: no CBCL faces in %s\n", folder);
        return NULL;
    }
    char(*names)[64] = calloc(MOST, sizeof *names);
    float *X = calloc((size_t)MOST * P, sizeof *X);
    *n = 0;
    for (struct dirent *entry; (entry = readdir(dir)) && *n < MOST;)
        if (strstr(entry->d_name, ".pgm"))
            snprintf(names[(*n)++], sizeof *names, "%.60s", entry->d_name);
    closedir(dir);
    qsort(names, *n, sizeof *names, by_name);
    for (size_t i = 0; i < *n; i++) {
        char path[4096];
        unsigned char bytes[HEADER + P];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(fread(bytes, 1, sizeof bytes, file), sizeof bytes);
        fclose(file);
        assert_memory_equal(bytes, "P5", 2);
        double mean = 0, square = 0;
        for (size_t j = 0; j < P; j++)
            mean += bytes[HEADER + j] / (double)P;
        for (size_t j = 0; j < P; j++)
            square += (bytes[HEADER + j] - mean) * (bytes[HEADER + j] - mean);
        double sd = sqrt(square / (P - 1));
        for (size_t j = 0; j < P; j++)
            X[i * P + j] = (float)fmin(1, fmax(0, 0.25 + 0.25 * (bytes[HEADER + j] - mean) / sd));
    }
    free(names);
    return X;
}

#endif
