/* remarks.c - what a reader noticed and the user should know.
 * SPDX-License-Identifier: MIT */
#include "data/remarks.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

mien_status mien_remark(mien_remarks *remarks, const char *format, ...)
{
    char sentence[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    char *copy = mien_strdup(sentence); /* first: a failure leaves an empty list without memory */
    if (!copy)
        return MIEN_ERR_NOMEM;
    if (!mien_grow((void **)&remarks->text, &remarks->capacity, remarks->count, remarks->count + 1,
                   sizeof *remarks->text)) {
        mien_free(copy);
        return MIEN_ERR_NOMEM;
    }
    remarks->text[remarks->count++] = copy;
    return MIEN_OK;
}

void mien_remarks_free(mien_remarks *remarks)
{
    for (size_t i = 0; i < remarks->count; i++)
        mien_free(remarks->text[i]);
    mien_free(remarks->text);
    *remarks = (mien_remarks){0};
}
