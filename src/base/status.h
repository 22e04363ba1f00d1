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

/* What public functions ask of their pointers: MIEN_ERR_ARG, with the name of the first that is
 * NULL in the message. mien_check_given(err, X, options, out). */
#define mien_check_given(err, ...)                                                                 \
    mien_check_pointers(err, #__VA_ARGS__, (const void *const[]){__VA_ARGS__},                     \
                        sizeof((const void *const[]){__VA_ARGS__}) / sizeof(void *))
mien_status mien_check_pointers(mien_error *err, const char *names, const void *const *pointers,
                                size_t count);

#endif
