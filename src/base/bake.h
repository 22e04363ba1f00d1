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
#else
#define MIEN_BAKE_SECTION      ".section .rodata\n"
#define MIEN_BAKE_SYMBOL(name) #name
#endif

/* At the top of a file: `name` is the bytes of the file `path`, a string literal, and a zero. To be
 * declared as an extern array of const char or unsigned char. */
#define MIEN_BAKE(name, path)                                                                      \
    __asm__(MIEN_BAKE_SECTION ".globl " MIEN_BAKE_SYMBOL(name) "\n.balign 16\n" MIEN_BAKE_SYMBOL(  \
        name) ":\n.incbin \"" path "\"\n.byte 0\n.balign 16\n.text\n")

#endif
