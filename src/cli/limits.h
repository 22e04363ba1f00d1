/* limits.h - memory that is limited.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LIMITS_H
#define MIEN_LIMITS_H

#include <stdbool.h>

/* Whether the system has been told to give this process no more than so much address space or data.
 */
bool cli_memory_is_limited(void);

#endif
