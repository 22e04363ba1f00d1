/* session.c - what compare, learn and demo do: read, learn, write.
 * SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include "cli/advice.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/visible.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct session {
    cli_options *options;
    cli_progress progress;
    mien_dataset dataset;
    mien_start start;
    mien_truth *truth; /* of a lesson, or NULL */
    size_t example;
    mien_fit fits[MAX_METHODS];
    mien_parts parts[MAX_METHODS]; /* of the fits, measured when they are written */
    char *crosses[MAX_METHODS];    /* labels by components, in words */
    size_t n_fits;
    mien_failure failures[MAX_METHODS];
    char reasons[MAX_METHODS][512];
    size_t n_failures;
    const mien_method *methods[MAX_METHODS]; /* those that can have r components */
    size_t n_methods;
    mien_status last_failure;
    bool unreached; /* an interrupt came before a method's turn, or its errors of unseen images */
} session;

/* ---------------------------------------------------------------- reading */

void cli_say_refused(const mien_dataset *dataset, const cli_options *options)
{
    if (options->quiet)
        return;
    if (dataset->n_results == 1)
        cli_say("%s holds a result of mien and is left out", dataset->result);
    else if (dataset->n_results)
        cli_say("%s and %zu more folders hold results of mien and are left out", dataset->result,
                dataset->n_results - 1);
    for (size_t i = 0; i < dataset->n_remarks; i++)
        cli_say("%s", dataset->remarks[i]);
    if (dataset->n_odd_names)
        cli_say("%zu of the images %s not named like one and %s used (%s)", dataset->n_odd_names,
                dataset->n_odd_names == 1 ? "is" : "are", dataset->n_odd_names == 1 ? "is" : "are",
                dataset->images[dataset->odd_name].path);
    enum { SHOWN = 3 };
    size_t shown = options->verbose ? dataset->n_refused : SHOWN;
    for (size_t i = 0; i < dataset->n_refused && i < shown; i++)
        cli_say("%s: %s", dataset->refused[i].path, dataset->refused[i].reason);
    if (dataset->n_refused || dataset->n_skipped)
        cli_say("%zu images used, %zu refused, %zu other files skipped%s", dataset->pixels.n,
                dataset->n_refused, dataset->n_skipped,
                dataset->n_refused > shown ? " (-v names them all)" : "");
}

void cli_say_ink(const mien_dataset *dataset, const cli_options *options)
{
    if (options->quiet || options->load.ink != MIEN_INK_AUTO || dataset->ink == MIEN_INK_NONE)
        return;
    bool dark = dataset->ink == MIEN_INK_DARK;
    if (dataset->shape.channels == 3 || dataset->normalize == MIEN_NORMALIZE_NONE)
        cli_say("ink: light, %s (--ink dark learns from darkness)",
                dataset->shape.channels == 3 ? "of colours" : "as stored");
    else
        cli_say("ink: %s, %.1f %% of the images' border pixels are black (--ink %s learns from %s)",
                dark ? "dark" : "light", 100 * dataset->black_border, dark ? "light" : "dark",
                dark ? "brightness" : "darkness");
}

/* --example: an index from 1, or a path or its end ("s3/4.pgm"). */
static bool find_example(session *s)
{
    const char *wanted = s->options->example;
    size_t n = s->dataset.pixels.n;
    if (!wanted)
        return true;
    size_t length = strlen(wanted);
    for (size_t i = 0; i < n; i++) {
        const char *path = s->dataset.images[i].path;
        size_t whole = strlen(path);
        bool ends = whole >= length && strcmp(path + whole - length, wanted) == 0 &&
                    (whole == length || path[whole - length - 1] == '/');
        /* INPUT/name, as a shell completes it */
        size_t above = length > whole ? length - whole : 0;
        bool below = above && wanted[above - 1] == '/' && strcmp(wanted + above, path) == 0;
        if (ends || below) {
            s->example = i;
            return true;
        }
    }
    char *end;
    errno = 0;
    unsigned long long index = strtoull(wanted, &end, 10);
    if (wanted[0] < '0' || wanted[0] > '9' || *end || errno || index < 1 || index > n) {
        cli_say("--example %s: give a file of the input or an index from 1 to %zu", wanted, n);
        return false;
    }
    s->example = (size_t)index - 1;
    return true;
}

