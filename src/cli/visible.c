/* visible.c - names of files as they may be shown.
 * SPDX-License-Identifier: MIT */
#include "cli/visible.h"

#include <stddef.h>

/* Bytes of the UTF-8 character that begins here and may be shown; 0 when there is none. Overlong
 * forms and surrogates are not told apart: they are harmless here. */
static size_t visible_length(const unsigned char *at)
{
    size_t length = at[0] < 0x20 || at[0] == 0x7f   ? 0
                    : at[0] < 0x80                  ? 1
                    : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
                    : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
                    : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
                                                    : 0;
    for (size_t k = 1; k < length; k++)
        if ((at[k] & 0xc0) != 0x80) /* also at the end, which is NUL */
            return 0;
    bool c1 = length == 2 && at[0] == 0xc2 && at[1] < 0xa0;
    return c1 ? 0 : length;
}

void cli_put_visible(FILE *to, const char *text, bool lines)
{
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        size_t length = lines && *at == '\n' ? 1 : visible_length(at);
        if (length) {
            fwrite(at, 1, length, to);
            at += length;
        } else {
            fprintf(to, "\\x%02x", *at++);
        }
    }
}
