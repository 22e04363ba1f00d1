/* json.h - small helpers on top of jansson.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_JSON_H
#define MIEN_JSON_H

#include "mien_report.h"

#include <jansson.h>

/* Set a member; takes over `value`. A failure is remembered in *failed. */
void mien_json_set(json_t *object, const char *key, json_t *value, bool *failed);

/* A number; null when it is not finite, which JSON cannot say. */
json_t *mien_json_real(double value);
json_t *mien_json_size(size_t value);

/* A string; bytes that are not UTF-8 become U+FFFD. */
json_t *mien_json_text(const char *text);

/* Set `key` to a file's name; where it is not UTF-8, key_base64 keeps its bytes. */
void mien_json_set_path(json_t *object, const char *key, const char *path, bool *failed);

/* Write an object into the folder, indented, and give it up. */
mien_status mien_json_write(json_t *object, bool failed, mien_outdir *dir, const char *name,
                            mien_error *err);

/* The same in the place of a file that is there already, by mien_file_replace(). */
mien_status mien_json_replace(json_t *object, bool failed, const char *path, mien_error *err);

#endif
