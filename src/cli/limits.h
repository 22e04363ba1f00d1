/* limits.h - what OpenBLAS takes from the process: address space, and threads of its own.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_LIMITS_H
#define MIEN_LIMITS_H

#include "cli/options/options.h"

#include <stdbool.h>

/* Whether the system has been told to give this process no more than so much address space or data.
 */
bool cli_memory_is_limited(void);

/* To be called once, before any thread of our own: mien multiplies in its own threads alone, so
 * those that OpenBLAS has started end, where it lets them. Nothing but time depends on it. */
void cli_end_idle_threads(void);

/* Sets what may be used, and where what does not fit goes: --memory and --cache, or what stands for
 * them. An exit status. */
int cli_limit_memory(cli_options *options);

#endif
