/* status.c - filling a mien_error.
 * SPDX-License-Identifier: MIT */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *mien_version(void)
{
    return MIEN_VERSION;
}

const char *mien_strerror(mien_status status)
{
    switch (status) {
    case MIEN_OK:
        return "no error";
    case MIEN_ERR_NOMEM:
        return "out of memory";
    case MIEN_ERR_ARG:
        return "an option is unknown or out of range";
    case MIEN_ERR_SHAPE:
        return "sizes do not fit together";
    case MIEN_ERR_DOMAIN:
        return "a value is outside what the model assumes";
    case MIEN_ERR_IO:
        return "reading or writing failed";
    case MIEN_ERR_FORMAT:
        return "a file is not what it says it is";
    case MIEN_ERR_NUMERIC:
        return "the arithmetic broke down";
    case MIEN_ERR_DATA:
        return "the input holds nothing that can be used";
    case MIEN_ERR_STOPPED:
        return "stopped before there was a result";
    default:
        return "unknown status";
    }
}

mien_status mien_fail(mien_error *err, mien_status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
        err->status = status;
    }
    return status;
}

mien_status mien_fail_plain(mien_error *err, mien_status status)
{
    return mien_fail(err, status, "%s", mien_strerror(status));
}

mien_status mien_check_pointers(mien_error *err, const char *names, const void *const *pointers,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(names, ",");
        if (!pointers[i])
            return mien_fail(err, MIEN_ERR_ARG, "%.*s is NULL: it has to be given", (int)length,
                             names);
        names += length + strspn(names + length, ", ");
    }
    return MIEN_OK;
}
