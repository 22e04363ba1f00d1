/* json_parse.c - JSON from a file that someone else may have made.
 * SPDX-License-Identifier: MIT */
#include "base/json_parse.h"

#include "base/memory.h"
#include "base/status.h"

/* Whether memory is so short that a parser cannot have worked. */
static bool is_memory_out(void)
{
    enum { PROBE = 64 * 1024 };
    void *probe = mien_alloc_raw(PROBE, 1);
    mien_free(probe);
    return !probe;
}

mien_status mien_json_parse(const char *text, size_t nbytes, const char *name, json_t **out,
                            mien_error *err)
{
    json_error_t why;
    /* jansson's lexer tells a failed allocation as wrong syntax: what is wrong is wrong twice */
    for (int attempt = 0; attempt < 2; attempt++) {
        json_t *root = json_loadb(text, nbytes, 0, &why);
        if (root) {
            *out = root;
            return MIEN_OK;
        }
    }
    if (json_error_code(&why) == json_error_out_of_memory || is_memory_out())
        return mien_fail(err, MIEN_ERR_NOMEM, "%s: %s", name, mien_strerror(MIEN_ERR_NOMEM));
    return mien_fail(err, MIEN_ERR_FORMAT, "%s: line %d: %s", name, why.line, why.text);
}
