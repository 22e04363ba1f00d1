/* fits.h - fits of float matrices, and their scores computed anew by plain loops in double.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TEST_FITS_H
#define MIEN_TEST_FITS_H

#include "support/cmocka_plus.h"

#include "data/source.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static inline const mien_method *method_named(const char *name)
{
    const mien_method *method = mien_method_find(name);
    if (!method)
        fail_msg("there is no method %s", name);
    return method;
}

static inline mien_options test_options(size_t r, uint64_t seed, size_t iterations)
{
    mien_options options = mien_options_default();
    options.r = r;
    options.seed = seed;
    options.iterations = iterations;
    options.restarts = 1;
    options.threads = 1; /* fits are small; test_contract.c sees to the threads */
    return options;
}

static inline void set_option(mien_options *options, const char *key, const char *value)
{
    mien_error err = {0};
    if (mien_options_set(options, key, value, &err))
        fail_msg("%s", err.message);
}

/* mien_fit_run on a float matrix. */
static inline mien_status try_fit(const mien_method *method, const float *X, size_t n, size_t p,
                                  const mien_options *options, mien_fit *out, mien_error *err)
{
    mien_float_view view = {X, n, p};
    mien_source source = mien_float_source(&view);
    return mien_fit_run(method, &source, options, out, err);
}

/* The same where it has to succeed. */
static inline mien_fit must_fit(const char *method, const float *X, size_t n, size_t p,
                                const mien_options *options)
{
    mien_fit fit = {0};
    mien_error err = {0};
    if (try_fit(method_named(method), X, n, p, options, &fit, &err))
        fail_msg("%s: %zu x %zu, r = %zu: %s", method, n, p, options->r, err.message);
    return fit;
}

/* The same for a refusal; `err` is filled and says what the returned status says. */
static inline mien_status refusal(const mien_method *method, const float *X, size_t n, size_t p,
                                  const mien_options *options, mien_error *err)
{
    mien_fit fit;
    *err = (mien_error){0};
    mien_status st = try_fit(method, X, n, p, options, &fit, err);
    if (st) {
        assert_int_equal(err->status, st);
        assert_true(*err->message);
    } else {
        mien_fit_free(&fit);
    }
    mien_status same = try_fit(method, X, n, p, options, &fit, NULL);
    assert_int_equal(same, st);
    if (!same)
        mien_fit_free(&fit);
    return st;
}

/* ---------------------------------------------------------------- scores */

/* Entry (i, j) of mu + W H. */
static inline double model_entry(const mien_fit *fit, size_t i, size_t j)
{
    double y = fit->mu ? fit->mu[j] : 0;
    for (size_t k = 0; k < fit->r; k++)
        y += (double)fit->W[i * fit->r + k] * fit->H[k * fit->p + j];
    return y;
}

/* One entry's part of the generalised Kullback-Leibler divergence; 0 log 0 = 0. A model of 0 under
 * x > 0 counts as 1e-30, as mien says it does. */
static inline double kl_entry(double x, double y)
{
    return x > 0 ? x * log(x / fmax(y, 1e-30)) - x + fmax(y, 1e-30) : y;
}

typedef struct test_scores {
    double loss;               /* the one that fit->loss_name names */
    double relative_error;     /* ||X - Y|| / ||X||, 0 for X = 0 */
    double explained_variance; /* 1 - ||X - Y||^2 / ||X - 1 mean'||^2, 0 when images are alike */
    double scale;              /* of which rounding errors of the loss are a share */
} test_scores;

static inline test_scores measure_scores(const mien_fit *fit, const float *X)
{
    size_t n = fit->n, p = fit->p;
    double kl = 0, residual = 0, squares = 0, total = 0, logs = 0, variance = 0;
    for (size_t j = 0; j < p; j++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += X[i * p + j] / (double)n;
        for (size_t i = 0; i < n; i++) {
            double x = X[i * p + j], y = model_entry(fit, i, j);
            kl += kl_entry(x, y);
            residual += (x - y) * (x - y);
            squares += x * x;
            total += x;
            logs += x > 0 ? x * fabs(log(x / fmax(y, 1e-30))) : 0;
            variance += (x - mean) * (x - mean);
        }
    }
    test_scores s = {.relative_error = squares > 0 ? sqrt(residual / squares) : 0,
                     .explained_variance =
                         variance > 1e-12 * squares ? 1 - residual / variance : 0};
    if (strcmp(fit->loss_name, "generalised KL divergence") == 0) {
        s.loss = kl;
        s.scale = total + logs;
    } else {
        s.loss = strcmp(fit->loss_name, "inertia") == 0 ? residual : residual / 2;
        s.scale = squares;
    }
    return s;
}

/* Do two fits hold the same bytes? */
static inline bool same_fit(const mien_fit *a, const mien_fit *b)
{
    bool same = a->n == b->n && a->p == b->p && a->r == b->r && a->loss == b->loss &&
                a->relative_error == b->relative_error && a->iterations == b->iterations &&
                a->seed == b->seed && !a->mu == !b->mu &&
                memcmp(a->W, b->W, a->n * a->r * sizeof *a->W) == 0 &&
                memcmp(a->H, b->H, a->r * a->p * sizeof *a->H) == 0 &&
                strcmp(a->note, b->note) == 0;
    return same && (!a->mu || memcmp(a->mu, b->mu, a->p * sizeof *a->mu) == 0);
}

/* ---------------------------------------------------------------- every choice of every option */

/* Counts through all combinations of a method's options; a number takes both ends of its range
 * and its default. Use:
 *   test_choices choices = {0};
 *   do { options = ...; choices_apply(&choices, method, &options, label, size); ... }
 *   while (choices_next(&choices, method)); */
typedef struct test_choices {
    size_t at[MIEN_OPTION_VALUES];
} test_choices;

static inline size_t choice_count(const mien_option *option)
{
    if (!option->choices) /* the default, last, unless it is an end of the range */
        return option->initial == option->min || option->initial == option->max ? 2 : 3;
    size_t count = 1;
    for (const char *bar = strchr(option->choices, '|'); bar; bar = strchr(bar + 1, '|'))
        count++;
    return count;
}

static inline void choice_value(const mien_option *option, size_t at, char *value, size_t size)
{
    if (!option->choices) {
        double number = at == 0 ? option->min : at == 1 ? option->max : option->initial;
        snprintf(value, size, "%.17g", number);
        return;
    }
    const char *choice = option->choices;
    while (at--)
        choice = strchr(choice, '|') + 1;
    snprintf(value, size, "%.*s", (int)strcspn(choice, "|"), choice);
}

/* Set them through the words of the command line; label: "nmf objective=kl ...". */
static inline void choices_apply(const test_choices *choices, const mien_method *method,
                                 mien_options *options, char *label, size_t size)
{
    const mien_method_info *info = mien_method_describe(method);
    int used = snprintf(label, size, "%s", info->name);
    for (size_t k = 0; info->options[k].key; k++) {
        char value[64];
        choice_value(&info->options[k], choices->at[k], value, sizeof value);
        set_option(options, info->options[k].key, value);
        used += snprintf(label + used, size - (size_t)used, " %s=%s", info->options[k].key, value);
    }
}

static inline bool choices_next(test_choices *choices, const mien_method *method)
{
    const mien_option *options = mien_method_describe(method)->options;
    for (size_t k = 0; options[k].key; k++) {
        if (++choices->at[k] < choice_count(&options[k]))
            return true;
        choices->at[k] = 0;
    }
    return false;
}

#endif
