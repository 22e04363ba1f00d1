/* cmd_transform.c - mien transform: weights of new images on a learned basis.
 * SPDX-License-Identifier: MIT */
#include "cli/advice.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/visible.h"

enum { PATH_SIZE = 4096, LISTED = 10 };

struct transform {
    cli_options *options;
    cli_progress progress;
    char path[PATH_SIZE]; /* of the model */
    mien_model model;
    mien_dataset dataset;
    mien_options fit; /* the model's, with today's threads */
    mien_encoding encoding;
    mien_outliers outliers;
    char note[512]; /* what was measured for the verdict; "": nothing */
};

static int load_model(struct transform *t)
{
    mien_error err;
    const char *path = t->options->model;
    if (mien_model_find(path, t->path, sizeof t->path, &err) ||
        mien_model_load(t->path, &t->model, &err))
        return cli_fail_data(&err);
    return EXIT_DONE;
}

static int read_images(struct transform *t)
{
    cli_options *o = t->options;
    mien_error err;
    o->load.progress = cli_progress_update;
    o->load.user = &t->progress;
    mien_status st = mien_model_read(&t->model, o->input, &o->load, &t->dataset, &err);
    cli_progress_clear(&t->progress);
    if (st)
        return cli_interrupted() ? EXIT_INTERRUPTED : cli_fail_data(&err);
    cli_say_refused(&t->dataset, o);
    if (!o->quiet && t->dataset.pixels.white == 1 && t->model.white > 1)
        cli_say("values from 0 to 1: 1 is taken for white, as %g was in training", t->model.white);
    if (o->strict && t->dataset.n_refused) {
        cli_say("%zu images were refused and --strict was given", t->dataset.n_refused);
        return EXIT_DATA;
    }
    cli_say_options(o, &t->dataset);
    return EXIT_DONE;
}

/* What unseen images are measured by, where the model does not hold it yet. */
static int calibrate(struct transform *t)
{
    const cli_options *o = t->options;
    mien_error err;
    t->fit = t->model.options;
    t->fit.threads = o->fit.threads;
    t->fit.progress = cli_progress_update;
    t->fit.user = &t->progress;
    if (o->no_calibrate)
        return EXIT_DONE;
    mien_status st = mien_model_calibrate(&t->model, t->path, o->training, &t->fit, &o->load,
                                          t->note, sizeof t->note, &err);
    cli_progress_clear(&t->progress);
    if (st)
        return cli_interrupted() ? EXIT_INTERRUPTED : cli_fail_data(&err);
    return EXIT_DONE;
}

static int encode(struct transform *t)
{
    mien_error err;
    mien_source X = mien_pixels_source(&t->dataset.pixels);
    if (mien_method_suits(t->model.fit.method, &t->dataset, &err))
        return cli_fail_data(&err);
    mien_status st = mien_fit_encode(&t->model.fit, &t->fit, &X, &t->encoding, &err);
    cli_progress_clear(&t->progress);
    if (!st)
        st = mien_outliers_find(&t->model.fit.held_out, &t->encoding, &t->outliers, &err);
    if (st)
        return cli_fail_data(&err);
    return EXIT_DONE;
}

static int write_output(struct transform *t, mien_outdir *dir)
{
    cli_options *o = t->options;
    mien_run_info run = {.command = o->command_line,
                         .input = o->input,
                         .options = &t->fit,
                         .interrupted = cli_interrupted()};
    mien_error err;
    const mien_fit *fit = &t->encoding.fit;
    while (mien_transform_write(dir, &t->model, t->path, &t->encoding, &t->outliers, &t->dataset,
                                &run, o->residual, &o->style, &err))
        if (!cli_output_again(dir, &err))
            return cli_output_keep(dir, &err, &fit, 1);
    return cli_output_commit(o, dir, run.interrupted);
}

static void print_row(const char *who, const mien_fit *fit)
{
    const mien_quantiles *s = &fit->image_errors;
    printf("%-9s %8zu %14.6g %10.4f", who, fit->n, fit->loss / (double)fit->n, fit->relative_error);
    if (s->n)
        printf(" %10.4f %10.4f\n", s->median, s->max);
    else
        printf(" %10s %10s\n", "?", "?");
}

