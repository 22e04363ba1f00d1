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

/* Whether there is all the time in the world: MIEN_THOROUGH is set, as tools/soak does. */
static inline bool is_thorough(void)
{
    return getenv("MIEN_THOROUGH") != NULL;
}

/* An allocator that fails at the k-th request and counts what is alive. Use:
 *   for (long k = 0; fails; k = failing_next(k)) {
 *       failing_countdown = k; fails = work(); assert_int_equal(failing_alive, 0);
 *   } */
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

/* The next request to fail. The first ones are tried one by one; those that follow are mostly the
 * same lines of code once more, for another image, start or tile, and ever fewer of them are tried.
 */
static inline long failing_next(long k)
{
    enum { ONE_BY_ONE = 64, SHARE = 16 };
    return k + 1 + (is_thorough() || k < ONE_BY_ONE ? 0 : k / SHARE);
}

#endif
