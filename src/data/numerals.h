/* numerals.h - numbers as people and programs write them in a table.
 * SPDX-License-Identifier: MIT
 *
 * Read by strtod in the C locale, whatever that of the process: exact to the last bit. Hexadecimal
 * numbers, signs of percent and currency and separated thousands are words. */
#ifndef MIEN_NUMERALS_H
#define MIEN_NUMERALS_H

#include "mien.h"

typedef enum mien_numeral {
    MIEN_NUMERAL,      /* a number, infinite ones included */
    MIEN_NUMERAL_NONE, /* nothing, or a word for it: NA, NaN, null, #N/A ... */
    MIEN_NUMERAL_WORD  /* something else */
} mien_numeral;

/* How numbers are written in a table. */
typedef struct mien_numerals {
    bool comma_allowed; /* as decimal sign: the cells are not separated by commas */
    char decimal;       /* the sign that decimals of this table have had so far; 0: none yet */
} mien_numerals;

/* Whether a text is this word, which is in small letters; the text may be in capitals. */
bool mien_same_word(const char *text, const char *word);

/* What a cell is; *value is set for numbers. A table has one decimal sign: after a point, commas
 * make words. `text` is changed meanwhile. */
mien_numeral mien_numerals_read(mien_numerals *numerals, char *text, double *value);

/* Whether a word is a number in a form that is refused: with a sign of percent, or with separated
 * thousands ("12 %", "1,234.5", "1.234.567"). No name of a row, then. */
bool mien_numerals_is_spoiled(const char *text);

/* Why a word may be no number, as the end of a sentence; "" when there is nothing to say. */
const char *mien_numerals_remedy(const mien_numerals *numerals, const char *text);

#endif
