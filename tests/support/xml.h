/* xml.h - a parser of the little XML that mien writes: is it well-formed, what does it hold?
 * SPDX-License-Identifier: MIT
 *
 * Elements nest and close, attributes are quoted and not repeated, the five entities and numbers
 * are the only references, bytes are UTF-8 and characters those of XML 1.0; one root. No DTD, no
 * comments, no CDATA: mien writes none. */
#ifndef MIEN_TEST_XML_H
#define MIEN_TEST_XML_H

#include "support/cmocka_plus.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { XML_DEPTH = 32, XML_ATTRIBUTES = 32 };

typedef struct xml_reader {
    const char *at;
    char open[XML_DEPTH][32];
    size_t depth, elements;
    const char *wrong; /* NULL: well-formed so far */
    /* called for every element with its name and the text between name and > */
    void (*visit)(void *user, const char *name, const char *attributes);
    void *user;
} xml_reader;

static inline bool xml_wrong(xml_reader *r, const char *why)
{
    r->wrong = r->wrong ? r->wrong : why;
    return false;
}

static inline bool xml_name(xml_reader *r, char name[32])
{
    size_t length =
        strspn(r->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-:0123456789");
    if (length == 0 || length > 31 || strchr("-:0123456789", *r->at))
        return xml_wrong(r, "a name is expected");
    snprintf(name, 32, "%.*s", (int)length, r->at);
    r->at += length;
    return true;
}

/* One character of text or of an attribute's value. */
static inline bool xml_character(xml_reader *r)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#xFFFD;"};
    if (*r->at == '&') {
        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
            if (strncmp(r->at, entities[i], strlen(entities[i])) == 0) {
                r->at += strlen(entities[i]);
                return true;
            }
        return xml_wrong(r, "a bare &");
    }
    if ((unsigned char)*r->at < 0x20 && !strchr("\t\n\r", *r->at))
        return xml_wrong(r, "a control character");
    if (strncmp(r->at, "\xef\xbf\xbe", 3) == 0 || strncmp(r->at, "\xef\xbf\xbf", 3) == 0)
        return xml_wrong(r, "U+FFFE or U+FFFF");
    size_t length = mien_utf8_length(r->at);
    if (length == 0)
        return xml_wrong(r, "not UTF-8");
    r->at += length;
    return true;
}

static inline bool xml_attributes(xml_reader *r)
{
    char names[XML_ATTRIBUTES][32];
    for (size_t count = 0; *r->at == ' ' || *r->at == '\n'; count++) {
        r->at += strspn(r->at, " \n");
        if (strchr("/>?", *r->at))
            return true;
        if (count == XML_ATTRIBUTES || !xml_name(r, names[count]))
            return xml_wrong(r, "attributes");
        for (size_t i = 0; i < count; i++)
            if (strcmp(names[i], names[count]) == 0)
                return xml_wrong(r, "an attribute stands twice");
        if (strncmp(r->at, "=\"", 2) != 0)
            return xml_wrong(r, "a value in quotes is expected");
        for (r->at += 2; *r->at != '"';)
            if (*r->at == '<' || !xml_character(r))
                return xml_wrong(r, "a value");
        r->at++;
    }
    return true;
}

static inline bool xml_tag(xml_reader *r)
{
    char name[32];
    bool closes = r->at[1] == '/';
    r->at += closes ? 2 : 1;
    if (!xml_name(r, name))
        return false;
    if (closes) {
        if (r->depth == 0 || strcmp(r->open[--r->depth], name) != 0 || *r->at != '>')
            return xml_wrong(r, "an end without a beginning");
        r->at++;
        return true;
    }
    const char *start = r->at;
    if (!xml_attributes(r))
        return false;
    if (r->depth == 0 && r->elements > 0)
        return xml_wrong(r, "a second root");
    r->elements++;
    if (r->visit) {
        char *copy = strndup(start, (size_t)(r->at - start));
        r->visit(r->user, name, copy);
        free(copy);
    }
    if (strncmp(r->at, "/>", 2) == 0) {
        r->at += 2;
        return true;
    }
    if (*r->at != '>' || r->depth == XML_DEPTH)
        return xml_wrong(r, "a tag without an end");
    r->at++;
    strcpy(r->open[r->depth++], name);
    return true;
}

/* NULL when the text is well-formed, else what is wrong. */
static inline const char *
xml_read(const char *text, void (*visit)(void *user, const char *name, const char *attributes),
         void *user)
{
    xml_reader r = {.at = text, .visit = visit, .user = user};
    static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    if (strncmp(text, head, sizeof head - 1) == 0)
        r.at += sizeof head - 1;
    while (!r.wrong && *r.at) {
        if (*r.at == '<')
            xml_tag(&r);
        else if (r.depth == 0 && !strchr(" \n", *r.at))
            xml_wrong(&r, "text outside of the root");
        else
            xml_character(&r);
    }
    if (!r.wrong && (r.depth || r.elements == 0))
        xml_wrong(&r, "it ends too early");
    return r.wrong;
}

/* The number in name="number" of an element; NAN when there is none. */
static inline double xml_number(const char *attributes, const char *name)
{
    char key[40];
    snprintf(key, sizeof key, " %s=\"", name);
    const char *at = strstr(attributes, key);
    return at ? strtod(at + strlen(key), NULL) : NAN;
}

#endif
