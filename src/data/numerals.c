/* numerals.c - numbers as people and programs write them in a table.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* strtod_l */
#include "data/numerals.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

mien_status mien_numerals_begin(mien_numerals *numerals, bool comma_allowed)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!plain)
        return MIEN_ERR_NOMEM;
    *numerals = (mien_numerals){.locale = plain, .comma_allowed = comma_allowed};
    return MIEN_OK;
}

void mien_numerals_end(mien_numerals *numerals)
{
    if (numerals->locale)
        freelocale(numerals->locale);
    *numerals = (mien_numerals){0};
}

static bool same_word(const char *text, const char *word)
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
        if (same_word(text, words[i]))
            return true;
    return false;
}

/* Digits with at most one decimal sign, which *mark points to, and a power of ten. */
static bool is_decimal(char *text, char **mark)
{
    char *at = text + (*text == '-' || *text == '+');
    size_t digits = 0;
    *mark = NULL;
    for (;; at++) {
        if (*at >= '0' && *at <= '9')
            digits++;
        else if ((*at == '.' || *at == ',') && !*mark)
            *mark = at;
        else
            break;
    }
    if (!digits)
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '-' || *at == '+';
        size_t power = strspn(at, "0123456789");
        if (!power)
            return false;
        at += power;
    }
    return *at == '\0';
}

mien_numeral mien_numerals_read(mien_numerals *numerals, char *text, double *value)
{
    char *mark;
    if (!is_decimal(text, &mark)) {
        const char *bare = text + (*text == '-' || *text == '+');
        if (same_word(bare, "inf") || same_word(bare, "infinity") || same_word(bare, "1.#inf")) {
            *value = *text == '-' ? -INFINITY : INFINITY;
            return MIEN_NUMERAL;
        }
        return is_none(text) ? MIEN_NUMERAL_NONE : MIEN_NUMERAL_WORD;
    }
    char sign = mark ? *mark : '\0';
    if (sign == ',' && !numerals->comma_allowed)
        return MIEN_NUMERAL_WORD;
    if (sign && numerals->decimal && sign != numerals->decimal)
        return MIEN_NUMERAL_WORD;
    if (sign) {
        numerals->decimal = sign;
        *mark = '.';
    }
    *value = strtod_l(text, NULL, numerals->locale);
    if (sign)
        *mark = sign;
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
