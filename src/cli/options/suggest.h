/* suggest.h - what was meant by a word that does not exist.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SUGGEST_H
#define MIEN_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* The nearest of the words that were offered. */
typedef struct cli_guess {
    const char *word; /* what was typed; its first `length` bytes */
    size_t length;
    size_t distance; /* of the best so far */
    char best[64];   /* "": nothing is near enough */
} cli_guess;

/* Look for words near the first `length` bytes of `word`, which are not copied. */
cli_guess cli_guess_begin(const char *word, size_t length);

/* A word that exists: the first `length` bytes of `name`. Near are words of which the typed one is
 * the beginning, and those that a few slips turn into it, capitals aside: a letter more, less,
 * another, or two exchanged (Damerau 1964). */
void cli_guess_offer(cli_guess *guess, const char *name, size_t length);

/* Offer every word of "a|b|c". */
void cli_guess_offer_choices(cli_guess *guess, const char *choices);

/* "; did you mean 'nmf'?", or "" when nothing is near. */
const char *cli_guess_words(const cli_guess *guess, char *text, size_t size);

#endif
