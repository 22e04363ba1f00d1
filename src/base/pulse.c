/* pulse.c - a sign of life: counts what was finished, for whoever watches from outside.
 * SPDX-License-Identifier: MIT */
#include "base/pulse.h"

#include "mien.h"

#include <stdatomic.h>

static atomic_ulong beats; /* lock-free, so that a handler of signals may read it */
static atomic_int holds;

void mien_beat(void)
{
    atomic_fetch_add_explicit(&beats, 1, memory_order_relaxed);
}

void mien_hold_begin(void)
{
    atomic_fetch_add(&holds, 1);
}

void mien_hold_end(void)
{
    atomic_fetch_sub(&holds, 1);
}

unsigned long mien_pulse(void)
{
    if (atomic_load(&holds) > 0)
        mien_beat();
    return atomic_load_explicit(&beats, memory_order_relaxed);
}
