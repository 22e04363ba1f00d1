/* cmd_transform.c - mien transform: weights of new images on a learned basis.
 * SPDX-License-Identifier: MIT */
#include "cli/options/advice.h"
#include "cli/work.h"

#include <stdlib.h>

enum { PATH_SIZE = 4096, LISTED = 10 };

struct transform {
    cli_work work;
    char path[PATH_SIZE]; /* of the model */
    mien_model model;
    mien_options fit; /* the model's, with today's threads */
    mien_encoding encoding;
    mien_outliers outliers;
    char note[512]; /* what was measured for the verdict; "": nothing */
};

/* Before OUT is begun: a model that cannot be used leaves no trace. */
static int load_model(struct transform *t)
{
    mien_error err;
    const char *path = t->work.options->model;
    if (mien_model_find(path, t->path, sizeof t->path, &err) ||
        mien_model_load(t->path, &t->model, &err))
        return cli_fail_data(&err);
    return EXIT_DONE;
}

static int read_images(cli_work *work)
{
    struct transform *t = (struct transform *)work;
    cli_options *o = work->options;
    mien_error err;
    if (mien_model_read(&t->model, o->input, &o->load, &work->dataset, &err))
        return cli_work_fail(work, &err);
    cli_progress_clear(&work->progress);
    int status = cli_work_accept(work, false);
    if (!status && !o->quiet && work->dataset.pixels.white == 1 && t->model.white > 1)
        cli_say("values from 0 to 1: 1 is taken for white, as %g was in training", t->model.white);
    if (!status)
        cli_say_options(o, &work->dataset);
    return status;
}

/* What unseen images are measured by, where the model does not hold it yet. By the options of
 * training: errors can be compared only between fits that were made alike. */
static int calibrate(struct transform *t)
{
    const cli_options *o = t->work.options;
    mien_error err;
    t->fit = t->model.options;
    t->fit.threads = o->fit.threads;
    t->fit.progress = o->fit.progress;
    t->fit.user = o->fit.user;
    if (!o->no_calibrate && mien_model_calibrate(&t->model, t->path, o->training, &t->fit, &o->load,
                                                 t->note, sizeof t->note, &err))
        return cli_work_fail(&t->work, &err);
    return EXIT_DONE;
}

static int encode(cli_work *work)
{
    struct transform *t = (struct transform *)work;
    mien_error err;
    mien_source X = mien_pixels_source(&work->dataset.pixels);
    int status = calibrate(t);
    if (status)
        return status;
    cli_progress_clear(&work->progress);
    mien_options own = t->fit;
    own.weights_file = cli_work_weights(work, "");
    if (mien_method_suits(t->model.fit.method, &work->dataset, &err) ||
        mien_fit_encode(&t->model.fit, &own, &X, &t->encoding, &err))
        return cli_fail_data(&err);
    work->fits = &t->encoding.fit;
    work->n_fits = 1;
    return mien_outliers_find(&t->model.fit.held_out, &t->encoding, &t->outliers, &err)
               ? cli_fail_data(&err)
               : EXIT_DONE;
}

static mien_status write_output(cli_work *work, mien_outdir *dir, mien_error *err)
{
    const struct transform *t = (struct transform *)work;
    cli_options *o = work->options;
    work->cut_short = cli_interrupted();
    mien_run_info run = {.command = o->command_line,
                         .input = o->input,
                         .options = &t->fit,
                         .interrupted = work->cut_short};
    return mien_transform_write(dir, &t->model, t->path, &t->encoding, &t->outliers, &work->dataset,
                                &run, o->residual, &o->style, err);
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
    cli_put_visible(stdout, t->work.dataset.images[i].path, false);
    putchar('\n');
}

static void print_table(const struct transform *t)
{
    const mien_outliers *found = &t->outliers;
    bool table = t->work.dataset.is_table;
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
    for (size_t at = 0; at < found->count && (at < LISTED || t->work.options->verbose); at++)
        print_outlier(t, found->index[at]);
    if (found->count > LISTED && !t->work.options->verbose)
        printf("  and %zu more (errors.csv, or -v)\n", found->count - LISTED);
    putchar('\n');
    cli_output_print(t->work.options, "");
}

static int transform(cli_options *options)
{
    struct transform *t = calloc(1, sizeof *t);
    if (!t)
        return cli_no_memory();
    t->work =
        (cli_work){.options = options, .read = read_images, .learn = encode, .write = write_output};
    int status = load_model(t);
    if (!status)
        status = cli_work_run(&t->work);
    if (!options->json && t->encoding.fit.W && !t->work.unwritten &&
        (status == EXIT_DONE || status == EXIT_INTERRUPTED))
        print_table(t);
    mien_outliers_free(&t->outliers);
    mien_encoding_free(&t->encoding);
    mien_dataset_free(&t->work.dataset);
    mien_model_free(&t->model);
    free(t);
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
