/* clones.h - one loop compiled for several processors, chosen when the program starts.
 * SPDX-License-Identifier: MIT
 *
 * Put MIEN_CLONES before a function whose loop the compiler vectorises. The choice is made by the
 * dynamic linker (ifunc), before a sanitizer is ready for it: hence none of it there. Clang up to
 * 14 accepts "arch=x86-64-v4" and then never chooses it, so it gets names of features. */
#ifndef MIEN_CLONES_H
#define MIEN_CLONES_H

#include <limits.h> /* __GLIBC__ */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define MIEN_NO_CLONES
#endif
#endif

#if !defined(__x86_64__) || !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__) ||                \
    defined(__SANITIZE_THREAD__) || defined(MIEN_NO_CLONES)
#define MIEN_CLONES
#elif defined(__clang__)
#if __clang_major__ >= 14
#define MIEN_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MIEN_CLONES
#endif
#elif defined(__GNUC__) && __GNUC__ >= 12
#define MIEN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MIEN_CLONES
#endif

#endif
