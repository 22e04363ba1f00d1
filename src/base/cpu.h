/* cpu.h - which versions of a loop this processor can run, and loops that the compiler builds for
 * each of them.
 * SPDX-License-Identifier: MIT
 *
 * One road for all code that depends on the width of registers: a level is detected once, every
 * variant of a loop belongs to a level, and mien_cpu_level() chooses. Loops of plain C are written
 * once, behind MIEN_LOOP; those that need vectors of a fixed width are the record of
 * methods/nmf/kernels/nmf_vectors.h. The variants are called by ordinary code: no ifunc, so that
 * they also exist under sanitizers and without glibc. */
#ifndef MIEN_CPU_H
#define MIEN_CPU_H

/* Rising: a processor that can run one can run those before it. */
typedef enum mien_cpu {
    MIEN_CPU_PORTABLE, /* plain C, the definition of what the others do */
    MIEN_CPU_AVX2,     /* and FMA */
    MIEN_CPU_AVX512,   /* F, VL, DQ and BW */
    MIEN_CPU_LEVELS
} mien_cpu;

/* The best level of this processor, or the limit if that is lower. The first question looks into
 * the environment: MIEN_CPU=avx2, or another level's name, is the limit until mien_cpu_limit() sets
 * one, so that a whole run can be measured as on an older processor. */
mien_cpu mien_cpu_level(void);

/* Run at most this level from now on, in the whole process: for tests and tools/kernels, while no
 * other thread runs a loop. MIEN_CPU_LEVELS takes the limit away. Returns mien_cpu_level(). */
mien_cpu mien_cpu_limit(mien_cpu most);

/* "portable", "avx2", "avx512". */
const char *mien_cpu_name(mien_cpu level);

/* What code of a level is compiled for. */
#if defined(__x86_64__) && defined(__GNUC__)
#define MIEN_CPU_X86    1
#define MIEN_FOR_AVX2   __attribute__((target("avx2,fma")))
#define MIEN_FOR_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#else
#define MIEN_CPU_X86 0
#endif

/* A loop of plain C that is built for every level. The macro stands in the place of the function's
 * head, what follows is its body:
 *
 *   MIEN_LOOP(static, add, (float *restrict to, const float *restrict from, size_t count),
 *             (to, from, count))
 *   {
 *       ...
 *   }
 *
 * linkage is static or extern; arguments are the names of the parameters. MIEN_LOOP_OF is the same
 * for a loop that returns something. The body is inlined into each variant, and so is what it calls
 * if that is static inline. Types with __attribute__((vector_size)) do not belong here: gcc takes
 * them apart before it inlines. */
#define MIEN_LOOP(linkage, name, parameters, arguments)                                            \
    MIEN_VARIANTS(linkage, void, , name, parameters, arguments)
#define MIEN_LOOP_OF(linkage, type, name, parameters, arguments)                                   \
    MIEN_VARIANTS(linkage, type, return, name, parameters, arguments)

#if MIEN_CPU_X86
#define MIEN_VARIANTS(linkage, type, give, name, parameters, arguments)                            \
    static inline __attribute__((always_inline)) type name##_body parameters;                      \
    MIEN_FOR_AVX512 static type name##_avx512 parameters                                           \
    {                                                                                              \
        give name##_body arguments;                                                                \
    }                                                                                              \
    MIEN_FOR_AVX2 static type name##_avx2 parameters                                               \
    {                                                                                              \
        give name##_body arguments;                                                                \
    }                                                                                              \
    linkage type name parameters                                                                   \
    {                                                                                              \
        mien_cpu level = mien_cpu_level();                                                         \
        if (level == MIEN_CPU_AVX512)                                                              \
            give name##_avx512 arguments;                                                          \
        else if (level == MIEN_CPU_AVX2)                                                           \
            give name##_avx2 arguments;                                                            \
        else                                                                                       \
            give name##_body arguments;                                                            \
    }                                                                                              \
    static inline type name##_body parameters
#else
#define MIEN_VARIANTS(linkage, type, give, name, parameters, arguments) linkage type name parameters
#endif

#endif
