/* remarks.h - what a reader noticed and the user should know: sentences without a verdict.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_REMARKS_H
#define MIEN_REMARKS_H

#include "mien.h"

typedef struct mien_remarks {
    char **text; /* count sentences, owned */
    size_t count, capacity;
} mien_remarks;

/* MIEN_ERR_NOMEM. */
mien_status mien_remark(mien_remarks *remarks, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void mien_remarks_free(mien_remarks *remarks);

#endif
