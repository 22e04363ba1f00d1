/* cmd_render.c - mien render: draw a saved model again.
 * SPDX-License-Identifier: MIT */
#include "cli/work.h"

struct drawing {
    cli_work work;
    size_t example;
    const size_t *chosen; /* the example; NULL: the one that was taken apart before */
    const char *in_place; /* the model, when -o names no other folder */
};

/* In place the pictures are replaced one by one when all are drawn: a failure leaves the result as
 * it was, and --force is not asked for, as nothing but mien's own pictures can be lost. */
static int begin_in_place(cli_work *work, mien_outdir **dir)
{
    mien_error err;
    return mien_redraw_begin(work->options->model, dir, &err) ? cli_fail(&err) : EXIT_DONE;
}

static mien_status draw(cli_work *work, mien_outdir *dir, mien_error *err)
{
    const struct drawing *d = (struct drawing *)work;
    const cli_options *o = work->options;
    mien_status st = d->in_place ? mien_redraw(o->model, o->input, dir, &o->style, d->chosen, err)
                                 : mien_render(o->model, o->input, dir, &o->style, d->chosen, err);
    if (!st && err->message[0] && !o->quiet)
        cli_say("%s", err->message);
    return st;
}

static int render(cli_options *o)
{
    struct drawing d = {.work = {.options = o, .write = draw}};
    mien_error err;
    if (!o->model) {
        cli_say("mien render MODEL: what to work on is missing (see mien render --help)");
        return EXIT_USAGE;
    }
    if (o->example && !mien_result_find(o->model, o->example, &d.example)) {
        cli_say("--example %s: not in images.csv; give one of its paths or an index from 1",
                o->example);
        return EXIT_USAGE;
    }
    d.chosen = o->example ? &d.example : NULL;
    if (!o->output) {
        o->output = d.in_place = o->model;
        d.work.begin = begin_in_place;
    } else if (mien_outdir_spare(o->output, "MODEL", o->model, &err)) {
        cli_say("%s, or none: then it is drawn in place", err.message);
        return EXIT_USAGE;
    }
    int status = cli_work_run(&d.work);
    if (!status && !o->json)
        cli_output_print(o, "");
    return status;
}

static const cli_own_help own_help[] = {
    {"example", "the image that the figure takes apart (default: the one it took apart before)"},
    {"output", "folder to write (default: MODEL itself, where pictures and page are replaced)"},
    {0},
};

extern const cli_command command_render;
const cli_command command_render = {
    .name = "render",
    .arguments = "MODEL [INPUT] [-o OUT]",
    .summary = "draw a saved model again, with other choices",
    .details =
        "MODEL is a folder that learn or compare wrote: OUT/<method> for one model, or OUT\n"
        "for all of them and their figure. Without -o the new pictures, and the page with\n"
        "them, take the place of the old ones, one by one; models stay. exemplars.png and the\n"
        "original of another --example show images that no model holds: they are drawn while\n"
        "INPUT is still there, unchanged. It is looked for by itself only below the folder\n"
        "that one stands in, or that holds OUT; elsewhere it has to be named.",
    .examples = "  mien render out --palette diverging\n"
                "  mien render out -o slides --palette diverging --example 17\n"
                "  mien render out/nmf /data/faces -o wide --tile 13x4 --gap 3 --zoom 5",
    .own = own_help,
    .groups = GROUP_OUTPUT | GROUP_DRAW | GROUP_EXAMPLE | GROUP_PAGE | GROUP_JSON,
    .takes_model = true,
    .input_optional = true,
    .run = render,
};
