/* clones.h - several versions of a hot loop, chosen by the processor at run time.
 * SPDX-License-Identifier: MIT
 *
 * Written before a function, MIEN_CLONES makes the compiler build it for AVX-512, for AVX2 + FMA
 * and for the baseline, and lets the loader pick (an ifunc: ELF with glibc). It is empty where
 * that does not exist, and under sanitizers, whose own start-up code runs after ifuncs resolve.
 * gcc knows the x86-64 levels from 12 on; before, the feature sets are spelled by their leading
 * member, and its AVX2 comes without FMA (tried with 11.3). clang 14 knows the attribute but not
 * the names of the x86-64 levels inside it, so the feature sets are spelled by their leading member
 * there; it also gives the resolver of a static function external linkage, so a function with
 * clones needs a name of its own in the whole library; and it gives the chosen version another name
 * than the function's, so that other units do not find it: a function with clones is static, and
 * one that others need stands before it. */
#ifndef MIEN_CLONES_H
#define MIEN_CLONES_H

#include <stddef.h> /* defines __GLIBC__ where there is glibc */
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MIEN_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define MIEN_SANITIZED 1
#endif
#endif

#if !defined(__x86_64__) || !defined(__GLIBC__) || defined(MIEN_SANITIZED)
#define MIEN_CLONES
#elif defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define MIEN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__clang__) ? __clang_major__ >= 14 : defined(__GNUC__) && __GNUC__ >= 9
#define MIEN_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MIEN_CLONES
#endif

#endif
