/* fonts.c - DejaVu Sans, baked into the program.
 * SPDX-License-Identifier: MIT
 *
 * The assembler copies the files, in no time and without a generator; a C array of 1.5 million
 * numbers takes a compiler seconds. CMake defines where they are and rebuilds when they change. */
#include "draw/fonts.h"

#ifdef __APPLE__
#define READ_ONLY    ".const_data\n"
#define SYMBOL(name) "_" #name
#define HIDDEN       ".private_extern "
#else
#define READ_ONLY    ".section .rodata\n"
#define SYMBOL(name) #name
#define HIDDEN       ".hidden "
#endif

#define NAMED(symbol) ".globl " symbol "\n" HIDDEN symbol "\n.balign 16\n" symbol ":\n"
#define BAKE(name, path)                                                                           \
    __asm__(READ_ONLY NAMED(SYMBOL(name)) ".incbin \"" path "\"\n.byte 0\n.balign 16\n.text\n")

BAKE(mien_font_sans, MIEN_FONT_FILE);
BAKE(mien_font_sans_bold, MIEN_FONT_BOLD_FILE);
