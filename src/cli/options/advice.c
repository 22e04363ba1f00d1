/* advice.c - what is said about the data and the answer: the choice of r, options in force, advice.
 * SPDX-License-Identifier: MIT */
#include "cli/options/advice.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_COMPONENTS = 49, TEXT_SIZE = 1024 };

static const char *rows_of(const mien_dataset *dataset)
{
    return dataset->is_table ? "rows" : "images";
}

static const char *columns_of(const mien_dataset *dataset)
{
    return dataset->is_table ? "columns" : "pixels";
}

void cli_choose_components(cli_options *o, const mien_dataset *dataset)
{
    size_t n = dataset->pixels.n, p = dataset->pixels.p;
    if (o->fit.r || o->init_from)
        return;
    o->fit.r = mien_components_default(n, p);
    o->components_chosen = true;
    if (o->fit.r != USUAL_COMPONENTS && !o->quiet)
        cli_say("r = %zu: %zu %s; -r chooses, mien rank advises", o->fit.r, n <= p ? n : p,
                n <= p ? rows_of(dataset) : columns_of(dataset));
}

/* ---------------------------------------------------------------- what is in force */

static void __attribute__((format(printf, 2, 3))) add(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    if (used)
        used += (size_t)snprintf(text + used, TEXT_SIZE - used, ", ");
    if (used < TEXT_SIZE)
        vsnprintf(text + used, TEXT_SIZE - used, format, args);
    va_end(args);
}

static void say_fit_options(const cli_options *o, const mien_pixels *pixels)
{
    const mien_options *fit = &o->fit;
    char text[TEXT_SIZE] = "", word[MIEN_OPTION_WORD];
    add(text, "r %zu, at most %zu iterations, seed %llu", fit->r, fit->iterations,
        (unsigned long long)fit->seed);
    if (fit->restarts)
        add(text, "%zu starts", fit->restarts);
    else
        add(text, "starts by the size of the data");
    if (fit->threads)
        add(text, "%u threads", fit->threads);
    else
        add(text, "a thread a processor");
    cli_say("%s", text);
    for (size_t m = 0; m < o->n_methods; m++) {
        const mien_method_info *info = mien_method_describe(o->methods[m]);
        *text = '\0';
        add(text, "tolerance %g", fit->tolerance < 0 ? info->tolerance : fit->tolerance);
        for (const mien_option *option = info->options; option->key; option++)
            if (option->choices)
                add(text, "%s %s", option->key, mien_option_word(fit, option, word));
            else
                add(text, "%s %g", option->key, mien_options_get(fit, option));
        cli_say("%s: %s", info->name, text);
    }
    size_t wanted, threads = mien_pass_threads(pixels->n, pixels->p, fit->r, &wanted);
    if (threads < wanted)
        cli_say("threads: at most %zu share a pass over the images, not %zu: each would hold sums "
                "of the size of the basis",
                threads, wanted);
}

void cli_say_options(const cli_options *o, const mien_dataset *dataset)
{
    const mien_pixels *pixels = &dataset->pixels;
    const char *type = mien_pixel_type_name(pixels->type);
    const char *normalize = mien_normalize_name(dataset->normalize);
    mien_shape shape = dataset->shape;
    if (!o->verbose || o->quiet)
        return;
    if (dataset->is_table)
        cli_say("read: %zu rows of %zu columns, %s, normalize %s", pixels->n, pixels->p, type,
                normalize);
    else
        cli_say("read: %zu images of %zux%zu, %s %s, normalize %s, %.1f %% of the pixels clipped",
                pixels->n, shape.width, shape.height, type, shape.channels == 3 ? "colour" : "grey",
                normalize, 100 * pixels->clipped);
    if (o->n_methods)
        say_fit_options(o, pixels);
}

/* ---------------------------------------------------------------- nothing to learn */

/* Whether row i of X is the first one; whether all of it is X[0]. Ends at the first difference. */
static void compare_rows(const mien_source *X, float *first, float *row, bool *equal, bool *flat)
{
    const float *values = X->tile(X->data, 0, 1, row);
    memcpy(first, values, X->p * sizeof *first);
    *equal = *flat = true;
    for (size_t j = 1; j < X->p && *flat; j++)
        *flat = first[j] == first[0];
    for (size_t i = 1; i < X->n && *equal; i++) {
        values = X->tile(X->data, i, 1, row);
        for (size_t j = 0; j < X->p && *equal; j++)
            *equal = values[j] == first[j];
    }
}

void cli_say_data(const cli_options *o, const mien_dataset *dataset)
{
    cli_say_options(o, dataset);
    mien_source X = mien_pixels_source(&dataset->pixels);
    float *first = malloc(X.p * sizeof *first), *row = malloc(X.p * sizeof *row);
    bool equal = false, flat = false;
    if (first && row)
        compare_rows(&X, first, row, &equal, &flat);
    free(first);
    free(row);
    if (!equal || o->quiet)
        return;
    if (flat)
        cli_say("warning: all %zu %s are one and the same value: there is nothing to learn", X.n,
                rows_of(dataset));
    else
        cli_say("warning: all %zu %s are equal: one component explains them, and there is nothing "
                "else to learn",
                X.n, rows_of(dataset));
}

/* ---------------------------------------------------------------- memory */

