/* say.c - what the program says: messages on stderr, exit statuses, names as they may be shown.
 * SPDX-License-Identifier: MIT */
#include "cli/say.h"

#include <stdarg.h>
#include <string.h>

void cli_put_visible(FILE *to, const char *text, bool lines)
{
    char shown[MIEN_SHOWN];
    for (size_t length; (length = mien_visible(text, shown)) > 0; text += length)
        fputs(lines && *text == '\n' ? "\n" : shown, to);
}

void cli_say(const char *format, ...)
{
    char text[3 * 4096]; /* a message names two paths at most */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fputs("mien: ", stderr);
    cli_put_visible(stderr, text, false);
    fputc('\n', stderr);
}

int cli_exit_of(mien_status status)
{
    switch (status) {
    case MIEN_ERR_ARG:
        return EXIT_USAGE;
    case MIEN_ERR_FORMAT:
    case MIEN_ERR_DOMAIN:
        return EXIT_DATA;
    default:
        return EXIT_FAILED;
    }
}

void cli_say_error(const mien_error *err)
{
    char problem[4096 + 128];
    mien_memory_spilled(problem, sizeof problem);
    if (err->status == MIEN_ERR_NOMEM && *problem)
        cli_say("what does not fit into memory could not go to the disk either: --cache %s; name a "
                "folder with room by --cache, or give more by --memory",
                problem);
    else
        cli_say("%s", err->message);
}

int cli_fail(const mien_error *err)
{
    cli_say_error(err);
    return cli_exit_of(err->status);
}

int cli_fail_data(const mien_error *err)
{
    int status = cli_fail(err);
    return status == EXIT_FAILED && err->status != MIEN_ERR_NOMEM ? EXIT_DATA : status;
}

int cli_no_memory(void)
{
    cli_say("out of memory");
    return EXIT_FAILED;
}
