/* make_manual.c - the manual and completion for shells, from the tables that --help prints.
 * SPDX-License-Identifier: MIT
 *
 *   make_manual OUT     writes OUT/mien.1, OUT/mien-COMMAND.1, OUT/mien.bash, OUT/_mien and
 *                       OUT/mien.fish
 *
 * Runs when mien is built; the program itself does not hold it. */
#include "cli/commands.h"
#include "cli/options/option_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_in(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(EXIT_FAILURE);
    }
    return file;
}

static void close_whole(FILE *file)
{
    bool broken = ferror(file) != 0;
    if (fclose(file) != 0 || broken) {
        perror("make_manual");
        exit(EXIT_FAILURE);
    }
}

/* ---------------------------------------------------------------- the tables */

/* Every option of a command once, in the order of its help. */
static void show_options(FILE *to, const cli_command *command, cli_show_fn show)
{
    const cli_section *section;
    for (size_t i = 0; (section = cli_section_at(i)); i++)
        if (cli_has_section(command, section))
            cli_show_section(to, command, section, show);
}

/* An option that stands in no section, or in two, is one that help does not show as it should. */
static void check_sections(const cli_command *command)
{
    const struct option_row *row;
    const cli_section *section;
    for (size_t i = 0; (row = cli_option_at(i)); i++) {
        size_t found = 0;
        for (size_t k = 0; (section = cli_section_at(k)); k++)
            found += cli_has_section(command, section) && row->group & section->groups;
        if (cli_takes(command, row) && found != 1) {
            fprintf(stderr, "--%s stands in %zu sections of the help of %s\n", row->name, found,
                    command->name);
            exit(EXIT_FAILURE);
        }
    }
}

/* ---------------------------------------------------------------- manual */

/* Text as roff: no escapes of its own, hyphens to be copied, no requests at the begin of a line. */
static void put_roff(FILE *to, const char *text)
{
    bool start = true;
    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            fputs("\\&", to);
        start = *text == '\n';
        switch (*text) {
        case '\\':
            fputs("\\e", to);
            break;
        case '-':
            fputs("\\-", to);
            break;
        case '\'':
            fputs("\\(aq", to);
            break;
        case '`':
            fputs("\\(ga", to);
            break;
        case '^':
            fputs("\\(ha", to);
            break;
        case '~':
            fputs("\\(ti", to);
            break;
        default:
            fputc(*text, to);
        }
    }
}

/* Lines that begin with a blank stand as they are. */
static void put_paragraphs(FILE *to, const char *text)
{
    bool literal = false, first = true;
    while (*text) {
        size_t length = strcspn(text, "\n");
        char line[512];
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        bool indented = *line == ' ';
        if (indented != literal && length)
            fputs(!indented ? ".fi\n" : first ? ".nf\n" : ".PP\n.nf\n", to);
        first = false;
        literal = length ? indented : literal;
        if (length == 0) {
            fputs(literal ? "\n" : ".PP\n", to);
        } else {
            put_roff(to, line + (indented ? strspn(line, " ") : 0));
            fputc('\n', to);
        }
        text += length + (text[length] == '\n');
    }
    if (literal)
        fputs(".fi\n", to);
}

static void put_title(FILE *to, const char *name, const char *summary)
{
    char capitals[64];
    size_t at = 0;
    for (; name[at] && at + 1 < sizeof capitals; at++)
        capitals[at] = name[at] >= 'a' && name[at] <= 'z' ? (char)(name[at] - 'a' + 'A') : name[at];
    capitals[at] = '\0';
    fputs(".TH ", to);
    put_roff(to, capitals);
    fprintf(to, " 1 \"" MANUAL_DATE "\" \"mien %s\" \"User Commands\"\n.SH NAME\n", MIEN_VERSION);
    put_roff(to, name);
    fputs(" \\- ", to);
    put_roff(to, summary);
    fputc('\n', to);
}

static void put_option(FILE *to, const cli_command *command, const cli_shown *s)
{
    (void)command;
    if (!*s->name)
        return;
    fputs(".TP\n", to);
    if (s->letter)
        fprintf(to, "\\fB\\-%c\\fR, ", s->letter);
    fputs("\\fB\\-\\-", to);
    put_roff(to, s->name);
    fputs("\\fR", to);
    if (s->value) {
        fputs(" \\fI", to);
        put_roff(to, s->value);
        fputs("\\fR", to);
    }
    fputc('\n', to);
    put_roff(to, s->help);
    fputc('\n', to);
}

static void put_exit_status(FILE *to)
{
    fputs(".SH EXIT STATUS\n", to);
    put_roff(to, CLI_EXIT_WORDS);
    fputc('\n', to);
}

