/* help.c - the help of a command, from the table of options and the knobs of the methods.
 * SPDX-License-Identifier: MIT */
#include "cli/option_table.h"

#include <string.h>

enum { HELP_COLUMN = 26, HELP_WIDTH = 96 };

/* A row of help: the option, then its text, wrapped. */
static void print_row(FILE *to, char letter, const char *name, const char *value, const char *help)
{
    char left[128];
    char short_name[8] = "    ";
    if (letter)
        snprintf(short_name, sizeof short_name, "-%c, ", letter);
    int width = snprintf(left, sizeof left, "  %s--%s%s%s", short_name, name, value ? " " : "",
                         value ? value : "");
    fputs(left, to);
    if (width >= HELP_COLUMN) {
        fputc('\n', to);
        width = 0;
    }
    fprintf(to, "%*s", HELP_COLUMN - width, "");
    int at = HELP_COLUMN;
    for (const char *word = help; *word;) {
        int length = (int)strcspn(word, " ");
        if (at + length > HELP_WIDTH && at > HELP_COLUMN) {
            fprintf(to, "\n%*s", HELP_COLUMN, "");
            at = HELP_COLUMN;
        }
        fprintf(to, "%.*s", length, word);
        at += length;
        word += length;
        if (*word == ' ') {
            fputc(' ', to);
            at++;
            word++;
        }
    }
    fputc('\n', to);
}

static const char *help_of(const cli_command *command, const struct option_row *row)
{
    for (const cli_own_help *own = command->own; own && own->option; own++)
        if (strcmp(own->option, row->name) == 0)
            return own->help;
    return row->help;
}

static void print_group(FILE *to, const cli_command *command, unsigned group, const char *heading,
                        unsigned taken)
{
    if (!(group & taken))
        return;
    fprintf(to, "\n%s\n", heading);
    const struct option_row *row;
    for (int i = 0; (row = cli_option_at((size_t)i)); i++)
        if (row->help && row->group & group & taken)
            print_row(to, row->letter, row->name, row->value, help_of(command, row));
}

static void print_knobs(FILE *to)
{
    const mien_method *method = NULL, *last = NULL;
    const mien_param *param;
    for (size_t k = 0; (param = cli_knob_at(k, &method)); k++) {
        const mien_method_info *info = mien_method_describe(method);
        if (method != last)
            fprintf(to, "\n%s (%s)\n", info->long_title, info->name);
        last = method;
        char help[256], first[64] = "";
        if (param->choices) {
            const char *at = param->choices;
            for (int skip = (int)param->initial; skip; skip--)
                at = strchr(at, '|') + 1;
            snprintf(first, sizeof first, "%.*s", (int)strcspn(at, "|"), at);
            snprintf(help, sizeof help, "%s: %s (default: %s)", param->choices, param->help, first);
        } else {
            snprintf(help, sizeof help, "%s (default: %g)", param->help, param->initial);
        }
        char name[64];
        snprintf(name, sizeof name, "%s", param->key);
        print_row(to, 0, name, param->choices ? "WORD" : "X", help);
        if (cli_is_yes_no(param)) {
            snprintf(name, sizeof name, "no-%s", param->key);
            snprintf(help, sizeof help, "the same as --%s no", param->key);
            print_row(to, 0, name, NULL, help);
        }
    }
}

void cli_print_help(const cli_command *command, FILE *to)
{
    fprintf(to, "Usage: mien %s %s [options]\n\n%s\n\n%s\n", command->name, command->arguments,
            command->summary, command->details);
    unsigned taken = command->groups | GROUP_GENERAL;
    print_group(to, command, GROUP_OUTPUT, "Output", taken);
    print_group(to, command, GROUP_METHODS | GROUP_METHOD | GROUP_FIT | GROUP_CALIBRATE, "Learning",
                taken);
    if (taken & GROUP_FIT)
        print_knobs(to);
    print_group(to, command, GROUP_RANK, "Choosing r", taken);
    print_group(to, command, GROUP_READ | GROUP_NEW, "Reading", taken);
    print_group(to, command, GROUP_DRAW | GROUP_EXAMPLE | GROUP_RESIDUAL, "Drawing", taken);
    print_group(to, command, GROUP_CONE, "The cone (demo cone)", taken);
    print_group(to, command, GROUP_THREADS | GROUP_JSON | GROUP_GENERAL, "General", taken);
    fprintf(to,
            "\nExit status: 0 done, 1 failed, 2 wrong usage, 3 nothing usable in the data,\n"
            "130 interrupted with what was reached kept.\n\nExamples\n%s\n",
            command->examples);
}
