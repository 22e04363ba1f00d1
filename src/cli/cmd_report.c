/* cmd_report.c - mien report: the page again, of results that are there.
 * SPDX-License-Identifier: MIT */
#include "cli/work.h"

struct assembly {
    cli_work work;
    char root[4096]; /* the result whose page it is */
};

/* In place: nothing but a page of mien's own can be lost, so --force is not asked for. */
static int begin_in_place(cli_work *work, mien_outdir **dir)
{
    struct assembly *a = (struct assembly *)work;
    cli_options *o = work->options;
    mien_error err;
    if (mien_assemble_begin(o->results, o->n_results, dir, &err))
        return err.status == MIEN_ERR_DATA ? cli_fail_data(&err) : cli_fail(&err);
    snprintf(a->root, sizeof a->root, "%s", mien_outdir_final(*dir));
    o->output = a->root;
    return EXIT_DONE;
}

static mien_status assemble(cli_work *work, mien_outdir *dir, mien_error *err)
{
    const cli_options *o = work->options;
    return mien_assemble(dir, o->results, o->n_results, &o->style, err);
}

static int report(cli_options *o)
{
    struct assembly a = {.work = {.options = o, .begin = begin_in_place, .write = assemble}};
    int status = cli_work_run(&a.work);
    if (!status && !o->json && mien_team_leads()) /* others do not know where */
        cli_output_print(o, "report.html");
    return status;
}

extern const cli_command command_report;
const cli_command command_report = {
    .name = "report",
    .arguments = "OUT...",
    .summary = "the page again, with stability, rank, transform and cone beside it",
    .details =
        "Each OUT is a folder that mien wrote. The page is that of the first comparison among\n"
        "them, of compare, learn or a demo; results of stability, rank and transform that are\n"
        "of the same data become sections of it, and so does demo cone. Without a comparison it\n"
        "is a page of the others, in the first of them. report.html is replaced in place, and\n"
        "nothing else. Images come from INPUT while it is still there, unchanged, below the\n"
        "folder that one stands in or that holds OUT; else from the page that was there.",
    .examples = "  mien report out\n"
                "  mien report out out-stability out-rank out-new",
    .groups = GROUP_PAGE | GROUP_JSON,
    .takes_results = true,
    .run = report,
};