static void write_command_page(const char *folder, const cli_command *command)
{
    char name[64], file[80];
    snprintf(name, sizeof name, "mien-%s", command->name);
    snprintf(file, sizeof file, "%s.1", name);
    FILE *to = open_in(folder, file);
    put_title(to, name, command->summary);
    fprintf(to, ".SH SYNOPSIS\n\\fBmien %s\\fR ", command->name);
    put_roff(to, command->arguments);
    fputs(" [options]\n.SH DESCRIPTION\n", to);
    put_paragraphs(to, command->details);
    const cli_section *section;
    fputs(".SH OPTIONS\n", to);
    for (size_t i = 0; (section = cli_section_at(i)); i++) {
        if (!cli_has_section(command, section))
            continue;
        fprintf(to, ".SS \"%s\"\n", section->heading);
        cli_show_section(to, command, section, put_option);
    }
    put_exit_status(to);
    fputs(".SH EXAMPLES\n", to);
    put_paragraphs(to, command->examples);
    fputs(".SH SEE ALSO\n\\fBmien\\fR(1)\n", to);
    close_whole(to);
}

static void write_main_page(const char *folder)
{
    FILE *to = open_in(folder, "mien.1");
    const cli_command *command;
    put_title(to, "mien", "learn the parts of images");
    fputs(
        ".SH SYNOPSIS\n\\fBmien\\fR \\fICOMMAND\\fR [options]\n.br\n"
        "\\fBmien help\\fR [\\fICOMMAND\\fR]\n.br\n\\fBmien version\\fR\n.SH DESCRIPTION\n"
        "mien learns the parts of images: non-negative matrix factorization beside k\\-means, PCA\n"
        "and ICA on the same data, drawn side by side.\n.SH COMMANDS\n",
        to);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        fprintf(to, ".TP\n\\fBmien\\-%s\\fR(1)\n", command->name);
        put_roff(to, command->summary);
        fputc('\n', to);
    }
    fputs(".SH METHODS\n", to);
    for (size_t i = 0; i < mien_method_count(); i++) {
        const mien_method_info *info = mien_method_describe(mien_method_at(i));
        char text[512];
        snprintf(text, sizeof text, "%s: %s. %s", info->long_title, info->motto, info->citation);
        fprintf(to, ".TP\n\\fB%s\\fR\n", info->name);
        put_roff(to, text);
        fputc('\n', to);
    }
    put_exit_status(to);
    fputs(".SH EXAMPLES\n.nf\nmien demo \\-o out\nmien compare faces/ \\-o out\n.fi\n", to);
    close_whole(to);
}

/* ---------------------------------------------------------------- bash */

static void put_choices(FILE *to, const char *choices)
{
    for (; *choices; choices++)
        fputc(*choices == '|' ? ' ' : *choices, to);
}

static void put_bash_name(FILE *to, const cli_command *command, const cli_shown *s)
{
    (void)command;
    if (!*s->name)
        return;
    if (s->letter)
        fprintf(to, "-%c ", s->letter);
    fprintf(to, "--%s ", s->name);
}

static void put_bash_choice(FILE *to, const cli_command *command, const cli_shown *s)
{
    if (*s->choices) {
        fprintf(to, "        %s,--%s) words=\"", command->name, s->name);
        put_choices(to, s->choices);
        fputs("\" ;;\n", to);
    }
}

static void put_commands(FILE *to)
{
    const cli_command *command;
    for (size_t i = 0; (command = cli_command_at(i)); i++)
        fprintf(to, "%s ", command->name);
    fputs("help version", to);
}

static void write_bash(const char *folder)
{
    FILE *to = open_in(folder, "mien.bash");
    const cli_command *command;
    fputs("# completion of mien for bash, made from its tables of options\n"
          "_mien() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local command=${COMP_WORDS[1]} words=\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ] || { [ \"$COMP_CWORD\" -eq 2 ] && [ \"$command\" = "
          "help ]; }; "
          "then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"",
          to);
    put_commands(to);
    fputs(" --help --version\" -- \"$word\")\n        return\n    fi\n"
          "    case $command,$before in\n",
          to);
    for (size_t i = 0; (command = cli_command_at(i)); i++)
        show_options(to, command, put_bash_choice);
    fputs("    esac\n"
          "    if [ -z \"$words\" ] && [[ $word == -* ]]; then\n"
          "        case $command in\n",
          to);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        fprintf(to, "            %s) words=\"", command->name);
        show_options(to, command, put_bash_name);
        fputs("\" ;;\n", to);
    }
    fputs("        esac\n    fi\n"
          "    if [ -n \"$words\" ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
          "    elif [ \"$command\" = demo ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"faces swimmer cone\" -- \"$word\")\n"
          "    else\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
          "        compopt -o filenames 2>/dev/null\n"
          "    fi\n}\ncomplete -F _mien mien\n",
          to);
    close_whole(to);
}

