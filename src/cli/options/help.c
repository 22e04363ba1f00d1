/* help.c - the help of a command, from the table of options and those of the methods.
 * SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/options/option_table.h"

#include <stdlib.h>
#include <string.h>

enum { WIDEST = 80, NARROWEST = 40, NARROW = 60 };

/* ---------------------------------------------------------------- lines */

/* Text in lines of at most `width` columns, from the second on with `indent` blanks before. */
typedef struct lines {
    FILE *to;
    int width, indent;
    int at;    /* columns that are written */
    bool open; /* a word stands on the line */
} lines;

static int help_width(void)
{
    const char *columns = getenv("COLUMNS");
    long width = columns ? strtol(columns, NULL, 10) : 0;
    return width < 1 || width > WIDEST ? WIDEST : width < NARROWEST ? NARROWEST : (int)width;
}

static void new_line(lines *l)
{
    fprintf(l->to, "\n%*s", l->indent, "");
    l->at = l->indent;
    l->open = false;
}

/* A word that is longer than a line is cut, behind "|", "," or "/" where it has one. */
static int piece_length(const char *word, int length, int room)
{
    if (length <= room)
        return length;
    for (int cut = room; cut > 0; cut--)
        if (strchr("|,/", word[cut - 1]))
            return cut;
    return room;
}

static void put_word(lines *l, const char *word, int length)
{
    if (l->open && l->at + 1 + length > l->width)
        new_line(l);
    if (l->open) {
        fputc(' ', l->to);
        l->at++;
    }
    while (length > 0) {
        int piece = piece_length(word, length, l->width - l->at);
        fprintf(l->to, "%.*s", piece, word);
        l->at += piece;
        l->open = true;
        word += piece;
        length -= piece;
        if (length > 0)
            new_line(l);
    }
}

static void put_words(lines *l, const char *text)
{
    for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
        int length = (int)strcspn(text, " \n");
        put_word(l, text, length);
        text += length;
    }
}

void cli_print_paragraphs(FILE *to, const char *text)
{
    lines l = {to, help_width(), 0, 0, false};
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (length == 0 || *text == ' ') {
            if (l.open)
                new_line(&l);
            fprintf(to, "%.*s", (int)length, text);
            new_line(&l);
        } else {
            char line[512];
            snprintf(line, sizeof line, "%.*s", (int)length, text);
            put_words(&l, line);
        }
        text += length + (text[length] == '\n');
    }
    if (l.open)
        fputc('\n', to);
}

/* A row: what is typed, then its text, wrapped. Where there is little room it is below. */
static void print_row(FILE *to, const char *left, int column, const char *text)
{
    int width = help_width();
    column = width < NARROW ? 8 : column;
    lines l = {to, width, column, 0, false};
    fputs(left, to);
    l.at = (int)strlen(left);
    if (l.at >= column)
        new_line(&l);
    else
        fprintf(to, "%*s", column - l.at, "");
    l.at = column;
    put_words(&l, text);
    fputc('\n', to);
}

/* ---------------------------------------------------------------- what is said */

/* The methods by their records. */
static void add_methods(char *text, size_t size)
{
    size_t at = strlen(text);
    for (size_t i = 0; i < mien_method_count() && at < size; i++) {
        const mien_method_info *info = mien_method_describe(mien_method_at(i));
        at += (size_t)snprintf(text + at, size - at, "%s %s (%s: %s)", i ? "," : ":", info->name,
                               info->long_title, info->motto);
    }
}

/* A row of the table, in the command's own words where it has some. */
static void fill_row(const cli_command *command, const struct option_row *row, cli_shown *s)
{
    const char *help = row->help;
    for (const cli_own_help *own = command->own; own && own->option; own++)
        if (strcmp(own->option, row->name) == 0)
            help = own->help;
    *s = (cli_shown){.letter = row->letter, .value = row->value};
    snprintf(s->name, sizeof s->name, "%s", row->name);
    snprintf(s->help, sizeof s->help, "%s", help);
    cli_option_choices(row, s->choices, sizeof s->choices);
    if (!(row->group & (GROUP_METHODS | GROUP_METHOD)))
        return;
    add_methods(s->help, sizeof s->help);
    for (size_t m = 0; m < mien_method_count(); m++)
        snprintf(s->choices + strlen(s->choices), sizeof s->choices - strlen(s->choices), "%s%s",
                 m ? "|" : "", mien_method_describe(mien_method_at(m))->name);
}

/* An option of a method: its words, its meaning and its default. */
static void fill_option(const mien_option *option, cli_shown *s)
{
    *s = (cli_shown){.value = option->choices ? "WORD" : "X"};
    snprintf(s->name, sizeof s->name, "%s", option->key);
    if (!option->choices) {
        snprintf(s->help, sizeof s->help, "%s (default: %g)", option->help, option->initial);
        return;
    }
    char word[MIEN_OPTION_WORD];
    mien_options defaults = mien_options_default();
    snprintf(s->choices, sizeof s->choices, "%s", option->choices);
    snprintf(s->help, sizeof s->help, "%s: %s (default: %s)", option->choices, option->help,
             mien_option_word(&defaults, option, word));
}

