/* cmd_demo_cone.c - mien demo cone: NMF in two dimensions, where one can see that it is not unique.
 * SPDX-License-Identifier: MIT */
#include "cli/cmd_demo_cone.h"

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/session.h"

/* The numbers to draw: the bundled example's, or INPUT's. */
typedef struct numbers {
    mien_pixels example;
    mien_dataset dataset;
    mien_source X;
    mien_shape shape;
} numbers;

static int read_numbers(cli_options *o, cli_progress *progress, numbers *out)
{
    mien_error err;
    if (!o->from) {
        if (mien_cone_example(o->fit.seed, &out->example, &err))
            return cli_fail(&err);
        out->X = mien_pixels_source(&out->example);
        out->shape = (mien_shape){1, 2, 1};
        return EXIT_DONE;
    }
    o->load.progress = cli_progress_update;
    o->load.user = progress;
    if (!cli_was_given(o, "normalize"))
        o->load.normalize = MIEN_NORMALIZE_NONE; /* greys clipped to 0 would reach the axes */
    if (o->load.ink == MIEN_INK_AUTO)
        o->load.ink = MIEN_INK_NONE; /* as stored */
    mien_status st = mien_dataset_load(o->from, &o->load, &out->dataset, &err);
    cli_progress_clear(progress);
    if (st)
        return cli_interrupted() ? EXIT_INTERRUPTED : cli_fail_data(&err);
    cli_say_refused(&out->dataset, o);
    if (o->strict && out->dataset.n_refused) {
        cli_say("%zu images were refused and --strict was given", out->dataset.n_refused);
        return EXIT_DATA;
    }
    if (mien_method_suits(mien_method_find("nmf"), &out->dataset, &err))
        return cli_fail_data(&err);
    out->X = mien_pixels_source(&out->dataset.pixels);
    out->shape = out->dataset.shape;
    return EXIT_DONE;
}

static int measure(const cli_options *o, cli_progress *progress, const numbers *n, mien_cone *cone)
{
    mien_error err;
    mien_cone_options options = {.pixels = cli_was_given(o, "pixels") ? o->pixels : NULL,
                                 .plane = o->plane,
                                 .seed = o->fit.seed,
                                 .threads = o->fit.threads,
                                 .progress = cli_progress_update,
                                 .user = progress};
    mien_status st = mien_cone_measure(&n->X, &options, cone, &err);
    cli_progress_clear(progress);
    if (st)
        return cli_interrupted() ? EXIT_INTERRUPTED : cli_fail_data(&err);
    return EXIT_DONE;
}

static int write_cone(const cli_options *o, mien_outdir *dir, const numbers *n,
                      const mien_cone *cone, char **text)
{
    mien_error err;
    while (mien_cone_write(dir, cone, o->command_line, o->from, n->shape, text, &err))
        if (!cli_output_again(dir, &err))
            return EXIT_FAILED;
    return EXIT_DONE;
}

static bool is_usage_good(const cli_options *o)
{
    bool pixels = cli_was_given(o, "pixels");
    if (o->fit.r || cli_was_given(o, "methods") || o->init_from || o->example)
        cli_say("the cone is NMF with r = 2: it takes no -r, --methods, --init-from, --example");
    else if (o->plane && (pixels || !o->from))
        cli_say("--plane is an alternative to --pixels and needs --from");
    else if (pixels && !o->from)
        cli_say("--pixels needs --from: whose pixels?");
    else
        return true;
    return false;
}

int cli_demo_cone(cli_options *o)
{
    mien_outdir *dir;
    numbers n = {0};
    mien_cone cone = {0};
    char *text = NULL;
    if (!is_usage_good(o))
        return EXIT_USAGE;
    if (!o->output)
        o->output = "mien-demo-cone";
    o->input = NULL; /* "cone" is no folder */
    int status = cli_output_begin(o, &dir);
    if (status)
        return status;
    cli_progress progress = cli_progress_start(o->quiet);
    status = read_numbers(o, &progress, &n);
    if (!status && o->from)
        status = cli_output_check(o, dir, &n.dataset);
    if (!status)
        status = measure(o, &progress, &n, &cone);
    if (!status)
        status = write_cone(o, dir, &n, &cone, &text);
    if (status)
        cli_output_abandon(dir);
    else
        status = cli_output_commit(o, dir, false);
    if (!status && !o->json) {
        printf("%s\n", text);
        cli_output_print(o, "cone.png");
        cli_output_print(o, "cone.svg");
    }
    mien_string_free(text);
    mien_cone_free(&cone);
    mien_pixels_free(&n.example);
    mien_dataset_free(&n.dataset);
    return status;
}
