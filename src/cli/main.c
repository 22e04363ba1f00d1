/* main.c - the mien program: a table of commands.
 * SPDX-License-Identifier: MIT */
#include "cli/options.h"
#include "cli/progress.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* One file a command; add a command here. */
extern const cli_command command_compare, command_learn, command_render, command_inspect,
    command_demo, command_rank, command_stability, command_transform;
static const cli_command *const commands[] = {
    &command_compare,   &command_learn,  &command_transform, &command_rank,
    &command_stability, &command_render, &command_inspect,   &command_demo};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_usage(FILE *to)
{
    fputs("mien learns the parts of images: non-negative matrix factorization beside k-means,\n"
          "PCA and ICA on the same data.\n\nUsage: mien COMMAND [options]\n\nCommands\n",
          to);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %-9s  %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nStart with\n"
          "  mien demo -o out                the lesson, on the faces that come with mien\n"
          "  mien compare FOLDER -o out      the same on a folder of yours\n"
          "  mien COMMAND --help             all options of a command\n"
          "\nmethods:",
          to);
    for (size_t i = 0; i < mien_method_count(); i++)
        fprintf(to, " %s", mien_method_describe(mien_method_at(i))->name);
    fputc('\n', to);
}

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
    if ((command->groups & GROUP_OUTPUT) && mien_blas_reserve(options.fit.threads, &err))
        return cli_fail(&err);
    return command->run(&options);
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

int main(int argc, char **argv)
{
    keep_memory();
    mien_blas_alone();
    cli_catch_signals();
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0) {
        puts("mien " MIEN_VERSION);
        return flush_output(EXIT_DONE);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_usage(stdout);
        return flush_output(EXIT_DONE);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, word) == 0)
            return flush_output(run_command(commands[i], argc - 1, argv + 1));
    cli_say("there is no command '%s' (mien --help lists them)", word);
    return EXIT_USAGE;
}
