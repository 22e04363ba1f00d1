/* json.c - building JSON on top of jansson, where a failure is a NULL that travels.
 * SPDX-License-Identifier: MIT */
#include "report/files/json.h"

#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/status.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What stands for a member that is left out; never part of a document. */
static json_t left_out;

/* On a failure every value is given up, those behind it too: json_object_set_new() of a NULL object
 * takes them over and fails. */
json_t *mien_json_more(json_t *object, const mien_member *members)
{
    for (; members->key; members++) {
        if (members->value == &left_out)
            continue;
        if (json_object_set_new(object, members->key, members->value) == 0)
            continue; /* it takes over the value, and fails for NULL of either */
        json_decref(object);
        object = NULL;
    }
    return object;
}

json_t *mien_json_append(json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) == 0)
        return list;
    json_decref(list);
    return NULL;
}

json_t *mien_json_if(bool there, json_t *value)
{
    if (there)
        return value;
    json_decref(value);
    return &left_out;
}

json_t *mien_json_known(bool known, json_t *value)
{
    if (known)
        return value;
    json_decref(value);
    return json_null();
}

json_t *mien_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *mien_json_size(size_t value)
{
    return json_integer((json_int_t)value);
}

json_t *mien_json_seed(uint64_t seed)
{
    return json_integer((json_int_t)seed);
}

json_t *mien_json_text(const char *text)
{
    json_t *plain = text ? json_string(text) : json_null();
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

json_t *mien_json_texts(char *const *texts, size_t count)
{
    json_t *list = texts ? json_array() : json_null();
    for (size_t i = 0; i < count && texts; i++)
        list = mien_json_append(list, mien_json_text(texts[i]));
    return list;
}

json_t *mien_json_path(json_t *object, const char *key, const char *path)
{
    object = mien_json_more(object, MIEN_MEMBERS({key, mien_json_text(path)}));
    bool valid = true;
    for (const char *at = path; *at && valid; at += mien_utf8_length(at))
        valid = mien_utf8_length(at) > 0;
    if (valid)
        return object;
    char name[64];
    snprintf(name, sizeof name, "%s_base64", key);
    mien_text raw = {0};
    mien_text_add_base64(&raw, (const unsigned char *)path, strlen(path));
    object =
        mien_json_more(object, MIEN_MEMBERS({name, raw.failed ? NULL : json_string(raw.bytes)}));
    mien_text_free(&raw);
    return object;
}

const char *mien_json_words(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static int add_dump(const char *bytes, size_t nbytes, void *text)
{
    mien_text_add_bytes(text, bytes, nbytes);
    return ((mien_text *)text)->failed ? -1 : 0;
}

mien_status mien_json_dump(json_t *object, char **out, size_t *nbytes, mien_error *err)
{
    mien_text text = {0};
    bool failed = !object || json_dump_callback(object, add_dump, &text,
                                                JSON_INDENT(2) | JSON_PRESERVE_ORDER) != 0;
    json_decref(object);
    mien_text_add(&text, "\n");
    if (failed || text.failed) {
        mien_text_free(&text);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    *out = text.bytes;
    *nbytes = text.length;
    return MIEN_OK;
}

mien_status mien_json_write(json_t *object, mien_outdir *dir, const char *name, mien_error *err)
{
    mien_text text = {0};
    mien_status st = mien_json_dump(object, &text.bytes, &text.length, err);
    if (!st)
        st = mien_outdir_write(dir, name, text.bytes, text.length, err);
    mien_text_free(&text);
    return st;
}