static int load_start(session *s)
{
    cli_options *o = s->options;
    if (!o->init_from)
        return EXIT_DONE;
    mien_error err;
    if (mien_start_load(o->init_from, s->dataset.pixels.n, s->dataset.pixels.p, &s->start, &err))
        return cli_fail_data(&err);
    if (o->fit.r && o->fit.r != s->start.r) {
        cli_say("--init-from %s has %zu components, -r says %zu", o->init_from, s->start.r,
                o->fit.r);
        return EXIT_USAGE;
    }
    o->fit.r = s->start.r;
    o->fit.start_W = s->start.W;
    o->fit.start_H = s->start.H;
    return EXIT_DONE;
}

/* What is known of a lesson's images. Without it the lesson is shorter, but one. */
static void load_truth(session *s)
{
    const cli_lesson *lesson = s->options->lesson;
    mien_error err;
    if (lesson && lesson->truth && mien_truth_load(lesson->truth, &s->dataset, &s->truth, &err))
        cli_say("%s; what was found is not told", err.message);
}

static void note_failure(session *s, const mien_method *method, const char *reason)
{
    snprintf(s->reasons[s->n_failures], sizeof *s->reasons, "%s", reason);
    s->failures[s->n_failures] = (mien_failure){method, s->reasons[s->n_failures]};
    s->n_failures++;
}

/* One message for all methods that cannot have r components: "PCA (at most 9), ICA (at most 9)". */
static void say_too_many(const session *s, const mien_method *const *methods, size_t count)
{
    size_t n = s->dataset.pixels.n, p = s->dataset.pixels.p, at = 0;
    char names[256] = "";
    for (size_t i = 0; i < count && at < sizeof names; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s (at most %zu)", i ? ", " : "",
                               mien_method_describe(methods[i])->title,
                               mien_components_max(methods[i], n, p));
    cli_say("%zu components are too many for %s: %zu %s of %zu values; %s left out",
            s->options->fit.r, names, n, s->dataset.is_table ? "rows" : "images", p,
            count == 1 ? "it is" : "they are");
}

/* Whether another method failed for the same reason: it is told once. */
static bool is_said(const session *s, const char *reason)
{
    for (size_t i = 0; i < s->n_failures; i++)
        if (strcmp(s->reasons[i], reason) == 0)
            return true;
    return false;
}

/* Before anything is computed: the methods that do not take such data, or cannot have so many
 * components, are named and left out. An exit status: where none is left, that is the end. */
static int check_methods(session *s)
{
    cli_options *o = s->options;
    mien_error err, last = {0};
    const mien_method *bound[MAX_METHODS];
    size_t n_bound = 0;
    for (size_t i = 0; i < o->n_methods; i++) {
        const mien_method *method = o->methods[i];
        bool suits = !mien_method_suits(method, &s->dataset, &err);
        mien_options own = mien_options_for(&o->fit, method);
        if (suits &&
            !mien_fit_check(method, s->dataset.pixels.n, s->dataset.pixels.p, &own, &err)) {
            s->methods[s->n_methods++] = method;
            continue;
        }
        if (suits) {
            bound[n_bound++] = method;
            last = err;
        } else if (!is_said(s, err.message)) {
            cli_say("%s", err.message);
        }
        note_failure(s, method, err.message);
    }
    if (s->n_methods && n_bound)
        say_too_many(s, bound, n_bound);
    else if (n_bound)
        cli_say("%s", last.message);
    if (s->n_methods)
        return EXIT_DONE;
    return n_bound ? EXIT_USAGE : EXIT_DATA;
}

