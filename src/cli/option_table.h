/* option_table.h - every option of mien: its words, its help and what it sets.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_OPTION_TABLE_H
#define MIEN_OPTION_TABLE_H

#include "cli/options.h"

struct option_row {
    const char *name;
    char letter;
    const char *value; /* how the help calls the argument; NULL for a flag */
    unsigned group;
    bool (*set)(cli_options *o, const char *text);
    const char *help; /* NULL: a word of before, which still works and is not shown */
};

/* The index-th option; NULL at the end. */
const struct option_row *cli_option_at(size_t index);

/* The index-th knob over all methods, a key that two methods share counted once; NULL at the end.
 * *method, unless NULL, is the first that has it. */
const mien_param *cli_knob_at(size_t index, const mien_method **method);

/* Whether --no-KEY may be said, too. */
bool cli_is_yes_no(const mien_param *param);

#endif
