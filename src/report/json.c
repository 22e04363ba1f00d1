/* json.c - small helpers on top of jansson.
 * SPDX-License-Identifier: MIT */
#include "report/json.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void mien_json_set(json_t *object, const char *key, json_t *value, bool *failed)
{
    if (!value || json_object_set_new(object, key, value) != 0)
        *failed = true;
}

json_t *mien_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *mien_json_size(size_t value)
{
    return json_integer((json_int_t)value);
}

json_t *mien_json_text(const char *text)
{
    json_t *plain = json_string(text);
    if (plain)
        return plain;
    mien_text clean = {0};
    while (*text) {
        size_t length = mien_utf8_length(text);
        if (length)
            mien_text_add_bytes(&clean, text, length);
        else
            mien_text_add(&clean, "\xef\xbf\xbd");
        text += length ? length : 1;
    }
    json_t *value = clean.failed ? NULL : json_string(clean.bytes ? clean.bytes : "");
    mien_text_free(&clean);
    return value;
}

void mien_json_set_path(json_t *object, const char *key, const char *path, bool *failed)
{
    mien_json_set(object, key, mien_json_text(path), failed);
    bool valid = true;
    for (const char *at = path; *at && valid; at += mien_utf8_length(at))
        valid = mien_utf8_length(at) > 0;
    if (valid)
        return;
    char name[64];
    snprintf(name, sizeof name, "%s_base64", key);
    mien_text raw = {0};
    mien_text_add_base64(&raw, (const unsigned char *)path, strlen(path));
    mien_json_set(object, name, raw.failed ? NULL : json_string(raw.bytes), failed);
    mien_text_free(&raw);
}

static int add_dump(const char *bytes, size_t nbytes, void *text)
{
    mien_text_add_bytes(text, bytes, nbytes);
    return ((mien_text *)text)->failed ? -1 : 0;
}

/* Give the object up as text. */
static mien_status dump(json_t *object, bool failed, mien_text *text, mien_error *err)
{
    failed = failed ||
             json_dump_callback(object, add_dump, text, JSON_INDENT(2) | JSON_PRESERVE_ORDER) != 0;
    json_decref(object);
    mien_text_add(text, "\n");
    return failed || text->failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
}

mien_status mien_json_write(json_t *object, bool failed, mien_outdir *dir, const char *name,
                            mien_error *err)
{
    mien_text text = {0};
    mien_status st = dump(object, failed, &text, err);
    if (!st)
        st = mien_outdir_write(dir, name, text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}

mien_status mien_json_replace(json_t *object, bool failed, const char *path, mien_error *err)
{
    mien_text text = {0};
    mien_status st = dump(object, failed, &text, err);
    if (!st)
        st = mien_file_replace(path, true, text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}