static int read_input(session *s)
{
    cli_options *o = s->options;
    mien_error err;
    o->load.progress = cli_progress_update;
    o->load.user = &s->progress;
    mien_status st = mien_dataset_load(o->input, &o->load, &s->dataset, &err);
    cli_progress_clear(&s->progress);
    if (st && cli_interrupted())
        return EXIT_INTERRUPTED;
    if (st)
        return cli_fail_data(&err);
    cli_say_refused(&s->dataset, o);
    cli_say_ink(&s->dataset, o);
    if (o->strict && s->dataset.n_refused) {
        cli_say("%zu images were refused and --strict was given", s->dataset.n_refused);
        return EXIT_DATA;
    }
    if (!find_example(s))
        return EXIT_USAGE;
    load_truth(s);
    int status = load_start(s);
    if (status)
        return status;
    cli_choose_components(o, &s->dataset);
    cli_say_options(o, &s->dataset);
    cli_warn_flat(o, &s->dataset);
    status = check_methods(s);
    if (status)
        return status;
    /* what cannot be drawn is said before hours of learning */
    return mien_style_check(&o->style, o->fit.r, s->dataset.shape, &err) ? cli_fail(&err)
                                                                         : EXIT_DONE;
}

/* ---------------------------------------------------------------- learning */

/* Run every method; one that refuses does not keep the others from running. */
static int learn_all(session *s)
{
    s->options->fit.snapshots = !s->options->no_snapshots && !s->dataset.is_table;
    cli_options *o = s->options;
    mien_source X = mien_pixels_source(&s->dataset.pixels);
    o->fit.progress = cli_progress_update;
    o->fit.user = &s->progress;
    for (size_t i = 0; i < s->n_methods; i++) {
        const mien_method *method = s->methods[i];
        s->progress.method = i + 1;
        s->progress.methods = s->n_methods;
        if (cli_interrupted()) {
            note_failure(s, method, "the run was interrupted before its turn");
            s->unreached = true;
            continue;
        }
        mien_error err;
        mien_fit *fit = &s->fits[s->n_fits];
        mien_options own = mien_options_for(&o->fit, method);
        mien_status st = mien_fit_run(method, &X, &own, fit, &err);
        if (!st && o->calibrate && !cli_interrupted()) {
            st = mien_fit_calibrate(fit, &own, &X, &err);
            if (st)
                mien_fit_free(fit);
        }
        if (!st && o->calibrate && cli_interrupted() && !fit->held_out.n)
            s->unreached = true;
        cli_progress_clear(&s->progress);
        if (st) {
            if (!is_said(s, err.message))
                cli_say("%s", err.message);
            note_failure(s, method, err.message);
            s->last_failure = st;
        } else {
            s->n_fits++;
        }
    }
    if (s->n_fits == 0 && cli_interrupted())
        return EXIT_INTERRUPTED;
    if (s->n_fits == 0 && s->last_failure)
        return s->last_failure == MIEN_ERR_ARG      ? EXIT_USAGE
               : s->last_failure == MIEN_ERR_DOMAIN ? EXIT_DATA
                                                    : EXIT_FAILED;
    return EXIT_DONE;
}

/* Whether the interrupt came early enough to leave something out. */
static bool was_cut_short(const session *s)
{
    bool cut = s->n_fits + s->n_failures < s->options->n_methods;
    for (size_t i = 0; i < s->n_fits; i++)
        cut = cut || s->fits[i].stop == MIEN_STOP_INTERRUPTED;
    return cli_interrupted() && (cut || s->unreached);
}

/* ---------------------------------------------------------------- writing */

static int write_output(session *s, mien_outdir *dir)
{
    cli_options *o = s->options;
    mien_run_info run = {.command = o->command_line,
                         .input = o->input,
                         .options = &o->fit,
                         .example = s->example,
                         .interrupted = was_cut_short(s),
                         .parts = s->parts,
                         .crosses = s->crosses,
                         .truth = s->truth};
    const mien_fit *fits[MAX_METHODS];
    mien_error err;
    for (size_t i = 0; i < s->n_fits; i++)
        fits[i] = &s->fits[i];
    while (mien_comparison_write(dir, fits, s->n_fits, s->failures, s->n_failures, &s->dataset,
                                 &run, &o->style, &err))
        if (!cli_output_again(dir, &err))
            return cli_output_keep(dir, &err, fits, s->n_fits);
    return EXIT_DONE;
}

static const char *stop_words(const mien_fit *fit)
{
    switch (fit->stop) {
    case MIEN_STOP_CONVERGED:
        return "converged";
    case MIEN_STOP_ITERATIONS:
        return "all used";
    case MIEN_STOP_STALLED:
        return "stalled";
    case MIEN_STOP_INTERRUPTED:
    default:
        return "interrupted";
    }
}

