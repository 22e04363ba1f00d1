/* cmd_rank.c - mien rank: which r?
 * SPDX-License-Identifier: MIT */
#include "cli/options/advice.h"
#include "cli/work.h"

struct search {
    cli_work work;
    mien_rank rank;
};

static int read_input(cli_work *work)
{
    cli_options *o = work->options;
    int status = cli_work_read(work, o->input, true);
    if (status)
        return status;
    cli_say_data(o, &work->dataset);
    status = cli_check_memory(o, &work->dataset, 1);
    return status ? status : cli_work_turn(work, true);
}

/* Finished fits are kept, each as it comes unless the user says otherwise, so that an interrupt, or
 * a full disk later on, costs at most the fit at work. */
static int measure(cli_work *work)
{
    struct search *s = (struct search *)work;
    cli_options *o = work->options;
    mien_error err;
    bool chosen = o->rank.low == 0;
    if (mien_method_suits(mien_method_find("nmf"), &work->dataset, &err))
        return cli_fail_data(&err);
    mien_rank_range(&o->rank, work->dataset.pixels.n, work->dataset.pixels.p);
    if (chosen && !o->quiet)
        cli_say("r = %zu to %zu are tried; --ranks chooses", o->rank.low, o->rank.high);
    if (!cli_was_given(o, "checkpoint"))
        o->checkpoint = 0;
    int status = cli_work_keep(work, "rank");
    if (status)
        return status;
    mien_status st = mien_rank_run(&work->dataset, &o->rank, work->checkpoint, &s->rank, &err);
    cli_progress_clear(&work->progress);
    if (st)
        return cli_fail(&err);
    if (!s->rank.interrupted)
        return EXIT_DONE;
    if (work->checkpoint && s->rank.done && mien_checkpoint_write(work->checkpoint, &err))
        cli_say("%s", err.message);
    if (!o->quiet && s->rank.done == 0)
        cli_say("interrupted before a fit was finished");
    else if (!o->quiet)
        cli_say("interrupted: %zu of %zu fits are finished", s->rank.done, s->rank.total);
    return EXIT_INTERRUPTED;
}

/* Entries of which no fit could say anything, as a mask hid their image or pixel whole. */
static void say_left_out(const mien_rank *rank)
{
    const mien_rank_options *o = &rank->options;
    double hidden = o->hidden * (double)o->masks * (double)rank->n * (double)rank->p;
    if (rank->left_out)
        cli_say("%zu hidden entries (about %.2g %%) are counted nowhere: a mask hid every entry of "
                "their image or pixel; a smaller --hidden than %g helps",
                rank->left_out, 100 * (double)rank->left_out / hidden, o->hidden);
}

static void print_choices(const mien_rank *rank)
{
    printf("%-36s %5s  %s\n", "criterion", "r", "source");
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        char choice[32] = "-";
        if (c->choice)
            snprintf(choice, sizeof choice, "%zu%s", c->choice,
                     c->at_end     ? "+"
                     : c->at_start ? "-"
                                   : "");
        printf("%-36s %5s  %s%s%s\n", c->name, choice, c->source, c->note[0] ? "; " : "", c->note);
    }
    printf("\n%s\n%s\n", rank->noise_note, rank->sentence);
}

static mien_status write_output(cli_work *work, mien_outdir *dir, mien_error *err)
{
    const cli_options *o = work->options;
    mien_run_info run = {.command = o->command_line, .input = o->input, .options = &o->fit};
    return mien_rank_write(dir, &((struct search *)work)->rank, &work->dataset, &run, err);
}

static int run_rank(cli_options *o)
{
    struct search s = {
        .work = {.options = o, .read = read_input, .learn = measure, .write = write_output}};
    int status = cli_work_run(&s.work);
    if (!status) {
        if (s.rank.known && !o->quiet)
            cli_say("%zu of %zu fits were there from an earlier run", s.rank.known, s.rank.total);
        if (!o->quiet)
            say_left_out(&s.rank);
        if (!o->json)
            print_choices(&s.rank);
    }
    mien_rank_free(&s.rank);
    mien_dataset_free(&s.work.dataset);
    return status;
}

static const cli_own_help own_help[] = {
    {"iterations", "of a fit, at most so many (default: 200)"},
    {0},
};

extern const cli_command command_rank;
const cli_command command_rank = {
    .name = "rank",
    .arguments = "INPUT -o OUT",
    .summary = "which r? what several criteria say, and how far they agree",
    .details =
        "Each criterion is named with its source. Those that decide are NMF's own: the loss of\n"
        "entries that were hidden from the fit, and automatic relevance determination, under the\n"
        "loss that suits the noise: KL where it grows with the values, as in counts, Frobenius\n"
        "where it is of one size, both where that cannot be told. When they agree, the answer is\n"
        "one number, else a range; at an end of --ranks it is \"or more\" or \"or fewer\".\n"
        "OUT holds report.html, rank.csv (a row an r), rank.png and .svg, rank_curves.png and\n"
        ".svg, and summary.json. Without --ranks r goes from 1 to half of the images or of the "
        "pixels,\n"
        "whichever are fewer, at most to 60.\n\n"
        "Finished fits are kept in OUT.checkpoint, each as it comes unless --checkpoint says\n"
        "otherwise, until OUT is whole, and the same command goes on from there. Other --ranks or\n"
        "--masks use what fits; other data or options are refused (--no-resume begins anew).",
    .examples = "  mien rank faces/ -o which --ranks 2:60:2\n"
                "  mien rank counts.csv -o which --ranks 1:20 --masks 5",
    .own = own_help,
    .groups =
        GROUP_OUTPUT | GROUP_READ | GROUP_RANK | GROUP_THREADS | GROUP_JSON | GROUP_CHECKPOINT,
    .run = run_rank,
};
