/* cmocka_plus.h - CMocka with the headers it wants before it, and what every test needs.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CMOCKA_PLUS_H
#define MIEN_CMOCKA_PLUS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* |a - b| <= tolerance, with both numbers in the message. Fails for NaN. */
#define assert_near(a, b, tolerance)                                                               \
    do {                                                                                           \
        double near_a = (double)(a), near_b = (double)(b), near_t = (double)(tolerance);           \
        if (!(fabs(near_a - near_b) <= near_t))                                                    \
            fail_msg("%s = %.17g, expected %s = %.17g within %g", #a, near_a, #b, near_b, near_t); \
    } while (0)

/* The same relative to b. */
#define assert_relative(a, b, tolerance) assert_near(a, b, (tolerance)*fabs((double)(b)))

/* An allocator that fails at the k-th request and counts what is alive. Use:
 *   for (long k = 0;; k++) { failing_start(k); status = work(); failing_stop(); if (!status) break;
 * } failing_stop() fails the test when memory is still alive. */
static long failing_countdown, failing_alive;

static inline void *failing_malloc(size_t nbytes)
{
    if (__atomic_fetch_sub(&failing_countdown, 1, __ATOMIC_RELAXED) == 0)
        return NULL;
    void *memory = malloc(nbytes);
    if (memory)
        __atomic_add_fetch(&failing_alive, 1, __ATOMIC_RELAXED);
    return memory;
}

static inline void failing_free(void *memory)
{
    if (memory)
        __atomic_sub_fetch(&failing_alive, 1, __ATOMIC_RELAXED);
    free(memory);
}

#endif
