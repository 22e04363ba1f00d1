/* registry.c - the list of methods, and their options by name.
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "base/text.h"
#include "methods/method.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* In the order of the figure. Add a method here. */
#define MIEN_METHODS(ROW) ROW(nmf) ROW(kmeans) ROW(pca) ROW(ica)

#define DECLARE(id) extern const mien_method mien_method_##id;
#define POINTER(id) &mien_method_##id,
MIEN_METHODS(DECLARE)
static const mien_method *const methods[] = {MIEN_METHODS(POINTER)};
enum { METHOD_COUNT = sizeof methods / sizeof *methods };

size_t mien_method_count(void)
{
    return METHOD_COUNT;
}

const mien_method *mien_method_at(size_t index)
{
    return index < METHOD_COUNT ? methods[index] : NULL;
}

const mien_method *mien_method_find(const char *name)
{
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (strcmp(methods[i]->info.name, name) == 0)
            return methods[i];
    return NULL;
}

const mien_method_info *mien_method_describe(const mien_method *method)
{
    return &method->info;
}

/* "mien" in ASCII: what stands there by chance is hardly this. */
enum { MADE = 0x6d69656e };

/* Options that were not made by mien_options_default() may hold anything. */
static mien_status check_made(const mien_options *options, mien_error *err)
{
    if (options->made != MADE)
        return mien_fail(err, MIEN_ERR_ARG, "the options were not made by mien_options_default()");
    if (options->n_values > MIEN_OPTION_VALUES)
        return mien_fail(err, MIEN_ERR_ARG, "n_values is %zu: there is room for %d",
                         options->n_values, MIEN_OPTION_VALUES);
    return MIEN_OK;
}

mien_options mien_options_default(void)
{
    return (mien_options){.made = MADE, .r = 49, .iterations = 500, .tolerance = -1};
}

size_t mien_components_default(size_t n, size_t p)
{
    enum { USUAL = 7, LEAST = 2 };
    size_t smaller = n < p ? n : p, side = USUAL;
    while (side > 1 && 4 * side * side > smaller)
        side--;
    if (side > 1)
        return side * side;
    return smaller < LEAST ? smaller : LEAST;
}

size_t mien_components_max(const mien_method *method, size_t n, size_t p)
{
    size_t larger = n > p ? n : p, smaller = n < p ? n : p;
    return method->info.traits & MIEN_RANK_BOUND    ? smaller
           : method->info.traits & MIEN_IMAGE_BOUND ? n
                                                    : larger;
}

/* A method's option; NULL: it has none of this name. */
static const mien_option *own_option(const mien_method *method, const char *key)
{
    const mien_option *option = method->info.options;
    while (option->key && strcmp(option->key, key) != 0)
        option++;
    return option->key ? option : NULL;
}

static const mien_option *find_option(const char *key)
{
    const mien_option *option = NULL;
    for (size_t i = 0; i < METHOD_COUNT && !option; i++)
        option = own_option(methods[i], key);
    return option;
}

/* Place of `value` in "a|b|c", or -1. */
static int choice_index(const char *choices, const char *value)
{
    size_t length = strlen(value);
    int index = 0;
    for (const char *at = choices; at; index++) {
        const char *bar = strchr(at, '|');
        size_t width = bar ? (size_t)(bar - at) : strlen(at);
        if (width == length && strncmp(at, value, length) == 0)
            return index;
        at = bar ? bar + 1 : NULL;
    }
    return -1;
}

static size_t choice_count(const char *choices)
{
    size_t count = 1;
    for (const char *at = choices; (at = strchr(at, '|')); at++)
        count++;
    return count;
}

/* A value that may have been written into the options by hand. */
static mien_status check_value(const struct mien_option_value *own, const mien_method *method,
                               mien_error *err)
{
    const mien_option *option = own->key ? own_option(method, own->key) : NULL;
    double value = own->value;
    if (!option)
        return mien_fail(err, MIEN_ERR_ARG, "%s is no option of %s", own->key ? own->key : "NULL",
                         method->info.title);
    if (!option->choices)
        return value >= option->min && value <= option->max
                   ? MIEN_OK
                   : mien_fail(err, MIEN_ERR_ARG, "%s %g: give a number from %g to %g", option->key,
                               value, option->min, option->max);
    size_t count = choice_count(option->choices);
    return value >= 0 && value < (double)count && value == floor(value)
               ? MIEN_OK
               : mien_fail(err, MIEN_ERR_ARG, "%s %g: give the place, 0 to %zu, of one of %s",
                           option->key, value, count - 1, option->choices);
}

