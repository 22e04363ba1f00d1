/* model_check.c - whether a model's files can be what they say: they may come from anywhere.
 * SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath */
#include "report/model/model.h"

#include "base/disk/files.h"
#include "base/memory.h"
#include "base/status.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double NORM_SLACK = 1e-3; /* float32 on disk leaves 1e-6 */

enum { PROBES = 8 };

/* ---------------------------------------------------------------- numbers */

/* The first entry below zero; count when there is none. */
static size_t find_negative(const float *values, size_t count)
{
    size_t i = 0;
    while (i < count && values[i] >= 0)
        i++;
    return i;
}

static mien_status check_signs(const mien_fit *fit, const char *path, mien_error *err)
{
    const char *title = mien_method_describe(fit->method)->title;
    size_t at = find_negative(fit->H, fit->r * fit->p);
    if (at < fit->r * fit->p)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s/basis.npy: component %zu is %g at pixel %zu, and %s has none below "
                         "zero",
                         path, at / fit->p + 1, (double)fit->H[at], at % fit->p + 1, title);
    size_t weights = fit->W ? fit->n * fit->r : 0;
    at = find_negative(fit->W, weights);
    if (at < weights)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s/weights.npy: component %zu of image %zu is %g, and %s has none below "
                         "zero",
                         path, at % fit->r + 1, at / fit->r + 1, (double)fit->W[at], title);
    return MIEN_OK;
}

static mien_status check_clusters(const mien_fit *fit, const char *path, mien_error *err)
{
    for (size_t i = 0; i < fit->n && fit->W; i++) {
        size_t ones = 0, zeros = 0;
        for (size_t k = 0; k < fit->r; k++) {
            ones += fit->W[i * fit->r + k] == 1;
            zeros += fit->W[i * fit->r + k] == 0;
        }
        if (ones != 1 || zeros != fit->r - 1)
            return mien_fail(err, MIEN_ERR_FORMAT,
                             "%s/weights.npy: image %zu does not have a single 1, as %s gives",
                             path, i + 1, mien_method_describe(fit->method)->title);
    }
    return MIEN_OK;
}

static double dot(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t j = 0; j < count; j++)
        sum += (double)a[j] * (double)b[j];
    return sum;
}

static mien_status fail_orthonormal(const char *path, mien_error *err)
{
    return mien_fail(err, MIEN_ERR_FORMAT,
                     "%s/basis.npy: the basis images are not orthonormal, as those of the method "
                     "that model.json names are",
                     path);
}

/* Rows of H: orthonormal, or zero beyond the rank of the data. All pairs would cost r^2 p: instead
 * signs are drawn, and |z' H| has to be |z|. */
static mien_status check_orthonormal(const mien_fit *fit, const char *path, mien_error *err)
{
    size_t r = fit->r, p = fit->p, rank = 0;
    for (size_t k = 0; k < r; k++) {
        const float *row = fit->H + k * p;
        double square = dot(row, row, p);
        bool zero = square <= NORM_SLACK;
        rank += !zero;
        if (!zero && !(fabs(square - 1) <= NORM_SLACK)) /* also NaN */
            return fail_orthonormal(path, err);
    }
    float *sum = mien_alloc_array(p, sizeof *sum);
    if (!sum)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    mien_status st = MIEN_OK;
    uint64_t state = 1;
    for (int probe = 0; probe < PROBES && !st; probe++) {
        memset(sum, 0, p * sizeof *sum);
        for (size_t k = 0; k < r; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
            float sign = state >> 63 ? 1.0f : -1.0f;
            for (size_t j = 0; j < p; j++)
                sum[j] += sign * fit->H[k * p + j];
        }
        double slack = NORM_SLACK * (1 + sqrt((double)rank));
        if (fabs(dot(sum, sum, p) - (double)rank) > slack)
            st = fail_orthonormal(path, err);
    }
    mien_free(sum);
    return st;
}

mien_status mien_model_check(const mien_model *model, const char *path, mien_error *err)
{
    const mien_fit *fit = &model->fit;
    unsigned traits = mien_method_describe(fit->method)->traits;
    mien_status st = MIEN_OK;
    if (traits & MIEN_NEEDS_NONNEG)
        st = check_signs(fit, path, err);
    if (!st && traits & MIEN_CLUSTERS)
        st = check_clusters(fit, path, err);
    if (!st && traits & MIEN_ORTHONORMAL)
        st = check_orthonormal(fit, path, err);
    return st;
}

mien_status mien_model_check_title(const mien_method *method, const char *title, const char *path,
                                   mien_error *err)
{
    if (strcmp(title, mien_method_describe(method)->title) == 0)
        return MIEN_OK;
    for (size_t i = 0; i < mien_method_count(); i++)
        if (strcmp(title, mien_method_describe(mien_method_at(i))->title) == 0)
            return mien_fail(err, MIEN_ERR_FORMAT,
                             "%s/model.json names the method %s, but its numbers are of %s", path,
                             mien_method_describe(method)->name, title);
    return MIEN_OK; /* of another version */
}

/* ---------------------------------------------------------------- where the data is */

/* "a/b", not "/a", "../a" or "a/../../b". */
static bool stays_below(const char *path)
{
    if (!*path || *path == '/')
        return false;
    for (const char *at = path; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || !at[2]))
            return false;
    }
    return true;
}

/* base/input, when that lies below base also after links are followed. */
static bool is_below(const char *base, const char *input, char *path, size_t size)
{
    char *above = realpath(base, NULL), *real = NULL;
    bool good = above && strcmp(above, "/") != 0 &&
                (size_t)snprintf(path, size, "%s/%s", above, input) < size;
    if (good)
        real = realpath(path, NULL);
    size_t length = above ? strlen(above) : 0;
    good = real && strncmp(real, above, length) == 0 && (real[length] == '/' || !real[length]);
    free(above);
    free(real);
    return good;
}

bool mien_model_source(const mien_model *model, const char *folder, const char *named, char *path,
                       size_t size)
{
    if (named)
        return (size_t)snprintf(path, size, "%s", named) < size;
    if (!stays_below(model->input))
        return false;
    char base[MIEN_PATH_MAX + 8];
    if (is_below(".", model->input, path, size))
        return true;
    for (const char *up = "/.."; up; up = strcmp(up, "/..") == 0 ? "/../.." : NULL)
        if ((size_t)snprintf(base, sizeof base, "%s%s", folder, up) < sizeof base &&
            is_below(base, model->input, path, size))
            return true;
    return false;
}
