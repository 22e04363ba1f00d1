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
    enum { TAKES_NOTHING, TAKES_TEXT, TAKES_CHOICE, TAKES_WHOLE, TAKES_OWN } kind;
    size_t at, size;                               /* of the field that it sets */
    unsigned long long min, max;                   /* of TAKES_WHOLE */
    bool (*set)(cli_options *o, const char *text); /* of TAKES_OWN */
    const char *help; /* NULL: a word of before, which still works and is not shown */
};

/* Set what the option sets; false after saying what is wrong with the text (NULL: it has none). */
bool cli_set(const struct option_row *row, cli_options *o, const char *text);

/* The index-th option, NULL at the end; and the place of one. */
size_t cli_option_index(const struct option_row *row);
const struct option_row *cli_option_at(size_t index);

/* The index-th knob over all methods, a key that two methods share counted once; NULL at the end.
 * *method, unless NULL, is the first that has it. */
const mien_option *cli_knob_at(size_t index, const mien_method **method);

/* Whether a command takes the option; and whether it is shown in help. */
bool cli_takes(const cli_command *command, const struct option_row *row);

/* The help of an option or a knob, as a command tells it: what the help, the manual and completion
 * say of it, in one line. Returns text. */
const char *cli_option_help(const cli_command *command, const struct option_row *row, char *text,
                            size_t size);
const char *cli_knob_help(const mien_option *option, char *text, size_t size);

/* "a|b|c", the words that an option takes, as its help begins; false when it takes others. */
bool cli_option_choices(const struct option_row *row, char *text, size_t size);

/* What exit statuses mean. */
#define CLI_EXIT_WORDS                                                                             \
    "Exit status: 0 done, 1 failed, 2 wrong usage, 3 nothing usable in the data, 130 interrupted " \
    "with what was reached kept."

/* The sections of options in help and manual, in their order: a heading and its groups; NULL at the
 * end. knobs: the methods' own options follow it. */
typedef struct cli_section {
    const char *heading;
    unsigned groups;
    bool knobs;
} cli_section;
const cli_section *cli_section_at(size_t index);

/* Whether --no-KEY may be said, too. */
bool cli_is_yes_no(const mien_option *option);

#endif
