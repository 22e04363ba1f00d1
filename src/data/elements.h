/* elements.h - the number types of arrays, and how they become the store's.
 * SPDX-License-Identifier: MIT
 *
 * Unsigned bytes and 16-bit words stay as they are; everything else becomes float32. Whole numbers
 * that float32 does not hold exactly are an error, not rounded. */
#ifndef MIEN_ELEMENTS_H
#define MIEN_ELEMENTS_H

#include "mien.h"

typedef enum mien_element {
    MIEN_ELEMENT_BOOL,
    MIEN_ELEMENT_I8,
    MIEN_ELEMENT_U8,
    MIEN_ELEMENT_I16,
    MIEN_ELEMENT_U16,
    MIEN_ELEMENT_I32,
    MIEN_ELEMENT_U32,
    MIEN_ELEMENT_I64,
    MIEN_ELEMENT_U64,
    MIEN_ELEMENT_F16,
    MIEN_ELEMENT_F32,
    MIEN_ELEMENT_F64
} mien_element;

size_t mien_element_size(mien_element element); /* bytes in the file */
mien_pixel_type mien_element_store(mien_element element);

/* Whether this machine stores the least byte first. */
bool mien_is_little_endian(void);

/* Turn `count` elements at `from`, which is changed, into values of the store's type.
 *   swap  they are in the other byte order
 *   to    may be `from` where nothing becomes larger or smaller
 * Returns the place of the first whole number that float32 cannot hold exactly, else `count`.
 * Floats beyond float32 become infinite. */
size_t mien_elements_convert(mien_element element, bool swap, unsigned char *from, size_t count,
                             void *to);

#endif