static mien_status parse_number(const mien_option *option, const char *text, double *value,
                                mien_error *err)
{
    char *end;
    errno = 0;
    double number = mien_strtod(text, &end);
    if (end == text || *end || errno || !(number >= option->min && number <= option->max))
        return mien_fail(err, MIEN_ERR_ARG, "%s %s: give a number from %g to %g", option->key, text,
                         option->min, option->max);
    *value = number;
    return MIEN_OK;
}

mien_status mien_options_set(mien_options *options, const char *key, const char *value,
                             mien_error *err)
{
    mien_status st = mien_check_given(err, options, key, value);
    if (!st)
        st = check_made(options, err);
    if (st)
        return st;
    const mien_option *option = find_option(key);
    if (!option)
        return mien_fail(err, MIEN_ERR_ARG, "%s: no method has such an option", key);
    double number = 0;
    if (option->choices) {
        int index = choice_index(option->choices, value);
        if (index < 0)
            return mien_fail(err, MIEN_ERR_ARG, "%s %s: give one of %s", key, value,
                             option->choices);
        number = index;
    } else {
        st = parse_number(option, value, &number, err);
        if (st)
            return st;
    }
    size_t at = 0;
    while (at < options->n_values && strcmp(options->values[at].key, key) != 0)
        at++;
    if (at == MIEN_OPTION_VALUES)
        return mien_fail(err, MIEN_ERR_ARG, "%s: too many method options", key);
    options->values[at].key = option->key;
    options->values[at].value = number;
    if (at == options->n_values)
        options->n_values++;
    return MIEN_OK;
}

double mien_options_get(const mien_options *options, const mien_option *option)
{
    for (size_t i = 0; i < options->n_values; i++)
        if (strcmp(options->values[i].key, option->key) == 0)
            return options->values[i].value;
    return option->initial;
}

mien_options mien_options_for(const mien_options *options, const mien_method *method)
{
    mien_options own = *options;
    own.n_values = 0;
    for (size_t i = 0; i < options->n_values; i++)
        if (own_option(method, options->values[i].key))
            own.values[own.n_values++] = options->values[i];
    return own;
}

const char *mien_option_word(const mien_options *options, const mien_option *option,
                             char word[MIEN_OPTION_WORD])
{
    const char *at = option->choices;
    for (int skip = (int)mien_options_get(options, option); skip; skip--)
        at = strchr(at, '|') + 1;
    snprintf(word, MIEN_OPTION_WORD, "%.*s", (int)strcspn(at, "|"), at);
    return word;
}

static void add_words(mien_text *text, const mien_options *options, const mien_option *option)
{
    char word[MIEN_OPTION_WORD];
    for (; option->key; option++)
        if (option->choices)
            mien_text_printf(text, "%s: %s\n", option->key,
                             mien_option_word(options, option, word));
        else
            mien_text_printf(text, "%s: %.17g\n", option->key, mien_options_get(options, option));
}

mien_status mien_options_words(const mien_options *options, const mien_method *method, char **out,
                               mien_error *err)
{
    mien_text text = {0};
    mien_status st = mien_check_given(err, options, out);
    if (st)
        return st;
    mien_text_printf(&text, "components: %zu\niterations: %zu\ntolerance: %.17g\n", options->r,
                     options->iterations, options->tolerance);
    mien_text_printf(&text, "restarts: %zu\nseed: %llu\nlevels: %zu\nsnapshots: %d\n",
                     options->restarts, (unsigned long long)options->seed, options->levels,
                     options->snapshots);
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (!method || methods[i] == method)
            add_words(&text, options, methods[i]->info.options);
    return mien_text_take(&text, out, err);
}

mien_status mien_options_check(const mien_options *options, const mien_method *method,
                               mien_error *err)
{
    mien_status st = mien_check_given(err, options, method);
    if (!st)
        st = check_made(options, err);
    for (size_t i = 0; !st && i < options->n_values; i++)
        st = check_value(&options->values[i], method, err);
    return st || !method->check ? st : method->check(options, err);
}

double mien_run_option(const mien_run *run, const char *key)
{
    return mien_options_get(run->options, own_option(run->method, key));
}
