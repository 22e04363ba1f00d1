/* style.c - the report's style sheet, as the assembler finds it in style.css.
 * SPDX-License-Identifier: MIT */
#include "report/page/style.h"

__asm__(".section .rodata\n"
        ".global mien_style_sheet\n"
        ".hidden mien_style_sheet\n"
        ".balign 16\n"
        "mien_style_sheet:\n"
        ".incbin \"" MIEN_STYLE_FILE "\"\n"
        ".byte 0\n"
        ".previous\n");