static void print_outlier(const struct transform *t, size_t i)
{
    printf("  %.4f  ", t->encoding.errors[i]);
    cli_put_visible(stdout, t->dataset.images[i].path, false);
    putchar('\n');
}

static void print_table(const struct transform *t)
{
    const mien_outliers *found = &t->outliers;
    bool table = t->dataset.is_table;
    printf("%-9s %8s %14s %10s %10s %10s\n", table ? "rows" : "images", "N",
           table ? "loss/row" : "loss/image", "rel.error", "median", "worst");
    print_row("training", &t->model.fit);
    print_row("new", &t->encoding.fit);
    if (*found->whole)
        printf("\n%s\n", found->whole);
    if (*t->encoding.fit.note)
        printf("\n%s\n", t->encoding.fit.note);
    if (found->known)
        printf("\n%zu of %zu lie far out: %s\n", found->count, t->encoding.fit.n, found->rule);
    else
        printf("\nno verdict: %s does not hold the errors of unseen images; give --training INPUT, "
               "what it was learned from, or learn with --calibrate\n",
               t->path);
    if (*t->note)
        printf("(errors of unseen images %s)\n", t->note);
    for (size_t at = 0; at < found->count && (at < LISTED || t->options->verbose); at++)
        print_outlier(t, found->index[at]);
    if (found->count > LISTED && !t->options->verbose)
        printf("  and %zu more (errors.csv, or -v)\n", found->count - LISTED);
    putchar('\n');
    cli_output_print(t->options, "");
}

static int run_transform(struct transform *t)
{
    cli_options *o = t->options;
    mien_outdir *dir;
    int status = load_model(t);
    if (!status)
        status = cli_output_begin(o, &dir);
    if (status)
        return status;
    status = read_images(t);
    if (!status)
        status = cli_output_check(o, dir, &t->dataset);
    if (!status)
        status = calibrate(t);
    if (!status)
        status = encode(t);
    if (status) {
        cli_output_abandon(dir);
        return status;
    }
    status = write_output(t, dir);
    if (!o->json && (status == EXIT_DONE || status == EXIT_INTERRUPTED))
        print_table(t);
    return status;
}

static int transform(cli_options *options)
{
    static struct transform t;
    t.options = options;
    t.progress = cli_progress_start(options->quiet);
    int status = run_transform(&t);
    cli_progress_clear(&t.progress);
    mien_outliers_free(&t.outliers);
    mien_encoding_free(&t.encoding);
    mien_dataset_free(&t.dataset);
    mien_model_free(&t.model);
    return status;
}

extern const cli_command command_transform;
const cli_command command_transform = {
    .name = "transform",
    .arguments = "MODEL INPUT -o OUT",
    .summary = "weights, reconstructions and errors of new images on a learned basis",
    .details =
        "MODEL is a folder that learn or compare wrote: OUT/<method>, or OUT when it holds\n"
        "one model. INPUT is a folder of images, one image, a list, an array or a table;\n"
        "it is prepared exactly as the training images were (size, colour, ink,\n"
        "normalisation). Images that the model cannot explain are listed as outliers,\n"
        "and it is said whether the images as a whole are of another kind: measured by\n"
        "the errors of training images when they are unseen. NMF takes three shorter\n"
        "fits for these, once: by learn --calibrate, or here, when the training images\n"
        "lie beside the model's OUT or are named by --training. Without, no verdict.\n"
        "NMF pays the penalties of training: training images get the weights they had.\n"
        "OUT gets weights.npy, images.csv, errors.csv, summary.json, reconstruction.png;\n"
        "membership.csv, clusters.csv, memberships.png (nmf, kmeans); weights.csv of a table.",
    .examples = "  mien transform out/nmf new/ -o new-weights\n"
                "  mien transform out/pca photographs/ -o new-weights --fit crop --residual\n"
                "  mien transform out/nmf face.png -o one",
    .groups = GROUP_OUTPUT | GROUP_NEW | GROUP_RESIDUAL | GROUP_THREADS | GROUP_JSON,
    .takes_model = true,
    .run = transform,
};
