/* text.h - text that grows, numbers that no locale changes, names that may hold anything.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TEXT_H
#define MIEN_TEXT_H

#include "mien.h"

/* A growing string. A failed allocation is remembered; check `failed` once at the end. */
typedef struct mien_text {
    char *bytes; /* ends with a zero byte once something was added; owned */
    size_t length, capacity;
    bool failed;
} mien_text;

/* Room for so many bytes more, in one piece; false, and failed, when memory is out. */
bool mien_text_reserve(mien_text *text, size_t more);
void mien_text_add(mien_text *text, const char *string);
void mien_text_add_bytes(mien_text *text, const char *bytes, size_t nbytes);

/* printf into the text. The decimal point is a point, whatever the locale. */
void mien_text_printf(mien_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A string for HTML: & < > " ' escaped; control and direction-changing characters made visible, and
 * bytes that are not UTF-8 shown as U+FFFD. */
void mien_text_add_html(mien_text *text, const char *string);

/* A field of a CSV line: quoted when it holds a comma, a quote or a line break (RFC 4180). Control
 * characters but tabs and line breaks, and those that mien_visible() shows, are written as it shows
 * them; a backslash before x, u, U or another backslash is doubled, so that there is a way back. */
void mien_text_add_csv(mien_text *text, const char *string);

/* A name for a terminal, see mien_visible(). */
void mien_text_add_visible(mien_text *text, const char *string);

/* JSON for a terminal: what mien_visible() shows, and can stand in strings only, is escaped there.
 */
void mien_text_add_json(mien_text *text, const char *json);

/* Bytes as base64. */
void mien_text_add_base64(mien_text *text, const unsigned char *bytes, size_t nbytes);

/* A word, or words that are to stay together, behind a blank, or in a new line where they would end
 * behind `width` characters. *column: those that stand in the line, 0 at first. */
void mien_text_add_wrapped(mien_text *text, size_t *column, size_t width, const char *words,
                           size_t nbytes);

void mien_text_free(mien_text *text);

/* *out <- the text, which goes back through mien_free(). MIEN_ERR_NOMEM when a piece of it, or all,
 * is missing; the text is empty then. */
mien_status mien_text_take(mien_text *text, char **out, mien_error *err);

/* Length of the UTF-8 sequence at `at`, 0 when it is not one (RFC 3629). */
size_t mien_utf8_length(const char *at);

/* snprintf with a point as decimal point, whatever the locale. */
void mien_format(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* strtod with a point as decimal point, whatever the locale. */
double mien_strtod(const char *text, char **end);

/* 12345.6 as "12,346", 12.345 as "12.35": a number for people. */
void mien_number_words(double value, char *text, size_t size);

#endif
