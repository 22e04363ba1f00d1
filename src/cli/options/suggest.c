/* suggest.c - what was meant by a word that does not exist.
 * SPDX-License-Identifier: MIT */
#include "cli/options/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 48 };

static int lower(char c)
{
    return tolower((unsigned char)c);
}

/* Letters inserted, deleted, replaced, or exchanged with their neighbour, at least so many. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][LONGEST + 1]; /* of the table: two before this one, one before, this one */
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    if (a_length > LONGEST || b_length > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= b_length; j++)
        before[j] = last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t least = last[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            least = last[j] + 1 < least ? last[j] + 1 : least;
            least = now[j - 1] + 1 < least ? now[j - 1] + 1 : least;
            bool exchanged = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                             lower(a[i - 2]) == lower(b[j - 1]);
            if (exchanged && before[j - 2] + 1 < least)
                least = before[j - 2] + 1;
            now[j] = least;
        }
        size_t *reused = before;
        before = last;
        last = now;
        now = reused;
    }
    return last[b_length];
}

static bool begins(const char *word, size_t length, const char *name, size_t name_length)
{
    if (length < 2 || length > name_length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (lower(word[i]) != lower(name[i]))
            return false;
    return true;
}

cli_guess cli_guess_begin(const char *word, size_t length)
{
    /* a slip in a word of three letters, one more for every three of a longer one */
    return (cli_guess){.word = word, .length = length, .distance = length / 3 + 1};
}

void cli_guess_offer(cli_guess *guess, const char *name, size_t length)
{
    size_t away = begins(guess->word, guess->length, name, length)
                      ? guess->length < length /* a beginning is one slip, the word itself none */
                      : distance(guess->word, guess->length, name, length);
    /* of two letters, one at least has to be right */
    if (away >= guess->distance || away >= guess->length || length >= sizeof guess->best)
        return;
    guess->distance = away;
    memcpy(guess->best, name, length);
    guess->best[length] = '\0';
}

void cli_guess_offer_choices(cli_guess *guess, const char *choices)
{
    while (*choices) {
        size_t length = strcspn(choices, "|");
        cli_guess_offer(guess, choices, length);
        choices += length + (choices[length] == '|');
    }
}

const char *cli_guess_words(const cli_guess *guess, char *text, size_t size)
{
    *text = '\0';
    if (*guess->best)
        snprintf(text, size, "; did you mean '%s'?", guess->best);
    return text;
}
