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
    cli_say_ink(dataset, o);
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
    if (mien_method_suits(o->methods[0], dataset, &err))
        return cli_fail_data(&err);
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
        printf("%9zu  %-9s ", k + 1, mien_verdict_name(c->verdict));
        if (isnan(c->median))
            printf("%7s %7s %7s ", "-", "-", "-");
        else
            printf("%7.3f %7.3f %6.0f%% ", c->median, c->worst, 100 * c->found);
        printf("%10.3f", c->neighbour);
        if (c->same_as != k)
            printf("  same part as %zu", c->same_as + 1);
        printf("\n");
    }
}

/* "2 drift", "1 is absent". */
static void print_count(size_t count, const char *one, const char *more)
{
    printf(", %zu %s", count, count == 1 ? one : more);
}

static void print_verdicts(const mien_stability *s)
{
    const size_t *v = s->verdicts;
    printf("\n%zu of %zu components %s stable over %zu runs", v[MIEN_VERDICT_STABLE], s->r,
           v[MIEN_VERDICT_STABLE] == 1 ? "is" : "are", s->judged);
    print_count(v[MIEN_VERDICT_DRIFTS], "drifts", "drift");
    print_count(v[MIEN_VERDICT_ABSENT], "is absent", "are absent");
    if (v[MIEN_VERDICT_COPY])
        print_count(v[MIEN_VERDICT_COPY], "is a copy", "are copies");
    printf("; mean similarity %.3f.\n", s->mean_similarity);
}

static void print_sentence(const mien_stability *s)
{
    const mien_consensus *c = &s->consensus;
    if (s->runs < 2) {
        printf("\nOne run: similarity, verdicts and cophenetic correlation compare runs and are "
               "undefined.\nGive --restarts 2 or more.\n");
        return;
    }
    if (s->judged > 1)
        print_verdicts(s);
    else
        printf("\nNo other run came near the least loss: stability is undefined.\n");
    if (s->judged < s->runs)
        printf("%zu of %zu runs failed (more than a tenth above the least loss) and %s not "
               "judged.\n",
               s->runs - s->judged, s->runs, s->runs - s->judged == 1 ? "is" : "are");
    double largest = s->best.loss;
    for (size_t run = 0; run < s->runs; run++)
        largest = fmax(largest, s->outcomes[run].loss);
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
        "other part of the best run. Stable: median cosine >= 0.9, found by four of five other\n"
        "runs. Absent: found by fewer than half. Drifts: in between. Copy: the same part as\n"
        "another component of the best run (cosine > 0.95, also without what all have in\n"
        "common), judged there. A run whose loss is above the least by more than a tenth, and\n"
        "by more than a thousandth of the mean image's loss, has failed and is not judged.\n"
        "OUT gets report.html, components.csv, twins.csv, runs.csv, summary.json, the best run\n"
        "as a model, and verdicts, twins, spread, losses and the consensus of images as\n"
        "pictures. Components count from 1. Two runs at least are needed for a verdict.\n"
        "Stable says that starts agree, not that the part means something: pixels shuffled\n"
        "over many images give stable components too, single pixels.",
    .examples = "  mien stability faces/ -o out\n"
                "  mien stability faces/ -o out -r 25 --restarts 50 --seed 100\n"
                "  mien stability faces/ -o out --method kmeans",
    .own = own_help,
    .groups = GROUP_OUTPUT | GROUP_READ | GROUP_METHOD | GROUP_FIT | GROUP_DRAW | GROUP_THREADS,
    .run = stability,
};