/* ---------------------------------------------------------------- zsh */

/* Between single quotes, in an argument of _arguments or _describe. */
static void put_zsh(FILE *to, const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", to);
        else if (strchr("[]:\\", *text))
            fprintf(to, "\\%c", *text);
        else
            fputc(*text, to);
}

static void put_zsh_value(FILE *to, const cli_shown *s)
{
    if (!s->value)
        return;
    fputc(':', to);
    put_zsh(to, s->value);
    fputc(':', to);
    if (*s->choices) {
        fputc('(', to);
        put_choices(to, s->choices);
        fputc(')', to);
    } else {
        fputs("_files", to);
    }
}

static void put_zsh_option(FILE *to, const cli_command *command, const cli_shown *s)
{
    (void)command;
    if (!*s->name)
        return;
    if (s->letter) {
        fprintf(to, "            '-%c[", s->letter);
        put_zsh(to, s->help);
        fputc(']', to);
        put_zsh_value(to, s);
        fputs("' \\\n", to);
    }
    fprintf(to, "            '--%s%s[", s->name, s->value ? "=" : "");
    put_zsh(to, s->help);
    fputc(']', to);
    put_zsh_value(to, s);
    fputs("' \\\n", to);
}

static void write_zsh(const char *folder)
{
    FILE *to = open_in(folder, "_mien");
    const cli_command *command;
    fputs("#compdef mien\n# completion of mien for zsh, made from its tables of options\n"
          "_mien() {\n    local -a commands\n    commands=(\n",
          to);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        fprintf(to, "        '%s:", command->name);
        put_zsh(to, command->summary);
        fputs("'\n", to);
    }
    fputs("        'help:all options of a command'\n        'version:which mien this is'\n    )\n"
          "    if (( CURRENT == 2 )) || { (( CURRENT == 3 )) && [[ $words[2] == help ]]; }; then\n"
          "        _describe command commands\n        return\n    fi\n"
          "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n"
          "    case $command in\n",
          to);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        fprintf(to, "    %s)\n        _arguments \\\n", command->name);
        show_options(to, command, put_zsh_option);
        fputs("            '*:file:_files'\n        ;;\n", to);
    }
    fputs("    esac\n}\n_mien \"$@\"\n", to);
    close_whole(to);
}

/* ---------------------------------------------------------------- fish */

static void put_fish(FILE *to, const char *text)
{
    fputc('\'', to);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', to);
        fputc(*text, to);
    }
    fputc('\'', to);
}

static void put_fish_option(FILE *to, const cli_command *command, const cli_shown *s)
{
    if (!*s->name)
        return;
    fprintf(to, "complete -c mien -n '__fish_seen_subcommand_from %s' -l %s", command->name,
            s->name);
    if (s->letter)
        fprintf(to, " -s %c", s->letter);
    if (s->value)
        fputs(" -r", to);
    if (*s->choices) {
        fputs(" -f -a '", to);
        put_choices(to, s->choices);
        fputc('\'', to);
    }
    fputs(" -d ", to);
    put_fish(to, s->help);
    fputc('\n', to);
}

static void write_fish(const char *folder)
{
    FILE *to = open_in(folder, "mien.fish");
    const cli_command *command;
    fputs("# completion of mien for fish, made from its tables of options\n", to);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        fprintf(to, "complete -c mien -n __fish_use_subcommand -f -a %s -d ", command->name);
        put_fish(to, command->summary);
        fputc('\n', to);
    }
    fputs("complete -c mien -n __fish_use_subcommand -f -a help -d 'all options of a command'\n"
          "complete -c mien -n __fish_use_subcommand -f -a version -d 'which mien this is'\n"
          "complete -c mien -n '__fish_seen_subcommand_from help' -f -a '",
          to);
    put_commands(to);
    fputs("'\n", to);
    for (size_t i = 0; (command = cli_command_at(i)); i++)
        show_options(to, command, put_fish_option);
    close_whole(to);
}

int main(int argc, char **argv)
{
    const cli_command *command;
    if (argc != 2) {
        fputs("usage: make_manual OUT\n", stderr);
        return EXIT_USAGE;
    }
    write_main_page(argv[1]);
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        check_sections(command);
        write_command_page(argv[1], command);
    }
    write_bash(argv[1]);
    write_zsh(argv[1]);
    write_fish(argv[1]);
    return EXIT_DONE;
}
