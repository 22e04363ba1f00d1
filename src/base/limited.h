/* limited.h - whether the system has been told to give this process no more than so much memory.
 * SPDX-License-Identifier: MIT
 *
 * In a header, since cli/limits.c asks before any library is ready. */
#ifndef MIEN_LIMITED_H
#define MIEN_LIMITED_H

#include <stdbool.h>
#include <sys/resource.h>

static inline bool mien_memory_is_limited(void)
{
    struct rlimit space, data;
    return (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) ||
           (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY);
}

#endif
