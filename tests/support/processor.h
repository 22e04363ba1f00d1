/* processor.h - what the kernel says of the processor, not what the library believes.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TESTS_PROCESSOR_H
#define MIEN_TESTS_PROCESSOR_H

#include "support/cmocka_plus.h"

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
 * nobody to ask. */
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

static inline bool processor_has_avx512(bool otherwise)
{
    static const char *const words[] = {"avx512f", "avx512vl", "avx512dq", "avx512bw"};
    return processor_has(words, 4, otherwise);
}

static inline bool processor_has_avx2(bool otherwise)
{
    static const char *const words[] = {"avx2", "fma"};
    return processor_has(words, 2, otherwise);
}

#endif