bool cli_reads_strips(const cli_options *o)
{
    char word[MIEN_OPTION_WORD];
    bool fast = false, kl = false;
    for (size_t m = 0; m < o->n_methods; m++)
        for (const mien_option *option = mien_method_describe(o->methods[m])->options; option->key;
             option++) {
            if (!option->choices)
                continue;
            mien_option_word(&o->fit, option, word);
            fast = fast || (strcmp(option->key, "solver") == 0 && strcmp(word, "fast") == 0);
            kl = kl || (strcmp(option->key, "objective") == 0 && strcmp(word, "kl") == 0);
        }
    return fast && kl;
}

int cli_check_memory(const cli_options *o, const mien_dataset *dataset, size_t side_by_side)
{
    static const double MEGABYTE = 1 << 20;
    mien_options fit = o->fit;
    fit.r = fit.r ? fit.r : o->rank.high; /* of rank, the largest */
    fit.r = fit.r ? fit.r : mien_components_default(dataset->pixels.n, dataset->pixels.p);
    size_t images = o->style.page_images;
    if (images == MIEN_PAGE_IMAGES_AS_BEFORE)
        images = MIEN_PAGE_IMAGES;
    mien_plan plan = mien_plan_make(dataset, &fit, o->methods, o->n_methods, side_by_side, images);
    double allowed = (double)o->load.memory;
    double least = o->cache ? plan.least : plan.total - (dataset->pixels.mapping ? plan.data : 0);
    if (o->verbose && !o->quiet)
        cli_say(
            "memory: about %.0f MB, %.0f of them images as stored, %.0f weights; %.0f MB may be "
            "used, and %.0f have to be",
            plan.total / MEGABYTE, plan.data / MEGABYTE, plan.weights / MEGABYTE,
            allowed / MEGABYTE, least / MEGABYTE);
    if (!o->load.memory || least <= allowed)
        return EXIT_DONE;
    cli_say("about %.0f MB of memory are needed beside what can stand on the disk, and %.0f MB may "
            "be used: %s",
            ceil(least / MEGABYTE), allowed / MEGABYTE,
            plan.basis > least / 2 ? "fewer components (-r), smaller images (--size), or more by "
                                     "--memory"
            : plan.threads > least / 2 ? "fewer --threads, or more by --memory"
                                       : "give more by --memory");
    return EXIT_FAILED;
}

/* ---------------------------------------------------------------- what next */

/* Parts of aligned faces have a localisation of 0.25 to 0.6 and an overlap of 0.05 to 0.1 (a pair
 * of brows is one part, though wide); those of ORL, whose faces turn and move, 0.06 and 0.23. */
static const double WIDE_LOCALISATION = 0.35, LARGE_OVERLAP = 0.15;

static void print_command(const char *command, const cli_options *o, const char *suffix,
                          const char *more, const char *why)
{
    char output[4096], word[4 * 4096 + 8]; /* a quote takes four characters */
    size_t length = strlen(o->output);
    while (length > 1 && o->output[length - 1] == '/')
        length--;
    printf("  mien %s", command);
    mien_shell_word(o->input, word, sizeof word);
    cli_put_visible(stdout, word, false);
    snprintf(output, sizeof output, "%.*s-%s", (int)length, o->output, suffix);
    mien_shell_word(output, word, sizeof word);
    printf(" -o");
    cli_put_visible(stdout, word, false);
    cli_put_visible(stdout, o->reading, false);
    printf("%s\n      %s\n", more, why);
}

static bool is_penalised(const cli_options *o, const mien_method *method)
{
    for (const mien_option *option = mien_method_describe(method)->options; option->key; option++)
        if (strncmp(option->key, "sparse-", 7) == 0 && mien_options_get(&o->fit, option) > 0)
            return true;
    return false;
}

/* NMF's fit, the one that is to give parts; n_fits when it is not there. */
static size_t find_parts(const mien_fit *fits, size_t n_fits)
{
    size_t at = 0;
    while (at < n_fits && !(mien_method_describe(fits[at].method)->traits & MIEN_NEEDS_NONNEG))
        at++;
    return at;
}

void cli_advise(const cli_options *o, const mien_dataset *dataset, const mien_fit *fits,
                const mien_parts *parts, size_t n_fits)
{
    size_t at = find_parts(fits, n_fits);
    if (o->quiet || o->json || at == n_fits)
        return;
    const mien_fit *fit = &fits[at];
    const char *name = mien_method_describe(fit->method)->title;
    char more[sizeof o->fitting + 64] = "";
    bool started = o->init_from != NULL, early = fit->stop == MIEN_STOP_INTERRUPTED;
    if (early || o->is_lesson) /* the lesson says what to look at */
        return;
    printf("\nNext\n");
    bool short_of = fit->stop == MIEN_STOP_ITERATIONS;
    if (!short_of && !dataset->is_table && parts[at].localisation < WIDE_LOCALISATION &&
        parts[at].overlap > LARGE_OVERLAP && !is_penalised(o, fit->method))
        printf("  %s's parts are half wholes (localisation %.2f): the images are not tightly\n"
               "  aligned; try --sparse-basis 0.1\n",
               name, parts[at].localisation);
    if (short_of)
        printf("  %s used all %zu iterations; try --iterations %zu\n", name, fit->iterations,
               4 * o->fit.iterations);
    if (o->components_chosen)
        print_command("rank", o, "rank", "", "which r? several criteria say");
    if (!o->components_chosen || o->fit.r != USUAL_COMPONENTS)
        snprintf(more, sizeof more, " -r %zu", o->fit.r);
    snprintf(more + strlen(more), sizeof more - strlen(more), "%s", o->fitting);
    if (!started)
        print_command("stability", o, "stability", more,
                      "are the parts the same from other starts?");
}
