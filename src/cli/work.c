/* work.c - what commands that read INPUT and write OUT have in common.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "cli/work.h"

#include "cli/options/advice.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------------------------------------- INPUT */

int cli_work_fail(cli_work *work, const mien_error *err)
{
    cli_progress_clear(&work->progress);
    return cli_interrupted() ? EXIT_INTERRUPTED : cli_fail_data(err);
}

void cli_work_watch(cli_work *work)
{
    cli_options *o = work->options;
    work->progress = cli_progress_start(o->quiet);
    o->load.progress = o->fit.progress = o->rank.progress = cli_progress_update;
    o->load.user = o->fit.user = o->rank.user = &work->progress;
}

/* Pixels that memory does not hold stand in the cache: one line. */
static void say_spilled(const cli_work *work)
{
    const cli_options *o = work->options;
    size_t spilled = mien_memory_spilled(NULL, 0);
    if (spilled && !o->quiet)
        cli_say("%.0f MB of what was read stand in a file in %s, which goes in the end: of memory "
                "%.0f MB may be used (--memory, --cache; mien pack keeps such a file)",
                (double)spilled / (1 << 20), o->cache, (double)o->load.memory / (1 << 20));
}

int cli_work_load(cli_work *work, const char *input)
{
    mien_error err;
    if (mien_dataset_load(input, &work->options->load, &work->dataset, &err)) {
        cli_any_interrupted(); /* all ranks fail together */
        return cli_work_fail(work, &err);
    }
    cli_progress_clear(&work->progress);
    say_spilled(work);
    return EXIT_DONE;
}

static void say_refused(const mien_dataset *dataset, const cli_options *options)
{
    if (options->quiet)
        return;
    if (dataset->n_results == 1)
        cli_say("%s holds a result of mien and is left out", dataset->result);
    else if (dataset->n_results)
        cli_say("%s and %zu more folders hold results of mien and are left out", dataset->result,
                dataset->n_results - 1);
    for (size_t i = 0; i < dataset->n_remarks; i++)
        cli_say("%s", dataset->remarks[i]);
    if (dataset->n_odd_names)
        cli_say("%zu of the images %s not named like one and %s used (%s)", dataset->n_odd_names,
                dataset->n_odd_names == 1 ? "is" : "are", dataset->n_odd_names == 1 ? "is" : "are",
                dataset->images[dataset->odd_name].path);
    enum { SHOWN = 3 };
    size_t shown = options->verbose ? dataset->n_refused : SHOWN;
    for (size_t i = 0; i < dataset->n_refused && i < shown; i++)
        cli_say("%s: %s", dataset->refused[i].path, dataset->refused[i].reason);
    if (dataset->n_refused || dataset->n_skipped)
        cli_say("%zu images used, %zu refused, %zu other files skipped%s", dataset->pixels.n,
                dataset->n_refused, dataset->n_skipped,
                dataset->n_refused > shown ? " (-v names them all)" : "");
}

static void say_ink(const mien_dataset *dataset, const cli_options *options)
{
    if (options->quiet || options->load.ink != MIEN_INK_AUTO ||
        dataset->ink_asked != MIEN_INK_AUTO || dataset->ink == MIEN_INK_NONE)
        return;
    bool dark = dataset->ink == MIEN_INK_DARK;
    if (dataset->shape.channels == 3 || dataset->normalize == MIEN_NORMALIZE_NONE)
        cli_say("ink: light, %s (--ink dark learns from darkness)",
                dataset->shape.channels == 3 ? "of colours" : "as stored");
    else
        cli_say("ink: %s, %.1f %% of the images' border pixels are black (--ink %s learns from %s)",
                dark ? "dark" : "light", 100 * dataset->black_border, dark ? "light" : "dark",
                dark ? "brightness" : "darkness");
}

int cli_work_strict(const cli_work *work)
{
    if (!work->options->strict || !work->dataset.n_refused)
        return EXIT_DONE;
    cli_say("%zu images were refused and --strict was given", work->dataset.n_refused);
    return EXIT_DATA;
}

