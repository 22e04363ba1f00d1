/* visible.h - names of files as they may be shown: a name can hold anything, also what a terminal
 * takes for a command.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_VISIBLE_H
#define MIEN_VISIBLE_H

#include <stdbool.h>
#include <stdio.h>

/* Write `text` as mien_visible() shows it. lines: ends of lines are the text's own, and stay. */
void cli_put_visible(FILE *to, const char *text, bool lines);

#endif
