/* output.c - OUT, from the first look to its final name.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "cli/output.h"

#include "cli/signals.h"
#include "cli/visible.h"

#include <string.h>
#include <unistd.h>

int cli_output_begin(const cli_options *o, mien_outdir **dir)
{
    mien_error err;
    if (mien_outdir_spare(o->output, "MODEL", o->model, &err) ||
        mien_outdir_spare(o->output, "INPUT", o->input, &err) ||
        mien_outdir_spare(o->output, "--init-from", o->init_from, &err) ||
        mien_outdir_spare(o->output, "--training", o->training, &err) ||
        mien_outdir_spare(o->output, "--from", o->from, &err) ||
        mien_outdir_begin(o->output, o->force, dir, &err))
        return cli_fail(&err);
    cli_watch(mien_outdir_building(*dir));
    return EXIT_DONE;
}

int cli_output_check(const cli_options *o, const mien_outdir *dir, const mien_dataset *dataset)
{
    mien_error err;
    const char *input = o->from ? o->from : o->input;
    return mien_outdir_spare_images(dir, input, dataset, &err) ? cli_fail(&err) : EXIT_DONE;
}

bool cli_output_again(mien_outdir *dir, const mien_error *err)
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

int cli_output_keep(mien_outdir *dir, const mien_error *err, const mien_fit *const *fits,
                    size_t n_fits)
{
    char where[4096 + 64];
    mien_error why;
    int status = err->status == MIEN_ERR_ARG ? EXIT_USAGE : EXIT_FAILED;
    cli_watch(NULL);
    if (n_fits == 0)
        mien_outdir_abandon(dir);
    else if (mien_fits_keep(dir, fits, n_fits, where, sizeof where, &why))
        cli_say("the weights and the basis could not be kept either: %s", why.message);
    else
        cli_say("the weights and the basis alone are kept in %s (learn and compare go on from "
                "them by --init-from)",
                where);
    return status;
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

int cli_output_commit(const cli_options *o, mien_outdir *dir, bool fragment)
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

void cli_output_abandon(mien_outdir *dir)
{
    mien_outdir_abandon(dir);
    cli_watch(NULL);
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
