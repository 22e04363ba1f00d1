/* cpu.c - which versions of a loop this processor can run.
 * SPDX-License-Identifier: MIT */
#include "base/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[MIEN_CPU_LEVELS] = {"portable", "avx2", "avx512"};

/* The limit that the environment asks for; another word asks for none. */
static mien_cpu limit_of_environment(void)
{
    const char *asked = getenv("MIEN_CPU");
    mien_cpu level = MIEN_CPU_PORTABLE;
    while (asked && level < MIEN_CPU_LEVELS && strcmp(asked, names[level]) != 0)
        level++;
    return asked ? level : MIEN_CPU_LEVELS;
}

static mien_cpu detect(void)
{
#if MIEN_CPU_X86
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return MIEN_CPU_PORTABLE;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return MIEN_CPU_AVX512;
    return MIEN_CPU_AVX2;
#else
    return MIEN_CPU_PORTABLE;
#endif
}

static _Atomic int level = -1; /* not known yet; threads that ask at once find the same */

mien_cpu mien_cpu_level(void)
{
    int known = atomic_load_explicit(&level, memory_order_relaxed);
    return known >= 0 ? (mien_cpu)known : mien_cpu_limit(limit_of_environment());
}

mien_cpu mien_cpu_limit(mien_cpu most)
{
    mien_cpu best = detect();
    best = best < most ? best : most;
    atomic_store_explicit(&level, (int)best, memory_order_relaxed);
    return best;
}

const char *mien_cpu_name(mien_cpu level_asked)
{
    return names[level_asked];
}
