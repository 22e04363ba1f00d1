/* fonts.c - DejaVu Sans, baked into the program.
 * SPDX-License-Identifier: MIT */
#include "draw/fonts.h"

#include "base/bake.h"

MIEN_BAKE(mien_font_sans, MIEN_FONT_FILE);
MIEN_BAKE(mien_font_sans_bold, MIEN_FONT_BOLD_FILE);
