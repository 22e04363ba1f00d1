/* cmd_inspect.c - mien inspect: what is in a folder, an array, a table or a model.
 * SPDX-License-Identifier: MIT */
#include "cli/work.h"

static int print_text(mien_status st, char *text, const mien_error *err)
{
    if (st)
        return cli_fail_data(err);
    fputs(text, stdout); /* names in it are shown as a terminal may get them */
    mien_string_free(text);
    return EXIT_DONE;
}

static int inspect_data(cli_options *o)
{
    mien_error err;
    cli_work work = {.options = o};
    cli_work_watch(&work);
    o->load.statistics = true;
    int status = cli_work_load(&work, o->input);
    if (status)
        return status;
    char *text = NULL;
    mien_status st =
        mien_inspect_dataset(&work.dataset, o->input, o->json, o->verbose, &text, &err);
    status = print_text(st, text, &err);
    if (!status)
        status = cli_work_strict(&work);
    mien_dataset_free(&work.dataset);
    return status;
}

static int inspect(cli_options *o)
{
    if (!mien_is_model(o->input) && !mien_is_comparison(o->input))
        return inspect_data(o);
    mien_error err;
    char *text = NULL;
    mien_status st = mien_inspect_model(o->input, o->json, &text, &err);
    return print_text(st, text, &err);
}

extern const cli_command command_inspect;
const cli_command command_inspect = {
    .name = "inspect",
    .arguments = "INPUT|MODEL",
    .summary =
        "say what is in INPUT, what would be read and refused and why; or what a model holds",
    .details = "INPUT as for compare: counts, sizes, formats, grey range, constant and duplicate\n"
               "images, refused ones with reasons, and the shape X would have. MODEL is a folder\n"
               "that learn or compare wrote.",
    .examples = "  mien inspect faces/\n"
                "  mien inspect faces/ --json --size 64x64 --fit crop\n"
                "  mien inspect out/nmf",
    .groups = GROUP_READ | GROUP_JSON | GROUP_THREADS,
    .run = inspect,
};
