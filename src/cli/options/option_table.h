/* option_table.h - every option of mien: its words, its help and what it sets.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_OPTION_TABLE_H
#define MIEN_OPTION_TABLE_H

#include "cli/options/options.h"

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

/* The index-th option of a method, over all of them: a key that two methods share is counted once;
 * NULL at the end. *method, unless NULL, is the first that has it. */
const mien_option *cli_method_option_at(size_t index, const mien_method **method);

/* Whether a command takes the option; and whether it is shown in help. */
bool cli_takes(const cli_command *command, const struct option_row *row);

/* "a|b|c", the words that an option takes, as its help begins; false when it takes others. */
bool cli_option_choices(const struct option_row *row, char *text, size_t size);

/* An option as help, manual and completion of a command show it. */
typedef struct cli_shown {
    char letter;       /* 0: none */
    char name[64];     /* "": the method has no option that is not told of with another */
    const char *value; /* NULL: none */
    char help[1024];
    char choices[256]; /* "a|b|c"; "": other words */
    const mien_method_info
        *method; /* whose first one it is; NULL: it goes on, or is of the table */
} cli_shown;

typedef void (*cli_show_fn)(FILE *to, const cli_command *command, const cli_shown *option);

/* What exit statuses mean. */
#define CLI_EXIT_WORDS                                                                             \
    "Exit status: 0 done, 1 failed, 2 wrong usage, 3 nothing usable in the data, 130 interrupted " \
    "with what was reached kept."

/* The sections of options in help and manual, in their order: a heading and its groups; NULL at the
 * end. methods: their own options follow it. */
typedef struct cli_section {
    const char *heading;
    unsigned groups;
    bool methods;
} cli_section;
const cli_section *cli_section_at(size_t index);

/* Whether a command has any option of a section. */
bool cli_has_section(const cli_command *command, const cli_section *section);

/* Call `show` for every option of the section that the command takes, then for those of methods. */
void cli_show_section(FILE *to, const cli_command *command, const cli_section *section,
                      cli_show_fn show);

/* Whether --no-KEY may be said, too. */
bool cli_is_yes_no(const mien_option *option);

#endif
