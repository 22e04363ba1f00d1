/* json_parse.h - JSON from a file that someone else may have made.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_JSON_PARSE_H
#define MIEN_JSON_PARSE_H

#include "mien.h"

#include <jansson.h>

/* Parse text; `name` is its file, for messages. *out goes back through json_decref().
 * MIEN_ERR_FORMAT with the line, MIEN_ERR_NOMEM. */
mien_status mien_json_parse(const char *text, size_t nbytes, const char *name, json_t **out,
                            mien_error *err);

#endif
