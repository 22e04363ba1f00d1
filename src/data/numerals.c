/* numerals.c - numbers as people and programs write them in a table.
 * SPDX-License-Identifier: MIT */
#include "data/numerals.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

bool mien_same_word(const char *text, const char *word)
{
    for (; *text && *word; text++, word++) {
        char c = *text;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != *word)
            return false;
    }
    return *text == *word;
}

/* What R, pandas, numpy, MATLAB, spreadsheets and data bases write where there is no number. */
static bool is_none(const char *text)
{
    static const char *const words[] = {
        "na",     "nan",    "n/a",    "null",    "none",    "<na>",  "-nan",    "+nan",    "nil",
        ".",      "?",      "-",      "#n/a",    "#na",     "#num!", "#value!", "#div/0!", "#ref!",
        "#name?", "#null!", "1.#ind", "-1.#ind", "1.#qnan", "\\n",   "missing"};
    if (*text == '\0')
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (mien_same_word(text, words[i]))
            return true;
    return false;
}

/* What strtod takes as a whole and is neither hexadecimal nor a word; *mark is its decimal sign. */
static bool is_decimal(char *text, char **mark, double *value)
{
    char *end;
    *mark = NULL;
    for (char *at = text; *at; at++) {
        if ((*at >= '0' && *at <= '9') || *at == '-' || *at == '+' || (*at | 0x20) == 'e')
            continue;
        if ((*at != '.' && *at != ',') || *mark)
            return false;
        *mark = at;
    }
    char sign = *mark ? **mark : '\0';
    if (sign)
        **mark = '.';
    *value = mien_strtod(text, &end);
    bool whole = end > text && *end == '\0';
    if (sign)
        **mark = sign;
    return whole;
}

mien_numeral mien_numerals_read(mien_numerals *numerals, char *text, double *value)
{
    char *mark;
    if (!is_decimal(text, &mark, value)) {
        const char *bare = text + (*text == '-' || *text == '+');
        if (mien_same_word(bare, "inf") || mien_same_word(bare, "infinity") ||
            mien_same_word(bare, "1.#inf")) {
            *value = *text == '-' ? -INFINITY : INFINITY;
            return MIEN_NUMERAL;
        }
        return is_none(text) ? MIEN_NUMERAL_NONE : MIEN_NUMERAL_WORD;
    }
    if (!mark)
        return MIEN_NUMERAL;
    if ((*mark == ',' && !numerals->comma_allowed) ||
        (numerals->decimal && numerals->decimal != *mark))
        return MIEN_NUMERAL_WORD;
    numerals->decimal = *mark;
    return MIEN_NUMERAL;
}

bool mien_numerals_is_spoiled(const char *text)
{
    static const char digits[] = "0123456789";
    const char *at = text + (*text == '-' || *text == '+');
    size_t lead = strspn(at, digits);
    bool grouped = false;
    at += lead;
    if (lead >= 1 && lead <= 3)
        while (*at && strchr(".,' ", *at) && strspn(at + 1, digits) == 3) {
            grouped = true;
            at += 4;
        }
    if (*at == '.' || *at == ',') {
        size_t more = strspn(at + 1, digits);
        lead += more;
        at += more ? 1 + more : 0;
    }
    const char *sign = at + strspn(at, " ");
    bool percent = sign[0] == '%' && sign[1] == '\0';
    return lead && (percent || (grouped && *at == '\0'));
}

const char *mien_numerals_remedy(const mien_numerals *numerals, const char *text)
{
    size_t digits = strspn(text, "+-0123456789.,' ");
    if (digits && text[digits] == '%' && text[digits + 1] == '\0')
        return " (save the table with plain numbers in place of percentages)";
    if (text[digits] != '\0' || !strpbrk(text, "0123456789"))
        return "";
    if (numerals->comma_allowed && numerals->decimal && strpbrk(text, ".,"))
        return numerals->decimal == ',' ? " (decimals before it are written with a comma)"
                                        : " (decimals before it are written with a point)";
    return " (save the table with plain numbers: no separated thousands, decimals with a point)";
}