int cli_work_read(cli_work *work, const char *input, bool ink)
{
    int status = cli_work_load(work, input);
    return status ? status : cli_work_accept(work, ink);
}

int cli_work_accept(cli_work *work, bool ink)
{
    say_refused(&work->dataset, work->options);
    if (ink)
        say_ink(&work->dataset, work->options);
    return cli_work_strict(work);
}

int cli_work_turn(cli_work *work, bool permutes)
{
    const cli_options *o = work->options;
    const mien_pixels *pixels = &work->dataset.pixels;
    size_t size = pixels->type == MIEN_U8 ? 1 : pixels->type == MIEN_U16 ? 2 : sizeof(float);
    double megabytes = (double)pixels->n * (double)(pixels->p * size) / (1 << 20);
    char problem[4096 + 128];
    mien_error err;
    bool fits = 2 * megabytes <= (double)o->load.memory / (1 << 20);
    if (fits || !pixels->mapping || !(permutes || cli_reads_strips(o)))
        return EXIT_DONE;
    if (!o->quiet)
        cli_say("the images do not fit into memory, and %s wants them pixel by pixel, too: such a "
                "copy goes to the cache, %.0f MB",
                permutes ? "what permutes them" : "NMF's solver fast under KL", megabytes);
    mien_status st =
        mien_pixels_turn(pixels, o->fit.threads, cli_progress_update, &work->progress, &err);
    cli_progress_clear(&work->progress);
    if (st == MIEN_ERR_STOPPED)
        return cli_work_fail(work, &err);
    mien_memory_spilled(problem, sizeof problem);
    if (st && !o->quiet)
        cli_say("there is no room for that copy%s%s: each step of the basis reads all images once "
                "for every few pixels, as slow as that is; name a folder with %.0f MB free by "
                "--cache",
                *problem ? ": " : "", problem, ceil(megabytes));
    return EXIT_DONE;
}

/* ---------------------------------------------------------------- OUT.checkpoint */

static void tell_kept(void *user, const char *words)
{
    cli_work *work = user;
    cli_progress_clear(&work->progress);
    if (!work->options->quiet)
        cli_say("%s", words);
}

/* FNV-1a of names and labels: a list beside an array may change them, and no value. */
static uint64_t hash_names(const mien_dataset *d)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < d->pixels.n; i++) {
        const char *words[] = {d->images ? d->images[i].path : NULL,
                               d->labels ? d->labels[i] : NULL};
        for (size_t k = 0; k < 2; k++) {
            for (const char *at = words[k]; at && *at; at++)
                hash = (hash ^ (unsigned char)*at) * 1099511628211u;
            hash = (hash ^ (words[k] ? 256u : 257u)) * 1099511628211u; /* an end; none */
        }
    }
    return hash;
}

int cli_work_keep(cli_work *work, const char *what)
{
    cli_options *o = work->options;
    const mien_dataset *d = &work->dataset;
    char identity[448];
    mien_error err;
    if (o->checkpoint < 0)
        return EXIT_DONE;
    snprintf(identity, sizeof identity,
             "version: mien %s\nwork: %s\ninput: %zu of %zu values, fingerprint %016llx\n"
             "names and labels: %016llx\nnormalize: %s\nink: %s\n",
             mien_version(), what, d->pixels.n, d->pixels.p, (unsigned long long)d->fingerprint,
             (unsigned long long)hash_names(d), mien_normalize_name(d->normalize),
             d->ink == MIEN_INK_DARK ? "dark" : "light");
    const mien_checkpoint_options options = {.path = work->kept,
                                             .seconds = o->checkpoint,
                                             .identity = identity,
                                             .anew = o->no_resume,
                                             .tell = tell_kept,
                                             .user = work};
    if (mien_checkpoint_open(&options, &work->checkpoint, &err)) {
        int status = cli_fail(&err);
        return status == EXIT_DATA ? EXIT_USAGE : status; /* it is no data of the user's */
    }
    o->fit.checkpoint = work->checkpoint;
    cli_watch_kept(work->kept);
    return EXIT_DONE;
}

