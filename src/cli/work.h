/* work.h - what commands that read INPUT and write OUT have in common.
 * SPDX-License-Identifier: MIT
 *
 * begin OUT - read INPUT - learn - write - commit, written once: what a command does is three
 * functions. OUT is begun first, so that hours of work do not end at a folder that may not be
 * written; it is complete or absent, whatever happens. */
#ifndef MIEN_WORK_H
#define MIEN_WORK_H

#include "cli/options/options.h"
#include "cli/progress.h"

typedef struct cli_work cli_work;

/* Stands first in the struct of a command's own, so that its functions get at the rest of it. */
struct cli_work {
    cli_options *options;
    cli_progress progress;
    mien_dataset dataset; /* what `read` read; the command frees it */
    mien_fit *fits; /* n_fits; what is kept when OUT cannot be written; they belong to others */
    size_t n_fits;
    bool cut_short;  /* set by `write`: an interrupt left something out, so an earlier OUT stays */
    bool incomplete; /* set by `learn`: something is missing that another try may bring */
    mien_checkpoint *checkpoint; /* of cli_work_keep(), or NULL; cli_work_run() sees to its end */
    char kept[4096 + 16];        /* OUT.checkpoint, once OUT is begun */
    const mien_outdir *out;      /* OUT, once it is begun; NULL in ranks that do not write */
    char weights[4096 + 64];     /* for mien_options.weights_file: of cli_work_weights() */
    bool unwritten;              /* set by cli_work_run(): OUT could not be written */

    /* Each returns an exit status, after it has said why it is not EXIT_DONE. begin: NULL for
     * cli_work_begin(); read, learn: NULL where there is nothing to do. */
    int (*begin)(cli_work *work, mien_outdir **dir);
    int (*read)(cli_work *work);
    int (*learn)(cli_work *work);
    /* Writes all of OUT. Is called again when the user has made room. */
    mien_status (*write)(cli_work *work, mien_outdir *dir, mien_error *err);
};

/* All of it. On a terminal the user may make room on a full disk and have OUT written again; else
 * weights and basis alone are kept, and it is said where. With --json summary.json is printed, and
 * the command prints no tables. Returns the exit status. */
int cli_work_run(cli_work *work);

/* Show a bar on a terminal, and ask for an end after Ctrl-C, in all that the options are given to;
 * cli_work_run() does so itself. */
void cli_work_watch(cli_work *work);

/* What `begin` is when it is NULL: OUT as -o names it, unless what is to be read lies in it. */
int cli_work_begin(cli_work *work, mien_outdir **dir);

/* For `read`. Read `input` as the options say: the exit status of what went wrong; nothing is said
 * of what was read. */
int cli_work_load(cli_work *work, const char *input);

/* Both: what most commands read. */
int cli_work_read(cli_work *work, const char *input, bool ink);

/* Say which images were refused, and which ink was decided unless it was asked for; with --strict
 * one that was refused is EXIT_DATA. `ink`: whether there was a choice. */
int cli_work_accept(cli_work *work, bool ink);
int cli_work_strict(const cli_work *work); /* the last of these alone */

/* For `read`, in the end: images that do not fit into memory are turned on their side where a
 * method wants them so, or permuted data are made of them, and it is said; also when there is no
 * room for that, which is no failure. */
int cli_work_turn(cli_work *work, bool permutes);

/* For `learn`: keep what to go on from, and go on from what was kept, as the options say; `what` is
 * the kind of work. work->options->fit has it then. */
int cli_work_keep(cli_work *work, const char *what);

/* For `learn`: where ranks write the weights of a fit into OUT; folder: of OUT, or "". Stands until
 * the next call. */
const char *cli_work_weights(cli_work *work, const char *folder);

/* The exit status of an error met while reading or learning: EXIT_INTERRUPTED where the user asked
 * for an end, else says it. */
int cli_work_fail(cli_work *work, const mien_error *err);

/* OUT's name and what is below it, on stdout, as a terminal may get them. */
void cli_output_print(const cli_options *options, const char *below);

#endif
