/* processor.h - what the kernel says of the processor, not what the library believes; checks at
 * every level.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TESTS_PROCESSOR_H
#define MIEN_TESTS_PROCESSOR_H

#include "support/cmocka_plus.h"

#include "base/cpu.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static inline bool has_word(const char *line, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = line; (at = strstr(at, word)) != NULL; at += length)
        if (at > line && at[-1] == ' ' && strchr(" \n", at[length]))
            return true;
    return false;
}

/* Whether the first processor of /proc/cpuinfo has all `count` features; `otherwise` where there is
 * nothing to ask. */
static inline bool processor_has(const char *const *words, size_t count, bool otherwise)
{
    static char line[16384];
    size_t found = 0;
#if defined(__x86_64__) && defined(__GNUC__)
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file)
        return otherwise;
    while (!found && fgets(line, sizeof line, file))
        for (size_t k = 0; k < count && strncmp(line, "flags", 5) == 0; k++)
            found += has_word(line, words[k]);
    assert_int_equal(fclose(file), 0);
#else
    (void)otherwise;
#endif
    return found == count;
}

/* The best level of this processor; `otherwise` where there is nothing to ask. */
static inline mien_cpu processor_level(mien_cpu otherwise)
{
    static const char *const words[] = {"avx2",     "fma",      "avx512f",
                                        "avx512vl", "avx512dq", "avx512bw"};
    if (!processor_has(words, 2, otherwise >= MIEN_CPU_AVX2))
        return MIEN_CPU_PORTABLE;
    return processor_has(words + 2, 4, otherwise >= MIEN_CPU_AVX512) ? MIEN_CPU_AVX512
                                                                     : MIEN_CPU_AVX2;
}

/* Run a check at every level that this processor has, the best one last. */
static inline void at_every_level(void (*check)(void))
{
    mien_cpu best = mien_cpu_limit(MIEN_CPU_LEVELS);
    for (mien_cpu level = MIEN_CPU_PORTABLE; level <= best; level++) {
        assert_int_equal(mien_cpu_limit(level), level);
        print_message("%s\n", mien_cpu_name(level));
        check();
    }
}

#endif
