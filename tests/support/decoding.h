/* decoding.h - files that have to be read, and files that have to be refused.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_DECODING_H
#define MIEN_DECODING_H

#include "support/cmocka_plus.h"

#include "read/formats/decode.h"

#include <string.h>

static inline mien_picture decode_good(const void *bytes, size_t nbytes, bool color)
{
    mien_picture picture;
    mien_error err;
    if (mien_decode(bytes, nbytes, color, &picture, &err))
        fail_msg("refused: %s", err.message);
    assert_int_equal(picture.channels, color ? 3 : 1);
    return picture;
}

static inline unsigned pixel(const mien_picture *picture, size_t k)
{
    return picture->depth == 8 ? ((uint8_t *)picture->pixels)[k] : ((uint16_t *)picture->pixels)[k];
}

static inline void expect_bad(const void *bytes, size_t nbytes, const char *word)
{
    mien_picture picture;
    mien_error err = {0};
    mien_status st = mien_decode(bytes, nbytes, false, &picture, &err);
    if (st != MIEN_ERR_FORMAT)
        fail_msg("status %d instead of a refusal with '%s'", st, word);
    if (!strstr(err.message, word))
        fail_msg("'%s' does not say '%s'", err.message, word);
}

#endif