const char *cli_work_weights(cli_work *work, const char *folder)
{
    snprintf(work->weights, sizeof work->weights, "%s/%s%sweights.npy",
             work->out ? mien_outdir_building(work->out) : "", folder, *folder ? "/" : "");
    return work->weights;
}

/* OUT is whole: nothing is to be gone on from. Else what there is stays, and it is said how. */
static void end_checkpoint(cli_work *work, int status)
{
    if (status == EXIT_DONE && !work->incomplete) {
        mien_checkpoint_remove(work->checkpoint);
    } else if (work->checkpoint) {
        if (mien_checkpoint_holds(work->checkpoint) && status != EXIT_USAGE &&
            !work->options->quiet)
            cli_say("%s stays: the same command%s goes on from there", work->kept,
                    work->cut_short || work->incomplete ? " with --force" : "");
        mien_checkpoint_close(work->checkpoint);
    }
    cli_watch_kept(NULL);
    work->checkpoint = NULL;
    work->options->fit.checkpoint = NULL;
}

/* ---------------------------------------------------------------- OUT */

int cli_work_begin(cli_work *work, mien_outdir **dir)
{
    const cli_options *o = work->options;
    mien_error err;
    if (mien_outdir_spare(o->output, "MODEL", o->model, &err) ||
        mien_outdir_spare(o->output, "INPUT", o->input, &err) ||
        mien_outdir_spare(o->output, "--init-from", o->init_from, &err) ||
        mien_outdir_spare(o->output, "--training", o->training, &err) ||
        mien_outdir_spare(o->output, "--from", o->from, &err) ||
        mien_outdir_begin(o->output, o->force, dir, &err))
        return cli_fail(&err);
    return EXIT_DONE;
}

/* Whether none of the images that were read lies in what is to be replaced. */
static int check_output(const cli_options *o, const mien_outdir *dir, const mien_dataset *dataset)
{
    mien_error err;
    const char *input = o->from ? o->from : o->input;
    return mien_outdir_spare_images(dir, input, dataset, &err) ? cli_fail(&err) : EXIT_DONE;
}

/* Writing failed: says why. On a terminal the user may make room and have it written again: true,
 * and what was written is removed. */
static bool wants_again(mien_outdir *dir, const mien_error *err)
{
    char answer[16];
    cli_fail(err);
    if (err->status != MIEN_ERR_IO || cli_interrupted() || !isatty(STDIN_FILENO) ||
        !isatty(STDERR_FILENO))
        return false;
    fputs("mien: make room and press Enter to write it again, or q and Enter to give up: ", stderr);
    mien_error why;
    if (!fgets(answer, sizeof answer, stdin) || answer[0] == 'q' || cli_interrupted())
        return false;
    if (!mien_outdir_restart(dir, &why))
        return true;
    cli_fail(&why);
    return false;
}

/* Weights and basis of fits that could not be written whole are kept, and it is said where. */
static int keep_fits(cli_work *work, mien_outdir *dir, const mien_error *err)
{
    char where[4096 + 64];
    const mien_fit *fits[MAX_METHODS];
    mien_error why;
    for (size_t i = 0; i < work->n_fits; i++)
        fits[i] = &work->fits[i];
    work->unwritten = true;
    cli_watch(NULL);
    if (work->n_fits == 0)
        mien_outdir_abandon(dir);
    else if (mien_fits_keep(dir, fits, work->n_fits, where, sizeof where, &why))
        cli_say("the weights and the basis could not be kept either: %s", why.message);
    else
        cli_say("the weights and the basis alone are kept in %s (learn and compare go on from "
                "them by --init-from)",
                where);
    return cli_exit_of(err->status); /* of a model that was to be drawn: EXIT_DATA */
}

