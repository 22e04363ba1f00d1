/* json.h - building JSON on top of jansson, where a failure is a NULL that travels.
 * SPDX-License-Identifier: MIT
 *
 * Every function that returns a json_t makes a new one, or NULL when memory is out, and takes over
 * those that it is given, of which any may be NULL: then its result is NULL. So values nest in each
 * other and mien_json_write() alone asks whether all went well. */
#ifndef MIEN_JSON_H
#define MIEN_JSON_H

#include "mien_report.h"

#include <jansson.h>

typedef struct mien_member {
    const char *key; /* NULL ends a list */
    json_t *value;
} mien_member;

/* An object of {"key", value}, ... in this order. */
#define MIEN_JSON(...) mien_json_more(json_object(), MIEN_MEMBERS(__VA_ARGS__))
/* clang-format off */
#define MIEN_MEMBERS(...) (const mien_member[]){__VA_ARGS__, {NULL, NULL}}
/* clang-format on */

/* Add members to an object, or one value to the end of a list; returns it. */
json_t *mien_json_more(json_t *object, const mien_member *members);
json_t *mien_json_append(json_t *list, json_t *value);

/* A member that is there only when `there`: mien_json_more() skips it otherwise. */
json_t *mien_json_if(bool there, json_t *value);

/* The value, or null unless `known`. */
json_t *mien_json_known(bool known, json_t *value);

/* A number; null when it is not finite, which JSON cannot say. */
json_t *mien_json_real(double value);
json_t *mien_json_size(size_t value);
json_t *mien_json_seed(uint64_t seed);

/* A string, null for NULL; bytes that are not UTF-8 become U+FFFD. */
json_t *mien_json_text(const char *text);

/* A list of strings; null when `texts` is NULL. */
json_t *mien_json_texts(char *const *texts, size_t count);

/* Set `key` to a file's name; where it is not UTF-8, key_base64 keeps its bytes. */
json_t *mien_json_path(json_t *object, const char *key, const char *path);

/* The string under `key`, "" where there is none: what a file says is never to be relied upon. */
const char *mien_json_words(const json_t *object, const char *key);

/* An object as indented text, and give it up. MIEN_ERR_NOMEM, also for NULL. */
mien_status mien_json_dump(json_t *object, char **text, size_t *nbytes, mien_error *err);

/* Write it into the folder. */
mien_status mien_json_write(json_t *object, mien_outdir *dir, const char *name, mien_error *err);

#endif
