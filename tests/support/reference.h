/* reference.h - the committed numbers of tools/reference, read for tests.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TEST_REFERENCE_H
#define MIEN_TEST_REFERENCE_H

#include "support/cmocka_plus.h"

#include "data/npy.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* tests/reference/NAME; json_decref() it. */
static inline json_t *reference_load(const char *name)
{
    char path[1024];
    json_error_t why;
    snprintf(path, sizeof path, "%s/tests/reference/%s", MIEN_SOURCE_DIR, name);
    json_t *o = json_load_file(path, 0, &why);
    if (!o)
        fail_msg("%s: line %d: %s", path, why.line, why.text);
    return o;
}

/* The value at "nmf.kl_mu.500"; fails when there is none. */
static inline const json_t *reference_at(const json_t *o, const char *place)
{
    const json_t *at = o;
    char key[64];
    for (const char *from = place; *from && at;) {
        size_t length = strcspn(from, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, from);
        at = json_object_get(at, key);
        from += length + (from[length] == '.');
    }
    if (!at)
        fail_msg("the reference has no %s", place);
    return at;
}

static inline double reference_number(const json_t *o, const char *place)
{
    const json_t *value = reference_at(o, place);
    if (!json_is_number(value))
        fail_msg("%s is no number", place);
    return json_number_value(value);
}

/* tests/reference/NAME, float32; mien_npy_free() it. */
static inline mien_npy reference_array(const char *name)
{
    char path[1024];
    mien_npy npy;
    mien_error err = {0};
    snprintf(path, sizeof path, "%s/tests/reference/%s", MIEN_SOURCE_DIR, name);
    if (mien_npy_read(path, &npy, &err))
        fail_msg("%s", err.message);
    assert_int_equal(npy.type, MIEN_F32);
    return npy;
}

#endif
