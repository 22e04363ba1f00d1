/* visible.c - names of files as they may be shown.
 * SPDX-License-Identifier: MIT */
#include "cli/visible.h"

#include "mien_report.h"

void cli_put_visible(FILE *to, const char *text, bool lines)
{
    char shown[MIEN_SHOWN];
    for (size_t length; (length = mien_visible(text, shown)) > 0; text += length)
        fputs(lines && *text == '\n' ? "\n" : shown, to);
}
