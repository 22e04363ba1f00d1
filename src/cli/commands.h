/* commands.h - the list of commands.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_COMMANDS_H
#define MIEN_COMMANDS_H

#include "cli/options/options.h"

/* The index-th command; NULL at the end. */
const cli_command *cli_command_at(size_t index);

/* NULL when there is none of that name. */
const cli_command *cli_command_find(const char *name);

/* Say that there is no such command, and what was meant. Returns EXIT_USAGE. words: what was typed
 * from that word on, `count` of them. */
int cli_no_command(int count, char **words);

#endif
