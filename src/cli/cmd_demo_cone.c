/* cmd_demo_cone.c - mien demo cone: NMF in two dimensions, where one can see that it is not unique.
 * SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include "cli/work.h"

/* The numbers to draw are the bundled example's, or INPUT's. */
struct lesson {
    cli_work work;
    mien_pixels example;
    mien_source X;
    mien_shape shape;
    mien_cone cone;
    char *text; /* what the picture shows, in words */
};

static int read_numbers(cli_work *work)
{
    struct lesson *l = (struct lesson *)work;
    cli_options *o = work->options;
    mien_error err;
    if (!o->from) {
        if (mien_cone_example(o->fit.seed, &l->example, &err))
            return cli_fail(&err);
        l->X = mien_pixels_source(&l->example);
        l->shape = (mien_shape){1, 2, 1};
        return EXIT_DONE;
    }
    if (!cli_was_given(o, "normalize"))
        o->load.normalize = MIEN_NORMALIZE_NONE; /* greys clipped to 0 would reach the axes */
    if (o->load.ink == MIEN_INK_AUTO)
        o->load.ink = MIEN_INK_NONE; /* as stored */
    int status = cli_work_read(work, o->from, false);
    if (status)
        return status;
    if (mien_method_suits(mien_method_find("nmf"), &work->dataset, &err))
        return cli_fail_data(&err);
    l->X = mien_pixels_source(&work->dataset.pixels);
    l->shape = work->dataset.shape;
    return EXIT_DONE;
}

static int measure(cli_work *work)
{
    struct lesson *l = (struct lesson *)work;
    const cli_options *o = work->options;
    mien_error err;
    mien_cone_options options = {.pixels = cli_was_given(o, "pixels") ? o->pixels : NULL,
                                 .plane = o->plane,
                                 .seed = o->fit.seed,
                                 .threads = o->fit.threads,
                                 .progress = o->fit.progress,
                                 .user = o->fit.user};
    return mien_cone_measure(&l->X, &options, &l->cone, &err) ? cli_work_fail(work, &err)
                                                              : EXIT_DONE;
}

static mien_status write_cone(cli_work *work, mien_outdir *dir, mien_error *err)
{
    struct lesson *l = (struct lesson *)work;
    const cli_options *o = work->options;
    return mien_cone_write(dir, &l->cone, o->command_line, o->from, l->shape, &l->text, err);
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
    struct lesson l = {
        .work = {.options = o, .read = read_numbers, .learn = measure, .write = write_cone}};
    if (!is_usage_good(o))
        return EXIT_USAGE;
    if (!o->output)
        o->output = "mien-demo-cone";
    o->input = NULL; /* "cone" is no folder */
    int status = cli_work_run(&l.work);
    if (!status && !o->json) {
        printf("%s\n", l.text);
        cli_output_print(o, "cone.png");
        cli_output_print(o, "cone.svg");
        cli_output_print(o, "report.html");
    }
    mien_string_free(l.text);
    mien_cone_free(&l.cone);
    mien_pixels_free(&l.example);
    mien_dataset_free(&l.work.dataset);
    return status;
}
