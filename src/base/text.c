/* text.c - text that grows, numbers that no locale changes, names that may hold anything.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/text.h"

#include "base/memory.h"
#include "base/status.h"
#include "mien_report.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

/* The "C" locale's way with numbers: made once, never changed. 0, the process's own, when there was
 * no memory for it. */
static locale_t plain_locale;

static void make_plain_locale(void)
{
    plain_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

static locale_t get_plain_locale(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain_locale);
    return plain_locale;
}

/* vsnprintf in the "C" locale of this thread alone. */
static int format_plain(char *buffer, size_t size, const char *format, va_list args)
{
    locale_t before = uselocale(get_plain_locale());
    int length = vsnprintf(buffer, size, format, args);
    uselocale(before);
    return length;
}

double mien_strtod(const char *text, char **end)
{
    locale_t plain = get_plain_locale();
    return plain ? strtod_l(text, end, plain) : strtod(text, end);
}

void mien_format(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    format_plain(buffer, size, format, args);
    va_end(args);
}

bool mien_text_reserve(mien_text *text, size_t more)
{
    if (text->failed)
        return false;
    if (more > SIZE_MAX / 2 - text->length || !mien_grow((void **)&text->bytes, &text->capacity,
                                                         text->length, text->length + more + 1, 1))
        text->failed = true;
    return !text->failed;
}

void mien_text_add_bytes(mien_text *text, const char *bytes, size_t nbytes)
{
    if (!mien_text_reserve(text, nbytes))
        return;
    memcpy(text->bytes + text->length, bytes, nbytes);
    text->length += nbytes;
    text->bytes[text->length] = '\0';
}

void mien_text_add(mien_text *text, const char *string)
{
    mien_text_add_bytes(text, string, strlen(string));
}

void mien_text_printf(mien_text *text, const char *format, ...)
{
    char small[256];
    va_list args;
    va_start(args, format);
    int length = format_plain(small, sizeof small, format, args);
    va_end(args);
    if (length < 0) {
        text->failed = true;
        return;
    }
    if ((size_t)length < sizeof small) {
        mien_text_add_bytes(text, small, (size_t)length);
        return;
    }
    if (!mien_text_reserve(text, (size_t)length))
        return;
    va_start(args, format);
    format_plain(text->bytes + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
}

size_t mien_utf8_length(const char *at)
{
    const unsigned char *s = (const unsigned char *)at;
    if (s[0] < 0x80)
        return s[0] ? 1 : 0;
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return length;
}

static uint32_t decode(const char *at, size_t length)
{
    const unsigned char *s = (const unsigned char *)at;
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = s[0] & mask[length];
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (s[i] & 0x3f);
    return code;
}

/* Characters that change what a reader sees without showing: C0, C1, marks of direction, line and
 * paragraph separators. */
static bool is_invisible(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0xfffe ||
           code == 0xffff || code == 0xfeff || code == 0xad || code == 0x180e ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || (code >= 0xfff9 && code <= 0xfffb) ||
           (code >= 0xe0000 && code <= 0xe007f);
}

size_t mien_visible(const char *at, char shown[MIEN_SHOWN])
{
    size_t length = mien_utf8_length(at);
    if (length == 0 && !*at)
        return 0;
    uint32_t code = length ? decode(at, length) : (unsigned char)*at;
    if (length == 0 || (length == 1 && is_invisible(code)))
        snprintf(shown, MIEN_SHOWN, "\\x%02x", (unsigned)code);
    else if (code >= 0x7f && code < 0xa0) /* C1 */
        snprintf(shown, MIEN_SHOWN, "\\x%02x\\x%02x", (unsigned char)at[0], (unsigned char)at[1]);
    else if (is_invisible(code) && code > 0xffff)
        snprintf(shown, MIEN_SHOWN, "\\U%08x", (unsigned)code);
    else if (is_invisible(code))
        snprintf(shown, MIEN_SHOWN, "\\u%04x", (unsigned)code);
    else
        snprintf(shown, MIEN_SHOWN, "%.*s", (int)length, at);
    return length ? length : 1;
}

void mien_text_add_visible(mien_text *text, const char *string)
{
    char shown[MIEN_SHOWN];
    for (size_t length; (length = mien_visible(string, shown)) > 0; string += length)
        mien_text_add(text, shown);
}

void mien_text_add_json(mien_text *text, const char *json)
{
    while (*json) {
        size_t length = mien_utf8_length(json);
        uint32_t code = length ? decode(json, length) : 0xfffd;
        if (code > 0xffff && is_invisible(code)) /* as a pair of surrogates */
            mien_text_printf(text, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
                             0xdc00 + ((code - 0x10000) & 0x3ff));
        else if (code >= 0x7f && (is_invisible(code) || !length))
            mien_text_printf(text, "\\u%04x", code);
        else
            mien_text_add_bytes(text, json, length);
        json += length ? length : 1;
    }
}

static const char *html_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void mien_text_add_html(mien_text *text, const char *string)
{
    while (*string) {
        size_t length = mien_utf8_length(string);
        if (length == 0) {
            mien_text_add(text, "&#xFFFD;");
            string++;
            continue;
        }
        uint32_t code = decode(string, length);
        const char *entity = length == 1 ? html_entity(*string) : NULL;
        if (entity)
            mien_text_add(text, entity);
        else if (is_invisible(code))
            mien_text_printf(text, "[U+%04X]", (unsigned)code);
        else
            mien_text_add_bytes(text, string, length);
        string += length;
    }
}

/* One character of a field of CSV; returns its bytes. */
static size_t add_csv_character(mien_text *text, const char *at)
{
    char shown[MIEN_SHOWN];
    size_t length = mien_visible(at, shown);
    bool kept =
        *at == '\n' || *at == '\r' || *at == '\t' ||
        (mien_utf8_length(at) == 0 && (unsigned char)*at >= 0xa0); /* the name's own bytes */
    if (*at == '"' ||
        (*at == '\\' && (at[1] == 'x' || at[1] == 'u' || at[1] == 'U' || at[1] == '\\')))
        mien_text_add_bytes(text, at, 1);
    if (kept)
        mien_text_add_bytes(text, at, length);
    else
        mien_text_add(text, shown);
    return length;
}

void mien_text_add_csv(mien_text *text, const char *string)
{
    bool quoted = strpbrk(string, ",\"\r\n") != NULL;
    if (quoted)
        mien_text_add(text, "\"");
    while (*string)
        string += add_csv_character(text, string);
    if (quoted)
        mien_text_add(text, "\"");
}

void mien_text_add_base64(mien_text *text, const unsigned char *bytes, size_t nbytes)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (nbytes > SIZE_MAX / 2 || !mien_text_reserve(text, nbytes / 3 * 4 + 4)) {
        text->failed = true;
        return;
    }
    char *to = text->bytes + text->length;
    size_t left = nbytes % 3;
    const unsigned char *end = bytes + (nbytes - left);
    for (; bytes < end; bytes += 3, to += 4) {
        uint32_t group = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
        to[0] = alphabet[group >> 18];
        to[1] = alphabet[group >> 12 & 63];
        to[2] = alphabet[group >> 6 & 63];
        to[3] = alphabet[group & 63];
    }
    if (left) {
        uint32_t group = (uint32_t)end[0] << 16 | (left > 1 ? (uint32_t)end[1] << 8 : 0);
        *to++ = alphabet[group >> 18];
        *to++ = alphabet[group >> 12 & 63];
        *to++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *to++ = '=';
    }
    *to = '\0';
    text->length = (size_t)(to - text->bytes);
}

