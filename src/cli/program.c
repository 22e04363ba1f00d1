/* program.c - the mien program: a table of commands.
 * SPDX-License-Identifier: MIT */
#include "cli/program.h"

#include "cli/commands.h"
#include "cli/limits.h"
#include "cli/progress.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static int flush_output(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_say("standard output: %s", strerror(errno));
        return status ? status : EXIT_FAILED;
    }
    return status;
}

static int run_command(const cli_command *command, int argc, char **argv)
{
    static cli_options options;
    int status = cli_parse(command, argc, argv, &options);
    if (status)
        return status;
    if (options.help) {
        cli_print_help(command, stdout);
        return EXIT_DONE;
    }
    mien_error err;
    if ((command->groups & GROUP_OUTPUT) && cli_memory_is_limited() &&
        mien_blas_reserve(options.fit.threads, &err))
        return cli_fail(&err);
    if (command->groups & GROUP_THREADS)
        status = cli_limit_memory(&options);
    return status ? status : command->run(&options);
}

/* What one step gives back is kept for the next, by whichever thread: a page that comes new from
 * the system costs more than filling it. */
static void keep_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the most that glibc takes */
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}

static bool is_one_of(const char *word, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(word, *names) == 0)
            return true;
    return false;
}

/* "help COMMAND", and what else may follow */
static int help(int count, char **words)
{
    if (count == 0) {
        cli_print_usage(stdout);
        return EXIT_DONE;
    }
    const cli_command *command = cli_command_find(words[0]);
    if (!command)
        return cli_no_command(count, words);
    cli_print_help(command, stdout);
    return EXIT_DONE;
}

/* The words behind the program's name, one at least. */
static int run_words(int count, char **words)
{
    static const char *const version_words[] = {"--version", "-V", "version", NULL};
    static const char *const help_words[] = {"--help", "-h", "help", NULL};
    if (is_one_of(words[0], version_words)) {
        printf("mien %s\n", mien_version());
        return EXIT_DONE;
    }
    if (is_one_of(words[0], help_words))
        return help(count - 1, words + 1);
    const cli_command *command = cli_command_find(words[0]);
    return command ? run_command(command, count, words) : cli_no_command(count, words);
}

int cli_program(int argc, char **argv)
{
    keep_memory();
    cli_catch_signals();
    if (argc < 2) {
        cli_print_usage(stderr);
        return EXIT_USAGE;
    }
    return flush_output(run_words(argc - 1, argv + 1));
}
