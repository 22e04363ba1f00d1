/* visible.h - names of files as they may be shown: a name can hold anything, also what a terminal
 * takes for a command.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_VISIBLE_H
#define MIEN_VISIBLE_H

#include <stdbool.h>
#include <stdio.h>

/* Write `text` with its control characters (C0, DEL, C1) and what is not UTF-8 as \x1b and so on.
 * lines: ends of lines are the text's own, and stay. */
void cli_put_visible(FILE *to, const char *text, bool lines);

#endif