static const cli_section sections[] = {
    {"Output", GROUP_OUTPUT | GROUP_CHECKPOINT, false},
    {"Learning",
     GROUP_METHODS | GROUP_METHOD | GROUP_FIT | GROUP_WEIGHTS | GROUP_SNAPSHOTS | GROUP_CALIBRATE,
     true},
    {"Choosing r", GROUP_RANK, false},
    {"Reading", GROUP_READ | GROUP_NEW, false},
    {"Drawing", GROUP_DRAW | GROUP_EXAMPLE | GROUP_PAGE | GROUP_RESIDUAL, false},
    {"The cone (demo cone)", GROUP_CONE, false},
    {"General", GROUP_THREADS | GROUP_JSON | GROUP_GENERAL, false},
};

const cli_section *cli_section_at(size_t index)
{
    return index < sizeof sections / sizeof *sections ? &sections[index] : NULL;
}

bool cli_has_section(const cli_command *command, const cli_section *section)
{
    return (section->groups & (command->groups | GROUP_GENERAL)) != 0;
}

/* The options of one method that no method before it has. */
static void show_method(FILE *to, const cli_command *command, const mien_method *method,
                        cli_show_fn show)
{
    const mien_option *option;
    const mien_method *owner = NULL;
    const mien_method_info *heading = mien_method_describe(method);
    cli_shown s;
    for (size_t k = 0; (option = cli_method_option_at(k, &owner)); k++) {
        if (owner != method)
            continue;
        fill_option(option, &s);
        s.method = heading;
        heading = NULL;
        show(to, command, &s);
        if (!cli_is_yes_no(option))
            continue;
        s = (cli_shown){0};
        snprintf(s.name, sizeof s.name, "no-%s", option->key);
        snprintf(s.help, sizeof s.help, "the same as --%s no", option->key);
        show(to, command, &s);
    }
    if (heading)
        show(to, command, &(cli_shown){.method = heading});
}

void cli_show_section(FILE *to, const cli_command *command, const cli_section *section,
                      cli_show_fn show)
{
    const struct option_row *row;
    cli_shown s;
    for (size_t i = 0; (row = cli_option_at(i)); i++)
        if (row->group & section->groups && cli_takes(command, row)) {
            fill_row(command, row, &s);
            show(to, command, &s);
        }
    for (size_t m = 0; section->methods && command->groups & GROUP_FIT && m < mien_method_count();
         m++)
        show_method(to, command, mien_method_at(m), show);
}

/* ---------------------------------------------------------------- help */

enum { OPTION_COLUMN = 26 };

static void print_option(FILE *to, const cli_command *command, const cli_shown *s)
{
    char left[128], letter[8] = "    ";
    (void)command;
    if (s->method)
        fprintf(to, "\n%s (%s)\n", s->method->long_title, s->method->name);
    if (!*s->name) {
        fputs("  no options of its own\n", to);
        return;
    }
    if (s->letter)
        snprintf(letter, sizeof letter, "-%c, ", s->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, s->name, s->value ? " " : "",
             s->value ? s->value : "");
    print_row(to, left, OPTION_COLUMN, s->help);
}

static void print_section(FILE *to, const cli_command *command, const cli_section *section)
{
    if (!cli_has_section(command, section))
        return;
    fprintf(to, "\n%s\n", section->heading);
    cli_show_section(to, command, section, print_option);
}

void cli_print_help(const cli_command *command, FILE *to)
{
    char usage[256];
    snprintf(usage, sizeof usage, "Usage: mien %s %s [options]", command->name, command->arguments);
    cli_print_paragraphs(to, usage);
    fputc('\n', to);
    cli_print_paragraphs(to, command->summary);
    fputc('\n', to);
    cli_print_paragraphs(to, command->details);
    const cli_section *section;
    for (size_t i = 0; (section = cli_section_at(i)); i++)
        print_section(to, command, section);
    fputc('\n', to);
    cli_print_paragraphs(to, CLI_EXIT_WORDS);
    fprintf(to, "\nExamples\n%s\n", command->examples);
}

void cli_print_usage(FILE *to)
{
    const cli_command *command;
    cli_print_paragraphs(to, "mien learns the parts of images: non-negative matrix factorization "
                             "beside k-means, PCA and ICA on the same data.\n");
    fputs("\nUsage: mien COMMAND [options]\n\nCommands\n", to);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        char left[32];
        snprintf(left, sizeof left, "  %s", command->name);
        print_row(to, left, 13, command->summary);
    }
    fputs("\nStart with\n", to);
    print_row(to, "  mien demo -o out", 30, "the lesson, on the faces that come with mien");
    print_row(to, "  mien compare FOLDER -o out", 30, "the same on a folder of yours");
    print_row(to, "  mien help COMMAND", 30, "all options of a command");
    print_row(to, "  mien version", 30, "which mien this is");
    fputs("\nMethods\n", to);
    for (size_t i = 0; i < mien_method_count(); i++) {
        const mien_method_info *info = mien_method_describe(mien_method_at(i));
        char left[32], text[256];
        snprintf(left, sizeof left, "  %s", info->name);
        snprintf(text, sizeof text, "%s: %s", info->long_title, info->motto);
        print_row(to, left, 13, text);
    }
}
