/* session.c - what compare, learn and demo do: read, learn, write.
 * SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include "cli/options/advice.h"
#include "cli/work.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct session {
    cli_work work;
    mien_start start;
    mien_truth *truth; /* of a lesson, or NULL */
    size_t example;
    mien_fit fits[MAX_METHODS];
    mien_parts parts[MAX_METHODS]; /* of the fits, measured when they are written */
    char *crosses[MAX_METHODS];    /* labels by components, in words */
    mien_failure failures[MAX_METHODS];
    char reasons[MAX_METHODS][512];
    size_t n_failures;
    const mien_method *methods[MAX_METHODS]; /* those that can have r components */
    size_t n_methods;
    mien_status last_failure;
    bool unreached; /* an interrupt came before a method's turn, or its errors of unseen images */
} session;

/* ---------------------------------------------------------------- reading */

/* --example: an index from 1, or a path or its end ("s3/4.pgm"). */
static bool find_example(session *s)
{
    const char *wanted = s->work.options->example;
    if (!wanted || mien_dataset_find(&s->work.dataset, wanted, &s->example))
        return true;
    cli_say("--example %s: give a file of the input or an index from 1 to %zu", wanted,
            s->work.dataset.pixels.n);
    return false;
}

static int load_start(session *s)
{
    cli_options *o = s->work.options;
    if (!o->init_from)
        return EXIT_DONE;
    mien_error err;
    if (mien_start_load(o->init_from, s->work.dataset.pixels.n, s->work.dataset.pixels.p, &s->start,
                        &err))
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
    const cli_lesson *lesson = s->work.options->lesson;
    mien_error err;
    if (lesson && lesson->truth &&
        mien_truth_load(lesson->truth, &s->work.dataset, &s->truth, &err))
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
    size_t n = s->work.dataset.pixels.n, p = s->work.dataset.pixels.p, at = 0;
    char names[256] = "";
    for (size_t i = 0; i < count && at < sizeof names; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s (at most %zu)", i ? ", " : "",
                               mien_method_describe(methods[i])->title,
                               mien_components_max(methods[i], n, p));
    cli_say("%zu components are too many for %s: %zu %s of %zu values; %s left out",
            s->work.options->fit.r, names, n, s->work.dataset.is_table ? "rows" : "images", p,
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
    cli_options *o = s->work.options;
    mien_error err, last = {0};
    const mien_method *bound[MAX_METHODS];
    size_t n_bound = 0;
    bool unfit = false; /* the options are not for one */
    for (size_t i = 0; i < o->n_methods; i++) {
        const mien_method *method = o->methods[i];
        bool suits = !mien_method_suits(method, &s->work.dataset, &err);
        mien_options own = mien_options_for(&o->fit, method);
        if (suits && !mien_fit_check(method, s->work.dataset.pixels.n, s->work.dataset.pixels.p,
                                     &own, &err)) {
            s->methods[s->n_methods++] = method;
            continue;
        }
        if (suits && o->fit.r > mien_components_max(method, s->work.dataset.pixels.n,
                                                    s->work.dataset.pixels.p)) {
            bound[n_bound++] = method;
            last = err;
        } else if (!is_said(s, err.message)) {
            cli_say("%s", err.message);
        }
        unfit = unfit || suits;
        note_failure(s, method, err.message);
    }
    if (s->n_methods && n_bound)
        say_too_many(s, bound, n_bound);
    else if (n_bound)
        cli_say("%s", last.message);
    if (s->n_methods)
        return EXIT_DONE;
    return n_bound || unfit ? EXIT_USAGE : EXIT_DATA;
}

static int read_input(cli_work *work)
{
    session *s = (session *)work;
    cli_options *o = work->options;
    mien_error err;
    int status = cli_work_read(work, o->input, true);
    if (status)
        return status;
    if (!find_example(s))
        return EXIT_USAGE;
    load_truth(s);
    status = load_start(s);
    if (status)
        return status;
    cli_choose_components(o, &s->work.dataset);
    cli_say_data(o, &s->work.dataset);
    status = check_methods(s);
    if (!status)
        status = cli_check_memory(o, &s->work.dataset, 1);
    if (status)
        return status;
    /* what cannot be drawn is said before hours of learning */
    if (mien_style_check(&o->style, o->fit.r, s->work.dataset.shape, &err))
        return cli_fail(&err);
    return cli_work_turn(work, false);
}

/* ---------------------------------------------------------------- learning */

/* Run every method; one that refuses does not keep the others from running. */
static int learn_all(cli_work *work)
{
    session *s = (session *)work;
    cli_options *o = work->options;
    o->fit.snapshots = !o->no_snapshots && !work->dataset.is_table;
    bool keeps = !o->lesson && o->checkpoint >= 0;
    char what[256] = "fits of";
    for (size_t i = 0, at = strlen(what); i < s->n_methods && at < sizeof what; i++)
        at += (size_t)snprintf(what + at, sizeof what - at, " %s",
                               mien_method_describe(s->methods[i])->name);
    int status = keeps ? cli_work_keep(work, what) : EXIT_DONE;
    if (status)
        return status;
    mien_source X = mien_dataset_source(&s->work.dataset);
    for (size_t i = 0; i < s->n_methods; i++) {
        const mien_method *method = s->methods[i];
        s->work.progress.method = i + 1;
        s->work.progress.methods = s->n_methods;
        if (cli_any_interrupted()) {
            note_failure(s, method, "the run was interrupted before its turn");
            s->unreached = true;
            continue;
        }
        mien_error err;
        mien_fit *fit = &s->fits[s->work.n_fits];
        mien_options own = mien_options_for(&o->fit, method);
        own.weights_file = cli_work_weights(work, mien_method_describe(method)->name);
        mien_status st = mien_fit_run(method, &X, &own, fit, &err);
        if (mien_team_shared() && (st == MIEN_ERR_NOMEM || st == MIEN_ERR_IO))
            return cli_fail(&err); /* perhaps of this rank alone: the others are elsewhere */
        if (!cli_any_interrupted() && !st && o->calibrate) {
            st = mien_fit_calibrate(fit, &own, &X, &err);
            if (st)
                mien_fit_free(fit);
        }
        if (cli_any_interrupted() && !st && o->calibrate && !fit->held_out.n)
            s->unreached = true;
        cli_progress_clear(&s->work.progress);
        if (st == MIEN_ERR_ARG && keeps) /* what is kept is of other options */
            return cli_fail(&err);
        if (st) {
            if (!is_said(s, err.message))
                cli_say_error(&err);
            note_failure(s, method, err.message);
            if (own.weights_file && mien_team_leads())
                unlink(own.weights_file); /* of a start that was settled before */
            s->last_failure = st;
            work->incomplete = st == MIEN_ERR_NOMEM || st == MIEN_ERR_IO;
        } else {
            s->work.n_fits++;
        }
    }
    if (s->work.n_fits == 0 && cli_interrupted())
        return EXIT_INTERRUPTED;
    if (s->work.n_fits == 0 && s->last_failure)
        return cli_exit_of(s->last_failure);
    return EXIT_DONE;
}

/* Whether the interrupt came early enough to leave something out. */
static bool was_cut_short(const session *s)
{
    bool cut = s->work.n_fits + s->n_failures < s->work.options->n_methods;
    for (size_t i = 0; i < s->work.n_fits; i++)
        cut = cut || s->fits[i].stop == MIEN_STOP_INTERRUPTED;
    return cli_interrupted() && (cut || s->unreached);
}

/* ---------------------------------------------------------------- writing */

static mien_status write_output(cli_work *work, mien_outdir *dir, mien_error *err)
{
    session *s = (session *)work;
    cli_options *o = work->options;
    work->cut_short = was_cut_short(s);
    mien_run_info run = {.command = o->command_line,
                         .input = o->input,
                         .options = &o->fit,
                         .example = s->example,
                         .interrupted = work->cut_short,
                         .parts = s->parts,
                         .crosses = s->crosses,
                         .truth = s->truth};
    const mien_fit *fits[MAX_METHODS];
    for (size_t i = 0; i < work->n_fits; i++)
        fits[i] = &s->fits[i];
    return mien_comparison_write(dir, fits, work->n_fits, s->failures, s->n_failures,
                                 &work->dataset, &run, &o->style, err);
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
    for (size_t i = 0; i < s->work.n_fits; i++) {
        const mien_fit *fit = &s->fits[i];
        const mien_parts *parts = &s->parts[i];
        printf("%-6s %11.6g %8.4f %5.1f%%", mien_method_describe(fit->method)->name, fit->loss,
               fit->relative_error, 100 * fit->explained_variance);
        print_score(parts->sparseness);
        print_score(parts->localisation);
        print_score(parts->overlap);
        printf(" %5zu %7.2f  %s\n", fit->iterations, fit->seconds,
               mien_stop_name(fit->stop, MIEN_STOP_SHORT));
    }
    bool noted = false;
    for (size_t i = 0; i < s->work.n_fits; i++)
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
    const cli_lesson *lesson = s->work.options->lesson;
    char *words = NULL;
    mien_error err;
    if (!lesson || s->work.options->quiet)
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
    for (size_t i = 0; i < s->work.n_fits; i++)
        if (s->crosses[i]) {
            putchar('\n');
            cli_put_visible(stdout, s->crosses[i], true);
        }
}

static void print_result(session *s, int status)
{
    const cli_options *o = s->work.options;
    if (o->json || s->work.unwritten)
        return;
    if (status == EXIT_DONE || (status == EXIT_INTERRUPTED && !o->quiet && s->work.n_fits)) {
        print_table(s);
        print_crosses(s);
    }
    if (status == EXIT_DONE) {
        putchar('\n');
        cli_output_print(o, "report.html");
        print_lesson(s);
        cli_advise(o, &s->work.dataset, s->fits, s->parts, s->work.n_fits);
    }
}

int cli_session(cli_options *options)
{
    session *s = calloc(1, sizeof *s);
    if (!s)
        return cli_no_memory();
    s->work = (cli_work){.options = options,
                         .read = read_input,
                         .learn = learn_all,
                         .write = write_output,
                         .fits = s->fits};
    int status = cli_work_run(&s->work);
    print_result(s, status);
    if (status == EXIT_DONE && s->last_failure)
        status = EXIT_FAILED;
    else if (status == EXIT_DONE && options->strict && s->n_failures)
        status = EXIT_DATA;
    for (size_t i = 0; i < s->work.n_fits; i++)
        mien_fit_free(&s->fits[i]);
    mien_truth_free(s->truth);
    for (size_t i = 0; i < MAX_METHODS; i++)
        mien_string_free(s->crosses[i]);
    mien_start_free(&s->start);
    mien_dataset_free(&s->work.dataset);
    free(s);
    return status;
}
