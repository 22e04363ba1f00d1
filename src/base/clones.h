/* clones.h - one loop, compiled for several processors, chosen when the program starts.
 * SPDX-License-Identifier: MIT
 *
 * MIEN_CLONES before a function makes the compiler build it for AVX-512, for AVX2 with FMA and for
 * the baseline, and the loader pick one (function multiversioning). The binary stays portable. Put
 * it on elementwise loops that are hot and have no calls. Empty where compiler, processor or
 * sanitizers do not have it. */
#ifndef MIEN_CLONES_H
#define MIEN_CLONES_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MIEN_CLONES
#elif defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define MIEN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MIEN_CLONES
#endif

#endif
