/* fuzz_options.c - any words after a command: understood, or refused.
 * SPDX-License-Identifier: MIT
 *
 * The bytes are words with a line end between them; the command takes every option there is. What
 * mien says goes to stderr: run it with -close_fd_mask=2. */
#include "fuzz.h"

#include "cli/options/options.h"

#include <stdlib.h>
#include <string.h>

static int do_nothing(cli_options *options)
{
    (void)options;
    return EXIT_DONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const cli_command every = {.name = "every",
                                      .arguments = "[INPUT]",
                                      .groups = ~0u,
                                      .input_optional = true,
                                      .run = do_nothing};
    enum { WORDS = 64 };
    char *line = malloc(size + 1), *argv[WORDS + 1];
    static char name[] = "every";
    static cli_options options;
    if (!line)
        return 0;
    memcpy(line, data, size);
    line[size] = 0;
    int argc = 0;
    argv[argc++] = name;
    for (char *word = line; word && argc < WORDS; argc++) {
        argv[argc] = word;
        word = strchr(word, '\n');
        if (word)
            *word++ = 0;
    }
    argv[argc] = NULL;
    cli_parse(&every, argc, argv, &options);
    free(line);
    return 0;
}
