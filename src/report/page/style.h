/* style.h - the report's style sheet.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_STYLE_H
#define MIEN_STYLE_H

extern const char mien_style_sheet[]; /* ends with a zero byte */

#endif
