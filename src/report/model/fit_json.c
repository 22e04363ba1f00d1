/* fit_json.c - a fit's numbers and its options as JSON, both ways.
 * SPDX-License-Identifier: MIT
 *
 * What is written and read under the same name is a row of a table, so that both ways agree. */
#include "report/model/fit_json.h"

#include "base/text.h"
#include "methods/loss.h"
#include "report/files/names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A double among the members of a struct, under its own name. */
typedef struct number {
    const char *key;
    size_t offset;
} number;

#define NUMBER(type, member)                                                                       \
    {                                                                                              \
#member, offsetof(type, member)                                                            \
    }
#define COUNT(table) (sizeof(table) / sizeof *(table))

static json_t *add_numbers(json_t *o, const number *numbers, size_t count, const void *from)
{
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, (const char *)from + numbers[i].offset, sizeof value);
        o = mien_json_more(o, MIEN_MEMBERS({numbers[i].key, mien_json_real(value)}));
    }
    return o;
}

/* What is no number becomes `none`. */
static void parse_numbers(const json_t *o, const number *numbers, size_t count, double none,
                          void *to)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(o, numbers[i].key);
        double read = json_is_number(value) ? json_number_value(value) : none;
        memcpy((char *)to + numbers[i].offset, &read, sizeof read);
    }
}

/* ---------------------------------------------------------------- errors of single images */

#define QUANTILE(member) NUMBER(mien_quantiles, member)
static const number quantile_numbers[] = {{"least", offsetof(mien_quantiles, min)},
                                          QUANTILE(lower_quartile),
                                          QUANTILE(median),
                                          QUANTILE(upper_quartile),
                                          QUANTILE(p95),
                                          {"greatest", offsetof(mien_quantiles, max)},
                                          QUANTILE(mad)};

json_t *mien_quantiles_json(const mien_quantiles *s)
{
    return add_numbers(MIEN_JSON({"N", mien_json_size(s->n)}), quantile_numbers,
                       COUNT(quantile_numbers), s);
}

/* An image of zeros has an infinite error, which JSON calls null. */
static mien_quantiles quantiles_parse(const json_t *o)
{
    json_int_t n = json_integer_value(json_object_get(o, "N"));
    mien_quantiles s = {.n = n > 0 ? (size_t)n : 0};
    parse_numbers(o, quantile_numbers, COUNT(quantile_numbers), INFINITY, &s);
    if (!json_object_get(o, "p95"))
        s.p95 = NAN;
    bool known = s.n > 0 && isfinite(s.lower_quartile) && s.upper_quartile >= s.lower_quartile &&
                 isfinite(s.upper_quartile);
    return known ? s : (mien_quantiles){0};
}

/* ---------------------------------------------------------------- a fit */

#define FIT(member) NUMBER(mien_fit, member)
static const number fit_numbers[] = {FIT(relative_error), FIT(explained_variance), FIT(sparseness),
                                     FIT(weights_sparseness)};
static const number fit_cost[] = {FIT(loss), FIT(seconds)};

json_t *mien_fit_json(const mien_fit *fit, const mien_meaning *meaning)
{
    const mien_method_info *info = mien_method_describe(fit->method);
    json_t *o =
        MIEN_JSON({"title", mien_json_text(info->title)},
                  {"citation", mien_json_text(info->citation)}, {"loss", mien_json_real(fit->loss)},
                  {"penalty", mien_json_if(fit->penalty > 0, mien_json_real(fit->penalty))},
                  {"loss_name", mien_json_text(fit->loss_name)});
    o = add_numbers(o, fit_numbers, COUNT(fit_numbers), fit);
    if (meaning)
        o = mien_meaning_json(meaning, o);
    return mien_json_more(
        o, MIEN_MEMBERS({"image_errors", mien_json_if(fit->image_errors.n,
                                                      mien_quantiles_json(&fit->image_errors))},
                        {"held_out_errors",
                         mien_json_if(fit->held_out.n, mien_quantiles_json(&fit->held_out))},
                        {"seconds", mien_json_real(fit->seconds)},
                        {"iterations", mien_json_size(fit->iterations)},
                        {"converged", json_boolean(fit->stop == MIEN_STOP_CONVERGED)},
                        {"stop", json_string(mien_stop_name(fit->stop, MIEN_STOP_FILE))},
                        {"seed", mien_json_seed(fit->seed)}, {"note", mien_json_text(fit->note)}));
}

