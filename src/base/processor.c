/* processor.c - which versions of a loop this processor can run.
 * SPDX-License-Identifier: MIT */
#include "base/processor.h"

#if MIEN_FOR_X86

bool mien_can_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}

bool mien_can_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

#else

bool mien_can_avx512(void)
{
    return false;
}

bool mien_can_avx2(void)
{
    return false;
}

#endif

bool mien_can_baseline(void)
{
    return true;
}
