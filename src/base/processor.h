/* processor.h - which versions of a loop this processor can run.
 * SPDX-License-Identifier: MIT
 *
 * For loops that are written once per register width; where the compiler's own versions of plain C
 * do, see clones.h. */
#ifndef MIEN_PROCESSOR_H
#define MIEN_PROCESSOR_H

#include <stdbool.h>

/* What such loops are compiled for. */
#if defined(__x86_64__) && defined(__GNUC__)
#define MIEN_FOR_X86    1
#define MIEN_FOR_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#define MIEN_FOR_AVX2   __attribute__((target("avx2,fma")))
#else
#define MIEN_FOR_X86 0
#endif

bool mien_can_avx512(void); /* F, VL, DQ and BW */
bool mien_can_avx2(void);   /* and FMA */
bool mien_can_baseline(void);

#endif
