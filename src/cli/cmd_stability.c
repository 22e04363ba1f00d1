/* cmd_stability.c - mien stability: is the answer unique?
 * SPDX-License-Identifier: MIT */
#include "cli/progress.h"
#include "cli/session.h"

#include <math.h>

static int read_input(cli_options *o, mien_dataset *dataset, cli_progress *progress)
{
    mien_error err;
    o->load.progress = cli_progress_update;
    o->load.user = progress;
    mien_status st = mien_dataset_load(o->input, &o->load, dataset, &err);
    cli_progress_clear(progress);
    if (st)
        return cli_interrupted() ? EXIT_INTERRUPTED : cli_fail_data(&err);
    cli_say_refused(dataset, o);
    if (o->strict && dataset->n_refused) {
        cli_say("%zu images were refused and --strict was given", dataset->n_refused);
        return EXIT_DATA;
    }
    return EXIT_DONE;
}

static int learn(cli_options *o, const mien_dataset *dataset, cli_progress *progress,
                 mien_stability *out)
{
    mien_error err;
    mien_source X = mien_pixels_source(&dataset->pixels);
    o->fit.progress = cli_progress_update;
    o->fit.user = progress;
    mien_status st = mien_stability_run(o->methods[0], &X, &o->fit, out, &err);
    cli_progress_clear(progress);
    o->fit.restarts = st ? o->fit.restarts : out->asked; /* what was done, for the files */
    if (st && cli_interrupted())
        return EXIT_INTERRUPTED;
    if (st == MIEN_ERR_DOMAIN) {
        cli_say("%s", err.message);
        return EXIT_DATA;
    }
    return st ? cli_fail(&err) : EXIT_DONE;
}

static void print_components(const mien_stability *s)
{
    printf("%9s  %-9s %7s %7s %7s %10s\n", "component", "verdict", "median", "worst", "found",
           "neighbour");
    for (size_t k = 0; k < s->r; k++) {
        const mien_component *c = &s->components[k];
        printf("%9zu  %-9s ", k, mien_verdict_name(c->verdict));
        if (isnan(c->median))
            printf("%7s %7s %7s ", "-", "-", "-");
        else
            printf("%7.3f %7.3f %6.0f%% ", c->median, c->worst, 100 * c->found);
        printf("%10.3f\n", c->neighbour);
    }
}

static void print_sentence(const mien_stability *s)
{
    const mien_consensus *c = &s->consensus;
    if (s->runs < 2) {
        printf("\nOne run: similarity, verdicts and cophenetic correlation compare runs and are "
               "undefined.\nGive --restarts 2 or more.\n");
        return;
    }
    double largest = s->best.loss;
    for (size_t run = 0; run < s->runs; run++)
        largest = fmax(largest, s->outcomes[run].loss);
    printf("\n%zu of %zu components are stable over %zu runs, %zu drift, %zu are absent; mean "
           "similarity %.3f.\n",
           s->verdicts[MIEN_VERDICT_STABLE], s->r, s->runs, s->verdicts[MIEN_VERDICT_DRIFTS],
           s->verdicts[MIEN_VERDICT_ABSENT], s->mean_similarity);
    printf("The least loss is %.6g (seed %llu)", s->best.loss, (unsigned long long)s->best.seed);
    printf(", the largest %.6g.\n", largest);
    if (c->undefined)
        printf("Cophenetic correlation and dispersion are undefined: %s.\n", c->undefined);
    else
        printf("Cophenetic correlation %.4f, dispersion %.3f (%zu images%s).\n", c->cophenetic,
               c->dispersion, c->n, c->n < s->n ? ", spread evenly" : "");
    if (s->identical)
        printf("%s\n", s->random_start
                           ? "Every run gave the same basis, byte for byte: the start may not be "
                             "random."
                           : "This method has no random start: all runs are the same.");
}

static int run_stability(cli_options *o, mien_outdir *dir, mien_dataset *dataset, mien_stability *s)
{
    cli_progress progress = cli_progress_start(o->quiet);
    mien_error err;
    int status = read_input(o, dataset, &progress);
    if (!status)
        status = learn(o, dataset, &progress, s);
    if (status)
        return status;
    mien_run_info run = {.command = o->command_line,
                         .input = o->input,
                         .options = &o->fit,
                         .interrupted = cli_interrupted()};
    return mien_stability_write(dir, s, dataset, &run, &o->style, &err) ? cli_fail(&err)
                                                                        : EXIT_DONE;
}

static int stability(cli_options *o)
{
    mien_error err;
    mien_outdir *dir;
    mien_dataset dataset = {0};
    mien_stability study = {0};
    if (o->init_from) {
        cli_say("--init-from is the same start every time: stability needs starts that differ");
        return EXIT_USAGE;
    }
    if (mien_outdir_begin(o->output, o->force, &dir, &err))
        return cli_fail(&err);
    int status = run_stability(o, dir, &dataset, &study);
    if (status)
        mien_outdir_abandon(dir);
    else if (mien_outdir_commit(dir, &err))
        status = cli_fail(&err);
    if (!status) {
        print_components(&study);
        print_sentence(&study);
        printf("\n%s/report.html\n", o->output);
        if (cli_interrupted() && !o->quiet)
            cli_say("interrupted: %zu of %zu runs are in %s", study.runs, study.asked, o->output);
        status = cli_interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
    }
    mien_stability_free(&study);
    mien_dataset_free(&dataset);
    return status;
}

static const cli_own_help own_help[] = {
    {"restarts", "so many runs, which are compared (default: 20)"},
    {0},
};

extern const cli_command command_stability;
const cli_command command_stability = {
    .name = "stability",
    .arguments = "INPUT -o OUT",
    .summary = "is the answer unique? one method from many starts, components matched and judged",
    .details =
        "Runs one method (--method, default nmf) from --restarts starts (default: 20; seeds\n"
        "S, S + 1, ...), matches the components of every run to those of the run of least loss\n"
        "by optimal assignment on their cosines, and gives each a verdict. A run finds a\n"
        "component when its twin has a cosine >= 0.8 and is at most half as far as the nearest\n"
        "other component of the best run. Stable: median cosine >= 0.9, found by four of five\n"
        "other runs. Absent: median < 0.6. Drifts: in between. OUT gets report.html, "
        "components.csv, "
        "twins.csv, runs.csv,\n"
        "summary.json, the best run as a model, and verdicts, twins, spread, losses and the\n"
        "consensus of images as pictures. Two runs at least are needed for a verdict.",
    .examples = "  mien stability faces/ -o out\n"
                "  mien stability faces/ -o out -r 25 --restarts 50 --seed 100\n"
                "  mien stability faces/ -o out --method kmeans",
    .own = own_help,
    .groups = GROUP_OUTPUT | GROUP_READ | GROUP_METHOD | GROUP_FIT | GROUP_DRAW | GROUP_THREADS,
    .run = stability,
};
