/* commands.c - the list of commands.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "cli/commands.h"

#include "cli/options/suggest.h"

#include <string.h>
#include <sys/stat.h>

/* One file a command; add a command here. */
extern const cli_command command_compare, command_learn, command_render, command_report,
    command_inspect, command_demo, command_rank, command_stability, command_transform, command_pack;
static const cli_command *const commands[] = {
    &command_compare, &command_learn,  &command_transform, &command_rank,    &command_stability,
    &command_render,  &command_report, &command_pack,      &command_inspect, &command_demo};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

const cli_command *cli_command_at(size_t index)
{
    return index < COMMAND_COUNT ? commands[index] : NULL;
}

const cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int cli_no_command(int count, char **words)
{
    const char *word = words[0];
    struct stat info;
    if (word[0] == '-') {
        const cli_command *later = NULL;
        for (int i = 1; i < count && !later; i++)
            later = cli_command_find(words[i]);
        cli_say("%s: options stand behind the command: mien %s %s ... (mien --help lists the "
                "commands)",
                word, later ? later->name : "COMMAND", word);
        return EXIT_USAGE;
    }
    cli_guess guess = cli_guess_begin(word, strlen(word));
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        cli_guess_offer(&guess, commands[i]->name, strlen(commands[i]->name));
    cli_guess_offer(&guess, "help", 4);
    cli_guess_offer(&guess, "version", 7);
    char meant[96];
    if (*guess.best)
        cli_say("there is no command '%s'%s (mien --help lists them)", word,
                cli_guess_words(&guess, meant, sizeof meant));
    else if (stat(word, &info) == 0)
        cli_say("there is no command '%s', but a %s: mien compare %s -o OUT", word,
                S_ISDIR(info.st_mode) ? "folder" : "file", word);
    else
        cli_say("there is no command '%s' (mien --help lists them)", word);
    return EXIT_USAGE;
}
