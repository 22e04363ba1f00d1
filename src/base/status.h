/* status.h - filling a mien_error.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STATUS_H
#define MIEN_STATUS_H

#include "mien.h"

/* Write a message and return `status`, so that a failing function ends with
 * `return mien_fail(err, MIEN_ERR_IO, "%s: %s", path, why)`. err may be NULL. */
mien_status mien_fail(mien_error *err, mien_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the general sentence of the status, for MIEN_ERR_NOMEM and the like. */
mien_status mien_fail_plain(mien_error *err, mien_status status);

#endif