void mien_fit_parse(const json_t *o, mien_fit *fit)
{
    parse_numbers(o, fit_numbers, COUNT(fit_numbers), NAN, fit);
    parse_numbers(o, fit_cost, COUNT(fit_cost), NAN, fit);
    fit->image_errors = quantiles_parse(json_object_get(o, "image_errors"));
    fit->held_out = quantiles_parse(json_object_get(o, "held_out_errors"));
    fit->penalty = json_number_value(json_object_get(o, "penalty"));
    fit->iterations = (size_t)json_integer_value(json_object_get(o, "iterations"));
    fit->seed = (uint64_t)json_integer_value(json_object_get(o, "seed"));
    fit->stop = mien_stop_parse(mien_json_words(o, "stop"));
    snprintf(fit->note, sizeof fit->note, "%s", mien_json_words(o, "note"));
    fit->loss_name = mien_loss_word(mien_json_words(o, "loss_name"));
}

/* ---------------------------------------------------------------- options */

/* A number, or one of the option's words. */
static json_t *option_json(const mien_options *options, const mien_option *option)
{
    char word[MIEN_OPTION_WORD];
    return option->choices ? json_string(mien_option_word(options, option, word))
                           : mien_json_real(mien_options_get(options, option));
}

json_t *mien_options_json(const mien_options *options)
{
    json_t *o = MIEN_JSON(
        {"components", mien_json_size(options->r)},
        {"iterations", mien_json_size(options->iterations)},
        {"tolerance",
         options->tolerance < 0 ? json_string("by method") : mien_json_real(options->tolerance)},
        {"restarts",
         options->restarts ? mien_json_size(options->restarts) : json_string("by size")},
        {"levels", options->levels ? mien_json_size(options->levels) : json_string("auto")},
        {"seed", mien_json_seed(options->seed)}, {"threads", mien_json_size(options->threads)});
    for (size_t i = 0; i < mien_method_count(); i++) {
        const mien_option *option = mien_method_describe(mien_method_at(i))->options;
        for (; option->key; option++)
            if (!json_object_get(o, option->key))
                o = mien_json_more(o, MIEN_MEMBERS({option->key, option_json(options, option)}));
    }
    return o;
}

mien_status mien_options_parse(const json_t *o, const mien_method *method, mien_options *options,
                               mien_error *err)
{
    mien_options own = mien_options_default();
    own.seed = (uint64_t)json_integer_value(json_object_get(o, "seed"));
    const json_t *tolerance = json_object_get(o, "tolerance");
    if (json_is_number(tolerance))
        own.tolerance = json_number_value(tolerance);
    json_int_t iterations = json_integer_value(json_object_get(o, "iterations"));
    own.iterations = iterations > 0 ? (size_t)iterations : own.iterations;
    json_int_t restarts = json_integer_value(json_object_get(o, "restarts")); /* or "by size" */
    own.restarts = restarts > 0 ? (size_t)restarts : 0;
    json_int_t levels = json_integer_value(json_object_get(o, "levels")); /* or "auto" */
    own.levels = levels > 0 ? (size_t)levels : 0;
    for (const mien_option *option = mien_method_describe(method)->options; option->key; option++) {
        const json_t *value = json_object_get(o, option->key);
        char words[64];
        mien_format(words, sizeof words, "%.17g", json_number_value(value));
        mien_status st = MIEN_OK;
        if (json_is_string(value) && option->choices)
            st = mien_options_set(&own, option->key, json_string_value(value), err);
        else if (json_is_number(value) && !option->choices)
            st = mien_options_set(&own, option->key, words, err);
        if (st)
            return st;
    }
    *options = own;
    return MIEN_OK;
}
