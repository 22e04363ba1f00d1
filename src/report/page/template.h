/* template.h - assets/page as it stands in the program, see cmake/page.cmake.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TEMPLATE_H
#define MIEN_TEMPLATE_H

/* The page with style, script and policy; "@TITLE@", "@FALLBACK@", "@FOOTER@" and "@DATA@" are
 * where the rest belongs, in this order. Ends with a zero byte. */
extern const unsigned char mien_report_page[];

#endif
