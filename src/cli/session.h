/* session.h - what compare, learn and demo do: read, learn, write.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SESSION_H
#define MIEN_SESSION_H

#include "cli/options.h"

/* Run the methods of the options on INPUT and write OUT. Returns the exit status. */
int cli_session(cli_options *options);

/* Say on stderr which ink was decided, unless it was asked for. */
void cli_say_ink(const mien_dataset *dataset, const cli_options *options);

/* Say on stderr how many images were refused or skipped, with reasons when asked. */
void cli_say_refused(const mien_dataset *dataset, const cli_options *options);

#endif
