/* cmd_stability.c - mien stability: is the answer unique?
 * SPDX-License-Identifier: MIT */
#include "cli/options/advice.h"
#include "cli/work.h"

#include <math.h>

struct stability {
    cli_work work;
    mien_stability study;
};

static int read_input(cli_work *work)
{
    cli_options *o = work->options;
    int status = cli_work_read(work, o->input, true);
    if (status)
        return status;
    cli_choose_components(o, &work->dataset);
    cli_say_data(o, &work->dataset);
    status = cli_check_memory(o, &work->dataset, 1);
    return status ? status : cli_work_turn(work, false);
}

/* The best run is what is kept when OUT cannot be written; an interrupt keeps the finished runs. */
static int learn(cli_work *work)
{
    mien_stability *study = &((struct stability *)work)->study;
    cli_options *o = work->options;
    mien_error err;
    int status = cli_work_keep(work, "stability");
    if (status)
        return status;
    mien_source X = mien_dataset_source(&work->dataset);
    if (mien_method_suits(o->methods[0], &work->dataset, &err))
        return cli_fail_data(&err);
    mien_status st = mien_stability_run(o->methods[0], &X, &o->fit, study, &err);
    cli_progress_clear(&work->progress);
    if (st && cli_interrupted())
        return EXIT_INTERRUPTED;
    if (st)
        return cli_fail(&err);
    o->fit.restarts = study->asked; /* what was done, for the files */
    work->fits = &study->best;
    work->n_fits = 1;
    return EXIT_DONE;
}

static void print_components(const mien_stability *s)
{
    printf("%9s  %-11s %-9s %7s %7s %7s %10s\n", "component", "verdict", "unique", "median",
           "worst", "found", "neighbour");
    for (size_t k = 0; k < s->r; k++) {
        const mien_component *c = &s->components[k];
        const mien_part_certificate *part = &s->certificate.parts[k];
        printf("%9zu  %-11s %-9s %7.3f %7.3f %6.0f%% %10.3f", k + 1,
               mien_stability_verdict_words(c->verdict), mien_uniqueness_name(part->unique),
               c->median, c->worst, 100 * c->found, c->neighbour);
        if (c->verdict == MIEN_VERDICT_COPY)
            printf("  same part as %zu", c->same_as + 1);
        printf("\n");
    }
    printf("\n");
}

/* "2 drift", "1 is absent". */
static void print_count(size_t count, const char *one, const char *more)
{
    printf(", %zu %s", count, count == 1 ? one : more);
}

static void print_verdicts(const mien_stability *s)
{
    const size_t *v = s->verdicts;
    printf("%zu of %zu components %s found again over %zu runs", v[MIEN_VERDICT_STABLE], s->r,
           v[MIEN_VERDICT_STABLE] == 1 ? "is" : "are", s->judged);
    print_count(v[MIEN_VERDICT_DRIFTS], "drifts", "drift");
    print_count(v[MIEN_VERDICT_ABSENT], "is absent", "are absent");
    if (v[MIEN_VERDICT_COPY])
        print_count(v[MIEN_VERDICT_COPY], "is a copy", "are copies");
    if (v[MIEN_VERDICT_UNDEFINED])
        print_count(v[MIEN_VERDICT_UNDEFINED], "is zero", "are zero");
    printf("; mean similarity %.3f.\n", s->mean_similarity);
}

static void print_losses(const mien_stability *s)
{
    double least = mien_fit_objective(&s->best), largest = least;
    for (size_t run = 0; run < s->runs; run++)
        largest = fmax(largest, s->outcomes[run].objective);
    printf("The least loss%s is %.6g (run %zu of %zu)", s->best.penalty != 0 ? " and penalty" : "",
           least, s->best_run + 1, s->runs);
    printf(", the largest %.6g.\n", largest);
}

