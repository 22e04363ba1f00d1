/* advice.h - what is said about the data and the answer: the choice of r, options in force, advice.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_ADVICE_H
#define MIEN_ADVICE_H

#include "cli/options/options.h"

/* Set r where neither -r nor a start gives it, by mien_components_default(), and say so in a line
 * where it is not the usual one. */
void cli_choose_components(cli_options *options, const mien_dataset *dataset);

/* With -v: what was read, and the options in force. */
void cli_say_options(const cli_options *options, const mien_dataset *dataset);

/* The same, and a warning where there is nothing to learn: all images are equal, or all values. */
void cli_say_data(const cli_options *options, const mien_dataset *dataset);

/* After a run: print the commands that its numbers ask for. */
void cli_advise(const cli_options *options, const mien_dataset *dataset, const mien_fit *fits,
                const mien_parts *parts, size_t n_fits);

/* What the run needs, by the plan: told with -v, and EXIT_FAILED, with figure and remedy, where it
 * is more than may be used. side_by_side: fits at a time. */
int cli_check_memory(const cli_options *options, const mien_dataset *dataset, size_t side_by_side);

/* Whether a descent goes through all images for a few pixels at a time. */
bool cli_reads_strips(const cli_options *options);

#endif