/* --json: summary.json of a result that is whole, as it stands there. */
static void print_summary(const cli_options *o, const char *folder)
{
    char path[4096 + 80], piece[4096];
    size_t got;
    snprintf(path, sizeof path, "%s/summary.json", folder);
    FILE *file = o->json ? fopen(path, "rb") : NULL;
    if (!file) /* a model drawn again in its own folder has none */
        return;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        fwrite(piece, 1, got, stdout);
    fclose(file);
}

/* The run was interrupted, so an earlier result stays, and OUT.interrupted is what there is. */
static int commit_fragment(const cli_options *o, mien_outdir *dir)
{
    char where[4096 + 64];
    mien_error err;
    mien_status st = mien_outdir_commit_aside(dir, "interrupted", where, sizeof where, &err);
    cli_watch(NULL);
    if (st)
        return cli_fail(&err);
    if (!o->quiet)
        cli_say("interrupted: %s is as it was; what was reached is in %s", o->output, where);
    print_summary(o, where);
    return EXIT_INTERRUPTED;
}

static int commit(const cli_options *o, mien_outdir *dir, bool fragment)
{
    mien_error err;
    if (fragment && mien_outdir_replaces(dir))
        return commit_fragment(o, dir);
    mien_status st = mien_outdir_commit(dir, &err);
    cli_watch(NULL);
    if (st)
        return cli_fail(&err);
    if (err.message[0])
        cli_say("%s", err.message);
    if (fragment && !o->quiet)
        cli_say("interrupted: what was reached is in %s", o->output);
    print_summary(o, o->output);
    return fragment ? EXIT_INTERRUPTED : EXIT_DONE;
}

/* What OUT would lose is looked at as soon as the images are known, before hours of learning. */
static int run_steps(cli_work *work, mien_outdir *dir)
{
    int status = work->read ? work->read(work) : EXIT_DONE;
    if (!status && dir && work->dataset.pixels.n)
        status = check_output(work->options, dir, &work->dataset);
    status = mien_team_worst(status);
    if (!status && work->learn)
        status = work->learn(work);
    if (!status)
        cli_any_interrupted(); /* others do not write */
    cli_progress_clear(&work->progress);
    return status;
}

static int write_out(cli_work *work, mien_outdir *dir)
{
    mien_error err;
    while (work->write(work, dir, &err))
        if (!wants_again(dir, &err))
            return keep_fits(work, dir, &err);
    return commit(work->options, dir, work->cut_short);
}

static int run(cli_work *work, mien_outdir *dir)
{
    int status = run_steps(work, dir);
    if (status && dir) {
        mien_outdir_abandon(dir);
        cli_watch(NULL);
    }
    if (status || !dir)
        return status;
    bool before = mien_team_leave(true); /* others do not write */
    status = write_out(work, dir);
    mien_team_leave(before);
    return status;
}

int cli_work_run(cli_work *work)
{
    mien_outdir *dir = NULL;
    int status = EXIT_DONE;
    cli_work_watch(work);
    if (mien_team_leads())
        status = work->begin ? work->begin(work, &dir) : cli_work_begin(work, &dir);
    status = mien_team_worst(status);
    if (status && !dir)
        return status;
    work->out = dir;
    if (dir) {
        snprintf(work->kept, sizeof work->kept, "%s.checkpoint", mien_outdir_final(dir));
        cli_watch(mien_outdir_building(dir));
    }
    status = run(work, dir);
    end_checkpoint(work, status);
    return status;
}

void cli_output_print(const cli_options *o, const char *below)
{
    char path[4096];
    size_t length = strlen(o->output);
    while (length > 1 && o->output[length - 1] == '/')
        length--;
    snprintf(path, sizeof path, "%.*s%s%s", (int)length, o->output, *below ? "/" : "", below);
    cli_put_visible(stdout, path, false);
    putchar('\n');
}