/* A score, or a dash where it is not defined. */
static void print_score(double score)
{
    if (score == score)
        printf(" %6.3f", score);
    else
        printf(" %6s", "-");
}

/* Within 80 columns; what there is to say of a method stands below. */
static void print_table(const session *s)
{
    printf("%-6s %11s %8s %6s %6s %6s %6s %5s %7s  %s\n", "method", "loss", "rel.err", "expl.",
           "sparse", "local", "overl.", "iter.", "seconds", "end");
    for (size_t i = 0; i < s->n_fits; i++) {
        const mien_fit *fit = &s->fits[i];
        const mien_parts *parts = &s->parts[i];
        printf("%-6s %11.6g %8.4f %5.1f%%", mien_method_describe(fit->method)->name, fit->loss,
               fit->relative_error, 100 * fit->explained_variance);
        print_score(parts->sparseness);
        print_score(parts->localisation);
        print_score(parts->overlap);
        printf(" %5zu %7.2f  %s\n", fit->iterations, fit->seconds, stop_words(fit));
    }
    bool noted = false;
    for (size_t i = 0; i < s->n_fits; i++)
        if (s->fits[i].note[0]) {
            if (!noted)
                putchar('\n');
            noted = true;
            char note[sizeof s->fits[i].note + 32];
            snprintf(note, sizeof note, "%s: %s", mien_method_describe(s->fits[i].method)->name,
                     s->fits[i].note);
            cli_print_paragraphs(stdout, note);
        }
}

/* What to look at, and what was found of what is known. */
static void print_lesson(const session *s)
{
    const cli_lesson *lesson = s->options->lesson;
    char *words = NULL;
    mien_error err;
    if (!lesson || s->options->quiet)
        return;
    putchar('\n');
    cli_print_paragraphs(stdout, lesson->look);
    if (s->truth && mien_truth_words(s->truth, &words, &err))
        cli_say("%s", err.message);
    else if (s->truth)
        printf("\n%s\n", words);
    mien_string_free(words);
}

/* Names of labels may hold anything. */
static void print_crosses(const session *s)
{
    for (size_t i = 0; i < s->n_fits; i++)
        if (s->crosses[i]) {
            putchar('\n');
            cli_put_visible(stdout, s->crosses[i], true);
        }
}

static int run_session(session *s)
{
    cli_options *o = s->options;
    mien_outdir *dir;
    int status = cli_output_begin(o, &dir);
    if (status)
        return status;
    status = read_input(s);
    if (!status)
        status = cli_output_check(o, dir, &s->dataset);
    if (!status)
        status = learn_all(s);
    if (status) {
        cli_output_abandon(dir);
        return status;
    }
    status = write_output(s, dir);
    if (!status)
        status = cli_output_commit(o, dir, was_cut_short(s));
    if (!o->json && (status == EXIT_DONE || (status == EXIT_INTERRUPTED && !o->quiet))) {
        print_table(s);
        print_crosses(s);
    }
    if (status)
        return status;
    if (!o->json) {
        putchar('\n');
        cli_output_print(o, "report.html");
        print_lesson(s);
        cli_advise(o, &s->dataset, s->fits, s->parts, s->n_fits);
    }
    if (s->last_failure)
        return EXIT_FAILED;
    return o->strict && s->n_failures ? EXIT_DATA : EXIT_DONE;
}

int cli_session(cli_options *options)
{
    session *s = calloc(1, sizeof *s);
    if (!s) {
        cli_say("out of memory");
        return EXIT_FAILED;
    }
    s->options = options;
    s->progress = cli_progress_start(options->quiet);
    int status = run_session(s);
    cli_progress_clear(&s->progress);
    for (size_t i = 0; i < s->n_fits; i++)
        mien_fit_free(&s->fits[i]);
    mien_truth_free(s->truth);
    for (size_t i = 0; i < MAX_METHODS; i++)
        mien_string_free(s->crosses[i]);
    mien_start_free(&s->start);
    mien_dataset_free(&s->dataset);
    free(s);
    return status;
}
