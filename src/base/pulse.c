/* pulse.c - a sign of life: counts what was finished, for whoever watches from outside.
 * SPDX-License-Identifier: MIT */
#include "base/pulse.h"

#include "mien.h"

#include <stdatomic.h>

static atomic_ulong beats; /* lock-free, so that a handler of signals may read it */

void mien_beat(void)
{
    atomic_fetch_add_explicit(&beats, 1, memory_order_relaxed);
}

unsigned long mien_pulse(void)
{
    return atomic_load_explicit(&beats, memory_order_relaxed);
}
