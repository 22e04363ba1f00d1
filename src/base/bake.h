/* bake.h - a file as an array of the program.
 * SPDX-License-Identifier: MIT
 *
 * The assembler copies the file, in no time and without a generator; a C array of 1.5 million
 * numbers takes a compiler seconds. CMake defines where it is and rebuilds when it changes. */
#ifndef MIEN_BAKE_H
#define MIEN_BAKE_H

#ifdef __APPLE__
#define MIEN_BAKE_SECTION      ".const_data\n"
#define MIEN_BAKE_SYMBOL(name) "_" #name
#define MIEN_BAKE_HIDDEN       ".private_extern "
#else
#define MIEN_BAKE_SECTION      ".section .rodata\n"
#define MIEN_BAKE_SYMBOL(name) #name
#define MIEN_BAKE_HIDDEN       ".hidden "
#endif

#define MIEN_BAKE_NAME(symbol)                                                                     \
    ".globl " symbol "\n" MIEN_BAKE_HIDDEN symbol "\n.balign 16\n" symbol ":\n"

/* At the top of a file: `name` is the bytes of the file `path`, a string literal, and a zero; no
 * other library sees it. To be declared as an extern array of const char or unsigned char. */
#define MIEN_BAKE(name, path)                                                                      \
    __asm__(MIEN_BAKE_SECTION MIEN_BAKE_NAME(                                                      \
        MIEN_BAKE_SYMBOL(name)) ".incbin \"" path "\"\n.byte 0\n.balign 16\n.text\n")

#endif
