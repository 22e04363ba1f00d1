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

int cli_fail(const mien_error *err)
{
    cli_say("%s", err->message);
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

/* A blank and the word between quotes, as a shell reads it; returns the length it has or wants. */
static size_t quote(const char *word, char *to, size_t size)
{
    size_t at = (size_t)snprintf(to, size, " '");
    for (; *word; word++) {
        char plain[2] = {*word, '\0'};
        const char *piece = *word == '\'' ? "'\\''" : plain;
        at += (size_t)snprintf(at < size ? to + at : NULL, at < size ? size - at : 0, "%s", piece);
    }
    return at + (size_t)snprintf(at < size ? to + at : NULL, at < size ? size - at : 0, "'");
}

size_t cli_add_word(const char *word, char *to, size_t size)
{
    bool plain = *word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_./=,:@+%") == strlen(word);
    return plain ? (size_t)snprintf(to, size, " %s", word) : quote(word, to, size);
}