void mien_text_add_wrapped(mien_text *text, size_t *column, size_t width, const char *words,
                           size_t nbytes)
{
    size_t length = 0;
    for (size_t i = 0; i < nbytes; i++)
        length += ((unsigned char)words[i] & 0xc0) != 0x80;
    bool breaks = *column > 0 && *column + 1 + length > width;
    mien_text_add(text, breaks ? "\n" : *column ? " " : "");
    mien_text_add_bytes(text, words, nbytes);
    *column = length + (breaks || !*column ? 0 : *column + 1);
}

void mien_text_free(mien_text *text)
{
    mien_free(text->bytes);
    *text = (mien_text){0};
}

void mien_string_free(char *text)
{
    mien_free(text);
}

mien_status mien_text_take(mien_text *text, char **out, mien_error *err)
{
    if (text->failed || !text->bytes) {
        mien_text_free(text);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    *out = text->bytes;
    return MIEN_OK;
}

void mien_number_words(double value, char *text, size_t size)
{
    if (!(fabs(value) < 1e15) || (value != 0 && fabs(value) < 1e-3)) {
        mien_format(text, size, "%.2g", value);
        return;
    }
    int decimals = fabs(value) >= 1000 ? 0 : fabs(value) >= 100 ? 1 : fabs(value) >= 1 ? 2 : 4;
    char plain[64], grouped[96];
    mien_format(plain, sizeof plain, "%.*f", decimals, value);
    size_t digits = strspn(plain + (plain[0] == '-'), "0123456789"), at = 0, from = 0;
    if (plain[0] == '-')
        grouped[at++] = plain[from++];
    for (; digits; digits--) {
        grouped[at++] = plain[from++];
        if (digits > 1 && digits % 3 == 1)
            grouped[at++] = ',';
    }
    snprintf(grouped + at, sizeof grouped - at, "%s", plain + from);
    snprintf(text, size, "%s", grouped);
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

size_t mien_shell_word(const char *word, char *to, size_t size)
{
    bool plain = *word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_./=,:@+%") == strlen(word);
    return plain ? (size_t)snprintf(to, size, " %s", word) : quote(word, to, size);
}
