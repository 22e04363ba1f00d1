/* output.h - OUT, from the first look to its final name.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_OUTPUT_H
#define MIEN_OUTPUT_H

#include "cli/options.h"

/* Begin OUT, unless what is to be read lies in it. Returns an exit status; says why on stderr. */
int cli_output_begin(const cli_options *options, mien_outdir **dir);

/* Whether none of the images that were read lies in what is to be replaced. An exit status. */
int cli_output_check(const cli_options *options, const mien_outdir *dir,
                     const mien_dataset *dataset);

/* Writing failed: says why. On a terminal the user may make room and have it written again: true,
 * and what was written is removed. */
bool cli_output_again(mien_outdir *dir, const mien_error *err);

/* After an error that was told: keep weights and basis of fits that could not be written whole, and
 * say where. Frees dir; returns the exit status of the error. */
int cli_output_keep(mien_outdir *dir, const mien_error *err, const mien_fit *const *fits,
                    size_t n_fits);

/* Give OUT its name; an exit status. fragment: the run was interrupted, so an earlier result stays,
 * and OUT.interrupted is what there is. Says where it is. With --json prints its summary.json, and
 * the command prints no tables. */
int cli_output_commit(const cli_options *options, mien_outdir *dir, bool fragment);
void cli_output_abandon(mien_outdir *dir);

/* OUT's name and what is below it, on stdout, as a terminal may get them. */
void cli_output_print(const cli_options *options, const char *below);

#endif
