/* say.h - what the program says: messages on stderr, exit statuses, names as they may be shown.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SAY_H
#define MIEN_SAY_H

#include "mien_report.h"

#include <stdio.h>

/* Exit status, as README and --help promise. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_DATA = 3, EXIT_INTERRUPTED = 130 };

/* "mien: " and a message on stderr. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The exit status of an error: EXIT_USAGE where the words are wrong, EXIT_DATA where what was read
 * cannot be used, wherever that was found, else EXIT_FAILED. */
int cli_exit_of(mien_status status);

/* Says what it is; where memory was out and the disk had no room either, that. */
void cli_say_error(const mien_error *err);

/* Say an error and return its exit status. */
int cli_fail(const mien_error *err);

/* The same of an error met while reading INPUT: EXIT_DATA, unless words or memory are at fault; a
 * script that walks over folders can tell bad data, also a file that is not there, from trouble. */
int cli_fail_data(const mien_error *err);

/* For the few things that the program itself allocates. */
int cli_no_memory(void);

/* Write `text` as mien_visible() shows it: names can hold anything, also what a terminal takes for
 * a command. lines: ends of lines are the text's own, and stay. */
void cli_put_visible(FILE *to, const char *text, bool lines);

#endif