/* A table only where there are verdicts; then what the runs show, and what is proven beside it. */
static void print_study(const mien_stability *s)
{
    const mien_consensus *c = &s->consensus;
    char words[512];
    mien_stability_advice(s, words, sizeof words);
    if (*words) {
        printf("%s\n", words);
    } else {
        print_components(s);
        print_verdicts(s);
    }
    if (s->worse)
        printf("%zu of %zu runs ended in %s (more than a tenth above the least loss): worse "
               "answers, not judged.\n",
               s->worse, s->runs, s->worse == 1 ? "a local minimum" : "local minima");
    mien_stability_unique_words(s, words, sizeof words);
    if (*words)
        printf("%s\n", words);
    if (s->runs < 2)
        return;
    print_losses(s);
    if (c->undefined)
        printf("Cophenetic correlation and dispersion are undefined: %s.\n", c->undefined);
    else
        printf("Cophenetic correlation %.4f, dispersion %.3f (%zu images%s).\n", c->cophenetic,
               c->dispersion, c->n, c->n < s->n ? ", spread evenly" : "");
}

static mien_status write_output(cli_work *work, mien_outdir *dir, mien_error *err)
{
    cli_options *o = work->options;
    work->cut_short = cli_interrupted();
    mien_run_info run = {.command = o->command_line,
                         .input = o->input,
                         .options = &o->fit,
                         .interrupted = work->cut_short};
    return mien_stability_write(dir, &((struct stability *)work)->study, &work->dataset, &run,
                                &o->style, err);
}

static int stability(cli_options *o)
{
    struct stability s = {
        .work = {.options = o, .read = read_input, .learn = learn, .write = write_output}};
    if (o->init_from) {
        cli_say("--init-from is the same start every time: stability needs starts that differ");
        return EXIT_USAGE;
    }
    int status = cli_work_run(&s.work);
    if (!o->json && (status == EXIT_DONE || (status == EXIT_INTERRUPTED && s.study.runs)))
        print_study(&s.study);
    if (status == EXIT_INTERRUPTED && !o->quiet && s.study.asked)
        cli_say("interrupted: %zu of %zu runs were finished", s.study.runs, s.study.asked);
    if (status == EXIT_DONE && !o->json) {
        putchar('\n');
        cli_output_print(o, "report.html");
    }
    mien_stability_free(&s.study);
    mien_dataset_free(&s.work.dataset);
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
        "other part of the best run. Found again (`stable` in files): median cosine >= 0.9,\n"
        "found by four of five other runs. Absent: found by fewer than half. Drifts: in\n"
        "between. Copy: the same part as another component of the best run (cosine > 0.95,\n"
        "also without what all have in common), judged there. A run whose loss is above the\n"
        "least by more than a tenth, and by more than a thousandth of the mean image's loss,\n"
        "ended in a local minimum and is not judged; runs that are the same, start and basis,\n"
        "count as one. Five judged runs at least are needed for verdicts.\n"
        "That starts agree does not say that the answer is unique, so parts of nmf have a\n"
        "certificate beside it, about W H: proven (zeros of weights and parts hold the part),\n"
        "free (another part added to it or taken from it leaves W H as it is), not known.\n"
        "Nor does it say that a part means something: pixels shuffled over many images are\n"
        "found again, too, one by one.\n"
        "OUT gets report.html, components.csv, twins.csv, runs.csv, consensus.csv,\n"
        "summary.json, the best run as a model, and verdicts, twins, spread, losses and the\n"
        "consensus of images as pictures. Components and runs count from 1.",
    .examples = "  mien stability faces/ -o out\n"
                "  mien stability faces/ -o out -r 25 --restarts 50 --seed 100\n"
                "  mien stability faces/ -o out --method kmeans",
    .own = own_help,
    .groups = GROUP_OUTPUT | GROUP_READ | GROUP_METHOD | GROUP_FIT | GROUP_DRAW | GROUP_THREADS |
              GROUP_JSON | GROUP_CHECKPOINT,
    .run = stability,
};
